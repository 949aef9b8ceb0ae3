"""How trialsim compiles a function: cached, without the interpreter lock, with exact arithmetic.

Numba is imported when a compiled function is called for the first time: what only reads and checks a scenario does without it.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable, Mapping
from functools import lru_cache, update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from llvmlite import ir

_EXACT: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": False}
_INNER: dict[str, Any] = {"_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}

Function = TypeVar("Function", bound=Callable[..., object])

_making = threading.RLock()

#: Numba must have these before it begins to compile what uses them.
_instructions: list[Later] = []


class Later:
    """A function that Numba is given when it is called, or when another one that calls it is compiled."""

    def __init__(self, function: Callable[..., Any], make: Callable[[Any, Callable[..., Any]], Any]) -> None:
        update_wrapper(self, function)
        self.py_func = function
        self._make = make
        self._made: Any = None

    @property
    def made(self) -> Any:
        """What Numba makes of it, once."""
        if self._made is None:
            with _making:
                self.make_now(_numba())
        return self._made

    def make_now(self, numba: Any) -> None:
        """Give it to Numba, if that is not done."""
        if self._made is None:
            self._made = self._make(numba, self.py_func)

    @property
    def _numba_type_(self) -> Any:
        """For Numba it is what it will be: asked when a function that calls it is compiled."""
        from numba.core.registry import cpu_target

        return cpu_target.typing_context.resolve_value_type(self.made)

    def __call__(self, *arguments: Any) -> Any:
        """Call what Numba made of it."""
        return (self._made or self.made)(*arguments)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.made, name)


@lru_cache(maxsize=1)
def _numba() -> Any:
    """Numba, without garbage collection while it compiles.

    Compiling makes millions of objects that stay in use: garbage collection would take an eighth of the time.
    """
    import numba
    from numba.core import event

    class NoCollecting(event.Listener):
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

    event.register("numba:compile", NoCollecting())
    for one in _instructions:
        one.make_now(numba)
    return numba


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

    def make(numba: Any, function: Callable[..., Any]) -> Any:
        own = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = own or str(cache_folder())
        try:
            return numba.njit(cache=True, no_cfunc_wrapper=True, **_EXACT)(function)
        except RuntimeError:
            return numba.njit(no_cfunc_wrapper=True, **_EXACT)(function)
        finally:
            numba.config.CACHE_DIR = own  # other users of Numba in this process keep their own

    return cast("Function", Later(function, make))


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


@lru_cache(maxsize=1)
def _plain() -> Any:
    """How Numba compiles a part: without optimizing it, because every caller takes its code in and optimizes it there.

    Otherwise a part five calls below a kernel is optimized six times. That took half of the time of compiling a model of
    repeated values, and made its fits slower by a quarter; the digits are the same.
    """
    from numba.core.codegen import JITCodeLibrary
    from numba.core.compiler import Compiler

    class PartLibrary(JITCodeLibrary):
        def _optimize_final_module(self) -> None:
            """Nothing: the caller does it."""

    class PartCompiler(Compiler):
        def compile_extra(self, func: Callable[..., Any]) -> Any:
            library = PartLibrary(self.state.targetctx.codegen(), func.__qualname__)
            library.enable_object_caching()
            self.state.library = library
            return super().compile_extra(func)

    return PartCompiler


def part(function: Function) -> Function:
    """A part of other kernels; it cannot be called from Python, which saves compiling."""

    def make(numba: Any, function: Callable[..., Any]) -> Any:
        return numba.njit(pipeline_class=_plain(), **_INNER, **_EXACT)(function)

    return cast("Function", Later(function, make))


def inlined(function: Function) -> Function:
    """A part that is copied to where it is called."""

    def make(numba: Any, function: Callable[..., Any]) -> Any:
        return numba.njit(forceinline=True, pipeline_class=_plain(), **_INNER, **_EXACT)(function)

    return cast("Function", Later(function, make))


def instruction(generate: Callable[..., Any]) -> Any:
    """A part written in the instructions of the compiler: ``generate`` gives typing and code, as Numba's intrinsics do."""

    def make(_: Any, generate: Callable[..., Any]) -> Any:
        from numba.extending import intrinsic

        return intrinsic(generate)

    made = Later(generate, make)
    _instructions.append(made)
    if _numba.cache_info().currsize:  # it is there already
        made.make_now(_numba())
    return made


def _generate_index(typing: object, x: Any) -> Any:  # noqa: ARG001  # Numba's protocol
    """Typing and code for :data:`index`."""
    from llvmlite import ir

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: tuple[Any, ...]) -> Any:  # noqa: ARG001  # Numba's protocol
        builder.assume(builder.icmp_signed(">=", arguments[0], ir.Constant(arguments[0].type, 0)))
        return arguments[0]

    return x(x), generate


#: Tells the compiler that an integer is not negative: no code for indices that count from the end.
index: Any = instruction(_generate_index)


def _generate_apart(typing: object) -> Any:  # noqa: ARG001  # Numba's protocol
    """Typing and code for :data:`apart`."""
    from numba import types

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: tuple[Any, ...]) -> Any:  # noqa: ARG001  # Numba's protocol
        builder.function.attributes.discard("alwaysinline")  # which it has from a caller that is copied itself
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.none(), generate


#: Keeps the function that calls it out of its callers: loops that rarely run would take the registers of those that often do.
apart: Any = instruction(_generate_apart)
