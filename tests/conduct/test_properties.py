"""What must hold of every trial exactly, whatever is drawn."""

from __future__ import annotations

import itertools
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import trialsim.conduct as room
from trialsim.conduct import NEVER, conduct, plan_conduct
from trialsim.conduct.allocation import allocate
from trialsim.conduct.entries import Entries
from trialsim.conduct.plan import ConductError
from trialsim.protocol.calendar import DAY

WAITING = (
    "arrive: {every: 8 h, pattern: {Mon-Fri: 1, Sat: 0.5}}, consent: 70 %, exclusions: {ill: 20 %},"
    " ask: {for: {mean: 20 h, sd: 10 h}, until: Mon-Fri 10:00-15:00},"
    " leave: [{after: {gamma: {mean: 9 d, sd: 9 d}}, reason: discharge}]"
)
STRATA = {
    "sites": "north: 30 %, south: 70 %",
    "participants": "sex: {choice: {girl: 50 %, boy: 50 %}}, age: {gamma: {mean: 30 y, sd: 5 y}}",
    "attrition": "{chance: 30 %, within: 2 d, reason: tired}, {after: {gamma: {mean: 9 d, sd: 4 d}}, reason: moved}",
}
BLOCKS = 'method: permuted blocks, ratio: "1:1:2", block: 8, stratify: [sex, site]'
METHODS = [BLOCKS, 'method: simple, ratio: "3:1:2"', 'method: in turn, ratio: "2:1:1"']


def arrays(entries: Entries, participants: int):
    """Every (R, N, ..) array of the first participants."""
    names = [f.name for f in fields(Entries) if f.name not in ("counts", "complete", "accrual_end")]
    there = [name for name in names if getattr(entries, name) is not None]  # nobody has siblings
    return {name: getattr(entries, name)[:, :participants] for name in there}


def unequal(a: dict, b: dict) -> list[str]:
    return [name for name in a if not np.array_equal(a[name], b[name])]


@pytest.mark.parametrize("allocation", METHODS)
@pytest.mark.parametrize("patients", [WAITING, None])
def test_a_trial_of_few_is_the_beginning_of_a_trial_of_many(small, patients, allocation):
    told = dict(STRATA, sites=STRATA["sites"] if patients else "")
    allocation = allocation if patients else allocation.replace(", site", "")
    many = plan_conduct(small(patients, allocation=allocation, enroll="in all: 47", **told))
    for few in (1, 7, 46):
        one = conduct(replace(many, target=few), seed=4, replicates=range(20))
        assert unequal(arrays(conduct(many, seed=4, replicates=range(20)), few), arrays(one, few)) == []


def test_the_comparison_of_trials_sees_a_difference(small):
    plan = plan_conduct(small(WAITING, allocation=METHODS[1], **STRATA))
    here, other = (arrays(conduct(plan, seed=seed, replicates=range(2)), 9) for seed in (4, 5))
    assert set(unequal(here, other)) == {f.name for f in fields(Entries)} - {
        "counts",
        "complete",
        "accrual_end",
        "stratum",
        "family",  # nobody has siblings
        "period",  # nothing goes over in steps
    }


@pytest.mark.parametrize("patients", [WAITING, None])
def test_chunks_change_nothing(small, patients):
    told = dict(STRATA, sites=STRATA["sites"] if patients else "")
    allocation = BLOCKS if patients else BLOCKS.replace(", site", "")
    plan = plan_conduct(small(patients, allocation=allocation, enroll="in all: 23", **told))
    whole = conduct(plan, seed=7, replicates=range(5, 45))
    parts = [conduct(plan, seed=7, replicates=range(a, b)) for a, b in ((5, 6), (6, 33), (33, 45))]
    for field in fields(Entries):
        if getattr(whole, field.name) is None:  # nobody has siblings
            continue
        joined = np.concatenate([getattr(part, field.name) for part in parts])
        assert np.array_equal(getattr(whole, field.name), joined), field.name
        assert getattr(whole, field.name).dtype == joined.dtype


def test_more_patients_than_expected_change_nothing(small, monkeypatch):
    plan = plan_conduct(small(WAITING, **STRATA))
    usual = conduct(plan, seed=7, replicates=range(30))
    monkeypatch.setattr(room, "_expected_patients", lambda _: 1)
    for field in fields(Entries):
        assert np.array_equal(
            getattr(usual, field.name), getattr(conduct(plan, seed=7, replicates=range(30)), field.name)
        )


def test_what_is_added_moves_no_other_draw(small):
    bare = conduct(plan_conduct(small("arrive: {every: 8 h}, consent: 70 %")), seed=2, replicates=range(50))
    more = small(
        "arrive: {every: 8 h}, consent: 70 %, leave: [{after: 900 d, reason: discharge}], exclusions: {nobody: 0 %}",
        sites="north: 30 %, south: 70 %",
        participants="age: {mean: 30 y, sd: 5 y}",
    )
    here = conduct(plan_conduct(more), seed=2, replicates=range(50))
    for name in ("arrival", "entry", "arrival_number", "arm", "accrual_end"):
        assert np.array_equal(getattr(bare, name), getattr(here, name)), name


# ---------------------------------------------------------------- allocation


def stratified(small, **told):
    plan = plan_conduct(
        small(WAITING, allocation=BLOCKS, sites=STRATA["sites"], participants=STRATA["participants"], **told)
    )
    return plan, conduct(plan, seed=9, replicates=range(100))


def test_every_full_block_of_every_stratum_holds_the_ratio(small):
    _, entries = stratified(small, enroll="in all: 90")
    seen = 0
    for r, s in itertools.product(range(100), range(4)):
        arms = entries.arm[r][entries.stratum[r] == s]
        for at in range(0, len(arms) - 7, 8):
            assert np.bincount(arms[at : at + 8], minlength=3).tolist() == [2, 2, 4]
            seen += 1
    assert seen > 600  # nearly 90 / 8 blocks a trial, less the four that are unfinished
    shuffled = np.random.default_rng(1).permuted(entries.arm[:, :8], axis=1)
    assert any(np.bincount(row, minlength=3).tolist() != [2, 2, 4] for row in shuffled)


def test_strata_are_the_categories_in_the_order_of_the_file(small):
    plan, entries = stratified(small)
    assert plan.strata == (("girl", "north"), ("girl", "south"), ("boy", "north"), ("boy", "south"))
    assert np.array_equal(entries.stratum, 2 * entries.covariates[:, :, 0] + entries.site)


@pytest.mark.parametrize("allocation", METHODS)
def test_each_arm_reaches_its_own_target(small, allocation):
    plan = plan_conduct(small(WAITING, allocation=allocation, enroll="each arm: 11", **STRATA))
    arm = conduct(plan, seed=3, replicates=range(200)).arm
    assert plan.target == 33
    for k in range(3):
        assert ((arm == k).sum(axis=1) == 11).all()


def test_in_turn_goes_round(small):
    plan = plan_conduct(small(None, allocation='method: in turn, ratio: "2:1:1"', enroll="in all: 6"))
    assert conduct(plan, seed=1, replicates=range(2)).arm.tolist() == [[0, 0, 1, 2, 0, 0]] * 2


@settings(max_examples=60, deadline=None)
@given(
    ratio=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    times=st.integers(1, 3),
    method=st.sampled_from(["in turn", "permuted blocks"]),
    seed=st.integers(0, 2**63 - 1),
    strata=st.lists(st.integers(0, 3), min_size=1, max_size=60),
)
def test_arms_of_a_stratum_never_stray_further_than_a_block(ratio, times, method, seed, strata):
    block = sum(ratio) * times
    plan = type("Plan", (), {})()
    plan.method, plan.ratio, plan.block, plan.arms, plan.targets, plan.ward = (
        method,
        tuple(ratio),
        block,
        ratio,
        (),
        True,
    )
    plan.stratum_streams = np.arange(4, dtype=np.uint64)
    stratum = np.array([strata if method == "permuted blocks" else [0] * len(strata)], dtype=np.int16)
    arm = allocate(plan, np.zeros(stratum.shape, dtype=np.int64), stratum, seed=seed, replicates=range(1))
    for s in range(4):
        mine = arm[stratum == s]
        for k, share in enumerate(ratio):
            due = len(mine) // block * share * times
            assert due <= (mine == k).sum() <= due + share * times


# ---------------------------------------------------------------- limits


def test_nobody_enters_after_the_limit(small):
    plan = plan_conduct(small(WAITING, enroll="in all: 45", within="30 d", **STRATA))
    entries = conduct(plan, seed=6, replicates=range(200))
    assert plan.limit == 30 * DAY
    assert 0 < entries.complete.mean() < 1
    assert entries.entry.max() < 30 * DAY
    short = ~entries.complete
    assert (entries.accrual_end[short] == 30 * DAY).all()
    assert np.array_equal(entries.accrual_end[~short], entries.entry[~short, -1])
    empty = entries.entry < 0
    assert np.array_equal(empty, np.arange(45) >= entries.counts[:, [3]])
    for name, nothing in (("arm", -1), ("arrival", -1), ("arrival_number", -1), ("leave", NEVER), ("leave_reason", -1)):
        assert (getattr(entries, name)[empty] == nothing).all(), name
    assert (entries.arm[~empty] >= 0).all()


def test_participants_come_are_asked_and_leave_in_this_order(small):
    entries = conduct(plan_conduct(small(WAITING, **STRATA)), seed=6, replicates=range(200))
    assert (np.diff(entries.entry, axis=1) >= 0).all()
    same = np.diff(entries.entry, axis=1) == 0
    assert same.any()
    assert (np.diff(entries.arrival_number, axis=1)[same] > 0).all()
    assert (entries.arrival <= entries.entry).all()
    assert (entries.entry < entries.leave).all()
    assert np.array_equal(entries.leave == NEVER, entries.leave_reason == -1)


def test_everybody_who_came_is_counted_once(small):
    for within in ("30 d", ""):
        counts = conduct(plan_conduct(small(WAITING, within=within, **STRATA)), seed=6, replicates=range(200)).counts
        assert np.array_equal(counts[:, 0], counts[:, 1:].sum(axis=1))
        assert (counts.sum(axis=0) > 0).all()


def test_a_target_nobody_reaches_ends(small):
    rare = plan_conduct(small("arrive: {every: 1 min}, consent: 0.0001 %"))
    entries = conduct(rare, seed=1, replicates=range(1))
    assert (not entries.complete[0], entries.counts[0, 0]) == (True, room.MOST_PATIENTS)
    slow = plan_conduct(small("arrive: {every: 9000 d}, consent: 1 %"))
    entries = conduct(slow, seed=1, replicates=range(5))
    assert not entries.complete.any()
    assert (entries.accrual_end == 200 * 365 * DAY).all()


def test_no_ward_enrolls_everybody_at_once(small):
    plan = plan_conduct(small(None, enroll="each arm: 4"))
    entries = conduct(plan, seed=1, replicates=range(3))
    assert entries.complete.all()
    assert (entries.entry == 0).all()
    assert (entries.arrival == 0).all()
    assert (entries.leave == NEVER).all()
    assert entries.arm.tolist() == [[0, 1, 2] * 4] * 3
    assert entries.counts.tolist() == [[12, 0, 0, 12, 0]] * 3


# ---------------------------------------------------------------- what cannot be carried out


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (
            {
                "participants": ", ".join(f"c{i}: {{choice: {{x: 50 %, y: 50 %}}}}" for i in range(10)),
                "allocation": f"method: permuted blocks, stratify: [{', '.join(f'c{i}' for i in range(10))}]",
            },
            "make 1024 strata",
        ),
    ],
)
def test_refused(small, told, message):
    with pytest.raises(ConductError, match=message) as caught:
        plan_conduct(small(**told))
    assert caught.value.remedy
    assert caught.value.exit_code == 3
