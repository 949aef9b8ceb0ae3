"""Trials whose enrollment closes at a decision: their participants, and what they take, by either engine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.looks.conftest import plain
from trialsim.cohort import Cohort
from trialsim.conduct.entries import NEVER
from trialsim.evaluate.looks import closed_columns
from trialsim.evaluate.trial import trial_columns, trial_values
from trialsim.looks.closing import closed_entries
from trialsim.prepared import Study, events_of
from trialsim.response import respond
from trialsim.study import analyze, look_at, play, simulate, with_closed

Ward = tuple[Study, Cohort]


def test_only_those_enrolled_are_left(ward: Ward) -> None:
    _, cohort = ward
    entries = cohort.entries
    few = np.arange(len(entries.arm)) % 41
    closed = closed_entries(entries, few)
    assert np.array_equal((closed.arm >= 0).sum(axis=1), np.minimum(few, 40))
    for r, count in enumerate(few):
        for name in ("arrival", "entry", "arm", "site", "leave", "leave_reason", "covariates"):
            assert np.array_equal(getattr(closed, name)[r, :count], getattr(entries, name)[r, :count])
        assert (closed.entry[r, count:] == -1).all()
        assert (closed.leave[r, count:] == NEVER).all()
        if 0 < count < 40:
            assert closed.accrual_end[r] == entries.entry[r, count - 1]
    everybody = closed_entries(entries, np.full(len(few), 40))
    assert np.array_equal(everybody.accrual_end, entries.accrual_end)


def test_what_a_stopped_trial_takes_by_the_other_engine(ward: Ward) -> None:
    study, _ = ward
    few = simulate(study, range(4), twins=study.twins)
    looks = look_at(study.looks, few)
    found = with_closed(study, few, looks, engine="fast")
    assert looks is not None
    assert found is not None
    assert study.looks is not None
    assert study.program is not None
    columns = closed_columns(study)
    names = [trial_columns(study)[place].measure for place in columns]
    assert names == ["trial_days", "study_hours", "cost_EUR"]
    for k in range(2):
        entries = closed_entries(few.entries, looks.enrolled[:, k])
        how = {"seed": few.seed, "replicates": few.replicates}
        trace = events_of(study.program, entries, engine="simpy", **how)  # type: ignore[arg-type]
        measured = respond(study.response, entries, trace, twins=study.twins, **how)  # type: ignore[arg-type]
        again = replace(few, entries=entries, trace=trace, measurements=measured)
        assert np.array_equal(found.closed[:, k], trial_values(study, again)[:, columns])
        estimates = analyze(again, plan=study.looks.alone).estimate[:, :, 0]
        assert np.array_equal(found.with_overrun[:, :, k], estimates)
        # it ends after its decision, and no later than the trial that goes on
        assert (found.closed[:, k, 0] >= looks.tick[:, k] / 86_400).all()
        assert (found.closed[:, k, 0] <= trial_values(study, few)[:, columns[0]]).all()


def test_costs_without_a_ward_are_those_of_the_participants_enrolled() -> None:
    study = plain(costs={"currency": "EUR", "participant": "10 EUR", "sample": {"score": "1 EUR"}})
    found = play(study, range(3)).looks
    assert found is not None
    assert found.closed.tolist() == [[[660.0], [990.0]]] * 3


def test_nothing_is_played_again_where_nothing_depends_on_it() -> None:
    study = plain()
    found = play(study, range(3)).looks
    assert found is not None
    assert found.closed.shape == (3, 2, 0)
    assert np.isnan(found.with_overrun).all()
    cohort = simulate(study, range(3), twins=study.twins)
    assert with_closed(study, cohort, None, engine="fast") is None


@pytest.mark.parametrize("lag", ["0 d", "3 d"])
def test_without_a_lag_fewer_are_enrolled_and_it_ends_sooner(ward: Ward, lag: str) -> None:
    study, _ = ward
    from trialsim.prepared import prepare
    from trialsim.scenario.change import change

    one = play(prepare(change(study.scenario, {"design.looks.lag": lag})), range(6)).looks
    other = play(prepare(change(study.scenario, {"design.looks.lag": "9 d"})), range(6)).looks
    assert one is not None
    assert other is not None
    assert (one.closed <= other.closed).all()
    assert (one.closed < other.closed).any()
