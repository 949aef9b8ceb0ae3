"""Whole sites in arms, and sites whose sizes are drawn anew for each trial.

Sizes have a gamma distribution with mean 1 and the declared coefficient of variation, divided by their sum: shares. Without a
ward a site has its share of the participants, rounded by largest remainders, so that they add up; on a ward each patient comes
to a site with the chance of its share.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trialsim.conduct.plan import ClusterPlan, ConductPlan
from trialsim.numbers.distributions import Distribution, quantile
from trialsim.numbers.draws import stream, uniforms
from trialsim.scenario.arms import apportion

Floats = NDArray[np.float64]


def site_shares(plan: ConductPlan, *, seed: int, replicates: range) -> Floats:
    """(R, S) the share of each site in the participants of each trial."""
    sites = len(plan.site_shares)
    cv = None if plan.clusters is None else plan.clusters.size_cv
    if not cv:
        return np.broadcast_to(np.diff(plan.site_shares, prepend=0.0), (len(replicates), sites))
    u = uniforms(seed, stream("cluster size"), replicates=replicates, participants=sites)
    sizes = quantile(Distribution("gamma", (cv**-2, cv**2)), u)
    return np.asarray(sizes / sizes.sum(axis=1, keepdims=True))


def site_sizes(shares: Floats, target: int) -> NDArray[np.int64]:
    """(R, S) participants of each site by its share, rounded by largest remainders; ties go to the first.

    >>> site_sizes(np.array([[0.5, 0.3, 0.2]]), 11).tolist()
    [[6, 3, 2]]
    """
    exact = np.round(shares * target, 9)  # so that an equal share is the same number at every site
    sizes = np.floor(exact).astype(np.int64)
    order = np.argsort(sizes - exact, axis=1, kind="stable")
    rank = np.argsort(order, axis=1, kind="stable")
    return np.asarray(sizes + (rank < (target - sizes.sum(axis=1))[:, None]))


def sites_of(plan: ConductPlan, *, seed: int, replicates: range) -> NDArray[np.int16]:
    """(R, N) the site of each participant without a ward, one site after another."""
    if plan.clusters is None:
        return np.zeros((len(replicates), plan.target), dtype=np.int16)
    ends = np.cumsum(site_sizes(site_shares(plan, seed=seed, replicates=replicates), plan.target), axis=1)
    places = np.arange(plan.target)
    return np.stack([np.searchsorted(row, places, side="right") for row in ends]).astype(np.int16)


def arms_of_sites(plan: ConductPlan, clusters: ClusterPlan, *, seed: int, replicates: range) -> NDArray[np.int8]:
    """(R, S) the arm of each site: as many sites in each arm as the ratio says, in random order.

    By size, the largest sites (one for each part of the ratio) are put into arms in random order, then the next largest.
    """
    sites = len(plan.site_shares)
    u = uniforms(seed, stream("cluster arm"), replicates=replicates, participants=sites)
    if clusters.by_size:
        shares = site_shares(plan, seed=seed, replicates=replicates)
        rank = np.argsort(np.argsort(-shares, axis=1, kind="stable"), axis=1, kind="stable")
        u = u + rank // sum(plan.ratio)
        arms = np.tile(np.repeat(np.arange(len(plan.arms)), plan.ratio), sites // sum(plan.ratio))
    else:
        arms = np.repeat(np.arange(len(plan.arms)), apportion(plan.ratio, sites))
    out = np.empty(u.shape, dtype=np.int8)
    np.put_along_axis(out, np.argsort(u, axis=1, kind="stable"), np.broadcast_to(arms.astype(np.int8), u.shape), axis=1)
    return out
