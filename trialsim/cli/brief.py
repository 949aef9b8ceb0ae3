"""A result in five lines and one table that fits a terminal of 80 columns."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from trialsim.cli.console import stdout
from trialsim.cli.text import print_answer, print_rows, print_text, style_of
from trialsim.quantities.counts import counted
from trialsim.report.digits import SIGN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trialsim.api.finished import Run
    from trialsim.evaluate.characteristics import OperatingCharacteristics
    from trialsim.prepared import Study
    from trialsim.report.progression import ProgressionRow


def print_run(made: Run, *, figures: bool, everything: bool) -> None:
    """Five lines and a compact table, or everything; quietly the answer alone."""
    from trialsim.cli.tables import print_measures
    from trialsim.report.opinions import opinion_line
    from trialsim.report.progression import lines_of, progression_rows

    folder, result = made.folder, made.characteristics
    page = folder / "report.html"
    lines = lines_of(
        made, where=f"Read {page} first; all numbers are in {folder}." if figures else f"All numbers are in {folder}."
    )
    if not print_answer(lines):
        return
    stdout.print()
    if made.study.scenario.progression:
        print_progression(progression_rows(made.study.scenario, result))
        stdout.print()
    if not everything:
        print_table(result)
        print_tipping(result)
        return
    print_measures(result)
    print_tipping(result)
    if made.study.looks is not None:
        print_looks(made.study, result)
    opinion = opinion_line(made.study, result)
    if opinion is not None:
        stdout.print()
        print_text(opinion)


def print_tipping(result: OperatingCharacteristics) -> None:
    """How the answer changes with what is added to imputed values, where an analysis has several deltas."""
    from trialsim.report.tipping import EXPLAINED, HEADER, tipped, tipping_rows

    rows = tipping_rows(result)
    if not rows:
        return
    first, *numbers = HEADER
    stdout.print()
    print_rows(
        (first, *(f">{name}" for name in numbers)),
        [(row.name, row.power, row.of_first, row.estimate) for row in rows],
        styles=[style_of(primary=row.head, bad=False) for row in rows],
    )
    stdout.print()
    for text in (*tipped(result), EXPLAINED):
        print_text(text)


def print_looks(study: Study, result: OperatingCharacteristics) -> None:
    """At which look trials stop and why, what they take until then, and what the estimates are worth."""
    from trialsim.report.looks import stop_header, stop_overall, stop_rows, stop_texts

    stdout.print()
    print_rows(stop_header(study), stop_rows(study, result), wide=True)
    stdout.print()
    print_rows(("until the stop", ">mean", ">without effects"), stop_overall(result), wide=True)
    stdout.print()
    for text in stop_texts(study, result):
        print_text(text)


def lines_for_scripts(made: Run) -> list[dict[str, object]]:
    """The answer, its level, what limits it and what the trial takes; ``bad`` where a number is not to be trusted."""
    from trialsim.report.progression import lines_of

    return [asdict(line) for line in lines_of(made, where="")[:-1]]


def print_progression(rows: Sequence[ProgressionRow]) -> None:
    """The progression criteria of a pilot, and the chance of each verdict."""
    print_rows(
        ("criterion", ">go / stop at", ">mean", ">go", ">amend", ">stop"),
        [(row.name, row.short, row.value, row.go, row.amend, row.stop) for row in rows],
    )


def print_table(result: OperatingCharacteristics) -> None:
    """The compact table, what its numbers are, and how many rows there are beside it."""
    from trialsim.report.brief import table_rows

    rows, hidden = table_rows(result)
    print_rows(
        ("analysis", ">power", ">without effects", "level"),
        [(row.name, row.power, row.without_effects, row.verdict) for row in rows],
        styles=[style_of(primary=row.primary, bad=row.bad) for row in rows],
    )
    margins = (
        " Rows with a margin: rejections where the margin is true." if any(r.margins for r in result.kept.rows) else ""
    )
    more = f" {counted(hidden, 'more row')} with --all." if hidden else ""
    stdout.print()
    print_text(f"{counted(result.replicates, 'simulated trial')}, seed {result.seed}. {SIGN}{margins}{more}")
