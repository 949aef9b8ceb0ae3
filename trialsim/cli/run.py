"""``trialsim run``."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

import trialsim as ts
from trialsim.cli.brief import lines_for_scripts, print_run
from trialsim.cli.console import is_quiet, print_json, say, stages, stderr, stdout
from trialsim.cli.failures import print_failed
from trialsim.cli.familywise import familywise_as_data, print_familywise
from trialsim.cli.first import say_if_first
from trialsim.cli.options import (
    all_option,
    code_option,
    figures_asked,
    figures_options,
    json_option,
    play_options,
    quiet_option,
    scenario_argument,
    set_option,
)
from trialsim.cli.parse import LOGGED, REPLICATES, SHARD
from trialsim.cli.precision import precision_options
from trialsim.cli.stops import stoppable
from trialsim.cli.tables import summary
from trialsim.cli.text import print_text
from trialsim.cli.where import in_words, where_options
from trialsim.figures.process import begin_early
from trialsim.quantities.counts import counted

if TYPE_CHECKING:
    from trialsim.api.arguments import Engine
    from trialsim.api.finished import Run
    from trialsim.api.shards import ShardResult
    from trialsim.prepared import Study


@click.command("run")
@scenario_argument
@click.option("--replicates", "-r", type=REPLICATES, help="Simulated trials; the scenario's number by default.")
@click.option("--out", "-o", type=click.Path(path_type=Path), help="Output folder; outputs/NAME by default.")
@figures_options
@click.option("--truth/--no-truth", default=True, show_default=True, help="Find true effects: bias, coverage.")
@click.option("--familywise", is_flag=True, help="Switch effects off, and count true hypotheses that families reject.")
@click.option("--event-log", type=LOGGED, is_flag=False, flag_value="10", metavar="TRIALS",
              help="Write the events of the first trials, by default 10, for vidigi, bupaR and pm4py.")  # fmt: skip
@precision_options
@where_options
@click.option("--shard", type=SHARD, metavar="I/N", help="Simulate only the I-th of N shares; then `trialsim merge`.")
@click.option("--yes", is_flag=True, help="Do not ask before a very large run.")
@set_option
@play_options
@code_option
@all_option
@quiet_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    scenario: Path,
    replicates: int | None,
    out: Path | None,
    figures: str,
    no_figures: bool,
    truth: bool,
    familywise: bool,
    event_log: int | None,
    precision: float | None,
    precision_of: str | None,
    executor: str | None,
    cluster: str | None,
    shard: tuple[int, int] | None,
    yes: bool,
    changes: tuple[str, ...],
    seed: int | None,
    engine: Engine,
    workers: int | None,
    allow_code: bool,
    everything: bool,
    as_json: bool,
) -> None:
    """Simulate a study many times: power, error rates, what happens on the ward, figures and a report.

    A run that was stopped continues when it is started again. With more replicates, a run adds those that it lacks.
    After an edit the new study is simulated; the result before is kept in the folder `earlier`.
    """
    drawn = figures_asked(figures, no_figures)
    if drawn and shard is None:
        begin_early()
    from trialsim.api.failures import options_of
    from trialsim.api.keep import check_folder, folder_of, store_of
    from trialsim.api.shards import shard as play_share
    from trialsim.api.subjects import study_of

    if shard is not None and precision is not None:
        raise click.UsageError("--shard simulates a fixed share of --replicates: leave out --precision.")
    if shard is not None and familywise:
        raise click.UsageError("--familywise needs the whole run: leave out --shard.")
    if shard is not None and event_log:
        raise click.UsageError("--event-log needs the whole run: leave out --shard.")
    study = study_of(scenario, set=changes, replicates=replicates, seed=seed, allow_code=allow_code)
    folder, asked = folder_of(study, out), study.scenario.simulation.replicates
    how: dict[str, Any] = {
        "engine": engine,
        "workers": workers,
        "executor": in_words(executor, cluster),
        "tell": lambda text: stderr.print(text, markup=False),
    }
    check_folder(study, folder, engine=how["engine"])
    say_if_first()
    how["large"] = yes or precision is not None or agree(study, workers=workers)
    mine = folder_of(study, out, shard=shard)
    store = store_of(study, mine, engine=how["engine"])
    with stoppable(ctx, mine, store, asked), stages(quiet=as_json) as tell:
        began = time.perf_counter()
        if shard is not None:
            share = play_share(study, *shard, folder, **how, progress=tell)
        else:
            made = ts.run(
                study, folder, truth=truth, figures=drawn, precision=precision, precision_of=precision_of,
                familywise=familywise, event_log=event_log or 0, replicates=replicates, **how, progress=tell,
            )  # fmt: skip
            made = replace(made, options=options_of(changes, seed, engine))
        seconds = time.perf_counter() - began
    if shard is not None:
        _print_shard(share, folder, as_json=as_json)
    elif as_json:
        _print_json(made)
    else:
        _print(made, seconds=seconds, figures=bool(drawn), everything=everything, logged=event_log or 0)


def agree(study: Study, *, workers: int | None) -> bool:
    """Ask before a very large run, with what it will take, where somebody can be asked; whether the answer is yes."""
    from trialsim.runs.effort import effort_words

    if not sys.stdin.isatty():
        return False
    words = effort_words(study, workers=workers)
    return words is None or click.confirm(f"{words}. Go on?", abort=True, err=True)


def _print_shard(share: ShardResult, folder: Path, *, as_json: bool) -> None:
    if as_json:
        print_json({"shard": [share.shard.index, share.shard.count], "folder": str(share.folder)})
        return
    for line in (*share.lines(), f"When all are done: trialsim merge {folder}"):
        stdout.print(line, markup=False)


def _print_json(made: Run) -> None:
    from trialsim.report.opinions import opinions_as_data

    document = summary(made.characteristics, made.folder)
    document |= {"lines": lines_for_scripts(made)}
    document |= {} if made.familywise is None else {"familywise": familywise_as_data(made.familywise)}
    document |= {} if made.precision is None else {"precision": made.precision}
    document |= {"failures": list(made.failures)} if made.failures else {}
    print_json({**document, "second_opinions": opinions_as_data(made.study, made.characteristics)})


def _print(made: Run, *, seconds: float, figures: bool, everything: bool, logged: int) -> None:
    """Five lines and a compact table, or everything; quietly the answer alone."""
    folder, result = made.folder, made.characteristics
    print_run(made, figures=figures, everything=everything)
    if made.familywise is not None and not is_quiet():
        print_familywise(made.familywise, everything=everything)
    if made.precision is not None and not is_quiet():
        print_text(made.precision)
    print_failed(made)
    found = made.finished.found if made.finished is not None else 0
    there = f", {found:,} of them found in {folder}" if found else ""
    say(f"{counted(result.replicates, 'simulated trial')}{there}, in {seconds:.1f} s.")
    if logged and not is_quiet():
        trials = counted(min(logged, result.replicates), "simulated trial")
        print_text(f"Event logs of the first {trials}, for vidigi, bupaR and pm4py: {folder / 'event_log'}.")
    before = made.finished.before if made.finished is not None else None
    if before is not None and not is_quiet():
        stdout.print(f"The result before this one is kept in {before}.", markup=False, soft_wrap=True)
