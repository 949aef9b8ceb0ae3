"""The sample-size section of a randomized trial: what the size gives, and how long it takes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from trialsim.analysis.plan import RowPlan
from trialsim.evaluate.columns import FAMILY
from trialsim.evaluate.table import Measure
from trialsim.report.clusters import target_in_words
from trialsim.report.nearby_sizes import needed
from trialsim.report.opinions import second_opinions
from trialsim.report.protocol.approach import SIZE, approach
from trialsim.report.protocol.design import compared, primary_analysis, primary_outcome
from trialsim.report.protocol.facts import GOAL, HIGH_GOAL, MOST_TRIALS, ProtocolFacts
from trialsim.report.protocol.looks import look_sentences
from trialsim.report.protocol.missing import missed_words, missing_shares
from trialsim.report.protocol.sensitivity import sensitivity_sentences
from trialsim.report.protocol.target import differences, reasons
from trialsim.report.protocol.text import Sentence, finite, mean_words, power_words, sentence, share, trials_words
from trialsim.report.words import join, number

POWER = ("SPIRIT 19", "CONSORT 16a", "DELTA2 2", "DELTA2 5")

Paragraphs = tuple[tuple[Sentence, ...], ...]


def size_paragraphs(facts: ProtocolFacts) -> Paragraphs:
    """The section of a randomized trial, in its order: design, target difference, how the size was found, what it gives."""
    return (
        (*compared(facts), *primary_outcome(facts), *primary_analysis(facts)),
        (*differences(facts), *reasons(facts)),
        tuple(approach(facts, what="power was found", simulated="trial")),
        (
            *losses(facts),
            *result(facts),
            *failed_trials(facts),
            *without_difference(facts),
            *formula(facts),
            *sensitivity_sentences(facts),
            *recruitment(facts),
            *look_sentences(facts),
        ),
    )


# ---------------------------------------------------------------- what the size gives


def result(facts: ProtocolFacts) -> Iterator[Sentence]:
    """The power with the size, of the comparisons of two arms too; that it is below the goal, and what size would meet it."""
    begin = f"With {size_words(facts)}{_with_value(facts)}"
    powers = [(row, one) for row in facts.rows if (one := facts.power(row)) is not None]
    for row in facts.rows:
        if facts.power(row) is None:
            yield sentence(f"{begin}, the power of {_called(facts, row)} {_bounds(facts, row)}.", rows=POWER)
    if facts.too_often:
        yield from _not_a_power(facts, begin, powers)
        return
    if not powers:
        return
    texts = [
        f"{power_words(one, named=not place)}{f' for {facts.title(row)}' if len(facts.rows) > 1 else ''}"
        for place, (row, one) in enumerate(powers)
    ]
    who = "the primary analysis has" if len(facts.primary) == 1 else "the primary analyses have"
    yield sentence(f"{begin}, {who} a power of {join(texts)}{_of_pairs(facts)}.", rows=POWER)
    yield from _together(facts)
    yield from below_goal(facts, powers)


def losses(facts: ProtocolFacts) -> Iterator[Sentence]:
    """What the simulated trials lose; nothing where they lose nothing."""
    missing = missing_shares(facts)
    texts = [*missed_words(facts), *([f"{join(missing)} are missing"] if missing else [])]
    if texts:
        yield sentence(f"In the simulated trials {join(texts)}.", rows=SIZE)


def _called(facts: ProtocolFacts, row: RowPlan) -> str:
    return "the primary analysis" if len(facts.rows) == 1 else facts.title(row)


def _not_a_power(facts: ProtocolFacts, begin: str, powers: Sequence[tuple[RowPlan, Measure]]) -> Iterator[Sentence]:
    """Of tests that reject too often their rejections with and without a difference, and that these are not a power."""
    of = {(one.analysis, one.contrast): one for one in facts.verdicts}
    for row, one in powers:
        verdict = of.get((row.analysis, row.contrast))
        text = f"{begin}, {_called(facts, row)} rejects in {power_words(one, named=True)} of trials"
        if verdict is not None and verdict.too_often:
            text += (
                f". This is not a power: without any difference it rejects in {share(verdict.rate)}, at a level of "
                f"{share(verdict.alpha)}"
            )
        yield sentence(f"{text}.", rows=POWER)


def size_words(facts: ProtocolFacts) -> str:
    """``33 participants in each arm (99 in all)``."""
    enroll = facts.scenario.design.enroll
    if facts.cluster or enroll.each_cluster is not None:
        return target_in_words(facts.scenario)
    sizes = enroll.of_arms(tuple(facts.scenario.design.arms)) if not enroll.in_all else None
    if sizes is None or len(sizes) == 1:
        return f"{facts.size:,} {facts.members}"
    if len(set(sizes)) == 1:
        return f"{sizes[0]} {facts.members} in each {facts.group} ({facts.size:,} in all)"
    each = join([f"{count} in {name}" for name, count in zip(facts.scenario.design.arms, sizes, strict=True)])
    return f"{facts.size:,} {facts.members} ({each})"


def _with_value(facts: ProtocolFacts) -> str:
    """How many are enrolled in time, if not all; and how many of them would have the primary value."""
    text = ""
    enrolled, reached = facts.measure("enrolled"), facts.measure("target_reached_in_time")
    if enrolled is not None and reached is not None and reached.value < 1:
        text = f", of whom {mean_words(enrolled)} would be enrolled in time on average (all of them in {trials_words(reached)})"
    analyzed = analyzed_words(facts)
    if not analyzed:
        return text
    return f"{text}{' and' if text else ', of whom'} {analyzed}"


def analyzed_words(facts: ProtocolFacts) -> str:
    """How many participants would be in the primary analysis; empty where there are several."""
    row = facts.rows[0]
    analyzed = facts.measure("n_analyzed", row.analysis, row.contrast)
    if analyzed is None or not finite(analyzed) or len(facts.primary) > 1:
        return ""
    if analyzed.value == facts.size and not analyzed.mcse:
        return "all would be in the primary analysis"
    stops = ", early stops included" if facts.study.looks is not None else ""
    return f"{mean_words(analyzed)} would be in the primary analysis on average{stops}"


def _bounds(facts: ProtocolFacts, row: RowPlan) -> str:
    low, high = (facts.measure(name, row.analysis, row.contrast) for name in ("power_low", "power_high"))
    if low is None or high is None:
        return "cannot be given"
    failed = f"{low.n_failed:,} of {low.n_replicates:,} simulated trials could not be analyzed"
    return f"lies between {share(low.value)} and {share(high.value)}, because {failed}"


def _of_pairs(facts: ProtocolFacts) -> str:
    """The power of each comparison of two arms after a test of all arms."""
    if len(facts.primary) > 1:
        return ""
    name, what, _, _ = facts.primary[0]
    found = [(row, facts.power(row)) for row in facts.pairs(name)]
    texts = [f"{facts.contrast(row)} {power_words(one)}" for row, one in found if one is not None]
    if not texts:
        return ""
    gate = ", each after the primary test" if what.then is not None and what.then.gate else ""
    return f"; the power of the comparisons is {join(texts)}{gate}"


def _together(facts: ProtocolFacts) -> Iterator[Sentence]:
    """Of several primary comparisons, how often at least one and how often all reject."""
    some, every = facts.measure("power", FAMILY, "any"), facts.measure("power", FAMILY, "all")
    if len(facts.rows) > 1 and some is not None and every is not None:
        yield sentence(
            f"At least one of them rejects in {trials_words(some)}, and all of them in {trials_words(every)}.",
            rows=POWER,
        )


def below_goal(facts: ProtocolFacts, powers: Sequence[tuple[RowPlan, Measure]]) -> Iterator[Sentence]:
    """That a power is below the goal, and about how many participants would meet it."""
    low = [row for row, one in powers if one.value < GOAL]
    if not low:
        return
    if len(facts.rows) > 1:
        whose = (
            "Each of these powers"
            if len(low) == len(facts.rows)
            else f"The power for {join([facts.title(row) for row in low])}"
        )
        yield sentence(f"{whose} is below {share(GOAL)}.", rows=POWER)
        return
    parts = [
        f"about {middle:,} ({least:,} to {most:,}) for {share(goal)}"
        for goal, (middle, least, most) in sizes_needed(facts)
    ]
    more = ""
    if parts:
        more = (
            f"; by extension of this result, in which information grows with the number of participants, {join(parts)} would be "
            "needed in all"
        )
    yield sentence(f"This power is below {share(GOAL)}{more}.", rows=POWER)


def sizes_needed(facts: ProtocolFacts) -> list[tuple[float, tuple[int, int, int]]]:
    """About how many participants each goal takes, with both ends of an interval; empty where this cannot be extended."""
    if len(facts.rows) > 1:
        return []
    return [(goal, size) for goal in (GOAL, HIGH_GOAL) if (size := needed(facts, goal)) is not None]


def failed_trials(facts: ProtocolFacts) -> Iterator[Sentence]:
    """How many simulated trials could not be analyzed, where some could not."""
    for row in facts.rows:
        power = facts.power(row)
        if power is not None and power.n_failed:
            yield sentence(
                f"{power.n_failed:,} of {power.n_replicates:,} simulated trials could not be analyzed by {_called(facts, row)} and "
                "are not counted.",
                rows=POWER,
            )


def without_difference(facts: ProtocolFacts) -> Iterator[Sentence]:
    """How often the test rejects if there is nothing to find."""
    if facts.too_often:
        return
    place = (FAMILY, "any") if len(facts.rows) > 1 else (facts.rows[0].analysis, facts.rows[0].contrast)
    known = facts.of.get(place, {})
    rate = known.get("type_1_error") or known.get("rejection_without_effects")
    if rate is None or math.isnan(rate.value):
        return
    where = "If the margin is the true difference" if facts.margins else "If there is no difference"
    what = "the primary analysis rejects" if len(facts.rows) == 1 else "at least one of them rejects"
    if facts.margins and len(facts.rows) == 1:
        what = "noninferiority is concluded" if len(facts.rows[0].margins) == 1 else "equivalence is concluded"
    plan = facts.study.looks
    stops = ", stops for futility included" if plan is not None and plan.design.futility is not None else ""
    yield sentence(f"{where}, {what} in {trials_words(rate)}{stops}.", rows=POWER)


def formula(facts: ProtocolFacts) -> Iterator[Sentence]:
    """The nearest closed form beside the simulated power."""
    for one in second_opinions(facts.study, facts.characteristics):
        if one.primary and not math.isnan(one.simulated) and len(facts.rows) == 1:
            yield sentence(
                f"The nearest formula ({one.opinion.formula}; {one.opinion.source}) gives {share(one.opinion.power)} for everybody "
                "treated and measured as planned.",
                rows=SIZE,
            )
            return


def recruitment(facts: ProtocolFacts) -> Iterator[Sentence]:
    """How long it takes to enroll the target."""
    days = facts.measure("enrollment_days")
    if days is None or facts.scenario.setting is None:
        return
    text = f"Recruitment would take {mean_words(days, 'days')} on average"
    within = facts.enrolled_within
    if within is not None and math.isfinite(within):
        text += f", and at most {math.ceil(within):,} days in {share(MOST_TRIALS)} of trials"
    reached = facts.measure("target_reached_in_time")
    limit = facts.scenario.design.within
    if limit is not None and reached is not None:
        text += f"; the target is enrolled within the planned {number(limit)} in {trials_words(reached)}"
    yield sentence(f"{text}.", rows=("SPIRIT 19", "SPIRIT 20", "CONSORT 16a"))
