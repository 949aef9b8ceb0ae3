"""The distribution of an endpoint in each arm by the declared levels: mean, SD, shares of categories, chances.

Levels hold for full delivery and before the instrument. Effects of activities (clearance kinetics, ratios) enter by their
expectation when everything takes its mean length, and so does a slope of the clock between two visits of one session;
what only the simulation knows (waits, failed attempts, the hour of the day) does not.
"""

from __future__ import annotations

import math
from itertools import product

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.plan import Endpoint, OverVisits
from trialsim.analysis.visit_summaries import weights
from trialsim.kinds.designs import TRANSFORM, VISIT_SUMMARY
from trialsim.protocol.compile import expected_length
from trialsim.protocol.program import Program
from trialsim.response.joint import total_correlation
from trialsim.response.people import NOBODY, services
from trialsim.response.plan import ResponsePlan, log_factor, matching, spread_of, steps_of_activities
from trialsim.response.scales.moments import ArmEndpoint, ArmPoint, EndpointDistribution, discrete, normal_endpoint
from trialsim.scenario.model import Response

Floats = NDArray[np.float64]

__all__ = ["EndpointDistribution", "covariance", "endpoint_distributions"]


def endpoint_distributions(plan: ResponsePlan, endpoint: Endpoint) -> list[EndpointDistribution] | None:
    """The endpoint in each arm, yes or no if it is dichotomized; None if it has no formula."""
    found = []
    for arm in range(len(plan.arms)):
        one = _endpoint_distribution(plan, endpoint, arm)
        if one is None:
            return None
        found.append(_dichotomized(one, endpoint))
    return found


def _endpoint_distribution(plan: ResponsePlan, endpoint: Endpoint, arm: int) -> EndpointDistribution | None:
    """The endpoint in one arm; None if it has no formula."""
    if endpoint.over is not None:
        return _over_visits(plan, endpoint, endpoint.over, arm)
    if endpoint.each and (endpoint.at_least is not None or endpoint.at_most is not None):
        return None
    start = endpoint.start
    ends = ArmEndpoint(
        end=_end(plan, endpoint.visit, arm),
        start=None if start is None else _end(plan, start, arm),
        rho=0.0 if start is None else total_correlation(plan, endpoint.visit, start, arm),
        clock=0.0 if start is None else _clock(plan, start, endpoint.visit, arm),
        log=TRANSFORM[endpoint.transform].log,
        percent=TRANSFORM[endpoint.transform].percent,
    )
    return plan.outcomes[plan.points[endpoint.visit].outcome].parts.expected(ends)


def _over_visits(plan: ResponsePlan, endpoint: Endpoint, over: OverVisits, arm: int) -> EndpointDistribution | None:
    """A weighted sum of normal values is normal; None for any other number of several visits."""
    outcome = plan.outcomes[plan.points[endpoint.visit].outcome]
    planned = bool(over.times) or not VISIT_SUMMARY[over.by].timed
    if not (
        VISIT_SUMMARY[over.by].linear and planned and outcome.scale.in_unit and TRANSFORM[endpoint.transform].keeps
    ):
        return None
    ends = [_end(plan, point, arm) for point in over.points]
    weight = weights_over(over)
    mean = float(weight @ [end.location for end in ends])
    variance = sum(w * w * end.own for w, end in zip(weight, ends, strict=True))
    for (v, a, x), (w, b, y) in product(zip(weight, over.points, ends, strict=True), repeat=2):
        rho = 1.0 if a == b else total_correlation(plan, a, b, arm)
        variance += v * w * rho * x.sd * y.sd
    return normal_endpoint(mean, math.sqrt(max(float(variance), 0.0)))


def weights_over(over: OverVisits) -> Floats:
    """(V,) the weights of a linear summary."""
    return weights(over.by, np.array(over.times or [0.0] * len(over.points)))


def _dichotomized(distribution: EndpointDistribution, endpoint: Endpoint) -> EndpointDistribution:
    if endpoint.at_least is None and endpoint.at_most is None:
        return distribution
    if endpoint.at_least is not None:
        yes = distribution.at_least(endpoint.at_least)
    else:
        assert endpoint.at_most is not None
        beyond = np.nextafter(endpoint.at_most, np.inf)
        yes = 1 - distribution.at_least(float(beyond))
    return discrete(np.array([0.0, 1.0]), np.array([1 - yes, yes]))


# ---------------------------------------------------------------- where the levels lie


def level(plan: ResponsePlan, point: int, arm: int) -> tuple[float, float]:
    """Location of an arm at a point with the expected effect of activities, and the variance they add."""
    shift, variance = activity_effect(plan, point, arm)
    return float(plan.points[point].location[arm]) + shift, variance


def _end(plan: ResponsePlan, point: int, arm: int) -> ArmPoint:
    """An arm at a point, with the expected effect of activities."""
    here = plan.points[point]
    shift, variance = activity_effect(plan, point, arm)
    return ArmPoint(
        location=float(here.location[arm]) + shift,
        sd=float(here.sd[arm]),
        own=variance,
        cuts=np.asarray(here.cuts[arm] - shift),
        categories=plan.outcomes[here.outcome].categories,
        planned=None if here.follow is None else here.follow.planned,
    )


# ---------------------------------------------------------------- two endpoints of one participant


def covariance(plan: ResponsePlan, endpoint: Endpoint, baseline: Endpoint, arm: int) -> float:
    """Covariance of the endpoint with a baseline, on the scale of the analysis."""
    if endpoint.over is not None:
        each = [_pair_covariance(plan, point, baseline.visit, arm, log=False) for point in endpoint.over.points]
        return float(weights_over(endpoint.over) @ each)
    found = _pair_covariance(plan, endpoint.visit, baseline.visit, arm, log=TRANSFORM[endpoint.transform].log)
    if endpoint.start is not None:
        found -= _pair_covariance(plan, endpoint.start, baseline.visit, arm, log=TRANSFORM[endpoint.transform].log)
    return found


def _pair_covariance(plan: ResponsePlan, a: int, b: int, arm: int, *, log: bool) -> float:
    parts = plan.outcomes[plan.points[a].outcome].parts
    rho = total_correlation(plan, a, b, arm)
    return parts.covariance(_end(plan, a, arm), _end(plan, b, arm), rho, a == b, log)


# ---------------------------------------------------------------- what activities are expected to add


def activity_effect(plan: ResponsePlan, point: int, arm: int) -> tuple[float, float]:
    """Expected shift of the predictor by activities at a point, and the variance between participants that it adds."""
    here = plan.points[point]
    outcome, program = plan.outcomes[here.outcome], plan.program
    if program is None:
        return 0.0, 0.0
    steps = steps_of_activities(program)
    shift = variance = 0.0
    for name, response in outcome.responses:
        acting = [
            i
            for i in matching(program, name)
            if program.activities[i].arms >> arm & 1 and steps[i] <= program.visit_step[here.visit_index]
        ]
        share = response.responders.value if response.responders else 1.0
        if (
            response.visits or here.follow is not None
        ):  # followed: each from its end on, the last repeat in place of others
            acting = acting[-1:] if not response.visits or here.visit in response.visits else []
        else:
            session = program.visit_session[here.visit_index]
            acting = [i for i in acting if program.activities[i].session == session]
        spread = spread_of(response)
        for activity in acting:
            if response.secretion is None:
                size = log_factor(response, outcome, here.cuts[plan.reference])
            else:
                lag = response.lag.value if response.lag else 0.0
                lasts = response.lasts.value if response.lasts else None
                size = _secreted(plan, point, arm, activity, (response.secretion.value, lag, lasts))
            shift += share * size
            variance += share * (1 - share) * size**2
            if response.secretion is None:
                variance += share * (spread**2 if spread is not None else 0.0)
                variance += share * _over_practitioners(program, response, activity, arm)
    return shift, variance


def _over_practitioners(program: Program, response: Response, activity: int, arm: int) -> float:
    """Variance of an effect over practitioners, where one has served when the activity begins."""
    varies = response.sd_practitioner
    if varies is None or varies.value == 0.0:
        return 0.0
    group = program.practitioners.groups.index(varies.of)
    return 0.0 if services(program, group, arm).activities.get(activity, NOBODY) == NOBODY else varies.value**2


def _clock(plan: ResponsePlan, first: int, second: int, arm: int) -> float:
    """The effect of a slope per hour between two points of one session, if everything takes its mean length."""
    rhythm, program = plan.outcomes[plan.points[first].outcome].rhythm, plan.program
    if program is None or rhythm is None or rhythm.slope is None:
        return 0.0
    visits = [plan.points[d].visit_index for d in (first, second)]
    if program.visit_session[visits[0]] != program.visit_session[visits[1]]:
        return 0.0
    start, end = (program.visit_step[visit] for visit in visits)
    between = sum(
        expected_length(program.activities[i], program)
        for i, step in steps_of_activities(program).items()
        if start < step <= end and program.activities[i].arms >> arm & 1
    )
    return rhythm.slope.value * between / 3600


def _secreted(
    plan: ResponsePlan, point: int, arm: int, activity: int, drive: tuple[float, float, float | None]
) -> float:
    """Log level at the visit after one activity of its session, if everything takes its mean length."""
    program, here = plan.program, plan.points[point]
    assert program is not None
    half_life = plan.outcomes[here.outcome].half_life
    if half_life <= 0:
        return 0.0
    secretion, lag, lasts = drive
    steps = steps_of_activities(program)
    length = expected_length(program.activities[activity], program)
    now = sum(
        expected_length(program.activities[i], program)
        for i, step in steps.items()
        if steps[activity] <= step <= program.visit_step[here.visit_index] and program.activities[i].arms >> arm & 1
    )
    under_way = max(min((length if lasts is None else lasts), now - lag), 0.0)
    after = max(now - lag - under_way, 0.0)
    supply = max(1 + secretion, 0.0)
    reached = supply + (1 - supply) * 2 ** (-under_way / half_life)
    found = 1 + (reached - 1) * 2 ** (-after / half_life)
    return math.log(max(found, 1e-12))
