"""Who is analyzed, and the columns of their covariates."""

from __future__ import annotations

from collections.abc import Sequence

from trialsim.analysis.plan import AnalysisSet, CovariateColumn, Endpoint, PercentRule
from trialsim.analysis.planning.endpoints import PointIndex, instead_of
from trialsim.kinds.designs import PERCENT
from trialsim.scenario.comparisons import endpoint_visits
from trialsim.scenario.model import Analysis, Limits, Scenario


def choice_of(scenario: Scenario, points: PointIndex, analysis: Analysis) -> AnalysisSet:
    """Who is analyzed: a population without the excluded, perhaps a subset of it by percent change."""
    covariates = list(scenario.participants)
    exclude = tuple(
        (covariates.index(covariate), list(scenario.participants[covariate].choice).index(category))
        for covariate, category in analysis.exclude.items()
    )
    if analysis.subset is None:
        return AnalysisSet(population=analysis.population, exclude=exclude)
    last, first = endpoint_visits(analysis)
    assert first is not None  # a resolved subset always has a change
    return AnalysisSet(
        population=analysis.population,
        exclude=exclude,
        percent_change=Endpoint(
            visit=points.point_index(analysis.outcome, last),
            start=points.point_index(analysis.outcome, first),
            transform=PERCENT.name,
            instead=instead_of(scenario, points, analysis),
        ),
        rule=percent_rule(analysis.subset.percent_change),
    )


def percent_rule(limits: Limits) -> PercentRule:
    """The limits of a percent change [%]."""
    return PercentRule(
        below=None if limits.below is None else 100 * limits.below.value,
        above=None if limits.above is None else 100 * limits.above.value,
        beyond=None if limits.beyond is None else 100 * limits.beyond.value,
    )


def covariate_columns(scenario: Scenario, names: Sequence[str]) -> tuple[CovariateColumn, ...]:
    """Numbers unchanged; categories as indicators of all but the first."""
    order = list(scenario.participants)
    columns: list[CovariateColumn] = []
    for name in names:
        categories = len(scenario.participants[name].choice)
        if categories == 0:
            columns.append(CovariateColumn(order.index(name)))
        columns.extend(CovariateColumn(order.index(name), category) for category in range(1, categories))
    return tuple(columns)
