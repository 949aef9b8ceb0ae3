"""Allocation of participants to arms: in turn, simple, permuted blocks, stratified, any ratio."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trialsim.compiled import kernel
from trialsim.conduct.plan import ConductPlan
from trialsim.kinds.designs import METHOD
from trialsim.numbers.draws import block, to_uniform, uniform


def places_in_block(ratio: tuple[int, ...], size: int) -> NDArray[np.int8]:
    """The arms of one block before it is shuffled: 1:1:1 as 0 1 2, 2:1 as 0 0 1, repeated to ``size`` places."""
    once = [arm for arm, share in enumerate(ratio) for _ in range(share)]
    return np.array(once * (size // len(once)), dtype=np.int8)


def allocate(
    plan: ConductPlan, entry: NDArray[np.int64], stratum: NDArray[np.int16], *, seed: int, replicates: range
) -> NDArray[np.int8]:
    """Arms (R, N) of the enrolled, -1 for empty places.

    A block is addressed by its stratum and number, so it is the same whatever comes before. An arm that has its own
    target closes when the target is reached: its remaining places are skipped.
    """
    method = METHOD[plan.method]
    places = places_in_block(plan.ratio, plan.block if method.blocks else sum(plan.ratio))
    out = np.full(entry.shape, -1, dtype=np.int8)
    alike = not (method.blocks or method.one_by_one or plan.ward)  # everybody is enrolled and nothing is drawn
    rows = slice(0, 1) if alike else slice(None)
    _allocate(
        method.one_by_one, method.blocks, places, len(plan.arms), plan.each_arm, np.uint64(seed), plan.stratum_streams,
        np.uint64(replicates.start), entry[rows], stratum[rows], out[rows],
    )  # fmt: skip
    if alike:
        out[1:] = out[0]
    return out


@kernel
def _shuffle(places, order, u, seed, stream, number, replicate):  # type: ignore[no-untyped-def]
    """Write block ``number`` of a stratum into ``order`` (Fisher and Yates, one draw a place)."""
    size = places.shape[0]
    for i in range(0, size, 4):
        w0, w1, w2, w3 = block(seed, stream, np.uint64(i // 4), np.uint64(number), replicate)
        u[i], u[i + 1], u[i + 2], u[i + 3] = to_uniform(w0), to_uniform(w1), to_uniform(w2), to_uniform(w3)
    for i in range(size):
        order[i] = places[i]
    for i in range(size - 1, 0, -1):
        j = int(u[i] * (i + 1))
        order[i], order[j] = order[j], order[i]


@kernel
def _allocate(one_by_one, in_blocks, places, arms, each_arm, seed, streams, first_replicate, entry, stratum, out):  # type: ignore[no-untyped-def]
    replicates, participants = entry.shape
    size, strata = places.shape[0], streams.shape[0]
    orders = np.empty((strata, size), dtype=np.int8)
    u = np.empty(size + 3)
    used = np.empty(strata, dtype=np.int64)  # places used in the current block
    number = np.empty(strata, dtype=np.uint64)  # of the next block
    tries = np.empty(1, dtype=np.int64)  # of simple allocation
    filled = np.empty(arms, dtype=np.int64)
    for r in range(replicates):
        for s in range(strata):
            used[s], number[s] = size, 0
        for k in range(arms):
            filled[k] = 0
        full = 0
        tries[0] = 0
        for n in range(participants):
            if entry[r, n] < 0 or full == arms:
                continue
            s = stratum[r, n]
            while True:
                if one_by_one:
                    u[0] = uniform(seed, streams[0], tries[0], np.uint64(0), first_replicate + np.uint64(r))
                    arm = places[int(u[0] * size)]
                    tries[0] += 1
                else:
                    if used[s] == size:
                        used[s] = 0
                        if in_blocks:
                            _shuffle(places, orders[s], u, seed, streams[s], number[s], first_replicate + np.uint64(r))
                            number[s] += 1
                    arm = orders[s, used[s]] if in_blocks else places[used[s]]
                    used[s] += 1
                if each_arm == 0 or filled[arm] < each_arm:
                    break
            filled[arm] += 1
            if filled[arm] == each_arm:
                full += 1
            out[r, n] = arm
