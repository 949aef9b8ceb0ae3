"""Parts of a scenario in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from trialsim.kinds.designs import ALL_PERIODS, DEFAULT_IMPUTATIONS, REALIZED, TRANSFORM
from trialsim.kinds.scales import EFFECT_KEYS
from trialsim.kinds.tests import TEST
from trialsim.kinds.tests.options import AVERAGE, DEFAULT_PERMUTATIONS, DEFAULT_TRIM, PERMUTATIONS, RANDOM_SITE, TRIM
from trialsim.kinds.tests.pairs import PAIR
from trialsim.numbers.distributions import describe
from trialsim.protocol.steps import Activity, Attempt, Hold, Period, Repeat, Resource, Step, Visit, Wait, WaitRule
from trialsim.quantities.fields import Number, SiteShare, Spread
from trialsim.quantities.units import format_value
from trialsim.report import kinds
from trialsim.report.digits import plain
from trialsim.scenario.checks.missing import imputes
from trialsim.scenario.checks.repeated import is_model
from trialsim.scenario.comparisons import comparisons, split_member
from trialsim.scenario.model import (
    Analysis,
    AnalysisFamily,
    Arrivals,
    Costs,
    Design,
    Effect,
    Family,
    Leave,
    Outcome,
    Scenario,
)

INDENT = "  "


def number(quantity: Number) -> str:
    """A quantity as people write it.

    >>> number(Number(value=0.8, kind="share"))
    '80 %'
    """
    if quantity.kind == "amount":
        return significant(quantity.value, 4) + (f" {quantity.unit}" if quantity.unit else "")
    if quantity.kind == "calendar" and quantity.unit == "months":
        return f"{quantity.value:.0f} month{'s' if quantity.value != 1 else ''}"
    kind = "duration" if quantity.kind == "calendar" else quantity.kind
    return format_value(quantity.value, kind, quantity.unit)


def significant(value: float, digits: int) -> str:
    """A number rounded for reading, large ones to whole numbers.

    >>> significant(1500.4, 3), significant(0.0123, 2), significant(24_500.0, 4)
    ('1,500', '0.012', '24,500')
    """
    return plain(value, digits)


def spread(quantity: Spread) -> str:
    """A distribution in words: its family, middle, and where 95 % of values lie."""
    if quantity.kind == "duration":
        return describe(quantity.distribution, brief_duration)
    unit = f" {quantity.unit}" if quantity.unit else ""
    return describe(quantity.distribution, lambda value: significant(value, 3) + unit)


def brief_duration(seconds: float) -> str:
    """A duration rounded for reading.

    >>> brief_duration(940.3)
    '15.7 min'
    """
    for unit, size in (("d", 86_400.0), ("h", 3_600.0), ("min", 60.0)):
        if abs(seconds) >= (2 if unit != "min" else 1) * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


def join(words: Sequence[str], last: str = "and") -> str:
    """``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else ""


def spans(names: Sequence[str]) -> str:
    """Names that end in consecutive numbers as one.

    >>> spans(["pre 1", "pre 2", "pre 3", "end"]), spans(["massage 1", "massage 2"])
    ('pre 1 to 3 and end', 'massage 1 and 2')
    """
    groups: list[tuple[str, list[int]]] = []
    for name in names:
        stem, _, number = name.rpartition(" ")
        if stem and number.isdecimal() and groups and groups[-1][0] == stem and groups[-1][1][-1:] == [int(number) - 1]:
            groups[-1][1].append(int(number))
        elif stem and number.isdecimal():
            groups.append((stem, [int(number)]))
        else:
            groups.append((name, []))
    return join([_span(stem, numbers) for stem, numbers in groups])


def _span(stem: str, numbers: Sequence[int]) -> str:
    if not numbers:
        return stem
    ends = {1: f"{numbers[0]}", 2: f"{numbers[0]} and {numbers[-1]}"}
    return f"{stem} {ends.get(len(numbers), f'{numbers[0]} to {numbers[-1]}')}"


def factors(design: Design) -> str:
    """``massage (no or yes) and music (no or yes)``."""
    return join([f"{name} ({join(levels, 'or')})" for name, levels in design.factors.items()])


def effect(what: Effect) -> str:
    """The size of an effect, as it is declared."""
    return next(
        f"{key.replace('_', ' ')} {number(size)}" for key in EFFECT_KEYS if (size := getattr(what, key)) is not None
    )


# ---------------------------------------------------------------- who comes


def arrivals(label: str, arrive: Arrivals) -> Iterator[str]:
    """How often patients come."""
    if arrive.every is not None:
        yield f"One {label} comes every {number(arrive.every)} on average, at random (Poisson)."
    for period in arrive.periods:
        yield f"From {number(period.start)} on, one {label} comes every {number(period.every)} on average."
    if arrive.pattern:
        weights = ", ".join(f"{days} {number(weight)}" for days, weight in arrive.pattern.items())
        yield f"Weights of the days of the week: {weights}."
    if arrive.hours:
        weights = ", ".join(f"{hours} {number(weight)}" for hours, weight in arrive.hours.items())
        yield f"Weights of the hours of the day: {weights}."


def leaving(reasons: Sequence[Leave], *, counted: str) -> Iterator[str]:
    """Why and when people leave early."""
    for leave in reasons:
        if leave.after is not None:
            yield f"Some leave early: {leave.reason} after {spread(leave.after)}, counted from {counted}."
        elif leave.chance is not None and leave.within is not None:
            yield f"{number(leave.chance)} leave within {number(leave.within)} of {counted}: {leave.reason}."


def patients(scenario: Scenario) -> Iterator[str]:
    """From the door of the ward to enrollment."""
    setting = scenario.setting
    if setting is None:
        enrolled = "at once" if scenario.design.stepped_wedge is None else "over all periods"
        yield f"There is no ward: everyone is enrolled {enrolled} and every visit happens at its declared time."
        yield from leaving(scenario.attrition, counted="enrollment")
        return
    who = setting.patients
    yield from arrivals(who.label, who.arrive)
    for reason, share in who.exclusions.items():
        yield f"{number(share)} cannot be asked: {reason}."
    if who.ask is not None:
        yield f"They are asked to consent {_asked(who.ask)}."
    yield f"{number(who.consent)} of those asked consent."
    yield from leaving(who.leave, counted="arrival")
    yield from leaving(scenario.attrition, counted="enrollment")
    for closure in who.closed:
        days = join([days.replace("..", " to ") for days in closure.dates])
        wait = "; who has come waits until it is over" if closure.nobody == "is asked" else ""
        yield f"Nobody {closure.nobody} on {days}{wait}."
    if setting.sites:
        shares = join([f"{name} ({number(share)}{_opening(share)})" for name, share in setting.sites.items()])
        yield f"Sites, each with its own staff: {shares}."
    if any(_opening(share) for share in setting.sites.values()):
        yield "Before a site opens, its patients do not come."


def _opening(share: SiteShare) -> str:
    return "" if share.open is None or share.open.value == 0 else f", open after {number(share.open)}"


def family(what: Family) -> Iterator[str]:
    """How many children of one mother take part, where they go, and how alike they are."""
    size = what.size.distribution
    shares = zip(size.values or size.params, size.weights or (1.0,), strict=True)
    sizes = join([f"{100 * share:.3g} % have {value:g}" for value, share in shares])
    where = "go to one arm" if what.allocated == "together" else "are allocated each alone"
    yield f"Children of one mother may take part: {sizes}. They {where}; targets count children, patients count mothers."
    yield f"Children of one mother have {number(what.icc)} of the variance in common (ICC)."


def _asked(rule: WaitRule) -> str:
    """When patients are asked."""
    after = "when they come"
    if rule.lasts is not None:
        drawn = "value" not in rule.lasts.given
        after = f"after they come ({spread(rule.lasts)})" if drawn else f"{spread(rule.lasts)} after they come"
    if rule.until is None:
        return after
    within = f"within {rule.until}"
    if rule.at is not None:
        return f"{after}, {within}: at once where that is open, else at any time of its next opening"
    return f"{after}, at the next time {within}"


# ---------------------------------------------------------------- what happens


def wait_rule(rule: WaitRule) -> str:
    """A wait in words."""
    parts = []
    if rule.lasts is not None:
        parts.append(spread(rule.lasts))
    if rule.until is not None:
        moment = " (at any time of its next opening if it is closed then)" if rule.at is not None else ""
        parts.append(f"{'then ' if parts else ''}until {rule.until}{moment}")
    return ", ".join(parts) or "at once"


def protocol(steps: Sequence[Step], depth: int = 0) -> Iterator[str]:
    """The steps, one a line, indented inside holds and repeats."""
    for step in steps:
        yield from _step(step, depth)


def _patience(give_up_after: Number | Spread | None, what: str) -> str:
    if give_up_after is None:
        return ""
    longest = number(give_up_after) if isinstance(give_up_after, Number) else spread(give_up_after)
    return f"; if nobody is free within {longest}, {what}"


def _step(step: Step, depth: int) -> Iterator[str]:
    pad = INDENT * depth
    if isinstance(step, Wait):
        yield f"{pad}wait {wait_rule(step.wait)}"
    elif isinstance(step, Visit):
        yield f"{pad}visit {step.visit!r}"
    elif isinstance(step, Activity):
        yield pad + _activity(step)
    elif isinstance(step, Attempt):
        yield pad + _attempt(step)
    elif isinstance(step, Hold):
        yield f"{pad}call {join(step.hold)}{_patience(step.give_up_after, 'the session is missed')}; keep while:"
        yield from protocol(step.steps, depth + 1)
    elif isinstance(step, Repeat):
        yield f"{pad}{step.times} times ({step.repeat}):"
        yield from protocol(step.steps, depth + 1)
    elif isinstance(step, Period):
        between = "" if step.washout is None else f", with a washout of {spread(step.washout)} in between"
        yield f"{pad}in each of the {step.times} periods{between}:"
        yield from protocol(step.steps, depth + 1)


def _activity(step: Activity) -> str:
    text = f"{step.activity}: {spread(step.lasts)}"
    text += _only(step)
    if step.needs:
        text += f", needs {join(step.needs)}{_patience(step.give_up_after, 'it is missed')}"
    if step.interrupted is not None:
        text += (
            f"; {number(step.interrupted.chance)} are interrupted for {spread(step.interrupted.lasts)}, "
            f"and {number(step.interrupted.stopped)} of these end there"
        )
    return text


def _only(step: Activity | Attempt) -> str:
    """Whom a step belongs to, where not to all."""
    if step.when:
        return f" (only where {join([f'{factor} is {level}' for factor, level in step.when.items()])})"
    return f" (only {join(step.arms)})" if step.arms else ""


def _attempt(step: Attempt) -> str:
    text = (
        f"{step.attempt}: each try {spread(step.lasts)}, {number(step.succeeds)} succeed, at most {step.at_most} tries"
    )
    text += _only(step)
    if step.needs:
        text += f", needs {join(step.needs)}{_patience(step.give_up_after, 'it is missed')}"
    return text + (f"; visit {step.visit!r} at the end of the last" if step.visit else "")


def resource(name: str, staff: Resource) -> str:
    """Who is on duty, when, and what else they do."""
    parts = []
    for hours, shift in staff.shifts:
        part = f"{shift.units} {name}{'s' if shift.units > 1 else ''} at once, {hours or 'always'}"
        parts.append(part + (f", {shift.people} people in turn" if shift.people is not None else ""))
    text = "; ".join(parts) + (f"; breaks {staff.breaks}" if staff.breaks is not None else "")
    if staff.other_work is not None:
        text += (
            f"; {number(staff.other_work.share)} of the time busy with other work, in spells of "
            f"{spread(staff.other_work.spell)}"
        )
    if staff.queue_limit is not None:
        text += f"; at most {staff.queue_limit} may wait"
    return text + "."


def costs(prices: Costs) -> Iterator[str]:
    """What is paid for, and how often."""
    if prices.participant is not None:
        yield f"{number(prices.participant)} for each participant enrolled."
    for name, price in prices.sample.items():
        yield f"{number(price)} for each sample of {name} taken, also one lost later."
    for name, price in prices.staff_hour.items():
        yield f"{number(price)} for each hour in which the study keeps one {name} busy."


# ---------------------------------------------------------------- what is measured and analyzed


def outcome(name: str, what: Outcome) -> str:
    """An outcome in one line."""
    scale = what.scale.says.format(categories=scores(what.categories))
    unit = f"{';' if what.scale.follow else ''} in {what.unit}" if what.unit else ""
    when = f"from {what.over[0]} to {what.over[1]}" if what.over else f"at {join(what.visits)}"
    if what.until is not None:
        end = f"until {what.until}" if isinstance(what.until, str) else f"for {number(what.until)}"
        when = f"from {what.since or 'enrollment'} {end}, shown at {what.visits[0]}"
    text = f"{name} ({what.label or name}): {scale}{unit}; {when}"
    if what.limits is not None:
        text += f"; its scale goes from {number(what.limits[0])} to {number(what.limits[1])}"
    if what.labels:
        text += f"; {join([f'{category} is {words}' for category, words in what.labels.items()])}"
    if what.per is not None:
        text += "; the mother's, measured once, beside her first child"
    return text + (f"; {what.better} is better" if what.better else "")


def scores(categories: Sequence[float]) -> str:
    """Categories one by one, or by their ends and step where they are many and even.

    >>> scores((0.0, 1.0, 2.0)), scores(tuple(float(k) for k in range(0, 101, 5)))
    ('0, 1, 2', '0 to 100 by 5')
    """
    steps = {round(b - a, 9) for a, b in pairwise(categories)}
    if len(categories) > 7 and len(steps) == 1:
        (step,) = steps
        return f"{categories[0]:g} to {categories[-1]:g}" + ("" if step == 1 else f" by {step:g}")
    return ", ".join(f"{c:g}" for c in categories)


def _endpoint(what: Analysis) -> str:
    """The endpoint of an analysis; reads after "on"."""
    if what.change is not None and TEST[what.test].periods:
        return f"{what.outcome} at {what.change.end} minus {what.change.start}"
    if what.change is not None:
        return f"{what.outcome} at the change from {what.change.start} to {what.change.end}"
    if what.over is None:
        return f"{what.outcome} at {join(what.visits) + ' together' if what.visits else what.visit}"
    text = f"{kinds.VISIT_SUMMARIES[what.over.by]} {what.outcome} at {join(what.over.visits)}"
    if what.over.available:
        text += ", without visits that are missing"
    return text + (", at realized times" if what.over.times == REALIZED else "")


def _of_repeated_values(what: Analysis) -> str:
    """What is compared of repeated values, and by which model; reads after what it adjusts for."""
    if TEST[what.test].calendar:
        parts = [kinds.RANDOM_EFFECTS[what.random or RANDOM_SITE]] + ([] if what.df is None else [kinds.DFS[what.df]])
        return "".join(f", {one}" for one in parts)
    if what.at is None:
        return "" if what.df is None else f", {kinds.DFS[what.df]}"
    if not is_model(what):
        return f", {_at(what)}"
    parts = [kinds.MODEL_EFFECTS.get(what.at, f"the means at {what.at}")]
    if what.time is not None:
        parts.append(kinds.TIMES[what.time])
    if what.random is not None:
        parts.append(kinds.RANDOM_EFFECTS[what.random])
    if what.covariance:
        parts.append(", else ".join(kinds.COVARIANCES[one] for one in what.covariance))
    if what.df is not None:
        parts.append(kinds.DFS[what.df])
    return "".join(f", {one}" for one in parts)


def _at(what: Analysis) -> str:
    """Which row of repeated values."""
    if not TEST[what.test].at_visits:
        return kinds.REPEATED_EFFECTS[str(what.at)]
    return "the average of the visits" if what.at == AVERAGE else f"at {what.at}"


def _instead(what: Analysis) -> str:
    """What takes the place of missing values, and of values after an event."""
    text = "" if what.missing is None else kinds.MISSING_METHODS[what.missing]
    if what.from_baseline:
        text += ", which may be that of the baseline"
    if imputes(what):
        text += f", {what.imputations or DEFAULT_IMPUTATIONS} times (multiple imputation, Rubin's rules)"
    if what.delta:
        how = "multiplied by" if TRANSFORM[what.transform].log else "moved by"
        values = join([number(one) for one in what.delta], "or")
        text += f"; after the last measured visit imputed values are {how} {values}, except in the reference arm"
    if what.composite is not None:
        value = what.composite.value
        worst = f"the {value}" if isinstance(value, str) else number(value)
        text += f"; after {join(what.composite.after, 'or')} a value counts as {worst}"
    return text


def hypotheses(name: str, what: AnalysisFamily) -> Iterator[str]:
    """A family of hypotheses: its members and its method; of a graph also how alpha moves."""
    level = "" if what.alpha is None else f", at a level of {number(what.alpha)} for all of them together"
    yield f"{name}: {join(what.members)}, by {kinds.FAMILY_METHODS[what.method]}{level}."
    for member, weight, row in zip(what.members, what.weights, what.transitions, strict=False):
        shares = [
            f"{number(share)} to {other}" for other, share in zip(what.members, row, strict=True) if share.value > 0
        ]
        passes = f"once rejected it passes {join(shares)}" if shares else "it passes nothing on"
        yield f"{INDENT}{member} begins with {number(weight)} of alpha; {passes}."


def families(scenario: Scenario) -> Iterator[str]:
    """Every family, and what of its members it replaces."""
    pairs = False
    for name, what in scenario.families.items():
        yield from hypotheses(name, what)
        for member in what.members:
            analysis, contrast = split_member(member)
            then = scenario.analyses[analysis].then
            pairs = pairs or (then is not None and " - " in contrast)
    if pairs:
        yield "Members that are pairs after a test of all arms are adjusted by their family alone, and no gate holds them back."
    if any(
        scenario.analyses[split_member(member)[0]].margin
        for one in scenario.families.values()
        for member in one.members
    ):
        yield "A member with a margin has a one-sided p-value at half of alpha: the family takes twice its p, and shows half."


def analyses(scenario: Scenario) -> dict[str, str]:
    """Every analysis in one line, by its name."""
    found = {}
    for name, what in scenario.analyses.items():
        rows = comparisons(what, scenario.design)
        pairs = {f"{name}/{row.contrast}" for row in rows if not row.main}
        members = [(split_member(one), family) for family, these in scenario.families.items() for one in these.members]
        named = {f"{analysis_}/{contrast}": family for (analysis_, contrast), family in members}
        mine = {one: named[one] for one in sorted(pairs) if one in named}
        text = ""
        if mine:
            families = list(dict.fromkeys(mine.values()))
            text = f"tested in the famil{'y' if len(families) == 1 else 'ies'} {join(families)}"
            text = text if len(mine) == len(pairs) else f"{join([one.partition('/')[2] for one in mine])} {text}"
        found[name] = analysis(
            name, what, primary=name in scenario.primary, together=text, others=len(mine) < len(pairs)
        )
    return found


def analysis(name: str, what: Analysis, *, primary: bool, together: str = "", others: bool = True) -> str:
    """An analysis in one line; ``together`` says which of its pairs families test, ``others`` whether there are other pairs."""
    scale = kinds.TRANSFORMS[what.transform]
    named = f"{what.label} ({name})" if what.label else name
    test = what.test if what.function is None else f"{what.test} ({what.function.file}:{what.function.name})"
    text = f"{named}{', primary' if primary else ''}: {test} on {_endpoint(what)}{scale}"
    if what.dichotomize is not None:
        low, high = what.dichotomize.at_least, what.dichotomize.at_most
        ends = [f"{word} {number(end)}" for word, end in (("at least", low), ("at most", high)) if end is not None]
        text += f", counted as yes where it is {join(ends)}"
    adjusted = [*([what.baseline] if what.baseline else []), *what.covariates, *what.visit_covariates]
    if adjusted:
        text += f", adjusted for {join(adjusted)}"
    if what.contrast:
        text += f", {what.contrast}"
    if what.factors:
        text += f", in one model by factors: {join(what.factors)}, each tested by itself"
    if what.strata:
        text += f", within strata of {join(what.strata)}"
    if what.clusters:
        text += f", in clusters by {what.clusters}"
    if TRIM in TEST[what.test].options:
        share = DEFAULT_TRIM if what.trim is None else what.trim.value
        text += f", {100 * share:g} % of the values cut at each end"
    if PERMUTATIONS in TEST[what.test].options:
        text += f", {what.permutations or DEFAULT_PERMUTATIONS:,} permutations"
    if what.by is not None:
        text += kinds.WAYS[what.by]
    if what.within:
        text += f", in {join(what.within)} alone (a difference between arms does not follow from it)"
    if what.null is not None:
        text += f", against {number(what.null)}"
    if what.margin:
        margins = [number(one) for one in what.margin]
        alone = f"is better than the margin {margins[0]} (noninferiority)"
        text += f"; tests whether the effect {alone if len(margins) == 1 else f'lies between {join(margins)} (equivalence)'}"
    text += _of_repeated_values(what)
    if what.sphericity is not None:
        text += f", {kinds.SPHERICITIES[what.sphericity]}"
    if what.firth is not None:
        text += f", {kinds.FIRTHS[what.firth]}"
    if what.prior is not None:
        text += f", prior {number(what.prior.mean)} with SD {number(what.prior.sd)}"
    if what.decide is not None:
        text += f", decides by {what.decide}"
    text += kinds.ALTERNATIVES[what.alternative]
    if what.alpha is not None and what.alpha.value != 0.05:  # 5 % is what everyone expects
        text += f", at a level of {number(what.alpha)}"
    text += kinds.POPULATIONS[what.population]
    if what.exclude:
        text += f"; without {join([f'{covariate} {category}' for covariate, category in what.exclude.items()])}"
    if what.subset is not None:
        limits = what.subset.percent_change
        rules = [
            f"{word} {number(limit)}"
            for word, limit in (("below", limits.below), ("above", limits.above), ("beyond", limits.beyond))
            if limit is not None
        ]
        text += f"; only participants whose percent change is {join(rules, 'or')}"
    text += _instead(what)
    text += kinds.STRATEGIES[what.estimand.strategy]
    if what.estimand.periods == ALL_PERIODS:
        text += "; judged against the mean effect of all periods, with nothing carried over"
    if what.then is not None:
        against = f"each arm against {what.then.against}" if what.then.against else "all pairs"
        gate = ", only when the first test rejects" if what.then.gate else ""
        adjustment = (
            "p for all pairs together" if PAIR[what.then.pairs].together else kinds.ADJUSTMENTS[what.then.adjust]
        )
        how = [f"{adjustment}{gate}"] if others else []
        text += f"; then {against} by {what.then.pairs} ({'; '.join([*how, *([together] if together else [])])})"
    return text
