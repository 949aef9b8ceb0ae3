"""What takes the place of values in an analysis: the last one before a missing value, and the value after an event."""

from __future__ import annotations

from collections.abc import Iterator

from trialsim.kinds.designs import CLOCK, COMPOSITE, LAST_VALUE, MISSING_METHOD, REALIZED, STRATEGY, TRANSFORM, WAIT
from trialsim.kinds.tests import TEST
from trialsim.kinds.tests.pairs import PAIR_TEST
from trialsim.kinds.tests.records import Effect
from trialsim.quantities.fields import Number
from trialsim.quantities.refuse import did_you_mean
from trialsim.scenario.amounts import Report
from trialsim.scenario.model import Analysis, Draft, Outcome
from trialsim.scenario.notation import expand_visits
from trialsim.scenario.outline import Outline
from trialsim.scenario.text import Finding, Path

#: What tests estimate that only compare who has the higher value, so that an endpoint can be worse than every number.
RANKED: tuple[Effect, ...] = ("superiority", "win odds", "stratified superiority")


def carries(analysis: Analysis) -> bool:
    """Whether an earlier value takes the place of a missing one."""
    return analysis.missing is not None and MISSING_METHOD[analysis.missing].carries


def imputes(analysis: Analysis) -> bool:
    """Whether drawn values take the place of missing ones."""
    return analysis.missing is not None and MISSING_METHOD[analysis.missing].imputes


def check_missing(analysis: Analysis, scenario: Draft, path: Path, points: Outline, report: Report) -> None:
    """A last value has visits it may come from, and events of a composite are in the study."""
    if analysis.from_baseline and not carries(analysis):
        message = "only the last value can be that of the baseline."
        remedy = f"Write missing: {LAST_VALUE.name}, or remove from_baseline:."
        report(Finding("TS-E170", (*path, "from_baseline"), message, remedy, on_key=True))
    for finding in (*_carried(analysis, scenario, path, points), *_events(analysis, scenario, path)):
        report(finding)
    if carries(analysis) or imputes(analysis) or analysis.composite is not None:
        for finding in _unknown(analysis, path):
            report(finding)


def visits_in_order(outcome: Outcome, scenario: Draft, points: Outline) -> list[str]:
    """The visits of an outcome in the order of the protocol, without a ward in that of their times."""
    wanted = expand_visits(outcome.visits, points)
    found = [visit for visit in points.visits if visit in wanted]
    if scenario.protocol:
        return found
    return sorted(found, key=lambda visit: scenario.visits[visit].value)


def sources(analysis: Analysis, order: list[str]) -> dict[str, list[str]]:
    """For each visit of the endpoint after the baseline, the visits whose value may take its place, the last one first.

    The baseline is the visit that ``baseline:`` or the start of a change names, otherwise the first one of the outcome.
    """
    baseline = analysis.baseline or (analysis.change.start if analysis.change is not None else order[0])
    first = order.index(baseline) + (0 if analysis.from_baseline else 1)
    wanted = [visit for visit in ends(analysis) if order.index(visit) > order.index(baseline)]
    return {visit: order[first : order.index(visit)][::-1] for visit in wanted}


def imputed_visits(analysis: Analysis, order: list[str]) -> tuple[list[str], int]:
    """The visits that are imputed together, the last of the endpoint at the end; and how many come before treatment.

    The baseline is found as by :func:`sources`.
    """
    baseline = analysis.baseline or (analysis.change.start if analysis.change is not None else order[0])
    last = max(order.index(visit) for visit in (*ends(analysis), baseline))
    return order[: last + 1], order.index(baseline) + 1


def ends(analysis: Analysis) -> tuple[str, ...]:
    """The visits of an endpoint but the start of a change."""
    if analysis.change is not None:
        return (analysis.change.end,)
    if analysis.over is not None:
        return analysis.over.visits
    return analysis.visits or ((analysis.visit,) if analysis.visit is not None else ())


def _carried(analysis: Analysis, scenario: Draft, path: Path, points: Outline) -> Iterator[Finding]:
    if not carries(analysis):
        return
    outcome = scenario.outcomes[analysis.outcome]
    order = visits_in_order(outcome, scenario, points)
    expanded = [one for visit in ends(analysis) for one in points.expand(visit)]
    named = [one for one in (analysis.baseline, analysis.change.start if analysis.change else None) if one is not None]
    if not order or not expanded or any(visit not in order for visit in (*expanded, *named)):
        return  # a visit that is not there is the fault
    written_out = _with_ends(analysis, tuple(expanded))
    if not any(sources(written_out, order).values()):
        at = expanded[-1]
        message = (
            f"no visit between the baseline and {at} has a value of '{analysis.outcome}' that could be carried on."
        )
        remedy = "Write missing: complete, or from_baseline: true."
        yield Finding("TS-E170", (*path, "missing"), message, remedy)


def _with_ends(analysis: Analysis, visits: tuple[str, ...]) -> Analysis:
    """The analysis with the full names of the visits of its endpoint."""
    if analysis.over is not None:
        return analysis.model_copy(update={"over": analysis.over.model_copy(update={"visits": visits})})
    return analysis.model_copy(update={"visits": visits}) if analysis.visits else analysis


def reasons_of(scenario: Draft, outcome: Outcome) -> list[str]:
    """What an event of a composite may be: a reason to leave, or a reason for missing values of the outcome."""
    leave = scenario.setting.patients.leave if scenario.setting is not None else ()
    leaving = [one.reason for one in (*leave, *scenario.attrition)]
    return list(dict.fromkeys([*leaving, *(one.reason for one in outcome.missing)]))


def _events(analysis: Analysis, scenario: Draft, path: Path) -> Iterator[Finding]:
    """Events are in the study, and the composite is the strategy of the estimand, once."""
    composite, strategy = analysis.composite, STRATEGY[analysis.estimand.strategy]
    if composite is None:
        if strategy.composite:
            remedy = "Write composite: {after: [death], value: worst}."
            yield Finding("TS-E173", (*path, "estimand"), "say after which events.", remedy, on_key=True)
        return
    if "strategy" in analysis.estimand.model_fields_set and not strategy.composite:
        message = f"a composite is a strategy of its own, not '{strategy.name}'."
        yield Finding("TS-E173", (*path, "estimand"), message, "Remove estimand:.", on_key=True)
    if analysis.subset is not None:
        message = "a value after an event has no percent change by which participants are chosen."
        yield Finding("TS-E173", (*path, "subset"), message, "Remove subset:.", on_key=True)
    there = reasons_of(scenario, scenario.outcomes[analysis.outcome])
    if not composite.after:
        yield Finding("TS-E171", (*path, "composite", "after"), "no event is named.", f"Write {_choice(there)}.")
    for i, name in enumerate(composite.after):
        if name not in there:
            message = f"nobody leaves for '{name}', and no value of '{analysis.outcome}' is missing for it."
            remedy = did_you_mean(name, there, what="Known reasons") or f"Write {_choice(there)}."
            yield Finding("TS-E171", (*path, "composite", "after", i), message, remedy)


def _choice(there: list[str]) -> str:
    return " or ".join(there) or f"attrition: with a reason first, or remove {COMPOSITE.name}:"


def _unknown(analysis: Analysis, path: Path) -> Iterator[Finding]:
    """What is not known of a visit that did not take place."""
    what = "composite" if analysis.composite is not None else "missing"
    for i, name in enumerate(analysis.visit_covariates):
        if name in (CLOCK.name, WAIT.name):
            message = f"who missed the visit has no {name}, and would be left out in spite of {what}:."
            yield Finding("TS-E174", (*path, "visit_covariates", i), message, f"Remove it, or {what}:.")
    if analysis.over is not None and analysis.over.times == REALIZED:
        message = f"who missed a visit has no time of it, and would be left out in spite of {what}:."
        yield Finding("TS-E174", (*path, "over", "times"), message, f"Write at: with planned times, or remove {what}:.")


# ---------------------------------------------------------------- once scales and amounts are known


def check_replaced(analysis: Analysis, outcome: Outcome, path: Path, report: Report) -> None:
    """What takes the place of a value is a value of the (resolved) outcome."""
    if outcome.scale.follow is not None:
        for key in ("missing", "composite") if carries(analysis) or analysis.composite is not None else ():
            if getattr(analysis, key) is not None:
                message = f"'{analysis.outcome}' is a {outcome.scale.name} and belongs to no single visit."
                report(Finding("TS-E170", (*path, key), message, f"Remove {key}:.", on_key=True))
    elif analysis.composite is not None:
        value = analysis.composite.value
        findings = _number(value, analysis, outcome) if isinstance(value, Number) else _worst(analysis, outcome)
        for code, message, remedy in findings:
            report(Finding(code, (*path, "composite", "value"), message, remedy))


def worst_end(outcome: Outcome) -> float | None:
    """The worse end of a (resolved) scale; None if it has none, or if the file does not have which way is better."""
    if outcome.better is None:
        return None
    lowest = outcome.better == "higher"
    categories = tuple(sorted(outcome.scale.values or outcome.categories))
    if categories:
        return float(categories[0] if lowest else categories[-1])
    if outcome.limits is not None:
        return float(outcome.limits[0 if lowest else 1].value)
    return None


def ranked_worst(analysis: Analysis) -> bool:
    """Whether an endpoint can be worse than every number: all its tests compare ranks, or only count yes and no."""
    tests = [TEST[analysis.test]]
    if analysis.then is not None and (analysis.then.pairs, analysis.test) in PAIR_TEST:
        tests.append(PAIR_TEST[analysis.then.pairs, analysis.test])
    cut = analysis.dichotomize is not None
    return all(one.effect in RANKED or (cut and one.yes_or_no and not one.at_each_visit) for one in tests)


def _worst(analysis: Analysis, outcome: Outcome) -> Iterator[tuple[str, str, str]]:
    if outcome.better is None:
        message = f"whether lower or higher values of '{analysis.outcome}' are better is not declared."
        yield "TS-E172", message, "Write better: lower or better: higher in the outcome."
    elif worst_end(outcome) is None and not ranked_worst(analysis):
        message = f"'{analysis.outcome}' has no worst value, and {analysis.test} needs a number."
        yield (
            "TS-E172",
            message,
            "Write value: and a number, limits: of the outcome, or test: mann-whitney, which ranks it worst.",
        )
    elif (end := worst_end(outcome)) is not None and TRANSFORM[analysis.transform].log and end <= 0:
        yield (
            "TS-E172",
            f"the worst value {end:g} has no logarithm.",
            "Remove transform:, or write value: and a number.",
        )


def _number(value: Number, analysis: Analysis, outcome: Outcome) -> Iterator[tuple[str, str, str]]:
    if TRANSFORM[analysis.transform].log and value.value <= 0:
        yield "TS-E173", f"{value.value:g} has no logarithm.", "Write a number above 0."
    if outcome.scale.yes_or_no and value.value not in (0, 1):
        yield "TS-E173", f"{value.value:g} is neither yes nor no.", "Write 1 for yes or 0 for no."
