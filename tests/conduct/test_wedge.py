"""Stepped wedges: who goes over when, who is enrolled when and in which arm, with and without a ward."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from trialsim.conduct import conduct, plan_conduct
from trialsim.conduct.plan import IN_TRANSITION
from trialsim.conduct.wedge import step_numbers, transitions_of
from trialsim.evaluate.cohort_frames import wedge_frame
from trialsim.everyone import everyone_in
from trialsim.protocol.calendar import DAY
from trialsim.quantities.fields import Number
from trialsim.scenario import load
from trialsim.scenario.change import change
from trialsim.scenario.model import Scenario
from trialsim.scenario.wedge import MONTH, expected_enrolled, period_ends, steps_of, ticks_after
from trialsim.study import simulate

PLAIN = Path(__file__).parents[1] / "kinds" / "wedge.yaml"
SHIPPED = Path(__file__).parents[2] / "scenarios" / "nicu-stepped-wedge.yaml"
MANY = range(300)


def plain(**changes: object) -> Scenario:
    return change(load(PLAIN), {f"design.{key.replace('__', '.')}": value for key, value in changes.items()})


def test_as_many_sites_as_declared_go_over_at_each_step_in_an_order_drawn_anew() -> None:
    plan = plan_conduct(plain(clusters__number=13))
    assert plan.wedge is not None
    steps = step_numbers(plan, plan.wedge, seed=1, replicates=MANY)
    assert all(np.bincount(row).tolist() == [0, 3, 3, 3, 3, 1] for row in steps)  # the last step takes what is left
    assert plan.wedge.periods == 6
    assert (np.abs((steps == 1).mean(axis=0) - 3 / 13) < 0.12).all()  # any site may be first: 4.9 SE
    alone = step_numbers(plan, plan.wedge, seed=1, replicates=range(7, 8))
    np.testing.assert_array_equal(alone[0], steps[7])


def test_without_a_ward_every_cell_has_its_share_and_the_arm_is_that_of_the_date() -> None:
    plan = plan_conduct(plain(enroll={"each cluster": 15}))
    entries, wedge = conduct(plan, seed=1, replicates=range(20)), plan.wedge
    assert wedge is not None
    assert entries.period is not None
    steps = step_numbers(plan, wedge, seed=1, replicates=range(20))
    for r in range(20):
        cell = entries.site[r].astype(int) * wedge.periods + entries.period[r]
        assert (np.bincount(cell) == 3).all()  # 15 in five periods
        np.testing.assert_array_equal(entries.arm[r], entries.period[r] >= steps[r][entries.site[r]])
    assert (np.diff(entries.entry, axis=1) >= 0).all()  # in the order of enrollment
    assert (entries.entry < wedge.ends[-1]).all()
    np.testing.assert_array_equal(entries.accrual_end, entries.entry[:, -1])


def test_a_site_in_transition_enrolls_nobody() -> None:
    plan = plan_conduct(plain(stepped_wedge__transition="2 weeks", enroll={"each cluster": 40}, clusters__size_cv=0.5))
    entries, wedge = conduct(plan, seed=2, replicates=range(30)), plan.wedge
    assert wedge is not None
    assert wedge.transition == 14 * DAY
    windows = transitions_of(plan, wedge, seed=2, replicates=range(30))
    own = np.take_along_axis(windows, entries.site.astype(np.int64)[:, :, None], axis=1)
    assert not ((entries.entry >= own[..., 0]) & (entries.entry < own[..., 1])).any()
    np.testing.assert_array_equal(entries.arm == wedge.intervention, entries.entry >= own[..., 1])
    before, after = (entries.entry < own[..., 0]).any(axis=1), (entries.entry >= own[..., 1]).any(axis=1)
    assert before.all()
    assert after.all()


def test_on_a_ward_those_who_come_in_a_transition_are_excluded_and_counted() -> None:
    plan = plan_conduct(load(SHIPPED))
    entries, wedge = conduct(plan, seed=3, replicates=range(60)), plan.wedge
    assert wedge is not None
    assert plan.exclusions[-1] == IN_TRANSITION
    there = entries.entry >= 0
    own = np.take_along_axis(
        transitions_of(plan, wedge, seed=3, replicates=range(60)), entries.site.astype(np.int64)[:, :, None], axis=1
    )
    assert not ((entries.entry >= own[..., 0]) & (entries.entry < own[..., 1]) & there).any()
    np.testing.assert_array_equal(entries.arm[there], (entries.entry >= own[..., 0])[there].astype(np.int8))
    assert (entries.arm[~there] == -1).all()
    assert (entries.entry < wedge.ends[-1]).all()
    assert entries.counts[:, -1].min() > 0
    np.testing.assert_array_equal(entries.counts[:, 0], entries.counts[:, 1:].sum(axis=1))
    open_all = plan_conduct(change(load(SHIPPED), {"design.stepped_wedge.transition": "0 d"}))
    assert IN_TRANSITION not in open_all.exclusions
    assert conduct(open_all, seed=3, replicates=range(60)).counts[:, 3].mean() > entries.counts[:, 3].mean()


def test_everyone_in_an_arm_is_enrolled_on_the_same_dates() -> None:
    plan = plan_conduct(load(SHIPPED))
    entries = conduct(plan, seed=3, replicates=range(5))
    for arm in (0, 1):
        all_in = everyone_in(entries, arm)
        np.testing.assert_array_equal(all_in.entry, entries.entry)
        assert all_in.period is entries.period
        assert set(np.unique(all_in.arm)) <= {-1, arm}


def test_the_reference_is_the_arm_before_the_step() -> None:
    turned = {"design.reference": "trained", "outcomes.value.effects": {"control": {"difference": 1}}}
    plan = plan_conduct(change(load(PLAIN), turned))
    assert plan.wedge is not None
    assert (plan.wedge.control, plan.wedge.intervention) == (1, 0)
    entries = conduct(plan, seed=1, replicates=range(1))
    assert entries.arm[0, 0] == 1


def test_months_are_those_of_the_calendar_on_a_ward_and_mean_ones_without() -> None:
    two = Number(value=2.0, kind="calendar", unit="months")
    assert ticks_after(two, date(2026, 1, 5)) == 59 * DAY
    assert ticks_after(two, date(2026, 1, 5), times=2) == 120 * DAY
    assert ticks_after(two, None, times=3) == round(6 * MONTH)
    assert ticks_after(Number(value=90.5, kind="calendar", unit="s"), None, times=2) == 181
    shipped = load(SHIPPED)
    assert shipped.design.stepped_wedge is not None
    assert steps_of(shipped) == 4
    assert [end // DAY for end in period_ends(shipped, shipped.design.stepped_wedge)] == [0, 59, 120, 181, 243, 304]
    assert expected_enrolled(shipped, 304 * DAY) == pytest.approx(304 * 24 / 18 * 0.9 * 0.8)


def test_the_table_of_the_picture_counts_everybody_once() -> None:
    from trialsim.prepared import prepare

    study = prepare(load(SHIPPED))
    cohort = simulate(study, range(4, 6), twins=("declared",))
    assert study.conduct.wedge is not None
    cells = wedge_frame(cohort, study.conduct.wedge)
    assert cells["participants"].sum() == (cohort.entries.arm[0] >= 0).sum()
    by_arm = cells.groupby("arm")["participants"].sum()
    assert by_arm["training"] == (cohort.entries.arm[0] == 1).sum()
    assert cells["step"].sum() == 8  # every site goes over once
