"""The familywise error rate of families of hypotheses, in configurations in which some effects are switched off.

A family that keeps its level rejects a true null hypothesis with a probability of alpha at most, whichever of its hypotheses
are true. So every set of effects, an arm's on an outcome, is switched off in turn, and it is counted how often a true one is
rejected.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.plan import AnalysisPlan, PlannedFamily, RowPlan
from trialsim.chunks import chunk_ranges, chunk_size, in_order, threads_until_done, usable_cores
from trialsim.engine import Engine
from trialsim.errors import RunError
from trialsim.evaluate.columns import DECLARED, NULL, any_rejected
from trialsim.evaluate.moments import BLOCK, ColumnMoments, block_moments, merge
from trialsim.evaluate.table import Measure, MeasureColumn, measures
from trialsim.evaluate.truth import Truth
from trialsim.evaluate.verdict import Ruling, is_null, judge, words_of
from trialsim.kinds.designs import STRATEGY, WAY
from trialsim.kinds.estimands import NO_ESTIMAND
from trialsim.memory import at_once, trial_bytes
from trialsim.prepared import Study, prepare
from trialsim.response import respond
from trialsim.response.effects import implied_effects
from trialsim.response.plan import SwitchedTwin
from trialsim.result import Result
from trialsim.scenario.model import Scenario
from trialsim.study import analyze, simulate
from trialsim.truth import MOST, find_truth

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

#: The most configurations that are simulated, and how many at a time.
MOST_CONFIGURATIONS, AT_A_TIME = 64, 8

#: The most replicates of a chunk.
LARGEST = 500

#: Replicates in which effects are searched.
SEARCHED = 20

#: P(X > Y) + P(X = Y) / 2 without an effect.
HALF = 0.5

#: The measure of the rate.
ERROR = "familywise_error"


@dataclass(frozen=True)
class Effect:
    """The effect of an arm on an outcome: their positions, and their names."""

    arm: int
    outcome: int
    names: tuple[str, str]

    @property
    def name(self) -> str:
        """``music on fear``."""
        return " on ".join(self.names)


@dataclass(frozen=True)
class Configuration:
    """A set of effects that are switched off; empty for the trial as declared."""

    off: tuple[Effect, ...]

    @property
    def name(self) -> str:
        """``without music on fear, massage on pain``."""
        return f"without {', '.join(one.name for one in self.off)}" if self.off else "as declared"


@dataclass(frozen=True)
class FamilywiseError:
    """The familywise error rate of a family in one configuration.

    Attributes
    ----------
    family : its name
    configuration : which effects are switched off, in words
    off : the same as (arm, outcome)
    true_nulls : the members whose null hypothesis is true there, as ``analysis/contrast``
    alpha : the level of the family
    rates : the rate, or its two bounds where many trials failed
    ruling : whether the level is kept
    more : replicates that would decide; None if the ruling is not open, or if no number would
    """

    family: str
    configuration: str
    off: tuple[tuple[str, str], ...]
    true_nulls: tuple[str, ...]
    alpha: float
    rates: tuple[Measure, ...]
    ruling: Ruling
    more: int | None

    @property
    def value(self) -> float:
        """The rate, or its lower bound."""
        return self.rates[0].value

    @property
    def words(self) -> str:
        """The verdict in words."""
        return words_of(self.ruling, self.value / self.alpha, self.more)

    @property
    def too_often(self) -> bool:
        """Whether true null hypotheses are clearly rejected too often."""
        return self.ruling == "too often"


@dataclass(frozen=True, repr=False)
class FamilywiseErrors(Result):
    """Familywise error rates of every family in every configuration that makes a null hypothesis true.

    Attributes
    ----------
    unreachable : by family, the members whose null hypothesis no configuration makes true
    """

    scenario: str
    replicates: int
    rows: tuple[FamilywiseError, ...]
    unreachable: dict[str, tuple[str, ...]]

    def worst(self, family: str) -> FamilywiseError | None:
        """The configuration in which a family rejects a true null hypothesis most often; None if there is none."""
        of = [row for row in self.rows if row.family == family]
        return max(of, key=lambda row: row.value, default=None)

    def frame(self) -> pd.DataFrame:
        """One row for each family, configuration and measure."""
        import pandas as pd

        names = ["family", "configuration", "true_nulls", "alpha", "measure", "value", "mcse", "conf_low", "conf_high"]
        records = [
            (one.family, one.configuration, "; ".join(one.true_nulls), one.alpha, rate.measure, rate.value, rate.mcse,
             rate.conf_low, rate.conf_high, rate.n_replicates, rate.n_failed, one.ruling)
            for one in self.rows for rate in one.rates
        ]  # fmt: skip
        return pd.DataFrame(records, columns=[*names, "n_replicates", "n_failed", "ruling"])

    def lines(self) -> list[str]:
        """What was simulated, and the worst configuration of each family."""
        found = [f"{self.scenario}: {self.replicates:,} simulated trials of each configuration."]
        for family in dict.fromkeys(row.family for row in self.rows):
            worst = self.worst(family)
            assert worst is not None  # it has a row
            found.append(f"{family}: at worst {100 * worst.value:.3g} % ({worst.configuration}).")
        return found


def familywise(
    scenario: Scenario | Study,
    *,
    replicates: int | range | None = None,
    seed: int | None = None,
    engine: Engine = "fast",
    truth: Truth | None = None,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> FamilywiseErrors:
    """Familywise error rates of the families of a study.

    The ward of each trial is simulated once, and its values are measured again for each configuration, with the same draws.

    Parameters
    ----------
    replicates : how many, or which; by default the scenario's own number
    truth : true effects of the twins of :func:`without_arms`, if they are known
    progress : called with the number of replicates done so far

    Raises
    ------
    RunError
        TS-E168 if the study has no family, TS-E167 if there are too many configurations
    """
    study = prepare(scenario)
    effects = check_families(study)
    which = study.scenario.simulation.replicates if replicates is None else replicates
    which = which if isinstance(which, range) else range(which)
    if truth is None:
        few = range(which.start, which.start + min(len(which), MOST))
        truth = find_truth(without_arms(study, effects), replicates=few, seed=seed, engine=engine, workers=workers)
    spread = _spread(study, which, seed=seed, engine=engine)
    asked = [
        Question(one, family, nulls)
        for family in study.analysis.families
        for one in configurations(family.name, effects_of_family(study, family, effects))
        if (nulls := tuple(row for row in family.rows if is_true_null(study, row, one, effects, truth, spread[row])))
    ]
    total = _play(study, asked, which, seed=seed, engine=engine, workers=workers, progress=progress)
    return _summed_up(study, asked, total, len(which))


def check_families(study: Study) -> tuple[Effect, ...]:
    """See that a study has families, and not too many configurations; returns the effects that are switched off.

    Raises
    ------
    RunError
        TS-E168, TS-E167, TS-E345, TS-E384
    """
    if not study.analysis.families:
        raise RunError(
            "the study declares no family of hypotheses.",
            code="TS-E168",
            remedy="Write families: {confirmatory: {analyses: [..], method: holm}}, or leave out --familywise.",
        )
    for family in study.analysis.families:
        if any(study.analysis.question_of(row).samples == "factor" for row in family.rows):
            raise RunError(
                f"the family '{family.name}' tests factors, and configurations switch off the effects of arms.",
                code="TS-E345",
                remedy="Leave out --familywise: power, type I error and bias of each factor are in the result.",
            )
    if study.scenario.design.sequences:
        raise RunError(
            "configurations switch off the effects of arms, and participants of a crossover have every arm.",
            code="TS-E384",
            remedy="Leave out --familywise: power, type I error and bias of each analysis are in the result.",
        )
    effects = effects_of(study)
    for family in study.analysis.families:
        configurations(family.name, effects_of_family(study, family, effects))
    return effects


@dataclass(frozen=True)
class Question:
    """A family in a configuration, with the rows whose null hypothesis is true there."""

    configuration: Configuration
    family: PlannedFamily
    nulls: tuple[int, ...]


# ---------------------------------------------------------------- configurations


def effects_of(study: Study) -> tuple[Effect, ...]:
    """The effects that members of families depend on.

    They are declared between arms, or values change, draw by draw, if effects are removed (through activities).
    """
    plan, response = study.analysis, study.response
    declared_ones = {
        (one.arm, one.outcome)
        for one in implied_effects(response)
        if one.difference != 0.0 or one.cohens_d != 0.0 or one.superiority != HALF
    }
    cohort = simulate(study, range(SEARCHED), twins=(DECLARED, NULL))
    declared, null = cohort.measurements.values
    found = []
    for arm, outcome in sorted(set().union(*(_compared(study, family) for family in plan.families))):
        columns = [d for d, point in enumerate(response.points) if point.outcome == outcome]
        here = cohort.entries.arm == arm
        names = (plan.arms[arm], response.outcomes[outcome].name)
        if names in declared_ones or not np.array_equal(
            declared[here][:, columns], null[here][:, columns], equal_nan=True
        ):
            found.append(Effect(arm, outcome, names))
    return tuple(found)


def _compared(study: Study, family: PlannedFamily) -> set[tuple[int, int]]:
    """The arms that the members of a family compare, each with the outcome, by their positions."""
    plan, found = study.analysis, set()
    for row in family.rows:
        arms = plan.question_of(row).arms or range(len(plan.arms))
        outcomes = {study.response.points[d].outcome for d in plan.call_of(row).points}
        found |= {(arm, outcome) for arm in arms for outcome in outcomes}
    return found


def effects_of_family(study: Study, family: PlannedFamily, effects: Sequence[Effect]) -> tuple[Effect, ...]:
    """Those of the effects that the members of a family look for."""
    compared = _compared(study, family)
    return tuple(effect for effect in effects if (effect.arm, effect.outcome) in compared)


def configurations(family: str, effects: Sequence[Effect]) -> tuple[Configuration, ...]:
    """Every set of effects that are switched off, from none to all.

    Raises
    ------
    RunError
        TS-E167 if there are more than 64
    """
    count = 2 ** len(effects)
    if count > MOST_CONFIGURATIONS:
        raise RunError(
            f"{len(effects)} effects of the family '{family}' make {count:,} configurations, more than {MOST_CONFIGURATIONS}.",
            code="TS-E167",
            remedy=f"Name fewer analyses in it. The effects: {', '.join(one.name for one in effects)}.",
        )
    sizes = range(len(effects) + 1)
    return tuple(Configuration(chosen) for size in sizes for chosen in combinations(effects, size))


def switched(study: Study, configuration: Configuration, name: str) -> SwitchedTwin:
    """The twin of a configuration."""
    off = np.zeros((len(study.response.outcomes), len(study.analysis.arms)), dtype=np.bool_)
    for effect in configuration.off:
        off[effect.outcome, effect.arm] = True
    return SwitchedTwin(name, off)


def without_arms(study: Study, effects: Sequence[Effect]) -> Study:
    """The study with one more twin for each arm that has effects: without any of them."""
    twins = []
    for arm in sorted({effect.arm for effect in effects}):
        mine = tuple(effect for effect in effects if effect.arm == arm)
        twins.append(switched(study, Configuration(mine), _without(study.analysis, arm)))
    return replace(study, response=replace(study.response, switched=tuple(twins)))


def _without(plan: AnalysisPlan, arm: int) -> str:
    return f"without {plan.arms[arm]}"


# ---------------------------------------------------------------- which null hypotheses are true


def is_true_null(
    study: Study, row: int, configuration: Configuration, effects: Sequence[Effect], truth: Truth, spread: float
) -> bool:
    """Whether the null hypothesis of a row is true in a configuration.

    By its true effect there: that of two arms depends on which of the two have their effects. A row without an estimand asks
    whether any of its arms differ, which none do without effects.

    Parameters
    ----------
    truth : with the twins of :func:`without_arms`
    spread : the empirical standard error of its estimate
    """
    plan = study.analysis
    call, asked, one = plan.call_of(row), plan.question_of(row), plan.rows[row]
    outcome = study.response.points[call.endpoint.visit].outcome
    arms = asked.arms or tuple(range(len(plan.arms)))
    here = {effect for effect in effects if effect.outcome == outcome and effect.arm in arms}
    on = here.difference(configuration.off)
    off = here - on
    if one.estimand == NO_ESTIMAND:
        return not on and not call.of_visits
    if STRATEGY[call.strategy].stratum or (asked.samples == "one" and off and on):
        return False  # who responds there is not known, or the arms of one sample differ
    twin = DECLARED if not off else NULL if not on else _without(plan, min(effect.arm for effect in off))
    value, mcse = (float(values[truth.twins.index(twin), row]) for values in (truth.value, truth.mcse))
    if not one.margins:
        return is_null(value, mcse, one.no_effect, spread, call.alternative)
    above = one.margins[0] if len(one.margins) > 1 or WAY[call.alternative] > 0 else -math.inf
    below = one.margins[-1] if len(one.margins) > 1 or WAY[call.alternative] < 0 else math.inf
    return not above < value < below


# ---------------------------------------------------------------- playing


def _spread(study: Study, which: range, *, seed: int | None, engine: Engine) -> Floats:
    """(rows,) the empirical standard errors of the estimates, in the first replicates."""
    first = range(which.start, which.start + min(len(which), LARGEST))
    found = []
    for part in chunk_ranges(first, at_once(trial_bytes(study, twins=1), largest=LARGEST), block=1):
        cohort = simulate(study, part, seed=seed, engine=engine, twins=(DECLARED,))
        found.append(analyze(cohort, plan=study.analysis).estimate[0])
    estimates = np.concatenate(found)
    with np.errstate(invalid="ignore", divide="ignore"):
        n = np.isfinite(estimates).sum(axis=0)
        centered = estimates - np.nansum(estimates, axis=0) / n
        return np.asarray(np.sqrt(np.nansum(centered**2, axis=0) / (n - 1)))


def _play(
    study: Study,
    asked: Sequence[Question],
    which: range,
    *,
    seed: int | None,
    engine: Engine,
    workers: int | None,
    progress: Callable[[int], None] | None,
) -> ColumnMoments | None:
    """The moments of each question: 1 where a true null hypothesis is rejected; None without questions."""
    if not asked:
        return None
    workers = usable_cores() if workers is None else workers
    few = at_once(trial_bytes(study, twins=2 + AT_A_TIME), largest=LARGEST)
    chunks = chunk_ranges(which, chunk_size(len(which), largest=few, workers=workers, block=BLOCK), block=BLOCK)
    work = partial(_rejected, study, asked, few=few, seed=seed, engine=engine)
    total: list[ColumnMoments] = []
    with threads_until_done(workers) as threads:
        for part, values in zip(chunks, in_order(threads, work, chunks, ahead=workers + 2), strict=True):
            total = [merge([*total, *block_moments(values, part)])]
            if progress is not None:
                progress(part.stop - which.start)
    return total[0]


def _rejected(
    study: Study, asked: Sequence[Question], replicates: range, *, few: int, seed: int | None, engine: Engine
) -> Floats:
    """(R, questions) whether a true null hypothesis is rejected; ``few`` replicates are simulated at a time."""
    parts = chunk_ranges(replicates, few, block=1)
    return np.concatenate([_rejected_at_once(study, asked, part, seed=seed, engine=engine) for part in parts])


def _rejected_at_once(
    study: Study, asked: Sequence[Question], replicates: range, *, seed: int | None, engine: Engine
) -> Floats:
    """All of ``replicates`` at once: the ward is simulated once, and every configuration is measured with the same draws."""
    plan = members_only(study.analysis)
    place = {(row.analysis, row.contrast): index for index, row in enumerate(plan.rows)}
    cohort = simulate(study, replicates, seed=seed, engine=engine, twins=(DECLARED,))
    every = list(dict.fromkeys(question.configuration for question in asked))
    found = np.empty((len(replicates), len(asked)))
    for start in range(0, len(every), AT_A_TIME):
        some = every[start : start + AT_A_TIME]
        response = replace(study.response, switched=tuple(switched(study, one, one.name) for one in some))
        names = tuple(one.name for one in some)
        measured = respond(
            response,
            cohort.entries,
            cohort.trace,
            seed=cohort.seed,
            replicates=replicates,
            twins=(DECLARED, NULL, *names),
        )
        measured = replace(
            measured,
            twins=names,
            values=measured.values[2:],
            reason=measured.reason[2:],
            censored=measured.censored[2:],
        )
        rejected = analyze(replace(cohort, measurements=measured), plan=plan).rejected
        for column, question in enumerate(asked):
            if question.configuration in some:
                rows = [
                    place[study.analysis.rows[row].analysis, study.analysis.rows[row].contrast]
                    for row in question.nulls
                ]
                found[:, column] = any_rejected(rejected[some.index(question.configuration)][:, rows])
    return found


def members_only(plan: AnalysisPlan) -> AnalysisPlan:
    """The plan of the analyses that families have members in."""
    keep = {plan.rows[row].analysis for family in plan.families for row in family.rows}
    rows = [index for index, row in enumerate(plan.rows) if row.analysis in keep]
    place = {row: index for index, row in enumerate(rows)}
    calls = tuple(replace(call, first_row=place[call.first_row]) for call in plan.calls if call.name in keep)
    families = tuple(replace(one, rows=tuple(place[row] for row in one.rows)) for one in plan.families)
    return AnalysisPlan(calls, tuple(plan.rows[row] for row in rows), (), plan.arms, plan.stratified, families)


def _summed_up(
    study: Study, asked: Sequence[Question], total: ColumnMoments | None, replicates: int
) -> FamilywiseErrors:
    plan = study.analysis
    columns = [MeasureColumn(one.family.name, one.configuration.name, ERROR, "decision") for one in asked]
    table = measures(columns, total) if total is not None else []
    found = []
    for one in asked:
        rates = tuple(row for row in table if (row.analysis, row.contrast) == (one.family.name, one.configuration.name))
        bounded = len(rates) > 1
        n = rates[0].n_replicates - (0 if bounded else rates[0].n_failed)
        ruling, more = judge(rates[0].value, rates[-1].value, n, one.family.alpha)
        names = tuple(member_name(plan.rows[row]) for row in one.nulls)
        found.append(
            FamilywiseError(
                one.family.name,
                one.configuration.name,
                tuple(effect.names for effect in one.configuration.off),
                names,
                one.family.alpha,
                rates,
                ruling,
                more,
            )
        )
    reached = {(one.family.name, row) for one in asked for row in one.nulls}
    never = {
        family.name: tuple(member_name(plan.rows[row]) for row in family.rows if (family.name, row) not in reached)
        for family in plan.families
    }
    return FamilywiseErrors(
        study.scenario.name, replicates, tuple(found), {name: rows for name, rows in never.items() if rows}
    )


def member_name(row: RowPlan) -> str:
    """The name of a member in files: ``analysis/contrast``."""
    return f"{row.analysis}/{row.contrast}"
