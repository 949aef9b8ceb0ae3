"""A curve of powers (or widths) over sizes, and where it meets a goal, with its error.

Three rules define how a curve is read between its sizes:

- ``rising``: without a ward power rises with the size, so decreases by chance are smoothed, and probits over square roots are
  joined by lines, bent by the next neighbor.
- ``local``: on a ward power may rise, fall and rise again (a night without staff), so nothing is smoothed: a parabola of
  probits over square roots through the sizes around the answer, and only there.
- ``falling``: the mean width of an interval, by lines on logarithms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtrit

Floats = NDArray[np.float64]
Rule = Literal["rising", "local", "falling"]

#: Groups of the jackknife.
GROUPS = 25

#: Degrees of freedom of an interval from the jackknife. Its standard errors of a root scatter by a quarter from seed to seed,
#: as those of a normal sample with 9 degrees of freedom do; 24 (groups less one) would give intervals of 92 %.
JACKKNIFE_DF = 9

#: Sizes on each side of the middle one through which the parabola of the local rule goes.
SIDE = 2


@dataclass(frozen=True)
class PowerCurve:
    """Power (or width) at each size (or effect), and without each group of trials.

    Attributes
    ----------
    at : (G,) sizes
    power : (G,)
    without : (GROUPS, G) the same without one group of trials each, for standard errors
    rule : how it is read between its sizes
    middle : the size around which the local rule reads it
    fresh_se : standard error that trials of a fresh seed add, on the scale of :meth:`link`; the same at every size
    by_parts : whether the known part was integrated out; otherwise rejections were counted
    contradiction : p-value of the check by counting
    """

    at: Floats
    power: Floats
    without: Floats
    rule: Rule
    middle: float = math.nan
    fresh_se: float = 0.0
    by_parts: bool = True
    contradiction: float = 1.0

    def link(self, value: float) -> float:
        """The scale on which a curve is nearly a line: probits of powers, logarithms of widths."""
        return math.log(max(value, 1e-300)) if self.rule == "falling" else probit(value)

    def back(self, value: float) -> float:
        """From the scale of :meth:`link` to power or width."""
        return math.exp(value) if self.rule == "falling" else float(ndtr(value))

    @property
    def se(self) -> Floats:
        """(G,) Monte Carlo standard errors (delete-a-group jackknife), with those of trials of a fresh seed."""
        link = np.array([self.link(value) for value in self.power])
        slope = self.power if self.rule == "falling" else np.exp(-0.5 * link**2) / math.sqrt(2 * math.pi)
        return np.asarray(np.sqrt(jackknife_se(self.without) ** 2 + (slope * self.fresh_se) ** 2))

    @property
    def half(self) -> Floats:
        """(G,) half the width of the 95 % interval at each size."""
        own = jackknife_se(self.without)
        return np.array([student(a, b) * b for a, b in zip(own, self.se, strict=True)])

    def root(self, goal: float) -> float:
        """The size at which the curve is ``goal``; NaN if there is none."""
        return self._root(self.power, goal)

    def root_interval(self, goal: float) -> tuple[float, float]:
        """The 95 % interval of the root by Student's t; it includes the error of the curve and that of fresh trials.

        Without a group of trials the curve may miss the goal although the whole curve meets it (near its end). Then the error
        at the root divided by the slope there is used, which is the same to first order.
        """
        root = self.root(goal)
        if not math.isfinite(root):
            return math.nan, math.nan
        low, high = (self._value(self.power, root * (1 + step)) for step in (-0.005, 0.005))
        slope = abs(high - low) / (0.01 * root)
        roots = np.array([self._root(power, goal) for power in self.without])
        if np.isfinite(roots).all():
            own = float(jackknife_se(roots[:, None])[0])
        else:
            there = np.array([self._value(power, root) for power in self.without])
            own = float(jackknife_se(there[:, None])[0]) / slope if slope > 0 else math.inf
        fresh = self.fresh_se / slope if slope > 0 else (math.inf if self.fresh_se > 0 else 0.0)
        whole = math.hypot(own, fresh)
        half = student(own, whole) * whole
        return root - half, root + half

    def value(self, at: float) -> float:
        """Power or width at a size."""
        return self.back(self._value(self.power, at))

    def interval(self, at: float) -> tuple[float, float, float]:
        """Power or width at a size, and its 95 % interval."""
        there = np.array([self._value(power, at) for power in self.without])
        own, middle = float(jackknife_se(there[:, None])[0]), self._value(self.power, at)
        whole = math.hypot(own, self.fresh_se)
        half = student(own, whole) * whole
        return self.back(middle), self.back(middle - half), self.back(middle + half)

    def pooled(self, at: float, value: float, error: float) -> PowerCurve:
        """The same curve pooled with a fresh estimate ``value`` of its height at ``at``, whose standard error is ``error``.

        Both estimate the same height. The weight of the fresh one is v / (v + error^2), v the variance of the curve there by the
        jackknife; the whole curve is shifted on the scale of :meth:`link`, so that it passes through the pooled height.
        """
        there = np.array([self.back(self._value(power, at)) for power in self.without])
        own = float(jackknife_se(there[:, None])[0]) ** 2
        if not error > 0:
            return self
        weight = own / (own + error**2)
        here = self.value(at)
        middle = here + weight * (value - here)
        rate = abs(self.link(middle + 1e-5 * middle) - self.link(middle - 1e-5 * middle)) / (2e-5 * middle)
        return replace(
            self,
            power=self._shifted(self.power, at, value, weight),
            without=np.array([self._shifted(power, at, value, weight) for power in self.without]),
            fresh_se=weight * error * rate,
        )

    def _shifted(self, power: Floats, at: float, value: float, weight: float) -> Floats:
        here = self._value(power, at)
        middle = self.back(here) + weight * (value - self.back(here))
        shift = self.link(middle) - here
        return np.array([self.back(self.link(one) + shift) if math.isfinite(one) else math.nan for one in power])

    def _root(self, power: Floats, goal: float) -> float:
        if self.rule == "rising":
            return crossing(self.at, power, goal)
        if self.rule == "local":
            return self._parabola(power).root(self.link(goal))
        return falling_through(self.at, power, goal)

    def _value(self, power: Floats, at: float) -> float:
        """Height at a size, on the scale of :meth:`link`."""
        if self.rule == "local":
            return self._parabola(power).value(at)
        x, scale = (np.log(self.at), math.log(at)) if self.rule == "falling" else (np.sqrt(self.at), math.sqrt(at))
        return float(np.interp(scale, x, [self.link(one) for one in power]))

    def _parabola(self, power: Floats) -> Parabola:
        nearest = int(np.abs(self.at - self.middle).argmin())
        part = slice(max(nearest - SIDE, 0), nearest + SIDE + 1)
        return parabola(self.at[part], np.array([self.link(one) for one in power[part]]))


def student(own: float, whole: float) -> float:
    """The 97.5 % point for an error ``whole`` of which ``own`` comes from a jackknife; the rest is known.

    Degrees of freedom by Satterthwaite: 9 if all of it comes from the jackknife, more if a part is known.
    """
    if not (own > 0 and math.isfinite(own)):
        return float(ndtri(0.975))
    return float(stdtrit(JACKKNIFE_DF * min((whole / own) ** 4, 1e6), 0.975))


def jackknife_se(without: Floats) -> Floats:
    """Standard errors from values with one of G equal groups left out each, (G, ...)."""
    groups = len(without)
    spread = ((without - without.mean(axis=0)) ** 2).sum(axis=0)
    return np.asarray(np.sqrt((groups - 1) / groups * spread))


@dataclass(frozen=True)
class Parabola:
    """``level + slope u + bend u^2`` with u = sqrt(n) - center, read from sizes ``low`` to ``high``."""

    center: float
    level: float
    slope: float
    bend: float
    low: float
    high: float

    def value(self, at: float) -> float:
        """Its height at a size."""
        u = math.sqrt(at) - self.center
        return self.level + self.slope * u + self.bend * u * u

    def root(self, goal: float) -> float:
        """The size at which it rises through ``goal``, at most half its range outside; NaN if there is none."""
        inside = self.slope**2 - 4 * self.bend * (self.level - goal)
        if not inside >= 0:
            return math.nan
        divisor = self.slope + math.sqrt(inside)  # the branch that rises, without cancellation
        if not divisor > 0:
            return math.nan
        x = self.center + 2 * (goal - self.level) / divisor
        if not x > 0:
            return math.nan
        found = x**2
        beyond = (self.high - self.low) / 2
        return found if self.low - beyond <= found <= self.high + beyond else math.nan


def parabola(at: Floats, height: Floats) -> Parabola:
    """By least squares; a line through three sizes or fewer."""
    x = np.sqrt(at)
    center = float(x.mean())
    degree = 2 if len(at) > 3 else min(len(at) - 1, 1)
    level, slope, bend = (float(c) for c in [*np.polyfit(x - center, height, degree)[::-1], 0.0, 0.0][:3])
    return Parabola(center, level, slope, bend, float(at[0]), float(at[-1]))


def crossing(at: Floats, power: Floats, goal: float) -> float:
    """The size at which a rising curve passes ``goal``: probits over square roots, a line between neighbors; NaN if none.

    A curve may decrease a little by chance; it is made monotone first (pool adjacent violators).
    """
    finite = np.isfinite(power)
    at, power = at[finite], rising(power[finite])
    above = np.flatnonzero(power >= goal)
    if not len(above) or above[0] == 0:
        return float(at[0]) if len(above) and power[0] == goal else np.nan
    i = int(above[0])
    y0, y1 = probit(power[i - 1]), probit(power[i])
    x0, x1 = np.sqrt(at[i - 1]), np.sqrt(at[i])
    x = x0 + (x1 - x0) * (probit(goal) - y0) / (y1 - y0)
    if i + 1 < len(at) and power[i + 1] > power[i]:
        x = _bent((x0, x1, float(np.sqrt(at[i + 1]))), (y0, y1, probit(power[i + 1])), probit(goal), x)
    return float(x**2)


def _bent(x: tuple[float, float, float], y: tuple[float, float, float], goal: float, line: float) -> float:
    """The crossing of the parabola through three points between the first two; ``line`` if there is none."""
    slope0, slope1 = (y[1] - y[0]) / (x[1] - x[0]), (y[2] - y[1]) / (x[2] - x[1])
    bend = (slope1 - slope0) / (x[2] - x[0])
    tilt = slope0 - bend * (x[1] - x[0])
    inside = tilt**2 - 4 * bend * (y[0] - goal)
    if not (tilt > 0 and inside >= 0):
        return line
    found = x[0] + 2 * (goal - y[0]) / (tilt + math.sqrt(inside))
    return found if x[0] <= found <= x[1] else line


def falling_through(at: Floats, width: Floats, goal: float) -> float:
    """The size at which a falling width meets the goal, a line between neighbors on logarithms; NaN if there is none."""
    below = np.flatnonzero(width <= goal)
    if not len(below) or below[0] == 0:
        return math.nan
    i = int(below[0])
    share = (math.log(width[i - 1]) - math.log(goal)) / (math.log(width[i - 1]) - math.log(width[i]))
    return float(math.exp(math.log(at[i - 1]) + share * (math.log(at[i]) - math.log(at[i - 1]))))


def probit(power: float) -> float:
    """The normal deviate of a power, finite at 0 and 1."""
    return float(ndtri(min(max(power, 1e-9), 1 - 1e-9)))


def rising(values: Floats) -> Floats:
    """The nearest monotone curve (pool adjacent violators, equal weights)."""
    pools: list[list[float]] = []
    for value in values:
        pools.append([float(value), 1.0])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            last, count = pools.pop()
            pools[-1] = [
                (pools[-1][0] * pools[-1][1] + last * count) / (pools[-1][1] + count),
                pools[-1][1] + count,
            ]
    return np.array([value for value, count in pools for _ in range(int(count))])


def last_rise(at: Floats, power: Floats, se: Floats, goal: float) -> float:
    """The size at which an uneven curve passes ``goal`` for the last time; NaN if it ends below, or is never below.

    A size counts as below by one standard error: sizes share their draws, so chance rarely makes such a decrease, and a
    decrease that is missed would give an answer that is too small.
    """
    if not power[-1] >= goal:
        return math.nan
    below = np.flatnonzero(power < goal - se)
    if not len(below):
        return math.nan
    first = int(below[-1])
    i = first + 1 + int(np.flatnonzero(power[first + 1 :] >= goal)[0])
    y0, y1 = probit(power[i - 1]), probit(power[i])
    x0, x1 = math.sqrt(at[i - 1]), math.sqrt(at[i])
    return (x0 + (x1 - x0) * (probit(goal) - y0) / (y1 - y0)) ** 2
