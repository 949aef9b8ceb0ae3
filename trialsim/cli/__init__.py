"""The command line. ``trialsim --help`` answers at once: a command is imported only when it is called."""

from __future__ import annotations

import io
import os
import shlex
import sys
import threading
import time
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

import rich_click as click

import trialsim
from trialsim.cli.help import examples, set_up
from trialsim.errors import ScenarioError, TrialsimError
from trialsim.typed import COMMAND

#: Exit code of a partial result, and how long a stopped command waits for what is under way [s].
STOPPED = 4
PATIENCE = 0.5

#: Command, and what it does in one line (shown by ``trialsim --help`` without importing the command).
COMMANDS = {
    "init": "Start a scenario file of your own from a shipped study.",
    "check": "Check a scenario file: every fault, with its place and the remedy.",
    "explain": "Say in plain words what a scenario means, and what it implies.",
    "run": "Simulate the study many times: power, error rates, figures, a report.",
    "size": "Find the sample size for a power or a precision, or the smallest effect detected.",
    "fit": "Make a scenario from pilot data or printed statistics, with a prior for each number.",
    "assurance": "Average the power over what is believed about the numbers (their priors).",
    "compare": "Compare designs under the same draws: what was changed, and what follows.",
    "sweep": "Simulate many designs: power, length and cost over any values of the scenario.",
    "tornado": "Find the assumption that moves the answer most: every declared range, one at a time.",
    "merge": "Put the shards of a run together, or sum up one that was stopped.",
    "runs": "List runs, check that they are complete, and clean up.",
    "verify": "Check a run made anywhere: simulate some of its replicates again.",
    "slurm": "Print the script that simulates a study on a Slurm cluster.",
    "cohort": "Write one synthetic trial as tidy tables with a codebook.",
    "export": "Write one trial for SPSS, Stata, SAS, Excel, REDCap and other programs.",
    "template": "Write an empty set to collect data: dictionary, REDCap project, randomization list.",
    "replay": "Simulate one replicate of a run again and show what happened.",
    "reproduce": "Simulate a published study and place its figures among the simulated trials.",
    "protocol": "Write the sample-size section and the reporting checklists of a study.",
    "lesson": "Learn trial design: predict, see a trial of your own, decide, see many.",
    "schema": "Print the JSON Schema of scenario files, for editors.",
    "app": "Serve a classroom and a workbench to browsers, from this computer.",
}


#: What people call a command, and its name here.
MEANT = {
    "new": "init", "start": "init", "create": "init", "validate": "check", "lint": "check", "simulate": "run", "play": "run",
    "power": "run", "samplesize": "size", "n": "size", "describe": "explain", "show": "explain", "list": "runs", "ls": "runs",
    "data": "cohort", "pilot": "fit", "sensitivity": "tornado", "grid": "sweep", "diff": "compare",
    "checklist": "protocol", "spirit": "protocol", "consort": "protocol", "paper": "protocol",
    "lessons": "lesson", "learn": "lesson", "teach": "lesson", "help": "--help", "version": "--version",
}  # fmt: skip


class LazyGroup(click.RichGroup):
    """A group whose commands live in ``trialsim.cli.NAME`` and are imported when called."""

    called: tuple[str, ...] = ()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Remember what was typed, so that only the command called is imported."""
        self.called = tuple(args)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Commands in the order of a study."""
        return list(COMMANDS)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command called; a misspelled one is answered with the nearest."""
        from trialsim.cli.faults import UnknownCommand

        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from trialsim.quantities.refuse import did_you_mean

            remedy = did_you_mean(args[0], list(COMMANDS), what="Commands", meant=MEANT)
            raise UnknownCommand(f"there is no command '{args[0]}'.", remedy, ctx=ctx)
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        """The command, imported only when it is really called; for the list of commands a name card is enough."""
        if cmd_name not in COMMANDS:
            return None
        if cmd_name in self.called:
            command = import_module(f"trialsim.cli.{cmd_name}").command
            assert isinstance(command, click.Command)
            command.epilog = examples(cmd_name)
            return command
        return click.RichCommand(name=cmd_name, callback=None, help=COMMANDS[cmd_name], short_help=COMMANDS[cmd_name])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(trialsim.__version__, prog_name="trialsim")
def trialsim_group() -> None:
    """A flight simulator for small bedside trials.

    Start with `trialsim init picu-blood-draw`, then `trialsim run picu-blood-draw.yaml`.
    Every command has examples: `trialsim run -h`.
    """


def main(args: list[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 a check failed, 2 usage, 3 scenario, 4 partial."""
    words = sys.argv[1:] if args is None else args
    set_up(list(COMMANDS))
    COMMAND.set(shlex.join(["trialsim", *words]))
    try:
        _readable(words)
        result: Any = trialsim_group.main(args=args, prog_name="trialsim", standalone_mode=False)
    except TrialsimError as error:
        return _fail(error, words)
    except OSError as problem:
        return _fail(_refused(problem), words, exit_code=STOPPED)
    except click.Abort:
        from trialsim.cli.faults import StoppedError

        return _fail(StoppedError("stopped. What was finished is kept.", code="TS-U025"), words)
    except click.ClickException as error:
        from trialsim.cli.faults import fault_of

        return _fail(fault_of(error), words)
    return result if isinstance(result, int) else 0


def _fail(error: TrialsimError, words: list[str], *, exit_code: int | None = None) -> int:
    """Say what is wrong, as words on stderr or, after ``--json``, as a document on stdout; the exit code."""
    from trialsim.cli.console import print_document, print_error, print_faults

    code = error.exit_code if exit_code is None else exit_code
    if "--json" in words:
        from trialsim.cli.faults import document

        name = next((word for word in words if word in COMMANDS), "")
        print_document(document(error), command=name, exit_code=code)
    elif isinstance(error, ScenarioError):
        print_faults(error)
    else:
        print_error(error)
    return code


def _readable(args: list[str]) -> None:
    """Refuse words that no file of results could hold, and that would steer the terminal when they are shown."""
    from trialsim.quantities.letters import harmless, odd_letter

    for word in args:
        if odd_letter(word) is not None:
            from trialsim.cli.faults import CommandLineError

            raise CommandLineError(
                f"'{harmless(word)}' is not readable text.",
                code="TS-U026",
                remedy="Name files and values in letters of this terminal's encoding, without control characters.",
            )


def _refused(problem: OSError) -> TrialsimError:
    """What a disk, a network or a closed pipe refuses, where no command has better words for it."""
    from trialsim.runs.folder import FULL

    if problem.errno in FULL:
        where = problem.filename2 or problem.filename or "the output of this command"
        return TrialsimError(
            f"the disk of {where} is full. What was finished is kept.",
            code="TS-R007",
            remedy="Make room, then give the same command again.",
        )
    what = str(problem.filename2 or problem.filename or "a file, or the output of this command,")
    what = what if len(what) <= 300 else f"{what[:297]}..."
    return TrialsimError(
        f"{what} cannot be read or written: {problem.strerror or problem}.",
        code="TS-R025",
        remedy="Check the disk, the network and your permissions. What was finished is kept.",
    )


def _leave_at_once(code: int) -> NoReturn:
    """End the process past Python's own shutdown, which aborts where a progress bar was cut off in the midst of a word."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def entry() -> None:
    """What the ``trialsim`` script calls.

    After a stop nobody waits for chunks that are still under way: what is on disk is whole.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without a letter shows a question mark in its place
    from trialsim.cli.stops import answer_all

    answer_all()
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # Arrow's own keeps some 20 MB that nobody uses
    code = main()
    if code == STOPPED:
        deadline = time.monotonic() + PATIENCE
        for thread in threading.enumerate():
            # One that was cut off while it was being started is listed, and cannot be waited for.
            if thread is not threading.current_thread() and not thread.daemon and thread.is_alive():
                thread.join(max(deadline - time.monotonic(), 0))
        _leave_at_once(code)
    sys.exit(code)
