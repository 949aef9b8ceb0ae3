"""The ward: who comes and leaves, who works there, and a protocol that can be simulated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trialsim.protocol.steps import Activity, Attempt, Resource
from trialsim.quantities.fields import Number
from trialsim.scenario.amounts import Report
from trialsim.scenario.checks.names import known
from trialsim.scenario.checks.shares import sum_to_one
from trialsim.scenario.clusters import site_names
from trialsim.scenario.model import Draft, Leave, Patients, Setting
from trialsim.scenario.outline import Outline
from trialsim.scenario.practitioners import practitioners
from trialsim.scenario.text import Finding, Path

if TYPE_CHECKING:
    from trialsim.protocol.program import Program


#: The most shifts of one resource.
MOST_SHIFTS = 50


def check_shape(scenario: Draft, report: Report) -> None:
    """A ward has a setting and a protocol; a study without one declares the times of its visits."""
    if scenario.protocol and not scenario.setting:
        report(
            Finding(
                "TS-E050",
                ("protocol",),
                "a protocol needs a setting.",
                "Add setting: with starts, patients, resources.",
                on_key=True,
            )
        )
    if scenario.setting and not scenario.protocol:
        report(
            Finding(
                "TS-E050",
                ("setting",),
                "a setting needs a protocol.",
                "Add protocol:, or declare visits: without a setting.",
                on_key=True,
            )
        )
    if scenario.protocol and scenario.visits:
        report(Finding("TS-E050", ("visits",), "visits are in the protocol already.", "Remove visits:.", on_key=True))
    if not scenario.protocol and not scenario.setting and not scenario.visits:
        report(Finding("TS-E050", (), "no visit is declared.", "Add setting: and protocol:, or visits: {post: 28 d}."))
    for key in ("outcomes", "analyses", "primary"):
        if not getattr(scenario, key):
            report(Finding("TS-E004", (key,), f"'{key}' is empty.", "Declare at least one.", on_key=True))


def check_setting(setting: Setting, report: Report) -> None:
    """Patients, sites and resources."""
    _patients(setting.patients, ("setting", "patients"), report)
    if setting.sites:
        sum_to_one(setting.sites, ("setting", "sites"), report)
    for name, resource in setting.resources.items():
        path = ("setting", "resources", name)
        _shifts(resource, path, report)
        _breaks(resource, path, report)
        if resource.other_work and resource.other_work.share.value >= 1:
            message = "other work takes all the time there is."
            report(Finding("TS-E051", (*path, "other_work", "share"), message, "The share must be below 100 %."))


def _shifts(resource: Resource, path: Path, report: Report) -> None:
    """Units have people enough; a list of shifts has hours and people in the list, and each of its shifts ends."""
    from trialsim.protocol.calendar import parse_calendar

    several = not isinstance(resource.units, int)
    for hours, staff in resource.shifts:
        place = (*path, "units", str(hours)) if several else path
        if staff.people is not None and staff.people < staff.units:
            message = f"{staff.people} people cannot fill {staff.units} units."
            report(Finding("TS-E051", (*place, "people"), message, f"At least {staff.units} are needed."))
        if several and parse_calendar(str(hours)).always:
            message = "a shift has to end."
            report(
                Finding("TS-E419", place, message, 'Write hours such as "07:00-15:00", or "00:00-12:00".', on_key=True)
            )
    if not several:
        return
    if not resource.units:
        report(Finding("TS-E419", (*path, "units"), "nobody works in any shift.", 'Write units: {"07:00-15:00": 3}.'))
    if len(resource.shifts) > MOST_SHIFTS:
        message = f"{len(resource.shifts)} shifts are too many."
        report(Finding("TS-E419", (*path, "units"), message, f"Write at most {MOST_SHIFTS}."))
    if resource.hours is not None:
        message = "the hours are those of the shifts already."
        report(
            Finding("TS-E420", (*path, "hours"), message, "Remove hours:, or write units: as one number.", on_key=True)
        )
    if resource.people is not None:
        message = "each shift has people of its own."
        remedy = 'Write them there: units: {"07:00-15:00": {units: 3, people: 8}}.'
        report(Finding("TS-E420", (*path, "people"), message, remedy, on_key=True))


def _breaks(resource: Resource, path: Path, report: Report) -> None:
    """Between the breaks there is time for something, and for more than other work."""
    from trialsim.protocol.calendar import WEEK, parse_calendar, without

    if resource.breaks is None:
        return
    for hours, _ in resource.shifts:
        duty, breaks = parse_calendar(hours or "always"), parse_calendar(resource.breaks)
        left = without(duty, breaks)
        whole, rest = (
            sum(end - start for start, end in one.windows or ((0, WEEK),)) if one is not None else 0
            for one in (duty, left)
        )
        share = resource.other_work.share.value if resource.other_work else 0.0
        if rest <= share * whole:
            when = f" of {hours}" if hours and not isinstance(resource.units, int) else ""
            taken = "breaks and other work take" if share > 0 else "breaks take"
            message = f"{taken} all the time there is{when}."
            report(
                Finding(
                    "TS-E421", (*path, "breaks"), message, "Write shorter breaks, such as 12:00-12:30.", on_key=True
                )
            )
            return


def check_blood(scenario: Draft, report: Report) -> None:
    """A limit of blood names an amount, and something is drawn that it limits."""
    limit = scenario.setting.blood_limit if scenario.setting is not None else None
    if limit is None:
        return
    place = ("setting", "blood_limit")
    if limit.a_day is None and limit.in_all is None:
        report(Finding("TS-E180", place, "no amount is named.", "Write {a_day: 3 ml, in_all: 10 ml}.", on_key=True))
    elif limit.a_day is not None and limit.in_all is not None and limit.a_day.value > limit.in_all.value:
        message = "more blood may be drawn in a day than in all."
        report(Finding("TS-E180", (*place, "a_day"), message, "Exchange the two amounts, or leave out a_day."))
    if all(one.instrument.volume is None for one in scenario.outcomes.values()):
        message = "no outcome says how much blood a sample takes."
        report(Finding("TS-E181", place, message, "Write instrument: {volume: 2 ml} in an outcome.", on_key=True))


def _patients(patients: Patients, path: Path, report: Report) -> None:
    arrive = patients.arrive
    if (arrive.every is None) == (not arrive.periods):
        report(
            Finding(
                "TS-E055",
                (*path, "arrive"),
                "say how often patients come.",
                "Write {every: 6 d}, or periods: [{from: 0 d, every: 6 d}, ..].",
            )
        )
    starts = [period.start.value for period in arrive.periods]
    if starts and (starts[0] != 0 or sorted(set(starts)) != starts):
        report(
            Finding(
                "TS-E055",
                (*path, "arrive", "periods"),
                "the periods are not in order.",
                "Begin with from: 0 d and go forward.",
            )
        )
    if arrive.pattern:
        _pattern({day: weight.value for day, weight in arrive.pattern.items()}, (*path, "arrive", "pattern"), report)
    if arrive.hours:
        _hours({span: weight.value for span, weight in arrive.hours.items()}, (*path, "arrive", "hours"), report)
    if patients.consent.value <= 0:
        report(
            Finding(
                "TS-E043", (*path, "consent"), "nobody consents, so nobody can be enrolled.", "Write a share above 0 %."
            )
        )
    for reason, share in patients.exclusions.items():
        if share.value >= 1:
            message = f"'{reason}' rules out everybody."
            report(Finding("TS-E043", (*path, "exclusions", reason), message, "Write a share below 100 %."))
    different_reasons([leave.reason for leave in patients.leave], (*path, "leave"), report)
    for i, leave in enumerate(patients.leave):
        check_leave(leave, (*path, "leave", i), report)


def different_reasons(reasons: list[str], path: Path, report: Report) -> None:
    """A reason to leave appears once in its list: its times are drawn by its name."""
    for i, reason in enumerate(reasons):
        if reason in reasons[:i]:
            message = f"'{reason}' appears twice among the reasons to leave."
            report(Finding("TS-E043", (*path, i, "reason"), message, "Give each reason a name of its own."))


def _hours(weights: dict[str, float], path: Path, report: Report) -> None:
    """Spans of the day with weights, not all 0."""
    from trialsim.errors import TrialsimError
    from trialsim.protocol.calendar import parse_span

    for span, weight in weights.items():
        try:
            parse_span(span)
        except TrialsimError:
            message = f"'{span}' is not a span of the day."
            report(Finding("TS-E349", (*path, span), message, 'Write spans like "07:00-19:00".', on_key=True))
        if weight < 0:
            report(Finding("TS-E349", (*path, span), "a weight is negative.", "Write 0 or more."))
    if not any(weight > 0 for weight in weights.values()):
        report(Finding("TS-E349", path, "nobody comes at any hour.", "Give some hours a weight above 0."))


def check_openings_of_sites(scenario: Draft, report: Report) -> None:
    """A site opens while participants are enrolled, and one is open from the start."""
    setting, within = scenario.setting, scenario.design.within
    if setting is None or not setting.sites:
        return
    opens = {name: 0.0 if site.open is None else _about(site.open) for name, site in setting.sites.items()}
    for name, time in opens.items():
        if within is not None and time >= _about(within):
            message = f"'{name}' opens when nobody is enrolled any more."
            report(
                Finding("TS-E350", ("setting", "sites", name, "open"), message, "Open it earlier, or enroll longer.")
            )
    if min(opens.values()) > 0:
        message = "no site is open at the start."
        report(
            Finding("TS-E350", ("setting", "sites"), message, "Leave out open: of one, or let the study start later.")
        )


def _about(time: Number) -> float:
    """A time [s], months of the calendar at their mean length."""
    return time.value * 30.4375 * 86_400 if time.unit == "months" else time.value


def _pattern(weights: dict[str, float], path: Path, report: Report) -> None:
    from trialsim.errors import TrialsimError
    from trialsim.protocol.calendar import parse_calendar

    for days, weight in weights.items():
        try:
            parse_calendar(f"{days} 00:00-24:00")
        except TrialsimError:
            report(
                Finding(
                    "TS-E055",
                    (*path, days),
                    f"'{days}' names no days.",
                    "Write days like Mon-Fri or Sat,Sun.",
                    on_key=True,
                )
            )
        if weight < 0:
            report(Finding("TS-E055", (*path, days), "a weight is negative.", "Write 0 or more."))
    if not any(weight > 0 for weight in weights.values()):
        report(Finding("TS-E055", path, "nobody comes on any day.", "Give some days a weight above 0."))


def check_leave(leave: Leave, path: Path, report: Report) -> None:
    """A reason to leave acts after a time, or with a chance within one."""
    drawn, hazard = leave.after is not None, leave.chance is not None or leave.within is not None
    if drawn == hazard:
        report(Finding("TS-E054", path, "say when people leave.", "Write after: a time, or chance: with within:."))
    elif hazard and (leave.chance is None or leave.within is None or leave.within.value <= 0):
        report(
            Finding(
                "TS-E054", path, "a chance needs a time within which it acts.", "Write {chance: 10 %, within: 30 d}."
            )
        )
    elif leave.chance is not None and leave.chance.value >= 1:
        report(Finding("TS-E054", (*path, "chance"), "everyone leaves at once.", "Write a chance below 100 %."))


def check_protocol(scenario: Draft, points: Outline, report: Report) -> None:
    """Steps name what is declared, and can happen."""
    for name, path in dict.fromkeys(points.asked) if scenario.setting else ():
        resources = scenario.setting.resources if scenario.setting else {}
        known(name, resources, "TS-E033", path, report)
    _asked(points, report)
    for name, path in dict.fromkeys(points.twice):
        message = f"visit '{name}' is marked twice."
        report(Finding("TS-E052", path, message, "Give the second one another name."))
    for step, path in {path: (step, path) for step, path in points.played}.values():
        for i, arm in enumerate(step.arms):
            known(arm, scenario.design.arms, "TS-E031", (*path, "arms", i), report)
        if step.give_up_after is not None and not step.needs:
            report(
                Finding(
                    "TS-E056",
                    (*path, "give_up_after"),
                    "nothing is waited for here.",
                    "Add needs:, or remove give_up_after:.",
                    on_key=True,
                )
            )
        if isinstance(step, Attempt) and step.succeeds.value <= 0:
            report(Finding("TS-E056", (*path, "succeeds"), "it never succeeds.", "Write a share above 0 %."))
        if isinstance(step, Activity) and step.interrupted and step.interrupted.chance.value >= 1:
            report(
                Finding(
                    "TS-E056",
                    (*path, "interrupted", "chance"),
                    "it is always interrupted.",
                    "Write a chance below 100 %.",
                )
            )


def _asked(points: Outline, report: Report) -> None:
    """A step asks for each resource once, and a hold for at least one."""
    seen: set[tuple[str, Path]] = set()
    for name, path in dict.fromkeys(points.asked):
        if (name, path[:-1]) in seen:
            report(Finding("TS-E056", path, f"'{name}' is requested twice.", "Name each resource once."))
        seen.add((name, path[:-1]))
    for path in dict.fromkeys(points.empty_holds):
        report(Finding("TS-E056", (*path, "hold"), "nothing is held.", "Name a resource: hold: [nurse]."))


def compiled(scenario: Draft, points: Outline, report: Report) -> Program | None:
    """The protocol compiles: no two steps of one name, no resources asked for in an order that can deadlock."""
    from trialsim.errors import ProtocolError
    from trialsim.protocol.compile import compile_protocol

    setting = scenario.setting
    if setting is None or not scenario.protocol:
        return None
    try:
        return compile_protocol(
            scenario.protocol,
            setting.resources,
            arms=tuple(scenario.design.arms),
            starts=setting.starts,
            sites=site_names(scenario),
            practitioners=practitioners(scenario),
        )
    except ProtocolError as error:
        named = [path for name, path in points.names_of_steps() if name == error.step]
        place: Path = named[-1] if named else ("protocol",)
        report(Finding("TS-E053", place, error.message, error.remedy))
        return None
