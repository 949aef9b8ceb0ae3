"""Tests that a scenario may name, tests that run inside another, and pairwise tests that may follow a test of all arms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

#: What a test compares: one sample with a number, two arms, all arms at once, or the levels of a factor by weights of all arms.
Samples = Literal["one", "two", "all", "factor"]

#: What a test looks at: one value of each participant, the change between two visits, or the values of several visits.
Looks = Literal["value", "change", "visits"]

#: What a test is based on: means (least squares), ranks, tables of counts, who is at risk at each event, or the user's own code.
Family = Literal["means", "ranks", "tables", "risk sets", "own"]

#: What a test estimates of a sample, or of the difference between two; :data:`NO_ESTIMATE` if it estimates nothing that is known.
Effect = Literal[
    "mean",
    "trimmed mean",
    "median",
    "pseudomedian",
    "superiority",
    "win odds",
    "stratified superiority",
    "share",
    "change of a share",
    "risk ratio",
    "odds ratio",
    "odds ratio within strata",
    "odds ratio given covariates",
    "odds ratio of a higher score",
    "odds ratio within a person",
    "rate ratio given covariates",
    "hazard",
    "hazard given covariates",
    "none",
]

#: The effect of a test that estimates nothing.
NO_ESTIMATE: Final = "none"


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
VISIT_COVARIATES: Final = Option("visit_covariates", "does not adjust", "Write test: ancova, or remove it.")
STRATA: Final = Option("strata", "has no strata", "Remove strata:, or write test: van-elteren.")
CLUSTERS: Final = Option("clusters", "has no clusters", "Remove clusters:.")
MARGIN: Final = Option(
    "margin",
    "cannot test a margin, only no effect",
    "Use t, welch, ancova or risk-difference, or remove margin:.",
)
FACTORS: Final = Option("factors", "does not take factors", "Write test: regression, or remove factors:.")
NULL: Final = Option("null", "compares with another arm, not with a number", "Remove null:.")
AT: Final = Option("at", "has one row, not one of several tests", "Remove at:.")
COVARIANCE: Final = Option("covariance", "has no covariance of visits to choose", "Write test: mmrm, or remove it.")
RANDOM: Final = Option("random", "has no random effects", "Write test: mixed, or remove it.")
TIME: Final = Option("time", "does not take times of visits", "Write test: mixed, or remove it.")
DF: Final = Option("df", "has its own degrees of freedom", "Remove df:.")
SPHERICITY: Final = Option("sphericity", "does not assume sphericity", "Remove sphericity:.")
FIRTH: Final = Option("firth", "has no penalized likelihood", "Write test: logistic, or remove it.")
PRIOR: Final = Option("prior", "has no prior", "Write test: bayes, or remove it.")
FUNCTION: Final = Option("function", "is not the user's own function", "Write test: python, or remove function:.")
DECIDE: Final = Option("decide", "decides by its p-value", "Write test: bayes, or remove it.")
BY: Final = Option("by", "has one way to its p-value", "Remove by:.")
TRIM: Final = Option("trim", "uses all values", "Remove trim:, or write test: trimmed-mean.")
PERMUTATIONS: Final = Option(
    "permutations", "draws no permutations", "Remove permutations:, or write test: permutation."
)

#: Every key that only some tests take, in the order of the schema.
OPTIONS: Final = (
    BASELINE,
    COVARIATES,
    VISIT_COVARIATES,
    STRATA,
    CLUSTERS,
    FACTORS,
    MARGIN,
    NULL,
    AT,
    SPHERICITY,
    COVARIANCE,
    RANDOM,
    TIME,
    DF,
    FIRTH,
    PRIOR,
    DECIDE,
    FUNCTION,
    BY,
    TRIM,
    PERMUTATIONS,
)

#: The share that trimmed-mean cuts at each end by default (Wilcox 2017, section 3.4.3), and the permutations of permutation:
#: with one more, alpha of 5 % and of 1 % are whole numbers of them.
DEFAULT_TRIM: Final = 0.2
DEFAULT_PERMUTATIONS: Final = 1_999

#: Ways to a p-value.
BY_PERMUTATION: Final = "permutation"
BY_T: Final = "t"
BY_WALD: Final = "wald"
BY_LIKELIHOOD_RATIO: Final = "lr"
BY_SCORE: Final = "score"
WAYS: Final = (BY_PERMUTATION, BY_T, BY_WALD, BY_LIKELIHOOD_RATIO, BY_SCORE)


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
    marks : whether it reads which values are censored, and so compares times until an event
    first_shared : whether all arms have one mean at the first of its visits
    ways : the ways to its p-value that ``by`` may name, the one by default first
    scores : whether it takes only outcomes with categories
    at_visits : whether ``at`` names a visit or the average of all, not a test of repeated measures
    rates : whether it takes counts with the time over which they were counted
    limits : whether it reads which values lie below a detection limit
    prints : the statistics that papers print of it, if they are not those of its family (:data:`STATISTICS`)
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
    marks: bool
    first_shared: bool = False
    ways: tuple[str, ...] = ()
    prints: tuple[str, ...] | None = None
    scores: bool = False
    at_visits: bool = False
    rates: bool = False
    limits: bool = False

    @property
    def at_each_visit(self) -> bool:
        """Whether yes or no is asked at both visits of a change, not of the change itself."""
        return self.yes_or_no and self.takes == ("change",)

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
    marks=False,
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
    marks=False,
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
    marks=False,
)

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

WELCH: Final = Test(
    name="welch",
    samples=("two",),
    takes=("value", "change"),
    family="means",
    effect="mean",
    yes_or_no=False,
    options=(MARGIN,),
    needs=(),
    directions=("two",),
    equal_sds=False,
    marks=False,
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

TRIMMED_MEAN: Final = replace(WELCH, name="trimmed-mean", effect="trimmed mean", options=(TRIM,), prints=("t",))

PERMUTATION: Final = replace(T, name="permutation", options=(PERMUTATIONS,), prints=())

SIGN: Final = replace(WILCOXON, name="sign", takes=("value", "change"), effect="median")

FRIEDMAN: Final = replace(WILCOXON, name="friedman", takes=("visits",), effect=NO_ESTIMATE, options=(), directions=())

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
    marks=False,
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
    marks=False,
)

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

RISK_RATIO: Final = Test(
    name="risk-ratio",
    samples=("two",),
    takes=("value", "change"),
    family="tables",
    effect="risk ratio",
    yes_or_no=True,
    options=(MARGIN,),
    needs=(),
    directions=("two",),
    equal_sds=False,
    marks=False,
)

ODDS_RATIO: Final = Test(
    name="odds-ratio",
    samples=("two",),
    takes=("value", "change"),
    family="tables",
    effect="odds ratio",
    yes_or_no=True,
    options=(MARGIN,),
    needs=(),
    directions=("two",),
    equal_sds=False,
    marks=False,
)

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

#: What tests of clusters cannot be without.
_IN_CLUSTERS: Final = Requirement((CLUSTERS,), "clusters", "Write clusters: site, or clusters: practitioner.")

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

NEGATIVE_BINOMIAL: Final = Test(
    name="negative-binomial",
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

CLUSTER_ROBUST: Final = Test(
    name="cluster-robust",
    samples=("two",),
    takes=("value", "change"),
    family="means",
    effect="mean",
    yes_or_no=False,
    options=(BASELINE, COVARIATES, VISIT_COVARIATES, CLUSTERS, MARGIN),
    needs=(_IN_CLUSTERS,),
    directions=("two",),
    equal_sds=False,
    marks=False,
)

GEE: Final = Test(
    name="gee",
    samples=("two",),
    takes=("value", "change"),
    family="means",
    effect="mean",
    yes_or_no=False,
    options=(BASELINE, COVARIATES, VISIT_COVARIATES, CLUSTERS, MARGIN),
    needs=(_IN_CLUSTERS,),
    directions=("two",),
    equal_sds=False,
    marks=False,
)

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

REGRESSION: Final = Test(
    name="regression",
    samples=("two", "all", "factor"),
    takes=("value", "change"),
    family="means",
    effect="mean",
    yes_or_no=False,
    options=(BASELINE, COVARIATES, VISIT_COVARIATES, FACTORS, MARGIN),
    needs=(),
    directions=("two", "factor"),
    equal_sds=True,
    marks=False,
)

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

MMRM: Final = Test(
    name="mmrm",
    samples=("two",),
    takes=("visits",),
    family="means",
    effect="mean",
    yes_or_no=False,
    options=(BASELINE, COVARIATES, MARGIN, AT, COVARIANCE, DF),
    needs=(),
    directions=("two",),
    equal_sds=True,
    marks=False,
)

CLDA: Final = Test(
    name="clda",
    samples=("two",),
    takes=("visits",),
    family="means",
    effect="mean",
    yes_or_no=False,
    options=(COVARIATES, MARGIN, AT, COVARIANCE, DF),
    needs=(),
    directions=("two",),
    equal_sds=True,
    marks=False,
    first_shared=True,
)

PYTHON: Final = Test(
    name="python",
    samples=("one", "two"),
    takes=("value", "change"),
    family="own",
    effect=NO_ESTIMATE,
    yes_or_no=False,
    options=(FUNCTION,),
    needs=(Requirement((FUNCTION,), "a function", "Write function: my_analysis.py:compare."),),
    directions=(),
    equal_sds=False,
    marks=False,
)

#: Tests that a scenario may name, in the order of its schema.
TESTS: Final = (
    ONE_SAMPLE_T,
    PAIRED_T,
    WILCOXON,
    SIGN,
    FRIEDMAN,
    T,
    WELCH,
    TRIMMED_MEAN,
    PERMUTATION,
    MANN_WHITNEY,
    BRUNNER_MUNZEL,
    WIN_ODDS,
    VAN_ELTEREN,
    ANOVA,
    WELCH_ANOVA,
    KRUSKAL_WALLIS,
    JONCKHEERE,
    ANCOVA,
    CHI_SQUARE,
    FISHER,
    BINOMIAL,
    MCNEMAR,
    RISK_DIFFERENCE,
    RISK_RATIO,
    ODDS_RATIO,
    CMH,
    LOGISTIC,
    PROPORTIONAL_ODDS,
    ORDINAL_MIXED,
    POISSON,
    NEGATIVE_BINOMIAL,
    COX,
    TOBIT,
    REGRESSION,
    CLUSTER_T,
    CLUSTER_ROBUST,
    GEE,
    RM_ANOVA,
    MIXED,
    MMRM,
    CLDA,
    BAYES,
    LOG_RANK,
    PYTHON,
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
    marks=False,
)

#: The same contrast and Welch's t, each with its p-value for all pairs together; only pairs ask for them.
TUKEY: Final = replace(RESIDUAL_T, name="tukey", directions=(), prints=("t",))
GAMES_HOWELL: Final = replace(WELCH, name="games-howell", directions=(), prints=("t",))

#: Two arms by their mean ranks among all arms; only pairs ask for it.
DUNN: Final = replace(MANN_WHITNEY, name="dunn", prints=())

#: Tests that run only inside another.
WITHIN: Final = (RESIDUAL_T, TUKEY, GAMES_HOWELL, DUNN)

TEST: Final = {test.name: test for test in (*TESTS, *WITHIN)}


@dataclass(frozen=True)
class Pair:
    """Comparisons of two arms after a test of all arms.

    Attributes
    ----------
    after : each test of all arms that they may follow, with the test of two arms that is used then
    of_model : whether all pairs share the residual variance of the whole model
    together : whether its p-values hold for all pairs of arms together, so that nothing is left to adjust
    """

    name: str
    after: tuple[tuple[Test, Test], ...]
    of_model: bool
    together: bool = False


_NUMBERS = (ANOVA, WELCH_ANOVA, KRUSKAL_WALLIS)

PAIRS: Final = (
    Pair(
        "t", ((ANOVA, RESIDUAL_T), (WELCH_ANOVA, RESIDUAL_T), (ANCOVA, ANCOVA), (REGRESSION, REGRESSION)), of_model=True
    ),
    Pair("two-sample-t", tuple((main, T) for main in _NUMBERS), of_model=False),
    Pair("welch", tuple((main, WELCH) for main in _NUMBERS), of_model=False),
    Pair("tukey", ((ANOVA, TUKEY),), of_model=False, together=True),
    Pair("games-howell", ((WELCH_ANOVA, GAMES_HOWELL),), of_model=False, together=True),
    Pair("dunn", ((KRUSKAL_WALLIS, DUNN),), of_model=False),
    Pair("mann-whitney", tuple((main, MANN_WHITNEY) for main in _NUMBERS), of_model=False),
    Pair("proportional-odds", ((PROPORTIONAL_ODDS, PROPORTIONAL_ODDS),), of_model=False),
    Pair("fisher", ((CHI_SQUARE, FISHER),), of_model=False),
    Pair("log-rank", ((LOG_RANK, LOG_RANK),), of_model=False),
    Pair("chi-square", ((CHI_SQUARE, CHI_SQUARE),), of_model=False),
)

PAIR: Final = {pair.name: pair for pair in PAIRS}

#: The test of two arms that pairs use, by their name and that of the test of all arms before them.
PAIR_TEST: Final = {(pair.name, main.name): run for pair in PAIRS for main, run in pair.after}

#: The tests of a repeated-measures analysis of variance, of which a row is one; the first by default.
INTERACTION: Final = "interaction"
OF_VISITS: Final = "visit"
OF_ARMS: Final = "arm"
REPEATED_EFFECTS: Final = (INTERACTION, OF_VISITS, OF_ARMS)

#: What a model of repeated values compares between two arms besides the means at one visit, which has the name of the visit:
#: the means over its visits, the slopes, or the course over the visits.
AVERAGE: Final = "average"
SLOPE: Final = "slope"
MODEL_EFFECTS: Final = (AVERAGE, SLOPE, INTERACTION)

#: The covariance of the visits; the first by default.
UNSTRUCTURED: Final = "unstructured"
AUTOREGRESSIVE: Final = "ar1"
COMPOUND_SYMMETRY: Final = "compound-symmetry"
COVARIANCES: Final = (UNSTRUCTURED, AUTOREGRESSIVE, COMPOUND_SYMMETRY)

#: What varies at random between participants: their level, or their level and their slope over time; the first by default.
RANDOM_INTERCEPT: Final = "intercept"
RANDOM_SLOPE: Final = "slope"
RANDOM_EFFECTS: Final = (RANDOM_INTERCEPT, RANDOM_SLOPE)

#: Whether each visit has a mean of its own in each arm, or the means lie on a line over time; the first by default.
AS_VISIT: Final = "as visit"
AS_NUMBER: Final = "number"
TIMES: Final = (AS_VISIT, AS_NUMBER)

#: Where the degrees of freedom come from; the first by default.
SATTERTHWAITE: Final = "satterthwaite"
KENWARD_ROGER: Final = "kenward-roger"
DFS: Final = (SATTERTHWAITE, KENWARD_ROGER)

#: What is done about sphericity: degrees of freedom corrected, or nothing; the first by default.
GREENHOUSE_GEISSER: Final = "greenhouse-geisser"
HUYNH_FELDT: Final = "huynh-feldt"
SPHERICITY_ASSUMED: Final = "assumed"
SPHERICITIES: Final = (GREENHOUSE_GEISSER, HUYNH_FELDT, SPHERICITY_ASSUMED)

#: When logistic regression uses Firth's penalized likelihood; the first by default.
IF_SEPARATED: Final = "if separated"
NEVER: Final = "never"
ALWAYS: Final = "always"
FIRTHS: Final = (IF_SEPARATED, NEVER, ALWAYS)

#: The statistics that papers print of a test, by its family and what it compares; F of two arms is t squared.
STATISTICS: Final[dict[tuple[Family, Samples], tuple[str, ...]]] = {
    ("means", "one"): ("t",),
    ("means", "two"): ("t", "F"),
    ("means", "all"): ("F",),
    ("means", "factor"): ("t", "F"),
    ("ranks", "one"): (),
    ("ranks", "two"): ("U",),
    ("ranks", "all"): ("H",),
    ("tables", "one"): (),
    ("tables", "two"): (),
    ("tables", "all"): (),
    ("risk sets", "two"): (),
    ("risk sets", "all"): (),
    ("own", "one"): (),
    ("own", "two"): (),
}


def statistics_of(test: Test, samples: Samples) -> tuple[str, ...]:
    """The statistics that papers print of a test."""
    return STATISTICS[test.family, samples] if test.prints is None else test.prints
