"""Logarithm and exponential in plain arithmetic: a unit in the last place, alone and in a row the same digits."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from trialsim.compiled import kernel
from trialsim.numbers.elementary import exp, exp_inlined, log, log1m, log1m_inlined, log_inlined

ROOT = Path(__file__).parents[2]

Floats = NDArray[np.float64]

#: FDLIBM states less than 1 unit in the last place; log1m adds the rounding of its correction.
LOG, LOG1M, EXP = 1.0, 1.5, 1.0
EVERY_NUMBER = np.finfo(np.longdouble).nmant > 60


@kernel
def logs(x, out):  # type: ignore[no-untyped-def]
    """A loop that the compiler may turn into vectors."""
    for i in range(x.shape[0]):
        out[i] = log_inlined(x[i])


@kernel
def logs1m(x, out):  # type: ignore[no-untyped-def]
    """As :func:`logs`."""
    for i in range(x.shape[0]):
        out[i] = log1m_inlined(x[i])


@kernel
def exps(x, out):  # type: ignore[no-untyped-def]
    """As :func:`logs`."""
    for i in range(x.shape[0]):
        out[i] = exp_inlined(x[i])


def row(function: Any, x: Floats) -> Floats:
    out = np.empty_like(x)
    function(x, out)
    return out


def positive() -> Floats:
    """Numbers of every size, subnormal ones too; close to 1, where logarithms lose digits; around the joints sqrt(1/2) 2^k."""
    rng = np.random.default_rng(1)
    joints = math.sqrt(0.5) * 2.0 ** np.arange(-60, 60)
    near = np.concatenate([joints * (1 + k * 2.0**-52) for k in range(-40, 41)])
    words = (rng.integers(0, 2**52, 20_000).astype(float) + 0.5) * 2.0**-52
    ends = np.array(
        [5e-324, 1e-310, 2.2250738585072014e-308, 1e-300, 2.0**-53, 1 - 2.0**-53, 1.0, 1 + 2.0**-52, 1.7e308]
    )
    sizes = 10.0 ** rng.uniform(-323, 308, 20_000)
    return np.concatenate(
        [words, sizes[sizes > 0], 1 + rng.normal(size=5000) * 1e-3, 1 + rng.normal(size=5000) * 1e-9, near, ends]
    )


def shares() -> Floats:
    """Numbers from 1e-300 to 1 - 2^-53."""
    rng = np.random.default_rng(2)
    words = (rng.integers(0, 2**52, 20_000).astype(float) + 0.5) * 2.0**-52
    return np.concatenate([words, rng.random(5000), 10.0 ** rng.uniform(-300, 0, 20_000), [2.0**-53, 1 - 2.0**-53]])


def exponents() -> Floats:
    rng = np.random.default_rng(3)
    joints = (np.arange(-1020, 1020) + 0.5) * math.log(2)
    return np.concatenate([rng.uniform(-708, 709.7, 20_000), rng.normal(size=20_000), joints, [0.0, 709.78, -708.0]])


def units_off(ours: Floats, exact: NDArray[np.longdouble]) -> float:
    """Largest error in units in the last place of the exact value, which is known to 11 more bits."""
    return float(np.max(np.abs(ours - exact) / np.spacing(np.abs(exact.astype(np.float64)))))


CASES: dict[str, tuple[Any, Any, Callable[[], Floats], Callable[[Any], Any], float]] = {
    "log": (log, logs, positive, np.log, LOG),
    "log1m": (log1m, logs1m, shares, lambda p: np.log1p(-p), LOG1M),
    "exp": (exp, exps, exponents, np.exp, EXP),
}
needs_digits = pytest.mark.skipif(not EVERY_NUMBER, reason="NumPy has no longer floats here")


@needs_digits
@pytest.mark.parametrize("name", CASES)
def test_all_digits_but_the_last_are_right(name: str) -> None:
    _, rows, points, judge, bound = CASES[name]
    x = points()
    assert units_off(row(rows, x), judge(x.astype(np.longdouble))) < bound


@needs_digits
@pytest.mark.parametrize("name", CASES)
def test_one_digit_less_is_seen(name: str) -> None:
    """Planted: a relative error of 4e-16, and log(1 - p) from the rounded 1 - p."""
    _, rows, points, judge, bound = CASES[name]
    x = points()
    exact = judge(x.astype(np.longdouble))
    assert units_off(row(rows, x) * (1 + 4e-16), exact) > bound
    if name == "log1m":
        assert units_off(row(logs, 1.0 - x), exact) > 1e3


@pytest.mark.parametrize("name", CASES)
def test_alone_and_in_a_row_the_digits_are_the_same(name: str) -> None:
    alone, rows, points, _, _ = CASES[name]
    x = points()[::7]
    np.testing.assert_array_equal(row(rows, x), [alone(float(one)) for one in x])
    for start in range(1, 8):  # other places within a vector
        np.testing.assert_array_equal(row(rows, x[start:]), row(rows, x)[start:])


@pytest.mark.parametrize("name", ["logs", "logs1m", "exps"])
def test_loops_become_vectors(name: str, tmp_path: Path) -> None:
    """A division of several numbers at once; a call of the C library in the loop would forbid it.

    With a cache of its own: what is read from a cache cannot be looked into.
    """
    code = (
        f"import numpy as np; from tests.numbers.test_elementary import {name}, row; row({name}, np.ones(4)); "
        f"print(next(iter({name}.inspect_llvm().values())))"
    )
    cache = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=cache, cwd=ROOT)
    assert "x double> " in run.stdout
    assert any("fdiv <" in line for line in run.stdout.splitlines())


@pytest.mark.parametrize("name", CASES)
def test_they_rise_or_fall_from_each_number_to_the_next_near_the_joints(name: str) -> None:
    alone, rows, _, _, _ = CASES[name]
    for middle in (math.sqrt(0.5), 0.5, 1e-3, 1 - 1e-9, 1.5 * math.log(2)):
        x = middle + np.arange(-2000, 2001) * np.spacing(middle)
        if name == "log1m" and middle > 1:
            continue
        steps = np.diff(row(rows, x))
        assert (steps * (-1 if name == "log1m" else 1) >= 0).all()
        assert alone(float(x[0])) != alone(float(x[-1]))


def test_ends() -> None:
    assert (log(0.0), log(1.0), log(math.inf)) == (-math.inf, 0.0, math.inf)
    assert math.isnan(log(-1.0))
    assert math.isnan(log(math.nan))
    assert (log1m(0.0), log1m(1.0)) == (0.0, -math.inf)
    assert log1m(1e-300) == -1e-300
    assert math.isnan(log1m(1.5))
    assert (exp(0.0), exp(-750.0), exp(-math.inf), exp(710.0), exp(math.inf)) == (1.0, 0.0, 0.0, math.inf, math.inf)
    assert exp(-745.0) == 5e-324
    assert math.isnan(exp(math.nan))
