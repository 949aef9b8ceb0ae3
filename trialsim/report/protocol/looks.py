"""Interim looks as a protocol states them: when, by which rule, how often the trial stops, and who decides."""

from __future__ import annotations

import math
from collections.abc import Iterator

from trialsim.boundaries.bounds import BoundRule
from trialsim.evaluate.looks import LOOKS, UNDER_NULL, look_name
from trialsim.heavy import special
from trialsim.kinds.looks import BOUND_SHAPE, SPENDING
from trialsim.looks.plan import LookPlan
from trialsim.report.document import Gap
from trialsim.report.protocol import kinds
from trialsim.report.protocol.facts import ProtocolFacts
from trialsim.report.protocol.text import Sentence, mean_words, power_words, sentence, trials_words
from trialsim.report.words import brief_duration, join

ROWS = ("SPIRIT 28b", "CONSORT 16b")

WHO_SEES = Gap("looks.who", "who sees the interim results, and who decides whether the trial stops?")


def look_sentences(facts: ProtocolFacts) -> Iterator[Sentence]:
    """The looks, or that there are none."""
    plan = facts.study.looks
    if plan is None:
        yield sentence("No interim analysis is planned.", rows=ROWS)
        return
    yield sentence(_when(plan), rows=ROWS)
    yield sentence(_efficacy(plan), rows=ROWS)
    if plan.design.futility is not None:
        yield sentence(_futility(plan), rows=ROWS)
    yield from _simulated(facts, plan)
    yield sentence("Interim results and decisions: ", WHO_SEES, rows=ROWS)


def _when(plan: LookPlan) -> str:
    if plan.counts:
        when = f"when {join([str(count) for count in plan.counts])} of {plan.planned} primary values are known"
    else:
        when = f"at {plan.interim} dates fixed beforehand"
    lag = f"; enrollment goes on for {brief_duration(plan.lag)} until the decision" if plan.lag else ""
    looks = "Interim analyses are" if plan.interim > 1 else "One interim analysis is"
    return f"{looks} planned {when}{lag}."


def rule_words(rule: BoundRule) -> str:
    """A rule by which bounds are found."""
    if rule.spending:
        parameter = f" with parameter {rule.parameter:g}" if SPENDING[rule.spending].parameter else ""
        return f"{kinds.SPENDING[rule.spending]}{parameter}"
    if rule.shape:
        return kinds.BOUND_SHAPES[BOUND_SHAPE[rule.shape].name]
    return "levels fixed beforehand for each analysis" if rule.listed else "bounds fixed beforehand for each analysis"


def _efficacy(plan: LookPlan) -> str:
    bounds = plan.bounds
    sides = 2 if bounds.two_sided else 1
    names = [
        *(f"interim analysis {k + 1}" if plan.interim > 1 else "the interim analysis" for k in range(plan.interim)),
        "the final analysis",
    ]
    parts = []
    for k, name in enumerate(names):
        p = float(special.ndtr(-bounds.efficacy[k])) * sides
        parts.append(f"p ≤ {p:.2g} ({name})" if math.isfinite(bounds.efficacy[k]) else f"never ({name})")
    side = "two-sided" if bounds.two_sided else "one-sided"
    return f"An effect is concluded at a {side} {join(parts)}, by {rule_words(plan.design.efficacy)}."


def _futility(plan: LookPlan) -> str:
    rule = plan.design.futility
    assert rule is not None
    way = (
        "the bound is binding, and the bounds for an effect rely on it"
        if plan.design.binding
        else "the bound is not binding: the type I error is kept if the trial goes on"
    )
    return f"The trial may stop for futility by {rule_words(rule)}; {way}."


def _simulated(facts: ProtocolFacts, plan: LookPlan) -> Iterator[Sentence]:
    """How often simulated trials stop, and how many participants they take, with and without an effect."""
    of = {(row.contrast, row.measure): row for row in facts.characteristics.measures if row.analysis == LOOKS}
    shown = [of[look_name(k, plan.interim), "look_shown"] for k in range(plan.interim)]
    early, null = of["", "stops_early"], of["", f"stops_early{UNDER_NULL}"]
    parts = [
        f"{power_words(one)} at {'interim analysis ' + str(k + 1) if plan.interim > 1 else 'the interim analysis'}"
        for k, one in enumerate(shown)
    ]
    futile = " or for futility" if plan.design.futility is not None else ""
    yield sentence(
        f"If the assumptions hold, {trials_words(early)} stop early for an effect{futile}: an effect is shown in {join(parts)}. If "
        f"there is no difference, {trials_words(null)} stop early.",
        rows=ROWS,
    )
    number, none = of["", "enrolled_by_stop"], of["", f"enrolled_by_stop{UNDER_NULL}"]
    yield sentence(
        f"On average {mean_words(number)} of {facts.size:,} participants are then enrolled, and {mean_words(none)} if there is no "
        "difference.",
        rows=ROWS,
    )
