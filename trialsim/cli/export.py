"""``trialsim export``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

import trialsim as ts
from trialsim.cli.console import print_json, stdout
from trialsim.cli.options import ScenarioFile, code_option, json_option, play_options, set_option
from trialsim.cli.parse import REPLICATE, WordChoice
from trialsim.cli.text import print_text

if TYPE_CHECKING:
    from trialsim.api.arguments import Engine

#: Formats, as :mod:`trialsim.export.formats.table` has them: help must not load that room.
FORMATS = (
    "csv",
    "xlsx",
    "spss",
    "stata",
    "sas",
    "redcap",
    "cdisc",
    "frictionless",
    "psychds",
    "scripts",
    "rocrate",
    "all",
)


class ScenarioOrRun(ScenarioFile):
    """A scenario, or the folder of a finished run."""

    name = "scenario or run"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The folder of a run, or the scenario file."""
        path = Path(str(value))
        return path if path.is_dir() else super().convert(value, param, ctx)


@click.command("export")
@click.argument("subject", type=ScenarioOrRun(), metavar="SCENARIO-OR-RUN")
@click.argument("formats", nargs=-1, required=True, type=WordChoice(*FORMATS), metavar="FORMAT...")
@click.option("--replicate", "-r", type=REPLICATE, default=0, show_default=True, help="Which simulated trial.")
@click.option("--out", "-o", type=click.Path(path_type=Path), help="Folder; export-NAME-REPLICATE by default.")
@click.option(
    "--allocation", is_flag=True, help="Write stratum and block of each participant too, which can unblind the trial."
)
@click.option("--truth", is_flag=True, help="Write also what nobody can know: values in every arm, and who responds.")
@set_option
@code_option
@play_options
@json_option
def command(
    subject: Path,
    formats: tuple[str, ...],
    replicate: int,
    out: Path | None,
    allocation: bool,
    truth: bool,
    changes: tuple[str, ...],
    allow_code: bool,
    seed: int | None,
    engine: Engine,
    workers: int | None,  # noqa: ARG001  # one trial needs one worker; the option is accepted everywhere
    as_json: bool,
) -> None:
    """Write one simulated trial for other programs, with labels, codes and reasons for missing values.

    A scenario is simulated, of a run one of its trials is simulated again. FORMAT is one or several of csv, xlsx, spss, stata,
    sas, redcap, cdisc, frictionless, psychds, scripts, rocrate, or all. Every file says that it is simulated.
    """
    made = ts.export(
        subject, *formats, out=out, replicate=replicate, set=changes, seed=seed, engine=engine, allocation=allocation,
        truth=truth, allow_code=allow_code,
    )  # fmt: skip
    if as_json:
        files = [str(path) for path, _ in made.files]
        print_json(
            {"scenario": made.trial.facts.name, "replicate": replicate, "folder": str(made.folder), "files": files}
        )
        return
    for path, _ in made.files:
        stdout.print(str(path), markup=False, soft_wrap=True)
    for line in made.lines():
        print_text(line)
