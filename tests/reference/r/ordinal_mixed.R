# Makes ordinal_mixed.json: ordinal mixed models that trialsim must equal. Run: Rscript ordinal_mixed.R > ordinal_mixed.json
suppressMessages({library(ordinal); library(jsonlite)})
set.seed(20260714)
f <- function(x) unname(as.numeric(x))

# Two unequal arms, 2 to 4 visits, missing visits, with and without a covariate; adaptive Gauss-Hermite quadrature with 10 points.
cases <- lapply(seq_len(60), function(i) {
  n <- sample(c(40, 60), 1)
  visits <- 2 + i %% 3
  top <- sample(2:4, 1)
  spread <- c(.5, 1, 2)[1 + (i %/% 3) %% 3]
  arm <- sample(0:1, n, replace = TRUE, prob = c(.45, .55))
  x <- round(rnorm(n), 3)
  u <- rnorm(n, 0, spread)
  y <- sapply(seq_len(visits), function(v) pmin(pmax(round(top / 2 + .3 * v * arm + .3 * x + .7 * (u + rlogis(n, 0, .8))), 0), top))
  y[matrix(runif(n * visits) < .08, n)] <- NA
  adjusted <- i %% 2 == 0
  d <- data.frame(y = as.vector(y), id = rep(seq_len(n), visits), visit = factor(rep(seq_len(visits), each = n)), arm = rep(arm, visits), x = rep(x, visits))
  d <- d[!is.na(d$y), ]
  d$y <- factor(d$y, ordered = TRUE)
  d$id <- factor(d$id)
  formula <- if (adjusted) y ~ x + visit + visit:arm + (1 | id) else y ~ visit + visit:arm + (1 | id)
  m <- suppressWarnings(clmm(formula, data = d, nAGQ = 10))
  # clmm stops at gradients of 1e-4, with derivatives by differences: two steps of Newton's method on its own likelihood.
  rho <- clmm(formula, data = d, nAGQ = 10, doFit = FALSE, control = clmm.control(gradTol = 1e-8))
  nll <- function(par) ordinal:::getNAGQ.ssr(rho, par)
  par <- c(coef(m), log(m$ST$id[1]))
  if (m$ST$id[1] > .05) for (k in 1:3) par <- par - solve(numDeriv::hessian(nll, par), numDeriv::grad(nll, par))
  h <- numDeriv::hessian(nll, par)
  own <- grep(":arm", names(coef(m)))
  list(y = y, arm = arm, x = x, adjusted = adjusted, estimate = f(par[own]), variance = unname(solve(h)[own, own]), sd = f(exp(par[length(par)])),
       clmm = f(coef(m)[own]), loglik = -f(nll(par)), gradient = max(abs(numDeriv::grad(nll, par))))
})
cat(toJSON(list(versions = list(R = R.version.string, ordinal = as.character(packageVersion("ordinal"))), cases = cases), digits = 15, auto_unbox = TRUE))
