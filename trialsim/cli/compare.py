"""``trialsim compare``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

import trialsim as ts
from trialsim.cli.console import print_json, progress, say, stdout
from trialsim.cli.first import say_if_first
from trialsim.cli.grid import grouped
from trialsim.cli.options import (
    AnalysisName,
    PathValue,
    all_option,
    code_option,
    json_option,
    play_options,
    quiet_option,
    set_option,
)
from trialsim.cli.parse import REPLICATES
from trialsim.cli.text import print_answer, print_rows, print_text, style_of
from trialsim.quantities.counts import counted
from trialsim.report.digits import SIGN

if TYPE_CHECKING:
    from trialsim.api.arguments import Engine
    from trialsim.compare import Comparison
    from trialsim.report.compare_lines import ComparisonLine


#: What ``--analyses`` without a word means: every analysis of the same question.
SAME_QUESTION = ""


@click.command("compare")
@click.argument("designs", nargs=-1, metavar="A [B C...]")
@click.option("--analyses", "choices", multiple=True, type=AnalysisName(), is_flag=False, flag_value=SAME_QUESTION,
              metavar="[CHOICES]",
              help="Compare analyses of one scenario on the same trials: names of its analyses, or a file with further ones "
              "(analyses: as in a scenario), between commas; by default all that answer the primary question.")  # fmt: skip
@click.option("--with", "variants", multiple=True, type=PathValue(), metavar="PATH=VALUE",
              help="One more design: the first with this changed, e.g. `--with setting.resources.nurse.units=1`. "
              "May be given several times.")  # fmt: skip
@click.option("--replicates", "-r", type=REPLICATES, help="Simulated trials of each; the baseline's number by default.")
@click.option("--play", is_flag=True, help="Simulate finished folders again, so that all measures are paired.")
@click.option("--out", "-o", type=click.Path(path_type=Path), help="Output folder; outputs/compare-A-B by default.")
@click.option("--figures/--no-figures", default=True, show_default=True, help="Draw figures and write the page.")
@set_option
@play_options
@code_option
@all_option
@quiet_option
@json_option
def command(
    designs: tuple[str, ...],
    choices: tuple[str, ...],
    variants: tuple[str, ...],
    replicates: int | None,
    play: bool,
    out: Path | None,
    figures: bool,
    changes: tuple[str, ...],
    seed: int | None,
    engine: Engine,
    workers: int | None,
    allow_code: bool,
    everything: bool,
    as_json: bool,
) -> None:
    """Compare designs with the first of them, replicate by replicate under the same draws.

    Each is a scenario file, the name of a shipped scenario, or the folder of a finished run; or, with --with, the first
    design with one value changed. With --analyses, one scenario: its analyses are compared, on the same trials.
    """
    if not designs and len(choices) == 1:  # `compare --analyses mine.yaml` can mean nothing else
        designs, choices = choices, (SAME_QUESTION,)
    if not designs or designs == (SAME_QUESTION,):
        raise click.MissingParameter(param=click.Argument(["designs"], nargs=-1, metavar="A [B C...]"))
    if choices:
        from trialsim.cli.compare_analyses import compare_choices, see_that_it_is_one

        see_that_it_is_one(designs, with_=bool(variants), play=play)

        compare_choices(
            designs[0], choices, changes=changes, out=out, figures=figures, everything=everything, as_json=as_json,
            replicates=replicates, seed=seed, engine=engine, workers=workers, allow_code=allow_code,
        )  # fmt: skip
        return
    from trialsim.report.compare import summary

    names = dict.fromkeys(_stem(one) for one in (*designs, *variants))
    folder = out or Path("outputs") / f"compare-{'-'.join(names)}"
    with ExitStack() as bar:

        def started(total: int, stored: bool) -> Callable[[int], None]:
            if not stored:
                say_if_first()
            return bar.enter_context(progress(total, text="Reading" if stored else "Simulating", quiet=as_json))

        made = ts.compare(
            designs, variants=variants, set=changes, replicates=replicates, seed=seed, play=play,
            engine=engine, workers=workers, out=folder, figures=figures, started=started, allow_code=allow_code,
        )  # fmt: skip
    found, seconds = made.found, made.seconds
    if as_json:
        print_json({**summary(found), "seconds": round(seconds, 3), "folder": str(folder)})
        return
    _print(found, folder, figures=figures, everything=everything)
    say(f"{len(found.sides)} x {counted(found.replicates, 'simulated trial')} in {seconds:.1f} s.")


def _stem(design: str) -> str:
    """The name of a design as part of the name of a folder."""
    path = Path(design)
    name = design if "=" in design else path.name if path.is_dir() else path.stem
    return re.sub(r"[^\w.=-]+", "-", name).strip("-") or "design"


def _print(found: Comparison, folder: Path, *, figures: bool, everything: bool) -> None:
    from trialsim.report.brief import Line
    from trialsim.report.compare import named_lines
    from trialsim.report.compare_lines import lines

    page = f"Read {folder / 'compare.html'} first; all measures are" if figures else "All measures are"
    look = Line("Look", f"{page} in {folder / 'comparison.csv'}.")
    if not print_answer([*named_lines(found), look]):
        return
    base, hidden = found.sides[0].label, 0
    for side in found.sides[1:]:
        rows = lines(found, side.label, first=not everything)
        hidden += len(lines(found, side.label)) - len(rows)
        stdout.print()
        _table(base, side.label, rows, everything=everything)
    stdout.print()
    more = f" {counted(hidden, 'more row')} with --all." if hidden else ""
    print_text(f"Differences of shares are in percentage points. {SIGN}{more}")


def _table(base: str, label: str, rows: Sequence[ComparisonLine], *, everything: bool) -> None:
    """A measure a row, of both designs and their difference; and what pairing saves, with ``everything``."""
    made, looks = [], []
    order = dict.fromkeys((row.shown, row.what) for row in rows)
    for row in sorted(rows, key=lambda one: [*order].index((one.shown, one.what))):
        of = f" ({row.shown})" if row.shown else ""
        group = f"{row.what[0].upper()}{row.what[1:]}{of}"
        error = f" ± {row.mcse}" if row.mcse and row.mcse != "0" else ""
        pairing = (row.unpaired, row.saved) if everything else ()
        made.append((group, row.contrast, row.a, row.b, f"{row.difference}{error}", *pairing))
        looks.append(style_of(primary=row.primary, bad=row.bad_a or row.bad_b))
    cells, styles = grouped(made, looks)
    names = (
        "measure",
        f">{base}",
        f">{label}",
        f">{label} - {base}",
        *((">± if unpaired", ">saved") if everything else ()),
    )
    print_rows(names, cells, wide=True, styles=styles)
