"""The bounds of a trial with looks: found before it starts, and again from the information that its looks really had.

All bounds are scores z: positive is the direction of the alternative, or of ``better`` if both sides are tested.

References
----------
O'Brien and Fleming 1979, doi:10.2307/2530245; Pocock 1977, doi:10.1093/biomet/64.2.191; Haybittle 1971,
doi:10.1259/0007-1285-44-526-793; Pampallona, Tsiatis and Kim 2001, doi:10.1177/009286150103500408 (beta spending).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trialsim.boundaries.recursion import GoingOn, chance_above, density, go_on, narrowest_kernels, stages, start
from trialsim.boundaries.spending import spent
from trialsim.heavy import special
from trialsim.kinds.looks import BOUND_SHAPE

#: How exactly bounds and drifts are solved.
CLOSE = 1e-11
#: A smaller chance is what rounding leaves when everything is spent.
NOTHING = 1e-12
#: Drifts are looked for up to here: a power of 1 - 1e-15 at any level in use.
LARGEST_DRIFT = 15.0


@dataclass(frozen=True)
class BoundRule:
    """How the bounds of one kind are found; one of the first three is given.

    Attributes
    ----------
    spending : the name of a spending function, with its ``parameter``
    shape : the name of classical bounds
    listed : cumulative levels (of one side), one for each look
    scores : the bounds themselves, one for each look
    """

    spending: str = ""
    parameter: float = 0.0
    shape: str = ""
    listed: tuple[float, ...] = ()
    scores: tuple[float, ...] = ()


@dataclass(frozen=True)
class SequentialDesign:
    """A trial with looks, as planned.

    Attributes
    ----------
    times : shares of the information at the looks; the last is 1
    alpha : the level of one side
    two_sided : whether both sides are tested
    efficacy, futility : how bounds are found; no futility bounds if None
    beta : the chance of no decision for efficacy at the drift, of futility by spending
    binding : whether the efficacy bounds rely on stopping for futility
    """

    times: tuple[float, ...]
    alpha: float
    two_sided: bool
    efficacy: BoundRule
    futility: BoundRule | None = None
    beta: float = 0.0
    binding: bool = False


@dataclass(frozen=True)
class Bounds:
    """The bounds of the looks that took place, the last one included.

    Attributes
    ----------
    times : information at each, as a share of the planned one
    efficacy : a score of at least this rejects
    futility : a score of at most this stops without rejecting; -inf for none, and at the last look
    low : below this a trial does not go on, as far as efficacy bounds rely on it
    drift : at which futility bounds were found by spending; NaN otherwise
    """

    times: tuple[float, ...]
    efficacy: tuple[float, ...]
    futility: tuple[float, ...]
    low: tuple[float, ...]
    two_sided: bool
    drift: float = math.nan

    def stages(self) -> list[GoingOn]:
        """The trials that reach each look, if those for futility go on where the efficacy bounds do not rely on it."""
        return stages(self.times, self.low, self.efficacy)

    def crossing(self, drift: float, *, stop_for_futility: bool = True) -> tuple[list[float], list[float]]:
        """The chances to stop at each look above the efficacy bound and below the lower one, under a drift.

        The lower bound is that for futility, or of a two-sided test the efficacy bound of the other side, if it is higher.
        """
        low = [max(one) for one in zip(self.futility, self.low, strict=True)] if stop_for_futility else self.low
        before = stages(self.times, low, self.efficacy)
        up = [float(chance_above(*one, drift)) for one in zip(before, self.times, self.efficacy, strict=True)]
        down = [
            float(chance_above(*one, drift, below=True)) if one[2] > -math.inf else 0.0
            for one in zip(before, self.times, low, strict=True)
        ]
        return up, down


def planned_bounds(design: SequentialDesign) -> Bounds:
    """The bounds of a design at its planned information, with the drift at which its last bounds meet."""
    return _bounds(design, design.times, tuple(range(len(design.times))), drift=planned_drift(design))


def planned_drift(design: SequentialDesign) -> float:
    """The drift at which the planned bounds for efficacy and futility meet at the last look: then the power there is 1 - beta.

    NaN without futility bounds by spending.
    """
    if design.futility is None or not (design.futility.spending or design.futility.listed):
        return math.nan
    looks = tuple(range(len(design.times)))

    def gap(drift: float) -> float:
        """Chance of no rejection under the drift, less beta: it falls as the drift rises."""
        found = _bounds(design, design.times, looks, drift=drift)
        if any(a >= b for a, b in zip(found.futility[:-1], found.efficacy[:-1], strict=True)):
            return -1.0
        up, _ = found.crossing(drift)
        return 1.0 - sum(up) - design.beta

    return _root(gap, 0.0, LARGEST_DRIFT)


def bounds_at(
    design: SequentialDesign,
    times: Sequence[float],
    looks: Sequence[int],
    *,
    drift: float = math.nan,
    spending: Sequence[float] = (),
) -> Bounds:
    """The bounds of the ``looks`` (numbers of planned ones, the last included) that took place, at their real information.

    The last look spends all that is left. ``drift`` is that of the planned bounds; ``spending`` are the shares by which levels
    are spent, if they are not the information.
    """
    return _bounds(design, tuple(times), tuple(looks), drift=drift, spending=tuple(spending))


def _bounds(
    design: SequentialDesign,
    times: tuple[float, ...],
    looks: tuple[int, ...],
    *,
    drift: float,
    spending: tuple[float, ...] = (),
) -> Bounds:
    """One look after the other: bounds for efficacy from the trials that go on without drift, for futility from those with it."""
    rule, narrow = design.efficacy, narrowest_kernels(times)
    constant = _constant(design) if rule.shape and BOUND_SHAPE[rule.shape].power is not None else math.nan
    level, real = start(), start()  # trials that the level counts on to go on, and those that really do
    used = used_beta = 0.0
    efficacy: list[float] = []
    futility: list[float] = []
    lows: list[float] = []
    for k, (time, part, look) in enumerate(zip(times, spending or times, looks, strict=True)):
        last = k == len(times) - 1
        goal = design.alpha if last else _level(rule, design.alpha, part, look)
        if rule.scores:
            high = rule.scores[look]
        elif rule.shape and not last:
            shape = BOUND_SHAPE[rule.shape]
            high = shape.fixed if shape.power is None else constant * time**shape.power
        else:
            high = _bound(level, time, goal - used)
        used += float(chance_above(level, time, high))
        low = -math.inf if last else _futility_bound(design, real, time, part, look, drift=drift, used=used_beta)
        if math.isfinite(low) and not math.isnan(drift):
            used_beta += float(chance_above(real, time, low, drift, below=True))
        other = -high if design.two_sided else -math.inf
        counted = max(low, other) if design.binding else other
        efficacy.append(high)
        futility.append(low)
        lows.append(counted)
        if not last:
            level = go_on(level, time, counted, high, narrowest=narrow[k])
            real = go_on(real, time, max(low, other), high, narrowest=narrow[k])
    return Bounds(times, tuple(efficacy), tuple(futility), tuple(lows), design.two_sided, drift)


def _level(rule: BoundRule, level: float, time: float, look: int) -> float:
    """The part of a level that is spent by a look."""
    if rule.listed:
        return rule.listed[look]
    return spent(rule.spending, level, time, rule.parameter) if rule.spending else level


def _futility_bound(
    design: SequentialDesign, real: GoingOn, time: float, part: float, look: int, *, drift: float, used: float
) -> float:
    rule = design.futility
    if rule is None:
        return -math.inf
    if rule.scores:
        return rule.scores[look]
    return _bound(real, time, _level(rule, design.beta, part, look) - used, drift=drift, below=True)


def _constant(design: SequentialDesign) -> float:
    """The constant of classical bounds with the planned looks, which gives them their level."""
    power = BOUND_SHAPE[design.efficacy.shape].power
    assert power is not None

    def gap(constant: float) -> float:
        high = [constant * time**power for time in design.times]
        low = [-one if design.two_sided else -math.inf for one in high]
        before = stages(design.times, low, high)
        up = sum(float(chance_above(*one)) for one in zip(before, design.times, high, strict=True))
        return up - design.alpha

    return _root(gap, 0.0, 10.0)


def _bound(before: GoingOn, time: float, chance: float, *, drift: float = 0.0, below: bool = False) -> float:
    """The score beyond which trials that reach a look are with this chance; infinite where nothing is left to spend."""
    if chance <= NOTHING:
        return -math.inf if below else math.inf
    if float(chance_above(before, time, math.inf if below else -math.inf, drift, below=below)) <= chance:
        return math.inf if below else -math.inf
    sign = 1.0 if below else -1.0
    z = drift * math.sqrt(time) + sign * float(special.ndtri(min(chance, 0.5)))
    low, high = -math.inf, math.inf
    for _ in range(100):  # Newton's method on the normal scores of the chances, kept between the bounds already known
        found = float(chance_above(before, time, z, drift, below=below))
        error = sign * (found - chance)
        low, high = (low, z) if error > 0 else (z, high)
        if abs(error) < CLOSE * chance:
            return z
        slope = float(density(before, time, z)) if drift == 0.0 else _density_with(before, time, z, drift)
        step = (found - chance) * sign / slope if slope > 0.0 else math.copysign(1.0, error)
        there = z - max(-1.0, min(step, 1.0))
        if not low < there < high:
            there = (low + high) / 2 if math.isfinite(low + high) else z - math.copysign(1.0, error)
        if abs(there - z) < CLOSE:
            return there
        z = there
    return z


def _density_with(before: GoingOn, time: float, z: float, drift: float) -> float:
    """The density of the score at a look under a drift."""
    return float(density(before, time, z)) * math.exp(drift * z * math.sqrt(time) - drift**2 * time / 2)


def _root(gap: Callable[[float], float], low: float, high: float) -> float:
    """Where a falling function is 0: false position with halved ends (Illinois), and every third time the middle."""
    above, below = gap(low), gap(high)
    for step in range(200):
        there = (
            (low + high) / 2 if step % 3 == 2 or not below < above else (low * below - high * above) / (below - above)
        )
        found = gap(there)
        if found > 0:
            low, above, below = there, found, below / 2
        else:
            high, below, above = there, found, above / 2
        if high - low < CLOSE or abs(found) < CLOSE / 100:
            return there
    return (low + high) / 2
