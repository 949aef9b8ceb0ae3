"""Compiled code lies in the user's cache, not in the package, so that uninstalling leaves nothing behind there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from trialsim.compiled import cache_folder


@pytest.mark.parametrize(
    ("system", "environment", "folder"),
    [
        ("linux", {"HOME": "/home/a"}, "/home/a/.cache/trialsim/numba"),
        ("linux", {"HOME": "/home/a", "XDG_CACHE_HOME": "relative"}, "/home/a/.cache/trialsim/numba"),
        ("darwin", {"HOME": "/Users/a", "XDG_CACHE_HOME": "/x"}, "/Users/a/Library/Caches/trialsim/numba"),
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
