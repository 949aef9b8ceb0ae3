"""Accrual, allocation and attrition of a scenario, as numbers for the kernels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import product

import numpy as np
from numpy.typing import NDArray

from trialsim.conduct.entries import NEVER
from trialsim.errors import DistributionError, TrialsimError
from trialsim.kinds.designs import DEFAULT_P, IN_TURN, METHOD, SITE, VARIANCE
from trialsim.numbers.distributions import Distribution
from trialsim.numbers.draws import stream, stream_key
from trialsim.protocol.calendar import ALWAYS, DAY, Calendar, parse_calendar, parse_days, parse_span
from trialsim.quantities.fields import Number
from trialsim.scenario.clusters import by_site, site_names, strata_of, target_of
from trialsim.scenario.model import Allocation, Arrivals, Covariate, Design, Family, Leave, Scenario, Setting
from trialsim.scenario.notation import parse_ratio
from trialsim.scenario.wedge import control_and_intervention, period_ends, ticks_after, transition_ticks

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]

#: The most strata (combinations of categories) that a bedside trial can have.
MOST_STRATA = 1000


class ConductError(TrialsimError, ValueError):
    """A design that cannot be carried out."""

    exit_code = 3


#: Why a patient is not asked while the site goes over to the intervention.
IN_TRANSITION = "site in transition"

#: Of a study that is never closed.
NOBODY_OFF: NDArray[np.int64] = np.zeros((0, 2), dtype=np.int64)


@dataclass(frozen=True)
class LeavingReasons:
    """Reasons to leave: a distribution of times and the name of a stream for each."""

    reasons: tuple[str, ...]
    times: tuple[Distribution, ...]
    streams: tuple[str, ...]


@dataclass(frozen=True)
class ArrivalRates:
    """Patients per second: ``rate[i]`` from ``start[i]`` on, times the weights of the day of the week and the hour of the day."""

    start: Floats
    rate: Floats
    weights: Floats  # (7,) from Monday, mean 1; (0,) when all days are equal
    clock: Floats  # [s] from which hour of the day a weight holds, the first at 0; (0,) when all hours are equal
    by_clock: Floats  # the weights, with a mean of 1 over the day
    off: Floats  # (J, 2) [s] from when until when nobody arrives


@dataclass(frozen=True)
class CovariatePlan:
    """A covariate: a distribution of numbers, or of the positions of its categories."""

    name: str
    categories: tuple[str, ...]
    distribution: Distribution
    stream: str


@dataclass(frozen=True)
class BalancePlan:
    """How an allocation looks at who is in already.

    Attributes
    ----------
    factors : names of the factors; empty for the big stick
    places : positions among the covariates; -1 for the site
    cuts : of each factor that is a number, where it is cut
    sizes : numbers of levels
    weights : of the factors
    p : the chance of the best arm (of that with the smallest ratio)
    variance : whether imbalance is a variance, and not a range
    tolerated : by how much the numbers of the arms may differ; 0 for minimization
    """

    factors: tuple[str, ...]
    places: tuple[int, ...]
    cuts: tuple[tuple[float, ...], ...]
    sizes: tuple[int, ...]
    weights: tuple[float, ...]
    p: float
    variance: bool
    tolerated: int


@dataclass(frozen=True)
class FamilyPlan:
    """Children of one mother: how many, and whether they go to one arm."""

    size: Distribution
    together: bool


@dataclass(frozen=True)
class ClusterPlan:
    """Sites of which whole ones are randomized, or whose sizes are drawn anew for each trial.

    Attributes
    ----------
    size_cv : the coefficient of variation of the sizes; None where the sites have declared shares
    randomized : whether whole sites are put into arms
    by_size : whether sites of similar size are put into arms together
    """

    size_cv: float | None
    randomized: bool
    by_size: bool


@dataclass(frozen=True)
class WedgePlan:
    """When whole sites go over to the intervention.

    Attributes
    ----------
    ends : ticks: the start of the first period, every step, and the end of the last period
    sites_per_step : how many sites go over at a step
    transition : for how many ticks after its step a site enrolls nobody
    control, intervention : the arm before the step and the one after it
    """

    ends: tuple[int, ...]
    sites_per_step: int
    transition: int
    control: int
    intervention: int

    @property
    def periods(self) -> int:
        """How many periods there are: one more than steps."""
        return len(self.ends) - 1


@dataclass(frozen=True)
class ConductPlan:
    """Everything :func:`trialsim.conduct.conduct` needs, decided before the first draw."""

    ward: bool
    target: int
    arms: tuple[str, ...]
    targets: tuple[int, ...]  # at which each arm closes; empty when the target is one in all
    ratio: tuple[int, ...]
    method: str
    block: int
    strata: tuple[tuple[str, ...], ...]  # the combinations of categories, one tuple of labels a stratum
    strata_covariates: tuple[int, ...]  # positions among the covariates; -1 for the site
    strata_sizes: tuple[int, ...]
    stratum_streams: Words
    rates: ArrivalRates
    sites: tuple[str, ...]
    site_shares: Floats  # cumulative
    exclusions: tuple[str, ...]
    exclusion_shares: Floats
    exclusion_streams: tuple[str, ...]
    ask: Distribution
    ask_until: Calendar
    ask_any_time: bool  # of an opening for which one has to wait
    consent: float
    leaving: LeavingReasons  # counted from arrival
    withdrawing: LeavingReasons  # counted from enrollment
    covariates: tuple[CovariatePlan, ...]
    weekday: int
    limit: int  # tick after which nobody is enrolled
    not_asked: NDArray[np.int64] = field(
        default_factory=lambda: NOBODY_OFF
    )  # (J, 2) ticks between which nobody is asked
    site_opens: NDArray[np.int64] = field(
        default_factory=lambda: NOBODY_OFF[:, 0]
    )  # ticks; empty if all are open at once
    family: FamilyPlan | None = None  # where several participants may have one mother
    balance: BalancePlan | None = None  # of methods that look at who is in already
    clusters: ClusterPlan | None = None  # where whole sites are randomized, or made for the simulation
    wedge: WedgePlan | None = None

    @property
    def leave_reasons(self) -> tuple[str, ...]:
        """Reasons to leave, those counted from arrival first."""
        return self.leaving.reasons + self.withdrawing.reasons


def plan_conduct(scenario: Scenario) -> ConductPlan:
    """The plan of a resolved scenario."""
    setting, design = scenario.setting, scenario.design
    arms = tuple(design.arms)
    covariates = tuple(_covariate(name, what) for name, what in scenario.participants.items())
    sites = site_names(scenario)
    stratify = strata_of(scenario)
    places = tuple(-1 if name == "site" else list(scenario.participants).index(name) for name in stratify)
    labels = [sites if place < 0 else covariates[place].categories for place in places]
    strata = _strata(labels)
    names = [", ".join(stratum) or "all" for stratum in strata]
    targets = design.enroll.of_arms(arms)
    ratio = parse_ratio(design.allocation.ratio or "") or (1,) * len(arms)
    patients = setting.patients if setting else None
    wedge = _wedge(scenario)
    reasons = {reason: share.value for reason, share in patients.exclusions.items()} if patients else {}
    if patients and wedge is not None and wedge.transition:
        reasons[IN_TRANSITION] = 0.0  # by the calendar, not by chance
    ask = patients.ask if patients else None
    return ConductPlan(
        ward=setting is not None,
        target=target_of(scenario),
        arms=arms,
        targets=targets,
        ratio=ratio,
        method=design.allocation.method or IN_TURN.name,
        block=design.allocation.block or sum(ratio),
        strata=strata,
        strata_covariates=places,
        strata_sizes=tuple(len(label) for label in labels),
        stratum_streams=np.array(
            [stream_key(stream("allocation/{stratum}", stratum=name)) for name in names], dtype=np.uint64
        ),
        rates=_rates(patients.arrive, closures(setting, "arrives")) if patients and setting else NO_RATES,
        sites=sites,
        site_shares=_site_shares(scenario),
        exclusions=tuple(reasons),
        exclusion_shares=np.array(list(reasons.values()), dtype=np.float64),
        exclusion_streams=tuple(stream("exclusion/{reason}", reason=reason) for reason in reasons),
        ask=ask.lasts.distribution if ask and ask.lasts else Distribution("fixed", (0.0,)),
        ask_until=parse_calendar(ask.until) if ask and ask.until else ALWAYS,
        ask_any_time=ask is not None and ask.at is not None,
        consent=patients.consent.value if patients else 1.0,
        leaving=_leaving(patients.leave if patients else (), "leave/{reason}"),
        withdrawing=_leaving(scenario.attrition, "withdraw/{reason}"),
        covariates=covariates,
        weekday=setting.starts.weekday() if setting else 0,
        limit=_closing(design, setting, wedge),
        not_asked=closures(setting, "is asked") if setting else NOBODY_OFF,
        site_opens=_openings(setting) if setting else NOBODY_OFF[:, 0],
        clusters=_clusters(scenario),
        wedge=wedge,
        family=None if scenario.family is None else _family(scenario.family),
        balance=_balance(design.allocation, covariates, sites),
    )


def _site_shares(scenario: Scenario) -> Floats:
    """Cumulative shares of the sites."""
    made, setting = scenario.design.clusters, scenario.setting
    if made is not None:
        return np.cumsum(np.full(made.number, 1.0 / made.number))
    return np.cumsum([share.value for share in setting.sites.values()]) if setting and setting.sites else np.ones(1)


def _clusters(scenario: Scenario) -> ClusterPlan | None:
    made, randomized = scenario.design.clusters, by_site(scenario)
    if made is None and not randomized:
        return None
    size_cv = None if made is None else 0.0 if made.size_cv is None else made.size_cv.value
    return ClusterPlan(size_cv, randomized, bool(randomized and scenario.design.allocation.stratify))


def _wedge(scenario: Scenario) -> WedgePlan | None:
    wedge = scenario.design.stepped_wedge
    if wedge is None:
        return None
    ends = tuple(period_ends(scenario, wedge))
    return WedgePlan(ends, wedge.sites_per_step, transition_ticks(wedge), *control_and_intervention(scenario))


def _family(family: Family) -> FamilyPlan:
    return FamilyPlan(family.size.distribution, family.allocated == "together")


def _balance(allocation: Allocation, covariates: Sequence[CovariatePlan], sites: Sequence[str]) -> BalancePlan | None:
    """The rule of an allocation that looks at who is in already; None for others."""
    if not METHOD[allocation.method or IN_TURN.name].balances:
        return None
    known = {one.name: place for place, one in enumerate(covariates)} | {SITE.name: -1}
    cuts = tuple(tuple(sorted(cut.value for cut in allocation.cut.get(name, ()))) for name in allocation.factors)
    sizes = [
        len(sites) if name == SITE.name else len(cut) + 1 if cut else len(covariates[known[name]].categories)
        for name, cut in zip(allocation.factors, cuts, strict=True)
    ]
    return BalancePlan(
        allocation.factors,
        tuple(known[name] for name in allocation.factors),
        cuts,
        tuple(sizes),
        tuple(allocation.weights[name].value for name in allocation.factors),
        DEFAULT_P if allocation.p is None else allocation.p.value,
        allocation.imbalance == VARIANCE,
        allocation.tolerate or 0,
    )


def _strata(labels: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """All combinations of the categories."""
    count = math.prod(len(label) for label in labels)
    if count > MOST_STRATA:
        raise ConductError(
            f"the covariates of design.allocation.stratify make {count} strata.",
            code="TS-E045",
            remedy=f"Stratify by fewer covariates; at most {MOST_STRATA} strata are possible.",
        )
    return tuple(product(*labels))


def _covariate(name: str, what: Covariate) -> CovariatePlan:
    key = stream("covariate/{name}", name=name)
    if what.choice:
        places = tuple(float(place) for place in range(len(what.choice)))
        shares = tuple(share.value for share in what.choice.values())
        return CovariatePlan(name, tuple(what.choice), Distribution("choice", values=places, weights=shares), key)
    if what.number is None:
        raise DistributionError(
            f"covariate {name!r} has no distribution.", code="TS-D005", remedy="Give it a number or a choice."
        )
    return CovariatePlan(name, (), what.number.distribution, key)


def _leaving(leaves: Sequence[Leave], pattern: str) -> LeavingReasons:
    reasons = tuple(leave.reason for leave in leaves)
    for reason in reasons:
        if reasons.count(reason) > 1:
            raise ConductError(
                f"the reason {reason!r} is listed twice.", code="TS-E054", remedy="Give each reason one entry."
            )
    return LeavingReasons(
        reasons, tuple(map(_time_to_leave, leaves)), tuple(stream(pattern, reason=reason) for reason in reasons)
    )


def _time_to_leave(leave: Leave) -> Distribution:
    """A drawn time; or, for a share ``chance`` that leaves ``within`` a time, a time with constant hazard."""
    if leave.after is not None:
        return leave.after.distribution
    if leave.chance is None or leave.within is None:
        raise ConductError(
            f"{leave.reason!r} does not say when people leave.", code="TS-E054", remedy="Write after: a time."
        )
    if leave.chance.value <= 0:
        return Distribution("fixed", (float(NEVER),))
    return Distribution("exponential", (-leave.within.value / math.log1p(-min(leave.chance.value, 1 - 1e-12)),))


#: All hours of the day are equal.
NO_HOURS = (np.zeros(0), np.zeros(0))

#: Without a ward nobody arrives.
NO_RATES = ArrivalRates(np.zeros(1), np.zeros(1), np.zeros(0), *NO_HOURS, np.zeros((0, 2)))


def closures(setting: Setting, nobody: str) -> NDArray[np.int64]:
    """(J, 2) ticks of the days on which nobody does this, in order, joined where they touch; the second is the first after."""
    found: list[list[int]] = []
    for closure in setting.patients.closed:
        for days in closure.dates if closure.nobody == nobody else ():
            first, last = (date.fromisoformat(one) for one in (days.split("..") * 2)[:2])
            found.append([max((day - setting.starts).days, 0) * DAY for day in (first, last + timedelta(days=1))])
    joined: list[list[int]] = []
    for begin, end in sorted(found):
        if joined and begin <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], end)
        elif end > begin:
            joined.append([begin, end])
    return np.array(joined, dtype=np.int64).reshape(-1, 2)


def _openings(setting: Setting) -> NDArray[np.int64]:
    """Tick at which each site opens; empty if all are open from the start."""
    opens = [0 if site.open is None else ticks_after(site.open, setting.starts) for site in setting.sites.values()]
    return np.array(opens if any(opens) else [], dtype=np.int64)


def _clock(hours: Mapping[str, float]) -> tuple[Floats, Floats]:
    """From which second of the day each weight holds, and the weights with a mean of 1; the last entry for an hour counts."""
    spans = {parse_span(text): weight for text, weight in hours.items()}
    edges = sorted({0, *(end % DAY for span in spans for end in span)})
    weights = np.zeros(len(edges))
    for (begin, end), weight in spans.items():
        weights[[(edge - begin) % DAY < end - begin for edge in edges]] = weight
    mean = float(weights @ np.diff([*edges, DAY])) / DAY
    return np.array(edges, dtype=np.float64), weights / mean


def _rates(arrive: Arrivals, off: NDArray[np.int64]) -> ArrivalRates:
    """Rates of the periods, in patients per second, and the weights of the days scaled to a mean of 1."""
    periods = [(period.start.value, period.every.value) for period in arrive.periods]
    if arrive.every is not None:
        periods.insert(0, (0.0, arrive.every.value))
    elif periods[0][0] > 0:
        periods.insert(0, (0.0, math.inf))
    start = np.array([begin for begin, _ in periods])
    rate = np.array([0.0 if math.isinf(every) else 1.0 / every for _, every in periods])
    weights = _weights({days: weight.value for days, weight in arrive.pattern.items()})
    clock, by_clock = (
        _clock({span: weight.value for span, weight in arrive.hours.items()}) if arrive.hours else NO_HOURS
    )
    return ArrivalRates(start, rate, weights, clock, by_clock, off.astype(np.float64))


def _weights(pattern: Mapping[str, float]) -> Floats:
    """Weights of the days from Monday with a mean of 1; a day that is not named has weight 0, and the last entry counts."""
    weights = np.zeros(7) if pattern else np.ones(7)
    for days, weight in pattern.items():
        weights[list(parse_days(days))] = weight
    return weights / weights.mean() if weights.min() < weights.max() else np.zeros(0)


def _closing(design: Design, setting: Setting | None, wedge: WedgePlan | None) -> int:
    """Tick at which enrollment closes: that of the design, and at the latest the end of the last period of a stepped wedge."""
    closes = NEVER if setting is None else _limit(design.within, setting.starts)
    return closes if wedge is None else min(closes, wedge.ends[-1])


def _limit(within: Number | None, starts: date) -> int:
    """Tick at which a span from the start is over; ``NEVER`` without one."""
    return NEVER if within is None else ticks_after(within, starts)
