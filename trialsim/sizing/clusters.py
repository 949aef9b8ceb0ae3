"""The clusters of a trial, for closed forms: how many each arm has, how large they are, and what a stepped wedge shows."""

from __future__ import annotations

import numpy as np

from trialsim.analysis.methods.case import ClusterSizes, WedgeVariance
from trialsim.analysis.methods.wedge import gls_variance
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.conduct import conduct
from trialsim.kinds.designs import SITE
from trialsim.kinds.tests import TEST
from trialsim.prepared import Study
from trialsim.sizing.sizes import at_size, sizes_of

#: Trials over which sizes of clusters are averaged.
TRIALS = 200


def cluster_sizes(study: Study, call: PlannedAnalysis, n: float | None) -> ClusterSizes | None:
    """The clusters that an analysis of one value takes as they are randomized; None for other analyses and designs."""
    whole = study.response.sites_together
    if not whole or call.clusters != SITE.name or call.choice.exclude or len(call.points) != 1:
        return None
    plan = study.conduct if n is None else at_size(study, sizes_of(study).near([n])[0]).conduct
    entries = conduct(plan, seed=1, replicates=range(TRIALS))
    arms, sites = len(plan.arms), len(plan.sites)
    place = np.arange(TRIALS)[:, None] * sites * arms + entries.site * arms + entries.arm
    members = np.bincount(place[entries.arm >= 0], minlength=TRIALS * sites * arms).reshape(TRIALS, sites, arms)
    number = (members > 0).sum(axis=1).mean(axis=0)
    icc = study.response.outcomes[study.response.points[call.endpoint.visit].outcome].icc_site
    return ClusterSizes(number, float((1.0 / members[members > 0]).mean()), icc)


def wedge_variance(study: Study, call: PlannedAnalysis, n: float | None) -> WedgeVariance | None:
    """What a stepped wedge shows of an effect on one value, on average over trials; None for other analyses and designs.

    None also where the analysis leaves out that sites change from period to period: then its standard error is another one.
    """
    if not TEST[call.test].calendar or call.choice.exclude or len(call.points) != 1 or call.covariates:
        return None
    outcome = study.response.outcomes[study.response.points[call.endpoint.visit].outcome]
    if outcome.cac < 1.0 and not call.site_periods:
        return None
    plan = study.conduct if n is None else at_size(study, sizes_of(study).near([n])[0]).conduct
    assert plan.wedge is not None  # a stepped wedge, or the scenario was refused
    entries = conduct(plan, seed=1, replicates=range(TRIALS))
    assert entries.period is not None  # as above
    sites, periods = len(plan.sites), plan.wedge.periods
    found = []
    for site, period, arm in zip(entries.site, entries.period, entries.arm, strict=True):
        cell = (site.astype(np.int64) * periods + period)[arm >= 0]
        size = np.bincount(cell, minlength=sites * periods)
        crossed = np.bincount(cell[arm[arm >= 0] == plan.wedge.intervention], minlength=sites * periods) > 0
        shape = (sites, periods)
        found.append(
            gls_variance(
                size.reshape(shape).astype(float), crossed.reshape(shape), icc=outcome.icc_site, cac=outcome.cac
            )
        )
    return WedgeVariance(float(np.mean(found)), outcome.cac)
