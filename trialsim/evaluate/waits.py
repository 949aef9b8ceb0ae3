"""Waits for staff over all trials: the wait that 95 % of those served do not exceed, and how well it is known.

The mean of the 95 % points of single trials is a different number: in a trial with six served it is the longest of six waits,
and if trials differ the mean hides the bad ones. So all waits are counted, each tick separately. A point of the
distribution and its error need three sums at each wait, all of whole numbers: chunks and workers change nothing, and memory
grows with the number of different waits alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from trialsim.evaluate.moments import BLOCK
from trialsim.evaluate.summaries import MINUTE, TRIAL
from trialsim.evaluate.table import Z95, Measure, wilson

if TYPE_CHECKING:
    from trialsim.cohort import Cohort
    from trialsim.prepared import Study

Ints = NDArray[np.int64]

#: The measure, and the one that it follows in the table.
P95, MEAN = "wait_p95_minutes", "wait_mean_minutes"

#: The share of waits that do not exceed the point, as a fraction of whole numbers.
PART, WHOLE = 95, 100

LONGEST_KEPT = np.iinfo(np.int32).max  # 68 years

FIRST_NEED = 40  # bits of a key below the number of the need


@dataclass(frozen=True)
class Waits:
    """Waits of those served, counted over trials; a row of ``sums`` is one wait of one need.

    With e the number in a trial who waited at least so long, and n the number served in it, sums of e, e^2 and e n over
    trials are the sums of rows from that wait upwards.

    Attributes
    ----------
    keys : (W,) need << 40 | wait [ticks], rising
    sums : (W, 3) by how much the sums of e, e^2 and e n grow at this wait
    trials, served, squares : (H,) trials with n > 0, and sums of n and n^2
    """

    keys: Ints
    sums: Ints
    trials: Ints
    served: Ints
    squares: Ints


def waits_of(cohort: Cohort) -> NDArray[np.int32]:
    """(R, N, H) wait of each participant for each need [ticks], -1 where not served; H is 0 without a ward."""
    if cohort.trace is None:
        return np.zeros((*cohort.entries.arm.shape, 0), dtype=np.int32)
    return np.minimum(cohort.trace.hold_wait, LONGEST_KEPT).astype(np.int32)


def count_waits(wait: NDArray[np.int32]) -> Waits:
    """Count waits (R, N, H), -1 for those who were not served; few trials at a time, to take little memory."""
    return AllWaits(_count(wait[start : start + BLOCK]) for start in range(0, len(wait), BLOCK)).total()


def _count(wait: NDArray[np.int32]) -> Waits:
    participants, needs = wait.shape[1:]
    ordered = np.sort(wait.transpose(2, 0, 1), axis=2).astype(np.int64)  # (H, R, N)
    there = ordered >= 0
    n = there.sum(axis=2)
    rank = participants - np.arange(participants)  # 1 for the longest
    need = np.arange(needs)[:, None, None] << FIRST_NEED
    each = np.broadcast_arrays(need | ordered, np.int64(1), 2 * rank - 1, n[:, :, None])
    keys, *parts = (part[there] for part in each)
    served, squares = n.sum(axis=1), (n * n).sum(axis=1)
    return Waits(*_summed(keys, np.stack(parts, axis=1)), (n > 0).sum(axis=1), served, squares)


def _summed(keys: Ints, sums: Ints) -> tuple[Ints, Ints]:
    """Rows with the same key, joined, in ascending order."""
    if not len(keys):
        return keys, sums
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    return keys[first], np.add.reduceat(sums[order], first, axis=0)


class AllWaits:
    """Waits of parts of a simulation, added up; the order of the parts does not matter."""

    def __init__(self, parts: Iterable[Waits] = ()) -> None:
        self._parts: list[Waits] = []
        for part in parts:
            self.add(part)

    def add(self, part: Waits) -> None:
        """Add a part. Parts are joined when they are of like size, so that each row is moved only a few times."""
        self._parts.append(part)
        while len(self._parts) > 1 and 2 * len(self._parts[-1].keys) >= len(self._parts[-2].keys):
            self._parts.append(_join(self._parts.pop(), self._parts.pop()))

    def total(self) -> Waits:
        """The total of all parts."""
        while len(self._parts) > 1:
            self._parts.append(_join(self._parts.pop(), self._parts.pop()))
        return self._parts[0]


def _join(a: Waits, b: Waits) -> Waits:
    rows = _summed(np.concatenate([a.keys, b.keys]), np.concatenate([a.sums, b.sums]))
    return Waits(*rows, a.trials + b.trials, a.served + b.served, a.squares + b.squares)


def wait_measures(study: Study, waits: Waits, replicates: int) -> list[Measure]:
    """The 95 % point of the waits for each need [min]; no row for a need for which nobody was ever served."""
    if study.program is None:
        return []
    found = []
    for need, hold in enumerate(study.program.holds):
        if waits.served[need]:
            value, low, high = (ticks / MINUTE for ticks in point(waits, need))
            failed = replicates - int(waits.trials[need])
            mcse = (high - low) / (2 * Z95)
            found.append(Measure(TRIAL, hold.name, P95, value, mcse, low, high, replicates, failed))
    return found


def point(waits: Waits, need: int) -> tuple[int, int, int]:
    """The smallest wait [ticks] that 95 % of those served do not exceed, and a 95 % interval.

    The share of waits beyond a wait is a ratio of two sums over trials, whose error follows from trials as independent
    clusters; the interval of the share at the point (of the larger error just below and at it, as waits have ties) is
    carried over to waits by the distribution itself.

    References
    ----------
    Woodruff 1952, doi:10.1080/01621459.1952.10483443; ratio of sums: Cochran 1977, Sampling Techniques, equation 6.4.
    """
    here = slice(*np.searchsorted(waits.keys, np.array([need, need + 1]) << FIRST_NEED))
    ticks = waits.keys[here] & ((1 << FIRST_NEED) - 1)
    beyond = np.cumsum(waits.sums[here][::-1], axis=0)[::-1]  # at each wait: sums over trials of e, e^2, e n
    beyond = np.concatenate([beyond, np.zeros((1, 3), dtype=np.int64)])
    served, squares, trials = (int(one[need]) for one in (waits.served, waits.squares, waits.trials))
    reached = served - beyond[1:, 0]  # waits up to each
    at = int(np.searchsorted(WHOLE * reached, PART * served))
    error = max(_share_error(beyond[i], served, squares, trials) for i in (at, at + 1))
    share = PART / WHOLE
    effective = share * (1 - share) / error**2 if error > 0 else float(trials)
    ends = (np.searchsorted(reached, limit * served) for limit in wilson(share * effective, effective))
    low, high = (int(ticks[min(int(end), len(ticks) - 1)]) for end in ends)
    return int(ticks[at]), min(low, int(ticks[at])), max(high, int(ticks[at]))


def _share_error(sums: Ints, served: int, squares: int, trials: int) -> float:
    """Standard error of sum e / sum n over independent trials, from the ``sums`` of e, e^2 and e n; 0 for one trial."""
    if trials < 2:
        return 0.0
    e, ee, en = (int(one) for one in sums)
    share = e / served
    around = ee - 2 * share * en + share * share * squares
    return math.sqrt(max(around, 0.0) * trials / (trials - 1)) / served


class _Row(Protocol):
    @property
    def contrast(self) -> str: ...
    @property
    def measure(self) -> str: ...


Row = TypeVar("Row", bound=_Row)


def behind_means(rows: Iterable[Row], points: Iterable[Row]) -> list[Row]:
    """``rows`` with each of ``points`` after the mean wait for the same need."""
    known = {one.contrast: one for one in points}
    placed: list[Row] = []
    for row in rows:
        placed.append(row)
        if row.measure == MEAN and row.contrast in known:
            placed.append(known[row.contrast])
    return placed
