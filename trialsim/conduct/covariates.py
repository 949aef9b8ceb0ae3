"""Properties of participants, drawn by enrollment number, and the strata they make."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trialsim.compiled import kernel
from trialsim.conduct.plan import ConductPlan
from trialsim.numbers.distributions import quantile
from trialsim.numbers.draws import uniforms


def draw_covariates(plan: ConductPlan, *, seed: int, replicates: range) -> NDArray[np.float64]:
    """Covariates (R, N, C): numbers, and the positions of categories."""
    out = np.empty((len(replicates), plan.target, len(plan.covariates)))
    for place, one in enumerate(plan.covariates):
        u = uniforms(seed, one.stream, replicates=replicates, participants=plan.target)
        out[:, :, place] = quantile(one.distribution, u)
    return out


def strata(plan: ConductPlan, site: NDArray[np.int16], covariates: NDArray[np.float64]) -> NDArray[np.int16]:
    """Number of each participant's stratum (R, N): the combination of categories, the last named running fastest."""
    out = np.zeros(site.shape, dtype=np.int16)
    if plan.strata_covariates:
        places, sizes = np.array(plan.strata_covariates), np.array(plan.strata_sizes)
        _number_strata(places, sizes, site, covariates, out)
    return out


@kernel
def _number_strata(places, sizes, site, covariates, out):  # type: ignore[no-untyped-def]
    for r in range(site.shape[0]):
        for n in range(site.shape[1]):
            stratum = 0
            for i in range(places.shape[0]):
                category = int(site[r, n]) if places[i] < 0 else int(covariates[r, n, places[i]])
                stratum = stratum * sizes[i] + category
            out[r, n] = stratum
