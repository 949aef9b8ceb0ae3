"""How participants arrive, are asked, are allocated, and would leave: everything that does not depend on the ward."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialsim.conduct.accrual import MOST_PATIENTS, STREAMS, accrue
from trialsim.conduct.allocation import allocate
from trialsim.conduct.attrition import withdraw
from trialsim.conduct.balancing import balanced
from trialsim.conduct.clusters import arms_of_sites, site_shares, sites_of
from trialsim.conduct.covariates import draw_covariates, strata
from trialsim.conduct.entries import COUNTS, NEVER, Entries
from trialsim.conduct.family import families, in_families, of_members
from trialsim.conduct.plan import ConductPlan, plan_conduct
from trialsim.conduct.wedge import NO_TRANSITIONS, arms_of_dates, dates_of, periods_of, transitions_of
from trialsim.numbers.distributions import pack, packable, quantile
from trialsim.numbers.draws import stream_key, uniforms
from trialsim.protocol.calendar import pack_calendars

__all__ = ["COUNTS", "NEVER", "ConductPlan", "Entries", "conduct", "plan_conduct"]


def conduct(plan: ConductPlan, *, seed: int, replicates: range) -> Entries:
    """Participants of ``replicates``.

    The participants of a trial of n are the first n of a trial of N, unless an arm closes at its own target.
    """
    family = None if plan.family is None else families(plan, seed=seed, replicates=replicates)
    if plan.ward:
        arrived = _from_the_ward(plan, seed=seed, replicates=replicates, wanted=_wanted(plan, family, len(replicates)))
    else:
        arrived = _at_once(plan, seed=seed, replicates=replicates)
    if family is not None:
        arrived = of_members(arrived, family)
    covariates = draw_covariates(plan, seed=seed, replicates=replicates)
    stratum = strata(plan, arrived["site"], covariates)
    for i, (name, time) in enumerate(zip(plan.withdrawing.streams, plan.withdrawing.times, strict=True)):
        after = quantile(time, uniforms(seed, name, replicates=replicates, participants=plan.target))
        withdraw(after, len(plan.leaving.reasons) + i, arrived["entry"], arrived["leave"], arrived["leave_reason"])
    entry, site = arrived["entry"], arrived["site"]
    period = None if plan.wedge is None else periods_of(plan.wedge, entry)
    if plan.wedge is not None:
        arm = arms_of_dates(plan, plan.wedge, entry, site, seed=seed, replicates=replicates)
    elif plan.clusters is not None and plan.clusters.randomized:
        of_sites = arms_of_sites(plan, plan.clusters, seed=seed, replicates=replicates)
        there = np.take_along_axis(of_sites, site.astype(np.int64), axis=1)
        arm = np.where(entry >= 0, there, np.int8(-1))
    elif plan.balance is not None:
        arm, _ = balanced(plan, entry, site, covariates, seed=seed, replicates=replicates)
    elif plan.family is not None and plan.family.together and family is not None:
        heads = in_families(entry, family, -1), in_families(stratum, family, 0)
        arm = np.take_along_axis(allocate(plan, *heads, seed=seed, replicates=replicates), family, axis=1)
    else:
        arm = allocate(plan, entry, stratum, seed=seed, replicates=replicates)
    return Entries(**arrived, arm=arm, stratum=stratum, covariates=covariates, family=family, period=period)


def _at_once(plan: ConductPlan, *, seed: int, replicates: range) -> dict[str, NDArray[Any]]:
    """Without a ward everybody arrives and is enrolled at tick 0, and in a stepped wedge over its whole time."""
    trials = len(replicates)
    shape = (trials, plan.target)
    site, entry = sites_of(plan, seed=seed, replicates=replicates), np.zeros(shape, dtype=np.int64)
    if plan.wedge is not None:
        site, entry = dates_of(plan, plan.wedge, site, seed=seed, replicates=replicates)
    counts = np.zeros((trials, len(COUNTS)), dtype=np.int64)
    counts[:, [COUNTS.index("arrived"), COUNTS.index("enrolled")]] = plan.target
    return {
        "arrival": entry,
        "entry": entry,
        "arrival_number": np.broadcast_to(np.arange(plan.target), shape),
        "site": site,
        "leave": np.full(shape, NEVER, dtype=np.int64),
        "leave_reason": np.full(shape, -1, dtype=np.int8),
        "counts": counts,
        "complete": np.ones(trials, dtype=np.bool_),
        "accrual_end": entry[:, -1],
    }


def _wanted(plan: ConductPlan, family: NDArray[np.int64] | None, replicates: int) -> NDArray[np.int64]:
    """(R,) how many patients must consent until the target is reached: fewer where one has several children."""
    return np.full(replicates, plan.target, dtype=np.int64) if family is None else family[:, -1] + 1


def _from_the_ward(
    plan: ConductPlan, *, seed: int, replicates: range, wanted: NDArray[np.int64]
) -> dict[str, NDArray[Any]]:
    """Who comes, is asked and consents."""
    made = _empty(plan, len(replicates))
    _accrued(plan, made, seed=seed, replicates=replicates, wanted=wanted, log=False)
    return made


def everybody_who_came(plan: ConductPlan, *, seed: int, replicate: int) -> NDArray[np.int64]:
    """(patients, 5) ticks of arrival, question and leaving, fate and site of everybody who came in one trial."""
    one = range(replicate, replicate + 1)
    family = None if plan.family is None else families(plan, seed=seed, replicates=one)
    wanted = _wanted(plan, family, 1)
    found = _accrued(plan, _empty(plan, 1), seed=seed, replicates=one, wanted=wanted, log=True)[0]
    return np.asarray(found[found[:, 0] >= 0])


def _empty(plan: ConductPlan, replicates: int) -> dict[str, NDArray[Any]]:
    """The arrays that accrual fills, in the order in which it takes them."""
    shape = (replicates, plan.target)
    return {
        "arrival": np.empty(shape, dtype=np.int64),
        "entry": np.empty(shape, dtype=np.int64),
        "arrival_number": np.empty(shape, dtype=np.int64),
        "site": np.empty(shape, dtype=np.int16),
        "leave": np.empty(shape, dtype=np.int64),
        "leave_reason": np.empty(shape, dtype=np.int8),
        "counts": np.empty((replicates, len(COUNTS) + len(plan.exclusions)), dtype=np.int64),
        "complete": np.empty(replicates, dtype=np.bool_),
        "accrual_end": np.empty(replicates, dtype=np.int64),
    }


def _accrued(
    plan: ConductPlan,
    made: dict[str, NDArray[Any]],
    *,
    seed: int,
    replicates: range,
    wanted: NDArray[np.int64],
    log: bool,
) -> NDArray[np.int64]:
    """Fill the arrays ``made``; with ``log`` the rows (R, patients, 5) of everybody who came are returned, else none."""
    names = [*STREAMS, *plan.exclusion_streams, *plan.leaving.streams]
    streams = np.array([stream_key(name) for name in names], dtype=np.uint64)
    rows, table = pack([plan.ask, *plan.leaving.times])
    first, windows = pack_calendars([plan.ask_until])
    patients = _expected_patients(plan)
    kept = len(replicates) if log else 0
    screened = np.full((kept, patients, 5), -1, dtype=np.int64)
    shares = _cumulative(plan, seed=seed, replicates=replicates)
    while not accrue(
        np.uint64(seed), np.uint64(replicates.start), patients, wanted, plan.limit, plan.weekday, plan.consent,
        plan.rates.start, plan.rates.rate, plan.rates.weights, plan.rates.clock, plan.rates.by_clock, plan.rates.off,
        plan.not_asked, streams, plan.exclusion_shares, shares, plan.site_opens,
        _transitions(plan, seed=seed, replicates=replicates),
        rows, table, _told(plan, seed=seed, replicates=replicates, patients=patients), first, windows,
        plan.ask_any_time, screened, *made.values(),
    ):  # fmt: skip
        patients *= 2
        screened = np.full((kept, patients, 5), -1, dtype=np.int64)
    return screened


def _transitions(plan: ConductPlan, *, seed: int, replicates: range) -> NDArray[np.int64]:
    """(R, S, 2) ticks between which each site enrolls nobody; empty where none goes over."""
    if plan.wedge is None or not plan.wedge.transition:
        return NO_TRANSITIONS
    return transitions_of(plan, plan.wedge, seed=seed, replicates=replicates)


def _cumulative(plan: ConductPlan, *, seed: int, replicates: range) -> NDArray[np.float64]:
    """(R, S) cumulative shares of the sites in each trial, or (1, S) where they are the same in all."""
    if plan.clusters is None or not plan.clusters.size_cv:
        return plan.site_shares[None]
    return np.cumsum(site_shares(plan, seed=seed, replicates=replicates), axis=1)


def _told(plan: ConductPlan, *, seed: int, replicates: range, patients: int) -> NDArray[np.float64]:
    """Times to being asked and to leaving (1 + reasons, R, patients) [s], for families without a compiled quantile."""
    names, times = ["ask", *plan.leaving.streams], [plan.ask, *plan.leaving.times]
    if all(map(packable, times)):
        return np.empty((0, 0, 0))
    return np.stack(
        [
            quantile(time, uniforms(seed, name, replicates=replicates, participants=patients))
            for name, time in zip(names, times, strict=True)
        ]
    )


def _expected_patients(plan: ConductPlan) -> int:
    """Somewhat more patients than are needed for the target; the kernel asks for more if these are too few."""
    asked = np.prod(1.0 - plan.exclusion_shares)
    need = min(plan.target / max(float(plan.consent * asked), 1e-9), MOST_PATIENTS)
    return int(1.25 * need + 8 * need**0.5) + 32
