"""The target difference of a trial: what it is in each form that its scale has, why it was chosen, where the values come from."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from trialsim.report.crossover import periods_of_visits
from trialsim.report.document import Gap
from trialsim.report.kinds import BACK
from trialsim.report.moved import response_words
from trialsim.report.protocol import kinds
from trialsim.report.protocol.design import quoted
from trialsim.report.protocol.facts import ProtocolFacts
from trialsim.report.protocol.text import Sentence, in_brackets, sentence, signed
from trialsim.report.words import join
from trialsim.response.effects import implied_contrasts
from trialsim.scenario.factors import terms_of
from trialsim.scenario.provenance import Row, provenance

if TYPE_CHECKING:
    from trialsim.response.effects import ImpliedEffect

DIFFERENCE = ("SPIRIT 19", "CONSORT 16a", "DELTA2 3")

BASIS = Gap(
    "target.basis", "was the target difference chosen because it is important, because it is realistic, or both?"
)
REASON = Gap("target.reason", "how was it chosen, with the study, survey or guideline that it comes from?")
MARGIN = Gap(
    "margin.reason", "why would a difference of this size not matter, and is the effect of the comparator preserved?"
)
VALUES = Gap("values.source", "which study or data do the assumed values of the primary outcome come from?")

#: So many target differences are written out, the others are in the table of assumptions.
MOST_DIFFERENCES = 4

#: Places of a scenario that hold what an outcome is assumed to be in each arm.
LEVELS = ("level", "by_visit", "effects", "responds_to")


def differences(facts: ProtocolFacts) -> Iterator[Sentence]:
    """The target differences with the values assumed in each arm, each in the forms that its scale has."""
    if facts.margins:
        yield from _beside_margin(facts)
        return
    by_factor = _by_factor(facts)
    if by_factor:
        yield from by_factor
        return
    found = targets_of(facts)
    if not found:
        yield from through_activities(facts)
        return
    verb = "differences are" if len(found) > 1 else "difference is"
    yield sentence(f"The target {verb} {_all(facts)}.", rows=DIFFERENCE)


def targets_of(facts: ProtocolFacts) -> list[tuple[str, ImpliedEffect]]:
    """The target differences; of a crossover those of the first period, to which nothing is carried over."""
    if not facts.crossover:
        return facts.targets
    period = periods_of_visits(facts.study)
    return [pair for pair in facts.targets if period[pair[1].visit] == 1]


def _by_factor(facts: ProtocolFacts) -> list[Sentence]:
    """In a design with factors, what the analysis of each looks for, and the value in each arm."""
    wanted = {row.contrast for row in facts.rows}
    terms = terms_of(facts.scenario.design.factors)
    found = [
        one
        for one in implied_contrasts(facts.stated.response, terms)
        if one.term in wanted and f"{one.outcome} at {one.visit}" in facts.points
    ]
    if not found:
        return []
    unit = facts.scenario.outcomes[found[0].outcome].unit or "points"
    texts = [f"{signed(one.difference)} {unit} for {one.term} at {quoted(one.visit)}" for one in found]
    verb = "differences are" if len(texts) > 1 else "difference is"
    point = facts.point(found[0].outcome, found[0].visit)
    arms = facts.study.response.arms
    levels = [f"{arm}: {facts.level(point, place)}" for place, arm in enumerate(arms)]
    return [
        sentence(
            f"The target {verb} {join(texts)}, of a factor averaged over the levels of the others; the assumed values are "
            f"{'; '.join(levels)}.",
            rows=DIFFERENCE,
        )
    ]


def _all(facts: ProtocolFacts) -> str:
    found = targets_of(facts)
    texts = [_difference(facts, one) for _, one in found[:MOST_DIFFERENCES]]
    left = len(found) - MOST_DIFFERENCES
    return "; ".join([*texts, *([f"{left} more are in the scenario"] if left > 0 else [])])


def assumed_differences(facts: ProtocolFacts) -> Iterator[Sentence]:
    """What the arms are assumed to differ by, where no size rests on it."""
    yield sentence(f"For the simulation the arms are assumed to differ by {_all(facts)}.", rows=DIFFERENCE)


def _beside_margin(facts: ProtocolFacts) -> Iterator[Sentence]:
    """What is assumed where a margin is tested, and why the margin was chosen."""
    if facts.targets:
        values = [f"{words} {_level(facts, arm)}" for arm, words in facts.arms.items()]
        yield sentence(f"The assumed values are: {'; '.join(values)}.", rows=DIFFERENCE)
    else:
        yield sentence(
            f"The arms are assumed not to differ ({_level(facts, facts.reference)} in each).", rows=DIFFERENCE
        )
    yield sentence("The margin was chosen because ", MARGIN, rows=("SPIRIT 19", "CONSORT 16a", "NONINFERIORITY margin"))


def _level(facts: ProtocolFacts, arm: str) -> str:
    what = facts.primary[0][1]
    visit = what.visit or (what.change.end if what.change else (what.visits or ("",))[-1])
    point = facts.point(what.outcome, visit)
    return facts.level(point, facts.study.response.arms.index(arm))


def _difference(facts: ProtocolFacts, one: ImpliedEffect) -> str:
    """``−0.7 points for music therapy against usual care at “during” (mean 1.30, SD 1.00, against mean 2.00, ...)``."""
    outcome = facts.scenario.outcomes[one.outcome]
    forms = [text for form in kinds.TARGETS[outcome.scale.name] if (text := FORMS[form](facts, one))]
    point = facts.point(one.outcome, one.visit)
    plan = facts.study.response
    levels = [facts.level(point, plan.arms.index(one.arm))]
    if not facts.one_group:
        levels.append(facts.level(point, plan.reference))
    several = len({found.outcome for _, found in facts.targets}) > 1
    what = f" of {facts.label(one.outcome)}" if several else ""
    who = " against ".join(facts.named(arm) for arm in _compared(facts, one))
    where = f"{', against '.join(levels)}{''.join(f'; {form}' for form in forms[1:])}"
    return f"{forms[0]}{what} for {who} at {quoted(one.visit)} ({where})"


def _compared(facts: ProtocolFacts, one: ImpliedEffect) -> list[str]:
    """The treatments that differ: of a crossover those of the first period, against the untreated one."""
    plan = facts.study.response
    if facts.crossover:
        return [facts.scenario.design.sequences[one.arm][0], facts.reference]
    return [one.arm, *([plan.arms[plan.reference]] if plan.reference < len(plan.arms) else [])]


def _by_difference(facts: ProtocolFacts, one: ImpliedEffect) -> str:
    unit = facts.scenario.outcomes[one.outcome].unit
    return f"{signed(one.difference)} {unit or 'points'}"


def _by_standardized(facts: ProtocolFacts, one: ImpliedEffect) -> str:  # noqa: ARG001  # as every form
    return f"standardized difference {signed(one.cohens_d, 2)}"


def _by_ratio(facts: ProtocolFacts, one: ImpliedEffect) -> str:
    scale = facts.scenario.outcomes[one.outcome].scale
    name = "ratio of geometric means" if scale.positive else scale.effects[0].replace("_", " ")
    return "" if one.ratio is None else f"a {name} of {one.ratio:.3g}"


def _by_odds(facts: ProtocolFacts, one: ImpliedEffect) -> str:  # noqa: ARG001  # as every form
    if not one.odds_ratios:
        return ""
    low, high = f"{min(one.odds_ratios):.2f}", f"{max(one.odds_ratios):.2f}"
    name = "cumulative odds ratio of a higher score" if len(one.odds_ratios) > 1 else "odds ratio"
    return f"{name} {low if low == high else f'{low} to {high}'}"


def _by_points(facts: ProtocolFacts, one: ImpliedEffect) -> str:  # noqa: ARG001  # as every form
    return f"{signed(100 * one.difference)} percentage points"


def _by_probability(facts: ProtocolFacts, one: ImpliedEffect) -> str:
    lower = facts.scenario.outcomes[one.outcome].better == "lower"
    chance = 1 - one.superiority if lower else one.superiority
    return f"probability of the {'lower' if lower else 'higher'} score, ties counted half, {100 * chance:.0f} %"


#: How a target difference is written in each form.
FORMS = {
    "difference": _by_difference,
    "standardized": _by_standardized,
    "ratio": _by_ratio,
    "rate ratio": _by_ratio,
    "hazard ratio": _by_ratio,
    "odds": _by_odds,
    "points": _by_points,
    "probability": _by_probability,
}


def through_activities(facts: ProtocolFacts) -> Iterator[Sentence]:
    """Effects that come through what is done with participants, or that none is assumed."""
    texts = []
    for name in dict.fromkeys(what.outcome for _, what, _, _ in facts.primary):
        outcome = facts.scenario.outcomes[name]
        texts += [
            f"{facts.label(name)} responds to {activity} ({_minus(response_words(response, outcome))})"
            for activity, response in outcome.responds_to.items()
        ]
    if not texts:
        yield sentence("No difference between the arms is assumed.", rows=DIFFERENCE)
        return
    begin = "The difference assumed for the simulation" if facts.pilot else "The target difference"
    yield sentence(f"{begin} comes through what is done: {join(texts)}.", rows=DIFFERENCE)
    yield from _true_effect(facts)


def _minus(text: str) -> str:
    """Negative numbers with a real minus sign."""
    return re.sub(r"(?<![\w)])-(?=\d)", "\N{MINUS SIGN}", text)


def _true_effect(facts: ProtocolFacts) -> Iterator[Sentence]:
    """The effect that the whole trial has then, with its Monte Carlo error."""
    row = facts.primary[0][3]
    truth = facts.measure("truth", row.analysis, row.contrast)
    if truth is None:
        return
    ratio = row.estimand in BACK
    value = math.exp(truth.value) if ratio else truth.value
    error = truth.mcse * (value if ratio else 1.0)
    unit = f" {row.unit}" if row.unit and not ratio else ""
    yield sentence(
        f"In all who are {facts.randomized}, with the sessions that are missed, {kinds.ESTIMANDS[row.estimand]} is then "
        f"{signed(value)}{unit}{in_brackets(error)}.",
        rows=DIFFERENCE,
    )


# ---------------------------------------------------------------- reasons


def reasons(facts: ProtocolFacts) -> Iterator[Sentence]:
    """Why this difference, and where the values come from."""
    if not facts.margins:
        several = len(facts.rows if facts.factorial else targets_of(facts)) > 1
        begin = "They were" if several else "It was"
        yield sentence(
            f"{begin} chosen as follows: ", BASIS, " ", REASON,
            rows=("SPIRIT 19", "CONSORT 16a", "DELTA2 6", "DELTA2 7"),
        )  # fmt: skip
    yield from origins(facts)


def origins(facts: ProtocolFacts) -> Iterator[Sentence]:
    """Where the values of the primary outcome come from: sources, or that they are assumptions and why these."""
    levels = _levels_of_primary(facts)
    by_kind = {
        kind: "; ".join(dict.fromkeys(with_sources(facts, row.why) for row in levels if row.kind == kind))
        for kind in ("source", "computed", "assumed")
    }
    if by_kind["source"]:
        yield sentence(f"Values of the primary outcome are printed in {by_kind['source']}.", rows=DIFFERENCE)
    if by_kind["computed"]:
        yield sentence(f"Values of the primary outcome were computed from {by_kind['computed']}.", rows=DIFFERENCE)
    if by_kind["assumed"]:
        others = "Other" if by_kind["source"] or by_kind["computed"] else "The"
        yield sentence(
            f"{others} values of the primary outcome are assumptions ({by_kind['assumed']}).", rows=DIFFERENCE
        )
    if any(row.kind not in by_kind for row in levels):
        yield sentence("The values of the primary outcome come from ", VALUES, rows=DIFFERENCE)


def _levels_of_primary(facts: ProtocolFacts) -> list[Row]:
    begins = tuple(f"outcomes.{name}." for name in dict.fromkeys(what.outcome for _, what, _, _ in facts.primary))
    return [
        row
        for row in provenance(facts.scenario)
        if row.path.startswith(begins) and any(part in LEVELS for part in row.path.split("."))
    ]


def with_sources(facts: ProtocolFacts, why: str) -> str:
    """A reason in which the short names of sources are replaced by the sources."""
    for name, source in facts.scenario.sources.items():
        why = re.sub(rf"\b{re.escape(name)}\b", source.replace("\\", r"\\"), why)
    return why
