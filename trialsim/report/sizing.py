"""The answer of a search in words, and its curve as a file and a figure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from trialsim.report.digits import percent
from trialsim.report.words import join
from trialsim.runs.answers import Owner, finished, taken
from trialsim.sizing import Confirmation, Found
from trialsim.sizing.closed_form import second_opinion
from trialsim.sizing.sizes import sizes_of
from trialsim.study import Study


def answer(study: Study, found: Found) -> list[str]:
    """Lines that say what was found; the first one is the recommendation."""
    if found.at is None:
        return _unanswered(found)
    lines = [_recommendation(study, found)]
    one = found.confirmed
    if one is not None:
        lines.append(_confirmation(found, one))
    lines.append(_interval(found))
    if found.axis == "effect" and math.isfinite(found.estimate):
        lines.append(f"The mean estimate is {found.estimate:.3g} then.")
    if one is not None and one.trial is not None and study.conduct.ward:
        lines.append(_time(one))
    lines.extend(_second_opinion(study, found))
    lines.extend(found.notes)
    return lines


def _goal(found: Found) -> str:
    return f"a power of {found.goal:.4g}" if found.measure == "width" else f"a power of {100 * found.goal:.4g} %"


def _recommendation(study: Study, found: Found) -> str:
    assert found.at is not None
    if found.axis == "effect":
        return (
            f"With {study.conduct.target} participants, {found.target.name} has {_goal(found)} when the effects are "
            f"{found.at:.3g} times the declared ones."
        )
    each = sizes_of(study).of_arms(int(found.at))
    arms = [f"{count} {arm}" for arm, count in zip(study.conduct.arms, each, strict=True)]
    split = "" if len(each) == 1 else f", {each[0]} in each arm" if len(set(each)) == 1 else f" ({join(arms)})"
    if found.measure == "width":
        return (
            f"{found.at:.0f} participants{split}, give {found.target.name} an interval {found.goal:g} wide on average."
        )
    return f"{found.at:.0f} participants{split}, give {found.target.name} {_goal(found)}."


def _confirmation(found: Found, one: Confirmation) -> str:
    low, high = one.interval
    failed = f"; {one.failed:,} failed" if one.failed else ""
    played = f"in {one.replicates:,} trials played under a fresh seed{failed}"
    if found.measure == "width":
        return f"Confirmed: mean width {one.value:.4g} (MCSE {one.mcse:.2g}) {played}."
    error = f"MCSE {percent(one.mcse)}, 95 % interval {percent(low)} to {percent(high)}"
    return f"Confirmed: power {percent(one.value)} ({error}) {played}."


def _interval(found: Found) -> str:
    if found.axis == "effect":
        return f"95 % Monte Carlo interval of the factor: {found.low:.3f} to {found.high:.3f}."
    return (
        f"The curve meets the goal at {found.root:.1f} participants "
        f"(95 % Monte Carlo interval {found.low:.1f} to {found.high:.1f})."
    )


def _second_opinion(study: Study, found: Found) -> Iterator[str]:
    """The nearest closed form at the recommended size, and why it differs."""
    if found.measure != "power" or found.axis != "size" or len(found.target.rows) > 1:
        return
    assert found.at is not None
    wanted = found.target.plan.rows[found.target.rows[0]]
    opinion = second_opinion(study, wanted, found.at)
    if opinion is None:
        yield "Second opinion: no closed form comes near this analysis."
        return
    yield f"Second opinion: {percent(opinion.power)} by {opinion.formula} ({opinion.source})."
    if opinion.reasons:
        yield "What the formula does not know, and what that does to the power:"
        yield from (f"- {reason}" for reason in opinion.reasons)


def _time(one: Confirmation) -> str:
    assert one.trial is not None
    days = one.trial.value("trial_days", analysis="trial")
    within = one.trial.value("target_reached_in_time", analysis="trial")
    return f"The trial takes {days.value:.0f} days on average; {percent(within.value, 0)} of trials enroll their target in time."


def _unanswered(found: Found) -> list[str]:
    at, value = found.best
    low, high = found.between
    if found.measure == "width":
        first = f"No size from {low:g} to {high:g} makes the interval of {found.target.name} {found.goal:g} wide."
        best = f"The nearest is {value:.4g} with {at:.0f} participants."
    elif found.curve.power[0] >= found.goal:
        unit = "times the declared effects" if found.axis == "effect" else "participants"
        first = (
            f"The smallest {found.axis} looked at reaches more than {_goal(found)} already: {found.curve.at[0]:.4g} {unit} "
            f"give {percent(found.curve.power[0])}."
        )
        return [first, "Look lower with --between.", *found.notes]
    else:
        what = f"effect from {low:g} to {high:g} times the declared one" if found.axis == "effect" else (
            f"size from {low:g} to {high:g} participants"
        )  # fmt: skip
        first = f"No {what} gives {found.target.name} {_goal(found)}."
        best = f"The best is {percent(value)} at {at:.4g}."
    return [first, best, *found.notes]


def owner(study: Study) -> Owner:
    """Whose the folder of the answers of ``trialsim size`` is."""
    return Owner("size", study.scenario.name, "size.json")


def write_sizing(study: Study, found: Found, folder: Path) -> tuple[Path, ...]:
    """Write ``power_curve.csv``, ``.png``, ``.svg`` and ``size.json`` into ``folder``."""
    from trialsim.plots.curve import design_curve
    from trialsim.plots.style import save
    from trialsim.runs.files import whole_file

    frame = curve_frame(found)
    one, effect, share = found.confirmed, found.axis == "effect", found.measure == "power"
    planned = 1.0 if effect else float(study.conduct.target)
    figure = design_curve(
        frame,
        xlabel="multiple of the declared effects" if effect else "participants in all",
        ylabel="power" if share else "mean width of the 95 % interval",
        goal=found.goal,
        share=share,
        recommended=found.at,
        confirmed=None if one is None else (one.value, *one.interval),
        planned=planned if frame["at"].min() <= planned <= frame["at"].max() else None,
        names=(f"{found.at:.3g}" if effect else f"{found.at:.0f} participants", "declared")
        if found.at
        else ("", "declared"),
        note=f"{study.scenario.name}: {found.target.name}. {found.spent:,} simulated trials; band: 95 % Monte Carlo.",
    )
    mine = owner(study)
    with taken(folder, mine):
        path = folder / "power_curve.csv"
        with whole_file(path) as temporary:
            frame.to_csv(temporary, index=False, lineterminator="\n")
        figures = save(figure, folder, "power_curve")
        return (path, *figures, finished(folder, mine, {"answer": answer(study, found), "spent": found.spent}))


def curve_frame(found: Found) -> pd.DataFrame:
    """The curve: at, value, mcse, low, high."""
    curve = found.curve
    half = curve.half
    top = 1.0 if found.measure == "power" else math.inf
    return pd.DataFrame(
        {
            "at": curve.at,
            "value": curve.power,
            "mcse": curve.se,
            "low": (curve.power - half).clip(0.0, top),
            "high": (curve.power + half).clip(0.0, top),
        }
    )
