"""A crossover: its sequences, the steps of its periods, what is carried over, and analyses of period differences."""

from __future__ import annotations

from collections.abc import Iterator

from trialsim.kinds.designs import ALL_PERIODS, STRATEGY, TRANSFORM
from trialsim.kinds.tests import TEST
from trialsim.protocol.steps import Activity, Attempt, Hold, Period, Repeat, Step
from trialsim.quantities.refuse import did_you_mean
from trialsim.scenario.amounts import Report
from trialsim.scenario.crossover import FEWEST_PERIODS, TWO_BY_TWO, of_period
from trialsim.scenario.model import Analysis, ArmLevels, Change, Design, Draft, Outcome
from trialsim.scenario.notation import expand_visits
from trialsim.scenario.outline import Outline
from trialsim.scenario.text import Finding, Path

PLACE = ("design", "sequences")

#: Keys that put something else in the place of a value, which period differences do not take.
MEASURED_ALONE = ("missing", "composite", "dichotomize", "subset")

EXAMPLE = "{AB: [music, control], BA: [control, music]}"


def sound(design: Design) -> bool:
    """Whether the design is a crossover; one with a fault in its sequences gets no further."""
    return bool(design.sequences)


def with_sequences(draft: Draft) -> Draft:
    """The draft with the sequences at the steps of its periods, and period differences as the changes that they are."""
    design = draft.design
    if not sound(design):
        return draft
    steps = tuple(
        step.model_copy(update={"sequences": design.sequences}) if isinstance(step, Period) else step
        for step in draft.protocol
    )
    analyses = {name: _of_change(analysis) for name, analysis in draft.analyses.items()}
    return draft.model_copy(update={"protocol": steps, "analyses": analyses})


def _of_change(analysis: Analysis) -> Analysis:
    """At a visit crossover-t takes the first period minus the second, and a model the visit of each period."""
    test = TEST[analysis.test]
    if not test.periods or analysis.visit is None or analysis.change is not None:
        return analysis
    if "visits" in test.takes:
        return analysis if analysis.visits else analysis.model_copy(update={"visit": None, "visits": (analysis.visit,)})
    change = Change.model_validate({"from": of_period(analysis.visit, 1), "to": of_period(analysis.visit, 0)})
    return analysis.model_copy(update={"visit": None, "change": change})


def check_crossover(scenario: Draft, points: Outline, report: Report) -> None:
    """What a crossover needs, and that another design has nothing of one."""
    design = scenario.design
    for finding in _steps(scenario.protocol, ("protocol",), design):
        report(finding)
    if sound(design):
        _periods(scenario, points, report)
    for name, outcome in scenario.outcomes.items():
        _outcome(outcome, ("outcomes", name), design, report)
    for name, analysis in scenario.analyses.items():
        _analysis(analysis, ("analyses", name), scenario, points, report)


def faults_of_sequences(design: Design) -> Iterator[Finding]:
    """What is wrong with the sequences."""
    if not design.sequences:
        if design.periods is not None:
            yield Finding(
                "TS-E380", ("design", "periods"), "periods: needs sequences:.", f"Write sequences: {EXAMPLE}."
            )
        if design.treatments:
            message = "treatments: is what a crossover makes of arms:."
            yield Finding("TS-E380", ("design", "treatments"), message, "Write arms:.", on_key=True)
        return
    if list(design.arms) != list(design.sequences):
        message = "beside treatments: the arms are the sequences."
        yield Finding(
            "TS-E380", ("design", "arms"), message, "Remove treatments:, and write the arms of the periods here."
        )
        return
    if design.periods is None:
        yield Finding("TS-E380", PLACE, "sequences: needs periods:.", "Write periods: 2.", on_key=True)
        return
    if design.factors:
        yield Finding("TS-E380", PLACE, "a crossover has arms, not factors.", "Remove factors:.", on_key=True)
    if len(design.sequences) < FEWEST_PERIODS:
        yield Finding("TS-E380", PLACE, "a crossover needs at least two sequences.", f"Write {EXAMPLE}.", on_key=True)
        return
    alone = [finding for name, order in design.sequences.items() for finding in _one_sequence(name, order, design)]
    yield from alone
    if design.reference not in (None, next(iter(design.treatments), None), next(iter(design.sequences))):
        message = "in a crossover the first of arms: is the one that the others are compared with."
        yield Finding("TS-E380", ("design", "reference"), message, "Remove reference:, and write that arm first.")
    for period in range(0 if alone else design.periods):
        has = {order[period] for order in design.sequences.values() if period < len(order)}
        if missing := [arm for arm in design.treatments if arm not in has]:
            message = f"nobody has '{missing[0]}' in period {period + 1}."
            yield Finding("TS-E380", PLACE, message, "Let each arm be in each period of some sequence.", on_key=True)
            return


def _one_sequence(name: str, order: tuple[str, ...], design: Design) -> Iterator[Finding]:
    path = (*PLACE, name)
    if name in design.treatments:
        yield Finding(
            "TS-E380", path, f"'{name}' is the name of an arm.", "Choose another name, such as AB.", on_key=True
        )
    unknown = [i for i, arm in enumerate(order) if arm not in design.treatments]
    for i in unknown:
        remedy = did_you_mean(order[i], list(design.treatments), what="Arms")
        yield Finding("TS-E380", (*path, i), f"there is no arm '{order[i]}'.", remedy)
    if len(order) != design.periods:
        message = (
            f"'{name}' has {len(order)} arm{'s' if len(order) != 1 else ''}, and there are {design.periods} periods."
        )
        yield Finding("TS-E380", path, message, "Write one arm for each period.")
    elif not unknown and (missing := [arm for arm in design.treatments if arm not in order]):
        message = f"'{name}' does not have '{missing[0]}': a participant of a crossover has every arm."
        yield Finding("TS-E380", path, message, f"Write sequences such as {EXAMPLE}.")


def _steps(steps: tuple[Step, ...], path: Path, design: Design, *, inside: bool = False) -> Iterator[Finding]:
    """Steps of periods are in a crossover and not in one another; in them, steps name arms, not sequences."""
    for i, step in enumerate(steps):
        here = (*path, i)
        if isinstance(step, Period):
            if not design.sequences or inside or len(path) > 1:
                message = (
                    "period: needs sequences: in the design."
                    if not design.sequences
                    else "a period is not in another step."
                )
                remedy = (
                    f"Write sequences: {EXAMPLE}, or repeat:."
                    if not design.sequences
                    else "Write it at the outer level."
                )
                yield Finding("TS-E381", (*here, "period"), message, remedy, on_key=True)
            yield from _steps(step.steps, (*here, "steps"), design, inside=True)
        elif isinstance(step, (Hold, Repeat)):
            yield from _steps(step.steps, (*here, "steps"), design, inside=inside)
        elif isinstance(step, (Activity, Attempt)) and inside:
            for j, arm in enumerate(step.arms):
                if arm not in design.treatments:
                    remedy = did_you_mean(arm, list(design.treatments), what="Arms")
                    yield Finding("TS-E031", (*here, "arms", j), f"there is no arm '{arm}'.", remedy)


def _periods(scenario: Draft, points: Outline, report: Report) -> None:
    """A crossover has visits in each of its periods."""
    found = [step for step in scenario.protocol if isinstance(step, Period)]
    if len(found) > 1:
        report(Finding("TS-E381", ("protocol",), "period: is written twice.", "Write all steps of a period in one."))
    if any(point.period for point in points.visits.values()):
        return
    message = "no visit is in a period."
    if scenario.protocol:
        report(Finding("TS-E381", ("protocol",), message, "Write - {period: each, washout: 7 d, steps: [..]}."))
    else:
        report(Finding("TS-E381", ("visits",), message, "Name visits after their period: {post 1: 1 d, post 2: 8 d}."))


def _outcome(outcome: Outcome, path: Path, design: Design, report: Report) -> None:
    if not design.sequences:
        for key in ("carryover", "period_effects"):
            if getattr(outcome, key) not in (None, ()):
                message = f"{key}: needs the periods of a crossover."
                report(
                    Finding("TS-E382", (*path, key), message, f"Remove it, or write sequences: {EXAMPLE}.", on_key=True)
                )
        return
    count = len(outcome.period_effects)
    if count and count != design.periods:
        message = f"{count} period effect{'s' if count != 1 else ''} for {design.periods} periods."
        report(
            Finding("TS-E382", (*path, "period_effects"), message, "Write one for each period: [0, -0.2].", on_key=True)
        )
    if count and outcome.distribution is not None and "difference" not in outcome.scale.effects:
        message = f"period effects are differences, and the {outcome.scale.name} scale has none."
        remedy = "Remove them, or write another level for the visits of each period: by_visit:."
        report(Finding("TS-E382", (*path, "period_effects"), message, remedy, on_key=True))
    if outcome.as_ == "observed":
        message = "in a crossover levels are true values."
        report(Finding("TS-E382", (*path, "as"), message, "Remove as: observed.", on_key=True))
    if outcome.distribution is not None and outcome.scale.follow is not None:
        message = f"a crossover has outcomes at visits, and a {outcome.scale.name} is followed over time."
        report(Finding("TS-E382", (*path, "distribution"), message, "Choose another distribution, or parallel arms."))
    levels = {("level",): outcome.level} | {("by_visit", visit): level for visit, level in outcome.by_visit.items()}
    for place, level in levels.items():
        if isinstance(level, ArmLevels):
            message = "levels by arm do not say what is carried over."
            remedy = f"Write one level, and effects: {{{list(design.treatments)[-1]}: {{..}}}}."
            report(Finding("TS-E382", (*path, *place, "by_arm"), message, remedy, on_key=True))


def _analysis(analysis: Analysis, path: Path, scenario: Draft, points: Outline, report: Report) -> None:
    """Periods are compared as they were measured; period differences are those of two arms in two periods and two sequences."""
    design = scenario.design
    if not TEST[analysis.test].periods:
        if analysis.estimand.periods is not None:
            message = f"{analysis.test} does not compare the periods of a crossover."
            report(Finding("TS-E411", (*path, "estimand"), message, "Remove it, or write test: crossover-mixed."))
        return
    if not sound(design):
        if not design.sequences:
            message = f"{analysis.test} compares the periods of a crossover."
            report(Finding("TS-E383", (*path, "test"), message, f"Write sequences: {EXAMPLE}, or test: t."))
        return
    two = len(design.sequences) == len(design.treatments) == design.periods == TWO_BY_TWO
    if "visits" in TEST[analysis.test].takes:
        _of_each_period(analysis, path, scenario, points, report)
    elif not two:
        message = f"{analysis.test} is for two arms in two periods and two sequences."
        report(Finding("TS-E383", (*path, "test"), message, "Write test: crossover-mixed."))
    if TRANSFORM[analysis.transform].unit:
        message = "period differences in percent depend on which period comes first."
        report(Finding("TS-E383", (*path, "transform"), message, "Write transform: log, or remove it."))
    if analysis.estimand.periods == ALL_PERIODS:
        _whole(analysis, path, scenario, report)
    if analysis.over is not None:
        message = f"{analysis.test} takes one visit of each period."
        report(Finding("TS-E383", (*path, "over"), message, "Write visit: and the name of the visit.", on_key=True))
    for key in MEASURED_ALONE:
        if getattr(analysis, key) is not None:
            message = f"{analysis.test} takes {'both' if two else 'all'} periods as they were measured."
            report(Finding("TS-E383", (*path, key), message, f"Remove {key}:.", on_key=True))
    if analysis.estimand.responders is not None:
        message = f"{analysis.test} compares everyone with himself or herself, not who responds."
        report(Finding("TS-E383", (*path, "estimand", "responders"), message, "Remove responders:.", on_key=True))
    written = analysis.change
    if written is not None and (written.start[-2:], written.end[-2:]) != (" 2", " 1"):
        message = f"{analysis.test} takes the first period minus the second."
        report(Finding("TS-E383", (*path, "change"), message, "Write visit: and the name of the visit.", on_key=True))


def _of_each_period(analysis: Analysis, path: Path, scenario: Draft, points: Outline, report: Report) -> None:
    """A model of periods takes one visit of each of them; an effect in all of them needs steps by arm inside them alone."""
    visits = [points.visits.get(visit) for visit in expand_visits(analysis.visits, points)]
    periods = [0 if point is None else point.period for point in visits]
    bases = {(point.base, point.within) for point in visits if point is not None}
    if visits and (periods != list(range(1, (scenario.design.periods or 0) + 1)) or len(bases) > 1):
        message = f"{analysis.test} takes one visit in all of its periods."
        place = (*path, "visits" if "visits" in analysis.model_fields_set else "visit")
        report(Finding("TS-E410", place, message, "Write visit: and its name without a number.", on_key=True))


def _whole(analysis: Analysis, path: Path, scenario: Draft, report: Report) -> None:
    """The mean effect of all periods is that of everyone in one arm throughout, which every step must know."""
    here = (*path, "estimand")
    if not STRATEGY[analysis.estimand.strategy].as_it_happens:
        message = f"the mean of all periods is a treatment policy, not '{analysis.estimand.strategy}'."
        report(Finding("TS-E411", here, message, "Remove strategy:, or periods:.", on_key=True))
    if any(step.arms for step in _outside(scenario.protocol) if isinstance(step, (Activity, Attempt))):
        message = (
            "a step outside the periods is for some sequences, and nobody has a sequence in the mean of all periods."
        )
        report(Finding("TS-E411", here, message, "Remove periods:, or arms: of that step.", on_key=True))


def _outside(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Every step outside the periods of a crossover."""
    for step in steps:
        if isinstance(step, (Hold, Repeat)):
            yield from _outside(step.steps)
        elif not isinstance(step, Period):
            yield step
