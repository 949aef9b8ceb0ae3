"""The sample-size section of a study without a control group, and of a pilot: precision and feasibility, never an effect."""

from __future__ import annotations

import math
from collections.abc import Iterator

from trialsim.analysis.plan import RowPlan
from trialsim.evaluate.table import Measure
from trialsim.kinds.estimands import NO_ESTIMAND
from trialsim.protocol.steps import Activity, Hold, Period, Repeat, Step
from trialsim.report.digits import plain
from trialsim.report.kinds import BACK
from trialsim.report.present import on_the_clock
from trialsim.report.protocol import kinds
from trialsim.report.protocol.approach import approach, assumptions_in_words
from trialsim.report.protocol.design import compared, endpoint, outcome_words, primary_analysis, primary_outcome
from trialsim.report.protocol.facts import ProtocolFacts
from trialsim.report.protocol.feasibility import feasibility_sentences
from trialsim.report.protocol.looks import look_sentences
from trialsim.report.protocol.missing import missed_words
from trialsim.report.protocol.size import Paragraphs, analyzed_words, recruitment, size_words
from trialsim.report.protocol.target import assumed_differences, origins, through_activities
from trialsim.report.protocol.text import (
    Sentence,
    mean_share,
    plain_error,
    power_words,
    sentence,
    share,
    signed,
)
from trialsim.report.words import brief_duration, join, number
from trialsim.response.effects import ceilings

ROWS = ("SPIRIT 19", "CONSORT 16a", "DELTA2 5")

#: What becomes of a value below the detection limit; reads after "are".
BELOW = {
    "missing": "treated as missing",
    "limit/2": "replaced by half of it",
    "limit/sqrt(2)": "replaced by the limit divided by the square root of 2",
    "censored": "treated as censored",
}

#: The precision to which a size is extended: of a ratio, and of a difference in SDs of the estimate's values.
WITHIN = 0.10


def one_group_paragraphs(facts: ProtocolFacts) -> Paragraphs:
    """The section of a study of one group."""
    later = sentence(
        "The results will give the variance and the feasibility that a randomized trial needs; the observed change will not be "
        "used as its target difference.",
        rows=ROWS,
    )
    return (
        tuple(_what(facts)),
        (*_estimate(facts), *_assumed(facts), *origins(facts), *_physiology(facts), *_below(facts)),
        (*_approach(facts), *_simulated(facts), *_clock(facts), *_too_often(facts), *_precision(facts)),
        (*feasibility_sentences(facts), later, *recruitment(facts), *look_sentences(facts)),
    )


def pilot_paragraphs(facts: ProtocolFacts) -> Paragraphs:
    """The section of a randomized pilot."""
    aim = sentence(
        "This is a pilot: its size is justified by feasibility and precision, not by power, and efficacy will not be concluded "
        "from it.",
        rows=(*ROWS, "PILOT 7a", "DELTA2 2"),
    )
    later = sentence(
        "The observed difference will not be used as the target difference of the later trial.",
        rows=(*ROWS, "PILOT 7a"),
    )
    return (
        (*compared(facts), aim, *feasibility_sentences(facts)),
        (*primary_outcome(facts), *primary_analysis(facts), *_assumed(facts), *_values(facts), *origins(facts)),
        (*_approach(facts), *_simulated(facts), later, *recruitment(facts), *look_sentences(facts)),
    )


def _values(facts: ProtocolFacts) -> Iterator[Sentence]:
    """What the arms are assumed to differ by, which only the simulation of a pilot needs."""
    if facts.targets:
        yield from assumed_differences(facts)
    else:
        yield from through_activities(facts)


# ---------------------------------------------------------------- what it is


def activities(steps: tuple[Step, ...]) -> Iterator[str]:
    """What is done with participants."""
    for step in steps:
        if isinstance(step, Activity):
            yield step.activity
        elif isinstance(step, (Hold, Repeat, Period)):
            yield from activities(step.steps)


def _what(facts: ProtocolFacts) -> Iterator[Sentence]:
    what = facts.primary[0][1]
    who = f" ({facts.people})" if facts.people else ""
    treatment = facts.named(facts.reference)
    yield sentence(
        f"This one-group study measures {outcome_words(facts, what.outcome)}{endpoint(facts, what, periods=False)}"
        f"{kinds.TRANSFORMS[what.transform]}, in {facts.size:,} participants{who} who all receive {facts.described(facts.reference)}.",
        rows=("SPIRIT 19", "SPIRIT 12", "CONSORT 9", "CONSORT 16a", "SPIRIT 16", "CONSORT 14", "DELTA2 1"),
    )
    clock = ["the hour of the day"] if on_the_clock(facts.scenario) else []
    causes = join([*clock, "time that passes", "rest and attention", "chance selection"], "or")
    yield sentence(
        f"It has no control group: a change can also come from {causes}, and will not be attributed to {treatment}.",
        rows=(*ROWS, "SPIRIT 12", "SPIRIT 10"),
    )
    yield sentence(
        "The size is therefore justified by precision and feasibility, not by a test of efficacy.",
        rows=(*ROWS, "DELTA2 2"),
    )


def _estimate(facts: ProtocolFacts) -> Iterator[Sentence]:
    for _, what, _, row in facts.primary:
        who = facts.analyzed(what)
        chosen = "no selection by the direction or size of the change" if what.subset is None else "a selection"
        if row.estimand == NO_ESTIMAND:
            text = f"The primary analysis uses {kinds.TESTS[what.test]} in {who} ({chosen})."
        else:
            text = (
                f"The primary estimate is {kinds.ESTIMANDS[row.estimand]} ({facts.contrast(row)}) in {who} ({chosen}), with a "
                f"{share(row.confidence)} interval from {kinds.TESTS[what.test]}{kinds.TRANSFORMS[what.transform]}."
            )
        yield sentence(
            text, rows=("SPIRIT 19", "SPIRIT 27a", "SPIRIT 27b", "CONSORT 21a", "CONSORT 21b", "CONSORT 16a")
        )


# ---------------------------------------------------------------- assumptions


def _assumed(facts: ProtocolFacts) -> Iterator[Sentence]:
    scenario = facts.scenario
    found = []
    for name in dict.fromkeys(what.outcome for _, what, _, _ in facts.primary):
        point = next(
            one for one in facts.stated.response.points if facts.stated.response.outcomes[one.outcome].name == name
        )
        found.append(f"{facts.label(name)}: {facts.level(point, 0)}")
        half_life = scenario.outcomes[name].half_life
        if half_life is not None:
            found.append(f"half-life {number(half_life)}")
    found += list(assumptions_in_words(facts))
    yield sentence(f"Assumed: {'; '.join(found)}.", rows=(*ROWS, "DELTA2 3"))


def _physiology(facts: ProtocolFacts) -> Iterator[Sentence]:
    """The largest fall that clearance allows."""
    outcomes = {what.outcome for _, what, _, _ in facts.primary}
    for one in ceilings(facts.study.response):
        if one.outcome in outcomes:
            yield sentence(
                f"In the {brief_duration(one.gap)} of {one.activity} before “{one.visit}”, clearance allows a fall of at most "
                f"{share(one.possible)} on average.",
                rows=ROWS,
            )


def _below(facts: ProtocolFacts) -> Iterator[Sentence]:
    for name in dict.fromkeys(what.outcome for _, what, _, _ in facts.primary):
        instrument = facts.scenario.outcomes[name].instrument
        if instrument.detection_limit is not None and instrument.below is not None:
            yield sentence(
                f"Values below {number(instrument.detection_limit)} are {BELOW[instrument.below]}.",
                rows=("SPIRIT 27c", "SPIRIT 25a", "SPIRIT 19"),
            )


# ---------------------------------------------------------------- what the simulation shows


def _approach(facts: ProtocolFacts) -> Iterator[Sentence]:
    yield from approach(facts, what="precision and feasibility were found", simulated="study", assumed=False)


def _simulated(facts: ProtocolFacts) -> Iterator[Sentence]:
    row = facts.primary[0][3]
    width, coverage = (facts.measure(name, row.analysis, row.contrast) for name in ("interval_width", "coverage"))
    if analyzed := analyzed_words(facts):
        lost = [*missed_words(facts), *_losses(facts)]
        yield sentence(f"Of {size_words(facts)}, {analyzed}{f' ({join(lost)})' if lost else ''}.", rows=ROWS)
    if width is not None and coverage is not None:
        interval = (
            f"{_interval(row, width)} and covers the true value in {power_words(coverage, named=True)} of studies"
        )
        yield sentence(f"{interval}.", rows=ROWS)


def _losses(facts: ProtocolFacts) -> Iterator[str]:
    """Primary values that are lost after they were taken."""
    for where, (label, visit) in facts.points.items():
        lost = facts.measure("missing_share: lost", "trial", where)
        if lost is not None and lost.value > 0:
            yield f"{mean_share(lost)} of values of {label} at “{visit}” are lost"


def _too_often(facts: ProtocolFacts) -> Iterator[Sentence]:
    """That a primary test rejects although nothing changes."""
    for one in facts.verdicts:
        if one.too_often:
            yield sentence(
                f"Nothing can be concluded from a test here: although there is nothing to find, it rejects in {share(one.rate)} of studies, "
                f"at a level of {share(one.alpha)}.",
                rows=(*ROWS, "DELTA2 2"),
            )


def _interval(row: RowPlan, width: Measure) -> str:
    """The expected interval: of a ratio by its factors, else by its half width."""
    level = share(row.confidence)
    if row.estimand in BACK:
        factor = math.exp(width.value / 2)
        return f"The {level} interval reaches on average from {1 / factor:.2f} to {factor:.2f} times the estimate"
    unit = f" {row.unit}" if row.unit else ""
    return f"The {level} interval reaches on average {signed(width.value / 2)}{unit} to each side of the estimate"


def _clock(facts: ProtocolFacts) -> Iterator[Sentence]:
    """What the hour of the day does on its own, and how often a test would reject although nothing is done."""
    row = facts.primary[0][3]
    rate = facts.measure("rejection_null_twin", row.analysis, row.contrast)
    mean = facts.measure("mean_estimate_null_twin", row.analysis, row.contrast)
    treatment = facts.named(facts.reference)
    if rate is None or mean is None or not on_the_clock(facts.scenario):
        return
    ratio = row.estimand in BACK
    value = math.exp(mean.value) if ratio else mean.value
    error = mean.mcse * (value if ratio else 1.0)
    what = "ratio" if ratio else "estimate"
    yield sentence(
        f"The hour of the day alone gives a {what} of {plain(value, 3)} ({plain_error(error)}), and a test of no "
        f"change would reject in {power_words(rate)} of studies although {treatment} changes nothing.",
        rows=(*ROWS, "DELTA2 2"),
    )


def _precision(facts: ProtocolFacts) -> Iterator[Sentence]:
    """About how many participants a closer estimate takes; the width of an interval falls with the root of the number."""
    row = facts.primary[0][3]
    width = facts.measure("interval_width", row.analysis, row.contrast)
    if width is None or row.estimand not in BACK or width.value <= 0:
        return
    size = math.ceil(facts.size * (width.value / 2 / math.log(1 + WITHIN)) ** 2)
    yield sentence(
        f"About {size:,} participants would be needed to estimate the ratio to within a factor of {1 + WITHIN:.2f}, by extension of "
        "this result (the width of the interval falls with the square root of the number of participants).",
        rows=ROWS,
    )
