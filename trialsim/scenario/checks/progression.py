"""Progression criteria of a pilot: each names what it measures, its limits fit, and go is the better end."""

from __future__ import annotations

from trialsim.kinds.progression import COST, MEASURE, ProgressMeasure
from trialsim.protocol.program import Program
from trialsim.quantities.refuse import did_you_mean
from trialsim.quantities.values import EXAMPLES, KIND_WORDS
from trialsim.scenario.amounts import Report
from trialsim.scenario.checks.names import known
from trialsim.scenario.model import Criterion, Draft
from trialsim.scenario.notation import expand_visits
from trialsim.scenario.outline import Outline
from trialsim.scenario.text import Finding, Path

#: The keys that say of what, by what a measure needs.
NAMED_BY = {"": (), "activity": ("of",), "need": ("of",), "outcome": ("outcome", "at")}

#: The name of all criteria together in the results.
OVERALL = "overall"


def check_progression(scenario: Draft, points: Outline, report: Report) -> None:
    """Every criterion of a pilot."""
    for name, criterion in scenario.progression.items():
        path = ("progression", name)
        if name == OVERALL:
            message = f"'{name}' is the name of all criteria together."
            report(Finding("TS-E360", path, message, "Choose another name.", on_key=True))
        _keys(criterion, MEASURE[criterion.measure], path, report)
        _names(criterion, scenario, points, path, report)
        _limits(criterion, MEASURE[criterion.measure], path, report)
        _currency(criterion, MEASURE[criterion.measure], scenario, path, report)
        _parts_of_the_study(MEASURE[criterion.measure], scenario, path, report)


def _keys(criterion: Criterion, measure: ProgressMeasure, path: Path, report: Report) -> None:
    """A measure has the keys that it needs, and no other."""
    needed = NAMED_BY[measure.of]
    for key in ("of", "outcome", "at"):
        given = getattr(criterion, key) is not None
        if given and key not in needed:
            message = f"'{measure.name}' has no '{key}'."
            report(Finding("TS-E361", (*path, key), message, f"Remove {key}:.", on_key=True))
        if key in needed and not given:
            what = {"of": f"which {measure.of}", "outcome": "which outcome", "at": "at which visit"}[key]
            message = (
                f"'{measure.name}' does not say of {what}." if key == "of" else f"'{measure.name}' does not say {what}."
            )
            report(Finding("TS-E361", path, message, f"Write {key}: NAME beside measure:.", on_key=True))


def _names(criterion: Criterion, scenario: Draft, points: Outline, path: Path, report: Report) -> None:
    """Activities, outcomes and visits that exist. Needs are compared once the protocol is compiled."""
    if criterion.of is not None and MEASURE[criterion.measure].of == "activity":
        known(criterion.of, points.activities, "TS-E034", (*path, "of"), report)
    if criterion.outcome is None or criterion.at is None or MEASURE[criterion.measure].of != "outcome":
        return
    if known(criterion.outcome, scenario.outcomes, "TS-E032", (*path, "outcome"), report):
        visits = expand_visits(scenario.outcomes[criterion.outcome].visits, points)
        known(criterion.at, visits, "TS-E030", (*path, "at"), report)


def _limits(criterion: Criterion, measure: ProgressMeasure, path: Path, report: Report) -> None:
    """Both limits are of the measure's kind, and go is at the better end."""
    wrong = [key for key in ("go", "stop") if getattr(criterion, key).kind != measure.kind]
    for key in wrong:
        message = f"'{measure.name}' is {KIND_WORDS[measure.kind]}, and this limit is {KIND_WORDS[getattr(criterion, key).kind]}."
        report(Finding("TS-E362", (*path, key), message, f"Write it like this: {EXAMPLES[measure.kind]}."))
    go, stop = criterion.go.value, criterion.stop.value
    if not wrong and (go < stop if measure.more else go > stop):
        better, worse = ("above", "below") if measure.more else ("below", "above")
        message = f"go lies {worse} stop, but more of '{measure.name}' is {'better' if measure.more else 'worse'}."
        report(Finding("TS-E363", (*path, "go"), message, f"Write go {better} stop, or exchange them.", on_key=True))


def _parts_of_the_study(measure: ProgressMeasure, scenario: Draft, path: Path, report: Report) -> None:
    """What only a ward has needs one, and costs need costs."""
    if measure.ward and scenario.setting is None:
        message = f"'{measure.name}' needs a ward, and this study has none."
        report(
            Finding("TS-E364", (*path, "measure"), message, "Declare setting: and protocol:, or remove the criterion.")
        )
    if measure is COST and scenario.costs is None:
        message = f"'{measure.name}' needs costs, and none are declared."
        report(Finding("TS-E364", (*path, "measure"), message, "Declare costs:, or remove the criterion."))


def _currency(criterion: Criterion, measure: ProgressMeasure, scenario: Draft, path: Path, report: Report) -> None:
    """Limits of a cost are in the currency of the costs."""
    if measure is not COST or scenario.costs is None:
        return
    for key in ("go", "stop"):
        limit = getattr(criterion, key)
        if limit.kind == measure.kind and limit.unit != scenario.costs.currency:
            message = f"this limit is in {limit.unit}, the costs are in {scenario.costs.currency}."
            report(Finding("TS-E076", (*path, key), message, f"Write it in {scenario.costs.currency}."))


def check_needs(scenario: Draft, program: Program, report: Report) -> None:
    """Needs for staff, by the names that the compiled protocol has for them."""
    needs = [hold.name for hold in program.holds]
    for name, criterion in scenario.progression.items():
        if criterion.of is not None and MEASURE[criterion.measure].of == "need" and criterion.of not in needs:
            message = f"there is no need for staff '{criterion.of}'."
            remedy = did_you_mean(criterion.of, needs, what="Known needs") or "No step needs staff."
            report(Finding("TS-E365", ("progression", name, "of"), message, remedy))
