"""A comparison as files: the table of differences, figures, and a page that tells what was changed and what came of it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialsim.compare import Comparison, Difference
from trialsim.compare.sides import Side
from trialsim.compare.wording import headline
from trialsim.evaluate.columns import FAMILY
from trialsim.evaluate.summaries import TRIAL
from trialsim.report.digits import percent
from trialsim.report.page import TRIAL_MEASURES, embedded, pages
from trialsim.report.words import significant
from trialsim.runs.answers import Owner, finished, taken

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CSV, PAGE, RECORD = "comparison.csv", "compare.html", "compare.json"

#: Measures of an analysis that are shown, and what they are called.
ANALYSIS_MEASURES = {
    "power": ("power", "share"),
    "power_low": ("power, at least", "share"),
    "power_high": ("power, at most", "share"),
    "rejection_null_twin": ("null twin rejects", "share"),
    "mean_estimate": ("mean estimate", "number"),
    "empirical_se": ("SE of the estimate", "number"),
    "interval_width": ("width of the interval", "number"),
}

#: Measures that the first look shows.
FIRST = (
    "power",
    "power_low",
    "power_high",
    "target_reached_in_time",
    "trial_days",
    "missed_share",
    "study_hours",
    "use_share",
)


@dataclass(frozen=True)
class Line:
    """A row of the table as text."""

    what: str
    of: str
    a: str
    b: str
    difference: str
    mcse: str
    unpaired: str
    saved: str
    primary: bool
    clear: bool  # the interval of the difference leaves out 0


def lines(found: Comparison, label: str, *, first: bool = False) -> list[Line]:
    """The rows for one design as text; only the most important ones for a ``first`` look."""
    primary = found.sides[0].study.scenario.primary
    shown = []
    for row in found.rows:
        if row.scenario != label or (first and not _at_first(row, primary)):
            continue
        known = _known(row)
        if known is not None:
            shown.append(_line(row, *known, primary=row.analysis in primary))
    return shown


def _at_first(row: Difference, primary: Sequence[str]) -> bool:
    cost = row.measure.startswith("cost_") and not row.contrast
    return (row.analysis == TRIAL and (row.measure in FIRST or cost)) or (
        row.measure in FIRST and row.analysis in (*primary, FAMILY)
    )


def _known(row: Difference) -> tuple[str, str] | None:
    """What a row is called and how its values are written; None for rows that only the CSV file has."""
    if row.analysis != TRIAL:
        return ANALYSIS_MEASURES.get(row.measure)
    if row.measure.startswith("cost_"):
        return f"Cost [{row.measure.removeprefix('cost_')}]", "number"
    extra = {"use_share": ("Staff in use", "share")}
    return extra.get(row.measure) or TRIAL_MEASURES.get(row.measure)


def _line(row: Difference, what: str, kind: str, *, primary: bool) -> Line:
    def value(number: float) -> str:
        return percent(number) if kind == "share" else significant(number, 4)

    def gap(number: float, digits: str) -> str:
        if not math.isfinite(number):
            return ""
        number = 100 * number if kind == "share" else number
        return signed(number, digits if abs(number) < 1000 else digits[0].replace(".", "") + ",.0f")

    saved = "" if math.isnan(row.saved) else f"{round(100 * row.saved)} %"
    of = row.contrast if row.analysis == TRIAL else f"{row.analysis}: {row.contrast}"
    difference = "0" if row.difference == 0 else gap(_rounded(row.difference, row.mcse), "+.3g")
    return Line(
        what, of, value(row.a), value(row.b), difference, gap(row.mcse, ".2g"), gap(row.mcse_unpaired, ".2g"), saved,
        primary, row.conf_low > 0 or row.conf_high < 0,
    )  # fmt: skip


def _rounded(value: float, error: float) -> float:
    """A value to the second digit of its error."""
    if not (error > 0 and math.isfinite(error)):
        return value
    return round(value, max(-math.floor(math.log10(error)) + 1, 0))


def headlines(found: Comparison) -> list[tuple[str, tuple[str, ...]]]:
    """For each design but the first: what it is in a sentence, and its changes one by one where there are several."""
    told = []
    for side in found.sides[1:]:
        said = found.changes[side.label]
        told.append((headline(found.sides[0], side, said), said if len(said) > 1 else ()))
    return told


def answer(found: Comparison) -> list[str]:
    """A sentence for each design: how the power of the primary analysis differs, and whether that is beyond chance.

    Of several primary analyses it is the power that at least one of them finds something, and that all do.
    """
    primary = found.sides[0].study.scenario.primary
    told = []
    for side in found.sides[1:]:
        rows = [row for row in found.rows if row.scenario == side.label and row.measure == "power"]
        family = [row for row in rows if row.analysis == FAMILY]
        told_of = family or [row for row in rows if row.analysis in primary][:1]
        if not told_of:
            told.append(f"{side.label} has no power in common with {found.sides[0].label} that could be compared.")
            continue
        told.append(" ".join(_power_answer(found, side.label, row) for row in told_of))
    return told


def _power_answer(found: Comparison, label: str, row: Difference) -> str:
    base = found.sides[0].label
    points, error = 100 * row.difference, 100 * row.mcse
    which = {"any": "at least one primary analysis", "all": "all primary analyses together"}
    what = f"The power of {which[row.contrast] if row.analysis == FAMILY else f'{row.analysis} ({row.contrast})'}"
    if row.difference == 0 and row.mcse == 0:
        return f"{what} is the same in {label} as in {base}: {percent(row.a)}."
    if row.conf_low > 0 or row.conf_high < 0:
        word = "higher" if points > 0 else "lower"
        return (
            f"{what} is {abs(points):.1f} percentage points {word} in {label} ({percent(row.b)}) than in {base} "
            f"({percent(row.a)}), with a Monte Carlo standard error of {error:.2g}."
        )
    return (
        f"{what} is {percent(row.b)} in {label} and {percent(row.a)} in {base}: the difference of {signed(points, '+.1f')} "
        f"percentage points lies within Monte Carlo error ({signed(100 * row.conf_low, '.1f')} to "
        f"{signed(100 * row.conf_high, '.1f')})."
    )


def signed(number: float, digits: str) -> str:
    """A number with a real minus sign, and never a negative zero.

    >>> signed(-0.04, "+.1f"), signed(1.25, "+.2f")
    ('+0.0', '+1.25')
    """
    text = f"{number:{digits}}"
    if float(text.replace(",", "")) == 0.0:
        text = f"{0.0:{digits}}"
    return text.replace("-", "\N{MINUS SIGN}")


def alone(found: Comparison) -> list[str]:
    """What only one design has, one line each design."""
    told = []
    for label in dict.fromkeys(label for label, _ in found.alone):
        names = list(dict.fromkeys(name for where, name in found.alone if where == label))
        more = f" and {len(names) - 8} more" if len(names) > 8 else ""
        told.append(f"Only in {label}, so not compared: {', '.join(names[:8])}{more}.")
    return told


# ---------------------------------------------------------------- files


@dataclass(frozen=True)
class Picture:
    """A figure with its file name, its heading and what it shows."""

    name: str
    heading: str
    text: str
    figure: Figure


def pictures(found: Comparison) -> Iterator[Picture]:
    """The figures of a comparison that have something to show."""
    from trialsim.compare import frames
    from trialsim.plots import compare as plots

    names = {side.label: side.name for side in found.sides}
    seed = "different seeds" if found.seed is None else f"seed {found.seed}"
    note = f"{found.replicates:,} simulated trials of each design, {seed}."
    powers = frames.power_frame(found)
    if len(powers):
        yield Picture(
            "power", "Power, and how it differs",
            "Left: power of each design. Right: its difference from the baseline, whose interval is short because both "
            "designs were played with the same draws.",
            plots.share_comparison(
                powers, frames.difference_frame(found), names=names, note=f"{note} Dashed: 80 and 90 %. Bold: primary."
            ),
        )  # fmt: skip
    estimates = frames.estimate_frame(found)
    if len(estimates):
        yield Picture(
            "estimates", "Where the estimates fall", "The baseline is filled.",
            plots.estimate_comparison(estimates, names=names, note=note),
        )  # fmt: skip
    spreads = frames.spread_frame(found)
    if len(spreads):
        yield Picture(
            "trial", "How long it takes, and whom it needs", "Each bar is one design.",
            plots.trial_comparison(spreads, names=names, note=note),
        )  # fmt: skip
    shares, gaps = frames.share_frames(found)
    if len(shares):
        yield Picture(
            "shares", "Time limit, missed sessions, staff in use", "Means over the simulated trials.",
            plots.share_comparison(shares, gaps, names=names, xlabel="mean share", goals=(), note=note),
        )  # fmt: skip
    accrual = frames.accrual_frame(found)
    if len(accrual):
        yield Picture(
            "accrual", "How enrollment grows", "Designs that enroll alike lie on top of each other.",
            plots.accrual_comparison(accrual, names=names, note=note),
        )  # fmt: skip


def write_comparison(found: Comparison, folder: Path, *, figures: bool = True) -> tuple[Path, ...]:
    """Write the table, and with ``figures`` the figures and the page, into ``folder``.

    Raises
    ------
    RunError
        as :func:`trialsim.runs.answers.taken`
    """
    from trialsim.plots.style import save
    from trialsim.runs.files import whole_file, write_text

    mine = owner(found.sides, found.seed)
    with taken(folder, mine):
        made = [folder / CSV]
        with whole_file(made[0]) as temporary:
            found.frame().to_csv(temporary, index=False, lineterminator="\n")
        if figures:
            drawn = []
            for picture in pictures(found):
                (folder / "figures").mkdir(exist_ok=True)
                files = save(picture.figure, folder / "figures", picture.name)
                made += files
                drawn.append((picture, files[0]))
            write_text(folder / PAGE, render(found, drawn))
            made.append(folder / PAGE)
        return (*made, finished(folder, mine, summary(found)))


def owner(sides: Sequence[Side], seed: int | None) -> Owner:
    """Whose the folder of a comparison is."""
    text = json.dumps([[side.identity for side in sides], seed])
    identity = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    return Owner("comparison", " and ".join(side.name for side in sides), RECORD, identity)


def summary(found: Comparison) -> dict[str, Any]:
    """The comparison for scripts; a number that is not there is null."""

    def plain(value: object) -> object:
        return None if isinstance(value, float) and not math.isfinite(value) else value

    return {
        "designs": [
            {"label": side.label, "scenario": side.name, "folder": str(side.folder) if side.folder else None}
            for side in found.sides
        ],
        "seed": found.seed,
        "replicates": found.replicates,
        "changes": {label: list(said) for label, said in found.changes.items()},
        "notes": list(found.notes),
        "only_in": [{"label": label, "what": name} for label, name in found.alone],
        "answer": answer(found),
        "differences": [
            {name: plain(getattr(row, name)) for name in Difference.__dataclass_fields__} for row in found.rows
        ],
    }


def render(found: Comparison, drawn: Sequence[tuple[Picture, Path]]) -> str:
    """The page as text, with every figure inside."""
    from trialsim.runs.manifest import versions

    told = headlines(found)
    context: dict[str, Any] = {
        "base": found.sides[0],
        "sides": found.sides,
        "replicates": f"{found.replicates:,}",
        "seed": found.seed,
        "told": [
            {"side": side, "headline": text, "changes": said, "answer": power, "lines": lines(found, side.label)}
            for side, (text, said), power in zip(found.sides[1:], told, answer(found), strict=True)
        ],
        "notes": (*found.notes, *alone(found)),
        "figures": [
            {
                "heading": picture.heading, "text": picture.text, "source": source, "width": width,
            }
            for picture, png in drawn
            for source, width in [embedded(png)]
        ],
        "versions": versions(),
    }  # fmt: skip
    return pages().get_template("compare.html").render(**context)
