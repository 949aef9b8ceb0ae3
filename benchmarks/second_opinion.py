"""Errors of the approximate closed forms of the second opinion: the largest error over a grid of designs.

``python benchmarks/second_opinion.py`` measures all of them (some minutes) and writes benchmarks/second-opinion.json, from which
the bounds beside the formulas in trialsim/analysis/methods are taken, rounded up to a hundredth. Powers of two proportions are
exact sums over all tables; the others are simulated, 20,000 trials a design; the largest errors are correct to about .01.

Designs: smallest arm 10, 20 and 40; two arms equal or 1 to 3 (three arms 1:1:1 or 1:2:3); effects for which the formula says
20, 50, 80 and 95 %; two-sided 5 % and one-sided 2.5 %. Normal values, or categories if the formula is for categories.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

from trialsim.analysis import formulas
from trialsim.analysis.methods import categorical, means, ranks, survival
from trialsim.analysis.methods.wilcoxon import wilcoxon
from trialsim.analysis.moments import moments
from trialsim.analysis.ordering import Counts, order
from trialsim.analysis.rows import Rows
from trialsim.sizing.bounds import FROM

Floats = NDArray[np.float64]

TRIALS = 20_000
SEED = 7
GOALS = (0.2, 0.5, 0.8, 0.95)
SIDES: tuple[tuple[str, float], ...] = (("two-sided", 0.05), ("greater", 0.025))
SHARES = (np.array([0.1, 0.2, 0.3, 0.25, 0.15]), np.array([0.5, 0.25, 0.15, 0.1]))
FILE = Path(__file__).with_name("second-opinion.json")


@dataclass(frozen=True)
class Design:
    """One design: the power by the formula, and the exact or simulated power."""

    smallest: int
    formula: float
    power: float


def effect_for(power: Callable[[float], float], goal: float, most: float) -> float | None:
    """The effect for which a formula gives the goal; None if no effect up to ``most`` does."""
    if not power(most) > goal > power(0.0):
        return None
    return float(optimize.brentq(lambda effect: power(effect) - goal, 0.0, most, xtol=1e-6))


def rejected(rows: Rows, alpha: float) -> float:
    """Share of trials that reject; a failed trial does not."""
    return float((np.nan_to_num(rows.p, nan=1.0) <= alpha).mean())


def arms_of(sizes: tuple[int, ...]) -> NDArray[np.int8]:
    """(R, N) arms."""
    return np.tile(np.repeat(np.arange(len(sizes), dtype=np.int8), sizes), (TRIALS, 1))


def pairs(least: int) -> tuple[tuple[int, int], ...]:
    """Sizes of two arms: a against b."""
    return ((least, least), (least, 3 * least), (3 * least, least))


def grid(least: int) -> Iterator[tuple[tuple[int, int], str, float, float]]:
    for sizes, (side, alpha), goal in product(pairs(least), SIDES, GOALS):
        yield sizes, side, alpha, goal


def shifted(shares: Floats, log_odds: float) -> Floats:
    """Shares of a proportional odds model that scores higher by ``log_odds``."""
    below = np.concatenate([[0.0], special.expit(special.logit(np.cumsum(shares)[:-1]) - log_odds), [1.0]])
    return np.diff(below)


def multinomial(rng: np.random.Generator, sizes: tuple[int, ...], shares: list[Floats]) -> Counts:
    table = np.stack([rng.multinomial(n, p, size=TRIALS) for n, p in zip(sizes, shares, strict=True)], axis=1)
    return Counts(table=table.astype(np.int64), categories=np.arange(len(shares[0]), dtype=np.float64))


def above(p: Floats, q: Floats) -> float:
    """P(X > Y) + P(X = Y) / 2 of categories with shares p and q."""
    return float(p @ (np.cumsum(q) - q / 2))


# ---------------------------------------------------------------- tests of means


def welch(rng: np.random.Generator) -> Iterator[Design]:
    """Unequal SDs, 1 and 2, and equal ones."""
    for least in FROM:
        for (na, nb), side, alpha, goal in grid(least):
            for sd in (1.0, 2.0):
                va, vb = 1.0 / na, sd**2 / nb
                df = (va + vb) ** 2 / (va**2 / (na - 1) + vb**2 / (nb - 1))

                def power(d: float, se: float = (va + vb) ** 0.5, df: float = df) -> float:
                    return formulas.t_power(d / se, df, alpha=alpha, alternative=side)  # noqa: B023  # used at once

                d = effect_for(power, goal, 20.0)
                if d is None:
                    continue
                y = rng.normal(size=(TRIALS, na + nb)) * np.repeat([1.0, sd], (na, nb)) + np.repeat([d, 0.0], (na, nb))
                found = means.welch_t(moments(y, arms_of((na, nb)), arms=2), a=0, b=1, alternative=side)
                yield Design(least, power(d), rejected(found, alpha))


def welch_anova(rng: np.random.Generator) -> Iterator[Design]:
    """Three arms with SDs 1, 1 and 2, means 0, d / 2, d."""
    place = np.array([0.0, 0.5, 1.0])
    for least in FROM:
        for ratio, sds, goal in product(((1, 1, 1), (1, 2, 3), (3, 2, 1)), ((1, 1, 1), (1, 1, 2)), GOALS):
            sizes = tuple(least * share for share in ratio)
            n, sd = np.array(sizes, float), np.array(sds, float)
            weights = n / sd**2
            tail = float(((1 - weights / weights.sum()) ** 2 / (n - 1)).sum())

            def power(d: float, w: Floats = weights, tail: float = tail) -> float:
                between = float((w * (d * place - d * np.average(place, weights=w)) ** 2).sum())
                return formulas.f_power(between, 2, 8 / (3 * tail), alpha=0.05)

            d = effect_for(power, goal, 20.0)
            if d is not None:
                y = rng.normal(size=(TRIALS, sum(sizes))) * np.repeat(sd, sizes) + np.repeat(d * place, sizes)
                yield Design(least, power(d), rejected(means.welch_anova(moments(y, arms_of(sizes), arms=3)), 0.05))


# ---------------------------------------------------------------- ranks


def noether(rng: np.random.Generator) -> Iterator[Design]:
    for least in FROM:
        for (na, nb), side, alpha, goal in grid(least):

            def power(d: float) -> float:
                chance = float(special.ndtr(d / 2**0.5))
                return formulas.noether_power(chance, na, nb, alpha=alpha, alternative=side)  # noqa: B023  # used at once

            d = effect_for(power, goal, 20.0)
            if d is not None:
                y = rng.normal(size=(TRIALS, na + nb)) + np.repeat([d, 0.0], (na, nb))
                found = ranks.mann_whitney(order(y, arms_of((na, nb)), arms=2), a=0, b=1, alternative=side)
                yield Design(least, power(d), rejected(found, alpha))


def whitehead(rng: np.random.Generator) -> Iterator[Design]:
    for least in FROM:
        for ((na, nb), side, alpha, goal), shares in product(grid(least), SHARES):

            def power(odds: float) -> float:
                mean = (shares + shifted(shares, odds)) / 2  # noqa: B023  # used at once
                return formulas.whitehead_power(odds, mean, na, nb, alpha=alpha, alternative=side)  # noqa: B023

            odds = effect_for(power, goal, 4.0)
            if odds is not None:
                table = multinomial(rng, (na, nb), [shifted(shares, odds), shares])
                yield Design(least, power(odds), rejected(ranks.mann_whitney(table, a=0, b=1, alternative=side), alpha))


def tied_ranks(rng: np.random.Generator) -> Iterator[Design]:
    """Categories whose upper half moves: no common odds ratio."""
    for least in FROM:
        for ((na, nb), side, alpha, goal), shares in product(grid(least), SHARES):

            def moved(part: float) -> Floats:
                found = shares.copy()  # noqa: B023  # used at once
                found[-1] += part * found[0]
                found[0] *= 1 - part
                return found

            def power(part: float) -> float:
                p = moved(part)
                both = (na * p + nb * shares) / (na + nb)  # noqa: B023  # used at once
                return formulas.tied_rank_power(above(p, shares), both, na, nb, alpha=alpha, alternative=side)  # noqa: B023

            part = effect_for(power, goal, 1.0)
            if part is not None:
                table = multinomial(rng, (na, nb), [moved(part), shares])
                yield Design(least, power(part), rejected(ranks.mann_whitney(table, a=0, b=1, alternative=side), alpha))


def signed_ranks(rng: np.random.Generator) -> Iterator[Design]:
    """Normal differences."""
    for least in FROM:
        for n, (side, alpha), goal in product((least, least * 3 // 2), SIDES, GOALS):

            def power(d: float) -> float:
                chance = float(special.ndtr(2**0.5 * d))
                return formulas.signed_rank_power(chance, n, alpha=alpha, alternative=side)  # noqa: B023  # used at once

            d = effect_for(power, goal, 20.0)
            if d is not None:
                found = wilcoxon(rng.normal(size=(TRIALS, n)) + d, alternative=side)
                yield Design(least, power(d), rejected(found, alpha))


def signed_ranks_with_ties(rng: np.random.Generator) -> Iterator[Design]:
    """Whole steps: normal differences with an SD of 1 and of 2 steps, rounded; 38 and 20 % are 0 without an effect."""
    for least in FROM:
        for n, (side, alpha), goal, sd in product((least, least * 3 // 2), SIDES, GOALS, (1.0, 2.0)):
            steps = np.arange(-60, 61)

            def shares(d: float, sd: float = sd) -> Floats:
                return np.asarray(np.diff(special.ndtr((np.arange(-60.5, 61.0) - d) / sd)))

            def power(d: float) -> float:
                p = shares(d)
                chance = above(p, p[::-1])
                return formulas.signed_rank_power(chance, n, alpha=alpha, alternative=side)  # noqa: B023  # used at once

            d = effect_for(power, goal, 20.0)
            if d is not None:
                p = shares(d)
                values = rng.choice(steps, size=(TRIALS, n), p=p / p.sum()).astype(np.float64)
                yield Design(least, power(d), rejected(wilcoxon(values, alternative=side), alpha))


def kruskal(rng: np.random.Generator) -> Iterator[Design]:
    """Three arms: normal means 0, d / 2, d, and categories with the log odds ratios 0, d / 2, d."""
    place = np.array([0.0, 0.5, 1.0])
    for least in FROM:
        for ratio, goal, shares in product(((1, 1, 1), (1, 2, 3)), GOALS, (None, *SHARES)):
            sizes = tuple(least * share for share in ratio)
            n = np.array(sizes, float)
            weights = n / n.sum()

            def power(d: float) -> float:
                if shares is None:  # noqa: B023  # used at once
                    chance = special.ndtr(d * (place[:, None] - place) / 2**0.5)
                    return formulas.chi_square_power(
                        formulas.kruskal_noncentrality(chance @ weights, n, None), 2, alpha=0.05  # noqa: B023
                    )  # fmt: skip
                p = [shifted(shares, d * one) for one in place]  # noqa: B023
                chance = np.array([[above(x, y) for y in p] for x in p])
                both = np.asarray(weights @ np.array(p))  # noqa: B023
                return formulas.chi_square_power(
                    formulas.kruskal_noncentrality(chance @ weights, n, both), 2, alpha=0.05  # noqa: B023
                )  # fmt: skip

            d = effect_for(power, goal, 6.0)
            if d is None:
                continue
            if shares is None:
                y = rng.normal(size=(TRIALS, sum(sizes))) + np.repeat(d * place, sizes)
                found = ranks.kruskal(order(y, arms_of(sizes), arms=3))
            else:
                found = ranks.kruskal(multinomial(rng, sizes, [shifted(shares, d * one) for one in place]))
            yield Design(least, power(d), rejected(found, 0.05))


# ---------------------------------------------------------------- proportions


def corrected(rng: np.random.Generator) -> Iterator[Design]:
    """Two proportions, chi-square with Yates's correction: exact, every table weighted by its probability."""
    del rng
    for least in FROM:
        for (na, nb), pb in product(pairs(least), (0.05, 0.2, 0.5)):
            x, y = (part.ravel() for part in np.meshgrid(np.arange(na + 1), np.arange(nb + 1), indexing="ij"))
            table = np.stack([np.stack([na - x, x], axis=1), np.stack([nb - y, y], axis=1)], axis=1)
            tests = categorical.chi_square(Counts(table=table, categories=np.array([0.0, 1.0])))
            rejects = tests.p <= 0.05
            for goal in GOALS:

                def power(more: float) -> float:
                    return formulas.corrected_power(pb + more, pb, na, nb, alpha=0.05)  # noqa: B023  # used at once

                more = effect_for(power, goal, 0.999 - pb)
                if more is not None:
                    weight = stats.binom.pmf(x, na, pb + more) * stats.binom.pmf(y, nb, pb)
                    yield Design(least, power(more), float(weight[rejects].sum()))


def tables(rng: np.random.Generator) -> Iterator[Design]:
    """Three arms, yes or no: chi-square with 2 degrees of freedom."""
    place = np.array([0.0, 0.5, 1.0])
    for least in FROM:
        for ratio, pb, goal in product(((1, 1, 1), (1, 2, 3)), (0.05, 0.2, 0.5), GOALS):
            sizes = tuple(least * share for share in ratio)

            def power(more: float) -> float:
                p = pb + more * place  # noqa: B023  # used at once
                noncentrality, df = formulas.table_noncentrality(np.stack([1 - p, p], axis=1), np.array(sizes, float))  # noqa: B023
                return formulas.chi_square_power(noncentrality, df, alpha=0.05)

            more = effect_for(power, goal, 0.999 - pb)
            if more is not None:
                p = pb + more * place
                table = multinomial(rng, sizes, [np.array([1 - one, one]) for one in p])
                yield Design(least, power(more), rejected(categorical.chi_square(table), 0.05))


# ---------------------------------------------------------------- times until an event

#: The share of those without treatment who have the event while they are followed.
EVENTS = (0.4, 0.9)


def followed(rng: np.random.Generator, sizes: tuple[int, ...], hazards: Floats) -> survival.LogRankSums:
    """Exponential times, followed until time 1."""
    times = rng.exponential(size=(TRIALS, sum(sizes))) / np.repeat(hazards, sizes)
    marks = (times > 1).astype(np.int8)
    arms = tuple(range(len(sizes)))
    return survival.log_rank_sums(np.minimum(times, 1.0), marks, arms_of(sizes), arms=arms)


def log_rank(rng: np.random.Generator) -> Iterator[Design]:
    """A higher hazard in the first arm."""
    for least in FROM:
        for ((na, nb), side, alpha, goal), event in product(grid(least), EVENTS):
            base = -float(np.log1p(-event))

            def power(log_ratio: float) -> float:
                chance = -float(np.expm1(-base * np.exp(log_ratio)))  # noqa: B023  # used at once
                return formulas.log_rank_power(chance, event, na, nb, alpha=alpha, alternative=side)  # noqa: B023

            log_ratio = effect_for(power, goal, 2.5)
            if log_ratio is not None:
                sums = followed(rng, (na, nb), base * np.exp([log_ratio, 0.0]))
                yield Design(least, power(log_ratio), rejected(survival.log_rank(sums, alternative=side), alpha))


def hazards_of_all(rng: np.random.Generator) -> Iterator[Design]:
    """Three arms, log hazard ratios 0, d / 2, d."""
    place = np.array([0.0, 0.5, 1.0])
    for least in FROM:
        for ratio, goal, event in product(((1, 1, 1), (1, 2, 3)), GOALS, EVENTS):
            sizes = tuple(least * share for share in ratio)
            base = -float(np.log1p(-event))

            def power(d: float) -> float:
                chances = -np.expm1(-base * np.exp(d * place))  # noqa: B023  # used at once
                noncentrality = formulas.hazards_noncentrality(chances, np.array(sizes, float))  # noqa: B023
                return formulas.chi_square_power(noncentrality, 2, alpha=0.05)

            d = effect_for(power, goal, 2.5)
            if d is not None:
                found = survival.log_rank_all(followed(rng, sizes, base * np.exp(d * place)))
                yield Design(least, power(d), rejected(found, 0.05))


MEASURED: dict[str, Callable[[np.random.Generator], Iterator[Design]]] = {
    "welch": welch,
    "welch-anova": welch_anova,
    "noether": noether,
    "whitehead": whitehead,
    "tied ranks": tied_ranks,
    "signed ranks": signed_ranks,
    "signed ranks with ties": signed_ranks_with_ties,
    "kruskal": kruskal,
    "corrected": corrected,
    "tables": tables,
    "log-rank": log_rank,
    "hazards of all arms": hazards_of_all,
}


def measure(formula: str) -> dict[str, object]:
    """Designs of a formula, and its largest error with arms of at least 10, 20 and 40."""
    designs = list(MEASURED[formula](np.random.default_rng(SEED)))
    worst = {
        least: max(designs, key=lambda one: abs(one.formula - one.power) if one.smallest >= least else 0.0)
        for least in FROM
    }
    return {
        "designs": len(designs),
        "largest": [round(abs(worst[least].formula - worst[least].power), 4) for least in FROM],
        "there": [{"formula": round(worst[n].formula, 4), "power": round(worst[n].power, 4)} for n in FROM],
    }


if __name__ == "__main__":
    chosen = sys.argv[1:] or list(MEASURED)
    kept = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    for name in chosen:
        kept[name] = measure(name)
        print(name, json.dumps(kept[name]), flush=True)
        FILE.write_text(
            json.dumps({key: kept[key] for key in MEASURED if key in kept}, indent=1) + "\n", encoding="utf-8"
        )
