"""Variances of P(A > B) from placements (DeLong), arm by arm."""

from __future__ import annotations

import numpy as np

from trialsim.analysis.rows import FloatArray, IntArray


def placement_variances(u: FloatArray, square: FloatArray, na: IntArray, nb: IntArray) -> tuple[FloatArray, FloatArray]:
    """The parts of the variance of U / (n_a n_b) that come from arm a and from arm b; NaN with fewer than 2 values in one.

    Everything before the divisions is a multiple of 1/4, so rounding errors never hide a variance of exactly 0.

    Parameters
    ----------
    u : (R,) U of arm a
    square : (R, 2) sums of squared placements of arm a and of arm b

    References
    ----------
    DeLong et al. 1988, Biometrics 44:837, doi:10.2307/2531595.
    """
    total = na * nb
    ss_a = (na * square[:, 0] - u**2) / na / nb.astype(np.float64) ** 2
    ss_b = (nb * square[:, 1] - (total - u) ** 2) / nb / na.astype(np.float64) ** 2
    return np.asarray(ss_a / (na - 1.0) / na), np.asarray(ss_b / (nb - 1.0) / nb)
