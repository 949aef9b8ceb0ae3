"""Everything a pathway draws, drawn before an engine starts: lengths in ticks, outcomes of tries, interruptions."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from trialsim.compiled import kernel
from trialsim.distributions import pack, packable, quantile, quantile_packed
from trialsim.draws import block, stream_key, to_uniform, uniforms
from trialsim.protocol.program import FLAG, SHARE_OF, TICKS, Program

Tapes = NDArray[np.int64]

#: No length is longer than a century; the ticks of a pathway then fit the engine's keys.
LONGEST = 36_525 * 86_400


def draw_tapes(program: Program, *, seed: int, replicates: range, participants: int) -> Tapes:
    """Drawn integers (R, N, slots), addressed by enrollment number.

    Lengths are rounded to the nearest tick (half up) and are at least 1 for activities; flags are 0 or 1; the moment
    of an interruption is 1 or later, 0 for none. Lengths are cut at :data:`LONGEST`.
    """
    out = np.zeros((len(replicates), participants, max(len(program.slots), 1)), dtype=np.int64)
    for place, slot in enumerate(program.slots):
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
def _one(kind, rows, table, least, chance, length, flagged, u):  # type: ignore[no-untyped-def]
    """The integer of one slot from its uniform draw."""
    if kind == TICKS:
        return max(math.floor(min(quantile_packed(rows, 0, table, u), LONGEST) + 0.5), least)
    if kind == FLAG:
        return 1 if u < chance else 0
    if flagged == 0:
        return 0
    return min(max(math.floor(u * length + 0.5), 1), length)


@kernel
def _fill(seed, stream, k, first_replicate, kind, rows, table, least, chance, of, place, out):  # type: ignore[no-untyped-def]
    replicates, participants, _ = out.shape
    for r in range(replicates):
        for n in range(0, participants, 4):
            words = block(seed, stream, n // 4, k, first_replicate + r)
            for word in range(min(4, participants - n)):
                row = out[r, n + word]
                w = words[0] if word == 0 else words[1] if word == 1 else words[2] if word == 2 else words[3]
                length = row[of] if kind == SHARE_OF else 0
                flagged = row[place - 1] if kind == SHARE_OF else 0
                row[place] = _one(kind, rows, table, least, chance, length, flagged, to_uniform(w))
