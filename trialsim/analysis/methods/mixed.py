"""Mixed model of repeated values: random intercepts, or random slopes, by restricted maximum likelihood.

Estimand: the difference a - b of the means at a visit, of their mean over the visits, or of the slopes over time. Everyone
takes part who has the baseline, the covariates and at least one measured visit; visits that are missing are not filled in.
With time as visits each arm has a mean at each visit and the baseline a slope at each; with time as a number each arm has a
line over time, and so has the effect of the baseline. A covariate has one slope over all visits. All arms of the study are
in the model.

A variance of the random effects that is estimated as 0 (or a perfect correlation of intercept and slope) is reported and
analyzed: the model then is the one without it. If nothing varies around the means, a difference of 0 has p 1; any other has
failed ("no spread").

References
----------
Laird and Ware 1982, Biometrics 38:963, doi:10.2307/2529876.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.linear import given_covariates
from trialsim.analysis.methods.method import Method, Methods
from trialsim.analysis.methods.spreads import unequal_sds
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.reml.contrasts import f_test, t_test
from trialsim.analysis.reml.model import CovarianceModel, MeansModel, fit
from trialsim.analysis.reml.structures import COMPOUND, SLOPES
from trialsim.analysis.rows import Rows


def rows_of_model(data: Extraction, call: PlannedAnalysis, arms: Sequence[int], covariance: CovarianceModel) -> Rows:
    """The contrast of two arms that an analysis asks for, of a model with this covariance."""
    a, b = arms
    model = call.model
    assert model is not None  # every model of repeated values has it
    columns = data.columns(call.baselines, call.covariates)
    means = MeansModel(model.hours, model.linear, int(model.first_shared), len(call.baselines))
    fits = fit(
        data.repeated(call.repeated, call.choice), columns, data.arm, arms=data.arms, pair=(a, b), means=means,
        covariance=covariance, visits=np.array(model.visits),
    )  # fmt: skip
    if model.joint:
        return f_test(fits, adjusted=model.kenward_roger)
    return t_test(fits, null=call.null, alternative=call.alternative, level=1.0 - call.alpha)


def _run(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    assert call.model is not None  # as above
    structure = SLOPES if call.model.slopes else COMPOUND
    adjust = call.model.kenward_roger
    return rows_of_model(data, call, arms, CovarianceModel(structure, bounded=True, adjust=adjust, by_expected=True))


METHODS: Methods = {("mixed", "two"): Method(_run, given_covariates(), None, (unequal_sds,))}
