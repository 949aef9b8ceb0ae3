"""Several analyses in words, in a table and on a page."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.text import Text

import trialsim as ts
from trialsim.compare.play_choices import AnalysisComparison
from trialsim.figures.choices import choices_side_by_side
from trialsim.figures.style import ACCENT, TOO_OFTEN
from trialsim.report.choices import choice_frame, choices_page, pictures, summary
from trialsim.report.choices_table import lines, pair_rows
from trialsim.report.choices_words import answer, different, group_name, named_lines, notes, too_often
from trialsim.report.document import DataTable, Fold, render

UNADJUSTED = {"t alone": {"outcome": "score", "visit": "post", "test": "t"}}


@pytest.fixture(scope="module")
def yoga() -> AnalysisComparison:
    return ts.compare_analyses("last-value", replicates=200).found


@pytest.fixture(scope="module")
def textbook() -> AnalysisComparison:
    return ts.compare_analyses("textbook-ancova", UNADJUSTED, replicates=600).found


def test_the_answer_names_the_best_and_its_lead(textbook: AnalysisComparison) -> None:
    (sentence,) = answer(textbook)
    assert sentence.startswith("treated - control: of main and t alone, main has the most power, ")
    assert "percentage points more" not in sentence, "it is the first itself"
    few = ts.compare_analyses("textbook-ancova", UNADJUSTED, replicates=10).found
    assert "undecided which of main and t alone has the most power" in answer(few)[0]


def test_a_lead_over_the_primary_analysis_has_its_error() -> None:
    adjusted = {"adjusted": {"outcome": "score", "visit": "post", "test": "ancova", "baseline": "baseline"}}
    study = ts.change("textbook-ancova", {"analyses.main": {"outcome": "score", "visit": "post", "test": "t"}})
    found = ts.compare_analyses(study, adjusted, replicates=600).found
    (sentence,) = answer(found)
    assert "of main and adjusted, adjusted has the most power, " in sentence
    gap = found.difference("treated - control", "main", "adjusted")
    assert gap is not None
    lead = sentence.partition("), ")[2]
    assert lead.startswith(f"{100 * gap.difference:.1f} (SE {100 * gap.mcse:.1f}) percentage points more than main")


def test_tests_that_reject_too_often_have_no_power_and_no_difference(yoga: AnalysisComparison) -> None:
    rows = {line.name: line for line in lines(yoga, yoga.questions[0])}
    assert rows["last value"].bad
    assert rows["last value"].difference == ""
    assert not rows["complete cases"].bad
    assert rows["90 after ICU"].difference
    assert not rows["90 after ICU"].ranked
    (said,) = too_often(yoga)
    assert said.startswith(
        "Not a power, because the test rejects too often without effects: last value (yoga - usual: "
    )


def test_different_estimands_are_named_and_not_ranked(yoga: AnalysisComparison) -> None:
    (said,) = different(yoga)
    assert said.endswith(
        "complete cases, last value and last or first value; worst after ICU or stopping; 90 after ICU."
    )
    question = yoga.questions[0]
    chance = "the chance that a participant of the first arm has the higher value, ties counted half"
    assert [group_name(yoga, question, group) for group in question.groups] == [
        "Estimates the difference of two means, at week 4; level 5 % for this test alone",
        "Estimates the difference of two means, at week 4, by the strategy 'composite'; level 5 % for this test alone",
        f"Estimates {chance}, at week 4, by the strategy 'composite'; level 5 % for this test alone",
    ]
    assert all(ranking.choices == (0, 1, 2) for ranking in yoga.rankings[0])


def test_where_nothing_may_be_ranked_the_answer_says_so() -> None:
    found = ts.compare_analyses("nicu-parent-massage", replicates=100).found
    (sentence,) = answer(found)
    assert sentence.endswith("they answer different questions, and their powers are not ranked.")
    assert different(found) == [], "it is not said twice"
    assert pair_rows(found, found.questions[0]) == []
    names = [group_name(found, found.questions[0], group) for group in found.questions[0].groups]
    assert names[3].startswith(
        "Estimates nothing that has a true value (who is analyzed is chosen by the outcome itself)"
    )


def test_pairs_and_omnibus_tests_say_what_their_level_holds_for() -> None:
    found = ts.compare_analyses("picu-blood-draw", replicates=40).found
    alls, music, _ = found.questions
    assert (
        group_name(found, alls, [0])
        == "No single number: compares the ranks of all arms, at during; level 5 % for this test alone"
    )
    assert group_name(found, music, [0]).endswith("; level 5 % for 2 pairs together, once the test of all arms rejects")
    assert any(text.startswith("Of the same outcome, but not chosen: Fear before the needle") for text in notes(found))
    page = choices_page(found, [])
    assert [section.title for section in page.sections][:3] == ["Side by side", "Number by number", "The analyses"]


def test_the_page_has_a_table_for_each_group_and_every_two(yoga: AnalysisComparison) -> None:
    page = choices_page(yoga, [])
    (numbers,) = [section for section in page.sections if section.title == "Number by number"]
    tables = [block for block in numbers.blocks if isinstance(block, DataTable)]
    assert [len(table.rows) for table in tables] == [3, 1, 1]
    (fold,) = [block for block in numbers.blocks if isinstance(block, Fold)]
    assert len(fold.blocks[0].rows) == 3  # type: ignore[union-attr]
    text = render(page)
    assert "5 analyses compared" in text
    assert "choose between them by what you want to know" in text


def test_for_scripts(yoga: AnalysisComparison) -> None:
    told = summary(yoga)
    assert told["answer"] == answer(yoga)
    assert told["questions"][0]["rows"][0]["name"] == "complete cases"
    assert len(told["differences"]) == len(yoga.differences)
    assert named_lines(yoga)[0].text == told["answer"][0]


# ---------------------------------------------------------------- the figure


def test_the_figure_has_a_row_for_each_analysis(yoga: AnalysisComparison) -> None:
    (picture,) = pictures(yoga)
    assert picture.name == "analyses"
    power, level, coverage = picture.figure.axes
    assert [label.get_text() for label in power.get_yticklabels()] == [
        line.name for line in lines(yoga, yoga.questions[0])
    ]
    table = choice_frame(yoga, yoga.questions[0])
    for panel, name in ((power, "power"), (level, "level"), (coverage, "coverage")):
        dots = {line.get_ydata()[0]: line.get_xdata()[0] for line in panel.lines if line.get_marker() == "o"}
        assert dots == pytest.approx(dict(enumerate(table[name])))
        bars = [tuple(line.get_xdata()) for line in panel.lines if line.get_linewidth() == 2.4]
        assert bars == [tuple(pair) for pair in table[[f"{name}_low", f"{name}_high"]].to_numpy().tolist()]
    reds = {
        line.get_ydata()[0] for line in power.lines if line.get_marker() == "o" and to_hex(line.get_color()) == ACCENT
    }
    assert reds == {1, 2, 3}
    words = " ".join(" ".join(text.get_text().split()) for text in picture.figure.findobj(Text))
    assert TOO_OFTEN in words


def test_without_intervals_there_is_no_panel_of_coverage_and_bounds_have_no_dot() -> None:
    nan = float("nan")
    row = {"row": "a", "group": 0, "primary": True, "too_often": False, "alpha": 0.05, "power": nan, "power_low": 0.2,
           "power_high": 0.6, "level": 0.05, "level_low": 0.03, "level_high": 0.08, "coverage": nan, "coverage_low": nan,
           "coverage_high": nan}  # fmt: skip
    figure = choices_side_by_side(pd.DataFrame([row, {**row, "row": "b", "group": 1, "primary": False}]))
    assert len(figure.axes) == 2
    power = figure.axes[0]
    assert not [line for line in power.lines if line.get_marker() == "o"]
    assert any(text.get_text() == "20.0% to 60.0%" for text in power.texts)
