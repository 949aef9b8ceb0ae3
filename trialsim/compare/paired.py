"""Differences between two designs simulated with the same draws, and the precision gained by pairing.

Numbers of replicates are added up in groups of replicates, in the order of the replicates; so neither chunks nor
workers change a digit, and memory does not grow with the number of replicates.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.compiled import kernel
from trialsim.evaluate.moments import ColumnMoments, merge
from trialsim.evaluate.table import FAILED_LIMIT, Z95, MeasureColumn

Floats = NDArray[np.float64]

#: Groups of the jackknife: a replicate belongs to the group of its number modulo this.
GROUPS = 200


class GroupedMoments:
    """Moments of M columns in groups of replicates; NaN entries are not counted.

    Attributes
    ----------
    n, mean, squares : (G, M) counts, means and sums of squared deviations
    replicates : (G,) number of replicates, including failed ones
    """

    def __init__(self, columns: int) -> None:
        self.n, self.mean, self.squares = (np.zeros((GROUPS, columns)) for _ in range(3))
        self.replicates = np.zeros(GROUPS)

    def add(self, values: Floats, start: int) -> None:
        """Add replicates ``start``, ``start + 1``, ... with their (R, M) values."""
        _add(np.ascontiguousarray(values), start, self.n, self.mean, self.squares)
        np.add.at(self.replicates, (start + np.arange(len(values))) % GROUPS, 1)

    def used(self) -> NDArray[np.int64]:
        """Groups with at least one replicate."""
        return np.flatnonzero(self.replicates > 0)

    def total(self) -> ColumnMoments:
        """All groups together."""
        return merge(
            ColumnMoments(int(self.replicates[g]), self.n[g], self.mean[g], self.squares[g])
            for g in self.used().tolist()
        )


@kernel
def _add(values: Floats, start: int, n: Floats, mean: Floats, squares: Floats) -> None:
    """One replicate after another into its group (Welford 1962, doi:10.1080/00401706.1962.10490022)."""
    groups = n.shape[0]
    for r in range(values.shape[0]):
        g = (start + r) % groups
        for m in range(values.shape[1]):
            x = values[r, m]
            if x == x:
                n[g, m] += 1.0
                gap = x - mean[g, m]
                mean[g, m] += gap / n[g, m]
                squares[g, m] += gap * (x - mean[g, m])


@dataclass(frozen=True)
class Difference:
    """One row of a comparison: scenario ``b`` minus baseline ``a``.

    Attributes
    ----------
    scenario : label of the design that is compared with the baseline
    mcse : Monte Carlo standard error of the difference; ``mcse_unpaired`` what it would be with independent draws
    saved : share of the variance that pairing removed; NaN if neither side varies
    conf_low, conf_high : 95 % interval of the difference
    n : replicates simulated by both
    """

    scenario: str
    measure: str
    analysis: str
    contrast: str
    a: float
    b: float
    difference: float
    mcse: float
    mcse_unpaired: float
    saved: float
    conf_low: float
    conf_high: float
    n: int


COLUMNS = (
    "scenario", "measure", "analysis", "contrast", "a", "b", "difference", "mcse", "mcse_unpaired", "saved",
    "conf_low", "conf_high", "n",
)  # fmt: skip


def widened(columns: Sequence[MeasureColumn]) -> list[MeasureColumn]:
    """The columns, then both bounds of every decision: failed replicates as not rejecting, and as rejecting."""
    decisions = [column for column in columns if column.kind == "decision"]
    return [
        *columns,
        *(MeasureColumn(one.analysis, one.contrast, one.measure + "_low", "share") for one in decisions),
        *(MeasureColumn(one.analysis, one.contrast, one.measure + "_high", "share") for one in decisions),
    ]


def widen(columns: Sequence[MeasureColumn], values: Floats) -> Floats:
    """(R, M) values with the bounds that :func:`widened` names."""
    decisions = [index for index, column in enumerate(columns) if column.kind == "decision"]
    decided = values[:, decisions]
    return np.concatenate([values, np.nan_to_num(decided, nan=0.0), np.nan_to_num(decided, nan=1.0)], axis=1)


def key(column: MeasureColumn) -> tuple[str, str, str]:
    """The key that identifies a column in two scenarios."""
    return column.analysis, column.contrast, column.measure


class DesignPair:
    """A baseline and another scenario, replicate by replicate.

    ``a`` and ``b`` are their moments; ``both`` holds, for the common columns, the baseline, the other and their
    difference in replicates in which both have a number.
    """

    def __init__(self, columns_a: Sequence[MeasureColumn], columns_b: Sequence[MeasureColumn]) -> None:
        places = {key(column): index for index, column in enumerate(columns_b)}
        self.common = [
            (index, places[key(column)], column) for index, column in enumerate(columns_a) if key(column) in places
        ]
        self.in_a = [index for index, _, _ in self.common]
        self.in_b = [index for _, index, _ in self.common]
        self.both = GroupedMoments(3 * len(self.common))

    def add(self, a: Floats, b: Floats, start: int) -> None:
        """The same replicates of both, (R, M of a) and (R, M of b)."""
        x, y = a[:, self.in_a], b[:, self.in_b]
        gone = np.isnan(x) | np.isnan(y)
        parts = [np.where(gone, np.nan, part) for part in (x, y, y - x)]
        self.both.add(np.concatenate(parts, axis=1), start)


@dataclass(frozen=True)
class _Column:
    """One common column by group: (G,) arrays of each side, and moments of the pairs."""

    column: MeasureColumn
    a: ColumnMoments
    b: ColumnMoments
    groups_a: tuple[Floats, Floats, Floats]
    groups_b: tuple[Floats, Floats, Floats]
    pairs: float
    mean_a: float
    mean_b: float
    squares_a: float
    squares_b: float
    squares_d: float
    paired: bool
    same: bool


def differences(
    label: str, pair: DesignPair, a: GroupedMoments, b: GroupedMoments, *, paired: bool = True, same: bool = False
) -> Iterator[Difference]:
    """The rows of a comparison, in the order of the baseline's columns.

    Parameters
    ----------
    paired : whether both sides were simulated with the same draws
    same : whether both sides are the same study, so that every difference is exactly 0
    """
    total_a, total_b, both = a.total(), b.total(), pair.both.total() if paired else None
    used = a.used()
    bounded = _bounded(pair, total_a, total_b)
    width = len(pair.common)
    for place, (i, j, column) in enumerate(pair.common):
        one_a, one_b = _one(total_a, i), _one(total_b, j)
        if not _shown(column, one_a, one_b, bounded):
            continue
        d = place + 2 * width
        yield from _rows(
            label,
            _Column(
                column, one_a, one_b,
                (a.n[used, i], a.mean[used, i], a.squares[used, i]),
                (b.n[used, j], b.mean[used, j], b.squares[used, j]),
                pairs=float(both.n[place]) if both is not None else 0.0,
                mean_a=float(both.mean[place]) if both is not None else 0.0,
                mean_b=float(both.mean[place + width]) if both is not None else 0.0,
                squares_a=float(both.squares[place]) if both is not None else 0.0,
                squares_b=float(both.squares[place + width]) if both is not None else 0.0,
                squares_d=float(both.squares[d]) if both is not None else 0.0,
                paired=paired, same=same,
            ),
        )  # fmt: skip


def _one(moments: ColumnMoments, index: int) -> ColumnMoments:
    return ColumnMoments(
        moments.replicates, moments.n[index : index + 1], moments.mean[index : index + 1],
        moments.squares[index : index + 1],
    )  # fmt: skip


def _bounded(pair: DesignPair, a: ColumnMoments, b: ColumnMoments) -> set[tuple[str, str, str]]:
    """Decisions shown as bounds, because too many replicates of one side failed."""
    return {
        key(column)
        for i, j, column in pair.common
        if column.kind == "decision"
        and (a.failed[i] > FAILED_LIMIT * a.replicates or b.failed[j] > FAILED_LIMIT * b.replicates)
    }


def _shown(column: MeasureColumn, a: ColumnMoments, b: ColumnMoments, bounded: set[tuple[str, str, str]]) -> bool:
    if a.n[0] == 0 or b.n[0] == 0:
        return False
    for end in ("_low", "_high"):
        if column.kind == "share" and column.measure.endswith(end):
            whole = (column.analysis, column.contrast, column.measure.removesuffix(end))
            return whole in bounded
    if column.kind == "decision":
        return key(column) not in bounded
    nothing = a.mean[0] == b.mean[0] == 0.0 and a.squares[0] == b.squares[0] == 0.0
    return not (column.kind == "occurrence" and nothing)


def _rows(label: str, one: _Column) -> Iterator[Difference]:
    if one.column.kind == "variance":
        yield _of_groups(label, one, one.column.measure, root=True)
        return
    yield _of_means(label, one)
    if one.column.kind == "estimate":
        name = one.column.measure.replace("mean_estimate", "empirical_se")
        if min(one.a.n[0], one.b.n[0]) > 1:
            yield _of_groups(label, one, name, root=False)


# ---------------------------------------------------------------- means


def _of_means(label: str, one: _Column) -> Difference:
    """A difference of means. With complete pairs its error is that of the mean paired difference."""
    na, nb = float(one.a.n[0]), float(one.b.n[0])
    a, b = float(one.a.mean[0]), float(one.b.mean[0])
    shares = one.column.kind in ("decision", "share")
    if shares:  # whole numbers of trials
        a, b = round(a * na) / na, round(b * nb) / nb
    alone = math.sqrt(_variance_of_mean(one.a) + _variance_of_mean(one.b))
    mcse = alone
    if one.paired and one.pairs > 1:
        mcse = (
            math.sqrt(one.squares_d / (one.pairs - 1) / one.pairs)
            if one.pairs == na == nb
            else _with_gaps(one, na, nb, a, b)
        )
    low, high = b - a - Z95 * mcse, b - a + Z95 * mcse
    if shares and one.paired and one.pairs == na == nb and not one.same:
        low, high = paired_interval(b - a, one.squares_d + na * (b - a) ** 2, na)
    return _difference(label, one, one.column.measure, a, b, mcse, alone, (low, high))


def _variance_of_mean(one: ColumnMoments) -> float:
    n = float(one.n[0])
    return float(one.squares[0]) / (n - 1) / n if n > 1 else math.nan


def _with_gaps(one: _Column, na: float, nb: float, a: float, b: float) -> float:
    """The error if some replicates lack a number on one side: sum of squared influences of the replicates.

    A replicate changes the difference by (y - mean b) / nb - (x - mean a) / na, if it has these numbers.
    """
    products = (one.squares_a + one.squares_b - one.squares_d) / 2 + one.pairs * (one.mean_a - a) * (one.mean_b - b)
    squares = float(one.a.squares[0]) / na**2 + float(one.b.squares[0]) / nb**2 - 2 * products / (na * nb)
    total = float(max(one.a.replicates, one.b.replicates))
    return math.sqrt(max(squares, 0.0) * total / (total - 1))


def paired_interval(difference: float, discordant: float, n: float) -> tuple[float, float]:
    """95 % interval of the difference of two shares of the same n trials, of which ``discordant`` differ.

    References
    ----------
    Bonett and Price 2012, J Educ Behav Stat 37:479, doi:10.3102/1076998611411915, equation 8.

    >>> low, high = paired_interval(0.0, 0.0, 100)
    >>> round(low, 3), round(high, 3)
    (-0.027, 0.027)
    """
    more, less = (discordant + n * difference) / 2, (discordant - n * difference) / 2
    p, q = (more + 1) / (n + 2), (less + 1) / (n + 2)
    half = Z95 * math.sqrt((p + q - (p - q) ** 2) / (n + 2))
    return max(p - q - half, -1.0), min(p - q + half, 1.0)


# ---------------------------------------------------------------- measures other than means


def _of_groups(label: str, one: _Column, measure: str, *, root: bool) -> Difference:
    """A difference of standard deviations, or of roots of mean squares, by the jackknife over groups of replicates."""
    size = _root_mean if root else _spread
    a, b = (float(size(m.n, m.mean, m.squares)[0]) for m in (one.a, one.b))
    without_a = size(*_leave_out(one.a, one.groups_a))
    without_b = size(*_leave_out(one.b, one.groups_b))
    alone = math.hypot(jackknife(without_a), jackknife(without_b))
    mcse = jackknife(without_b - without_a) if one.paired else alone
    limits = (b - a - Z95 * mcse, b - a + Z95 * mcse)
    return _difference(label, one, measure, a, b, mcse, alone, limits)


def _spread(n: Floats, mean: Floats, squares: Floats) -> Floats:  # noqa: ARG001  # one signature for both
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.sqrt(np.maximum(squares, 0.0) / (n - 1)))


def _root_mean(n: Floats, mean: Floats, squares: Floats) -> Floats:  # noqa: ARG001  # one signature for both
    with np.errstate(invalid="ignore"):
        return np.asarray(np.sqrt(mean))


def _leave_out(total: ColumnMoments, groups: tuple[Floats, Floats, Floats]) -> tuple[Floats, Floats, Floats]:
    """(G,) moments of all replicates except one group."""
    n, mean, squares = groups
    rest = total.n[0] - n
    with np.errstate(invalid="ignore", divide="ignore"):
        left = (total.n[0] * total.mean[0] - n * mean) / rest
        gap = mean - left
        return rest, left, total.squares[0] - squares - gap * gap * n * rest / total.n[0]


def jackknife(without: Floats) -> float:
    """Standard error from (G,) values, each without one group.

    References
    ----------
    Efron and Tibshirani 1993, An Introduction to the Bootstrap, equation 11.5, with groups in place of observations.
    """
    groups = len(without)
    if groups < 2:
        return math.nan
    return float(math.sqrt((groups - 1) / groups * float(((without - without.mean()) ** 2).sum())))


def _difference(
    label: str,
    one: _Column,
    measure: str,
    a: float,
    b: float,
    mcse: float,
    alone: float,
    limits: tuple[float, float],
) -> Difference:
    saved = 1 - (mcse / alone) ** 2 if alone > 0 else math.nan
    n = int(one.pairs) if one.paired else int(min(one.a.n[0], one.b.n[0]))
    return Difference(
        label, measure, one.column.analysis, one.column.contrast, a, b, b - a, mcse, alone,
        saved if one.paired else math.nan, *limits, n,
    )  # fmt: skip
