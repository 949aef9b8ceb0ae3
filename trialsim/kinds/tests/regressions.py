"""Regressions: arms compared at equal baselines and covariates."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from trialsim.kinds.tests.options import (
    BASELINE,
    BY,
    BY_LIKELIHOOD_RATIO,
    BY_SCORE,
    BY_WALD,
    COVARIATES,
    FACTORS,
    FIRTH,
    MARGIN,
    VISIT_COVARIATES,
)
from trialsim.kinds.tests.records import Requirement, Test

ANCOVA: Final = Test(
    name="ancova",
    samples=("two", "all", "factor"),
    takes=("value", "change"),
    family="means",
    effect="mean",
    yes_or_no=False,
    options=(BASELINE, COVARIATES, VISIT_COVARIATES, FACTORS, MARGIN),
    needs=(
        Requirement(
            (BASELINE, COVARIATES, VISIT_COVARIATES), "a baseline", "Write baseline: and the visit before treatment."
        ),
    ),
    directions=("two", "factor"),
    equal_sds=True,
    marks=False,
)

REGRESSION: Final = replace(ANCOVA, name="regression", needs=())

TOBIT: Final = Test(
    name="tobit",
    samples=("two",),
    takes=("value",),
    family="means",
    effect="mean",
    yes_or_no=False,
    options=(BASELINE, COVARIATES, VISIT_COVARIATES, MARGIN),
    needs=(),
    directions=("two",),
    equal_sds=False,
    marks=False,
    prints=(),
    limits=True,
)

LOGISTIC: Final = Test(
    name="logistic",
    samples=("two",),
    takes=("value", "change"),
    family="tables",
    effect="odds ratio given covariates",
    yes_or_no=True,
    options=(BASELINE, COVARIATES, VISIT_COVARIATES, MARGIN, FIRTH, BY),
    needs=(),
    directions=("two",),
    equal_sds=False,
    marks=False,
    ways=(BY_WALD, BY_LIKELIHOOD_RATIO),
)

PROPORTIONAL_ODDS: Final = Test(
    name="proportional-odds",
    samples=("two", "all"),
    takes=("value", "change"),
    family="ranks",
    effect="odds ratio of a higher score",
    yes_or_no=False,
    options=(BASELINE, COVARIATES, VISIT_COVARIATES, BY),
    needs=(),
    directions=("two",),
    equal_sds=True,
    marks=False,
    ways=(BY_LIKELIHOOD_RATIO, BY_WALD, BY_SCORE),
    prints=(),
)

POISSON: Final = Test(
    name="poisson",
    samples=("two",),
    takes=("value",),
    family="tables",
    effect="rate ratio given covariates",
    yes_or_no=False,
    options=(BASELINE, COVARIATES, VISIT_COVARIATES, MARGIN),
    needs=(),
    directions=("two",),
    equal_sds=False,
    marks=False,
    rates=True,
)

NEGATIVE_BINOMIAL: Final = replace(POISSON, name="negative-binomial")
