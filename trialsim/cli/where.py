"""Options for where a run is simulated."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import rich_click as click

from trialsim.cli.parse import ADDRESS, WordChoice

Command = TypeVar("Command", bound=Callable[..., object])


def where_options(command: Command) -> Command:
    """``--executor processes`` and ``--cluster ADDRESS``."""
    for option in (
        click.option(
            "--cluster", type=ADDRESS, metavar="ADDRESS",
            help="Simulate on a Dask cluster: the address of its scheduler, or `local` for one here.",
        ),
        click.option(
            "--executor", type=WordChoice("threads", "processes"), show_default="threads",
            help="Simulate in threads or in processes of this machine; the results are the same.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


def in_words(executor: str | None, cluster: str | None) -> str:
    """The executor for :func:`trialsim.runs.players.open_player`."""
    if executor is not None and cluster is not None:
        raise click.UsageError("--executor and --cluster are two places to simulate: choose one.")
    return executor or cluster or "threads"
