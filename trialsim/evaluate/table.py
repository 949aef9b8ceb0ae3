"""From moments to the table of operating characteristics: one measure a row, each with its Monte Carlo error."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from trialsim.evaluate.moments import ColumnMoments

#: Above this share of failed replicates a power is shown as bounds.
FAILED_LIMIT = 0.05

#: Two-sided 95 % point of the normal distribution.
Z95 = 1.959963984540054

#: The probability outside a 95 % interval on each side.
TAIL = 0.025

#: Means over trials of a share of participants. Where all trials agree on none or all, their number bounds the mean as it
#: bounds the share of trials that differ.
MEAN_SHARES = ("missed_share", "left_while_waiting_share", "missing_share")

TABLE_COLUMNS = (
    "analysis",
    "contrast",
    "measure",
    "value",
    "mcse",
    "conf_low",
    "conf_high",
    "n_replicates",
    "n_failed",
)

Kind = Literal["decision", "share", "mean", "occurrence", "estimate", "variance", "relative", "ratio"]


@dataclass(frozen=True)
class MeasureColumn:
    """The kind of one number per replicate.

    ``kind``: ``decision`` 0 or 1, a rejection whose failed replicates give bounds; ``share`` 0 or 1; ``mean`` any
    number; ``occurrence`` a number that has no row where it is 0 in every replicate; ``estimate`` gives its mean and
    its empirical standard error; ``variance`` a square, shown as the root of its mean; ``relative`` and ``ratio``
    a difference from a constant, or a number, in units of that constant. ``blur`` is the standard error of a constant
    that the numbers were made with: of itself, and for ``relative`` and ``ratio`` as a share of the constant. Where
    ``conditional``, only replicates with a number are of interest, and the others have not failed.
    """

    analysis: str
    contrast: str
    measure: str
    kind: Kind
    blur: float = 0.0
    conditional: bool = False


@dataclass(frozen=True)
class Measure:
    """One row of the table."""

    analysis: str
    contrast: str
    measure: str
    value: float
    mcse: float
    conf_low: float
    conf_high: float
    n_replicates: int
    n_failed: int


def wilson(successes: float, n: float, *, z: float = Z95) -> tuple[float, float]:
    """Wilson's interval of a proportion, of 95 % unless another quantile ``z`` is given.

    >>> low, high = wilson(0.774 * 1600, 1600)
    >>> round(low, 3), round(high, 3)
    (0.753, 0.794)
    """
    if n <= 0:
        return math.nan, math.nan
    share, z2 = successes / n, z**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = z / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def share_interval(successes: float, n: float) -> tuple[float, float]:
    """95 % interval of a proportion: Wilson's, and for none or all of n that of Clopper and Pearson.

    The chance of n successes in n is p^n, so p is at least .025^(1/n).

    References
    ----------
    Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404.

    >>> share_interval(1000, 1000)[0] == 0.025 ** (1 / 1000), share_interval(0, 0)
    (True, (nan, nan))
    """
    if n > 0 and successes <= 0:
        return 0.0, 1 - TAIL ** (1 / n)
    if n > 0 and successes >= n:
        return TAIL ** (1 / n), 1.0
    return wilson(successes, n)


def measures(columns: Sequence[MeasureColumn], moments: ColumnMoments) -> list[Measure]:
    """The rows of the table, in the order of ``columns``; columns without any number give no row.

    References
    ----------
    Monte Carlo standard errors: Morris, White and Crowther 2019, doi:10.1002/sim.8086, table 6.
    """
    rows: list[Measure] = []
    for index, column in enumerate(columns):
        one = _Summary(
            total=round(moments.n[index]) if column.conditional else moments.replicates,
            n=float(moments.n[index]),
            mean=float(moments.mean[index]),
            sd=float(moments.sd[index]),
        )
        if column.kind == "occurrence" and one.mean == 0.0 and not one.sd > 0.0:
            continue
        if one.n > 0 or column.kind == "decision":
            rows.extend(_rows(column, one))
    return rows


def side_by_side(rows: Sequence[Measure], *, last: str) -> list[Measure]:
    """Rows of one analysis and contrast together, in the order in which these appear; those of analysis ``last`` at the end."""
    places: dict[tuple[str, str], int] = {}
    for row in rows:
        if row.analysis != last:
            places.setdefault((row.analysis, row.contrast), len(places))
    return sorted(rows, key=lambda row: places.get((row.analysis, row.contrast), len(places)))


@dataclass(frozen=True)
class _Summary:
    total: int
    n: float
    mean: float
    sd: float

    @property
    def failed(self) -> int:
        return round(self.total - self.n)


def _rows(column: MeasureColumn, one: _Summary) -> Iterator[Measure]:
    if column.kind in ("decision", "share"):
        yield from _share_rows(column, one)
    elif column.kind == "variance":
        yield _root_mean(column, one)
    else:
        yield _mean(column, one)
        if column.kind == "estimate" and one.n > 1:
            mcse = one.sd / math.sqrt(2 * (one.n - 1))
            name = column.measure.replace("mean_estimate", "empirical_se")
            yield _normal(column, one, name, one.sd, mcse)


def _share_rows(column: MeasureColumn, one: _Summary) -> Iterator[Measure]:
    successes = one.mean * one.n
    if column.kind == "decision" and one.failed > FAILED_LIMIT * one.total:
        yield _share(column, one, column.measure + "_low", successes, one.total)
        yield _share(column, one, column.measure + "_high", successes + one.failed, one.total)
    else:
        yield _share(column, one, column.measure, successes, one.n)


def _share(column: MeasureColumn, one: _Summary, name: str, successes: float, n: float) -> Measure:
    share = successes / n
    low, high = share_interval(successes, n)
    mcse = math.sqrt(max(share * (1 - share), 0.0) / n)
    return Measure(
        column.analysis,
        column.contrast,
        name,
        share,
        mcse,
        low,
        high,
        one.total,
        one.failed,
    )


def _mean(column: MeasureColumn, one: _Summary) -> Measure:
    blur = column.blur * {"relative": abs(1.0 + one.mean), "ratio": abs(one.mean)}.get(column.kind, 1.0)
    found = _normal(column, one, column.measure, one.mean, math.hypot(one.sd / math.sqrt(one.n), blur))
    if column.measure.startswith(MEAN_SHARES) and found.value in (0.0, 1.0) and not one.sd > 0.0:
        low, high = share_interval(found.value * one.n, one.n)
        return replace(found, conf_low=low, conf_high=high)
    return found


def _root_mean(column: MeasureColumn, one: _Summary) -> Measure:
    """Root of a mean square: of standard errors, which the empirical one is compared with, or of errors."""
    root = math.sqrt(one.mean)
    mcse = one.sd / math.sqrt(4 * one.n) / root if root > 0 else math.nan
    return _normal(column, one, column.measure, root, math.hypot(mcse, column.blur))


def _normal(column: MeasureColumn, one: _Summary, name: str, value: float, mcse: float) -> Measure:
    return Measure(
        column.analysis, column.contrast, name, value, mcse,
        value - Z95 * mcse, value + Z95 * mcse, one.total, one.failed,
    )  # fmt: skip
