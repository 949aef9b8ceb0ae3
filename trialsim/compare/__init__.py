"""Designs compared with the same draws: the difference of each measure, and the changes in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trialsim.compare.best import PowerRanking
from trialsim.compare.paired import COLUMNS, Difference
from trialsim.compare.play import FigureData, UnsharedRow, play_sides, read_stored
from trialsim.compare.sides import CompareError, Side, read_sides
from trialsim.compare.wording import difference_sentences
from trialsim.engine import Engine
from trialsim.errors import RunError
from trialsim.evaluate.verdict import Verdict

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CompareError", "Comparison", "Difference", "FigureData", "Side", "compare", "compare_sides", "read_sides"]


@dataclass(frozen=True)
class Comparison:
    """Designs side by side.

    Attributes
    ----------
    sides : the designs, the baseline first
    seed, replicates : what was simulated; the seed is None if folders with different seeds were read
    rows : every measure of every design but the first, against the first
    changes : label of a design to sentences on how its scenario differs from the baseline
    alone : each row that only one of two designs has
    notes : notes for the reader, such as that a comparison is unpaired
    shown : data for figures, for each design
    contests : for each power that a choice depends on, which designs differ clearly
    verdicts : for each design whether each of its tests keeps its level
    """

    sides: tuple[Side, ...]
    seed: int | None
    replicates: int
    rows: tuple[Difference, ...]
    changes: dict[str, tuple[str, ...]]
    alone: tuple[UnsharedRow, ...]
    notes: tuple[str, ...]
    shown: tuple[FigureData, ...]
    contests: tuple[PowerRanking, ...]
    verdicts: tuple[tuple[Verdict, ...], ...]

    def too_often(self, label: str, *, analysis: str, contrast: str) -> bool:
        """Whether a test rejects too often without effects in a design, so that its rejections are not a power."""
        here = self.verdicts[[side.label for side in self.sides].index(label)]
        return any(one.too_often and (one.analysis, one.contrast) == (analysis, contrast) for one in here)

    def frame(self) -> pd.DataFrame:
        """The rows as a tidy frame."""
        import pandas as pd

        return pd.DataFrame([{name: getattr(row, name) for name in COLUMNS} for row in self.rows], columns=[*COLUMNS])

    def value(
        self, measure: str, *, analysis: str = "trial", contrast: str | None = None, scenario: str = "B"
    ) -> Difference:
        """One row; without ``contrast`` the first match.

        Raises
        ------
        KeyError
            for an unknown row
        """
        for row in self.rows:
            wanted = (row.scenario, row.analysis, row.measure) == (scenario, analysis, measure)
            if wanted and contrast in (None, row.contrast):
                return row
        raise KeyError((scenario, analysis, contrast, measure))


def compare(
    inputs: Sequence[str | Path],
    *,
    variants: Sequence[str] = (),
    replicates: int | range | None = None,
    seed: int | None = None,
    set: Sequence[str] = (),  # noqa: A002  # the word of the command line
    play: bool = False,
    engine: Engine = "fast",
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Comparison:
    """Compare scenario files, shipped scenarios or finished output folders with the first of them.

    Finished folders alone are compared from their files, unless ``play``, ``seed`` or ``replicates`` require a simulation.
    Each of ``variants`` (``path=value``) is one more design: the first one with this change.
    Parameters are otherwise those of :func:`compare_sides`.
    """
    return compare_sides(
        read_sides(inputs, variants=variants, set=set), replicates=replicates, seed=seed, play=play, engine=engine,
        workers=workers, progress=progress,
    )  # fmt: skip


def compare_sides(
    sides: Sequence[Side],
    *,
    replicates: int | range | None = None,
    seed: int | None = None,
    play: bool = False,
    engine: Engine = "fast",
    workers: int | None = None,
    chunk: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Comparison:
    """Compare designs with the first of them under common random numbers.

    Parameters
    ----------
    replicates : how many, or which; by default the baseline's number (for folders the smallest number)
    seed : for all designs; by default the baseline's
    play : simulate finished folders again, which also pairs the numbers of the trial
    workers, chunk : change no digit of the result
    progress : called with the number of replicates done so far

    Raises
    ------
    RunError
        TS-R005 if no replicate is requested
    """
    stored = all(side.folder is not None for side in sides) and not play and seed is None and replicates is None
    which, used = planned(sides, replicates, stored=stored), common_seed(sides, seed, stored=stored)
    notes = []
    if stored:
        notes.append(_stored_note(sides, paired=used is not None))
        found = read_stored(sides, which, paired=used is not None, progress=progress)
    else:
        assert used is not None
        notes += _played_notes(sides, used)
        found = play_sides(sides, which, seed=used, engine=engine, workers=workers, chunk=chunk, progress=progress)
    return Comparison(
        sides=tuple(sides),
        seed=used,
        replicates=len(which),
        rows=found.rows,
        changes={side.label: difference_sentences(sides[0], side) for side in sides[1:]},
        alone=found.alone,
        notes=tuple(notes),
        shown=found.shown,
        contests=found.contests,
        verdicts=found.verdicts,
    )


def planned(sides: Sequence[Side], replicates: int | range | None, *, stored: bool) -> range:
    """Which replicates will be compared."""
    if replicates is None:
        replicates = min(side.replicates for side in sides) if stored else sides[0].replicates
    which = replicates if isinstance(replicates, range) else range(replicates)
    if not len(which):
        raise RunError("no replicate is requested.", code="TS-R005", remedy="Ask for at least 1.")
    return which


def common_seed(sides: Sequence[Side], seed: int | None, *, stored: bool) -> int | None:
    """The seed of all designs; None if finished runs have different seeds."""
    if stored:
        return sides[0].seed if len({side.seed for side in sides}) == 1 else None
    return sides[0].seed if seed is None else seed


def _stored_note(sides: Sequence[Side], *, paired: bool) -> str:
    if not paired:
        seeds = ", ".join(f"{side.label} {side.seed}" for side in sides)
        return f"Unpaired: the runs have different seeds ({seeds}). Use --play to simulate them with one seed."
    return (
        "Read from finished runs: analyses are paired on the replicate, numbers of the trial (duration, staff, missing "
        "values) are not. Use --play to pair them too."
    )


def _played_notes(sides: Sequence[Side], seed: int) -> list[str]:
    others = [side.label for side in sides if side.seed != seed]
    return (
        [f"All were simulated with seed {seed}, also {', '.join(others)}, although another seed is declared there."]
        if others
        else []
    )
