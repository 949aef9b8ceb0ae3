"""Words of each kind, for people: one entry a record of :mod:`trialsim.kinds`."""

from __future__ import annotations

import math

from trialsim.kinds import designs, estimands
from trialsim.kinds.tests import clusters, means, options, own, ranks, regressions, repeated, tables, times

#: What a test is; reads after its name.
TESTS = {
    means.ONE_SAMPLE_T.name: "Student's t-test of one mean against a number",
    means.PAIRED_T.name: "Student's t-test of the mean change within participants",
    ranks.WILCOXON.name: "Wilcoxon's signed rank test of the changes within participants",
    ranks.SIGN.name: "the sign test of a median: how many values lie above a number, of those that differ from it",
    ranks.FRIEDMAN.name: "Friedman's rank test of several visits within participants",
    means.T.name: "Student's t-test of two means, with one SD for both arms",
    means.WELCH.name: "Welch's t-test of two means, with an SD for each arm",
    repeated.CROSSOVER_MIXED.name: "mixed model of a crossover: period, arm and a random intercept of each person",
    means.CROSSOVER_T.name: "t-test of a crossover: half the difference of the two periods, between the sequences",
    means.TRIMMED_MEAN.name: "Yuen's t-test of two means without the most extreme values, with an SD for each arm",
    means.PERMUTATION.name: "permutation test of two means: how often the arms differ as much if they are dealt at random",
    ranks.MANN_WHITNEY.name: "Mann and Whitney's rank test (Wilcoxon's rank sum test) of two arms",
    ranks.BRUNNER_MUNZEL.name: (
        "Brunner and Munzel's rank test of two arms, which need not spread equally; by permutation below 15 in an arm"
    ),
    ranks.WIN_ODDS.name: "test of the win odds of two arms, ties counted half; by permutation below 15 in an arm",
    ranks.VAN_ELTEREN.name: "van Elteren's rank test of two arms, compared within strata",
    means.ANOVA.name: "analysis of variance: are the means of all arms equal, with one SD for all?",
    means.WELCH_ANOVA.name: "Welch's analysis of variance: are the means of all arms equal, with an SD for each arm?",
    ranks.KRUSKAL_WALLIS.name: "Kruskal and Wallis's rank test of all arms",
    ranks.JONCKHEERE.name: "Jonckheere and Terpstra's rank test of a trend over the arms, in their order in the design",
    regressions.ANCOVA.name: "analysis of covariance: means compared at equal baselines and covariates",
    tables.CHI_SQUARE.name: "Pearson's chi-square test of how many are yes in each arm, with Yates's correction between two",
    tables.FISHER.name: "Fisher's exact test of how many are yes in two arms",
    tables.BINOMIAL.name: "exact binomial test of how many are yes, against a share",
    tables.MCNEMAR.name: "McNemar's exact test: do as many participants change to yes as to no between two visits?",
    tables.RISK_DIFFERENCE.name: "score test (Farrington and Manning) of two shares; Newcombe's interval can disagree with its p",
    tables.RISK_RATIO.name: "score test of the ratio of two shares, with Koopman's interval",
    tables.ODDS_RATIO.name: "score test of the odds ratio of two arms, with the interval of the same test",
    tables.CMH.name: "Mantel and Haenszel's test within strata, without continuity correction; its interval can disagree with p",
    regressions.LOGISTIC.name: "logistic regression: the odds of yes compared at equal covariates",
    regressions.PROPORTIONAL_ODDS.name: (
        "proportional odds (cumulative logit) model: the odds of a higher score, with one odds ratio for all cuts of the scale"
    ),
    repeated.ORDINAL_MIXED.name: (
        "ordinal mixed model: the odds of a higher score at several visits, with an intercept of each participant"
    ),
    regressions.POISSON.name: "Poisson regression: rates of counted events compared at equal covariates",
    regressions.NEGATIVE_BINOMIAL.name: "negative binomial regression: rates that vary more than Poisson's, at equal covariates",
    times.COX.name: "Cox regression: hazards compared at equal covariates, assumed to be proportional",
    regressions.TOBIT.name: "Tobin's regression: means at equal covariates, values below the limit known to be lower",
    clusters.CLUSTER_ROBUST.name: "linear regression with a variance robust to clusters (CR2) and Satterthwaite's df",
    clusters.GEE.name: (
        "generalized estimating equations: an exchangeable correlation within clusters, Mancl and DeRouen's variance"
    ),
    clusters.GEE_LOGISTIC.name: (
        "generalized estimating equations of yes or no: odds averaged over clusters, an exchangeable correlation within them, "
        "Mancl and DeRouen's variance"
    ),
    clusters.WEDGE_MIXED.name: (
        "mixed model of a stepped wedge: means on the same dates, a mean of each period, random sites, by REML"
    ),
    regressions.REGRESSION.name: "linear regression: means compared at equal covariates",
    clusters.CLUSTER_T.name: "Student's t-test of the means of clusters, every cluster counting once",
    repeated.RM_ANOVA.name: "analysis of variance of repeated values, visits within participants and arms between them",
    repeated.MIXED.name: "mixed model of repeated values: means of each arm, random effects of participants, by REML",
    repeated.MMRM.name: (
        "model of repeated values (MMRM): a mean of each arm at each visit, one covariance of the visits, by REML"
    ),
    repeated.CLDA.name: "constrained model of repeated values: as MMRM, with one mean of all arms at the first visit",
    means.BAYES.name: "Bayesian comparison of two means: a normal prior and the estimate and standard error of Welch's test",
    times.LOG_RANK.name: "the log-rank test (Mantel): do events come equally often at every moment to those still at risk?",
    own.PYTHON.name: "a Python function of your own",
    means.RESIDUAL_T.name: "Student's t-test of two arms with the SD of the model over all arms",
    means.TUKEY.name: "Tukey and Kramer's test of two arms with the SD of all arms, p for all pairs together",
    means.GAMES_HOWELL.name: "Games and Howell's test of two arms with an SD for each arm, p for all pairs together",
    ranks.DUNN.name: "Dunn's test of two arms by their mean ranks among all arms",
}

#: Which test of repeated measures; reads after a comma.
REPEATED_EFFECTS = {
    options.INTERACTION: "the interaction of arms and visits",
    options.OF_VISITS: "the visits",
    options.OF_ARMS: "the arms",
}

#: What a model of repeated values compares; reads after a comma. A visit is named there.
MODEL_EFFECTS = {
    options.AVERAGE: "the means over these visits",
    options.SLOPE: "the slopes over time, per hour",
    options.INTERACTION: "the course over the visits (one test of all its steps)",
}

#: The covariance of the visits; reads after a comma, joined by "else".
COVARIANCES = {
    options.UNSTRUCTURED: "unstructured covariance",
    options.AUTOREGRESSIVE: "first-order autoregressive covariance",
    options.COMPOUND_SYMMETRY: "compound symmetry",
}

#: What varies between participants; reads after a comma.
RANDOM_EFFECTS = {
    options.RANDOM_INTERCEPT: "a random intercept of each participant",
    options.RANDOM_SLOPE: "a random intercept and slope of each participant",
    options.RANDOM_SITE: "a random level of each site",
    options.RANDOM_SITE_PERIOD: "a random level of each site and of each of its periods",
}

#: What time is in a model; reads after a comma.
TIMES = {
    options.AS_VISIT: "a mean at each visit",
    options.AS_NUMBER: "means on a line over time",
}

#: Where degrees of freedom come from; reads after a comma.
DFS = {
    options.SATTERTHWAITE: "degrees of freedom by Satterthwaite",
    options.KENWARD_ROGER: "standard error and degrees of freedom by Kenward and Roger",
}

#: What is done about sphericity; reads after a comma.
SPHERICITIES = {
    options.GREENHOUSE_GEISSER: "degrees of freedom by Greenhouse and Geisser",
    options.HUYNH_FELDT: "degrees of freedom by Huynh and Feldt",
    options.SPHERICITY_ASSUMED: "sphericity assumed",
}

#: When Firth's likelihood is used; reads after a comma.
FIRTHS = {
    options.IF_SEPARATED: "by Firth's likelihood where an arm or a covariate predicts the answer exactly",
    options.NEVER: "never by Firth's likelihood",
    options.ALWAYS: "by Firth's likelihood",
}

#: What pairs after a test of all arms are.
PAIRS = {
    "t": "t-tests of two arms with the SD of the model over all arms",
    "two-sample-t": TESTS[means.T.name],
    "welch": TESTS[means.WELCH.name],
    "tukey": TESTS[means.TUKEY.name],
    "games-howell": TESTS[means.GAMES_HOWELL.name],
    "dunn": TESTS[ranks.DUNN.name],
    "mann-whitney": TESTS[ranks.MANN_WHITNEY.name],
    "proportional-odds": TESTS[regressions.PROPORTIONAL_ODDS.name],
    "fisher": TESTS[tables.FISHER.name],
    "chi-square": TESTS[tables.CHI_SQUARE.name],
    "log-rank": TESTS[times.LOG_RANK.name],
}

#: How a test comes to its p-value, if the scenario says it; reads after the endpoint.
WAYS = {
    options.BY_PERMUTATION: ", p by permutation below 15 in an arm and else by t",
    options.BY_T: ", p by t at every size",
    options.BY_WALD: ", p by Wald's statistic",
    options.BY_LIKELIHOOD_RATIO: ", p by the likelihood ratio",
    options.BY_SCORE: ", p by the score test",
}

#: What is estimated; reads after "estimates".
ESTIMANDS = {
    estimands.MEAN.name: "the mean",
    estimands.MEAN_DIFFERENCE.name: "the difference of two means, or the mean of a change",
    estimands.LOG_MEAN.name: "the mean of the logarithms",
    estimands.LOG_RATIO.name: "the logarithm of a ratio of geometric means",
    estimands.PERCENT_CHANGE.name: "the mean of the percent changes",
    estimands.PERCENT_DIFFERENCE.name: "the difference of two mean percent changes",
    estimands.MEDIAN.name: "the pseudomedian of the changes",
    estimands.LOG_MEDIAN.name: "the pseudomedian of the changes of logarithms",
    estimands.PROBABILITY.name: "the chance that a participant of the first arm has the higher value, ties counted half",
    estimands.LOG_WIN_ODDS.name: "the logarithm of the win odds: the chance of the higher value against that of the lower one",
    estimands.STRATIFIED_PROBABILITY.name: (
        "the chance that a participant of the first arm has the higher value than one of the second arm in the same stratum, "
        "ties counted half"
    ),
    estimands.TRIMMED_DIFFERENCE.name: "the difference of two trimmed means",
    estimands.TRIMMED_LOG_RATIO.name: "the difference of two trimmed means of logarithms",
    estimands.MEDIAN_VALUE.name: "the median",
    estimands.MEDIAN_LOG.name: "the median of the logarithms",
    estimands.MEDIAN_CHANGE.name: "the median of the changes",
    estimands.MEDIAN_LOG_CHANGE.name: "the median of the changes of logarithms",
    estimands.RISK_DIFFERENCE.name: "the difference of two shares of yes",
    estimands.SHARE.name: "the share of yes",
    estimands.SHARE_BY_PERCENT.name: "the share of those whose percent change is a yes",
    estimands.CHANGE_OF_SHARE.name: "the share of yes at the second visit minus that at the first",
    estimands.RISK_RATIO.name: "the logarithm of the ratio of two shares of yes",
    estimands.ODDS_RATIO.name: "the logarithm of the ratio of the odds of yes in two arms",
    estimands.ODDS_RATIO_WITHIN.name: "the logarithm of the common odds ratio within the strata",
    estimands.ODDS_RATIO_GIVEN.name: "the logarithm of the odds ratio at equal covariates",
    estimands.ODDS_RATIO_OVER_CLUSTERS.name: (
        "the logarithm of the odds ratio averaged over all clusters (population-averaged), at equal covariates"
    ),
    estimands.ODDS_OF_HIGHER.name: (
        "the logarithm of the odds ratio of a higher score, at equal covariates where the model has some"
    ),
    estimands.ODDS_WITHIN_PERSON.name: (
        "the logarithm of the odds ratio of a higher score within a person: at the same intercept, and equal covariates"
    ),
    estimands.RATE_RATIO_GIVEN.name: "the logarithm of the rate ratio at equal covariates",
    estimands.HAZARD_RATIO_GIVEN.name: "the logarithm of the hazard ratio at equal covariates",
    estimands.LOG_HAZARD_RATIO.name: "the logarithm of Mantel and Haenszel's hazard ratio",
}

#: What the exponential of an estimate is, of those that are logarithms; reads before a number.
BACK = {
    estimands.LOG_MEAN.name: "geometric mean",
    estimands.LOG_RATIO.name: "ratio",
    estimands.LOG_MEDIAN.name: "median ratio",
    estimands.LOG_WIN_ODDS.name: "win odds",
    estimands.TRIMMED_LOG_RATIO.name: "ratio",
    estimands.MEDIAN_LOG.name: "median",
    estimands.MEDIAN_LOG_CHANGE.name: "median ratio",
    estimands.RISK_RATIO.name: "risk ratio",
    estimands.ODDS_RATIO.name: "odds ratio",
    estimands.ODDS_RATIO_WITHIN.name: "odds ratio",
    estimands.LOG_HAZARD_RATIO.name: "hazard ratio",
    estimands.ODDS_RATIO_GIVEN.name: "odds ratio",
    estimands.ODDS_RATIO_OVER_CLUSTERS.name: "population-averaged odds ratio",
    estimands.ODDS_OF_HIGHER.name: "odds ratio of a higher score",
    estimands.ODDS_WITHIN_PERSON.name: "odds ratio of a higher score within a person",
    estimands.RATE_RATIO_GIVEN.name: "rate ratio",
    estimands.HAZARD_RATIO_GIVEN.name: "hazard ratio",
}


def back(estimand: str, value: float) -> str:
    """The exponential of a logarithm with its name; empty for any other estimand and for no number.

    >>> back("log odds ratio", 0.0), back("mean difference", 0.0)
    ('odds ratio 1', '')
    """
    if estimand not in BACK or math.isnan(value):
        return ""
    return f"{BACK[estimand]} {math.exp(value):.3g}"


#: How an endpoint is taken; reads after where it is measured.
TRANSFORMS = {
    designs.NO_TRANSFORM.name: "",
    designs.LOG.name: " on the log scale",
    designs.PERCENT.name: " in percent",
}

#: What is made of several visits; reads before the name of the outcome.
VISIT_SUMMARIES = {
    designs.VISIT_MEAN.name: "the mean of",
    designs.VISIT_MAX.name: "the largest value of",
    designs.VISIT_MIN.name: "the smallest value of",
    designs.VISIT_LAST.name: "the last value of",
    designs.VISIT_COUNT.name: "the number of times yes in",
    designs.VISIT_ANY.name: "whether there is a yes in",
    designs.VISIT_SLOPE.name: "the slope per hour (least squares) of",
    designs.AREA_FROM_GROUND.name: "the area under the curve (from 0) of",
    designs.AREA_OF_INCREASE.name: "the area under the curve (above the first value) of",
}

#: Who is analyzed; reads at the end of a sentence.
POPULATIONS = {
    designs.RANDOMIZED.name: "",
    designs.RECEIVED.name: "; only participants who got some of their arm's treatment",
    designs.COMPLETERS.name: "; only participants who completed the pathway",
}

#: The effect looked for; reads at the end of a sentence.
STRATEGIES = {
    designs.TREATMENT_POLICY.name: "",
    designs.HYPOTHETICAL.name: "; judged against the effect of the strategy 'hypothetical'",
    designs.WHILE_ON_TREATMENT.name: "; judged against the effect of the strategy 'while on treatment'",
    designs.RESPONDER_STRATUM.name: "; judged against the effect of the strategy 'responder stratum'",
    designs.COMPOSITE.name: "; judged against the effect of the strategy 'composite'",
}

#: What is done about missing values; reads at the end of a sentence.
MISSING_METHODS = {
    designs.COMPLETE.name: "; missing values are left out",
    designs.LAST_VALUE.name: "; a missing value is replaced by the last value before it (last value carried forward: biased)",
    designs.MULTIPLE_IMPUTATION.name: "; missing values are drawn from the other visits of the same arm",
    designs.JUMP_TO_REFERENCE.name: "; missing values are drawn, after leaving with the mean of the reference arm",
    designs.COPY_REFERENCE.name: "; missing values are drawn, after leaving as if of the reference arm from the start",
}

#: Which way an effect is looked for; reads after the contrast.
ALTERNATIVES = {
    designs.TWO_SIDED.name: "",
    designs.GREATER.name: ", one-sided (greater)",
    designs.LESS.name: ", one-sided (less)",
}

#: How p-values of pairs are adjusted; reads in brackets.
ADJUSTMENTS = {
    designs.UNADJUSTED.name: "none",
    designs.BONFERRONI.name: "bonferroni",
    designs.HOLM.name: "holm",
    designs.HOCHBERG.name: "hochberg",
    designs.DUNNETT.name: "dunnett",
}

#: How the hypotheses of a family are tested together; reads after "by".
FAMILY_METHODS = {
    designs.FAMILY_BONFERRONI.name: "Bonferroni's method",
    designs.FAMILY_HOLM.name: "Holm's method",
    designs.FAMILY_HOCHBERG.name: "Hochberg's method",
    designs.DUNNETT_STEP_DOWN.name: "Dunnett's step-down method",
    designs.FIXED_SEQUENCE.name: "a fixed sequence (each is tested only while all before it were rejected)",
    designs.GRAPH.name: "a graph",
}

#: How participants are put into arms; reads after "Allocation:".
METHODS = {
    designs.IN_TURN.name: "in turn",
    designs.SIMPLE.name: "simple",
    designs.PERMUTED_BLOCKS.name: "permuted blocks",
    designs.PLACES_LEFT.name: "at random among the places left",
    designs.MINIMIZATION.name: "by minimization",
    designs.BIG_STICK.name: "at random, except where the arms differ too much (big stick)",
}
