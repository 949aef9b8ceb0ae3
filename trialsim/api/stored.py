"""Runs that are kept: list them, clean up after them, check their numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialsim.api.arguments import checked
from trialsim.api.subjects import Folder
from trialsim.errors import RunError
from trialsim.result import Result
from trialsim.runs.listing import RunEntry, clean, find_runs
from trialsim.runs.removal import remove
from trialsim.runs.verify import RunVerdict
from trialsim.runs.verify import verify as play_again

if TYPE_CHECKING:
    import pandas as pd


#: Differences that lines show; the frame has all of them.
MOST_SHOWN = 10


@dataclass(frozen=True, repr=False)
class RunList(Result, Sequence[RunEntry]):
    """Runs below a folder."""

    folder: Path
    listed: tuple[RunEntry, ...]

    def __getitem__(self, index: Any) -> Any:
        return self.listed[index]

    def __len__(self) -> int:
        return len(self.listed)

    def frame(self) -> pd.DataFrame:
        """One row a run."""
        import pandas as pd

        return pd.DataFrame([asdict(one) for one in self.listed], columns=list(RunEntry.__dataclass_fields__))

    def lines(self) -> list[str]:
        """How many there are."""
        count = len(self.listed)
        return [f"{count} run{'s' if count != 1 else ''} below {self.folder}."]


def runs(folder: Folder = "outputs", *, check: bool = False) -> RunList:
    """The runs below a folder; with ``check`` every file and chunk is held against its checksum."""
    return RunList(Path(folder), tuple(find_runs(Path(folder), check=check)))


def clean_runs(folder: Folder = "outputs", *, chunks: bool = False) -> tuple[int, tuple[RunError, ...]]:
    """Remove what is half written or damaged below a folder: bytes freed, and why some runs were left alone.

    Parameters
    ----------
    chunks : remove also the stores of finished runs, which then cannot be extended
    """
    freed, left = 0, []
    for one in find_runs(Path(folder)):
        try:
            freed += clean(one.folder, chunks=chunks)
        except RunError as problem:
            left.append(problem)
    return freed, tuple(left)


def remove_run(key: str, folder: Folder = "outputs") -> tuple[RunEntry, ...]:
    """Remove the earlier results and stores below a folder whose key begins with ``key``; what was removed.

    Raises
    ------
    RunError
        TS-R061 when no run has this key or several have, TS-R062 when it is the key of the current result of a folder
    """
    return remove(Path(folder), key)


@dataclass(frozen=True, repr=False)
class Verification(Result):
    """What :func:`verify` found in ``folder``."""

    folder: Path
    verdict: RunVerdict

    @property
    def ok(self) -> bool:
        """Whether every number and file is what was written."""
        found = self.verdict
        return not (found.differences or found.changed or found.lost)

    def frame(self) -> pd.DataFrame:
        """One row a number that differs."""
        import pandas as pd

        names = ["replicate", "twin", "analysis", "contrast", "column", "stored", "now"]
        return pd.DataFrame([asdict(one) for one in self.verdict.differences], columns=names)

    def lines(self) -> list[str]:
        """The verdict, and what is changed or lost."""
        found, count = self.verdict, len(self.verdict.replicates)
        sentences = [
            f"{count:,} replicate{'s' if count > 1 else ''} simulated again, {found.compared:,} numbers compared: {found.word}."
        ]
        if 0 < found.largest < float("inf"):
            sentences.append(f"The largest relative difference is {found.largest:.1e}.")
        sentences += [
            (
                f"  replicate {one.replicate}, twin {one.twin}, {one.analysis}: {one.contrast}: {one.column} is {one.stored} in "
                f"the run, {one.now} now"
            )
            for one in found.differences[:MOST_SHOWN]
        ]
        more = len(found.differences) - MOST_SHOWN
        sentences += [f"  and {more:,} more"] if more > 0 else []
        sentences += [
            f"{name}." if " is gone from " in name else f"{name} is gone or is not what the run wrote."
            for name in found.changed
        ]
        sentences += [f"In {self.folder}, {words}." for words in found.lost]
        return [
            *sentences,
            *(f"{name}: {there} in the run, {here} here." for name, (there, here) in found.versions.items()),
        ]


@checked
def verify(folder: Folder, *, sample: int = 20, progress: Callable[[int], None] | None = None) -> Verification:
    """Check a run made anywhere: its files are what was written, and ``sample`` replicates give the same numbers again."""
    return Verification(Path(folder), play_again(Path(folder), sample=sample, progress=progress))
