"""Which assumption moves the answer most: every declared range, one at a time, against the study as declared."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.estimates import Estimates
from trialsim.chunks import in_order, threads_until_done, usable_cores
from trialsim.engine import Engine
from trialsim.errors import RunError
from trialsim.evaluate.apart import best_of, z_of
from trialsim.evaluate.characteristics import OperatingCharacteristics
from trialsim.evaluate.kept import KEPT, Kept
from trialsim.evaluate.table import Z95
from trialsim.evaluate.verdict import Verdict
from trialsim.quantities.refuse import did_you_mean
from trialsim.scenario.cells import Family
from trialsim.scenario.model import Scenario
from trialsim.scenario.ranges import Ranged, declared_ranges
from trialsim.scenario.sweep import Point
from trialsim.study import evaluate

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Shift:
    """What one end of a range does to a measure: its value there, and the paired difference from the study as declared.

    ``count`` is the number of pairs; where there are fewer than two nothing else is known.
    """

    value: float
    difference: float
    mcse: float
    count: int

    @property
    def noise(self) -> bool:
        """Whether the difference lies within its 95 % Monte Carlo interval around no difference."""
        return not abs(self.difference) > Z95 * self.mcse


@dataclass(frozen=True)
class Bar:
    """One assumption and one measure."""

    assumption: Ranged
    measure: str
    declared: float
    low: Shift
    high: Shift

    @property
    def reach(self) -> float:
        """The larger of both differences, in size."""
        return max(abs(self.low.difference), abs(self.high.difference))

    @property
    def noise(self) -> bool:
        """Whether neither end moves the measure by more than the Monte Carlo error."""
        return self.low.noise and self.high.noise


@dataclass(frozen=True)
class Lead:
    """The bar that reaches furthest for a measure, and whether it is told apart from each other one."""

    bar: Bar
    told: bool
    rivals: tuple[Bar, ...]
    more: int | None


@dataclass(frozen=True)
class Tornado:
    """All bars, those that move the first measure most on top, those within the Monte Carlo error last.

    ``leads`` holds the bar that reaches furthest for each measure; ``verdict`` says whether the test keeps its level in the
    study as declared.
    """

    scenario: str
    analysis: str
    contrast: str
    measures: tuple[str, ...]
    bars: tuple[Bar, ...]
    leads: dict[str, Lead]
    verdict: Verdict | None
    replicates: int
    seed: int
    failed: int
    seconds: float

    def of(self, measure: str) -> tuple[Bar, ...]:
        """The bars of one measure, in the order of the assumptions."""
        return tuple(bar for bar in self.bars if bar.measure == measure)


@dataclass(frozen=True)
class _Played:
    """(R,) numbers of each replicate by measure, NaN where a replicate has none; and the verdict on the test."""

    numbers: dict[str, Floats]
    verdict: Verdict | None


def play_tornado(
    family: Family,
    *,
    analysis: str | None = None,
    contrast: str | None = None,
    replicates: int = 2000,
    seed: int | None = None,
    engine: Engine = "fast",
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Tornado:
    """Play the study as declared and at both ends of every declared range, with the same draws.

    Measures are the power of ``analysis`` (the first primary one, its main row, if not said), the length of the trial and
    its cost where there are any. ``progress`` is given the number of designs done so far.

    Raises
    ------
    ScenarioError
        an end of a range is impossible
    RunError
        TS-R022 when no range is declared, TS-R023 when more replicates are asked for than can be paired
    """
    began = time.perf_counter()
    ranges = declared_ranges(family.tree.data)
    if not ranges:
        remedy = "Write one beside a number: {value: 80 %, range: [60 %, 90 %]}."
        raise RunError("no number of this scenario declares a range.", code="TS-R022", remedy=remedy)
    if replicates > KEPT:
        raise RunError(f"{replicates:,} replicates are asked for.", code="TS-R023", remedy=f"{KEPT:,} are allowed.")
    points: list[Point] = [{}]
    for one in ranges:
        points += [{one.setting: one.low}, {one.setting: one.high}]
    scenarios = list(family.each(points))
    row = (analysis or scenarios[0].primary[0], contrast)
    workers = usable_cores() if workers is None else workers

    def play(scenario: Scenario) -> _Played:
        return _play(scenario, row, replicates=replicates, seed=seed, engine=engine)

    played: list[_Played] = []
    with threads_until_done(workers) as pool:
        for done in in_order(pool, play, scenarios, ahead=workers + 2):
            played.append(done)
            if progress is not None:
                progress(len(played))
    bars = list(_bars(ranges, played))
    measures = tuple(dict.fromkeys(bar.measure for bar in bars))
    order = {bar.assumption: (bar.noise, -bar.reach) for bar in reversed(bars) if bar.measure == measures[0]}
    bars.sort(key=lambda bar: (*order[bar.assumption], measures.index(bar.measure)))
    failed = max(int(np.isnan(one.numbers["power"]).sum()) for one in played)
    told = scenarios[0].simulation.seed if seed is None else seed
    return Tornado(
        scenario=family.base.name, analysis=row[0], contrast=contrast or "", measures=measures, bars=tuple(bars),
        leads={measure: _lead(measure, bars, ranges, played) for measure in measures}, verdict=played[0].verdict,
        replicates=replicates, seed=told, failed=failed, seconds=time.perf_counter() - began,
    )  # fmt: skip


def _play(
    scenario: Scenario, row: tuple[str, str | None], *, replicates: int, seed: int | None, engine: Engine
) -> _Played:
    rejected: list[Floats] = []

    def keep(estimates: Estimates) -> None:
        index = _row(estimates, *row)
        rejected.append(estimates.rejected[estimates.twins.index("declared"), :, index].copy())

    made = evaluate(scenario, replicates=replicates, seed=seed, engine=engine, workers=1, sink=keep)
    place = (made.kept.rows[_row(made.kept, *row)].analysis, made.kept.rows[_row(made.kept, *row)].contrast)
    verdict = next((one for one in made.verdicts if (one.analysis, one.contrast) == place), None)
    return _Played({"power": np.concatenate(rejected), **_of_trials(made)}, verdict)


def _row(estimates: Estimates | Kept, analysis: str, contrast: str | None) -> int:
    for index, row in enumerate(estimates.rows):
        if row.analysis == analysis and contrast in (None, row.contrast):
            return index
    known = list(dict.fromkeys(row.analysis for row in estimates.rows))
    contrasts = [row.contrast for row in estimates.rows if row.analysis == analysis]
    remedy = (
        did_you_mean(contrast, contrasts, what="Contrasts") if contrasts and contrast else did_you_mean(analysis, known)
    )
    message = f"there is no analysis '{analysis}'" + (f" with the contrast '{contrast}'." if contrast else ".")
    raise RunError(message, code="TS-R020", remedy=remedy)


def _of_trials(made: OperatingCharacteristics) -> dict[str, Floats]:
    """Length and cost of each trial, where there are any."""
    found: dict[str, Floats] = {}
    for index, column in enumerate(made.kept.columns):
        if not column.contrast and column.measure.startswith(("trial_days", "cost_")):
            found[column.measure] = made.kept.trial[:, index]
    return found


def _bars(ranges: list[Ranged], played: list[_Played]) -> Iterator[Bar]:
    declared = played[0].numbers
    for measure, base in declared.items():
        for i, one in enumerate(ranges):
            ends = (played[1 + 2 * i].numbers[measure], played[2 + 2 * i].numbers[measure])
            yield Bar(one, measure, float(np.nanmean(base)), *(shift(base, end) for end in ends))


def _lead(measure: str, bars: list[Bar], ranges: list[Ranged], played: list[_Played]) -> Lead:
    """The bar that reaches furthest, against each other one: by the paired difference of their reaches."""
    here = [bar for bar in bars if bar.measure == measure]
    moves = [_moves(bar, ranges.index(bar.assumption), played) for bar in here]
    top = max(range(len(here)), key=lambda i: here[i].reach if here[i].reach == here[i].reach else -1.0)
    others = [i for i in range(len(here)) if i != top]
    found = best_of(top, others, *_unzipped([z_of(moves[top] - moves[i]) for i in others]))
    return Lead(here[top], found.told, tuple(here[i] for i in found.rivals), found.more)


def _unzipped(pairs: list[tuple[float, int]]) -> tuple[list[float], list[int]]:
    return [z for z, _ in pairs], [n for _, n in pairs]


def _moves(bar: Bar, index: int, played: list[_Played]) -> Floats:
    """(R,) how far the end that reaches further moves the measure in each replicate, counted in its direction."""
    low = abs(bar.low.difference) > abs(bar.high.difference)
    end, shifted = (played[1 + 2 * index], bar.low) if low else (played[2 + 2 * index], bar.high)
    return np.asarray(np.sign(shifted.difference) * (end.numbers[bar.measure] - played[0].numbers[bar.measure]))


def shift(base: Floats, end: Floats) -> Shift:
    """The paired difference of (R,) numbers that share their draws; replicates without a number in both are left out."""
    both = np.isfinite(base) & np.isfinite(end)
    count = int(both.sum())
    if count < 2:
        return Shift(math.nan, math.nan, math.nan, count)
    gaps = end[both] - base[both]
    return Shift(float(np.nanmean(end)), float(gaps.mean()), float(gaps.std(ddof=1) / math.sqrt(count)), count)
