"""For how long participants are followed: the two visits of a count, and what such an outcome cannot have."""

from __future__ import annotations

from collections.abc import Iterator

from trialsim.kinds.scales import SCALE, SCALES, Scale
from trialsim.scenario.amounts import Report
from trialsim.scenario.checks.names import known
from trialsim.scenario.model import Draft, Outcome
from trialsim.scenario.outline import Outline
from trialsim.scenario.text import Finding, Path

#: How each key is written.
EXAMPLES = {"over": "Write over: [pre, post], the visits at which counting begins and ends."}


def with_own_visits(scenario: Draft, points: Outline) -> Draft:
    """The scenario in which an outcome that is followed is measured at the end of it, where it names no visits."""
    found = {
        name: outcome if outcome.visits else outcome.model_copy(update={"visits": end_of(outcome, points)})
        for name, outcome in scenario.outcomes.items()
    }
    return scenario.model_copy(update={"outcomes": found})


def end_of(outcome: Outcome, points: Outline) -> tuple[str, ...]:
    """The visit at which it ends, if that is known."""
    return tuple(visit for visit in outcome.over[1:2] if points.expand(visit))


def check_follow(outcome: Outcome, path: Path, scenario: Draft, points: Outline, report: Report) -> None:
    """The keys that say for how long, and the visits they name."""
    scale = SCALE.get(outcome.distribution or "")
    for key, named in _named(outcome):
        if scale is None or scale.follow != key:
            _misplaced(key, path, outcome, report)
            return
        for i, visit in enumerate(named):
            if not known(visit, points.names, "TS-E030", (*path, key, i), report):
                return
    if scale is not None and scale.follow is not None:
        _complete(scale, scale.follow, outcome, path, scenario, points, report)


def _named(outcome: Outcome) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every key that is written, with the visits it names."""
    if outcome.over:
        yield "over", outcome.over


def _misplaced(key: str, path: Path, outcome: Outcome, report: Report) -> None:
    fitting = " or ".join(one.name for one in SCALES if one.follow == key)
    declared = f"this one is {outcome.distribution}" if outcome.distribution else "this one has no distribution:"
    message = f"'{key}' belongs to a {fitting} outcome; {declared}."
    report(Finding("TS-E140", (*path, key), message, f"Remove {key}:, or write distribution: {fitting}.", on_key=True))


def _complete(
    scale: Scale, key: str, outcome: Outcome, path: Path, scenario: Draft, points: Outline, report: Report
) -> None:
    if not outcome.over:
        message = f"a {scale.name} outcome needs '{key}'."
        report(Finding("TS-E140", path, message, EXAMPLES[key], on_key=True))
        return
    if len(outcome.over) != 2:
        message = f"{len(outcome.over)} visits are named; an interval has two."
        report(Finding("TS-E141", (*path, key), message, EXAMPLES[key], on_key=True))
        return
    full = [points.expand(visit) for visit in outcome.over]
    for i, visit in enumerate(full):
        if len(visit) > 1:
            message = f"'{outcome.over[i]}' is several visits: {', '.join(visit)}."
            report(Finding("TS-E141", (*path, key, i), message, f"Name one of them, such as {visit[-1]}."))
            return
    first, last = (place_of(visit[0], scenario, points) for visit in full)
    if not first < last:
        message = f"'{outcome.over[1]}' does not come after '{outcome.over[0]}'."
        report(Finding("TS-E141", (*path, key), message, "Write the first visit first.", on_key=True))
    if tuple(one for visit in outcome.visits for one in points.expand(visit)) != full[1]:
        message = f"a {scale.name} outcome has one visit, the end of its interval: '{full[1][0]}'."
        report(Finding("TS-E142", (*path, "visits"), message, "Remove visits:.", on_key=True))
    if outcome.window is not None:
        message = f"a {scale.name} outcome is not a sample, so it has no window."
        report(Finding("TS-E143", (*path, "window"), message, "Remove window:.", on_key=True))


def place_of(visit: str, scenario: Draft, points: Outline) -> float:
    """Where a visit stands among the others: its time without a ward, otherwise its place in the protocol."""
    declared = scenario.visits.get(visit)
    return declared.value if declared is not None else float(list(points.visits).index(visit))
