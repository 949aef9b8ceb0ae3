"""The size of a pilot on the screen, and for scripts."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from trialsim.cli.console import print_json, say, stdout
from trialsim.cli.text import print_answer, print_rows, print_text

if TYPE_CHECKING:
    from trialsim.api.find import PilotSizeResult


def print_pilot_size(made: PilotSizeResult, folder: Path | None, *, as_json: bool) -> None:
    """The size that all criteria need, and a row for each; exit code 4 if no criterion has a size."""
    from trialsim.report.brief import Line
    from trialsim.report.pilot_size import how, pilot_lines, pilot_rows

    sized = any(one.size is not None for one in made.found.criteria)
    if as_json:
        print_json(_summary(made, folder), exit_code=0 if sized else 4)
    else:
        look = [] if folder is None else [Line("Look", f"Read {folder / 'report.html'} first.")]
        if print_answer([*pilot_lines(made.found), *look]):
            stdout.print()
            rows = [(row[0], *row[4:]) for row in pilot_rows(made.found)]
            print_rows(("criterion", ">size", ">stops at go", ">goes at stop", ">by formula"), rows)
            stdout.print()
            print_text(how(made.found))
            say(f"{made.found.spent:,} simulated pilots in {made.seconds:.1f} s.")
    if not sized:
        raise SystemExit(4)


def _summary(made: PilotSizeResult, folder: Path | None) -> dict[str, object]:
    """The answer for scripts; a number that is not there is null."""
    found = made.found
    rows = made.frame().astype(object)
    rows = rows.where(rows.notna(), None)
    return {
        "scenario": made.study.scenario.name,
        "accepted": {"stops_at_go": found.accepted[0], "goes_at_stop": found.accepted[1]},
        "replicates": found.replicates,
        "criteria": [{key: _plain(value) for key, value in row.items()} for row in rows.to_dict("records")],
        "spent": found.spent,
        "seconds": round(made.seconds, 3),
        "answer": made.lines(),
        "folder": None if folder is None else str(folder),
    }


def _plain(value: object) -> object:
    return None if isinstance(value, float) and math.isnan(value) else value
