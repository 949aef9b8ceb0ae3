"""A finished run, in its folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialsim.api.failures import Failure
from trialsim.api.subjects import Folder, study_of
from trialsim.cohort import TABLES, Cohort
from trialsim.errors import RunError
from trialsim.evaluate.characteristics import OperatingCharacteristics
from trialsim.familywise import FamilywiseErrors
from trialsim.prepared import Study
from trialsim.quantities.counts import counted
from trialsim.quantities.refuse import did_you_mean
from trialsim.result import Result
from trialsim.runs import run as playing
from trialsim.runs.place import settle
from trialsim.runs.record import MANIFEST, read_manifest, resolved_file
from trialsim.runs.stores import EARLIER
from trialsim.scenario import load

if TYPE_CHECKING:
    import pandas as pd

    from trialsim.report.figures import Picture

Stages = Callable[[str, int, int | None], None]


@dataclass(frozen=True, repr=False)
class Run(Result):
    """A finished run in its folder.

    Attributes
    ----------
    folder : where its files are
    finished : what was simulated or merged in this process; None where the folder was opened
    precision : the sentence on the precision that was requested
    failed : which analyses failed in some trials, and why
    source, options : the scenario as it is typed for a replay, and what it must be given besides
    """

    folder: Path
    finished: playing.FinishedRun | None = None
    precision: str | None = None
    failed: tuple[Failure, ...] = ()
    source: str = "FILE"
    options: str = ""

    def __post_init__(self) -> None:
        """The manifest is read now: another result may take the place of this one later."""
        _ = self.manifest

    @property
    def failures(self) -> tuple[str, ...]:
        """A sentence for each analysis that failed in some trials, with the command that shows the first of them."""
        return tuple(one.words(self.source, self.options) for one in self.failed)

    @cached_property
    def manifest(self) -> Mapping[str, Any]:
        """What ``run.json`` says: scenario, seed, replicates, versions, hashes of the files."""
        known = read_manifest(self.folder)
        if known is None:
            raise RunError(f"{self.folder} holds no run.", code="TS-R016", remedy="`trialsim runs` lists runs.")
        return known

    @property
    def place(self) -> Path:
        """Where the files are now: in ``folder``, or below it since another result took their place.

        Raises
        ------
        RunError
            TS-R063 when a longer run of the same study replaced them, or they were removed
        """
        own = ("key", "scenario_hash", "seed", "engine", "replicates")
        for place in (self.folder, *sorted((self.folder / EARLIER).glob("*"))):
            known = read_manifest(place)
            if known is not None and all(known.get(key) == self.manifest.get(key) for key in own):
                return place
        raise RunError(
            f"another result has replaced this one in {self.folder}.",
            code="TS-R063",
            remedy="ts.open_run opens the new one.",
        )

    @cached_property
    def study(self) -> Study:
        """The study."""
        return study_of(load(resolved_file(self.place))) if self.finished is None else self.finished.study

    @property
    def characteristics(self) -> OperatingCharacteristics:
        """The measures, with what figures need; they are there after :func:`run` and :func:`merge`.

        Raises
        ------
        RunError
            TS-R016 when the folder was only opened
        """
        return self._played.characteristics

    @property
    def familywise(self) -> FamilywiseErrors | None:
        """The familywise error rates, if this run has them."""
        return self._played.familywise

    @property
    def cohort(self) -> Cohort:
        """The trial that is shown, replicate 0."""
        return self._played.cohort

    @property
    def _played(self) -> playing.FinishedRun:
        if self.finished is None:
            raise RunError(
                f"{self.folder} was opened, and its figures and measures in memory are those of a run.",
                code="TS-R016",
                remedy=f"Write ts.run(scenario, {str(self.folder)!r}): it reads the trials there and simulates nothing twice.",
            )
        return self.finished

    def frame(self, table: str = "operating_characteristics") -> pd.DataFrame:
        """A table of the run: operating_characteristics, familywise, tipping_points, estimates, or one of the cohort shown.

        Raises
        ------
        KeyError
            for an unknown table
        """
        import pandas as pd

        whole = {
            "operating_characteristics": playing.MEASURES,
            "familywise": playing.FAMILYWISE,
            "tipping_points": playing.TIPPING,
        }
        known = (*whole, "estimates", *TABLES)
        if table not in known:
            raise KeyError(f"There is no table '{table}'. {did_you_mean(table, known)}")
        place = self.place
        if table == "estimates":
            return pd.read_parquet(place / playing.ESTIMATES)
        path = place / whole.get(table, f"{playing.COHORT}/{table}.csv")
        if not path.is_file():
            raise KeyError(f"This run has no table '{table}'.")
        return pd.read_csv(path)

    def brief(self) -> pd.DataFrame:
        """The primary analyses."""
        table = self.frame()
        first = table[table["analysis"].isin([*self.study.scenario.primary, "primary"])]
        return first[["analysis", "contrast", "measure", "value", "mcse", "n_failed"]]

    def lines(self) -> list[str]:
        """The answer in a sentence, and where everything is."""
        manifest = self.manifest
        trials = counted(manifest["replicates"], "simulated trial")
        what = f"{manifest['scenario']}: {trials}, seed {manifest['seed']}, in {self.folder}."
        if self.finished is None:
            return [what]
        from trialsim.report.page import answer

        return [answer(self.finished), what, *([self.precision] if self.precision else []), *self.failures]

    def pictures(self) -> Iterator[Picture]:
        """The figures of the report."""
        from trialsim.report.figures import pictures

        return pictures(self._played)


def open_run(folder: Folder) -> Run:
    """A finished run of any time and machine, from its folder; nothing is simulated.

    Raises
    ------
    RunError
        TS-R016 when it holds no finished run
    """
    out = Path(folder)
    settle(out)
    manifest = read_manifest(out)
    if manifest is None or not (out / playing.MEASURES).is_file() or "replicates" not in manifest:
        raise RunError(
            f"{out} holds no finished run.",
            code="TS-R016",
            remedy=f"Name a folder with {MANIFEST}; `trialsim runs` lists them.",
        )
    return Run(out)
