"""The house rules that a tool can check."""

from __future__ import annotations

import ast
import importlib
import re
from functools import cache
from pathlib import Path

import pytest

from tests import mirror
from trialsim.kinds import designs, estimands
from trialsim.kinds.tests import TEST
from trialsim.kinds.tests.pairs import PAIR

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


@cache
def imports_of(text: str) -> frozenset[str]:
    """Every module a source text imports, wherever it does so."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return frozenset(found)


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


def without_types(text: str) -> set[str]:
    """Every module a source text imports when it runs: not for its types."""
    tree = ast.parse(text)
    typed = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for child in ast.walk(node)
    }
    nodes = [node for node in ast.walk(tree) if node not in typed]
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}


@pytest.mark.parametrize("package", ["matplotlib", "seaborn"])
def test_figures_are_drawn_only_under_figures(package: str) -> None:
    users = {name for name in users_of(package) if not name.startswith("figures/")}
    for name in users:
        used = without_types((PACKAGE / name).read_text(encoding="utf-8"))
        assert not any(one.split(".")[0] == package for one in used), name


def test_an_import_for_types_is_told_from_another() -> None:
    """Planted."""
    text = "if TYPE_CHECKING:\n    from a.b import c\nelse:\n    pass\nimport d\n"
    assert without_types(text) == {"d"}


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
    "tests": {*TEST, *PAIR},
    "estimands": set(estimands.ESTIMAND),
    "designs": {
        one.name
        for table in (
            designs.METHODS,
            designs.POPULATIONS,
            designs.STRATEGIES,
            designs.TRANSFORMS,
            designs.ADJUSTMENTS,
            designs.FAMILY_METHODS,
            designs.ALTERNATIVES,
        )
        for one in table
    },
}

#: Words that mean something else where they stand: the name of a file, the word, and what it is there.
HOMONYMS = {
    ("fitting.py", "mean"): "a key of a distribution",
    ("schema.py", "mean"): "a key of a distribution",
    ("statistics.py", "mean"): "a column of a pilot's table",
    ("small_pilot.py", "log"): "the scale of a prior",
    ("provenance.py", "none"): "a number that says nothing of its source",
    ("units.py", "percent"): "a unit",
    ("arrays.py", "none"): "an answer: no baseline",
    ("cells.py", "none"): "an answer: no code of missing values",
    ("columns.py", "none"): "an answer: no such column",
    ("scale.py", "none"): "an answer: no scale with ends",
}


@cache
def compared(text: str) -> set[str]:
    """Words with which a source text compares: ==, in, match, a lookup with a default, and names of records of kinds."""
    tree = ast.parse(text)
    records = {
        alias.asname or alias.name: _imported(node.module or "", alias.name)
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


def _imported(module: str, name: str) -> object:
    """What a name is that is imported from a module: a room, a record or a table."""
    inside = importlib.import_module(module)
    return getattr(inside, name) if hasattr(inside, name) else importlib.import_module(f"{module}.{name}")


def _words_in(side: ast.expr, records: dict[str, object]) -> set[str]:
    """Texts in one side of a comparison, also in a list of them, and names of records (``WELCH.name``, ``means.WELCH``)."""
    if isinstance(side, ast.Constant):
        return {side.value} if isinstance(side.value, str) else set()
    if isinstance(side, (ast.Tuple, ast.List, ast.Set)):
        return {word for one in side.elts for word in _words_in(one, records)}
    if isinstance(side, ast.Starred):
        return _words_in(side.value, records)
    if isinstance(side, ast.Attribute):
        if side.attr == "name":
            return _words_in(side.value, records)
        if isinstance(side.value, ast.Name) and side.value.id in records:
            return _name_of(getattr(records[side.value.id], side.attr, None))
    if isinstance(side, ast.Name) and side.id in records:
        return _name_of(records[side.id])
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
        ("from trialsim.kinds.tests.means import WELCH\nif test == WELCH.name: pass", "welch"),
        ("from trialsim.kinds.tests import means\nif test is not means.WELCH: pass", "welch"),
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


# ---------------------------------------------------------------- rooms

#: What a room above all may import to show what it was given: the public functions, words and figures, and no room that plays.
#: Words and numbers of the command line are read, and written, by what does so for a scenario.
READING = ("quantities.counts", "quantities.letters", "quantities.marks", "quantities.refuse")
OF_THE_COMMAND_LINE = ("cli", "api", "app", "lessons", "report", "errors", "version", *READING)

#: What commands use beside the public functions, each for its reason.
BESIDE = {
    "cli/console.py": {"scenario"},  # faults with their line and a caret
    "cli/__init__.py": {"runs.folder", "typed"},  # the words of a full disk; the command for pages
    "cli/explain.py": {"scenario.dump"},  # --resolved prints the file
    "cli/first.py": {"engine"},  # whether it is compiled
    "cli/fit.py": {"kinds.scales", "pilot", "pilot.fragment", "pilot.statistics", "scenario.nearby",
                   "scenario.shipped"},  # the plan comes first
    "cli/run.py": {"figures.process", "runs.effort"},  # a second process, begun first; asking before a very large run
    "cli/runs.py": {"runs.effort"},  # bytes in words
    "cli/size.py": {"scenario.model", "sizing.sizes"},  # participants by arm
    "cli/slurm.py": {"study"},  # into how many chunks the work falls
    "cli/stops.py": {"runs.sealed", "runs.store", "runs.truths"},  # what is kept when a run is stopped
    "cli/sweep.py": {"scenario", "scenario.sweep", "sweep.store", "sweep.tables"},  # names of folder, values and currency
    "cli/tornado.py": {"scenario", "scenario.sweep"},
    "cli/tables.py": {"evaluate.columns", "evaluate.summaries", "evaluate.truth", "evaluate.verdict"},  # names of measures
}  # fmt: skip


def graph() -> dict[str, set[str]]:
    """Module to the modules it imports, for types too."""
    found = {}
    for path in SOURCES:
        name = mirror.dotted(path.relative_to(PACKAGE).as_posix())
        if name not in ("trialsim.__init__", "trialsim.__main__"):
            found[name] = set(mirror.imports_of(path)) - {name, "trialsim"}
    return found


def circles(edges: dict[str, set[str]]) -> list[set[str]]:
    """Groups of modules each of which leads to each other (strongly connected, of two and more)."""

    def leads_to(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = list(edges.get(start, ()))
        while waiting:
            one = waiting.pop()
            if one not in seen:
                seen.add(one)
                waiting.extend(edges.get(one, ()))
        return seen

    reach = {name: leads_to(name) for name in edges}
    groups: list[set[str]] = []
    for name in sorted(edges):
        group = {other for other in reach[name] if name in reach.get(other, ())}
        if len(group) > 1 and group not in groups:
            groups.append(group)
    return groups


def test_a_circle_is_seen() -> None:
    """Planted: three modules in a circle, and one beside it."""
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set()}) == [{"a", "b", "c"}]
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_no_circle_of_imports() -> None:
    """Modules inside rooms, and rooms; a room's ``__init__`` may gather what its modules made."""
    edges = graph()
    inside = {group_room for group in circles(edges) for group_room in {name.split(".")[1] for name in group}}
    assert inside == set()
    rooms: dict[str, set[str]] = {}
    for name, imported in edges.items():
        rooms.setdefault(name.split(".")[1], set()).update(one.split(".")[1] for one in imported)
    assert circles({room: others - {room} for room, others in rooms.items()}) == []


def test_every_room_has_a_floor_and_imports_for_types_count() -> None:
    """import-linter checks the floors (``lint-imports``); that it sees every room and every import is checked here."""
    import tomllib

    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    assert told["exclude_type_checking_imports"] is False
    (contract,) = told["contracts"]
    assert contract["exhaustive"] is True
    floors = {
        room.strip().strip("()"): number for number, line in enumerate(contract["layers"]) for room in line.split("|")
    }
    rooms = {name.split(".")[1] for name in graph()}
    assert rooms - {"__main__"} <= floors.keys()
    upward = [
        f"{name} imports {one}"
        for name, imported in graph().items()
        for one in imported
        if floors[one.split(".")[1]] < floors[name.split(".")[1]]
    ]
    assert upward == []


def test_the_command_line_calls_only_public_functions() -> None:
    found: dict[str, set[str]] = {}
    for path in sorted((PACKAGE / "cli").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        typed = {
            child
            for node in ast.walk(tree)
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
            for child in ast.walk(node)
        }
        for node in ast.walk(tree):
            if node in typed or not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("trialsim"):
                continue
            name = (node.module or "").removeprefix("trialsim").lstrip(".")
            if not name.startswith(OF_THE_COMMAND_LINE):
                found.setdefault(path.relative_to(PACKAGE).as_posix(), set()).add(name)
    assert found == BESIDE


# ---------------------------------------------------------------- the mirror


def test_every_module_is_tested_somewhere_that_is_said() -> None:
    """By a file of its name or by a line of the table, not by both; and each line names files that reach the module."""
    files, lines, every = set(mirror.files_of_tests()), mirror.table(), mirror.modules()
    without = [name for name in every if mirror.own(name) not in files and not lines.get(name)]
    assert without == [], "python -m tests.mirror proposes lines"
    stale = [name for name in lines if name not in every or mirror.own(name) in files]
    assert stale == [], "python -m tests.mirror drops them"
    wrong = [
        f"{name}: {test}"
        for name, tests in lines.items()
        for test in tests
        if test not in files or mirror.dotted(name) not in mirror.reached_by(test)
    ]
    assert wrong == []


def test_every_test_file_of_a_room_is_of_a_room_that_exists() -> None:
    """Rooms of tests that check across rooms are named here."""
    across = {"agreement", "fuzz", "golden", "reference", "statistical", "broken", "kinds", "browser", "choices"}
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir()} | across
    assert {name.split("/")[0] for name in mirror.files_of_tests() if "/" in name} - rooms == set()


# ---------------------------------------------------------------- documentation


def undocumented(text: str) -> list[str]:
    """Public functions, classes and methods of a source text without a docstring; what overrides may take that of its base."""
    found = []
    for node in ast.parse(text).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            found += [node.name] if not ast.get_docstring(node) else []
            if isinstance(node, ast.ClassDef):
                found += [
                    f"{node.name}.{inner.name}"
                    for inner in node.body
                    if isinstance(inner, ast.FunctionDef) and inner.name[0] != "_" and not ast.get_docstring(inner)
                ]
    return found


def test_public_names_are_documented() -> None:
    found = {path.name: undocumented(path.read_text(encoding="utf-8")) for path in SOURCES}
    assert {name: names for name, names in found.items() if names} == {}


def test_a_name_without_documentation_is_seen() -> None:
    """Planted."""
    assert undocumented("def f(): pass\nclass A:\n    'a'\n    def g(self): pass\n    def _h(self): pass\n") == [
        "f",
        "A.g",
    ]
