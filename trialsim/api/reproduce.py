"""A published study, simulated, and its figures among simulated trials."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trialsim.api.arguments import checked
from trialsim.api.subjects import Folder, Subject, study_of
from trialsim.engine import Engine
from trialsim.errors import AnalysisError
from trialsim.prepared import Study
from trialsim.quantities.counts import counted
from trialsim.report.index import write_index
from trialsim.result import Result
from trialsim.runs import owners
from trialsim.runs.answers import Owner, finished, taken

if TYPE_CHECKING:
    import pandas as pd

    from trialsim.report.brief import Line
    from trialsim.reproduce import Placement


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
    out: Folder | None = None,
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
