"""A stepped wedge once more, written apart from trialsim: its participants and its mixed model in plain NumPy.

Nothing of trialsim is imported. The design is that of the lesson ``twelve-sites-in-steps``. Participants of a site and period are
drawn in no order, each on a uniform day of the period, and the model is fitted to means of cells: with cells of one size the
deviance of two ratios of variances needs three scalars of each trial only, and is minimized by a grid that is made finer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]

SITES, PERIODS, EACH, AT_ONCE = 12, 7, 5, 2
ICC, CAC, EFFECT, MONTHLY, MONTHS = 0.05, 0.8, 0.4, 0.05, 3.0
N = SITES * PERIODS * EACH


def crossed() -> Floats:
    """(S, P) whether a site has gone over, in the order in which sites do."""
    steps = 1 + np.arange(SITES) // AT_ONCE
    return (np.arange(PERIODS) >= steps[:, None]).astype(float)


def simulated(random: np.random.Generator, trials: int, effect: float) -> tuple[Floats, Floats, Floats, Floats]:
    """(R, S, P) means of the cells, (R,) sums of squares within them, (R, N) values and (N,) arms."""
    site = np.sqrt(ICC * CAC) * random.standard_normal((trials, SITES, 1, 1))
    cell = np.sqrt(ICC * (1 - CAC)) * random.standard_normal((trials, SITES, PERIODS, 1))
    own = np.sqrt(1 - ICC) * random.standard_normal((trials, SITES, PERIODS, EACH))
    day = random.uniform(size=own.shape)
    months = MONTHS * (np.arange(PERIODS)[:, None] + day)
    arm = np.broadcast_to(crossed()[:, :, None], own.shape[1:])
    y = site + cell + own + MONTHLY * months + effect * arm
    means = y.mean(axis=3)
    within = ((y - means[..., None]) ** 2).sum(axis=(1, 2, 3))
    return means, within, y.reshape(trials, N), arm.reshape(N)


def design() -> Floats:
    """(S, P, Q) a column for each period, and the arm."""
    x = np.zeros((SITES, PERIODS, PERIODS + 1))
    x[:, np.arange(PERIODS), np.arange(PERIODS)] = 1.0
    x[:, :, -1] = crossed()
    return x


def parts(means: Floats) -> tuple[Floats, ...]:
    """Sums of squares and products of means of cells: in all, and of the sums of the sites over their periods."""
    x = design()
    of_sites, y_sites = x.sum(axis=1), means.sum(axis=2)
    return (
        np.einsum("spq,spr->qr", x, x), of_sites.T @ of_sites,
        np.einsum("spq,rsp->rq", x, means), y_sites @ of_sites,
        (means**2).sum(axis=(1, 2)), (y_sites**2).sum(axis=1),
    )  # fmt: skip


def model(means: Floats, within: Floats) -> tuple[Floats, Floats, Floats]:
    """Estimate, standard error and Satterthwaite's degrees of freedom of each trial, by REML with variances at 0 or above.

    The variance of a cell's mean over the residual one is c + 1 / m, and sites add s to each pair: with a = c + 1 / m the inverse
    of a I + s J is (I - s / (a + P s) J) / a.
    """
    xx, xx_sites, xy, xy_sites, yy, yy_sites = parts(means)
    trials, q = xy.shape

    def at(c: Floats, s: Floats) -> tuple[Floats, ...]:
        a = c + 1.0 / EACH
        k = s / (a + PERIODS * s)
        information = (xx - k[:, None, None] * xx_sites) / a[:, None, None]
        right = (xy - k[:, None] * xy_sites) / a[:, None]
        beta = np.linalg.solve(information, right[:, :, None])[:, :, 0]
        rest = within + (yy - k * yy_sites) / a - (beta * right).sum(axis=1)
        size = SITES * ((PERIODS - 1) * np.log(a) + np.log(a + PERIODS * s)) + np.linalg.slogdet(information)[1]
        return (N - q) * np.log(rest) + size, information, beta, rest

    best_c, best_s = np.zeros(trials), np.full(trials, 0.05)
    low = np.full(trials, np.inf)
    width = 0.4
    for _ in range(26):
        center_c, center_s = best_c.copy(), best_s.copy()
        for dc in (-1.0, -0.5, 0.0, 0.5, 1.0):
            for ds in (-1.0, -0.5, 0.0, 0.5, 1.0):
                c, s = np.maximum(center_c + dc * width, 0.0), np.maximum(center_s + ds * width, 0.0)
                deviance = at(c, s)[0]
                better = deviance < low
                low = np.where(better, deviance, low)
                best_c, best_s = np.where(better, c, best_c), np.where(better, s, best_s)
        width *= 0.6
    _, information, beta, rest = at(best_c, best_s)
    residual = rest / (N - q)
    variance = residual * np.linalg.inv(information)[:, -1, -1]
    return beta[:, -1], np.sqrt(variance), satterthwaite(best_c, best_s, residual, variance)


def satterthwaite(c: Floats, s: Floats, residual: Floats, variance: Floats) -> Floats:
    """By the expected information of the variances of sites, cells and the residual; one at 0 is known.

    Every matrix of the means has two eigenvalues, of contrasts within a site and of its mean: products are those of numbers.
    """
    xx, xx_sites = (np.einsum("spq,spr->qr", one, one) for one in (design(), design().sum(axis=1, keepdims=True)))
    of_space = (xx - xx_sites / PERIODS, xx_sites / PERIODS)
    a = c + 1.0 / EACH
    v = (residual * a, residual * (a + PERIODS * s))
    kinds = ((0.0, float(PERIODS)), (1.0, 1.0), (1.0 / EACH, 1.0 / EACH))

    def between(factors: tuple[Floats, Floats]) -> Floats:
        return sum(factor[:, None, None] * part for factor, part in zip(factors, of_space, strict=True))

    middle = np.linalg.inv(between((1.0 / v[0], 1.0 / v[1])))
    once = [between((k[0] / v[0] ** 2, k[1] / v[1] ** 2)) for k in kinds]
    information, gain = np.empty((len(c), 3, 3)), np.empty((len(c), 3))
    for i, k in enumerate(kinds):
        gain[:, i] = (middle @ once[i] @ middle)[:, -1, -1]
        for j, h in enumerate(kinds):
            whole = SITES * ((PERIODS - 1) * k[0] * h[0] / v[0] ** 2 + k[1] * h[1] / v[1] ** 2)
            twice = between((k[0] * h[0] / v[0] ** 3, k[1] * h[1] / v[1] ** 3))
            trace = whole - 2 * np.trace(middle @ twice, axis1=1, axis2=2)
            trace += np.trace(middle @ once[i] @ middle @ once[j], axis1=1, axis2=2)
            information[:, i, j] = 0.5 * trace
    information[:, 2, 2] += 0.5 * (N - SITES * PERIODS) / residual**2
    for i, ratio in enumerate((s, c)):
        known = ratio <= 1e-5
        gain[known, i] = 0.0
        information[known, i, :] = information[known, :, i] = 0.0
        information[known, i, i] = 1.0
    return 2.0 * variance**2 / (gain * np.linalg.solve(information, gain[:, :, None])[:, :, 0]).sum(axis=1)


def operating_characteristics(trials: int, *, seed: int) -> dict[str, tuple[float, float]]:
    """Each number with its Monte Carlo error."""
    random = np.random.default_rng(seed)
    found: dict[str, tuple[float, float]] = {}

    def share(name: str, yes: NDArray[np.bool_]) -> None:
        found[name] = (float(yes.mean()), float(np.sqrt(yes.mean() * (1 - yes.mean()) / len(yes))))

    for twin, effect in (("power", EFFECT), ("null", 0.0)):
        means, within, y, arm = simulated(random, trials, effect)
        estimate, se, df = model(means, within)
        share(twin, 2 * stats.t.sf(np.abs(estimate / se), df) <= 0.05)
        share(f"t_{twin}", stats.ttest_ind(y[:, arm == 1], y[:, arm == 0], axis=1).pvalue <= 0.05)
        if twin == "power":
            sd = float(estimate.std(ddof=1))
            found["estimate"] = (float(estimate.mean()), sd / trials**0.5)
            found["empirical_se"] = (sd, sd / (2 * (trials - 1)) ** 0.5)
            gap = y[:, arm == 1].mean(axis=1) - y[:, arm == 0].mean(axis=1)
            found["t_estimate"] = (float(gap.mean()), float(gap.std(ddof=1)) / trials**0.5)
    return found
