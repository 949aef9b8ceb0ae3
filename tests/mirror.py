"""Where each module is tested: ``tests/ROOM/test_NAME.py``, or a line in ``mirror.txt`` that says where.

``python -m tests.mirror`` writes the table anew: it drops what is stale and proposes a place for what is new, by who imports it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE, TESTS = ROOT / "trialsim", ROOT / "tests"
TABLE = TESTS / "mirror.txt"

HEAD = """\
# Modules without a test file of their own, and the files that test them. Kept by tests/test_house.py; python -m tests.mirror
# proposes lines for new modules.
"""


@cache
def modules() -> tuple[str, ...]:
    """Every module of the package by its path; a room's ``__init__`` and ``__main__`` are not looked at."""
    return tuple(
        sorted(
            path.relative_to(PACKAGE).as_posix()
            for path in PACKAGE.rglob("*.py")
            if not path.name.startswith("__") and "_shipped_scenarios" not in path.parts
        )
    )


@cache
def names() -> frozenset[str]:
    """Every module and room of the package by its dotted name."""
    rooms = (one.relative_to(PACKAGE).as_posix() for one in PACKAGE.rglob("__init__.py") if one.parent != PACKAGE)
    return frozenset(map(dotted, (*modules(), *rooms)))


def files_of_tests() -> list[str]:
    """Every file of tests."""
    return sorted(path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py"))


def own(module: str) -> str:
    """The test file that a module has by its name."""
    path = Path(module)
    return (path.parent / f"test_{path.name}").as_posix()


def table() -> dict[str, tuple[str, ...]]:
    """The lines of the table."""
    lines = [line.split() for line in TABLE.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    return {module: tuple(files) for module, *files in lines}


def dotted(module: str) -> str:
    """``runs/store.py`` as ``trialsim.runs.store``."""
    return "trialsim." + module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@cache
def imports_of(path: Path) -> frozenset[str]:
    """Every module of the package that a file imports, for types too: ``trialsim.runs.store``."""
    known = names()
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("trialsim"):
            named = (f"{node.module}.{alias.name}" for alias in node.names)
            found |= {one if one in known else node.module for one in named}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name in known | {"trialsim"}}
    return frozenset(found)


@cache
def reached_by(test: str) -> frozenset[str]:
    """Every module that a test file reaches, by its own imports and by theirs; the command line reaches its commands."""
    waiting, seen = set(imports_of(TESTS / test)), set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        base = PACKAGE / Path(*name.split(".")[1:])
        file = base.with_suffix(".py") if base.with_suffix(".py").is_file() else base / "__init__.py"
        if name == "trialsim.cli":
            waiting |= {dotted(one) for one in modules() if one.startswith("cli/")}
        if name == "trialsim":
            waiting |= {dotted(one) for one in modules() if one.startswith("api/")} | {"trialsim.plots"}
        elif file.is_file():
            waiting |= imports_of(file)
    return frozenset(seen)


def proposal(module: str, files: Iterable[str]) -> str:
    """The test file that most likely tests a module: of its own room and imports it, imports it, or reaches it."""
    name, room = dotted(module), module.split("/", maxsplit=1)[0]

    def rank(test: str) -> tuple[bool, bool, bool, int]:
        direct = name in imports_of(TESTS / test)
        if room == "cli":  # a command is called by its name
            direct = direct or f'"{Path(module).stem}"' in (TESTS / test).read_text(encoding="utf-8")
        return (name not in reached_by(test), not direct, test.split("/", maxsplit=1)[0] != room, len(reached_by(test)))

    best = min(files, key=rank)
    return best if name in reached_by(best) else ""


def main() -> int:
    """Write the table anew."""
    files = files_of_tests()
    old = table() if TABLE.is_file() else {}
    lines = []
    for module in modules():
        if own(module) in files:
            continue
        kept = [test for test in old.get(module, ()) if test in files and dotted(module) in reached_by(test)]
        lines.append(f"{module} {' '.join(kept) or proposal(module, files)}")
    TABLE.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
