"""By which convention each test is computed, who published it, and what is known to be off: one entry a test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from trialsim.kinds import designs
from trialsim.kinds.tests import clusters, means, own, ranks, regressions, repeated, tables, times


@dataclass(frozen=True)
class Convention:
    """A convention of a test.

    Attributes
    ----------
    how : what was chosen where textbooks differ, in words
    source : who published it
    judge : the program that computes the same number
    off : what is known to be off, in words; empty if nothing is
    """

    how: str
    source: str
    judge: str
    off: str


_STUDENT: Final = "Student 1908, doi:10.1093/biomet/6.1.1"

CONVENTIONS: Final[dict[str, Convention]] = {
    repeated.CROSSOVER_MIXED.name: Convention(
        "everyone with a value in one period; restricted maximum likelihood; Satterthwaite's degrees of freedom by the observed "
        "information, Kenward and Roger's by the expected information",
        "Jones and Kenward 2014, doi:10.1201/b17537",
        "R lmerTest and pbkrtest; a slow form",
        "where the variance between persons is estimated as 0, Satterthwaite's degrees of freedom count all values",
    ),
    means.ONE_SAMPLE_T.name: Convention("SD with n - 1, n - 1 df", _STUDENT, "scipy ttest_1samp", ""),
    means.PAIRED_T.name: Convention(
        "one-sample t-test of the changes of those who have both values", _STUDENT, "scipy ttest_rel", ""
    ),
    ranks.WILCOXON.name: Convention(
        "zeros are dropped; exact up to 50 changes without ties, else normal with ties and continuity correction; "
        "interval from Walsh averages",
        "Wilcoxon 1945, doi:10.2307/3001968",
        "scipy wilcoxon(correction=True), R wilcox.test",
        "where readings are whole steps, dropping zeros makes the interval cover less often than stated",
    ),
    ranks.SIGN.name: Convention(
        "exact binomial test of the values above the null among those not equal to it, two-sided by likelihood; median with an "
        "interval between two of the values",
        "Dixon and Mood 1946, doi:10.1080/01621459.1946.10501898",
        "scipy binomtest; R rstatix sign_test",
        "rejects less often than its level, because counts are whole numbers",
    ),
    ranks.FRIEDMAN.name: Convention(
        "chi-square with ties, complete cases",
        "Friedman 1937, doi:10.1080/01621459.1937.10503522",
        "scipy friedmanchisquare",
        "the chi-square distribution is an approximation for few participants",
    ),
    tables.BINOMIAL.name: Convention(
        "exact, two-sided by likelihood; interval by Clopper and Pearson",
        "Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404",
        "scipy binomtest",
        "rejects less often than its level; interval and two-sided p are not inverses of each other",
    ),
    tables.MCNEMAR.name: Convention(
        "exact, two-sided by likelihood; interval of the difference by Newcombe (method 10 for pairs)",
        "McNemar 1947, doi:10.1007/BF02295996",
        "scipy binomtest of those who change",
        "rejects less often than its level",
    ),
    means.T.name: Convention(
        "pooled variance, n - 2 df", _STUDENT, "scipy ttest_ind", "with unequal SDs and sizes its level is wrong"
    ),
    means.WELCH.name: Convention(
        "a variance for each arm, Satterthwaite's df",
        "Welch 1947, doi:10.1093/biomet/34.1-2.28",
        "scipy ttest_ind(equal_var=False)",
        "",
    ),
    means.CROSSOVER_T.name: Convention(
        "half of the first period minus the second, Student's t between the two sequences, n - 2 df",
        "Hills and Armitage 1979, doi:10.1111/j.1365-2125.1979.tb05903.x",
        "scipy ttest_ind of the period differences",
        "what is carried over from one period to the next biases it, and it cannot show that",
    ),
    means.TRIMMED_MEAN.name: Convention(
        "20 % trimmed at each end by default, winsorized variances, Welch's df from the numbers that are left",
        "Yuen 1974, doi:10.1093/biomet/61.1.165",
        "scipy ttest_ind(trim=)",
        "it compares trimmed means: the truth differs from that of means where distributions are skewed",
    ),
    means.PERMUTATION.name: Convention(
        "difference of means in 1,999 random permutations by default, p = (b + 1) / (B + 1), two-sided twice the smaller tail; "
        "interval of every shift not rejected",
        "Phipson and Smyth 2010, doi:10.2202/1544-6115.1585",
        "own slow form on the same permutations",
        "with unequal SDs and sizes its level is wrong, as that of the t-test",
    ),
    ranks.MANN_WHITNEY.name: Convention(
        "exact up to 8 values in the smaller arm without ties, else normal with ties and continuity correction; "
        "interval of P(X > Y) on the logit scale (DeLong), Newcombe's where arms are separated",
        "Mann and Whitney 1947, doi:10.1214/aoms/1177730491",
        "scipy mannwhitneyu",
        "with unequal spreads it does not test P(X > Y) = 1/2",
    ),
    ranks.BRUNNER_MUNZEL.name: Convention(
        "t with Satterthwaite's df; below 15 in an arm by studentized permutation (all, or 9,999), two-sided twice the smaller "
        "tail; interval, and the test of a margin, on the logit scale",
        "Neubert and Brunner 2007, doi:10.1016/j.csda.2006.05.024",
        "scipy brunnermunzel; own slow form of the permutations",
        "by: t below 15 in an arm rejects too often (7.1 % with 5 and 5)",
    ),
    ranks.WIN_ODDS.name: Convention(
        "odds of P(X > Y) with ties counted half, interval from the logit of P; below 15 in an arm by permutation",
        "Brunner, Vandemeulebroecke and Muetze 2021, doi:10.1002/sim.8967",
        "own slow form",
        "no estimate in trials in which the arms are separated: their odds are infinite",
    ),
    ranks.VAN_ELTEREN.name: Convention(
        "strata weighted by 1 / (n + 1), normal with ties",
        "van Elteren 1960, Bull Int Stat Inst 37:351",
        "own slow form; R coin on ranks divided by (n + 1)",
        "the normal distribution is an approximation in small strata",
    ),
    means.ANOVA.name: Convention(
        "F with K - 1 and N - K df", "Fisher 1925", "scipy f_oneway", "with unequal SDs and sizes its level is wrong"
    ),
    means.WELCH_ANOVA.name: Convention(
        "as R's oneway.test",
        "Welch 1951, doi:10.1093/biomet/38.3-4.330",
        "statsmodels anova_oneway",
        "rejects a little too often in small arms",
    ),
    ranks.KRUSKAL_WALLIS.name: Convention(
        "chi-square with ties",
        "Kruskal and Wallis 1952, doi:10.1080/01621459.1952.10483441",
        "scipy kruskal",
        "the chi-square distribution is an approximation in small arms",
    ),
    ranks.JONCKHEERE.name: Convention(
        "arms in the order of the design, normal with ties, without continuity correction",
        "Jonckheere 1954, doi:10.1093/biomet/41.1-2.133",
        "all permutations of small samples; a printed example",
        "the normal distribution is an approximation in small arms",
    ),
    regressions.ANCOVA.name: Convention(
        "one slope for all arms; what follows from other covariates is left out, as in R's lm; complete cases",
        "Fisher 1932",
        "statsmodels OLS",
        "",
    ),
    regressions.REGRESSION.name: Convention(
        "as ancova, without need of a baseline", "Fisher 1932", "statsmodels OLS", ""
    ),
    regressions.LOGISTIC.name: Convention(
        "maximum likelihood in the two arms compared; Firth's penalized likelihood where it has no finite estimate; p by Wald",
        "Firth 1993, doi:10.1093/biomet/80.1.27; Heinze and Schemper 2002, doi:10.1002/sim.1047",
        "statsmodels Logit; own slow form of Firth's likelihood",
        "with few events the odds ratio is too far from 1 on average, and Wald's p rejects less often than its level",
    ),
    regressions.POISSON.name: Convention(
        "maximum likelihood with the time at risk as offset; p by Wald",
        "McCullagh and Nelder 1989",
        "statsmodels GLM",
        "rejects too often where counts vary more than Poisson's",
    ),
    regressions.NEGATIVE_BINOMIAL.name: Convention(
        "NB2, dispersion by maximum likelihood, Poisson's at its boundary 0; SE of the expected information; p by Wald",
        "Lawless 1987, doi:10.2307/3314912",
        "R MASS glm.nb; own slow form",
        "the dispersion is estimated too small in small samples, so that it rejects a little too often",
    ),
    times.COX.name: Convention(
        "Efron's ties; p by Wald",
        "Cox 1972, doi:10.1111/j.2517-6161.1972.tb00899.x; Efron 1977, doi:10.1080/01621459.1977.10480613",
        "R survival coxph; statsmodels PHReg",
        "a trial in which an arm has no event has no estimate and has failed",
    ),
    regressions.TOBIT.name: Convention(
        "maximum likelihood of normal errors, values below the limit known to be lower; p by Wald",
        "Tobin 1958, doi:10.2307/1907382",
        "R survival survreg; own slow form",
        "the SD is that of n, not of df, so that small samples reject a little too often",
    ),
    clusters.CLUSTER_ROBUST.name: Convention(
        "least squares in the two arms compared; CR2 with independent errors as its model, Satterthwaite's df",
        "Pustejovsky and Tipton 2018, doi:10.1080/07350015.2016.1247004",
        "R clubSandwich coef_test; own slow form",
        "fails where the effect rests on one cluster alone, where clubSandwich leaves that cluster out",
    ),
    clusters.GEE.name: Convention(
        "exchangeable correlation by moments (independence where that is none), Mancl and DeRouen's variance, t with clusters "
        "minus coefficients of clusters as df",
        "Liang and Zeger 1986, doi:10.1093/biomet/73.1.13; Mancl and DeRouen 2001, doi:10.1111/j.0006-341X.2001.00126.x",
        "statsmodels GEE bias_reduced",
        "with few clusters of one arm each it rejects less often than its level",
    ),
    clusters.WEDGE_MIXED.name: Convention(
        "restricted maximum likelihood, variances at 0 or above; t with Kenward and Roger's SE and df, or Satterthwaite's df, by "
        "the expected information; a variance of 0 counts as known",
        "Hussey and Hughes 2007, doi:10.1016/j.cct.2006.05.007; Hooper et al. 2016, doi:10.1002/sim.7028",
        "statsmodels MixedLM (estimate and SE); own slow form",
        "the power by formula takes the variances as known",
    ),
    clusters.GEE_LOGISTIC.name: Convention(
        "logit link, exchangeable correlation of Pearson residuals by moments (independence where that is none), Mancl and "
        "DeRouen's variance, t with clusters minus coefficients of clusters as df",
        "Liang and Zeger 1986, doi:10.1093/biomet/73.1.13; Mancl and DeRouen 2001, doi:10.1111/j.0006-341X.2001.00126.x",
        "statsmodels GEE bias_reduced, binomial family",
        "with few clusters it rejects less often than its level; a trial in which an arm has no event has failed",
    ),
    tables.CHI_SQUARE.name: Convention(
        "Yates's correction with 1 df",
        "Yates 1934, doi:10.2307/2983604",
        "scipy chi2_contingency",
        "with Yates's correction it rejects less often than its level",
    ),
    tables.FISHER.name: Convention(
        "two-sided by likelihood; interval of the difference by Newcombe",
        "Fisher 1935",
        "scipy fisher_exact",
        "rejects less often than its level; its interval can disagree with p",
    ),
    tables.RISK_DIFFERENCE.name: Convention(
        "score test without the factor N / (N - 1), at any margin; interval by Newcombe (method 10)",
        "Farrington and Manning 1990, doi:10.1002/sim.4780091208",
        "statsmodels test_proportions_2indep at no difference; rpact at a margin, where statsmodels has a wrong coefficient",
        "its interval can disagree with p near the limit",
    ),
    tables.RISK_RATIO.name: Convention(
        "score test at any margin, and the interval of the same test",
        "Koopman 1984, doi:10.2307/2531405",
        "statsmodels test_proportions_2indep",
        "no estimate in trials in which an arm has no events",
    ),
    tables.ODDS_RATIO.name: Convention(
        "score test at any margin, and the interval of the same test",
        "Miettinen and Nurminen 1985, doi:10.1002/sim.4780040211",
        "statsmodels test_proportions_2indep",
        "no estimate in trials in which an arm has no events, or only events",
    ),
    tables.CMH.name: Convention(
        "without continuity correction; variance of the common odds ratio by Robins, Breslow and Greenland",
        "Mantel and Haenszel 1959, doi:10.1093/jnci/22.4.719",
        "statsmodels StratifiedTable, R mantelhaen.test",
        "its interval can disagree with p near the limit; an odds ratio within strata is not that of everyone",
    ),
    regressions.PROPORTIONAL_ODDS.name: Convention(
        "cumulative logits by maximum likelihood, scores of nobody merged with their neighbors; p by the likelihood ratio, by "
        "Wald (observed information) or by score (expected information: N / (N - 1) times Mann and Whitney's statistic without "
        "covariates); interval by Wald; two arms without the others",
        "McCullagh 1980, doi:10.1111/j.2517-6161.1980.tb01109.x",
        "R MASS polr, statsmodels OrderedModel",
        "assumes one odds ratio for all cuts; the likelihood ratio rejects a little too often in small arms; interval and p can "
        "disagree near the limit; no estimate in trials in which an arm or a covariate predicts the scores exactly",
    ),
    repeated.ORDINAL_MIXED.name: Convention(
        "cumulative logits with a random intercept, an effect of the arm at each visit, every measured visit; maximum likelihood "
        "by adaptive Gauss-Hermite quadrature with 10 points (more above an SD of 0.5), information by Louis; Wald's z, interval",
        "Hedeker and Gibbons 1994, doi:10.2307/2533433",
        "R ordinal clmm with nAGQ = 10, up to an SD of 1.5; own slow form with 401 points",
        "assumes one odds ratio for all cuts; Wald's z rejects a little too often with few participants; no estimate in trials "
        "in which an arm or a covariate predicts the scores exactly",
    ),
    clusters.CLUSTER_T.name: Convention(
        "t-test of the means of clusters, each counting once, df by clusters",
        "Donner and Klar 2000",
        "scipy ttest_ind of the means",
        "a small cluster counts as much as a large one; it fails where a cluster has participants of both arms",
    ),
    repeated.RM_ANOVA.name: Convention(
        "complete cases; Greenhouse and Geisser's df by default, Huynh and Feldt's by Lecoutre; visits by type III",
        "Greenhouse and Geisser 1959, doi:10.1007/BF02289823",
        "R anova of a multivariate linear model (test Spherical); statsmodels AnovaRM for one arm",
        "complete cases are a selection where values are missing for a reason",
    ),
    means.BAYES.name: Convention(
        "normal prior, normal likelihood with the SE of Welch's test taken as known",
        "Spiegelhalter, Freedman and Parmar 1994, doi:10.2307/2983527",
        "closed form",
        "with few participants it knows the SE too well, as a z-test does; its estimate has the bias of its prior",
    ),
    times.LOG_RANK.name: Convention(
        "chi-square with hypergeometric variance; hazard ratio by Mantel and Haenszel",
        "Mantel 1966, Cancer Chemother Rep 50:163",
        "R survdiff, statsmodels survdiff",
        "few events: the normal distribution is an approximation",
    ),
    means.RESIDUAL_T.name: Convention(
        "pairs with the variance of the model over all arms", "Fisher 1935", "statsmodels OLS", "assumes equal SDs"
    ),
    means.TUKEY.name: Convention(
        "studentized range; Kramer's SE for unequal arms",
        "Kramer 1956, doi:10.2307/3001469",
        "scipy tukey_hsd",
        "with unequal arms it rejects a little less often than its level",
    ),
    means.GAMES_HOWELL.name: Convention(
        "studentized range with Welch's SE and df of each pair",
        "Games and Howell 1976, doi:10.3102/10769986001002113",
        "scipy studentized_range of Welch's t; R rstatix games_howell_test",
        "rejects a little too often in small arms",
    ),
    ranks.DUNN.name: Convention(
        "z from the mean ranks among all arms, with ties",
        "Dunn 1964, doi:10.1080/00401706.1964.10490181",
        "own slow form; R rstatix dunn_test",
        "a third arm moves the ranks, so it does not test P(X > Y) of two arms alone",
    ),
    own.PYTHON.name: Convention(
        "the user's own function on the tidy frame of a trial",
        "the user",
        "the user",
        "what the function gives is not checked",
    ),
    repeated.MIXED.name: Convention(
        "restricted maximum likelihood, random intercept (and slope), every measured visit; Satterthwaite's df by the observed "
        "information by default, Kenward and Roger's by the expected one",
        "Laird and Ware 1982, doi:10.2307/2529876; Kenward and Roger 1997, doi:10.2307/2533558",
        "R lmerTest and pbkrtest; a t-test of means without missing values",
        "a variance of 0 is analyzed, and then the test can be conservative",
    ),
    repeated.MMRM.name: Convention(
        "restricted maximum likelihood, covariance unstructured and df by Satterthwaite by default; Kenward and Roger as SAS",
        "Mallinckrodt et al. 2008, doi:10.1177/009286150804200402; Kenward and Roger 1997, doi:10.2307/2533558",
        "R nlme gls, SAS PROC MIXED on public data; ANCOVA without missing values",
        "few participants and many visits: the unstructured covariance may not converge",
    ),
    repeated.CLDA.name: Convention(
        "as mmrm, with the baseline as a visit at which all arms have one mean",
        "Liang and Zeger 2000, Sankhya B 62:134",
        "own slow form",
        "wrong where arms differ at baseline for another reason than chance",
    ),
}

_IMPUTED: Final = (
    "each arm by itself, a Bayesian linear regression a visit on earlier visits and covariates, 10 sweeps of data augmentation "
    "between measured visits; Rubin's rules, Barnard and Rubin's df"
)
_REFERENCE: Final = "Carpenter, Roger and Kenward 2013, doi:10.1080/10543406.2013.834911"

#: How missing values are dealt with.
MISSING: Final[dict[str, Convention]] = {
    designs.COMPLETE.name: Convention(
        "who lacks a value that the analysis needs is left out",
        "Rubin 1976, doi:10.1093/biomet/63.3.581",
        "every program",
        "biased where who is missing depends on the values",
    ),
    designs.LAST_VALUE.name: Convention(
        "the last value after the baseline takes the place of a missing one",
        "Molenberghs et al. 2004, doi:10.1093/biostatistics/kxh001",
        "plain Python on the tables of a trial",
        "biased where values change over time, and counts values that nobody measured",
    ),
    designs.MULTIPLE_IMPUTATION.name: Convention(
        _IMPUTED,
        "Rubin 1987, doi:10.1002/9780470316696; Barnard and Rubin 1999, doi:10.1093/biomet/86.4.948",
        "R mice (norm) and its pool.scalar; a slow form, draw by draw",
        "less power than mmrm, which has one covariance for all arms; biased where who is missing depends on values not measured",
    ),
    designs.JUMP_TO_REFERENCE.name: Convention(
        f"{_IMPUTED}; after leaving the mean of the reference arm, and the own distance from the mean as visits go together",
        _REFERENCE,
        "a slow form by the joint covariance of the paper",
        "Rubin's variance is larger than that over repeated trials: a test of no difference rejects too seldom",
    ),
    designs.COPY_REFERENCE.name: Convention(
        f"{_IMPUTED}; after leaving as a participant of the reference arm with the same values before",
        _REFERENCE,
        "a slow form by the joint covariance of the paper",
        "Rubin's variance is larger than that over repeated trials: a test of no difference rejects too seldom",
    ),
}
