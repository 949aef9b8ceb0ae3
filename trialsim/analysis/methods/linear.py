"""Analysis of covariance: arms and covariates, one common slope for each covariate.

Estimand: the mean difference a - b at equal covariates. Complete cases: a participant with a missing outcome or a
missing covariate is left out.

A covariate that is constant, or is a linear function of those before it, is left out of the model, as ``lm`` in R does; if the
arms themselves are a function of the covariates the test has no estimate, and has failed. If the covariates explain
the outcome exactly, an adjusted difference of 0 has p 1 and no interval; any other has failed ("no spread").
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trialsim.analysis import formulas
from trialsim.analysis.cross_moments import CrossMoments
from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.case import Case, Power
from trialsim.analysis.methods.dunnett_adjusted import dunnett_adjusted
from trialsim.analysis.methods.means import between_arms
from trialsim.analysis.methods.method import ClosedForm, Method, Methods
from trialsim.analysis.methods.spreads import unequal_sds
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import (
    EMPTY_ARM,
    SINGULAR,
    TOO_FEW,
    BoolArray,
    FloatArray,
    Rows,
    first_reason,
    scaled,
)
from trialsim.analysis.tails import ROUNDING, f_rows, t_rows

PIVOT = 1e-12  # a covariate whose variance given the others is below this share is a function of them
FLAT = 1e-13  # a residual below this share of the outcome's sum of squares is rounding error
ALIASED = 1e-9  # a difference between arms below this share of the covariate's size counts as 0


def _factor(gram: FloatArray) -> tuple[list[list[FloatArray]], BoolArray]:
    """Cholesky factor of (R, P, P) written out row by row; true (R, P) where a covariate follows from those before it.

    Elementwise over replicates, so that the result of one replicate cannot depend on its neighbors.
    """
    size = gram.shape[1]
    lower: list[list[FloatArray]] = []
    dropped = np.zeros(gram.shape[:2], dtype=np.bool_)
    for i in range(size):
        row: list[FloatArray] = []
        for j in range(i):
            rest = gram[:, i, j] - sum((row[q] * lower[j][q] for q in range(j)), start=np.zeros(gram.shape[0]))
            row.append(np.where(dropped[:, j], 0.0, rest / lower[j][j]))
        pivot = gram[:, i, i] - sum((row[q] ** 2 for q in range(i)), start=np.zeros(gram.shape[0]))
        dropped[:, i] = ~(pivot > PIVOT * gram[:, i, i])
        row.append(np.sqrt(np.maximum(pivot, 0.0)))
        lower.append(row)
    return lower, dropped


def _rests(lower: list[list[FloatArray]], vector: FloatArray, dropped: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Solve L u = v for (R, P): then u'u is v' G^-1 v for the gram matrix G = L L' of the covariates that are kept.

    Also the rest of each part of v before the division: for a dropped covariate this must be 0.
    """
    out, rests = np.empty_like(vector), np.empty_like(vector)
    for i, row in enumerate(lower):
        rest = vector[:, i] - sum((row[q] * out[:, q] for q in range(i)), start=np.zeros(vector.shape[0]))
        rests[:, i] = rest
        out[:, i] = np.where(dropped[:, i], 0.0, rest / row[i])
    return out, rests


@dataclass(frozen=True)
class _Fit:
    """Residual sum of squares (R,) of the last column on the others, their factor, the whitened products, who is dropped."""

    sse: FloatArray
    lower: list[list[FloatArray]]
    product: FloatArray
    dropped: BoolArray


def _residual(gram: FloatArray) -> _Fit:
    lower, dropped = _factor(gram[:, :-1, :-1])
    product, _ = _rests(lower, gram[:, :-1, -1], dropped)
    return _Fit(gram[:, -1, -1] - (product**2).sum(axis=1), lower, product, dropped)


def _aliased(m: CrossMoments, rests: FloatArray, dropped: BoolArray) -> BoolArray:
    """(R,) whether a dropped covariate differs between arms: then the arms are a function of the covariates."""
    with np.errstate(all="ignore"):
        size = np.abs(np.where(np.isnan(m.mean), 0.0, m.mean)).max(axis=1)[:, :-1]
        spread = np.sqrt(np.einsum("rpp->rp", m.within)[:, :-1])
    return np.asarray((dropped & (np.abs(rests) > ALIASED * np.maximum(size, spread))).any(axis=1))


def _df(m: CrossMoments, dropped: BoolArray) -> FloatArray:
    covariates = m.mean.shape[2] - 1 - dropped.sum(axis=1)
    return np.asarray(m.n.sum(axis=1) - (m.n > 0).sum(axis=1) - covariates, dtype=np.float64)


def _tiny(m: CrossMoments) -> FloatArray:
    """(R,) size of rounding errors of an adjusted difference."""
    return np.asarray(np.maximum(_rounding(m), np.sqrt(FLAT * np.maximum(m.within[:, -1, -1], 0.0))))


def _rounding(m: CrossMoments) -> FloatArray:
    return np.asarray(ROUNDING * np.abs(np.where(np.isnan(m.mean[:, :, -1]), 0.0, m.mean[:, :, -1])).max(axis=1))


def _rest(m: CrossMoments, sse: FloatArray, df: FloatArray) -> FloatArray:
    """(R,) the residual sum of squares, 0 where it is rounding error: the outcome lies exactly on the fitted planes."""
    error = np.maximum(FLAT * m.within[:, -1, -1], df * _rounding(m) ** 2)
    return np.where(sse > error, sse, 0.0)


def adjusted_gaps(m: CrossMoments, pairs: Sequence[tuple[int, int]]) -> FloatArray:
    """(R, pairs, P) differences of the covariates of arm a from those of arm b, whitened by their variation within arms.

    The adjusted differences i and j have the covariance s^2 (d_ij / n_a + [same b] / n_b + gap_i'gap_j).
    """
    with np.errstate(all="ignore"):
        lower, dropped = _factor(m.within[:, :-1, :-1])
        gaps = [_rests(lower, m.mean[:, a, :-1] - m.mean[:, b, :-1], dropped)[0] for a, b in pairs]
    return np.stack(gaps, axis=1)


def ancova(
    m: CrossMoments, *, a: int, b: int, null: float = 0.0, alternative: str = "two-sided", level: float = 0.95
) -> Rows:
    """Adjusted mean difference a - b, tested against ``null``, with the residual variance of the model over all arms.

    df = N - K - P, where K counts the arms with complete cases; ``n`` counts the complete cases of arms a and b.
    Equal to the contrast of ``lm(y ~ x + arm)`` in R.
    """
    na, nb = m.n[:, a], m.n[:, b]
    with np.errstate(all="ignore"):
        fit = _residual(m.within)
        df = _df(m, fit.dropped)
        gap = m.mean[:, a] - m.mean[:, b]
        shift, rests = _rests(fit.lower, gap[:, :-1], fit.dropped)
        estimate = gap[:, -1] - (shift * fit.product).sum(axis=1)
        rest = _rest(m, fit.sse, df)
        se = np.sqrt(rest / df * (1.0 / na + 1.0 / nb + (shift**2).sum(axis=1)))
    status = first_reason(
        [(EMPTY_ARM, (na == 0) | (nb == 0)), (TOO_FEW, df < 1.0), (SINGULAR, _aliased(m, rests, fit.dropped))]
    )
    tiny = np.where(rest > 0.0, 0.0, _tiny(m))
    n = na + nb
    return t_rows(estimate, se, df=df, n=n, status=status, tiny=tiny, null=null, alternative=alternative, level=level)


def ancova_omnibus(m: CrossMoments) -> Rows:
    """F test of all K arms given the covariates: K - 1 and N - K - P degrees of freedom; no estimate.

    The model with arms against the model without, so the order of terms does not matter (type II = type III here).
    """
    n = m.n.sum(axis=1)
    arms = m.n.shape[1]
    with np.errstate(all="ignore"):
        fit = _residual(m.within)
        df = _df(m, fit.dropped)
        weight = m.n[:, :, None] / n[:, None, None]
        away = m.mean - (weight * m.mean).sum(axis=1)[:, None, :]
        between = (m.n[:, :, None, None] * away[:, :, :, None] * away[:, :, None, :]).sum(axis=1)
        reduced = _residual(m.within + between).sse
        statistic = (reduced - fit.sse) / (arms - 1.0) / (fit.sse / df)
        flat, same = _rest(m, fit.sse, df) == 0.0, reduced <= n * _tiny(m) ** 2
        rests = [_rests(fit.lower, away[:, k, :-1], fit.dropped)[1] for k in range(arms)]
        aliased = [_aliased(m, one, fit.dropped) for one in rests]
    status = first_reason(
        [(EMPTY_ARM, (m.n == 0).any(axis=1)), (TOO_FEW, df < 1.0), (SINGULAR, np.any(aliased, axis=0))]
    )
    return f_rows(statistic, arms=arms, df=df, n=n, status=status, flat=flat, same=same)


# ---------------------------------------------------------------- closed forms


def _two_arm_power(case: Case) -> Power | None:
    a, b = case.two
    residual, rho = _given_the_baseline(case)
    difference = case.arms[a].mean - case.arms[b].mean - _baseline_apart(case, a, b)
    if residual <= 0.0:
        return None
    se, total, count = (
        residual * math.sqrt(1 / case.sizes[a] + 1 / case.sizes[b]),
        float(case.sizes.sum()),
        len(case.arms),
    )
    if case.margins:
        low, high = ((margin - difference) / se for margin in case.margins)
        power = formulas.ancova_equivalence_power(
            low, high, total, arms=count, covariates=case.covariates, alpha=case.alpha
        )
    else:
        power = formulas.ancova_t_power(
            (difference - case.null) / se, total, arms=count, covariates=case.covariates, alpha=case.alpha,
            alternative=case.alternative,
        )  # fmt: skip
    return Power(power, _name(case.covariates, rho), "Borm et al. 2007, doi:10.1016/j.jclinepi.2007.02.006")


def _omnibus_power(case: Case) -> Power | None:
    sizes, count = case.sizes, len(case.arms)
    if min(sizes) <= 1:
        return None
    residual, rho = _given_the_baseline(case)
    means = np.array([one.mean for one in case.arms]) - np.array([_baseline_apart(case, k, 0) for k in range(count)])
    if residual <= 0.0:
        return None
    between, total = between_arms(means, sizes) / residual**2, float(sizes.sum())
    power = formulas.ancova_f_power(between, total, arms=count, covariates=case.covariates, alpha=case.alpha)
    return Power(power, _name(case.covariates, rho), "noncentral F integrated over the covariate")


def _factor_power(case: Case) -> Power | None:
    """Of a coefficient by least squares from the means of the arms, with what the model leaves out in the residual variance."""
    residual, rho = _given_the_baseline(case)
    sizes, count, total = case.sizes, case.columns.shape[1], float(case.sizes.sum())
    if residual <= 0.0 or min(sizes) <= 1 or total <= count:
        return None
    means = np.array([one.mean for one in case.arms]) - np.array(
        [_baseline_apart(case, k, 0) for k in range(len(case.arms))]
    )
    inverse = np.linalg.inv((case.columns.T * sizes) @ case.columns)
    coefficients = inverse @ (case.columns.T * sizes) @ means
    left_out = float(sizes @ (means - case.columns @ coefficients) ** 2) / (total - count)
    se = math.sqrt((residual**2 + left_out) * inverse[0, 0])
    power = formulas.ancova_t_power(
        (float(coefficients[0]) - case.null) / se, total, arms=count, covariates=case.covariates, alpha=case.alpha,
        alternative=case.alternative,
    )  # fmt: skip
    given = f", {_name(case.covariates, rho)}" if case.covariates else ""
    return Power(
        power,
        f"noncentral t of a coefficient{given}",
        "Montgomery 2017, Design and analysis of experiments, section 6.2",
    )


def _name(count: int, rho: float) -> str:
    """The name of the formula, with the correlation if there is one baseline."""
    about = f", correlation {rho:.2f}" if rho else ""
    return f"ANCOVA over {'a random covariate' if count == 1 else f'{count} random covariates'}{about}"


def _given_the_baseline(case: Case) -> tuple[float, float]:
    """SD of the endpoint given the baseline, pooled over the arms, and the correlation with it (0 without one)."""
    variance = float(np.average([one.sd**2 for one in case.arms], weights=case.sizes))
    if case.baselines is None:
        return math.sqrt(variance), 0.0
    own = float(np.average([one.sd**2 for one in case.baselines], weights=case.sizes))
    rho = float(np.average(case.covariances, weights=case.sizes)) / math.sqrt(variance * own)
    return math.sqrt(variance * max(1 - rho**2, 0.0)), rho


def _baseline_apart(case: Case, a: int, b: int) -> float:
    """The part of the adjusted difference that a declared difference at baseline removes."""
    if case.baselines is None:
        return 0.0
    gap = case.baselines[a].mean - case.baselines[b].mean
    if gap == 0.0:
        return 0.0
    own = float(np.average([one.sd**2 for one in case.baselines], weights=case.sizes))
    return gap * float(np.average(case.covariances, weights=case.sizes)) / own


# ---------------------------------------------------------------- methods


def _cross(data: Extraction, call: PlannedAnalysis) -> CrossMoments:
    return data.cross(
        call.endpoint,
        call.choice,
        baselines=call.baselines,
        covariates=call.covariates,
        visit_covariates=call.visit_covariates,
    )


def _run_two(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    a, b = arms
    return ancova(_cross(data, call), a=a, b=b, null=call.null, alternative=call.alternative, level=1.0 - call.alpha)


def _run_all(data: Extraction, call: PlannedAnalysis, _arms: Sequence[int]) -> Rows:
    return ancova_omnibus(_cross(data, call))


def _run_factor(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    """The coefficient of a factor or an interaction in a linear model with the other terms and covariates.

    The arms are on two sides, by the sign of the term, and the columns of the other terms are covariates. The difference of the
    sides is then the effect of a factor, and half of that of an interaction of two.
    """
    term = next(one for one in call.terms if one.sides == tuple(arms))
    others = tuple(one for one in call.terms if one is not term)
    summary = data.cross_of_sides(
        call.endpoint,
        call.choice,
        baselines=call.baselines,
        covariates=call.covariates,
        visit_covariates=call.visit_covariates,
        signs=tuple(weight > 0 for weight in term.weights),
        columns=tuple(one.weights for one in others),
    )
    rows = ancova(summary, a=0, b=1, null=call.null / term.size, alternative=call.alternative, level=1.0 - call.alpha)
    return rows if term.size == 1.0 else scaled(rows, term.size)


def _jointly(
    data: Extraction, call: PlannedAnalysis, pairs: Sequence[tuple[int, int]], tested: Sequence[Rows], df: FloatArray
) -> FloatArray:
    order, cross = [pairs[0][1], *(a for a, _ in pairs)], _cross(data, call)
    statistics = np.stack([rows.statistic for rows in tested], axis=1)
    gaps = adjusted_gaps(cross, pairs)
    return dunnett_adjusted(statistics, df, cross.n[:, order], gaps, alternative=call.alternative)


def given_covariates() -> ClosedForm:
    """The closed form of a contrast of two arms given random covariates, exact with equal SDs."""
    return ClosedForm(_two_arm_power, {}, whole_sizes=False, equivalence=True)


_TWO = Method(_run_two, given_covariates(), _jointly, (unequal_sds,))
_FACTOR = Method(_run_factor, ClosedForm(_factor_power, {}, whole_sizes=False), None, (unequal_sds,))
_ALL = Method(_run_all, ClosedForm(_omnibus_power, {}, whole_sizes=False), None, (unequal_sds,))

#: Linear regression is the same model; it needs neither a baseline nor a covariate.
METHODS: Methods = {
    ("ancova", "two"): _TWO,
    ("ancova", "all"): _ALL,
    ("ancova", "factor"): _FACTOR,
    ("regression", "two"): _TWO,
    ("regression", "all"): _ALL,
    ("regression", "factor"): _FACTOR,
}
