"""Everything that must fit together in a scenario, found at once: names, the ward and the design.

Outcomes are checked in :mod:`trialsim.scenario.check_outcomes`, analyses in :mod:`trialsim.scenario.check_analyses`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from trialsim.kinds.designs import METHOD
from trialsim.protocol.steps import Activity, Attempt
from trialsim.quantities.fields import Number, Record
from trialsim.quantities.refuse import did_you_mean
from trialsim.scenario.amounts import Report
from trialsim.scenario.model import Leave, Patients, Scenario, Setting
from trialsim.scenario.outline import Outline
from trialsim.scenario.text import Finding, Path

WHAT = {
    "TS-E030": "visit",
    "TS-E031": "arm",
    "TS-E032": "outcome",
    "TS-E033": "resource",
    "TS-E034": "activity",
    "TS-E035": "covariate",
    "TS-E036": "source",
    "TS-E037": "analysis",
    "TS-E038": "category",
}


def known(name: str, names: Collection[str], code: str, path: Path, report: Report, *, on_key: bool = False) -> bool:
    """Whether a name is known; reports it, with the nearest known one, when not."""
    if name in names or (code == "TS-E031" and not names):  # without arms, the missing arms are the fault
        return True
    what = WHAT[code]
    plural = {"activity": "activities", "category": "categories", "analysis": "analyses"}.get(what, f"{what}s")
    remedy = did_you_mean(name, list(names), what=f"Known {plural}") or f"No {plural} are declared."
    report(Finding(code, path, f"there is no {what} '{name}'.", remedy, on_key=on_key))
    return False


def records(record: Record, path: Path = ()) -> Iterator[tuple[Path, Record]]:
    """Every record inside a record, with its path in the file."""
    yield path, record
    for name, info in type(record).model_fields.items():
        yield from _records_in(getattr(record, name), (*path, info.alias or name))


def _records_in(value: object, path: Path) -> Iterator[tuple[Path, Record]]:
    if isinstance(value, Record):
        yield from records(value, path)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _records_in(inner, (*path, key))
    elif isinstance(value, tuple):
        for i, inner in enumerate(value):
            yield from _records_in(inner, (*path, i))


def check_written(scenario: Scenario, points: Outline, report: Report) -> None:
    """Names and combinations, in the form people write."""
    from trialsim.scenario.arms import check_arm_targets
    from trialsim.scenario.check_analyses import check_analyses
    from trialsim.scenario.check_outcomes import check_outcomes
    from trialsim.scenario.check_sweep import check_sweep
    from trialsim.scenario.correlation import check_declared
    from trialsim.scenario.openings import check_openings
    from trialsim.scenario.priors import check_priors
    from trialsim.scenario.taken import check_taken

    _sources(scenario, report)
    _signs(scenario, report)
    _shape(scenario, report)
    _design(scenario, report)
    _protocol(scenario, points, report)
    if scenario.setting:
        _setting(scenario.setting, report)
    _different_reasons([leave.reason for leave in scenario.attrition], ("attrition",), report)
    for i, leave in enumerate(scenario.attrition):
        _leave(leave, ("attrition", i), report)
    _covariates(scenario, report)
    check_outcomes(scenario, points, report)
    check_analyses(scenario, points, report)
    check_declared(scenario, points, report)
    _costs(scenario, report)
    check_priors(scenario, report)
    check_taken(scenario, report)
    check_openings(scenario, report)
    check_arm_targets(scenario, report)
    if scenario.sweep is not None:
        check_sweep(scenario.sweep, report)


def check_resolved(scenario: Scenario, points: Outline, report: Report) -> None:
    """Numbers that must fit together once everything is written out."""
    from trialsim.scenario.check_analyses import check_scales
    from trialsim.scenario.check_outcomes import check_numbers
    from trialsim.scenario.correlation import check_correlations

    _playable(scenario, points, report)
    check_numbers(scenario, points, report)
    check_scales(scenario, report)
    check_correlations(scenario, points, report)


def _sources(scenario: Scenario, report: Report) -> None:
    for path, record in records(scenario):
        for key in ("source", "computed_from"):
            told = getattr(record, key, None)
            if isinstance(told, str):
                known(told, scenario.sources, "TS-E036", (*path, key), report)


#: The engine keeps the arms of a step as bits of a number.
MOST_ARMS = 60
ABOVE_ZERO = (
    "ratio",
    "odds_ratio",
    "sd_log",
    "sd",
    "cv",
    "rounding",
    "detection_limit",
    "per",
    "half_life",
    "every",
    "spell",
)
NOT_NEGATIVE = ("sd_log_between", "sd_between", "rater_sd")


def _signs(scenario: Scenario, report: Report) -> None:
    for path, record in records(scenario):
        for name, info in type(record).model_fields.items():
            value = getattr(record, name)
            if isinstance(value, Number):
                here = (*path, info.alias or name)
                if name in ABOVE_ZERO and value.value <= 0:
                    report(Finding("TS-E013", here, f"{value.value:g} is not above zero.", "It must be positive."))
                elif name in NOT_NEGATIVE and value.value < 0:
                    report(Finding("TS-E013", here, f"{value.value:g} is negative.", "It must be 0 or more."))


def _shape(scenario: Scenario, report: Report) -> None:
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
        report(Finding("TS-E050", ("visits",), "visits stand in the protocol already.", "Remove visits:.", on_key=True))
    if not scenario.protocol and not scenario.setting and not scenario.visits:
        report(Finding("TS-E050", (), "no visit is declared.", "Add setting: and protocol:, or visits: {post: 28 d}."))
    for key in ("outcomes", "analyses", "primary"):
        if not getattr(scenario, key):
            report(Finding("TS-E004", (key,), f"'{key}' is empty.", "Declare at least one.", on_key=True))


# ---------------------------------------------------------------- the design


def _design(scenario: Scenario, report: Report) -> None:
    from trialsim.scenario.resolve import parse_ratio

    design, path = scenario.design, ("design",)
    arms = list(design.arms)
    if not arms:
        report(
            Finding("TS-E042", (*path, "arms"), "there is no arm.", "Write arms: {control: usual care, treated: ..}.")
        )
        return
    if len(arms) > MOST_ARMS:
        report(
            Finding("TS-E042", (*path, "arms"), f"{len(arms)} arms are too many.", f"At most {MOST_ARMS} are possible.")
        )
        return
    if design.reference is not None:
        known(design.reference, arms, "TS-E031", (*path, "reference"), report)
    allocation, place = design.allocation, (*path, "allocation")
    parts = (1,) * len(arms)
    if allocation.ratio is not None:
        parts = parse_ratio(allocation.ratio)
        if not parts:
            report(
                Finding(
                    "TS-E040", (*place, "ratio"), f"'{allocation.ratio}' is no ratio.", 'Write whole numbers: "2:1".'
                )
            )
        elif len(parts) != len(arms):
            numbers = f"{len(parts)} number{'s' if len(parts) > 1 else ''}"
            message = f"'{allocation.ratio}' has {numbers}, design.arms has {len(arms)} ({', '.join(arms)})."
            report(Finding("TS-E040", (*place, "ratio"), message, f"Write {':'.join('1' * len(arms))}."))
    _blocks(scenario, sum(parts), report)
    for i, name in enumerate(allocation.stratify):
        _stratum(scenario, name, (*place, "stratify", i), report)
    _target(scenario, report)


def _blocks(scenario: Scenario, total: int, report: Report) -> None:
    allocation, path = scenario.design.allocation, ("design", "allocation")
    method = None if allocation.method is None else METHOD[allocation.method]
    if allocation.block is not None:
        if allocation.block < 1 or (total and allocation.block % total):
            message = f"a block of {allocation.block} cannot hold the ratio, which sums to {total}."
            report(Finding("TS-E041", (*path, "block"), message, f"Write a multiple of {total}, such as {2 * total}."))
        if method is not None and not method.blocks:
            message = f"'{allocation.method}' allocation has no blocks."
            report(Finding("TS-E045", (*path, "block"), message, "Write method: permuted blocks, or remove block:."))
    if allocation.stratify and method is not None and not method.blocks:
        message = f"'{allocation.method}' allocation has no strata."
        report(Finding("TS-E045", (*path, "stratify"), message, "Write method: permuted blocks, or remove stratify:."))
    if allocation.stratify and allocation.method is None and allocation.block is None:
        report(
            Finding(
                "TS-E045", (*path, "stratify"), "strata need blocks.", "Write method: permuted blocks.", on_key=True
            )
        )


def _stratum(scenario: Scenario, name: str, path: Path, report: Report) -> None:
    if name == "site":
        if not (scenario.setting and scenario.setting.sites):
            report(Finding("TS-E044", path, "there are no sites to stratify by.", "Declare setting.sites."))
        return
    if known(name, scenario.participants, "TS-E035", path, report) and not scenario.participants[name].choice:
        report(Finding("TS-E044", path, f"'{name}' is a number.", "Stratify by a covariate by choice, or by site."))


def _target(scenario: Scenario, report: Report) -> None:
    enroll, path = scenario.design.enroll, ("design", "enroll")
    arms = len(scenario.design.arms)
    if (enroll.in_all is not None) + (enroll.each_arm is not None) + bool(enroll.by_arm) != 1:
        report(Finding("TS-E043", path, "say one target.", "Write enroll: 60, or enroll: {each arm: 30}."))
    elif enroll.in_all is not None and enroll.in_all < arms:
        message = f"{enroll.in_all} in all cannot fill {arms} arms."
        report(Finding("TS-E043", path, message, f"Enroll at least {arms}."))
    if scenario.design.within is not None and scenario.design.within.value <= 0:
        report(Finding("TS-E043", ("design", "within"), "no time to enroll.", "Write within: 18 months."))


# ---------------------------------------------------------------- the ward


def _setting(setting: Setting, report: Report) -> None:
    _patients(setting.patients, ("setting", "patients"), report)
    if setting.sites:
        _shares_sum(setting.sites, ("setting", "sites"), report)
    for name, resource in setting.resources.items():
        path = ("setting", "resources", name)
        if resource.people is not None and resource.people < resource.units:
            message = f"{resource.people} people cannot fill {resource.units} units."
            report(Finding("TS-E051", (*path, "people"), message, f"At least {resource.units} are needed."))
        if resource.other_work and resource.other_work.share.value >= 1:
            message = "other work takes all the time there is."
            report(Finding("TS-E051", (*path, "other_work", "share"), message, "The share must be below 100 %."))


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
    _different_reasons([leave.reason for leave in patients.leave], (*path, "leave"), report)
    for i, leave in enumerate(patients.leave):
        _leave(leave, (*path, "leave", i), report)


def _different_reasons(reasons: list[str], path: Path, report: Report) -> None:
    """A reason to leave stands once in its list: its times are drawn by its name."""
    for i, reason in enumerate(reasons):
        if reason in reasons[:i]:
            message = f"'{reason}' stands twice among the reasons to leave."
            report(Finding("TS-E043", (*path, i, "reason"), message, "Give each reason a name of its own."))


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


def _leave(leave: Leave, path: Path, report: Report) -> None:
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


def _shares_sum(shares: dict[str, Number] | object, path: Path, report: Report) -> None:
    assert isinstance(shares, dict)
    total = sum(share.value for share in shares.values())
    if abs(total - 1) > 1e-6:
        report(Finding("TS-E014", path, f"the shares sum to {100 * total:.6g} %.", "They must sum to 100 %."))


def _protocol(scenario: Scenario, points: Outline, report: Report) -> None:
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
            report(Finding("TS-E056", path, f"'{name}' is asked for twice.", "Name each resource once."))
        seen.add((name, path[:-1]))
    for path in dict.fromkeys(points.empty_holds):
        report(Finding("TS-E056", (*path, "hold"), "nothing is held.", "Name a resource: hold: [nurse]."))


def _playable(scenario: Scenario, points: Outline, report: Report) -> None:
    """The protocol compiles: no two steps of one name, no resources asked for in an order that can deadlock."""
    from trialsim.errors import ProtocolError
    from trialsim.protocol.compile import compile_protocol

    setting = scenario.setting
    if setting is None:
        return
    try:
        compile_protocol(
            scenario.protocol,
            setting.resources,
            arms=tuple(scenario.design.arms),
            starts=setting.starts,
            sites=tuple(setting.sites),
        )
    except ProtocolError as error:
        named = [path for name, path in points.names_of_steps() if f"'{name}'" in error.message]
        place: Path = named[-1] if named else ("protocol",)
        report(Finding("TS-E053", place, error.message, error.remedy))


def _covariates(scenario: Scenario, report: Report) -> None:
    for name, covariate in scenario.participants.items():
        path = ("participants", name)
        if (covariate.number is None) == (not covariate.choice):
            report(
                Finding(
                    "TS-E011",
                    path,
                    "say how it is distributed.",
                    "Write {mean: 15 y, sd: 2 y}, or choice: {girl: 50 %, boy: 50 %}.",
                )
            )
        elif covariate.choice:
            _shares_sum(covariate.choice, (*path, "choice"), report)


def _costs(scenario: Scenario, report: Report) -> None:
    costs = scenario.costs
    if costs is None:
        return
    resources = scenario.setting.resources if scenario.setting else {}
    for name in costs.sample:
        known(name, scenario.outcomes, "TS-E032", ("costs", "sample", name), report, on_key=True)
    for name in costs.staff_hour:
        known(name, resources, "TS-E033", ("costs", "staff_hour", name), report, on_key=True)
    for path, record in records(costs, ("costs",)):
        if isinstance(record, Number) and record.unit != costs.currency:
            message = f"the currency is {costs.currency}, not {record.unit}."
            report(Finding("TS-E076", path, message, f"Write {record.value:g} {costs.currency}."))
