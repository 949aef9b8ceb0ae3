"""Sweeps: values read, points made, faults told once with the value that brings them about."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialsim.errors import ScenarioError
from trialsim.scenario import load
from trialsim.scenario.change import change
from trialsim.scenario.ranges import declared_ranges
from trialsim.scenario.sweep import Sweep, points_of, read_interval, setting, shown, size_of
from trialsim.scenario.sweep_words import sweep_of_words
from trialsim.scenario.variants import variants

ROOT = Path(__file__).parent.parent.parent / "scenarios"
T_TEST = ROOT / "lessons/textbook-t-test.yaml"
PICU = ROOT / "picu-blood-draw.yaml"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("20..100 by 20", (20, 40, 60, 80, 100)),
        ("20..99 by 20", (20, 40, 60, 80)),
        ("0..0.3 by 0.1", (0, 0.1, 0.2, 0.3)),
        ("0.5..2 in 4", (0.5, 1, 1.5, 2)),
        ("15 h..80 h in 2", ("15 h", "80 h")),
        ("15..80 h by 65 h", ("15 h", "80 h")),
        ("40 %..80 % in 3", ("40 %", "60 %", "80 %")),
        ("-1..1 in 3", (-1, 0, 1)),
        ("-0.2 per h..0.2 per h in 3", ("-0.2 per h", "0 per h", "0.2 per h")),
    ],
)
def test_a_range_gives_its_values(text: str, values: tuple[object, ...]) -> None:
    assert read_interval(text).values() == values


@pytest.mark.parametrize(
    "text", ["90..30 by 10", "1..2 by 0", "1..2 by 9", "1..2 in 1", "a..b", "1 h..2 d in 2", "1..1e9 by 1"]
)
def test_a_range_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ScenarioError, match="TS-E090"):
        sweep_of_words([f"design.enroll={text}"])


def test_matrix_is_every_combination_and_the_first_key_changes_slowest() -> None:
    points = points_of(Sweep(matrix={"a": [1, 2], "b": ["x", "y", "z"]}))
    assert [(point["a"], point["b"]) for point in points] == [(a, b) for a in (1, 2) for b in "xyz"]


def test_zip_moves_together_and_parts_are_crossed() -> None:
    sweep = Sweep(matrix={"a": [1, 2]}, zip={"b": [3, 4], "c": [5, 6]}, list=[{"d": 7}, {"d": 8}])
    points = points_of(sweep)
    assert len(points) == size_of(sweep) == 8
    assert {(point["b"], point["c"]) for point in points} == {(3, 5), (4, 6)}
    assert len({tuple(point.items()) for point in points}) == 8


@settings(max_examples=25, deadline=None)
@given(points=st.integers(2, 40), seed=st.integers(0, 2**40))
def test_a_latin_hypercube_has_one_value_in_every_stratum_of_every_range(points: int, seed: int) -> None:
    drawn = points_of(Sweep(latin={"a": "0..1", "b": "10 h..20 h"}, points=points), seed=seed)
    a = np.array([point["a"] for point in drawn])
    b = np.array([float(point["b"].split()[0]) for point in drawn])
    for values in (a, (b - 10) / 10):
        place = np.sort(values) * points - np.arange(points)  # inside its stratum; values have six digits
        assert place.min() > -1e-3
        assert place.max() < 1 + 1e-3


def test_plain_uniform_draws_are_no_hypercube() -> None:
    """Planted fault: the check of strata above fails for independent draws."""
    values = np.random.default_rng(1).uniform(size=40)
    assert (np.floor(np.sort(values) * 40) != np.arange(40)).any()


def test_a_longer_path_or_another_range_leaves_the_other_draws_alone() -> None:
    one = points_of(Sweep(latin={"a": "0..1"}, points=9), seed=4)
    two = points_of(Sweep(latin={"b": "0..1", "a": "0..1"}, points=9), seed=4)
    assert [point["a"] for point in one] == [point["a"] for point in two]
    assert [point["a"] for point in one] != [point["b"] for point in two]


def test_a_hypercube_keeps_to_the_steps_of_its_range() -> None:
    drawn = points_of(Sweep(latin={"design.enroll": "20..60 by 10"}, points=30))
    assert {point["design.enroll"] for point in drawn} == {20, 30, 40, 50, 60}


def test_the_same_sweep_in_the_file_and_on_the_command_line() -> None:
    base = load(ROOT / "lessons/sweep-staffing.yaml")
    assert base.sweep is not None
    typed = sweep_of_words(
        ["design.enroll=[60, 99, 150]", "setting.resources.nurse.units=1..2 by 1"],
    )
    assert points_of(Sweep(matrix=base.sweep.matrix)) == points_of(typed)
    zipped = sweep_of_words(["a=[60 %, 85 %]", "b=[30 h, 45 h]"], zipped=True)
    assert [tuple(point.values()) for point in points_of(zipped)] == [("60 %", "30 h"), ("85 %", "45 h")]
    listed = sweep_of_words([], listed=["a=1; b=x", "a=2; b=y"])
    assert points_of(listed) == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]


def test_a_value_sets_what_it_says() -> None:
    known = load(PICU)
    at = change(
        known, {"design.enroll": {"each arm": 20}, "setting.patients.consent": "50 %", "primary": "pain_during"}
    )
    assert (at.design.enroll.each_arm, at.primary) == (20, ("pain_during",))
    assert at.setting is not None
    assert at.setting.patients.consent.value == 0.5
    again = change(known, {})
    assert again == known, "one point leaves nothing behind in the next"


def test_all_faults_of_all_cells_are_told_once_with_their_cause() -> None:
    points = points_of(
        sweep_of_words(["design.allocation.block=[6, 7]", "setting.patients.consent=[50 %, 0 %, 150 %]"])
    )
    with pytest.raises(ScenarioError) as caught:
        list(variants(load(PICU), points, options=dict.fromkeys(points[0], "--over")))
    told = {fault.code: fault for fault in caught.value.faults}
    assert len(caught.value.faults) == 3
    assert "a block of 7" in told["TS-E041"].message
    assert "(3 of 6 points)" in told["TS-E041"].message
    assert told["TS-E041"].file == "--over design.allocation.block=7"
    assert told["TS-E043"].file == '--over setting.patients.consent="0 %"'
    assert told["TS-E013"].file == '--over setting.patients.consent="150 %"'


def test_a_fault_elsewhere_names_the_value_that_all_its_cells_share() -> None:
    """A ratio of the file that no longer fits once an arm is gone."""
    arms = {"control": "a", "music": "b"}
    points = points_of(Sweep(matrix={"design.arms": [arms], "setting.patients.consent": ["50 %", "60 %"]}))
    with pytest.raises(ScenarioError) as caught:
        list(variants(load(PICU), points, options=dict.fromkeys(points[0], "--over")))
    assert all("(2 of 2 points)" in fault.message for fault in caught.value.faults)
    elsewhere = [fault for fault in caught.value.faults if not fault.option]
    assert elsewhere
    assert all("design.arms = {" in fault.message for fault in elsewhere)
    assert not any("consent = " in fault.message for fault in elsewhere)


def test_good_cells_come_one_by_one() -> None:
    points = points_of(sweep_of_words(["design.enroll=[20, 30]"]))
    seen: list[int] = []
    made = [scenario.design.enroll.in_all for scenario in variants(load(T_TEST), points, progress=seen.append)]
    assert made == [20, 30]
    assert seen == [1, 2]


@pytest.mark.parametrize(
    ("over", "how", "code"),
    [
        (["design.enroll"], {}, "TS-E008"),
        (["design.enroll=[1"], {}, "TS-E008"),
        (["a=1,2,3"], {}, "TS-E008"),
        (["a=0,5 h"], {}, "TS-E008"),
        (["a=[1, 2]", "a=[3]"], {}, "TS-E091"),
        (["a=[1, 2]", "b=[3]"], {"zipped": True}, "TS-E091"),
        (["a=0..1"], {}, "TS-E090"),
        ([], {"listed": ["a=1; b=2", "a=3"]}, "TS-E091"),
        ([], {"listed": ["a"]}, "TS-E008"),
    ],
)
def test_what_is_typed_wrongly_has_a_code(over: list[str], how: dict[str, object], code: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        sweep_of_words(over, **how)  # type: ignore[arg-type]
    assert caught.value.code == code


def test_a_comma_within_one_value_stays() -> None:
    assert points_of(sweep_of_words(["a=Mon,Wed 09:00-12:00; Sat 10:00-12:00"]))[0]["a"].startswith("Mon,Wed")


def test_a_value_is_shown_as_written_and_set_as_yaml() -> None:
    assert (shown("15 h"), shown(60), shown({"each arm": 5})) == ("15 h", "60", '{"each arm": 5}')
    assert setting("a", "10:00") == 'a="10:00"'


# ---------------------------------------------------------------- declared ranges


def test_every_declared_range_is_found_with_the_number_it_is_of() -> None:
    known = load(PICU)
    found = {one.path: one for one in declared_ranges(known.written.data)}
    assert PICU.read_text(encoding="utf-8").count("range: [") == len(found) == 7
    needle = next(one for path, one in found.items() if path.endswith("needle.succeeds"))
    assert (needle.value, needle.low, needle.high) == ("80 %", "53 %", "86 %")
    for one in found.values():
        assert change(known, {one.setting: one.value}) is not None
        assert change(known, {one.setting: one.low}) != known


def test_the_range_of_a_spread_is_that_of_its_first_number() -> None:
    data = {
        "a": {"lognormal": {"mean": {"value": "3 h"}, "sd": "1 h"}, "range": ["2 h", "5 h"]},
        "b": {"range": [1, 2]},
    }
    (one,) = declared_ranges(data)
    assert (one.path, one.setting, one.value, one.low) == ("a", "a.lognormal.mean.value", "3 h", "2 h")
