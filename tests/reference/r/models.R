# Makes models.json: Cox regression, negative binomial regression, regression of left- and right-censored values and cluster-robust
# linear regression of two arms given covariates, that trialsim must equal.
# Run: Rscript models.R > models.json
suppressMessages({library(survival); library(MASS); library(clubSandwich); library(jsonlite)})
set.seed(20261128)
f <- function(x) unname(as.numeric(x))

# Unequal arms, a number and a yes-or-no covariate, some of it missing.
people <- function(i, least = 8) {
  n <- sample(least:30, 2, TRUE)
  g <- rep(c(0, 1), n)
  age <- round(rnorm(length(g), 70, 12), 1)
  old <- as.numeric(runif(length(g)) < .4)
  age[runif(length(g)) < .03] <- NA
  d <- data.frame(g = g, age = age, old = old)
  d[sample(nrow(d)), ]
}
linear <- function(d) .5 * d$g + .02 * (ifelse(is.na(d$age), 70, d$age) - 70) + .4 * d$old

coxed <- function(i) {
  d <- people(i)
  event <- rexp(nrow(d), .1 * exp(linear(d)))
  left <- switch(i %% 3 + 1, rexp(nrow(d), .04), rep(12, nrow(d)), runif(nrow(d), 2, 20))
  time <- pmin(event, left)
  d$time <- switch(i %% 3 + 1, ceiling(time), ceiling(2 * time) / 2, round(time, 4))
  d$died <- as.integer(event <= left)
  d$time[runif(nrow(d)) < .04] <- NA
  fit <- coxph(Surv(time, died) ~ age + old + g, data = d, ties = "efron", control = coxph.control(eps = 1e-12, iter.max = 60))
  if (anyNA(coef(fit)) || any(abs(coef(fit)) > 8)) return(NULL)
  s <- summary(fit)$coefficients["g", ]
  list(time = d$time, died = d$died, g = d$g, age = d$age, old = d$old, estimate = f(s[1]), se = f(s[3]), p = f(s[5]))
}

counted <- function(i) {
  d <- people(i, 12)
  d$days <- round(runif(nrow(d), .5, 6), 2)
  d$y <- rnbinom(nrow(d), size = c(.7, 2, 8)[i %% 3 + 1], mu = d$days * exp(.2 + linear(d)))
  d$y[runif(nrow(d)) < .04] <- NA
  fit <- try(suppressWarnings(glm.nb(y ~ age + old + g + offset(log(days)), data = d,
    control = glm.control(epsilon = 1e-13, maxit = 300))), silent = TRUE)
  if (inherits(fit, "try-error")) return(NULL)
  for (k in 1:60) {  # to the last digit: dispersion and coefficients in turn
    theta <- try(suppressWarnings(theta.ml(fit$y, fit$fitted.values, limit = 300, eps = 1e-13)), silent = TRUE)
    if (inherits(theta, "try-error") || theta > 200) return(NULL)
    fit2 <- glm(y ~ age + old + g + offset(log(days)), data = d, family = negative.binomial(f(theta)),
      control = glm.control(epsilon = 1e-15, maxit = 300))
    fit$fitted.values <- fit2$fitted.values
  }
  s <- summary(fit2, dispersion = 1)$coefficients["g", ]
  list(y = d$y, days = d$days, g = d$g, age = d$age, old = d$old, dispersion = 1 / f(theta), estimate = f(s[1]), se = f(s[2]), p = f(s[4]))
}

limited <- function(i) {
  d <- people(i)
  y <- round(1 + linear(d) + rnorm(nrow(d), 0, .8), 3)
  low <- c(.2, .8, 1.1)[i %% 3 + 1]
  high <- c(Inf, 2.2, 3)[i %% 3 + 1]
  d$mark <- ifelse(y < low, -1, ifelse(y > high, 1, 0))
  d$y <- pmin(pmax(y, low), high)
  d$y[runif(nrow(d)) < .04] <- NA
  d$lower <- ifelse(d$mark < 0, NA, d$y)
  d$upper <- ifelse(d$mark > 0, NA, d$y)
  seen <- d[!is.na(d$y), ]
  fit <- survreg(Surv(lower, upper, type = "interval2") ~ age + old + g, data = seen, dist = "gaussian",
    control = survreg.control(rel.tolerance = 1e-13, maxiter = 200))
  s <- summary(fit)$table["g", ]
  if (anyNA(coef(fit)) || any(abs(coef(fit)) > 20)) return(NULL)
  list(y = d$y, mark = d$mark, g = d$g, age = d$age, old = d$old, scale = f(fit$scale), estimate = f(s[1]), se = f(s[2]), p = f(s[4]))
}

clustered <- function(i) {
  clusters <- sample(6:16, 1)
  size <- sample(1:8, clusters, TRUE)
  cluster <- rep(seq_len(clusters), size)
  whole <- sample(rep(c(0, 1), length.out = clusters))
  g <- if (i %% 2) whole[cluster] else rbinom(length(cluster), 1, .5)
  age <- round(rnorm(length(g), 70, 12), 1)
  old <- rbinom(clusters, 1, .5)[cluster]
  y <- round(.5 * g + .02 * (age - 70) + rnorm(clusters, 0, .6)[cluster] + rnorm(length(g)), 3)
  d <- data.frame(y, g, age, old, cluster)
  if (length(unique(d$old)) < 2 || length(unique(d$g)) < 2 || qr(model.matrix(~ age + old + g, d))$rank < 4) return(NULL)
  fit <- lm(y ~ age + old + g, data = d)
  s <- as.data.frame(coef_test(fit, vcov = "CR2", cluster = d$cluster, test = "Satterthwaite"))["g", ]
  list(y = d$y, g = d$g, age = d$age, old = d$old, cluster = d$cluster - 1, estimate = f(s$beta), se = f(s$SE), df = f(s$df_Satt), p = f(s$p_Satt))
}

several <- function(one, times) Filter(Negate(is.null), lapply(seq_len(times), function(i) suppressWarnings(one(i))))
versions <- list(R = R.version.string, survival = as.character(packageVersion("survival")), MASS = as.character(packageVersion("MASS")),
                 clubSandwich = as.character(packageVersion("clubSandwich")))
cat(toJSON(list(versions = versions, cox = several(coxed, 230), counts = several(counted, 260), limited = several(limited, 230),
                clusters = several(clustered, 230)),
           auto_unbox = TRUE, digits = NA, na = "null", null = "null"), "\n")
