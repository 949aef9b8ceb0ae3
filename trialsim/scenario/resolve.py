"""From the written scenario to the one that runs: read, checked, and every default written out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from trialsim.errors import ScenarioError
from trialsim.kinds.designs import (
    COMPOSITE,
    DEFAULT_P,
    EACH_ARM,
    IMBALANCES,
    IN_TURN,
    METHOD,
    PERCENT,
    PERMUTED_BLOCKS,
    PLACES_LEFT,
    SIMPLE,
    SITE,
    TRANSFORM,
    UNADJUSTED,
)
from trialsim.kinds.tests import TEST
from trialsim.kinds.tests.options import KENWARD_ROGER, RANDOM_SITE, RANDOM_SITE_PERIOD
from trialsim.kinds.tests.pairs import PAIR
from trialsim.protocol.steps import Activity, Attempt, Hold, Period, Repeat, Step
from trialsim.quantities.fields import Number
from trialsim.scenario.amounts import amounts_in, canonical_unit, convert
from trialsim.scenario.checks.margins import scale_of
from trialsim.scenario.checks.repeated import asked_of
from trialsim.scenario.clusters import by_site
from trialsim.scenario.comparisons import family_of_main
from trialsim.scenario.model import (
    Analysis,
    AnalysisFamily,
    Correlation,
    Design,
    Draft,
    Instrument,
    Outcome,
    PublishedFigure,
    Response,
    Scenario,
)
from trialsim.scenario.notation import expand_visits, parse_ratio, split_contrast, split_decision
from trialsim.scenario.outcomes import resolve_levels
from trialsim.scenario.outline import MOST_STEPS, Outline, outline, unrolled
from trialsim.scenario.practitioners import named
from trialsim.scenario.priors import named_priors
from trialsim.scenario.text import Finding, Findings, Path, TooMany
from trialsim.scenario.written import WrittenScenario

if TYPE_CHECKING:
    from trialsim.protocol.program import Program


DEFAULT_ALPHA = 0.05


class Refusal(Exception):  # noqa: N818  # carried inside this package only
    """A draft that cannot be resolved, with everything found."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(f"{len(findings)} findings")
        self.findings = tuple(findings)


def resolve(written: WrittenScenario) -> Scenario:
    """The scenario that may run, of a written one; the only place where one is made.

    Raises
    ------
    ScenarioError
        With every fault found, each with file, line and column.
    """
    from trialsim.scenario.checks.echoes import without_echoes
    from trialsim.scenario.draft import draft_of
    from trialsim.scenario.messages import fault_of

    if not isinstance(written.data, dict):
        what = "the file is empty." if written.data is None else "a scenario is a map of keys."
        raise ScenarioError([fault_of(Finding("TS-E004", (), what, "Begin with trialsim: 1."), written)])
    findings = list(written.findings)
    draft, found, cut_out = draft_of(written, named_priors(written.data))
    findings += found
    if draft is not None:
        try:
            resolved, program = _checked(draft)
        except Refusal as refused:
            findings += without_echoes(refused.findings, cut_out)
        else:
            if not findings:
                return Scenario.made(resolved, written=written, program=program)
    faults = [fault_of(finding, written) for finding in findings]
    raise ScenarioError(sorted(dict.fromkeys(faults), key=lambda fault: (fault.line, fault.column)))


def _checked(draft: Draft) -> tuple[Draft, Program | None]:
    """The draft with everything written out, once it is checked, and its compiled protocol."""
    from trialsim.scenario.checks import check_resolved, check_written
    from trialsim.scenario.checks.crossover import faults_of_sequences, with_sequences
    from trialsim.scenario.checks.factors import with_arms_of_factors
    from trialsim.scenario.checks.follow import with_own_visits
    from trialsim.scenario.checks.limits import check_limits

    findings = Findings()
    if unrolled(draft.protocol) > MOST_STEPS:
        message = f"the protocol has more than {MOST_STEPS:,} steps once repeats are written out."
        raise Refusal([Finding("TS-E053", ("protocol",), message, "Repeat fewer times.")])
    if faults := list(faults_of_sequences(draft.design)):
        raise Refusal(faults)
    draft = with_sequences(with_arms_of_factors(draft))
    points = outline(draft.protocol, draft.visits, draft.design.arms, periods=draft.design.periods or 0)
    program: Program | None = None
    draft = with_own_visits(draft, points)
    try:
        check_limits(draft, points, findings.append)
        if findings:
            raise Refusal(findings)
        check_written(draft, points, findings.append)
        resolved = _write_out(draft, points, findings)
        if not findings:
            program = check_resolved(resolved, points, findings.append)
    except TooMany:
        raise Refusal(findings) from None
    if findings:
        raise Refusal(findings)
    return resolved, program


def _write_out(scenario: Draft, points: Outline, findings: list[Finding]) -> Draft:
    design = _design(scenario, findings)
    arms = list(design.arms)
    treated = design.compared(periods=True)
    outcomes = {
        name: _outcome(outcome, ("outcomes", name), points, treated, scenario, findings)
        for name, outcome in scenario.outcomes.items()
    }
    analyses = {
        name: _analysis(_with_visits(analysis, points, design), ("analyses", name), design, outcomes, findings)
        for name, analysis in scenario.analyses.items()
    }
    families = {name: _family(family) for name, family in scenario.families.items()}
    for name, family in family_of_main(scenario).items():
        if analyses[name].decide is None:
            analyses[name] = analyses[name].model_copy(update={"alpha": families[family].alpha})
    published = tuple(
        _published(figure, ("published", i), analyses, outcomes, arms, findings)
        for i, figure in enumerate(scenario.published)
    )
    return scenario.model_copy(
        update={
            "design": design,
            "protocol": _with_arms(scenario.protocol, arms),
            "outcomes": outcomes,
            "analyses": analyses,
            "families": families,
            "published": published,
        }
    )


def _family(family: AnalysisFamily) -> AnalysisFamily:
    """A family with its level written out."""
    return family.model_copy(update={"alpha": family.alpha or Number(value=DEFAULT_ALPHA, kind="share")})


def _balanced(scenario: Draft, method: str, findings: list[Finding]) -> dict[str, object]:
    """What minimization leaves to its defaults; cuts in the unit of their covariate."""
    allocation = scenario.design.allocation
    if not METHOD[method].by_factors:
        return {}
    one, cut = Number(value=1.0), {}
    for name, ends in allocation.cut.items():
        number = scenario.participants[name].number if name in scenario.participants else None
        path = ("design", "allocation", "cut", name)
        unit = None if number is None else number.unit
        cut[name] = tuple(convert(end, unit, path, findings.append) for end in ends)
    return {
        "cut": cut,
        "weights": {name: allocation.weights.get(name, one) for name in allocation.factors},
        "p": allocation.p or Number(value=DEFAULT_P, kind="share"),
        "imbalance": allocation.imbalance or IMBALANCES[0],
    }


def _design(scenario: Draft, findings: list[Finding]) -> Design:
    design = scenario.design
    allocation = design.allocation
    ratio = allocation.ratio or ":".join("1" for _ in design.arms)
    if design.stepped_wedge is not None:
        whole = allocation.model_copy(update={"unit": SITE.name})
        return design.model_copy(
            update={"reference": design.reference or next(iter(design.arms), None), "allocation": whole}
        )
    if by_site(scenario):
        whole = allocation.model_copy(update={"ratio": ":".join(map(str, parse_ratio(ratio))) or ratio})
        return design.model_copy(
            update={"reference": design.reference or next(iter(design.arms), None), "allocation": whole}
        )
    method = allocation.method
    if method is None and design.enroll.by_arm and not allocation.block:
        method = PLACES_LEFT.name
    if method is None:
        method = (PERMUTED_BLOCKS if allocation.block else SIMPLE if scenario.protocol else IN_TURN).name
    if METHOD[method].by_places:
        allocation, ratio = allocation.model_copy(update={"method": method}), ""
    block = allocation.block
    if METHOD[method].blocks and block is None:
        block = 2 * sum(parse_ratio(ratio))
    ratio = ":".join(map(str, parse_ratio(ratio))) or ratio
    complete = allocation.model_copy(
        update={"method": method, "ratio": ratio or None, "block": block, **_balanced(scenario, method, findings)}
    )
    return design.model_copy(
        update={"reference": design.reference or next(iter(design.arms), None), "allocation": complete}
    )


def _with_arms(steps: tuple[Step, ...], arms: Sequence[str]) -> tuple[Step, ...]:
    """Steps that bear the name of an arm belong to it: written out."""
    found: list[Step] = []
    for step in steps:
        if isinstance(step, (Hold, Repeat, Period)):
            step = step.model_copy(update={"steps": _with_arms(step.steps, arms)})  # the same step, written out
        elif isinstance(step, (Activity, Attempt)) and not step.arms:
            name = step.activity if isinstance(step, Activity) else step.attempt
            step = step.model_copy(update={"arms": (name,) if name in arms else ()})  # as above
        found.append(step)
    return tuple(found)


# ---------------------------------------------------------------- outcomes


def _outcome(
    outcome: Outcome, path: Path, points: Outline, arms: list[str], scenario: Draft, findings: list[Finding]
) -> Outcome:
    report = findings.append
    visits = expand_visits(outcome.visits, points)
    unit, secular = canonical_unit(outcome.unit), outcome.secular
    outcome = amounts_in(outcome.model_copy(update={"unit": unit, "secular": None}), unit, path, report)
    reference = scenario.design.reference
    outcome = resolve_levels(
        outcome,
        path,
        visits=visits,
        points=points,
        arms=arms,
        reference=arms[0] if scenario.design.sequences else reference,
        report=report,
    )
    effects = {
        arm: amounts_in(effect, outcome.unit, (*path, "effects", arm), report).model_copy(
            update={"visits": expand_visits(effect.visits, points) or visits}
        )
        for arm, effect in outcome.effects.items()
    }
    responses = {
        activity: _response(response, (*path, "responds_to", activity), outcome, points, findings, scenario)
        for activity, response in outcome.responds_to.items()
    }
    missing = tuple(
        _missing(rule, (*path, "missing", i), outcome, scenario, points, findings)
        for i, rule in enumerate(outcome.missing)
    )
    window = outcome.window
    if window is not None:
        window = window.model_copy(update={"visits": expand_visits(window.visits, points) or visits})
    return outcome.model_copy(
        update={
            "visits": visits,
            **_followed(outcome, points),
            "effects": effects,
            "responds_to": responses,
            "missing": missing,
            "window": window,
            "secular": secular,
            "correlation": _correlation(outcome.correlation),
            "icc": outcome.icc.model_copy(update={"practitioner": named(outcome.icc.practitioner, scenario)}),
            "rhythm": outcome.rhythm and amounts_in(outcome.rhythm, _effect_unit(outcome), (*path, "rhythm"), report),
            "instrument": _instrument(outcome, (*path, "instrument"), findings),
            "period_effects": tuple(
                convert(moved, outcome.unit, (*path, "period_effects", i), report)
                for i, moved in enumerate(outcome.period_effects)
            ),
            "drivers": tuple(
                amounts_in(driver, outcome.unit, (*path, "drivers", i), report)
                for i, driver in enumerate(outcome.drivers)
            ),
            "covariates": _covariate_effects(outcome, path, scenario, findings),
        }
    )


def _followed(outcome: Outcome, points: Outline) -> dict[str, object]:
    """The visits from and until which participants are followed, by their full names."""
    since, until = outcome.since, outcome.until
    return {
        "over": expand_visits(outcome.over, points),
        "since": since if since is None else expand_visits([since], points)[0],
        "until": expand_visits([until], points)[0] if isinstance(until, str) else until,
    }


def _effect_unit(outcome: Outcome) -> str | None:
    """The unit in which the predictor is shifted: the outcome's, or none on a log or logit scale (or one that is at fault)."""
    return outcome.unit if outcome.distribution is not None and outcome.scale.in_unit else None


def _correlation(correlation: Correlation) -> Correlation:
    within, between = correlation.within_session, correlation.between_sessions
    zero = Number(value=0.0)
    return correlation.model_copy(
        update={"within_session": within or between or zero, "between_sessions": between or within or zero}
    )


def _response(
    response: Response, path: Path, outcome: Outcome, points: Outline, findings: list[Finding], scenario: Draft
) -> Response:
    plain = response.model_copy(update={"sd_practitioner": None})
    converted = amounts_in(plain, outcome.unit, path, findings.append)
    varies: Number | None = named(response.sd_practitioner, scenario)
    if varies is not None:
        varies = convert(varies, _effect_unit(outcome), (*path, "sd_practitioner"), findings.append)
    return converted.model_copy(
        update={
            "sd_practitioner": varies,
            "lag": response.lag or Number(value=0.0, kind="duration"),
            "responders": response.responders or Number(value=1.0, kind="share"),
            "visits": expand_visits(response.visits, points),
        }
    )


def _missing(
    rule: object, path: Path, outcome: Outcome, scenario: Draft, points: Outline, findings: list[Finding]
) -> object:
    from trialsim.scenario.model import MissingValues

    assert isinstance(rule, MissingValues)
    given = scenario.outcomes.get(rule.given) if rule.given else outcome
    converted = amounts_in(rule, given.unit, path, findings.append) if given else rule
    return converted.model_copy(
        update={"visits": expand_visits(rule.visits, points) or expand_visits(outcome.visits, points)}
    )


def _instrument(outcome: Outcome, path: Path, findings: list[Finding]) -> Instrument:
    return amounts_in(outcome.instrument, outcome.unit, path, findings.append)


def _covariate_effects(outcome: Outcome, path: Path, scenario: Draft, findings: list[Finding]) -> tuple[object, ...]:
    found = []
    for i, effect in enumerate(outcome.covariates):
        here = (*path, "covariates", i)
        number = scenario.participants[effect.covariate].number if effect.covariate in scenario.participants else None
        changes: dict[str, Number] = {}
        for key in ("per", "centered_at"):
            value = getattr(effect, key)
            if value is not None and number is not None:
                changes[key] = convert(value, number.unit, (*here, key), findings.append)
        if effect.difference is not None:
            changes["difference"] = convert(effect.difference, outcome.unit, (*here, "difference"), findings.append)
        found.append(effect.model_copy(update=changes))
    return tuple(found)


# ---------------------------------------------------------------- analyses


def _analysis(
    analysis: Analysis, path: Path, design: Design, outcomes: Mapping[str, Outcome], findings: list[Finding]
) -> Analysis:
    arms, reference = design.compared(periods=TEST[analysis.test].periods), design.reference
    outcome = outcomes.get(analysis.outcome)
    unit = outcome.unit if outcome else None
    if not TRANSFORM[analysis.transform].keeps:
        unit = None
    changes: dict[str, object] = {
        "contrast": _contrast(analysis, arms, reference if reference in arms else next(iter(arms), None)),
    }
    if analysis.decide is None:
        changes["alpha"] = analysis.alpha or Number(value=DEFAULT_ALPHA, kind="share")
    if outcome:
        changes |= _believed(analysis, unit, path, findings)
    if TEST[analysis.test].calendar:
        changing = outcome is not None and outcome.cac is not None and outcome.cac.value < 1.0
        changes["random"] = analysis.random or (RANDOM_SITE_PERIOD if changing else RANDOM_SITE)
        changes["df"] = analysis.df or KENWARD_ROGER
    if analysis.dichotomize is not None and outcome:
        changes["dichotomize"] = amounts_in(analysis.dichotomize, unit, (*path, "dichotomize"), findings.append)
    if analysis.null is not None and outcome:
        if (
            TEST[analysis.test].yes_or_no and analysis.null.unit == PERCENT.unit
        ):  # a share, whatever the unit of the outcome
            share = {"value": analysis.null.value / 100.0, "unit": None, "kind": "share"}
            changes["null"] = analysis.null.model_copy(update=share)
        elif analysis.null.kind != "share":
            changes["null"] = convert(analysis.null, unit, (*path, "null"), findings.append)
    if analysis.composite is not None and outcome:
        changes |= _composite(analysis, outcome.unit, path, findings)
    if analysis.delta and outcome:
        of_value = None if TRANSFORM[analysis.transform].log else outcome.unit  # of logarithms a ratio
        changes["delta"] = tuple(
            convert(one, of_value, (*path, "delta", i), findings.append) for i, one in enumerate(analysis.delta)
        )
    if analysis.margin and outcome:
        changes["margin"] = tuple(
            _margin(one, analysis, unit, (*path, "margin", i), findings) for i, one in enumerate(analysis.margin)
        )
    if analysis.then is not None and PAIR[analysis.then.pairs].together:
        changes["then"] = analysis.then.model_copy(update={"adjust": UNADJUSTED.name})
    return analysis.model_copy(update=changes)


def _composite(analysis: Analysis, unit: str | None, path: Path, findings: list[Finding]) -> dict[str, object]:
    """The value after an event in the unit of the outcome; and the strategy of the effect, which is the composite too."""
    assert analysis.composite is not None
    return {
        "composite": amounts_in(analysis.composite, unit, (*path, "composite"), findings.append),
        "estimand": analysis.estimand.model_copy(update={"strategy": COMPOSITE.name}),
    }


def _believed(analysis: Analysis, unit: str | None, path: Path, findings: list[Finding]) -> dict[str, object]:
    """The prior of an effect and the number in its decision, in the unit of the endpoint."""
    changes: dict[str, object] = {}
    if analysis.prior is not None:
        changes["prior"] = amounts_in(analysis.prior, unit, (*path, "prior"), findings.append)
    decision = None if analysis.decide is None else split_decision(analysis.decide)
    if decision is not None:
        limit = convert(decision.limit, unit, (*path, "decide"), findings.append)
        changes["decide"] = replace(decision, limit=limit).text
    return changes


def _margin(margin: Number, analysis: Analysis, unit: str | None, path: Path, findings: list[Finding]) -> Number:
    """A margin in the unit of the estimate; shares and probabilities may be written in percent."""
    scale = scale_of(analysis)
    if scale is not None and scale.percent and margin.unit == "%":
        return margin.model_copy(update={"value": margin.value / 100, "unit": None})
    if scale is not None and scale.ratio and margin.unit == "%":
        message = f"the margin of a ratio is a ratio, not {margin.value:g} %."
        findings.append(Finding("TS-E069", path, message, f"Write {1 + margin.value / 100:g}."))
        return margin.model_copy(update={"value": 1 + margin.value / 100, "unit": None})
    of_estimate = TRANSFORM[analysis.transform].unit or None if not TRANSFORM[analysis.transform].keeps else unit
    return convert(margin, of_estimate if scale is not None and scale.in_unit else None, path, findings.append)


def _with_visits(analysis: Analysis, points: Outline, design: Design) -> Analysis:
    """The analysis with every visit of its endpoint written out, in the order of the protocol, and every arm within."""
    changes: dict[str, object] = {"visits": expand_visits(analysis.visits, points)}
    if analysis.over is not None:
        changes["over"] = analysis.over.model_copy(update={"visits": expand_visits(analysis.over.visits, points)})
    if analysis.within == (EACH_ARM,):
        changes["within"] = tuple(design.arms)
    whole = analysis.model_copy(update=changes)
    return whole.model_copy(update={"at": asked_of(whole)})


def _contrast(analysis: Analysis, arms: list[str], reference: str | None) -> str | None:
    if analysis.contrast is not None:
        pair = split_contrast(analysis.contrast, arms)
        return f"{pair[0]} - {pair[1]}" if pair else analysis.contrast
    if len(arms) == 2 and "two" in TEST[analysis.test].samples:
        other = next((arm for arm in arms if arm != reference), arms[1])
        return f"{other} - {reference}"
    return None


def _published(
    figure: PublishedFigure,
    path: Path,
    analyses: Mapping[str, Analysis],
    outcomes: Mapping[str, Outcome],
    arms: list[str],
    findings: list[Finding],
) -> PublishedFigure:
    analysis = analyses.get(figure.analysis)
    outcome = outcomes.get(analysis.outcome) if analysis else None
    changes: dict[str, object] = {}
    if figure.contrast is not None and (pair := split_contrast(figure.contrast, arms)):
        changes["contrast"] = f"{pair[0]} - {pair[1]}"
    if analysis and outcome:
        unit = outcome.unit if TRANSFORM[analysis.transform].keeps else None
        figure = amounts_in(figure, unit, path, findings.append)
    return figure.model_copy(update=changes)
