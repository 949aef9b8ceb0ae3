"""Checklists: every row that was read at its source, no other, each filled by the run, as a draft, or asked."""

from __future__ import annotations

import re

import pytest

from tests.report.protocols import document_of, facts_of
from trialsim.report.document import Gap
from trialsim.report.protocol.checklists.guidelines import GUIDELINES
from trialsim.report.protocol.checklists.row import FilledRow, Guideline
from trialsim.report.protocol.checklists.stress import WITHOUT_AUTHOR
from trialsim.report.protocol.text import Sentence

#: Guidelines of each design besides those of every study.
EXTENSIONS = {
    "picu-blood-draw": {"CONSORT: non-drug treatments (2017)", "CONSORT: several arms (2019)", "TIDieR", "STRICT-M"},
    "nicu-parent-massage": {"CONSORT: non-drug treatments (2017)", "TIDieR", "STRICT-M"},
    "picu-crossover": {"CONSORT: non-drug treatments (2017)", "CONSORT: crossover (2019)", "TIDieR"},
    "ward-cluster": {"CONSORT: clusters (2012)"},
    "pilot-nicu": {"CONSORT: non-drug treatments (2017)", "CONSORT: pilots (2016)", "TIDieR", "STRICT-M"},
    "massage-by-music": {"CONSORT: non-drug treatments (2017)", "TIDieR", "STRICT-M"},
    "textbook-ancova": set(),
}

ALWAYS = {"SPIRIT 2025", "CONSORT 2025", "DELTA2", "ADEMP-PreReg", "STRESS-DES"}

SPIRIT = (
    *(
        "1a",
        "1b",
        "2",
        "3a",
        "3b",
        "3c",
        "3d",
        "4",
        "5",
        "6",
        "7a",
        "7b",
        "8",
        "9a",
        "9b",
        "10",
        "11",
        "12",
        "13",
        "14a",
        "14b",
    ),
    *(
        "15a",
        "15b",
        "15c",
        "15d",
        "16",
        "17",
        "18",
        "19",
        "20",
        "21a",
        "21b",
        "22",
        "23",
        "24a",
        "24b",
        "24c",
        "25a",
        "25b",
    ),
    *("26", "27a", "27b", "27c", "27d", "28a", "28b", "29", "30", "31", "32a", "32b", "33", "34"),
)

CONSORT = ["9", "14", "16a", "16b", "17a", "17b", "18", "19", "20a", "20b", "21a", "21b", "21c", "21d", "24a", "26"]


def rows_of(name: str, guideline: str) -> list[FilledRow]:
    return next(list(found) for one, found in document_of(name).rows if one.name == guideline)


def text_of(row: FilledRow) -> str:
    return "".join(part if isinstance(part, str) else "[?]" for part in row.text).removesuffix("[?]").strip()


@pytest.mark.parametrize("name", EXTENSIONS)
def test_a_design_has_the_guidelines_it_calls_for(name: str) -> None:
    assert {one.name for one, _ in document_of(name).rows} == ALWAYS | EXTENSIONS[name]


def test_spirit_has_its_53_rows_and_consort_those_of_planning() -> None:
    assert [row.item.number for row in rows_of("picu-blood-draw", "SPIRIT 2025")] == list(SPIRIT)
    assert len(SPIRIT) == 53
    assert [row.item.number for row in rows_of("picu-blood-draw", "CONSORT 2025")] == CONSORT


@pytest.mark.parametrize("name", EXTENSIONS)
def test_every_row_has_a_text_a_question_or_a_reason(name: str) -> None:
    for guideline, found in document_of(name).rows:
        for row in found:
            text, item = text_of(row), row.item
            assert text or row.gaps, (guideline.name, item.number)
            assert row.fill != "author" or row.gaps or text.startswith("Does not apply: "), (
                guideline.name,
                item.number,
            )
            assert row.fill != "auto" or text, (guideline.name, item.number)
            assert not re.search(r"n/a|  |\.\.|: \.", text), (guideline.name, item.number, text)
            assert row.fill == "author" or item.where, (guideline.name, item.number)


@pytest.mark.parametrize("name", ["picu-blood-draw", "textbook-ancova", "nicu-parent-massage"])
def test_fifteen_rows_of_stress_need_no_author(name: str) -> None:
    rows = rows_of(name, "STRESS-DES")
    assert len(rows) == 24
    assert [row.item.number for row in rows if row.fill == "auto"] == list(WITHOUT_AUTHOR)
    assert [row.item.number for row in rows if row.fill == "auto" and (row.gaps or not text_of(row))] == []
    assert [row.item.number for row in rows if row.fill == "author"] == ["1.1", "3.1", "3.2"]


def test_a_selected_subset_is_named_and_judged() -> None:
    """Those who fell reject in four of five studies in which nothing changes: the table says so, and by which rule."""
    rows = {row.item.number: text_of(row) for row in rows_of("nicu-parent-massage", "SPIRIT 2025")}
    assert "(“Only mothers who fell”): a paired t-test" in rows["27a"]
    assert "but only those whose own percent change is below −10 %" in rows["27b"]
    assert re.search(r"Nothing can be concluded from these: .*“Only mothers who fell” rejects in \d", rows["27d"])
    assert "allocated" not in rows["27b"]


def test_looks_are_not_part_of_the_sample_size() -> None:
    """SPIRIT 2025 has them in 28b; 14 and 21b were those of 2013."""
    rows = {row.item.number: text_of(row) for row in rows_of("picu-sequential", "SPIRIT 2025")}
    assert "Interim analyses are planned when 60 and 90 of 120" in rows["28b"]
    assert "Interim" not in rows["19"]


def test_the_target_difference_of_scores_has_both_tables_of_categories() -> None:
    (row,) = [row for row in rows_of("picu-blood-draw", "DELTA2") if row.item.number == "3"]
    text = text_of(row)
    assert "6, 24, 38, 24, 6 % at 0 to 4" in text
    assert "24, 37, 28, 10, 2 % at 0 to 4" in text
    assert "cumulative odds ratio" in text


def test_clustering_by_provider_is_stated() -> None:
    (row,) = [
        row for row in rows_of("picu-blood-draw", "CONSORT: non-drug treatments (2017)") if row.item.number == "7a"
    ]
    assert "share 2 % of their variance with whoever served last" in text_of(row)
    assert "takes participants as independent of their provider" in text_of(row)


def test_the_intraclass_correlation_has_its_range_and_reason() -> None:
    (row,) = [row for row in rows_of("ward-cluster", "CONSORT: clusters (2012)") if row.item.number == "7a"]
    assert "Intraclass correlation 5 %, plausible range 1 to 10 %" in text_of(row)
    assert "The design effect is 2.09" in text_of(row)


def test_the_four_worst_reported_items_of_a_massage_come_first() -> None:
    rows = rows_of("picu-blood-draw", "STRICT-M")
    assert [row.item.asked for row in rows[:4]] == [
        "practitioner: qualification", "technique: response sought", "comparator: reason",
        "technique: minutes on each part of the body",
    ]  # fmt: skip
    assert all(row.gaps for row in rows[:4])


def test_what_was_not_read_is_not_there() -> None:
    """Numbers of items and addresses of guidelines that nobody has read: multi-arm, crossover, noninferiority, NPT 12a."""
    names = {function.__name__: function for function, _ in GUIDELINES}
    facts = facts_of("picu-blood-draw")
    made: dict[str, Guideline] = {name: names[name](facts) for name in ("multi_arm", "non_drug")}
    made |= {name: names[name](facts_of("picu-crossover")) for name in ("crossover", "noninferiority")}
    for name in ("multi_arm", "crossover", "noninferiority"):
        assert not any(re.match(r"\d", item.number) for item in made[name].items)
    assert "12a" not in {item.number for item in made["non_drug"].items}
    text = " ".join(one.source + one.note for one in made.values())
    assert not re.search(r"JAMA|10\.7326", text)


def rows_that_exist(name: str) -> set[str]:
    return {
        f"{one.name.removesuffix(' 2025')} {row.item.number}" for one, found in document_of(name).rows for row in found
    }


#: Rows that only some designs have; a sentence may answer them all the same.
OF_SOME = {"PILOT 6c", "PILOT 7a", "NONINFERIORITY margin"}


def faults(sentences: tuple[Sentence, ...], known: set[str]) -> set[str]:
    return {row for one in sentences for row in one.rows} - known - OF_SOME


@pytest.mark.parametrize("name", EXTENSIONS)
def test_every_sentence_answers_rows_that_exist(name: str) -> None:
    assert faults(document_of(name).sentences, rows_that_exist(name)) == set()


def test_a_row_that_does_not_exist_is_seen() -> None:
    """Planted: the numbering of 2013."""
    one = Sentence(("Looks. ", Gap("k", "who?")), ("SPIRIT 14",))
    assert faults((one,), rows_that_exist("picu-blood-draw")) == {"SPIRIT 14"}


def test_an_answer_of_a_shared_question_fills_both_checklists() -> None:
    keys = [gap.key for one, found in document_of("picu-blood-draw").rows for row in found for gap in row.gaps]
    assert keys.count("allocation.concealment") == 2
    assert keys.count("blind.who") == 2
