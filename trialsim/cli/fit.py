"""``trialsim fit``."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from trialsim.cli.console import print_json, stderr
from trialsim.cli.options import json_option
from trialsim.cli.parse import NUMBER, Word, WordChoice
from trialsim.kinds.scales import SCALE
from trialsim.quantities.refuse import nearest

if TYPE_CHECKING:
    from trialsim.pilot import Fragment, Pilot
    from trialsim.pilot.data import PilotColumn

#: What pilot data and statistics end in.
DATA = (".csv", ".tsv", ".txt", ".xlsx", ".yaml", ".yml")

#: Letters a line of the plan may have.
WIDTH = 100


class PilotFile(Word):
    """A file of pilot data or statistics, or the name of a pilot that comes with trialsim."""

    name = "pilot"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The file; a file of this name goes before a shipped one."""
        path = Path(str(value))
        try:
            if path.is_dir():
                self.refuse(f"'{value}' is a folder; name the file in it.", "", param, ctx)
            if path.exists():
                return path
        except (OSError, ValueError) as refused:
            self.refuse(f"the file '{str(value)[:60]}' cannot be looked at: {refused}.", "", param, ctx)
        from trialsim.scenario.nearby import files_near
        from trialsim.scenario.shipped import shipped_data

        shipped = shipped_data()
        if str(value) not in shipped:
            near = nearest(str(value), [*files_near(value, DATA), *shipped])
            remedy = f"Did you mean '{near}'?" if near else "A pilot to try is shipped: trialsim fit pilot.csv."
            self.refuse(f"there is no file '{value}'.", remedy, param, ctx)
        return shipped[str(value)]


def _listed(_context: click.Context, _param: click.Parameter, value: Sequence[str]) -> tuple[str, ...]:
    """``--participant site,id`` and ``--participant site --participant id`` are the same."""
    return tuple(one.strip() for text in value for one in text.split(",") if one.strip())


@click.command("fit")
@click.argument("pilot", required=False, type=PilotFile())
@click.option("--given", multiple=True, metavar="'ARM: mean 5, sd 1, n 14'",
              help="Printed statistics in place of a file: of each arm, `baseline`, `correlation: r 0.6, n 28`, "
              "`missing: k 2, n 30`. Also median and iqr (3 to 6), or k of n.")  # fmt: skip
@click.option("--plan", "only_plan", is_flag=True, help="Show what each column is read as, and stop.")
@click.option("--participant", "--person", "participant", multiple=True, metavar="COLUMN[,COLUMN]", callback=_listed,
              help="The column of the participants, or several that name them together.")  # fmt: skip
@click.option("--arm", metavar="COLUMN", help="The column of the arms; none for one group.")
@click.option("--visit", metavar="COLUMN", help="The column of the visits, where a participant has several rows.")
@click.option("--outcome", "outcomes", multiple=True, metavar="COLUMN",
              help="An outcome, the first words of its columns, or NAME=COLUMN,COLUMN: a column for each visit.")  # fmt: skip
@click.option("--covariate", "covariates", multiple=True, metavar="COLUMN", help="A column that is not an outcome.")
@click.option("--ignore", "ignored", multiple=True, metavar="COLUMN", help="A column that is left out.")
@click.option("--primary", metavar="OUTCOME", help="The primary outcome; the first one by default.")
@click.option("--reference", metavar="ARM", help="The arm that others are compared with.")
@click.option("--baseline", metavar="VISIT", help="The visit before treatment, or its column; none if there is none.")
@click.option("--at", multiple=True, metavar="VISIT", help="Keep only this visit beside the baseline.")
@click.option("--scale", "scales", multiple=True, metavar="'OUTCOME=0..10 by 2'",
              help="The scores that an outcome can have (0..10 alone: all outcomes); OUTCOME=none without two ends.")  # fmt: skip
@click.option("--missing", multiple=True, metavar="CODES",
              help="Codes of missing values: 999, 'lost', COLUMN=99,999; none keeps every number.")  # fmt: skip
@click.option("--decimal", type=WordChoice(".", ","), help="The decimal mark, where the file does not make it clear.")
@click.option("--sheet", help="The sheet of a workbook.")
@click.option("--distribution", type=WordChoice(*SCALE),
              help="The distribution, in place of the one that the data suggest.")  # fmt: skip
@click.option("--unit", help="The unit of the outcome, e.g. nmol/L.")
@click.option("--null", type=NUMBER, metavar="NUMBER", help="What the mean of one group at one visit is compared with.")
@click.option(
    "--out",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the scenario here; to the screen by default.",
)
@json_option
def command(
    pilot: Path | None, given: tuple[str, ...], only_plan: bool, out: Path | None, as_json: bool, **choices: Any
) -> None:
    """Make a scenario from pilot data or from printed statistics, with a prior for each number.

    PILOT is a table (CSV, tab-separated text or .xlsx), a YAML file of statistics, or pilot.csv, which comes with trialsim.
    First it shows what each column is read as. What would change the study is asked and never guessed (exit code 3).
    """
    if (pilot is None) == (not given):
        raise click.UsageError("Give a file of pilot data, or printed statistics with --given.")
    from trialsim.pilot import Choices, fit_pilot, read_pilot
    from trialsim.pilot.statistics import fit_given

    if pilot is None or pilot.suffix.lower() in (".yaml", ".yml"):
        fragment = fit_given(pilot, given, Choices(**choices))
        _show(fragment, None, out, as_json=as_json)
        _page(fragment, out, "given" if pilot is None else pilot.stem, quiet=as_json)
        return

    data = read_pilot(pilot, Choices(**choices), tell=None if as_json else partial(_print_plan, pilot.name))
    if only_plan:
        if as_json:
            print_json(_plan(data))
        for one in data.questions:
            stderr.print(f"To be asked: {one.message} {one.answer}")
        return
    fragment = fit_pilot(data)
    _show(fragment, data, out, as_json=as_json)
    _page(fragment, out, pilot.stem, quiet=as_json)


def _print_plan(name: str, columns: Sequence[PilotColumn]) -> None:
    """What each column is read as, on stderr."""
    from trialsim.pilot.fragment import plan_lines

    for line in plan_lines(name, columns, WIDTH):
        stderr.print(line)


def _page(fragment: Fragment, out: Path | None, pilot: str, *, quiet: bool) -> None:
    """The page of what was read and made; where its folder holds something else, none."""
    from trialsim.api.begin import fit_written
    from trialsim.errors import RunError

    try:
        page = fit_written(fragment, pilot if out is None else out.stem, pilot)
    except RunError as refused:
        stderr.print(f"No page was written: {refused.message}", markup=False)
        return
    if not quiet:
        stderr.print(f"Read {page}: what was read, and what is uncertain.", markup=False)


def _plan(pilot: Pilot) -> dict[str, Any]:
    columns = [{"name": one.name, "role": one.role, "why": one.why} for one in pilot.columns]
    questions = [{"code": one.code, "message": one.message, "answer": one.answer} for one in pilot.questions]
    return {"columns": columns, "questions": questions, "notes": list(pilot.notes)}


def _show(fragment: Fragment, pilot: Pilot | None, out: Path | None, *, as_json: bool) -> None:
    """The scenario on stdout or in a file that does not exist yet; the notes on stderr."""
    if out is not None:
        from trialsim.api.begin import named
        from trialsim.errors import RunError
        from trialsim.quantities.letters import usable_name

        try:
            with out.open("x", encoding="utf-8", newline="\n") as file:
                file.write(named(fragment.text, usable_name(out.stem)))
        except FileExistsError:
            raise RunError(f"{out} exists and is kept.", code="TS-R001", remedy="Choose another name.") from None
        except OSError as error:
            raise RunError(
                f"{out} cannot be written: {error.strerror}.",
                code="TS-R003",
                remedy="Check the folder and your permissions.",
            ) from None
    if as_json:
        plan = {} if pilot is None else {"plan": _plan(pilot)}
        file_name = None if out is None else str(out)
        print_json({"scenario": fragment.data, **plan, "notes": list(fragment.notes), "file": file_name})
        return
    for note in fragment.notes:
        stderr.print("\n".join(textwrap.wrap(note, WIDTH, subsequent_indent="  ")))
    if out is None:
        click.echo(fragment.text, nl=False)
    else:
        stderr.print(f"Written to {out}. Next: trialsim check {out}, trialsim assurance {out}, trialsim size {out}")
