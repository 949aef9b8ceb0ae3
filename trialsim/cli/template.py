"""``trialsim template``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import rich_click as click

import trialsim as ts
from trialsim.cli.console import print_json, stdout
from trialsim.cli.options import json_option, scenario_argument, set_option
from trialsim.cli.parse import Word
from trialsim.cli.text import print_text


class Moment(Word):
    """A day, or a day and a time: ``2026-02-02`` or ``2026-02-02T09:00``."""

    name = "day"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The time; 9:00 of a day."""
        text = str(value).strip()
        try:
            found = datetime.fromisoformat(text).replace(tzinfo=None)
        except ValueError:
            self.refuse(f"'{text}' is not a day.", "Write it like this: 2026-02-02, or 2026-02-02T09:00.", param, ctx)
        return found.replace(hour=9) if len(text) <= 10 else found


@click.command("template")
@scenario_argument
@click.option("--out", "-o", type=click.Path(path_type=Path), help="Folder; template-NAME by default.")
@click.option(
    "--enrolled",
    type=Moment(),
    metavar="DAY",
    help="When the calendar's participant is enrolled; the first day by default.",
)
@set_option
@json_option
def command(
    scenario: Path, out: Path | None, enrolled: datetime | None, changes: tuple[str, ...], as_json: bool
) -> None:
    """Write an empty set to collect the data of a study.

    A data dictionary, what builds an empty REDCap project, a visit calendar, a staffing plan, and a randomization list. The list
    is drawn anew from the entropy of this computer, never from a seed; only you can read its file.
    """
    made = ts.template(scenario, out, set=changes, enrolled=enrolled)
    if as_json:
        files = [str(path) for path in made.made.files]
        print_json(
            {"folder": str(made.folder), "files": files, "sha256": made.made.sha256, "no_list": made.made.no_list}
        )
        return
    for path in made.made.files:
        stdout.print(str(path), markup=False, soft_wrap=True)
    for line in made.lines():
        print_text(line)
