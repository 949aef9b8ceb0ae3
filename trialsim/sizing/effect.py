"""The smallest effect a design detects: the declared effects times what gives the power that is asked for."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from trialsim.sizing.batch import Batch, play_effects
from trialsim.sizing.confirm import reached_share
from trialsim.sizing.fit import crossing, fit_curve, power_by_parts
from trialsim.sizing.found import Found
from trialsim.sizing.search import PILOT, Progress, check_power, notes_on, refuse_failures, stage
from trialsim.sizing.target import SizingError, Target
from trialsim.study import Study

Floats = NDArray[np.float64]

#: Multiples of the declared effects among which a pilot looks.
LADDER = (0.1, 0.2, 0.35, 0.6, 1.0, 1.7, 2.8, 4.6)

#: Multiples of the batch, as shares of the one the pilot found.
AROUND = (0.4, 0.6, 0.75, 0.87, 0.95, 1.03, 1.12, 1.25)


def find_effect(
    study: Study,
    target: Target,
    *,
    power: float = 0.9,
    between: tuple[float, float] | None = None,
    replicates: int = 4_000,
    confirm: int = 4_000,
    seed: int | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Found:
    """The multiple of the declared effects that a study of the declared size detects with probability ``power``.

    Every effect is multiplied: differences as they are, ratios and odds ratios on their logarithms, by RULES the
    ``lambda`` of a twin.
    """
    check_power(power)
    seed = study.scenario.simulation.seed if seed is None else seed
    low, high = between or (LADDER[0], LADDER[-1])
    if not 0 < low < high:
        raise SizingError(f"{low:g}..{high:g} is no range of effects.", code="TS-S004", remedy="Write 0.5..2.")
    ladder = np.geomspace(low, high, len(LADDER)) if between else np.array(LADDER)

    def play(at: Floats, count: int, text: str) -> Batch:
        return play_effects(
            study, target, [float(x) for x in at], replicates=range(count), seed=seed, workers=workers,
            progress=stage(progress, text, count),
        )  # fmt: skip

    pilot = play(ladder, PILOT, "Looking for the range")
    told = (target.critical, target.two_tailed)
    rough = np.array(
        [
            power_by_parts(score[np.isfinite(score)], known[np.isfinite(score)], *told)
            for score, known in zip(pilot.scores.score, pilot.scores.known, strict=True)
        ]
    )
    middle = crossing(ladder, rough, power)
    if not math.isfinite(middle):
        middle = high if rough[-1] < power else low
    at = np.unique(np.clip(np.array(AROUND) * middle, low, high))
    batch = play(at, replicates, "Playing the batch")
    refuse_failures(batch, target)
    near = [int(i) for i in np.abs(at - middle).argsort()[:3]]
    curve = fit_curve(batch.scores, target, check_at=near)
    root = curve.root(power)
    interval = curve.root_interval(power) if math.isfinite(root) else (math.nan, math.nan)
    best = int(np.argmax(curve.power))
    means = batch.mean_estimate
    found = Found(
        axis="effect", measure="power", goal=power, target=target, at=root if math.isfinite(root) else None, root=root,
        low=interval[0], high=interval[1], curve=curve, best=(float(at[best]), float(curve.power[best])),
        between=(low, high), estimate=float(np.interp(root, at, means)) if math.isfinite(root) else math.nan,
        spent=PILOT + replicates, notes=notes_on(curve),
    )  # fmt: skip
    if found.at is None or not confirm:
        return found
    one = reached_share(
        study, target, found.at, replicates=confirm, seed=seed + 1, workers=workers,
        progress=stage(progress, "Confirming", confirm),
    )  # fmt: skip
    return replace(found, spent=found.spent + confirm, confirmations=(one,))
