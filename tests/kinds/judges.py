"""Another program's p-value of each test: scipy's or statsmodels', one trial at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy import stats

from tests.slow_reml import slow_reml, unstructured
from tests.slow_wedge import columns, slow_wedge

Floats = np.ndarray


def _chi_square(arms: Sequence[Floats]) -> float:
    table = [[(arm == 0).sum(), (arm == 1).sum()] for arm in arms]
    return float(stats.chi2_contingency(table).pvalue)


def _fisher(arms: Sequence[Floats]) -> float:
    return float(stats.fisher_exact([[(arm == 1).sum(), (arm == 0).sum()] for arm in arms]).pvalue)


#: How long participants are followed in the scenarios of this room, and nobody leaves.
FOLLOWED = 1.0


def _log_rank(arms: Sequence[Floats]) -> float:
    from statsmodels.duration.survfunc import survdiff

    time = np.concatenate(arms)
    group = np.concatenate([np.full(len(one), k) for k, one in enumerate(arms)])
    return float(survdiff(time, (time < FOLLOWED).astype(int), group)[1])


def _columns(y: Sequence[Floats], x: Sequence[Floats]) -> tuple[Floats, Floats, Floats]:
    """Outcome, the baseline with a constant, and indicators of all arms but the first."""
    arm = np.concatenate([np.full(len(one), k) for k, one in enumerate(y)])
    groups = (arm[:, None] == np.arange(1, len(y))).astype(float)
    return np.concatenate(y), np.column_stack([np.ones(arm.size), np.concatenate(x)]), groups


def _ancova_pair(y: Sequence[Floats], x: Sequence[Floats], pair: tuple[int, int]) -> float:
    import statsmodels.api as sm

    outcome, base, groups = _columns(y, x)
    fit = sm.OLS(outcome, np.column_stack([base, groups])).fit()
    contrast = np.zeros(base.shape[1] + groups.shape[1])
    for arm, sign in zip(pair, (1, -1), strict=True):
        if arm:
            contrast[base.shape[1] + arm - 1] = sign
    return float(fit.t_test(contrast).pvalue)


def _of_factor(y: Sequence[Floats], x: Sequence[Floats] | None, sides: Sequence[int]) -> float:
    """Two factors of two levels, no interaction: the t-test of the one that separates the sides of the arms."""
    import statsmodels.api as sm

    arm = np.concatenate([np.full(len(one), k) for k, one in enumerate(y)])
    columns = [np.ones(arm.size), arm // 2, arm % 2] + ([] if x is None else [np.concatenate(x)])
    factor = 1 if set(sides[:2]) == {2, 3} else 2
    return float(sm.OLS(np.concatenate(y), np.column_stack(columns)).fit().pvalues[factor])


def _ancova_all(y: Sequence[Floats], x: Sequence[Floats]) -> float:
    import statsmodels.api as sm

    outcome, base, groups = _columns(y, x)
    return float(sm.OLS(outcome, np.column_stack([base, groups])).fit().compare_f_test(sm.OLS(outcome, base).fit())[1])


def _residual(y: Sequence[Floats], pair: tuple[int, int]) -> float:
    import statsmodels.api as sm

    _, _, groups = _columns(y, y)
    fit = sm.OLS(np.concatenate(y), np.column_stack([np.ones(len(groups)), groups])).fit()
    contrast = np.zeros(len(y))
    for arm, sign in zip(pair, (1, -1), strict=True):
        if arm:
            contrast[arm] = sign
    return float(fit.t_test(contrast).pvalue)


def _welch_anova(y: Sequence[Floats]) -> float:
    from statsmodels.stats.oneway import anova_oneway

    return float(anova_oneway(list(y), use_var="unequal", welch_correction=True).pvalue)


def _brunner_munzel(a: Floats, b: Floats) -> float:
    """By t: there is no other program for the permutations of small arms (tests/analysis/test_brunner_munzel.py)."""
    return float(stats.brunnermunzel(a, b).pvalue)


def _win_odds(a: Floats, b: Floats) -> float:
    """From the wins of every pair, on the logit scale, by t."""
    wins = (np.sign(a[:, None] - b) + 1) / 2
    chance, parts = wins.mean(), [wins.mean(axis=1), wins.mean(axis=0)]
    of_a, of_b = (one.var(ddof=1) / one.size for one in parts)
    df = (of_a + of_b) ** 2 / (of_a**2 / (len(a) - 1) + of_b**2 / (len(b) - 1))
    t = np.log(chance / (1 - chance)) * chance * (1 - chance) / np.sqrt(of_a + of_b)
    return float(2 * stats.t.sf(abs(t), df))


def _van_elteren(a: Floats, b: Floats, strata_a: Floats, strata_b: Floats) -> float:
    top = variance = 0.0
    for stratum in set(strata_a) & set(strata_b):
        x, y = a[strata_a == stratum], b[strata_b == stratum]
        n, rank = len(x) + len(y), stats.rankdata(np.concatenate([x, y]))
        top += (rank[: len(x)].sum() - len(x) * (n + 1) / 2) / (n + 1)
        variance += len(x) * len(y) / n * rank.var(ddof=1) / (n + 1) ** 2
    return float(2 * stats.norm.sf(abs(top) / np.sqrt(variance)))


def _jonckheere(y: Sequence[Floats]) -> float:
    """Without ties."""
    sizes = np.array([len(arm) for arm in y])
    n = sizes.sum()
    j = sum(stats.mannwhitneyu(y[k], y[i]).statistic for i in range(len(y)) for k in range(i + 1, len(y)))
    variance = (n**2 * (2 * n + 3) - (sizes**2 * (2 * sizes + 3)).sum()) / 72
    return float(2 * stats.norm.sf(abs(j - (n**2 - (sizes**2).sum()) / 4) / np.sqrt(variance)))


def _sign(values: Floats, null: float) -> float:
    above, below = int((values > null).sum()), int((values < null).sum())
    return float(stats.binomtest(above, above + below, 0.5).pvalue)


def _permutation(y: Sequence[Floats], address: Sequence[Floats], pair: tuple[int, int]) -> float:
    """The same permutations one by one: ``address`` has place, seed, replicate and number of permutations of each value."""
    from trialsim.numbers.draws import uniforms

    values = np.concatenate([y[k] for k in pair])
    place, seed, replicate, permutations = np.concatenate([address[k] for k in pair]).T.astype(int)
    observed, order = y[pair[0]].mean() - y[pair[1]].mean(), np.argsort(place)
    beyond = np.zeros(2)
    for k in range(permutations[0]):
        draws = uniforms(
            int(seed[0]),
            "permutation",
            replicates=range(replicate[0], replicate[0] + 1),
            participants=place.max() + 1,
            k=k,
        )[0]
        needed, chosen = len(y[pair[0]]), np.zeros(values.size, bool)
        for left, i in zip(range(values.size, 0, -1), order, strict=True):
            if draws[place[i]] * left < needed:
                chosen[i], needed = True, needed - 1
        found = values[chosen].mean() - values[~chosen].mean()
        beyond += [found >= observed - 1e-9, found <= observed + 1e-9]
    return float(min(1.0, 2 * (beyond.min() + 1) / (permutations[0] + 1)))


def _tukey(y: Sequence[Floats], pair: tuple[int, int]) -> float:
    return float(stats.tukey_hsd(*y).pvalue[pair])


def _games_howell(y: Sequence[Floats], pair: tuple[int, int]) -> float:
    welch = stats.ttest_ind(y[pair[0]], y[pair[1]], equal_var=False)
    return float(stats.studentized_range.sf(np.sqrt(2) * abs(welch.statistic), len(y), welch.df))


def _dunn(y: Sequence[Floats], pair: tuple[int, int]) -> float:
    rank = stats.rankdata(np.concatenate(y))
    by_arm = np.split(rank, np.cumsum([len(arm) for arm in y])[:-1])
    a, b = (by_arm[k] for k in pair)
    return float(2 * stats.norm.sf(abs(a.mean() - b.mean()) / np.sqrt(rank.var(ddof=1) * (1 / len(a) + 1 / len(b)))))


def _yes(arm: Floats) -> list[int]:
    return [int((arm == 1).sum()), int((arm == 0).sum())]


def _binomial(arm: Floats, null: float) -> float:
    return float(stats.binomtest(_yes(arm)[0], len(arm), null).pvalue)


def _mcnemar(changes: Floats) -> float:
    from statsmodels.stats.contingency_tables import mcnemar

    table = [[0, int((changes < 0).sum())], [int((changes > 0).sum()), int((changes == 0).sum())]]
    return float(mcnemar(table, exact=True).pvalue)


def _score(arms: Sequence[Floats], compare: str) -> float:
    """At no effect the three score tests are one; statsmodels has each."""
    from statsmodels.stats.proportion import score_test_proportions_2indep

    (xa, _), (xb, _) = (_yes(arm) for arm in arms)
    judged = score_test_proportions_2indep(xa, len(arms[0]), xb, len(arms[1]), compare=compare, correction=False)
    return float(judged.pvalue)


def _cmh(arms: Sequence[Floats], strata: Sequence[Floats]) -> float:
    from statsmodels.stats.contingency_tables import StratifiedTable

    tables = [[_yes(arm[own == s]) for arm, own in zip(arms, strata, strict=True)] for s in np.unique(strata[0])]
    return float(StratifiedTable([np.array(table, float) for table in tables]).test_null_odds().pvalue)


def _logistic(y: Sequence[Floats], x: Sequence[Floats], pair: tuple[int, int]) -> float:
    import statsmodels.api as sm

    outcome, base, groups = _columns([y[k] for k in pair[::-1]], [x[k] for k in pair[::-1]])
    return float(sm.Logit(outcome, np.column_stack([base, groups])).fit(disp=0, tol=1e-12).pvalues[-1])


def _proportional_odds(y: Sequence[Floats]) -> float:
    """By the likelihood ratio; the model without arms is that of the shares."""
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    outcome, _, groups = _columns(y, y)
    fit = OrderedModel(outcome, groups, distr="logit").fit(method="newton", disp=0, warn_convergence=False)
    count = np.unique(outcome, return_counts=True)[1]
    return float(stats.chi2.sf(2 * (fit.llf - (count * np.log(count / count.sum())).sum()), groups.shape[1]))


def ordinal_mixed_by_points(y: Sequence[Floats], spread: float = 1.0) -> tuple[float, float, float]:
    """The average of the visits by a slow form, its standard error, and the SD of the intercepts, looked for from ``spread`` on.

    The likelihood by 401 points evenly spaced, and scipy's root of its gradient.
    """
    from scipy.optimize import root

    arm = np.concatenate([np.full(len(one), k) for k, one in enumerate(y)])
    score = np.unique(np.concatenate(y), return_inverse=True)[1].reshape(len(arm), -1)
    visits, cuts = score.shape[1], score.max()
    u = np.linspace(-9, 9, 401)
    weight = np.exp(-0.5 * u**2) * (u[1] - u[0]) / np.sqrt(2 * np.pi)
    design = np.zeros((len(arm), visits, 2 * visits - 1))
    for v in range(visits):
        design[:, v, visits - 1 + v] = arm == 1
        if v:
            design[:, v, v - 1] = 1
    lower, upper = (score[..., None] + k == np.arange(1, cuts + 1) for k in (0, 1))

    def gradient(theta: Floats) -> Floats:
        base = (design @ theta[cuts:-1])[..., None] + theta[-1] * u  # people, visits, points
        at = np.r_[np.inf, theta[:cuts], -np.inf]
        own, above = (at[score + k][..., None] + base for k in (0, 1))
        with np.errstate(over="ignore"):
            f, rest = 1 / (1 + np.exp(-own)), 1 / (1 + np.exp(above))
        gap = -np.expm1(above - own)  # the chance is f (1 - g) gap, without cancellation
        joint = (f * rest * gap).prod(1) * weight
        joint /= joint.sum(1, keepdims=True)
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            by_own, by_above = (1 - f) / (rest * gap), -(1 - rest) / (f * gap)
        by_own, by_above = (np.where(joint[:, None] > 0, one, 0.0) for one in (by_own, by_above))
        moved = by_own + by_above
        of_cuts = np.einsum("ivp,ip,ivc->c", by_own, joint, lower) + np.einsum("ivp,ip,ivc->c", by_above, joint, upper)
        return np.r_[
            of_cuts, np.einsum("ivp,ip,ivq->q", moved, joint, design), np.einsum("ivp,ip,p->", moved, joint, u)
        ]

    share = [(score >= j).mean() for j in range(1, cuts + 1)]
    begin = np.r_[
        (np.log(share) - np.log1p(-np.array(share))) * (1 + 0.35 * spread**2) ** 0.5, np.zeros(2 * visits - 1), spread
    ]
    found = root(gradient, begin, tol=1e-12).x
    step = 1e-5
    hessian = np.array(
        [(gradient(found + step * e) - gradient(found - step * e)) / (2 * step) for e in np.eye(found.size)]
    )
    contrast = np.r_[np.zeros(cuts + visits - 1), np.full(visits, 1 / visits), 0]
    assert np.abs(gradient(found)).max() < 1e-7
    return (
        float(contrast @ found),
        float(np.sqrt(-contrast @ np.linalg.solve(hessian, contrast))),
        float(abs(found[-1])),
    )


def _ordinal_mixed(y: Sequence[Floats]) -> float:
    estimate, se, _ = ordinal_mixed_by_points(y)
    return float(2 * stats.norm.sf(abs(estimate / se)))


def _poisson(a: Floats, b: Floats) -> float:
    import statsmodels.api as sm

    y, _, groups = _columns([b, a], [b, a])
    fit = sm.GLM(y, np.column_stack([np.ones(len(y)), groups]), family=sm.families.Poisson()).fit(
        tol=1e-13, maxiter=200
    )
    return float(fit.pvalues[-1])


def _negative_binomial(a: Floats, b: Floats) -> float:
    """Means are those of the arms at any dispersion, so only that has to be found; the SE is that of the expected counts."""
    from scipy.optimize import brentq
    from scipy.special import digamma

    y, means = np.concatenate([a, b]), np.repeat([a.mean(), b.mean()], [len(a), len(b)])

    def slope(k: float) -> float:
        """Derivative of the log likelihood by the size k."""
        return float((digamma(y + k) - digamma(k) + np.log(k / (k + means)) + (means - y) / (k + means)).sum())

    dispersion = 1 / brentq(slope, 0.05, 100, xtol=1e-13)
    se = np.sqrt(sum((1 / one.mean() + dispersion) / len(one) for one in (a, b)))
    return float(2 * stats.norm.sf(abs(np.log(a.mean() / b.mean())) / se))


def _cox(a: Floats, b: Floats) -> float:
    import statsmodels.api as sm

    y, _, groups = _columns([b, a], [b, a])
    return float(sm.PHReg(y, groups, status=(y < FOLLOWED).astype(int), ties="efron").fit(tol=1e-13).pvalues[0])


#: The logarithm of the detection limit in the scenarios of this room.
LIMIT = float(np.log(4.5))


def _tobit(a: Floats, b: Floats) -> float:
    """Newton's method with derivatives by complex steps, in the mean of b, the difference and the logarithm of the SD."""
    from scipy.special import log_ndtr
    from statsmodels.tools.numdiff import approx_fprime_cs, approx_hess_cs

    y, arm = np.concatenate([a, b]), np.repeat([1.0, 0.0], [len(a), len(b)])

    def likelihood(theta: Floats) -> Floats:
        z = (y - theta[0] - theta[1] * arm) / np.exp(theta[2])
        return np.where(y > LIMIT, -0.5 * z**2 - theta[2], log_ndtr(z)).sum()

    theta = np.array([b.mean(), a.mean() - b.mean(), np.log(y.std())])
    for _ in range(30):
        theta = theta - np.linalg.solve(approx_hess_cs(theta, likelihood), approx_fprime_cs(theta, likelihood).ravel())
    se = np.sqrt(np.linalg.inv(-approx_hess_cs(theta, likelihood))[1, 1])
    return float(2 * stats.norm.sf(abs(theta[1] / se)))


def cr2(y: Floats, design: Floats, cluster: Floats) -> tuple[float, float, float]:
    """The last coefficient by least squares, its CR2 standard error and degrees of freedom, with whole matrices.

    Pustejovsky and Tipton 2018, doi:10.1080/07350015.2016.1247004, equations 4 to 12, for a working model of equal variances.
    """
    bread = np.linalg.inv(design.T @ design)
    rest = np.eye(len(y)) - design @ bread @ design.T
    beta = bread @ design.T @ y
    scores = []
    for one in np.unique(cluster):
        own = cluster == one
        values, vectors = np.linalg.eigh(rest[np.ix_(own, own)])
        root = (vectors * np.where(values > 1e-9, np.maximum(values, 1e-9) ** -0.5, 0.0)) @ vectors.T
        scores.append(rest[:, own] @ root @ design[own] @ bread[-1])
    scores = np.array(scores)
    inner = scores @ scores.T
    return beta[-1], float(np.sqrt(((scores @ y) ** 2).sum())), float(np.trace(inner) ** 2 / (inner**2).sum())


def _in_clusters(arms: Sequence[Floats], clusters: Sequence[Floats]) -> tuple[Floats, Floats, Floats]:
    """Values, intercept and arm, and clusters of arm a and b."""
    y, _, groups = _columns(arms[::-1], arms[::-1])
    return y, np.column_stack([np.ones(len(y)), groups]), np.concatenate(clusters[::-1])


def _cluster_robust(arms: Sequence[Floats], clusters: Sequence[Floats]) -> float:
    estimate, se, df = cr2(*_in_clusters(arms, clusters))
    return float(2 * stats.t.sf(abs(estimate / se), df))


def gee(y: Floats, design: Floats, groups: Floats, *, answers: bool = False) -> Any:
    """The estimating equations, of numbers or of yes and no; with independence where they have no correlation."""
    import warnings

    import statsmodels.api as sm

    family = sm.families.Binomial() if answers else sm.families.Gaussian()
    for correlation in (sm.cov_struct.Exchangeable(), sm.cov_struct.Independence()):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fit = sm.GEE(y, design, groups=groups, family=family, cov_struct=correlation).fit(
                cov_type="bias_reduced", ctol=1e-9, maxiter=500
            )
        rho = float(np.ravel(getattr(fit.cov_struct, "dep_params", 0.0) or 0.0)[0])
        if fit.converged and rho * (np.bincount(groups.astype(int)).max() - 1) > -1:
            return fit
    raise AssertionError("independence always converges")


def _gee(arms: Sequence[Floats], clusters: Sequence[Floats], *, answers: bool = False) -> float:
    """With clusters in one arm each, both coefficients are of clusters."""
    y, design, groups = _in_clusters(arms, clusters)
    fit = gee(y, design, groups, answers=answers)
    return float(2 * stats.t.sf(abs(fit.params[-1] / fit.bse[-1]), len(np.unique(groups)) - 2))


def _wedge(arms: Sequence[Floats], places: Sequence[Floats]) -> float:
    """Whole matrices, Kenward and Roger's standard error; the first arm is the one compared."""
    y, beside = np.concatenate(arms), np.concatenate(places)
    arm = np.repeat([1.0, 0.0], [len(one) for one in arms])
    fit = slow_wedge(y, columns(beside[:, 1], arm), beside[:, 0], beside[:, 1], site_periods=bool(beside[0, 2]))
    return float(2.0 * stats.t.sf(abs(fit.estimate) / fit.se_kr, fit.df))


def _cluster_t(arms: Sequence[Floats], clusters: Sequence[Floats]) -> float:
    means = [[arm[own == c].mean() for c in np.unique(own)] for arm, own in zip(arms, clusters, strict=True)]
    return float(stats.ttest_ind(*means).pvalue)


def _rm_interaction(arms: Sequence[Floats]) -> float:
    """Two visits: the interaction is the analysis of variance of the changes."""
    return float(stats.f_oneway(*[arm[:, 1] - arm[:, 0] for arm in arms]).pvalue)


def _bayes(a: Floats, b: Floats) -> float:
    """A vague prior: the normal likelihood around the difference, with Welch's standard error; P(effect < 0)."""
    welch = stats.ttest_ind(a, b, equal_var=False)
    return float(stats.norm.cdf(0.0, a.mean() - b.mean(), (a.mean() - b.mean()) / welch.statistic))


def _mean_of_visits(arms: Sequence[Floats]) -> float:
    """Without missing values the mean over the visits is compared as the means of the participants are."""
    return float(stats.ttest_ind(*[arm.mean(axis=1) for arm in arms]).pvalue)


def _constrained(arms: Sequence[Floats]) -> float:
    """Two visits, a mean of all at the first."""
    y = np.concatenate(arms)
    first = np.repeat([1.0, 0.0], [len(arm) for arm in arms])
    columns = [np.array([[1.0, 0.0, 0.0], [0.0, 1.0, one]]) for one in first]
    fit = slow_reml(list(y), columns, unstructured(2), np.array([1.0, 0.5, 1.0]), np.array([0.0, 0.0, 1.0]))
    return float(2.0 * stats.t.sf(abs(fit.estimate) / fit.se, fit.df))


def _in_three_periods(sequences: Sequence[Floats], pair: tuple[int, int]) -> float:
    """All six sequences of three arms, in the order of three-periods.yaml, which begin with the arms that are compared."""
    orders = ((0, 1, 2), (1, 2, 0), (2, 0, 1), (0, 2, 1), (1, 0, 2), (2, 1, 0))
    a, b = (orders[k][0] for k in pair)
    other = next(arm for arm in range(3) if arm not in (a, b))
    eye = np.eye(3)
    designs = [
        np.column_stack([np.ones(3), eye[1], eye[2], *(np.equal(order, m) for m in (other, a))]) for order in orders
    ]
    columns = [designs[k] for k, y in enumerate(sequences) for _ in y]
    both = np.ones((3, 3))
    fit = slow_reml(
        list(np.concatenate(sequences)), columns, lambda theta: theta[0] * both + theta[1] * eye, np.array([50.0, 50.0]),
        np.array([0.0, 0.0, 0.0, 0.0, 1.0]),
    )  # fmt: skip
    return float(2.0 * stats.t.sf(abs(fit.estimate) / fit.se, fit.df))


#: By test and what it compares: the p-value from the endpoint ``y`` of each arm, its baseline, strata or clusters ``x``, the
#: ``pair`` (a, b) and the ``null``.
#: By test and what it compares: the p-value from the endpoint ``y`` of each arm, its baseline, strata, clusters or draws ``x``,
#: the ``pair`` (a, b) and the ``null``.
Judge = Callable[[Sequence[Floats], Sequence[Floats], tuple[int, int], float], float]

JUDGES: dict[tuple[str, str], Judge] = {
    ("one-sample-t", "one"): lambda y, _x, _pair, null: stats.ttest_1samp(y[0], null).pvalue,
    ("paired-t", "one"): lambda y, _x, _pair, null: stats.ttest_rel(y[0], np.full_like(y[0], null)).pvalue,
    ("wilcoxon", "one"): lambda y, _x, _pair, null: stats.wilcoxon(y[0] - null).pvalue,
    ("sign", "one"): lambda y, _x, _pair, null: _sign(y[0], null),
    ("friedman", "one"): lambda y, _x, _pair, _null: stats.friedmanchisquare(*y[0].T).pvalue,
    ("t", "two"): lambda y, _x, pair, _null: stats.ttest_ind(y[pair[0]], y[pair[1]]).pvalue,
    ("welch", "two"): lambda y, _x, pair, _null: stats.ttest_ind(y[pair[0]], y[pair[1]], equal_var=False).pvalue,
    ("crossover-t", "two"): lambda y, _x, pair, _null: stats.ttest_ind(y[pair[0]] / 2, y[pair[1]] / 2).pvalue,
    ("crossover-mixed", "two"): lambda y, _x, pair, _null: _in_three_periods(y, pair),
    ("mann-whitney", "two"): lambda y, _x, pair, _null: stats.mannwhitneyu(y[pair[0]], y[pair[1]]).pvalue,
    ("brunner-munzel", "two"): lambda y, _x, pair, _null: _brunner_munzel(y[pair[0]], y[pair[1]]),
    ("win-odds", "two"): lambda y, _x, pair, _null: _win_odds(y[pair[0]], y[pair[1]]),
    ("van-elteren", "two"): lambda y, x, pair, _null: _van_elteren(*(y[k] for k in pair), *(x[k] for k in pair)),
    ("trimmed-mean", "two"): lambda y, x, pair, _null: (
        stats.ttest_ind(y[pair[0]], y[pair[1]], equal_var=False, trim=float(x[0][0])).pvalue
    ),
    ("permutation", "two"): lambda y, x, pair, _null: _permutation(y, x, pair),
    ("tukey", "two"): lambda y, _x, pair, _null: _tukey(y, pair),
    ("games-howell", "two"): lambda y, _x, pair, _null: _games_howell(y, pair),
    ("dunn", "two"): lambda y, _x, pair, _null: _dunn(y, pair),
    ("ancova", "two"): lambda y, x, pair, _null: _ancova_pair(y, x, pair),
    ("chi-square", "two"): lambda y, _x, pair, _null: _chi_square([y[k] for k in pair]),
    ("fisher", "two"): lambda y, _x, pair, _null: _fisher([y[k] for k in pair]),
    ("log-rank", "two"): lambda y, _x, pair, _null: _log_rank([y[k] for k in pair]),
    ("log-rank", "all"): lambda y, _x, _pair, _null: _log_rank(y),
    ("residual-t", "two"): lambda y, _x, pair, _null: _residual(y, pair),
    ("anova", "all"): lambda y, _x, _pair, _null: stats.f_oneway(*y).pvalue,
    ("welch-anova", "all"): lambda y, _x, _pair, _null: _welch_anova(y),
    ("kruskal-wallis", "all"): lambda y, _x, _pair, _null: stats.kruskal(*y).pvalue,
    ("jonckheere", "all"): lambda y, _x, _pair, _null: _jonckheere(y),
    ("ancova", "factor"): lambda y, x, sides, _null: _of_factor(y, x, sides),
    ("ancova", "all"): lambda y, x, _pair, _null: _ancova_all(y, x),
    ("binomial", "one"): lambda y, _x, _pair, null: _binomial(y[0], null),
    ("mcnemar", "one"): lambda y, _x, _pair, _null: _mcnemar(y[0]),
    ("risk-difference", "two"): lambda y, _x, pair, _null: _score([y[k] for k in pair], "diff"),
    ("risk-ratio", "two"): lambda y, _x, pair, _null: _score([y[k] for k in pair], "ratio"),
    ("odds-ratio", "two"): lambda y, _x, pair, _null: _score([y[k] for k in pair], "odds-ratio"),
    ("cmh", "two"): lambda y, x, pair, _null: _cmh([y[k] for k in pair], [x[k] for k in pair]),
    ("logistic", "two"): lambda y, x, pair, _null: _logistic(y, x, pair),
    ("proportional-odds", "two"): lambda y, _x, pair, _null: _proportional_odds([y[k] for k in pair]),
    ("proportional-odds", "all"): lambda y, _x, _pair, _null: _proportional_odds(y),
    ("ordinal-mixed", "two"): lambda y, _x, pair, _null: _ordinal_mixed([y[k] for k in pair[::-1]]),
    ("poisson", "two"): lambda y, _x, pair, _null: _poisson(*[y[k] for k in pair]),
    ("negative-binomial", "two"): lambda y, _x, pair, _null: _negative_binomial(*[y[k] for k in pair]),
    ("cox", "two"): lambda y, _x, pair, _null: _cox(*[y[k] for k in pair]),
    ("tobit", "two"): lambda y, _x, pair, _null: _tobit(*[y[k] for k in pair]),
    ("cluster-robust", "two"): lambda y, x, pair, _null: _cluster_robust([y[k] for k in pair], [x[k] for k in pair]),
    ("gee", "two"): lambda y, x, pair, _null: _gee([y[k] for k in pair], [x[k] for k in pair]),
    ("gee-logistic", "two"): lambda y, x, pair, _null: _gee([y[k] for k in pair], [x[k] for k in pair], answers=True),
    ("cluster-t", "two"): lambda y, x, pair, _null: _cluster_t([y[k] for k in pair], [x[k] for k in pair]),
    ("wedge-mixed", "two"): lambda y, x, pair, _null: _wedge([y[k] for k in pair], [x[k] for k in pair]),
    ("regression", "two"): lambda y, x, pair, _null: _ancova_pair(y, x, pair),
    ("regression", "factor"): lambda y, _x, sides, _null: _of_factor(y, None, sides),
    ("regression", "all"): lambda y, x, _pair, _null: _ancova_all(y, x),
    ("rm-anova", "all"): lambda y, _x, _pair, _null: _rm_interaction(y),
    ("mixed", "two"): lambda y, _x, pair, _null: _mean_of_visits([y[k] for k in pair]),
    ("mmrm", "two"): lambda y, x, pair, _null: _ancova_pair([one[:, -1] for one in y], x, pair),
    ("clda", "two"): lambda y, _x, pair, _null: _constrained([y[k] for k in pair]),
    ("bayes", "two"): lambda y, _x, pair, _null: _bayes(y[pair[0]], y[pair[1]]),
    ("chi-square", "all"): lambda y, _x, _pair, _null: _chi_square(y),
}
