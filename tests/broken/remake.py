"""Write EXPECTED.txt anew: what is said of every broken file. Read the difference before you keep it."""

from __future__ import annotations

import os
from pathlib import Path

from trialsim.errors import ScenarioError
from trialsim.scenario import load

HERE = Path(__file__).parent


def said_of(file: Path) -> list[str]:
    """Every fault of a file as one line: place, code, path, message, remedy."""
    before = Path.cwd()
    os.chdir(file.parent)  # so that the file is named without its folder
    try:
        load(file.name)
    except ScenarioError as error:
        return [
            f"{f.file}:{f.line}:{f.column} {f.code} {f.path or '-'} | {f.message} | {f.remedy}" for f in error.faults
        ]
    finally:
        os.chdir(before)
    return []


if __name__ == "__main__":
    lines = [line for file in sorted(HERE.glob("*.yaml")) for line in said_of(file)]
    (HERE / "EXPECTED.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
