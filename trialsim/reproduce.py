"""Where each published figure or finding falls among simulated trials of the same study."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.estimates import Estimates
from trialsim.engine import Engine
from trialsim.evaluate.table import share_interval
from trialsim.prepared import Study
from trialsim.quantities.words import p_bound
from trialsim.scenario.model import Published
from trialsim.study import evaluate

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Placement:
    """One published figure among the simulated ones.

    ``kind`` is a figure (mean, low, high, p, n) or a finding. For a figure ``share`` is the share of simulated trials
    with a smaller value, and the median and the range of 95 % are of the simulated values; for a finding it is the
    share of simulated trials that would report the same. ``share`` has its Monte Carlo standard error.
    """

    source: str
    reading: str
    analysis: str
    contrast: str
    kind: str
    published: str
    median: float
    low: float
    high: float
    share: float
    mcse: float
    conf_low: float
    conf_high: float
    n: int


def reproduce(study: Study, *, replicates: int, engine: Engine = "fast", workers: int | None = None) -> list[Placement]:
    """Play the published study and place what it reported."""
    parts: list[Estimates] = []
    evaluate(study, replicates=replicates, engine=engine, workers=workers, sink=parts.append)
    return [placed for told in study.scenario.published for placed in _place(study, told, parts)]


def _column(parts: list[Estimates], name: str, row: int) -> Floats:
    """(R,) one number of the declared twin over all chunks."""
    return np.concatenate([np.asarray(getattr(part, name)[0, :, row], dtype=np.float64) for part in parts])


def _row(study: Study, told: Published) -> int:
    rows = study.analysis.rows
    for index, row in enumerate(rows):
        if row.analysis == told.analysis and (told.contrast == row.contrast if told.contrast else row.main):
            return index
    raise KeyError((told.analysis, told.contrast))


def _place(study: Study, told: Published, parts: list[Estimates]) -> Iterator[Placement]:
    index = _row(study, told)
    row = study.analysis.rows[index]
    ok = _column(parts, "status", index) == 0
    named = (told.source, told.reading or "", told.analysis, row.contrast)
    figures: list[tuple[str, float, str]] = []
    if told.n is not None:
        figures.append(("n", float(told.n), "n"))
    if told.mean is not None:
        figures.append(("mean", told.mean.value, "estimate"))
    if told.ci95 is not None:
        figures += [("interval from", told.ci95[0].value, "low"), ("interval to", told.ci95[1].value, "high")]
    if told.p is not None:
        figures.append(("p", p_bound(told.p), "p"))
    for kind, value, name in figures:
        placed = _figure(named, kind, value, _column(parts, name, index)[ok])
        yield replace(placed, published=told.p) if kind == "p" and isinstance(told.p, str) else placed
    if told.finding is not None:
        yield _finding(named, told.finding, study, index, parts)


def _written(value: float) -> str:
    """A published number to four digits, never as a power of ten."""
    return np.format_float_positional(value, precision=4, unique=False, fractional=False, trim="-")


def _figure(named: tuple[str, str, str, str], kind: str, value: float, simulated: Floats) -> Placement:
    known = simulated[np.isfinite(simulated)]
    n = len(known)
    if n == 0:
        nan = math.nan
        return Placement(*named, kind, _written(value), nan, nan, nan, nan, nan, nan, nan, 0)
    below = float((known < value).sum() + (known == value).sum() / 2)
    low, median, high = np.quantile(known, [0.025, 0.5, 0.975])
    share = below / n
    error = math.sqrt(share * (1 - share) / n)
    return Placement(*named, kind, _written(value), median, low, high, share, error, *share_interval(below, n), n)


def _finding(
    named: tuple[str, str, str, str], finding: str, study: Study, index: int, parts: list[Estimates]
) -> Placement:
    """How often a simulated trial would report the same: a direction with p at most alpha, or no difference."""
    rejected = np.concatenate([part.rejected[0, :, index] for part in parts])
    known = np.isfinite(rejected)
    estimate = _column(parts, "estimate", index)
    middle = study.analysis.rows[index].no_effect
    if finding == "no difference":
        same = rejected == 0
    else:
        toward = estimate < middle if finding == "lower" else estimate > middle
        same = (rejected == 1) & toward
    hits, n = float(same[known].sum()), int(known.sum())
    share = hits / n if n else math.nan
    error = math.sqrt(share * (1 - share) / n) if n else math.nan
    nan = math.nan
    return Placement(*named, "finding", finding, nan, nan, nan, share, error, *share_interval(hits, n), n)
