"""The functions that every scale must have, each on bare arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from trialsim.response.scales.moments import ArmEndpoint, ArmPoint, EndpointDistribution
from trialsim.scenario.model import CovariateEffect, Driver, Effect, Level, Response

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

AnyEffect = Effect | Driver | CovariateEffect | Response

#: Passed to a kernel in place of an array that does not exist.
NOTHING: Floats = np.zeros((1, 1))


@dataclass(frozen=True)
class LevelParameters:
    """The level of an arm: location and SD of a measured outcome, or the cumulative logits of an ordinal one."""

    location: float = 0.0
    sd: float = 1.0
    cuts: tuple[float, ...] = ()


class Levels(Protocol):
    """Levels of the arms at a visit: ``location`` and ``sd`` (K,), ``cuts`` (K, L - 1) cumulative logits."""

    @property
    def location(self) -> Floats:
        """Means, or medians of logarithms."""

    @property
    def sd(self) -> Floats:
        """SDs on the scale of the predictor."""

    @property
    def cuts(self) -> Floats:
        """Cumulative logits, rising."""


@dataclass(frozen=True)
class MutableLevels:
    """Copies of levels that are changed in place."""

    location: Floats
    sd: Floats
    cuts: Floats


@dataclass(frozen=True)
class Course:
    """What acts on each participant while they are followed, in J pieces.

    Attributes
    ----------
    until : (J, R, N) the ends of the pieces, from the start [unit of the outcome, days for a count]
    delivered : (J, R, N) delivered share of the arm's difference in each piece
    own, common : (J, R, N) what activities add to the predictor: those of the arm, which lambda scales, and all others
    planned : the planned length of the whole
    """

    until: Floats
    delivered: Floats
    own: Floats
    common: Floats
    planned: float


@dataclass(frozen=True)
class ValueColumn:
    """A column ``d`` of true values, to be filled for each twin.

    Attributes
    ----------
    reference : the row of the levels against which effects are measured
    arm : (R, N) of each participant, -1 for nobody
    delivered : (R, N) delivered share of the arm's difference; None if all of it was delivered
    course : of an outcome over which participants are followed; None if a value belongs to a visit
    """

    levels: Levels
    categories: Floats
    reference: int
    arm: NDArray[np.int8]
    delivered: Floats | None
    d: int
    course: Course | None = None


@dataclass(frozen=True)
class Twin:
    """A twin: its lambda, the shift of the predictor (R, N) or None, its values (R, N, D), and which are censored (R, N, D)."""

    factor: float
    shift: Floats | None
    out: Floats
    marks: NDArray[np.int8]


@dataclass(frozen=True)
class EffectSizes:
    """Effect sizes that two levels imply; see :class:`trialsim.response.effects.ImpliedEffect`."""

    difference: float
    cohens_d: float
    superiority: float
    ratio: float | None
    odds_ratios: tuple[float, ...]


@dataclass(frozen=True)
class LinearForm:
    """A value that is a + ``sd`` Z of the normal Z behind it."""

    sd: float


@dataclass(frozen=True)
class ExponentialForm:
    """A value that is exp(a + ``sd`` Z), divided by exp(a + sd^2) so that nothing overflows."""

    sd: float


@dataclass(frozen=True)
class StepForm:
    """A value that rises by ``rises`` (L - 1,) where Z passes ``cuts`` (L - 1,); its ``variance``."""

    cuts: Floats
    rises: Floats
    variance: float


Form = LinearForm | ExponentialForm | StepForm


@dataclass(frozen=True)
class CalibrationRound:
    """One calibration round of one group of participants: ``rows`` of ``moving`` are improved.

    Attributes
    ----------
    one_ratio : whether the arm differs from the reference by one odds ratio, as an arm given by a mean alone
    slope : how much the mean of the group changes with its level
    """

    moving: MutableLevels
    rows: int | slice
    wanted: Floats
    found: Floats
    categories: Floats
    one_ratio: bool
    slope: float


@dataclass(frozen=True)
class ReadingPair:
    """Two points of one arm: levels, ``rounding`` (0 for none), values ``z`` of the first normal, and the ``change``."""

    first: Levels
    second: Levels
    k: int
    categories: Floats
    rounding: float
    z: Floats
    change: float


@dataclass(frozen=True)
class ScaleParts:
    """The functions of a scale. ``categories`` are empty if values are measured; ``k``, ``a`` and ``b`` are rows of the levels.

    Attributes
    ----------
    place : (level, categories, reference or None): the parameters of a level; missing ones are
        taken from the reference
    shift : (effect, place, categories): a declared effect on the scale of the predictor
    fill : (column, z, twins): true values from latent normals ``z`` (R, N), which may be changed
    form : (levels, k, categories): the value as a function of the normal behind it, for correlations of the values
    implied : (levels, a, b, categories): effect sizes of level ``b`` against ``a``
    scaled : (values): values on the scale on which :attr:`nearer` compares them, NaN if they do not exist on it
    nearer : (round): improve the levels; returns how far they were off
    readings : (pair): between which values (low, high) of the second normal a reading differs from the first by
        exactly ``change``, and where that is possible; None if readings are not whole steps
    expected : (ends): the distribution of an endpoint, for closed forms; None if it has no formula
    covariance : (a, b, rho, same, log): of the values at two points of one participant, or of one with itself
    words : (levels, k, categories): a level in words
    """

    place: Callable[[Level, Sequence[float], LevelParameters | None], LevelParameters]
    shift: Callable[[AnyEffect, LevelParameters, Sequence[float]], float]
    fill: Callable[[ValueColumn, Floats, Sequence[Twin]], None]
    form: Callable[[Levels, int, Floats], Form]
    implied: Callable[[Levels, int, int, Floats], EffectSizes]
    scaled: Callable[[Floats], Floats]
    nearer: Callable[[CalibrationRound], float]
    readings: Callable[[ReadingPair], tuple[Floats, Floats, Flags] | None]
    expected: Callable[[ArmEndpoint], EndpointDistribution | None]
    covariance: Callable[[ArmPoint, ArmPoint, float, bool, bool], float]
    words: Callable[[Levels, int, Floats], str]
