"""How a size was found: why the trial was simulated, with what, and what was assumed."""

from __future__ import annotations

from collections.abc import Iterator

from trialsim.numbers.distributions import Distribution, median
from trialsim.protocol.steps import Activity, Attempt, Hold, Period, Repeat, Step
from trialsim.quantities.fields import Number
from trialsim.report.digits import plain
from trialsim.report.document import Gap
from trialsim.report.protocol.facts import ProtocolFacts
from trialsim.report.protocol.text import Sentence, sentence, share, signed
from trialsim.report.words import brief_duration, join, number
from trialsim.version import __version__

SIZE = ("SPIRIT 19", "CONSORT 16a", "DELTA2 5")

SUPPLEMENT = Gap("supplement", "number of the supplement with the scenario, and its DOI or address")


def approach(facts: ProtocolFacts, *, what: str, simulated: str, assumed: bool = True) -> Iterator[Sentence]:
    """Why ``what`` was found by simulation, with which program, and from which assumptions."""
    result = facts.characteristics
    happens = what_can_happen(facts)
    begin = f"Because {join(happens)}, {what}" if happens else what[:1].upper() + what[1:]
    yield sentence(
        f"{begin} by simulating the whole {simulated} ({result.replicates:,} simulated {'studies' if simulated == 'study' else 'trials'}; trialsim "
        f"{facts.versions.get('trialsim', __version__)}, seed {result.seed}; the scenario is in supplement ",
        SUPPLEMENT, ").", rows=SIZE,
    )  # fmt: skip
    numbers = list(assumptions_in_words(facts)) if assumed else []
    if numbers:
        yield sentence(f"Assumed: {'; '.join(numbers)}.", rows=SIZE)


def what_can_happen(facts: ProtocolFacts) -> list[str]:
    """What a formula does not know of this trial."""
    scenario = facts.scenario
    found = list(_of_ward(scenario.protocol))
    leaves = [*scenario.attrition, *(scenario.setting.patients.leave if scenario.setting is not None else ())]
    if leaves:
        found.append(f"participants can leave ({join(list(dict.fromkeys(one.reason for one in leaves)))})")
    primary = dict.fromkeys(what.outcome for _, what, _, _ in facts.primary)
    if any(one is not None and one.value > 0 for one in (scenario.outcomes[name].lost for name in primary)):
        found.append("samples can be lost")
    if any(scenario.outcomes[name].missing for name in primary):
        found.append("values can be missing")
    if facts.cluster:
        found.append("participants of one site are alike")
    if facts.families:
        found.append("children of one mother are alike")
    return found


def _of_ward(steps: tuple[Step, ...]) -> Iterator[str]:
    """What can happen on the ward: of each kind all that it happens to, in one phrase."""
    found: dict[str, dict[str, None]] = {"missed": {}, "interrupted": {}, "failed": {}}
    for kind, name in _of_steps(steps):
        found[kind][name] = None
    missed, interrupted, failed = (list(names) for names in found.values())
    if missed:
        yield f"sessions can be missed when no {join(missed, 'or')} is free"
    if interrupted:
        yield f"{join(interrupted)} can be interrupted"
    if failed:
        yield f"attempts can fail ({join(failed)})"


def _of_steps(steps: tuple[Step, ...]) -> Iterator[tuple[str, str]]:
    for step in steps:
        if getattr(step, "give_up_after", None) is not None:
            names = step.hold if isinstance(step, Hold) else getattr(step, "needs", ())
            yield from (("missed", name) for name in names)
        if isinstance(step, Activity) and step.interrupted is not None:
            yield "interrupted", step.activity
        if isinstance(step, Attempt) and step.succeeds.value < 1:
            yield "failed", step.attempt
        if isinstance(step, (Hold, Repeat, Period)):
            yield from _of_steps(step.steps)


def assumptions_in_words(facts: ProtocolFacts) -> Iterator[str]:
    """Consent, recruitment, staff, leaving, correlations and likeness within clusters."""
    scenario = facts.scenario
    if scenario.setting is not None:
        who = scenario.setting.patients
        if who.arrive.every is not None:
            yield f"one {'' if who.exclusions else 'eligible '}patient every {number(who.arrive.every)} on average"
        yield from (f"{number(part)} not eligible ({reason})" for reason, part in who.exclusions.items())
        yield f"consent {number(who.consent)}"
        yield from staff(facts)
        for leave in who.leave:
            if leave.after is not None:
                yield f"{leave.reason} after {_median(leave.after.distribution)} from arrival"
    for leave in scenario.attrition:
        if leave.chance is not None and leave.within is not None:
            yield f"{number(leave.chance)} leave within {number(leave.within)} ({leave.reason})"
        elif leave.after is not None:
            yield f"{leave.reason} after {_median(leave.after.distribution)} from enrollment"
    yield from _likeness(facts)


def staff(facts: ProtocolFacts) -> Iterator[str]:
    """Each resource with how many there are, and how busy they are otherwise."""
    setting = facts.scenario.setting
    for name, what in setting.resources.items() if setting is not None else ():
        text = "; ".join(
            f"{shift.units} {name}{'s' if shift.units > 1 else ''} at a time"
            + (f" ({hours})" if hours is not None else "")
            for hours, shift in what.shifts
        )
        text += f", with breaks {what.breaks}" if what.breaks is not None else ""
        if what.other_work is not None:
            each = "each " if sum(shift.units for _, shift in what.shifts) > 1 else ""
            text += f", {each}occupied by other work for {number(what.other_work.share)} of the time"
        yield text


def _median(after: Distribution) -> str:
    return f"a median of {brief_duration(median(after))}"


def _likeness(facts: ProtocolFacts) -> Iterator[str]:
    """Correlations and intraclass correlations of the primary outcomes."""
    scenario = facts.scenario
    for name in dict.fromkeys(what.outcome for _, what, _, _ in facts.primary):
        outcome, called = scenario.outcomes[name], facts.label(name)
        yield from _correlations(outcome.correlation.within_session, outcome.correlation.between_sessions, called)
        for what, value in (("practitioners", outcome.icc.practitioner), ("sites", outcome.icc.site)):
            if value is not None and value.value > 0:
                yield f"intraclass correlation of {what} {plain(value.value)}"
        if outcome.cac is not None:
            yield f"correlation over time within a site (cluster autocorrelation) {plain(outcome.cac.value)}"
        if outcome.secular is not None:
            yield f"calendar trend of {outcome.scale.effects[0].replace('_', ' ')} {number(outcome.secular)}"
    yield from _carried_over(facts)
    if scenario.family is not None:
        size = scenario.family.size.distribution
        shares = zip(size.values or size.params, size.weights or (1.0,), strict=True)
        yield f"children of one mother {join([f'{value:g} in {share(part)}' for value, part in shares])}"
        yield f"intraclass correlation of children of one mother {plain(scenario.family.icc.value)}"
    made = scenario.design.clusters
    if made is not None and made.size_cv is not None and made.size_cv.value > 0:
        yield f"coefficient of variation of the sizes of the sites {number(made.size_cv)}"


def _carried_over(facts: ProtocolFacts) -> Iterator[str]:
    """Of a crossover: what is carried over, and how the periods differ."""
    for name in dict.fromkeys(what.outcome for _, what, _, _ in facts.primary):
        outcome = facts.scenario.outcomes[name]
        if outcome.carryover is not None and outcome.carryover.value:
            yield f"{number(outcome.carryover)} of the effect carried over into the next period"
        if any(one.value for one in outcome.period_effects):
            yield f"difference of the periods from the first {join([signed(one.value) for one in outcome.period_effects[1:]])}"


def _correlations(within: Number | None, between: Number | None, called: str) -> Iterator[str]:
    """Of values of one participant; one number where sessions make no difference."""
    parts = [
        (value.value, where)
        for value, where in ((within, "within a session"), (between, "between sessions"))
        if value is not None and value.value != 0
    ]
    if not parts:
        return
    if len({value for value, _ in parts}) == 1 and len(parts) == 2:
        yield f"correlation of {called} between visits {plain(parts[0][0])}"
    else:
        yield f"correlation of {called} {join([f'{plain(value)} {where}' for value, where in parts])}"
