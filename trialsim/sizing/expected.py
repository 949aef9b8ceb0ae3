"""What the declared levels say of an endpoint in each arm: mean, SD, shares of categories, chances to lie above.

Levels hold for full delivery and before the instrument. What activities do (clearance kinetics, ratios) enters by its
expectation when everything takes its mean length, and so does a slope of the clock between two visits of one session;
what only the play knows (waits, failed attempts, the hour of the day) does not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from trialsim.analysis.plan import Endpoint
from trialsim.protocol.compile import expected_length
from trialsim.protocol.program import Program
from trialsim.response.joint import total_correlation
from trialsim.response.people import NOBODY, services
from trialsim.response.plan import LOGNORMAL, NORMAL, ORDINAL, ResponsePlan, log_factor, matching, steps_of_activities
from trialsim.response.scales import shares_of
from trialsim.scenario.model import Response

Floats = NDArray[np.float64]

#: Places on each axis of the grid that stands for a change between two lognormal values; 200 give 4 digits of a power.
GRID = 200


@dataclass(frozen=True)
class Spread:
    """The distribution of an endpoint in one arm.

    Attributes
    ----------
    values, weights : the categories with their shares (``exact``), or places that stand for a continuous endpoint
    normal : mean and SD of the normal of which the endpoint is a rising function; None where there is none
    scale : that function: none, log (an exponential) or percent
    """

    mean: float
    sd: float
    values: Floats
    weights: Floats
    exact: bool
    normal: tuple[float, float] | None = None
    scale: str = "none"

    def at_least(self, limit: float) -> float:
        """P(endpoint >= limit)."""
        if self.normal is None:
            return float(self.weights[self.values >= limit].sum())
        if self.scale == "none":
            place = limit
        else:
            inside = limit if self.scale == "log" else 1 + limit / 100
            if inside <= 0:
                return 1.0
            place = math.log(inside)
        return float(special.ndtr((self.normal[0] - place) / self.normal[1]))


def spreads(plan: ResponsePlan, endpoint: Endpoint) -> list[Spread] | None:
    """The endpoint in each arm, yes or no if it is dichotomized; None where no formula reaches it."""
    found = []
    for arm in range(len(plan.arms)):
        one = _spread(plan, endpoint, arm)
        if one is None:
            return None
        found.append(_dichotomized(one, endpoint))
    return found


def _spread(plan: ResponsePlan, endpoint: Endpoint, arm: int) -> Spread | None:
    scale = plan.outcomes[plan.points[endpoint.visit].outcome].scale
    if scale == ORDINAL:
        return _categories(plan, endpoint, arm) if endpoint.transform == "none" else None
    mean, variance = _latent(plan, endpoint, arm)
    sd = math.sqrt(max(variance, 0.0))
    if scale == NORMAL:
        return _normal(mean, sd) if endpoint.transform == "none" else None
    if endpoint.transform == "log":
        return _normal(mean, sd)
    if endpoint.start is None:
        return _exponential(mean, sd)
    if endpoint.transform == "percent":
        raw = _exponential(mean, sd)
        return Spread(
            100 * (raw.mean - 1), 100 * raw.sd, 100 * (raw.values - 1), raw.weights, False, (mean, sd), "percent"
        )
    return _raw_change(plan, endpoint, arm)


def _normal(mean: float, sd: float) -> Spread:
    return Spread(mean, sd, mean + sd * _nodes(), np.full(GRID, 1 / GRID), False, (mean, sd))


def _exponential(mean: float, sd: float) -> Spread:
    raw = math.exp(mean + sd**2 / 2)
    values = np.exp(mean + sd * _nodes())
    return Spread(
        raw, raw * math.sqrt(math.expm1(sd**2)), values, np.full(GRID, 1 / GRID), False, (mean, sd), "log"
    )  # fmt: skip


def _nodes() -> Floats:
    return np.asarray(special.ndtri((np.arange(GRID) + 0.5) / GRID))


def _dichotomized(spread: Spread, endpoint: Endpoint) -> Spread:
    if endpoint.at_least is None and endpoint.at_most is None:
        return spread
    if endpoint.at_least is not None:
        yes = spread.at_least(endpoint.at_least)
    else:
        assert endpoint.at_most is not None
        beyond = np.nextafter(endpoint.at_most, np.inf)
        yes = 1 - spread.at_least(float(beyond))
    return _discrete(np.array([0.0, 1.0]), np.array([1 - yes, yes]))


def _discrete(values: Floats, weights: Floats) -> Spread:
    mean = float(weights @ values)
    return Spread(mean, math.sqrt(max(float(weights @ (values - mean) ** 2), 0.0)), values, weights, True)


# ---------------------------------------------------------------- where the levels lie


def _latent(plan: ResponsePlan, endpoint: Endpoint, arm: int) -> tuple[float, float]:
    """Mean and variance of the endpoint on the scale of the predictor (of a change: of the difference)."""
    mean, own = level(plan, endpoint.visit, arm)
    sd = float(plan.points[endpoint.visit].sd[arm])
    if endpoint.start is None:
        return mean, sd**2 + own
    start, own_start = level(plan, endpoint.start, arm)
    sd_start = float(plan.points[endpoint.start].sd[arm])
    rho = total_correlation(plan, endpoint.visit, endpoint.start, arm)
    change = mean - start + _clock(plan, endpoint.start, endpoint.visit, arm)
    return change, sd**2 + sd_start**2 - 2 * rho * sd * sd_start + own + own_start


def level(plan: ResponsePlan, point: int, arm: int) -> tuple[float, float]:
    """Location of an arm at a point with what activities are expected to add, and the variance they add."""
    shift, variance = activity_effect(plan, point, arm)
    return float(plan.points[point].location[arm]) + shift, variance


def _cuts(plan: ResponsePlan, point: int, arm: int) -> Floats:
    return np.asarray(plan.points[point].cuts[arm] - activity_effect(plan, point, arm)[0])


def _categories(plan: ResponsePlan, endpoint: Endpoint, arm: int) -> Spread:
    scores = plan.outcomes[plan.points[endpoint.visit].outcome].categories
    if endpoint.start is None:
        return _discrete(scores, shares_of(_cuts(plan, endpoint.visit, arm).tolist()))
    joint = joint_shares(plan, endpoint.start, endpoint.visit, arm)
    change = scores[None, :] - scores[:, None]
    values, place = np.unique(change, return_inverse=True)
    return _discrete(values, np.bincount(place.ravel(), weights=joint.ravel()).astype(np.float64))


def joint_shares(plan: ResponsePlan, first: int, second: int, arm: int) -> Floats:
    """(L, L) shares of the categories at two points together: cells of a bivariate normal."""
    rho = total_correlation(plan, first, second, arm)
    edges = [special.ndtri(special.expit(np.clip(_cuts(plan, d, arm), -36, 36))) for d in (first, second)]
    below = np.zeros((len(edges[0]) + 2, len(edges[1]) + 2))
    for i, x in enumerate([*edges[0], np.inf], start=1):
        for j, y in enumerate([*edges[1], np.inf], start=1):
            if math.isinf(x) or math.isinf(y):
                below[i, j] = special.ndtr(min(x, y))
            else:
                below[i, j] = stats.multivariate_normal.cdf([x, y], cov=[[1, rho], [rho, 1]], allow_singular=True)
    return np.asarray(np.clip(np.diff(np.diff(below, axis=0), axis=1), 0.0, None))


def _raw_change(plan: ResponsePlan, endpoint: Endpoint, arm: int) -> Spread:
    """A difference of two lognormal values, as a grid of equally likely places."""
    assert endpoint.start is not None
    ends = []
    for d in (endpoint.start, endpoint.visit):
        location, own = level(plan, d, arm)
        location += _clock(plan, endpoint.start, d, arm)
        ends.append((location, math.sqrt(float(plan.points[d].sd[arm]) ** 2 + own)))
    rho = total_correlation(plan, endpoint.start, endpoint.visit, arm)
    z = _nodes()
    other = rho * z[:, None] + math.sqrt(1 - rho**2) * z[None, :]
    change = np.exp(ends[1][0] + ends[1][1] * other) - np.exp(ends[0][0] + ends[0][1] * z)[:, None]
    (a, s), (b, t) = ends
    mean_a, mean_b = math.exp(a + s**2 / 2), math.exp(b + t**2 / 2)
    variance = (
        mean_a**2 * math.expm1(s**2) + mean_b**2 * math.expm1(t**2) - 2 * mean_a * mean_b * math.expm1(rho * s * t)
    )
    weights = np.full(change.size, 1 / change.size)
    return Spread(mean_b - mean_a, math.sqrt(max(variance, 0.0)), change.ravel(), weights, False)


# ---------------------------------------------------------------- two endpoints of one participant


def covariance(plan: ResponsePlan, endpoint: Endpoint, baseline: Endpoint, arm: int) -> float:
    """Covariance of the endpoint with a baseline, on the scale of the analysis."""
    found = _pair_covariance(plan, endpoint.visit, baseline.visit, arm, log=endpoint.transform == "log")
    if endpoint.start is not None:
        found -= _pair_covariance(plan, endpoint.start, baseline.visit, arm, log=endpoint.transform == "log")
    return found


def _pair_covariance(plan: ResponsePlan, a: int, b: int, arm: int, *, log: bool) -> float:
    outcome = plan.outcomes[plan.points[a].outcome]
    rho, s, t = total_correlation(plan, a, b, arm), float(plan.points[a].sd[arm]), float(plan.points[b].sd[arm])
    if outcome.scale == ORDINAL:
        if a == b:
            return _categories(plan, Endpoint(visit=a), arm).sd ** 2
        joint, scores = joint_shares(plan, a, b, arm), outcome.categories
        return float(scores @ joint @ scores - (joint.sum(axis=1) @ scores) * (joint.sum(axis=0) @ scores))
    if outcome.scale == LOGNORMAL and not log:
        means = [math.exp(level(plan, d, arm)[0] + sd**2 / 2) for d, sd in ((a, s), (b, t))]
        return means[0] * means[1] * math.expm1(rho * s * t)
    return rho * s * t


# ---------------------------------------------------------------- chances


def superiority(x: Spread, y: Spread) -> float:
    """P(X > Y) + P(X = Y) / 2 of two independent participants."""
    if x.normal is not None and y.normal is not None and x.scale == y.scale:
        return float(special.ndtr((x.normal[0] - y.normal[0]) / math.hypot(x.normal[1], y.normal[1])))
    order = np.argsort(y.values, kind="stable")
    values, below = y.values[order], np.concatenate([[0.0], np.cumsum(y.weights[order])])
    less = below[np.searchsorted(values, x.values, side="left")]
    least = below[np.searchsorted(values, x.values, side="right")]
    return float(x.weights @ (less + least) / 2)


def positive_pair(x: Spread, null: float) -> float:
    """P(D + D' > 0) + P(D + D' = 0) / 2 of two independent differences D from ``null``."""
    if x.normal is not None and x.scale == "none":
        return float(special.ndtr(math.sqrt(2) * (x.normal[0] - null) / x.normal[1]))
    moved = Spread(x.mean - null, x.sd, x.values - null, x.weights, x.exact)
    turned = Spread(-moved.mean, x.sd, -moved.values, x.weights, x.exact)
    return superiority(moved, turned)


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
        if response.visits:
            acting = acting[-1:] if here.visit in response.visits else []
        else:
            session = program.visit_session[here.visit_index]
            acting = [i for i in acting if program.activities[i].session == session]
        spread = response.sd_log_between or response.sd_between
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
                variance += share * (spread.value**2 if spread is not None else 0.0)
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
    """What a slope per hour adds between two points of one session, when all takes its mean length."""
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
    """Log level at the visit after one activity of its session, when all takes its mean length."""
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
