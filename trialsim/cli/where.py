"""Options that say where a run is played."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import rich_click as click

Command = TypeVar("Command", bound=Callable[..., object])


def where_options(command: Command) -> Command:
    """``--executor processes`` and ``--cluster ADDRESS``."""
    for option in (
        click.option(
            "--cluster", metavar="ADDRESS", help="Play on a Dask cluster: the address of its scheduler, or `local` for one here."
        ),
        click.option(
            "--executor", type=click.Choice(["threads", "processes"]), default="threads", show_default=True,
            help="Play in threads or in processes of this machine; the results are the same.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


def in_words(executor: str, cluster: str | None) -> str:
    """What :func:`trialsim.runs.players.open_player` is to be told."""
    if cluster is None:
        return executor
    return "dask" if cluster == "local" else cluster
