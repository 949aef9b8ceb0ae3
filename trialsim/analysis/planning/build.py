"""The plan of every analysis of a scenario."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from trialsim.analysis.labels import labels_of
from trialsim.analysis.own import own_analysis
from trialsim.analysis.plan import (
    SITE_STRATUM,
    AnalysisPlan,
    ModelTerm,
    PairwisePlan,
    PlannedAnalysis,
    PlannedFamily,
    RowPlan,
    RowTest,
)
from trialsim.analysis.planning.endpoints import PointIndex, baseline_of, endpoint_of, imputation_of
from trialsim.analysis.planning.margins import margin_scale, margins_of
from trialsim.analysis.planning.models import compared_endpoint, model_of, periods_of
from trialsim.analysis.planning.people import choice_of, covariate_columns, percent_rule
from trialsim.analysis.planning.rows import rows_of
from trialsim.kinds.designs import GREATER, LESS, SITE, TRANSFORM
from trialsim.kinds.tests import TEST
from trialsim.kinds.tests.options import (
    AVERAGE,
    DEFAULT_PERMUTATIONS,
    DEFAULT_TRIM,
    GREENHOUSE_GEISSER,
    INTERACTION,
    KENWARD_ROGER,
    RANDOM_SITE_PERIOD,
)
from trialsim.kinds.tests.pairs import PAIR_TEST
from trialsim.scenario.checks.repeated import is_model
from trialsim.scenario.clusters import strata_of
from trialsim.scenario.comparisons import ComparedArms, comparisons, pairs_of, split_member
from trialsim.scenario.factors import terms_of
from trialsim.scenario.model import Analysis, Design, Scenario, Then
from trialsim.scenario.notation import split_decision
from trialsim.scenario.resolve import DEFAULT_ALPHA


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
        rows.extend(replace(row, label=labels[name]) for row in rows_of(scenario, analysis, call))
    main = {call.name: [row for row in call.rows if rows[row].main] for call in calls}
    families = tuple(_families(scenario, rows))
    for family in families:
        for row in family.rows:
            alpha = family.alpha / 2 if rows[row].margins else family.alpha
            rows[row] = replace(rows[row], alpha=alpha, family=family.name)
    return AnalysisPlan(
        calls=tuple(calls),
        rows=tuple(rows),
        families=families,
        primary=tuple(row for name in scenario.primary for row in main[name]),
        arms=tuple(scenario.design.arms),
        stratified=strata_of(scenario),
        balanced=scenario.design.allocation.factors,
    )


def _families(scenario: Scenario, rows: Sequence[RowPlan]) -> Iterator[PlannedFamily]:
    """Each family with the rows that its members are."""
    places: dict[tuple[str, str], int] = {}
    for index, row in enumerate(rows):
        places.setdefault((row.analysis, ""), index)
        places[row.analysis, row.contrast] = index
    for name, family in scenario.families.items():
        yield PlannedFamily(
            name,
            tuple(places[split_member(member)] for member in family.members),
            family.method,
            DEFAULT_ALPHA if family.alpha is None else family.alpha.value,
            tuple(weight.value for weight in family.weights),
            tuple(tuple(share.value for share in row) for row in family.transitions),
        )


def _call(scenario: Scenario, points: PointIndex, name: str, *, first_row: int) -> PlannedAnalysis:
    analysis = scenario.analyses[name]
    responders = analysis.estimand.responders
    repeated = tuple(endpoint_of(scenario, points, analysis, visit=visit) for visit in analysis.visits)
    model = model_of(scenario, analysis) if is_model(analysis) else None
    if model is not None:
        endpoint = compared_endpoint(analysis, model, repeated)
    else:
        first = 0 if TEST[analysis.test].periods else -1
        endpoint = repeated[first] if repeated else endpoint_of(scenario, points, analysis)
    baselines = () if analysis.baseline is None else (baseline_of(analysis, points, endpoint),)
    after = _pairs(scenario, analysis.then)
    margins = margins_of(analysis)
    null, alternative, alpha = _rule(analysis)
    if len(margins) == 1:
        (null,) = margins
        alternative = (GREATER if analysis.margin[0].value < margin_scale(analysis).none else LESS).name
    return PlannedAnalysis(
        name=name,
        test=analysis.test,
        endpoint=endpoint,
        choice=choice_of(scenario, points, analysis),
        questions=_questions(comparisons(analysis, scenario.design), analysis),
        null=null,
        alternative=alternative,
        alpha=alpha,
        first_row=first_row,
        baselines=baselines,
        covariates=covariate_columns(scenario, analysis.covariates),
        pairs=after,
        strategy=analysis.estimand.strategy,
        responders=None if responders is None else percent_rule(responders.percent_change),
        repeated=repeated,
        visit_covariates=analysis.visit_covariates,
        strata=tuple(
            SITE_STRATUM if one == SITE.name else list(scenario.participants).index(one) for one in analysis.strata
        ),
        clusters=SITE.name if TEST[analysis.test].calendar else analysis.clusters or "",
        margins=margins,
        firth=analysis.firth or "",
        at=INTERACTION if analysis.at is None or TEST[analysis.test].at_visits else analysis.at,
        at_visit=_at_visit(analysis),
        sphericity=analysis.sphericity or GREENHOUSE_GEISSER,
        model=model,
        own=own_analysis(scenario, analysis, points.point_index),
        prior=(0.0, math.inf) if analysis.prior is None else (analysis.prior.mean.value, analysis.prior.sd.value),
        by=analysis.by or next(iter(TEST[analysis.test].ways), ""),
        trim=DEFAULT_TRIM if analysis.trim is None else analysis.trim.value,
        permutations=analysis.permutations or DEFAULT_PERMUTATIONS,
        imputation=imputation_of(scenario, points, analysis),
        terms=tuple(_terms(analysis, scenario.design)),
        site_periods=analysis.random == RANDOM_SITE_PERIOD,
        kenward_roger=TEST[analysis.test].calendar and analysis.df == KENWARD_ROGER,
        periods=periods_of(scenario.design, analysis, repeated or (endpoint,)),
    )


def _terms(analysis: Analysis, design: Design) -> Iterator[ModelTerm]:
    """The terms of a model by factors: every factor, and the interactions that are named with what lies in them."""
    known = terms_of(design.factors) if analysis.factors else {}
    named = [set(known[name].factors) for name in analysis.factors]
    for term in known.values():
        mine = set(term.factors)
        if len(mine) == 1 or any(mine <= one for one in named):
            yield ModelTerm(term.name, term.weights, term.sides, term.size)


def _at_visit(analysis: Analysis) -> int | None:
    """The position of the visit of the contrast, by default the last one; None for the average, and for other tests."""
    if not TEST[analysis.test].at_visits or analysis.at == AVERAGE:
        return None
    return len(analysis.visits) - 1 if analysis.at is None else analysis.visits.index(analysis.at)


def _rule(analysis: Analysis) -> tuple[float, str, float]:
    """The number that the test compares with, its direction and its level."""
    if analysis.decide is not None:
        decision = split_decision(analysis.decide)
        assert decision is not None  # checked when the scenario was resolved
        return decision.limit.value, decision.alternative, 1.0 - decision.probability
    null = 0.0 if analysis.null is None else analysis.null.value
    return null, analysis.alternative, DEFAULT_ALPHA if analysis.alpha is None else analysis.alpha.value


def _questions(asked: Sequence[ComparedArms], analysis: Analysis) -> tuple[RowTest, ...]:
    """What each row asks, with its test."""
    test = TEST[analysis.test]
    pairs = test.name if analysis.then is None else PAIR_TEST[analysis.then.pairs, test.name].name
    deltas = [delta.value for delta in analysis.delta] or [0.0]
    if analysis.delta and TRANSFORM[analysis.transform].log:
        deltas = [math.log(delta) for delta in deltas]
    return tuple(
        RowTest(
            test.name if one.main else pairs,
            one.samples,
            one.arms,
            one.main,
            (1.0, -1.0) if one.samples == "two" else one.weights,
            deltas[one.delta],
        )
        for one in asked
    )


def _pairs(scenario: Scenario, then: Then | None) -> PairwisePlan | None:
    if then is None:
        return None
    arms = list(scenario.design.arms)
    return PairwisePlan(test=then.pairs, arms=pairs_of(then, arms), adjust=then.adjust, gate=then.gate)
