"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import rich_click as click

Command = TypeVar("Command", bound=Callable[..., object])


def scenario_argument(command: Command) -> Command:
    """The scenario file."""
    return click.argument("scenario", type=click.Path(exists=True, dir_okay=False, path_type=Path))(command)


def set_option(command: Command) -> Command:
    """``--set design.enroll=60``, as often as wanted."""
    return click.option(
        "--set", "changes", multiple=True, metavar="PATH=VALUE",
        help="Change a value of the scenario, e.g. `--set design.enroll=60`. May be given several times.",
    )(command)  # fmt: skip


def play_options(command: Command) -> Command:
    """Seed, engine and workers."""
    for option in (
        click.option("--workers", type=click.IntRange(min=1), help="Threads; one a core if not said."),
        click.option(
            "--engine", type=click.Choice(["fast", "simpy"]), default="fast", show_default=True,
            help="The compiled engine, or the SimPy reference (same results, much slower).",
        ),
        click.option("--seed", type=click.IntRange(min=0), help="Another seed than the scenario's."),
    ):  # fmt: skip
        command = option(command)
    return command


def json_option(command: Command) -> Command:
    """``--json``: one JSON document on stdout, nothing else."""
    return click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, for scripts.")(command)
