# Times of R's models for benchmarks/models.py: Rscript models.R FOLDER, with a table NAME.csv of the first trial of each job.
# Prints job, function and seconds of one fit with its test (of the processor), or "missing" where its package is not there.
folder <- commandArgs(trailingOnly = TRUE)[1]

timed <- function(job, needs, fit, at_least = 1) {
  file <- file.path(folder, paste0(job, ".csv"))
  if (!file.exists(file)) return(invisible())
  name <- paste(needs[length(needs)], collapse = "")
  if (!all(vapply(sub("::.*", "", needs), requireNamespace, TRUE, quietly = TRUE))) {
    cat(job, name, "missing\n", sep = "\t")
    return(invisible())
  }
  d <- read.csv(file)
  run <- function() suppressWarnings(suppressMessages(fit(d)))
  run()
  best <- Inf
  for (k in 1:3) {
    fits <- 0
    began <- proc.time()
    repeat {
      run()
      fits <- fits + 1
      used <- sum((proc.time() - began)[1:2])
      if (used > at_least / 5) break
    }
    best <- min(best, used / fits)
  }
  cat(job, "\t", name, "\t", format(best, digits = 4), "\n", sep = "")
}

cells <- function(d) transform(d, visit = factor(visit), id = factor(id))
timed("mixed", "lmerTest", function(d) coef(summary(lmerTest::lmer(y ~ visit + arm:visit + (1 | id), cells(d)))))
timed("mmrm", "nlme::gls", function(d) {
  d <- cells(d)
  summary(nlme::gls(y ~ visit + arm:visit, d, correlation = nlme::corSymm(form = ~ as.integer(visit) | id),
                    weights = nlme::varIdent(form = ~ 1 | visit)))
})
timed("ordinal", "MASS::polr", function(d) summary(MASS::polr(factor(y) ~ factor(arm), d, Hess = TRUE)))
timed("ordinal-adjusted", "MASS::polr", function(d) summary(MASS::polr(factor(y) ~ x1 + x2 + factor(arm), d, Hess = TRUE)))
timed("ordinal-mixed", "ordinal::clmm", function(d) {
  d <- cells(d)
  summary(ordinal::clmm(factor(y) ~ visit + visit:arm + (1 | id), data = d, nAGQ = 10))
})
timed("tobit", "survival::survreg", function(d)
  summary(survival::survreg(survival::Surv(y, mark == 0, type = "left") ~ x1 + x2 + arm, d, dist = "gaussian")))
timed("logistic", "stats::glm", function(d) summary(glm(y ~ x1 + x2 + arm, binomial, d)))
timed("poisson", "stats::glm", function(d) summary(glm(y ~ x1 + x2 + arm, poisson, d)))
timed("negative-binomial", "MASS::glm.nb", function(d) summary(MASS::glm.nb(y ~ x1 + x2 + arm, d)))
timed("cox", "survival::coxph", function(d) summary(survival::coxph(survival::Surv(y, mark == 0) ~ x1 + x2 + arm, d)))
timed("gee", "geepack::geeglm", function(d) {
  d <- d[order(d$cluster), ]
  summary(geepack::geeglm(y ~ x1 + x2 + arm, id = cluster, data = d, corstr = "exchangeable", std.err = "fij"))
})
timed("cluster-robust", "clubSandwich", function(d) {
  m <- lm(y ~ x1 + x2 + arm, d)
  clubSandwich::coef_test(m, vcov = "CR2", cluster = d$cluster)
})
