"""Everything a pathway draws, drawn before an engine starts: lengths in ticks, outcomes of tries, interruptions."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from trialsim.compiled import kernel
from trialsim.distributions import CODES, pack, packable, quantile, quantile_packed
from trialsim.draws import fill_uniform, stream_key, uniforms
from trialsim.normal import ndtri
from trialsim.protocol.program import FLAG, LONGEST, SHARE_OF, TICKS, Program

Tapes = NDArray[np.int64]

EXPONENTIAL, LOGNORMAL = CODES["exponential"], CODES["lognormal"]


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
    """Fill one slot. The two commonest families have loops of their own, equal to ``quantile_packed`` to the last bit."""
    replicates, participants, _ = out.shape
    drawn = np.empty((1, participants))
    code, a, b, low, span = int(rows[0, 0]), rows[0, 1], rows[0, 2], rows[0, 4], rows[0, 5]
    for r in range(replicates):
        fill_uniform(seed, stream, k, first_replicate + np.uint64(r), drawn)
        u = drawn[0]
        if kind == FLAG:
            for n in range(participants):
                out[r, n, place] = 1 if u[n] < chance else 0
        elif kind == SHARE_OF:
            for n in range(participants):
                length = out[r, n, of]
                inside = min(max(math.floor(u[n] * length + 0.5), 1), length)
                out[r, n, place] = inside if out[r, n, place - 1] == 1 else 0
        else:
            for n in range(participants):
                if code == EXPONENTIAL:
                    seconds = -a * math.log1p(-(low + u[n] * span))
                elif code == LOGNORMAL:
                    seconds = math.exp(a + b * ndtri(low + u[n] * span))
                else:
                    seconds = quantile_packed(rows, np.int64(0), table, u[n])
                out[r, n, place] = max(math.floor(min(seconds, LONGEST) + 0.5), least)
