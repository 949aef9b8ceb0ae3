"""Cells: played once, kept by content, found damaged; the tables that follow."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialsim.errors import RunError
from trialsim.scenario import load
from trialsim.scenario.cells import Family, family, sweep_of_words
from trialsim.scenario.sweep import Point, points_of
from trialsim.study import evaluate
from trialsim.sweep import Answer, designs_frame, overview, pareto_set, play_sweep, results_frame
from trialsim.sweep.tables import as_numbers

ROOT = Path(__file__).parent.parent.parent / "scenarios"
DIFFERENCE = "outcomes.score.effects.treated.difference"


@pytest.fixture(scope="module")
def t_test() -> Family:
    return family(ROOT / "lessons/textbook-t-test.yaml")


def grid(*over: str) -> list[Point]:
    return points_of(sweep_of_words(list(over)))


def test_a_cell_is_the_run_of_its_scenario(t_test: Family) -> None:
    points = grid("design.enroll=[20, 60]", f"{DIFFERENCE}=[0, 0.5]")
    swept = play_sweep(t_test, points, replicates=300, workers=2)
    for cell in swept.cells:
        alone = evaluate(t_test.at(cell.point), replicates=300, workers=1)
        assert repr(cell.measures) == repr(alone.measures)
    assert swept.seeds == (1,)


def test_threads_change_nothing(t_test: Family) -> None:
    points = grid("design.enroll=[20, 40, 60]")
    one, two = (play_sweep(t_test, points, replicates=200, workers=workers) for workers in (1, 2))
    assert repr(one.cells) == repr(two.cells)


def test_a_changed_grid_plays_only_what_is_new(t_test: Family, tmp_path: Path) -> None:
    first = play_sweep(t_test, grid("design.enroll=[20, 40]"), replicates=100, store=tmp_path)
    wider = play_sweep(t_test, grid("design.enroll=[20, 30, 40]"), replicates=100, store=tmp_path)
    assert (first.computed, wider.computed) == (2, 1)
    assert repr(wider.cells[0].measures) == repr(first.cells[0].measures)
    assert repr(wider.cells[2].measures) == repr(first.cells[1].measures)
    for changed in ({"replicates": 200}, {"seed": 5}, {"fresh": True}):
        again = play_sweep(t_test, grid("design.enroll=[20]"), **{"replicates": 100, "store": tmp_path} | changed)  # type: ignore[arg-type]
        assert again.computed == 1, changed


def test_equal_content_is_played_once_whatever_it_is_called(t_test: Family, tmp_path: Path) -> None:
    points = grid("design.enroll=[20, {in all: 20}]", "title=[one, two]")
    swept = play_sweep(t_test, points, replicates=100, store=tmp_path)
    assert swept.computed == 1
    assert len(swept.cells) == 4
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("damage", ["cut", "digit", "empty", "bytes", "other", "deep"])
def test_a_damaged_cell_is_seen_and_played_anew(t_test: Family, tmp_path: Path, damage: str) -> None:
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


def test_nothing_asked_is_an_error(t_test: Family) -> None:
    with pytest.raises(RunError, match="TS-R005"):
        play_sweep(t_test, [], replicates=100)


# ---------------------------------------------------------------- tables


def test_the_tables_hold_every_design_and_measure(t_test: Family) -> None:
    swept = play_sweep(t_test, grid("design.enroll=[20, 60]"), replicates=200)
    designs, results = designs_frame(swept), results_frame(swept)
    assert list(designs.columns) == ["design_id", "design.enroll", "cell"]
    assert list(designs["design.enroll"]) == ["20", "60"]
    assert list(results.columns) == [
        "design_id", "analysis", "contrast", "measure", "value", "mcse", "conf_low", "conf_high", "n_replicates", "n_failed",
    ]  # fmt: skip
    assert len(results) == sum(len(cell.measures) for cell in swept.cells)
    frame = overview(swept, Answer())
    assert frame["design.enroll"].tolist() == [20, 60]
    assert frame["participants"].tolist() == [20, 60]
    power = results[results["measure"] == "power"].set_index("design_id")["value"]
    assert frame["value"].tolist() == power.loc[frame["design_id"]].tolist()
    assert frame["value"][1] > frame["value"][0]
    assert frame["pareto"].all()


@pytest.mark.parametrize("answer", [("man", "power"), ("main/a - b", "power"), ("main", "powre")])
def test_an_answer_that_does_not_exist_names_its_neighbor(t_test: Family, answer: tuple[str, str]) -> None:
    swept = play_sweep(t_test, grid("design.enroll=[20]"), replicates=100)
    with pytest.raises(RunError, match="TS-R020"):
        overview(swept, Answer.of_words(*answer))


def test_costs_and_days_of_a_ward() -> None:
    known = family(ROOT / "lessons/sweep-staffing.yaml")
    swept = play_sweep(known, grid("design.enroll=[30, 60]"), replicates=20)
    frame = overview(swept, Answer.of_words("fear_during/music - control"))
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


def test_no_pareto_set_where_there_is_nothing_to_choose(t_test: Family) -> None:
    """Of sizes there is no best, and designs that take the same are no bargains."""
    sizes = play_sweep(t_test, grid("design.enroll=[20, 60]"), replicates=100)
    assert overview(sizes, Answer.of_words("main")).loc[:, "pareto"].any()
    assert not overview(sizes, Answer.of_words("trial", "enrolled"))["pareto"].any()
    same = play_sweep(t_test, grid("analyses.main.test=[t, welch]"), replicates=100)
    assert not overview(same, Answer.of_words("main"))["pareto"].any()


def test_designs_in_other_words_are_played_once() -> None:
    picu = family(ROOT / "picu-blood-draw.yaml")
    swept = play_sweep(picu, grid("setting.patients.arrive.every=[30 h, 1800 min, 20 h]"), replicates=20)
    assert (swept.computed, swept.alike) == (2, 1)
    assert repr(swept.cells[0].measures) == repr(swept.cells[1].measures)


def test_an_analysis_that_is_not_there_is_found_before_anything_is_played(t_test: Family) -> None:
    with pytest.raises(RunError, match="there is no analysis 'mian'") as caught:
        Answer.of_words("mian").check(t_test.base)
    assert caught.value.code == "TS-R020"
    Answer.of_words("trial/x", "trial_days").check(t_test.base)


def test_the_pareto_set_of_a_few_designs() -> None:
    value = np.array([0.90, 0.80, 0.80, 0.905, np.nan, 0.5])
    days = np.array([[200.0], [100.0], [150.0], [400.0], [10.0], [100.5]])
    sharp = pareto_set(value, np.zeros(6), days)
    assert sharp.tolist() == [True, True, False, True, False, False]
    blurred = pareto_set(value, np.full(6, 0.01), days)
    assert blurred.tolist() == [True, True, False, False, False, False], "half a percent more is not seen at this error"


def test_burdens_within_one_percent_and_values_within_their_error_are_equal() -> None:
    half, two = np.array([[100.0, 10.0], [100.5, 10.05]]), np.array([[100.0, 10.0], [102.0, 10.2]])
    value = np.array([0.8, 0.9])
    assert pareto_set(value, np.zeros(2), half).tolist() == [False, True]
    assert pareto_set(value, np.zeros(2), two).tolist() == [True, True]
    assert pareto_set(np.full(2, 0.8), np.zeros(2), half).tolist() == [True, True], (
        "half a percent lighter is not better"
    )
    one = np.array([[100.0, 10.0], [100.5, 20.0]])
    assert pareto_set(value, np.zeros(2), one).tolist() == [True, True]
    # .04 apart: equal with errors of .03 each (.042 together), so the lighter wins; not with .02 each (.028)
    near = np.array([0.84, 0.80])
    heavy = np.array([[200.0, 20.0], [100.0, 10.0]])
    assert pareto_set(near, np.full(2, 0.03), heavy).tolist() == [False, True]
    assert pareto_set(near, np.full(2, 0.02), heavy).tolist() == [True, True]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 6), st.integers(1, 6)), min_size=1, max_size=25))
def test_the_pareto_set_is_that_of_the_definition(designs: list[tuple[int, int, int]]) -> None:
    """Without error and slack: in the set is exactly who is beaten by nobody."""
    goods = np.array(designs, dtype=float)
    inside = pareto_set(goods[:, 0], np.zeros(len(goods)), goods[:, 1:], slack=0.0)
    for d, one in enumerate(goods):
        beaten = any(other[0] >= one[0] and (other[1:] <= one[1:]).all() and (other != one).any() for other in goods)
        assert inside[d] == (not beaten)


def test_an_answer_with_too_many_failures_is_bounds() -> None:
    known = family(ROOT / "lessons/textbook-t-test.yaml")
    answer = Answer(measure="power")
    swept = play_sweep(known, grid("design.enroll=[4]", "design.allocation.method=[simple]"), replicates=200)
    value, mcse, low, high = answer.of(swept.cells[0])
    assert math.isnan(value)
    assert math.isnan(mcse)
    assert low < high, "with 4 participants put into arms by a coin, many trials have an arm too small for a test"


def test_several_primary_analyses_together_may_be_asked_for(t_test: Family) -> None:
    course = load(ROOT / "lessons" / "massage-course.yaml")
    Answer.of_words("primary/all").check(course)
    with pytest.raises(RunError, match="there is no analysis 'primary'"):
        Answer.of_words("primary/all").check(t_test.base)
