"""``trialsim size``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

import trialsim as ts
from trialsim.cli.console import print_json, say, stages, stdout
from trialsim.cli.first import say_if_first
from trialsim.cli.options import (
    AnalysisName,
    all_option,
    code_option,
    json_option,
    quiet_option,
    scenario_argument,
    set_option,
)
from trialsim.cli.parse import POSITIVE, RANGE, SEED, SHARE, WORKERS, Whole, WordChoice
from trialsim.cli.pilot_size import print_pilot_size
from trialsim.cli.text import print_answer, print_rows, print_text
from trialsim.report.words import join

if TYPE_CHECKING:
    from trialsim.api.arguments import Need
    from trialsim.prepared import Study
    from trialsim.sizing import SizingResult


@click.command("size")
@scenario_argument
@click.option("--power", type=SHARE, default="90%", show_default=True, help="The power wanted, e.g. 80% or 0.8.")
@click.option("--for", "-f", "wanted", type=AnalysisName(), multiple=True, metavar="ANALYSIS[/CONTRAST]",
              help="The analysis that must reject; by default the primary one. Several: see --need.")  # fmt: skip
@click.option("--need", type=WordChoice("any", "all"), default="all", show_default=True,
              help="Of several analyses, how many must reject.")  # fmt: skip
@click.option("--between", type=RANGE, metavar="20..400", help="The range searched: participants in all or, with "
              "--effect, multiples of the declared effect; by default a pilot simulation finds it.")  # fmt: skip
@click.option("--width", type=POSITIVE, help="Size for precision instead: the mean width of the interval of the "
              "analysis (a 95 % interval at an alpha of 5 %).")  # fmt: skip
@click.option("--effect", is_flag=True, help="Keep the size, and find the smallest effect it detects.")
@click.option(
    "--per-cluster", is_flag=True, help="Of whole clusters, keep their number and find how many participants each has."
)
@click.option("--progression", is_flag=True, help="Size of a pilot for its progression criteria, each alone.")
@click.option("--replicates", "-r", type=Whole(200, 10**9), default=4000, show_default=True,
              help="Simulated trials of the search.")  # fmt: skip
@click.option("--confirm", type=Whole(0, 10**9), default=4000, show_default=True,
              help="Simulated trials of the recommended design under a fresh seed; they are added to the curve.")  # fmt: skip
@click.option(
    "--out", "-o", type=click.Path(path_type=Path), help="Folder for curve and figure; by default outputs/NAME-size."
)
@click.option("--figures/--no-figures", default=True, show_default=True, help="Write the curve and its figure.")
@set_option
@click.option("--workers", "-w", type=WORKERS, help="Threads; by default one for each core.")
@click.option("--seed", type=SEED, help="The seed; the scenario's by default.")
@code_option
@all_option
@quiet_option
@json_option
def command(
    scenario: Path,
    power: float,
    wanted: tuple[str, ...],
    need: Need,
    between: tuple[float, float] | None,
    width: float | None,
    effect: bool,
    per_cluster: bool,
    progression: bool,
    replicates: int,
    confirm: int,
    out: Path | None,
    figures: bool,
    changes: tuple[str, ...],
    workers: int | None,
    seed: int | None,
    allow_code: bool,
    everything: bool,
    as_json: bool,
) -> None:
    """Find the sample size for a power or a precision, or the smallest effect that a size detects."""
    from trialsim.scenario.model import MOST_PARTICIPANTS

    if effect and width is not None:
        raise click.UsageError("--effect and --width ask two different questions: give only one of them.")
    if per_cluster and (effect or progression):
        raise click.UsageError("--per-cluster asks for a size: leave out --effect and --progression.")
    if progression and (effect or width is not None or wanted or between is not None):
        raise click.UsageError(
            "--progression asks about criteria of a pilot: leave out --effect, --width, --for and --between."
        )
    study = ts.prepare(scenario, set=changes)
    folder = out or Path("outputs") / f"{study.scenario.name}-size"
    sizes = None if between is None else (math.ceil(between[0]), math.floor(between[1]))
    if sizes is not None and not effect and sizes[1] > MOST_PARTICIPANTS:
        raise click.UsageError(f"--between ends above {MOST_PARTICIPANTS:,} participants, the most a study can have.")
    asked: dict[str, Any] = {
        "wanted": wanted, "need": need, "replicates": replicates, "confirm": confirm, "seed": seed, "workers": workers,
        "out": folder if figures else None, "allow_code": allow_code,
    }  # fmt: skip
    say_if_first()
    if progression:
        how = {key: asked[key] for key in ("seed", "workers", "out", "allow_code")}
        with stages(quiet=as_json) as tell:
            pilot = ts.find_pilot_size(study, replicates=replicates, **how, progress=tell)
        print_pilot_size(pilot, folder if figures else None, as_json=as_json)
        return
    with stages(quiet=as_json) as tell:
        if effect:
            made = ts.find_effect(study, power=power, between=between, **asked, progress=tell)
        elif width is not None:
            made = ts.find_precision(study, width=width, between=sizes, per_cluster=per_cluster, **asked, progress=tell)
        else:
            made = ts.find_size(study, power=power, between=sizes, per_cluster=per_cluster, **asked, progress=tell)
    study, found, seconds = made.study, made.found, made.seconds
    if as_json:
        print_json(
            summary(study, found, folder if figures else None, seconds), exit_code=0 if found.at is not None else 4
        )
    else:
        _print(study, found, folder if figures else None, seconds, everything=everything)
    if found.at is None:
        raise SystemExit(4)


def _print(study: Study, found: SizingResult, folder: Path | None, seconds: float, *, everything: bool) -> None:
    from trialsim.report.brief import Line
    from trialsim.report.sizing import curve_heading, curve_rows, ignored, named_lines

    look = (
        []
        if folder is None
        else [Line("Look", f"Read {folder / 'report.html'} first; the curve is in power_curve.csv.")]
    )
    if not print_answer([*named_lines(study, found), *look]):
        return
    rows = curve_rows(found, everything=everything)
    if rows:
        stdout.print()
        print_rows([f">{name}" for name in curve_heading(found)], rows, wide=True)
    reasons = ignored(study, found)
    hidden = len(found.curve.at) - len(rows)
    if reasons or hidden:
        stdout.print()
    if everything:
        for line in reasons:
            print_text(line)
    elif reasons or hidden:
        more = [
            *([f"{hidden:,} more points of the curve"] if hidden else []),
            *(["what the formula ignores"] if reasons else []),
        ]
        text = f"{join(more)} with --all."
        print_text(text[0].upper() + text[1:])
    say(f"{found.spent:,} simulated trials in {seconds:.1f} s.")


def summary(study: Study, found: SizingResult, folder: Path | None, seconds: float) -> dict[str, object]:
    """The answer for scripts; a number that is not there is null."""
    from trialsim.report.sizing import answer
    from trialsim.sizing.sizes import sizes_of

    def known(value: float | None) -> float | None:
        return None if value is None or not math.isfinite(value) else value

    one = found.confirmed
    each = sizes_of(study).of_arms(int(found.at)) if found.axis == "size" and found.at is not None else None
    return {
        "scenario": study.scenario.name,
        "for": found.target.name,
        "axis": found.axis,
        "measure": found.measure,
        "goal": found.goal,
        "recommended": known(found.at),
        "by_arm": None if not each else dict(zip(study.conduct.arms, each, strict=True)),
        "missed": found.missed or None,
        "effect_declared": found.effect_declared,
        "reached": {key: known(value) for key, value in zip(("value", "conf_low", "conf_high"), found.reached, strict=True)},
        "root": known(found.root),
        "conf_low": known(found.low),
        "conf_high": known(found.high),
        "best": {"at": known(found.best[0]), "value": known(found.best[1]), "mcse": known(found.best_error)},
        "mean_estimate": known(found.estimate),
        "confirmed": None
        if one is None
        else {
            "at": one.at, "value": known(one.value), "mcse": known(one.mcse), "conf_low": one.interval[0],
            "conf_high": one.interval[1], "replicates": one.replicates, "failed": one.failed, "seed": one.seed,
        },
        "spent": found.spent,
        "seconds": round(seconds, 3),
        "notes": list(found.notes),
        "answer": answer(study, found),
        "folder": None if folder is None else str(folder),
    }  # fmt: skip
