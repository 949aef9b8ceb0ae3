"""Tests of several visits at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from trialsim.kinds.tests.options import AT, BASELINE, COVARIANCE, COVARIATES, DF, MARGIN, RANDOM, SPHERICITY, TIME
from trialsim.kinds.tests.records import Test
from trialsim.kinds.tests.regressions import PROPORTIONAL_ODDS

RM_ANOVA: Final = Test(
    name="rm-anova",
    samples=("all",),
    takes=("visits",),
    family="means",
    effect="mean",
    yes_or_no=False,
    options=(AT, SPHERICITY),
    needs=(),
    directions=(),
    equal_sds=False,
    marks=False,
)

MIXED: Final = Test(
    name="mixed",
    samples=("two",),
    takes=("visits",),
    family="means",
    effect="mean",
    yes_or_no=False,
    options=(BASELINE, COVARIATES, MARGIN, AT, RANDOM, TIME, DF),
    needs=(),
    directions=("two",),
    equal_sds=True,
    marks=False,
)

MMRM: Final = replace(MIXED, name="mmrm", options=(BASELINE, COVARIATES, MARGIN, AT, COVARIANCE, DF))

#: A random intercept of each person, where the arm changes from period to period.
CROSSOVER_MIXED: Final = replace(MIXED, name="crossover-mixed", options=(DF,), periods=True)

CLDA: Final = replace(MMRM, name="clda", options=(COVARIATES, MARGIN, AT, COVARIANCE, DF), first_shared=True)

ORDINAL_MIXED: Final = replace(
    PROPORTIONAL_ODDS,
    name="ordinal-mixed",
    samples=("two",),
    takes=("visits",),
    effect="odds ratio within a person",
    options=(BASELINE, COVARIATES, AT),
    ways=(),
    scores=True,
    at_visits=True,
)
