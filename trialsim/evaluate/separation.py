"""Clear differences between designs: paired differences, Holm's steps, and how many more replicates would decide."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.evaluate.verdict import MOST, two_digits_up
from trialsim.heavy import special

Floats = NDArray[np.float64]

#: The probability, over all comparisons of one choice, that chance alone names a winner.
ERROR = 0.05


@dataclass(frozen=True)
class Separation:
    """Whether two differ clearly; if not, how many more replicates would decide; None if no number would."""

    clear: bool
    more: int | None = None


def paired_z(total: float, squares: float, n: float, reach: float) -> float:
    """The z of n paired differences by their sum, their sum of squares and their greatest size.

    Two made-up differences are added, the greatest one in either direction, so that a few replicates that happen to agree
    do not decide (for rejections this is Bonett and Price 2012, doi:10.3102/1076998611411915, equation 8). If no
    replicate differs, z is 0.

    >>> paired_z(0.0, 0.0, 1000, 0.0), round(paired_z(30.0, 50.0, 1000, 1.0), 2), round(paired_z(2.0, 2.0, 2, 1.0), 2)
    (0.0, 4.2, 1.15)
    """
    if not reach > 0 or n < 1:
        return 0.0
    mean = total / (n + 2)
    return mean / math.sqrt(max((squares + 2 * reach**2) / (n + 2) - mean**2, 1e-300) / (n + 2))


def z_of(gaps: Floats) -> tuple[float, int]:
    """The z of paired differences (R,), and how many there are; those without a number are left out."""
    known = gaps[np.isfinite(gaps)]
    reach = float(np.abs(known).max(initial=0.0))
    return paired_z(float(known.sum()), float((known**2).sum()), len(known), reach), len(known)


def unpaired_z(x: Floats, y: Floats) -> tuple[float, int]:
    """As :func:`z_of` for rejections (R,) and (R,) that share no draws: the difference of two shares."""
    x, y = x[np.isfinite(x)], y[np.isfinite(y)]
    if not len(x) or not len(y):
        return 0.0, 0
    p, q = (x.sum() + 1) / (len(x) + 2), (y.sum() + 1) / (len(y) + 2)
    return float((p - q) / math.sqrt(p * (1 - p) / (len(x) + 2) + q * (1 - q) / (len(y) + 2))), min(len(x), len(y))


def holm(z: Sequence[float], n: Sequence[int]) -> list[Separation]:
    """Which of m comparisons differ clearly, at :data:`ERROR` in all (two-sided), by Holm's steps.

    The largest of the m sizes of z is compared with the normal quantile of ERROR / m, the next one with that of
    ERROR / (m - 1), and so on until one is below. Below its quantile c, a comparison of n replicates needs
    n ((c / z)^2 - 1) more, and no fewer than those before it.

    References
    ----------
    Holm 1979, A simple sequentially rejective multiple test procedure, Scand J Stat 6:65.

    >>> holm([3.0, 2.1, 1.0], [1000, 1000, 1000])
    [Separation(clear=True, more=None), Separation(clear=False, more=140), Separation(clear=False, more=2900)]
    """
    found = [Separation(clear=True)] * len(z)
    wanting = 0.0
    for step, index in enumerate(sorted(range(len(z)), key=lambda i: -abs(z[i]))):
        critical = -float(special.ndtri(ERROR / (2 * (len(z) - step))))
        size = abs(z[index])
        if size < critical:
            wanting = max(wanting, n[index] * ((critical / size) ** 2 - 1) if size > 0 else math.inf)
        if wanting > 0:
            found[index] = Separation(clear=False, more=two_digits_up(wanting) if wanting < MOST else None)
    return found


@dataclass(frozen=True)
class ApparentBest:
    """The apparent best of several.

    Attributes
    ----------
    index : which one
    clear : whether it differs clearly from each other one
    rivals : those it does not differ from clearly
    more : replicates that would decide; None if no number would, or none is needed
    """

    index: int
    clear: bool
    rivals: tuple[int, ...]
    more: int | None


def best_of(index: int, others: Sequence[int], z: Sequence[float], n: Sequence[int]) -> ApparentBest:
    """The apparent best ``index`` against each of ``others``, by the z of its lead over each."""
    apart = holm(z, n)
    open_ = [(other, one) for other, one in zip(others, apart, strict=True) if not one.clear]
    return ApparentBest(index, not open_, tuple(other for other, _ in open_), most_of([one for _, one in open_]))


def most_of(apart: Sequence[Separation]) -> int | None:
    """The replicates after which all differ clearly; None if there is none, or no number would decide."""
    return None if not apart or any(one.more is None for one in apart) else max(one.more or 0 for one in apart)
