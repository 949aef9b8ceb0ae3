"""Targets by arm: shared out as highest averages say, refused where an arm has none, scaled by --set and by sizes."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialsim.errors import ScenarioError
from trialsim.prepared import prepare
from trialsim.scenario import loads
from trialsim.scenario.arms import apportion
from trialsim.scenario.dump import dump
from trialsim.scenario.identity import scenario_hash
from trialsim.scenario.model import Scenario
from trialsim.sizing.sizes import at_size, sizes_of

STUDY = """
trialsim: 1
name: unequal
title: Unequal arms
design:
  arms: {control: usual care, music: music therapy}
  enroll: {control: 36, music: 35}
visits: {post: 1 d}
outcomes:
  pain: {distribution: normal, visits: [post], assumed: made up, level: {mean: 5, sd: 2}}
analyses: {main: {outcome: pain, visit: post, test: t, contrast: music - control}}
primary: main
"""


def read(*changes: str, enroll: str = "{control: 36, music: 35}", more: str = "") -> Scenario:
    return loads(STUDY.replace("{control: 36, music: 35}", enroll + more), set=list(changes))


def faults(*changes: str, **parts: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        read(*changes, **parts)
    return [f"{fault.code} {fault.path}" for fault in caught.value.faults]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=5), st.integers(0, 200))
def test_shares_are_those_of_sainte_lague(weights: list[int], n: int) -> None:
    """Webster's divisor: no arm that got a place has a smaller claim to it than one that did not get the next."""
    found = apportion(tuple(weights), n)
    assert sum(found) == n
    lost = max(Fraction(w, 2 * k + 1) for w, k in zip(weights, found, strict=True))
    won = [Fraction(w, 2 * k - 1) for w, k in zip(weights, found, strict=True) if k]
    assert not won or min(won) >= lost
    more = apportion(tuple(weights), n + 1)
    assert all(b >= a for a, b in zip(found, more, strict=True))
    assert apportion(tuple(weights), sum(weights)) == tuple(weights)


@pytest.mark.parametrize(("n", "arms"), [(71, (36, 35)), (40, (20, 20)), (41, (21, 20)), (142, (72, 70)), (3, (2, 1))])
def test_a_number_that_is_set_scales_the_arms(n: int, arms: tuple[int, int]) -> None:
    scenario = read(f"design.enroll={n}")
    assert tuple(scenario.design.enroll.by_arm.values()) == arms
    assert at_size(prepare(read()), n).conduct.targets == arms


def test_other_ways_of_setting_replace_the_target_or_one_arm() -> None:
    assert read("design.enroll={each arm: 40}").design.enroll.each_arm == 40
    assert read("design.enroll={in all: 40}").design.enroll.in_all == 40
    assert dict(read("design.enroll.music=50").design.enroll.by_arm) == {"control": 36, "music": 50}
    assert read("design.enroll=40", enroll="{each arm: 33}").design.enroll.in_all == 40


def test_the_resolved_form_reads_back_and_names_the_method() -> None:
    scenario = read()
    text = dump(scenario)
    assert "enroll: {control: 36, music: 35}" in text
    assert loads(text) == scenario
    assert scenario.design.allocation.method == "places left"
    assert scenario.design.allocation.ratio is None


def test_the_order_of_the_names_changes_nothing() -> None:
    assert prepare(read(enroll="{music: 35, control: 36}")).conduct.targets == (36, 35)


def test_numbers_of_the_arms_are_part_of_the_study() -> None:
    assert scenario_hash(read()) != scenario_hash(read("design.enroll.music=36"))


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"enroll": "{control: 36, misic: 35}"}, ["TS-E151 design.enroll", "TS-E151 design.enroll.misic"]),
        ({"enroll": "{control: 36}"}, ["TS-E151 design.enroll"]),
        ({"enroll": "{control: 36, music: 0}"}, ["TS-E013 design.enroll.music"]),
        (
            {"enroll": "{control: 36, music: 35, each arm: 3}"},
            ["TS-E003 design.enroll.control", "TS-E003 design.enroll.music"],
        ),
        ({"more": '\n  allocation: {ratio: "36:35"}'}, ["TS-E152 design.allocation.ratio"]),
        ({"more": "\n  allocation: {method: permuted blocks, block: 4}"}, ["TS-E152 design.allocation"]),
        ({"more": "\n  allocation: {block: 4}"}, ["TS-E152 design.allocation"]),
        ({"more": '\n  allocation: {method: permuted blocks, ratio: "1:1"}'}, ["TS-E152 design.allocation"]),
        ({"enroll": "71", "more": "\n  allocation: {method: places left}"}, ["TS-E152 design.allocation.method"]),
    ],
)
def test_what_does_not_fit_is_refused(parts: dict[str, str], expected: list[str]) -> None:
    assert sorted(faults(**parts)) == expected


@pytest.mark.parametrize(
    "allocation",
    ['{method: permuted blocks, ratio: "1:1", block: 4}', "{method: simple}", '{method: simple, ratio: "2:1"}'],
)
def test_other_methods_close_the_arms_too(allocation: str) -> None:
    assert prepare(read(more=f"\n  allocation: {allocation}")).conduct.targets == (36, 35)


def test_sizes_go_in_steps_of_one() -> None:
    sizes = sizes_of(prepare(read()))
    assert (sizes.step, sizes.least, sizes.up(70.2)) == (1, 6, 71)
    assert sizes_of(prepare(read(enroll="{control: 36, music: 36}"))).step == 2
    assert sizes_of(prepare(read(enroll="{control: 40, music: 10}"))).least == 13
