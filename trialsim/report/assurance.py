"""Assurance in words, as tables and as a figure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trialsim.assurance import Assurance, Bin, ShareEstimate, SmallPilot
from trialsim.numbers.distributions import quantile
from trialsim.prepared import Study
from trialsim.quantities.counts import counted
from trialsim.report.brief import Line
from trialsim.report.digits import SIGN, percent, share_with_error
from trialsim.report.document import DataTable, Graphic, Page, PageSection, graphic, write_page
from trialsim.report.study_page import study_page
from trialsim.runs.answers import finished, taken
from trialsim.runs.owners import of_assurance

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Of the failed trials, the share from which bounds are shown.
MANY_FAILED = 0.05

#: Points of the prior below which the average, its spread and what moves it are coarse.
FEW_POINTS = 50


def share_text(share: ShareEstimate) -> str:
    """A share with its Monte Carlo error or bound."""
    return share_with_error(share.value, share.mcse, low=share.low, high=share.high)


def answer(found: Assurance) -> list[str]:
    """Sentences that say what was found; the first one is the assurance beside the power."""
    first, *more = named_lines(found)
    return [f"{first.text} {SIGN}", *(line.text for line in more)]


def named_lines(found: Assurance) -> list[Line]:
    """The assurance beside the power, the power over the prior, what changes it, and what to be careful about."""
    mean, design = found.average.share, found.design
    points = len(found.played.u)
    first = (
        f"Averaged over the prior, the power of {found.target.shown} is {share_text(mean)}; "
        f"at the design values it is {share_text(design)}."
    )
    low, high = (percent(found.spread.quantile(q), 0) for q in (0.1, 0.9))
    second = (
        f"{percent(found.spread.above.value, 0)} of the prior has a power of {percent(found.spread.goal, 0)} or more; the middle "
        f"80 % of the prior has a power between {low} and {high}."
    )
    lines = [Line("Answer", first), *_few_points(points), Line("Prior", second)]
    lines += [Line("Moves", text) for text in _influences(found)]
    lines.append(Line("Points", _approximation(points, found.replicates)))
    lines += [Line("Lost", text) for text in _lost(found)]
    return [*lines, *(Line("Pilot", text) for pilot in found.pilots for text in _pilot(found, pilot))]


def _few_points(points: int) -> list[Line]:
    """That few points say little of the prior."""
    if points >= FEW_POINTS:
        return []
    text = (
        f"{points:,} point{'s' if points != 1 else ''} of the prior say{'' if points != 1 else 's'} little: "
        f"with another seed the numbers may differ clearly. Take {FEW_POINTS} or more (--points)."
    )
    return [Line("Few", text, bad=True)]


def _influences(found: Assurance) -> list[str]:
    ranked = sorted(zip(found.average.influence, found.beliefs, strict=True), key=lambda pair: -pair[0])
    strongest = [f"{belief.label} ({100 * moved:.0f} points)" for moved, belief in ranked[:3]]
    if len(ranked) == 1 or round(100 * ranked[0][0]) == 0:  # nothing to name: one belief, or too few points to see any
        return []
    return [f"What changes the power most, in standard deviations over the prior: {', '.join(strongest)}."]


def _approximation(points: int, replicates: int) -> str:
    if points == replicates:
        return f"Each of the {replicates:,} trials has its own draw of the priors."
    return (
        f"The priors are represented by {points:,} points (a Latin hypercube) with about {replicates // points:,} trials "
        "each; the Monte Carlo error includes the choice of the points."
    )


def _lost(found: Assurance) -> list[str]:
    lines = []
    impossible, played = found.impossible, found.played
    low, high = found.bounds
    if impossible:
        why, times = Counter(impossible).most_common(1)[0]
        lines.append(
            f"{len(impossible)} of {len(played.u)} points are impossible and left out (for example {times}: {why}) "
            f"Counted as failures they make the assurance {percent(low)}, as successes {percent(high)}."
        )
    failed = int(played.failed.sum())
    if failed:
        bounds = "" if impossible or failed < MANY_FAILED * found.replicates else (
            f" Counted as failures they make the assurance {percent(low)}, as successes {percent(high)}."
        )  # fmt: skip
        lines.append(
            f"{counted(failed, 'trial')} could not be analyzed and {'is' if failed == 1 else 'are'} left out.{bounds}"
        )
    return lines


def _pilot(found: Assurance, pilot: SmallPilot) -> list[str]:
    belief = next((one for one in found.beliefs if one.name == pilot.name), None)
    first = f"Careful: the effect {pilot.name.removeprefix('outcomes.')} rests on a pilot of {pilot.n} participants"
    if belief is None:
        return [f"{first} and has no prior; give it one (trialsim fit), or its uncertainty is left out here."]
    fall = 100 * (found.design.value - found.average.share.value)
    change = f"falls by {fall:.0f} points" if fall > 0 else f"rises by {-fall:.0f} points"
    expected = (
        f"{first} in each arm. Allowing for what is uncertain, the expected power {change}, from "
        f"{percent(found.design.value, 0)} to {percent(found.average.share.value, 0)}."
    )
    lines = [expected]
    if math.isfinite(pilot.exaggeration):
        lines.append(
            "Pilots are followed up when they look promising, so their effects are too large on average (the winner's "
            f"curse): if {belief.shown(belief.number.value)} were the truth, pilots of this size with p < 5 % (one-sided) "
            f"would show an effect {pilot.exaggeration:.2g} times as large. If the true effect is smaller by this factor "
            f"({belief.shown(pilot.shrunk)}), the power is {percent(pilot.power, 0)}."
        )
    return lines


# ---------------------------------------------------------------- tables


def measures_frame(found: Assurance) -> pd.DataFrame:
    """measure, value, mcse, conf_low, conf_high, n_replicates, n_points, n_failed."""
    trials, points = int(found.played.replicates.sum()), int(found.played.usable.sum())
    failed = int(found.played.failed.sum())
    goal = found.spread.goal
    rows: list[tuple[str, ShareEstimate, int, int, int]] = [
        ("assurance", found.average.share, trials, points, failed),
        ("power_at_design_values", found.design, found.replicates, 1, found.design_failed),
        (f"prior_with_power_{goal:g}_or_more", found.spread.above, trials, points, failed),
    ]
    names = ["measure", "value", "mcse", "conf_low", "conf_high", "n_replicates", "n_points", "n_failed"]
    cells = [(name, s.value, s.mcse, s.low, s.high, *counts) for name, s, *counts in rows]
    return pd.DataFrame(cells, columns=names)


def along_frame(found: Assurance) -> pd.DataFrame:
    """Power in bins of each belief: belief, quantile_low, quantile_high, value_low, value_mean, value_high, power, ..."""
    rows = [(belief.name, *_bin(one)) for belief, bins in zip(found.beliefs, found.along, strict=True) for one in bins]
    names = "belief quantile_low quantile_high value_low value_mean value_high points power mcse low high"
    return pd.DataFrame(rows, columns=names.split())


def _bin(one: Bin) -> tuple[float, ...]:
    values = (one.quantile_low, one.quantile_high, one.value_low, one.value_mean, one.value_high, one.points)
    return (*values, one.power.value, one.power.mcse, one.power.low, one.power.high)


def points_frame(found: Assurance) -> pd.DataFrame:
    """Every point: the quantile and value of each belief, trials, how many reached the target, faults."""
    played = found.played
    columns: dict[str, object] = {"point": np.arange(len(played.u))}
    for d, belief in enumerate(found.beliefs):
        columns[f"quantile of {belief.name}"] = played.u[:, d]
        columns[belief.name] = played.values[:, d]
    columns |= {"replicates": played.replicates, "reached": played.reached, "failed": played.failed}
    columns["fault"] = list(played.faults)
    return pd.DataFrame(columns)


def figure(study: Study, found: Assurance) -> Figure:
    """Power along the belief that moves it most, and over the whole prior."""
    from trialsim.figures.assurance import assurance_figure

    belief = found.beliefs[found.first]
    at = (0.1, 0.3, 0.5, 0.7, 0.9)
    values = quantile(belief.prior, np.array(at))
    along = along_frame(found)
    return assurance_figure(
        along[along["belief"] == belief.name],
        found.spread.power.tolist(),
        design=found.design.value,
        assurance=found.average.share.value,
        goal=found.spread.goal,
        above=found.spread.above.value,
        belief=belief.label,
        ticks=[(q, belief.shown(float(value))) for q, value in zip(at, values, strict=True)],
        note=(
            f"{study.scenario.name}: {found.target.shown}. {len(found.played.u):,} points of the prior, "
            f"{found.replicates:,} simulated trials; band: 95 % Monte Carlo."
        ),
    )


def write_assurance(study: Study, found: Assurance, folder: Path) -> tuple[Path, ...]:
    """Write tables, figure, page and answer into ``folder``."""
    from trialsim.figures.style import save
    from trialsim.runs.files import whole_file

    mine = of_assurance(study.scenario.name)
    with taken(folder, mine):
        written: list[Path] = []
        for name, frame in (
            ("assurance.csv", measures_frame(found)),
            ("assurance_along.csv", along_frame(found)),
            ("assurance_points.csv", points_frame(found)),
        ):
            written.append(folder / name)
            with whole_file(written[-1]) as temporary:
                frame.to_csv(temporary, index=False, lineterminator="\n")
        written += save(figure(study, found), folder, "assurance")
        shown = graphic(
            "Power over what is uncertain", "Left: along what moves it most. Right: over the prior.", written[-1]
        )
        written.append(write_page(assurance_page(study, found, [shown]), folder / "report.html"))
        return (*written, finished(folder, mine, {"answer": answer(found)}))


def assurance_page(study: Study, found: Assurance, drawn: Sequence[Graphic]) -> Page:
    """The power averaged over what is uncertain."""
    beliefs = tuple((one.label, one.shown(one.number.value), f"{100 * moved:.0f} points")
                    for one, moved in zip(found.beliefs, found.average.influence, strict=True))  # fmt: skip
    header = ("uncertain number", "value of the design", "moves the power by (SD over the prior)")
    table = DataTable("What is uncertain", header, beliefs, (1, 2))
    what = f"Power averaged over priors, from {found.replicates:,} simulated trials."
    return study_page("assurance", what, study, named_lines(found), [PageSection("What is uncertain", (*drawn, table))])
