"""Every fault of a command in one form, whoever found it: code, message, remedy, exit code."""

from __future__ import annotations

from typing import Any

import rich_click as click

from trialsim.errors import ScenarioError, TrialsimError


class CommandLineError(TrialsimError):
    """A command line that cannot be read."""

    exit_code = 2


class StoppedError(TrialsimError):
    """A command that was stopped."""

    exit_code = 4


def fault_of(error: click.ClickException) -> TrialsimError:
    """What click found, in our words."""
    from trialsim.cli.parse import NotReadable
    from trialsim.quantities.letters import harmless

    context = getattr(error, "ctx", None)
    help_of = f"`{context.command_path} --help`" if context is not None else "`trialsim --help`"
    lists = f"{help_of} lists what the command accepts."
    if isinstance(error, UnknownCommand):
        return CommandLineError(error.message, code="TS-U020", remedy=error.remedy)
    if isinstance(error, click.NoSuchOption):
        near = f"Did you mean '{error.possibilities[0]}'?" if error.possibilities else lists
        return CommandLineError(f"there is no option '{harmless(error.option_name)}'.", code="TS-U021", remedy=near)
    if isinstance(error, click.MissingParameter):
        return CommandLineError(f"{_named(error)} is missing.", code="TS-U023", remedy=lists)
    if isinstance(error, NotReadable):
        return CommandLineError(f"{_named(error)}: {error.message}", code="TS-U022", remedy=error.remedy or lists)
    if isinstance(error, click.BadParameter):
        return CommandLineError(f"{_named(error)}: {error.message}", code="TS-U022", remedy=lists)
    if isinstance(error, click.BadOptionUsage):
        return CommandLineError(f"{error.option_name} lacks its value.", code="TS-U023", remedy=lists)
    return CommandLineError(f"{error.message.rstrip('.')}.", code="TS-U024", remedy=lists)


class UnknownCommand(click.UsageError):
    """A command that does not exist, and the nearest that does."""

    def __init__(self, message: str, remedy: str, *, ctx: click.Context | None) -> None:
        super().__init__(message, ctx=ctx)
        self.remedy = remedy


def _named(error: click.BadParameter) -> str:
    """The option or argument as it is typed."""
    if error.param is None:
        return "a value"
    names = [*error.param.opts, *error.param.secondary_opts]
    return max(names, key=len) if isinstance(error.param, click.Option) else error.param.human_readable_name


def document(error: TrialsimError) -> dict[str, Any]:
    """The faults for scripts: each with code, message and remedy, those of a scenario with their place."""
    if isinstance(error, ScenarioError):
        return {"faults": [fault.as_data() for fault in error.faults]}
    return {"faults": [{"code": error.code, "message": error.message, "remedy": error.remedy}]}
