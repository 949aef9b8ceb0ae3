"""The assumption that changes the answer most."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trialsim.api.arguments import checked
from trialsim.api.subjects import Folder, Subject, scenario_of
from trialsim.engine import Engine
from trialsim.prepared import prepare
from trialsim.report.index import write_index
from trialsim.result import Result
from trialsim.runs import owners
from trialsim.runs.answers import finished, taken
from trialsim.sweep import AnswerMeasure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from trialsim.figures.render import FigureFiles
    from trialsim.sweep.tornado import Tornado


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
    out: Folder | None = None,
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
