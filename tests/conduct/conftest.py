"""Small studies, and conduct written once more in plain Python, straight from the rules."""

from __future__ import annotations

import calendar
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from trialsim.numbers.distributions import quantile
from trialsim.numbers.draws import uniforms
from trialsim.protocol.calendar import DAY, NEVER, next_open, parse_calendar, parse_days
from trialsim.scenario import Scenario, loads

MOST = 1200  # patients drawn by the slow form

FRAME = """
trialsim: 1
name: small
title: A small study
{setting}
design:
  arms: {{{arms}}}
  allocation: {{{allocation}}}
  enroll: {{{enroll}}}
{within}
{family}
participants: {{{participants}}}
attrition: [{attrition}]
{course}
outcomes:
  score: {{distribution: normal, visits: [post], level: {{mean: 0, sd: 1}}}}
analyses:
  main: {{outcome: score, visit: post, test: {test}}}
primary: main
"""

THREE = "a: one, b: two, c: three"
WARD = "protocol: [{activity: talk, lasts: 10 min}, {visit: post}]"
NO_WARD = "visits: {post: 0 d}"


def study(
    patients: str | None = "arrive: {every: 2 d}, consent: 80 %",
    *,
    sites: str = "",
    starts: str = "2026-01-05",
    arms: str = THREE,
    allocation: str = "",
    enroll: str = "in all: 30",
    within: str = "",
    participants: str = "",
    attrition: str = "",
    family: str = "",
) -> Scenario:
    """A resolved scenario; without ``patients`` it has no ward."""
    setting = f"setting: {{starts: {starts}, patients: {{{patients}}}, sites: {{{sites}}}}}" if patients else ""
    text = FRAME.format(
        setting=setting,
        arms=arms,
        allocation=allocation,
        enroll=enroll,
        within=f"  within: {within}" if within else "",
        participants=participants,
        attrition=attrition,
        family=f"family: {{{family}}}" if family else "",
        course=WARD if patients else NO_WARD,
        test="t" if arms.count(":") == 2 else "anova" if ":" in arms.partition(",")[2] else "one-sample-t",
    )
    return loads(text)


# ---------------------------------------------------------------- the slow form


@dataclass(frozen=True)
class Patient:
    """One who came to the ward."""

    number: int
    tick: int
    ask: int
    fate: str
    leave: int
    reason: int
    site: int


def slow_conduct(scenario: Scenario, *, seed: int, replicate: int, fault: str = "") -> SimpleNamespace:
    """One trial's participants as lists, in the order of enrollment. ``fault`` plants one."""
    enroll, arms = scenario.design.enroll, list(scenario.design.arms)
    target = enroll.in_all or sum(closing(enroll, arms))
    limit = _limit(scenario, fault)
    if scenario.setting is None:
        patients = [Patient(i, 0, 0, "consents", NEVER, -1, 0) for i in range(target)]
    else:
        patients = list(_patients(scenario, seed, replicate, fault))
        assert len(patients) < MOST
    by = (lambda p: (p.ask, -p.number)) if fault == "ties go to the last" else lambda p: (p.ask, p.number)
    inside = (lambda p: p.ask <= limit) if fault == "limit belongs to the trial" else lambda p: p.ask < limit
    asked = sorted((p for p in patients if p.fate == "consents" and inside(p)), key=by)
    mothers, family = _mothers(scenario, asked, target, seed, replicate, fault)
    people = [mothers[f] for f in family]
    assert len(people) < target or patients[-1].tick > people[-1].ask or people[-1].ask == 0
    counted = _counted(patients, mothers, mothers[-1] if len(people) == target else None, min(limit, 200 * 365 * DAY))
    covariates = _covariates(scenario, people, seed, replicate)
    leaves = _withdrawals(scenario, people, seed, replicate, fault)
    stratum = _strata(scenario, people, covariates, fault)
    arm = _arms(scenario, stratum, people, covariates, seed, replicate, fault)
    if scenario.family is not None and scenario.family.allocated == "together":
        heads = [family.index(f) for f in range(len(mothers))]
        of_mothers = _arms(scenario, [stratum[n] for n in heads], mothers, [], seed, replicate, fault)
        arm = [of_mothers[f] for f in family]
    return SimpleNamespace(
        people=people,
        family=family,
        arm=arm,
        leave=[leave for leave, _ in leaves],
        leave_reason=[reason for _, reason in leaves],
        covariates=covariates,
        stratum=[place for place, _ in stratum],
        complete=len(people) == target,
        **counted,
    )


def _mothers(
    scenario: Scenario, asked: list[Patient], target: int, seed: int, replicate: int, fault: str
) -> tuple[list[Patient], list[int]]:
    """Those who bring children until the target is reached, and the number of the mother of each child."""
    if scenario.family is None:
        return asked[:target], list(range(len(asked[:target])))
    sizes = quantile(scenario.family.size.distribution, _u("family size", target, seed, replicate))
    family: list[int] = []
    for f, _ in enumerate(asked):
        size = round(sizes[asked[f].number % target]) if fault == "sizes by arrival number" else round(sizes[f])
        family += [f] * min(size, target - len(family))
        if len(family) == target:
            break
    return asked[: family[-1] + 1], family


def _u(name: str, count: int, seed: int, replicate: int, k: int = 0) -> Any:
    return uniforms(seed, name, replicates=range(replicate, replicate + 1), participants=count, k=k)[0]


def _limit(scenario: Scenario, fault: str) -> int:
    within, setting = scenario.design.within, scenario.setting
    if within is None or setting is None:
        return NEVER
    if within.unit != "months":
        return round(within.value)
    if fault == "months of 30 days":
        return round(within.value) * 30 * DAY
    day = setting.starts.replace(day=1)
    for _ in range(round(within.value)):
        day = (day + timedelta(days=31)).replace(day=1)
    last = calendar.monthrange(day.year, day.month)[1]
    return (day.replace(day=min(setting.starts.day, last)) - setting.starts).days * DAY


def _rates(scenario: Scenario, fault: str) -> Iterator[tuple[float, float]]:
    """Hours of the study one after another: their end [s], and the rate in them [per s]."""
    assert scenario.setting is not None
    arrive = scenario.setting.patients.arrive
    weight = dict.fromkeys(range(7), 1.0)
    if arrive.pattern:
        weight = {day: share.value for days, share in arrive.pattern.items() for day in parse_days(days)}
    mean = 1.0 if fault == "pattern not scaled" else sum(weight.values()) / 7
    weekday = 0 if fault == "every study starts on Monday" else scenario.setting.starts.weekday()
    hour = 0
    while True:
        every = arrive.every
        for period in arrive.periods:
            if period.start.value <= hour * 3600:
                every = period.every
        assert every is not None
        day = (hour // 24 + weekday) % 7
        here = weight.get(day, 0.0) / mean * _by_hour(arrive.hours, hour % 24, fault)
        today = scenario.setting.starts + timedelta(days=hour // 24)
        if fault != "closed days do not count" and _closed(scenario, today, "arrives"):
            here = 0.0
        yield (hour + 1) * 3600.0, here / every.value
        hour += 1


def _by_hour(hours: Any, hour: int, fault: str) -> float:
    """The weight of a whole hour, over the mean of all 24."""
    found = [1.0] * 24 if not hours else [0.0] * 24
    for span, weight in hours.items():
        begin, end = (int(clock.split(":")[0]) for clock in span.split("-"))
        for one in range(begin, end if end > begin else end + 24):
            found[one % 24] = weight.value
    return found[hour] if fault == "hours not scaled" else found[hour] / (sum(found) / 24)


def _closed(scenario: Scenario, day: Any, nobody: str) -> bool:
    assert scenario.setting is not None
    spans = [days.split("..") for one in scenario.setting.patients.closed if one.nobody == nobody for days in one.dates]
    return any(span[0] <= day.isoformat() <= span[-1] for span in spans)


def _patients(scenario: Scenario, seed: int, replicate: int, fault: str) -> Iterator[Patient]:
    setting = scenario.setting
    assert setting is not None
    told = setting.patients
    names = ["arrival", "ask", "consent", "site", "ask moment"]
    names += [f"exclusion/{reason}" for reason in told.exclusions] + [f"leave/{leave.reason}" for leave in told.leave]
    u = {name: _u(name, MOST, seed, replicate) for name in names}
    until = parse_calendar(told.ask.until) if told.ask and told.ask.until else None
    limit = _limit(scenario, fault)
    consenting = 0
    enroll = scenario.design.enroll
    target = enroll.in_all or sum(closing(enroll, scenario.design.arms))
    hours = _rates(scenario, fault)
    now, (end, rate) = 0.0, next(hours)
    for i in range(MOST):
        need = -math.log1p(-u["arrival"][i])
        while need > rate * (end - now):
            need -= rate * (end - now)
            now, (end, rate) = end, next(hours)
        now += need / rate
        tick = math.floor(now + 0.5)
        if tick >= limit or consenting > 3 * target + 40:
            return
        ask = tick
        if told.ask and told.ask.lasts:
            wait = float(quantile(told.ask.lasts.distribution, np.array([u["ask"][i]]))[0])
            ask += math.floor(max(wait, 0.0) + 0.5)
        if until is not None:
            opens = next_open(until, ask, weekday=setting.starts.weekday())
            if opens > ask and told.ask and told.ask.at and fault != "everybody is asked when it opens":
                length = next(close - start for start, close in until.windows if (opens - start) % DAY == 0)
                opens += length * int(u["ask moment"][i] * 1_000_000) // 1_000_000
            ask = opens
        while _closed(scenario, setting.starts + timedelta(days=ask // DAY), "is asked"):
            ask = (ask // DAY + 1) * DAY
            if until is not None and not _closed(scenario, setting.starts + timedelta(days=ask // DAY), "is asked"):
                ask = next_open(until, ask, weekday=setting.starts.weekday())
        leave, reason = NEVER, -1
        for place, one in enumerate(told.leave):
            stay = _stay(one, u[f"leave/{one.reason}"][i])
            if tick + stay < leave:
                leave, reason = tick + stay, place
        out = [name for name, share in told.exclusions.items() if u[f"exclusion/{name}"][i] < share.value]
        fate = "consents" if u["consent"][i] < told.consent.value else "declines"
        if leave < ask or (leave == ask and fault != "one may leave and consent in a tick"):
            fate = "left"
        if out:
            fate = out[-1] if fault == "the last reason counts" else out[0]
        draw = u["site"][0] if fault == "one site for all" else u["site"][i]
        site = sum(draw >= edge for edge in np.cumsum([s.value for s in setting.sites.values()])[:-1])
        opens = list(setting.sites.values())[int(site)].open if setting.sites else None
        if opens is not None and fault != "sites are open at once" and tick < _site_opens(setting.starts, opens):
            fate = "absent"
        consenting += fate == "consents"
        yield Patient(i, tick, ask, fate, leave, reason, int(site))


def _site_opens(starts: Any, opens: Any) -> int:
    """Ticks until a site opens; the whole months here begin on days that every month has."""
    if opens.unit != "months":
        return round(opens.value)
    day = starts
    for _ in range(round(opens.value)):
        day = (day.replace(day=1) + timedelta(days=31)).replace(day=starts.day)
    return int((day - starts).days) * DAY


def _stay(leave: Any, u: float) -> int:
    if leave.after is not None:
        seconds = float(quantile(leave.after.distribution, np.array([u]))[0])
    else:
        seconds = leave.within.value * math.log1p(-u) / math.log1p(-leave.chance.value)
    return max(math.floor(seconds + 0.5), 1)


def _counted(patients: list[Patient], people: list[Patient], last: Patient | None, limit: int) -> dict[str, Any]:
    """Everybody who came until the last enrollment, by what had become of them then."""
    closed = last.ask if last else limit
    end = (closed, last.number) if last else (closed, -1)
    counts: dict[str, int] = {}
    for p in patients:
        if p.tick > closed or p.fate == "absent":
            continue
        asked = (p.ask, p.number) < end
        fate = "enrolled" if p in people else p.fate
        if (fate == "left" and p.leave > closed) or (fate in ("declines", "consents") and not asked):
            fate = "not asked"
        counts["arrived"] = counts.get("arrived", 0) + 1
        counts[fate] = counts.get(fate, 0) + 1
    return {"counts": counts, "accrual_end": closed}


def _covariates(scenario: Scenario, people: list[Patient], seed: int, replicate: int) -> list[list[float]]:
    columns = []
    for name, what in scenario.participants.items():
        u = _u(f"covariate/{name}", len(people), seed, replicate)
        if what.number is not None:
            columns.append(quantile(what.number.distribution, u).tolist())
        else:
            edges = np.cumsum([share.value for share in what.choice.values()])[:-1]
            columns.append([float(sum(x >= edge for edge in edges)) for x in u])
    return [list(row) for row in zip(*columns, strict=True)]


def _withdrawals(
    scenario: Scenario, people: list[Patient], seed: int, replicate: int, fault: str
) -> list[tuple[int, int]]:
    first = len(scenario.setting.patients.leave) if scenario.setting else 0
    found = [(p.leave, p.reason) for p in people]
    for place, one in enumerate(scenario.attrition):
        u = _u(f"withdraw/{one.reason}", MOST, seed, replicate)
        for n, p in enumerate(people):
            start = p.tick if fault == "withdrawal counted from arrival" else p.ask
            at = start + _stay(one, u[p.number if fault == "withdrawal by arrival number" else n])
            if at < found[n][0]:
                found[n] = (at, first + place)
    return found


def _strata(
    scenario: Scenario, people: list[Patient], covariates: list[list[float]], fault: str
) -> list[tuple[int, str]]:
    """Number and name of each participant's stratum."""
    names = list(scenario.participants)
    sites = list(scenario.setting.sites) if scenario.setting else []
    found = []
    for n, p in enumerate(people):
        place, label = 0, []
        for name in scenario.design.allocation.stratify:
            levels = sites if name == "site" else list(scenario.participants[name].choice)
            level = p.site if name == "site" else int(covariates[n][names.index(name)])
            place = place * len(levels) + level
            label.append(levels[level])
        found.append((0, "all") if fault == "strata forgotten" else (place, ", ".join(label) or "all"))
    return found


def _arms(
    scenario: Scenario,
    stratum: list[tuple[int, str]],
    people: list[Patient],
    covariates: list[list[float]],
    seed: int,
    replicate: int,
    fault: str,
) -> list[int]:
    allocation, enroll = scenario.design.allocation, scenario.design.enroll
    closes = closing(enroll, scenario.design.arms)
    if allocation.method in ("minimization", "big stick"):
        return [arm for arm, _ in balanced_one_by_one(scenario, people, covariates, seed, replicate, fault)]
    if allocation.method == "places left":
        return _by_places(closes, len(stratum), seed, replicate, fault)
    once = [arm for arm, share in enumerate(str(allocation.ratio).split(":")) for _ in range(int(share))]
    queues = {name: _queue(allocation, once, name, seed, replicate) for _, name in stratum}
    arms: list[int] = []
    for _, name in stratum:
        arm = next(queues[name])
        while closes and arms.count(arm) == closes[arm] and fault != "a full arm stays open":
            arm = next(queues[name])
        arms.append(arm)
    return arms


def balanced_one_by_one(
    scenario: Scenario,
    people: list[Patient],
    covariates: list[list[float]],
    seed: int,
    replicate: int,
    fault: str = "",
) -> Iterator[tuple[int, float]]:
    """The arm of each participant, and the chance of the likeliest arm, in exact fractions.

    For each arm that is open: who of those already in shares a level with the newcomer, counted anew from the list of everybody.
    """
    allocation, closes = scenario.design.allocation, closing(scenario.design.enroll, scenario.design.arms)
    ratio = [Fraction(part) for part in str(allocation.ratio).split(":")]
    names, arms = list(scenario.participants), range(len(ratio))
    everybody = [
        _levels(scenario, p, row, names) for p, row in zip(people, covariates or [[]] * len(people), strict=True)
    ]
    ties, throws = (_u("balancing", len(people) + 1, seed, replicate, k=k) for k in (0, 1))
    given: list[int] = []
    for n, mine in enumerate(everybody):
        opened = [k for k in arms if not closes or given.count(k) < closes[k]]
        if allocation.method == "big stick":
            least = min(given.count(k) for k in opened)
            best, p = [k for k in opened if given.count(k) - least < allocation.tolerate], Fraction(1)
        else:
            p = Fraction(str(allocation.p.value))
            imbalance = {k: _imbalance(scenario, everybody, mine, given, k, ratio, fault) for k in opened}
            best = [k for k in opened if imbalance[k] == min(imbalance.values())]
        least_ratio, total = min(ratio[k] for k in opened), sum(ratio[k] for k in opened)
        low = {k: ratio[k] * (1 - p) / (total - least_ratio) if len(opened) > 1 else Fraction(0) for k in opened}
        if fault == "p is that of every arm":
            low = {k: (1 - p) / (len(opened) - 1) for k in opened}
        chances = {
            j: {k: low[k] if k != j else 1 - sum(low[i] for i in opened if i != j) for k in opened} for j in best
        }
        weight = {j: ratio[j] / sum(ratio[i] for i in best) for j in best}
        preferred = _thrown(weight, float(ties[0 if fault == "one draw for all ties" else n]))
        arm = _thrown(chances[preferred], float(throws[n]))
        yield arm, float(max(sum(weight[j] * chances[j][k] for j in best) for k in opened))
        given.append(arm)


def _thrown(chances: dict[int, Fraction], u: float) -> int:
    for k, chance in chances.items():
        if u < chance:
            return k
        u -= float(chance)
    raise AssertionError


def _levels(scenario: Scenario, p: Patient, row: list[float], names: list[str]) -> list[int]:
    allocation, found = scenario.design.allocation, []
    for name in allocation.factors:
        value = p.site if name == "site" else row[names.index(name)]
        found.append(sum(value >= cut.value for cut in allocation.cut[name]) if name in allocation.cut else int(value))
    return found


def _imbalance(
    scenario: Scenario,
    everybody: list[list[int]],
    mine: list[int],
    given: list[int],
    arm: int,
    ratio: list[Fraction],
    fault: str,
) -> Fraction:
    allocation, total = scenario.design.allocation, Fraction(0)
    for f, name in enumerate(allocation.factors):
        alike = [k for levels, k in zip(everybody, given, strict=False) if levels[f] == mine[f]] + [arm]
        numbers = [
            Fraction(alike.count(k)) / (1 if fault == "the ratio does not count" else ratio[k])
            for k in range(len(ratio))
        ]
        mean = sum(numbers) / len(numbers)
        apart = max(numbers) - min(numbers)
        if allocation.imbalance == "variance" and fault != "the range in place of the variance":
            apart = sum(((x - mean) ** 2 for x in numbers), Fraction(0)) / (len(numbers) - 1)
        total += (1 if fault == "weights forgotten" else Fraction(str(allocation.weights[name].value))) * apart
    return total


def closing(enroll: Any, arms: Any) -> list[int]:
    """The number at which each arm closes."""
    if enroll.by_arm:
        return [enroll.by_arm[arm] for arm in arms]
    return [enroll.each_arm for _ in arms] if enroll.each_arm else []


def _by_places(closes: list[int], count: int, seed: int, replicate: int, fault: str) -> list[int]:
    """Each takes one of the places that are left, as from a bag of balls; the next throw has its own address."""
    bag = [arm for arm, places in enumerate(closes) for _ in range(places)]
    arms: list[int] = []
    for i in range(count):
        ball = int(_u("allocation/all", i + 1, seed, replicate)[i] * len(bag))
        arms.append(bag[ball] if fault == "places are put back" else bag.pop(ball))
    return arms


def _queue(allocation: Any, once: list[int], name: str, seed: int, replicate: int) -> Iterator[int]:
    """The arms of a stratum, one after another."""
    number = 0
    while True:
        block = list(once)
        if allocation.method == "simple":
            u = _u("allocation/all", number + 1, seed, replicate)[number]
            block = [once[int(u * len(once))]]
        elif allocation.method == "permuted blocks":
            block = once * (allocation.block // len(once))
            u = _u(f"allocation/{name}", len(block), seed, replicate, k=number)
            for i in reversed(range(1, len(block))):
                j = int(u[i] * (i + 1))
                block[i], block[j] = block[j], block[i]
        yield from block
        number += 1


@pytest.fixture
def small() -> Callable[..., Scenario]:
    return study


@pytest.fixture
def slow() -> Callable[..., SimpleNamespace]:
    return slow_conduct
