"""``trialsim compare --analyses``: several analyses of one study, on the same trials."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

import trialsim as ts
from trialsim.cli.console import print_json, progress, say, stdout
from trialsim.cli.first import say_if_first
from trialsim.cli.grid import grouped
from trialsim.cli.text import print_answer, print_rows, print_text, style_of
from trialsim.quantities.counts import counted
from trialsim.report.digits import SIGN

if TYPE_CHECKING:
    from trialsim.compare.choices import SharedQuestion
    from trialsim.compare.play_choices import AnalysisComparison
    from trialsim.report.choices_table import ChoiceLine


def compare_choices(
    design: str,
    choices: Sequence[str],
    *,
    changes: tuple[str, ...],
    out: Path | None,
    figures: bool,
    everything: bool,
    as_json: bool,
    **settings: Any,
) -> None:
    """Compare, print and write; ``settings`` are those of :func:`trialsim.compare_analyses`."""
    from trialsim.api.choices import choice_words
    from trialsim.report.choices import summary

    scenario = ts.load(design, set=changes)
    words = [word for text in choices for word in choice_words(text, scenario)]
    folder = out or Path("outputs") / f"compare-{scenario.name}-analyses"
    with ExitStack() as bar:

        def started(total: int) -> Callable[[int], None]:
            say_if_first()
            return bar.enter_context(progress(total, text="Simulating", quiet=as_json))

        made = ts.compare_analyses(scenario, words, out=folder, figures=figures, started=started, **settings)
    found = made.found
    if as_json:
        print_json({**summary(found), "seconds": round(made.seconds, 3), "folder": str(folder)})
        return
    _print(found, folder, figures=figures, everything=everything)
    trials = counted(found.result.replicates, "simulated trial")
    say(f"{trials}, the same for all analyses, in {made.seconds:.1f} s.")


def see_that_it_is_one(designs: Sequence[str], *, with_: bool, play: bool) -> None:
    """See that analyses are compared within one scenario: not among several designs, nor with an option that belongs to these."""
    given = [name for name, is_given in (("--with", with_), ("--play", play)) if is_given]
    if given:
        raise click.UsageError(
            f"{' and '.join(given)} is for designs: leave it out, or --analyses. --set changes values."
        )
    if len(designs) > 1:
        raise click.UsageError("--analyses compares analyses of one scenario: name one, and write --analyses after it.")


def _print(found: AnalysisComparison, folder: Path, *, figures: bool, everything: bool) -> None:
    from trialsim.report.brief import Line
    from trialsim.report.choices_words import named_lines

    page = (
        f"Read {folder / 'compare.html'} first; all numbers are in {folder}."
        if figures
        else f"All numbers are in {folder}."
    )
    if not print_answer([*named_lines(found), Line("Look", page)]):
        return
    for question in found.questions:
        _print_question(found, question, everything=everything)
    stdout.print()
    more = "" if everything else " Bias, widths of intervals and failures with --all."
    print_text(f"Differences of power are from the first row, in percentage points, of the same trials. {SIGN}{more}")


def _print_question(found: AnalysisComparison, question: SharedQuestion, *, everything: bool) -> None:
    """A row for each analysis, under what it estimates."""
    from trialsim.report.choices_table import lines, pair_rows

    rows = lines(found, question)
    stdout.print()
    first = (question.contrast, ">power", ">from first", ">without effects", "level", ">coverage")
    words = [row.verdict if everything else row.verdict.partition(";")[0] for row in rows]
    numbers = [(row.power, row.difference, row.level) for row in rows]
    covered = [row.coverage for row in rows]
    _table(first, rows, [(*three, word, one) for three, word, one in zip(numbers, words, covered, strict=True)])
    if not everything:
        return
    stdout.print()
    second = (question.contrast, ">truth", ">bias", ">interval width", ">failed")
    _table(second, rows, [(row.truth, row.bias, row.width, row.failed) for row in rows])
    pairs = pair_rows(found, question)
    if len(pairs) > 1:
        stdout.print()
        cells = [(later, earlier, gap) for earlier, later, gap, _ in pairs]
        print_rows((question.contrast, "against", ">power"), cells, wide=True)


def _table(header: Sequence[str], rows: Sequence[ChoiceLine], cells: Sequence[Sequence[str]]) -> None:
    looks = [style_of(primary=row.primary, bad=row.bad) for row in rows]
    made, styles = grouped(
        [(row.group, row.name, *more) for row, more in zip(rows, cells, strict=True)], looks, alone=True
    )
    print_rows(header, made, wide=True, styles=styles)
