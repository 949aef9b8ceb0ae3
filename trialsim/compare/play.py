"""Designs simulated side by side: every chunk of replicates for each of them, with the same draws."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.estimates import Estimates
from trialsim.chunks import chunk_ranges, in_order, threads_until_done, usable_cores
from trialsim.compare.best import PairwiseSums, PowerRanking, asked, contests, taken
from trialsim.compare.paired import DesignPair, Difference, GroupedMoments, differences, widen, widened
from trialsim.compare.sides import Side
from trialsim.compare.stored import stored_estimates, stored_measures
from trialsim.engine import Engine
from trialsim.evaluate.columns import analysis_columns, analysis_values
from trialsim.evaluate.looks import look_columns, look_values
from trialsim.evaluate.moments import BLOCK, ColumnMoments
from trialsim.evaluate.summaries import TRIAL
from trialsim.evaluate.table import Z95, Measure, MeasureColumn, measures
from trialsim.evaluate.trial import trial_columns
from trialsim.evaluate.verdict import Verdict, level_rows
from trialsim.evaluate.verdict import verdicts as verdicts_of
from trialsim.evaluate.waits import AllWaits, Waits, behind_means, count_waits, wait_measures
from trialsim.kinds.estimands import NO_ESTIMAND
from trialsim.memory import most_with_days
from trialsim.prepared import Study
from trialsim.study import decided, play

Floats = NDArray[np.float64]

#: Replicates simulated side by side at once.
CHUNK = 500

#: The most replicates of each design in figures.
KEPT = 4000


@dataclass(frozen=True)
class FigureData:
    """The first replicates of one design, for figures.

    Attributes
    ----------
    estimates : analysis and contrast to (R,) estimates under the declared effects
    trial : measure and contrast to (R,) numbers of the trial; empty if read from a folder
    entry_days : (R, N) day of enrollment, NaN where nobody was enrolled; None without a ward or from a folder
    """

    estimates: dict[tuple[str, str], Floats]
    trial: dict[tuple[str, str], Floats]
    entry_days: NDArray[np.float32] | None


@dataclass(frozen=True)
class _Batch:
    values: Floats
    waits: Waits
    shown: FigureData | None


@dataclass(frozen=True)
class UnsharedRow:
    """A row that only the design with this label has: an analysis and contrast, or a ``measure`` of the trial."""

    label: str
    analysis: str
    contrast: str
    measure: str

    @property
    def name(self) -> str:
        """For scripts: ``fear_during (music - control)``, ``missed_share nurse``."""
        return f"{self.measure} {self.contrast}".strip() if self.measure else f"{self.analysis} ({self.contrast})"


@dataclass(frozen=True)
class ComparisonData:
    """The comparison: rows for every design but the first, and data for figures of each.

    ``alone`` names, for each design but the first, the rows that only it or only the baseline has; ``verdicts`` are those of
    each design.
    """

    rows: tuple[Difference, ...]
    alone: tuple[UnsharedRow, ...]
    shown: tuple[FigureData, ...]
    contests: tuple[PowerRanking, ...]
    verdicts: tuple[tuple[Verdict, ...], ...]


def play_sides(
    sides: Sequence[Side],
    replicates: range,
    *,
    seed: int,
    engine: Engine = "fast",
    workers: int | None = None,
    chunk: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> ComparisonData:
    """Simulate all designs with the same seed, chunk by chunk, and compare each with the first."""
    workers = usable_cores() if workers is None else workers
    columns = [_columns(side.study) for side in sides]
    adding = _Sums(sides, columns)
    shown: list[list[FigureData]] = [[] for _ in sides]
    waits = [AllWaits() for _ in sides]
    chunks = chunk_ranges(replicates, chunk or CHUNK, block=BLOCK)
    work = partial(
        _play, [side.study for side in sides], columns, seed=seed, engine=engine, kept=replicates.start + KEPT
    )
    with threads_until_done(workers) as pool:
        for part, batches in zip(chunks, in_order(pool, work, chunks, ahead=workers + 2), strict=True):
            adding.add([batch.values for batch in batches], part.start)
            for parts, waited, batch in zip(shown, waits, batches, strict=True):
                parts.extend([batch.shown] if batch.shown is not None else [])
                waited.add(batch.waits)
            if progress is not None:
                progress(part.stop - replicates.start)
    points = [wait_measures(side.study, one.total(), len(replicates)) for side, one in zip(sides, waits, strict=True)]
    rows = adding.rows(points)
    return adding.compared(rows, [_joined(parts) for parts in shown])


def _play(
    studies: Sequence[Study],
    columns: Sequence[list[MeasureColumn]],
    replicates: range,
    *,
    seed: int,
    engine: Engine,
    kept: int,
) -> list[_Batch]:
    return [
        _play_one(study, names, replicates, seed=seed, engine=engine, kept=kept)
        for study, names in zip(studies, columns, strict=True)
    ]


def _play_one(
    study: Study, columns: list[MeasureColumn], replicates: range, *, seed: int, engine: Engine, kept: int
) -> _Batch:
    played = play(study, replicates, seed=seed, engine=engine)
    decisions, estimates = decided(study.looks, played.estimates, played.looks)
    played, trial = replace(played, estimates=estimates), played.trial
    looked = []
    if decisions is not None and played.looks is not None:
        looked.append(look_values(study, decisions, played.looks, estimates, trial))
    values = np.concatenate([analysis_values(study.analysis, estimates), *looked, trial], axis=1)
    count = min(kept - replicates.start, len(replicates))
    shown = None
    if count > 0:
        with_days = max(most_with_days(study.conduct.target) + kept - KEPT - replicates.start, 0)
        days = played.entry_days[: min(count, with_days)].copy() if study.program is not None else None
        names = trial_columns(study)
        shown = FigureData(
            _estimates_shown(estimates, count),
            {(one.measure, one.contrast): trial[:count, i].copy() for i, one in enumerate(names)},
            days,
        )
    return _Batch(widen(columns, values), count_waits(played.waits), shown)


def _estimates_shown(estimates: Estimates, count: int) -> dict[tuple[str, str], Floats]:
    declared = estimates.twins.index("declared")
    return {
        (row.analysis, row.contrast): estimates.estimate[declared, :count, j].copy()
        for j, row in enumerate(estimates.rows)
        if row.estimand != NO_ESTIMAND
    }


def _columns(study: Study) -> list[MeasureColumn]:
    return [*analysis_columns(study.analysis, study.twins), *look_columns(study), *trial_columns(study)]


def _joined(parts: Sequence[FigureData]) -> FigureData:
    """Consecutive parts, joined."""
    first = parts[0]
    days = [part.entry_days for part in parts if part.entry_days is not None]
    return FigureData(
        {name: np.concatenate([part.estimates[name] for part in parts]) for name in first.estimates},
        {name: np.concatenate([part.trial[name] for part in parts]) for name in first.trial},
        np.concatenate(days) if days else None,
    )


class _Sums:
    """The sums of a comparison, chunk by chunk."""

    def __init__(self, sides: Sequence[Side], columns: Sequence[list[MeasureColumn]], *, paired: bool = True) -> None:
        self.sides = sides
        self.wide = [widened(names) for names in columns]
        self.own = [GroupedMoments(len(names)) for names in self.wide]
        self.pairs = [DesignPair(self.wide[0], names) for names in self.wide[1:]]
        self.paired = paired
        self.columns = columns
        self.asked = asked([side.study for side in sides], columns)
        self.met = PairwiseSums(len(sides), len(self.asked))

    def add(self, values: Sequence[Floats], start: int) -> None:
        """The same replicates of every design, the baseline first."""
        for grouped, one in zip(self.own, values, strict=True):
            grouped.add(one, start)
        if self.paired:
            for pair, other in zip(self.pairs, values[1:], strict=True):
                pair.add(values[0], other, start)
        self.met.add([taken(one, names, self.asked) for one, names in zip(values, self.columns, strict=True)])

    def rows(self, points: Sequence[Sequence[Measure]] = ()) -> Iterator[Difference]:
        """Every design but the first, compared with it; ``points`` of the waits of each design, if they were counted."""
        first = self.sides[0]
        for index, (side, pair, own) in enumerate(zip(self.sides[1:], self.pairs, self.own[1:], strict=True), start=1):
            same = side.identity == first.identity
            found = differences(side.label, pair, self.own[0], own, paired=self.paired, same=same)
            replicates = int(own.replicates.sum())
            waited = _apart(side.label, points[0], points[index], replicates, same=same) if points else ()
            yield from behind_means(found, waited)

    def compared(self, rows: Iterable[Difference], shown: Sequence[FigureData]) -> ComparisonData:
        """The comparison, with the ranking of all designs by the powers of the primary analyses."""
        verdicts = self.verdicts()
        ranked = contests(self.asked, self.met, verdicts, paired=self.paired)
        return ComparisonData(tuple(rows), self.alone(), tuple(shown), ranked, verdicts)

    def verdicts(self) -> tuple[tuple[Verdict, ...], ...]:
        """Whether each test of each design keeps its level."""
        verdicts = []
        for side, own, names in zip(self.sides, self.own, self.columns, strict=True):
            total = own.total()
            count = len(names)
            table = measures(
                names, ColumnMoments(total.replicates, total.n[:count], total.mean[:count], total.squares[:count])
            )
            plan, twins = side.study.analysis, side.study.twins
            levels = level_rows(plan, twins, None, table)
            verdicts.append(verdicts_of(plan.rows, side.study.scenario.primary, twins, levels))
        return tuple(verdicts)

    def alone(self) -> tuple[UnsharedRow, ...]:
        """Rows that only one side of a pair has."""
        found: list[UnsharedRow] = []
        for side, names in zip(self.sides[1:], self.wide[1:], strict=True):
            for label, mine, others in (
                (self.sides[0].label, self.wide[0], names),
                (side.label, names, self.wide[0]),
            ):
                known = {_row(label, column) for column in others}
                found.extend(row for column in mine if (row := _row(label, column)) not in known)
        return tuple(dict.fromkeys(found))


def _row(label: str, column: MeasureColumn) -> UnsharedRow:
    measure = column.measure.partition(":")[0] if column.analysis == TRIAL else ""
    return UnsharedRow(label, column.analysis, column.contrast, measure)


# ---------------------------------------------------------------- finished folders


def read_stored(
    sides: Sequence[Side], replicates: range, *, paired: bool, progress: Callable[[int], None] | None = None
) -> ComparisonData:
    """Compare finished runs from their files: analyses replicate by replicate, the trial's numbers by their means."""
    columns = [analysis_columns(side.study.analysis, side.study.twins) for side in sides]
    adding = _Sums(sides, columns, paired=paired)
    shown: list[list[FigureData]] = [[] for _ in sides]
    files = [stored_estimates(side, replicates) for side in sides]
    for batches in zip(*files, strict=True):
        values = []
        for side, names, batch, parts in zip(sides, columns, batches, shown, strict=True):
            values.append(widen(names, analysis_values(side.study.analysis, batch)))
            count = min(replicates.start + KEPT - batch.replicates.start, len(batch.replicates))
            if count > 0:
                parts.append(FigureData(_estimates_shown(batch, count), {}, None))
        adding.add(values, batches[0].replicates.start)
        if progress is not None:
            progress(batches[0].replicates.stop - replicates.start)
    rows = [*adding.rows(), *_trial_rows(sides, len(replicates))]
    return adding.compared(rows, [_joined(parts) for parts in shown])


def _trial_rows(sides: Sequence[Side], replicates: int) -> Iterator[Difference]:
    """Numbers of the trial from the folders: means with their errors, so unpaired."""
    base = [row for row in stored_measures(sides[0]) if row.analysis == TRIAL]
    for side in sides[1:]:
        others = [row for row in stored_measures(side) if row.analysis == TRIAL]
        yield from _apart(side.label, base, others, replicates)


def _apart(
    label: str, base: Sequence[Measure], others: Sequence[Measure], replicates: int, *, same: bool = False
) -> Iterator[Difference]:
    """Differences of common rows, with errors as if draws were independent: not too small, because the draws are shared.

    The ``same`` study with the same draws has a difference of 0, without an error.
    """
    known = {(row.contrast, row.measure): row for row in base}
    for row in others:
        first = known.get((row.contrast, row.measure))
        if first is not None:
            gap, alone = row.value - first.value, float(np.hypot(row.mcse, first.mcse))
            mcse = 0.0 if same else alone
            yield Difference(
                label, row.measure, TRIAL, row.contrast, first.value, row.value, gap, mcse, alone, float("nan"),
                gap - Z95 * mcse, gap + Z95 * mcse, replicates,
            )  # fmt: skip
