"""``import trialsim as ts``: what is public, and what it costs."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

import trialsim as ts

HEAVY = (
    "numpy",
    "pandas",
    "numba",
    "scipy",
    "pydantic",
    "matplotlib",
    "seaborn",
    "simpy",
    "pyarrow",
    "jinja2",
    "ruamel",
)


def loaded_after(code: str) -> set[str]:
    """Every module that is loaded when a new Python has run ``code``."""
    script = f"{code}\nimport sys\nprint(chr(10).join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_loads_nothing_heavy() -> None:
    """Of the package itself only the root and its version."""
    found = loaded_after("import trialsim")
    assert [name for name in HEAVY if name in found] == []
    assert {name for name in found if name.startswith("trialsim")} == {"trialsim", "trialsim.version"}


def test_help_loads_nothing_heavy() -> None:
    found = loaded_after("from trialsim.cli import main\nassert main(['--help']) == 0")
    assert [name for name in HEAVY if name in found] == []


def test_a_heavy_import_is_seen() -> None:
    """Planted."""
    assert "numpy" in loaded_after("import trialsim\ntrialsim.simulate")


@pytest.mark.parametrize("name", ts.__all__)
def test_a_public_name_is_there_and_says_what_it_is(name: str) -> None:
    value = getattr(ts, name)
    assert name == "__version__" or (value.__doc__ or "").strip()
    assert name in dir(ts)


def test_a_misspelled_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(AttributeError, match="Did you mean 'find_size'"):
        ts.find_sise  # noqa: B018


def test_rooms_do_not_take_the_place_of_functions() -> None:
    """``runs``, ``sweep``, ``compare``, ``reproduce`` and ``protocol`` are rooms too, and Python would put them in."""
    from trialsim.compare import compare_sides
    from trialsim.reproduce import Placement
    from trialsim.runs import store
    from trialsim.sweep import play_sweep

    assert all((compare_sides, Placement, store, play_sweep))
    for name in ("runs", "sweep", "compare", "reproduce", "protocol"):
        assert not isinstance(getattr(ts, name), ModuleType)
        assert callable(getattr(ts, name))


def test_the_table_of_names_and_the_types_for_editors_are_one() -> None:
    """What a type checker sees under TYPE_CHECKING is what is loaded."""
    import ast
    from pathlib import Path

    tree = ast.parse(Path(ts.__file__).read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    typed = {
        (alias.name, node.module) for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names
    } - {("plots", "trialsim")}
    assert typed == set(ts._MODULE.items())
    assert {name for name, _ in typed} | {"plots", "__version__"} == set(ts.__all__)


def test_types_are_exported() -> None:
    from pathlib import Path

    assert Path(ts.__file__).with_name("py.typed").is_file()
