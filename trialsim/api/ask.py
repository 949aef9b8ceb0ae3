"""Questions about several designs or assumptions: which is better, which matters most, how a published study fits."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialsim.api.arguments import checked
from trialsim.api.subjects import Subject, permitted, scenario_of, study_of
from trialsim.compare import Comparison, Side, common_seed, compare_sides, planned, read_sides
from trialsim.engine import Engine
from trialsim.errors import AnalysisError, RunError
from trialsim.prepared import Study, prepare
from trialsim.quantities.counts import counted
from trialsim.report.index import write_index
from trialsim.result import Result
from trialsim.runs import owners
from trialsim.runs.answers import Owner, finished, taken
from trialsim.scenario import Scenario
from trialsim.sweep import AnswerMeasure, SweepRun, overview

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from trialsim.figures.render import FigureFiles
    from trialsim.report.brief import Line
    from trialsim.report.compare import ComparisonPicture
    from trialsim.reproduce import Placement
    from trialsim.scenario.sweep import Point, Sweep
    from trialsim.sweep.tornado import Tornado

Out = str | os.PathLike[str] | None


# ---------------------------------------------------------------- designs side by side


@dataclass(frozen=True, repr=False)
class ComparisonResult(Result):
    """Designs side by side, each against the first: ``found`` has every measure of each, and the paired differences."""

    found: Comparison
    seconds: float

    def frame(self) -> pd.DataFrame:
        """One row for each design but the first and each measure: both values, the paired difference and its error."""
        return self.found.frame()

    def brief(self) -> pd.DataFrame:
        """Empty: the lines have the answer."""
        return self.frame().iloc[:0]

    def lines(self) -> list[str]:
        """The designs, the differences in power, and whether these are more than chance."""
        from trialsim.report.compare import alone, answer, choice, headlines, too_often

        found = self.found
        lines = [
            line for (text, _), power in zip(headlines(found), answer(found), strict=True) for line in (text, power)
        ]
        return [*lines, *choice(found), *too_often(found), *found.notes, *alone(found)]

    def pictures(self) -> Iterator[ComparisonPicture]:
        """The figures of the page."""
        from trialsim.report.compare import pictures

        return pictures(self.found)


@checked
def compare(
    designs: Sequence[Subject],
    *,
    variants: Sequence[str] = (),
    set: Sequence[str] = (),  # noqa: A002  # the word of the command line
    replicates: int | None = None,
    seed: int | None = None,
    play: bool = False,
    engine: Engine = "fast",
    workers: int | None = None,
    out: Out = None,
    figures: bool = True,
    started: Callable[[int, bool], Callable[[int], None] | None] | None = None,
    allow_code: bool = False,
) -> ComparisonResult:
    """Compare designs with the first of them, replicate by replicate with the same draws.

    Parameters
    ----------
    designs : paths, shipped names, folders of finished runs, Scenarios or Studies; the baseline first
    variants : ``path=value``, each one more design: the first one with this change
    replicates : of each; by default the baseline's number
    play : simulate finished folders again, so that all measures are paired
    out, figures : a folder for the table, and whether figures and page go with it; by default nothing is written
    started : called with the number of replicates and whether they are read from files; may return a function for progress
    allow_code : whether the designs' own Python functions may run (``test: python``); those of a finished run's folder never do
    """
    sides = [
        side if side.folder is not None else replace(side, study=study_of(side.study, allow_code=allow_code))
        for side in _sides(designs, variants=variants, set=set)
    ]
    stored = all(side.folder is not None for side in sides) and not play and (seed, replicates) == (None, None)
    if out is not None:
        names, identities = [side.name for side in sides], [side.identity for side in sides]
        owners.of_comparison(names, identities, common_seed(sides, seed, stored=stored)).check(Path(out))
    total = len(planned(sides, replicates, stored=stored))
    progress = started(total, stored) if started is not None else None
    began = time.perf_counter()
    found = compare_sides(
        sides, replicates=replicates, seed=seed, play=play, engine=engine, workers=workers, progress=progress
    )
    made = ComparisonResult(found, time.perf_counter() - began)
    if out is not None:
        from trialsim.report.compare import write_comparison

        write_comparison(found, Path(out), figures=figures)
        write_index(Path(out))
    return made


def _sides(designs: Sequence[Subject], *, variants: Sequence[str], set: Sequence[str]) -> list[Side]:  # noqa: A002
    """The designs; objects that are not files become sides directly."""
    if all(isinstance(one, (str, os.PathLike)) for one in designs):
        return read_sides(
            [Path(one) for one in designs if isinstance(one, (str, os.PathLike))], variants=variants, set=set
        )
    studies = [study_of(one, set=set) for one in designs] + [study_of(designs[0], set=[*set, one]) for one in variants]
    labels = [chr(ord("A") + place) for place in range(len(studies))]
    names = [study.scenario.name for study in studies]
    return [
        Side(
            label,
            name if names.count(name) == 1 else f"{name} ({label})",
            study,
            simulation.seed,
            simulation.replicates,
        )
        for label, name, study in zip(labels, names, studies, strict=True)
        for simulation in (study.scenario.simulation,)
    ]


# ---------------------------------------------------------------- many designs


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
    out: Out = None,
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


# ---------------------------------------------------------------- assumptions and reports


@dataclass(frozen=True, repr=False)
class TornadoResult(Result):
    """The answer of :func:`tornado`: ``found`` holds the effects of both ends of every range."""

    found: Tornado

    def frame(self) -> pd.DataFrame:
        """One row for each assumption and measure: both ends, and the paired changes with their errors."""
        from trialsim.report.tornado import tornado_frame

        return tornado_frame(self.found).drop(columns="label")

    def brief(self) -> pd.DataFrame:
        """The assumptions that change the power."""
        table = self.frame()
        return table[table["measure"] == "power"]

    def lines(self) -> list[str]:
        """The assumption that changes the answer most, and those that do not change it."""
        from trialsim.report.tornado import lines

        return lines(self.found)

    def figures(self) -> Mapping[str, Callable[[], Figure]]:
        """The bars."""
        from trialsim.report.tornado import figure

        return {"tornado": lambda: figure(self.found)}


@checked
def tornado(
    subject: Subject,
    *,
    wanted: str | None = None,
    set: Sequence[str] = (),  # noqa: A002  # the word of the command line
    replicates: int = 2_000,
    seed: int | None = None,
    engine: Engine = "fast",
    workers: int | None = None,
    out: Out = None,
    figures: bool | FigureFiles = True,
    started: Callable[[int], Callable[[int], None] | None] | None = None,
) -> TornadoResult:
    """The assumption that changes the answer most: every declared range from end to end, one at a time.

    Parameters
    ----------
    wanted : the analysis with the power, as ``analysis`` or ``analysis/contrast``; by default the primary one's
    replicates : at each end
    out : a folder for the table; by default nothing is written
    figures : whether the page is made there, and with which files of its figure: ``"page"`` none, ``"all"`` (also ``True``) PNG
        and SVG, ``"print"`` those for a journal as well
    started : called with the number of designs; may return a function for progress
    """
    from trialsim.report.tornado import write_tornado
    from trialsim.scenario.ranges import declared_ranges
    from trialsim.sweep.tornado import play_tornado

    known = scenario_of(subject, set=set)
    name, _, contrast = (wanted or "").partition("/")
    total = 1 + 2 * len(declared_ranges(known.written.data))
    AnswerMeasure.of_words(wanted).check(known)
    progress = started(total) if started is not None else None
    folder, mine = None if out is None else Path(out), owners.of_tornado(known.name)
    with ExitStack() as held:
        if folder is not None and total > 1:
            held.enter_context(taken(folder, mine))
        found = play_tornado(
            known, analysis=name.strip() or None, contrast=contrast.strip() or None, replicates=replicates, seed=seed,
            engine=engine, workers=workers, progress=progress,
        )  # fmt: skip
        if folder is not None:
            files = None if figures is False else "all" if figures is True else figures
            _, kept = write_tornado(prepare(known), found, folder, figures=files)
            finished(folder, mine, {"replicates": replicates, "seeds": [found.seed], **kept})
            write_index(folder)
    return TornadoResult(found)


@dataclass(frozen=True, repr=False)
class ReproductionResult(Result):
    """The answer of :func:`reproduce`: ``placements`` of each published figure or finding among ``replicates`` trials."""

    study: Study
    placements: tuple[Placement, ...]

    @property
    def replicates(self) -> int:
        """Simulated trials."""
        return self.study.scenario.simulation.replicates

    def frame(self) -> pd.DataFrame:
        """One row for each published figure or finding."""
        import pandas as pd

        return pd.DataFrame([asdict(one) for one in self.placements])

    def lines(self) -> list[str]:
        """How many published figures fit, what was simulated, and what agreement means."""
        return [line.text for line in self.named_lines()]

    def named_lines(self) -> list[Line]:
        """The same, each behind its name."""
        from trialsim.report.brief import Line
        from trialsim.report.reproduce import fitting

        verdict = (
            "The arms' means are assumptions: agreement means that the assumptions could have produced the report, not that they "
            "are true."
        )
        answer = Line("Answer", fitting(self.placements))
        return [answer, Line("Means", verdict), Line("Trials", f"{counted(self.replicates, 'simulated trial')}.")]


@checked
def reproduce(
    subject: Subject,
    *,
    set: Sequence[str] = (),  # noqa: A002  # the word of the command line
    replicates: int | None = None,
    seed: int | None = None,
    engine: Engine = "fast",
    workers: int | None = None,
    out: Out = None,
) -> ReproductionResult:
    """Simulate the published study and locate each published figure or finding among simulated trials.

    Parameters
    ----------
    out : a folder for the table and the page; by default nothing is written

    Raises
    ------
    AnalysisError
        TS-A010 if the scenario quotes no published study
    """
    from trialsim.reproduce import reproduce as place

    study = study_of(subject, set=set, replicates=replicates, seed=seed)
    if not study.scenario.published:
        name = subject if isinstance(subject, (str, os.PathLike)) and "\n" not in str(subject) else study.scenario.name
        raise AnalysisError(
            f"{name} quotes no published study.", code="TS-A010", remedy="Add `published:` with what it reported."
        )
    total = study.scenario.simulation.replicates
    mine = owners.of_reproduction(study.scenario.name)
    if out is not None:
        mine.check(Path(out))
    made = ReproductionResult(study, tuple(place(study, replicates=total, engine=engine, workers=workers)))
    if out is not None:
        _write_reproduction(made, Path(out), mine)
    return made


def _write_reproduction(made: ReproductionResult, folder: Path, mine: Owner) -> None:
    from trialsim.report.document import write_page
    from trialsim.report.reproduce import reproduction_page
    from trialsim.runs.files import whole_file

    with taken(folder, mine):
        with whole_file(folder / "placements.csv") as temporary:
            made.frame().to_csv(temporary, index=False, lineterminator="\n")
        write_page(reproduction_page(made.study, made.named_lines(), made.placements), folder / "report.html")
        finished(folder, mine, {"replicates": made.replicates})
    write_index(folder)
