"""The house rules that a tool can check."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from trialsim.kinds import designs, estimands, tests

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
    assert all(name.startswith(("plots/", "report/")) for name in users_of(package))
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


# ---------------------------------------------------------------- kinds are known by their records

#: Names of kinds, by subject; a comparison with one of them outside trialsim/kinds is a part that the tables do not know of.
KINDS = {
    "tests": {*tests.TEST, *tests.PAIR},
    "estimands": set(estimands.ESTIMAND),
    "designs": {
        one.name
        for table in (
            designs.METHODS,
            designs.POPULATIONS,
            designs.STRATEGIES,
            designs.TRANSFORMS,
            designs.ADJUSTMENTS,
            designs.ALTERNATIVES,
        )
        for one in table
    },
}

#: Words that mean something else where they stand: the name of a file, the word, and what it is there.
HOMONYMS = {
    ("fitting.py", "mean"): "a key of a distribution",
    ("statistics.py", "mean"): "a column of a pilot's table",
    ("pilot.py", "log"): "the scale of a prior",
    ("provenance.py", "none"): "a number that says nothing of its source",
    ("units.py", "percent"): "a unit",
}


def compared(text: str) -> set[str]:
    """Words with which a source text compares: ==, in, match, a lookup with a default, and names of records of kinds."""
    tree = ast.parse(text)
    records = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("trialsim.kinds")
        for alias in node.names
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            for side in (node.left, *node.comparators):
                found |= _words_in(side, records)
        elif isinstance(node, ast.MatchValue):
            found |= _words_in(node.value, records)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            if isinstance(node.func.value, ast.Dict):
                found |= {word for key in node.func.value.keys if key for word in _words_in(key, records)}
    return found


def _words_in(side: ast.expr, records: set[str]) -> set[str]:
    """Texts in one side of a comparison, also in a list of them, and names of records (``WELCH.name``, ``tests.WELCH``)."""
    if isinstance(side, ast.Constant):
        return {side.value} if isinstance(side.value, str) else set()
    if isinstance(side, (ast.Tuple, ast.List, ast.Set)):
        return {word for one in side.elts for word in _words_in(one, records)}
    if isinstance(side, ast.Starred):
        return _words_in(side.value, records)
    if isinstance(side, ast.Attribute):
        if side.attr == "name":
            return _words_in(side.value, records)
        module = {"tests": tests, "estimands": estimands, "designs": designs}
        if isinstance(side.value, ast.Name) and side.value.id in records & set(module):
            return _name_of(getattr(module[side.value.id], side.attr, None))
    if isinstance(side, ast.Name) and side.id in records:
        return {name for module in (tests, estimands, designs) for name in _name_of(getattr(module, side.id, None))}
    return set()


def _name_of(record: object) -> set[str]:
    name = getattr(record, "name", None)
    return {name} if isinstance(name, str) else set()


@pytest.mark.parametrize("subject", KINDS)
def test_no_room_compares_with_the_name_of_a_kind(subject: str) -> None:
    found = [
        (path.relative_to(PACKAGE).as_posix(), word)
        for path in SOURCES
        if path.parent.name != "kinds"
        for word in sorted(compared(path.read_text(encoding="utf-8")) & KINDS[subject])
        if (path.name, word) not in HOMONYMS
    ]
    assert found == []


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ('if test == "welch": pass', "welch"),
        ('x = test in ("anova", *others)', "anova"),
        ('match test:\n    case "fisher": pass', "fisher"),
        ('x = {"log": 1}.get(transform, 0)', "log"),
        ("from trialsim.kinds.tests import WELCH\nif test == WELCH.name: pass", "welch"),
        ("from trialsim.kinds import tests\nif test is not tests.WELCH: pass", "welch"),
        ('from trialsim.kinds.designs import LESS\nx = side in (LESS.name, "no")', "less"),
    ],
)
def test_a_comparison_with_a_name_is_seen(line: str, word: str) -> None:
    """Planted."""
    assert word in compared(line)


def test_words_that_mean_something_else_still_stand_there() -> None:
    """An excuse that nobody needs any more is taken out."""
    for file, word in HOMONYMS:
        texts = [path.read_text(encoding="utf-8") for path in SOURCES if path.name == file]
        assert any(word in compared(text) for text in texts), (file, word)
