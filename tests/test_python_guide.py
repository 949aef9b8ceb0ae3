"""docs/python.md and examples/ run as they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GUIDE = ROOT / "docs" / "python.md"
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def blocks(text: str) -> list[tuple[int, str]]:
    """Line and content of each Python block."""
    return [
        (text[: found.start(1)].count("\n"), found.group(1))
        for found in re.finditer(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    ]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """In a folder of their own, and no figure stays open."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


def walk(text: str, name: str) -> int:
    """Run every block in one namespace, each at its own line, so that a failure says where; how many there are."""
    namespace: dict[str, object] = {"__name__": "__main__"}
    found = blocks(text)
    for line, code in found:
        exec(compile("\n" * line + code, name, "exec"), namespace)
    return len(found)


def test_the_guide_runs() -> None:
    assert walk(GUIDE.read_text(encoding="utf-8"), str(GUIDE)) >= 10


def test_a_block_that_fails_is_seen() -> None:
    """Planted: a name that does not exist, in the second block."""
    with pytest.raises(AttributeError, match="Did you mean 'simulate'"):
        walk("```python\nimport trialsim as ts\n```\n\n```python\nts.simulat\n```\n", "planted")


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert text.startswith("# ---\n# jupyter:")
    assert text.count("# %%") > 3
    exec(compile(text, str(script), "exec"), {"__name__": "__main__"})


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 3


def test_the_guide_names_every_public_name() -> None:
    import trialsim as ts

    text = GUIDE.read_text(encoding="utf-8")
    names = set(ts.__all__) - {"__version__"}
    children = {name for name in names if name.endswith("Error")} - {"TrialsimError"}
    assert [name for name in sorted(names - children) if not re.search(rf"\b{name}\b", text)] == []
