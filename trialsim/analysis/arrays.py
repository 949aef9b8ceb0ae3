"""Checks before every kernel: type, order in memory, writable (so that one form is compiled), no arm out of range."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trialsim.analysis.rows import FloatArray


def as_values(values: ArrayLike) -> FloatArray:
    """Values as a contiguous float64 array; copied only if necessary."""
    return np.require(values, np.float64, ["C", "W"])


def as_arms(arm: ArrayLike, values: FloatArray, *, arms: int) -> NDArray[np.int8]:
    """Arms as a contiguous int8 array (R, N).

    Raises
    ------
    ValueError : the shape differs from that of the values, or an arm is not below ``arms``
    """
    groups = np.require(arm, np.int8, ["C", "W"])
    if groups.shape != values.shape[:2]:
        raise ValueError(f"arm has shape {groups.shape}, the values {values.shape}")
    if groups.size and int(groups.max()) >= arms:
        raise ValueError(f"arm {int(groups.max())} but there are {arms} arms, counted from 0")
    return groups
