"""Tests of arms whose participants come in clusters."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from trialsim.kinds.tests.options import BASELINE, CLUSTERS, COVARIATES, DF, MARGIN, RANDOM, VISIT_COVARIATES
from trialsim.kinds.tests.records import Requirement, Test

#: What tests of clusters cannot be without.
_IN_CLUSTERS: Final = Requirement((CLUSTERS,), "clusters", "Write clusters: site, practitioner or family.")

CLUSTER_T: Final = Test(
    name="cluster-t",
    samples=("two",),
    takes=("value", "change"),
    family="means",
    effect="mean",
    yes_or_no=False,
    options=(CLUSTERS, MARGIN),
    needs=(_IN_CLUSTERS,),
    directions=("two",),
    equal_sds=False,
    marks=False,
)

CLUSTER_ROBUST: Final = replace(
    CLUSTER_T, name="cluster-robust", options=(BASELINE, COVARIATES, VISIT_COVARIATES, CLUSTERS, MARGIN)
)

GEE: Final = replace(CLUSTER_ROBUST, name="gee")

WEDGE_MIXED: Final = replace(
    CLUSTER_T,
    name="wedge-mixed",
    options=(BASELINE, COVARIATES, VISIT_COVARIATES, MARGIN, RANDOM, DF),
    needs=(),
    equal_sds=True,
    calendar=True,
)

GEE_LOGISTIC: Final = replace(
    CLUSTER_ROBUST, name="gee-logistic", family="tables", effect="odds ratio averaged over clusters", yes_or_no=True
)
