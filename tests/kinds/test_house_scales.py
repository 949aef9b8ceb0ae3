"""No scale is chosen by comparing its name: outside kinds and the scales' own files all follows from the records."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from trialsim.kinds.scales import SCALE

PACKAGE = Path(__file__).parents[2] / "trialsim"

#: Where scales may be told apart, and files in which the same words are families of distributions (spreads and priors).
OWN = ("kinds/", "response/scales/")
FAMILIES = (
    "numbers/distributions.py", "numbers/fitting.py", "numbers/given.py", "quantities/read.py", "quantities/values.py",
    "quantities/words.py", "quantities/fields.py", "protocol/tapes.py",
)  # fmt: skip

#: Names of scales that are columns of tables too: alone in a dictionary they choose nothing.
COLUMNS = ({"time"}, {"count"})

CONSTANTS = {name.upper() for name in SCALE}


def choices_in(text: str) -> list[int]:
    """Lines at which something is compared with, looked up under or matched against the name or record of a scale."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Compare):
            parts: list[ast.expr | None] = [node.left, *node.comparators]
        elif isinstance(node, ast.Dict):
            parts = [key for key in node.keys if isinstance(key, ast.Constant)]
            if {key.value for key in parts if isinstance(key, ast.Constant) and key.value in SCALE} in COLUMNS:
                continue
        elif isinstance(node, ast.MatchValue):
            parts = [node.value]
        else:
            continue
        inside = [one for part in parts if part is not None for one in ast.walk(part)]
        words = [one.value for one in inside if isinstance(one, ast.Constant)]
        names = [
            one.id if isinstance(one, ast.Name) else one.attr
            for one in inside
            if isinstance(one, (ast.Name, ast.Attribute))
        ]
        if any(word in SCALE for word in words if isinstance(word, str)) or CONSTANTS.intersection(names):
            found.append(node.lineno)
    return found


def test_no_scale_is_chosen_by_its_name() -> None:
    found = [
        f"{place}:{line}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if not (place := path.relative_to(PACKAGE).as_posix()).startswith(OWN) and place not in FAMILIES
        for line in choices_in(path.read_text(encoding="utf-8"))
    ]
    assert found == [f"pilot/estimates.py:{line}" for line in PRIORS]


#: Lines of pilot/estimates.py that write a prior, whose family bears the same name.
PRIORS = choices_in((PACKAGE / "pilot/estimates.py").read_text(encoding="utf-8"))


def test_priors_are_written_and_not_compared() -> None:
    lines = (PACKAGE / "pilot/estimates.py").read_text(encoding="utf-8").splitlines()
    assert all("Estimate(" in lines[line - 1] and "{" in lines[line - 1] for line in PRIORS)


@pytest.mark.parametrize(
    "line",
    [
        'outcome.distribution == "lognormal"',
        'scale in ("ordinal", "binary")',
        '"normal" != scale',
        "outcome.scale is ORDINAL",
        "kinds.NORMAL == outcome.scale",
        'words = {"binary": "yes or no"}[scale]',
        'words = {"time": "until an event", "count": "of events"}[scale]',
        'match scale:\n    case "normal":\n        pass',
    ],
)
def test_a_choice_by_name_is_seen(line: str) -> None:
    """Planted."""
    assert choices_in(line)


@pytest.mark.parametrize(
    "line", ["outcome.scale.log", "PARTS = {NORMAL.name: 1}", "if scale.categories is None: pass", '{"time": 3}']
)
def test_what_follows_from_a_record_is_no_choice(line: str) -> None:
    assert choices_in(line) == []
