# Makes ordinal.json: proportional odds models that trialsim must equal. Run: Rscript ordinal.R > ordinal.json
suppressMessages({library(MASS); library(ordinal); library(jsonlite)})
set.seed(20260713)
f <- function(x) unname(as.numeric(x))

# Unequal arms, missing scores and covariates, 3 to 6 scores; polr and clm of the same data, with and without covariates.
cases <- lapply(seq_len(200), function(i) {
  n <- sample(c(40, 60, 99), 1)
  arm <- sample(0:2, n, replace = TRUE, prob = c(.4, .25, .35))
  x <- round(cbind(rnorm(n, 8, 2), rbinom(n, 1, .4)), 3)
  top <- sample(2:5, 1)
  y <- pmin(pmax(round(top / 2 + rnorm(n) + .4 * arm + .3 * (x[, 1] - 8) + .5 * x[, 2]), 0), top)
  y[runif(n) < .05] <- NA
  x[runif(n) < .03, 1] <- NA
  adjusted <- i %% 2 == 0
  d <- data.frame(y = y, arm = factor(arm), x1 = x[, 1], x2 = x[, 2])
  d <- d[complete.cases(if (adjusted) d else d[, 1:2]), ]
  fitted <- function(d) {
    d$y <- factor(d$y, ordered = TRUE)
    d$arm <- droplevels(d$arm)
    null <- if (adjusted) clm(y ~ x1 + x2, data = d, control = list(gradTol = 1e-10)) else clm(y ~ 1, data = d)
    full <- if (adjusted) clm(y ~ x1 + x2 + arm, data = d, control = list(gradTol = 1e-10)) else clm(y ~ arm, data = d, control = list(gradTol = 1e-10))
    formula <- if (adjusted) y ~ x1 + x2 + arm else y ~ arm
    start <- c(coef(full)[-seq_along(full$alpha)], full$alpha)
    old <- polr(formula, data = d, start = start, Hess = TRUE, control = list(reltol = 1e-15, maxit = 2000))
    list(twice = 2 * f(logLik(full) - logLik(null)), estimate = f(tail(coef(full), 1)), se = f(tail(sqrt(diag(vcov(full))), 1)),
         polr = f(tail(coef(old), 1)), polr_se = f(sqrt(diag(vcov(old)))[length(coef(old))]))
  }
  list(y = y, arm = arm, x = x, adjusted = adjusted, pair = fitted(d[d$arm != 2, ]), all = fitted(d)["twice"])
})
cat(toJSON(list(versions = list(R = R.version.string, MASS = as.character(packageVersion("MASS")),
                                ordinal = as.character(packageVersion("ordinal"))), cases = cases), digits = 15, auto_unbox = TRUE))
