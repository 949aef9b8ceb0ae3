"""Everything a pathway draws, drawn before an engine starts: lengths in ticks, outcomes of tries, interruptions."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from trialsim.compiled import kernel
from trialsim.numbers.distributions import BELOW_1, CODES, pack, packable, quantile, quantile_packed
from trialsim.numbers.draws import fill_uniform, stream_key, uniforms
from trialsim.numbers.elementary import exp_inlined, log1m_inlined
from trialsim.numbers.normal import STRETCH, normal_quantiles
from trialsim.protocol.program import FLAG, LONGEST, SHARE_OF, TICKS, Program

Tapes = NDArray[np.int64]

EXPONENTIAL, LOGNORMAL, NORMAL = CODES["exponential"], CODES["lognormal"], CODES["normal"]


def draw_tapes(program: Program, *, seed: int, replicates: range, participants: int) -> Tapes:
    """Drawn integers (R, N, slots), addressed by enrollment number.

    Lengths are rounded to the nearest tick (half up) and are at least 1 for activities; flags are 0 or 1; the moment
    of an interruption is 1 or later, 0 for none. Lengths are cut at :data:`~trialsim.protocol.program.LONGEST`.
    """
    out = np.zeros((len(replicates), participants, max(len(program.slots), 1)), dtype=np.int64)
    for place, slot in enumerate(program.slots):
        if slot.kind == TICKS and slot.distribution.family == "fixed":
            out[:, :, place] = max(math.floor(min(slot.distribution.params[0], LONGEST) + 0.5), slot.least)
            continue
        distributions = [slot.distribution] if packable(slot.distribution) else []
        rows, table = pack(distributions) if distributions else (np.zeros((1, 8)), np.zeros(1))
        if slot.kind == TICKS and not distributions:
            u = uniforms(seed, slot.stream, replicates=replicates, participants=participants, k=slot.k)
            seconds = quantile(slot.distribution, u)
            out[:, :, place] = np.clip(np.floor(seconds + 0.5), slot.least, LONGEST).astype(np.int64)
            continue
        _fill(
            np.uint64(seed), np.uint64(stream_key(slot.stream)), np.uint64(slot.k), np.uint64(replicates.start),
            slot.kind, rows, table, slot.least, slot.chance, slot.of, place, out,
        )  # fmt: skip
    return out


@kernel
def _fill(seed, stream, k, first_replicate, kind, rows, table, least, chance, of, place, out):  # type: ignore[no-untyped-def]
    """Fill one slot, a stretch of replicates at a time."""
    replicates, participants, _ = out.shape
    together = max(STRETCH // max(participants, 1), 1)
    drawn = np.empty((min(together, replicates), participants))
    for start in range(0, replicates, together):
        part = out[start : start + together]
        u = drawn[: part.shape[0]]
        fill_uniform(seed, stream, k, first_replicate + np.uint64(start), u)
        if kind == FLAG:
            for r in range(part.shape[0]):
                for n in range(participants):
                    part[r, n, place] = 1 if u[r, n] < chance else 0
        elif kind == SHARE_OF:
            for r in range(part.shape[0]):
                for n in range(participants):
                    length = part[r, n, of]
                    inside = min(max(math.floor(u[r, n] * length + 0.5), 1), length)
                    part[r, n, place] = inside if part[r, n, place - 1] == 1 else 0
        else:
            _seconds(rows, table, u)
            for r in range(part.shape[0]):
                for n in range(participants):
                    part[r, n, place] = max(math.floor(min(u[r, n], LONGEST) + 0.5), least)


@kernel
def _seconds(rows, table, values):  # type: ignore[no-untyped-def]
    """Turn uniform ``values`` (R, N) into lengths [s] in place.

    The most common families are computed several at once in the processor's vectors, digit for digit as ``quantile_packed``.
    """
    code, a, b, low, span = int(rows[0, 0]), rows[0, 1], rows[0, 2], rows[0, 4], rows[0, 5]
    u = values.reshape(-1)
    if code == EXPONENTIAL:
        for n in range(u.shape[0]):
            u[n] = -a * log1m_inlined(min(low + u[n] * span, BELOW_1))
    elif code in (LOGNORMAL, NORMAL):
        for n in range(u.shape[0]):
            u[n] = min(low + u[n] * span, BELOW_1)
        normal_quantiles(values)
        if code == NORMAL:
            for n in range(u.shape[0]):
                u[n] = a + b * u[n]
        else:
            for n in range(u.shape[0]):
                u[n] = exp_inlined(a + b * u[n])
    else:
        for n in range(u.shape[0]):
            u[n] = quantile_packed(rows, np.int64(0), table, u[n])
