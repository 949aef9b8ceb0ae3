"""Into which arm each participant goes: in turn, simple, permuted blocks, stratified, any ratio."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trialsim.compiled import kernel
from trialsim.conduct.plan import METHODS, ConductPlan
from trialsim.draws import uniform


def places_in_block(ratio: tuple[int, ...], block: int) -> NDArray[np.int8]:
    """The arms of one block before it is shuffled: 1:1:1 in turn, 2:1 as 0 0 1."""
    once = [arm for arm, share in enumerate(ratio) for _ in range(share)]
    return np.array(once * (block // len(once)), dtype=np.int8)


def allocate(
    plan: ConductPlan, entry: NDArray[np.int64], stratum: NDArray[np.int16], *, seed: int, replicates: range
) -> NDArray[np.int8]:
    """Arms (R, N) of the enrolled, -1 for empty places.

    A block is addressed by its stratum and number, so it is the same whatever comes before. An arm that has its own
    target is closed: its remaining places are passed over.
    """
    size = plan.block if plan.method == "permuted blocks" else sum(plan.ratio)
    out = np.full(entry.shape, -1, dtype=np.int8)
    _allocate(
        METHODS.index(plan.method), places_in_block(plan.ratio, size), len(plan.arms), plan.each_arm, np.uint64(seed),
        plan.stratum_streams, np.uint64(replicates.start), entry, stratum, out,
    )  # fmt: skip
    return out


@kernel
def _shuffle(places, order, seed, stream, number, replicate):  # type: ignore[no-untyped-def]
    """Write block ``number`` of a stratum into ``order`` (Fisher and Yates, one draw a place)."""
    size = places.shape[0]
    for i in range(size):
        order[i] = places[i]
    for i in range(size - 1, 0, -1):
        j = int(uniform(seed, stream, i, number, replicate) * (i + 1))
        order[i], order[j] = order[j], order[i]


@kernel
def _allocate(method, places, arms, each_arm, seed, streams, first_replicate, entry, stratum, out):  # type: ignore[no-untyped-def]
    replicates, participants = entry.shape
    size, strata = places.shape[0], streams.shape[0]
    orders = np.empty((strata, size), dtype=np.int8)
    used = np.empty(strata, dtype=np.int64)
    filled = np.empty(arms, dtype=np.int64)
    for r in range(replicates):
        used[:] = 0
        filled[:] = 0
        full = 0
        tries = 0
        for n in range(participants):
            if entry[r, n] < 0 or (each_arm > 0 and full == arms):
                continue
            s = stratum[r, n]
            while True:
                if method == 0:
                    arm = places[used[0] % size]
                    used[0] += 1
                elif method == 1:
                    arm = places[int(uniform(seed, streams[0], tries, 0, first_replicate + r) * size)]
                    tries += 1
                else:
                    if used[s] % size == 0:
                        _shuffle(places, orders[s], seed, streams[s], used[s] // size, first_replicate + r)
                    arm = orders[s, used[s] % size]
                    used[s] += 1
                if each_arm == 0 or filled[arm] < each_arm:
                    break
            filled[arm] += 1
            if filled[arm] == each_arm:
                full += 1
            out[r, n] = arm
