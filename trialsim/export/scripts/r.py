"""Recipes in R: base and recommended packages only."""

from __future__ import annotations

from collections.abc import Sequence

from trialsim.export.scripts.expressions import Language, NotWrittenError
from trialsim.export.scripts.rows import Needs, Recipes, ScriptRow, two_sided_only
from trialsim.kinds.tests.options import BY_LIKELIHOOD_RATIO, BY_WALD

LANGUAGE = Language(
    column="d${name}",
    log="log(ifelse({x} > 0, {x}, NA))",
    within="as.numeric({x} >= {low} & {x} <= {high})",
    both="{a} & {b}",
    equal="{x} == {value}",
    differs="{x} != {value}",
    below="{x} < {value}",
    above="{x} > {value}",
    size="abs({x})",
    infinite="Inf",
)

ALTERNATIVE = {"two-sided": "two.sided", "less": "less", "greater": "greater"}


def start(row: ScriptRow) -> list[str]:
    """The endpoint, and who is analyzed."""
    who = f" & {row.who}" if row.who else ""
    return [f"y <- {row.endpoint}", f"keep <- which(!is.na(y){who})"]


def _one(row: ScriptRow) -> list[str]:
    arms = f" & d$arm == {row.asked.arms[0] + 1}" if row.asked.arms else ""
    lines = start(row)
    return [lines[0], lines[1][:-1] + arms + ")", "x <- y[keep]"]


def _two(row: ScriptRow) -> list[str]:
    a, b = row.pair
    return [*start(row), f"a <- y[keep][d$arm[keep] == {a}]", f"b <- y[keep][d$arm[keep] == {b}]"]


def _all(row: ScriptRow) -> list[str]:
    return [*start(row), "g <- factor(d$arm[keep])", "y <- y[keep]"]


def _side(row: ScriptRow) -> str:
    return f'alternative = "{ALTERNATIVE[row.call.alternative]}"'


def _one_t(row: ScriptRow) -> Sequence[str]:
    test = f"test <- t.test(x, mu = {LANGUAGE.number(row.call.null)}, {_side(row)})"
    return [*_one(row), test, "estimate <- mean(x)", "p <- test$p.value"]


def _wilcoxon(row: ScriptRow) -> Sequence[str]:
    null = LANGUAGE.number(row.call.null)
    return [
        *_one(row), f"all_values <- x; x <- x[x != {null}]  # zeros are dropped",
        f"exact <- length(all_values) <= 50 && length(x) == length(all_values) && !anyDuplicated(abs(x - {null}))",
        f"test <- wilcox.test(x, mu = {null}, {_side(row)}, exact = exact, correct = TRUE)",
        'walsh <- outer(x, x, "+") / 2', "estimate <- median(walsh[upper.tri(walsh, diag = TRUE)])", "p <- test$p.value",
    ]  # fmt: skip


def _sign(row: ScriptRow) -> Sequence[str]:
    null = LANGUAGE.number(row.call.null)
    test = f"test <- binom.test(sum(x > {null}), sum(x != {null}), {_side(row)})"
    return [*_one(row), test, "estimate <- median(x)", "p <- test$p.value"]


def _friedman(row: ScriptRow) -> Sequence[str]:
    lines = [f"m <- cbind({', '.join(row.repeated)})", "m <- m[complete.cases(m), ]"]
    if row.who or row.asked.arms:
        raise NotWrittenError("it takes only some of the participants")
    return [*lines, "test <- friedman.test(m)", "estimate <- NA", "p <- test$p.value"]


def _t(row: ScriptRow, equal: str, divisor: str = "") -> Sequence[str]:
    test = f"test <- t.test(a{divisor}, b{divisor}, var.equal = {equal}, {_side(row)})"
    return [*_two(row), test, f"estimate <- mean(a{divisor}) - mean(b{divisor})", "p <- test$p.value"]


def _mann_whitney(row: ScriptRow) -> Sequence[str]:
    return [
        *_two(row), "exact <- min(length(a), length(b)) <= 8 && !anyDuplicated(c(a, b))",
        f"test <- wilcox.test(a, b, {_side(row)}, exact = exact, correct = TRUE)",
        "estimate <- unname(test$statistic) / (length(a) * length(b))  # P(A > B), ties counted half", "p <- test$p.value",
    ]  # fmt: skip


def _of_all(row: ScriptRow, test: str) -> Sequence[str]:
    two_sided_only(row)
    return [*_all(row), f"test <- {test}", "estimate <- NA", "p <- test$p.value"]


def _model(row: ScriptRow, *, only_pair: bool) -> list[str]:
    """Data of a regression: y, g, and x1, x2, ... in a frame f without missing values; of two arms or of all."""
    lines = start(row)
    columns = [
        "y = y",
        "g = factor(d$arm)",
        *(f"x{place} = {text}" for place, text in enumerate(row.adjusted, start=1)),
    ]
    lines.append(f"f <- data.frame({', '.join(columns)})[keep, , drop = FALSE]")
    lines.append("f <- f[complete.cases(f), , drop = FALSE]")
    if row.asked.samples == "two":
        a, b = row.pair
        if only_pair:
            lines.append(f"f <- f[f$g %in% c({a}, {b}), , drop = FALSE]")
        lines.append(f'f$g <- relevel(droplevels(f$g), ref = "{b}")')
    return lines


def _terms(row: ScriptRow) -> str:
    return "".join(f" + x{place}" for place in range(1, len(row.adjusted) + 1))


def _linear(row: ScriptRow) -> Sequence[str]:
    if row.asked.samples == "factor":
        return _factor(row)
    lines = _model(row, only_pair=False)
    if row.asked.samples == "all":
        x = _terms(row).removeprefix(" + ") or "1"
        fits = [f"full <- lm(y ~ g{_terms(row)}, f)", f"less <- lm(y ~ {x}, f)"]
        return [*lines, *fits, "estimate <- NA", 'p <- anova(less, full)[2, "Pr(>F)"]']
    fit = [f"fit <- lm(y ~ g{_terms(row)}, f)", f'line <- coef(summary(fit))["g{row.pair[0]}", ]']
    return [*lines, *fit, *_wald("pt(t, fit$df.residual)", "pt(t, fit$df.residual, lower.tail = FALSE)", row)]


def _factor(row: ScriptRow) -> Sequence[str]:
    """The effect of a term: the sum of its weights times the means of the arms, in a model of every term."""
    lines = _model(row, only_pair=False)
    columns = []
    for place, term in enumerate(row.call.terms, start=1):
        weights = ", ".join(LANGUAGE.number(one) for one in term.weights)
        lines.append(f"f$t{place} <- c({weights})[as.integer(as.character(f$g))]  # {term.name}")
        columns.append(f"t{place}")
    places = ", ".join(str(one + 1) for one in row.asked.arms)
    weights = ", ".join(LANGUAGE.number(one) for one in row.asked.weights)
    matrix = "; ".join(f"c({', '.join(LANGUAGE.number(one) for one in term.weights)})" for term in row.call.terms)
    lines += [
        f"fit <- lm(y ~ {' + '.join(columns)}{_terms(row)}, f)",
        f"terms <- cbind({matrix.replace('; ', ', ')})",
        f"k <- drop(c({weights}) %*% terms[c({places}), , drop = FALSE])",
        "k <- c(0, k, rep(0, length(coef(fit)) - 1 - length(k)))",
        "line <- c(sum(k * coef(fit)), sqrt(drop(t(k) %*% vcov(fit) %*% k)))",
    ]
    return [*lines, *_wald("pt(t, fit$df.residual)", "pt(t, fit$df.residual, lower.tail = FALSE)", row)]


def _wald(below: str, above: str, row: ScriptRow) -> list[str]:
    """Estimate and p from an estimate and its standard error."""
    sides = {"two-sided": f"2 * min({below}, {above})", "less": below, "greater": above}
    null = LANGUAGE.number(row.call.null) if row.call.null else "0"
    return ["estimate <- unname(line[1])", f"t <- (estimate - {null}) / unname(line[2])",
            f"p <- {sides[row.call.alternative]}"]  # fmt: skip


def _normal(row: ScriptRow) -> list[str]:
    return _wald("pnorm(t)", "pnorm(t, lower.tail = FALSE)", row)


def _table(row: ScriptRow) -> list[str]:
    return [*_two(row), "counts <- rbind(c(sum(a == 1), sum(a == 0)), c(sum(b == 1), sum(b == 0)))"]


def _chi_square(row: ScriptRow) -> Sequence[str]:
    two_sided_only(row)
    test = "test <- suppressWarnings(chisq.test(counts, correct = TRUE))"
    return [*_table(row), test, "estimate <- mean(a) - mean(b)", "p <- test$p.value"]


def _fisher(row: ScriptRow) -> Sequence[str]:
    test = f"test <- fisher.test(counts, {_side(row)})"
    return [*_table(row), test, "estimate <- mean(a) - mean(b)", "p <- test$p.value"]


def _score(row: ScriptRow, estimate: str) -> Sequence[str]:
    """At no effect the score tests of difference, ratio and odds ratio are the same: chi-square without correction."""
    if row.call.null:
        raise NotWrittenError("its score test is against another number than no effect")
    test = f"test <- suppressWarnings(prop.test(counts, correct = FALSE, {_side(row)}))"
    return [*_table(row), test, f"estimate <- {estimate}", "p <- test$p.value"]


def _binomial(row: ScriptRow) -> Sequence[str]:
    test = f"test <- binom.test(sum(x), length(x), {LANGUAGE.number(row.call.null)}, {_side(row)})"
    return [*_one(row), test, "estimate <- mean(x)", "p <- test$p.value"]


def _mcnemar(row: ScriptRow) -> Sequence[str]:
    test = f"test <- binom.test(sum(x == 1), sum(x != 0), {_side(row)})"
    return [*_one(row), test, "estimate <- mean(x)", "p <- test$p.value"]


def _cmh(row: ScriptRow) -> Sequence[str]:
    a, b = row.pair
    lines = start(row)
    strata = f"interaction({', '.join(row.strata)}, drop = TRUE)"
    return [
        *lines, f"keep <- keep[d$arm[keep] %in% c({a}, {b})]",
        f"counts <- table(factor(d$arm[keep], c({a}, {b})), factor(y[keep], c(1, 0)), droplevels({strata}[keep]))",
        "counts <- counts[, , apply(counts, 3, sum) > 1, drop = FALSE]",
        f"test <- mantelhaen.test(counts, correct = FALSE, {_side(row)})", "estimate <- log(unname(test$estimate))",
        "p <- test$p.value",
    ]  # fmt: skip


def _logistic(row: ScriptRow) -> Sequence[str]:
    if row.call.firth == "always":
        raise NotWrittenError("it uses Firth's likelihood, which needs the package logistf")
    return _glm(row, "binomial", "")


def _glm(row: ScriptRow, family: str, offset: str) -> Sequence[str]:
    lines = _model(row, only_pair=True)
    fit = f"fit <- glm(y ~ g{_terms(row)}{offset}, {family}, f, control = glm.control(epsilon = 1e-12, maxit = 100))"
    lines += [fit, f'line <- coef(summary(fit))["g{row.pair[0]}", ]']
    if row.call.by == BY_LIKELIHOOD_RATIO:
        two_sided_only(row)
        return [*lines, "estimate <- unname(line[1])", 'p <- drop1(fit, ~ g, test = "LRT")["g", "Pr(>Chi)"]']
    return [*lines, *_normal(row)]


def _counts(row: ScriptRow) -> list[str]:
    """The frame of a rate: with the logarithm of the days."""
    lines = _model(row, only_pair=True)
    return [line.replace("data.frame(y = y", f"data.frame(days = {row.days}, y = y") for line in lines]


def _poisson(row: ScriptRow) -> Sequence[str]:
    fit = f"fit <- glm(y ~ g{_terms(row)} + offset(log(days)), poisson, f, control = glm.control(epsilon = 1e-12, maxit = 100))"
    return [*_counts(row), fit, f'line <- coef(summary(fit))["g{row.pair[0]}", ]', *_normal(row)]


def _negative_binomial(row: ScriptRow) -> Sequence[str]:
    fit = (f"fit <- MASS::glm.nb(y ~ g{_terms(row)} + offset(log(days)), f, "
           "control = glm.control(epsilon = 1e-12, maxit = 200))")  # fmt: skip
    return [*_counts(row), fit, f'line <- coef(summary(fit))["g{row.pair[0]}", ]', *_normal(row)]


def _ordinal(row: ScriptRow) -> Sequence[str]:
    lines = [*_model(row, only_pair=row.asked.samples == "two"), "f$y <- factor(f$y, ordered = TRUE)"]
    x = _terms(row).removeprefix(" + ") or "1"
    control = "Hess = TRUE, control = list(reltol = 1e-15)"
    lines.append(f"fit <- MASS::polr(y ~ g{_terms(row)}, f, {control})")
    estimate = "estimate <- NA"
    if row.asked.samples == "two":
        estimate = f'estimate <- unname(coef(fit)["g{row.pair[0]}"])'
    if row.call.by in ("", BY_LIKELIHOOD_RATIO):
        two_sided_only(row)
        less = f"less <- MASS::polr(y ~ {x}, f, {control})"
        lr = "p <- pchisq(less$deviance - fit$deviance, length(coef(fit)) - length(coef(less)), lower.tail = FALSE)"
        return [*lines, less, estimate, lr]
    if row.call.by == BY_WALD and row.asked.samples == "two":
        return [*lines, f'line <- coef(summary(fit))["g{row.pair[0]}", ]', *_normal(row)]
    raise NotWrittenError("its p-value is by score, or by Wald's statistic of all arms, which polr does not give")


def _cox(row: ScriptRow) -> Sequence[str]:
    fit = (f"fit <- survival::coxph(survival::Surv(y, as.numeric(mark == 0)) ~ g{_terms(row)}, f, "
           "control = survival::coxph.control(eps = 1e-10))")  # fmt: skip
    lines = [*_marked(_model(row, only_pair=True), row), fit, f'line <- coef(summary(fit))["g{row.pair[0]}", c(1, 3)]']
    return [*lines, *_normal(row)]


def _marked(lines: list[str], row: ScriptRow) -> list[str]:
    return [line.replace("data.frame(y = y", f"data.frame(mark = {row.mark}, y = y") for line in lines]


def _log_rank(row: ScriptRow) -> Sequence[str]:
    lines = _marked(_model(row, only_pair=row.asked.samples == "two"), row)
    test = "test <- survival::survdiff(survival::Surv(y, as.numeric(mark == 0)) ~ g, f)"
    if row.asked.samples == "all":
        p = "p <- pchisq(test$chisq, length(test$n) - 1, lower.tail = FALSE)"
        return [*lines, test, "estimate <- NA", p]
    below, above = "pnorm(t)", "pnorm(t, lower.tail = FALSE)"
    sides = {"two-sided": f"2 * min({below}, {above})", "less": below, "greater": above}
    return [
        *lines, test, "t <- (test$obs[2] - test$exp[2]) / sqrt(test$var[2, 2])",
        "times <- sort(unique(f$y[f$mark == 0]))  # Mantel and Haenszel's hazard ratio",
        "first <- f$g == levels(f$g)[2]",
        "na <- sapply(times, function(now) sum(f$y[first] >= now)); nb <- sapply(times, function(now) sum(f$y[!first] >= now))",
        "da <- sapply(times, function(now) sum(f$y[first & f$mark == 0] == now))",
        "db <- sapply(times, function(now) sum(f$y[!first & f$mark == 0] == now))",
        "estimate <- log(sum(da * nb / (na + nb)) / sum(db * na / (na + nb)))",
        f"p <- {sides[row.call.alternative]}",
    ]  # fmt: skip


def _tobit(row: ScriptRow) -> Sequence[str]:
    fit = (
        f'fit <- survival::survreg(survival::Surv(y, mark == 0, type = "left") ~ g{_terms(row)}, f, dist = "gaussian",'
    )
    lines = _marked(_model(row, only_pair=True), row)
    control = "  control = survival::survreg.control(rel.tolerance = 1e-12, maxiter = 100))"
    line = f'line <- summary(fit)$table["g{row.pair[0]}", ]'
    return [*lines, fit, control, line, *_normal(row)]


def _cluster_t(row: ScriptRow) -> Sequence[str]:
    a, b = row.pair
    lines = start(row)
    return [
        *lines, f"keep <- keep[d$arm[keep] %in% c({a}, {b})]",
        f"m <- aggregate(data.frame(y = y[keep], arm = d$arm[keep]), list(cluster = {row.cluster}[keep]), mean)",
        f"test <- t.test(m$y[m$arm == {a}], m$y[m$arm == {b}], var.equal = TRUE, {_side(row)})",
        "estimate <- unname(test$estimate[1] - test$estimate[2])", "p <- test$p.value",
    ]  # fmt: skip


def _bayes(row: ScriptRow) -> Sequence[str]:
    mean, sd = row.call.prior
    return [
        *_two(row), "v <- var(a) / length(a) + var(b) / length(b)",
        f"share <- {LANGUAGE.number(sd)}^2 / ({LANGUAGE.number(sd)}^2 + v)",
        f"line <- c(share * (mean(a) - mean(b)) + (1 - share) * {LANGUAGE.number(mean)}, sqrt(share * v))", *_normal(row),
    ]  # fmt: skip


def _residual_t(row: ScriptRow) -> Sequence[str]:
    return _linear(row)


def _tukey(row: ScriptRow) -> Sequence[str]:
    a, b = row.pair
    lines = [
        *_all(row),
        "fit <- aov(y ~ g)",
        f'm <- tapply(y, g, mean); n <- tapply(y, g, length); a <- "{a}"; b <- "{b}"',
    ]
    return [
        *lines, "estimate <- unname(m[a] - m[b])", "s <- sqrt(deviance(fit) / fit$df.residual * (1 / n[a] + 1 / n[b]) / 2)",
        "p <- unname(ptukey(abs(estimate) / s, nlevels(g), fit$df.residual, lower.tail = FALSE))",
    ]  # fmt: skip


def _games_howell(row: ScriptRow) -> Sequence[str]:
    return [
        *_two(row), "va <- var(a) / length(a); vb <- var(b) / length(b)", "estimate <- mean(a) - mean(b)",
        "df <- (va + vb)^2 / (va^2 / (length(a) - 1) + vb^2 / (length(b) - 1))",
        f"p <- ptukey(abs(estimate) / sqrt((va + vb) / 2), {row.arms}, df, lower.tail = FALSE)",
    ]  # fmt: skip


def _dunn(row: ScriptRow) -> Sequence[str]:
    a, b = row.pair
    return [
        *_all(row), "r <- rank(y); n <- length(y); ties <- table(y)",
        "v <- (n * (n + 1) / 12 - sum(ties^3 - ties) / (12 * (n - 1)))",
        f"a <- r[g == {a}]; b <- r[g == {b}]",
        "t <- (mean(a) - mean(b)) / sqrt(v * (1 / length(a) + 1 / length(b)))",
        f"estimate <- mean(outer(y[g == {a}], y[g == {b}], function(i, j) (sign(i - j) + 1) / 2))",
        "p <- 2 * pnorm(-abs(t))",
    ]  # fmt: skip


RECIPES: Recipes = {
    ("one-sample-t", "one"): _one_t,
    ("paired-t", "one"): _one_t,
    ("wilcoxon", "one"): _wilcoxon,
    ("sign", "one"): _sign,
    ("friedman", "one"): _friedman,
    ("t", "two"): lambda row: _t(row, "TRUE"),
    ("welch", "two"): lambda row: _t(row, "FALSE"),
    ("crossover-t", "two"): lambda row: _t(row, "TRUE", " / 2"),
    ("trimmed-mean", "two"): Needs("needs a package for Yuen's test, such as WRS2"),
    ("permutation", "two"): Needs("takes draws of its own, which no other program has"),
    ("mann-whitney", "two"): _mann_whitney,
    ("brunner-munzel", "two"): Needs("needs a package, such as brunnermunzel"),
    ("win-odds", "two"): Needs("needs a package, such as WINS"),
    ("van-elteren", "two"): Needs("needs a package, such as coin"),
    ("anova", "all"): lambda row: _of_all(row, "oneway.test(y ~ g, var.equal = TRUE)"),
    ("welch-anova", "all"): lambda row: _of_all(row, "oneway.test(y ~ g)"),
    ("kruskal-wallis", "all"): lambda row: _of_all(row, "kruskal.test(y, g)"),
    ("jonckheere", "all"): Needs("needs a package, such as clinfun"),
    ("ancova", "two"): _linear,
    ("ancova", "all"): _linear,
    ("ancova", "factor"): _linear,
    ("regression", "two"): _linear,
    ("regression", "all"): _linear,
    ("regression", "factor"): _linear,
    ("chi-square", "two"): _chi_square,
    ("chi-square", "all"): lambda row: _of_all(row, "suppressWarnings(chisq.test(table(g, y), correct = FALSE))"),
    ("fisher", "two"): _fisher,
    ("binomial", "one"): _binomial,
    ("mcnemar", "one"): _mcnemar,
    ("risk-difference", "two"): lambda row: _score(row, "mean(a) - mean(b)"),
    ("risk-ratio", "two"): lambda row: _score(row, "log(mean(a) / mean(b))"),
    ("odds-ratio", "two"): lambda row: _score(row, "qlogis(mean(a)) - qlogis(mean(b))"),
    ("cmh", "two"): _cmh,
    ("logistic", "two"): _logistic,
    ("proportional-odds", "two"): _ordinal,
    ("proportional-odds", "all"): _ordinal,
    ("ordinal-mixed", "two"): Needs("needs a package, such as ordinal"),
    ("poisson", "two"): _poisson,
    ("negative-binomial", "two"): _negative_binomial,
    ("cox", "two"): _cox,
    ("tobit", "two"): _tobit,
    ("log-rank", "two"): _log_rank,
    ("log-rank", "all"): _log_rank,
    ("cluster-t", "two"): _cluster_t,
    ("cluster-robust", "two"): Needs("needs a package, such as clubSandwich"),
    ("gee", "two"): Needs("needs a package, such as geepack"),
    ("gee-logistic", "two"): Needs("needs a package, such as geepack"),
    ("rm-anova", "all"): Needs("needs a package for its corrected degrees of freedom, such as afex"),
    ("mixed", "two"): Needs("needs a package for its degrees of freedom, such as lmerTest"),
    ("crossover-mixed", "two"): Needs("needs a package for its degrees of freedom, such as lmerTest"),
    ("wedge-mixed", "two"): Needs("needs a package for its degrees of freedom, such as lmerTest"),
    ("mmrm", "two"): Needs("needs a package for its degrees of freedom, such as mmrm"),
    ("clda", "two"): Needs("needs a package for its degrees of freedom, such as mmrm"),
    ("bayes", "two"): _bayes,
    ("python", "one"): Needs("is a Python function of the study's own"),
    ("python", "two"): Needs("is a Python function of the study's own"),
    ("residual-t", "two"): _residual_t,
    ("tukey", "two"): _tukey,
    ("games-howell", "two"): _games_howell,
    ("dunn", "two"): _dunn,
}
