"""Interim looks as people read them: the plan with its bounds, and when simulated trials stop."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from trialsim.boundaries.bounds import Bounds
from trialsim.boundaries.conditional import conditional_power, predictive_power
from trialsim.evaluate.looks import LOOKS, UNDER_NULL, look_name
from trialsim.evaluate.summaries import DAY
from trialsim.evaluate.table import Measure
from trialsim.heavy import special
from trialsim.kinds.looks import LOOKED_AT
from trialsim.looks.decisions import FUTILE, NOT_SHOWN, SHOWN, by_bounds, decide, scores
from trialsim.looks.plan import LookPlan
from trialsim.report.digits import measure_with_error, plain
from trialsim.report.words import brief_duration, join
from trialsim.study import analyze, look_at

if TYPE_CHECKING:
    from trialsim.cohort import Cohort
    from trialsim.evaluate.characteristics import OperatingCharacteristics
    from trialsim.prepared import Study

#: Participants an arm below which nominal p-values of t statistics are a rough approximation.
FEW = 10

OVERALL = (
    ("stops_early", "trials that stop before the end", "share"),
    ("enrolled_by_stop", "participants enrolled by the decision", "number"),
    ("known_at_stop", "endpoints known at the stop", "number"),
    ("overrun", "enrolled by the decision, endpoint not known at the look", "number"),
    ("decision_days", "days until the decision", "number"),
    ("stop_days", "days until the last visit of those enrolled by then", "number"),
)


def measures_of(result: OperatingCharacteristics) -> dict[tuple[str, str], Measure]:
    """The measures of the looks by contrast and name; empty for a design without looks."""
    return {(row.contrast, row.measure): row for row in result.measures if row.analysis == LOOKS}


def looks_sentence(study: Study, result: OperatingCharacteristics) -> str:
    """How often trials stop early and why, and how many participants they take."""
    plan, of = study.looks, measures_of(result)
    assert plan is not None
    shown, futile = (_early(plan, of, name) for name in ("look_shown", "look_futile"))
    stops = _named(of["", "stops_early"], "share")
    reasons = [f"{_percent(shown)} the effect is shown"] + (
        [f"{_percent(futile)} futile"] if _has_futility(plan) else []
    )
    number = _named(of["", "enrolled_by_stop"], "number")
    null = _named(of["", f"enrolled_by_stop{UNDER_NULL}"], "number")
    return (
        f"{stops} of trials stop early ({', '.join(reasons)}). On average {number} of {study.conduct.target:,} participants are "
        f"enrolled, {null} without effects."
    )


def _early(plan: LookPlan, of: dict[tuple[str, str], Measure], name: str) -> float:
    return sum(of[look_name(k, plan.interim), name].value for k in range(plan.interim))


def _has_futility(plan: LookPlan) -> bool:
    return plan.design.futility is not None


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _named(row: Measure, kind: str) -> str:
    value, sign, error = measure_with_error(row, kind).partition(" ± ")
    return f"{value} (SE {error})" if sign else value


def stop_header(study: Study) -> tuple[str, ...]:
    """The names of the columns of :func:`stop_rows`."""
    plan = study.looks
    assert plan is not None
    days = (">day",) if study.program is not None else ()
    futile = (">futile", ">futile without effects") if _has_futility(plan) else ()
    return ("look", ">endpoints known", *days, ">effect shown", ">shown without effects", *futile)


def stop_rows(study: Study, result: OperatingCharacteristics) -> list[tuple[str, ...]]:
    """For each look: what is known, when it comes, and the share of trials that stop there and why."""
    plan, of = study.looks, measures_of(result)
    assert plan is not None
    names = ["look_shown", f"look_shown{UNDER_NULL}"]
    names += ["look_futile", f"look_futile{UNDER_NULL}"] if _has_futility(plan) else []
    rows = []
    for k in range(plan.interim + 1):
        here = look_name(k, plan.interim)
        comes = of[here, "look_comes"]
        label = (
            here
            if comes.value == 1.0 or k == plan.interim
            else f"{here} (comes in {measure_with_error(comes, 'share')})"
        )
        cells = [measure_with_error(of[here, "look_known"], "number")] if (here, "look_known") in of else [""]
        if study.program is not None:
            cells.append(measure_with_error(of[here, "look_days"], "number") if (here, "look_days") in of else "")
        last = k == plan.interim
        cells += ["" if last and "futile" in name else measure_with_error(of[here, name], "share") for name in names]
        rows.append((label, *cells))
    return rows


def stop_overall(result: OperatingCharacteristics) -> list[tuple[str, str, str]]:
    """What trials take until they stop: as declared, and without effects."""
    of = measures_of(result)
    wanted = [("", name, words, kind) for name, words, kind in OVERALL]
    for contrast, name in of:
        if name.endswith(UNDER_NULL):
            continue
        if name == "stop_hours":
            wanted.append((contrast, name, f"hours of {contrast}", "number"))
        elif name.startswith("stop_cost_"):
            wanted.append((contrast, name, f"cost [{name.removeprefix('stop_cost_')}]", "number"))
    return [
        (words, measure_with_error(of[where, name], kind), measure_with_error(of[where, name + UNDER_NULL], kind))
        for where, name, words, kind in wanted
        if (where, name) in of
    ]


def stop_texts(study: Study, result: OperatingCharacteristics) -> Iterator[str]:
    """What the design costs in power, what estimates after a stop are worth, and what the other numbers are of."""
    plan, of = study.looks, measures_of(result)
    assert plan is not None
    row = plan.looked_at
    known = {(one.analysis, one.contrast, one.measure): one for one in result.measures}
    without = of.get(("", "power_without_looks"))
    power = known.get((row.analysis, row.contrast, "power"))
    if without is not None and power is not None:
        yield f"Power {_named(power, 'share')} with looks, {_named(without, 'share')} with one analysis at the end."
    bias = known.get((row.analysis, row.contrast, "bias"))
    median, above = of.get(("", "median_unbiased_bias")), of.get(("", "median_unbiased_above"))
    if bias is not None and median is not None and above is not None:
        coverage = known.get((row.analysis, row.contrast, "coverage"))
        stagewise = of["", "stagewise_coverage"]
        yield (
            f"Estimates at the stop: the plain one is off by {_named(bias, 'number')} on average"
            + (f", and its interval covers {_named(coverage, 'share')}" if coverage is not None else "")
            + f"; the median unbiased one (stagewise ordering) is above the truth in {_named(above, 'share')} of trials, and its "
            f"interval covers {_named(stagewise, 'share')}."
        )
    overrun = of.get(("", "estimate_with_overrun"))
    plain_mean = known.get((row.analysis, row.contrast, "mean_estimate"))
    if overrun is not None and plain_mean is not None and study.program is not None:
        yield (
            f"With the overrun (everybody enrolled by the decision) the plain estimate is {_named(overrun, 'number')} on "
            f"average; at the stop it is {_named(plain_mean, 'number')}."
        )
    yield from doubts_of(study)
    others = list(dict.fromkeys(one.shown for one in study.analysis.rows if one.analysis != row.analysis))
    if others:
        yield f"All other numbers, also those of {join(others)}, are of trials that go on to their end."
    else:
        yield "All other numbers are of trials that go on to their end."


def doubts_of(study: Study) -> Iterator[str]:
    """That nominal p-values of t statistics are not exact with few participants."""
    plan = study.looks
    if plan is None or not LOOKED_AT[plan.call.test] or not plan.counts:
        return
    groups = max(len(plan.arms), 1)
    least = plan.counts[0] / groups
    if least < FEW:
        yield (
            f"At the first look about {plain(least, 2)} participants an arm are known. The bounds are those of a normal "
            f"statistic, and {plan.call.test} has a t statistic: its nominal p-values are not exact below {FEW} an arm (2.58 % "
            "in place of 2.5 % with Pocock's bounds at 5, 10 and 15 an arm). The rate without effects shows what it comes to."
        )


# ---------------------------------------------------------------- the plan


def plan_lines(study: Study) -> tuple[str, ...]:
    """What is looked at, when, and how a decision is made, in sentences."""
    plan = study.looks
    assert plan is not None
    design, row = plan.design, plan.looked_at
    looks = f"{plan.interim} interim look{'s' if plan.interim != 1 else ''}"
    lines = [f"{row.title} is analyzed at {looks} and at the end, on those whose endpoint is known by then."]
    lag = f" Enrollment goes on for {brief_duration(plan.lag)} until the decision." if plan.lag else ""
    lines.append(
        "An endpoint is known when each of its values is measured or lost for good (the participant left, the session was "
        "missed)." + lag
    )
    if design.futility is not None:
        way = (
            "binding: the efficacy bounds rely on it"
            if design.binding
            else "not binding: the level holds also if the trial goes on"
        )
        lines.append(f"Futility is {way}.")
    if not math.isnan(plan.bounds.drift):
        lines.append(
            "The bounds for futility meet that for efficacy at the end if the expected score there is "
            f"{plan.bounds.drift:.4f}; then the power is {100 * (1 - design.beta):.4g} %. "
            "That of the declared effect is simulated."
        )
    if not math.isnan(plan.maximum):
        lines.append(
            f"Information is 1 / SE^2 of the estimate at a look, and {plan.maximum:g} of it is planned. The bounds follow from "
            "what each trial really has; those below are for the planned shares of participants."
        )
    elif plan.ticks:
        lines.append(
            "The looks come at dates, so the bounds follow from what is known then; those below are for equal steps."
        )
    else:
        lines.append(
            "The bound of the end is computed anew from the numbers known at the looks, and spends all that is left."
        )
    return (*lines, *doubts_of(study))


def brief_plan(study: Study) -> str:
    """The looks in a sentence: when they come, and at which p-value the trial stops."""
    plan = study.looks
    assert plan is not None
    bounds = plan.bounds
    names = [f"{count} known" for count in plan.counts] or [f"date {k + 1}" for k in range(plan.interim)]
    parts = [
        f"at {name} (shown if {_nominal_p(bounds, k)})" for k, name in enumerate([*names, f"the end, {plan.planned}"])
    ]
    return f"{join(parts)}{'; it may stop for futility' if _has_futility(plan) else ''}."


PLAN_HEADER = (
    "look",
    "endpoints known",
    "effect shown if p is at most",
    "futile if one-sided p is at least",
    "level spent",
)


def plan_rows(study: Study) -> list[tuple[str, ...]]:
    """The planned bounds of each look: information, nominal p-values, level spent."""
    plan = study.looks
    assert plan is not None
    bounds = plan.bounds
    up, down = bounds.crossing(0.0, stop_for_futility=False)
    spent = 0.0
    rows = []
    for k in range(plan.interim + 1):
        spent += up[k] + (down[k] if bounds.two_sided else 0.0)
        known = f"{plan.counts[k] if plan.counts else ''}" if k < plan.interim else f"{plan.planned}"
        rows.append(
            (look_name(k, plan.interim), known, _nominal(bounds, k), _futile(bounds, k), f"{100 * spent:.4g} %")
        )
    return [row if _has_futility(plan) else (*row[:3], *row[4:]) for row in rows]


def plan_header(study: Study) -> tuple[str, ...]:
    """The names of the columns of :func:`plan_rows`."""
    assert study.looks is not None
    return PLAN_HEADER if _has_futility(study.looks) else (*PLAN_HEADER[:3], *PLAN_HEADER[4:])


def _nominal(bounds: Bounds, k: int) -> str:
    p = float(special.ndtr(-bounds.efficacy[k])) * (2 if bounds.two_sided else 1)
    return "never" if math.isinf(bounds.efficacy[k]) else f"{100 * p:.4g} % (z {bounds.efficacy[k]:.4f})"


def _nominal_p(bounds: Bounds, k: int) -> str:
    """The same in a sentence, to two digits.

    >>> from trialsim.boundaries.bounds import BoundRule, SequentialDesign, planned_bounds
    >>> _nominal_p(planned_bounds(SequentialDesign((0.5, 1.0), 0.025, True, BoundRule(shape="pocock"))), 0)
    'p <= 2.9 %'
    """
    p = float(special.ndtr(-bounds.efficacy[k])) * (2 if bounds.two_sided else 1)
    return f"p <= {100 * p:.2g} %"


def _futile(bounds: Bounds, k: int) -> str:
    if math.isinf(bounds.futility[k]):
        return ""
    return f"{100 * float(special.ndtr(-bounds.futility[k])):.4g} % (z {bounds.futility[k]:.4f})"


# ---------------------------------------------------------------- one trial


def replay_texts(study: Study, cohort: Cohort) -> Iterator[str]:
    """What was known and decided at each look of one trial, and the chance then that its end would show the effect."""
    plan = study.looks
    assert plan is not None
    results = look_at(plan, cohort)
    assert results is not None
    estimates = analyze(cohort, plan=study.analysis)
    decisions, _ = decide(plan, estimates, results)
    twin = cohort.measurements.twins.index("declared")
    errors = np.concatenate([results.se, estimates.se[:, :, plan.row, None]], axis=2)
    found = [(bounds, came) for bounds, came, twins, _ in by_bounds(plan, results, errors) if twin in twins]
    if not found:
        return  # nobody is known
    ((bounds, came),) = found
    stop = int(decisions.look[twin, 0])
    at_looks = np.append(results.p[twin, 0], estimates.p[twin, 0, plan.row])
    effects = np.append(results.estimate[twin, 0], estimates.estimate[twin, 0, plan.row])
    score = scores(plan, at_looks, effects)
    for place, k in enumerate(came):
        if k > stop:
            break
        day = f", day {results.tick[0, k] / DAY:.0f}" if study.program is not None else ""
        name = look_name(k, plan.interim).capitalize()
        what_is_known = f"{name} ({results.known[0, k]} known{day})"
        if not math.isnan(plan.maximum):
            what_is_known += f", {100 * bounds.times[place]:.1f} % of the planned information"
        text = f"{what_is_known}: p = {plain(float(at_looks[k]), 2)}, shown at {_nominal_p(bounds, place)}"
        if k < plan.interim and math.isfinite(score[k]):
            time, last = bounds.times[place] / bounds.times[-1], bounds.efficacy[-1]
            chances = (one(float(score[k]), time, last) for one in (conditional_power, predictive_power))
            trend, open_ = (f"{100 * chance:.0f} %" for chance in chances)
            text += f"; the end would show it in {trend} if the trend goes on, in {open_} with what is open about it"
        what = {SHOWN: "stopped, the effect is shown", FUTILE: "stopped for futility", NOT_SHOWN: "not shown"}
        yield f"{text}: {what[int(decisions.outcome[twin, 0])] if k == stop else 'goes on'}."
