"""The normal distribution, compiled: its quantile and distribution functions.

References
----------
Wichura 1988, "Algorithm AS 241: the percentage points of the normal distribution", doi:10.2307/2347330 (PPND16).
"""

from __future__ import annotations

import math

import numpy as np

from trialsim.compiled import inlined, kernel
from trialsim.numbers.elementary import log_inlined

#: How far from 1/2 the formula of the middle holds.
MIDDLE = 0.425
#: How deep in a tail its first formula holds: down to exp(-25).
NEAR = 5.0
#: Probabilities below this are in the far tail: exp(-25) is 1.4e-11.
TINY = 2e-11
#: Numbers processed at once: their tails fit into the processor's fastest memory.
STRETCH = 512


@inlined
def _middle(u):  # type: ignore[no-untyped-def]
    q = u - 0.5
    r = 0.180625 - q * q
    return q * (((((((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) * r
            + 45921.953931549871457) * r + 13731.693765509461125) * r + 1971.5909503065514427) * r
            + 133.14166789178437745) * r + 3.387132872796366608) / (((((((5226.495278852854561 * r
            + 28729.085735721942674) * r + 39307.89580009271061) * r + 21213.794301586595867) * r
            + 5394.1960214247511077) * r + 687.1870074920579083) * r + 42.313330701600911252) * r + 1.0)  # fmt: skip


@inlined
def _near_tail(r):  # type: ignore[no-untyped-def]
    r = r - 1.6
    return (((((((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r + 0.24178072517745061177) * r
            + 1.27045825245236838258) * r + 3.64784832476320460504) * r + 5.7694972214606914055) * r
            + 4.6303378461565452959) * r + 1.42343711074968357734) / (((((((1.05075007164441684324e-9 * r
            + 5.475938084995344946e-4) * r + 0.0151986665636164571966) * r + 0.14810397642748007459) * r
            + 0.68976733498510000455) * r + 1.6763848301838038494) * r + 2.05319162663775882187) * r + 1.0)  # fmt: skip


@inlined
def _far_tail(r):  # type: ignore[no-untyped-def]
    r = r - 5.0
    return (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 0.0012426609473880784386) * r
            + 0.026532189526576123093) * r + 0.29656057182850489123) * r + 1.7848265399172913358) * r
            + 5.4637849111641143699) * r + 6.6579046435011037772) / (((((((2.04426310338993978564e-15 * r
            + 1.4215117583164458887e-7) * r + 1.8463183175100546818e-5) * r + 7.868691311456132591e-4) * r
            + 0.0148753612908506148525) * r + 0.13692988092273580531) * r + 0.59983220655588793769) * r + 1.0)  # fmt: skip


@inlined
def _depth(u):  # type: ignore[no-untyped-def]
    """How deep in its tail ``u`` lies: the argument of both tails' formulas."""
    return math.sqrt(-log_inlined(u if u < 0.5 else 1.0 - u))


@kernel
def ndtri(u):  # type: ignore[no-untyped-def]
    """The standard normal quantile of ``u`` in (0, 1), to about 1e-15 relative."""
    if abs(u - 0.5) <= MIDDLE:
        return _middle(u)
    r = _depth(u)
    x = _near_tail(r) if r <= NEAR else _far_tail(r)
    return -x if u < 0.5 else x


@inlined
def ndtri_near(u):  # type: ignore[no-untyped-def]
    """As :func:`ndtri`, without branches; ``u`` lies in (:data:`TINY`, 1 - :data:`TINY`)."""
    x = _near_tail(_depth(u))
    return _middle(u) if abs(u - 0.5) <= MIDDLE else (-x if u < 0.5 else x)


@kernel
def normal_quantiles(values):  # type: ignore[no-untyped-def]
    """Turn uniform ``values`` (R, N) into standard normal ones in place, digit for digit as :func:`ndtri`.

    A stretch of numbers at a time: the middle of all of them, then those in the tails side by side, both several at once
    in the processor's vectors; then the far tails, one draw in 36 billion.
    """
    place, tail, depth = np.empty(STRETCH, dtype=np.int64), np.empty(STRETCH), np.empty(STRETCH)
    everything = values.reshape(-1)
    for start in range(0, everything.shape[0], STRETCH):
        part = everything[start : start + STRETCH]
        tails, far = 0, 0
        for n in range(part.shape[0]):
            place[tails], tail[tails] = n, part[n]
            tails += abs(part[n] - 0.5) > MIDDLE
        for n in range(part.shape[0]):
            part[n] = _middle(part[n])
        for i in range(tails):
            u = tail[i]
            depth[i] = _depth(u)
            x = _near_tail(depth[i])
            tail[i] = -x if u < 0.5 else x
            far += depth[i] > NEAR
        for i in range(tails if far else 0):
            if depth[i] > NEAR:
                tail[i] = math.copysign(_far_tail(depth[i]), tail[i])
        for i in range(tails):
            part[place[i]] = tail[i]


@kernel
def ndtr(z):  # type: ignore[no-untyped-def]
    """The standard normal distribution function."""
    return 0.5 * math.erfc(-z * 0.7071067811865476)
