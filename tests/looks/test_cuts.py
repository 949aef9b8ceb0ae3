"""When looks come and what is known then, against counting participant by participant in the events of the ward."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.looks.conftest import plain
from trialsim.cohort import Cohort
from trialsim.conduct.entries import NEVER
from trialsim.looks.cuts import Cuts, find_cuts
from trialsim.prepared import Study, prepare
from trialsim.scenario.change import change
from trialsim.study import simulate

Ward = tuple[Study, Cohort]


def cuts_of(study: Study, cohort: Cohort) -> Cuts:
    assert study.looks is not None
    return find_cuts(study.looks, cohort.response_plan, cohort.entries, cohort.trace)


def known_by_hand(cohort: Cohort, replicate: int, visit: str) -> dict[int, pd.Timestamp]:
    """For each participant when the visit was, the session was given up, or the participant left."""
    trial = cohort.one(replicate)
    events, people = trial.events(), trial.participants().set_index("participant")
    visits = trial.visits()[lambda rows: rows["visit"] == visit].set_index("participant")
    found = {}
    for one, row in visits.iterrows():
        if row["status"] == "visited":
            found[one] = row["time"]
        elif row["status"] == "left":
            found[one] = people.loc[one, "ended"]
        else:
            assert row["status"] == "session missed"
            gave_up = events[(events["participant"] == one) & events["event"].isin(["gives up", "is turned away"])]
            found[one] = gave_up["time"].min()
    return found


def test_known_endpoints_are_those_of_the_events(ward: Ward) -> None:
    study, cohort = ward
    assert study.looks is not None
    cuts, reasons = cuts_of(study, cohort), set()
    for index, replicate in enumerate(cohort.replicates):
        reasons |= set(cohort.one(replicate).visits()["status"])
        known = pd.Series(known_by_hand(cohort, replicate, "during")).sort_values(kind="stable")
        people = cohort.one(replicate).participants()
        starts = pd.Timestamp(cohort.one(replicate).start)
        for k, count in enumerate(study.looks.counts):
            when = known.iloc[count - 1]
            assert cuts.tick[index, k] == (when - starts).total_seconds()
            assert cuts.known[index, k] == (known <= when).sum() >= count
            decision = when + pd.Timedelta(days=3)
            enrolled = people[people["enrolled"] <= decision]["participant"]
            assert cuts.enrolled[index, k] == len(enrolled)
            assert cuts.overrun[index, k] == sum(known[one] > when for one in enrolled)
        assert cuts.tick[index, -1] == (known.iloc[-1] - starts).total_seconds()
        assert cuts.known[index, -1] == cuts.enrolled[index, -1] == len(people)
        assert cuts.overrun[index, -1] == 0
    assert reasons == {"visited", "left", "session missed"}


def test_without_a_ward_endpoints_are_known_in_order() -> None:
    study = plain()
    cohort = simulate(study, range(3))
    cuts = cuts_of(study, cohort)
    assert cuts.known.tolist() == cuts.enrolled.tolist() == [[60, 90, 120]] * 3
    assert cuts.tick.tolist() == [[59, 89, 119]] * 3
    assert not cuts.overrun.any()


def test_only_the_arms_compared_count() -> None:
    arms = {"control": "usual", "treated": "new", "other": "another"}
    study = plain(
        design__arms=arms, analyses__main__contrast="treated - control", analyses__ranks__contrast="other - control"
    )
    assert study.looks is not None
    assert (study.looks.planned, study.looks.counts) == (120, (60, 90))
    cuts = cuts_of(study, simulate(study, range(1)))
    assert cuts.known.tolist() == [[60, 90, 120]]
    assert cuts.enrolled.tolist() == [[89, 134, 180]]  # the 60th of the two arms is the 89th of all
    assert (cuts.known_at == NEVER).sum() == 60


def test_a_smaller_trial_inside_has_the_looks_of_its_own() -> None:
    study, small = plain(), plain(design__enroll={"each arm": 40})
    assert small.looks is not None
    cohort = simulate(study, range(2))
    inside = np.arange(120)[None, :] < 80
    found = find_cuts(small.looks, cohort.response_plan, cohort.entries, None, inside=np.tile(inside, (2, 1)))
    assert found.known.tolist() == cuts_of(small, simulate(small, range(2))).known.tolist() == [[40, 60, 80]] * 2


def test_dates_come_at_midnight_and_not_after_the_end(ward: Ward) -> None:
    study, cohort = ward
    dates = {"at": ["2026-01-12", "2026-01-13", "2050-01-01"], "futility": {"bounds": {"p": ["50 %", "50 %", "50 %"]}}}
    values = {f"design.looks.{key}": value for key, value in dates.items()}
    dated = prepare(change(study.scenario, values))
    cuts = cuts_of(dated, cohort)
    assert set(cuts.tick[:, 0]) <= {7 * 86_400, -1}
    assert (cuts.tick[:, 2] == -1).all()
    for index in range(len(cuts.tick)):
        for k in (0, 1):
            known = (cuts.known_at[index] <= (7 + k) * 86_400).sum()
            before = cuts.known[index, 0] if k else 0
            assert cuts.known[index, k] == (known if known > before else 0)


def test_equal_ticks_are_one_look(ward: Ward) -> None:
    """A look that would find what the one before found does not come."""
    study, cohort = ward
    assert study.looks is not None
    entries = cohort.entries
    trace = cohort.trace
    assert trace is not None
    visits = trace.visits.copy()
    visits[..., 0], visits[..., 1] = 5_000_000, 0
    from dataclasses import replace

    together = find_cuts(study.looks, cohort.response_plan, entries, replace(trace, visits=visits))
    assert (together.tick[:, :-1] == -1).all()
    assert (together.known == [0, 0, 40]).all()


@pytest.mark.parametrize("lag", ["0 d", "20 d"])
def test_the_lag_moves_decisions_and_not_looks(ward: Ward, lag: str) -> None:
    study, cohort = ward
    other = cuts_of(prepare(change(study.scenario, {"design.looks.lag": lag})), cohort)
    here = cuts_of(study, cohort)
    assert np.array_equal(other.tick, here.tick)
    fewer, more = (other, here) if lag == "0 d" else (here, other)
    assert (fewer.enrolled <= more.enrolled).all()
    assert (fewer.enrolled < more.enrolled).any()
