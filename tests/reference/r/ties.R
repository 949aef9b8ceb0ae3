# Makes ties.json: rank tests on tied values, and Dunnett's test and contrasts after ANCOVA, that trialsim must equal.
# Run: Rscript ties.R > ties.json
suppressMessages({library(multcomp); library(jsonlite); library(mvtnorm)})
set.seed(20260106)
sides <- c("two.sided", "greater", "less")
f <- function(x) unname(as.numeric(x))

# wilcox.test, with its warnings: "level" where R gives an interval of a lower level than asked for, "none" where it has none.
quietly <- function(call) {
  told <- character()
  value <- withCallingHandlers(call, warning = function(w) { told <<- c(told, conditionMessage(w)); invokeRestart("muffleWarning") })
  list(value = value, told = told)
}
note_of <- function(told) {
  if (any(grepl("not achievable", told))) "level" else if (any(grepl("cannot compute confidence interval when", told))) "none" else ""
}

# Signed rank: whole and half steps with ties and zeros, and values without, 4 to 60 of them, against 0 and against 1.
# R finds limits by root search to 1e-4; here to 1e-10.
signed <- function(i) {
  n <- sample(4:60, 1)
  x <- switch(i %% 5 + 1, sample(-3:5, n, TRUE), round(rnorm(n, .5, 2)), round(rnorm(n, .3, 1) * 2) / 2,
              sample(c(0, 0, 0, -1, 1, 2), n, TRUE), round(rnorm(n, .4, 1), 4))
  side <- sides[(i %/% 5) %% 3 + 1]
  null <- c(0, 0, 0, 1)[(i %/% 15) %% 4 + 1]
  got <- quietly(wilcox.test(x, mu = null, conf.int = TRUE, alternative = side, tol.root = 1e-10))
  h <- got$value
  list(x = x, null = null, side = side, w = f(h$statistic), p = h$p.value, low = h$conf.int[1], high = h$conf.int[2],
       estimate = f(h$estimate), note = note_of(got$told))
}

# Rank sum and Kruskal-Wallis: tied whole steps in three unequal arms; every third case has no ties.
summed <- function(i) {
  n <- sample(2:30, 3, TRUE)
  g <- rep(0:2, n)
  x <- if (i %% 3 == 0) round(rnorm(sum(n), .4 * g), 5) else pmin(pmax(round(rnorm(sum(n), 1 + .3 * g, 1.2)), 0), c(1, 4)[i %% 2 + 1])
  side <- sides[(i %/% 3) %% 3 + 1]
  h <- quietly(wilcox.test(x[g == 1], x[g == 0], alternative = side))$value
  k <- kruskal.test(x, g)
  list(x = x, g = g, side = side, w = f(h$statistic), p = h$p.value, h = f(k$statistic), kruskal = k$p.value)
}

# Dunnett after ANCOVA by multcomp, the multivariate t integrated to 1e-6.
adjusted <- function(sizes, covariates, side) {
  g <- rep(seq_along(sizes) - 1, sizes)
  x <- matrix(round(rnorm(length(g) * covariates, 10, 2), 4), length(g))
  y <- round(rowSums(x) * .5 + .6 * (g == 1) + rnorm(length(g)), 4)
  d <- data.frame(y = y, g = factor(g), x)
  model <- lm(reformulate(c(names(d)[-(1:2)], "g"), "y"), d)
  h <- glht(model, linfct = mcp(g = "Dunnett"), alternative = side)
  s <- summary(h, test = multcomp::adjusted("single-step", abseps = 1e-6, maxpts = 500000))
  list(y = y, g = g, x = x, side = side, t = f(s$test$tstat), p = f(s$test$pvalues), df = h$df)
}
designs <- list(list(c(6, 6, 6, 6), 1), list(c(5, 9, 4), 1), list(c(8, 8, 8, 8, 8), 1), list(c(4, 7, 9, 5, 6, 8), 1),
                list(c(10, 6, 7), 2), list(c(5, 6, 7, 8, 6), 2), list(c(9, 8, 7, 9), 3))

# A covariate that is constant is left out by lm: the contrast is that of the model without it.
constant <- local({
  g <- rep(0:2, c(5, 6, 7)); x <- round(rnorm(18), 4); y <- round(x + .5 * g + rnorm(18), 4)
  d <- data.frame(y = y, x = x, k = 3, g = factor(g))
  s <- summary(lm(y ~ k + x + g, d))
  list(y = y, g = g, x = x, estimate = f(s$coefficients["g1", 1]), se = f(s$coefficients["g1", 2]), df = s$df[2],
       p = f(s$coefficients["g1", 4]))
})

out <- list(
  versions = list(R = R.version.string, multcomp = as.character(packageVersion("multcomp")),
                  mvtnorm = as.character(packageVersion("mvtnorm"))),
  signed = lapply(1:360, signed),
  summed = lapply(1:240, summed),
  dunnett = unlist(lapply(designs, function(d) lapply(sides, function(side) adjusted(d[[1]], d[[2]], side))), recursive = FALSE),
  constant = constant
)
text <- toJSON(out, digits = NA, auto_unbox = TRUE, na = "null")
cat(gsub("},{", "},\n{", text, fixed = TRUE), "\n")
