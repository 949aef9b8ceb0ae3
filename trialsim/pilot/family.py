"""A distribution for an outcome, with the reason."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.kinds.scales import BINARY, LOGNORMAL, NORMAL, ORDINAL, SCALE, SCALES, Scale
from trialsim.pilot.data import FitError, OutcomeData
from trialsim.pilot.estimates import residuals
from trialsim.quantities.records import amount_unit_kind

Floats = NDArray[np.float64]

#: The smallest difference of AIC that matters.
CLEAR = 2.0


@dataclass(frozen=True)
class FamilyChoice:
    """A distribution of the scenario format, its categories if it has them, and why it was chosen."""

    name: str
    categories: tuple[float, ...] = ()
    why: str = ""

    @property
    def scale(self) -> Scale:
        """The scale with this name."""
        return SCALE[self.name]

    def scaled(self, values: Floats) -> Floats:
        """Values on the scale on which the family is normal."""
        return np.log(values) if self.scale.log else values


def family_of(
    name: str, measured: OutcomeData, arm: NDArray[np.int64], arms: int, wanted: str | None = None
) -> FamilyChoice:
    """The family of an outcome, as chosen or as its values suggest.

    Raises
    ------
    FitError
        TS-F005 if nothing varies, or a lognormal is chosen for values that are not positive
    """
    seen = np.unique(measured.values[np.isfinite(measured.values)])
    if len(seen) < 2:
        raise FitError(f"all values of '{name}' are equal.", code="TS-F005", remedy="An outcome must vary.")
    if measured.scale and measured.scale != (0.0, 1.0):
        steps = measured.scale
        return FamilyChoice(
            ORDINAL.name, steps, f"It is a scale with {len(steps)} levels, {steps[0]:g} to {steps[-1]:g}."
        )
    chosen = SCALE[wanted] if wanted is not None else None
    if chosen is not None:
        refuse_followed(chosen)
    if chosen.yes_or_no if chosen is not None else set(seen) <= {0.0, 1.0}:
        if not set(seen) <= {0.0, 1.0}:
            raise FitError(f"'{name}' is not 0 and 1.", code="TS-F005", remedy="Write yes as 1 and no as 0.")
        return FamilyChoice(BINARY.name, (), "It is yes or no (0 and 1).")
    if chosen is not None:
        if chosen.family is None:
            raise FitError(
                f"'{name}' has no scale.", code="TS-P021", remedy=f'Give --scale "{name}=0..10" with its ends.'
            )
        if chosen.positive and seen[0] <= 0:
            others = " or ".join(one.name for one in SCALES if one.family is not None and not one.positive)
            raise FitError(
                f"'{name}' has values that are not above zero.",
                code="TS-F005",
                remedy=f"Choose --distribution {others}.",
            )
        return FamilyChoice(chosen.name, (), "It was chosen with --distribution.")
    return _by_aic(measured, arm, arms, positive=bool(seen[0] > 0))


def refuse_followed(scale: Scale) -> None:
    """Refuse a scale whose values need the time for which each participant was followed.

    Raises
    ------
    FitError
        TS-F005
    """
    if scale.follow is not None:
        raise FitError(
            f"trialsim fit does not read outcomes with distribution: {scale.name} yet.",
            code="TS-F005",
            remedy="Write the outcome into the scenario by hand, with the numbers of your pilot.",
        )


def _by_aic(measured: OutcomeData, arm: NDArray[np.int64], arms: int, *, positive: bool) -> FamilyChoice:
    if not positive:
        return FamilyChoice(
            NORMAL.name, (), "It has values that are not above zero, so only a normal distribution fits."
        )
    normal = sum(_deviance(measured.values[:, i], arm, arms) for i in range(len(measured.visits)))
    logs = np.log(measured.values)
    lognormal = sum(_deviance(logs[:, i], arm, arms) for i in range(len(measured.visits))) + 2 * float(np.nansum(logs))
    gain = normal - lognormal  # as many parameters in both
    concentration = amount_unit_kind(measured.unit) == "concentration"
    if abs(gain) < CLEAR:
        chosen = LOGNORMAL.name if concentration else NORMAL.name
        reason = " and concentrations are usually lognormal" if concentration else ""
        return FamilyChoice(
            chosen, (), f"Normal and lognormal fit equally well (AIC differs by {abs(gain):.1f}){reason}."
        )
    chosen, other = (LOGNORMAL.name, NORMAL.name) if gain > 0 else (NORMAL.name, LOGNORMAL.name)
    return FamilyChoice(chosen, (), f"A {chosen} fits better than a {other} (AIC lower by {abs(gain):.1f}).")


def _deviance(values: Floats, arm: NDArray[np.int64], arms: int) -> float:
    """Minus twice the log-likelihood of a normal with a mean for each arm and one SD, up to constants."""
    left = residuals(values, arm, arms)
    left = left[np.isfinite(left)]
    return len(left) * math.log(max(float(np.square(left).mean()), 1e-300)) if len(left) else 0.0
