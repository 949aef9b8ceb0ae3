"""The analysis at a look is that of those known by then, and what comes later changes nothing of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from tests.looks.conftest import plain
from trialsim import engine
from trialsim.cohort import Cohort
from trialsim.looks.closing import closed_entries
from trialsim.looks.cuts import find_cuts
from trialsim.looks.decisions import decide
from trialsim.looks.results import OF_TWINS, LookResults, join_results
from trialsim.prepared import Study
from trialsim.protocol.tapes import draw_tapes
from trialsim.response import respond
from trialsim.study import analyze, look_at, simulate

Ward = tuple[Study, Cohort]


def looks_of(study: Study, cohort: Cohort) -> LookResults:
    found = look_at(study.looks, cohort)
    assert found is not None
    return found


def test_a_t_test_of_the_first_participants() -> None:
    study = plain()
    cohort = simulate(study, range(20), twins=study.twins)
    found = looks_of(study, cohort)
    for t in range(2):
        for r in range(20):
            for k, count in enumerate((60, 90)):
                values, arm = cohort.measurements.values[t, r, :count, 0], cohort.entries.arm[r, :count]
                wanted = stats.ttest_ind(values[arm == 1], values[arm == 0])
                assert found.p[t, r, k] == pytest.approx(wanted.pvalue, rel=1e-10)
                assert found.n[t, r, k] == count


def test_a_rank_test_of_those_known_on_the_ward(ward: Ward) -> None:
    study, cohort = ward
    assert study.looks is not None
    found, cuts = looks_of(study, cohort), find_cuts(study.looks, cohort.response_plan, cohort.entries, cohort.trace)
    point = study.response.point_index("fear", "during")
    for r in range(10):
        for k in range(2):
            there = cuts.known_at[r] <= cuts.tick[r, k]
            values, arm = cohort.measurements.values[0, r, :, point], cohort.entries.arm[r]
            one, other = (values[there & (arm == a) & np.isfinite(values)] for a in (1, 0))
            wanted = stats.mannwhitneyu(one, other, use_continuity=True, method="asymptotic")
            assert found.p[0, r, k] == pytest.approx(wanted.pvalue, rel=1e-9)
            assert found.n[0, r, k] == len(one) + len(other)


def closed_at(study: Study, cohort: Cohort, enrolled: np.ndarray) -> Cohort:
    """The same trials with enrollment closed after so many participants (R,), played again."""
    entries, program = cohort.entries, study.program
    assert program is not None
    shorter = closed_entries(entries, enrolled)
    tapes = draw_tapes(program, seed=cohort.seed, replicates=cohort.replicates, participants=entries.entry.shape[1])
    trace = engine.play(program, shorter, tapes, seed=cohort.seed, replicates=cohort.replicates, record=True)
    measured = respond(
        study.response, shorter, trace, seed=cohort.seed, replicates=cohort.replicates, twins=cohort.measurements.twins
    )
    return replace(cohort, entries=shorter, trace=trace, measurements=measured)


def test_decisions_are_equal_without_those_who_enroll_later(ward: Ward) -> None:
    """Closed at the decision of each look, the ward plays the same until then, event by event, and the look finds the same."""
    study, cohort = ward
    assert study.looks is not None
    whole = looks_of(study, cohort)
    differ = 0
    for k in range(2):
        closed = closed_at(study, cohort, whole.enrolled[:, k])
        again = looks_of(study, closed)
        for name in OF_TWINS:
            assert np.array_equal(
                getattr(again, name)[:, :, : k + 1], getattr(whole, name)[:, :, : k + 1], equal_nan=True
            )
        assert np.array_equal(again.tick[:, : k + 1], whole.tick[:, : k + 1])
        assert np.array_equal(again.overrun[:, k], whole.overrun[:, k])
        assert cohort.trace is not None
        assert closed.trace is not None
        for r in range(len(cohort.replicates)):
            until = whole.tick[r, k] + study.looks.lag
            before, after = (one.trace.events[r] for one in (cohort, closed))
            assert np.array_equal(before[before[:, 0] <= until], after[after[:, 0] <= until])
            differ += not np.array_equal(before, after)
    assert differ > 30  # in the others nobody was enrolled later


def test_parts_join_to_the_whole(ward: Ward) -> None:
    study, cohort = ward
    whole = looks_of(study, cohort)
    parts = join_results([whole.part(slice(0, 7)), whole.part(slice(7, 30))])
    for name in whole.__dataclass_fields__:
        assert np.array_equal(getattr(parts, name), getattr(whole, name), equal_nan=True)


def test_the_row_of_the_end_is_the_analysis_of_everybody() -> None:
    """Without interim stops nothing of the estimates changes but the p-value, which is then the ordering's."""
    study = plain(design__looks__efficacy={"bounds": {"p": ["0.000001 %", "0.000001 %", "5 %"]}})
    assert study.looks is not None
    cohort = simulate(study, range(50), twins=study.twins)
    before = analyze(cohort, plan=study.analysis)
    decisions, after = decide(study.looks, before, looks_of(study, cohort))
    assert (decisions.look == 2).all()
    for name in ("estimate", "se", "low", "high", "n", "status"):
        assert np.array_equal(getattr(after, name), getattr(before, name), equal_nan=True)
    assert np.array_equal(after.rejected, before.rejected, equal_nan=True)
    assert after.p[:, :, 0] == pytest.approx(before.p[:, :, 0], abs=1e-6)
    assert np.array_equal(after.p[:, :, 1:], before.p[:, :, 1:], equal_nan=True)
