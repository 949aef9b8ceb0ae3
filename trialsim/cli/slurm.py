"""``trialsim slurm``."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import rich_click as click

import trialsim as ts
from trialsim.cli.console import print_json, stderr
from trialsim.cli.options import json_option, scenario_argument, set_option
from trialsim.cli.parse import REPLICATES, SEED, Whole, Word
from trialsim.quantities.counts import counted
from trialsim.quantities.letters import harmless, usable_name

SCRIPT = """#!/bin/bash
# {title}: {trials} in {tasks}. Start with: sbatch {file}
#SBATCH --job-name={name}
#SBATCH --array=1-{shards}
#SBATCH --time={time}
#SBATCH --cpus-per-task={cpus}
#SBATCH --mem={memory}
#SBATCH --signal=B:TERM@60
#SBATCH --requeue
#SBATCH --output={name}-%A-%a.log
set -eu
{run} --shard "${{SLURM_ARRAY_TASK_ID}}/{shards}" --workers {cpus} --yes &
trap 'kill -TERM $!; wait $!' TERM
wait $!
# A shard that ran out of time continues where it stopped when the script is sent again: sbatch {file}
# When all are done, on any machine that sees the folder: trialsim merge {out}
"""


class TypedWord(Word):
    """Words in the head of the script, where nothing could be quoted: only what Slurm reads as one value."""

    def __init__(self, name: str, pattern: str, example: str) -> None:
        self.name, self.pattern, self.example = name, pattern, example

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The value as written."""
        if re.fullmatch(self.pattern, str(value), re.ASCII) is None:
            message = f"'{harmless(str(value))}' is not a {self.name} that Slurm reads."
            self.refuse(message, f"Write {self.example}.", param, ctx)
        return str(value)


TIME = TypedWord("time", r"(\d{1,4}-)?\d{1,6}(:\d{1,2}){0,2}", "02:00:00, 90 or 1-12")
MEMORY = TypedWord("memory", r"\d{1,9}[KMGT]?", "2G or 4000M")


@click.command("slurm")
@scenario_argument
@click.option(
    "--shards", type=Whole(1, 10_000, example="20"), default=20, show_default=True, help="Tasks of the array."
)
@click.option("--replicates", "-r", type=REPLICATES, help="Simulated trials; the scenario's number by default.")
@click.option("--seed", type=SEED, help="The seed; the scenario's by default.")
@click.option("--time", type=TIME, default="02:00:00", show_default=True, help="Time limit of a task.")
@click.option("--cpus", type=Whole(1, 10_000, example="4"), default=1, show_default=True, help="Cores of a task.")
@click.option("--memory", type=MEMORY, default="2G", show_default=True, help="Memory of a task.")
@click.option("--out", "-o", type=click.Path(path_type=Path), help="Output folder; outputs/NAME by default.")
@set_option
@json_option
def command(
    scenario: Path,
    shards: int,
    replicates: int | None,
    seed: int | None,
    time: str,
    cpus: int,
    memory: str,
    out: Path | None,
    changes: tuple[str, ...],
    as_json: bool,
) -> None:
    """Print the script of a Slurm array that simulates a study in shards.

    `trialsim slurm study.yaml --shards 20 > study.sbatch`, then `sbatch study.sbatch`, then `trialsim merge`.
    """
    from trialsim.study import stored_chunks

    study = ts.prepare(scenario, set=changes)
    known = study.scenario
    folder = out or Path("outputs") / known.name
    total = replicates or known.simulation.replicates
    words = ["trialsim", "run", scenario.as_posix(), "--replicates", str(total), "--out", folder.as_posix()]
    words += ["--seed", str(seed)] if seed is not None else []
    for change in changes:
        words += ["--set", change]
    script = SCRIPT.format(
        title=harmless(" ".join(known.title.split())), trials=counted(total, "simulated trial"),
        tasks=counted(shards, "shard"), shards=shards, name=usable_name(known.name) or "study",
        time=time, cpus=cpus, memory=memory, out=shlex.quote(folder.as_posix()), run=shlex.join(words),
        file=f"{usable_name(known.name) or 'study'}.sbatch",
    )  # fmt: skip
    chunks = len(stored_chunks(study, range(total), engine="fast"))
    if chunks < shards:
        stderr.print(
            f"{counted(total, 'simulated trial')} {'is' if total == 1 else 'are'} {counted(chunks, 'chunk')}: "
            f"{counted(shards - chunks, 'shard')} {'gets' if shards - chunks == 1 else 'get'} none. Ask for {chunks}."
        )
    if as_json:
        print_json(
            {
                "script": script,
                "file": f"{usable_name(known.name) or 'study'}.sbatch",
                "shards": shards,
                "chunks": chunks,
            }
        )
        return
    # as bytes: a script for Linux, whatever the machine that prints it makes of line ends and umlauts
    click.echo(script.encode("utf-8", "surrogateescape"), nl=False)
