"""A comparison as files: the table of differences, figures, and a page that tells what was changed and what came of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialsim.analysis.labels import plain_words
from trialsim.compare import Comparison, Difference
from trialsim.compare.best import PowerRanking
from trialsim.compare.frames import labels_of_sides
from trialsim.compare.wording import headline
from trialsim.evaluate.columns import POWER, shown_row
from trialsim.evaluate.separation import Separation
from trialsim.evaluate.verdict import more_should
from trialsim.quantities.counts import counted
from trialsim.report.brief import Line
from trialsim.report.compare_lines import lines as comparison_lines
from trialsim.report.compare_lines import written_value
from trialsim.report.digits import percent, rounded
from trialsim.report.document import (
    Block,
    DataTable,
    Fold,
    Graphic,
    Page,
    PageSection,
    TableCell,
    Text,
    graphic,
    points,
    write_page,
)
from trialsim.report.page import TRIAL_MEASURES
from trialsim.report.run_page import assumed_effect
from trialsim.report.study_page import WHAT, of_study
from trialsim.report.words import join
from trialsim.runs.answers import finished, taken
from trialsim.runs.owners import of_comparison

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from trialsim.compare.play import UnsharedRow

CSV, PAGE, RECORD = "comparison.csv", "compare.html", "compare.json"


def headlines(found: Comparison) -> list[tuple[str, tuple[str, ...]]]:
    """For each design but the first: what it is in a sentence, and its changes one by one where there are several."""
    pairs = []
    for side in found.sides[1:]:
        changes = found.changes[side.label]
        pairs.append((headline(found.sides[0], side, changes), changes if len(changes) > 1 else ()))
    return pairs


def answer(found: Comparison) -> list[str]:
    """A sentence for each design: how the power of the primary analysis differs, and whether that is beyond chance.

    Of several primary analyses it is the power that at least one of them finds something, and that all do.
    """
    sentences = []
    for index, side in enumerate(found.sides[1:]):
        parts = []
        for contest in found.contests:
            here = [one for one in found.rows if (one.scenario, one.analysis, one.contrast)
                    == (side.label, contest.analysis, contest.contrast) and one.measure.startswith(POWER)]  # fmt: skip
            if here:
                row = next((one for one in here if one.measure == POWER), None)
                parts.append(_power_answer(found, side.label, contest, contest.from_first[index], row))
        none = f"{side.label} has no power in common with {found.sides[0].label} that could be compared."
        sentences.append(" ".join(parts) or none)
    return sentences


def _which(found: Comparison, contest: PowerRanking) -> str:
    return shown_row(labels_of_sides(found), contest.analysis, contest.contrast)


def _power_answer(
    found: Comparison, label: str, contest: PowerRanking, apart: Separation, row: Difference | None
) -> str:
    base = found.sides[0].label
    what = f"The power of {_which(found, contest)}"
    if row is None:
        return f"{what} is not compared: too many trials of {base} or {label} could not be analyzed."
    a, b = (written_value(row, value, "share") for value in (row.a, row.b))
    labels = [side.label for side in found.sides]
    bad = [name for name in (base, label) if (one := contest.verdicts[labels.index(name)]) and one.too_often]
    if bad:
        times = [one.words for name in bad if (one := contest.verdicts[labels.index(name)])]
        each = join([f"{name} {words}" for name, words in zip(bad, times, strict=True)])
        return f"{what} cannot be compared: without effects, {each}. It rejects in {b} in {label} and in {a} in {base}."
    if row.difference == 0 and row.mcse == 0:
        return f"{what} is the same in {label} as in {base}: {a}."
    error = rounded(100 * row.mcse, 100 * row.mcse) if row.mcse > 0 else "0"
    if apart.clear:
        word = "higher" if row.difference > 0 else "lower"
        gap = rounded(abs(100 * row.difference), 100 * row.mcse) if row.mcse > 0 else percent(abs(row.difference))
        return (
            f"{what} is {gap} percentage points {word} in {label} ({b}) than in {base} ({a}), with a Monte Carlo standard "
            f"error of {error}."
        )
    return (
        f"{what} is {b} in {label} and {a} in {base}: undecided{more_should(apart.more)}. The 95 % interval of the "
        f"difference is {signed(100 * row.conf_low, '.1f')} to {signed(100 * row.conf_high, '.1f')} percentage points."
    )


def choice(found: Comparison) -> list[str]:
    """Of three designs and more, which has the most power, or that this is undecided."""
    labels = [side.label for side in found.sides]
    sentences = []
    for contest in found.contests if len(labels) > 2 else ():
        best = contest.best
        out = [name for name, verdict in zip(labels, contest.verdicts, strict=True) if verdict and verdict.too_often]
        left = (
            f" {join(out)} {'is' if len(out) == 1 else 'are'} left out: the test rejects too often there."
            if out
            else ""
        )
        what = f"the power of {_which(found, contest)}"
        if best is None:
            sentences.append(f"{what[0].upper()}{what[1:]} has no best design.{left}")
        elif best.clear:
            sentences.append(
                f"{what[0].upper()}{what[1:]} is highest in {labels[best.index]}, clearly above each other design.{left}"
            )
        else:
            near = join([labels[i] for i in sorted([best.index, *best.rivals])])
            sentences.append(f"In which design {what} is highest is undecided: {near}{more_should(best.more)}.{left}")
    return sentences


def signed(number: float, digits: str) -> str:
    """A number with a real minus sign, and never a negative zero.

    >>> signed(-0.04, "+.1f"), signed(1.25, "+.2f")
    ('+0.0', '+1.25')
    """
    text = f"{number:{digits}}"
    if float(text.replace(",", "")) == 0.0:
        text = f"{0.0:{digits}}"
    return text.replace("-", "\N{MINUS SIGN}")


def named_lines(found: Comparison) -> list[Line]:
    """What the designs differ in, first; then what each design is, and what to be careful about."""
    first, *more = [*choice(found), *answer(found)]
    lines = [Line("Answer", first), *(Line("", text) for text in more)]
    lines += [Line(found.sides[0].label, f"{found.sides[0].name} (the baseline).")]
    for side, (text, changes) in zip(found.sides[1:], headlines(found), strict=True):
        varied = side.name.startswith(f"{found.sides[0].name}, ")
        lines.append(Line(side.label, text if varied else f"{side.name}. {text}"))
        lines += [Line("", f"- {change}") for change in changes]
    lines += [Line("Level", text, bad=True) for text in too_often(found)]
    return [*lines, *(Line("Note", text) for text in (*found.notes, *alone(found)))]


def too_often(found: Comparison) -> list[str]:
    """Which other tests reject too often in which designs; what the answers are about, they say themselves."""
    asked = {(one.analysis, one.contrast) for one in found.contests}
    places = dict.fromkeys((row.analysis, row.contrast) for row in found.rows if row.measure.startswith(POWER))
    named = []
    for analysis, contrast in places:
        bad = [one.label for one in found.sides if found.too_often(one.label, analysis=analysis, contrast=contrast)]
        if bad and (analysis, contrast) not in asked:
            named.append(f"{shown_row(labels_of_sides(found), analysis, contrast)} in {join(bad)}")
    if not named:
        return []
    return [f"Not a power, because the test rejects too often without effects: {'; '.join(named)}."]


def alone(found: Comparison) -> list[str]:
    """What only one design has, one line each design."""
    sentences = []
    labels = labels_of_sides(found)
    for label in dict.fromkeys(row.label for row in found.alone):
        names = list(dict.fromkeys(_shown_alone(row, labels) for row in found.alone if row.label == label))
        more = f" and {len(names) - 8} more" if len(names) > 8 else ""
        sentences.append(f"Only in {label}, so not compared: {', '.join(names[:8])}{more}.")
    return sentences


def _shown_alone(row: UnsharedRow, labels: Mapping[str, str]) -> str:
    """An analysis as people call it, or a measure of the trial."""
    if not row.measure:
        return shown_row(labels, row.analysis, row.contrast)
    words = TRIAL_MEASURES[row.measure][0] if row.measure in TRIAL_MEASURES else plain_words(row.measure)
    return f"{words[0].lower()}{words[1:]}{f' ({row.contrast})' if row.contrast else ''}"


# ---------------------------------------------------------------- files


@dataclass(frozen=True)
class ComparisonPicture:
    """A figure with its file name, its heading and what it shows."""

    name: str
    heading: str
    text: str
    figure: Figure


def pictures(found: Comparison) -> Iterator[ComparisonPicture]:
    """The figures of a comparison that have something to show."""
    from trialsim.compare import frames
    from trialsim.figures import compare as plots

    names = {side.label: side.name for side in found.sides}
    seed = "different seeds" if found.seed is None else f"seed {found.seed}"
    note = f"{counted(found.replicates, 'simulated trial')} of each design, {seed}."
    powers = frames.power_frame(found)
    if len(powers):
        yield ComparisonPicture(
            "power", "Power, and how it differs",
            "Left: power of each design. Right: its difference from the baseline, whose interval is short because both "
            "designs were simulated with the same draws.",
            plots.share_comparison(
                powers, frames.difference_frame(found), names=names, note=f"{note} Dashed: 80 and 90 %."
            ),
        )  # fmt: skip
    estimates = frames.estimate_frame(found)
    if len(estimates):
        yield ComparisonPicture(
            "estimates", "Where the estimates fall", "The baseline is filled.",
            plots.estimate_comparison(estimates, names=names, note=note),
        )  # fmt: skip
    spreads = frames.spread_frame(found)
    if len(spreads):
        yield ComparisonPicture(
            "trial", "How long it takes, and whom it needs", "Each bar is one design.",
            plots.trial_comparison(spreads, names=names, note=note),
        )  # fmt: skip
    shares, gaps = frames.share_frames(found)
    if len(shares):
        heading = join(list(dict.fromkeys(str(row).partition(":")[0] for row in shares["row"])))
        yield ComparisonPicture(
            "shares", heading[0].upper() + heading[1:], "Means over the simulated trials.",
            plots.share_comparison(shares, gaps, names=names, xlabel="mean share", goals=(), note=note),
        )  # fmt: skip
    accrual = frames.accrual_frame(found)
    if len(accrual):
        yield ComparisonPicture(
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
    from trialsim.figures.style import save
    from trialsim.runs.files import whole_file

    sides = found.sides
    mine = of_comparison([side.name for side in sides], [side.identity for side in sides], found.seed)
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
                drawn.append(graphic(picture.heading, picture.text, files[1]))
            made.append(write_page(comparison_page(found, drawn), folder / PAGE))
        return (*made, finished(folder, mine, summary(found)))


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
        "changes": {label: list(changes) for label, changes in found.changes.items()},
        "notes": list(found.notes),
        "only_in": [{"label": row.label, "what": row.name} for row in found.alone],
        "answer": answer(found),
        "choice": choice(found),
        "contests": [asdict(one) for one in found.contests],
        "differences": [
            {name: plain(getattr(row, name)) for name in Difference.__dataclass_fields__} for row in found.rows
        ],
    }


def comparison_page(found: Comparison, drawn: Sequence[Graphic]) -> Page:
    """Designs side by side, each against the first."""
    from trialsim.runs.versions import versions

    base = found.sides[0]
    sentences: list[str] = []
    for (text, changes), power in zip(headlines(found), answer(found), strict=True):
        sentences.append(f"{text}{' ' + '; '.join(changes) + '.' if changes else ''} {power}")
    notes = (*too_often(found), *found.notes, *alone(found))
    seed = "" if found.seed is None else f", all under seed {found.seed} with the same draws"
    names = "; ".join(f"{one.label} is {one.name}" for one in found.sides)
    tables = [_differences(found, label) for label in (one.label for one in found.sides[1:])]
    how = Text(
        "Differences of shares are in percentage points. SE is the Monte Carlo standard error of the difference; beside it is "
        "what it would have been with separate draws, and the share of the variance that the common draws saved. The 95 % "
        "interval of a difference in bold excludes 0. All measures are in comparison.csv."
    )
    return Page(
        title=f"{len(found.sides)} designs compared",
        what=f"{found.replicates:,} simulated trials of each{seed}. {names} ({base.label} is the baseline). {WHAT}",
        answer=(assumed_effect(base.study), *sentences, *choice(found)),
        sections=(
            PageSection("Pictures", tuple(drawn)),
            PageSection("Number by number", (how, *tables)),
            *([PageSection("What to know about these numbers", points(notes))] if notes else []),
            *of_study(base.study),
        ),
        versions=versions(),
    )  # fmt: skip


def _differences(found: Comparison, label: str) -> Block:
    rows = comparison_lines(found, label)
    cells = tuple(
        (
            TableCell(row.what, row.of), TableCell(row.a, mark="bad" if row.bad_a else ""),
            TableCell(row.b, mark="bad" if row.bad_b else ""), TableCell(row.difference, mark="far" if row.clear else ""),
            row.mcse, row.unpaired, row.saved,
        )
        for row in rows
    )  # fmt: skip
    base = found.sides[0].label
    header = ("measure", base, label, "difference", "SE", "SE if unpaired", "saved")
    strong = tuple(place for place, row in enumerate(rows) if row.primary)
    table = DataTable(f"{label} against {base}", header, cells, tuple(range(1, 7)), strong)
    return Fold(f"{label} against {base}: {counted(len(rows), 'row')}", (table,), printed=True)
