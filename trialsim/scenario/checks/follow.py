"""For how long participants are followed: the interval of a count, the end of a time, and what such outcomes cannot have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from trialsim.kinds.scales import SCALE, SCALES, Scale
from trialsim.quantities import units
from trialsim.quantities.fields import Number
from trialsim.scenario.amounts import Report
from trialsim.scenario.checks.names import known
from trialsim.scenario.model import Draft, Outcome
from trialsim.scenario.outline import Outline
from trialsim.scenario.text import Finding, Path

if TYPE_CHECKING:
    from trialsim.protocol.program import Program

#: What is written where the key is missing.
EXAMPLES = {
    "over": "Write over: [pre, post], the visits at which counting begins and ends.",
    "until": "Write until: 90 d, or until: and the visit at which following ends.",
}
#: The scales to which each key belongs, by the key that they cannot be without.
BELONGS = {"over": "over", "from": "until", "until": "until"}


def with_own_visits(scenario: Draft, points: Outline) -> Draft:
    """The scenario in which an outcome that is followed is measured at the end of it, where it names no visits."""
    found = {
        name: outcome if outcome.visits else outcome.model_copy(update={"visits": end_of(outcome, points)})
        for name, outcome in scenario.outcomes.items()
    }
    return scenario.model_copy(update={"outcomes": found})


def end_of(outcome: Outcome, points: Outline) -> tuple[str, ...]:
    """The visit at which it ends, if that is known."""
    ends = [*outcome.over[1:2], *([outcome.until] if isinstance(outcome.until, str) else [])]
    return tuple(visit for visit in ends if points.expand(visit))


def check_follow(outcome: Outcome, path: Path, scenario: Draft, points: Outline, report: Report) -> None:
    """The keys that say for how long, and the visits they name."""
    scale = SCALE.get(outcome.distribution or "")
    for key, here, visit in _named(outcome, path):
        if scale is None or scale.follow != BELONGS[key]:
            _misplaced(key, path, outcome, report)
            return
        if visit is not None and not known(visit, points.names, "TS-E030", here, report):
            return
        if visit is not None and len(full := points.expand(visit)) > 1:
            message = f"'{visit}' is several visits: {', '.join(full)}."
            report(Finding("TS-E141", here, message, f"Name one of them, such as {full[-1]}."))
            return
    if scale is None or scale.follow is None:
        return
    if not outcome.over and outcome.until is None:
        message = f"a {scale.name} outcome needs '{scale.follow}'."
        report(Finding("TS-E140", path, message, EXAMPLES[scale.follow], on_key=True))
        return
    wrong = next(_interval(outcome, path, scenario, points), None)
    if wrong is not None:
        report(wrong)
    else:
        _one_visit(scale, outcome, path, points, report)
    _impossible(scale, outcome, path, report)


def _named(outcome: Outcome, path: Path) -> Iterator[tuple[str, Path, str | None]]:
    """Every key that is written, with its place and the visit it names; None for a duration."""
    for i, visit in enumerate(outcome.over):
        yield "over", (*path, "over", i) if len(outcome.over) > 1 else (*path, "over"), visit
    if outcome.since is not None:
        yield "from", (*path, "from"), outcome.since
    if outcome.until is not None:
        yield "until", (*path, "until"), None if isinstance(outcome.until, Number) else outcome.until


def _misplaced(key: str, path: Path, outcome: Outcome, report: Report) -> None:
    fitting = " or ".join(one.name for one in SCALES if one.follow == BELONGS[key])
    declared = f"is {outcome.distribution}" if outcome.distribution else "has no distribution"
    message = f"'{key}' belongs to a {fitting} outcome; this one {declared}."
    report(Finding("TS-E140", (*path, key), message, f"Remove {key}:, or write distribution: {fitting}.", on_key=True))


def _interval(outcome: Outcome, path: Path, scenario: Draft, points: Outline) -> Iterator[Finding]:
    """Two visits in their order, or a time above 0."""
    if isinstance(outcome.until, Number):
        if outcome.until.value <= 0:
            yield Finding("TS-E141", (*path, "until"), "nobody is followed for 0 s.", "Write until: 90 d.")
        return
    if outcome.over and len(outcome.over) != 2:
        named = "1 visit is" if len(outcome.over) == 1 else f"{len(outcome.over)} visits are"
        message = f"{named} named; an interval has two."
        yield Finding("TS-E141", (*path, "over"), message, EXAMPLES["over"], on_key=True)
        return
    key = "over" if outcome.over else "until"
    first, last = outcome.over if outcome.over else (outcome.since, outcome.until)
    assert isinstance(last, str)  # a duration was taken above
    start = 0.0 if first is None else place_of(points.expand(first)[0], scenario, points)
    end = place_of(points.expand(last)[0], scenario, points)
    if not start < end and (first is not None or last in scenario.visits):
        message = f"'{last}' does not come after '{first or 'enrollment'}'."
        yield Finding("TS-E141", (*path, key), message, "Name the earlier visit first.", on_key=True)


def place_of(visit: str, scenario: Draft, points: Outline) -> float:
    """The place of a visit among the others: its time without a ward, otherwise its place in the protocol."""
    declared = scenario.visits.get(visit)
    return declared.value if declared is not None else float(list(points.visits).index(visit))


def _one_visit(scale: Scale, outcome: Outcome, path: Path, points: Outline, report: Report) -> None:
    end, full = end_of(outcome, points), [one for visit in outcome.visits for one in points.expand(visit)]
    if end and full != list(points.expand(end[0])):
        message = f"a {scale.name} outcome has one visit, the last one that it names: '{points.expand(end[0])[0]}'."
        report(Finding("TS-E142", (*path, "visits"), message, "Remove visits:.", on_key=True))
    elif not end and len(full) != 1:
        message = f"a {scale.name} outcome that is followed for a duration needs one visit, under which tables show it."
        remedy = f"Write visits: [{next(reversed(points.visits), 'post')}]."
        report(Finding("TS-E142", (*path, "visits") if outcome.visits else path, message, remedy, on_key=True))


def _impossible(scale: Scale, outcome: Outcome, path: Path, report: Report) -> None:
    """Parts that would have no effect, and a unit that is not one of time."""
    if outcome.window is not None:
        message = f"a {scale.name} outcome is not a sample, so it has no window."
        report(Finding("TS-E143", (*path, "window"), message, "Remove window:.", on_key=True))
    if scale.follow == "until" and outcome.since is None:
        for i in range(len(outcome.drivers)):
            message = "a driver acts as it was when following began, and at enrollment nothing has happened yet."
            report(Finding("TS-E143", (*path, "drivers", i), message, "Write from: and the visit after it."))
    if scale.follow == "until" and seconds_of(outcome.unit) is None:
        message = f"{'a unit of time is missing' if outcome.unit is None else f'{outcome.unit} is not a unit of time'}."
        here = path if outcome.unit is None else (*path, "unit")
        report(Finding("TS-E144", here, message, f"Write unit: d, or one of {', '.join(units.SECONDS)}.", on_key=True))


def seconds_of(unit: str | None) -> float | None:
    """The length of a unit of time [s]; None for another unit."""
    known = unit is not None and units.is_unit(unit, "duration")
    return units.SECONDS[units.canonical_unit(unit, "duration")] if unit is not None and known else None


def check_planned(scenario: Draft, program: Program, report: Report) -> None:
    """Between two visits on a ward some time is planned."""
    from trialsim.protocol.compile import expected_between

    arms, step = list(scenario.design.arms), dict(zip(program.visits, program.visit_step, strict=True))
    for name, outcome in scenario.outcomes.items():
        first, last = outcome.over or (outcome.since, outcome.until)
        if not isinstance(last, str):
            continue
        begins = -1 if first is None else step[first]
        if expected_between(program, begins, step[last], arms.index(scenario.design.reference or arms[0])) <= 0:
            key = "over" if outcome.over else "until"
            message = f"no time is planned between '{first or 'enrollment'}' and '{last}'."
            remedy = "Put a wait or an activity of the reference arm between them."
            report(Finding("TS-E141", ("outcomes", name, key), message, remedy, on_key=True))
