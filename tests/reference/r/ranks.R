# Makes ranks.json: rank tests and pairs that trialsim must equal. Run: Rscript ranks.R > ranks.json
suppressMessages({library(rstatix); library(coin); library(jsonlite)})
set.seed(20260712)
f <- function(x) unname(as.numeric(x))
all_of <- function(n, make) lapply(seq_len(n), make)

# Van Elteren: coin's linear statistic of r / (n + 1) within each stratum.
van_elteren <- all_of(60, function(i) {
  n <- sample(c(24, 40, 70), 1)
  arm <- sample(0:1, n, replace = TRUE, prob = c(.4, .6))
  strata <- sample(0:3, n, replace = TRUE)
  y <- if (i %% 2 == 0) round(rnorm(n) + .4 * arm + strata, 4) else sample(0:4, n, replace = TRUE) + arm * rbinom(n, 1, .3)
  both <- ave(arm, strata, FUN = function(x) length(unique(x))) == 2
  d <- data.frame(y = y, a = factor(arm), s = factor(strata))[both, ]
  d$s <- droplevels(d$s)
  d$w <- ave(d$y, d$s, FUN = function(v) rank(v) / (length(v) + 1))
  test <- if (nlevels(d$s) > 1) independence_test(w ~ a | s, d, ytrafo = function(data) trafo(data, numeric_trafo = identity))
          else independence_test(w ~ a, d)
  list(y = y, arm = arm, strata = strata, z = -f(statistic(test)), p = f(pvalue(test)))
})

# Dunn and Games-Howell on the same data.
pairs <- all_of(60, function(i) {
  n <- sample(c(18, 40, 75), 1)
  arm <- sample(c(0:2, 0:2, 0:2, sample(0:2, n - 9, replace = TRUE, prob = c(.2, .5, .3))))
  y <- if (i %% 2 == 0) round(rnorm(n, .5 * arm, 1 + arm), 4) else sample(0:6, n, replace = TRUE) + arm
  d <- data.frame(y = y, arm = factor(arm))
  dunn <- dunn_test(d, y ~ arm, p.adjust.method = "none")
  games <- games_howell_test(d, y ~ arm, detailed = TRUE)
  list(y = y, arm = arm, first = as.integer(dunn$group1), second = as.integer(dunn$group2), z = f(dunn$statistic), dunn_p = f(dunn$p),
       difference = f(games$estimate), t = f(games$statistic), df = f(games$df), low = f(games$conf.low), high = f(games$conf.high))
})

# Sign test: p, median, interval.
signs <- all_of(60, function(i) {
  n <- sample(c(8, 15, 30, 61), 1)
  x <- if (i %% 2 == 0) round(rnorm(n, .4), 4) else sample(-3:4, n, replace = TRUE)
  test <- rstatix::sign_test(data.frame(x = x), x ~ 1, mu = 0, detailed = TRUE)
  less <- rstatix::sign_test(data.frame(x = x), x ~ 1, mu = 0, alternative = "less", detailed = TRUE)
  list(x = x, p = f(test$p), less = f(less$p), estimate = f(test$estimate), low = f(test$conf.low), high = f(test$conf.high))
})

cat(toJSON(list(versions = list(R = R.version.string, rstatix = as.character(packageVersion("rstatix")),
                                coin = as.character(packageVersion("coin"))),
                van_elteren = van_elteren, pairs = pairs, signs = signs), digits = 15, auto_unbox = TRUE))
