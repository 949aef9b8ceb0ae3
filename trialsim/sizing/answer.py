"""The answer from a curve: the recommended size, or why the curve gives none."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from trialsim.evaluate.table import FAILED_LIMIT
from trialsim.prepared import Study
from trialsim.sizing.batch import Batch
from trialsim.sizing.curve import PowerCurve
from trialsim.sizing.known_draws import points_of
from trialsim.sizing.result import Confirmation, NoSizeReason, SizingResult
from trialsim.sizing.sizes import Sizes
from trialsim.sizing.target import SizingError, Target
from trialsim.sizing.trials import SearchTrials
from trialsim.study import simulate

#: Trials in which a declared effect is searched.
TRIALS = 50


def answered(
    trials: SearchTrials,
    curve: PowerCurve,
    *,
    goal: float,
    sizes: Sizes,
    between: tuple[int, int],
    notes: tuple[str, ...] = (),
    confirmations: tuple[Confirmation, ...] = (),
) -> SizingResult:
    """The smallest size of the range from which the goal is met.

    An end of the range is an answer only if the size just below it clearly misses the goal: otherwise it might be the answer only
    because the search stopped there.
    """
    curve = passing(curve, goal)
    root, (low, high) = curve.root(goal), curve.root_interval(goal)
    at, missed = _place(curve, goal, root, low, sizes=sizes, between=between)
    place, value, error = best_of(curve, between)
    return SizingResult(
        axis="size", measure="width" if curve.rule == "falling" else "power", goal=goal, target=trials.target, at=at, root=root,
        low=low, high=high, curve=curve, best=(place, value), best_error=error, between=between, estimate=math.nan,
        spent=trials.spent, confirmations=confirmations, notes=notes, missed=missed,
        reached=(math.nan,) * 3 if at is None else curve.interval(at),
        effect_declared=missed != "never" or declares_effect(trials.study, trials.target),
    )  # fmt: skip


def passing(curve: PowerCurve, goal: float) -> PowerCurve:
    """The curve, read by the rule by which it passes the goal.

    A parabola through a few neighbors may by chance end its rise just below a goal that the whole curve passes.
    """
    if curve.rule != "local" or math.isfinite(curve.root(goal)):
        return curve
    return replace(curve, rule="rising")


def _place(
    curve: PowerCurve, goal: float, root: float, root_low: float, *, sizes: Sizes, between: tuple[int, int]
) -> tuple[float | None, NoSizeReason]:
    """The recommended size, or why the curve gives none."""
    low, high = between
    if not math.isfinite(root):
        met = curve.power[0] <= goal if curve.rule == "falling" else curve.power[0] >= goal
        return None, "sooner" if met else "never"
    size = sizes.up(root)
    if size > high:
        return None, "never"
    if size < low:
        return None, "sooner"
    if size in (low, high) and not root_low > size - sizes.step:
        return None, "at the end"
    return float(size), ""


def best_of(curve: PowerCurve, between: tuple[float, float]) -> tuple[float, float, float]:
    """The size of the range that comes nearest to the goal, its power (or width), and the standard error of that."""
    inside = np.flatnonzero((curve.at >= between[0]) & (curve.at <= between[1]) & np.isfinite(curve.power))
    if not len(inside):
        return math.nan, math.nan, math.nan
    power, se = curve.power[inside], curve.se[inside]
    enough = (
        power <= power.min() if curve.rule == "falling" else power >= power.max() - 2 * se[-1]
    )  # larger is not better
    best = int(np.argmax(enough))
    return float(curve.at[inside[best]]), float(power[best]), float(se[best])


def declares_effect(study: Study, target: Target) -> bool:
    """Whether the values of the target change if the declared effects are removed, draw by draw."""
    if not target.arms:
        return True  # compared with a constant or with its own baseline: the level itself is tested
    measured = simulate(study, range(TRIALS), twins=("declared", "null")).measurements.values
    points = list(points_of(target))
    return not np.array_equal(measured[0][:, :, points], measured[1][:, :, points], equal_nan=True)


def check_power(power: float) -> None:
    """Refuse a power that is not between 0 and 1."""
    if not 0.0 < power < 1.0:
        raise SizingError(
            f"no design has a power of {power:g}.", code="TS-S003", remedy="Ask for a power between 0 and 100 %."
        )


def refuse_failures(batch: Batch, target: Target) -> None:
    """Refuse to answer if too many trials cannot be analyzed at the largest size or effect."""
    failed = float(batch.scores.failed[-1])
    if failed > FAILED_LIMIT:
        raise SizingError(
            f"{100 * failed:.0f} % of the trials cannot be analyzed ({target.shown}); a power of the others would be a guess.",
            code="TS-S002",
            remedy="See why with: trialsim run.",
        )


#: From so many trials on, the interval of a size holds the answer about as often as stated (93 of 100 seeds at 1,000).
ENOUGH = 1_000


def few_trials(replicates: int) -> tuple[str, ...]:
    """A note if the trials are so few that the interval of the size is too narrow (130 of 150 seeds at 300)."""
    if replicates >= ENOUGH:
        return ()
    return (
        f"With {replicates:,} trials the interval of the size is too narrow; use at least {ENOUGH:,} for a size to report.",
    )


def notes_on(curve: PowerCurve) -> tuple[str, ...]:
    """Notes on how a curve was made."""
    if curve.by_parts:
        return ()
    return (
        f"Counted rejections contradicted the model of the test statistic (p = {curve.contradiction:.2g}), so they were used.",
    )


def shortfall(curve: PowerCurve, batch: Batch, *, answer: float = math.inf) -> tuple[str, ...]:
    """A note if trials of the answer (or the largest ones) stay smaller, because enrollment ends first."""
    place = min(int(np.searchsorted(curve.at, answer)), len(curve.at) - 1)
    asked, enrolled = float(curve.at[place]), float(batch.enrolled[place].mean())
    if enrolled > 0.98 * asked:
        return ()
    return (f"Enrollment ends early: of {asked:.0f} participants {enrolled:.1f} are enrolled on average.",)
