"""Tests of means without a model: of one sample, of two arms, of all arms, and of pairs after those."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from trialsim.kinds.tests.options import DECIDE, MARGIN, NULL, PERMUTATIONS, PRIOR, TRIM
from trialsim.kinds.tests.records import Requirement, Test

ONE_SAMPLE_T: Final = Test(
    name="one-sample-t",
    samples=("one",),
    takes=("value", "change"),
    family="means",
    effect="mean",
    yes_or_no=False,
    options=(NULL,),
    needs=(),
    directions=("one",),
    equal_sds=False,
    marks=False,
)

PAIRED_T: Final = replace(ONE_SAMPLE_T, name="paired-t", takes=("change",))

T: Final = Test(
    name="t",
    samples=("two",),
    takes=("value", "change"),
    family="means",
    effect="mean",
    yes_or_no=False,
    options=(MARGIN,),
    needs=(),
    directions=("two",),
    equal_sds=True,
    marks=False,
)

WELCH: Final = replace(T, name="welch", equal_sds=False)

CROSSOVER_T: Final = replace(T, name="crossover-t", options=(), periods=True)

TRIMMED_MEAN: Final = replace(WELCH, name="trimmed-mean", effect="trimmed mean", options=(TRIM,), prints=("t",))

PERMUTATION: Final = replace(T, name="permutation", options=(PERMUTATIONS,), prints=())

BAYES: Final = Test(
    name="bayes",
    samples=("two",),
    takes=("value", "change"),
    family="means",
    effect="mean",
    yes_or_no=False,
    options=(PRIOR, DECIDE),
    needs=(
        Requirement((PRIOR,), "a prior", "Write prior: {mean: 0, sd: 5}."),
        Requirement((DECIDE,), "a rule for its decision", "Write decide: P(effect > 0) > 97.5 %."),
    ),
    directions=(),
    equal_sds=False,
    marks=False,
)

ANOVA: Final = Test(
    name="anova",
    samples=("all",),
    takes=("value", "change"),
    family="means",
    effect="mean",
    yes_or_no=False,
    options=(),
    needs=(),
    directions=(),
    equal_sds=True,
    marks=False,
)

WELCH_ANOVA: Final = replace(ANOVA, name="welch-anova", equal_sds=False)

#: A contrast of two arms with the residual variance of an analysis of variance over all arms; only pairs ask for it.
RESIDUAL_T: Final = replace(T, name="residual-t", options=())

#: The same contrast and Welch's t, each with its p-value for all pairs together; only pairs ask for them.
TUKEY: Final = replace(RESIDUAL_T, name="tukey", directions=(), prints=("t",))
GAMES_HOWELL: Final = replace(WELCH, name="games-howell", directions=(), prints=("t",))
