"""How trialsim compiles a function: cached, without the interpreter lock, with exact arithmetic."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from llvmlite import ir
from numba.core import event, types
from numba.extending import intrinsic

_jit: Any = numba.njit
_config: Any = numba.config
_EXACT: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": False}
_INNER: dict[str, Any] = {"_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}

Function = TypeVar("Function", bound=Callable[..., object])


def cache_folder(system: str = sys.platform, environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of compiled code unless NUMBA_CACHE_DIR names one: the user's cache, by the rule of the platform.

    >>> cache_folder("linux", {"XDG_CACHE_HOME": "/var/cache/me"}).as_posix()
    '/var/cache/me/trialsim/numba'
    """
    home = Path(environment.get("HOME") or Path.home())
    if system == "win32":
        base = Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif system == "darwin":
        base = home / "Library" / "Caches"
    else:
        named = environment.get("XDG_CACHE_HOME", "")
        base = Path(named) if Path(named).is_absolute() else home / ".cache"
    return base / "trialsim" / "numba"


def kernel(function: Function) -> Function:
    """Compile ``function`` with Numba: no reordering of sums (``fastmath`` off), no threads of its own.

    The result releases the global interpreter lock, so that replicates can be shared out over threads,
    and is cached on disk in :func:`cache_folder`, so that only the first start compiles; where no folder for it can be
    written (Numba then raises RuntimeError), every start compiles.
    """
    own = _config.CACHE_DIR
    _config.CACHE_DIR = own or str(cache_folder())
    try:
        return cast("Function", _jit(cache=True, no_cfunc_wrapper=True, **_EXACT)(function))
    except RuntimeError:
        return cast("Function", _jit(no_cfunc_wrapper=True, **_EXACT)(function))
    finally:
        _config.CACHE_DIR = own  # other users of Numba in this process keep their own folder


def is_cached(function: object) -> bool:
    """Whether a compiled function is in the cache on disk."""
    cache = getattr(function, "_cache", None)  # Numba has no public function for this
    if cache is None:
        return False
    try:
        return any(Path(cache.cache_path).glob(f"{cache._impl.filename_base}*.nbi"))
    except (AttributeError, OSError):
        return True
    except TypeError:  # no folder for it
        return False


def part(function: Function) -> Function:
    """A part of other kernels; it cannot be called from Python, which saves compiling."""
    return cast("Function", _jit(**_INNER, **_EXACT)(function))


def inlined(function: Function) -> Function:
    """A part that is copied to where it is called."""
    return cast("Function", _jit(forceinline=True, **_INNER, **_EXACT)(function))


def _generate_index(typing: object, x: types.Type) -> Any:  # noqa: ARG001  # Numba's protocol
    """Typing and code for :data:`index`."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: tuple[Any, ...]) -> Any:  # noqa: ARG001  # Numba's protocol
        builder.assume(builder.icmp_signed(">=", arguments[0], ir.Constant(arguments[0].type, 0)))
        return arguments[0]

    return x(x), generate


#: Shows the compiler that an integer is not negative: no code for indices that count from the end.
index: Any = intrinsic(_generate_index)


class _NoCollecting(event.Listener):
    """Compiling makes millions of objects that stay in use: garbage collection would take an eighth of the time."""

    def __init__(self) -> None:
        self.depth = 0
        self.was_on = False

    def on_start(self, event: Any) -> None:  # noqa: ARG002  # as numba calls it
        if self.depth == 0:
            self.was_on = gc.isenabled()
            gc.disable()
        self.depth += 1

    def on_end(self, event: Any) -> None:  # noqa: ARG002  # as numba calls it
        self.depth -= 1
        if self.depth == 0 and self.was_on:
            gc.enable()


event.register("numba:compile", _NoCollecting())
