"""What a model of repeated values compares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from trialsim.analysis.plan import CrossoverPeriods, Endpoint, OverVisits, RepeatedModel
from trialsim.analysis.planning.endpoints import HOUR
from trialsim.kinds.designs import ALL_PERIODS, TRANSFORM, VISIT_MEAN, VISIT_SLOPE
from trialsim.kinds.tests import TEST
from trialsim.kinds.tests.options import (
    AS_NUMBER,
    AVERAGE,
    COVARIANCE,
    COVARIANCES,
    DFS,
    INTERACTION,
    KENWARD_ROGER,
    RANDOM_SLOPE,
    SLOPE,
)
from trialsim.scenario.model import Analysis, Design, Scenario


def model_of(scenario: Scenario, analysis: Analysis) -> RepeatedModel:
    """What a model of repeated values compares: weights of the visits, as :func:`weights_of_visits` has them."""
    visits = analysis.visits
    planned = [scenario.visits[visit].value / HOUR for visit in visits if visit in scenario.visits]
    hours = tuple(planned) if len(planned) == len(visits) else tuple(float(k) for k in range(len(visits)))
    test = TEST[analysis.test]
    assert analysis.at is not None  # written out when the scenario was resolved
    return RepeatedModel(
        visits=weights_of_visits(analysis.at, visits, hours, first_shared=test.first_shared),
        hours=hours,
        linear=analysis.time == AS_NUMBER,
        first_shared=test.first_shared,
        slopes=analysis.random == RANDOM_SLOPE,
        covariances=(analysis.covariance or COVARIANCES[:1]) if COVARIANCE in test.options else (),
        kenward_roger=(analysis.df or DFS[0]) == KENWARD_ROGER,
    )


def weights_of_visits(
    at: str, visits: Sequence[str], hours: Sequence[float], *, first_shared: bool
) -> tuple[tuple[float, ...], ...]:
    """The weights of the visits of what is compared: of one visit, their mean, the slope [per h]; or of each step between two.

    A first visit that the arms share is none of those whose mean is taken.

    >>> weights_of_visits("average", ("pre", "post", "later"), (0.0, 1.0, 2.0), first_shared=True)
    ((0.0, 0.5, 0.5),)
    """
    count = len(visits)
    if at == INTERACTION:
        return tuple(tuple(float((j == i) - (j == i - 1)) for j in range(count)) for i in range(1, count))
    if at == AVERAGE:
        first = int(first_shared)
        return (tuple(0.0 if j < first else 1.0 / (count - first) for j in range(count)),)
    if at == SLOPE:
        middle = sum(hours) / count
        square = sum((hour - middle) ** 2 for hour in hours)
        return (tuple((hour - middle) / square for hour in hours),)
    return (tuple(float(visit == at) for visit in visits),)


def compared_endpoint(analysis: Analysis, model: RepeatedModel, repeated: Sequence[Endpoint]) -> Endpoint:
    """The endpoint whose means a model compares: that of a visit, or the mean or the slope of all of them."""
    by = {AVERAGE: VISIT_MEAN, SLOPE: VISIT_SLOPE}
    last = repeated[-1]
    if analysis.at not in by:
        return repeated[analysis.visits.index(analysis.at)] if analysis.at in analysis.visits else last
    first = model.hours[0]
    times = tuple(hour - first for hour in model.hours) if by[analysis.at].timed else ()
    kept = range(int(model.first_shared and not times), len(repeated))
    points = tuple(repeated[k].visit for k in kept)
    return replace(
        last, categories=(), over=OverVisits(points, by[analysis.at].name, times, logs=TRANSFORM[last.transform].log)
    )


def periods_of(design: Design, analysis: Analysis, values: Sequence[Endpoint]) -> CrossoverPeriods | None:
    """The periods of a crossover, of a test that compares them; ``values`` are those of each period, or their change."""
    if not TEST[analysis.test].periods:
        return None
    arms = list(design.treatments)
    first = values[0]
    if first.start is not None:  # the first period minus the second
        alone = replace(first, start=None)
        values = (alone, replace(alone, visit=first.start))
    return CrossoverPeriods(
        orders=tuple(tuple(arms.index(arm) for arm in order) for order in design.sequences.values()),
        kenward_roger=(analysis.df or DFS[0]) == KENWARD_ROGER,
        whole=analysis.estimand.periods == ALL_PERIODS,
        visits=tuple(values),
    )
