"""Interim looks: an analysis that may be looked at, times that can come, and bounds that can be found."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise

from trialsim.kinds.designs import WAY
from trialsim.kinds.looks import BOUND_SHAPE, LOOKED_AT, NOT_LOOKED_AT, WITHOUT_INFORMATION
from trialsim.quantities.fields import Number
from trialsim.scenario.amounts import Report
from trialsim.scenario.arms import apportion
from trialsim.scenario.checks.doubts import BETTER
from trialsim.scenario.checks.names import known
from trialsim.scenario.comparisons import comparisons
from trialsim.scenario.model import Analysis, Design, Draft
from trialsim.scenario.model.looks import BoundForm, Looks, SpendingRule
from trialsim.scenario.notation import parse_ratio
from trialsim.scenario.text import Finding, Path

LOOKS = ("design", "looks")

#: The most looks.
MOST_LOOKS = 20


def planned_count(design: Design, arms: Sequence[int]) -> int:
    """Participants planned in some arms, by their positions; in all of them if none is named."""
    targets = design.enroll.of_arms(list(design.arms))
    if not targets:
        total = design.enroll.in_all or 0
        ratio = parse_ratio(design.allocation.ratio or "") or (1,) * len(design.arms)
        targets = apportion(tuple(ratio), total)
    return sum(targets[arm] for arm in dict.fromkeys(arms)) if arms else sum(targets)


def good_way(scenario: Draft, analysis: Analysis) -> int:
    """Whether a larger (1) or smaller (-1) estimate is better for the arm that is not the reference; 0 if not known."""
    way = BETTER.get(scenario.outcomes[analysis.outcome].better or "", 0)
    if analysis.dichotomize is not None and analysis.dichotomize.at_least is None:
        way = -way
    arms = list(scenario.design.arms)
    first = comparisons(analysis, scenario.design)[0]
    if first.samples == "two" and arms[first.arms[0]] == scenario.design.reference:
        way = -way
    return way


def check_looks(scenario: Draft, report: Report) -> None:
    """The looks of a scenario whose analyses are written out."""
    looks = scenario.design.looks
    if looks is None or looks.analysis not in scenario.analyses:
        return
    for finding in _findings(scenario, looks):
        report(finding)


def check_looked_at(scenario: Draft, report: Report) -> None:
    """The analysis that is looked at is one of the study's."""
    looks = scenario.design.looks
    if looks is not None:
        known(looks.analysis, scenario.analyses, "TS-E037", (*LOOKS, "analysis"), report)


def _findings(scenario: Draft, looks: Looks) -> Iterator[Finding]:
    analysis = scenario.analyses[looks.analysis]
    refused = list(_analysis(scenario, analysis, looks.analysis))
    yield from refused
    if refused:
        return
    times = list(_times(scenario, looks, analysis))
    yield from times
    yield from _information(looks, analysis)
    if not times:
        yield from _efficacy(scenario, looks, analysis)
        yield from _futility(scenario, looks, analysis)


def _analysis(scenario: Draft, analysis: Analysis, name: str) -> Iterator[Finding]:
    here = (*LOOKS, "analysis")
    rows = comparisons(analysis, scenario.design)
    if len(rows) > 1:
        message = f"'{name}' has {len(rows)} rows, and a trial is looked at in one."
        yield Finding("TS-E320", here, message, "Name an analysis of two arms, with contrast: and without then:.")
    elif rows[0].samples == "all":
        message = f"'{name}' compares all arms at once, and its increments from look to look are not independent."
        yield Finding("TS-E320", here, message, "Name an analysis with contrast: of two arms.")
    elif analysis.test in NOT_LOOKED_AT:
        message = f"{analysis.test} {NOT_LOOKED_AT[analysis.test]}."
        yield Finding("TS-E320", here, message, "Name an analysis by another test, of means, ranks or shares.")
    elif analysis.subset is not None:
        message = (
            f"'{name}' is of a subset chosen by the outcome, and its increments from look to look are not independent."
        )
        yield Finding("TS-E320", here, message, "Name an analysis without subset:.")
    elif len(analysis.margin) > 1:
        message = f"'{name}' tests two margins at once."
        yield Finding("TS-E320", here, message, "Name an analysis with one margin, or with none.")
    elif any(name in (one.split("/")[0].strip() for one in family.members) for family in scenario.families.values()):
        message = f"'{name}' is a member of a family, whose level is not that of one analysis."
        yield Finding("TS-E320", here, message, "Take it out of the family, or name another analysis.")


def _times(scenario: Draft, looks: Looks, analysis: Analysis) -> Iterator[Finding]:
    here, at = (*LOOKS, "at"), looks.at
    kinds = {"date" if isinstance(one, date) else "number" for one in at}
    if not at or len(at) > MOST_LOOKS:
        yield Finding("TS-E321", here, f"{len(at)} looks.", f"Write 1 to {MOST_LOOKS}: at: [50 %, 75 %, 100 %].")
    elif len(kinds) > 1:
        yield Finding(
            "TS-E321", here, "dates are written beside numbers.", "Write either dates, or shares and numbers."
        )
    elif kinds == {"date"}:
        yield from _dates(scenario, looks, [one for one in at if isinstance(one, date)])
    else:
        arms = comparisons(analysis, scenario.design)[0].arms
        yield from _numbers(looks, planned_count(scenario.design, arms))
    if looks.lag is not None and looks.lag.value > 0 and scenario.setting is None:
        message = "without a ward nobody is enrolled while a decision is awaited."
        yield Finding(
            "TS-E322", (*LOOKS, "lag"), message, "Remove lag:, or declare a setting and a protocol.", on_key=True
        )


def _information(looks: Looks, analysis: Analysis) -> Iterator[Finding]:
    """Information is measured where the estimate has a standard error, and the planned one is a number above 0."""
    if looks.maximum_information is None:
        return
    path = (*LOOKS, "maximum_information")
    if analysis.test in WITHOUT_INFORMATION:
        message = f"{analysis.test} has no standard error that would be its information."
        yield Finding("TS-E412", path, message, "Remove it, or look at a test of means or a model.", on_key=True)
    elif not looks.maximum_information.value > 0:
        message = "the planned information is 1 / SE^2 of the estimate at the end, a number above 0."
        yield Finding("TS-E412", path, message, "Write for example 0.25 for a standard error of 2.")


def _dates(scenario: Draft, looks: Looks, dates: Sequence[date]) -> Iterator[Finding]:
    here = (*LOOKS, "at")
    if scenario.setting is None:
        message = "without a ward there are no dates."
        yield Finding("TS-E322", here, message, "Write shares: at: [50 %, 100 %].")
        return
    if dates[0] <= scenario.setting.starts:
        message = f"a look on {dates[0].isoformat()} is not after the start of the study ({scenario.setting.starts.isoformat()})."
        yield Finding("TS-E322", (*here, 0), message, "Write a later date.")
    for i, (one, other) in enumerate(pairwise(dates)):
        if other <= one:
            yield Finding("TS-E321", (*here, i + 1), "the looks do not rise.", "Write them from early to late.")
    shape = looks.efficacy.bounds.shape if looks.efficacy.bounds is not None else None
    if shape is not None and BOUND_SHAPE[shape].power is not None:
        message = f"the bounds of {shape} need the shares of information at the looks, which dates do not have."
        yield Finding(
            "TS-E322", here, message, "Write efficacy: {spending: obrien-fleming}, or shares in place of dates."
        )
    if looks.futility is not None and looks.futility.spending is not None:
        message = "futility by spending needs the shares of information at the looks, which dates do not have."
        yield Finding("TS-E322", here, message, "Write shares in place of dates, or futility: {bounds: {p: [50 %]}}.")


def _numbers(looks: Looks, planned: int) -> Iterator[Finding]:
    here, before = (*LOOKS, "at"), 0
    for i, one in enumerate(looks.at):
        count = math.ceil(one.value * planned - 1e-9) if isinstance(one, Number) else one
        assert isinstance(count, int)
        last = i == len(looks.at) - 1
        if count <= before:
            message = (
                f"a look at {count} endpoints does not come after the one before."
                if before
                else "nobody is known then."
            )
            yield Finding("TS-E321", (*here, i), message, "Write them from early to late, each once.")
        elif count > planned or (count == planned and not last):
            message = f"a look at {count} endpoints cannot come before the end: {planned} participants are planned."
            yield Finding("TS-E321", (*here, i), message, f"Write numbers below {planned}; 100 % is the end.")
        before = count


def interim_looks(looks: Looks, planned: int) -> int:
    """How many looks come before the end."""
    ends = looks.at and not isinstance(looks.at[-1], date)
    last = looks.at[-1]
    count = math.ceil(last.value * planned - 1e-9) if isinstance(last, Number) else last
    return len(looks.at) - int(bool(ends) and count == planned)


def _efficacy(scenario: Draft, looks: Looks, analysis: Analysis) -> Iterator[Finding]:
    path, efficacy = (*LOOKS, "efficacy"), looks.efficacy
    if (efficacy.spending is None) == (efficacy.bounds is None):
        yield Finding(
            "TS-E323", path, "say how bounds are found.", "Write {spending: obrien-fleming} or {bounds: pocock}."
        )
        return
    count = _looks(scenario, looks, analysis)
    alpha = 0.05 if analysis.alpha is None else analysis.alpha.value
    yield from _spending(efficacy.spending, (*path, "spending"), count, level=alpha, what="alpha")
    if efficacy.bounds is not None:
        yield from _form(efficacy.bounds, (*path, "bounds"), count, analysis, futility=False)


def _looks(scenario: Draft, looks: Looks, analysis: Analysis) -> int:
    arms = comparisons(analysis, scenario.design)[0].arms
    return interim_looks(looks, planned_count(scenario.design, arms)) + 1


def _spending(spending: SpendingRule | None, path: Path, count: int, *, level: float, what: str) -> Iterator[Finding]:
    if spending is None:
        return
    given = (spending.function is not None) + (spending.hsd is not None) + bool(spending.levels)
    if given != 1:
        yield Finding("TS-E323", path, "say one way to spend.", "Write obrien-fleming, pocock, {hsd: -4} or a list.")
    levels = [one.value for one in spending.levels]
    if not levels:
        return
    if len(levels) != count:
        message = f"{len(levels)} levels for {count} looks, the end included."
        yield Finding("TS-E324", path, message, "Write one level for each look.")
    elif any(b < a for a, b in pairwise(levels)):
        yield Finding("TS-E324", path, "the levels spent do not rise.", "Write what is spent by each look in all.")
    elif not math.isclose(levels[-1], level, rel_tol=1e-9):
        message = f"the last level is {100 * levels[-1]:g} %, and {what} is {100 * level:g} %."
        yield Finding("TS-E324", path, message, f"End with {100 * level:g} %.")


def _form(form: BoundForm, path: Path, count: int, analysis: Analysis, *, futility: bool) -> Iterator[Finding]:
    given = (form.shape is not None) + bool(form.p) + bool(form.z)
    if given != 1 or (futility and form.shape is not None):
        example = "{p: [50 %]}" if futility else "pocock, {p: [0.1 %, 4.9 %]} or {z: [3.0, 2.0]}"
        yield Finding("TS-E323", path, "say one kind of bounds.", f"Write {example}.")
        return
    if form.z and LOOKED_AT[analysis.test]:
        message = f"{analysis.test} has a t statistic, on which bounds for z reject too often (4.5 % for 2.5 % in small arms)."
        yield Finding("TS-E325", (*path, "z"), message, "Write p-values: {p: [0.1 %, 4.9 %]}.", on_key=True)
    values, wanted = [one.value for one in form.p or form.z], count - 1 if futility else count
    if form.shape is None and len(values) != wanted:
        which = "looks before the end" if futility else "looks, the end included"
        yield Finding("TS-E324", path, f"{len(values)} bounds for {wanted} {which}.", "Write one bound for each look.")
    if any(not 0 < one.value < 1 for one in form.p):
        yield Finding("TS-E324", (*path, "p"), "a p-value lies between 0 % and 100 %.", "Write p-values such as 1 %.")


def _futility(scenario: Draft, looks: Looks, analysis: Analysis) -> Iterator[Finding]:
    futility = looks.futility
    if futility is None:
        return
    path = (*LOOKS, "futility")
    if (futility.spending is None) == (futility.bounds is None):
        yield Finding("TS-E323", path, "say how bounds are found.", "Write {spending: {hsd: -2}, beta: 10 %}.")
        return
    count = _looks(scenario, looks, analysis)
    if futility.bounds is not None:
        yield from _form(futility.bounds, (*path, "bounds"), count, analysis, futility=True)
        if futility.beta is not None:
            yield Finding("TS-E326", (*path, "beta"), "own bounds spend no beta.", "Remove beta:.", on_key=True)
    elif futility.beta is None or not 0 < futility.beta.value < 0.5:
        message = "futility by spending needs beta, between 0 % and 50 %."
        yield Finding("TS-E326", path, message, "Write futility: {spending: {hsd: -2}, beta: 10 %}.", on_key=True)
    else:
        yield from _spending(futility.spending, (*path, "spending"), count, level=futility.beta.value, what="beta")
    if not WAY[analysis.alternative] and not analysis.margin and not good_way(scenario, analysis):
        message = f"futility has a direction, and '{analysis.outcome}' does not say which way is better."
        yield Finding("TS-E327", path, message, "Write better: lower or better: higher in the outcome.", on_key=True)
