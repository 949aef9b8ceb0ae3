"""The files that a misspelled name may mean."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

#: What scenarios end in.
SCENARIOS = (".yaml", ".yml")

#: So many entries of a folder are looked at.
MOST_ENTRIES = 2_000


def files_near(name: object, endings: Sequence[str]) -> list[str]:
    """The files beside the one that was named and is not there, as they would be typed."""
    wanted = Path(str(name))
    return [str(wanted.parent / one.name) for one in _entries(wanted.parent) if one.suffix.lower() in endings]


def folders_near(name: object) -> list[str]:
    """The folders beside the one that was named and is not there, and those in ``outputs``, as they would be typed."""
    wanted = Path(str(name))
    beside = [wanted.parent / one.name for one in _entries(wanted.parent)]
    return [str(one) for one in (*beside, *_entries(Path("outputs"))) if one.is_dir()]


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(islice(folder.iterdir(), MOST_ENTRIES))
    except (OSError, ValueError):
        return []
