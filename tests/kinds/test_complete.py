"""No kind without all its parts, no part without its kind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.kinds.rooms import closed_form_faults, rooms, schema_words
from trialsim import study as studies
from trialsim.analysis.effects import one_sample, two_arms
from trialsim.analysis.estimates import analyze
from trialsim.analysis.methods.method import NoClosedForm
from trialsim.analysis.methods.table import METHODS
from trialsim.kinds import designs, estimands
from trialsim.kinds.tests import TEST, TESTS, WITHIN, pairs, ranks, statistics
from trialsim.scenario import load
from trialsim.sizing.bounds import BOUNDS, FROM
from trialsim.sizing.closed_form import second_opinion

FORMAT = Path(__file__).parents[2] / "docs" / "scenario-format.md"

NEW = replace(ranks.MANN_WHITNEY, name="planted")


@pytest.fixture(scope="module")
def two_arm_study() -> studies.Study:
    return studies.prepare(load(Path(__file__).with_name("two-arms.yaml")))


def faults(**kinds: object) -> list[str]:
    return [fault for room in rooms(**kinds) for fault in room.faults()]  # type: ignore[arg-type]  # kinds by their table


def test_every_kind_has_all_its_parts_and_every_part_its_kind() -> None:
    assert faults() == []
    assert closed_form_faults() == []


def test_a_test_without_its_parts_is_refused_by_every_room() -> None:
    """Planted: a record and nothing else."""
    found = faults(tests=(*TESTS, NEW))
    assert found == [
        "analysis.methods: ('planted', 'two') is missing",
        "pooling by Rubin's rules: planted is missing",
        "judges: ('planted', 'two') is missing",
        "words of tests: planted is missing",
        "schema: test: planted is missing",
        "scenario that asks for a test: planted is missing",
        "phrases of tests: planted is missing",
    ]


def test_an_estimand_without_its_parts_is_refused() -> None:
    """Planted: an estimand of two arms that nobody computes nor words."""
    new = replace(estimands.PROBABILITY, name="win ratio")
    found = faults(estimands=(*estimands.ESTIMANDS, new))
    assert found == [
        "truth of two arms: win ratio is missing",
        "words of estimands: win ratio is missing",
        "phrases of estimands: win ratio is missing",
    ]


def test_pairs_without_their_parts_are_refused() -> None:
    new = replace(pairs.PAIR["welch"], name="planted pairs")
    assert {fault.split(":")[0] for fault in faults(pairs=(*pairs.PAIRS, new))} == {
        "words of pairs",
        "schema",
        "scenario that asks for pairs",
        "phrases of pairs",
    }


def test_a_way_to_deal_with_missing_values_without_its_parts_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: a record without words, without a scenario that uses it and without measured numbers."""
    new = designs.MissingMethod("planted", imputes=True)
    monkeypatch.setitem(designs.MISSING_METHOD, new.name, new)
    monkeypatch.setattr(designs, "MISSING_METHODS", (*designs.MISSING_METHODS, new))
    assert faults() == [
        "scenario that deals with missing values: planted is missing",
        "conventions of missing values: planted is missing",
        "measured ways to deal with missing values: planted is missing",
        "words of methods for missing values: planted is missing",
        "schema: missing: planted is missing",
        "phrases of methods for missing values: planted is missing",
    ]


def test_parts_without_a_record_are_refused() -> None:
    """Planted: the record is taken away, its parts stay."""
    left = tuple(test for test in TESTS if test is not ranks.WILCOXON)
    assert "analysis.methods: ('wilcoxon', 'one') has no record" in faults(tests=left)
    assert "words of tests: wilcoxon has no record" in faults(tests=left)


def test_a_test_without_its_parts_gives_no_number(
    two_arm_study: studies.Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name in the table and nothing else: an error at every place where a number would be."""
    monkeypatch.setitem(TEST, NEW.name, NEW)
    plan = two_arm_study.analysis
    asked = replace(plan.calls[0].main, test=NEW.name)
    call = replace(plan.calls[0], test=NEW.name, questions=(asked,))
    study = replace(two_arm_study, analysis=replace(plan, calls=(call, *plan.calls[1:])))
    data = studies.trial_arrays(studies.simulate(study, range(2)))
    with pytest.raises(KeyError, match=NEW.name):
        analyze(study.analysis, data, twins=study.twins, replicates=range(2))
    with pytest.raises(KeyError, match=NEW.name):
        second_opinion(study, plan.rows[0])
    values = data.values[0, :, :, 0]
    with pytest.raises(KeyError, match="win ratio"):
        one_sample("win ratio", values, values > 0)
    with pytest.raises(KeyError, match="win ratio"):
        two_arms("win ratio", values, values, who_a=values > 0, who_b=values > 0)


def test_a_closed_form_is_a_formula_or_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: a reason that says nothing."""
    key = ("wilcoxon", "one")
    monkeypatch.setitem(METHODS, key, replace(METHODS[key], closed_form=NoClosedForm(" ")))  # type: ignore[index, arg-type]
    assert closed_form_faults() == [f"closed form of {key}: no reason"]
    monkeypatch.setitem(METHODS, key, replace(METHODS[key], closed_form=NoClosedForm("Nobody has one.")))  # type: ignore[index, arg-type]
    assert closed_form_faults() == []


def test_names_are_told_once() -> None:
    for table, by_name in (
        ((*TESTS, *WITHIN), TEST),
        (pairs.PAIRS, pairs.PAIR),
        (estimands.ESTIMANDS, estimands.ESTIMAND),
        (designs.METHODS, designs.METHOD),
        (designs.POPULATIONS, designs.POPULATION),
        (designs.STRATEGIES, designs.STRATEGY),
        (designs.TRANSFORMS, designs.TRANSFORM),
        (designs.ADJUSTMENTS, designs.ADJUSTMENT),
        (designs.ALTERNATIVES, designs.ALTERNATIVE),
    ):
        assert len(table) == len(by_name)  # type: ignore[arg-type]


def test_no_two_estimands_are_meant_at_once() -> None:
    ways = [(t, s) for e in estimands.ESTIMANDS for t in e.transforms for s in e.situations]
    assert len(estimands.MEANT) == len(ways)


def test_measured_errors_get_smaller_with_size() -> None:
    assert all(len(errors) == len(FROM) and list(errors) == sorted(errors, reverse=True) for errors in BOUNDS.values())


@pytest.mark.parametrize(
    ("record", "key"), [("Analysis", "test"), ("Analysis", "transform"), ("Analysis", "population"), ("Then", "adjust")]
)
def test_the_format_page_names_every_word(record: str, key: str) -> None:
    text = FORMAT.read_text(encoding="utf-8")
    assert [word for word in schema_words(record, key) if f"`{word}`" not in text] == []


def test_every_test_says_which_statistics_papers_print_of_it() -> None:
    """Of every family and number of samples that a test has, and of no other."""
    made = {(test.family, samples) for test in TEST.values() for samples in test.samples}
    assert set(statistics.STATISTICS) == made
