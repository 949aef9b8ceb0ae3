"""Compiled code lies in the user's cache, not in the package, so that uninstalling leaves nothing behind there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kernels import ROOT, sources, sources_hash
from trialsim.compiled import cache_folder


@pytest.mark.parametrize(
    ("system", "environment", "folder"),
    [
        ("linux", {"HOME": "/somebody"}, "/somebody/.cache/trialsim/numba"),
        ("linux", {"HOME": "/somebody", "XDG_CACHE_HOME": "relative"}, "/somebody/.cache/trialsim/numba"),
        ("darwin", {"HOME": "/somebody", "XDG_CACHE_HOME": "/x"}, "/somebody/Library/Caches/trialsim/numba"),
        ("win32", {"HOME": "/a", "LOCALAPPDATA": "/a/Local"}, "/a/Local/trialsim/numba"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="paths of Unix")
def test_the_rule_of_each_platform(system: str, environment: dict[str, str], folder: str) -> None:
    assert cache_folder(system, environment).as_posix() == folder


@pytest.mark.skipif(sys.platform != "linux", reason="names the cache of Linux")
@pytest.mark.parametrize("named", [False, True])
def test_kernels_are_kept_there(named: bool, tmp_path: Path) -> None:
    code = "import numba, trialsim.numbers.draws as d\nprint(d.fill_normal._cache.cache_path)\nprint(numba.config.CACHE_DIR)\n"
    environment = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}
    environment |= {"XDG_CACHE_HOME": str(tmp_path / "cache")} | (
        {"NUMBA_CACHE_DIR": str(tmp_path / "own")} if named else {}
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    path, left = done.stdout.splitlines()
    assert Path(path).is_relative_to(tmp_path / ("own" if named else "cache/trialsim/numba"))
    assert left == (str(tmp_path / "own") if named else "")


# ---------------------------------------------------------------- what decides


def test_every_file_with_compiled_functions_decides() -> None:
    """And words do not: they may change without compiling."""
    names = {path.relative_to(ROOT / "trialsim").as_posix() for path in sources()}
    made = {
        path.relative_to(ROOT / "trialsim").as_posix()
        for path in (ROOT / "trialsim").rglob("*.py")
        if "from trialsim.compiled import" in path.read_text(encoding="utf-8")
    }
    assert made <= names
    assert {"compiled.py", "protocol/columns.py", "analysis/rows.py"} <= names
    assert not {name for name in names if name.startswith(("report/", "cli/", "api/", "figures/", "runs/"))} - made


def test_what_a_compiled_function_uses_from_elsewhere_decides(tmp_path: Path) -> None:
    """Planted: a function, a constant of a constant, and a word that nothing compiled uses."""
    package = tmp_path / "trialsim"
    package.mkdir()
    files = {
        "compiled.py": "",
        "kernels.py": "from trialsim.compiled import kernel\nfrom trialsim.parts import add\nfrom trialsim.words import hello\n"
        "@kernel\ndef run(x):\n    return add(x)\n",
        "parts.py": "from trialsim.numbers import SIZE\nADDED = SIZE + 1\ndef add(x):\n    return x + ADDED\n",
        "numbers.py": "SIZE = 1\n",
        "words.py": "def hello():\n    return 'hello'\n",
    }
    for name, text in files.items():
        (package / name).write_text(text, encoding="utf-8")
    assert [path.name for path in sources(tmp_path)] == ["compiled.py", "kernels.py", "numbers.py", "parts.py"]
    before = sources_hash(tmp_path)
    (package / "words.py").write_text("def hello():\n    return 'good morning'\n", encoding="utf-8")
    assert sources_hash(tmp_path) == before
    (package / "numbers.py").write_text("SIZE = 2\n", encoding="utf-8")
    assert sources_hash(tmp_path) != before
