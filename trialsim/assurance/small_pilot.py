"""Effects based on a small pilot, and the consequence for a sample size: the winner's curse in numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from trialsim.assurance.points import Belief, Scale, participants_of
from trialsim.numbers.distributions import Distribution, quantile
from trialsim.quantities.fields import Number
from trialsim.scenario.checks.names import records
from trialsim.scenario.model import Scenario
from trialsim.scenario.text import Path

#: With fewer participants in each arm than this, a pilot is weak evidence of an effect.
SMALL_PILOT = 30
#: A pilot is followed up if its one-sided p-value is below 5 %.
PROMISING = 1.6448536269514722
_GRID = (np.arange(2000) + 0.5) / 2000


@dataclass(frozen=True)
class SmallPilot:
    """An effect from a small pilot.

    Attributes
    ----------
    name, n : the number's place, and the number of participants behind it
    exaggeration : mean of a promising pilot's estimate over the truth, if the truth is the value of the scenario; NaN
        without a prior, or if the value for no effect depends on other numbers
    shrunk : the value that many times closer to no effect, NaN likewise
    power : at the shrunk value; NaN if not simulated
    """

    name: str
    n: int
    exaggeration: float = math.nan
    shrunk: float = math.nan
    power: float = math.nan


def small_pilots(scenario: Scenario, found: tuple[Belief, ...]) -> list[tuple[SmallPilot, Belief | None]]:
    """Effects based on fewer than 30 participants in each arm, those without a prior last."""
    effects: list[tuple[SmallPilot, Belief | None]] = []
    known: set[Path] = set()
    for belief in found:
        known |= {path for path, _ in belief.numbers}
        if belief.effect and belief.n is not None and belief.n < SMALL_PILOT:
            factor, shrunk = _exaggeration(belief)
            effects.append((SmallPilot(belief.name, belief.n, factor, shrunk), belief))
    for path, record in records(scenario):
        if isinstance(record, Number) and path not in known and {"effects", "responds_to"} & set(map(str, path)):
            n = participants_of(record, scenario.sources)
            if n is not None and n < SMALL_PILOT:
                effects.append((SmallPilot(".".join(map(str, path)), n), None))
    return effects


def _exaggeration(belief: Belief) -> tuple[float, float]:
    """Type M error of a pilot that was followed up because it was promising, and the effect shrunk by it.

    On the scale on which the estimate is nearly normal (the logarithm of a ratio), with z the effect in standard errors
    and c the critical value: E(estimate | estimate > c) / effect = 1 + phi(c - z) / (z Phi(z - c)).

    References
    ----------
    Gelman and Carlin 2014, doi:10.1177/1745691614551642 (exaggeration ratio).
    """
    if belief.against is None:
        return math.nan, math.nan
    none, value = belief.against.value, belief.number.value
    if value == none or not (_inside(none, belief.scale) and _inside(value, belief.scale)):
        return math.nan, math.nan
    other = 0.0 if belief.against.prior is None else _error(belief.against.prior.distribution, belief.scale)
    effect = _to(value, belief.scale) - _to(none, belief.scale)
    z = abs(effect) / math.hypot(_error(belief.prior, belief.scale), other)
    if math.isnan(z):
        return math.nan, math.nan
    density = math.exp(-((PROMISING - z) ** 2) / 2) / math.sqrt(2 * math.pi)
    factor = 1 + density / (z * float(ndtr(z - PROMISING)))
    return factor, _back(_to(none, belief.scale) + effect / factor, belief.scale)


def _error(prior: Distribution, scale: Scale) -> float:
    """The SD of a prior on a scale; NaN if the prior extends beyond it."""
    draws = quantile(prior, _GRID)
    if not all(_inside(float(end), scale) for end in (draws.min(), draws.max())):
        return math.nan
    return float(np.std([_to(float(draw), scale) for draw in draws]))


def _inside(value: float, scale: Scale) -> bool:
    """Whether the value exists on the scale."""
    return scale == "difference" or (value > 0 and (scale == "log" or value < 1))


def _to(value: float, scale: Scale) -> float:
    if scale == "difference":
        return value
    return math.log(value) if scale == "log" else math.log(value / (1 - value))


def _back(value: float, scale: Scale) -> float:
    if scale == "difference":
        return value
    return math.exp(value) if scale == "log" else 1 / (1 + math.exp(-value))


def with_power(one: SmallPilot, belief: Belief, power_at: Callable[[dict[Path, float]], float]) -> SmallPilot:
    """The pilot with the power at the shrunk effect."""
    if math.isnan(one.shrunk):
        return one
    power = power_at({path: one.shrunk for path, _ in belief.numbers})
    return SmallPilot(one.name, one.n, one.exaggeration, one.shrunk, power)
