"""Tests of counts: Pearson's chi-square, Fisher's exact test, and the risk difference with Newcombe's interval.

Estimand of a comparison of two arms on a dichotomy: the risk difference a - b of the second category.

Where nobody or everybody has the event the difference is 0, p is 1 (Fisher's own; chi-square 0), and Newcombe's interval
still exists. Only an empty arm is a failure.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trialsim.analysis import formulas
from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.exact import table_p
from trialsim.analysis.methods.case import Case, Power, shares_at
from trialsim.analysis.methods.method import ClosedForm, Method, Methods
from trialsim.analysis.ordering import Counts
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import EMPTY_ARM, FloatArray, IntArray, Rows, first_reason, make_rows
from trialsim.analysis.tails import chi_square_p, interval_probability
from trialsim.errors import AnalysisError
from trialsim.heavy import special
from trialsim.kinds.designs import WAY


def wilson(events: IntArray, n: IntArray, *, z: float) -> tuple[FloatArray, FloatArray]:
    """Wilson's score interval of a proportion (R,); NaN where n is 0.

    References
    ----------
    Wilson 1927, J Am Stat Assoc 22:209, doi:10.1080/01621459.1927.10502953.
    """
    with np.errstate(all="ignore"):
        share = events / n
        center = share + z * z / (2.0 * n)
        half_width = z * np.sqrt(share * (1.0 - share) / n + z * z / (4.0 * n.astype(np.float64) ** 2))
        scale = 1.0 + z * z / n
        return (center - half_width) / scale, (center + half_width) / scale


def risk_difference(
    events: IntArray, n: IntArray, *, alternative: str = "two-sided", level: float = 0.95
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Risk difference of two arms, its standard error and Newcombe's hybrid score interval (method 10).

    Parameters
    ----------
    events, n : (R, 2), arm a first

    Returns
    -------
    estimate, se (unpooled), low, high : (R,)

    References
    ----------
    Newcombe 1998, Stat Med 17:873, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.
    """
    z = float(special.ndtri(interval_probability(level, alternative)))
    with np.errstate(all="ignore"):
        share = events / n
        estimate = share[:, 0] - share[:, 1]
        se = np.sqrt((share * (1.0 - share) / n).sum(axis=1))
        low_a, high_a = wilson(events[:, 0], n[:, 0], z=z)
        low_b, high_b = wilson(events[:, 1], n[:, 1], z=z)
        low = estimate - np.hypot(share[:, 0] - low_a, high_b - share[:, 1])
        high = estimate + np.hypot(high_a - share[:, 0], share[:, 1] - low_b)
    if WAY[alternative] < 0:
        low = np.full_like(low, -1.0)
    if WAY[alternative] > 0:
        high = np.full_like(high, 1.0)
    return estimate, se, low, high


def chi_square(c: Counts, *, arms: Sequence[int] | None = None, correction: bool = True, level: float = 0.95) -> Rows:
    """Pearson's chi-square test of the arms (all of them by default) against the categories, as scipy's chi2_contingency.

    Levels without participants do not count in the degrees of freedom. With 1 degree of freedom ``correction`` is Yates's.
    With everybody in one category there are 0 degrees of freedom: chi-square is 0 and p is 1.
    Two arms and two categories have an estimate, the risk difference of the second category, first named arm minus second.
    """
    chosen = list(range(c.arms)) if arms is None else list(arms)
    table = c.table[:, chosen, :]
    row, column = table.sum(axis=2), table.sum(axis=1)
    n = row.sum(axis=1)
    used = (column > 0).sum(axis=1)
    df = (len(chosen) - 1.0) * (used - 1.0)
    with np.errstate(all="ignore"):
        expected = row[:, :, None] * (column / n[:, None])[:, None, :]
        distance = np.abs(table - expected)
        if correction:
            distance -= np.where(df == 1.0, 0.5, 0.0)[:, None, None].clip(max=distance)
        statistic = np.where(expected > 0.0, distance**2 / expected, 0.0).sum(axis=(1, 2))
        p = np.where(used < 2, 1.0, chi_square_p(statistic, df))
    status = first_reason([(EMPTY_ARM, (row == 0).any(axis=1))])
    if len(chosen) != 2 or table.shape[2] != 2:
        return make_rows(statistic, p, n=n, status=status, df=df)
    estimate, se, low, high = risk_difference(table[:, :, 1], row, level=level)
    return make_rows(statistic, p, n=n, status=status, df=df, estimate=estimate, se=se, low=low, high=high)


def fisher(c: Counts, *, a: int, b: int, alternative: str = "two-sided", level: float = 0.95) -> Rows:
    """Fisher's exact test of two arms on a dichotomy; the estimate is the risk difference a - b of the second category.

    The statistic is the sample odds ratio, as scipy.stats.fisher_exact (NaN where it is 0 / 0). ``greater`` means more
    events in arm a.
    The two-sided rule is in `exact.table_p`. Each distinct table is computed once.

    Raises
    ------
    AnalysisError : the outcome has not exactly two categories
    """
    if c.table.shape[2] != 2:
        raise AnalysisError(
            f"Fisher's test needs two categories, there are {c.table.shape[2]}.",
            code="TS-A003",
            remedy="Give a cut that splits the categories in two, or use chi-square.",
        )
    table = c.table[:, [a, b], :]
    n, events = table.sum(axis=2), table[:, :, 1]
    total, happened = n.sum(axis=1), events.sum(axis=1)
    kinds, inverse = np.unique(np.stack([events[:, 0], n[:, 0], happened, total], axis=1), axis=0, return_inverse=True)
    each = [table_p(int(e), int(r), int(k), int(t), alternative) if t else np.nan for e, r, k, t in kinds]
    with np.errstate(all="ignore"):
        odds_ratio = events[:, 0] * table[:, 1, 0] / (table[:, 0, 0] * events[:, 1])
    status = first_reason([(EMPTY_ARM, (n == 0).any(axis=1))])
    estimate, se, low, high = risk_difference(events, n, alternative=alternative, level=level)
    p = np.array(each, dtype=np.float64)[inverse.reshape(-1)]
    return make_rows(odds_ratio, p, n=total, status=status, estimate=estimate, se=se, low=low, high=high)


# ---------------------------------------------------------------- closed forms


def _shares(case: Case, arms: Sequence[int]) -> FloatArray | None:
    """(arms, categories) the share of each category in each of these arms; None if the endpoint has many categories."""
    chosen = [case.arms[k] for k in arms]
    if not all(one.exact for one in chosen):
        return None
    values = np.unique(np.concatenate([one.values for one in chosen]))
    return np.stack([shares_at(one, values) for one in chosen])


def _fisher_power(case: Case) -> Power | None:
    (a, b), shares = case.two, _shares(case, case.two)
    na, nb = float(case.sizes[a]), float(case.sizes[b])
    if shares is None or shares.shape[1] != 2 or na + nb > formulas.MOST_EXACT:
        return None
    power = formulas.fisher_power(
        float(shares[0, 1]), float(shares[1, 1]), round(na), round(nb), alpha=case.alpha, alternative=case.alternative
    )
    return Power(power, "exact: every possible table", "Fisher 1935; Casagrande et al. 1978")


def _two_arm_power(case: Case) -> Power | None:
    return _table_power(case, case.two)


def _omnibus_power(case: Case) -> Power | None:
    return None if min(case.sizes) <= 1 else _table_power(case, range(len(case.arms)))


def _table_power(case: Case, arms: Sequence[int]) -> Power | None:
    shares, sizes = _shares(case, arms), case.sizes[list(arms)]
    if shares is None:
        return None
    noncentrality, df = formulas.table_noncentrality(shares, sizes)
    if df < 1:
        return None
    if df == 1 and shares.shape == (2, 2):
        pa, pb = shares[:, 1].tolist()
        power = formulas.corrected_power(pa, pb, *sizes.tolist(), alpha=case.alpha)
        source = "Fleiss, Tytun and Ury 1980, doi:10.2307/2529990"
        name = f"normal approximation of {pa:.3g} against {pb:.3g} with Yates's correction"
        return Power(power, name, source, "corrected")
    power = formulas.chi_square_power(noncentrality, df, alpha=case.alpha)
    return Power(power, "noncentral chi-square (large samples)", "Cohen 1988, chapter 7", "tables")


# ---------------------------------------------------------------- methods


def _run_fisher(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    (a, b), table = arms, data.counts(call.endpoint, call.choice)
    return fisher(table, a=a, b=b, alternative=call.alternative, level=1.0 - call.alpha)


def _run_two(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    return chi_square(data.counts(call.endpoint, call.choice), arms=arms, level=1.0 - call.alpha)


def _run_all(data: Extraction, call: PlannedAnalysis, _arms: Sequence[int]) -> Rows:
    return chi_square(data.counts(call.endpoint, call.choice), level=1.0 - call.alpha)


_ERRORS = {"corrected": (0.07, 0.06, 0.04), "tables": (0.1, 0.08, 0.06)}

METHODS: Methods = {
    ("fisher", "two"): Method(_run_fisher, ClosedForm(_fisher_power, {}, whole_sizes=True), None, ()),
    ("chi-square", "two"): Method(_run_two, ClosedForm(_two_arm_power, _ERRORS, whole_sizes=False), None, ()),
    ("chi-square", "all"): Method(_run_all, ClosedForm(_omnibus_power, _ERRORS, whole_sizes=False), None, ()),
}
