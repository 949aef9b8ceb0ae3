"""The rows of an analysis: what each estimates, in which unit, and which value means no effect."""

from __future__ import annotations

import math
from dataclasses import replace

from trialsim.analysis.plan import Endpoint, PlannedAnalysis, RowPlan
from trialsim.kinds.designs import STRATEGY, TRANSFORM, VISIT_SUMMARY
from trialsim.kinds.estimands import ESTIMAND, MEANT, NO_ESTIMAND, Situation
from trialsim.kinds.tests import TEST
from trialsim.kinds.tests.records import NO_ESTIMATE, Samples, Test
from trialsim.scenario.comparisons import comparisons
from trialsim.scenario.model import Analysis, Scenario


def rows_of(scenario: Scenario, analysis: Analysis, call: PlannedAnalysis) -> list[RowPlan]:
    """The rows that an analysis fills, in the order of its questions."""
    unit = scenario.outcomes[analysis.outcome].unit
    rows = []
    compared = comparisons(analysis, scenario.design)
    for asked, one in zip(call.questions, compared, strict=True):
        test = call.pairs.test if call.pairs is not None and not asked.main else asked.test
        estimand = _estimand(call, TEST[asked.test], asked.samples)
        row = _row(call, one.contrast, test, estimand, unit)
        given = (*(["baseline"] if analysis.baseline else []), *analysis.covariates, *analysis.visit_covariates)
        delta = analysis.delta[one.delta].value if len(analysis.delta) > 1 else None
        rows.append(replace(row, main=asked.main, given=given, delta=delta))
    return rows


def _row(call: PlannedAnalysis, contrast: str, test: str, estimand: str, unit: str | None) -> RowPlan:
    return RowPlan(
        call.name,
        contrast,
        test,
        estimand,
        _no_effect(estimand, call.null),
        call.alpha / 2 if call.margins else call.alpha,
        _unit(unit, call.endpoint, estimand),
        strategy=call.strategy,
        margins=call.margins,
    )


def _estimand(call: PlannedAnalysis, test: Test, samples: Samples) -> str:
    """The estimand; none for a test of all arms, in a subset selected by the outcome, or of more than two categories."""
    chosen = call.choice.percent_change is not None and not STRATEGY[call.strategy].stratum
    many = test.yes_or_no and not call.endpoint.each and len(call.endpoint.categories) != 2
    joint = call.model is not None and call.model.joint
    if chosen or samples == "all" or many or joint or test.effect == NO_ESTIMATE:
        return NO_ESTIMAND
    situation: Situation = (
        "arms" if samples in ("two", "factor") else "value" if call.endpoint.start is None else "change"
    )
    return MEANT[test.effect, call.endpoint.transform, situation].name


def _no_effect(estimand: str, null: float) -> float:
    if estimand == NO_ESTIMAND:
        return math.nan  # one object, so that rows of two plans of a study are equal
    fixed = ESTIMAND[estimand].no_effect
    return null if fixed is None else fixed


def _unit(unit: str | None, endpoint: Endpoint, estimand: str) -> str:
    """The unit of an estimate, or of the endpoint if nothing is estimated."""
    yes_or_no = endpoint.at_least is not None or endpoint.at_most is not None
    if yes_or_no or (estimand != NO_ESTIMAND and not ESTIMAND[estimand].in_unit):
        return ""
    transform = TRANSFORM[endpoint.transform]
    if not transform.keeps:
        over = endpoint.over
        return "per hour" if over is not None and over.logs and VISIT_SUMMARY[over.by].timed else transform.unit
    if endpoint.over is None:
        return unit or ""
    return VISIT_SUMMARY[endpoint.over.by].in_unit(unit or "", planned=bool(endpoint.over.times))
