"""Cells: played once, kept by content, found damaged; the tables that follow."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from trialsim.errors import RunError
from trialsim.report.sweep import summary_lines
from trialsim.scenario import load
from trialsim.scenario.model import Scenario
from trialsim.scenario.sweep import Point, points_of
from trialsim.scenario.sweep_words import sweep_of_words
from trialsim.scenario.variants import variant
from trialsim.study import evaluate
from trialsim.sweep import AnswerMeasure, designs_frame, overview, pareto_set, play_sweep, results_frame
from trialsim.sweep.pareto import Lead, pareto_membership
from trialsim.sweep.store import unpacked
from trialsim.sweep.tables import as_numbers, best_design

ROOT = Path(__file__).parent.parent.parent / "scenarios"
DIFFERENCE = "outcomes.score.effects.treated.difference"


@pytest.fixture(scope="module")
def t_test() -> Scenario:
    return load(ROOT / "lessons/textbook-t-test.yaml")


def grid(*over: str) -> list[Point]:
    return points_of(sweep_of_words(list(over)))


def test_a_cell_is_the_run_of_its_scenario(t_test: Scenario) -> None:
    points = grid("design.enroll=[20, 60]", f"{DIFFERENCE}=[0, 0.5]")
    swept = play_sweep(t_test, points, replicates=300, workers=2)
    for cell in swept.cells:
        alone = evaluate(variant(t_test, cell.point), replicates=300, workers=1)
        assert repr(cell.measures) == repr(alone.measures)
    assert swept.seeds == (1,)


def test_threads_change_nothing(t_test: Scenario) -> None:
    points = grid("design.enroll=[20, 40, 60]")
    one, two = (play_sweep(t_test, points, replicates=200, workers=workers) for workers in (1, 2))
    assert repr(one.cells) == repr(two.cells)


def test_a_changed_grid_plays_only_what_is_new(t_test: Scenario, tmp_path: Path) -> None:
    first = play_sweep(t_test, grid("design.enroll=[20, 40]"), replicates=100, store=tmp_path)
    wider = play_sweep(t_test, grid("design.enroll=[20, 30, 40]"), replicates=100, store=tmp_path)
    assert (first.computed, wider.computed) == (2, 1)
    assert repr(wider.cells[0].measures) == repr(first.cells[0].measures)
    assert repr(wider.cells[2].measures) == repr(first.cells[1].measures)
    for changed in ({"replicates": 200}, {"seed": 5}, {"fresh": True}):
        again = play_sweep(t_test, grid("design.enroll=[20]"), **{"replicates": 100, "store": tmp_path} | changed)  # type: ignore[arg-type]
        assert again.computed == 1, changed


def test_equal_content_is_played_once_whatever_it_is_called(t_test: Scenario, tmp_path: Path) -> None:
    points = grid("design.enroll=[20, {in all: 20}]", "title=[one, two]")
    swept = play_sweep(t_test, points, replicates=100, store=tmp_path)
    assert swept.computed == 1
    assert len(swept.cells) == 4
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("damage", ["cut", "digit", "empty", "bytes", "other", "deep"])
def test_a_damaged_cell_is_seen_and_played_anew(t_test: Scenario, tmp_path: Path, damage: str) -> None:
    points = grid("design.enroll=[20, 40]")
    sound = play_sweep(t_test, points, replicates=100, store=tmp_path)
    path = tmp_path / f"{sound.cells[0].key}.json"
    text = path.read_text(encoding="utf-8")
    held = json.loads(text)
    held["measures"][0][3] += 0.01
    other = (tmp_path / f"{sound.cells[1].key}.json").read_text(encoding="utf-8")
    planted = {
        "cut": text[: len(text) // 2],
        "digit": json.dumps(held),
        "empty": "",
        "bytes": "",
        "other": other,
        "deep": "[" * 100_000,
    }
    path.write_text(planted[damage], encoding="utf-8")
    if damage == "bytes":
        path.write_bytes(b"\xff\xfe\x00")
    again = play_sweep(t_test, points, replicates=100, store=tmp_path)
    assert (again.computed, again.damaged) == (1, 1)
    assert repr(again.cells) == repr(sound.cells)
    assert path.read_text(encoding="utf-8") == text


def test_nothing_asked_is_an_error(t_test: Scenario) -> None:
    with pytest.raises(RunError, match="TS-R005"):
        play_sweep(t_test, [], replicates=100)


# ---------------------------------------------------------------- tables


def test_the_tables_hold_every_design_and_measure(t_test: Scenario) -> None:
    swept = play_sweep(t_test, grid("design.enroll=[20, 60]"), replicates=200)
    designs, results = designs_frame(swept), results_frame(swept)
    assert list(designs.columns) == ["design_id", "design.enroll", "cell"]
    assert list(designs["design.enroll"]) == ["20", "60"]
    assert list(results.columns) == [
        "design_id", "analysis", "contrast", "measure", "value", "mcse", "conf_low", "conf_high", "n_replicates", "n_failed",
    ]  # fmt: skip
    assert len(results) == sum(len(cell.measures) for cell in swept.cells)
    frame = overview(swept, AnswerMeasure())
    assert frame["design.enroll"].tolist() == [20, 60]
    assert frame["participants"].tolist() == [20, 60]
    power = results[results["measure"] == "power"].set_index("design_id")["value"]
    assert frame["value"].tolist() == power.loc[frame["design_id"]].tolist()
    assert frame["value"][1] > frame["value"][0]
    assert frame["pareto"].all()


@pytest.mark.parametrize("answer", [("man", "power"), ("main/a - b", "power"), ("main", "powre")])
def test_an_answer_that_does_not_exist_names_its_neighbor(t_test: Scenario, answer: tuple[str, str]) -> None:
    swept = play_sweep(t_test, grid("design.enroll=[20]"), replicates=100)
    with pytest.raises(RunError, match="TS-R020"):
        overview(swept, AnswerMeasure.of_words(*answer))


def test_costs_and_days_of_a_ward() -> None:
    known = load(ROOT / "lessons/sweep-staffing.yaml")
    swept = play_sweep(known, grid("design.enroll=[30, 60]"), replicates=20)
    frame = overview(swept, AnswerMeasure.of_words("fear_during/music - control"))
    assert (frame["cost"] > 60 * frame["participants"]).all(), "participants alone cost 60 each"
    assert frame["days"].is_monotonic_increasing
    assert (frame["staff_hours"] > 0).all()


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        (["15 h", "30 h"], ([15, 30], "h")),
        ([60, 99.5], ([60, 99.5], "")),
        (["15 h", "2 d"], (None, "")),
        (["1:1", "2:1"], (None, "")),
        (["10:00", "11:00"], (None, "")),
        (["t", "welch"], (None, "")),
        (["2026-01-05", "2026-02-05"], (None, "")),
    ],
)
def test_numbers_of_one_unit_are_seen(values: list[object], numbers: tuple[object, str]) -> None:
    assert as_numbers(values) == numbers


# ---------------------------------------------------------------- the Pareto set


def test_no_pareto_set_where_there_is_nothing_to_choose(t_test: Scenario) -> None:
    """Of sizes there is no best, and designs that take the same are no bargains."""
    sizes = play_sweep(t_test, grid("design.enroll=[20, 60]"), replicates=100)
    assert overview(sizes, AnswerMeasure.of_words("main")).loc[:, "pareto"].any()
    assert not overview(sizes, AnswerMeasure.of_words("trial", "enrolled"))["pareto"].any()
    same = play_sweep(t_test, grid("analyses.main.test=[t, welch]"), replicates=100)
    assert not overview(same, AnswerMeasure.of_words("main"))["pareto"].any()


def test_designs_in_other_words_are_played_once() -> None:
    picu = load(ROOT / "picu-blood-draw.yaml")
    swept = play_sweep(picu, grid("setting.patients.arrive.every=[30 h, 1800 min, 20 h]"), replicates=20)
    assert (swept.computed, swept.alike) == (2, 1)
    assert repr(swept.cells[0].measures) == repr(swept.cells[1].measures)


def test_an_analysis_that_is_not_there_is_found_before_anything_is_played(t_test: Scenario) -> None:
    with pytest.raises(RunError, match="there is no analysis 'mian'") as caught:
        AnswerMeasure.of_words("mian").check(t_test)
    assert caught.value.code == "TS-R020"
    AnswerMeasure.of_words("trial/x", "trial_days").check(t_test)


def sharp(value: NDArray[np.float64]) -> Lead:
    """Leads as if no replicate were left to chance."""
    return lambda d, e: (1e6 * float(np.sign(value[d] - value[e])), 1000)


def test_the_pareto_set_of_a_few_designs() -> None:
    value = np.array([0.90, 0.80, 0.80, 0.905, np.nan, 0.5])
    days = np.array([[200.0], [100.0], [150.0], [400.0], [10.0], [100.5]])
    assert pareto_set(value, days).tolist() == [True, True, False, True, False, False]
    told = pareto_membership(value, days, sharp(value))
    assert told.inside.tolist() == [True, True, False, True, False, False]
    assert not told.open.any()


def test_what_chance_may_have_put_in_or_out_is_open() -> None:
    """Design 3 leads design 0 by half a percent for twice the days: z 1.2 of 1,000 trials, so it is not named.

    Design 3 is held against the four that take no more, of which only this lead falls short: its step is the last one,
    c = 1.95996, and 1,000 ((c / 1.2)^2 - 1) = 1,668 more trials would tell.
    """
    value = np.array([0.90, 0.80, 0.80, 0.905, np.nan, 0.5])
    days = np.array([[200.0], [100.0], [150.0], [400.0], [10.0], [100.5]])

    def lead(d: int, e: int) -> tuple[float, int]:
        z = 1.2 if {d, e} == {0, 3} else 40.0
        return z * float(np.sign(value[d] - value[e])), 1000

    told = pareto_membership(value, days, lead)
    assert told.inside.tolist() == [True, True, False, False, False, False]
    assert told.open.tolist() == [False, False, False, True, False, False]
    assert told.more[3] == 1700
    assert np.isnan(np.delete(told.more, 3)).all()


def test_one_that_seems_beaten_may_not_be() -> None:
    """Equal days: design 1 leads by a hair. Neither is named, neither is out."""
    value, days = np.array([0.80, 0.81]), np.array([[100.0], [100.0]])
    told = pareto_membership(value, days, lambda d, e: (float(np.sign(value[d] - value[e])), 500))
    assert not told.inside.any()
    assert told.open.all()
    told = pareto_membership(value, days, sharp(value))
    assert told.inside.tolist() == [False, True]
    assert not told.open.any()


def test_designs_whose_trials_never_differ_are_equal() -> None:
    value, days = np.array([0.8, 0.8, 0.8]), np.array([[100.0], [100.0], [300.0]])
    told = pareto_membership(value, days, lambda _d, _e: (0.0, 500))
    assert told.inside.tolist() == [True, True, False], "the third takes longer for the same"
    assert not told.open.any()


def test_the_highest_of_a_sweep_is_named_only_where_told_apart(t_test: Scenario) -> None:
    near = play_sweep(t_test, grid("design.enroll=[60, 62]"), replicates=200)
    answer = AnswerMeasure.of_words("main")
    best = best_design(near, answer, overview(near, answer))
    assert best is not None
    assert not best.clear
    assert "is undecided: 0 and 1" in " ".join(summary_lines(near, answer, overview(near, answer)))
    far = play_sweep(t_test, grid("design.enroll=[20, 120]"), replicates=200)
    assert "It is highest in design 1, clearly above" in " ".join(summary_lines(far, answer, overview(far, answer)))
    reached = AnswerMeasure.of_words("trial", "enrolled")
    assert best_design(far, reached, overview(far, reached)) is None, "of participants more is not better"


BROKEN = """
trialsim: 1
name: chosen
title: Chosen by their own fall
design: {arms: {one: everybody}, enroll: 30}
visits: {pre: 0 d, post: 1 d}
outcomes:
  score:
    distribution: lognormal
    visits: [pre, post]
    level: {median: 10, sd_log: 0.5}
    correlation: {between_sessions: 0.6}
analyses:
  fell: {outcome: score, change: {from: pre, to: post}, test: paired-t, transform: log, subset: {percent_change: {below: -10 %}}}
primary: fell
"""


def test_a_test_that_rejects_too_often_is_never_the_best(tmp_path: Path) -> None:
    """Of people chosen by their own fall nearly every trial finds a fall: power 99 % at any size, and none at all."""
    (tmp_path / "chosen.yaml").write_text(BROKEN, encoding="utf-8")
    swept = play_sweep(load(tmp_path / "chosen.yaml"), grid("design.enroll=[30, 60]"), replicates=200)
    answer = AnswerMeasure.of_words("fell")
    frame = overview(swept, answer)
    assert frame["value"].min() > 0.9
    assert frame["too_often"].all()
    assert not (frame["pareto"] | frame["pareto_open"]).any()
    assert best_design(swept, answer, frame) is None
    told = " ".join(summary_lines(swept, answer, frame))
    assert "Marked !: without effects the test rejects too often" in told
    assert "highest" not in told


def test_what_each_trial_decided_is_kept_and_read_back(t_test: Scenario, tmp_path: Path) -> None:
    points = grid("design.enroll=[20]")
    made = play_sweep(t_test, points, replicates=150, store=tmp_path).cells[0]
    read = play_sweep(t_test, points, replicates=150, store=tmp_path).cells[0]
    assert read == made
    decided = unpacked(read.results.decided["power", "main", "treated - control"])
    power = read.measure("power", analysis="main")
    assert power is not None
    assert (len(decided), decided.mean()) == (150, power.value)


def test_burdens_within_one_percent_are_equal() -> None:
    half, two = np.array([[100.0, 10.0], [100.5, 10.05]]), np.array([[100.0, 10.0], [102.0, 10.2]])
    value = np.array([0.8, 0.9])
    assert pareto_set(value, half).tolist() == [False, True]
    assert pareto_set(value, two).tolist() == [True, True]
    assert pareto_set(np.full(2, 0.8), half).tolist() == [True, True], "half a percent lighter is not better"
    one = np.array([[100.0, 10.0], [100.5, 20.0]])
    assert pareto_set(value, one).tolist() == [True, True]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 6), st.integers(1, 6)), min_size=1, max_size=25))
def test_the_pareto_set_is_that_of_the_definition(designs: list[tuple[int, int, int]]) -> None:
    """Without error and slack: in the set is exactly who is beaten by nobody."""
    goods = np.array(designs, dtype=float)
    inside = pareto_set(goods[:, 0], goods[:, 1:], slack=0.0)
    assert (
        pareto_membership(goods[:, 0], goods[:, 1:], sharp(goods[:, 0]), slack=0.0).inside.tolist() == inside.tolist()
    )
    for d, one in enumerate(goods):
        beaten = any(other[0] >= one[0] and (other[1:] <= one[1:]).all() and (other != one).any() for other in goods)
        assert inside[d] == (not beaten)


def test_an_answer_with_too_many_failures_is_bounds() -> None:
    known = load(ROOT / "lessons/textbook-t-test.yaml")
    answer = AnswerMeasure(measure="power")
    swept = play_sweep(known, grid("design.enroll=[4]", "design.allocation.method=[simple]"), replicates=200)
    value, mcse, low, high = answer.of(swept.cells[0])
    assert math.isnan(value)
    assert math.isnan(mcse)
    assert low < high, "with 4 participants put into arms by a coin, many trials have an arm too small for a test"


def test_several_primary_analyses_together_may_be_asked_for(t_test: Scenario) -> None:
    course = load(ROOT / "lessons" / "massage-course.yaml")
    AnswerMeasure.of_words("primary/all").check(course)
    with pytest.raises(RunError, match="there is no analysis 'primary'"):
        AnswerMeasure.of_words("primary/all").check(t_test)
