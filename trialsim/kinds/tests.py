"""Tests that a scenario may name, tests that run inside another, and pairwise tests that may follow a test of all arms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

#: What a test compares: one sample with a number, two arms, or all arms at once.
Samples = Literal["one", "two", "all"]

#: What a test looks at: one value of each participant, the change between two visits, or the values of several visits.
Looks = Literal["value", "change", "visits"]

#: What a test is based on: means (least squares), ranks, or tables of counts.
Family = Literal["means", "ranks", "tables"]

#: What a test estimates of a sample, or of the difference between two.
Effect = Literal["mean", "pseudomedian", "superiority", "share"]


@dataclass(frozen=True)
class Option:
    """A key of an analysis that only some tests take.

    Attributes
    ----------
    key : its name
    refusal : why the others refuse it; reads after the name of a test
    remedy : what to write instead
    """

    key: str
    refusal: str
    remedy: str


BASELINE: Final = Option("baseline", "does not adjust", "Write test: ancova, or remove it.")
COVARIATES: Final = Option("covariates", "does not adjust", "Write test: ancova, or remove it.")
NULL: Final = Option("null", "compares with another arm, not with a number", "Remove null:.")

#: Every key that only some tests take, in the order of the schema.
OPTIONS: Final = (BASELINE, COVARIATES, NULL)


@dataclass(frozen=True)
class Requirement:
    """What a test cannot be without: at least one of some options.

    Attributes
    ----------
    options : any of these will do
    says : what is missing; reads after "needs"
    remedy : what to write
    """

    options: tuple[Option, ...]
    says: str
    remedy: str


@dataclass(frozen=True)
class Test:
    """A test.

    Attributes
    ----------
    samples : what it can compare; if both "two" and "all" are possible, a contrast in the scenario means two
    takes : endpoints it takes
    family : what it is based on
    effect : what it estimates if it compares one sample or two arms
    yes_or_no : whether it needs yes or no: a binary outcome, or one that is dichotomized
    options : keys that only some tests take and this one does
    needs : those it cannot be without
    directions : which of its samples may have a one-sided alternative
    equal_sds : whether its closed form assumes the same SD in all arms
    """

    name: str
    samples: tuple[Samples, ...]
    takes: tuple[Looks, ...]
    family: Family
    effect: Effect
    yes_or_no: bool
    options: tuple[Option, ...]
    needs: tuple[Requirement, ...]
    directions: tuple[Samples, ...]
    equal_sds: bool

    __test__ = False  # no class of tests for pytest


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
)

PAIRED_T: Final = Test(
    name="paired-t",
    samples=("one",),
    takes=("change",),
    family="means",
    effect="mean",
    yes_or_no=False,
    options=(NULL,),
    needs=(),
    directions=("one",),
    equal_sds=False,
)

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
)

T: Final = Test(
    name="t",
    samples=("two",),
    takes=("value", "change"),
    family="means",
    effect="mean",
    yes_or_no=False,
    options=(),
    needs=(),
    directions=("two",),
    equal_sds=True,
)

WELCH: Final = Test(
    name="welch",
    samples=("two",),
    takes=("value", "change"),
    family="means",
    effect="mean",
    yes_or_no=False,
    options=(),
    needs=(),
    directions=("two",),
    equal_sds=False,
)

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
)

WELCH_ANOVA: Final = Test(
    name="welch-anova",
    samples=("all",),
    takes=("value", "change"),
    family="means",
    effect="mean",
    yes_or_no=False,
    options=(),
    needs=(),
    directions=(),
    equal_sds=False,
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
)

ANCOVA: Final = Test(
    name="ancova",
    samples=("two", "all"),
    takes=("value", "change"),
    family="means",
    effect="mean",
    yes_or_no=False,
    options=(BASELINE, COVARIATES),
    needs=(Requirement((BASELINE, COVARIATES), "a baseline", "Write baseline: and the visit before treatment."),),
    directions=("two",),
    equal_sds=True,
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
)

FISHER: Final = Test(
    name="fisher",
    samples=("two",),
    takes=("value", "change"),
    family="tables",
    effect="share",
    yes_or_no=True,
    options=(),
    needs=(),
    directions=("two",),
    equal_sds=False,
)

#: Tests that a scenario may name, in the order of its schema.
TESTS: Final = (
    ONE_SAMPLE_T,
    PAIRED_T,
    WILCOXON,
    T,
    WELCH,
    MANN_WHITNEY,
    ANOVA,
    WELCH_ANOVA,
    KRUSKAL_WALLIS,
    ANCOVA,
    CHI_SQUARE,
    FISHER,
)

#: A contrast of two arms with the residual variance of an analysis of variance over all arms; only pairs ask for it.
RESIDUAL_T: Final = Test(
    name="residual-t",
    samples=("two",),
    takes=("value", "change"),
    family="means",
    effect="mean",
    yes_or_no=False,
    options=(),
    needs=(),
    directions=("two",),
    equal_sds=True,
)

#: Tests that run only inside another.
WITHIN: Final = (RESIDUAL_T,)

TEST: Final = {test.name: test for test in (*TESTS, *WITHIN)}


@dataclass(frozen=True)
class Pair:
    """Comparisons of two arms after a test of all arms.

    Attributes
    ----------
    after : each test of all arms that they may follow, with the test of two arms that is used then
    of_model : whether all pairs share the residual variance of the whole model
    """

    name: str
    after: tuple[tuple[Test, Test], ...]
    of_model: bool


_NUMBERS = (ANOVA, WELCH_ANOVA, KRUSKAL_WALLIS)

PAIRS: Final = (
    Pair("t", ((ANOVA, RESIDUAL_T), (WELCH_ANOVA, RESIDUAL_T), (ANCOVA, ANCOVA)), of_model=True),
    Pair("two-sample-t", tuple((main, T) for main in _NUMBERS), of_model=False),
    Pair("welch", tuple((main, WELCH) for main in _NUMBERS), of_model=False),
    Pair("mann-whitney", tuple((main, MANN_WHITNEY) for main in _NUMBERS), of_model=False),
    Pair("fisher", ((CHI_SQUARE, FISHER),), of_model=False),
    Pair("chi-square", ((CHI_SQUARE, CHI_SQUARE),), of_model=False),
)

PAIR: Final = {pair.name: pair for pair in PAIRS}

#: The test of two arms that pairs use, by their name and that of the test of all arms before them.
PAIR_TEST: Final = {(pair.name, main.name): run for pair in PAIRS for main, run in pair.after}

#: The statistics that papers print of a test, by its family and what it compares; F of two arms is t squared.
STATISTICS: Final[dict[tuple[Family, Samples], tuple[str, ...]]] = {
    ("means", "one"): ("t",),
    ("means", "two"): ("t", "F"),
    ("means", "all"): ("F",),
    ("ranks", "one"): (),
    ("ranks", "two"): ("U",),
    ("ranks", "all"): ("H",),
    ("tables", "two"): (),
    ("tables", "all"): (),
}
