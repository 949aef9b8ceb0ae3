"""Print the oldest versions pyproject.toml allows, as constraints for pip: ``make floor`` tests with exactly these."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

PROJECT = Path(__file__).parent.parent / "pyproject.toml"
COMPANIONS = ("pyparsing<3.3",)  # its later versions warn of names that matplotlib 3.9 uses, and a warning is an error
EXTRAS = ("test", "cluster", "app", "export")


def requirements(project: dict[str, object]) -> list[str]:
    """What the package needs, and what each extra that runs in the tests needs; what two of them need alike stands once."""
    extras = project["optional-dependencies"]
    assert isinstance(extras, dict)
    needed = project["dependencies"]
    assert isinstance(needed, list)
    return list(dict.fromkeys([*needed, *(line for name in EXTRAS for line in extras[name])]))


def lowest(requirement: str) -> str:
    """``numpy>=2.0`` -> ``numpy==2.0``; a requirement without a lower bound is a fault.

    >>> lowest("numpy>=2.0,<3")
    'numpy==2.0'
    """
    found = re.fullmatch(r"([\w.-]+)(\[[\w,-]+\])?\s*>=\s*([\w.]+)\s*(,.*)?(;.*)?", requirement)
    if found is None:
        raise ValueError(f"{requirement!r} has no lower bound")
    return f"{found[1]}=={found[3]}"


if __name__ == "__main__":
    with PROJECT.open("rb") as stream:
        needed = requirements(tomllib.load(stream)["project"])
    sys.stdout.write("\n".join([*map(lowest, needed), *COMPANIONS]) + "\n")
