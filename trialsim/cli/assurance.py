"""``trialsim assurance``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

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
from trialsim.cli.parse import SEED, SHARE, WORKERS, Whole, WordChoice
from trialsim.cli.text import print_answer, print_rows, print_text
from trialsim.quantities.counts import counted
from trialsim.report.digits import SIGN, percent

if TYPE_CHECKING:
    from trialsim.api.arguments import Need
    from trialsim.assurance import Assurance
    from trialsim.prepared import Study


class PointCount(Whole):
    """``200``, or ``each`` for one point a trial."""

    name = "points"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number of points; 0 for each."""
        if value == "each":
            return 0
        return super().convert(value, param, ctx)


@click.command("assurance")
@scenario_argument
@click.option("--points", type=PointCount(1, 10**9, example="200, or each"), metavar="200|each",
              help="Draws of all priors together; 200 by default, fewer with few trials.")  # fmt: skip
@click.option("--replicates", "-r", type=Whole(20, 10**9), default=10_000, show_default=True,
              help="Simulated trials over all points, and as many at the design values.")  # fmt: skip
@click.option("--for", "-f", "wanted", type=AnalysisName(), multiple=True, metavar="ANALYSIS[/CONTRAST]",
              help="The analysis that must reject; the primary one by default. Several: see --need.")  # fmt: skip
@click.option("--need", type=WordChoice("any", "all"), default="all", show_default=True,
              help="Of several analyses, how many must reject.")  # fmt: skip
@click.option(
    "--power", type=SHARE, default="80%", show_default=True, help="The power whose share of the prior is shown."
)
@click.option(
    "--out", "-o", type=click.Path(path_type=Path), help="Folder for tables and figure; outputs/NAME-assurance."
)
@click.option("--figures/--no-figures", default=True, show_default=True, help="Write tables and figure.")
@set_option
@click.option("--workers", "-w", type=WORKERS, help="Threads; by default one for each core.")
@click.option("--seed", type=SEED, help="The seed; the scenario's by default.")
@code_option
@all_option
@quiet_option
@json_option
def command(
    scenario: Path,
    points: int | None,
    replicates: int,
    wanted: tuple[str, ...],
    need: Need,
    power: float,
    out: Path | None,
    figures: bool,
    changes: tuple[str, ...],
    workers: int | None,
    seed: int | None,
    allow_code: bool,
    everything: bool,
    as_json: bool,
) -> None:
    """Average power over the priors of a scenario: the chance that the trial will succeed."""
    study = ts.prepare(scenario, set=changes)
    folder = out or Path("outputs") / f"{study.scenario.name}-assurance"
    say_if_first()
    with stages(quiet=as_json) as tell:
        made = ts.find_assurance(
            study, wanted=wanted, need=need, points=replicates if points == 0 else points, replicates=replicates, power=power,
            seed=seed, workers=workers, out=folder if figures else None, progress=tell, allow_code=allow_code,
        )  # fmt: skip
    study, found, seconds = made.study, made.found, made.seconds
    if as_json:
        print_json(summary(study, found, folder if figures else None, seconds))
    else:
        _print(found, folder if figures else None, seconds, everything=everything)


def _print(found: Assurance, folder: Path | None, seconds: float, *, everything: bool) -> None:
    from trialsim.report.assurance import named_lines
    from trialsim.report.brief import Line

    look = (
        []
        if folder is None
        else [Line("Look", f"Read {folder / 'report.html'} first; tables and figure are beside it.")]
    )
    if not print_answer([*named_lines(found), *look]):
        return
    beliefs = range(len(found.beliefs)) if everything else (found.first,)
    for which in beliefs:
        stdout.print()
        _print_along(found, which)
    stdout.print()
    hidden = len(found.beliefs) - len(beliefs)
    more = "" if not hidden else f" {counted(hidden, 'more belief')} with --all."
    print_text(f"{SIGN}{more}")
    say(f"{2 * found.replicates:,} simulated trials in {seconds:.1f} s.")


def _print_along(found: Assurance, which: int) -> None:
    """The power in bins of the prior of one belief."""
    from trialsim.report.assurance import share_text

    belief = found.beliefs[which]
    print_text(f"Power along {belief.label}", style="bold")
    rows = [
        (
            f"{percent(one.quantile_low, 0)} to {percent(one.quantile_high, 0)}",
            f"{belief.shown(one.value_low)} to {belief.shown(one.value_high)}",
            share_text(one.power),
            f"{percent(one.power.low, 0)} to {percent(one.power.high, 0)}",
        )
        for one in found.along[which]
    ]
    print_rows((">quantile of its prior", ">value", ">power", ">95 % interval"), rows, wide=True)


def summary(study: Study, found: Assurance, folder: Path | None, seconds: float) -> dict[str, object]:
    """The answer for scripts; a number that is not there is null."""
    import math
    from dataclasses import asdict

    from trialsim.report.assurance import answer

    def known(value: object) -> object:
        return None if isinstance(value, float) and not math.isfinite(value) else value

    return {
        "scenario": study.scenario.name,
        "for": found.target.name,
        "assurance": asdict(found.average.share),
        "mcse_if_points_were_random": known(found.average.clustered),
        "power_at_design_values": asdict(found.design),
        "power_over_prior": {
            "goal": found.spread.goal,
            "share_at_goal": asdict(found.spread.above),
            "quantiles": {f"{q:g}": found.spread.quantile(q) for q in (0.1, 0.25, 0.5, 0.75, 0.9)},
        },
        "beliefs": [
            {"name": belief.name, "value": belief.number.value, "n": belief.n, "moves_power_by": moved,
             "along": [asdict(one) for one in bins]}
            for belief, moved, bins in zip(found.beliefs, found.average.influence, found.along, strict=True)
        ],
        "small_pilots": [{key: known(cell) for key, cell in asdict(one).items()} for one in found.pilots],
        "points": len(found.played.u),
        "impossible_points": len(found.impossible),
        "replicates": found.replicates,
        "failed": int(found.played.failed.sum()),
        "bounds": list(found.bounds),
        "seed": found.seed,
        "seconds": round(seconds, 3),
        "answer": answer(found),
        "folder": None if folder is None else str(folder),
    }  # fmt: skip
