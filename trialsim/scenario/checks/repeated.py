"""Which contrast of repeated values an analysis asks for, and what a model of them needs: times, a baseline of its own."""

from __future__ import annotations

from itertools import pairwise

from trialsim.kinds.designs import ALTERNATIVE
from trialsim.kinds.tests import TEST
from trialsim.kinds.tests.options import AS_NUMBER, AS_VISIT, AT, INTERACTION, MODEL_EFFECTS, RANDOM_SLOPE, SLOPE
from trialsim.quantities.refuse import did_you_mean
from trialsim.scenario.amounts import Report
from trialsim.scenario.model import Analysis, Draft
from trialsim.scenario.notation import expand_visits
from trialsim.scenario.outline import Outline
from trialsim.scenario.text import Finding, Path


def is_model(analysis: Analysis) -> bool:
    """Whether it compares two arms by a model of repeated values."""
    test = TEST[analysis.test]
    return AT in test.options and "two" in test.samples and not test.at_visits


def asked_of(analysis: Analysis) -> str | None:
    """What is compared: as written, else the slopes if time is a number, else the last visit."""
    if analysis.at is not None or not is_model(analysis) or not analysis.visits:
        return analysis.at
    return SLOPE if analysis.time == AS_NUMBER else analysis.visits[-1]


def check_repeated(analysis: Analysis, scenario: Draft, path: Path, points: Outline, report: Report) -> None:
    """The contrast is one that the test has, and the model has what it needs."""
    if not is_model(analysis):
        return
    visits = expand_visits(analysis.visits, points)
    _visit(analysis, visits, path, report)
    _baseline(analysis, visits, path, report)
    _interaction(analysis, path, report)
    if analysis.at == SLOPE or analysis.random == RANDOM_SLOPE or analysis.time == AS_NUMBER:
        _times(analysis, scenario, visits, path, report)


def _visit(analysis: Analysis, visits: tuple[str, ...], path: Path, report: Report) -> None:
    allowed = (*visits, *MODEL_EFFECTS)
    if analysis.at is not None and analysis.at not in allowed:
        remedy = did_you_mean(analysis.at, allowed, what="Allowed")
        report(Finding("TS-E030", (*path, "at"), f"'{analysis.at}' is not one of its visits.", remedy))
    for word in MODEL_EFFECTS:
        if word in visits:
            message = f"with a visit named '{word}', at: {word} has two meanings."
            report(Finding("TS-E060", (*path, "visits"), message, "Give the visit another name."))
    if TEST[analysis.test].first_shared and visits and analysis.at == visits[0]:
        message = f"the arms have one mean at the first visit, '{visits[0]}'."
        report(Finding("TS-E060", (*path, "at"), message, "Name a later visit."))


def _baseline(analysis: Analysis, visits: tuple[str, ...], path: Path, report: Report) -> None:
    if analysis.baseline is not None and analysis.baseline in visits:
        message = "the baseline is one of the visits that are compared."
        report(Finding("TS-E060", (*path, "baseline"), message, "Take it out of visits:, or write test: clda."))
    if analysis.subset is not None and analysis.visits:
        message = "a percent change needs one visit to start from."
        report(Finding("TS-E060", (*path, "subset"), message, "Remove subset:.", on_key=True))


def _interaction(analysis: Analysis, path: Path, report: Report) -> None:
    """The course over the visits has no direction, no margin and, over time, another name."""
    if analysis.at != INTERACTION:
        return
    if analysis.time == AS_NUMBER:
        message = "with time as a number, arms differ in their course by one slope."
        report(Finding("TS-E060", (*path, "at"), message, "Write at: slope."))
    if ALTERNATIVE[analysis.alternative].way:
        message = "an interaction has no direction."
        report(Finding("TS-E061", (*path, "alternative"), message, "Write alternative: two-sided."))
    if analysis.margin:
        message = "an interaction is not one difference, and has no margin."
        report(Finding("TS-E069", (*path, "margin"), message, "Remove margin:.", on_key=True))


def _times(analysis: Analysis, scenario: Draft, visits: tuple[str, ...], path: Path, report: Report) -> None:
    """A slope needs planned times, rising."""
    key = "random" if analysis.random == RANDOM_SLOPE else "time" if analysis.time == AS_NUMBER else "at"
    if scenario.protocol:
        message = "a slope needs the planned times of its visits, and on a ward visits have none."
        report(Finding("TS-E060", (*path, key), message, f"Write time: {AS_VISIT}, at: and a visit."))
        return
    times = [scenario.visits[visit].value for visit in visits if visit in scenario.visits]
    if any(later <= earlier for earlier, later in pairwise(times)):
        report(Finding("TS-E060", (*path, "visits"), "the times do not rise.", "Name the visits in their order."))
    fewest = 3 if analysis.random == RANDOM_SLOPE else 2
    if len(visits) < fewest:
        message = f"a random slope over {len(visits)} visits cannot be distinguished from the residual."
        report(Finding("TS-E060", (*path, key), message, "Name three visits or more, or remove random:."))
