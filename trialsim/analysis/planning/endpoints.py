"""The endpoint of an analysis, from the scenario."""

from __future__ import annotations

from typing import Protocol

from trialsim.analysis.imputation.rule import Imputation, imputation
from trialsim.analysis.plan import Endpoint, OverVisits
from trialsim.analysis.substitution import NOTHING, Substitution, substitution
from trialsim.kinds.designs import LOG, NO_TRANSFORM, REALIZED, TRANSFORM, VISIT_SUMMARY
from trialsim.kinds.tests import TEST
from trialsim.scenario.checks.missing import imputes
from trialsim.scenario.comparisons import endpoint_visits
from trialsim.scenario.model import Analysis, Outcome, Scenario

#: Seconds in an hour.
HOUR = 3600.0


class PointIndex(Protocol):
    """The part of a response plan that analyses need: the position of an outcome at a visit, and the order of visits."""

    def point_index(self, outcome: str, visit: str) -> int:
        """Position on the last axis of the measured values."""
        ...

    def in_order(self, outcome: str) -> tuple[int, ...]:
        """Positions of an outcome in the order of the protocol."""
        ...


def endpoint_of(scenario: Scenario, points: PointIndex, analysis: Analysis, *, visit: str | None = None) -> Endpoint:
    """The endpoint of an analysis; its value at ``visit`` if it takes several."""
    start, over = None, None
    if visit is None:
        visit, start = endpoint_visits(analysis)
        over = _over(scenario, points, analysis)
    cut, instead = analysis.dichotomize, instead_of(scenario, points, analysis)
    return Endpoint(
        visit=points.point_index(analysis.outcome, visit),
        start=None if start is None else points.point_index(analysis.outcome, start),
        transform=analysis.transform,
        at_least=None if cut is None or cut.at_least is None else cut.at_least.value,
        at_most=None if cut is None or cut.at_most is None else cut.at_most.value,
        categories=_categories(scenario.outcomes[analysis.outcome], analysis, instead),
        over=over,
        each=TEST[analysis.test].at_each_visit,
        instead=instead,
    )


def instead_of(scenario: Scenario, points: PointIndex, analysis: Analysis) -> Substitution:
    """What takes the place of values of the endpoint."""
    if analysis.missing is None and analysis.composite is None:
        return NOTHING
    name = analysis.outcome
    return substitution(
        analysis, scenario.outcomes[name], points.in_order(name), lambda visit: points.point_index(name, visit)
    )


def _over(scenario: Scenario, points: PointIndex, analysis: Analysis) -> OverVisits | None:
    if analysis.over is None:
        return None
    what, summary = analysis.over, VISIT_SUMMARY[analysis.over.by]
    times: tuple[float, ...] = ()
    if summary.timed and what.times != REALIZED:
        first, *_ = planned = planned_hours(scenario, analysis)
        times = tuple(time - first for time in planned)
    places = tuple(points.point_index(analysis.outcome, visit) for visit in what.visits)
    return OverVisits(places, what.by, times, what.available)


def imputation_of(scenario: Scenario, points: PointIndex, analysis: Analysis) -> Imputation | None:
    """How missing values are imputed."""
    name, design = analysis.outcome, scenario.design
    return imputation(
        analysis,
        scenario.outcomes[name],
        points.in_order(name),
        lambda visit: points.point_index(name, visit),
        arms=tuple(design.arms),
        reference=design.reference or next(iter(design.arms)),
        log=TRANSFORM[analysis.transform].log,
    )


def planned_hours(scenario: Scenario, analysis: Analysis) -> tuple[float, ...]:
    """Planned times of the visits of an endpoint over visits [h]: as written there, else those of the study's visits."""
    assert analysis.over is not None
    if analysis.over.at:
        return tuple(time.value / HOUR for time in analysis.over.at)
    return tuple(scenario.visits[visit].value / HOUR for visit in analysis.over.visits)


def _categories(outcome: Outcome, analysis: Analysis, instead: Substitution) -> tuple[float, ...]:
    if analysis.dichotomize is not None and not TEST[analysis.test].at_each_visit:
        return (0.0, 1.0)
    if outcome.scale.categories is None or analysis.change is not None or not TRANSFORM[analysis.transform].keeps:
        return ()
    if imputes(analysis):
        return ()  # imputed values lie between categories
    after = {instead.value} if instead.events else set()
    values = tuple(sorted({float(category) for category in outcome.scale.values or outcome.categories} | after))
    if analysis.over is None or VISIT_SUMMARY[analysis.over.by].selects:
        return values
    if VISIT_SUMMARY[analysis.over.by].counts:
        return tuple(float(k) for k in range(len(analysis.over.visits) + 1))
    return ()


def baseline_of(analysis: Analysis, points: PointIndex, endpoint: Endpoint) -> Endpoint:
    """The baseline as a covariate: on logs when the outcome is."""
    assert analysis.baseline is not None
    transform = (LOG if TRANSFORM[endpoint.transform].log else NO_TRANSFORM).name
    return Endpoint(visit=points.point_index(analysis.outcome, analysis.baseline), transform=transform)
