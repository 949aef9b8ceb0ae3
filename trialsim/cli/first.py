"""The note before the first simulation on a machine."""

from __future__ import annotations

from trialsim.cli.console import say


def say_if_first() -> None:
    """A word to the user when the engine has yet to be compiled."""
    from trialsim.engine import is_compiled

    if not is_compiled():
        say("First use on this machine: compiling the engine, about 15 seconds. Later starts are quick.")
