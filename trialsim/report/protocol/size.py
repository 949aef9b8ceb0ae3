"""The sample-size section of a randomized trial: target difference, how the size was found, what it gives."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from trialsim.evaluate.columns import FAMILY
from trialsim.evaluate.summaries import TRIAL
from trialsim.evaluate.table import Measure
from trialsim.kinds.scales import LOGNORMAL
from trialsim.numbers.distributions import Distribution, median
from trialsim.protocol.steps import Activity, Attempt, Hold, Period, Repeat, Step
from trialsim.report.document import Gap
from trialsim.report.moved import response_words
from trialsim.report.nearby_sizes import needed
from trialsim.report.opinions import second_opinions
from trialsim.report.protocol import kinds
from trialsim.report.protocol.design import compared, primary_analysis, primary_outcome, quoted
from trialsim.report.protocol.facts import GOAL, HIGH_GOAL, MOST_TRIALS, ProtocolFacts, staff
from trialsim.report.protocol.looks import look_sentences
from trialsim.report.protocol.text import Sentence, capital, finite, mean_words, power_words, sentence, share, signed
from trialsim.report.words import brief_duration, join, number
from trialsim.scenario.provenance import provenance
from trialsim.version import __version__

if TYPE_CHECKING:
    from trialsim.response.effects import ImpliedEffect

SIZE = ("SPIRIT 19", "CONSORT 16a", "DELTA2 5")
DIFFERENCE = ("SPIRIT 19", "CONSORT 16a", "DELTA2 3")
POWER = ("SPIRIT 19", "CONSORT 16a", "DELTA2 2", "DELTA2 5")

BASIS = Gap(
    "target.basis", "was the target difference chosen because it is important, because it is realistic, or both?"
)
REASON = Gap("target.reason", "how was it chosen, with the study, survey or guideline that it comes from?")
SUPPLEMENT = Gap("supplement", "number of the supplement with the scenario, and its DOI or address")

#: So many target differences are written out, the others are in the table of assumptions.
MOST_DIFFERENCES = 4


def size_sentences(facts: ProtocolFacts) -> Iterator[Sentence]:
    """The whole section of a randomized trial, in its order."""
    yield compared(facts)
    yield from primary_outcome(facts)
    yield from primary_analysis(facts)
    yield from differences(facts)
    yield from reasons(facts)
    yield from approach(facts)
    yield from result(facts)
    yield from without_difference(facts)
    yield from formula(facts)
    yield from sensitivity(facts)
    yield from recruitment(facts)
    yield from look_sentences(facts)


# ---------------------------------------------------------------- the target difference


def differences(facts: ProtocolFacts) -> Iterator[Sentence]:
    """The target differences with the values assumed in each arm, each in the forms that its scale has."""
    if facts.margins:
        yield from _no_difference(facts)
        return
    found = facts.targets
    if not found:
        yield from through_activities(facts)
        return
    texts = [_difference(facts, between, one) for between, one in found[:MOST_DIFFERENCES]]
    more = (
        f"; {len(found) - MOST_DIFFERENCES} more are in the table of assumptions"
        if len(found) > MOST_DIFFERENCES
        else ""
    )
    several = len(texts) > 1
    yield sentence(
        f"The target difference{'s are' if several else ' is'} {join(texts) if not several else '; '.join(texts)}{more}.",
        rows=DIFFERENCE,
    )


def _no_difference(facts: ProtocolFacts) -> Iterator[Sentence]:
    """What is assumed where a margin is tested: no difference, or the one that is assumed."""
    values = [f"{facts.arms[arm]}: {_level(facts, arm)}" for arm in facts.arms]
    if facts.targets:
        yield sentence(f"The assumed values are {'; '.join(values)}.", rows=DIFFERENCE)
    else:
        yield sentence(
            f"The arms are assumed not to differ ({_level(facts, facts.reference)} in each).", rows=DIFFERENCE
        )
    yield sentence(
        "The margin was chosen because ",
        Gap(
            "margin.reason",
            "why would a difference of this size not matter, and is the effect of the comparator preserved?",
        ),
        ".",
        rows=("SPIRIT 19", "CONSORT 16a", "NONINFERIORITY margin"),
    )


def _level(facts: ProtocolFacts, arm: str) -> str:
    what = facts.primary[0][1]
    visit = what.visit or (what.change.end if what.change else (what.visits or ("",))[-1])
    point = facts.point(what.outcome, visit)
    return facts.level(point, facts.study.response.arms.index(arm))


def _difference(facts: ProtocolFacts, between: str, one: ImpliedEffect) -> str:
    """``music - control at “during”: −0.7 points (mean 2.00, SD 1.00, and mean 1.30, SD 1.00; ...)``."""
    outcome = facts.scenario.outcomes[one.outcome]
    forms = [text for form in kinds.TARGETS[outcome.scale.name] if (text := FORMS[form](facts, one))]
    point = facts.point(one.outcome, one.visit)
    plan = facts.study.response
    levels = [facts.level(point, plan.arms.index(one.arm))]
    if plan.reference < len(plan.arms):
        levels.append(facts.level(point, plan.reference))
    several = f"{facts.label(one.outcome)}, " if len({found.outcome for _, found in facts.targets}) > 1 else ""
    return f"{several}{between} at {quoted(one.visit)}: {forms[0]} ({', against '.join(levels)}{''.join(f'; {form}' for form in forms[1:])})"


def _by_difference(facts: ProtocolFacts, one: ImpliedEffect) -> str:
    unit = facts.scenario.outcomes[one.outcome].unit
    return f"{signed(one.difference)} {unit or 'points'}"


def _by_standardized(facts: ProtocolFacts, one: ImpliedEffect) -> str:  # noqa: ARG001  # as every form
    return f"standardized difference {signed(one.cohens_d, 2)}"


def _by_ratio(facts: ProtocolFacts, one: ImpliedEffect) -> str:
    name = facts.scenario.outcomes[one.outcome].scale.effects[0].replace("_", " ")
    name = "ratio of geometric means" if facts.scenario.outcomes[one.outcome].scale.name == LOGNORMAL.name else name
    return "" if one.ratio is None else f"{name} {one.ratio:.3g}"


def _by_odds(facts: ProtocolFacts, one: ImpliedEffect) -> str:  # noqa: ARG001  # as every form
    low, high = min(one.odds_ratios, default=math.nan), max(one.odds_ratios, default=math.nan)
    if math.isnan(low):
        return ""
    texts = [f"{low:.2f}", f"{high:.2f}"]
    cuts = len(one.odds_ratios) > 1
    name = "cumulative odds ratio of a higher score" if cuts else "odds ratio"
    return f"{name} {texts[0] if texts[0] == texts[1] else f'{texts[0]} to {texts[1]}'}"


def _by_points(facts: ProtocolFacts, one: ImpliedEffect) -> str:  # noqa: ARG001  # as every form
    return f"{signed(100 * one.difference)} percentage points"


def _by_probability(facts: ProtocolFacts, one: ImpliedEffect) -> str:
    lower = facts.scenario.outcomes[one.outcome].better == "lower"
    chance = 1 - one.superiority if lower else one.superiority
    way = "lower" if lower else "higher"
    if facts.crossover:
        return f"probability of a {way} score, ties counted half, {100 * chance:.0f} %"
    plan = facts.study.response
    reference = plan.arms[plan.reference] if plan.reference < len(plan.arms) else "no treatment"
    return (
        f"probability that a participant with {one.arm} has a {way} score than one with {reference}, ties counted half, "
        f"{100 * chance:.0f} %"
    )


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
            f"{facts.label(name)} responds to {activity} ({response_words(response, outcome)})"
            for activity, response in outcome.responds_to.items()
        ]
    if texts:
        yield sentence(f"The target difference comes through what is done: {join(texts)}.", rows=DIFFERENCE)
        yield from _true_effect(facts)
    else:
        yield sentence("No difference between the arms is assumed.", rows=DIFFERENCE)


def _true_effect(facts: ProtocolFacts) -> Iterator[Sentence]:
    """The effect that the whole trial has then."""
    row = facts.primary[0][3]
    truth = facts.measure("truth", row.analysis, row.contrast)
    if truth is None:
        return
    value = math.exp(truth.value) if row.estimand in _ratios() else truth.value
    error = truth.mcse * (value if row.estimand in _ratios() else 1.0)
    unit = f" {row.unit}" if row.unit and row.estimand not in _ratios() else ""
    text = f"{signed(value)}{unit} (simulation standard error {signed(error, 2)})"
    yield sentence(
        f"In all who are {facts.randomized}, missed sessions included, this is {kinds.ESTIMANDS[row.estimand]} of {text}.",
        rows=DIFFERENCE,
    )


def _ratios() -> dict[str, str]:
    from trialsim.report.kinds import BACK

    return BACK


def reasons(facts: ProtocolFacts) -> Iterator[Sentence]:
    """Why this difference, and where the values come from."""
    if not facts.margins:
        yield sentence(
            "They were chosen as follows: " if len(facts.targets) > 1 else "It was chosen as follows: ",
            BASIS, " ", REASON,
            rows=("SPIRIT 19", "CONSORT 16a", "DELTA2 6", "DELTA2 7"),
        )  # fmt: skip
    yield from origins(facts)


def origins(facts: ProtocolFacts) -> Iterator[Sentence]:
    """Where the values of the primary outcome come from: sources, or that they are assumptions."""
    outcomes = tuple(dict.fromkeys(what.outcome for _, what, _, _ in facts.primary))
    rows = [
        row
        for row in provenance(facts.scenario)
        if row.path.startswith(tuple(f"outcomes.{name}." for name in outcomes))
    ]
    levels = [row for row in rows if any(part in row.path for part in ("level", "by_visit", "effects", "responds_to"))]
    assumed = list(dict.fromkeys(row.why for row in levels if row.kind == "assumed"))
    sourced = list(dict.fromkeys(row.why for row in levels if row.kind in ("source", "computed")))
    bare = [row for row in levels if row.kind == "none"]
    rows_of = ("SPIRIT 19", "CONSORT 16a", "DELTA2 3")
    if sourced:
        yield sentence(f"Values of the primary outcome come from {join(sourced)}.", rows=rows_of)
    if assumed:
        yield sentence(
            f"Values of the primary outcome are {'otherwise ' if sourced else ''}assumptions ({'; '.join(assumed)}).",
            rows=rows_of,
        )
    if bare:
        yield sentence(
            "The values of the primary outcome come from ",
            Gap("values.source", "which study or data do the assumed values of the primary outcome come from?"),
            ".", rows=rows_of,
        )  # fmt: skip


# ---------------------------------------------------------------- how the size was found


def approach(facts: ProtocolFacts) -> Iterator[Sentence]:
    """Why the trial was simulated, with what, and what was assumed."""
    result_ = facts.characteristics
    happens = what_can_happen(facts)
    begin = f"Because {join(happens)}, power" if happens else "Power"
    yield sentence(
        f"{begin} was found by simulating the whole trial ({result_.replicates:,} simulated trials; trialsim "
        f"{facts.versions.get('trialsim', __version__)}, seed {result_.seed}; the scenario is in supplement ",
        SUPPLEMENT, ").", rows=SIZE,
    )  # fmt: skip
    assumed = list(assumptions_in_words(facts))
    if assumed:
        yield sentence(f"Assumed: {'; '.join(assumed)}.", rows=SIZE)


def what_can_happen(facts: ProtocolFacts) -> list[str]:
    """What a formula does not know of this trial."""
    scenario = facts.scenario
    found = list(dict.fromkeys(_of_steps(scenario.protocol)))
    leaves = [*scenario.attrition, *(scenario.setting.patients.leave if scenario.setting is not None else ())]
    if leaves:
        found.append(f"participants can leave ({join(list(dict.fromkeys(one.reason for one in leaves)))})")
    lost = [facts.label(name) for name, one in scenario.outcomes.items() if one.lost is not None and one.lost.value > 0]
    if lost:
        found.append(f"samples can be lost ({join(lost)})")
    if facts.cluster:
        found.append("participants of one site are alike")
    if facts.families:
        found.append("children of one mother are alike")
    return found


def _of_steps(steps: tuple[Step, ...]) -> Iterator[str]:
    for step in steps:
        if getattr(step, "give_up_after", None) is not None:
            names = step.hold if isinstance(step, Hold) else getattr(step, "needs", ())
            yield f"sessions can be missed when no {join(list(names), 'or')} is free"
        if isinstance(step, Activity) and step.interrupted is not None:
            yield f"{step.activity} can be interrupted"
        if isinstance(step, Attempt) and step.succeeds.value < 1:
            yield f"attempts can fail ({step.attempt})"
        if isinstance(step, (Hold, Repeat, Period)):
            yield from _of_steps(step.steps)


def assumptions_in_words(facts: ProtocolFacts) -> Iterator[str]:
    """Consent, recruitment, staff, leaving, correlations and likeness within clusters."""
    scenario = facts.scenario
    if scenario.setting is not None:
        who = scenario.setting.patients
        yield f"consent {number(who.consent)}"
        if who.arrive.every is not None:
            yield (
                f"one eligible patient every {number(who.arrive.every)}"
                if not who.exclusions
                else f"one patient every {number(who.arrive.every)}"
            )
        for reason, part in who.exclusions.items():
            yield f"{number(part)} not eligible ({reason})"
        yield from staff(scenario)
        for leave in who.leave:
            if leave.after is not None:
                yield f"{leave.reason} after a {_median(leave.after.distribution)}"
    for leave in scenario.attrition:
        if leave.chance is not None and leave.within is not None:
            yield f"{number(leave.chance)} leave within {number(leave.within)} ({leave.reason})"
        elif leave.after is not None:
            yield f"{leave.reason} after a {_median(leave.after.distribution)}"
    yield from _likeness(facts)


def _median(after: Distribution) -> str:
    return f"median of {brief_duration(median(after))}"


def _likeness(facts: ProtocolFacts) -> Iterator[str]:
    """Correlations and intraclass correlations of the primary outcomes."""
    scenario = facts.scenario
    for name in dict.fromkeys(what.outcome for _, what, _, _ in facts.primary):
        outcome = scenario.outcomes[name]
        both = outcome.correlation
        parts = [
            f"{number(value)} {where}"
            for value, where in ((both.within_session, "within a session"), (both.between_sessions, "between sessions"))
            if value is not None and value.value != 0
        ]
        if parts:
            yield f"correlation of {facts.label(name)} {join(parts)}"
        for what, value in (("practitioners", outcome.icc.practitioner), ("sites", outcome.icc.site)):
            if value is not None and value.value > 0:
                yield f"intraclass correlation of {what} {number(value)}"
    if scenario.family is not None:
        yield f"intraclass correlation of children of one mother {number(scenario.family.icc)}"
    made = scenario.design.clusters
    if made is not None and made.size_cv is not None and made.size_cv.value > 0:
        yield f"coefficient of variation of the sizes of the sites {number(made.size_cv)}"


# ---------------------------------------------------------------- what the size gives


def result(facts: ProtocolFacts) -> Iterator[Sentence]:
    """The power with the size, of the comparisons of two arms too; that it is below the goal, and what size would meet it."""
    power = facts.power
    begin = f"With {size_words(facts)}{_with_value(facts)}"
    if power is None or math.isnan(power.value):
        yield sentence(f"{begin}, the power {_bounds(facts)}.", rows=POWER)
        return
    if facts.too_often:
        worst = max((one for one in facts.verdicts if one.too_often), key=lambda one: one.times)
        yield sentence(
            f"{begin}, {_who(facts)} rejects in {power_words(power, named=True)} of trials. This is not a power: without any "
            f"difference the test rejects in {share(worst.rate)}, at a level of {share(worst.alpha)}.",
            rows=POWER,
        )
        return
    yield sentence(
        f"{begin}, {_who(facts)} has a power of {power_words(power, named=True)}{_of_pairs(facts)}.", rows=POWER
    )
    yield from _all_of_several(facts)
    yield from below_goal(facts, power)


def _who(facts: ProtocolFacts) -> str:
    return "at least one of the primary analyses" if len(facts.primary) > 1 else "the primary analysis"


def size_words(facts: ProtocolFacts) -> str:
    """``33 participants in each arm (99 in all)``."""
    enroll = facts.scenario.design.enroll
    if facts.cluster or enroll.each_cluster is not None:
        from trialsim.report.clusters import target_in_words

        return target_in_words(facts.scenario)
    sizes = enroll.of_arms(tuple(facts.scenario.design.arms)) if not enroll.in_all else None
    if sizes is None or len(sizes) == 1:
        return f"{facts.size:,} participants in all"
    if len(set(sizes)) == 1:
        return f"{sizes[0]} participants in each {facts.group} ({facts.size:,} in all)"
    each = join([f"{count} in {name}" for name, count in zip(facts.scenario.design.arms, sizes, strict=True)])
    return f"{facts.size:,} participants ({each})"


def _with_value(facts: ProtocolFacts) -> str:
    """How many of them would have the primary value; and how many are enrolled in time, if not all."""
    text = ""
    enrolled, reached = facts.measure("enrolled"), facts.measure("target_reached_in_time")
    if enrolled is not None and reached is not None and reached.value < 1:
        text = f", of whom {mean_words(enrolled)} would be enrolled in time on average (all of them in {power_words(reached)} of trials)"
    analyzed = facts.measure("n_analyzed", *_row(facts))
    if (
        finite(analyzed)
        and analyzed is not None
        and len(facts.primary) == 1
        and not facts.primary[0][2].clusters == "site"
    ):
        text += f"{' and' if text else ', of whom'} {mean_words(analyzed)} would be in the primary analysis on average"
    return text


def _row(facts: ProtocolFacts) -> tuple[str, str]:
    row = facts.primary[0][3]
    return row.analysis, row.contrast


def _bounds(facts: ProtocolFacts) -> str:
    low, high = facts.measure("power_low", *facts.headline), facts.measure("power_high", *facts.headline)
    if low is None or high is None:
        return "cannot be given"
    failed = f"{low.n_failed:,} of {low.n_replicates:,} simulated trials could not be analyzed"
    return f"lies between {share(low.value)} and {share(high.value)}: {failed}"


def _of_pairs(facts: ProtocolFacts) -> str:
    """The power of each comparison of two arms after a test of all arms."""
    if len(facts.primary) > 1:
        return ""
    name, what, _, _ = facts.primary[0]
    found = [(row, facts.measure("power", row.analysis, row.contrast)) for row in facts.pairs(name)]
    texts = [f"{row.contrast} {power_words(one)}" for row, one in found if one is not None]
    if not texts:
        return ""
    gate = ", each after the primary test" if what.then is not None and what.then.gate else ""
    return f"; the power of the comparisons is {join(texts)}{gate}"


def _all_of_several(facts: ProtocolFacts) -> Iterator[Sentence]:
    """Of several primary analyses, the power of each and of all together."""
    if len(facts.primary) == 1:
        return
    every = facts.measure("power", FAMILY, "all")
    each = [
        f"{row.title} {power_words(one)}"
        for _, _, _, row in facts.primary
        if (one := facts.measure("power", row.analysis, row.contrast)) is not None
    ]
    if each:
        yield sentence(f"The power of each is {join(each)}.", rows=POWER)
    if every is not None:
        yield sentence(f"All of them reject in {power_words(every)} of trials.", rows=POWER)


def below_goal(facts: ProtocolFacts, power: Measure) -> Iterator[Sentence]:
    """That the power is below the goal, and about how many participants would meet it."""
    if power.value >= GOAL:
        return
    parts = [
        f"about {middle:,} ({low:,} to {high:,}) participants in all for {share(goal)}"
        for goal in (GOAL, HIGH_GOAL)
        if (size := needed(facts, goal)) is not None
        for middle, low, high in [size]
    ]
    more = (
        f"; {join(parts)} would be needed, by extension of this result (information grows with the number of participants)"
        if parts
        else ""
    )
    yield sentence(f"This power is below {share(GOAL)}{more}.", rows=POWER)


def without_difference(facts: ProtocolFacts) -> Iterator[Sentence]:
    """How often the test rejects if there is nothing to find."""
    if facts.too_often:
        return
    known = facts.of.get(facts.headline, {})
    rate = known.get("type_1_error") or known.get("rejection_without_effects")
    if rate is None or math.isnan(rate.value):
        return
    where = "If the margin is the true difference" if facts.margins else "If there is no difference"
    what = "at least one of them rejects" if len(facts.primary) > 1 else "it rejects"
    what = "noninferiority is concluded" if facts.margins and len(facts.primary[0][3].margins) == 1 else what
    yield sentence(f"{where}, {what} in {power_words(rate)} of trials.", rows=POWER)


def formula(facts: ProtocolFacts) -> Iterator[Sentence]:
    """The nearest closed form beside the simulated power."""
    for one in second_opinions(facts.study, facts.characteristics):
        if one.primary and not math.isnan(one.simulated) and len(facts.primary) == 1:
            yield sentence(
                f"The nearest formula ({one.opinion.formula}; {one.opinion.source}) gives {share(one.opinion.power)} for everybody "
                "treated and measured as planned.",
                rows=SIZE,
            )
            return


def sensitivity(facts: ProtocolFacts) -> Iterator[Sentence]:
    """How far the power moves over the plausible ranges, and what it depends on most where that is clear."""
    from trialsim.report.protocol.sensitivity import sensitivity_sentences

    yield from sensitivity_sentences(facts)


def recruitment(facts: ProtocolFacts) -> Iterator[Sentence]:
    """How long it takes to enroll the target."""
    days = facts.measure("enrollment_days")
    if days is None or facts.scenario.setting is None:
        return
    text = f"Recruitment would take {mean_words(days)} days on average"
    within = facts.enrolled_within
    if within is not None and math.isfinite(within):
        text += f" ({share(MOST_TRIALS)} of trials within {math.ceil(within):,} days)"
    reached = facts.measure("target_reached_in_time")
    limit = facts.scenario.design.within
    if limit is not None and reached is not None:
        text += f"; {power_words(reached)} of trials enroll their target within the planned {number(limit)}"
    yield sentence(f"{text}.", rows=("SPIRIT 19", "SPIRIT 20", "CONSORT 16a"))


def headline_where(facts: ProtocolFacts) -> str:
    """Where the power is in the table of the run."""
    analysis, contrast = facts.headline
    return f"operating_characteristics.csv: power, {analysis}, {contrast}" if analysis != TRIAL else ""


def target_heading(facts: ProtocolFacts) -> str:
    """What the section is called."""
    return capital("sample size.") if not facts.pilot else "Sample size."
