"""Logarithm and exponential in plain arithmetic, which the compiler turns into vector instructions.

A call of the C library computes one number at a time, and its last digit differs between platforms. These are additions,
multiplications, one division and bit operations in a fixed order, without branches: whole rows run in the processor's
vectors, and a number has the same digits alone, in a row, and on any machine with IEEE 754 arithmetic.

References
----------
Sun Microsystems 1993, FDLIBM, e_log.c and e_exp.c: reductions and coefficients; errors below 1 unit in the last place.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from trialsim.compiled import inlined, instruction, kernel


def _generate_bits(typing: object, x: Any) -> Any:  # noqa: ARG001  # Numba's protocol
    """Typing and code for :data:`_bits`."""
    from llvmlite import ir
    from numba.core import types

    def generate(context: Any, builder: Any, signature: Any, arguments: tuple[Any, ...]) -> Any:  # noqa: ARG001  # Numba's protocol
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(types.float64), generate


def _generate_number(typing: object, x: Any) -> Any:  # noqa: ARG001  # Numba's protocol
    """Typing and code for :data:`_number`."""
    from llvmlite import ir
    from numba.core import types

    def generate(context: Any, builder: Any, signature: Any, arguments: tuple[Any, ...]) -> Any:  # noqa: ARG001  # Numba's protocol
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), generate


#: The 64 bits of a number as an integer, and back.
_bits: Any = instruction(_generate_bits)
_number: Any = instruction(_generate_number)

#: ln 2 in two parts: the first has so few digits that its product with an exponent is exact.
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
INVERSE_LN2 = 1.44269504088896338700

FRACTION = 0x000FFFFFFFFFFFFF
ROOT_HALF = 0x3FE6A09E00000000  # bits of sqrt(1/2), rounded down
TO_ROOT_HALF = 0x3FF0000000000000 - ROOT_HALF
SMALLEST = 2.2250738585072014e-308  # below it numbers have fewer digits
TWO_54 = 18014398509481984.0
TWO_52_BITS, TWO_52 = 0x4330000000000000, 4503599627370496.0
ROUNDER = 6755399441055744.0  # 1.5 * 2^52: adding it rounds to a whole number, which is then in the last bits


@inlined
def log_inlined(x):  # type: ignore[no-untyped-def]
    """As :func:`log`, copied to where it is called."""
    few = x < SMALLEST
    bits = _bits(x * TWO_54 if few else x) + TO_ROOT_HALF
    # an integer from 0 to 2^52 as a number: its bits below those of 2^52
    k = _number((bits >> 52) | TWO_52_BITS) - (TWO_52 + 1023.0 + (54.0 if few else 0.0))
    f = _number((bits & FRACTION) + ROOT_HALF) - 1.0
    half = 0.5 * f * f
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01))
    odd = z * (6.666666666666735130e-01 + w * (2.857142874366239149e-01
            + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)))  # fmt: skip
    y = k * LN2_HIGH - ((half - (s * (half + (odd + even)) + k * LN2_LOW)) - f)
    y = y if x > 0.0 else (-np.inf if x == 0.0 else np.nan)
    return y if x < np.inf else x


@inlined
def log1m_inlined(p):  # type: ignore[no-untyped-def]
    """As :func:`log1m`, copied to where it is called."""
    rest = 1.0 - p
    lost = (1.0 - rest) - p  # what rounding took from 1 - p
    y = log_inlined(rest)
    return y + lost / rest if rest > 0.0 else y


@inlined
def exp_inlined(x):  # type: ignore[no-untyped-def]
    """As :func:`exp`, copied to where it is called."""
    x = 710.0 if x > 710.0 else x  # infinite from 709.8 on, 0 from -745.2 on
    x = -746.0 if x < -746.0 else x
    shifted = x * INVERSE_LN2 + ROUNDER
    k, whole = _bits(shifted) - _bits(ROUNDER), shifted - ROUNDER
    high, low = x - whole * LN2_HIGH, whole * LN2_LOW
    r = high - low
    z = r * r
    c = r - z * (1.66666666666666019037e-01 + z * (-2.77777777770155933842e-03 + z * (6.61375632143793436117e-05
            + z * (-1.65339022054652515390e-06 + z * 4.13813679705723846039e-08))))  # fmt: skip
    y = 1.0 + (r * c / (2.0 - c) - low + high)
    first = k >> 1  # in two steps, as 2^k alone may be too large or too small to be a number
    return y * _number((first + 1023) << 52) * _number((k - first + 1023) << 52)


@kernel
def log(x):  # type: ignore[no-untyped-def]
    """The natural logarithm: -inf at 0, NaN below."""
    return log_inlined(x)


@kernel
def log1m(p):  # type: ignore[no-untyped-def]
    """log(1 - p), with all digits where p is small."""
    return log1m_inlined(p)


@kernel
def exp(x):  # type: ignore[no-untyped-def]
    """The exponential."""
    return exp_inlined(x)
