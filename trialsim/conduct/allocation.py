"""Allocation of participants to arms: in turn, simple, permuted blocks, stratified, any ratio."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trialsim.compiled import kernel
from trialsim.conduct.family import in_families
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
    nowhere = np.empty((0, 0), dtype=np.int64)
    _allocate(
        method.one_by_one, method.by_places, method.blocks, places, _targets(plan), np.uint64(seed),
        plan.stratum_streams, np.uint64(replicates.start), entry[rows], stratum[rows], out[rows], nowhere,
    )  # fmt: skip
    if alike:
        out[1:] = out[0]
    return out


def blocks_of(
    plan: ConductPlan,
    entry: NDArray[np.int64],
    stratum: NDArray[np.int16],
    *,
    seed: int,
    replicate: int,
    family: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """(N,) the number of each participant's block within the stratum, from 1; 0 where there is none.

    ``entry``, ``stratum`` and ``family`` (N,) are those of one trial.
    """
    together = family is not None and plan.family is not None and plan.family.together
    if together and family is not None:
        entry, stratum = (in_families(one[None], family[None], empty)[0] for one, empty in ((entry, -1), (stratum, 0)))
    method, out = METHOD[plan.method], np.zeros((1, len(entry)), dtype=np.int64)
    if method.blocks:
        _allocate(
            method.one_by_one, method.by_places, method.blocks, places_in_block(plan.ratio, plan.block), _targets(plan),
            np.uint64(seed), plan.stratum_streams, np.uint64(replicate), entry[None], stratum[None],
            np.full((1, len(entry)), -1, dtype=np.int8), out,
        )  # fmt: skip
    return np.asarray(out[0][family] if together else out[0])


def _targets(plan: ConductPlan) -> NDArray[np.int64]:
    """(K,) the number at which each arm closes, 0 where none does."""
    return np.array(plan.targets or (0,) * len(plan.arms), dtype=np.int64)


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
def _allocate(  # type: ignore[no-untyped-def]
    one_by_one, by_places, in_blocks, places, targets, seed, streams, first_replicate, entry, stratum, out, blocks
):
    """Fill ``out`` (R, N) with arms, and ``blocks`` (R, N), unless it is empty, with numbers of blocks."""
    replicates, participants = entry.shape
    arms, wanted = targets.shape[0], targets.sum()
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
                if by_places:
                    u[0] = uniform(seed, streams[0], tries[0], np.uint64(0), first_replicate + np.uint64(r))
                    place = int(u[0] * (wanted - filled.sum()))
                    arm = 0
                    while place >= targets[arm] - filled[arm]:
                        place -= targets[arm] - filled[arm]
                        arm += 1
                    tries[0] += 1
                elif one_by_one:
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
                if targets[arm] == 0 or filled[arm] < targets[arm]:
                    break
            filled[arm] += 1
            if filled[arm] == targets[arm]:
                full += 1
            out[r, n] = arm
            if in_blocks and blocks.shape[0] > 0:
                blocks[r, n] = number[s]
