# Makes families.json: adjusted p-values of R that trialsim must equal: p.adjust, and the step-down test of pairs against one arm
# by multcomp (test = adjusted("free")), after a one-way analysis of variance and after an analysis of covariance.
# Run: Rscript families.R > families.json
suppressMessages({library(multcomp); library(jsonlite); library(mvtnorm)})
set.seed(20261128)
f <- function(x) unname(as.numeric(x))

adjusted <- lapply(1:60, function(i) {
  p <- runif(sample(1:6, 1))^sample(1:4, 1)
  if (i %% 3 == 0) p <- round(p, 2)
  list(p = p, bonferroni = p.adjust(p, "bonferroni"), holm = p.adjust(p, "holm"), hochberg = p.adjust(p, "hochberg"))
})

stepped <- lapply(1:12, function(i) {
  k <- sample(3:4, 1)
  n <- sample(6:14, k, replace = TRUE)
  arm <- factor(rep(seq_len(k), n))
  x <- round(rnorm(sum(n)), 3)
  y <- round(rnorm(sum(n)) + 0.6 * x + rep(c(0, runif(k - 1, 0, 1.4)), n), 3)
  covariate <- i %% 2 == 0
  fit <- if (covariate) lm(y ~ arm + x) else lm(y ~ arm)
  side <- c("two.sided", "greater")[i %% 3 %/% 2 + 1]
  pairs <- glht(fit, linfct = mcp(arm = "Dunnett"), alternative = side)
  exact <- GenzBretz(maxpts = 2e6, abseps = 1e-7)
  list(arm = as.integer(arm) - 1, x = x, y = y, covariate = covariate, side = side,
       single = f(summary(pairs, test = adjusted("single-step", algorithm = exact))$test$pvalues),
       free = f(summary(pairs, test = adjusted("free", algorithm = exact))$test$pvalues))
})

cat(toJSON(list(versions = list(R = R.version.string, multcomp = as.character(packageVersion("multcomp"))),
                adjusted = adjusted, stepped = stepped), digits = 12, auto_unbox = FALSE))
