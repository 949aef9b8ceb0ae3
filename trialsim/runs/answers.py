"""Folders of answers other than runs (sizes, assurances, comparisons, sweeps): each holds one kind of answer about one thing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trialsim.errors import RunError
from trialsim.regular import read_regular
from trialsim.runs.earlier import discard
from trialsim.runs.files import rename, write_json
from trialsim.runs.folder import MOST_BYTES, alone, foreign_files, writing
from trialsim.runs.manifest import versions
from trialsim.runs.stores import EARLIER, short

REMEDY = "Choose another folder with --out."


@dataclass(frozen=True)
class Owner:
    """Whose a folder is: a ``kind`` of answer (``size``) about ``scenario`` (or designs), as the file ``manifest`` there says.

    ``identity`` distinguishes answers about equal names, as before and after an edit; the ``files`` of the one before are
    then kept as an earlier answer.
    """

    kind: str
    scenario: str
    manifest: str
    identity: str = ""
    files: tuple[str, ...] = ()

    @property
    def words(self) -> dict[str, str]:
        """What the manifest says of it."""
        named = {"kind": self.kind, "scenario": self.scenario}
        return named | ({"identity": self.identity} if self.identity else {})

    def check(self, out: Path) -> None:
        """See that ``out`` is new, empty, or this owner's.

        Raises
        ------
        RunError
            TS-R001 when it holds other files, TS-R002 when it is another's, TS-R003 when it cannot be read, TS-R004 when its
            manifest is damaged
        """
        self.holder(out)

    def holder(self, out: Path) -> Owner | None:
        """Who owns ``out``: this one, or this one before an edit; None where it is new or empty. Raises as :meth:`check`."""
        with writing(out):
            if out.exists() and not out.is_dir():
                raise RunError(f"{out} is a file.", code="TS-R001", remedy="Name a folder with --out.")
            manifest = out / self.manifest
            text = read_regular(manifest, most=MOST_BYTES).decode("utf-8", "replace") if manifest.is_file() else None
            foreign = text is None and foreign_files(out)
        if foreign:
            raise RunError(
                f"{out} holds files that were not made by a {self.kind} of trialsim.", code="TS-R001", remedy=REMEDY
            )
        if text is None:
            return None
        try:
            held = json.loads(text)
            owner = Owner(held["kind"], held["scenario"], self.manifest, held.get("identity", ""))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
            raise RunError(
                f"{manifest} is damaged, or is not a file of trialsim.", code="TS-R004", remedy=REMEDY
            ) from problem
        if (owner.kind, owner.scenario) != (self.kind, self.scenario):
            raise RunError(
                f"{out} holds a {owner.kind} of {owner.scenario}; this one is a {self.kind} of {self.scenario}.",
                code="TS-R002", remedy=REMEDY,
            )  # fmt: skip
        return owner


@contextmanager
def taken(out: Path, owner: Owner) -> Iterator[None]:
    """``out`` for its owner, locked for as long as the block lasts.

    Raises
    ------
    RunError
        as :meth:`Owner.check`; TS-R003 when a file cannot be written, TS-R006 when another process holds the folder, TS-R007 when
        the disk is full
    """
    owner.check(out)
    with alone(out), writing(out):
        before = owner.holder(out)
        if before is not None and before.identity != owner.identity:
            _keep_earlier(out, owner, before.identity)
        write_json(out / owner.manifest, {**owner.words, "status": "started"})
        yield


def _keep_earlier(out: Path, owner: Owner, identity: str) -> None:
    """Move the answer before an edit to ``earlier``, its manifest last, so that a process that is killed can go on."""
    target = out / EARLIER / (short(identity) or "unknown")
    if (target / owner.manifest).exists():
        discard(target)  # of the same designs and seed
    target.mkdir(parents=True, exist_ok=True)
    for name in (*owner.files, owner.manifest):
        if (out / name).exists():
            rename(out / name, target / name)


def finished(out: Path, owner: Owner, content: dict[str, Any]) -> Path:
    """Write the manifest of a finished answer, with the versions it was found by."""
    path = out / owner.manifest
    write_json(path, {**owner.words, **content, "status": "done", "versions": versions()})
    return path
