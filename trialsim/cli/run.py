"""``trialsim run``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from trialsim.cli.console import print_json, stages, stderr, stdout
from trialsim.cli.options import json_option, play_options, scenario_argument, set_option
from trialsim.cli.precision import precision_options
from trialsim.cli.tables import print_measures, summary

if TYPE_CHECKING:
    from trialsim.runs.run import Run


@click.command("run")
@scenario_argument
@click.option("--replicates", type=click.IntRange(min=1), help="Simulated trials; the scenario's number if not said.")
@click.option("--out", type=click.Path(path_type=Path), help="Output folder; outputs/NAME if not said.")
@click.option("--figures/--no-figures", default=True, show_default=True, help="Draw figures and write the report.")
@click.option("--truth/--no-truth", default=True, show_default=True, help="Find true effects: bias, coverage.")
@precision_options
@set_option
@play_options
@json_option
def command(
    scenario: Path,
    replicates: int | None,
    out: Path | None,
    figures: bool,
    truth: bool,
    precision: float | None,
    precision_of: str | None,
    changes: tuple[str, ...],
    seed: int | None,
    engine: str,
    workers: int | None,
    as_json: bool,
) -> None:
    """Play a study many times: power, error rates, what happens on the ward, figures and a report."""
    from trialsim.cli.precision import play_until
    from trialsim.runs.run import run
    from trialsim.scenario import load
    from trialsim.study import prepare
    from trialsim.truth import MOST

    study = prepare(load(scenario, set=changes))
    total = replicates or study.scenario.simulation.replicates
    folder = out or Path("outputs") / study.scenario.name
    say_if_first()
    began = time.perf_counter()
    said = None
    with stages(quiet=as_json) as tell:

        def play(total: int) -> Run:
            return run(
                study, folder, replicates=total, seed=seed, engine="simpy" if engine == "simpy" else "fast",
                truth=truth, workers=workers, progress=lambda done: tell("Playing", done, total),
                truth_progress=lambda done: tell("True effects", done, min(total, MOST)),
            )  # fmt: skip

        if precision is None:
            finished = play(total)
        else:
            finished, said = play_until(play, precision, of=precision_of, most=replicates)
            total = len(finished.characteristics.replicates)
    seconds = time.perf_counter() - began
    if figures:
        draw(finished, folder)
    if as_json:
        from trialsim.report.opinions import opinions_as_data

        told = summary(finished.characteristics, folder)
        told |= {} if said is None else {"precision": said}
        print_json({**told, "second_opinions": opinions_as_data(study, finished.characteristics)})
        return
    print_measures(finished.characteristics)
    from trialsim.report.opinions import opinion_line
    from trialsim.report.page import answer

    stdout.print(f"\n{answer(finished)}", markup=False)
    second = opinion_line(study, finished.characteristics)
    if second is not None:
        stdout.print(second, markup=False)
    if said is not None:
        stdout.print(said, markup=False)
    stderr.print(f"{total:,} simulated trials in {seconds:.1f} s.", markup=False)
    if figures:
        stdout.print(f"Read {folder / 'report.html'} first; the numbers are in {folder}.", markup=False)
    else:
        stdout.print(f"The numbers are in {folder}.", markup=False)


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


def draw(finished: object, folder: Path) -> None:
    """Figures and report, entered into the manifest."""
    from trialsim.report.figures import write_figures
    from trialsim.report.page import write_report
    from trialsim.runs.manifest import add_outputs
    from trialsim.runs.run import Run

    assert isinstance(finished, Run)
    with stderr.status("Drawing figures and writing the report"):
        files = write_figures(finished, folder / "figures")
        page = write_report(finished, files, folder / "report.html")
    add_outputs(finished.folder, [page, *(path for _, png, svg in files for path in (png, svg))])
