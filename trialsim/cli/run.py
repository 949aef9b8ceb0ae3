"""``trialsim run``."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from trialsim.cli.console import print_json, stages, stderr, stdout
from trialsim.cli.options import json_option, play_options, scenario_argument, set_option
from trialsim.cli.parse import REPLICATES, SHARD
from trialsim.cli.precision import precision_options
from trialsim.cli.stops import speak_to_nobody_who_left, stopping_signals
from trialsim.cli.tables import print_measures, summary
from trialsim.cli.where import in_words, where_options

if TYPE_CHECKING:
    from trialsim.prepared import Study
    from trialsim.runs.run import Run
    from trialsim.runs.shards import Shard


@click.command("run")
@scenario_argument
@click.option("--replicates", type=REPLICATES, help="Simulated trials; the scenario's number if not said.")
@click.option("--out", type=click.Path(path_type=Path), help="Output folder; outputs/NAME if not said.")
@click.option("--figures/--no-figures", default=True, show_default=True, help="Draw figures and write the report.")
@click.option("--truth/--no-truth", default=True, show_default=True, help="Find true effects: bias, coverage.")
@precision_options
@where_options
@click.option("--shard", type=SHARD, metavar="I/N", help="Play the I-th of N shares only; then `trialsim merge`.")
@click.option("--yes", is_flag=True, help="Do not ask before a very large run.")
@set_option
@play_options
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    scenario: Path,
    replicates: int | None,
    out: Path | None,
    figures: bool,
    truth: bool,
    precision: float | None,
    precision_of: str | None,
    executor: str | None,
    cluster: str | None,
    shard: tuple[int, int] | None,
    yes: bool,
    changes: tuple[str, ...],
    seed: int | None,
    engine: str,
    workers: int | None,
    as_json: bool,
) -> None:
    """Play a study many times: power, error rates, what happens on the ward, figures and a report.

    A run that was stopped goes on where it stopped when it is started again, and so does one that is asked for more replicates.
    """
    from trialsim.cli.precision import play_until
    from trialsim.prepared import prepare
    from trialsim.runs.folder import alone, owner
    from trialsim.runs.run import with_simulation
    from trialsim.runs.shards import Shard
    from trialsim.scenario import load
    from trialsim.scenario.identity import scenario_hash

    if shard is not None and precision is not None:
        raise click.UsageError("--shard plays a fixed share of --replicates: leave out --precision.")
    study = with_simulation(prepare(load(scenario, set=changes)), replicates=replicates, seed=seed)
    folder = out or Path("outputs") / study.scenario.name
    how: dict[str, Any] = {
        "engine": "simpy" if engine == "simpy" else "fast",
        "workers": workers,
        "executor": in_words(executor, cluster),
        "tell": lambda text: stderr.print(text, markup=False),
    }
    asked = study.scenario
    owner(folder, scenario_hash=scenario_hash(asked), seed=asked.simulation.seed, name=asked.name, engine=how["engine"])
    say_if_first()
    agree(study, workers=workers, yes=yes or precision is not None)
    with stoppable(ctx, folder / Shard(*shard).name if shard else folder, study.scenario.simulation.replicates):
        if shard is not None:
            _play_shard(study, folder, Shard(*shard), how, quiet=as_json)
            return
        with alone(folder):
            began = time.perf_counter()
            with stages(quiet=as_json) as tell:
                play = _player(study, folder, how, tell, truth=truth)
                if precision is None:
                    finished, said = play(study.scenario.simulation.replicates), None
                else:
                    finished, said = play_until(play, precision, of=precision_of, most=replicates)
            seconds = time.perf_counter() - began
            if figures:
                draw(finished)
    if as_json:
        from trialsim.report.opinions import opinions_as_data

        told = summary(finished.characteristics, folder)
        told |= {} if said is None else {"precision": said}
        print_json({**told, "second_opinions": opinions_as_data(study, finished.characteristics)})
        return
    _print(finished, said, seconds=seconds, figures=figures)


def _player(
    study: Study, folder: Path, how: dict[str, Any], tell: Callable[[str, int, int | None], None], *, truth: bool
) -> Callable[[int], Run]:
    """What plays a number of replicates into the folder."""
    from trialsim.runs.run import run
    from trialsim.truth import MOST

    def play(total: int) -> Run:
        return run(
            study, folder, replicates=total, truth=truth, **how,
            progress=lambda done: tell("Playing", done, total),
            truth_progress=lambda done: tell("True effects", done, min(total, MOST)),
        )  # fmt: skip

    return play


def _play_shard(study: Study, folder: Path, shard: Shard, how: dict[str, Any], *, quiet: bool) -> None:
    from trialsim.runs.shards import play_shard

    with stages(quiet=quiet) as tell:
        made = play_shard(study, folder, shard, **how, progress=lambda done: tell("Playing", done, None))
    if quiet:
        print_json({"shard": [shard.index, shard.count], "folder": str(made)})
        return
    stdout.print(f"Shard {shard.index} of {shard.count} is in {made}.", markup=False)
    stdout.print(f"When all are done: trialsim merge {folder}", markup=False)


def _print(finished: Run, said: str | None, *, seconds: float, figures: bool) -> None:
    """The measures, the answer, and where to look."""
    from trialsim.report.opinions import opinion_line
    from trialsim.report.page import answer

    folder, result = finished.folder.path, finished.characteristics
    print_measures(result)
    stdout.print(f"\n{answer(finished)}", markup=False)
    for line in (opinion_line(finished.study, result), said):
        if line is not None:
            stdout.print(line, markup=False)
    there = f", {finished.found:,} of them found in {folder}" if finished.found else ""
    stderr.print(f"{result.replicates:,} simulated trials{there}, in {seconds:.1f} s.", markup=False)
    if figures:
        stdout.print(f"Read {folder / 'report.html'} first; the numbers are in {folder}.", markup=False)
    else:
        stdout.print(f"The numbers are in {folder}.", markup=False)


# ---------------------------------------------------------------- before and after


def agree(study: Study, *, workers: int | None, yes: bool) -> None:
    """Ask before a very large run, with what it will take.

    Raises
    ------
    RunError
        TS-R017 when nobody can be asked, TS-R018 above :data:`trialsim.runs.effort.MOST_REPLICATES`
    """
    from trialsim.errors import RunError
    from trialsim.runs.effort import LARGE, MOST_REPLICATES, effort, size

    replicates = study.scenario.simulation.replicates
    if replicates > MOST_REPLICATES:
        raise RunError(
            f"{replicates:,} replicates are more than a run can hold.", code="TS-R018", remedy="Ask for fewer."
        )
    if yes or size(study, replicates) <= LARGE:
        return
    words = f"{replicates:,} simulated trials take {effort(study, replicates, workers=workers).words()}"
    if sys.stdin.isatty():
        click.confirm(f"{words}. Go on?", abort=True, err=True)
        return
    raise RunError(f"{words}.", code="TS-R017", remedy="Add --yes to play them.")


@contextmanager
def stoppable(ctx: click.Context, folder: Path, replicates: int) -> Iterator[None]:
    """Ctrl-C, or a request to end, stops the block with what is done saved, and says how to go on (exit code 4).

    A second request, by an impatient user or a queue, ends the process at once with the same words: files are whole or not there.
    """
    from trialsim.runs.sealed import chunk_files
    from trialsim.runs.store import CHUNKS, covered
    from trialsim.runs.truths import TRUTHS

    asked = 0

    def words() -> str:
        kept, true = (
            covered((part for part, _ in chunk_files(folder / name)), replicates) for name in (CHUNKS, TRUTHS)
        )
        effects = f", and the true effects of {true:,}," if true else ""
        there = f"{kept:,} of {replicates:,} simulated trials{effects} are kept in {folder}."
        return f"\nStopped: {there}\nTo go on: {command_again()}"

    def deaf() -> None:
        for number in before:
            signal.signal(number, signal.SIG_IGN)

    def stop(number: int, frame: object) -> None:  # noqa: ARG001  # the signature of signal handlers
        nonlocal asked
        asked += 1
        speak_to_nobody_who_left()
        if asked == 1:
            raise KeyboardInterrupt
        deaf()
        # Past rich and Python's buffers: the signal may have come in the midst of a write of theirs.
        os.write(2, f"{words()}\n".encode(errors="replace"))
        os._exit(4)

    before = {number: signal.signal(number, stop) for number in stopping_signals("SIGINT", "SIGTERM", "SIGHUP")}
    try:
        yield
    except KeyboardInterrupt:
        deaf()
        stderr.print(words(), markup=False)
        ctx.exit(4)
    finally:
        if not asked:
            for number, handler in before.items():
                signal.signal(number, handler)


def command_again() -> str:
    """The command that was typed."""
    words = ["trialsim", *sys.argv[1:]]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def say_if_first() -> None:
    """A word to the user when the engine has yet to be compiled."""
    from trialsim.engine import kernel

    if not getattr(kernel.play_range, "_cache", None) or not _cached(kernel.play_range):
        stderr.print("First use on this machine: compiling the engine, about 15 seconds. Later starts are quick.")


def _cached(function: object) -> bool:
    """Whether a compiled function lies in Numba's cache."""
    cache = function._cache  # type: ignore[attr-defined]  # Numba has no public question for this
    try:
        return any(Path(cache.cache_path).glob(f"{cache._impl.filename_base}*.nbi"))
    except (AttributeError, OSError):
        return True
    except TypeError:  # no folder for it
        return False


def draw(finished: Run) -> None:
    """Figures and report, entered into the manifest."""
    from trialsim.report.figures import write_figures
    from trialsim.report.page import write_report
    from trialsim.runs.folder import writing
    from trialsim.runs.manifest import add_outputs

    folder = finished.folder.path
    with writing(folder), stderr.status("Drawing figures and writing the report"):
        files = write_figures(finished, folder / "figures")
        add_outputs(finished.folder, [folder / "report.html"])
        add_outputs(finished.folder, [write_report(finished, files, folder / "report.html")])
