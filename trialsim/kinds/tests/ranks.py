"""Tests of ranks: within participants, of two arms, of all arms, and of pairs after those."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from trialsim.kinds.tests.options import BY, BY_PERMUTATION, BY_T, MARGIN, NULL, STRATA
from trialsim.kinds.tests.records import NO_ESTIMATE, Requirement, Test

WILCOXON: Final = Test(
    name="wilcoxon",
    samples=("one",),
    takes=("change",),
    family="ranks",
    effect="pseudomedian",
    yes_or_no=False,
    options=(NULL,),
    needs=(),
    directions=("one",),
    equal_sds=False,
    marks=False,
)

SIGN: Final = replace(WILCOXON, name="sign", takes=("value", "change"), effect="median")

FRIEDMAN: Final = replace(WILCOXON, name="friedman", takes=("visits",), effect=NO_ESTIMATE, options=(), directions=())

MANN_WHITNEY: Final = Test(
    name="mann-whitney",
    samples=("two",),
    takes=("value", "change"),
    family="ranks",
    effect="superiority",
    yes_or_no=False,
    options=(),
    needs=(),
    directions=("two",),
    equal_sds=True,
    marks=False,
)

BRUNNER_MUNZEL: Final = replace(
    MANN_WHITNEY, name="brunner-munzel", options=(MARGIN, BY), ways=(BY_PERMUTATION, BY_T), equal_sds=False, prints=()
)

WIN_ODDS: Final = replace(BRUNNER_MUNZEL, name="win-odds", effect="win odds")

VAN_ELTEREN: Final = replace(
    MANN_WHITNEY,
    name="van-elteren",
    effect="stratified superiority",
    options=(STRATA,),
    needs=(Requirement((STRATA,), "strata", "Write strata: [site], or covariates by choice."),),
    prints=(),
)

KRUSKAL_WALLIS: Final = Test(
    name="kruskal-wallis",
    samples=("all",),
    takes=("value", "change"),
    family="ranks",
    effect="superiority",
    yes_or_no=False,
    options=(),
    needs=(),
    directions=(),
    equal_sds=True,
    marks=False,
)

JONCKHEERE: Final = replace(KRUSKAL_WALLIS, name="jonckheere", directions=("all",), prints=())

#: Two arms by their mean ranks among all arms; only pairs ask for it.
DUNN: Final = replace(MANN_WHITNEY, name="dunn", prints=())
