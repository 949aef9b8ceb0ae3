"""Where each published figure or finding falls among simulated trials of the same study."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.estimates import Estimates
from trialsim.engine import Engine
from trialsim.errors import AnalysisError
from trialsim.evaluate.table import share_interval
from trialsim.prepared import Study
from trialsim.quantities.pvalues import within_bound
from trialsim.scenario.checks.published import OF_ARMS, test_of
from trialsim.scenario.model import PublishedFigure
from trialsim.study import evaluate, simulate, trial_arrays

Floats = NDArray[np.float64]
#: By analysis and arm: n, mean, SD and median of the endpoint in each simulated trial.
Described = dict[tuple[str, str], dict[str, Floats]]

DESCRIBED = ("n", "mean", *OF_ARMS)
#: Trials that are described at a time.
TOGETHER = 100


@dataclass(frozen=True)
class Placement:
    """One published figure among the simulated ones.

    ``kind`` is a figure (n, mean, sd, median, an end of the interval, a statistic, p) or a finding. For a figure ``share`` is
    the share of simulated trials with a smaller value, and the median and the range of 95 % are of the simulated values. For a
    finding, a p that is a bound, or a figure that all simulated trials have, it is the share that would report the same
    (``same``). ``share`` has its Monte Carlo standard error.
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
    same: bool


def reproduce(study: Study, *, replicates: int, engine: Engine = "fast", workers: int | None = None) -> list[Placement]:
    """Simulate the published study and place what it reported."""
    parts: list[Estimates] = []
    evaluate(study, replicates=replicates, engine=engine, workers=workers, sink=parts.append)
    described = described_arms(study, replicates=replicates, engine=engine)
    return [placed for figure in study.scenario.published for placed in _place(study, figure, parts, described)]


def described_arms(study: Study, *, replicates: int, engine: Engine = "fast") -> Described:
    """The arms of the simulated trials that published figures describe; nothing is simulated where none does."""
    arms = study.analysis.arms
    asked = {
        (figure.analysis, figure.arm or arms[0])
        for figure in study.scenario.published
        if figure.arm is not None or figure.sd is not None or figure.median is not None
    }
    found: dict[tuple[str, str], list[tuple[Floats, ...]]] = {one: [] for one in asked}
    calls = {call.name: call for call in study.analysis.calls}
    for first in range(0, replicates if asked else 0, TOGETHER):
        some = range(first, min(first + TOGETHER, replicates))
        data = trial_arrays(simulate(study, some, engine=engine, twins=("declared",)))
        extraction = Extraction(data, arms=len(arms))
        for analysis, arm in asked:
            call = calls[analysis]
            values = extraction.chosen(call.endpoint, call.choice)
            found[analysis, arm].append(_describe(np.where(data.arm == arms.index(arm), values, np.nan)))
    return {
        one: dict(zip(DESCRIBED, map(np.concatenate, zip(*parts, strict=True)), strict=True))
        for one, parts in found.items()
    }


def _describe(values: Floats) -> tuple[Floats, ...]:
    """n, mean, SD and median of each row of ``values`` (R, N), NaN where there are too few."""
    rows = [row[np.isfinite(row)] for row in values]
    nan = math.nan
    return (
        np.array([float(len(row)) for row in rows]),
        np.array([row.mean() if len(row) else nan for row in rows]),
        np.array([row.std(ddof=1) if len(row) > 1 else nan for row in rows]),
        np.array([np.median(row) if len(row) else nan for row in rows]),
    )


def _column(parts: list[Estimates], name: str, row: int) -> Floats:
    """(R,) one number of the declared twin over all chunks."""
    return np.concatenate([np.asarray(getattr(part, name)[0, :, row], dtype=np.float64) for part in parts])


def _row(study: Study, figure: PublishedFigure) -> int:
    rows = study.analysis.rows
    for index, row in enumerate(rows):
        if row.analysis == figure.analysis and (figure.contrast == row.contrast if figure.contrast else row.main):
            return index
    made = [row.contrast for row in rows if row.analysis == figure.analysis]
    raise AnalysisError(
        f"{figure.analysis} does not compare {figure.contrast}, of which a figure is published.",
        code="TS-A011",
        remedy=f"It compares: {', '.join(made)}.",
    )


def _place(study: Study, figure: PublishedFigure, parts: list[Estimates], described: Described) -> Iterator[Placement]:
    if figure.arm is not None:
        named = (figure.source, figure.reading or "", figure.analysis, figure.arm)
        yield from _of_an_arm(named, figure, described[figure.analysis, figure.arm], DESCRIBED)
        return
    index = _row(study, figure)
    row = study.analysis.rows[index]
    ok = _column(parts, "status", index) == 0
    named = (figure.source, figure.reading or "", figure.analysis, row.contrast)
    figures: list[tuple[str, float, Floats]] = []
    if figure.n is not None:
        figures.append(("n", float(figure.n), _column(parts, "n", index)))
    if figure.mean is not None:
        figures.append(("mean", figure.mean.value, _column(parts, "estimate", index)))
    if figure.ci95 is not None:
        figures.append(("interval from", figure.ci95[0].value, _column(parts, "low", index)))
        figures.append(("interval to", figure.ci95[1].value, _column(parts, "high", index)))
    figures += _statistics(study, figure, parts, index)
    if isinstance(figure.p, float):
        figures.append(("p", figure.p, _column(parts, "p", index)))
    for kind, value, simulated in figures:
        yield _figure(named, kind, value, simulated[ok])
    only = (figure.analysis, study.analysis.arms[0])
    if only in described:
        yield from _of_an_arm(named, figure, described[only], OF_ARMS)
    if isinstance(figure.p, str):
        yield _bound(named, figure.p, _column(parts, "p", index)[ok])
    if figure.finding is not None:
        yield _finding(named, figure.finding, study, index, parts)


def _of_an_arm(
    named: tuple[str, str, str, str], figure: PublishedFigure, found: dict[str, Floats], keys: Sequence[str]
) -> Iterator[Placement]:
    """What a figure says of the endpoint in an arm."""
    for key in keys:
        value = getattr(figure, key)
        if value is not None:
            yield _figure(named, key, float(getattr(value, "value", value)), found[key])


def _statistics(
    study: Study, figure: PublishedFigure, parts: list[Estimates], index: int
) -> list[tuple[str, float, Floats]]:
    """The published statistics and the simulated ones. Of the two U of a pair the smaller counts, as it is printed."""
    statistic = _column(parts, "statistic", index)
    found = []
    if figure.t is not None:
        found.append(("t", figure.t.value, statistic))
    if figure.f is not None:
        ran = test_of(figure, study.scenario.analyses[figure.analysis], study.analysis.arms)
        of_two = ran is not None and ran[1] == "two"
        found.append(("F", figure.f.value, statistic**2 if of_two else statistic))
    if figure.u is not None:
        share = _column(parts, "estimate", index)  # U is this share of all pairs of participants
        other = np.divide(statistic * (1 - share), share, out=np.zeros_like(share), where=share > 0)
        found.append(("U", figure.u.value, np.minimum(statistic, other)))
    if figure.h is not None:
        found.append(("H", figure.h.value, statistic))
    return found


def _bound(named: tuple[str, str, str, str], printed: str, simulated: Floats) -> Placement:
    """How often a simulated trial would print the same bound of p."""
    below, bound = within_bound(printed)
    known = simulated[np.isfinite(simulated)]
    same = known < bound if below else known > bound
    return _same(named, "p", f"{printed[0]} {printed[1:]}", float(same.sum()), len(known))


def _written(value: float) -> str:
    """A published number to four digits, never as a power of ten."""
    return np.format_float_positional(value, precision=4, unique=False, fractional=False, trim="-")


def _figure(named: tuple[str, str, str, str], kind: str, value: float, simulated: Floats) -> Placement:
    known = simulated[np.isfinite(simulated)]
    n = len(known)
    if n == 0:
        nan = math.nan
        return Placement(*named, kind, _written(value), nan, nan, nan, nan, nan, nan, nan, 0, same=False)
    if (known == value).all():
        return _same(named, kind, _written(value), float(n), n)
    below = float((known < value).sum() + (known == value).sum() / 2)
    low, median, high = np.quantile(known, [0.025, 0.5, 0.975])
    share = below / n
    error = math.sqrt(share * (1 - share) / n)
    interval = share_interval(below, n)
    return Placement(*named, kind, _written(value), median, low, high, share, error, *interval, n, same=False)


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
    return _same(named, "finding", finding, float(same[known].sum()), int(known.sum()))


def _same(named: tuple[str, str, str, str], kind: str, published: str, hits: float, n: int) -> Placement:
    """The share of ``n`` simulated trials that would report the same."""
    share = hits / n if n else math.nan
    error = math.sqrt(share * (1 - share) / n) if n else math.nan
    nan = math.nan
    return Placement(*named, kind, published, nan, nan, nan, share, error, *share_interval(hits, n), n, same=True)
