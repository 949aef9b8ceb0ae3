"""``trialsim fit``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import rich_click as click

import trialsim as ts
from trialsim.cli.console import print_json, stderr
from trialsim.cli.options import json_option

if TYPE_CHECKING:
    from trialsim.api.describe import Fit


@click.command("fit")
@click.argument("pilot", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--given", multiple=True, metavar="'ARM: mean 5, sd 1, n 14'",
              help="Printed statistics in place of a file: of each arm, `baseline`, `correlation: r 0.6, n 28`, "
              "`missing: k 2, n 30`. Also median and iqr (3 to 6), or k of n.")  # fmt: skip
@click.option("--arm", help="The column of the arms.")
@click.option("--reference", help="The arm that others are compared with.")
@click.option("--baseline", help="The visit before treatment, or its column.")
@click.option(
    "--outcome", "outcomes", multiple=True, help="An outcome, or the first words of its columns; all if not said."
)
@click.option("--visit", help="The column of the visits (tidy files).")
@click.option("--person", help="The column of the participants.")
@click.option("--at", multiple=True, metavar="VISIT", help="Keep only this visit beside the baseline.")
@click.option("--distribution", type=click.Choice(["normal", "lognormal", "ordinal", "binary"]),
              help="In place of what the data suggest.")  # fmt: skip
@click.option("--unit", help="The unit of the outcome, e.g. nmol/L.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the scenario here; else to the screen."
)
@json_option
def command(
    pilot: Path | None,
    given: tuple[str, ...],
    arm: str | None,
    reference: str | None,
    baseline: str | None,
    outcomes: tuple[str, ...],
    visit: str | None,
    person: str | None,
    at: tuple[str, ...],
    distribution: Literal["normal", "lognormal", "ordinal", "binary"] | None,
    unit: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Make a scenario from pilot data (a CSV file) or from printed statistics, with a prior for each number."""
    if (pilot is None) == (not given):
        raise click.UsageError("Give a file of pilot data, or printed statistics with --given.")
    if distribution == "ordinal" and (pilot is None or pilot.suffix.lower() in (".yaml", ".yml")):
        raise click.UsageError("An ordinal outcome needs the data themselves.")
    found = ts.fit(
        pilot, given=given, arm=arm, reference=reference, baseline=baseline, outcomes=outcomes, visit=visit, person=person,
        at=at, distribution=distribution, unit=unit,
    )  # fmt: skip
    _show(found, out, as_json=as_json)


def _show(found: Fit, out: Path | None, *, as_json: bool) -> None:
    """The scenario on stdout or in a file that does not exist yet; the notes on stderr."""
    if out is not None:
        from trialsim.errors import RunError

        try:
            with out.open("x", encoding="utf-8", newline="\n") as file:
                file.write(found.text)
        except FileExistsError:
            raise RunError(f"{out} exists and is kept.", code="TS-R001", remedy="Choose another name.") from None
        except OSError as error:
            raise RunError(
                f"{out} cannot be written: {error.strerror}.", code="TS-R003", remedy="Check the folder."
            ) from None
    if as_json:
        print_json({"scenario": found.data, "notes": list(found.notes), "file": None if out is None else str(out)})
        return
    for note in found.notes:
        stderr.print(note, markup=False)
    if out is None:
        click.echo(found.text, nl=False)
    else:
        stderr.print(f"Written to {out}. Next: trialsim assurance {out}", markup=False)
