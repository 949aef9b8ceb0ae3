# Makes mixed.json: models of repeated values that trialsim must equal.
# Run: Rscript mixed.R > mixed.json
suppressMessages({library(jsonlite); library(lmerTest); library(pbkrtest); library(nlme)})
set.seed(20261128)
f <- function(x) unname(as.numeric(x))
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e6), calc.derivs = FALSE,
                     check.conv.singular = "ignore", check.nobs.vs.nRE = "ignore")

# K arms of unequal sizes, V visits, values missing at random places; a covariate and a baseline with missing values.
trial <- function(arms, visits, sizes, root, missing, level) {
  arm <- rep(seq_len(arms) - 1, sizes); n <- length(arm)
  y <- level + matrix(rnorm(n * visits), n) %*% root + outer(arm, seq_len(visits)) * .2
  x <- matrix(rnorm(2 * n), n); y <- round(y + x[, 1], 4); x <- round(x, 4)
  y[matrix(runif(n * visits), n) < missing] <- NA; x[sample(n, 2), 2] <- NA
  list(arm = arm, y = y, x = x)
}
long <- function(d) {
  n <- nrow(d$y); v <- ncol(d$y)
  out <- data.frame(id = rep(seq_len(n), v), arm = factor(rep(d$arm, v)), visit = factor(rep(seq_len(v), each = n)),
                    t = rep(d$hours, each = n), y = c(d$y), b = rep(d$x[, 1], v), c = rep(d$x[, 2], v))
  out[complete.cases(out), ]
}
# The difference of arm 1 from arm 0, weighted over the visits, from the model's means.
weights_of <- function(names, w, hours, linear) {
  l <- setNames(numeric(length(names)), names)
  if (linear) { l["arm1"] <- sum(w); l["arm1:t"] <- sum(w * hours) }
  else { for (k in seq_along(w)) l["arm1"] <- l["arm1"] + w[k]
         for (k in seq_along(w)[-1]) l[paste0("arm1:visit", k)] <- w[k] }
  l
}
make <- function(i, slopes) {
  arms <- c(2, 3)[i %% 2 + 1]; visits <- sample(3:5, 1); sizes <- sample(7:14, arms, replace = TRUE)
  d <- trial(arms, visits, sizes, diag(visits) + (i %% 4) * .3 * matrix(1, visits, visits) / visits * 2, .15, c(0, 50)[i %% 2 + 1])
  if (slopes) d$y <- round(d$y + outer(rnorm(length(d$arm)) * c(.8, .15)[i %% 2 + 1], seq_len(visits)), 4)
  d$hours <- c(0, 1, 3, 4.5, 8)[seq_len(visits)]
  d$linear <- slopes || i %% 3 == 0
  d$w <- list(c(rep(0, visits - 1), 1), rep(1 / visits, visits), {t <- d$hours - mean(d$hours); t / sum(t^2)})[[i %% 3 + 1]]
  d
}
mixed <- lapply(1:24, function(i) {
  slopes <- i > 14; d <- make(i, slopes); l <- long(d)
  fixed <- if (d$linear) "y ~ arm * t + b * t + c" else "y ~ arm * visit + b * visit + c"
  m <- lmer(as.formula(paste(fixed, if (slopes) "+ (1 + t | id)" else "+ (1 | id)")), l, control = tight)
  w <- weights_of(names(fixef(m)), d$w, d$hours, d$linear)
  s <- contest1D(m, f(w)); v <- vcovAdj(m); k <- Lb_ddf(f(w), vcov(m), v)
  joint <- NULL
  if (!d$linear) {  # arm 1 and arm 0 over the visits: do they differ in their course?
    n <- ncol(d$y); rows <- lapply(2:n, function(j) { u <- rep(0, n); u[j] <- 1; u[j - 1] <- -1; f(weights_of(names(fixef(m)), u, d$hours, FALSE)) })
    L <- do.call(rbind, rows); one <- contestMD(m, L); other <- KRmodcomp(m, L)$stats
    joint <- list(satterthwaite = c(one$`F value`, one$DenDF, one$`Pr(>F)`), kr = c(other$Fstat, other$ddf, other$p.value))
  }
  list(joint = joint, arm = d$arm, y = d$y, x = d$x, hours = d$hours, w = d$w, linear = d$linear, slopes = slopes, singular = isSingular(m, 1e-5),
       deviance = REMLcrit(m), satterthwaite = c(s$Estimate, s$`Std. Error`, s$df), kr = c(s$Estimate, sqrt(f(w %*% v %*% f(w))), k))
})
gls_fit <- function(l, fixed, kind) {
  l <- l[order(l$id, l$visit), ]; l$k <- as.integer(l$visit)
  for (tolerance in c(1e-12, 1e-9, 1e-7)) {
    g <- tryCatch(gls_at(l, fixed, kind, tolerance), error = function(e) NULL)
    if (!is.null(g)) return(g)
  }
  NULL
}
gls_at <- function(l, fixed, kind, tolerance) {
  control <- glsControl(tolerance = tolerance, msTol = tolerance / 100, maxIter = 1000, msMaxIter = 1000)
  if (kind == "unstructured") gls(fixed, l, correlation = corSymm(form = ~k | id), weights = varIdent(form = ~1 | visit), control = control)
  else if (kind == "ar1") gls(fixed, l, correlation = corAR1(form = ~k | id), control = control)
  else gls(fixed, l, correlation = corCompSymm(form = ~k | id), control = control)
}
mmrm <- lapply(1:24, function(i) {
  kind <- c("unstructured", "ar1", "compound-symmetry")[i %% 3 + 1]
  d <- make(i, FALSE); d$y <- d$y + 0; d$linear <- FALSE; l <- long(d)
  g <- gls_fit(l, y ~ arm * visit + b * visit + c, kind)
  if (is.null(g)) return(NULL)
  w <- weights_of(names(coef(g)), d$w, d$hours, FALSE)
  list(arm = d$arm, y = d$y, x = d$x, hours = d$hours, w = d$w, covariance = kind, deviance = -2 * f(logLik(g)),
       estimate = sum(w * coef(g)), se = sqrt(f(w %*% vcov(g) %*% w)))
})
# Constrained baseline: the first visit has one mean.
clda <- lapply(1:9, function(i) {
  kind <- c("unstructured", "ar1", "compound-symmetry")[i %% 3 + 1]
  d <- make(2 * i - 1, FALSE); l <- long(d); visits <- ncol(d$y)
  for (k in 2:max(d$arm + 1)) for (v in 2:visits) l[[paste0("a", k - 1, "v", v)]] <- as.numeric(l$arm == k - 1 & l$visit == v)
  extra <- paste(grep("^a[0-9]v", names(l), value = TRUE), collapse = " + ")
  g <- gls_fit(l, as.formula(paste("y ~ visit + c +", extra)), kind)
  if (is.null(g)) return(NULL)
  w <- setNames(numeric(length(coef(g))), names(coef(g))); w[paste0("a1v", visits)] <- 1
  list(arm = d$arm, y = d$y, x = d$x, hours = d$hours, covariance = kind, estimate = sum(w * coef(g)),
       se = sqrt(f(w %*% vcov(g) %*% w)))
})
versions <- list(R = R.version.string)
for (p in c("lme4", "lmerTest", "pbkrtest", "nlme")) versions[[p]] <- as.character(packageVersion(p))
mmrm <- Filter(Negate(is.null), mmrm); clda <- Filter(Negate(is.null), clda)
cat(toJSON(list(versions = versions, mixed = mixed, mmrm = mmrm, clda = clda), digits = NA, auto_unbox = TRUE, na = "null",
           null = "null", pretty = FALSE), "\n")
