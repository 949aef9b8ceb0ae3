"""A second opinion: the nearest closed form of the power of an analysis, and why the simulated power differs from it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.plan import BY_PROPORTION, Call, RowPlan
from trialsim.prepared import Study
from trialsim.scenario.resolve import ONE_SAMPLE
from trialsim.sizing import bounds, formulas
from trialsim.sizing.expected import Spread, covariance, positive_pair, spreads, superiority
from trialsim.sizing.gaps import reasons
from trialsim.sizing.varying import arm_sizes, averaged, eligible, offsets

Floats = NDArray[np.float64]

#: Odds ratios of all cuts within this of each other count as one.
PROPORTIONAL = 1e-6


@dataclass(frozen=True)
class Opinion:
    """A power by formula.

    Attributes
    ----------
    power : by the formula, at full delivery with nothing lost
    formula : its name
    source : where it stands
    n : participants in each arm that went in
    reasons : in words, what this study has and the formula does not know; last, how far the formula itself may be off
    """

    power: float
    formula: str
    source: str
    n: tuple[float, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class _Found:
    """A power; ``measured`` names the entry of the measured bounds where the formula is an approximation."""

    power: float
    formula: str
    source: str
    measured: str | None = None


@dataclass(frozen=True)
class _Case:
    """One row of the plan with what the declared levels say of it."""

    study: Study
    call: Call
    test: str
    pair: tuple[int, int] | None
    alpha: float
    arms: list[Spread]
    sizes: Floats


def second_opinion(study: Study, row: RowPlan, n: float | None = None) -> Opinion | None:
    """The nearest closed form for a row of the plan of a study with ``n`` participants in all (its own if not said).

    None where no formula comes near: subsets chosen by the outcome, percent changes of a normal outcome, arms too
    small for the degrees of freedom.
    """
    plan = study.analysis
    place = plan.rows.index(row)
    call = next(call for call in reversed(plan.calls) if call.first_row <= place)
    if call.choice.percent_change is not None:
        return None
    arms = spreads(study.response, call.endpoint)
    if arms is None:
        return None
    randomized = arm_sizes(study, n)
    sizes = randomized * eligible(study, call)
    test, pair, alpha = call.test, call.arms, call.alpha
    if place > call.first_row:
        assert call.pairs is not None
        test, pair = call.pairs.test, call.pairs.arms[place - call.first_row - 1]
        if test == "t":
            test = "ancova" if call.test == "ancova" else "pooled"
        if call.pairs.adjust != "none":
            alpha /= len(call.pairs.arms)
    case = _Case(study, call, test, pair, alpha, arms, sizes)
    found = _power(case)
    if found is None or not math.isfinite(found.power):
        return None
    power = found.power
    if test != "fisher":  # its exact power takes whole sizes
        power = averaged(lambda at: _power_at(case, at), sizes, offsets(study, call, randomized))
    why = reasons(study, call, test, pair)
    if found.measured is not None:
        smallest = min(sizes[list(pair)] if pair is not None else sizes)
        why = (*why, bounds.in_words(found.measured, float(smallest)))
    return Opinion(power, found.formula, found.source, tuple(sizes.tolist()), why)


def _power_at(case: _Case, sizes: Floats) -> float:
    found = _power(replace(case, sizes=sizes))
    return math.nan if found is None else found.power


def _power(case: _Case) -> _Found | None:
    if case.test in ONE_SAMPLE:
        return _one_sample(case)
    if case.pair is None:
        return _omnibus(case)
    if case.test == "ancova":
        return _ancova_pair(case)
    if case.test == "mann-whitney":
        return _mann_whitney(case)
    if case.test in BY_PROPORTION:
        return _proportions(case)
    return _means(case)


# ---------------------------------------------------------------- one sample


def _one_sample(case: _Case) -> _Found | None:
    """All arms together, as the test takes them."""
    n = float(case.sizes.sum())
    weights = case.sizes / n
    mean = float(sum(w * one.mean for w, one in zip(weights, case.arms, strict=True)))
    second = sum(w * (one.sd**2 + one.mean**2) for w, one in zip(weights, case.arms, strict=True))
    sd = math.sqrt(max(float(second) - mean**2, 0.0))
    if n <= 1 or sd == 0.0:
        return None
    told = {"alpha": case.alpha, "alternative": case.call.alternative}
    if case.test == "wilcoxon":
        if len(case.arms) > 1:
            return None
        chance = positive_pair(case.arms[0], case.call.null)
        power = formulas.signed_rank_power(chance, n, **told)  # type: ignore[arg-type]  # a map of two kinds
        measured = "signed ranks with ties" if case.arms[0].exact else "signed ranks"
        return _Found(power, "normal approximation of the signed rank test", "Noether 1987", measured)
    noncentrality = (mean - case.call.null) / sd * math.sqrt(n)
    power = formulas.t_power(noncentrality, n - 1, **told)  # type: ignore[arg-type]  # a map of two kinds
    return _Found(power, f"noncentral t, d = {(mean - case.call.null) / sd:.3f}", "Cohen 1988, chapter 2")


# ---------------------------------------------------------------- two arms


def _means(case: _Case) -> _Found | None:
    assert case.pair is not None
    a, b = case.pair
    na, nb = case.sizes[a], case.sizes[b]
    difference = case.arms[a].mean - case.arms[b].mean
    variance_a, variance_b = case.arms[a].sd ** 2, case.arms[b].sd ** 2
    told = {"alpha": case.alpha, "alternative": case.call.alternative}
    if min(na, nb) <= 1:
        return None
    if case.test == "welch":
        se2 = variance_a / na + variance_b / nb
        df = se2**2 / ((variance_a / na) ** 2 / (na - 1) + (variance_b / nb) ** 2 / (nb - 1))
        name, source = "noncentral t with Welch's degrees of freedom", "Welch 1947, doi:10.1093/biomet/34.1-2.28"
    else:
        which = range(len(case.arms)) if case.test == "pooled" else (a, b)
        df = sum(case.sizes[k] - 1 for k in which)
        pooled = sum((case.sizes[k] - 1) * case.arms[k].sd ** 2 for k in which) / df
        se2 = pooled * (1 / na + 1 / nb)
        name, source = f"noncentral t, d = {difference / math.sqrt(pooled):.3f}", "Cohen 1988, chapter 2"
    power = formulas.t_power(difference / math.sqrt(se2), float(df), **told)  # type: ignore[arg-type]  # two kinds
    return _Found(power, name, source, "welch" if case.test == "welch" else None)


def _mann_whitney(case: _Case) -> _Found:
    assert case.pair is not None
    a, b = case.pair
    na, nb = float(case.sizes[a]), float(case.sizes[b])
    x, y = case.arms[a], case.arms[b]
    alternative = case.call.alternative
    if not x.exact:
        power = formulas.noether_power(superiority(x, y), na, nb, alpha=case.alpha, alternative=alternative)
        return _Found(
            power, f"normal approximation, P(X > Y) = {superiority(x, y):.3f}",
            "Noether 1987, doi:10.1080/01621459.1987.10478478", "noether",
        )  # fmt: skip
    odds = _common_odds(x, y)
    if odds is not None:
        shares = (x.weights + y.weights) / 2
        power = formulas.whitehead_power(odds, shares, na, nb, alpha=case.alpha, alternative=alternative)
        name = f"proportional odds, odds ratio {math.exp(odds):.3g}"
        return _Found(power, name, "Whitehead 1993, doi:10.1002/sim.4780122404", "whitehead")
    values = np.union1d(x.values, y.values)
    shares = (na * _shares_at(x, values) + nb * _shares_at(y, values)) / (na + nb)
    chance = superiority(x, y)
    power = formulas.tied_rank_power(chance, shares, na, nb, alpha=case.alpha, alternative=alternative)
    return _Found(
        power, f"normal approximation with ties, P(X > Y) + P(X = Y)/2 = {chance:.3f}",
        "Zhao, Rahardja and Qu 2008, doi:10.1002/sim.2912", "tied ranks",
    )  # fmt: skip


def _shares_at(spread: Spread, values: Floats) -> Floats:
    found = np.zeros(len(values))
    found[np.searchsorted(values, spread.values)] = spread.weights
    return found


def _common_odds(x: Spread, y: Spread) -> float | None:
    """The log odds ratio of scoring higher in x, if it is the same at every cut."""
    if not np.array_equal(x.values, y.values) or len(x.values) < 2:
        return None
    p, q = np.cumsum(x.weights)[:-1], np.cumsum(y.weights)[:-1]
    if not ((p > 0) & (p < 1) & (q > 0) & (q < 1)).all():
        return None
    logs = np.log(q / (1 - q)) - np.log(p / (1 - p))
    return float(logs.mean()) if np.ptp(logs) < PROPORTIONAL else None


def _proportions(case: _Case) -> _Found | None:
    assert case.pair is not None
    a, b = case.pair
    x, y = case.arms[a], case.arms[b]
    if not (x.exact and y.exact):
        return None
    values = np.union1d(x.values, y.values)
    shares = np.stack([_shares_at(x, values), _shares_at(y, values)])
    na, nb = float(case.sizes[a]), float(case.sizes[b])
    if case.test == "fisher":
        if len(values) != 2 or na + nb > formulas.MOST_EXACT:
            return None
        power = formulas.fisher_power(
            float(shares[0, 1]), float(shares[1, 1]), round(na), round(nb), alpha=case.alpha,
            alternative=case.call.alternative,
        )  # fmt: skip
        return _Found(power, "exact: every possible table", "Fisher 1935; Casagrande et al. 1978")
    return _table(shares, np.array([na, nb]), case.alpha)


def _table(shares: Floats, sizes: Floats, alpha: float) -> _Found | None:
    noncentrality, df = formulas.table_noncentrality(shares, sizes)
    if df < 1:
        return None
    if df == 1 and shares.shape == (2, 2):
        pa, pb = shares[:, 1].tolist()
        power = formulas.corrected_power(pa, pb, *sizes.tolist(), alpha=alpha)
        source = "Fleiss, Tytun and Ury 1980, doi:10.2307/2529990"
        name = f"normal approximation of {pa:.3g} against {pb:.3g} with Yates's correction"
        return _Found(power, name, source, "corrected")
    power = formulas.chi_square_power(noncentrality, df, alpha=alpha)
    return _Found(power, "noncentral chi-square (large samples)", "Cohen 1988, chapter 7", "tables")


def _ancova_pair(case: _Case) -> _Found | None:
    assert case.pair is not None
    a, b = case.pair
    residual, rho = _residual(case)
    difference = case.arms[a].mean - case.arms[b].mean - _baseline_apart(case, a, b)
    if residual <= 0.0:
        return None
    noncentrality = difference / (residual * math.sqrt(1 / case.sizes[a] + 1 / case.sizes[b]))
    count = _covariates(case)
    power = formulas.ancova_t_power(
        noncentrality, float(case.sizes.sum()), arms=len(case.arms), covariates=count, alpha=case.alpha,
        alternative=case.call.alternative,
    )  # fmt: skip
    return _Found(power, _ancova_name(count, rho), "Borm et al. 2007, doi:10.1016/j.jclinepi.2007.02.006")


def _ancova_name(count: int, rho: float) -> str:
    """How the formula is called: with the correlation that matters where there is one baseline."""
    about = f", correlation {rho:.2f}" if rho else ""
    return f"ANCOVA over {'a random covariate' if count == 1 else f'{count} random covariates'}{about}"


def _covariates(case: _Case) -> int:
    return len(case.call.baselines) + len(case.call.covariates)


def _residual(case: _Case) -> tuple[float, float]:
    """SD of the endpoint given the baseline, pooled over the arms, and the correlation with it (0 without one)."""
    plan, call = case.study.response, case.call
    variance = float(np.average([one.sd**2 for one in case.arms], weights=case.sizes))
    if not call.baselines:
        return math.sqrt(variance), 0.0
    baselines = spreads(plan, call.baselines[0])
    assert baselines is not None  # a baseline is a plain value
    own = float(np.average([one.sd**2 for one in baselines], weights=case.sizes))
    both = [covariance(plan, call.endpoint, call.baselines[0], k) for k in range(len(case.arms))]
    rho = float(np.average(both, weights=case.sizes)) / math.sqrt(variance * own)
    return math.sqrt(variance * max(1 - rho**2, 0.0)), rho


def _baseline_apart(case: _Case, a: int, b: int) -> float:
    """What a declared difference at baseline takes away from the adjusted difference."""
    call = case.call
    if not call.baselines:
        return 0.0
    baselines = spreads(case.study.response, call.baselines[0])
    assert baselines is not None  # a baseline is a plain value
    gap = baselines[a].mean - baselines[b].mean
    if gap == 0.0:
        return 0.0
    own = float(np.average([one.sd**2 for one in baselines], weights=case.sizes))
    both = [covariance(case.study.response, call.endpoint, call.baselines[0], k) for k in range(len(case.arms))]
    return gap * float(np.average(both, weights=case.sizes)) / own


# ---------------------------------------------------------------- all arms


def _omnibus(case: _Case) -> _Found | None:
    arms, sizes = case.arms, case.sizes
    total, count = float(sizes.sum()), len(arms)
    if min(sizes) <= 1:
        return None
    means, variances = np.array([one.mean for one in arms]), np.array([one.sd**2 for one in arms])
    if case.test == "kruskal-wallis":
        return _kruskal(case)
    if case.test == "chi-square":
        values = np.unique(np.concatenate([one.values for one in arms]))
        if not all(one.exact for one in arms):
            return None
        return _table(np.stack([_shares_at(one, values) for one in arms]), sizes, case.alpha)
    if case.test == "welch-anova":
        weights = sizes / variances
        between = float((weights * (means - np.average(means, weights=weights)) ** 2).sum())
        tail = float(((1 - weights / weights.sum()) ** 2 / (sizes - 1)).sum())
        power = formulas.f_power(between, count - 1, (count**2 - 1) / (3 * tail), alpha=case.alpha)
        return _Found(
            power, "noncentral F with Welch's degrees of freedom", "Welch 1951, doi:10.1093/biomet/38.3-4.330",
            "welch-anova",
        )  # fmt: skip
    if case.test == "ancova":
        residual, rho = _residual(case)
        means = means - np.array([_baseline_apart(case, k, 0) for k in range(count)])
        if residual <= 0.0:
            return None
        between = _between(means, sizes) / residual**2
        power = formulas.ancova_f_power(between, total, arms=count, covariates=_covariates(case), alpha=case.alpha)
        return _Found(power, _ancova_name(_covariates(case), rho), "noncentral F integrated over the covariate")
    pooled = float(((sizes - 1) * variances).sum() / (total - count))
    power = formulas.f_power(_between(means, sizes) / pooled, count - 1, total - count, alpha=case.alpha)
    effect = math.sqrt(_between(means, sizes) / total / pooled)
    return _Found(power, f"noncentral F, f = {effect:.3f}", "Cohen 1988, chapter 8")


def _between(means: Floats, sizes: Floats) -> float:
    """Sum of squares between the arms."""
    return float((sizes * (means - np.average(means, weights=sizes)) ** 2).sum())


def _kruskal(case: _Case) -> _Found:
    arms, sizes = case.arms, case.sizes
    weights = sizes / sizes.sum()
    relative = np.array([sum(w * superiority(x, y) for w, y in zip(weights, arms, strict=True)) for x in arms])
    shares = None
    if all(one.exact for one in arms):
        values = np.unique(np.concatenate([one.values for one in arms]))
        shares = sum((w * _shares_at(one, values) for w, one in zip(weights, arms, strict=True)), np.zeros(len(values)))
    noncentrality = formulas.kruskal_noncentrality(relative, sizes, shares)
    power = formulas.chi_square_power(noncentrality, len(arms) - 1, alpha=case.alpha)
    return _Found(
        power, "noncentral chi-square", "Fan, Zhang and Zhang 2011, doi:10.1111/j.1541-0420.2010.01407.x", "kruskal",
    )  # fmt: skip
