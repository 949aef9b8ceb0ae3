"""How participants come, are asked, are allocated, and would leave: all that does not depend on the ward."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trialsim.compiled import kernel
from trialsim.conduct.accrual import accrue, ticks_after
from trialsim.conduct.allocation import allocate
from trialsim.conduct.entries import COUNTS, NEVER, Entries
from trialsim.conduct.plan import ConductPlan, plan_conduct
from trialsim.distributions import pack, quantile, quantile_packed
from trialsim.draws import stream_key, uniform, uniforms
from trialsim.protocol.calendar import pack_calendars

__all__ = ["COUNTS", "NEVER", "ConductPlan", "Entries", "conduct", "plan_conduct"]


def conduct(plan: ConductPlan, *, seed: int, replicates: range) -> Entries:
    """Participants of ``replicates``.

    Those of a trial of n are the first n of a trial of N, as long as no arm is closed by its own target.
    """
    shape = (len(replicates), plan.target)
    arrival, entry, number = (np.full(shape, -1, dtype=np.int64) for _ in range(3))
    leave, leave_reason = np.full(shape, NEVER, dtype=np.int64), np.full(shape, -1, dtype=np.int8)
    counts = np.zeros((len(replicates), len(COUNTS) + len(plan.exclusions)), dtype=np.int64)
    complete, accrual_end = np.ones(len(replicates), dtype=np.bool_), np.zeros(len(replicates), dtype=np.int64)
    if plan.ward:
        rows, table = pack([plan.ask, *plan.leaving.times])
        first, windows = pack_calendars([plan.ask_until])
        streams = np.array([stream_key(name) for name in ("arrival", "ask", "consent")], dtype=np.uint64)
        accrue(
            np.uint64(seed), np.uint64(replicates.start), plan.limit, plan.weekday, plan.consent, plan.rates.start,
            plan.rates.rate, plan.rates.weights, streams, plan.exclusion_shares, plan.exclusion_streams, rows, table,
            plan.leaving.streams, first, windows, arrival, entry, number, leave, leave_reason, counts, complete,
            accrual_end,
        )  # fmt: skip
    else:
        arrival[:], entry[:] = 0, 0
        number[:] = np.arange(plan.target)
        counts[:, [0, 3]] = plan.target
    site = _sites(plan, number, seed=seed, replicates=replicates)
    covariates = _covariates(plan, seed=seed, replicates=replicates)
    stratum = _strata(plan, site, covariates)
    if plan.withdrawing.reasons:
        rows, table = pack(plan.withdrawing.times)
        _withdraw(
            np.uint64(seed), np.uint64(replicates.start), rows, table, plan.withdrawing.streams,
            len(plan.leaving.reasons), entry, leave, leave_reason,
        )  # fmt: skip
    return Entries(
        arrival=arrival,
        entry=entry,
        arrival_number=number,
        arm=allocate(plan, entry, stratum, seed=seed, replicates=replicates),
        site=site,
        stratum=stratum,
        leave=leave,
        leave_reason=leave_reason,
        covariates=covariates,
        counts=counts,
        complete=complete,
        accrual_end=accrual_end,
    )


def _sites(plan: ConductPlan, number: NDArray[np.int64], *, seed: int, replicates: range) -> NDArray[np.int16]:
    """Site of each participant, drawn by arrival number."""
    site = np.zeros(number.shape, dtype=np.int16)
    if len(plan.sites) > 1:
        _draw_sites(np.uint64(seed), np.uint64(stream_key("site")), np.uint64(replicates.start), plan.site_shares, number, site)
    return site


@kernel
def _draw_sites(seed, stream, first_replicate, shares, number, site):  # type: ignore[no-untyped-def]
    for r in range(number.shape[0]):
        for n in range(number.shape[1]):
            if number[r, n] >= 0:
                u = uniform(seed, stream, number[r, n], 0, first_replicate + r)
                while site[r, n] < shares.shape[0] - 1 and u >= shares[site[r, n]]:
                    site[r, n] += 1


def _covariates(plan: ConductPlan, *, seed: int, replicates: range) -> NDArray[np.float64]:
    """Covariates (R, N, C), by enrollment number."""
    out = np.empty((len(replicates), plan.target, len(plan.covariates)))
    for place, one in enumerate(plan.covariates):
        u = uniforms(seed, f"covariate/{one.name}", replicates=replicates, participants=plan.target)
        out[:, :, place] = quantile(one.distribution, u)
    return out


def _strata(plan: ConductPlan, site: NDArray[np.int16], covariates: NDArray[np.float64]) -> NDArray[np.int16]:
    """Number of each participant's stratum: the combination of categories, the last one running fastest."""
    stratum = np.zeros(site.shape, dtype=np.int16)
    for place, size in zip(plan.strata_covariates, plan.strata_sizes, strict=True):
        category = site if place < 0 else covariates[:, :, place].astype(np.int16)
        stratum = (stratum * size + category).astype(np.int16)
    return stratum


@kernel
def _withdraw(seed, first_replicate, rows, table, streams, first_reason, entry, leave, leave_reason):  # type: ignore[no-untyped-def]
    """Bring ``leave`` forward where a reason counted from enrollment comes first."""
    for r in range(entry.shape[0]):
        for n in range(entry.shape[1]):
            if entry[r, n] < 0:
                continue
            for i in range(streams.shape[0]):
                after = ticks_after(quantile_packed(rows, i, table, uniform(seed, streams[i], n, 0, first_replicate + r)))
                if after < NEVER and entry[r, n] + after < leave[r, n]:
                    leave[r, n], leave_reason[r, n] = entry[r, n] + after, first_reason + i
