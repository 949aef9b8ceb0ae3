"""Recipes in Python: numpy, pandas and scipy; statsmodels where a model is fitted by iteration."""

from __future__ import annotations

from collections.abc import Sequence

from trialsim.export.scripts.expressions import Language, NotWrittenError
from trialsim.export.scripts.rows import Needs, Recipes, ScriptRow, two_sided_only
from trialsim.kinds.tests.options import BY_LIKELIHOOD_RATIO, BY_T, BY_WALD

LANGUAGE = Language(
    column='d["{name}"]',
    log="np.log({x}.where({x} > 0))",
    within="within({x}, {low}, {high})",
    both="{a} & {b}",
    equal="({x} == {value})",
    differs="({x} != {value})",
    below="(({x}) < {value})",
    above="(({x}) > {value})",
    size="abs({x})",
    infinite="np.inf",
)


def start(row: ScriptRow) -> list[str]:
    """The endpoint, and who is analyzed."""
    who = f" & {row.who}" if row.who else ""
    return [f"y = {row.endpoint}", f"keep = y.notna(){who}"]


def _one(row: ScriptRow) -> list[str]:
    arm = f' & (d["arm"] == {row.asked.arms[0] + 1})' if row.asked.arms else ""
    lines = start(row)
    return [lines[0], lines[1] + arm, "x = y[keep].to_numpy(float)"]


def _two(row: ScriptRow) -> list[str]:
    a, b = row.pair
    return [
        *start(row), f'a = y[keep & (d["arm"] == {a})].to_numpy(float)', f'b = y[keep & (d["arm"] == {b})].to_numpy(float)',
    ]  # fmt: skip


def _all(row: ScriptRow) -> list[str]:
    return [*start(row), 'arms = [one.to_numpy(float) for _, one in y[keep].groupby(d.loc[keep, "arm"])]']


def _side(row: ScriptRow) -> str:
    return f'alternative="{row.call.alternative}"'


def _one_t(row: ScriptRow) -> Sequence[str]:
    test = f"p = stats.ttest_1samp(x, {LANGUAGE.number(row.call.null)}, {_side(row)}).pvalue"
    return [*_one(row), "estimate = x.mean()", test]


def _wilcoxon(row: ScriptRow) -> Sequence[str]:
    null = LANGUAGE.number(row.call.null)
    return [
        *_one(row), f"everyone, x = x, x[x != {null}]  # zeros are dropped", f"size = abs(x - {null})",
        "exact = len(everyone) <= 50 and len(x) == len(everyone) and len(np.unique(size)) == len(size)",
        f'p = stats.wilcoxon(x - {null}, {_side(row)}, method="exact" if exact else "asymptotic", correction=not exact).pvalue',
        "estimate = np.median(((x[:, None] + x) / 2)[np.triu_indices(len(x))])",
    ]  # fmt: skip


def _sign(row: ScriptRow) -> Sequence[str]:
    null = LANGUAGE.number(row.call.null)
    test = f"p = stats.binomtest(int((x > {null}).sum()), int((x != {null}).sum()), 0.5, {_side(row)}).pvalue"
    return [*_one(row), "estimate = np.median(x)", test]


def _friedman(row: ScriptRow) -> Sequence[str]:
    if row.who or row.asked.arms:
        raise NotWrittenError("it takes only some of the participants")
    visits = ", ".join(row.repeated)
    return [
        f"m = pd.concat([{visits}], axis=1).dropna().to_numpy(float)", "estimate = np.nan",
        "p = stats.friedmanchisquare(*m.T).pvalue",
    ]  # fmt: skip


def _t(row: ScriptRow, equal: str, divisor: str = "") -> Sequence[str]:
    test = f"p = stats.ttest_ind(a{divisor}, b{divisor}, equal_var={equal}, {_side(row)}).pvalue"
    return [*_two(row), f"estimate = a.mean(){divisor} - b.mean(){divisor}", test]


def _trimmed(row: ScriptRow) -> Sequence[str]:
    trim = LANGUAGE.number(row.call.trim)
    return [
        *_two(row), f"estimate = stats.trim_mean(a, {trim}) - stats.trim_mean(b, {trim})",
        f"p = stats.ttest_ind(a, b, equal_var=False, trim={trim}, {_side(row)}).pvalue",
    ]  # fmt: skip


#: P(A > B), with ties counted half.
_CHANCE = "estimate = ((np.sign(a[:, None] - b) + 1) / 2).mean()"


def _mann_whitney(row: ScriptRow) -> Sequence[str]:
    return [
        *_two(row), "exact = min(len(a), len(b)) <= 8 and len(np.unique([*a, *b])) == len(a) + len(b)",
        f'p = stats.mannwhitneyu(a, b, {_side(row)}, method="exact" if exact else "asymptotic").pvalue', _CHANCE,
    ]  # fmt: skip


def _brunner_munzel(row: ScriptRow) -> Sequence[str]:
    if row.call.by != BY_T:
        raise NotWrittenError("goes by permutation in small arms, which scipy does not")
    side = {"two-sided": "two-sided", "less": "greater", "greater": "less"}[row.call.alternative]
    return [*_two(row), f'p = stats.brunnermunzel(a, b, alternative="{side}").pvalue', _CHANCE]


def _of_all(row: ScriptRow, test: str) -> Sequence[str]:
    two_sided_only(row)
    return [*_all(row), "estimate = np.nan", f"p = {test}.pvalue"]


def _columns(row: ScriptRow, *, only_pair: bool, beside: str = "") -> list[str]:
    """A frame f of y, the arm, what is adjusted for and ``beside``, without missing values."""
    parts = ['"y": y', '"arm": d["arm"]', *(f'"x{n}": {text}' for n, text in enumerate(row.adjusted, start=1))]
    parts += [beside] if beside else []
    lines = [*start(row), f"f = pd.DataFrame({{{', '.join(parts)}}})[keep].dropna().astype(float)"]
    if only_pair:
        a, b = row.pair
        lines.append(f'f = f[f["arm"].isin([{a}, {b}])]')
    return lines


def _names(row: ScriptRow) -> list[str]:
    return [f"x{n}" for n in range(1, len(row.adjusted) + 1)]


def _linear(row: ScriptRow) -> Sequence[str]:
    lines = _columns(row, only_pair=False)
    if row.asked.samples == "factor":
        weights = ", ".join(f"[{', '.join(LANGUAGE.number(one) for one in term.weights)}]" for term in row.call.terms)
        lines += [
            f"terms = np.array([{weights}]).T  # arms by terms",
            f"x = np.column_stack([terms[f['arm'].astype(int) - 1], f[{_names(row)!r}]])",
        ]
        places = ", ".join(str(one) for one in row.asked.arms)
        asked = ", ".join(LANGUAGE.number(one) for one in row.asked.weights)
        lines.append(
            f"contrast = np.concatenate([np.array([{asked}]) @ terms[[{places}]], np.zeros({len(row.adjusted)})])"
        )
    else:
        first = row.pair[1] if row.asked.samples == "two" else 1
        lines += [f"groups = [one for one in np.unique(f['arm']) if one != {first}]",
                  f"x = np.column_stack([*(f['arm'] == one for one in groups), f[{_names(row)!r}]])"]  # fmt: skip
        if row.asked.samples == "two":
            lines.append(
                f"contrast = np.array([*(float(one == {row.pair[0]}) for one in groups), *[0.0] * {len(row.adjusted)}])"
            )
        else:
            two_sided_only(row)
            return [*lines, "estimate = np.nan", f"p = f_test(f['y'], x, x[:, len(groups):])"]  # noqa: F541  # braces of the script
    return [*lines, "estimate, se, df = contrast_of(f['y'], x, contrast)", *_wald(row, "stats.t(df)")]


def _wald(row: ScriptRow, distribution: str) -> list[str]:
    null = LANGUAGE.number(row.call.null) if row.call.null else "0"
    return [f'p = tail({distribution}, (estimate - {null}) / se, "{row.call.alternative}")']


def _table(row: ScriptRow) -> list[str]:
    return [*_two(row), "counts = np.array([[(one == 1).sum(), (one == 0).sum()] for one in (a, b)])"]


def _chi_square(row: ScriptRow) -> Sequence[str]:
    two_sided_only(row)
    return [*_table(row), "estimate = a.mean() - b.mean()", "p = stats.chi2_contingency(counts).pvalue"]


def _chi_square_all(row: ScriptRow) -> Sequence[str]:
    two_sided_only(row)
    counts = "counts = np.array([[(one == value).sum() for value in np.unique(y[keep])] for one in arms])"
    return [*_all(row), counts, "estimate = np.nan", "p = stats.chi2_contingency(counts, correction=False).pvalue"]


def _fisher(row: ScriptRow) -> Sequence[str]:
    test = f"p = stats.fisher_exact(counts, {_side(row)}).pvalue"
    return [*_table(row), "estimate = a.mean() - b.mean()", test]


def _score(row: ScriptRow, estimate: str) -> Sequence[str]:
    """At no effect the score tests of difference, ratio and odds ratio are the same: chi-square without correction."""
    if row.call.null:
        raise NotWrittenError("its score test is against another number than no effect")
    return [
        *_table(row), f"estimate = {estimate}", "share = np.concatenate([a, b]).mean()",
        "z = (a.mean() - b.mean()) / np.sqrt(share * (1 - share) * (1 / len(a) + 1 / len(b)))",
        f'p = tail(stats.norm, z, "{row.call.alternative}")',
    ]  # fmt: skip


def _binomial(row: ScriptRow) -> Sequence[str]:
    test = f"p = stats.binomtest(int(x.sum()), len(x), {LANGUAGE.number(row.call.null)}, {_side(row)}).pvalue"
    return [*_one(row), "estimate = x.mean()", test]


def _mcnemar(row: ScriptRow) -> Sequence[str]:
    test = f"p = stats.binomtest(int((x == 1).sum()), int((x != 0).sum()), 0.5, {_side(row)}).pvalue"
    return [*_one(row), "estimate = x.mean()", test]


def _cmh(row: ScriptRow) -> Sequence[str]:
    two_sided_only(row)
    a, b = row.pair
    return [
        "from statsmodels.stats.contingency_tables import StratifiedTable", *start(row),
        f'f = pd.DataFrame({{"y": y, "arm": d["arm"]}})[keep & d["arm"].isin([{a}, {b}])]',
        f"parts = [one for _, one in f.groupby([s[f.index] for s in [{', '.join(row.strata)}]]) if len(one) > 1]",
        f"counts = [[[((one.arm == k) & (one.y == v)).sum() for v in (1, 0)] for k in ({a}, {b})] for one in parts]",
        "table = StratifiedTable([np.array(one, float) for one in counts])", "estimate = table.logodds_pooled",
        "p = table.test_null_odds(correction=False).pvalue",
    ]  # fmt: skip


def _design(row: ScriptRow, beside: str = "") -> list[str]:
    """The frame of two arms and a design: a constant, the arm, what is adjusted for."""
    lines = _columns(row, only_pair=True, beside=beside)
    return [
        *lines,
        f"x = np.column_stack([np.ones(len(f)), f['arm'] == {row.pair[0]}, f[{_names(row)!r}]]).astype(float)",
    ]


def _logistic(row: ScriptRow) -> Sequence[str]:
    if row.call.firth == "always":
        raise NotWrittenError("it uses Firth's likelihood, which statsmodels does not have")
    return _glm(row, "sm.families.Binomial()", "")


def _glm(row: ScriptRow, family: str, offset: str, beside: str = "") -> Sequence[str]:
    lines = ["import statsmodels.api as sm", *_design(row, beside)]
    lines += [
        f"fit = sm.GLM(f['y'], x, {family}{offset}).fit(tol=1e-13, maxiter=200)",
        "estimate, se = fit.params.iloc[1], fit.bse.iloc[1]",
    ]
    if row.call.by == BY_LIKELIHOOD_RATIO:
        two_sided_only(row)
        less = f"less = sm.GLM(f['y'], np.delete(x, 1, axis=1), {family}{offset}).fit(tol=1e-13, maxiter=200)"
        return [*lines, less, "p = stats.chi2.sf(2 * (fit.llf - less.llf), 1)"]
    return [*lines, *_wald(row, "stats.norm")]


def _poisson(row: ScriptRow) -> Sequence[str]:
    return _glm(row, "sm.families.Poisson()", ", offset=np.log(f['days'])", f'"days": {row.days}')


def _cox(row: ScriptRow) -> Sequence[str]:
    fit = "fit = PHReg(f['y'], x[:, 1:], (f['mark'] == 0).astype(int), ties='efron').fit()"
    lines = ["from statsmodels.duration.hazard_regression import PHReg", *_design(row, f'"mark": {row.mark}'), fit]
    return [*lines, "estimate, se = fit.params[0], fit.bse[0]", *_wald(row, "stats.norm")]


def _log_rank(row: ScriptRow) -> Sequence[str]:
    two_sided_only(row)
    pair = row.asked.samples == "two"
    lines = [
        "from statsmodels.duration.survfunc import survdiff",
        *_columns(row, only_pair=pair, beside=f'"mark": {row.mark}'),
    ]
    lines.append("p = survdiff(f['y'], (f['mark'] == 0).astype(int), f['arm'])[1]")
    if not pair:
        return [*lines, "estimate = np.nan"]
    a, b = row.pair
    return [
        *lines, "died = f[f['mark'] == 0]", "top = bottom = 0.0  # Mantel and Haenszel's hazard ratio",
        "for now in np.unique(died['y']):",
        f"    na, nb = (((f['arm'] == k) & (f['y'] >= now)).sum() for k in ({a}, {b}))",
        f"    da, db = (((died['arm'] == k) & (died['y'] == now)).sum() for k in ({a}, {b}))",
        "    top, bottom = top + da * nb / (na + nb), bottom + db * na / (na + nb)", "estimate = np.log(top / bottom)",
    ]  # fmt: skip


def _ordinal(row: ScriptRow) -> Sequence[str]:
    if row.call.by not in ("", BY_LIKELIHOOD_RATIO, BY_WALD):
        raise NotWrittenError("its p-value is by score")
    lines = [
        "from statsmodels.miscmodels.ordinal_model import OrderedModel", *_design(row), "fit_ordinal = lambda x: OrderedModel(",
        "    pd.Categorical(f['y'], ordered=True).codes, x, distr='logit').fit(method='bfgs', gtol=1e-9, maxiter=999, disp=0)",
        "fit = fit_ordinal(x[:, 1:])", "estimate, se = fit.params[0], fit.bse[0]",
    ]  # fmt: skip
    if row.call.by == BY_WALD:
        return [*lines, *_wald(row, "stats.norm")]
    two_sided_only(row)
    if row.adjusted:
        return [*lines, "p = stats.chi2.sf(2 * (fit.llf - fit_ordinal(x[:, 2:]).llf), 1)"]
    return [
        *lines, "shares = f['y'].value_counts()", "alone = (shares * np.log(shares / len(f))).sum()",
        "p = stats.chi2.sf(2 * (fit.llf - alone), 1)",
    ]  # fmt: skip


def _cluster_t(row: ScriptRow) -> Sequence[str]:
    a, b = row.pair
    return [
        *start(row), f'f = pd.DataFrame({{"y": y, "arm": d["arm"], "cluster": {row.cluster}}})[keep]',
        'm = f.groupby("cluster").mean()', f'a, b = (m.loc[m["arm"] == k, "y"] for k in ({a}, {b}))',
        "estimate = a.mean() - b.mean()", f"p = stats.ttest_ind(a, b, {_side(row)}).pvalue",
    ]  # fmt: skip


def _bayes(row: ScriptRow) -> Sequence[str]:
    mean, sd = (LANGUAGE.number(one) for one in row.call.prior)
    return [
        *_two(row), "v = a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)", f"share = {sd}**2 / ({sd}**2 + v)",
        f"estimate, se = share * (a.mean() - b.mean()) + (1 - share) * {mean}, np.sqrt(share * v)", *_wald(row, "stats.norm"),
    ]  # fmt: skip


def _tukey(row: ScriptRow) -> Sequence[str]:
    return [
        *_all(row), *_two(row)[2:], "estimate = a.mean() - b.mean()", "df = sum(map(len, arms)) - len(arms)",
        "s = sum(((one - one.mean()) ** 2).sum() for one in arms) / df",
        "q = abs(estimate) / np.sqrt(s * (1 / len(a) + 1 / len(b)) / 2)", "p = stats.studentized_range.sf(q, len(arms), df)",
    ]  # fmt: skip


def _games_howell(row: ScriptRow) -> Sequence[str]:
    return [
        *_two(row), "va, vb = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)", "estimate = a.mean() - b.mean()",
        "df = (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1))",
        f"p = stats.studentized_range.sf(abs(estimate) / np.sqrt((va + vb) / 2), {row.arms}, df)",
    ]  # fmt: skip


def _dunn(row: ScriptRow) -> Sequence[str]:
    a, b = row.pair
    return [
        *_two(row), _CHANCE, "r = y[keep].rank(); n = len(r); ties = y[keep].value_counts()",
        "v = n * (n + 1) / 12 - (ties**3 - ties).sum() / (12 * (n - 1))",
        f'ra, rb = (r[d.loc[r.index, "arm"] == k] for k in ({a}, {b}))',
        "p = 2 * stats.norm.sf(abs(ra.mean() - rb.mean()) / np.sqrt(v * (1 / len(a) + 1 / len(b))))",
    ]  # fmt: skip


_OWN = Needs("has no function in scipy or statsmodels")

RECIPES: Recipes = {
    ("one-sample-t", "one"): _one_t,
    ("paired-t", "one"): _one_t,
    ("wilcoxon", "one"): _wilcoxon,
    ("sign", "one"): _sign,
    ("friedman", "one"): _friedman,
    ("t", "two"): lambda row: _t(row, "True"),
    ("welch", "two"): lambda row: _t(row, "False"),
    ("crossover-t", "two"): lambda row: _t(row, "True", " / 2"),
    ("trimmed-mean", "two"): _trimmed,
    ("permutation", "two"): Needs("takes draws of its own, which no other program has"),
    ("mann-whitney", "two"): _mann_whitney,
    ("brunner-munzel", "two"): _brunner_munzel,
    ("win-odds", "two"): _OWN,
    ("van-elteren", "two"): _OWN,
    ("anova", "all"): lambda row: _of_all(row, "stats.f_oneway(*arms)"),
    ("welch-anova", "all"): lambda row: [
        "from statsmodels.stats.oneway import anova_oneway",
        *_of_all(row, 'anova_oneway(arms, use_var="unequal", welch_correction=True)'),
    ],
    ("kruskal-wallis", "all"): lambda row: _of_all(row, "stats.kruskal(*arms)"),
    ("jonckheere", "all"): _OWN,
    ("ancova", "two"): _linear,
    ("ancova", "all"): _linear,
    ("ancova", "factor"): _linear,
    ("regression", "two"): _linear,
    ("regression", "all"): _linear,
    ("regression", "factor"): _linear,
    ("chi-square", "two"): _chi_square,
    ("chi-square", "all"): _chi_square_all,
    ("fisher", "two"): _fisher,
    ("binomial", "one"): _binomial,
    ("mcnemar", "one"): _mcnemar,
    ("risk-difference", "two"): lambda row: _score(row, "a.mean() - b.mean()"),
    ("risk-ratio", "two"): lambda row: _score(row, "np.log(a.mean() / b.mean())"),
    ("odds-ratio", "two"): lambda row: _score(row, "np.log(a.mean() / (1 - a.mean()) / (b.mean() / (1 - b.mean())))"),
    ("cmh", "two"): _cmh,
    ("logistic", "two"): _logistic,
    ("proportional-odds", "two"): _ordinal,
    ("proportional-odds", "all"): Needs("is written for two arms"),
    ("ordinal-mixed", "two"): _OWN,
    ("poisson", "two"): _poisson,
    ("negative-binomial", "two"): Needs("has another standard error in statsmodels (observed information)"),
    ("cox", "two"): _cox,
    ("tobit", "two"): _OWN,
    ("log-rank", "two"): _log_rank,
    ("log-rank", "all"): _log_rank,
    ("cluster-t", "two"): _cluster_t,
    ("cluster-robust", "two"): _OWN,
    ("gee", "two"): Needs("has other degrees of freedom in statsmodels"),
    ("gee-logistic", "two"): Needs("has other degrees of freedom in statsmodels"),
    ("rm-anova", "all"): Needs("has no corrected degrees of freedom in statsmodels"),
    ("mixed", "two"): Needs("has no such degrees of freedom in statsmodels"),
    ("crossover-mixed", "two"): Needs("has no such degrees of freedom in statsmodels"),
    ("wedge-mixed", "two"): Needs("has no such degrees of freedom in statsmodels"),
    ("mmrm", "two"): _OWN,
    ("clda", "two"): _OWN,
    ("bayes", "two"): _bayes,
    ("python", "one"): Needs("is a Python function of the study's own"),
    ("python", "two"): Needs("is a Python function of the study's own"),
    ("residual-t", "two"): _linear,
    ("tukey", "two"): _tukey,
    ("games-howell", "two"): _games_howell,
    ("dunn", "two"): _dunn,
}
