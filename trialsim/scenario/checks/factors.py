"""A design with factors: their levels, steps that belong to them, effects and analyses by factor and interaction."""

from __future__ import annotations

from trialsim.kinds.tests import TEST
from trialsim.kinds.tests.options import FACTORS
from trialsim.protocol.steps import Activity, Attempt, Hold, Period, Repeat, Step
from trialsim.quantities.refuse import did_you_mean
from trialsim.scenario.amounts import Report
from trialsim.scenario.factors import LEVELS, MOST_FACTORS, arms_of, arms_when, terms_of
from trialsim.scenario.model import Analysis, ArmLevels, Design, Draft, Outcome
from trialsim.scenario.outline import Outline
from trialsim.scenario.text import Finding, Path

PLACE = ("design", "factors")
EXAMPLE = "{massage: [no, yes], music: [no, yes]}"


def sound(design: Design) -> bool:
    """Whether there are factors, and they make the arms of the design."""
    levels = design.factors.values()
    return (
        1 < len(design.factors) <= MOST_FACTORS
        and all(len(one) == LEVELS == len(set(one)) for one in levels)
        and list(design.arms) == arms_of(design.factors)
    )


def with_arms_of_factors(draft: Draft) -> Draft:
    """The draft with the arms of every step that belongs to levels of factors."""
    if not sound(draft.design):
        return draft
    return draft.model_copy(update={"protocol": tuple(_in_arms(step, draft.design) for step in draft.protocol)})


def _in_arms(step: Step, design: Design) -> Step:
    if isinstance(step, (Hold, Repeat, Period)):
        return step.model_copy(update={"steps": tuple(_in_arms(inner, design) for inner in step.steps)})
    if isinstance(step, (Activity, Attempt)) and step.when and not step.arms:
        return step.model_copy(update={"arms": arms_when(design.factors, step.when)})
    return step


def check_factors(scenario: Draft, points: Outline, report: Report) -> None:
    """What a design with factors needs, and that a design without them names none."""
    design = scenario.design
    if design.factors:
        _factors(design, report)
    for step, path in {path: (step, path) for step, path in points.played}.values():
        _step(step, path, design, report)
    for name, outcome in scenario.outcomes.items():
        _outcome(outcome, ("outcomes", name), design, report)
    for name, analysis in scenario.analyses.items():
        _analysis(analysis, ("analyses", name), design, report)


def _factors(design: Design, report: Report) -> None:
    count = len(design.factors)
    if not 1 < count <= MOST_FACTORS:
        message = "a single factor is what arms are." if count == 1 else f"{count} factors are too many."
        remedy = "Write arms: in place of factors:." if count == 1 else f"At most {MOST_FACTORS} are possible."
        report(Finding("TS-E340", PLACE, message, remedy))
        return
    for factor, levels in design.factors.items():
        if len(levels) != LEVELS or len(set(levels)) != LEVELS:
            message = f"'{factor}' needs two different levels, the first of which is the one it is compared with."
            report(Finding("TS-E340", (*PLACE, factor), message, f"Write {factor}: [no, yes]."))
            return
    if not sound(design):
        message = "the arms are not the combinations of the factors."
        report(Finding("TS-E341", ("design", "arms"), message, "Remove arms:, or describe these: " + _listed(design)))
    elif design.reference not in (None, next(iter(design.arms))):
        message = "effects of factors are measured where all have their first level."
        remedy = f"Remove reference:, or write the level to compare with first: {EXAMPLE}."
        report(Finding("TS-E341", ("design", "reference"), message, remedy))


def _listed(design: Design) -> str:
    return "; ".join(arms_of(design.factors)) + "."


def _step(step: Activity | Attempt, path: Path, design: Design, report: Report) -> None:
    """``when:`` names levels of factors; steps of a design with factors do not name arms."""
    if step.when and not design.factors:
        message = "when: names levels of factors, and the design has none."
        report(Finding("TS-E342", (*path, "when"), message, "Write arms: and the arms it belongs to.", on_key=True))
        return
    for factor, level in step.when.items():
        here = (*path, "when", factor)
        if factor not in design.factors:
            remedy = did_you_mean(factor, list(design.factors), what="Factors")
            report(Finding("TS-E342", here, f"there is no factor '{factor}'.", remedy, on_key=True))
        elif level not in design.factors[factor]:
            remedy = did_you_mean(level, list(design.factors[factor]), what="Levels")
            report(Finding("TS-E342", here, f"'{factor}' has no level '{level}'.", remedy))
    if step.arms and sound(design) and set(step.arms) != set(arms_when(design.factors, step.when)):
        message = "arms: does not say which factor a step belongs to."
        remedy = f"Write when: {{{next(iter(design.factors))}: {next(iter(design.factors.values()))[1]}}}."
        report(Finding("TS-E342", (*path, "arms"), message, remedy, on_key=True))


def _outcome(outcome: Outcome, path: Path, design: Design, report: Report) -> None:
    if not sound(design):
        return
    terms = terms_of(design.factors)
    for name, effect in outcome.effects.items():
        here = (*path, "effects", name)
        if name not in terms:
            message = f"'{name}' is not a factor, and not an interaction of factors."
            report(Finding("TS-E343", here, message, did_you_mean(name, list(terms), what="Effects"), on_key=True))
        elif len(terms[name].factors) > 1 and effect.difference is not None and outcome.categories:
            message = "differences of scores at two levels of another factor do not add up to one on the scale of odds."
            remedy = "Write odds_ratio: the factor by which the odds ratio is larger or smaller with both."
            report(Finding("TS-E343", (*here, "difference"), message, remedy, on_key=True))
    levels = {("level",): outcome.level} | {("by_visit", visit): level for visit, level in outcome.by_visit.items()}
    for place, level in levels.items():
        if isinstance(level, ArmLevels):
            message = "levels by arm do not say which part of a difference belongs to which factor."
            remedy = f"Write one level, and effects: {{{next(iter(terms))}: {{..}}}}."
            report(Finding("TS-E343", (*path, *place, "by_arm"), message, remedy, on_key=True))


def _analysis(analysis: Analysis, path: Path, design: Design, report: Report) -> None:
    """An analysis by factors names effects of the design; arms are compared by a contrast of two, or all at once."""
    if not analysis.factors:
        return
    here = (*path, "factors")
    if not design.factors:
        report(Finding("TS-E344", here, "the design has no factors.", "Write contrast: and two arms.", on_key=True))
        return
    terms = terms_of(design.factors) if sound(design) else {}
    for i, name in enumerate(analysis.factors):
        if terms and name not in terms:
            message = f"'{name}' is not a factor, and not an interaction of factors."
            report(Finding("TS-E344", (*here, i), message, did_you_mean(name, list(terms), what="Effects")))
        elif name in analysis.factors[:i]:
            report(Finding("TS-E344", (*here, i), f"'{name}' is named twice.", "Name each effect once."))
    for key in ("contrast", "then", "margin"):
        if getattr(analysis, key) and FACTORS in TEST[analysis.test].options:
            message = f"{key}: is about two arms, and factors: about all of them."
            report(Finding("TS-E344", (*path, key), message, f"Remove {key}:, or factors:.", on_key=True))
    if analysis.estimand.responders is not None:
        message = "who responds is a matter of two arms, and factors: is about all of them."
        report(Finding("TS-E344", (*path, "estimand", "responders"), message, "Remove responders:.", on_key=True))
