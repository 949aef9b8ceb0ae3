"""Estimates as a scenario: plain data in the form people write."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from trialsim.kinds.designs import LOG
from trialsim.kinds.scales import SCALE
from trialsim.kinds.tests import means, ranks, regressions, tables
from trialsim.pilot.data import FitError, PilotColumn
from trialsim.pilot.estimates import Estimate
from trialsim.pilot.words import days_of

Data = dict[str, Any]

PURE = ("sd_log",)


@dataclass(frozen=True)
class FittedOutcome:
    """One outcome in the format of a scenario, its visits, whether the first is a baseline, and notes."""

    name: str
    family: str
    visits: tuple[str, ...]
    baseline: bool
    outcome: Data
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Fragment:
    """A scenario made from a pilot: plain data, notes about its numbers, and the role of each column."""

    data: Data
    notes: tuple[str, ...]
    source: str = ""
    columns: tuple[PilotColumn, ...] = ()

    @property
    def text(self) -> str:
        """The YAML, with the notes as comments above it."""
        import textwrap

        from trialsim.scenario.dump import to_yaml

        head = ["Made by trialsim fit: the outcomes are those of the pilot, the design is only a start.", *self.notes]
        lines = [f"# {line}" for one in head for line in textwrap.wrap(one, 110)]
        lines += [f"# {line}" for line in plan_lines(self.source, self.columns, 110)]
        return "\n".join(lines) + "\n" + to_yaml(self.data)


def rounded(value: float) -> float | int:
    """Four digits: more are meaningless in a pilot; a rounding error around 0 becomes 0."""
    short = float(f"{value:.4g}") if abs(value) >= 1e-12 else 0.0
    return int(short) if short == int(short) else short


def plan_lines(source: str, columns: Sequence[PilotColumn], width: int) -> list[str]:
    """The role of each column and its reason, as lines of text; none without columns."""
    import textwrap

    if not columns:
        return []
    wide = min(max(len(one.name) for one in columns), 40)
    lines = [f"The columns of {source}:"]
    for one in columns:
        start = f"  {one.name:<{wide}}  {one.role:<11}  "
        lines += textwrap.wrap(one.why, width, initial_indent=start, subsequent_indent=" " * (wide + 17))
    return lines


def range_of(categories: Sequence[float]) -> str | list[float | int]:
    """Scores in the format of a scenario: as a range if their steps are equal.

    >>> range_of((0.0, 2.0, 4.0))
    '0..4 by 2'
    """
    steps = {round(b - a, 9) for a, b in pairwise(categories)}
    low, high = rounded(categories[0]), rounded(categories[-1])
    if len(steps) > 1:
        return [rounded(one) for one in categories]
    step = rounded(steps.pop())
    return f"{low}..{high}" if step == 1 else f"{low}..{high} by {step}"


def quantity(estimate: Estimate, unit: str | None = None) -> Data:
    """``{value: .., prior: {normal: {mean: .., sd: ..}, n: 14}}``."""

    def shown(value: float, *, pure: bool = False) -> str | float | int:
        if estimate.percent:
            return f"{rounded(100 * value)} %"
        return f"{rounded(value)} {unit}" if unit and estimate.unit and not pure else rounded(value)

    ((family, parameters),) = estimate.prior.items()
    prior: Data = {family: {key: shown(value, pure=key in PURE) for key, value in parameters.items()}}
    if estimate.between is not None:
        prior["between"] = [shown(end) for end in estimate.between]
    return {"value": shown(estimate.value), "prior": {**prior, "n": estimate.n}}


def scenario_data(
    *,
    name: str,
    source: str,
    counts: Mapping[str, int],
    fitted: Sequence[FittedOutcome],
    null: float | None = None,
) -> Data:
    """A whole scenario around the fitted outcomes.

    Parameters
    ----------
    source : the source, in words
    counts : participants in each arm, the reference first
    null : the number with which the first outcome is compared if there is one arm and one visit
    """
    visits = list(dict.fromkeys(visit for one in fitted for visit in one.visits))
    visits.sort(key=lambda visit: visit != "baseline")
    arms = list(counts)
    analyses = {}
    for one in fitted:
        analysis = _analysis(one, arms, null if one is fitted[0] else None)
        if analysis is not None:
            analyses[one.name] = analysis
    if not analyses:
        raise FitError(
            f"there is one group, and no baseline: '{fitted[0].name}' cannot be compared with anything.",
            code="TS-P023",
            remedy="Give --null NUMBER, the mean (or median) of a known population.",
        )
    return {
        "trialsim": 1,
        "name": name,
        "title": "A trial planned on a pilot",
        "sources": {"pilot": source},
        "design": {
            "arms": {arm: arm for arm in arms},
            "reference": arms[0],
            "enroll": {"each arm": max(counts.values())},
        },
        "visits": times(visits),
        "outcomes": {one.name: one.outcome for one in fitted},
        "analyses": analyses,
        "primary": next(iter(analyses)),
        "simulation": {"replicates": 10_000, "seed": 1},
    }


def times(visits: Sequence[str]) -> dict[str, str]:
    """The times of visits: the days in their names if all have one, otherwise one day apart in their order.

    >>> times(["baseline", "week 4"])
    {'baseline': '0 d', 'week 4': '28 d'}
    """
    day_of = {visit: 0.0 if visit == "baseline" else days_of(visit) for visit in visits}
    days = [day for day in day_of.values() if day is not None]
    if len(days) == len(day_of) and len(set(days)) == len(days):
        return {visit: f"{rounded(day or 0.0)} d" for visit, day in day_of.items()}
    return {visit: f"{place} d" for place, visit in enumerate(visits)}


def _analysis(one: FittedOutcome, arms: Sequence[str], null: float | None) -> Data | None:
    """The usual analysis of the last visit; None if it has nothing to compare with."""
    analysis: Data = {"outcome": one.name, "visit": one.visits[-1]}
    scale = SCALE[one.family]
    logs = {"transform": LOG.name} if scale.log else {}
    if len(arms) == 1:
        if one.baseline:
            change = {"change": {"from": one.visits[0], "to": one.visits[-1]}}
            return {
                "outcome": one.name,
                **change,
                **logs,
                "test": means.PAIRED_T.name if scale.family is not None else ranks.WILCOXON.name,
            }
        if null is None:
            return None
        analysis["null"] = rounded(math.log(null)) if logs else rounded(null)
        return {**analysis, **logs, "test": means.ONE_SAMPLE_T.name}
    contrast = {"contrast": f"{arms[1]} - {arms[0]}"}
    if scale.yes_or_no:
        return {**analysis, "test": tables.FISHER.name, **contrast}
    if scale.categories is not None:
        return {**analysis, "test": ranks.MANN_WHITNEY.name, **contrast}
    if one.baseline:
        return {**analysis, **logs, "test": regressions.ANCOVA.name, "baseline": one.visits[0], **contrast}
    return {**analysis, **logs, "test": means.T.name, **contrast}
