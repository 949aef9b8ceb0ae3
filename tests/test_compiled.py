"""Functions are given to Numba when they are called, once, whoever calls first."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from trialsim.compiled import Later, kernel, part
from trialsim.numbers.distributions import Distribution, quantile

ROOT = Path(__file__).parents[1]


@kernel
def twice(x):  # type: ignore[no-untyped-def]
    """Two times a number."""
    return 2 * x


@kernel
def thrice(x):  # type: ignore[no-untyped-def]
    """Three times a number, by another compiled function."""
    return twice(x) + x


def test_one_function_calls_another_and_both_keep_their_words() -> None:
    assert thrice(7) == 21
    assert isinstance(twice, Later)
    assert twice.__doc__ == "Two times a number."
    assert twice.py_func(4) == 8


@part
def scaled(x, by):  # type: ignore[no-untyped-def]
    """A part."""
    total = 0.0
    for k in range(by):
        total += x * k
    return total


@kernel
def sums(x):  # type: ignore[no-untyped-def]
    """A kernel of a part."""
    return scaled(x, 3) + scaled(x, 4)


def test_a_part_is_optimized_in_what_calls_it_and_not_before(tmp_path: Path) -> None:
    """With a cache of its own: what is read from a cache has no parts any more."""
    code = (
        "from tests.test_compiled import scaled, sums; assert sums(2.0) == 18.0; "
        "print(*({type(one.library).__name__ for one in made.overloads.values()} for made in (scaled, sums)))"
    )
    cache = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=cache, cwd=ROOT)
    assert run.stdout.split() == ["{'PartLibrary'}", "{'JITCodeLibrary'}"]


def test_threads_that_call_first_at_once_make_one() -> None:
    made: list[int] = []

    def slow(x):  # type: ignore[no-untyped-def]
        return x + 1

    later = Later(slow, lambda numba, function: made.append(1) or numba.njit(function))
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(later, range(40))) == list(range(1, 41))
    assert made == [1]


def test_a_process_that_begins_with_an_instruction_of_the_compiler_has_the_same_digits() -> None:
    """Quantiles of a normal use bits of numbers: the first thing that this process compiles."""
    code = (
        "import numpy as np; from trialsim.numbers.distributions import Distribution, quantile; "
        "print(quantile(Distribution('lognormal', (0.0, 1.0)), np.array([0.1, 0.975])).tobytes().hex())"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == quantile(Distribution("lognormal", (0.0, 1.0)), np.array([0.1, 0.975])).tobytes().hex()
