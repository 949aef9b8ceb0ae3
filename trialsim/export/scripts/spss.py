"""Recipes in SPSS syntax: commands whose output shows the estimate and the p-value of the analysis."""

from __future__ import annotations

from collections.abc import Sequence

from trialsim.export.scripts.expressions import Language, NotWrittenError
from trialsim.export.scripts.rows import Needs, Recipes, ScriptRow, two_sided_only
from trialsim.kinds.tests.options import BY_LIKELIHOOD_RATIO, GREENHOUSE_GEISSER, INTERACTION

LANGUAGE = Language(
    column="{name}",
    log="LN({x})",
    within="RANGE({x}, {low}, {high})",
    both="({a}) AND ({b})",
    equal="{x} = {value}",
    differs="{x} NE {value}",
    below="({x}) < {value}",
    above="({x}) > {value}",
    size="ABS({x})",
    infinite="1E300",
)


def start(row: ScriptRow, *, only_pair: bool = False, divisor: str = "") -> list[str]:
    """The endpoint, and a filter of who is analyzed."""
    two_sided_only(row)
    if row.call.null:
        raise NotWrittenError("it tests another number than no effect")
    conditions = [row.who] if row.who else []
    if only_pair:
        a, b = row.pair
        conditions.append(f"ANY(arm, {a}, {b})")
    if row.asked.samples == "one" and row.asked.arms:
        conditions.append(f"arm = {row.asked.arms[0] + 1}")
    endpoint = f"({row.endpoint}){divisor}" if divisor else row.endpoint
    keep = " AND ".join(f"({one})" for one in conditions) or "1"
    return [f"COMPUTE y = {endpoint}.", f"COMPUTE keep = {keep}.", "FILTER BY keep."]


def _one_t(row: ScriptRow) -> Sequence[str]:
    null = row.call.null
    lines = start(_without_null(row))
    return [*lines, f"T-TEST /TESTVAL={LANGUAGE.number(null)} /VARIABLES=y."]


def _without_null(row: ScriptRow) -> ScriptRow:
    from dataclasses import replace

    return replace(row, call=replace(row.call, null=0.0))


def _friedman(row: ScriptRow) -> Sequence[str]:
    lines = start(row)
    visits = [f"COMPUTE v{place} = {one}." for place, one in enumerate(row.repeated, start=1)]
    names = " ".join(f"v{place}" for place in range(1, len(row.repeated) + 1))
    return [*lines, *visits, f"NPAR TESTS /FRIEDMAN={names}."]


def _t(row: ScriptRow, *, which: str, divisor: str = "") -> Sequence[str]:
    a, b = row.pair
    return [*start(row, divisor=divisor), f"* The line: {which}.", f"T-TEST GROUPS=arm({a} {b}) /VARIABLES=y."]


def _arms(row: ScriptRow, command: str) -> Sequence[str]:
    return [*start(row), command.format(last=row.arms)]


def _crosstabs(row: ScriptRow, *, which: str) -> Sequence[str]:
    lines = start(row, only_pair=row.asked.samples == "two")
    return [*lines, f"* The line: {which}.", "CROSSTABS /TABLES=arm BY y /STATISTICS=CHISQ /CELLS=COUNT ROW."]


def _dummies(row: ScriptRow, *, only_pair: bool) -> tuple[list[str], list[str]]:
    """Lines that make 0 and 1 of the arms, and what is adjusted for; and the names, the arm in question first."""
    lines, names = start(row, only_pair=only_pair), []
    a, b = row.pair
    for code in (a, *(one for one in range(1, row.arms + 1) if one not in (a, b))):
        if code == a or not only_pair:
            lines.append(f"COMPUTE g{code} = (arm = {code}).")
            names.append(f"g{code}")
    adjusted, more = _adjusted(row)
    return [*lines, *adjusted], [*names, *more]


def _adjusted(row: ScriptRow) -> tuple[list[str], list[str]]:
    lines = [f"COMPUTE x{place} = {text}." for place, text in enumerate(row.adjusted, start=1)]
    return lines, [f"x{place}" for place in range(1, len(lines) + 1)]


def _linear(row: ScriptRow) -> Sequence[str]:
    if row.asked.samples == "two":
        lines, names = _dummies(row, only_pair=False)
        wanted = f"* The line: {names[0]}, its B and Sig."
        return [*lines, wanted, f"REGRESSION /VARIABLES=y {' '.join(names)} /DEPENDENT=y /METHOD=ENTER."]
    lines = start(row)
    adjusted, more = _adjusted(row)
    if row.asked.samples == "all":
        beside = f" WITH {' '.join(more)}" if more else ""
        return [*lines, *adjusted, "* The line: arm.", f"UNIANOVA y BY arm{beside} /DESIGN={' '.join(more)} arm."]
    names = []
    for place, term in enumerate(row.call.terms, start=1):
        share = sum(w * term.weights[arm] for w, arm in zip(row.asked.weights, row.asked.arms, strict=True))
        scale = share or 1.0
        codes = " ".join(f"({k}={LANGUAGE.number(w / scale)})" for k, w in enumerate(term.weights, start=1))
        lines.append(f"RECODE arm {codes} INTO t{place}.")
        names.insert(0 if share else len(names), f"t{place}")
    wanted = f"* The line: {names[0]}, its B and Sig."
    return [
        *lines,
        *adjusted,
        wanted,
        f"REGRESSION /VARIABLES=y {' '.join([*names, *more])} /DEPENDENT=y /METHOD=ENTER.",
    ]


def _logistic(row: ScriptRow) -> Sequence[str]:
    if row.call.firth == "always" or row.call.by == BY_LIKELIHOOD_RATIO:
        raise NotWrittenError("its p-value is not Wald's, or it uses Firth's likelihood")
    lines, names = _dummies(row, only_pair=True)
    wanted = f"* The line: {names[0]}, its B and Sig."
    return [*lines, wanted, f"LOGISTIC REGRESSION VARIABLES y WITH {' '.join(names)} /CRITERIA=BCON(0.0000001)."]


def _ordinal(row: ScriptRow) -> Sequence[str]:
    if row.adjusted or row.asked.samples == "all" or row.call.by not in ("", BY_LIKELIHOOD_RATIO):
        raise NotWrittenError("PLUM gives the likelihood ratio of the whole model only")
    lines, names = _dummies(row, only_pair=True)
    wanted = "* The line: Model Fitting Information, Sig.; the estimate of the location."
    return [*lines, wanted, f"PLUM y WITH {names[0]} /LINK=LOGIT /PRINT=FIT PARAMETER SUMMARY."]


def _poisson(row: ScriptRow) -> Sequence[str]:
    lines, names = _dummies(row, only_pair=True)
    model = f"GENLIN y WITH {' '.join(names)} /MODEL {' '.join(names)} OFFSET=logdays DISTRIBUTION=POISSON LINK=LOG."
    return [*lines, f"COMPUTE logdays = LN({row.days}).", f"* The line: {names[0]}.", model]


def _log_rank(row: ScriptRow) -> Sequence[str]:
    lines = start(row, only_pair=row.asked.samples == "two")
    return [
        *lines,
        "* The p-value only.",
        f"KM y BY arm /STATUS={row.mark}(0) /PRINT=NONE /TEST=LOGRANK /COMPARE=OVERALL.",
    ]


def _repeated(row: ScriptRow) -> Sequence[str]:
    if row.call.sphericity != GREENHOUSE_GEISSER or row.call.at != INTERACTION:
        raise NotWrittenError("it asks for another line than visit * arm by Greenhouse and Geisser")
    lines = start(row)
    count = len(row.repeated)
    visits = [f"COMPUTE v{place} = {one}." for place, one in enumerate(row.repeated, start=1)]
    names = " ".join(f"v{place}" for place in range(1, count + 1))
    wanted = "* The line: visit * arm, Greenhouse-Geisser."
    return [
        *lines,
        *visits,
        wanted,
        f"GLM {names} BY arm /WSFACTOR=visit {count} POLYNOMIAL /WSDESIGN=visit /DESIGN=arm.",
    ]


_CORRECTED = Needs("has another p-value in SPSS, without correction for continuity")
_NONE = Needs("has no command in SPSS that gives the same estimate and p-value")
_LONG = Needs("takes the long table and MIXED, whose model is to be written by a person")

RECIPES: Recipes = {
    ("one-sample-t", "one"): _one_t,
    ("paired-t", "one"): _one_t,
    ("wilcoxon", "one"): _CORRECTED,
    ("sign", "one"): _CORRECTED,
    ("friedman", "one"): _friedman,
    ("t", "two"): lambda row: _t(row, which="Equal variances assumed"),
    ("welch", "two"): lambda row: _t(row, which="Equal variances not assumed"),
    ("crossover-t", "two"): lambda row: _t(row, which="Equal variances assumed", divisor=" / 2"),
    ("trimmed-mean", "two"): _NONE,
    ("permutation", "two"): _NONE,
    ("mann-whitney", "two"): _CORRECTED,
    ("brunner-munzel", "two"): _NONE,
    ("win-odds", "two"): _NONE,
    ("van-elteren", "two"): _NONE,
    ("anova", "all"): lambda row: _arms(row, "ONEWAY y BY arm /STATISTICS=DESCRIPTIVES."),
    ("welch-anova", "all"): lambda row: _arms(row, "ONEWAY y BY arm /STATISTICS=WELCH."),
    ("kruskal-wallis", "all"): lambda row: _arms(row, "NPAR TESTS /KRUSKAL-WALLIS=y BY arm(1 {last})."),
    ("jonckheere", "all"): lambda row: _arms(row, "NPAR TESTS /J-T=y BY arm(1 {last})."),
    ("ancova", "two"): _linear,
    ("ancova", "all"): _linear,
    ("ancova", "factor"): _linear,
    ("regression", "two"): _linear,
    ("regression", "all"): _linear,
    ("regression", "factor"): _linear,
    ("chi-square", "two"): lambda row: _crosstabs(row, which="Continuity Correction"),
    ("chi-square", "all"): lambda row: _crosstabs(row, which="Pearson Chi-Square"),
    ("fisher", "two"): lambda row: _crosstabs(row, which="Fisher's Exact Test, two-sided"),
    ("binomial", "one"): _NONE,
    ("mcnemar", "one"): Needs("takes two variables of yes or no and NPAR TESTS /MCNEMAR"),
    ("risk-difference", "two"): lambda row: _crosstabs(
        row, which="Pearson Chi-Square; the difference of the row percents"
    ),
    ("risk-ratio", "two"): lambda row: _crosstabs(row, which="Pearson Chi-Square; the ratio of the row percents"),
    ("odds-ratio", "two"): lambda row: _crosstabs(row, which="Pearson Chi-Square; the odds of the counts"),
    ("cmh", "two"): Needs("has a correction for continuity in SPSS"),
    ("logistic", "two"): _logistic,
    ("proportional-odds", "two"): _ordinal,
    ("proportional-odds", "all"): _ordinal,
    ("ordinal-mixed", "two"): _NONE,
    ("poisson", "two"): _poisson,
    ("negative-binomial", "two"): Needs("has a standard error of another kind in SPSS"),
    ("cox", "two"): Needs("takes Breslow's ties in SPSS"),
    ("tobit", "two"): _NONE,
    ("log-rank", "two"): _log_rank,
    ("log-rank", "all"): _log_rank,
    ("cluster-t", "two"): Needs("takes a table of cluster means, which AGGREGATE makes"),
    ("cluster-robust", "two"): _NONE,
    ("gee", "two"): _NONE,
    ("gee-logistic", "two"): _NONE,
    ("rm-anova", "all"): _repeated,
    ("mixed", "two"): _LONG,
    ("crossover-mixed", "two"): _LONG,
    ("wedge-mixed", "two"): _LONG,
    ("mmrm", "two"): _LONG,
    ("clda", "two"): _LONG,
    ("bayes", "two"): _NONE,
    ("python", "one"): Needs("is a Python function of the study's own"),
    ("python", "two"): Needs("is a Python function of the study's own"),
    ("residual-t", "two"): _linear,
    ("tukey", "two"): lambda row: _arms(row, "ONEWAY y BY arm /POSTHOC=TUKEY."),
    ("games-howell", "two"): lambda row: _arms(row, "ONEWAY y BY arm /POSTHOC=GH."),
    ("dunn", "two"): _NONE,
}
