"""What a scenario says of accrual, allocation and attrition, as numbers for the kernels."""

from __future__ import annotations

import calendar
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product

import numpy as np
from numpy.typing import NDArray

from trialsim.conduct.entries import NEVER
from trialsim.distributions import Distribution, packable
from trialsim.draws import stream, stream_key
from trialsim.errors import DistributionError
from trialsim.protocol.calendar import ALWAYS, DAY, Calendar, parse_calendar, parse_days
from trialsim.quantities import Number
from trialsim.scenario.model import Arrivals, Covariate, Leave, Scenario

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]

METHODS = ("in turn", "simple", "permuted blocks")


@dataclass(frozen=True)
class Leaving:
    """Reasons to leave: a distribution of times and a stream for each."""

    reasons: tuple[str, ...]
    times: tuple[Distribution, ...]
    streams: Words


@dataclass(frozen=True)
class ArrivalRates:
    """Patients per second: ``rate[i]`` from ``start[i]`` on, times the weight of the day of the week."""

    start: Floats
    rate: Floats
    weights: Floats  # (7,) from Monday, mean 1


@dataclass(frozen=True)
class CovariatePlan:
    """A covariate: a distribution of numbers, or the cumulative shares of its categories."""

    name: str
    categories: tuple[str, ...]
    distribution: Distribution
    stream: int


@dataclass(frozen=True)
class ConductPlan:
    """Everything :func:`trialsim.conduct.conduct` needs, decided before the first draw."""

    ward: bool
    target: int
    arms: tuple[str, ...]
    each_arm: int  # 0 when the target is one in all
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
    exclusion_streams: Words
    ask: Distribution
    ask_until: Calendar
    consent: float
    leaving: Leaving  # counted from arrival
    withdrawing: Leaving  # counted from enrollment
    covariates: tuple[CovariatePlan, ...]
    weekday: int
    limit: int  # tick after which nobody is enrolled

    @property
    def leave_reasons(self) -> tuple[str, ...]:
        """Reasons to leave, those counted from arrival first."""
        return self.leaving.reasons + self.withdrawing.reasons


def plan_conduct(scenario: Scenario) -> ConductPlan:
    """The plan of a resolved scenario."""
    setting, design = scenario.setting, scenario.design
    arms = tuple(design.arms)
    covariates = tuple(_covariate(name, what) for name, what in scenario.participants.items())
    sites = tuple(setting.sites) if setting else ()
    stratify = design.allocation.stratify
    places = tuple(-1 if name == "site" else list(scenario.participants).index(name) for name in stratify)
    labels = [sites if place < 0 else covariates[place].categories for place in places]
    strata = tuple(product(*labels))
    names = [", ".join(stratum) or "all" for stratum in strata]
    each = design.enroll.each_arm or 0
    ratio = tuple(int(part) for part in (design.allocation.ratio or ":".join("1" * len(arms))).split(":"))
    patients = setting.patients if setting else None
    ask = patients.ask if patients else None
    return ConductPlan(
        ward=setting is not None,
        target=design.enroll.in_all or each * len(arms),
        arms=arms,
        each_arm=each,
        ratio=ratio,
        method=design.allocation.method or "in turn",
        block=design.allocation.block or sum(ratio),
        strata=strata,
        strata_covariates=places,
        strata_sizes=tuple(len(label) for label in labels),
        stratum_streams=_keys("allocation/{stratum}", "stratum", names),
        rates=_rates(patients.arrive) if patients else ArrivalRates(np.zeros(1), np.zeros(1), np.ones(7)),
        sites=sites,
        site_shares=np.cumsum([share.value for share in setting.sites.values()]) if sites and setting else np.ones(1),
        exclusions=tuple(patients.exclusions) if patients else (),
        exclusion_shares=np.array([s.value for s in patients.exclusions.values()] if patients else [], dtype=np.float64),
        exclusion_streams=_keys("exclusion/{reason}", "reason", list(patients.exclusions) if patients else []),
        ask=ask.lasts.distribution if ask and ask.lasts else Distribution("fixed", (0.0,)),
        ask_until=parse_calendar(ask.until) if ask and ask.until else ALWAYS,
        consent=patients.consent.value if patients else 1.0,
        leaving=_leaving(patients.leave if patients else (), "leave/{reason}"),
        withdrawing=_leaving(scenario.attrition, "withdraw/{reason}"),
        covariates=covariates,
        weekday=setting.starts.weekday() if setting else 0,
        limit=_limit(design.within, setting.starts) if setting else NEVER,
    )


def _keys(pattern: str, part: str, names: Sequence[str]) -> Words:
    return np.array([stream_key(stream(pattern, **{part: name})) for name in names], dtype=np.uint64)


def _covariate(name: str, what: Covariate) -> CovariatePlan:
    key = stream_key(stream("covariate/{name}", name=name))
    if what.choice:
        places = tuple(float(place) for place in range(len(what.choice)))
        shares = tuple(share.value for share in what.choice.values())
        return CovariatePlan(name, tuple(what.choice), Distribution("choice", values=places, weights=shares), key)
    if what.number is None:
        raise DistributionError(f"covariate {name!r} has no distribution.", code="TS-D005")
    return CovariatePlan(name, (), what.number.distribution, key)


def _leaving(leaves: Sequence[Leave], pattern: str) -> Leaving:
    times = []
    for leave in leaves:
        if leave.after is not None:
            times.append(leave.after.distribution)
        elif leave.chance is not None and leave.within is not None:
            rate = -math.log1p(-min(leave.chance.value, 1 - 1e-12)) / leave.within.value
            times.append(Distribution("exponential", (1 / rate,)) if rate > 0 else Distribution("fixed", (float(NEVER),)))
        if not packable(times[-1]):
            raise DistributionError(
                f"times to leave cannot be {times[-1].family}.", code="TS-D006", remedy="Use lognormal or weibull."
            )
    return Leaving(tuple(leave.reason for leave in leaves), tuple(times), _keys(pattern, "reason", [x.reason for x in leaves]))


def _rates(arrive: Arrivals) -> ArrivalRates:
    """Rates of the periods, in patients per second, and the weights of the days scaled to a mean of 1."""
    periods = [(period.start.value, period.every.value) for period in arrive.periods]
    if arrive.every is not None:
        periods.insert(0, (0.0, arrive.every.value))
    elif periods[0][0] > 0:
        periods.insert(0, (0.0, math.inf))
    weights = np.zeros(7) if arrive.pattern else np.ones(7)
    for days, weight in arrive.pattern.items():
        weights[list(parse_days(days))] = weight.value
    start = np.array([begin for begin, _ in periods])
    rate = np.array([0.0 if math.isinf(every) else 1.0 / every for _, every in periods])
    return ArrivalRates(start, rate, weights / weights.mean())


def _limit(within: Number | None, starts: date) -> int:
    """Tick at which enrollment closes: so many calendar months from the start, or so many seconds."""
    if within is None:
        return NEVER
    if within.unit != "months":
        return int(within.value)
    months = starts.month - 1 + round(within.value)
    year, month = starts.year + months // 12, months % 12 + 1
    day = min(starts.day, calendar.monthrange(year, month)[1])
    return (date(year, month, day) - starts).days * DAY
