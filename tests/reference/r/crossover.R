# Makes crossover.json: mixed models of crossovers that trialsim must equal.
# Run: Rscript crossover.R > crossover.json
suppressMessages({library(jsonlite); library(lmerTest); library(pbkrtest); library(nlme)})
set.seed(20261129)
f <- function(x) unname(as.numeric(x))
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e6), calc.derivs = FALSE,
                     check.conv.singular = "ignore", check.nobs.vs.nRE = "ignore")
orders_of <- list(rbind(c(1, 0), c(0, 1)), rbind(c(1, 0, 1), c(0, 1, 0)),
                  rbind(c(0, 1, 2), c(1, 2, 0), c(2, 0, 1), c(0, 2, 1), c(1, 0, 2), c(2, 1, 0)),
                  rbind(c(0, 1, 3, 2), c(1, 2, 0, 3), c(2, 3, 1, 0), c(3, 0, 2, 1)))
one <- function(i) {
  orders <- orders_of[[i %% 4 + 1]]; periods <- ncol(orders)
  sequence <- rep(seq_len(nrow(orders)), sample(4:9, nrow(orders), replace = TRUE)) - 1; n <- length(sequence)
  y <- c(0, 50)[i %% 2 + 1] + rnorm(n) * c(0.2, 1, 2)[i %% 3 + 1] + matrix(rnorm(n * periods), n) + .5 * orders[sequence + 1, ]
  y <- round(y, 4); y[matrix(runif(n * periods), n) < c(0, .15)[i %% 5 %% 2 + 1]] <- NA
  d <- data.frame(id = rep(seq_len(n), periods), period = factor(rep(seq_len(periods), each = n)),
                  arm = factor(c(orders[sequence + 1, ])), y = c(y))
  d <- d[!is.na(d$y), ]
  m <- lmer(y ~ period + arm + (1 | id), d, control = tight)
  w <- f(names(fixef(m)) == "arm1"); s <- contest1D(m, w); v <- vcovAdj(m)
  g <- lme(y ~ period + arm, random = ~ 1 | id, data = d, control = lmeControl(msTol = 1e-12, tolerance = 1e-12, opt = "optim"))
  t <- summary(g)$tTable["arm1", ]
  list(orders = orders, sequence = sequence, y = y, singular = isSingular(m, 1e-5), lme = f(t[c("Value", "Std.Error")]),
       satterthwaite = c(s$Estimate, s$`Std. Error`, s$df, s$`Pr(>|t|)`),
       kr = c(s$Estimate, sqrt(f(w %*% v %*% w)), Lb_ddf(w, vcov(m), v)))
}
versions <- sapply(c("lme4", "lmerTest", "pbkrtest", "nlme"), function(p) as.character(packageVersion(p)))
cat(toJSON(list(versions = as.list(c(R = R.version.string, versions)), crossovers = lapply(1:24, one)),
           digits = NA, auto_unbox = TRUE, na = "null"))
