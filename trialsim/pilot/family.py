"""Which distribution suits an outcome: advice with its reason."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from trialsim.pilot.estimates import residuals
from trialsim.pilot.tables import FitError, Measured
from trialsim.quantities.records import amount_unit_kind

Floats = NDArray[np.float64]

#: A scale of whole numbers up to here, with at most so many steps, is taken as ordinal.
HIGHEST, MOST_STEPS = 10, 10
#: A difference of AIC that says something.
CLEAR = 2.0


@dataclass(frozen=True)
class Family:
    """A distribution of the scenario format, its categories if it has them, and why it was chosen."""

    name: str
    categories: tuple[float, ...] = ()
    why: str = ""

    def scaled(self, values: Floats) -> Floats:
        """Values on the scale on which the family is normal."""
        return np.log(values) if self.name == "lognormal" else values


def family_of(name: str, measured: Measured, arm: NDArray[np.int64], arms: int, wanted: str | None = None) -> Family:
    """The family of an outcome, as wanted or as its values suggest.

    Raises
    ------
    FitError
        TS-F005 when nothing varies, or a lognormal is wanted for values that are not positive
    """
    seen = np.unique(measured.values[np.isfinite(measured.values)])
    if len(seen) < 2:
        raise FitError(f"all values of '{name}' are equal.", code="TS-F005", remedy="An outcome must vary.")
    steps = _categories(seen)
    if wanted == "binary" or (wanted is None and set(seen) <= {0.0, 1.0}):
        if not set(seen) <= {0.0, 1.0}:
            raise FitError(f"'{name}' is not 0 and 1.", code="TS-F005", remedy="Write yes as 1 and no as 0.")
        return Family("binary", (), "It is yes or no (0 and 1).")
    if wanted == "ordinal" or (wanted is None and steps):
        steps = steps or tuple(float(one) for one in seen)
        why = f"It has {len(steps)} levels, {steps[0]:g} to {steps[-1]:g}; add levels of the scale that nobody happened to reach."
        return Family("ordinal", steps, why)
    if wanted is not None:
        if wanted == "lognormal" and seen[0] <= 0:
            raise FitError(
                f"'{name}' has values that are not above zero.", code="TS-F005", remedy="Choose --distribution normal."
            )
        return Family(wanted, (), "As was asked for.")
    return _by_aic(measured, arm, arms, positive=bool(seen[0] > 0))


def _categories(seen: Floats) -> tuple[float, ...]:
    """The levels of a short scale of whole numbers; empty if it is none."""
    if (seen != np.round(seen)).any() or seen[0] < 0 or seen[-1] > HIGHEST or len(seen) < 3:
        return ()
    step = reduce(math.gcd, [int(gap) for gap in np.diff(seen)])
    levels = np.arange(seen[0], seen[-1] + step, step)
    return tuple(float(one) for one in levels) if len(levels) <= MOST_STEPS + 1 else ()


def _by_aic(measured: Measured, arm: NDArray[np.int64], arms: int, *, positive: bool) -> Family:
    if not positive:
        return Family("normal", (), "It has values that are not above zero, so a normal distribution is all that fits.")
    normal = sum(_deviance(measured.values[:, i], arm, arms) for i in range(len(measured.visits)))
    logs = np.log(measured.values)
    lognormal = sum(_deviance(logs[:, i], arm, arms) for i in range(len(measured.visits))) + 2 * float(np.nansum(logs))
    gain = normal - lognormal  # as many parameters in both
    concentration = amount_unit_kind(measured.unit) == "concentration"
    if abs(gain) < CLEAR:
        chosen = "lognormal" if concentration else "normal"
        reason = " and concentrations are usually lognormal" if concentration else ""
        return Family(chosen, (), f"Normal and lognormal fit alike (AIC differs by {abs(gain):.1f}){reason}.")
    chosen, other = ("lognormal", "normal") if gain > 0 else ("normal", "lognormal")
    return Family(chosen, (), f"A {chosen} fits better than a {other} (AIC lower by {abs(gain):.1f}).")


def _deviance(values: Floats, arm: NDArray[np.int64], arms: int) -> float:
    """Minus twice the log-likelihood of a normal with a mean for each arm and one SD, up to constants."""
    left = residuals(values, arm, arms)
    left = left[np.isfinite(left)]
    return len(left) * math.log(max(float(np.square(left).mean()), 1e-300)) if len(left) else 0.0
