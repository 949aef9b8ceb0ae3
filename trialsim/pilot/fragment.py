"""Estimates as a scenario: plain data in the form people write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trialsim.kinds import tests
from trialsim.kinds.designs import LOG
from trialsim.kinds.scales import SCALE
from trialsim.pilot.estimates import Estimate

Data = dict[str, Any]

PURE = ("sd_log",)


@dataclass(frozen=True)
class Fitted:
    """One outcome as a scenario writes it, its visits, whether the first is a baseline, and what should be known."""

    name: str
    family: str
    visits: tuple[str, ...]
    baseline: bool
    outcome: Data
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Fragment:
    """A scenario made from a pilot: plain data, and what should be known about each number."""

    data: Data
    notes: tuple[str, ...]

    @property
    def text(self) -> str:
        """The YAML, with the notes as comments above it."""
        import textwrap

        from trialsim.scenario.dump import to_yaml

        head = ["Made by trialsim fit: the outcomes are those of the pilot, the design is only a start.", *self.notes]
        lines = [f"# {line}" for one in head for line in textwrap.wrap(one, 110)]
        return "\n".join(lines) + "\n" + to_yaml(self.data)


def rounded(value: float) -> float | int:
    """Four digits: more say nothing in a pilot."""
    short = float(f"{value:.4g}")
    return int(short) if short == int(short) else short


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
    told: str,
    counts: Mapping[str, int],
    fitted: Sequence[Fitted],
) -> Data:
    """A whole scenario around the fitted outcomes.

    Parameters
    ----------
    told : what the source is, in words
    counts : participants in each arm, the reference first
    """
    visits = list(dict.fromkeys(visit for one in fitted for visit in one.visits))
    visits.sort(key=lambda visit: visit != "baseline")
    arms = list(counts)
    analyses = {f"{one.name}": _analysis(one, arms) for one in fitted}
    return {
        "trialsim": 1,
        "name": name,
        "title": "A trial planned on a pilot",
        "sources": {"pilot": told},
        "design": {
            "arms": {arm: arm for arm in arms},
            "reference": arms[0],
            "enroll": {"each arm": max(counts.values())},
        },
        "visits": {visit: f"{day} d" for day, visit in enumerate(visits)},
        "outcomes": {one.name: one.outcome for one in fitted},
        "analyses": analyses,
        "primary": next(iter(analyses)),
        "simulation": {"replicates": 10_000, "seed": 1},
    }


def _analysis(one: Fitted, arms: Sequence[str]) -> Data:
    """The usual analysis of the last visit."""
    told: Data = {"outcome": one.name, "visit": one.visits[-1]}
    scale = SCALE[one.family]
    logs = {"transform": LOG.name} if scale.log else {}
    if len(arms) == 1:
        if one.baseline and scale.family is not None:
            change = {"change": {"from": one.visits[0], "to": one.visits[-1]}}
            return {"outcome": one.name, **change, **logs, "test": tests.PAIRED_T.name}
        return {**told, **logs, "test": tests.ONE_SAMPLE_T.name}
    contrast = {"contrast": f"{arms[1]} - {arms[0]}"}
    if scale.yes_or_no:
        return {**told, "test": tests.FISHER.name, **contrast}
    if scale.categories is not None:
        return {**told, "test": tests.MANN_WHITNEY.name, **contrast}
    if one.baseline:
        return {**told, **logs, "test": tests.ANCOVA.name, "baseline": one.visits[0], **contrast}
    return {**told, **logs, "test": tests.T.name, **contrast}
