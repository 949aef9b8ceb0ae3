"""The folder of an export: what lies where, and the README that says what it is."""

from __future__ import annotations

from pathlib import Path

from trialsim.errors import RunError
from trialsim.export import truth as truths
from trialsim.export.build import TrialExport
from trialsim.export.formats.table import Format
from trialsim.export.text import readme, write_codebook
from trialsim.runs.files import write_text

README, CODEBOOK, TRUTH = "README.txt", "codebook.csv", "truth"


def check_empty(folder: Path) -> None:
    """See that a folder is new or empty: files are never written over.

    Raises
    ------
    RunError
        TS-R012
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RunError(f"{folder} is not empty.", code="TS-R012", remedy="Choose another folder with --out.")


def write_folder(
    export: TrialExport, folder: Path, formats: tuple[Format, ...], *, truth: bool = False
) -> list[tuple[Path, str]]:
    """Write the formats, each into a folder of its name; every file with what it is."""
    writers = [(one, one.writer()) for one in formats]  # all packages are there before anything is written
    made: list[tuple[Path, str]] = []
    listed: list[tuple[str, str]] = [(CODEBOOK, "names, labels, codes and reasons of every variable")]
    for one, write in writers:
        made += [(path, one.title) for path in write(export, folder / one.name)]
        listed.append((f"{one.name}/", one.title))
    if truth:
        made += [(path, "what nobody can know of a real trial") for path in truths.write(export, folder / TRUTH)]
        listed.append((f"{TRUTH}/", "what nobody can know of a real trial; it unblinds"))
    codebook = write_codebook(export.datasets, folder / CODEBOOK)
    write_text(folder / README, readme(export, listed))
    return [(folder / README, "what this is"), (codebook, listed[0][1]), *made]
