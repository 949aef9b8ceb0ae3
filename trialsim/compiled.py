"""The one way trialsim compiles a function: cached, without the interpreter lock, with exact arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., object])


def kernel(function: Function) -> Function:
    """Compile ``function`` with Numba: no reordering of sums (``fastmath`` off), no threads of its own.

    The result releases the global interpreter lock, so that replicates can be shared out over threads,
    and is cached on disk, so that only the first start compiles.
    """
    decorate = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=False)
    return cast("Function", decorate(function))
