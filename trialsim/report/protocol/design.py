"""Sentences on the design: what is compared in whom, how participants are allocated, what is measured, how it is analyzed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from trialsim.analysis.plan import PlannedAnalysis, RowPlan
from trialsim.kinds.designs import DEFAULT_IMPUTATIONS, IN_TURN, METHOD, TRANSFORM
from trialsim.kinds.tests.pairs import PAIR
from trialsim.report.clusters import sites_by_arm, target_in_words
from trialsim.report.digits import with_minus
from trialsim.report.protocol import kinds
from trialsim.report.protocol.facts import ProtocolFacts
from trialsim.report.protocol.text import Sentence, capital, level_words, sentence
from trialsim.report.wedge import steps_in_words
from trialsim.report.words import join, number, scores, spread
from trialsim.scenario.checks.missing import imputes
from trialsim.scenario.comparisons import split_member
from trialsim.scenario.notation import parse_ratio

if TYPE_CHECKING:
    from trialsim.scenario.model import Analysis

#: Rows of checklists that a sentence on the design answers.
DESIGN = ("SPIRIT 19", "SPIRIT 12", "CONSORT 9", "CONSORT 16a")
OUTCOME = ("SPIRIT 19", "SPIRIT 16", "CONSORT 14", "CONSORT 16a", "DELTA2 1")
ANALYSIS = ("SPIRIT 19", "SPIRIT 27a", "CONSORT 21a", "CONSORT 16a", "DELTA2 2")


def quoted(name: str) -> str:
    """The name of a visit, as it is in the schedule."""
    return f"“{name}”"


def in_people(facts: ProtocolFacts, *more: str) -> str:
    """``99 participants (adolescent, 12 to 18 years; allocation ratio 1:1:1)``."""
    inside = [f"enrolled through their mother; patient of the ward: {facts.people}" if facts.families else facts.people]
    inside = inside if facts.people else []
    inside += [text for text in more if text]
    return f"{facts.size:,} {facts.members}" + (f" ({'; '.join(inside)})" if inside else "")


# ---------------------------------------------------------------- what is compared


def compared(facts: ProtocolFacts) -> Iterator[Sentence]:
    """What is compared with what in whom, and how participants are allocated."""
    design = facts.scenario.design
    others = [facts.described(name) for name in facts.arms if name != facts.reference]
    reference = facts.described(facts.reference)
    who = in_people(facts, _allocation(facts))
    if facts.crossover:
        orders = join([f"{name} ({', then '.join(order)})" for name, order in design.sequences.items()])
        text = (
            f"In this crossover trial each of {who} receives {join([facts.described(name) for name in facts.arms])}, one in each of {design.periods} "
            f"periods, in one of {len(design.sequences)} sequences: {orders}"
        )
        text += f", with a washout of {pause} between periods" if (pause := washout(facts)) else ""
    elif facts.factorial:
        each = join([f"{name} ({join(list(levels), 'or')})" for name, levels in design.factors.items()])
        text = f"This factorial trial combines the factors {each} in {len(design.arms)} arms, in {who}"
    elif facts.wedge:
        text = (
            f"This stepped wedge cluster randomized trial compares {join(others)} with {reference}. All sites begin with {reference}, "
            f"and go over in an order that is drawn: {steps_in_words(facts.scenario)}. There are {target_in_words(facts.scenario)}"
        )
    elif facts.cluster:
        counts = join([f"{count} to {facts.named(arm)}" for arm, count in sites_by_arm(facts.scenario).items()])
        text = (
            f"This cluster randomized trial compares {join(others)} with {reference}. Whole sites are randomized ({counts}); "
            f"there are {target_in_words(facts.scenario)}"
        )
    else:
        text = f"The trial compares {join(others)} with {reference} in {who}"
    yield sentence(f"{text}.", rows=DESIGN)


def _allocation(facts: ProtocolFacts) -> str:
    """The ratio, and what is balanced."""
    allocation = facts.scenario.design.allocation
    method = METHOD[allocation.method or IN_TURN.name]
    parts = [] if allocation.ratio is None or method.by_places else [f"allocation ratio {ratio(facts)}"]
    parts += [f"stratified by {join(list(allocation.stratify))}"] if allocation.stratify else []
    parts += [f"balanced in {join(list(allocation.factors))} by minimization"] if allocation.factors else []
    return ", ".join(parts)


def ratio(facts: ProtocolFacts) -> str:
    """The allocation ratio, in the order of the arms."""
    found = parse_ratio(facts.scenario.design.allocation.ratio or "") or (1,) * len(facts.scenario.design.arms)
    return ":".join(str(one) for one in found)


# ---------------------------------------------------------------- what is measured


def endpoint(facts: ProtocolFacts, what: Analysis, *, periods: bool) -> str:
    """When the analyzed number is measured; reads after the outcome."""
    outcome = facts.scenario.outcomes[what.outcome]
    if outcome.over:
        return f", counted from {quoted(outcome.over[0])} to {quoted(outcome.over[1])}"
    if outcome.until is not None:
        end = f"until {quoted(outcome.until)}" if isinstance(outcome.until, str) else f"for {number(outcome.until)}"
        return f", followed from {quoted(outcome.since) if outcome.since else 'enrollment'} {end}"
    if what.change is not None and periods:
        return f" at {join(sorted(map(quoted, (what.change.start, what.change.end))))}, one period against the other"
    if what.change is not None:
        return f", as the change from {quoted(what.change.start)} to {quoted(what.change.end)}"
    if what.over is not None:
        return f", as {kinds.VISIT_SUMMARIES[what.over.by]} its values at {join([quoted(one) for one in what.over.visits])}"
    if what.visits:
        return f" at {join([quoted(one) for one in what.visits])}"
    return f" at {quoted(what.visit)}" if what.visit is not None else ""


def outcome_words(facts: ProtocolFacts, name: str) -> str:
    """An outcome with what its values are: ``Children's Fear Scale (a score of 0, 1, 2, 3, 4; lower is better)``."""
    outcome = facts.scenario.outcomes[name]
    text = kinds.SCALES[outcome.scale.name].format(categories=scores(outcome.categories))
    text += f" in {outcome.unit}" if outcome.unit else ""
    text += f", from {number(outcome.limits[0])} to {number(outcome.limits[1])}" if outcome.limits is not None else ""
    text += f"; {outcome.better} is better" if outcome.better else ""
    return f"{facts.label(name)} ({text})"


def primary_outcome(facts: ProtocolFacts) -> Iterator[Sentence]:
    """Every primary outcome with its time, each once."""
    found: dict[str, None] = {}
    for _, what, _, _ in facts.primary:
        periods = facts.of_periods
        yes = _dichotomy(what)
        found[
            f"{outcome_words(facts, what.outcome)}{endpoint(facts, what, periods=periods)}{kinds.TRANSFORMS[what.transform]}{yes}"
        ] = None
    several = len(found) > 1
    texts = list(found)
    yield sentence(
        f"The primary outcome{'s are' if several else ' is'} {join(texts)}.",
        rows=OUTCOME,
    )


def _dichotomy(what: Analysis) -> str:
    if what.dichotomize is None:
        return ""
    low, high = what.dichotomize.at_least, what.dichotomize.at_most
    ends = [f"{word} {number(end)}" for word, end in (("at least", low), ("at most", high)) if end is not None]
    return f", counted as yes if it is {join(ends)}"


# ---------------------------------------------------------------- how it is analyzed


def analysis_words(facts: ProtocolFacts, what: Analysis, call: PlannedAnalysis, row: RowPlan) -> str:
    """Who is analyzed by which test, with what it adjusts for, and at which level."""
    return f"includes {facts.analyzed(what)}, and uses {test_words(facts, what, call, row)}"


def test_words(facts: ProtocolFacts, what: Analysis, call: PlannedAnalysis, row: RowPlan) -> str:
    """A test with what it adjusts for, and its level."""
    adjusted = [
        *([f"the value at {quoted(what.baseline)}"] if what.baseline else []),
        *what.covariates,
        *what.visit_covariates,
    ]
    text = kinds.TESTS[what.test]
    text += f", adjusted for {join(adjusted)}" if adjusted else ""
    text += ", random periods within sites" if call.site_periods else ""
    text += f", with the factors {join(list(what.factors))} in one model" if what.factors else ""
    text += f", within strata of {join(list(what.strata))}" if what.strata else ""
    text += f", with clusters by {what.clusters}" if what.clusters else ""
    if row.margins:
        return f"{text}{_margin(facts, what, row)}"
    return f"{text}, at {kinds.ALTERNATIVES[call.alternative].format(level=level_words(call.alpha))}"


def _margin(facts: ProtocolFacts, what: Analysis, row: RowPlan) -> str:
    """What is concluded from the interval, and at which one-sided level."""
    unit = facts.scenario.outcomes[what.outcome].unit
    margins = [with_minus(number(one)) for one in what.margin]
    interval = (
        f"{level_words(row.confidence)} confidence interval of {kinds.ESTIMANDS[row.estimand]} ({facts.contrast(row)})"
    )
    each = f"a one-sided level of {level_words(row.alpha)}"
    if len(margins) > 1:
        return f"; equivalence is concluded if the {interval} lies between {join(margins)} (two one-sided tests, each at {each})"
    lower = facts.scenario.outcomes[what.outcome].better == "lower"
    side = "below" if lower else "above"
    ratio_ = not TRANSFORM[what.transform].keeps
    named = margins[0] if ratio_ or (unit and unit in margins[0]) else f"{margins[0]} {unit or 'points'}"
    return f"; noninferiority is concluded if the {interval} lies entirely {side} the margin of {named} (that is, at {each})"


def primary_analysis(facts: ProtocolFacts) -> Iterator[Sentence]:
    """How each primary outcome is analyzed, and what follows a test of all arms."""
    several = len(facts.primary) > 1
    for _, what, call, row in facts.primary:
        begin = f"The primary analysis “{row.shown}”" if several else "The primary analysis"
        pair = " against " in facts.contrast(row) and len(facts.arms) > 2 and not facts.factorial
        begin += f", of {facts.contrast(row)}," if pair else ""
        text = f"{begin} {analysis_words(facts, what, call, row)}"
        text += _then(facts, what) if what.then is not None else ""
        yield sentence(f"{text}.", rows=ANALYSIS)
        yield from _missing(what)
    yield from _families(facts)


def _then(facts: ProtocolFacts, what: Analysis) -> str:
    """The comparisons of two arms."""
    assert what.then is not None
    then, arms = what.then, len(facts.arms)
    count = arms - 1 if then.against else arms * (arms - 1) // 2
    between = "all pairs of arms are compared"
    if then.against:
        between = f"each other arm is compared with {facts.named(then.against)}"
    how = f"by {kinds.PAIRS[then.pairs]}"
    if not PAIR[then.pairs].together:
        how += f", {kinds.ADJUSTMENTS[then.adjust].format(number=count)}"
    begin = "; if it is significant, " if then.gate else "; then, whatever its result, "
    return f"{begin}{between} {how}"


def _missing(what: Analysis) -> Iterator[Sentence]:
    """What takes the place of missing values, where something does."""
    if what.missing is None:
        return
    text = kinds.MISSING_METHODS[what.missing]
    if imputes(what):
        text += f" {what.imputations or DEFAULT_IMPUTATIONS} imputed data sets are combined by Rubin's rules."
    yield sentence(text, rows=("SPIRIT 27c", "CONSORT 21c", "SPIRIT 19"))


def _families(facts: ProtocolFacts) -> Iterator[Sentence]:
    """Families of hypotheses that a primary analysis is in, each with its level."""
    shown = {row.analysis: row.shown for row in facts.study.analysis.rows}
    for what in facts.scenario.families.values():
        if not any(split_member(member)[0] in facts.scenario.primary for member in what.members):
            continue
        members = []
        for member in what.members:
            analysis, contrast = split_member(member)
            members.append(f"“{shown[analysis]}”{f' ({facts.between(contrast)})' if contrast else ''}")
        level = (
            "" if what.alpha is None else f", at a level of {level_words(what.alpha.value)} for all of them together"
        )
        yield sentence(
            f"{capital(join(members))} are tested together by {kinds.FAMILY_METHODS[what.method]}{level}.",
            rows=ANALYSIS,
        )


# ---------------------------------------------------------------- how participants are allocated


def sequence_words(facts: ProtocolFacts) -> str:
    """How the list of allocations is made, without anything by which the next one could be guessed."""
    if facts.wedge:
        return "The order in which sites go over is randomized; a participant is in the arm of the site on the date of enrollment."
    if facts.cluster:
        return "Whole sites are randomized; each participant of a site is in its arm."
    allocation = facts.scenario.design.allocation
    text = kinds.METHODS[allocation.method or IN_TURN.name]
    if facts.families and facts.scenario.family is not None:
        together = facts.scenario.family.allocated == "together"
        text += (
            " Children of one mother are allocated together."
            if together
            else " Children of one mother are allocated each alone."
        )
    return text


def strata_words(facts: ProtocolFacts) -> str:
    """Ratio and strata."""
    allocation = facts.scenario.design.allocation
    text = f"Allocation ratio {ratio(facts)}"
    text += f", stratified by {join(list(allocation.stratify))}" if allocation.stratify else ", not stratified"
    if allocation.factors:
        factors = []
        for name in allocation.factors:
            cuts = join([number(cut) for cut in allocation.cut.get(name, ())])
            factors.append(f"{name}{f' (in classes cut at {cuts})' if cuts else ''}")
        text += f"; the arms are made alike in {join(factors)}"
    return f"{text}."


def washout(facts: ProtocolFacts) -> str:
    """How long the periods of a crossover lie apart; empty where nothing is stated."""
    for step in facts.scenario.protocol:
        pause = getattr(step, "washout", None)
        if pause is not None:
            return spread(pause)
    return ""
