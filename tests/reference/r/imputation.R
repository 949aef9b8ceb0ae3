# Multiple imputation by mice (method norm, arm by arm) and Rubin's rules by mice::pool.scalar.
#   Rscript tests/reference/r/imputation.R > tests/reference/r/imputation.json
# Each data set has two arms of 40, three visits and a covariate; in the first values are missing after leaving only, in the second also
# between measured ones. The analysis of each imputed data set is lm(y3 ~ y1 + arm).
suppressMessages({library(mice); library(jsonlite)})

made <- function(seed, gaps) {
  set.seed(seed)
  n <- 80
  arm <- rep(0:1, n / 2)
  age <- rnorm(n, 10, 3)
  u <- rnorm(n)
  y <- sapply(1:3, function(v) 50 - 4 * v * arm + 0.8 * age + 5 * u + rnorm(n, 0, 4))
  left <- runif(n) < plogis((y[, 1] - 58) / 5) * 0.5
  y[left, 3] <- NA
  y[left & runif(n) < 0.4, 2] <- NA
  if (gaps) y[runif(n) < 0.12, 2] <- NA
  data.frame(age = age, arm = arm, y1 = y[, 1], y2 = y[, 2], y3 = y[, 3])
}

pooled <- function(data, m, maxit, seed) {
  parts <- lapply(0:1, function(k) {
    mine <- data[data$arm == k, c("age", "y1", "y2", "y3")]
    mice(mine, m = m, maxit = maxit, method = "norm", visitSequence = "monotone", printFlag = FALSE, seed = seed + k)
  })
  fits <- sapply(1:m, function(i) {
    whole <- do.call(rbind, lapply(1:2, function(k) cbind(complete(parts[[k]], i), arm = k - 1)))
    s <- summary(lm(y3 ~ y1 + arm, whole))$coefficients["arm", 1:2]
    c(s[1], s[2]^2)
  })
  list(m = m, estimate = mean(fits[1, ]), within = mean(fits[2, ]), between = var(fits[1, ]))
}

sets <- list(monotone = made(1, FALSE), gaps = made(2, TRUE))
scalar <- function(q, u, n, k) {
  p <- pool.scalar(q, u, n = n, k = k)
  list(q = q, u = u, n = n, k = k, qbar = p$qbar, t = p$t, df = p$df)
}
out <- list(
  versions = list(R = as.character(getRversion()), mice = as.character(packageVersion("mice"))),
  data = sets,
  pooled = list(monotone = pooled(sets$monotone, 4000, 1, 11), gaps = pooled(sets$gaps, 4000, 10, 21)),
  scalar = list(
    scalar(c(-4.1, -5.2, -3.7, -6.0, -4.4), c(2.1, 2.4, 2.0, 2.2, 2.6), 80, 3),
    scalar(c(1.02, 1.31, 0.88), c(0.04, 0.05, 0.045), 20, 2),
    scalar(c(10.5, 10.1, 10.9, 9.8, 10.2, 10.6, 10.4, 10.0, 10.3, 10.7), rep(9, 10), 500, 5)
  )
)
cat(toJSON(out, digits = 15, auto_unbox = TRUE, dataframe = "columns", na = "null", pretty = TRUE))
