"""The plan of each analysis of a scenario: endpoints, populations, contrasts, pairs, estimands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Protocol

from trialsim.kinds.designs import LOG, NO_TRANSFORM, PERCENT, RANDOMIZED, STRATEGY, TRANSFORM, TREATMENT_POLICY
from trialsim.kinds.estimands import ESTIMAND, MEANT, NO_ESTIMAND, Situation
from trialsim.kinds.tests import PAIR_TEST, TEST, Samples, Test
from trialsim.scenario.model import Analysis, Limits, Outcome, Scenario, Then
from trialsim.scenario.notation import split_contrast
from trialsim.scenario.resolve import DEFAULT_ALPHA

#: The contrast of a test of all arms at once.
ALL_ARMS = "all arms"


class PointIndex(Protocol):
    """The part of a response plan that analyses need: the position of an outcome at a visit."""

    def point_index(self, outcome: str, visit: str) -> int:
        """Position on the last axis of the measured values."""
        ...


@dataclass(frozen=True)
class Endpoint:
    """The analyzed value of one participant: a value, or a change since ``start``; then perhaps yes or no.

    ``visit`` and ``start`` are positions on the D axis of the values. ``transform`` is none, log or percent
    (100 x change / value at ``start``). ``at_least`` and ``at_most`` turn the number into 1 or 0. ``categories`` are all
    values it can take, when they are few: such an endpoint is counted instead of sorted.
    """

    visit: int
    start: int | None = None
    transform: str = NO_TRANSFORM.name
    at_least: float | None = None
    at_most: float | None = None
    categories: tuple[float, ...] = ()


@dataclass(frozen=True)
class PercentRule:
    """A rule on a percent change: below, above, or beyond (in size, either way)."""

    below: float | None = None
    above: float | None = None
    beyond: float | None = None


@dataclass(frozen=True)
class AnalysisSet:
    """Who is analyzed. ``exclude`` holds (covariate, category) positions; a subset is selected by percent change."""

    population: str = RANDOMIZED.name
    exclude: tuple[tuple[int, int], ...] = ()
    percent_change: Endpoint | None = None
    rule: PercentRule = PercentRule()


@dataclass(frozen=True)
class CovariateColumn:
    """One column of an ANCOVA: a number, or the indicator of one category."""

    covariate: int
    category: int | None = None


@dataclass(frozen=True)
class RowPlan:
    """One row of the estimates: an analysis with its contrast.

    ``no_effect`` is the value of the estimate that means no effect (NaN where there is no estimand); ``main`` is
    False for the pairs that follow an omnibus test; ``strategy`` says how the estimand handles missed and
    stopped treatment; ``label`` is the text that people read instead of the name of the analysis.
    """

    analysis: str
    contrast: str
    test: str
    estimand: str
    no_effect: float
    alpha: float
    unit: str
    main: bool = True
    strategy: str = TREATMENT_POLICY.name
    label: str = ""

    @property
    def shown(self) -> str:
        """What people read in place of the name."""
        return self.label or plain_words(self.analysis)

    @property
    def title(self) -> str:
        """What people read in place of name and contrast."""
        return f"{self.shown}: {self.contrast}"


@dataclass(frozen=True)
class PairwisePlan:
    """The pairs after an omnibus test: (a, b) arms, how p-values are adjusted, whether the omnibus test is a gate."""

    test: str
    arms: tuple[tuple[int, int], ...]
    adjust: str
    gate: bool


@dataclass(frozen=True)
class PlannedAnalysis:
    """One analysis: its main test in row ``first_row`` and its pairs in the rows after it."""

    name: str
    test: str
    endpoint: Endpoint
    choice: AnalysisSet
    arms: tuple[int, int] | None
    null: float
    alternative: str
    alpha: float
    first_row: int
    baselines: tuple[Endpoint, ...] = ()
    covariates: tuple[CovariateColumn, ...] = ()
    pairs: PairwisePlan | None = None
    strategy: str = TREATMENT_POLICY.name
    responders: PercentRule | None = None


@dataclass(frozen=True)
class AnalysisPlan:
    """All analyses of a scenario: ``calls`` to make, ``rows`` they fill, the ``primary`` main rows; K ``arms``."""

    calls: tuple[PlannedAnalysis, ...]
    rows: tuple[RowPlan, ...]
    primary: tuple[int, ...]
    arms: tuple[str, ...]


def plan_analyses(scenario: Scenario, response_plan: PointIndex) -> AnalysisPlan:
    """Plan every analysis of a resolved scenario.

    Impossible analyses (wrong arms, visits or scales) were refused when the scenario was resolved.
    """
    calls: list[PlannedAnalysis] = []
    rows: list[RowPlan] = []
    labels = labels_of(scenario.analyses)
    for name, analysis in scenario.analyses.items():
        call = _call(scenario, response_plan, name, first_row=len(rows))
        calls.append(call)
        rows.extend(replace(row, label=labels[name]) for row in _rows(scenario, analysis, call))
    first = {call.name: call.first_row for call in calls}
    return AnalysisPlan(
        calls=tuple(calls),
        rows=tuple(rows),
        primary=tuple(first[name] for name in scenario.primary),
        arms=tuple(scenario.design.arms),
    )


def labels_of(analyses: Mapping[str, Analysis]) -> dict[str, str]:
    """What people read in place of each name, without underscores; where two are the same, the name is written beside it."""
    wanted = {name: one.label or plain_words(name) for name, one in analyses.items()}
    counts = Counter(wanted.values())
    named = {name: label if counts[label] == 1 else f"{label} ({name})" for name, label in wanted.items()}
    return named if len(set(named.values())) == len(named) else {name: name for name in named}


def plain_words(name: str) -> str:
    """A name without underscores.

    >>> plain_words("fear_during")
    'fear during'
    """
    return name.replace("_", " ")


def _call(scenario: Scenario, pairs: PointIndex, name: str, *, first_row: int) -> PlannedAnalysis:
    analysis = scenario.analyses[name]
    responders = analysis.estimand.responders
    endpoint = _endpoint(scenario, pairs, analysis)
    baselines = () if analysis.baseline is None else (_baseline(analysis, pairs, endpoint),)
    return PlannedAnalysis(
        name=name,
        test=analysis.test,
        endpoint=endpoint,
        choice=_choice(scenario, pairs, analysis),
        arms=_arms(scenario, analysis),
        null=0.0 if analysis.null is None else analysis.null.value,
        alternative=analysis.alternative,
        alpha=DEFAULT_ALPHA if analysis.alpha is None else analysis.alpha.value,
        first_row=first_row,
        baselines=baselines if TEST[analysis.test].adjusts else (),
        covariates=_covariates(scenario, analysis.covariates),
        pairs=_pairs(scenario, analysis.then),
        strategy=analysis.estimand.strategy,
        responders=None if responders is None else _percent_rule(responders.percent_change),
    )


# ---------------------------------------------------------------- endpoints and populations


def _endpoint(scenario: Scenario, pairs: PointIndex, analysis: Analysis) -> Endpoint:
    visit, start = _visits(analysis)
    cut = analysis.dichotomize
    return Endpoint(
        visit=pairs.point_index(analysis.outcome, visit),
        start=None if start is None else pairs.point_index(analysis.outcome, start),
        transform=analysis.transform,
        at_least=None if cut is None or cut.at_least is None else cut.at_least.value,
        at_most=None if cut is None or cut.at_most is None else cut.at_most.value,
        categories=_categories(scenario.outcomes[analysis.outcome], analysis),
    )


def _visits(analysis: Analysis) -> tuple[str, str | None]:
    """The analyzed visit, and the visit at which a change starts."""
    if analysis.change is not None:
        return analysis.change.end, analysis.change.start
    assert analysis.visit is not None  # a resolved analysis has one of the two
    return analysis.visit, None


def _categories(outcome: Outcome, analysis: Analysis) -> tuple[float, ...]:
    if analysis.dichotomize is not None:
        return (0.0, 1.0)
    if outcome.scale.categories is not None and analysis.change is None and TRANSFORM[analysis.transform].keeps:
        return tuple(sorted(float(category) for category in outcome.scale.values or outcome.categories))
    return ()


def _baseline(analysis: Analysis, pairs: PointIndex, endpoint: Endpoint) -> Endpoint:
    """The baseline as a covariate: on logs when the outcome is."""
    assert analysis.baseline is not None
    transform = (LOG if TRANSFORM[endpoint.transform].log else NO_TRANSFORM).name
    return Endpoint(visit=pairs.point_index(analysis.outcome, analysis.baseline), transform=transform)


def _choice(scenario: Scenario, pairs: PointIndex, analysis: Analysis) -> AnalysisSet:
    covariates = list(scenario.participants)
    exclude = tuple(
        (
            covariates.index(covariate),
            list(scenario.participants[covariate].choice).index(category),
        )
        for covariate, category in analysis.exclude.items()
    )
    if analysis.subset is None:
        return AnalysisSet(population=analysis.population, exclude=exclude)
    last, first = _visits(analysis)
    assert first is not None  # a resolved subset always has a change
    return AnalysisSet(
        population=analysis.population,
        exclude=exclude,
        percent_change=Endpoint(
            visit=pairs.point_index(analysis.outcome, last),
            start=pairs.point_index(analysis.outcome, first),
            transform=PERCENT.name,
        ),
        rule=_percent_rule(analysis.subset.percent_change),
    )


def _percent_rule(limits: Limits) -> PercentRule:
    return PercentRule(
        below=None if limits.below is None else 100 * limits.below.value,
        above=None if limits.above is None else 100 * limits.above.value,
        beyond=None if limits.beyond is None else 100 * limits.beyond.value,
    )


def _covariates(scenario: Scenario, names: Sequence[str]) -> tuple[CovariateColumn, ...]:
    """Numbers unchanged; categories as indicators of all but the first."""
    order = list(scenario.participants)
    columns: list[CovariateColumn] = []
    for name in names:
        categories = len(scenario.participants[name].choice)
        if categories == 0:
            columns.append(CovariateColumn(order.index(name)))
        columns.extend(CovariateColumn(order.index(name), category) for category in range(1, categories))
    return tuple(columns)


# ---------------------------------------------------------------- contrasts


def _arms(scenario: Scenario, analysis: Analysis) -> tuple[int, int] | None:
    """The arms (a, b) of ``a - b``; None for tests of one sample and of all arms at once."""
    if analysis.contrast is None:
        return None
    arms = list(scenario.design.arms)
    pair = split_contrast(analysis.contrast, arms)
    assert pair is not None  # checked when the scenario was resolved
    return arms.index(pair[0]), arms.index(pair[1])


def _pairs(scenario: Scenario, then: Then | None) -> PairwisePlan | None:
    if then is None:
        return None
    arms = list(scenario.design.arms)
    if then.against is not None:
        b = arms.index(then.against)
        chosen = tuple((a, b) for a in range(len(arms)) if a != b)
    else:
        chosen = tuple((b, a) for a, b in combinations(range(len(arms)), 2))
    return PairwisePlan(test=then.pairs, arms=chosen, adjust=then.adjust, gate=then.gate)


# ---------------------------------------------------------------- rows


def samples_of(call: PlannedAnalysis) -> Samples:
    """The comparison of the main test of an analysis: one sample, the two arms of its contrast, or all arms."""
    if call.arms is not None:
        return "two"
    return "one" if "one" in TEST[call.test].samples else "all"


def pair_test(call: PlannedAnalysis) -> Test:
    """The test of two arms that the pairs of an analysis use."""
    assert call.pairs is not None
    return PAIR_TEST[call.pairs.test, call.test]


def _rows(scenario: Scenario, analysis: Analysis, call: PlannedAnalysis) -> list[RowPlan]:
    names: Mapping[int, str] = dict(enumerate(scenario.design.arms))
    unit = scenario.outcomes[analysis.outcome].unit
    contrast = _label(analysis, call) if call.arms is None else f"{names[call.arms[0]]} - {names[call.arms[1]]}"
    estimand = _estimand(call, TEST[call.test], samples_of(call))
    rows = [_row(call, contrast, call.test, estimand, unit)]
    if call.pairs is not None:
        estimand = _estimand(call, pair_test(call), "two")
        for a, b in call.pairs.arms:
            row = _row(call, f"{names[a]} - {names[b]}", call.pairs.test, estimand, unit)
            rows.append(replace(row, main=False))
    return rows


def _row(call: PlannedAnalysis, contrast: str, test: str, estimand: str, unit: str | None) -> RowPlan:
    return RowPlan(
        call.name,
        contrast,
        test,
        estimand,
        _no_effect(estimand, call.null),
        call.alpha,
        _unit(unit, call.endpoint, estimand),
        strategy=call.strategy,
    )


def _label(analysis: Analysis, call: PlannedAnalysis) -> str:
    """The text in the contrast column for a test without two arms."""
    visit, start = _visits(analysis)
    if samples_of(call) == "all":
        return ALL_ARMS
    return visit if start is None else f"{visit} - {start}"


def _estimand(call: PlannedAnalysis, test: Test, samples: Samples) -> str:
    """The estimand; none for a test of all arms, in a subset selected by the outcome, or of more than two categories."""
    chosen = call.choice.percent_change is not None and not STRATEGY[call.strategy].stratum
    if chosen or samples == "all" or (test.yes_or_no and len(call.endpoint.categories) != 2):
        return NO_ESTIMAND
    situation: Situation = "arms" if samples == "two" else "value" if call.endpoint.start is None else "change"
    return MEANT[test.effect, call.endpoint.transform, situation].name


def _no_effect(estimand: str, null: float) -> float:
    if estimand == NO_ESTIMAND:
        return float("nan")
    fixed = ESTIMAND[estimand].no_effect
    return null if fixed is None else fixed


def _unit(unit: str | None, endpoint: Endpoint, estimand: str) -> str:
    """The unit of an estimate, or of the endpoint if nothing is estimated."""
    yes_or_no = endpoint.at_least is not None or endpoint.at_most is not None
    if yes_or_no or (estimand != NO_ESTIMAND and not ESTIMAND[estimand].in_unit):
        return ""
    transform = TRANSFORM[endpoint.transform]
    return (unit or "") if transform.keeps else transform.unit
