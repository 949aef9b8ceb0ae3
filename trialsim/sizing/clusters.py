"""The clusters of a trial, for closed forms: how many each arm has, and how large they are."""

from __future__ import annotations

import numpy as np

from trialsim.analysis.methods.case import ClusterSizes
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.conduct import conduct
from trialsim.kinds.designs import SITE
from trialsim.prepared import Study
from trialsim.sizing.sizes import at_size, sizes_of

#: Trials over which sizes of clusters are averaged.
TRIALS = 200


def cluster_sizes(study: Study, call: PlannedAnalysis, n: float | None) -> ClusterSizes | None:
    """The clusters that an analysis of one value takes as they are randomized; None for other analyses and designs."""
    whole = study.conduct.clusters is not None and study.conduct.clusters.randomized
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
