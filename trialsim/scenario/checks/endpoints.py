"""The endpoint of an analysis: its visits, what is made of them, and whether the test takes such an endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from trialsim.kinds.designs import TRANSFORM, VISIT_SUMMARY, VISIT_TIMES
from trialsim.kinds.scales import Scale
from trialsim.kinds.tests import TEST
from trialsim.kinds.tests.records import Looks
from trialsim.scenario.amounts import Report
from trialsim.scenario.checks.names import known
from trialsim.scenario.model import Analysis, Draft, Outcome
from trialsim.scenario.notation import expand_visits
from trialsim.scenario.outline import Outline
from trialsim.scenario.text import Finding, Path

#: How an endpoint of each kind is written.
WRITE: dict[Looks, str] = {
    "value": "visit: post",
    "change": "change: {from: pre, to: post}",
    "visits": "visits: [pre, during, post]",
}

#: what a test needs that takes only endpoints of one kind.
NEEDED: dict[Looks, str] = {
    "value": "one value of each participant",
    "change": "a change between two visits",
    "visits": "the values of several visits",
}


def check_endpoint(analysis: Analysis, scenario: Draft, path: Path, points: Outline, report: Report) -> None:
    """An analysis has one endpoint, of visits at which its outcome is measured, that its test takes."""
    outcome = scenario.outcomes[analysis.outcome]
    measured = expand_visits(outcome.visits, points)
    for here, visit in _visits(analysis, path, points) if measured else ():  # an outcome without visits is the fault
        known(visit, measured, "TS-E030", here, report)
    given = [kind for kind, keys in _kinds(analysis).items() if keys]
    written = sum(len(keys) for keys in _kinds(analysis).values())
    test = TEST[analysis.test]
    if written != 1:
        remedy = "Write visit: post, change: {from: pre, to: post}, or over: {visits: [pre, post], by: mean}."
        report(Finding("TS-E060", path, "say one endpoint.", remedy))
    if given[:1] and given[0] not in test.takes:
        wanted = test.takes[0]
        message = f"{analysis.test} needs {NEEDED[wanted]}."
        report(Finding("TS-E060", (*path, "test"), message, f"Write {WRITE[wanted]}."))
    for finding in (*_start(analysis, path), *_several(analysis, path, points), *_times(analysis, scenario, path)):
        report(finding)


def _kinds(analysis: Analysis) -> dict[Looks, list[str]]:
    """The keys that say an endpoint of each kind."""
    written = {"visit": analysis.visit, "over": analysis.over, "change": analysis.change, "visits": analysis.visits}
    kinds: dict[Looks, tuple[str, ...]] = {"value": ("visit", "over"), "change": ("change",), "visits": ("visits",)}
    return {kind: [key for key in keys if written[key]] for kind, keys in kinds.items()}


def _visits(analysis: Analysis, path: Path, points: Outline) -> Iterator[tuple[Path, str]]:
    """Every visit that an analysis names, with its place."""
    if analysis.visit is not None:
        yield (*path, "visit"), analysis.visit
    if analysis.change is not None:
        yield (*path, "change", "from"), analysis.change.start
        yield (*path, "change", "to"), analysis.change.end
    if analysis.baseline is not None:
        yield (*path, "baseline"), analysis.baseline
    over = () if analysis.over is None else analysis.over.visits
    for place, names in (((*path, "over", "visits"), over), ((*path, "visits"), analysis.visits)):
        for i, name in enumerate(names):
            for visit in expand_visits((name,), points):
                yield (*place, i), visit


def _start(analysis: Analysis, path: Path) -> Iterator[Finding]:
    """A change has two ends, and a baseline is not the endpoint."""
    if analysis.change is not None and analysis.change.start == analysis.change.end:
        yield Finding("TS-E060", (*path, "change"), "nothing changes from a visit to itself.", "Name two visits.")
    if analysis.baseline is not None and analysis.baseline in (analysis.visit, *analysis.visits):
        message = "the baseline is the endpoint itself."
        yield Finding("TS-E060", (*path, "baseline"), message, "Name an earlier visit.")


def _several(analysis: Analysis, path: Path, points: Outline) -> Iterator[Finding]:
    """What takes several visits has enough of them."""
    if analysis.visits and len(expand_visits(analysis.visits, points)) < 2:
        yield Finding("TS-E060", (*path, "visits"), "one visit is not repeated.", "Name two visits or more.")
    if analysis.over is None:
        return
    here, summary = (*path, "over"), VISIT_SUMMARY[analysis.over.by]
    visits = expand_visits(analysis.over.visits, points)
    if len(visits) < max(summary.fewest, 1):
        message = f"the {summary.name} of {len(visits)} visit{'' if len(visits) == 1 else 's'} says nothing."
        yield Finding("TS-E060", (*here, "visits"), message, f"Name {summary.fewest} visits or more.")
    if analysis.over.available and not summary.available:
        message = f"the {summary.name} needs every visit."
        yield Finding("TS-E060", (*here, "available"), message, "Remove available:.", on_key=True)
    if TRANSFORM[analysis.transform].percent or analysis.subset is not None:
        key = "transform" if TRANSFORM[analysis.transform].percent else "subset"
        message = "a percent change needs one visit to start from."
        yield Finding("TS-E060", (*path, key), message, "Write change: {from: pre, to: post}.", on_key=True)
    if TRANSFORM[analysis.transform].log and summary.signed:
        message = f"the {summary.name} can be negative and has no logarithm."
        yield Finding("TS-E064", (*path, "transform"), message, "Remove transform:.")


def _times(analysis: Analysis, scenario: Draft, path: Path) -> Iterator[Finding]:
    """An area or a slope has a time for each visit, rising."""
    if analysis.over is None:
        return
    here, what, summary = (*path, "over"), analysis.over, VISIT_SUMMARY[analysis.over.by]
    planned = what.times == VISIT_TIMES[0]
    if not planned and not scenario.protocol:
        message = "without a ward every visit takes place at its planned time."
        yield Finding("TS-E060", (*here, "times"), message, "Remove times:.")
    if not summary.timed or not planned:
        if what.at:
            why = (
                f"the {summary.name} does not depend on times."
                if not summary.timed
                else "realized times are simulated."
            )
            yield Finding("TS-E060", (*here, "at"), why, "Remove at:.", on_key=True)
        elif not summary.timed and not planned:
            yield Finding(
                "TS-E060", (*here, "times"), f"the {summary.name} does not depend on times.", "Remove times:."
            )
        return
    if what.at and len(what.at) != len(what.visits):
        message = f"there are {len(what.visits)} visits and {len(what.at)} times."
        yield Finding("TS-E060", (*here, "at"), message, "Write one time for each visit.")
    elif not what.at and scenario.protocol:
        message = f"the {summary.name} needs the planned times of its visits, and on a ward visits have none."
        remedy = "Write at: [0 min, 15 min, ..] with a time for each visit, or times: realized."
        yield Finding("TS-E060", here, message, remedy)
    times = [one.value for one in what.at] or [scenario.visits[v].value for v in what.visits if v in scenario.visits]
    if any(later <= earlier for earlier, later in pairwise(times)):
        place, message = (*here, "at" if what.at else "visits"), "the times do not rise."
        yield Finding("TS-E060", place, message, "Name the visits in their order.")


def check_summaries(analysis: Analysis, scale: Scale, path: Path, report: Report) -> None:
    """What is made of several visits fits the (resolved) scale."""
    if analysis.over is None:
        return
    summary = VISIT_SUMMARY[analysis.over.by]
    if summary.yes_or_no and not scale.yes_or_no:
        message = f"'{summary.name}' counts visits with yes; '{analysis.outcome}' is {scale.name}."
        remedy = "Use a binary outcome, or by: mean."
        report(Finding("TS-E065", (*path, "over", "by"), message, remedy))


def selected(analysis: Analysis, outcome: Outcome) -> bool:
    """Whether the endpoint is yes or no without a dichotomy."""
    by = None if analysis.over is None else VISIT_SUMMARY[analysis.over.by]
    change = analysis.change is not None and not TEST[analysis.test].at_each_visit
    return outcome.scale.yes_or_no and not change and (by is None or by.selects)
