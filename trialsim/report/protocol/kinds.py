"""Phrases of a protocol for each kind of test, pair, population, allocation, ...: one entry a record of :mod:`trialsim.kinds`.

A kind without its phrase is a fault that a test finds; nothing here has a default.
"""

from __future__ import annotations

from trialsim.kinds import designs, estimands, looks, progression, scales
from trialsim.kinds.tests import clusters, means, own, ranks, regressions, repeated, tables, times

#: What a test is called in a protocol; reads after "uses".
TESTS = {
    means.ONE_SAMPLE_T.name: "a one-sample t-test",
    means.PAIRED_T.name: "a paired t-test",
    ranks.WILCOXON.name: "the Wilcoxon signed-rank test",
    ranks.SIGN.name: "the sign test",
    ranks.FRIEDMAN.name: "the Friedman test",
    means.T.name: "Student's t-test for two independent samples",
    means.WELCH.name: "Welch's t-test",
    means.CROSSOVER_T.name: "a t-test of the differences between periods, compared between the sequences (Hills and Armitage)",
    means.TRIMMED_MEAN.name: "Yuen's t-test of trimmed means",
    means.PERMUTATION.name: "a permutation test of the difference between two means",
    ranks.MANN_WHITNEY.name: "the Mann-Whitney test",
    ranks.BRUNNER_MUNZEL.name: "the Brunner-Munzel test",
    ranks.WIN_ODDS.name: "a test of the win odds",
    ranks.VAN_ELTEREN.name: "the van Elteren test",
    means.ANOVA.name: "one-way analysis of variance",
    means.WELCH_ANOVA.name: "Welch's analysis of variance",
    ranks.KRUSKAL_WALLIS.name: "the Kruskal-Wallis test",
    ranks.JONCKHEERE.name: "the Jonckheere-Terpstra test of a trend over the arms",
    regressions.ANCOVA.name: "analysis of covariance",
    tables.CHI_SQUARE.name: "the chi-square test",
    tables.FISHER.name: "Fisher's exact test",
    tables.BINOMIAL.name: "the exact binomial test",
    tables.MCNEMAR.name: "McNemar's exact test",
    tables.RISK_DIFFERENCE.name: "the score test of the risk difference (Farrington and Manning)",
    tables.RISK_RATIO.name: "the score test of the risk ratio",
    tables.ODDS_RATIO.name: "the score test of the odds ratio",
    tables.CMH.name: "the Cochran-Mantel-Haenszel test",
    regressions.LOGISTIC.name: "logistic regression",
    regressions.PROPORTIONAL_ODDS.name: "a proportional odds model",
    repeated.ORDINAL_MIXED.name: "a proportional odds model with a random intercept for each participant",
    regressions.POISSON.name: "Poisson regression",
    regressions.NEGATIVE_BINOMIAL.name: "negative binomial regression",
    times.COX.name: "Cox regression",
    regressions.TOBIT.name: "Tobit regression",
    regressions.REGRESSION.name: "linear regression",
    clusters.CLUSTER_T.name: "a t-test of the means of the clusters",
    clusters.CLUSTER_ROBUST.name: (
        "linear regression with a cluster-robust variance (CR2) and Satterthwaite degrees of freedom"
    ),
    clusters.GEE.name: (
        "generalized estimating equations with an exchangeable correlation and the variance of Mancl and DeRouen"
    ),
    clusters.WEDGE_MIXED.name: (
        "a linear mixed model with calendar periods as fixed and sites as random effects (Hussey and Hughes), fitted by restricted "
        "maximum likelihood"
    ),
    clusters.GEE_LOGISTIC.name: (
        "logistic generalized estimating equations with an exchangeable correlation and the variance of Mancl and DeRouen"
    ),
    repeated.RM_ANOVA.name: "analysis of variance for repeated measures",
    repeated.MIXED.name: "a linear mixed model, fitted by restricted maximum likelihood",
    repeated.CROSSOVER_MIXED.name: (
        "a linear mixed model of all periods with a random intercept for each participant, fitted by restricted maximum likelihood"
    ),
    repeated.MMRM.name: "a mixed model for repeated measures (MMRM), fitted by restricted maximum likelihood",
    repeated.CLDA.name: (
        "a constrained longitudinal model (one mean for all arms at the first visit), fitted by restricted maximum likelihood"
    ),
    means.BAYES.name: "a Bayesian comparison of two means",
    times.LOG_RANK.name: "the log-rank test",
    own.PYTHON.name: "an analysis of our own, whose program is in the supplement",
    means.RESIDUAL_T.name: "t-tests with the residual standard deviation of the model",
    means.TUKEY.name: "the Tukey-Kramer test",
    means.GAMES_HOWELL.name: "the Games-Howell test",
    ranks.DUNN.name: "Dunn's test",
}

#: What the comparison of two arms after a test of all arms is called; reads after "by".
PAIRS = {
    "t": "t-tests with the residual standard deviation of the model",
    "two-sample-t": "Student's t-tests",
    "welch": "Welch's t-tests",
    "tukey": "the Tukey-Kramer test",
    "games-howell": "the Games-Howell test",
    "dunn": "Dunn's test",
    "mann-whitney": "Mann-Whitney tests",
    "proportional-odds": "proportional odds models",
    "fisher": "Fisher's exact tests",
    "chi-square": "chi-square tests",
    "log-rank": "log-rank tests",
}

#: How comparisons of two arms are adjusted; ``{number}`` of them. Reads after a comma.
ADJUSTMENTS = {
    designs.UNADJUSTED.name: "without adjustment for the {number} comparisons",
    designs.BONFERRONI.name: "with Bonferroni adjustment for {number} comparisons",
    designs.HOLM.name: "with Holm adjustment for {number} comparisons",
    designs.HOCHBERG.name: "with Hochberg adjustment for {number} comparisons",
    designs.DUNNETT.name: "with Dunnett adjustment for {number} comparisons",
}

#: How hypotheses of a family are tested together; reads after "by".
FAMILY_METHODS = {
    designs.FAMILY_BONFERRONI.name: "the Bonferroni method",
    designs.FAMILY_HOLM.name: "the Holm method",
    designs.FAMILY_HOCHBERG.name: "the Hochberg method",
    designs.DUNNETT_STEP_DOWN.name: "the step-down Dunnett method",
    designs.FIXED_SEQUENCE.name: "a fixed sequence, in which each is tested only after all before it were significant",
    designs.GRAPH.name: "a graphical procedure, whose weights and transitions are in the supplement",
}

#: Which way a difference is looked for, at which level; reads after "at".
ALTERNATIVES = {
    designs.TWO_SIDED.name: "a two-sided level of {level}",
    designs.GREATER.name: "a one-sided level of {level} (for higher values)",
    designs.LESS.name: "a one-sided level of {level} (for lower values)",
}

#: Who is analyzed; ``{randomized}`` is "randomized" or, with one group, "enrolled", and ``{group}`` in which group they are, if
#: there are several. Reads after "includes".
POPULATIONS = {
    designs.RANDOMIZED.name: "all {randomized} participants with a value{group}",
    designs.RECEIVED.name: "all {randomized} participants with a value who received some of their treatment{group}",
    designs.COMPLETERS.name: "all {randomized} participants with a value who completed the pathway{group}",
}

#: What is done about missing values; a sentence.
MISSING_METHODS = {
    designs.COMPLETE.name: "Participants with missing values are left out of the analysis that needs these values (complete cases).",
    designs.LAST_VALUE.name: "A missing value is replaced by the last value before it (last observation carried forward).",
    designs.MULTIPLE_IMPUTATION.name: (
        "Missing values are imputed from the other visits of participants in the same arm (multiple imputation)."
    ),
    designs.JUMP_TO_REFERENCE.name: (
        "Missing values are imputed; after a participant has left, with the mean of the reference arm (jump to reference)."
    ),
    designs.COPY_REFERENCE.name: (
        "Missing values are imputed; whoever leaves is taken for a participant of the reference arm from the start (copy reference)."
    ),
}

#: Which effect is meant (ICH E9(R1)); a sentence.
STRATEGIES = {
    designs.TREATMENT_POLICY.name: (
        "The effect of interest is that of being allocated to a treatment, whatever happens afterwards (treatment policy strategy)."
    ),
    designs.HYPOTHETICAL.name: (
        "The effect of interest is the one that would be seen if no treatment were missed or stopped (hypothetical strategy)."
    ),
    designs.WHILE_ON_TREATMENT.name: (
        "The effect of interest is the one seen as long as the treatment is taken (while on treatment strategy)."
    ),
    designs.RESPONDER_STRATUM.name: (
        "The effect of interest is the one in participants who respond to the treatment (principal stratum strategy)."
    ),
    designs.COMPOSITE.name: ("Certain events after allocation are part of the outcome (composite strategy)."),
}

#: How participants are allocated; a sentence that gives away nothing with which the next arm could be guessed.
METHODS = {
    designs.IN_TURN.name: (
        "Participants are allocated in turn. This is not randomization: the next allocation is known beforehand."
    ),
    designs.SIMPLE.name: "Allocation is by simple randomization: each participant is allocated independently of all others.",
    designs.PERMUTED_BLOCKS.name: (
        "Allocation is by randomization in permuted blocks. Their sizes are in a separate document that nobody who enrolls or "
        "assigns participants can see."
    ),
    designs.PLACES_LEFT.name: "Allocation is at random among the places that are left in each arm.",
    designs.MINIMIZATION.name: (
        "Allocation is by minimization with a random element: each participant goes, with a high chance that is in a separate "
        "document, to the arm that makes the arms most alike."
    ),
    designs.BIG_STICK.name: (
        "Allocation is by simple randomization as long as the numbers of the arms do not differ too much (big stick design). The "
        "difference that is tolerated is in a separate document."
    ),
}

#: How the analyzed number is made of a value; reads after it.
TRANSFORMS = {
    designs.NO_TRANSFORM.name: "",
    designs.LOG.name: ", on the logarithmic scale",
    designs.PERCENT.name: ", in percent of the first value",
}

#: What is made of the values of several visits; reads before the outcome.
VISIT_SUMMARIES = {
    designs.VISIT_MEAN.name: "the mean of",
    designs.VISIT_MAX.name: "the largest value of",
    designs.VISIT_MIN.name: "the smallest value of",
    designs.VISIT_LAST.name: "the last value of",
    designs.VISIT_COUNT.name: "the number of visits with a yes in",
    designs.VISIT_ANY.name: "any yes in",
    designs.VISIT_SLOPE.name: "the slope over time (least squares) of",
    designs.AREA_FROM_GROUND.name: "the area under the curve (from zero) of",
    designs.AREA_OF_INCREASE.name: "the area under the curve (above the first value) of",
}

#: The population-level summary of an estimand; reads after "is summarized by".
ESTIMANDS = {
    estimands.MEAN.name: "the mean",
    estimands.MEAN_DIFFERENCE.name: "the difference between means",
    estimands.LOG_MEAN.name: "the geometric mean",
    estimands.LOG_RATIO.name: "the ratio of geometric means",
    estimands.PERCENT_CHANGE.name: "the mean percent change",
    estimands.PERCENT_DIFFERENCE.name: "the difference between mean percent changes",
    estimands.MEDIAN.name: "the pseudomedian of the changes",
    estimands.LOG_MEDIAN.name: "the pseudomedian of the ratios",
    estimands.PROBABILITY.name: "the probability that a participant of one arm has a higher value than one of the other, ties counted half",
    estimands.LOG_WIN_ODDS.name: "the win odds",
    estimands.STRATIFIED_PROBABILITY.name: (
        "the probability that a participant of one arm has a higher value than one of the other in the same stratum, ties counted half"
    ),
    estimands.TRIMMED_DIFFERENCE.name: "the difference between trimmed means",
    estimands.TRIMMED_LOG_RATIO.name: "the ratio of trimmed geometric means",
    estimands.MEDIAN_VALUE.name: "the median",
    estimands.MEDIAN_LOG.name: "the median",
    estimands.MEDIAN_CHANGE.name: "the median change",
    estimands.MEDIAN_LOG_CHANGE.name: "the median ratio",
    estimands.RISK_DIFFERENCE.name: "the risk difference",
    estimands.SHARE.name: "the share of participants with a yes",
    estimands.SHARE_BY_PERCENT.name: "the share of participants with a sufficient percent change",
    estimands.CHANGE_OF_SHARE.name: "the difference between the shares at the two visits",
    estimands.RISK_RATIO.name: "the risk ratio",
    estimands.ODDS_RATIO.name: "the odds ratio",
    estimands.ODDS_RATIO_WITHIN.name: "the common odds ratio within strata",
    estimands.ODDS_RATIO_GIVEN.name: "the odds ratio at equal covariates",
    estimands.ODDS_RATIO_OVER_CLUSTERS.name: "the population-averaged odds ratio",
    estimands.ODDS_OF_HIGHER.name: "the odds ratio of a higher score",
    estimands.ODDS_WITHIN_PERSON.name: "the odds ratio of a higher score within a person",
    estimands.RATE_RATIO_GIVEN.name: "the rate ratio",
    estimands.HAZARD_RATIO_GIVEN.name: "the hazard ratio",
    estimands.LOG_HAZARD_RATIO.name: "the hazard ratio",
}

#: How a level of alpha is spent over looks; reads after "by".
SPENDING = {
    looks.SPEND_OBRIEN_FLEMING.name: "the spending function of Lan and DeMets of the O'Brien-Fleming type",
    looks.SPEND_POCOCK.name: "the spending function of Lan and DeMets of the Pocock type",
    looks.SPEND_HSD.name: "the spending function of Hwang, Shih and DeCani",
}

#: The shape of classical bounds; reads after "by".
BOUND_SHAPES = {
    looks.SHAPE_OBRIEN_FLEMING.name: "O'Brien-Fleming bounds",
    looks.SHAPE_POCOCK.name: "Pocock bounds",
    looks.HAYBITTLE_PETO.name: "Haybittle-Peto bounds",
}

#: How a target difference of a scale is written: which of its forms, the leading one first.
TARGETS = {
    scales.NORMAL.name: ("difference", "standardized"),
    scales.LOGNORMAL.name: ("ratio",),
    scales.ORDINAL.name: ("difference", "odds", "probability"),
    scales.BINARY.name: ("points", "odds"),
    scales.COUNT.name: ("rate ratio",),
    scales.TIME.name: ("hazard ratio",),
}

#: What a value of a scale is; reads in brackets after its name. ``{categories}`` are those of the outcome.
SCALES = {
    scales.NORMAL.name: "a measured value",
    scales.LOGNORMAL.name: "a measured value above zero",
    scales.ORDINAL.name: "a score of {categories}",
    scales.BINARY.name: "yes or no",
    scales.COUNT.name: "a number of events",
    scales.TIME.name: "the time until an event",
}

#: What a progression criterion measures; ``{of}``, ``{outcome}`` and ``{at}`` are those of the criterion.
PROGRESS = {
    progression.ENROLLED: "participants enrolled a month",
    progression.CONSENT: "share of those asked who consent",
    progression.ELIGIBLE: "share of those screened who are eligible",
    progression.DELIVERED: "share of the planned {of} that is given",
    progression.MEASURED: "share of participants with a value of {outcome} at “{at}”",
    progression.MISSED: "share of sessions with {of} that are missed",
    progression.WAIT: "mean wait for {of} in minutes",
    progression.COST: "cost of a participant",
}
