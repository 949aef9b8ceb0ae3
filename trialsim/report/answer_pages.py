"""The pages of what is asked besides a run: sizes, sweeps, tornados, assurances, comparisons, reproductions, fits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from trialsim.prepared import Study, warnings_of
from trialsim.report.assumed import assumptions
from trialsim.report.brief import Line
from trialsim.report.digits import SIGN
from trialsim.report.document import Block, Code, Drawing, Fold, Listing, Page, Section, Table, TableCell, Text, points
from trialsim.report.estimand_table import estimand_tables
from trialsim.report.run_page import assumed_effect, sealed_text
from trialsim.report.schedule import schedule

if TYPE_CHECKING:
    import pandas as pd

    from trialsim.assurance import Assurance
    from trialsim.compare import Comparison
    from trialsim.pilot import Fragment
    from trialsim.reproduce import Placement
    from trialsim.sizing import SizingResult
    from trialsim.sweep import AnswerMeasure, SweepRun
    from trialsim.sweep.tornado import Tornado

#: Names of lines that belong to the answer; the others stand below it.
FIRST = ("Answer", "Prior", "Curve", "Length", "Cost", "Level", "Pareto", "")

WHAT = "Everything on this page follows from assumptions; it is not the result of a study."


def _page(title: str, what: str, study: Study, lines: Sequence[Line], sections: Sequence[Section]) -> Page:
    """A page on a study: what is assumed and the answer, then ``sections``, then what every page ends with."""
    from trialsim.runs.versions import versions

    first = [line.text for line in lines if line.name in FIRST]
    rest = [line.text for line in lines if line.name not in (*FIRST, "Look")]
    more = [Section("What to know about these numbers", points(rest))] if rest else []
    return Page(
        title=f"{study.scenario.title}: {title}",
        what=f"{what} {WHAT}",
        answer=(assumed_effect(study), *first),
        sections=(*(one for one in sections if one.blocks), *more, *_of_study(study)),
        versions=versions(),
    )


def _of_study(study: Study) -> Iterator[Section]:
    """What every page says of a study."""
    doubts = warnings_of(study)
    if doubts:
        yield Section("What could go wrong", points(doubts))
    yield Section("Design", (schedule(study),))
    yield Section("What is estimated", tuple(estimand_tables(study)))
    yield Section("Assumptions and where they come from", tuple(assumptions(study.scenario)))
    again = Text(
        "Save the scenario below as study.yaml, install trialsim, and type the command at the end of this page."
    )
    yield Section("How to do it again", (again, Fold("The scenario", (Code(sealed_text(study)),))))


def size_page(study: Study, found: SizingResult, drawn: Sequence[Drawing]) -> Page:
    """How many participants, or which effect."""
    from trialsim.report.sizing import curve_heading, curve_rows, ignored, named_lines

    rows = tuple(tuple(row) for row in curve_rows(found, everything=True))
    table = Table("Every size that was simulated", curve_heading(found), rows, (0, 1, 2))
    reasons = ignored(study, found)
    why = (Fold(reasons[0].rstrip(":"), points([one.removeprefix("- ") for one in reasons[1:]])),) if reasons else ()
    short = Table("Around the answer", curve_heading(found), tuple(curve_rows(found, everything=False)), (0, 1, 2))
    what = {"effect": "the smallest effect that is found", "size": "how many participants"}[found.axis]
    sections = [Section("The curve", (*drawn, short, Fold(f"{len(rows)} points", (table,)), *why))]
    return _page(what, f"Search over {found.spent:,} simulated trials.", study, named_lines(study, found), sections)


def assurance_page(study: Study, found: Assurance, drawn: Sequence[Drawing]) -> Page:
    """The power averaged over what is uncertain."""
    from trialsim.report.assurance import named_lines

    beliefs = tuple((one.label, one.shown(one.number.value), f"{100 * moved:.0f} points")
                    for one, moved in zip(found.beliefs, found.average.influence, strict=True))  # fmt: skip
    header = ("uncertain number", "value of the design", "moves the power by (SD over the prior)")
    table = Table("What is uncertain", header, beliefs, (1, 2))
    what = f"Power averaged over priors, from {found.replicates:,} simulated trials."
    return _page("assurance", what, study, named_lines(found), [Section("What is uncertain", (*drawn, table))])


def tornado_page(study: Study, found: Tornado, drawn: Sequence[Drawing]) -> Page:
    """Which assumption moves the answer most."""
    from trialsim.report.assumed import in_words
    from trialsim.report.tornado import change, named_lines, share_at
    from trialsim.scenario.sweep import shown

    rows = tuple(
        (
            in_words(bar.assumption.path, study.scenario), shown(bar.assumption.value),
            TableCell(share_at(bar.low), f"at {shown(bar.assumption.low)}: {change(bar.low, share=True)}"),
            TableCell(share_at(bar.high), f"at {shown(bar.assumption.high)}: {change(bar.high, share=True)}"),
        )
        for bar in found.of("power")
    )  # fmt: skip
    header = ("assumption", "value", "power at its low end", "power at its high end")
    table = Table("Power at both ends of each plausible range; changes in percentage points", header, rows, (1, 2, 3))
    what = f"Every plausible range from end to end, {found.replicates:,} simulated trials at each."
    return _page("which assumption matters", what, study, named_lines(found), [Section("Assumptions", (*drawn, table))])


def sweep_page(
    study: Study, swept: SweepRun, answer: AnswerMeasure, frame: pd.DataFrame, drawn: Sequence[Drawing]
) -> Page:
    """Many designs side by side."""
    from trialsim.report.sweep import named_lines, names_of, written
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
    table = Table(caption, header, tuple(rows), numbers_at)
    return _page(
        "designs side by side", what, study, named_lines(swept, answer, frame), [Section("Designs", (*drawn, table))]
    )


def reproduction_page(study: Study, lines: Sequence[Line], placements: Sequence[Placement]) -> Page:
    """The published figures among the simulated ones."""
    from trialsim.report.reproduce import placement_rows

    groups: dict[str, list[tuple[str, ...]]] = {}
    for group, *cells in placement_rows(study, placements):
        groups.setdefault(group, []).append(tuple(cells))
    header = ("published", "simulated: median (95 % of trials)", "simulated trials")
    tables: list[Block] = [Table(group, header, tuple(rows)) for group, rows in groups.items()]
    tables.append(Text(f"Lie below: the share of simulated trials with a smaller value. {SIGN}", quiet=True))
    what = "A published study simulated again, and where what it reported falls among the simulated trials."
    return _page("against what was published", what, study, lines, [Section("Published and simulated", tuple(tables))])


def comparison_page(found: Comparison, drawn: Sequence[Drawing]) -> Page:
    """Designs side by side, each against the first."""
    from trialsim.report.compare import alone, answer, choice, headlines, too_often
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
            Section("Pictures", tuple(drawn)),
            Section("Number by number", (how, *tables)),
            *([Section("What to know about these numbers", points(notes))] if notes else []),
            *_of_study(base.study),
        ),
        versions=versions(),
    )  # fmt: skip


def _differences(found: Comparison, label: str) -> Block:
    from trialsim.report.compare_lines import lines

    rows = lines(found, label)
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
    table = Table(f"{label} against {base}", header, cells, tuple(range(1, 7)), strong)
    return Fold(f"{label} against {base}: {len(rows)} rows", (table,), printed=True)


def fit_page(name: str, fragment: Fragment, columns: Sequence[tuple[str, str]]) -> Page:
    """What was read of a pilot, and the scenario made from it."""
    from trialsim.runs.versions import versions

    outcomes = ", ".join(fragment.data.get("outcomes", {}))
    first = (
        f"The numbers of this scenario come from the pilot {name}; the design is only a start.",
        f"Fitted outcomes: {outcomes}. The prior of each number says how uncertain the pilot leaves it.",
        "Next: assurance averages the power over these priors; a power at the pilot's own effect would be too optimistic.",
    )
    read = (
        [Section("What each column was read as", (Table("Columns", ("column", "read as"), tuple(columns)),))]
        if columns
        else []
    )
    notes = [Section("What to know about these numbers", (Listing(fragment.notes),))] if fragment.notes else []
    return Page(
        title=f"A scenario from the pilot {name}",
        what="Numbers from a pilot, with what is uncertain about each.",
        answer=first,
        sections=(*read, *notes, Section("The scenario", (Code(fragment.text),))),
        versions=versions(),
    )
