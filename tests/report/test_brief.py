"""The five lines of a terminal: from the same table as the page, and no number where there is none."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

from trialsim.evaluate.table import Measure
from trialsim.report.brief import Line, five_lines, losses
from trialsim.report.digits import measure_with_error
from trialsim.report.run_page import answer_sentences
from trialsim.runs.run import FinishedRun, run
from trialsim.scenario import load, loads
from trialsim.scenario.shipped import shipped_scenarios

RARE = """
trialsim: 1
name: rare
title: Rare
design: {arms: {a: one, b: two}, enroll: 8}
visits: {post: 1 d}
outcomes:
  score:
    label: Score of something
    distribution: normal
    visits: [post]
    level: {mean: 10, sd: 2}
    lost: 99.9 %
analyses: {main: {label: Main finding, outcome: score, visit: post, test: t}}
primary: main
"""


@pytest.fixture(scope="module")
def picu(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    study = load(shipped_scenarios()["picu-blood-draw"].path, set=["design.within=5 months"])
    return run(study, tmp_path_factory.mktemp("picu"), replicates=100, truth=False)


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    return run(
        load(shipped_scenarios()["massage-course"].path), tmp_path_factory.mktemp("two"), replicates=100, truth=False
    )


def lines_of(made: FinishedRun) -> dict[str, Line]:
    return {line.name: line for line in five_lines(made, where="here")}


def with_measures(made: FinishedRun, *rows: Measure, without: str = "") -> FinishedRun:
    """The run with rows of its table replaced, or left out."""
    new = {(row.analysis, row.contrast, row.measure): row for row in rows}
    kept = [new.pop((one.analysis, one.contrast, one.measure), one) for one in made.characteristics.measures
            if not without or not (one.measure == without and one.analysis == made.study.scenario.primary[0])]  # fmt: skip
    return replace(made, characteristics=replace(made.characteristics, measures=(*kept, *new.values())))


def text(row: Measure, kind: str = "share") -> str:
    value, _, error = measure_with_error(row, kind).partition(" ± ")
    return f"{value} (SE {error})" if error else value


def test_the_five_lines_are_numbers_of_the_table(picu: FinishedRun) -> None:
    of, found = picu.characteristics, lines_of(picu)
    assert list(found) == ["Answer", "Level", "Limits", "Takes", "Look"]
    power = text(of.value("power", analysis="fear_during"))
    assert found["Answer"].text == f"Power {power}: Fear during the needle; target 99 participants."
    judged = next(one for one in of.verdicts if (one.analysis, one.contrast) == ("fear_during", "all arms"))
    rate = text(of.value(judged.measure, analysis="fear_during"))
    assert found["Level"].text == f"Type I error {rate} at a level of 5 %: {judged.words}."
    reached = text(of.value("target_reached_in_time", analysis="trial"))
    assert found["Limits"].text.startswith(f"Only {reached} of trials reach their target in 5 months")
    days, cost = (of.value(name, analysis="trial", contrast="") for name in ("trial_days", "cost_EUR"))
    value, error = measure_with_error(days, "number").split(" ± ")
    assert found["Takes"].text == f"{value} days (SE {error}) until the last visit, EUR {text(cost, 'number')}."
    assert not any(line.bad for line in found.values())


def test_another_number_in_the_table_is_another_line(picu: FinishedRun) -> None:
    """Planted: a line with a number of its own would stay."""
    before = lines_of(picu)
    for name, measure, analysis in (
        ("Answer", "power", "fear_during"), ("Level", "type_1_error", "fear_during"),
        ("Limits", "target_reached_in_time", "trial"), ("Takes", "trial_days", "trial"), ("Takes", "cost_EUR", "trial"),
    ):  # fmt: skip
        row = picu.characteristics.value(measure, analysis=analysis)
        after = lines_of(with_measures(picu, replace(row, value=0.9 * row.value)))
        assert after[name].text != before[name].text, measure


def test_losses_stand_in_order_and_only_those_of_the_primary_analyses(picu: FinishedRun) -> None:
    rows = picu.characteristics.measures
    lost = replace(
        next(one for one in rows if (one.measure, one.contrast) == ("missing_share", "fear at during")), value=0.97
    )
    found = losses(with_measures(picu, lost))
    assert [share for share, _ in found] == sorted((share for share, _ in found), reverse=True)
    assert "97.000 %" in found[0][1] or "97.00 %" in found[0][1]
    assert found[0][1].endswith("of values missing (Children's Fear Scale at during)")
    assert not any("ortisol" in words for _, words in found), "no primary analysis needs cortisol"


def test_a_page_names_its_own_section_for_further_losses_and_no_option(tmp_path: Path) -> None:
    study = load(shipped_scenarios()["nicu-parent-massage"].path, set=["design.within=20 months"])
    made = run(study, tmp_path, replicates=100, truth=True)
    assert len([share for share, _ in losses(made) if share >= 0.01]) > 2
    page = " ".join(answer_sentences(made))
    assert "more under What could go wrong" in page
    assert "(therapist)" in page
    assert not re.search("--|hold ", page)
    assert "more with --all" in lines_of(made)["Limits"].text


def test_several_primary_analyses_are_told_together(several: FinishedRun) -> None:
    of, found = several.characteristics, lines_of(several)
    some, every = (text(of.value("power", analysis="primary", contrast=which)) for which in ("any", "all"))
    assert found["Answer"].text == (
        f"Power: {some} for at least one of end all and session 1, {every} for all of them; target 60 participants."
    )
    assert " by at least one " in found["Level"].text


def test_where_nothing_could_be_analyzed_the_first_line_says_so(tmp_path: Path) -> None:
    none = run(loads(RARE), tmp_path, replicates=50, truth=False)
    found = lines_of(none)
    assert found["Answer"] == Line(
        "Answer",
        "No answer: not one of 50 trials could be analyzed: Main finding (b - a); target 8 participants.",
        bad=True,
    )
    assert found["Takes"].text == "Neither a ward nor costs are declared: no duration and no cost is simulated."


def test_where_many_trials_failed_there_is_no_single_power(picu: FinishedRun) -> None:
    row = picu.characteristics.value("power", analysis="fear_during")
    low, high = (
        replace(row, measure=f"power_{end}", value=value, n_failed=30) for end, value in (("low", 0.2), ("high", 0.5))
    )
    made = with_measures(with_measures(picu, without="power"), low, high)
    answer = lines_of(made)["Answer"]
    assert answer.text.startswith(
        "No single power, only 20.0 % to 50.0 % (30 of 100 trials could not be analyzed): Fear during"
    )
    assert answer.bad


def test_a_few_that_failed_are_told(picu: FinishedRun) -> None:
    row = replace(picu.characteristics.value("power", analysis="fear_during"), n_failed=3)
    assert lines_of(with_measures(picu, row))["Answer"].text.endswith("(3 of 100 trials could not be analyzed).")


def test_without_a_power_of_the_primary_analysis_there_is_no_answer(picu: FinishedRun) -> None:
    row = replace(picu.characteristics.value("power", analysis="fear_during"), value=math.nan)
    assert lines_of(with_measures(picu, row))["Answer"].text.startswith("No answer:")


def test_a_test_that_rejects_too_often_has_no_power(tmp_path: Path) -> None:
    study = load(shipped_scenarios()["nicu-parent-massage"].path, set=["primary=those_who_fell"])
    bad = lines_of(run(study, tmp_path, replicates=100, truth=False))
    assert bad["Answer"].text.startswith("Not a power, but a rejection rate of ")
    assert "rejects too often (" in bad["Level"].text
    assert bad["Answer"].bad
    assert bad["Level"].bad


@pytest.mark.parametrize("leaves", [True, False])
def test_who_leaves_while_events_are_counted_is_no_loss_and_is_named(tmp_path: Path, leaves: bool) -> None:
    file = f"""
trialsim: 1
name: falls
title: Falls
design: {{arms: {{a: a, b: b}}, enroll: {{each arm: 20}}}}
visits: {{pre: 0 d, post: 30 d}}
{"attrition: [{reason: moved, chance: 30 %, within: 30 d}]" if leaves else ""}
outcomes: {{falls: {{distribution: count, over: [pre, post], level: {{mean: 2, dispersion: 0.5}}}}}}
analyses: {{main: {{outcome: falls, visit: post, test: mann-whitney}}}}
primary: main
"""
    made = run(loads(file), tmp_path / "made", replicates=20, truth=False)
    found = "No value is missing; who leaves is followed until then." if leaves else "Nothing is lost"
    assert lines_of(made)["Limits"].text.startswith(found)
