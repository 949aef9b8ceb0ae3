"""A study at many values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialsim.api.arguments import checked
from trialsim.api.subjects import Folder, Subject, permitted, scenario_of
from trialsim.engine import Engine
from trialsim.errors import RunError
from trialsim.prepared import prepare
from trialsim.report.index import write_index
from trialsim.result import Result
from trialsim.runs import owners
from trialsim.runs.answers import taken
from trialsim.scenario import Scenario
from trialsim.sweep import AnswerMeasure, SweepRun, overview

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from trialsim.scenario.sweep import Point, Sweep


@dataclass(frozen=True, repr=False)
class SweepResult(Result):
    """The answer of :func:`sweep`: ``found`` holds every design with its operating characteristics."""

    found: SweepRun
    answer: AnswerMeasure

    def frame(self) -> pd.DataFrame:
        """One row for each design: its values, the answer with its error, participants, days, cost, and Pareto membership."""
        return overview(self.found, self.answer)

    def lines(self) -> list[str]:
        """The range of the answer, and the Pareto set."""
        from trialsim.report.sweep import summary_lines

        return summary_lines(self.found, self.answer, self.frame())

    def brief(self) -> pd.DataFrame:
        """The values varied and what decides between designs; columns that say nothing are left out."""
        table = self.frame()
        table["pareto"] = [
            "*" if inside else "?" if more else "" for inside, more in table[["pareto", "pareto_open"]].to_numpy()
        ]
        columns = [*self.found.paths, "value", "mcse", "participants", "days", "cost", "staff_hours", "pareto"]
        shown: pd.DataFrame = table[["design_id", *columns]].dropna(axis=1, how="all")
        return shown

    def figures(self) -> Mapping[str, Callable[[], Figure]]:
        """Lines, dots or a heatmap over the varied values, and the burdens of each design."""
        from trialsim.report.sweep import figures

        return {name: partial(_made, one) for name, one in figures(self.found, self.answer)}


def _made(figure: Figure) -> Figure:
    return figure


@checked
def sweep(
    subject: Subject,
    over: Mapping[str, Sequence[Any] | str] | Sequence[str] = (),
    *,
    zipped: bool = False,
    latin: int | None = None,
    listed: Sequence[str] = (),
    wanted: str | None = None,
    measure: str = "power",
    set: Sequence[str] = (),  # noqa: A002  # the word of the command line
    replicates: int = 2_000,
    seed: int | None = None,
    engine: Engine = "fast",
    workers: int | None = None,
    many: bool = False,
    fresh: bool = False,
    out: Folder | None = None,
    figures: bool = True,
    started: Callable[[int], Callable[[int], None] | None] | None = None,
    allow_code: bool = False,
) -> SweepResult:
    """Simulate a study at many values: power, length and cost of every design, and the Pareto set.

    Parameters
    ----------
    over : values by path, ``{"design.enroll": [60, 99]}`` or ``["design.enroll=[60, 99]"]``; by default the file's ``sweep:``
    zipped : the first values of all paths together, then the second ones
    latin : the number of points of a Latin hypercube over the ranges
    listed : designs one by one, each ``"PATH=VALUE; PATH=VALUE"``
    wanted, measure : the analysis and the measure shown; the table of ``out`` has all of them
    many : allow more than 10,000 designs
    fresh : simulate every design again, also those in ``out``
    out, figures : a folder for tables, cells and figures; by default nothing is written
    started : called with the number of designs; may return a function for progress
    allow_code : whether the study's own Python functions may run (``test: python``); read them first
    """
    from trialsim.report.sweep import write_figures, write_manifest, write_tables
    from trialsim.sweep import play_sweep
    from trialsim.sweep.store import CELLS

    known = permitted(scenario_of(subject, set=set), allow_code=allow_code)
    points, options = _points(known, over, zipped=zipped, latin=latin, listed=listed, seed=seed, many=many)
    answer = AnswerMeasure.of_words(wanted, measure)
    answer.check(known)
    progress = started(len(points)) if started is not None else None
    folder = None if out is None else Path(out)
    with ExitStack() as held:
        swept = play_sweep(
            known, points, options=options, replicates=replicates, seed=seed,
            store=None if folder is None else folder / CELLS, fresh=fresh, engine=engine, workers=workers, progress=progress,
            ready=None if folder is None
            else lambda: held.enter_context(taken(folder, owners.of_sweep(known.name))),
        )  # fmt: skip
        made = SweepResult(swept, answer)
        if folder is not None:
            write_tables(swept, folder)
            write_manifest(swept, folder)
            made.frame()  # the measure must exist before figures are drawn
            if figures:
                write_figures(prepare(known), swept, answer, folder)
            write_index(folder)
    return made


def _points(
    scenario: Scenario, over: Mapping[str, Sequence[Any] | str] | Sequence[str], *, zipped: bool, latin: int | None,
    listed: Sequence[str], seed: int | None, many: bool,
) -> tuple[list[Point], dict[str, str]]:  # fmt: skip
    """The values to vary, from the arguments, otherwise from the file; and the option after which each path was typed."""
    from trialsim.scenario.checks.sweep import MANY
    from trialsim.scenario.sweep import points_of, size_of

    asked = _sweep(scenario, over, zipped=zipped, latin=latin, listed=listed)
    if size_of(asked) > MANY and not many:
        message = f"the sweep has {size_of(asked):,} designs."
        raise RunError(message, code="TS-R021", remedy=f"Above {MANY:,}, add --yes to confirm.")
    at_points = {path for point in asked.list_ for path in point}
    options = {path: "--point" if path in at_points else "--over" for path in asked.paths()} if over or listed else {}
    return points_of(asked, seed=scenario.simulation.seed if seed is None else seed), options


def _sweep(
    scenario: Scenario, over: Mapping[str, Sequence[Any] | str] | Sequence[str], *, zipped: bool, latin: int | None,
    listed: Sequence[str],
) -> Sweep:  # fmt: skip
    from trialsim.scenario.sweep import setting
    from trialsim.scenario.sweep_words import sweep_of_words

    if over or listed:
        words = (
            [f"{path}={one}" if isinstance(one, str) else setting(path, list(one)) for path, one in over.items()]
            if isinstance(over, Mapping)
            else list(over)
        )
        return sweep_of_words(words, zipped=zipped, listed=listed, latin=latin)
    if scenario.sweep is None:
        remedy = 'Write --over design.enroll="[60, 99, 150]", or sweep: in the file.'
        raise RunError("there is nothing to vary.", code="TS-R005", remedy=remedy)
    return scenario.sweep
