"""Trials at each point of the prior: the scenario with these values, simulated with its own replicates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.assurance.points import Belief
from trialsim.chunks import chunk_ranges, in_order, threads_until_done
from trialsim.errors import ScenarioError, TrialsimError
from trialsim.memory import at_once, trial_bytes
from trialsim.prepared import Study, prepare
from trialsim.scenario.change import with_numbers
from trialsim.scenario.model import Scenario
from trialsim.sizing.confirm import reached_in
from trialsim.sizing.target import Need, target_of
from trialsim.study import analyze_at_stop, simulate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: The most replicates simulated at a time.
CHUNK = 500


@dataclass(frozen=True)
class PriorTrials:
    """The trials at each of P points; a point with a fault was impossible and has no trials.

    Attributes
    ----------
    u : (P, D) quantiles of the priors
    values : (P, D) values of the beliefs
    replicates, reached, failed : (P,) trials simulated, trials that reached the target, trials that could not be analyzed
    faults : why a point is impossible, or empty
    """

    u: Floats
    values: Floats
    replicates: Ints
    reached: Ints
    failed: Ints
    faults: tuple[str, ...]

    @property
    def counted(self) -> Ints:
        """(P,) trials that could be analyzed."""
        return self.replicates - self.failed

    @property
    def usable(self) -> NDArray[np.bool_]:
        """(P,) points with at least one such trial."""
        return np.asarray(self.counted > 0)

    @property
    def power(self) -> Floats:
        """(P,) share of them that reached the target; NaN if there is none."""
        counted = self.counted
        return np.where(counted > 0, self.reached / np.maximum(counted, 1), np.nan)


def play_points(
    scenario: Scenario,
    wanted: Sequence[str],
    need: Need,
    found: Sequence[Belief],
    u: Floats,
    *,
    replicates: int,
    seed: int,
    workers: int,
    progress: Callable[[int], None] | None = None,
) -> PriorTrials:
    """Simulate ``replicates`` in total, split evenly over the points ``u`` (P, D); no two points share a replicate number."""
    points = len(u)
    at = [belief.values(u[:, column]) for column, belief in enumerate(found)]
    starts = [point * replicates // points for point in range(points + 1)]

    def work(point: int) -> tuple[int, int, str]:
        values = {path: float(column[point]) for belief in at for path, column in belief}
        try:
            study = prepare(with_numbers(scenario, values))
            reached, failed = count(study, wanted, need, range(starts[point], starts[point + 1]), seed=seed)
        except TrialsimError as error:
            return 0, 0, _fault(error)
        return reached, failed, ""

    done: list[tuple[int, int, str]] = []
    with threads_until_done(workers) as pool:
        for point, one in enumerate(in_order(pool, work, range(points), ahead=workers + 2)):
            done.append(one)
            if progress is not None:
                progress(starts[point + 1])
    faults = tuple(fault for _, _, fault in done)
    asked = np.diff(np.array(starts, dtype=np.int64))
    return PriorTrials(
        u,
        np.column_stack([belief[0][1] for belief in at]),
        np.where([bool(fault) for fault in faults], 0, asked),
        np.array([reached for reached, _, _ in done], dtype=np.int64),
        np.array([failed for _, failed, _ in done], dtype=np.int64),
        faults,
    )


def count(study: Study, wanted: Sequence[str], need: Need, replicates: range, *, seed: int) -> tuple[int, int]:
    """The number of trials that reach the target, and of those that could not be analyzed."""
    target = target_of(study, wanted, need=need)
    reached = failed = 0
    for part in chunk_ranges(replicates, at_once(trial_bytes(study, twins=1), largest=CHUNK), block=1):
        values = reached_in(
            target, analyze_at_stop(study, simulate(study, part, seed=seed, twins=("declared",)), target.plan)
        )
        reached += int(np.nansum(values))
        failed += int(np.isnan(values).sum())
    return reached, failed


def count_parallel(
    study: Study,
    wanted: Sequence[str],
    need: Need,
    replicates: int,
    *,
    seed: int,
    workers: int,
    progress: Callable[[int], None] | None = None,
) -> tuple[int, int]:
    """As :func:`count`, with threads."""
    parts = chunk_ranges(range(replicates), CHUNK, block=1)
    reached = failed = 0
    with threads_until_done(workers) as pool:
        work = in_order(pool, lambda part: count(study, wanted, need, part, seed=seed), parts, ahead=workers + 2)
        for part, (here, lost) in zip(parts, work, strict=True):
            reached, failed = reached + here, failed + lost
            if progress is not None:
                progress(part.stop)
    return reached, failed


def _fault(error: TrialsimError) -> str:
    if isinstance(error, ScenarioError) and error.faults:
        first = error.faults[0]
        return f"{first.code} {first.path}: {first.message}"
    return f"{error.code} {error.message}".strip()
