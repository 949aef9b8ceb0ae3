"""The house rules that a tool can check."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "trialsim"
SOURCES = sorted(PACKAGE.rglob("*.py"))

#: Folders that are made here and belong to nobody's repository.
MADE = {".git", ".venv", ".stamps", "outputs", "dist", "build", "__pycache__", ".hypothesis"}
PICTURES = {".png", ".svg", ".ico"}

#: Hosts that packages come from, and places on somebody's machine; put together so that this file does not name them.
HOSTS = ("py" + "pi", "python" + "hosted", "ana" + "conda", "conda-" + "forge", "npm" + "js", "index" + "-url")
PLACES = ("ho" + "me", "Us" + "ers", "ro" + "ot", "wo" + "rk", "op" + "t", "tm" + "p")
MACHINE = re.compile(rf"(?i:{'|'.join(HOSTS)})[.=/]|(?<![\w.$)}}])/(?:{'|'.join(PLACES)})/\w|[A-Z]:\\+{PLACES[1]}\\")


def imports_of(text: str) -> set[str]:
    """Every module a source text imports, wherever it does so."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def users_of(package: str) -> set[str]:
    """Files that import a package."""
    return {
        path.relative_to(PACKAGE).as_posix()
        for path in SOURCES
        if any(
            name == package or name.startswith(package + ".") for name in imports_of(path.read_text(encoding="utf-8"))
        )
    }


def test_imports_are_found_wherever_they_stand() -> None:
    """Planted: an import inside a function is seen."""
    assert imports_of("def f():\n    from simpy.core import Environment\n") == {"simpy.core"}


def test_simpy_is_imported_in_one_file() -> None:
    assert users_of("simpy") == {"engine/reference.py"}


@pytest.mark.parametrize("package", ["matplotlib", "seaborn"])
def test_figures_are_drawn_only_under_plots(package: str) -> None:
    assert all(name.startswith(("figures/", "report/")) for name in users_of(package))
    typing_only = [name for name in users_of(package) if name.startswith("report/")]
    for name in typing_only:
        text = (PACKAGE / name).read_text(encoding="utf-8")
        assert re.search(rf"if TYPE_CHECKING:(?:\n    .*)*\n    from {package}", text), f"{name} imports {package}"


def test_nobody_draws_with_numpy_random() -> None:
    offenders = [
        path.name
        for path in SOURCES
        if path.name != "draws.py" and re.search(r"\b(np|numpy)\.random\b", path.read_text(encoding="utf-8"))
    ]
    assert offenders == []


def test_heavy_packages_wait_until_they_are_used() -> None:
    """``trialsim --help`` must not import what only a run needs."""
    for name in ("cli/__init__.py", "cli/options.py", "__init__.py", "errors.py"):
        tree = ast.parse((PACKAGE / name).read_text(encoding="utf-8"))
        top = {ast.unparse(node) for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))}
        assert not any(re.search(r"\b(numpy|pandas|numba|scipy|pydantic|matplotlib)\b", line) for line in top), name


def test_no_placeholder_is_left() -> None:
    marks = re.compile(r"\b(" + "TO" + r"DO|FIX" + r"ME|XX" + r"X|NotImplemented" + r"Error)\b")
    assert [path.name for path in SOURCES if marks.search(path.read_text(encoding="utf-8"))] == []


def files_of_the_repository() -> list[Path]:
    """Every file of text that may be in the repository."""
    found = []
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        made = any(part in MADE or part.endswith(("_cache", ".egg-info")) for part in parts)
        if not made and path.is_file() and path.suffix not in PICTURES:
            found.append(path)
    return sorted(found)


def test_no_file_names_a_package_host_or_a_place_on_a_machine() -> None:
    found = []
    for path in files_of_the_repository():
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
            if MACHINE.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "where py" + "pi.org can be reached",
        "https://files.python" + "hosted.org/x",
        "--index" + "-url=https://host",
        "cd /ho" + "me/ada/trials",
        '"/tm' + 'p/x"',
        "C:\\Us" + "ers\\Ada",
    ],
)
def test_a_host_or_a_place_is_seen(line: str) -> None:
    """Planted."""
    assert MACHINE.search(line)


@pytest.mark.parametrize("line", ["outputs/home/x", "${HOME}/work/x", "$(CURDIR)/tmp/x", "a/work/b", "/dev/zero"])
def test_other_paths_are_no_places(line: str) -> None:
    assert not MACHINE.search(line)
