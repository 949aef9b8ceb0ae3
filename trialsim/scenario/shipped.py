"""The scenarios that come with trialsim."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

#: Data files a scenario reads.
DATA = re.compile(r"\b[\w-]+\.csv\b")


@dataclass(frozen=True)
class ShippedScenario:
    """A shipped scenario: its title, its file, and the data files it reads."""

    title: str
    path: Path
    companions: tuple[Path, ...]


def folder() -> Path:
    """Where the shipped scenarios lie: in the installed package, or beside it in a checkout."""
    installed = Path(__file__).parent.parent / "_shipped_scenarios"
    return installed if installed.is_dir() else Path(__file__).parent.parent.parent / "scenarios"


def shipped_scenarios() -> dict[str, ShippedScenario]:
    """Every shipped scenario by name: the studies first, then published variants and lessons."""
    root = folder()
    files = sorted(root.rglob("*.yaml"), key=lambda path: (len(path.relative_to(root).parts), path.name))
    return {path.stem: _card(path) for path in files}


def shipped_data() -> dict[str, Path]:
    """Every shipped file of data by its name."""
    return {path.name: path for path in sorted(folder().rglob("*.csv"))}


def _card(path: Path) -> ShippedScenario:
    text = path.read_text(encoding="utf-8")
    found = re.search(r"^title:\s*(.+?)\s*$", text, re.MULTILINE)
    title = found.group(1).strip("\"'") if found else path.stem
    companions = tuple(path.parent / name for name in dict.fromkeys(DATA.findall(text)))
    return ShippedScenario(title, path, tuple(file for file in companions if file.is_file()))
