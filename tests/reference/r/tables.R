# Makes tables.json: score tests of a difference, Mantel-Haenszel and repeated measures that trialsim must equal.
# Run: Rscript tables.R > tables.json
suppressMessages({library(jsonlite); library(rpact)})
set.seed(20261127)
f <- function(x) unname(as.numeric(x))

# Farrington and Manning's z from the restricted shares of rpact.
manning <- lapply(1:60, function(i) {
  n <- sample(3:50, 2); x <- rbinom(2, n, runif(2)); null <- round(runif(1, -.4, .4), 3)
  m <- rpact:::.getFarringtonManningValues(x[1] / n[1], x[2] / n[2], null, n[1] / n[2], "diff")
  v <- m$ml1 * (1 - m$ml1) / n[1] + m$ml2 * (1 - m$ml2) / n[2]
  list(events = x, n = n, null = null, z = (x[1] / n[1] - x[2] / n[2] - null) / sqrt(v))
})

strata <- lapply(1:12, function(i) {
  t <- array(0, c(2, 2, 4))
  for (s in 1:4) {
    n <- sample(2:20, 2); x <- rbinom(2, n, c(.3, .5) + s / 20)
    t[, , s] <- rbind(c(x[1], n[1] - x[1]), c(x[2], n[2] - x[2]))
  }
  side <- c("two.sided", "greater", "less")[i %% 3 + 1]
  h <- mantelhaen.test(t, correct = FALSE, alternative = side)
  list(table = lapply(1:4, function(s) t[, , s]), alternative = side, statistic = f(h$statistic), p = h$p.value,
       estimate = f(h$estimate), low = h$conf.int[1], high = h$conf.int[2])
})

# Repeated measures: K groups of unequal size, V visits, one missing value; type III by contrasts that sum to zero.
repeated <- lapply(1:10, function(i) {
  k <- c(1, 2, 3)[i %% 3 + 1]; v <- sample(2:5, 1); sizes <- sample(4:12, k, replace = TRUE)
  arm <- rep(seq_len(k) - 1, sizes)
  root <- matrix(rnorm(v * v), v)
  y <- round(20 + matrix(rnorm(length(arm) * v), ncol = v) %*% root + outer(arm, seq_len(v)) * .4, 6)
  all <- y
  all[2, v] <- NA
  keep <- complete.cases(all)
  d <- data.frame(g = factor(arm[keep])); Y <- all[keep, , drop = FALSE]
  if (k > 1) {
    contrasts(d$g) <- contr.sum(k)
    X <- model.matrix(~ g, d)[, -1, drop = FALSE]
    full <- lm(Y ~ X)
    none <- lm(Y ~ 0 + X)
    visit <- anova(full, none, X = ~1, test = "Spherical")[2, ]
    cross <- anova(full, lm(Y ~ 1), X = ~1, test = "Spherical")[2, ]
    means <- anova(lm(rowMeans(Y) ~ d$g))
    arm_row <- list(F = means$`F value`[1], df = means$Df[2], p = means$`Pr(>F)`[1])
  } else {
    full <- lm(Y ~ 1)
    visit <- anova(full, X = ~1, test = "Spherical")[1, ]
    cross <- NULL; arm_row <- NULL
  }
  pick <- function(a) if (is.null(a)) NULL else list(F = abs(a$F), num = abs(a$`num Df`), den = a$`den Df`,
                                                     p = a$`Pr(>F)`, gg = a$`G-G Pr`, hf = a$`H-F Pr`)
  s <- stats:::sphericity(SSD(full), X = ~1)
  list(arm = arm, values = all, visit = pick(visit), interaction = pick(cross), arm_test = arm_row,
       gg = s$GG.eps, hf = s$HF.eps)
})

out <- list(versions = list(R = R.version.string, rpact = as.character(packageVersion("rpact"))),
            manning = manning, strata = strata, repeated = repeated)
cat(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null", null = "null", pretty = FALSE), "\n")
