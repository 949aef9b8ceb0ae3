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
UNKNOWABLE = "what nobody can know of a real trial"


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
    listed = [(CODEBOOK, "names, labels, codes and reasons of every variable")]
    listed += [("ro-crate-metadata.json" if one.at_root else f"{one.name}/", one.title) for one in formats]
    listed += [(f"{TRUTH}/", f"{UNKNOWABLE}; it unblinds")] if truth else []
    write_text(folder / README, readme(export, listed))
    made = [(folder / README, "what this is"), (write_codebook(export.datasets, folder / CODEBOOK), listed[0][1])]
    if truth:
        made += [(path, UNKNOWABLE) for path in truths.write(export, folder / TRUTH)]
    for one, write in sorted(writers, key=lambda pair: pair[0].at_root):
        made += [(path, one.title) for path in write(export, folder if one.at_root else folder / one.name)]
    return made
