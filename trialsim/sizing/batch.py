"""Scores of a batch of trials at several sizes, or at several sizes of the effect, from one simulation of each trial."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.estimates import Estimates, analyze
from trialsim.chunks import chunk_ranges, in_order, threads_until_done, usable_cores
from trialsim.cohort import Cohort
from trialsim.memory import at_once, trial_bytes
from trialsim.prepared import Study
from trialsim.response import respond
from trialsim.sizing.fit import Scores
from trialsim.sizing.known_draws import known_contrasts
from trialsim.sizing.sizes import Sizes, at_size, sizes_of, smaller, within
from trialsim.sizing.target import Target
from trialsim.study import decided, look_at, simulate, trial_arrays

Floats = NDArray[np.float64]
Progress = Callable[[int], None]

#: The most replicates that a worker simulates at a time.
CHUNK = 500


@dataclass(frozen=True)
class Batch:
    """Scores; and (G, R) the estimate and the width of the interval of the first row, and how many are enrolled."""

    scores: Scores
    estimate: Floats
    width: Floats
    enrolled: Floats

    @property
    def mean_estimate(self) -> Floats:
        """(G,) mean estimate; NaN if the analysis has none."""
        return mean_of_finite(self.estimate)


def play_sizes(
    study: Study, target: Target, at: list[int], *, replicates: range, seed: int, workers: int | None = None,
    progress: Progress | None = None,
) -> Batch:  # fmt: skip
    """Simulate trials of the largest size in ``at`` and analyze their first participants at every size."""
    sizes, largest = sizes_of(study), at_size(study, max(at))

    def work(part: range) -> Batch:
        cohort = simulate(largest, part, seed=seed, twins=("declared",))
        arrays = trial_arrays(cohort, target.plan)
        arm = np.asarray(cohort.entries.arm)
        found = []
        for n in at:
            estimates = analyze(target.plan, smaller(arrays, sizes, n), twins=("declared",), replicates=part)
            found.append(_at_stop(at_size(study, n), target, estimates, cohort, inside=within(arm, sizes, n)))
        known = known_contrasts(largest, target, arm, sizes=sizes, at=at, seed=seed, replicates=part)
        enrolled = np.array([within(arm, sizes, n).sum(axis=1) for n in at], dtype=np.float64)
        return _batch(target, tuple(map(float, at)), found, known, enrolled)

    return _play(work, largest, replicates, workers=workers, progress=progress)


def play_whole(
    study: Study, target: Target, at: list[int], *, replicates: range, seed: int, workers: int | None = None,
    progress: Progress | None = None,
) -> Batch:  # fmt: skip
    """Simulate whole trials of every size ``at``. They have the same seed, so sizes share their draws and their errors."""
    return side_by_side(
        [
            play_sizes(study, target, [n], replicates=replicates, seed=seed, workers=workers, progress=progress)
            for n in at
        ]
    )


def side_by_side(batches: list[Batch]) -> Batch:
    """Batches of the same trials at different sizes, joined."""
    return Batch(
        Scores(
            tuple(at for batch in batches for at in batch.scores.at),
            np.concatenate([batch.scores.score for batch in batches]),
            np.concatenate([batch.scores.known for batch in batches]),
            batches[0].scores.counted,
        ),
        np.concatenate([batch.estimate for batch in batches]),
        np.concatenate([batch.width for batch in batches]),
        np.concatenate([batch.enrolled for batch in batches]),
    )


def play_effects(
    study: Study, target: Target, at: list[float], *, replicates: range, seed: int, workers: int | None = None,
    progress: Progress | None = None,
) -> Batch:  # fmt: skip
    """Simulate trials once for each multiple ``at`` of the declared effects, with the same draws."""
    sizes: Sizes = sizes_of(study)
    n = study.conduct.target

    def work(part: range) -> Batch:
        cohort = simulate(study, part, seed=seed, twins=("declared",))
        found: list[Estimates] = []
        for scale in at:
            measured = respond(study.response, cohort.entries, cohort.trace, seed=seed, replicates=part, scale=scale)
            arrays = trial_arrays(replace(cohort, measurements=measured), target.plan)
            estimates = analyze(target.plan, arrays, twins=("declared",), replicates=part)
            found.append(_at_stop(study, target, estimates, replace(cohort, measurements=measured)))
        arm = np.asarray(cohort.entries.arm)
        known = known_contrasts(study, target, arm, sizes=sizes, at=[n], seed=seed, replicates=part)
        enrolled = np.tile((arm >= 0).sum(axis=1).astype(np.float64), (len(at), 1))
        return _batch(target, tuple(at), found, np.repeat(known, len(at), axis=0), enrolled)

    return _play(work, study, replicates, workers=workers, progress=progress)


def _at_stop(
    study: Study, target: Target, estimates: Estimates, cohort: Cohort, *, inside: NDArray[np.bool_] | None = None
) -> Estimates:
    """The estimates where each trial stopped, if the study has looks."""
    looks = None if study.looks is None else study.looks.within(target.plan)
    return decided(looks, estimates, look_at(looks, cohort, inside=inside))[1]


def _batch(target: Target, at: tuple[float, ...], found: list[Estimates], known: Floats, enrolled: Floats) -> Batch:
    row = target.rows[0]
    return Batch(
        Scores(at, np.array([target.scores(one) for one in found]), known, counted=found[0].decided is not None),
        np.array([estimates.estimate[0, :, row] for estimates in found]),
        np.array([estimates.high[0, :, row] - estimates.low[0, :, row] for estimates in found]),
        enrolled,
    )


def _play(
    work: Callable[[range], Batch], study: Study, replicates: range, *, workers: int | None, progress: Progress | None
) -> Batch:
    """Simulate parts of the replicates on threads and join them in order."""
    workers = usable_cores() if workers is None else workers
    parts = chunk_ranges(replicates, at_once(trial_bytes(study, twins=1), largest=CHUNK), block=1)
    done: list[Batch] = []
    with threads_until_done(workers) as pool:
        for part, batch in zip(parts, in_order(pool, work, parts, ahead=workers + 2), strict=True):
            done.append(batch)
            if progress is not None:
                progress(len(part))
    return Batch(
        Scores(
            done[0].scores.at,
            np.concatenate([batch.scores.score for batch in done], axis=1),
            np.concatenate([batch.scores.known for batch in done], axis=1),
            done[0].scores.counted,
        ),
        np.concatenate([batch.estimate for batch in done], axis=1),
        np.concatenate([batch.width for batch in done], axis=1),
        np.concatenate([batch.enrolled for batch in done], axis=1),
    )


def mean_of_finite(values: Floats) -> Floats:
    """(G,) mean of each row (G, R) over its numbers; NaN where there are none."""
    finite = np.isfinite(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: Floats = np.where(finite, values, 0.0).sum(axis=1) / finite.sum(axis=1)
    return mean
