"""A trial simulated again with everyone in one arm, and the values that would be measured if nothing were lost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim import engine as engines
from trialsim.conduct import Entries
from trialsim.engine import Engine, EventTrace
from trialsim.everyone import everyone_in, placed
from trialsim.kinds.designs import TRANSFORM
from trialsim.prepared import Study
from trialsim.protocol.columns import OTHER_ARM, V_REASON
from trialsim.protocol.tapes import Tapes
from trialsim.response import Measurements, respond
from trialsim.response.zeros import logged_pairs

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SharedDraws:
    """The draws that all simulations of a batch share: participants, their arms in the trial, and every drawn length.

    ``needed`` are the only positions on the D axis whose values are computed; None for all.
    """

    study: Study
    entries: Entries
    tapes: Tapes | None
    seed: int
    replicates: range
    engine: Engine
    needed: frozenset[int] | None = None


@dataclass(frozen=True)
class Play:
    """One simulation: values (T, R, N, D) as if nothing were lost, and the events they come from.

    ``exact`` are the values before rounding, for analyses that take logarithms or percents: a reading of 0 would drop out
    of them, and with it the lowest values. The same array as ``values`` where nothing is rounded to 0. ``censored`` (T, R, N, D)
    are marks and ``at_risk`` (R, N, D) times at risk as in :class:`trialsim.response.Measurements`.
    """

    values: Floats
    exact: Floats
    censored: NDArray[np.int8]
    entries: Entries
    trace: EventTrace | None
    at_risk: Floats | None

    def read(self, transform: str) -> Floats:
        """The values (T, R, N, D) that an endpoint with this transform uses."""
        return self.values if TRANSFORM[transform].keeps else self.exact


def play(shared: SharedDraws, arm: int | None) -> Play:
    """Everyone in ``arm``, or in the trial's own arms; the ward is simulated again."""
    study, entries = shared.study, shared.entries
    if arm is not None:
        entries = everyone_in(entries, arm)
    trace = None
    if study.program is not None and shared.tapes is not None:
        trace = engines.play(
            study.program, entries, shared.tapes, seed=shared.seed, replicates=shared.replicates, engine=shared.engine
        )
    placed_trace = None if trace is None or study.program is None else placed(trace, study.program, entries)
    measured = _complete(shared, entries, placed_trace, rounded=True)
    values = exact = measured.values
    if logged_pairs(study.scenario):
        exact = _complete(shared, entries, placed_trace, rounded=False).values
    if trace is not None:
        for d, point in enumerate(study.response.points):
            elsewhere = trace.visits[:, :, point.visit_index, V_REASON] == OTHER_ARM
            values[:, elsewhere, d] = exact[:, elsewhere, d] = np.nan
    return Play(values, exact, measured.censored, entries, trace, measured.at_risk)


def _complete(shared: SharedDraws, entries: Entries, trace: EventTrace | None, *, rounded: bool) -> Measurements:
    """The values that would be measured if nothing were lost."""
    study = shared.study
    return respond(
        study.response,
        entries,
        trace,
        seed=shared.seed,
        replicates=shared.replicates,
        twins=study.twins,
        complete=True,
        rounded=rounded,
        needed=shared.needed,
    )
