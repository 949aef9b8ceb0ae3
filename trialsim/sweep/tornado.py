"""Which assumption moves the answer most: every declared range, one at a time, against the study as declared."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.estimates import Estimates
from trialsim.chunks import in_order, threads_until_done, usable_cores
from trialsim.engine import Engine
from trialsim.errors import RunError
from trialsim.evaluate.characteristics import OperatingCharacteristics
from trialsim.evaluate.columns import labels_with_family
from trialsim.evaluate.first_replicates import FIGURE_REPLICATES, FirstReplicates
from trialsim.evaluate.separation import best_of, z_of
from trialsim.evaluate.table import Z95
from trialsim.evaluate.verdict import Verdict
from trialsim.quantities.refuse import did_you_mean
from trialsim.scenario.model import Scenario
from trialsim.scenario.ranges import RangedNumber, declared_ranges
from trialsim.scenario.sweep import Point
from trialsim.scenario.variants import variants
from trialsim.study import evaluate

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Shift:
    """The effect of one end of a range on a measure: its value there, and the paired difference from the study as declared.

    ``count`` is the number of pairs; with fewer than two nothing else is known.
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

    assumption: RangedNumber
    measure: str
    declared: float
    low: Shift
    high: Shift

    @property
    def reach(self) -> float:
        """The larger of both differences, in absolute size."""
        return max(abs(self.low.difference), abs(self.high.difference))

    @property
    def noise(self) -> bool:
        """Whether neither end moves the measure by more than the Monte Carlo error."""
        return self.low.noise and self.high.noise


@dataclass(frozen=True)
class LongestBar:
    """The longest bar of a measure, and whether it is clearly longer than each other one."""

    bar: Bar
    clear: bool
    rivals: tuple[Bar, ...]
    more: int | None


@dataclass(frozen=True)
class Tornado:
    """All bars: those that change the first measure most first, those within the Monte Carlo error last.

    ``leads`` holds the longest bar of each measure; ``verdict`` says whether the test keeps its level in the
    study as declared; ``labels`` is what people read in place of the name of each analysis.
    """

    scenario: str
    labels: Mapping[str, str]
    analysis: str
    contrast: str
    measures: tuple[str, ...]
    bars: tuple[Bar, ...]
    leads: dict[str, LongestBar]
    verdict: Verdict | None
    replicates: int
    seed: int
    failed: int
    seconds: float

    def of(self, measure: str) -> tuple[Bar, ...]:
        """The bars of one measure, in the order of the assumptions."""
        return tuple(bar for bar in self.bars if bar.measure == measure)


@dataclass(frozen=True)
class _DesignNumbers:
    """(R,) numbers of each replicate by measure, NaN if a replicate has none; and the verdict on the test."""

    numbers: dict[str, Floats]
    verdict: Verdict | None


def play_tornado(
    scenario: Scenario,
    *,
    analysis: str | None = None,
    contrast: str | None = None,
    replicates: int = 2000,
    seed: int | None = None,
    engine: Engine = "fast",
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Tornado:
    """Simulate the study as declared and at both ends of every declared range, with the same draws.

    Measures are the power of ``analysis`` (by default the main row of the first primary one), the length of the trial and
    its cost if there are any. ``progress`` is called with the number of designs done so far.

    Raises
    ------
    ScenarioError
        an end of a range is impossible
    RunError
        TS-R022 if no range is declared, TS-R023 if more replicates are requested than can be paired
    """
    began = time.perf_counter()
    ranges = declared_ranges(scenario.written.data)
    if not ranges:
        remedy = "Write one beside a number: {value: 80 %, range: [60 %, 90 %]}."
        raise RunError("no number of this scenario declares a range.", code="TS-R022", remedy=remedy)
    if replicates > FIGURE_REPLICATES:
        raise RunError(
            f"{replicates:,} replicates are too many.",
            code="TS-R023",
            remedy=f"At most {FIGURE_REPLICATES:,} are allowed.",
        )
    points: list[Point] = [{}]
    for one in ranges:
        points += [{one.setting: one.low}, {one.setting: one.high}]
    scenarios = list(variants(scenario, points, source="range"))
    row = (analysis or scenarios[0].primary[0], contrast)
    workers = usable_cores() if workers is None else workers

    def play(one: Scenario) -> _DesignNumbers:
        return _play(one, row, replicates=replicates, seed=seed, engine=engine)

    played: list[_DesignNumbers] = []
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
    used_seed = scenarios[0].simulation.seed if seed is None else seed
    return Tornado(
        scenario=scenario.name, labels=labels_with_family(scenario), analysis=row[0], contrast=contrast or "",
        measures=measures, bars=tuple(bars), leads={measure: _lead(measure, bars, ranges, played) for measure in measures},
        verdict=played[0].verdict, replicates=replicates, seed=used_seed, failed=failed, seconds=time.perf_counter() - began,
    )  # fmt: skip


def _play(
    scenario: Scenario, row: tuple[str, str | None], *, replicates: int, seed: int | None, engine: Engine
) -> _DesignNumbers:
    rejected: list[Floats] = []

    def keep(estimates: Estimates) -> None:
        index = _row(estimates, *row)
        rejected.append(estimates.rejected[estimates.twins.index("declared"), :, index].copy())

    made = evaluate(scenario, replicates=replicates, seed=seed, engine=engine, workers=1, sink=keep)
    place = (made.kept.rows[_row(made.kept, *row)].analysis, made.kept.rows[_row(made.kept, *row)].contrast)
    verdict = next((one for one in made.verdicts if (one.analysis, one.contrast) == place), None)
    return _DesignNumbers({"power": np.concatenate(rejected), **_of_trials(made)}, verdict)


def _row(estimates: Estimates | FirstReplicates, analysis: str, contrast: str | None) -> int:
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
    """Length and cost of each trial, if there are any."""
    found: dict[str, Floats] = {}
    for index, column in enumerate(made.kept.columns):
        if not column.contrast and column.measure.startswith(("trial_days", "cost_")):
            found[column.measure] = made.kept.trial[:, index]
    return found


def _bars(ranges: list[RangedNumber], played: list[_DesignNumbers]) -> Iterator[Bar]:
    declared = played[0].numbers
    for measure, base in declared.items():
        for i, one in enumerate(ranges):
            ends = (played[1 + 2 * i].numbers[measure], played[2 + 2 * i].numbers[measure])
            yield Bar(one, measure, float(np.nanmean(base)), *(shift(base, end) for end in ends))


def _lead(measure: str, bars: list[Bar], ranges: list[RangedNumber], played: list[_DesignNumbers]) -> LongestBar:
    """The longest bar, compared with each other one by the paired difference of their lengths."""
    here = [bar for bar in bars if bar.measure == measure]
    moves = [_moves(bar, ranges.index(bar.assumption), played) for bar in here]
    top = max(range(len(here)), key=lambda i: here[i].reach if here[i].reach == here[i].reach else -1.0)
    others = [i for i in range(len(here)) if i != top]
    found = best_of(top, others, *_unzipped([z_of(moves[top] - moves[i]) for i in others]))
    return LongestBar(here[top], found.clear, tuple(here[i] for i in found.rivals), found.more)


def _unzipped(pairs: list[tuple[float, int]]) -> tuple[list[float], list[int]]:
    return [z for z, _ in pairs], [n for _, n in pairs]


def _moves(bar: Bar, index: int, played: list[_DesignNumbers]) -> Floats:
    """(R,) the change of the measure by the end with the larger effect in each replicate, in the direction of that effect."""
    low = abs(bar.low.difference) > abs(bar.high.difference)
    end, shifted = (played[1 + 2 * index], bar.low) if low else (played[2 + 2 * index], bar.high)
    return np.asarray(np.sign(shifted.difference) * (end.numbers[bar.measure] - played[0].numbers[bar.measure]))


def shift(base: Floats, end: Floats) -> Shift:
    """The paired difference of (R,) numbers that share their draws; replicates without both numbers are ignored."""
    both = np.isfinite(base) & np.isfinite(end)
    count = int(both.sum())
    if count < 2:
        return Shift(math.nan, math.nan, math.nan, count)
    gaps = end[both] - base[both]
    return Shift(float(np.nanmean(end)), float(gaps.mean()), float(gaps.std(ddof=1) / math.sqrt(count)), count)
