"""Tests of yes or no, from tables of counts."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from trialsim.kinds.tests.options import MARGIN, NULL, STRATA
from trialsim.kinds.tests.records import Requirement, Test

BINOMIAL: Final = Test(
    name="binomial",
    samples=("one",),
    takes=("value", "change"),
    family="tables",
    effect="share",
    yes_or_no=True,
    options=(NULL,),
    needs=(Requirement((NULL,), "a share to compare with", "Write null: 30 %."),),
    directions=("one",),
    equal_sds=False,
    marks=False,
)

MCNEMAR: Final = Test(
    name="mcnemar",
    samples=("one",),
    takes=("change",),
    family="tables",
    effect="change of a share",
    yes_or_no=True,
    options=(),
    needs=(),
    directions=("one",),
    equal_sds=False,
    marks=False,
)

CHI_SQUARE: Final = Test(
    name="chi-square",
    samples=("two", "all"),
    takes=("value", "change"),
    family="tables",
    effect="share",
    yes_or_no=True,
    options=(),
    needs=(),
    directions=(),
    equal_sds=False,
    marks=False,
)

FISHER: Final = replace(CHI_SQUARE, name="fisher", samples=("two",), directions=("two",))

RISK_DIFFERENCE: Final = Test(
    name="risk-difference",
    samples=("two",),
    takes=("value", "change"),
    family="tables",
    effect="share",
    yes_or_no=True,
    options=(MARGIN,),
    needs=(),
    directions=("two",),
    equal_sds=False,
    marks=False,
)

RISK_RATIO: Final = replace(RISK_DIFFERENCE, name="risk-ratio", effect="risk ratio")

ODDS_RATIO: Final = replace(RISK_DIFFERENCE, name="odds-ratio", effect="odds ratio")

CMH: Final = Test(
    name="cmh",
    samples=("two",),
    takes=("value", "change"),
    family="tables",
    effect="odds ratio within strata",
    yes_or_no=True,
    options=(STRATA,),
    needs=(Requirement((STRATA,), "strata", "Write strata: and covariates by choice, or the site."),),
    directions=("two",),
    equal_sds=False,
    marks=False,
)
