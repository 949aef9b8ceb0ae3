"""Several analyses of the same simulated trials: each as in a run, and the differences between each two, trial by trial."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.estimates import Estimates
from trialsim.analysis.plan import RowPlan
from trialsim.compare.best import PairwiseSums
from trialsim.compare.choices import Choice, SharedQuestion
from trialsim.compare.paired import DesignPair, Difference, GroupedMoments, differences, widen, widened
from trialsim.engine import Engine
from trialsim.evaluate.characteristics import OperatingCharacteristics
from trialsim.evaluate.columns import POWER, analysis_columns, analysis_values
from trialsim.evaluate.separation import ApparentBest, best_of
from trialsim.evaluate.table import FAILED_LIMIT, Measure, MeasureColumn
from trialsim.evaluate.truth import Truth
from trialsim.evaluate.verdict import RATES, Verdict, judged_twin
from trialsim.prepared import Study
from trialsim.study import evaluate
from trialsim.truth import find_truth

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

#: The measure whose difference says which interval is narrower: only between rows that are after the same number.
WIDTH = "interval_width"


@dataclass(frozen=True)
class ChoiceDifference:
    """One measure of two analyses of the same trials: ``second`` minus ``first``.

    Attributes
    ----------
    contrast : the arms that are compared
    first, second : names of the analyses
    alike : whether both are after the same number at the same level, so that more power is better
    mcse : Monte Carlo standard error of the difference; ``mcse_unpaired`` what it would be with separate trials
    saved : share of the variance that the common trials removed; NaN if neither side varies
    conf_low, conf_high : 95 % interval of the difference
    n : trials in which both have a number
    """

    contrast: str
    measure: str
    first: str
    second: str
    alike: bool
    a: float
    b: float
    difference: float
    mcse: float
    mcse_unpaired: float
    saved: float
    conf_low: float
    conf_high: float
    n: int


@dataclass(frozen=True)
class ChoiceRanking:
    """The powers of analyses that are after the same number at the same level.

    Attributes
    ----------
    choices : their places in the question
    best : which has the most power (``index`` and ``rivals`` are places in the question); None if fewer than two may be it
    too_often : places of those whose test rejects too often without effects
    failed : places of those that could not be computed in too many trials
    """

    choices: tuple[int, ...]
    best: ApparentBest | None
    too_often: tuple[int, ...]
    failed: tuple[int, ...]


@dataclass(frozen=True)
class AnalysisComparison:
    """Several analyses of the same trials, by the arms they compare.

    Attributes
    ----------
    study : the study with these analyses
    result : every measure of each analysis, as a run has it
    truth : the true effects
    questions : the rows that compare the same arms
    rankings : for each question, those of its groups that have more than one row
    differences : every two rows of a question, the earlier one first
    alone : analyses that nothing is compared with
    others : analyses of the same outcome and arms at another visit, which were not chosen
    """

    study: Study
    result: OperatingCharacteristics
    truth: Truth
    questions: tuple[SharedQuestion, ...]
    rankings: tuple[tuple[ChoiceRanking, ...], ...]
    differences: tuple[ChoiceDifference, ...]
    alone: tuple[str, ...]
    others: tuple[str, ...]

    def row(self, choice: Choice) -> RowPlan:
        """The row of the plan that a choice is."""
        return self.study.analysis.rows[choice.row]

    def measures(self, choice: Choice) -> dict[str, Measure]:
        """Every measure of a choice by its name."""
        row = self.row(choice)
        place = (row.analysis, row.contrast)
        return {one.measure: one for one in self.result.measures if (one.analysis, one.contrast) == place}

    def verdict(self, choice: Choice) -> Verdict | None:
        """Whether the test of a choice keeps its level."""
        row = self.row(choice)
        return next(
            (one for one in self.result.verdicts if (one.analysis, one.contrast) == (row.analysis, row.contrast)), None
        )

    def frame(self) -> pd.DataFrame:
        """One row for each analysis and measure, with the arms it compares and what it estimates."""
        import pandas as pd

        records: list[dict[str, object]] = []
        for question in self.questions:
            for choice in question.choices:
                row = self.row(choice)
                records += [
                    {"contrast": question.contrast, "analysis": row.analysis, "test": row.test, "estimand": row.effect,
                     "unit": row.unit, "measure": one.measure, "value": one.value, "mcse": one.mcse,
                     "conf_low": one.conf_low, "conf_high": one.conf_high, "n_replicates": one.n_replicates,
                     "n_failed": one.n_failed}
                    for one in self.measures(choice).values()
                ]  # fmt: skip
        return pd.DataFrame.from_records(records)

    def difference_frame(self) -> pd.DataFrame:
        """One row for each two analyses of a question and each measure that both have."""
        import pandas as pd

        names = [*ChoiceDifference.__dataclass_fields__]
        return pd.DataFrame([{name: getattr(row, name) for name in names} for row in self.differences], columns=names)

    def difference(self, contrast: str, first: str, second: str, measure: str = POWER) -> ChoiceDifference | None:
        """The difference of one measure between two analyses; None if there is none, as of bounds."""
        wanted = (contrast, first, second, measure)
        return next((d for d in self.differences if (d.contrast, d.first, d.second, d.measure) == wanted), None)


def play_choices(
    study: Study,
    asked: Sequence[SharedQuestion],
    *,
    replicates: int | range | None = None,
    seed: int | None = None,
    engine: Engine = "fast",
    workers: int | None = None,
    alone: tuple[str, ...] = (),
    others: tuple[str, ...] = (),
    progress: Callable[[int], None] | None = None,
) -> AnalysisComparison:
    """Simulate a study once, and compare its analyses.

    Parameters are those of :func:`trialsim.study.evaluate`; ``alone`` and ``others`` are kept as they are.
    """
    simulate = {"seed": seed, "engine": engine, "workers": workers}
    which = study.scenario.simulation.replicates if replicates is None else replicates
    truth = find_truth(study, replicates=_for_truth(which), **simulate)  # type: ignore[arg-type]
    sums = [_Sums(study, question) for question in asked]

    def add(estimates: Estimates) -> None:
        values = analysis_values(study.analysis, estimates)
        for one in sums:
            one.add(values, estimates.replicates.start)

    result = evaluate(study, replicates=which, truth=truth, sink=add, progress=progress, **simulate)  # type: ignore[arg-type]
    made = partial(AnalysisComparison, study, result, truth, tuple(asked))
    rankings = tuple(tuple(one.rankings(made((), (), alone, others))) for one in sums)
    return made(rankings, tuple(row for one in sums for row in one.differences()), alone, others)


def _for_truth(replicates: int | range) -> int | range | None:
    """The replicates that the truth is found with: the first of them, as many as in a run."""
    from trialsim.truth import MOST

    return replicates[:MOST] if isinstance(replicates, range) else min(replicates, MOST)


class _Sums:
    """The sums of one question: of each of its rows, and of each two."""

    def __init__(self, study: Study, question: SharedQuestion) -> None:
        self.question = question
        self.rows = [study.analysis.rows[choice.row] for choice in question.choices]
        known = {(one.analysis, one.contrast, one.measure): i for i, one in enumerate(
            analysis_columns(study.analysis, study.twins))}  # fmt: skip
        wanted = [
            (name, kind)
            for name, kind in ((POWER, "decision"), (RATES[judged_twin(study.twins)], "decision"), (WIDTH, "mean"))
        ]
        self.columns = [MeasureColumn("", question.contrast, name, kind) for name, kind in wanted]  # type: ignore[arg-type]
        self.places = [[known[row.analysis, row.contrast, name] for name, _ in wanted] for row in self.rows]
        self.wide = widened(self.columns)
        self.own = [GroupedMoments(len(self.wide)) for _ in self.rows]
        self.pairs = {pair: DesignPair(self.wide, self.wide) for pair in combinations(range(len(self.rows)), 2)}
        self.met = PairwiseSums(len(self.rows), 1)

    def add(self, values: Floats, start: int) -> None:
        """The numbers of some more trials, as :func:`analysis_values` has them."""
        mine = [widen(self.columns, values[:, places]) for places in self.places]
        for grouped, one in zip(self.own, mine, strict=True):
            grouped.add(one, start)
        for (i, j), pair in self.pairs.items():
            pair.add(mine[i], mine[j], start)
        self.met.add([one[:, :1] for one in mine])

    def differences(self) -> Iterator[ChoiceDifference]:
        """Every two rows, the earlier one first."""
        choices = self.question.choices
        for (i, j), pair in self.pairs.items():
            alike = choices[i].alike(choices[j])
            same_number = choices[i].target == choices[j].target
            for one in differences("", pair, self.own[i], self.own[j]):
                if self._means_something(i, j, one, same_number=same_number):
                    yield self._named(i, j, one, alike=alike)

    def _means_something(self, i: int, j: int, one: Difference, *, same_number: bool) -> bool:
        """Widths of intervals for different numbers do not compare, nor do rejections where a margin is not true."""
        if one.measure == WIDTH:
            return same_number
        return one.measure.startswith(POWER) or not (self.rows[i].margins or self.rows[j].margins)

    def _named(self, i: int, j: int, one: Difference, *, alike: bool) -> ChoiceDifference:
        return ChoiceDifference(
            self.question.contrast, one.measure, self.rows[i].analysis, self.rows[j].analysis, alike, one.a, one.b,
            one.difference, one.mcse, one.mcse_unpaired, one.saved, one.conf_low, one.conf_high, one.n,
        )  # fmt: skip

    def rankings(self, made: AnalysisComparison) -> Iterator[ChoiceRanking]:
        """The powers of each group of rows that may be ranked; those that reject too often, or failed, are left out."""
        for group in self.question.groups:
            if len(group) < 2:
                continue
            verdicts = {place: made.verdict(self.question.choices[place]) for place in group}
            bad = tuple(place for place in group if (one := verdicts[place]) is not None and one.too_often)
            lost = tuple(
                place for place in group
                if self.met.replicates - self.met.n[place, 0] > FAILED_LIMIT * self.met.replicates
            )  # fmt: skip
            fit = [place for place in group if place not in (*bad, *lost)]
            yield ChoiceRanking(group, self._best(fit) if len(fit) > 1 else None, bad, lost)

    def _best(self, fit: Sequence[int]) -> ApparentBest:
        top = max(fit, key=lambda place: (self.met.total[place, 0] / self.met.n[place, 0], -place))
        others = [place for place in fit if place != top]
        leads = [self.met.z(top, place, 0, paired=True) for place in others]
        return best_of(top, others, [z for z, _ in leads], [n for _, n in leads])
