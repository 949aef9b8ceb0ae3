"""A sweep in words, as files and as figures."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from trialsim.analysis.labels import plain_words
from trialsim.evaluate.columns import shown_row
from trialsim.evaluate.summaries import TRIAL
from trialsim.evaluate.table import MEAN_SHARES
from trialsim.evaluate.verdict import more_should
from trialsim.quantities.counts import counted
from trialsim.report.brief import Line
from trialsim.report.digits import SIGN, percent, share_with_error, with_error
from trialsim.report.document import DataTable, Graphic, Page, PageSection, TableCell, graphic, write_page
from trialsim.report.paths import names_of
from trialsim.report.study_page import study_page
from trialsim.report.words import join
from trialsim.scenario.sweep import shown
from trialsim.sweep.tables import (
    AnswerMeasure,
    best_design,
    burdens,
    currency,
    designs_frame,
    differing,
    overview,
    results_frame,
    unit_of,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from trialsim.prepared import Study
    from trialsim.sweep.play import SweepRun

#: A heatmap is drawn up to this many values a side, lines up to this many.
MOST_CELLS, MOST_LINES = 40, 7

#: Less of a burden, in words.
BURDENS = {
    "days": "fewer days",
    "cost": "less money",
    "participants": "fewer participants",
    "staff_hours": "less staff",
}

#: Panels of dots.
MOST_PANELS = 4

#: Values shown for each design of the Pareto set.
MOST_NAMED = 5

#: The name of the line on what was simulated.
TRIALS = "Trials"

#: Designs in the table that is shown first.
MOST_FIRST = 12

#: Designs named in a sentence.
MOST_LISTED = 12


def answer_name(swept: SweepRun, answer: AnswerMeasure) -> str:
    """``power of Fear during the needle (music - control)``."""
    analyses = list(dict.fromkeys(cell.primary for cell in swept.cells))
    contrast = answer.contrast or ""
    measure = plain_words(answer.measure)
    if answer.analysis == TRIAL:
        return f"{measure} ({contrast})" if contrast else measure
    if answer.analysis is None and len(analyses) > 1:
        return f"{measure} of the primary analysis{f' ({contrast})' if contrast else ''}"
    return f"{measure} of {shown_row(swept.labels, answer.analysis or analyses[0], contrast)}"


def summary_lines(swept: SweepRun, answer: AnswerMeasure, frame: pd.DataFrame) -> list[str]:
    """What the sweep says, in a few sentences."""
    return [f"{line.text} {SIGN}" if line.name == TRIALS else line.text for line in named_lines(swept, answer, frame)]


def named_lines(swept: SweepRun, answer: AnswerMeasure, frame: pd.DataFrame) -> list[Line]:
    """The answer, the designs that no other one beats, those that chance leaves open, and what was simulated."""
    lines = []
    if frame["value"].notna().any():
        rows = frame[frame["value"].notna()].sort_values("value", kind="stable").to_dict("records")
        low, high = (f"{written(answer, row)} in design {row['design_id']}" for row in (rows[0], rows[-1]))
        name = answer_name(swept, answer)
        text = f"{name[0].upper()}{name[1:]}: from {low} to {high}.{_highest(swept, answer, frame)}"
        lines.append(Line("Answer", text))
    lines += _pareto_lines(frame)
    lines += _too_often_lines(swept, answer, frame)
    shared = "the same seed in every cell, so designs share their random numbers"
    if len(swept.seeds) > 1:
        shared = f"{len(swept.seeds)} seeds, so designs do not share their random numbers"
    lines.append(
        Line(
            TRIALS,
            f"{counted(len(swept.cells), 'design')} of {counted(swept.replicates, 'simulated trial')}; {shared}.",
        )
    )
    if swept.alike:
        text = f"Designs that are equal to another one in other words, not simulated again: {swept.alike:,}."
        lines.append(Line("Alike", text))
    if swept.damaged:
        lines.append(Line("Mended", f"{swept.damaged} damaged cell files were found and simulated again."))
    return lines


def _highest(swept: SweepRun, answer: AnswerMeasure, frame: pd.DataFrame) -> str:
    """Which design has the highest value, or that this is undecided."""
    best = best_design(swept, answer, frame)
    if best is None:
        return ""
    if best.clear:
        return f" It is highest in design {best.index}, clearly above each other one."
    return f" In which design it is highest is undecided: {_few(sorted([best.index, *best.rivals]))}{more_should(best.more)}."


def _few(designs: Sequence[int]) -> str:
    """``1, 2 and 3``; of many the first ones and how many more."""
    names = [str(one) for one in designs]
    return join(
        names if len(names) <= MOST_LISTED else [*names[: MOST_LISTED - 1], f"{len(names) - MOST_LISTED + 1} others"]
    )


def _pareto_lines(frame: pd.DataFrame) -> list[Line]:
    """The designs of the Pareto set, and those of which chance leaves it open."""
    what = join([BURDENS[name] for name in differing(frame)], "or")
    lines = []
    if frame["pareto"].any():
        chosen = join([str(one) for one in frame.loc[frame["pareto"], "design_id"]])
        lines.append(Line("Pareto", f"Pareto set, marked *: no other design gives as much with {what}: {chosen}."))
    if frame["pareto_open"].any():
        part = frame[frame["pareto_open"]]
        more = part["pareto_more"]
        would = more_should(None if more.isna().any() else int(more.max()))
        open_ = _few([int(one) for one in part["design_id"]])
        text = f"Marked ?: whether another design gives as much with {what} is undecided: {open_}{would}."
        lines.append(Line("Open", text))
    return lines


def _too_often_lines(swept: SweepRun, answer: AnswerMeasure, frame: pd.DataFrame) -> list[Line]:
    """The designs whose test rejects too often without effects: their rejections are not a power."""
    bad = [int(one) for one in frame.loc[frame["too_often"], "design_id"]]
    if not bad:
        return []
    worst = max(verdict.times for one in bad if (verdict := answer.verdict(swept.cells[one])) is not None)
    text = (
        f"Marked !: without effects the test rejects too often, up to {worst:.1f} times its level; its rejections are not a "
        f"power, and the design is left out of every choice: {_few(bad)}."
    )
    return [Line("Level", text, bad=True)]


def first_designs(frame: pd.DataFrame) -> list[int]:
    """The designs shown first, in their order: those in or perhaps in the Pareto set, then those with the highest value."""
    marked = frame["pareto"] | frame["pareto_open"]
    best = frame.assign(marked=marked).sort_values(["marked", "value"], ascending=False, kind="stable")
    return sorted(best.index[:MOST_FIRST].tolist())


def value_text(answer: AnswerMeasure, value: float) -> str:
    """A value of the answer: shares in percent."""
    return percent(value) if is_share(answer.measure) else with_error(value, 0.0)


def written(answer: AnswerMeasure, row: Mapping[Hashable, Any]) -> str:
    """The answer of a design with its Monte Carlo error; its bounds where too many trials failed."""
    if row["value"] != row["value"]:
        return f"{value_text(answer, row['low'])} to {value_text(answer, row['high'])}"
    if is_share(answer.measure):
        return share_with_error(row["value"], row["mcse"], low=row["low"], high=row["high"])
    return with_error(row["value"], row["mcse"])


def is_share(measure: str) -> bool:
    """Whether a measure is a share of trials."""
    return measure in ("target_reached_in_time", "coverage") or measure.startswith(
        ("power", "rejection", "type_1_error", *MEAN_SHARES)
    )


# ---------------------------------------------------------------- files


def write_tables(swept: SweepRun, folder: Path) -> tuple[Path, ...]:
    """Write ``designs.csv`` and ``results.csv``."""
    from trialsim.runs.files import whole_file

    made = []
    for name, frame in (("designs", designs_frame(swept)), ("results", results_frame(swept))):
        path = folder / f"{name}.csv"
        with whole_file(path) as temporary:
            frame.to_csv(temporary, index=False, lineterminator="\n")
        made.append(path)
    return tuple(made)


def write_manifest(swept: SweepRun, folder: Path) -> Path:
    """Write ``sweep.json``: what was swept, from which seed, with which versions."""
    from trialsim.runs.answers import finished
    from trialsim.runs.owners import of_sweep

    content = {"paths": list(swept.paths), "designs": len(swept.cells), "replicates": swept.replicates}
    return finished(folder, of_sweep(swept.scenario), {**content, "seeds": list(swept.seeds)})


# ---------------------------------------------------------------- figures


#: What the figures of a sweep are called on the page, and what they show.
HEADINGS = {
    "sweep_lines": ("Over the values varied", "Bars are 95 % Monte Carlo intervals."),
    "sweep_dots": ("Over the values varied", "Each dot is one design."),
    "sweep_heatmap": ("Over both values", "Each field is one design."),
    "feasibility": ("What each design takes", "Designs that no other one beats are connected."),
}


def write_figures(study: Study, swept: SweepRun, answer: AnswerMeasure, folder: Path) -> tuple[Path, ...]:
    """Draw what fits the sweep, lines or a heatmap over the values varied and what each design takes, and write the page."""
    from trialsim.figures.style import save

    (folder / "figures").mkdir(parents=True, exist_ok=True)
    made: list[Path] = []
    shown = []
    for name, figure in figures(swept, answer):
        made += save(figure, folder / "figures", name)
        shown.append(graphic(*HEADINGS[name], made[-1]))
    page = sweep_page(study, swept, answer, overview(swept, answer), shown)
    return (*made, write_page(page, folder / "report.html"))


def figures(swept: SweepRun, answer: AnswerMeasure) -> list[tuple[str, Figure]]:
    """The figures of a sweep, by name."""
    from trialsim.figures.pareto import feasibility
    from trialsim.figures.sweep import sweep_dots, sweep_heatmap, sweep_lines

    frame = overview(swept, answer)
    short = names_of(swept.paths)
    names = {path: f"{name}{_unit(swept, path)}" for path, name in short.items()}
    value, share = answer_name(swept, answer), is_share(answer.measure)
    note = f"{swept.scenario}: {counted(swept.replicates, 'simulated trial')} a design."
    found: list[tuple[str, Figure]] = []
    axes = _axes(frame, swept.paths)
    if axes:
        x, line, panels = axes
        shown_all = frame.assign(
            **{path: _with_tied(frame, swept.paths, path, names) for path in (line, panels) if path}
        )
        found.append((
            "sweep_lines",
            sweep_lines(shown_all, x=x, line=line, panels=panels, names=names, ylabel=value, share=share, note=note),
        ))  # fmt: skip
    elif dots := _dots(frame, swept.paths):
        drawn = sweep_dots(frame, xs=dots[0], group=dots[1], names=names, ylabel=value, share=share, note=note)
        found.append(("sweep_dots", drawn))
    if len(swept.paths) == 2 and not frame.duplicated(list(swept.paths)).any():
        across, down = swept.paths
        counts = (frame[across].nunique(), frame[down].nunique())
        if min(counts) > 1 and max(counts) <= MOST_CELLS and counts[0] * counts[1] == len(frame):
            found.append((
                "sweep_heatmap",
                sweep_heatmap(frame, x=across, y=down, names=names, label=value, share=share, note=note),
            ))  # fmt: skip
    if (frame["pareto"] | frame["pareto_open"]).any():
        taken = differing(frame, list(dict.fromkeys([*burdens(frame), "staff_hours"])))
        shown_paths = swept.paths[:MOST_NAMED]
        drawn = feasibility(
            frame, burdens=taken, designs=_designs(swept, shown_paths), heading=[short[path] for path in shown_paths],
            currency=currency(swept), ylabel=value, share=share, note=note,
        )  # fmt: skip
        found.append(("feasibility", drawn))
    return found


def _designs(swept: SweepRun, paths: Sequence[str]) -> dict[int, str]:
    """The values of each design, in the order of ``paths``."""
    return {
        cell.design_id: ", ".join(_rounded(cell.point[path]) for path in paths if path in cell.point)
        for cell in swept.cells
    }


def _rounded(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else shown(value)


def _unit(swept: SweepRun, path: str) -> str:
    unit = unit_of(swept, path)
    return f" [{unit}]" if unit else ""


def _axes(frame: pd.DataFrame, paths: tuple[str, ...]) -> tuple[str, str | None, str | None] | None:
    """Which value goes along, which makes lines, which makes panels; None where lines would mislead.

    A value that moves together with another (zip) needs no axis of its own; a hypercube of several values has no lines.
    """
    free: list[str] = []
    for path in paths:
        if frame[path].nunique() > 1 and not any(_tied(frame, path, other) for other in free):
            free.append(path)
    numeric = [path for path in free if pd.api.types.is_numeric_dtype(frame[path])]
    if not numeric or frame.duplicated(free).any():
        return None
    x = max(numeric, key=lambda path: frame[path].nunique())
    others = sorted((path for path in free if path != x), key=lambda path: -frame[path].nunique())
    if len(others) > 2 or any(frame[path].nunique() > MOST_LINES for path in others):
        return None
    return x, *[*others, None, None][:2]  # type: ignore[return-value]  # a line and a panel


def _dots(frame: pd.DataFrame, paths: tuple[str, ...]) -> tuple[list[str], str | None] | None:
    """Which values get a panel of dots (the first :data:`MOST_PANELS` that are numbers), and which one the color."""
    numeric = [path for path in paths if pd.api.types.is_numeric_dtype(frame[path]) and frame[path].nunique() > 1]
    words = [path for path in paths if path not in numeric and 1 < frame[path].nunique() <= MOST_LINES]
    return (numeric[:MOST_PANELS], words[0] if words else None) if numeric else None


def _tied(frame: pd.DataFrame, path: str, other: str) -> bool:
    """Whether two values always move together, up or down: one axis is then enough for both."""
    pairs = frame[[path, other]].drop_duplicates()
    if not len(pairs) == frame[path].nunique() == frame[other].nunique() > 1:
        return False
    if not all(pd.api.types.is_numeric_dtype(frame[name]) for name in (path, other)):
        return True
    steps = pairs.sort_values(path)[other].diff().dropna()
    return bool((steps > 0).all() or (steps < 0).all())


def _with_tied(frame: pd.DataFrame, paths: tuple[str, ...], path: str, names: dict[str, str]) -> pd.Series[Any]:
    """The values of a path as words, with those of the paths that move together with it."""
    others = [other for other in paths if other != path and _tied(frame, path, other)]
    if not others:
        return frame[path]
    return frame.apply(
        lambda row: ", ".join([_tidy(row[path]), *(f"{names[other]} {_tidy(row[other])}" for other in others)]), axis=1
    )


def _tidy(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def sweep_page(
    study: Study, swept: SweepRun, answer: AnswerMeasure, frame: pd.DataFrame, drawn: Sequence[Graphic]
) -> Page:
    """Many designs side by side."""
    from trialsim.scenario.sweep import shown
    from trialsim.sweep.tables import burdens, currency

    taken = [name for name in burdens(frame) if frame[name].notna().any()]
    labels = {"staff_hours": "hours of staff", "cost": f"cost [{currency(swept)}]"}
    rows: list[tuple[str | TableCell, ...]] = []
    for row, cell in zip(frame.to_dict("records"), swept.cells, strict=True):
        values = [shown(cell.point[path]) if path in cell.point else "" for path in swept.paths]
        mark = "bad" if row["too_often"] else "far" if row["pareto"] else ""
        sign = "!" if row["too_often"] else "*" if row["pareto"] else "?" if row["pareto_open"] else ""
        numbers = [f"{row[name]:,.0f}" for name in taken]
        rows.append((f"{sign}{row['design_id']}", *values, TableCell(written(answer, row), mark=mark), *numbers))
    header = (
        "design",
        *names_of(swept.paths).values(),
        answer.measure.replace("_", " "),
        *(labels.get(x, x) for x in taken),
    )
    caption = "* no other design gives as much for less; ? undecided; ! rejects too often"
    numbers_at = tuple(range(1, len(header)))
    what = f"{len(swept.cells):,} designs, {swept.replicates:,} simulated trials of each."
    table = DataTable(caption, header, tuple(rows), numbers_at)
    return study_page(
        "designs side by side",
        what,
        study,
        named_lines(swept, answer, frame),
        [PageSection("Designs", (*drawn, table))],
    )
