"""Closed forms of power, as in textbooks and other programs, without simulation.

Every function takes numbers and gives a power; ``alternative`` is two-sided, greater or less, and two-sided powers count
rejections on both sides. Sizes may be fractional.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.exact import share_p
from trialsim.analysis.noncentral import (
    binomial,
    hypergeometric,
    noncentral_chi_square_upper,
    noncentral_f_upper,
    noncentral_t_upper,
)
from trialsim.heavy import special
from trialsim.kinds.designs import WAY
from trialsim.numbers.quadrature import gauss_legendre

Floats = NDArray[np.float64]

#: Above this size the exact power of Fisher's test takes too long and is not computed.
MOST_EXACT = 2000

#: Results that are together less probable than this many times their number do not count in an exact power.
NEGLIGIBLE = 1e-16

#: Nodes of the integral over a random covariate; 40 already give 1e-8.
NODES = 64


def t_power(noncentrality: float, df: float, *, alpha: float, alternative: str = "two-sided") -> float:
    """Power of a t-test: the noncentral t distribution.

    >>> round(t_power(0.5 * (30 / 2) ** 0.5, 58, alpha=0.05), 7)  # d 0.5, 30 per arm (pwr 1.3)
    0.4778965
    """
    return float(_t_powers(np.array([noncentrality]), df, alpha=alpha, alternative=alternative)[0])


def _t_powers(noncentrality: Floats, df: float, *, alpha: float, alternative: str) -> Floats:
    """The power of a t-test for each noncentrality."""
    way = WAY[alternative]
    if way != 0:
        return noncentral_t_upper(float(special.stdtrit(df, 1 - alpha)), df, way * noncentrality)
    critical = float(special.stdtrit(df, 1 - alpha / 2))
    return noncentral_t_upper(critical, df, noncentrality) + noncentral_t_upper(critical, df, -noncentrality)


def equivalence_t_power(low: float, high: float, df: float, *, alpha: float) -> float:
    """Power of two one-sided t-tests at ``alpha`` each, of margins ``low`` and ``high`` SEs from the true difference.

    Exact, by integrating the normal probability that both reject over the residual SD: both reject if the estimate lies between
    low + t s and high - t s.

    References
    ----------
    Phillips 1990, J Pharmacokinet Biopharm 18:137, doi:10.1007/BF01063556.

    >>> se = (2 / 30) ** 0.5  # 30 in each arm, margins of .8 SD, no difference
    >>> [round(equivalence_t_power(-0.8 / se, 0.8 / se, 58, alpha=alpha), 5) for alpha in (0.05, 0.025)]
    [0.84354, 0.72284]
    """
    points, weights = gauss_legendre(400)
    critical = float(special.stdtrit(df, 1 - alpha))
    most = (high - low) / (2 * critical)  # with a larger residual SD both never reject
    share = float(special.gammainc(df / 2, df * most**2 / 2))
    s = np.sqrt(2 * special.gammaincinv(df / 2, share * (points + 1) / 2) / df)
    both = special.ndtr(high - critical * s) - special.ndtr(low + critical * s)
    return float(share * (weights / 2 * np.maximum(both, 0.0)).sum())


def z_power(shift: float, *, alpha: float, alternative: str = "two-sided") -> float:
    """Power of a test whose statistic is normal with mean ``shift`` and SD 1."""
    if WAY[alternative] < 0:
        return z_power(-shift, alpha=alpha, alternative="greater")
    if WAY[alternative] > 0:
        return float(special.ndtr(shift + special.ndtri(alpha)))
    low = special.ndtri(alpha / 2)
    return float(special.ndtr(shift + low) + special.ndtr(-shift + low))


def f_power(noncentrality: float, df_between: float, df_within: float, *, alpha: float) -> float:
    """Power of an F test: the noncentral F distribution.

    >>> round(f_power(12.8242, 2, 399, alpha=0.05), 4)  # means 24, 26.2, 26.6, SD 6.4, 134 per arm
    0.9018
    """
    if noncentrality <= 0.0:
        return alpha
    critical = float(special.fdtri(df_between, df_within, 1 - alpha))
    return noncentral_f_upper(critical, df_between, df_within, noncentrality)


def chi_square_power(noncentrality: float, df: float, *, alpha: float) -> float:
    """Power of a test whose statistic is chi-square: the noncentral chi-square distribution."""
    if noncentrality <= 0.0:
        return alpha
    return noncentral_chi_square_upper(float(special.chdtri(df, alpha)), df, noncentrality)


def _kept(dimensions: float, covariates: int) -> tuple[Floats, Floats]:
    """The share of the effect that remains after normal covariates: nodes and their weights (NODES,).

    A random vector of C normal covariates lies in a space of ``dimensions`` D. The squared part of a fixed direction that
    is orthogonal to all of them is Beta((D - C) / 2, C / 2). Gauss-Legendre over its probabilities.
    """
    if covariates == 0:
        return np.ones(1), np.ones(1)
    nodes, weights = gauss_legendre(NODES)
    return np.asarray(special.betaincinv((dimensions - covariates) / 2, covariates / 2, (nodes + 1) / 2)), weights / 2


def ancova_t_power(
    noncentrality: float,
    total: float,
    *,
    arms: int,
    covariates: int,
    alpha: float,
    alternative: str = "two-sided",
) -> float:
    """Power of a contrast of two arms in an ANCOVA, integrated over normal random covariates.

    ``noncentrality`` is that of covariates balanced over the arms: difference / (residual SD x sqrt(1/na + 1/nb)).
    With two arms of n and one covariate there are 2n - 3 degrees of freedom.

    References
    ----------
    Borm et al. 2007, J Clin Epidemiol 60:1234, doi:10.1016/j.jclinepi.2007.02.006 (the factor 1 - rho^2).
    """
    df = total - arms - covariates
    if df <= 0:
        return float("nan")
    kept, weights = _kept(total - arms + 1, covariates)
    return float(weights @ _t_powers(noncentrality * np.sqrt(kept), df, alpha=alpha, alternative=alternative))


def ancova_equivalence_power(
    low: float, high: float, total: float, *, arms: int, covariates: int, alpha: float
) -> float:
    """Power of two one-sided tests of an ANCOVA at ``alpha`` each, integrated over normal random covariates.

    ``low`` and ``high`` are how far the margins are from the true difference, in SEs of covariates balanced over the arms.
    """
    df = total - arms - covariates
    if df <= 0:
        return float("nan")
    kept, weights = _kept(total - arms + 1, covariates)
    powers = [equivalence_t_power(low * root, high * root, df, alpha=alpha) for root in np.sqrt(kept)]
    return float(weights @ np.array(powers))


def ancova_f_power(noncentrality: float, total: float, *, arms: int, covariates: int, alpha: float) -> float:
    """Power of the omnibus test of K arms in an ANCOVA, integrated over normal random covariates."""
    df = total - arms - covariates
    if df <= 0:
        return float("nan")
    kept, weights = _kept(total - 1, covariates)
    return float(weights @ np.array([f_power(noncentrality * part, arms - 1, df, alpha=alpha) for part in kept]))


def noether_power(superiority: float, na: float, nb: float, *, alpha: float, alternative: str = "two-sided") -> float:
    """Power of the Mann-Whitney test without ties from P(X > Y).

    References
    ----------
    Noether 1987, J Am Stat Assoc 82:645, doi:10.1080/01621459.1987.10478478.
    """
    shift = np.sqrt(12 * na * nb / (na + nb)) * (superiority - 0.5)
    return z_power(float(shift), alpha=alpha, alternative=alternative)


def tied_rank_power(
    superiority: float, shares: Floats, na: float, nb: float, *, alpha: float, alternative: str = "two-sided"
) -> float:
    """Power of the Mann-Whitney test on categories, from P(X > Y) + P(X = Y) / 2 and the ``shares`` of both arms together.

    References
    ----------
    Zhao, Rahardja and Qu 2008, Stat Med 27:462, doi:10.1002/sim.2912.
    """
    variance = (na + nb) / (12 * na * nb) * (1 - float((shares**3).sum()))
    shift = (superiority - 0.5) / np.sqrt(variance) if variance > 0 else 0.0
    return z_power(float(shift), alpha=alpha, alternative=alternative)


def whitehead_power(
    log_odds_ratio: float, shares: Floats, na: float, nb: float, *, alpha: float, alternative: str = "two-sided"
) -> float:
    """Power for an ordered outcome under proportional odds; ``shares`` are the mean of both arms' shares.

    References
    ----------
    Whitehead 1993, Stat Med 12:2257, doi:10.1002/sim.4780122404, equation 4.

    >>> import numpy as np
    >>> mean = np.array([0.1, 0.2, 0.4, 0.3])
    >>> round(whitehead_power(np.log(1.2), mean, 500, 500, alpha=0.05), 3)
    0.351
    """
    total = na + nb
    information = na * nb * total / (3 * (total + 1) ** 2) * (1 - float((shares**3).sum()))
    return z_power(float(log_odds_ratio * np.sqrt(information)), alpha=alpha, alternative=alternative)


def log_rank_power(
    chance_a: float, chance_b: float, na: float, nb: float, *, alpha: float, alternative: str = "two-sided"
) -> float:
    """Power of the log-rank test from the chances of an event while participants are followed, under proportional hazards.

    On the scale u of the cumulative hazard of arm b, a = na exp(-HR u) and b = nb exp(-u) are at risk. O - E has the mean
    integral of a b (HR - 1) / (a + b) and, given the order of events, the variance integral of HR a b / (HR a + b); the test
    divides it by the root of the integral of (HR a + b) a b / (a + b)^2. For small effects this is Schoenfeld's formula.

    References
    ----------
    Lakatos 1988, Biometrics 44:229, doi:10.2307/2531910. Schoenfeld 1981, Biometrika 68:316, doi:10.1093/biomet/68.1.316.

    >>> round(log_rank_power(0.5, 1 - 0.5**0.5, 100, 100, alpha=0.05), 3)  # hazard ratio 2, 79 events
    0.867
    """
    end, ratio = -np.log1p(-chance_b), np.log1p(-chance_a) / np.log1p(-chance_b)
    nodes, weights = gauss_legendre(NODES)
    u, du = (nodes + 1) / 2 * end, weights / 2 * end
    a, b = na * np.exp(-ratio * u), nb * np.exp(-u)
    mean = float(du @ (a * b * (ratio - 1) / (a + b)))
    divided = float(du @ ((ratio * a + b) * a * b / (a + b) ** 2)) ** 0.5
    sd = float(du @ (ratio * a * b / (ratio * a + b))) ** 0.5
    if WAY[alternative] == 0:
        edge = float(special.ndtri(alpha / 2)) * divided
        return float(special.ndtr((mean + edge) / sd) + special.ndtr((edge - mean) / sd))
    edge = float(special.ndtri(alpha)) * divided
    return float(special.ndtr((WAY[alternative] * mean + edge) / sd))


def hazards_noncentrality(chances: Floats, sizes: Floats) -> float:
    """Noncentrality of the log-rank test of K arms from each arm's (K,) chance of an event, under proportional hazards.

    The events expected times the variance of the log hazards over participants, as for small differences; of two arms it is the
    square of the mean in Schoenfeld's formula.

    References
    ----------
    Lachin 2013, Stat Med 32:4413, doi:10.1002/sim.5839.
    """
    logs, shares = np.log(-np.log1p(-chances)), sizes / sizes.sum()
    return float(sizes @ chances) * float(shares @ (logs - shares @ logs) ** 2)


def signed_rank_power(positive: float, n: float, *, alpha: float, alternative: str = "two-sided") -> float:
    """Power of the Wilcoxon signed rank test from P(D + D' > 0) of two independent differences.

    References
    ----------
    Noether 1987, J Am Stat Assoc 82:645, doi:10.1080/01621459.1987.10478478.
    """
    return z_power(float(np.sqrt(3 * n) * (positive - 0.5)), alpha=alpha, alternative=alternative)


def kruskal_noncentrality(relative: Floats, sizes: Floats, shares: Floats | None) -> float:
    """Noncentrality of H from each arm's (K,) chance to lie above a member of the whole trial (ties half).

    ``shares`` of the categories in the whole trial correct for ties; None without ties.

    References
    ----------
    Fan, Zhang and Zhang 2011, Biometrics 67:213, doi:10.1111/j.1541-0420.2010.01407.x.
    """
    total = float(sizes.sum())
    untied = 1.0 if shares is None else 1.0 - float((shares**3).sum())
    between = float((sizes * (relative - 0.5) ** 2).sum())
    return 12 * total / (total + 1) * between / untied if untied > 0 else 0.0


def table_noncentrality(shares: Floats, sizes: Floats) -> tuple[float, int]:
    """Noncentrality and degrees of freedom of Pearson's chi-square from (K, C) shares of C categories in each arm."""
    pooled = (sizes[:, None] * shares).sum(axis=0) / sizes.sum()
    used = pooled > 0
    apart = (shares[:, used] - pooled[used]) ** 2 / pooled[used]
    return float((sizes[:, None] * apart).sum()), (len(sizes) - 1) * (int(used.sum()) - 1)


def corrected_power(pa: float, pb: float, na: float, nb: float, *, alpha: float) -> float:
    """Power of the two-sided chi-square test of two proportions with Yates's correction.

    References
    ----------
    Fleiss, Tytun and Ury 1980, Biometrics 36:343, doi:10.2307/2529990.
    """
    pooled = (na * pa + nb * pb) / (na + nb)
    inverse = 1 / na + 1 / nb
    under_null = np.sqrt(pooled * (1 - pooled) * inverse)
    spread = np.sqrt(pa * (1 - pa) / na + pb * (1 - pb) / nb)
    if spread == 0.0:
        return float(abs(pa - pb) > 0)
    edge = inverse / 2 - special.ndtri(alpha / 2) * under_null
    return float(special.ndtr((pa - pb - edge) / spread) + special.ndtr((pb - pa - edge) / spread))


def fisher_power(pa: float, pb: float, na: int, nb: int, *, alpha: float, alternative: str = "two-sided") -> float:
    """Exact power of Fisher's test: every possible table, weighted by its probability.

    Two-sided p-values add up the tables that are no more probable than the one seen (as R and scipy do).
    """
    total = 0.0
    for successes in range(na + nb + 1):
        in_a = np.arange(max(0, successes - nb), min(na, successes) + 1)
        chance = hypergeometric(in_a, na, nb, successes)
        if WAY[alternative] > 0:
            p = np.cumsum(chance[::-1])[::-1]
        elif WAY[alternative] < 0:
            p = np.cumsum(chance)
        else:
            order = np.argsort(chance, kind="stable")
            summed = np.cumsum(chance[order])
            # a table as probable as the one seen, up to rounding, counts
            p = summed[np.searchsorted(chance[order], chance * (1 + 1e-7), side="right") - 1]
        rejects = p <= alpha
        weight = binomial(in_a, na, pa) * binomial(successes - in_a, nb, pb)
        total += float(weight[rejects].sum())
    return min(total, 1.0)


def binomial_power(share: float, n: int, *, null: float, alpha: float, alternative: str = "two-sided") -> float:
    """Exact power of the binomial test: every possible number of events, weighted by its probability.

    >>> round(binomial_power(0.8, 20, null=0.5, alpha=0.05), 4)  # rejects at 15 or more of 20, and at 5 or fewer
    0.8042
    """
    weight = binomial(np.arange(n + 1), n, share)
    p = np.array([share_p(events, n, null, alternative) for events in range(n + 1)])
    return min(float(weight[p <= alpha].sum()), 1.0)


def mcnemar_power(gained: float, lost: float, n: int, *, alpha: float, alternative: str = "two-sided") -> float:
    """Exact power of McNemar's exact test from the shares of pairs that change to yes and to no.

    The number who change is binomial, and among them the number who change to yes.
    """
    changed = gained + lost
    if changed == 0.0:
        return 0.0
    weight = binomial(np.arange(n + 1), n, changed)
    powers = [
        binomial_power(gained / changed, many, null=0.5, alpha=alpha, alternative=alternative) if chance > 0.0 else 0.0
        for many, chance in enumerate(weight.tolist())
    ]
    return min(float(weight @ np.array(powers)), 1.0)


def tables_power(
    pa: float, pb: float, na: int, nb: int, p_of: Callable[[Floats, Floats], Floats], *, alpha: float
) -> float:
    """Exact power of a test of two proportions: every table that can be expected, weighted by its probability.

    ``p_of`` gives p-values (T,) of events (T, 2) and sizes (T, 2); tables without one do not count, as failed trials do not.
    """
    first, second = binomial(np.arange(na + 1), na, pa), binomial(np.arange(nb + 1), nb, pb)
    chance = first[:, None] * second[None, :]
    xa, xb = np.nonzero(chance > NEGLIGIBLE)
    weight = chance[xa, xb]
    p = p_of(np.column_stack([xa, xb]), np.tile([na, nb], (len(xa), 1)))
    tested = np.isfinite(p)
    total = float(weight[tested].sum())
    return min(float(weight[p <= alpha].sum()) / total, 1.0) if total > 0.0 else float("nan")
