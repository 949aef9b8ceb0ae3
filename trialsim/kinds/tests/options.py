"""Keys of an analysis that only some tests take, and the words that each may have."""

from __future__ import annotations

from typing import Final

from trialsim.kinds.tests.records import Option

BASELINE: Final = Option("baseline", "does not adjust", "Write test: ancova, or remove it.")
COVARIATES: Final = Option("covariates", "does not adjust", "Write test: ancova, or remove it.")
VISIT_COVARIATES: Final = Option("visit_covariates", "does not adjust", "Write test: ancova, or remove it.")
STRATA: Final = Option("strata", "has no strata", "Remove strata:, or write test: van-elteren.")
CLUSTERS: Final = Option(
    "clusters",
    "has no clusters of participants",
    "Remove clusters:, or compare one visit or change by cluster-robust, gee or cluster-t.",
)
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

#: What varies at random in a stepped wedge: the level of a site, or also its level in each period.
RANDOM_SITE: Final = "site"
RANDOM_SITE_PERIOD: Final = "site and period"
RANDOM_OF_WEDGE: Final = (RANDOM_SITE, RANDOM_SITE_PERIOD)

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
