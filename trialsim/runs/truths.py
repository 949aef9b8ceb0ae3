"""The pass for true effects on disk: what was simulated of it is kept like chunks, under a key of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trialsim.prepared import Study
from trialsim.runs.sealed import (
    DamagedChunkError,
    array_of,
    chunk_files,
    file_of,
    read_sealed,
    set_aside,
    write_sealed,
)
from trialsim.runs.store import CONTRACT
from trialsim.runs.versions import versions
from trialsim.scenario.identity import play_hash
from trialsim.truth import Effects

TRUTHS = "truth"

Floats = NDArray[np.float64]


def truths_key(identity: str) -> str:
    """The key of the true effects of a study whose scenario hash is ``identity``; the fast engine always simulates them."""
    return hashlib.blake2b(f"{identity} {CONTRACT} truth".encode("ascii"), digest_size=16).hexdigest()


@dataclass(frozen=True)
class TruthStore:
    """The effects of each replicate in a folder, a file for each block of replicates.

    Attributes
    ----------
    folder : where the files are
    study : whose effects they are
    tell : is called with a sentence on each damaged file
    by : by which versions the effects were found that were asked for
    """

    folder: Path
    study: Study
    tell: Callable[[str], None] = field(default=lambda _: None)
    by: list[dict[str, str]] = field(default_factory=list)

    @property
    def key(self) -> str:
        """32 hexadecimal digits of all that decides what a file holds."""
        return truths_key(play_hash(self.study.scenario))

    def keeping(self, play: Effects, *, columns: int) -> Effects:
        """As ``play``, (R, ``columns``) effects of replicates; from the folder where they are there, else kept in it."""

        def effects(replicates: range) -> Floats:
            kept = self._load(replicates, columns)
            if kept is None:
                kept = play(replicates)
                self._save(replicates, kept)
            return kept

        return effects

    def _save(self, replicates: range, effects: Floats) -> None:
        header = {"key": self.key, "contract": CONTRACT, "start": replicates.start, "stop": replicates.stop}
        write_sealed(file_of(self.folder, replicates), {"effects": effects}, header | {"versions": versions()})
        self._note(versions())
        for known, shorter in chunk_files(self.folder):
            if known != replicates and replicates.start <= known.start and known.stop <= replicates.stop:
                shorter.unlink(missing_ok=True)

    def _load(self, replicates: range, columns: int) -> Floats | None:
        for known, path in chunk_files(self.folder):
            if known.start <= replicates.start and replicates.stop <= known.stop:
                try:
                    table, header = read_sealed(path, self.key)
                    effects: Floats = array_of(table, "effects")
                    if effects.shape != (len(known), columns):
                        raise DamagedChunkError("it holds other effects")
                except DamagedChunkError as damage:
                    moved = set_aside(path)
                    self.tell(f"{path} is damaged ({damage}); it is moved to {moved} and counts as not simulated.")
                    continue
                self._note(header["versions"])
                return effects[replicates.start - known.start :][: len(replicates)]
        return None

    def _note(self, by: dict[str, str]) -> None:
        if by not in self.by:
            self.by.append(by)
