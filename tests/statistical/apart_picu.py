"""The PICU study once more, written apart from trialsim: its ward, its fear and its rank tests in plain NumPy.

Nothing of trialsim is imported. Times are continuous [minutes from the first midnight], draws are NumPy's own, and every
formula is written down anew from the scenario file, so an agreement in power, level, truth and error is one of two programs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DAY = 1440.0
EACH_ARM, ARMS, BLOCK = 33, 3, 6
EVERY, CONSENT = 30 * 60.0, 0.801
STAY = (6 * DAY, 0.8)  # median, CV
OPEN, CLOSE = 7 * 60.0, 19 * 60.0
NURSES, PEOPLE = 2, 12
SPELL, OTHER_WORK = (12.0, 6.0), 0.60  # mean, SD; share of the time of all nurses
TO_BEING_ASKED, ASKED = (4 * 60.0, 2 * 60.0), (9 * 60.0, 17 * 60.0)  # mean, SD; hours of every day
TO_THE_DRAW, DRAWN, PATIENCE = (12 * 60.0, 6 * 60.0), (8 * 60.0, 17 * 60.0), 60.0
GIVEN = {1: (20.0, 3.0), 2: (16.0, 2.0)}  # music, massage: mean, SD
ATTEMPT, SUCCEEDS, AT_MOST = (3.0, 0.5), 0.80, 3
MEAN_SD = [(2.0, 1.0), (1.3, 1.0), (1.5, 1.0)]  # fear during the needle: control, music, massage
FAILED, WAITED, AGED = np.log(1.6), np.log(1.1) / 10, np.log(0.85)
ICC = 0.02


def flattest(mean: float, sd: float) -> Floats:
    """Cut points (logits of P(Y <= 0..3)) of the score with these moments and the largest entropy."""
    k = np.arange(5.0)

    def shares(ab: Floats) -> Floats:
        return special.softmax(ab[0] * k + ab[1] * k * k)

    def miss(ab: Floats) -> list[float]:
        p = shares(ab)
        return [float(p @ k) - mean, float(p @ (k * k)) - mean**2 - sd**2]

    found = optimize.root(miss, [0.0, -0.3], tol=1e-13)
    assert found.success
    return special.logit(np.cumsum(shares(found.x))[:4])


CUTS = np.stack([flattest(*one) for one in MEAN_SD])


def log_by_mean(random: np.random.Generator, mean: float, sd: float, size: int) -> Floats:
    """Lognormal by mean and SD."""
    s2 = np.log1p((sd / mean) ** 2)
    return mean * np.exp(-s2 / 2 + np.sqrt(s2) * random.standard_normal(size))


def log_by_median(random: np.random.Generator, median: float, cv: float, size: int) -> Floats:
    """Lognormal by median and CV."""
    return median * np.exp(np.sqrt(np.log1p(cv * cv)) * random.standard_normal(size))


def in_hours(random: np.random.Generator, t: Floats, hours: tuple[float, float]) -> Floats:
    """``t`` where it lies between two times of day, else any moment between them the next time."""
    opens, closes = hours
    day, clock = np.divmod(t, DAY)
    later = np.where(clock < opens, day, day + 1) * DAY + random.uniform(opens, closes, len(t))
    return np.where((clock >= opens) & (clock < closes), t, later)


def enrolled(random: np.random.Generator) -> tuple[Floats, Ints, Floats]:
    """Consent, arm and leaving of 99 participants: shuffled blocks of six by sex, places of a full arm passed over."""
    left = [EACH_ARM] * ARMS
    lists: dict[int, list[int]] = {0: [], 1: []}
    come = np.cumsum(random.exponential(EVERY / CONSENT, 2 * EACH_ARM * ARMS))
    leaves = come + log_by_median(random, *STAY, len(come))
    asked = in_hours(random, come + log_by_mean(random, *TO_BEING_ASKED, len(come)), ASKED)
    entering = np.flatnonzero(asked < leaves)
    entering = entering[np.argsort(asked[entering])][: EACH_ARM * ARMS]
    assert len(entering) == EACH_ARM * ARMS
    arms: list[int] = []
    for _ in entering:
        places = lists[int(random.random() < 0.5)]
        while True:
            if not places:
                places.extend(random.permutation(np.repeat(np.arange(ARMS), BLOCK // ARMS)).tolist())
            arm = places.pop()
            if left[arm]:
                break
        left[arm] -= 1
        arms.append(arm)
    return asked[entering], np.array(arms), leaves[entering]


@dataclass
class People:
    """Draws that belong to the participants of a trial, whatever their arm: lengths, needle, age, residual."""

    arms: Ints
    leaves: Floats
    asks: Floats
    given: Floats  # (3, N) how long the own activity of each arm takes
    needle: Floats
    failed: Ints
    age: Floats
    z: Floats


def people(random: np.random.Generator) -> People:
    """Who comes, and all that is drawn for them."""
    entered, arms, leaves = enrolled(random)
    n = len(entered)
    asks = in_hours(random, entered + log_by_mean(random, *TO_THE_DRAW, n), DRAWN)
    given = np.zeros((ARMS, n))
    for arm, moments in GIVEN.items():
        given[arm] = log_by_mean(random, *moments, n)
    lengths = log_by_median(random, *ATTEMPT, (AT_MOST, n))
    success = random.random((AT_MOST, n)) < SUCCEEDS
    failed = np.where(success.any(axis=0), success.argmax(axis=0), AT_MOST)
    needle = np.where(np.arange(AT_MOST)[:, None] <= failed, lengths, 0.0).sum(axis=0)
    return People(arms, leaves, asks, given, needle, failed, random.uniform(12, 18, n), random.standard_normal(n))


def in_line(one: tuple[float, float, int]) -> tuple[float, int]:
    """Who asked first; of those who ask together, who enrolled first."""
    return one[0], one[2]


@dataclass
class Ward:
    """What came of each session: wait, whether the needle was reached, and the part of the nurse in the residual."""

    wait: Floats
    served: NDArray[np.bool_]
    scored: NDArray[np.bool_]
    nurse: Floats


def ward(random: np.random.Generator, who: People, arms: Ints) -> Ward:
    """Two nurses, first come first served, with other work; every shift starts without it."""
    n = len(who.asks)
    lasts = who.given[arms, np.arange(n)] + who.needle
    out = Ward(np.zeros(n), np.zeros(n, bool), np.zeros(n, bool), np.zeros(n))
    of_person = random.standard_normal(PEOPLE)
    for day in np.unique(who.asks // DAY):
        opens, closes = day * DAY + OPEN, day * DAY + CLOSE
        on_duty = random.choice(PEOPLE, NURSES, replace=False)
        count = random.poisson(NURSES * OTHER_WORK / SPELL[0] * (closes - opens))
        when, lengths = random.uniform(opens, closes, count), log_by_mean(random, *SPELL, count)
        line = [(at, length, -1) for at, length in zip(when, lengths, strict=True)]
        here = np.flatnonzero((who.asks // DAY == day) & (who.asks < who.leaves))
        line += [(who.asks[i], lasts[i], int(i)) for i in here]
        free = [(opens, unit) for unit in range(NURSES)]
        for asked, length, i in sorted(line, key=in_line):
            # the lowest free number serves; if none is free, the first to become free
            ready = [unit for when, unit in free if when <= asked]
            if ready:
                unit, begins = min(ready), asked
                free = [(when, u) for when, u in free if u != unit]
            else:
                begins, unit = min(free)
                free.remove((begins, unit))
            gone = i >= 0 and (begins > asked + PATIENCE or begins >= who.leaves[i])
            if begins >= closes or gone:
                free.append((begins, unit))
                continue
            if i < 0:
                free.append((min(begins + length, closes), unit))
                continue
            free.append((min(begins + length, who.leaves[i]), unit))
            out.wait[i], out.served[i], out.nurse[i] = begins - asked, True, of_person[on_duty[unit]]
            out.scored[i] = begins + length <= who.leaves[i]
    return out


def scores(who: People, seen: Ward, arms: Ints, *, acts: bool) -> Ints:
    """Fear during the needle of everybody, also of those whose session was missed: nothing has reached them."""
    cuts = CUTS[np.where(seen.served & acts, arms, 0)]
    shift = AGED * (who.age - 15) + seen.served * (FAILED * who.failed + WAITED * seen.wait)
    z = np.where(seen.served, np.sqrt(ICC) * seen.nurse + np.sqrt(1 - ICC) * who.z, who.z)
    return (special.logit(stats.norm.cdf(z))[:, None] > cuts - shift[:, None]).sum(axis=1)


def tables(score: Ints, arms: Ints, keep: NDArray[np.bool_]) -> Ints:
    """(3, 5) how many of each arm have each score."""
    return np.stack([np.bincount(score[keep & (arms == arm)], minlength=5) for arm in range(ARMS)])


def kruskal(table: Ints) -> float:
    """p of the Kruskal-Wallis test by chi-square, corrected for ties."""
    total = table.sum(axis=0)
    n = total.sum()
    ranks = np.cumsum(total) - (total - 1) / 2
    sizes = table.sum(axis=1)
    h = 12 / (n * (n + 1)) * ((table @ ranks) ** 2 / sizes).sum() - 3 * (n + 1)
    h /= 1 - (total**3 - total).sum() / (n**3 - n)
    return float(stats.chi2.sf(h, ARMS - 1))


def mann_whitney(x: Ints, y: Ints) -> tuple[float, float]:
    """P(X > Y) with half of the ties, and the two-sided p by the normal with ties and continuity."""
    nx, ny = x.sum(), y.sum()
    u = float(sum(x[i] * (y[:i].sum() + y[i] / 2) for i in range(5)))
    total, n = x + y, nx + ny
    variance = nx * ny / 12 * (n + 1 - (total**3 - total).sum() / (n * (n - 1)))
    z = max(abs(u - nx * ny / 2) - 0.5, 0.0) / np.sqrt(variance)
    return u / (nx * ny), min(1.0, float(2 * stats.norm.sf(z)))


def everybody(who: People, random: np.random.Generator) -> float:
    """P(X > Y) + ties / 2 with everybody in the music arm and everybody in the control arm, over pairs of two people."""
    both = []
    state = random.bit_generator.state
    for arm in (1, 0):
        random.bit_generator.state = state  # the same other work, nurses and people
        arms = np.full(len(who.arms), arm)
        both.append(scores(who, ward(random, who, arms), arms, acts=True))
    x, y = both
    more = (x[:, None] > y).sum() + ((x[:, None] == y).sum()) / 2
    own = (x > y).sum() + (x == y).sum() / 2
    n = len(x)
    return (more - own) / (n * (n - 1))


def operating_characteristics(replicates: int, *, seed: int) -> dict[str, tuple[float, float]]:
    """Power and level of the omnibus test, the gated pair music - control, its estimate and truth; with Monte Carlo errors."""
    random = np.random.default_rng(seed)
    names = ("power", "null", "pair_power", "estimate", "truth", "analyzed", "missed", "wait")
    kept: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(replicates):
        who = people(random)
        seen = ward(random, who, who.arms)
        table = tables(scores(who, seen, who.arms, acts=True), who.arms, seen.scored)
        null = tables(scores(who, seen, who.arms, acts=False), who.arms, seen.scored)
        omnibus = kruskal(table) <= 0.05
        estimate, p = mann_whitney(table[1], table[0])
        smaller, larger = sorted([p, mann_whitney(table[2], table[0])[1]])
        holm = 2 * smaller if p == smaller else max(2 * smaller, larger)
        row = (omnibus, kruskal(null) <= 0.05, omnibus and holm <= 0.05, estimate, everybody(who, random),
               seen.scored.sum(), 1 - seen.served.mean(), seen.wait[seen.served].mean())  # fmt: skip
        for name, value in zip(names, row, strict=True):
            kept[name].append(float(value))
    table_of = {name: np.array(values) for name, values in kept.items()}
    out = {name: (float(v.mean()), float(v.std(ddof=1) / np.sqrt(replicates))) for name, v in table_of.items()}
    spread = table_of["estimate"].std(ddof=1)
    return out | {"empirical_se": (float(spread), float(spread / np.sqrt(2 * (replicates - 1))))}
