"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import rich_click as click

from trialsim.cli.parse import SEED, WORKERS, Word, WordChoice, completions

Command = TypeVar("Command", bound=Callable[..., object])


class ScenarioFile(Word):
    """A scenario file, or the name of a shipped scenario."""

    name = "scenario"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The file; a file of this name goes before a shipped scenario."""
        from trialsim.api.subjects import scenario_file
        from trialsim.errors import RunError

        try:
            return scenario_file(str(value))
        except RunError as refused:
            self.refuse(refused.message, refused.remedy, param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:  # noqa: ARG002  # click's signature
        """Scenario files, folders on the way, and shipped scenarios that begin so."""
        from trialsim.api.names import scenario_names

        return completions(scenario_names(incomplete), incomplete)


class AnalysisName(click.ParamType):  # type: ignore[type-arg]  # generic only from click 8.4 on
    """An analysis of the scenario, perhaps with a contrast: ``fear_during/music - control``."""

    name = "analysis"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:  # noqa: ARG002  # click's signature
        """The analyses that begin so."""
        from trialsim.api.names import analysis_names

        return completions(analysis_names(_scenario(ctx)), incomplete)


class PathValue(click.ParamType):  # type: ignore[type-arg]  # generic only from click 8.4 on
    """A place in the scenario and a value: ``design.enroll=60``."""

    name = "path=value"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:  # noqa: ARG002  # click's signature
        """The places one step on."""
        from trialsim.api.names import value_paths

        return completions(value_paths(_scenario(ctx), incomplete), incomplete)


def _scenario(ctx: click.Context) -> Path | None:
    """The scenario among the words typed so far; an option without its value yet keeps click from knowing which it is."""
    from trialsim.api.names import scenario_among

    return scenario_among(getattr(ctx.find_root().command, "called", ()))


class Folder(Word):
    """A folder that is there."""

    name = "folder"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The folder; if it does not exist, the nearest of those beside it and of the runs in ``outputs`` is proposed."""
        path = Path(str(value))
        try:
            there, is_folder = path.exists(), path.is_dir()
        except (OSError, ValueError) as refused:  # more letters than a name can have
            self.refuse(f"the folder '{str(path)[:60]}...' cannot be looked at: {refused}.", "", param, ctx)
        if not is_folder:
            from trialsim.api.subjects import near_folder

            what = f"'{path}' is a file, not a folder." if there else f"there is no folder '{path}'."
            self.refuse(what, near_folder(path) or "`trialsim runs` lists the runs in outputs.", param, ctx)
        return path


def scenario_name(path: Path) -> str:
    """A scenario as it is typed in a command: the name of a shipped one, or the path of the file."""
    from trialsim.api.subjects import shipped_name

    return shipped_name(path) or str(path)


def scenario_argument(command: Command) -> Command:
    """A scenario file, or the name of a shipped one."""
    return click.argument("scenario", type=ScenarioFile())(command)


def set_option(command: Command) -> Command:
    """``--set design.enroll=60``, as often as wanted."""
    return click.option(
        "--set", "-s", "changes", multiple=True, type=PathValue(), metavar="PATH=VALUE",
        help="Change a value of the scenario, e.g. `--set design.enroll=60`. May be given several times.",
    )(command)  # fmt: skip


#: Which files of figures a page may have beside it.
WITH_PAGE = ("page", "all", "print")


def figures_options(command: Command) -> Command:
    """``--figures`` and ``--no-figures``; what they say together is :func:`figures_asked`."""
    for option in (
        click.option("--no-figures", is_flag=True, help="The same as --figures none."),
        click.option(
            "--figures", type=WordChoice(*WITH_PAGE, "none"), is_flag=False, flag_value="all", default="all", show_default=True,
            help="The page alone, PNG and SVG too, those for a journal as well (PDF, SVG and 600 dpi PNG, 85 and 174 mm wide), "
            "or no page.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


def figures_asked(figures: str, no_figures: bool) -> Any:
    """The files of figures that are wanted beside a page; False without a page."""
    return figures in WITH_PAGE and not no_figures and figures


def play_options(command: Command) -> Command:
    """Seed, engine and workers."""
    for option in (
        click.option("--workers", "-w", type=WORKERS, help="Threads; by default one for each core."),
        click.option(
            "--engine", type=WordChoice("fast", "simpy"), default="fast", show_default=True,
            help="The compiled engine, or the SimPy reference (same results, much slower).",
        ),
        click.option("--seed", type=SEED, help="The seed; the scenario's by default."),
    ):  # fmt: skip
        command = option(command)
    return command


def code_option(command: Command) -> Command:
    """``--allow-code``: the study's own Python functions may run."""
    return click.option(
        "--allow-code", is_flag=True,
        help="Let Python functions of the study run (test: python). Read them first: they can do all that you can.",
    )(command)  # fmt: skip


def json_option(command: Command) -> Command:
    """``--json``: one JSON document on stdout, nothing else."""
    return click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, for scripts.")(command)


def all_option(command: Command) -> Command:
    """``--all``: every number on the terminal."""
    return click.option("--all", "-a", "everything", is_flag=True, help="Print every number, not only the first ones.")(
        command
    )


def quiet_option(command: Command) -> Command:
    """``--quiet``: the answer alone; no progress, no notes."""
    return click.option(
        "--quiet", "-q", is_flag=True, expose_value=False, callback=_remember,
        help="Print the answer alone: no progress, no notes.",
    )(command)  # fmt: skip


def _remember(context: click.Context, _param: click.Parameter, value: bool) -> None:
    from trialsim.cli.console import QUIET

    context.meta[QUIET] = value
