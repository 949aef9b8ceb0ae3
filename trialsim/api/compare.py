"""Designs side by side, each against the first."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from trialsim.api.arguments import checked
from trialsim.api.subjects import Folder, Subject, study_of
from trialsim.compare import Comparison, Side, common_seed, compare_sides, planned, read_sides
from trialsim.engine import Engine
from trialsim.report.index import write_index
from trialsim.result import Result
from trialsim.runs import owners

if TYPE_CHECKING:
    import pandas as pd

    from trialsim.report.compare import ComparisonPicture


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
    out: Folder | None = None,
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
