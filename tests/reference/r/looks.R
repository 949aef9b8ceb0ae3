# Bounds, crossing chances and estimates after a stop of group sequential designs, from rpact.
#   Rscript looks.R > looks.json
suppressPackageStartupMessages({ library(rpact); library(jsonlite) })
setLogLevel("DISABLED")

design <- function(rates, alpha, sided, type, gamma = NA, beta = NA, beta_type = "none", beta_gamma = NA, binding = FALSE, spend = NA) {
  arguments <- list(kMax = length(rates), informationRates = rates, alpha = alpha, sided = sided, typeOfDesign = type)
  if (!is.na(gamma)) arguments$gammaA <- gamma
  if (!is.na(beta)) {
    arguments$beta <- beta
    arguments$typeBetaSpending <- beta_type
    arguments$bindingFutility <- binding
    if (!is.na(beta_gamma)) arguments$gammaB <- beta_gamma
  }
  if (!is.na(spend[1])) arguments$userAlphaSpending <- spend
  suppressWarnings(do.call(getDesignGroupSequential, arguments))
}

rates <- list(c(.5, 1), (1:3) / 3, c(.5, .75, 1), c(.2, .6, .7, 1), (1:5) / 5)
cases <- list()
for (one in rates) for (sided in c(1, 2)) for (alpha in .025 * sided) {
  for (type in c("OF", "P", "HP", "asOF", "asP", "asHSD", "asUser")) {
    gamma <- if (type == "asHSD") -4 else NA
    spend <- if (type == "asUser") alpha * one^2 else NA
    found <- design(one, alpha, sided, type, gamma, spend = spend)
    power <- getPowerAndAverageSampleNumber(found, theta = c(0, .3), nMax = 100)
    cases[[length(cases) + 1]] <- list(
      rates = one, alpha = alpha, sided = sided, type = type, efficacy = found$criticalValues,
      stops = t(power$rejectPerStage), expected = as.vector(power$averageSampleNumber)
    )
  }
}
futility <- list()
for (one in rates) for (binding in c(TRUE, FALSE)) for (shape in c("bsOF", "bsP", "bsHSD")) {
  found <- design(one, .025, 1, "asOF", beta = .1, beta_type = shape, beta_gamma = if (shape == "bsHSD") -2 else NA, binding = binding)
  futility[[length(futility) + 1]] <- list(
    rates = one, shape = shape, binding = binding, efficacy = found$criticalValues, futility = found$futilityBounds,
    drift = as.vector(getDesignCharacteristics(found)$shift)
  )
}
estimates <- list()
plan <- design((1:3) / 3, .025, 1, "asOF")
for (values in list(c(3.9), c(1, 2.7), c(-.5, 1.2, 2.2), c(1.4, 1.9, 1.1), c(.2, -.3, -1))) {
  # one sample with SD 1 and so many participants that differences between stages add nothing to the SD over all stages
  k <- length(values)
  score <- values * sqrt(1:k)
  means <- c(score[1], if (k > 1) diff(score)) / 1e3
  data <- getDataset(means = means, stDevs = rep(1, k), n = rep(1e6, k))
  found <- getAnalysisResults(plan, data, normalApproximation = TRUE, stage = k)
  estimates[[length(estimates) + 1]] <- list(
    scores = values, p = found$finalPValues[k], median = found$medianUnbiasedEstimates[k] * sqrt(3e6),
    low = found$finalConfidenceIntervalLowerBounds[k] * sqrt(3e6), high = found$finalConfidenceIntervalUpperBounds[k] * sqrt(3e6)
  )
}
cat(toJSON(list(
  versions = list(R = R.version.string, rpact = as.character(packageVersion("rpact"))),
  designs = cases, futility = futility, estimates = estimates
), digits = 12, auto_unbox = TRUE, pretty = FALSE, na = "null"))
