# Makes survival.json: log-rank tests of tied and censored times that trialsim must equal.
# Run: Rscript survival.R > survival.json
suppressMessages({library(survival); library(jsonlite)})
set.seed(20261128)
f <- function(x) unname(as.numeric(x))

# Two to four unequal arms, some of one participant; times in whole, half or unrounded days, up to 70 % censored, some missing.
tested <- function(i) {
  arms <- i %% 3 + 2
  n <- sample(c(1, 3:25), arms, TRUE)
  g <- rep(seq_len(arms) - 1, n)
  event <- rexp(length(g), .1 * exp(.4 * (g - 1)))
  left <- switch(i %% 4 + 1, rexp(length(g), .02), runif(length(g), 0, 20), rep(8, length(g)), rexp(length(g), .2))
  time <- pmin(event, left)
  time <- switch(i %% 3 + 1, ceiling(time), ceiling(2 * time) / 2, round(time, 6))
  died <- as.integer(event <= left)
  time[runif(length(g)) < .05] <- NA
  d <- data.frame(time = time, died = died, g = g)
  seen <- d[!is.na(d$time), ]
  if (length(unique(seen$g)) < arms || sum(seen$died) == 0) return(NULL)
  all <- survdiff(Surv(time, died) ~ g, data = seen)
  two <- seen[seen$g < 2, ]
  pair <- if (sum(two$died) > 0) survdiff(Surv(time, died) ~ g, data = two) else NULL
  list(time = time, died = died, g = g, arms = arms,
       chisq = f(all$chisq), df = sum(all$exp > 0) - 1, p = f(pchisq(all$chisq, sum(all$exp > 0) - 1, lower.tail = FALSE)),
       pair = if (is.null(pair)) NULL else
         list(chisq = f(pair$chisq), observed = f(pair$obs), expected = f(pair$exp), variance = f(pair$var[1, 1])))
}

cases <- Filter(Negate(is.null), lapply(1:330, tested))
versions <- list(R = R.version.string, survival = as.character(packageVersion("survival")))
cat(toJSON(list(versions = versions, cases = cases), auto_unbox = TRUE, digits = NA, na = "null", null = "null"), "\n")
