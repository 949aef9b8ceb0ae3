"""About how many participants a goal takes, extended from one simulated size: information grows with the size.

The noncentrality of a test is proportional to the number of participants (Cohen 1988, chapter 8). It is an approximation, and
is called one wherever it is shown; ``trialsim size`` simulates.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from trialsim.analysis.plan import RowPlan
from trialsim.heavy import special
from trialsim.kinds.designs import WAY
from trialsim.report.brief import headline_verdicts, places
from trialsim.report.reported import MeasuredStudy
from trialsim.scenario.comparisons import ALL_ARMS

if TYPE_CHECKING:
    from trialsim.evaluate.table import Measure

#: Powers from which a size is extended; outside of them the noncentrality is known too badly.
LOW, HIGH = 0.15, 0.995

#: The share of trials that must enroll their target: with fewer, a larger target enrolls nobody more.
REACHED = 0.95


def noncentrality(power: float, alpha: float, *, df: int, two_sided: bool) -> float:
    """The noncentrality at which a test of ``df`` degrees of freedom has a power.

    >>> round(noncentrality(0.80, 0.05, df=1, two_sided=True), 2), round(noncentrality(0.80, 0.05, df=2, two_sided=True), 2)
    (7.85, 9.63)
    """
    if two_sided:
        return float(special.chndtrinc(special.chdtri(df, alpha), df, 1.0 - power))
    return float(max(special.ndtri(power) - special.ndtri(alpha), 0.0)) ** 2


def power_at(share: float, power: float, alpha: float, *, df: int, two_sided: bool) -> float:
    """The power with ``share`` times the participants."""
    found = share * noncentrality(power, alpha, df=df, two_sided=two_sided)
    if two_sided:
        return 1.0 - float(special.chndtr(special.chdtri(df, alpha), df, found))
    return float(special.ndtr(math.sqrt(found) + special.ndtri(alpha)))


def _of(run: MeasuredStudy) -> tuple[RowPlan, Measure] | None:
    """The row and the power that can be extended; None where that would mislead."""
    primary = run.study.scenario.primary
    result = run.characteristics
    row = next(one for one in result.kept.rows if one.analysis in primary and one.main)
    call = next(one for one in run.study.analysis.calls if one.name == row.analysis)
    known = places(result).get((row.analysis, row.contrast), {})
    reached = places(result).get(("trial", ""), {}).get("target_reached_in_time")
    power = known.get("power")
    main = [one for one in result.kept.rows if one.analysis in primary and one.main]
    if len(main) > 1 or row.margins or call.clusters or power is None:
        return None
    if any(one.too_often for one in headline_verdicts(run)) or (reached is not None and reached.value < REACHED):
        return None
    return (row, power) if power.conf_low > LOW and power.conf_high < HIGH else None


def _shape(run: MeasuredStudy, row: RowPlan) -> tuple[int, bool]:
    call = next(one for one in run.study.analysis.calls if one.name == row.analysis)
    return len(run.study.conduct.arms) - 1 if row.contrast == ALL_ARMS else 1, WAY[call.alternative] == 0


def needed(run: MeasuredStudy, goal: float) -> tuple[int, int, int] | None:
    """About how many participants a goal takes, and for both ends of the 95 % interval of the power; None where unknown."""
    found = _of(run)
    if found is None:
        return None
    row, power = found
    df, two_sided = _shape(run, row)
    target, arms = run.study.conduct.target, len(run.study.conduct.arms)
    wanted = noncentrality(goal, row.alpha, df=df, two_sided=two_sided)
    sizes = [
        target * wanted / noncentrality(value, row.alpha, df=df, two_sided=two_sided)
        for value in (power.value, power.conf_high, power.conf_low)
    ]
    middle, low, high = (arms * math.ceil(size / arms) for size in sizes)
    return middle, low, high


def around(run: MeasuredStudy, shares: tuple[float, ...] = (0.6, 0.8, 1.0, 1.2, 1.5)) -> list[tuple[int, float]]:
    """Sizes around the chosen one with about their power; empty where unknown."""
    found = _of(run)
    if found is None:
        return []
    row, power = found
    df, two_sided = _shape(run, row)
    target, arms = run.study.conduct.target, len(run.study.conduct.arms)
    sizes = [arms * round(share * target / arms) for share in shares]
    return [(n, power_at(n / target, power.value, row.alpha, df=df, two_sided=two_sided)) for n in sizes]
