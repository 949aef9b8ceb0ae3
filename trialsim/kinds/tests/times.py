"""Tests of times until an event."""

from __future__ import annotations

from typing import Final

from trialsim.kinds.tests.options import BASELINE, COVARIATES, MARGIN, VISIT_COVARIATES
from trialsim.kinds.tests.records import Test

LOG_RANK: Final = Test(
    name="log-rank",
    samples=("two", "all"),
    takes=("value",),
    family="risk sets",
    effect="hazard",
    yes_or_no=False,
    options=(),
    needs=(),
    directions=("two",),
    equal_sds=False,
    marks=True,
)

COX: Final = Test(
    name="cox",
    samples=("two",),
    takes=("value",),
    family="risk sets",
    effect="hazard given covariates",
    yes_or_no=False,
    options=(BASELINE, COVARIATES, VISIT_COVARIATES, MARGIN),
    needs=(),
    directions=("two",),
    equal_sds=False,
    marks=True,
)
