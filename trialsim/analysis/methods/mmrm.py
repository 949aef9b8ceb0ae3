"""Models of repeated values without random effects (MMRM): a mean of each arm at each visit, and a covariance of the visits.

Estimand: the difference a - b of the means at a visit, or of their mean over the visits. Everyone takes part who has the
baseline, the covariates and at least one measured visit; values that are missing at random need no filling in. The baseline
has a slope at each visit, a covariate one slope over all visits. All arms of the study are in the model, and have one
covariance.

``covariance`` is unstructured, ar1 (one variance, correlations by the number of visits between) or compound-symmetry (one
variance, one correlation, which may be negative). Of a list each replicate takes the first that converges; a later one is
reported.

The constrained longitudinal analysis takes the baseline as the first visit, at which all arms have one mean.

Kenward and Roger's adjustment is that of SAS: with the observed information, and the second derivatives of ar1.

References
----------
Mallinckrodt et al. 2008, Drug Inf J 42:303, doi:10.1177/009286150804200402 (MMRM).
Liang and Zeger 2000, Sankhya B 62:134 (the constrained baseline). Kenward and Roger 1997, Biometrics 53:983, doi:10.2307/2533558.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np

from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.linear import given_covariates
from trialsim.analysis.methods.method import Method, Methods, NoClosedForm
from trialsim.analysis.methods.mixed import rows_of_model
from trialsim.analysis.methods.spreads import unequal_sds
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.reml.model import CovarianceModel
from trialsim.analysis.reml.structures import AUTOREGRESSIVE, COMPOUND, UNSTRUCTURED
from trialsim.analysis.rows import ANALYZED, LATER_COVARIANCE, NOT_CONVERGED, TOO_FEW, BoolArray, Rows, noted
from trialsim.kinds.tests import options

#: The structure of each covariance that a scenario may name.
STRUCTURES = {
    options.UNSTRUCTURED: UNSTRUCTURED,
    options.AUTOREGRESSIVE: AUTOREGRESSIVE,
    options.COMPOUND_SYMMETRY: COMPOUND,
}


def _run(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    assert call.model is not None  # every model of repeated values has it
    first, *later = call.model.covariances
    adjust = call.model.kenward_roger
    rows = rows_of_model(data, call, arms, CovarianceModel(STRUCTURES[first], adjust=adjust))
    for name in later:
        failed = (rows.status == NOT_CONVERGED) | (rows.status == TOO_FEW)
        if not failed.any():
            break
        other = rows_of_model(data, call, arms, CovarianceModel(STRUCTURES[name], adjust=adjust))
        rows = _instead(rows, noted(other, LATER_COVARIANCE, failed), failed & np.isin(other.status, ANALYZED))
    return rows


def _instead(rows: Rows, other: Rows, where: BoolArray) -> Rows:
    """Some rows replaced."""
    changed = {
        field.name: np.where(where, getattr(other, field.name), getattr(rows, field.name)) for field in fields(rows)
    }
    return replace(rows, **changed)


_NO_FORMULA = (
    "How much the shared mean at baseline gains depends on who is missing later; the power is near that of ANCOVA."
)

METHODS: Methods = {
    ("mmrm", "two"): Method(_run, given_covariates(), None, (unequal_sds,)),
    ("clda", "two"): Method(_run, NoClosedForm(_NO_FORMULA), None, (unequal_sds,)),
}
