"""The answer of a search in words, and its curve as a file and a figure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from trialsim.evaluate.looks import LOOKS
from trialsim.prepared import Study
from trialsim.quantities.counts import counted
from trialsim.report.brief import Line
from trialsim.report.digits import percent, with_error
from trialsim.report.document import DataTable, Fold, Graphic, Page, PageSection, graphic, points, write_page
from trialsim.report.looks import looks_sentence
from trialsim.report.study_page import study_page
from trialsim.report.words import join
from trialsim.runs.answers import finished, taken
from trialsim.runs.owners import of_size
from trialsim.sizing import Confirmation, SizingResult
from trialsim.sizing.closed_form import second_opinion
from trialsim.sizing.sizes import at_size, sizes_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


#: The name of the line with the nearest closed form.
OPINION = "Check"

#: Points of the curve in the table that is shown first.
MOST_FIRST = 7


def answer(study: Study, found: SizingResult) -> list[str]:
    """Sentences that say what was found; the first one is the recommendation."""
    lines = []
    for line in named_lines(study, found):
        lines.append(line.text)
        if line.name == OPINION:
            lines += ignored(study, found)
    return lines


def named_lines(study: Study, found: SizingResult) -> list[Line]:
    """The recommendation, what it rests on, what the trial takes, a second opinion, and what to be careful about."""
    notes = [Line("Note", note) for note in found.notes]
    if found.at is None:
        first, *rest = _unanswered(found)
        return [Line("Answer", first, bad=True), *(Line("", line) for line in rest), *notes]
    lines = [Line("Answer", _recommendation(study, found)), Line("Curve", _meets(found))]
    one = found.confirmed
    if one is not None:
        lines.append(Line("Fresh", _fresh(found, one)))
    if found.axis == "effect" and math.isfinite(found.estimate):
        lines.append(Line("Shows", f"The mean estimate is {found.estimate:.3g} then."))
    if one is not None and one.trial is not None and study.conduct.ward:
        lines.append(Line("Takes", _time(one)))
    lines += [Line("Expects", text) for text in _expected(study, found)]
    lines += [Line(OPINION, text) for text in _second_opinion(study, found)[:1]]
    return [*lines, *notes]


def ignored(study: Study, found: SizingResult) -> list[str]:
    """What the formula of the second opinion ignores, under a heading."""
    return _second_opinion(study, found)[1:]


def interval_name(found: SizingResult) -> str:
    """The interval whose width is the goal, by the level of its analysis: ``99 % interval``."""
    alpha = found.target.plan.rows[found.target.rows[0]].alpha
    return f"{100 * (1 - alpha):.4g} % interval"


def _goal(found: SizingResult) -> str:
    return f"{found.goal:.4g}" if found.measure == "width" else f"{100 * found.goal:.4g} %"


def _number(found: SizingResult, value: float) -> str:
    return f"{value:.4g}" if found.measure == "width" else percent(value)


def _recommendation(study: Study, found: SizingResult) -> str:
    assert found.at is not None
    value, low, high = (_number(found, number) for number in found.reached)
    error = f"95 % Monte Carlo interval {low} to {high}"
    if found.axis == "effect":
        return (
            f"With {study.conduct.target} participants, {found.target.shown} has a power of {_goal(found)} when the effects are "
            f"{found.at:.3g} times the declared ones."
        )
    each = sizes_of(study).of_arms(int(found.at))
    arms = [
        f"{count} {arm}" for arm, count in zip(study.conduct.arms, each, strict=False)
    ]  # in a stepped wedge there is no number
    group = "sequence" if study.scenario.design.sequences else "arm"
    split = "" if len(each) < 2 else f", {each[0]} in each {group}," if len(set(each)) == 1 else f" ({join(arms)})"
    if found.measure == "width":
        what = f"a {interval_name(found)} that is {value} wide on average ({error}; goal {_goal(found)})"
    else:
        what = f"a power of {value} ({error}; goal {_goal(found)})"
    sizes = sizes_of(study)
    if sizes.of_cluster:
        split = f" in {found.at / sizes.of_cluster:.0f} clusters of {sizes.of_cluster}{split}"
    elif sizes.clusters:
        split = f" in {sizes.clusters} clusters of {found.at / sizes.clusters:.0f}{split}"
    return f"{found.at:.0f} participants{split} give {found.target.shown} {what}."


def _meets(found: SizingResult) -> str:
    where = f"95 % Monte Carlo interval {found.low:.3f} to {found.high:.3f}"
    if found.axis == "effect":
        return f"The factor is {found.root:.3f} ({where})."
    return (
        f"The curve meets {_goal(found)} at {found.root:.1f} participants "
        f"(95 % Monte Carlo interval {found.low:.1f} to {found.high:.1f})."
    )


def _fresh(found: SizingResult, one: Confirmation) -> str:
    low, high = (_number(found, end) for end in one.interval)
    failed = f" ({one.failed:,} failed)" if one.failed else ""
    what = f"a mean width of {one.value:.4g}" if found.measure == "width" else f"a power of {percent(one.value)}"
    where = f"{one.at:.3g} times the effects" if found.axis == "effect" else f"{one.at:.0f} participants"
    return (
        f"{one.replicates:,} of the trials have a fresh seed, with {where}{failed}; they alone give {what} "
        f"(95 % interval {low} to {high})."
    )


def _second_opinion(study: Study, found: SizingResult) -> list[str]:
    """The nearest closed form at the recommended size, and why it differs."""
    if found.measure != "power" or found.axis != "size" or len(found.target.rows) > 1 or found.at is None:
        return []
    wanted = found.target.plan.rows[found.target.rows[0]]
    opinion = second_opinion(study, wanted, found.at)
    if opinion is None:
        return ["Second opinion: no closed form is near this analysis."]
    lines = [f"Second opinion: {percent(opinion.power)} by {opinion.formula} ({opinion.source})."]
    if opinion.reasons:
        lines.append("What the formula ignores, and what that does to the power:")
        lines += [f"- {reason}" for reason in opinion.reasons]
    return lines


def _expected(study: Study, found: SizingResult) -> list[str]:
    """With looks, how often the trial of the recommended size stops early, and how many participants it takes on average."""
    one = found.confirmed
    if study.looks is None or one is None or one.trial is None or found.axis != "size":
        return []
    return [looks_sentence(at_size(study, int(one.at)), one.trial)]


def _time(one: Confirmation) -> str:
    assert one.trial is not None
    days = one.trial.value("trial_days", analysis="trial")
    within = one.trial.value("target_reached_in_time", analysis="trial")
    if any(row.analysis == LOOKS for row in one.trial.measures):
        days = one.trial.value("stop_days", analysis=LOOKS)
    return f"The trial takes {days.value:.0f} days on average; {percent(within.value, 0)} of trials enroll their target in time."


def _unanswered(found: SizingResult) -> list[str]:
    """Why the answer is missing, and what to do."""
    if found.missed == "at the end":
        return _at_the_end(found)
    if found.missed == "sooner":
        return _sooner(found)
    return _never(found) if found.effect_declared else _no_effect(found)


def _unit(found: SizingResult) -> str:
    return "times the declared effects" if found.axis == "effect" else "participants"


def _wanted(found: SizingResult) -> str:
    return f"a {interval_name(found)} {_goal(found)} wide" if found.measure == "width" else f"a power of {_goal(found)}"


def _nearest(found: SizingResult) -> str:
    """The best that was seen and its error."""
    value, error = found.best[1], found.best_error
    if found.measure == "width":
        return with_error(value, error)
    return f"{percent(value)} (95 % interval {percent(max(value - 1.96 * error, 0))} to {percent(min(value + 1.96 * error, 1))})"


def _at_the_end(found: SizingResult) -> list[str]:
    low, high = found.between
    first = (
        f"No answer from {low:g} to {high:g} {_unit(found)}: the curve meets {_goal(found)} at {found.root:.1f} "
        f"(95 % Monte Carlo interval {found.low:.1f} to {found.high:.1f}), too near an end of this range to decide."
    )
    return [
        first,
        "Widen the range with --between, or sharpen the curve with --replicates and --confirm.",
    ]


def _sooner(found: SizingResult) -> list[str]:
    first = (
        f"The smallest {found.axis} of the range is more than enough: {found.between[0]:g} {_unit(found)} already give "
        f"{found.target.shown} {_wanted(found)}."
    )
    return [
        first,
        "Look lower with --between.",
    ]


def _never(found: SizingResult) -> list[str]:
    low, high = (
        found.between[0],
        min(found.between[1], float(found.curve.at[-1])),
    )  # larger ones are not looked at in vain
    what = f"from {low:g} to {high:.4g} {_unit(found)}"
    lines = [f"No {found.axis} {what} gives {found.target.shown} {_wanted(found)}."]
    if math.isfinite(found.best[1]):
        lines.append(f"The nearest is {_nearest(found)} with {found.best[0]:.4g} {_unit(found)}.")
    return lines


def _no_effect(found: SizingResult) -> list[str]:
    return [
        f"No {found.axis} gives {found.target.shown} {_wanted(found)}: the scenario declares no effect on what it compares.",
        f"The arms differ by chance alone: {_nearest(found)} of trials reject with {found.best[0]:.4g} {_unit(found)}.",
        "Declare an effect in the outcome, by effects: or by a level for each arm.",
    ]


def figure(study: Study, found: SizingResult) -> Figure:
    """The curve over sizes or effects, with the goal and the answer."""
    from trialsim.figures.curve import design_curve

    frame = curve_frame(found)
    one, effect, share = found.confirmed, found.axis == "effect", found.measure == "power"
    planned = 1.0 if effect else float(study.conduct.target)
    return design_curve(
        frame,
        xlabel="multiple of the declared effects" if effect else "participants in all",
        ylabel="power" if share else f"mean width of the {interval_name(found)}",
        goal=found.goal,
        share=share,
        recommended=found.at,
        confirmed=None if one is None else (one.at, one.value, *one.interval),
        planned=planned if frame["at"].min() <= planned <= frame["at"].max() else None,
        names=(f"{found.at:.3g}" if effect else f"{found.at:.0f} participants", "declared")
        if found.at
        else ("", "declared"),
        note=f"{study.scenario.name}: {found.target.shown}. {found.spent:,} simulated trials; band: 95 % Monte Carlo.",
    )


def write_sizing(study: Study, found: SizingResult, folder: Path) -> tuple[Path, ...]:
    """Write ``power_curve.csv``, ``.png``, ``.svg``, ``report.html`` and ``size.json`` into ``folder``."""
    from trialsim.figures.style import save
    from trialsim.runs.files import whole_file

    mine = of_size(study.scenario.name)
    drawn = figure(study, found)
    with taken(folder, mine):
        path = folder / "power_curve.csv"
        with whole_file(path) as temporary:
            curve_frame(found).to_csv(temporary, index=False, lineterminator="\n")
        figures = save(drawn, folder, "power_curve")
        heading = "Width of the interval" if found.measure == "width" else "Power"
        curve = graphic(heading, "The band is the 95 % Monte Carlo interval of the curve.", figures[1])
        page = write_page(size_page(study, found, [curve]), folder / "report.html")
        return (path, *figures, page, finished(folder, mine, {"answer": answer(study, found), "spent": found.spent}))


def curve_rows(found: SizingResult, *, everything: bool) -> list[tuple[str, ...]]:
    """Points of the curve with their value and its interval: some around the answer, or all of them."""
    frame = curve_frame(found)
    frame = frame[frame["value"].notna()]
    if not everything and len(frame) > MOST_FIRST:
        middle = found.at if found.at is not None else float(frame["at"].median())
        wanted = [middle * share for share in (0.6, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5)]
        near = {int((frame["at"] - one).abs().argmin()) for one in wanted}
        frame = frame.iloc[sorted(near)]
    rows: list[tuple[str, ...]] = []
    for at, value, low, high in frame[["at", "value", "low", "high"]].itertuples(index=False):
        here = found.reached if at == found.at else (value, low, high)  # the same interval as in the answer
        value, low, high = (_number(found, one) for one in here)
        rows.append((_at(found, at), value, f"{low} to {high}"))
    return rows


def _at(found: SizingResult, at: float) -> str:
    return f"{at:.3g}" if found.axis == "effect" else f"{at:,.0f}"


def curve_heading(found: SizingResult) -> tuple[str, ...]:
    """The names of the columns of :func:`curve_rows`."""
    what = "times the effects" if found.axis == "effect" else "participants"
    return what, "width" if found.measure == "width" else "power", "95 % interval"


def curve_frame(found: SizingResult) -> pd.DataFrame:
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


def size_page(study: Study, found: SizingResult, drawn: Sequence[Graphic]) -> Page:
    """How many participants, or which effect."""
    rows = tuple(tuple(row) for row in curve_rows(found, everything=True))
    table = DataTable("Every size that was simulated", curve_heading(found), rows, (0, 1, 2))
    reasons = ignored(study, found)
    why = (Fold(reasons[0].rstrip(":"), points([one.removeprefix("- ") for one in reasons[1:]])),) if reasons else ()
    short = DataTable("Around the answer", curve_heading(found), tuple(curve_rows(found, everything=False)), (0, 1, 2))
    what = {"effect": "the smallest effect that is found", "size": "how many participants"}[found.axis]
    sections = [PageSection("The curve", (*drawn, short, Fold(counted(len(rows), "point"), (table,)), *why))]
    return study_page(
        what, f"Search over {found.spent:,} simulated trials.", study, named_lines(study, found), sections
    )
