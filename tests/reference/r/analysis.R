# Makes analysis.json: data and results of the tests that trialsim must equal. Run: Rscript analysis.R > analysis.json
suppressMessages({library(multcomp); library(emmeans); library(jsonlite); library(mvtnorm)})
set.seed(20260105)
round6 <- function(x) round(x, 6)

# One data set with unequal arms, missing values and a baseline; 7 decimals at most so that JSON carries it exactly.
arm <- rep(c(0, 1, 2), times = c(17, 22, 13))
base <- round6(rnorm(52, 10, 2))
age <- round6(runif(52, 1, 12))
y <- round6(4 + 0.6 * base - 0.1 * age - c(0, 1.1, 0.4)[arm + 1] + rnorm(52, 0, c(1, 1.5, 0.7)[arm + 1]))
y[c(3, 20, 41)] <- NA
base[c(5, 30)] <- NA
score <- sample(0:4, 52, replace = TRUE, prob = c(.1, .2, .3, .25, .15)) - ifelse(arm == 1, 1, 0)
score <- pmax(score, 0)
score[c(7, 33)] <- NA
change <- round6(rnorm(22, 0.4, 1))
whole <- sample(-3:5, 30, replace = TRUE)
d <- data.frame(y = y, base = base, age = age, arm = factor(arm), score = score)
f <- function(x) unname(as.numeric(x))

htest <- function(h) list(statistic = f(h$statistic), parameter = f(h$parameter), p = h$p.value,
                          estimate = f(h$estimate), conf = f(h$conf.int))
pair <- function(a, b) d$y[d$arm == a & !is.na(d$y)]
y0 <- d$y[d$arm == 0]; y1 <- d$y[d$arm == 1]; y2 <- d$y[d$arm == 2]

contrast_of <- function(model) {
  e <- emmeans(model, "arm")
  s <- summary(contrast(e, list(`1-0` = c(-1, 1, 0), `2-0` = c(-1, 0, 1))), infer = c(TRUE, TRUE))
  list(estimate = s$estimate, se = s$SE, df = s$df, t = s$t.ratio, p = s$p.value, low = s$lower.CL, high = s$upper.CL)
}
omnibus_of <- function(small, large) {
  a <- anova(small, large)
  list(F = a$F[2], df = a$Res.Df[2], p = a$`Pr(>F)`[2])
}
one <- d[complete.cases(d[, c("y", "base")]), ]
two <- d[complete.cases(d[, c("y", "base", "age")]), ]

# Dunnett by multcomp, with the multivariate t integrated to 1e-9 instead of multcomp's default 1e-3.
dunnett_of <- function(values, group, alternative) {
  g <- data.frame(v = values, g = factor(group))
  g <- g[!is.na(g$v), ]
  model <- glht(aov(v ~ g, g), linfct = mcp(g = "Dunnett"), alternative = alternative)
  s <- summary(model, test = adjusted("single-step", abseps = 1e-9, maxpts = 2000000))
  list(values = g$v, group = as.integer(as.character(g$g)), t = f(s$test$tstat), df = model$df, p = f(s$test$pvalues),
       n = f(table(g$g)))
}
four <- round6(c(rnorm(12, 5), rnorm(9, 5.8), rnorm(15, 6.2), rnorm(7, 4.4)))
four_arm <- rep(0:3, times = c(12, 9, 15, 7))
blood <- c(7.40, 8.50, 7.20, 8.24, 9.84, 8.32, 9.76, 8.80, 7.68, 9.36, 12.80, 9.68, 12.16, 9.20, 10.55)
blood_arm <- rep(0:2, times = c(6, 4, 5))

event <- ifelse(is.na(score), NA, as.integer(score >= 2))
tab <- function(a, b) { t <- table(factor(event[arm %in% c(a, b)], 0:1), factor(arm[arm %in% c(a, b)], c(a, b))); t(t) }

out <- list(
  versions = list(R = R.version.string, multcomp = as.character(packageVersion("multcomp")),
                  mvtnorm = as.character(packageVersion("mvtnorm")), emmeans = as.character(packageVersion("emmeans"))),
  data = list(arm = arm, y = y, base = base, age = age, score = score, change = change, whole = whole, event = event),
  oneway_welch = htest(oneway.test(y ~ arm, d)),
  oneway_equal = htest(oneway.test(y ~ arm, d, var.equal = TRUE)),
  pairwise_t = pairwise.t.test(d$y, d$arm, p.adjust.method = "none", pool.sd = TRUE)$p.value,
  pairwise_holm = pairwise.t.test(d$y, d$arm, p.adjust.method = "holm", pool.sd = TRUE)$p.value,
  pairwise_hochberg = pairwise.t.test(d$y, d$arm, p.adjust.method = "hochberg", pool.sd = TRUE)$p.value,
  welch_1_0 = htest(t.test(y1, y0)),
  student_1_0_less = htest(t.test(y1, y0, var.equal = TRUE, alternative = "less")),
  one_sample = htest(t.test(change, mu = 0.1)),
  signed_rank_exact = htest(wilcox.test(change, conf.int = TRUE)),
  signed_rank_exact_greater = htest(wilcox.test(change, conf.int = TRUE, alternative = "greater")),
  signed_rank_ties = htest(suppressWarnings(wilcox.test(whole))),
  rank_sum_ties = htest(suppressWarnings(wilcox.test(d$score[d$arm == 1], d$score[d$arm == 0]))),
  rank_sum_exact = htest(wilcox.test(y2[1:6], y0[4:17], exact = TRUE)),
  kruskal_score = htest(kruskal.test(score ~ arm, d)),
  kruskal_y = htest(kruskal.test(y ~ arm, d)),
  ancova_one = contrast_of(lm(y ~ base + arm, one)),
  ancova_one_F = omnibus_of(lm(y ~ base, one), lm(y ~ base + arm, one)),
  ancova_two = contrast_of(lm(y ~ base + age + arm, two)),
  ancova_two_F = omnibus_of(lm(y ~ base + age, two), lm(y ~ base + age + arm, two)),
  dunnett_blood = dunnett_of(blood, blood_arm, "two.sided"),
  dunnett_four = dunnett_of(four, four_arm, "two.sided"),
  dunnett_four_greater = dunnett_of(four, four_arm, "greater"),
  dunnett_four_less = dunnett_of(four, four_arm, "less"),
  chi_square_1_0 = htest(suppressWarnings(chisq.test(tab(1, 0)))),
  chi_square_score = htest(suppressWarnings(chisq.test(table(d$arm, d$score), correct = FALSE))),
  fisher_1_0 = fisher.test(tab(1, 0))$p.value,
  fisher_2_0 = fisher.test(tab(2, 0))$p.value,
  newcombe_1_0 = f(prop.test(tab(1, 0)[, 2:1], correct = FALSE)$estimate)
)
cat(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null", pretty = TRUE), "\n")
