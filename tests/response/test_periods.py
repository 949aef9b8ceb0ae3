"""Levels in a crossover: the arm of a period, what is carried over, the period itself, and the null twin."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from trialsim.conduct import conduct
from trialsim.prepared import Study, prepare
from trialsim.protocol.tapes import draw_tapes
from trialsim.response.periods import of_period
from trialsim.scenario import load, loads
from trialsim.scenario.change import change
from trialsim.truth.plays import Play, SharedDraws, play

STUDY = Path(__file__).parents[1] / "kinds" / "periods.yaml"
SHIPPED = Path(__file__).parents[2] / "scenarios" / "picu-crossover.yaml"
CARRIED = {"outcomes.value.carryover": "20 %"}


def everyone(study: Study, sequence: int) -> Play:
    few = range(3)
    entries = conduct(study.conduct, seed=1, replicates=few)
    tapes = None
    if study.program is not None:
        tapes = draw_tapes(study.program, seed=1, replicates=few, participants=entries.entry.shape[1])
    return play(SharedDraws(study, entries, tapes, 1, few, "fast"), sequence)


def test_each_sequence_has_the_level_of_its_arm_in_each_period() -> None:
    """Mean 10, effect 1.2, 20 % carried over, 1.5 higher in the second period; the last row is nobody's."""
    first, second = prepare(change(load(STUDY), CARRIED)).response.points
    np.testing.assert_allclose(first.location, [11.2, 10.0, 10.0], rtol=1e-14)
    np.testing.assert_allclose(second.location, [11.5 + 0.24, 12.7, 11.5], rtol=1e-14)


def test_the_null_twin_has_no_effect_and_no_carryover_and_keeps_the_periods() -> None:
    study = prepare(change(load(STUDY), CARRIED))
    null, declared = study.twins.index("null"), study.twins.index("declared")
    a, b = (everyone(study, sequence).values for sequence in (0, 1))
    np.testing.assert_array_equal(a[null], b[null])
    np.testing.assert_allclose(a[declared] - a[null], np.broadcast_to([1.2, 0.24], a[null].shape), atol=1e-12)
    flat = prepare(change(load(STUDY), {"outcomes.value.period_effects": [0, 0]}))
    np.testing.assert_allclose(
        a[null] - everyone(flat, 0).values[null], np.broadcast_to([0, 1.5], a[null].shape), atol=1e-12
    )


def test_an_arm_without_its_activity_has_neither_effect_nor_carryover() -> None:
    """Where nobody is ever free, the twins are the same: nothing was delivered in any period."""
    study = prepare(load(SHIPPED))
    program = study.program
    assert program is not None
    periods = [one.period for one in program.activities if one.base == "music"]
    assert periods == [1, 2]
    for point in study.response.points:
        period = int(point.visit[-1])
        for term in point.terms:
            for sequence, own in enumerate(term.own[0]):
                given = [program.activities[index] for index, _ in own]
                assert all(one.base == "music" and one.arms >> sequence & 1 for one in given)
                assert len(given) == term.present[sequence]
        carried = [term for term in point.terms if program.activities[sum(term.own[0], ())[0][0]].period < period]
        assert len(carried) == period - 1
    assert of_period(None, ((0, 1.0),), 1) == ()


WARD = """
trialsim: 1
name: w
title: A ward without anybody
setting:
  starts: 2026-01-05
  patients: {arrive: {every: 1 h}, consent: 100 %}
  resources: {nurse: {units: 1, hours: daily 08:00-08:01}}
design:
  arms: {b: B, a: A}
  periods: 2
  sequences: {AB: [a, b], BA: [b, a]}
  enroll: {each sequence: 10}
protocol:
  - period: each
    washout: 1 d
    steps: [{activity: a, lasts: 10 min, needs: [nurse], give_up_after: 1 min}, {visit: post}]
outcomes:
  value:
    distribution: normal
    visits: [post]
    level: {mean: 10, sd: 2}
    effects: {a: {difference: 4}}
    carryover: 50 %
    correlation: {between_sessions: 0.5}
analyses: {main: {outcome: value, visit: post, test: crossover-t}}
primary: main
"""


def test_what_was_not_delivered_neither_acts_nor_is_carried_over() -> None:
    """A minute a day: most sessions are missed, and values differ from the null twin by the delivered shares alone."""
    study = prepare(loads(WARD))
    played, null, declared = everyone(study, 0), study.twins.index("null"), study.twins.index("declared")
    apart = played.values[declared] - played.values[null]
    assert played.trace is not None
    given = played.trace.activities[:, :, 0, :].max(axis=2) >= 0
    done = np.isclose(apart[..., 0], 4.0)
    assert np.isclose(apart[..., 0], 0.0)[~done].all()
    np.testing.assert_allclose(apart[..., 1], 0.5 * apart[..., 0], atol=1e-12)
    assert 0 < done.sum() < done.size
    assert given.any()


@pytest.mark.parametrize(("scale", "sign"), [("effects", 1.0)])
def test_a_score_moves_on_its_own_scale(scale: str, sign: float) -> None:
    """The shift of odds that lowers the mean by .2 at the level of the visit is in both sequences and in nobody's level."""
    points = {point.visit: point for point in prepare(load(SHIPPED)).response.points}
    shift = points["during 2"].cuts[2] - points["during 1"].cuts[2]
    assert sign * shift.min() == pytest.approx(shift.max(), abs=1e-12)
    assert shift.min() > 0 or scale != "effects"
