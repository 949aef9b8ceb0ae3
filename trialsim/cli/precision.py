"""What ``run --precision`` asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import rich_click as click

from trialsim.cli.parse import Word, number_in, remedy_for

Command = TypeVar("Command", bound=Callable[..., object])


class Precision(Word):
    """``0.5%`` for a share of trials, ``0.005`` or ``2`` for anything."""

    name = "precision"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The error, above 0."""
        text = str(value).strip()
        number = number_in(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        if not 0 < number < float("inf"):
            self.refuse(f"'{text}' is not a precision.", remedy_for(text, "0.5% or 0.005"), param, ctx)
        return number


def precision_options(command: Command) -> Command:
    """``--precision 0.5%`` and whose."""
    for option in (
        click.option(
            "--precision-of", metavar="WHAT",
            help="The measure that must be precise, as ANALYSIS[/CONTRAST][:MEASURE], e.g. `trial:trial_days`; by default "
            "the power of the primary analysis.",
        ),
        click.option(
            "--precision", type=Precision(), metavar="0.5%",
            help="Simulate until the Monte Carlo standard error is this small; `--replicates` is then the most trials.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command
