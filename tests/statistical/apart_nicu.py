"""The NICU study once more, written apart from trialsim: its ward, its cortisol and its paired test in plain NumPy.

Nothing of trialsim is imported. Times are continuous [minutes from the first midnight], draws are NumPy's own, and every
formula is written down anew from the scenario file, so an agreement in power, level, truth and error is one of two programs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]

DAY = 1440.0
DYADS = 22
LAST_DAY = 730 * DAY  # 24 months from 5 January 2026: two years without a leap day
EVERY, CONSENT = 6 * DAY, 0.80
TO_BEING_ASKED, ASKED = (2 * DAY, DAY), (9 * 60, 16 * 60)  # mean, SD; Monday to Friday
TO_TEACHING, TAUGHT = (3 * DAY, DAY), (9 * 60, 15 * 60)
TO_THE_SECOND, SECOND = (7 * DAY, DAY), (10 * 60, 15 * 60)
STAY = (60 * DAY, 0.5)  # median, CV
OPEN, CLOSE = 8.5 * 60, 16.5 * 60  # Monday to Friday
SPELL, OTHER_WORK = (45.0, 15.0), 0.5  # mean, SD; share of the time
TEACHING, TEACHING_PATIENCE = (45.0, 10.0), 180.0
MASSAGE, SESSION_PATIENCE = (15.0, 0.2), 90.0  # median, CV
INTERRUPTED, BREAK, STOPPED = 0.20, (5.0, 3.0), 0.10
MEDIAN, SD_LOG, RHO = 5.9, 0.70, 0.85
SLOPE, REFERENCE = -0.132 / 60, 600.0  # a minute; 10:00
SECRETED, LAG, HALF_LIFE, RESPONDERS = 0.4, 3.0, 65.0, 0.70
ASSAY = np.sqrt(np.log1p(0.05**2))  # the plate is the same for both swabs of a mother
LIMIT, LOST = 0.2, 0.05


def log_by_median(random: np.random.Generator, median: float, cv: float, size: int | None = None) -> Floats:
    """Lognormal by median and CV."""
    return median * np.exp(np.sqrt(np.log1p(cv * cv)) * random.standard_normal(size))


def log_by_mean(random: np.random.Generator, mean: float, sd: float, size: int | None = None) -> Floats:
    """Lognormal by mean and SD."""
    s2 = np.log1p((sd / mean) ** 2)
    return mean * np.exp(-s2 / 2 + np.sqrt(s2) * random.standard_normal(size))


def in_hours(random: np.random.Generator, t: float, hours: tuple[float, float]) -> float:
    """``t`` on a weekday between two times of day, else any moment between them on the next weekday; day 0 is a Monday."""
    opens, closes = hours
    while True:
        day, clock = divmod(t, DAY)
        if int(day) % 7 < 5 and clock < closes:
            return t if clock >= opens else day * DAY + random.uniform(opens, closes)
        t = (day + 1) * DAY


@dataclass
class Request:
    """Somebody who asks for the therapist: when, how long for, and until when it waits."""

    at: float
    until: float
    lasts: float
    leaves: float
    dyad: int


def serve(random: np.random.Generator, day: float, requests: list[Request]) -> dict[int, float]:
    """One shift, first come first served: when each dyad is served; who waited in vain is not in it."""
    start, end = day * DAY + OPEN, day * DAY + CLOSE
    spells = random.poisson(OTHER_WORK / SPELL[0] * (end - start))
    when = random.uniform(start, end, spells)
    lengths = log_by_mean(random, *SPELL, spells)
    work = [Request(t, np.inf, lasts, np.inf, -1) for t, lasts in zip(when, lengths, strict=True)]
    free, served = start, {}
    for one in sorted([*work, *requests], key=lambda one: one.at):
        begins = max(one.at, free)
        if begins >= end or begins > one.until or begins >= one.leaves:
            continue
        if one.dyad < 0:
            free = min(begins + one.lasts, end)
        else:
            served[one.dyad] = begins
            free = min(begins + one.lasts, one.leaves)
    return served


def second_sessions(
    random: np.random.Generator, entered: Floats, taught: Floats, massaged: Floats, leaves: Floats
) -> Floats:
    """When the second session of each dyad begins, NaN where it does not.

    Days are played in order, since the teaching of one dyad may stand in the way of another's massage.
    """
    n = len(entered)
    first = [in_hours(random, t, TAUGHT) for t in entered + log_by_mean(random, *TO_TEACHING, n)]
    waiting = [
        Request(first[i], first[i] + TEACHING_PATIENCE, taught[i], leaves[i], i)
        for i in range(n)
        if first[i] < leaves[i]
    ]
    begun = np.full(n, np.nan)
    while waiting:
        day = min(one.at for one in waiting) // DAY
        today = [one for one in waiting if one.at // DAY == day]
        waiting = [one for one in waiting if one.at // DAY > day]
        served = serve(random, day, today)
        for one in today:
            i = one.dyad % n
            if one.dyad >= n:  # the second session
                begun[i] = served.get(one.dyad, np.nan)
                continue
            free = served[one.dyad] + one.lasts if one.dyad in served else one.until
            asks = in_hours(random, free + float(log_by_mean(random, *TO_THE_SECOND, 1)[0]), SECOND)
            if asks < leaves[i]:
                waiting.append(Request(asks, asks + SESSION_PATIENCE, massaged[i], leaves[i], i + n))
    return begun


@dataclass
class Trial:
    """One trial: log change of each mother [natural log], NaN where a swab is missing, and its expectation."""

    change: Floats
    null_change: Floats
    expected: Floats


def play(random: np.random.Generator) -> Trial:
    """One trial of at most 22 dyads."""
    come = np.cumsum(random.exponential(EVERY / CONSENT, 3 * DYADS))
    leaves = come + log_by_median(random, *STAY, 3 * DYADS)
    asked = np.array([in_hours(random, t, ASKED) for t in come + log_by_mean(random, *TO_BEING_ASKED, 3 * DYADS)])
    entering = np.flatnonzero((asked < leaves) & (asked < LAST_DAY))
    entering = entering[np.argsort(asked[entering])][:DYADS]
    entered, leaves = asked[entering], leaves[entering]
    n = len(entered)
    taught = log_by_mean(random, *TEACHING, n)
    planned = log_by_median(random, *MASSAGE, n)
    broken = random.random(n) < INTERRUPTED
    share = random.random(n)
    pause = np.where(broken, log_by_mean(random, *BREAK, n), 0.0)
    stops = broken & (random.random(n) < STOPPED)
    given = np.where(stops, share * planned, planned)
    length = np.where(stops, given, planned + pause)
    pre = second_sessions(random, entered, taught, length, leaves)
    post = np.where(pre + length <= leaves, pre + length, np.nan)

    # secretion: .4 of that at rest from 3 min after the start to 3 min after the end, but not while interrupted
    seen = np.maximum(length - LAG, 0.0)  # what of the massage has reached the saliva at the second swab
    gap_from, gap_to = share * planned, share * planned + pause
    gap = np.where(broken & ~stops, np.clip(seen, gap_from, gap_to) - gap_from, 0.0)
    before = np.where(broken & ~stops, np.minimum(seen, gap_from), seen)
    after = seen - before - gap
    k = np.log(2) / HALF_LIFE
    level = SECRETED + (1 - SECRETED) * np.exp(-k * before)
    level = 1 + (level - 1) * np.exp(-k * gap)
    level = SECRETED + (level - SECRETED) * np.exp(-k * after)
    responds = random.random(n) < RESPONDERS

    clock = SLOPE * (post - pre)
    effect = np.where(responds, np.log(level), 0.0)
    attended = np.isfinite(pre)
    # who came but left before the second swab has the value of that moment: nobody does within some 15 min of 60 days
    expected = np.where(attended & np.isfinite(post), clock + effect, 0.0)
    z = random.standard_normal((2, n))
    own = np.stack([z[0], RHO * z[0] + np.sqrt(1 - RHO**2) * z[1]])
    errors = ASSAY * random.standard_normal((2, n)) - ASSAY**2 / 2
    here = np.stack([attended, np.isfinite(post)]) & (random.random((2, n)) >= LOST)
    base = np.log(MEDIAN) + SD_LOG * own + errors + SLOPE * (np.stack([pre, post]) % DAY - REFERENCE)
    changes = []
    for moved in (effect, np.zeros(n)):
        reading = base + np.stack([np.zeros(n), moved])
        reading = np.where(reading < np.log(LIMIT), np.log(LIMIT / np.sqrt(2)), reading)
        reading = np.where(here, reading, np.nan)
        changes.append(reading[1] - reading[0])
    return Trial(changes[0], changes[1], expected)


def paired_t(change: Floats) -> tuple[float, float, float]:
    """Estimate, standard error and two-sided p of a paired t-test on who has both values."""
    change = change[np.isfinite(change)]
    estimate, se = change.mean(), change.std(ddof=1) / np.sqrt(len(change))
    return estimate, se, 2 * stats.t.sf(abs(estimate / se), len(change) - 1)


def operating_characteristics(replicates: int, *, seed: int) -> dict[str, tuple[float, float]]:
    """Power, rejection under the null twin, truth, mean estimate and mean standard error, each with its Monte Carlo error."""
    random = np.random.default_rng(seed)
    kept = {name: [] for name in ("power", "null", "truth", "estimate", "se", "analyzed")}
    for _ in range(replicates):
        trial = play(random)
        estimate, se, p = paired_t(trial.change)
        kept["power"].append(p <= 0.05)
        kept["null"].append(paired_t(trial.null_change)[2] <= 0.05)
        kept["truth"].append(trial.expected.mean())
        kept["estimate"].append(estimate)
        kept["se"].append(se)
        kept["analyzed"].append(np.isfinite(trial.change).sum())
    table = {name: np.array(values, dtype=float) for name, values in kept.items()}
    out = {name: (float(v.mean()), float(v.std(ddof=1) / np.sqrt(replicates))) for name, v in table.items()}
    spread = table["estimate"].std(ddof=1)
    return out | {"empirical_se": (float(spread), float(spread / np.sqrt(2 * (replicates - 1))))}
