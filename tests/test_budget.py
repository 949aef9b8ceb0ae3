"""All false alarms of the everyday tests together stay below one in a thousand, and no file is forgotten."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.budget import CHANCES, MOST, Chance

TESTS = Path(__file__).parent

#: What only tests that compare a sample with an exact value say or call.
OF_CHANCE = re.compile(r"false alarm|standard errors|by chance|kstest\(|\bZ \*|multivariate_normal\(", re.IGNORECASE)
LIMIT = re.compile(r"^(?:Z|ALLOWED) = ([\d.]+)$", re.MULTILINE)

#: Files that only speak of chance: what they check is exact, or runs under ``make verify`` alone.
NOT_RANDOM = {
    "test_budget.py",
    "choices/test_document.py",
    "cli/test_pilot_tour.py",
    "statistical/test_verify.py",
    "sizing/test_known_answers.py",
    "sizing/test_target.py",
    "report/test_truth.py",
    "response/test_addresses.py",
    "test_cohort.py",
    "numbers/test_normal.py",
    "analysis/test_nothing_varies.py",
    "cli/test_tables.py",
    "evaluate/test_separation.py",
    "report/test_page.py",
    "scenario/test_numbers.py",
    "sizing/test_curve.py",
    "statistical/test_apart.py",
    "sweep/test_play.py",
}


def sources() -> dict[str, str]:
    return {path.relative_to(TESTS).as_posix(): path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py")}


def forgotten(texts: dict[str, str]) -> set[str]:
    """Files that compare by chance and have no line in the budget."""
    return {name for name, text in texts.items() if OF_CHANCE.search(text)} - set(CHANCES) - NOT_RANDOM


def total(chances: dict[str, Chance]) -> float:
    return sum(one.total for one in chances.values())


def test_the_suite_fails_by_chance_less_than_once_in_a_thousand() -> None:
    assert total(CHANCES) < MOST


@pytest.mark.parametrize(
    "name", ["statistical/test_normal.py", "reference/test_validation.py", "conduct/test_rates.py"]
)
def test_a_file_with_limits_of_four_standard_errors_would_be_too_much(name: str) -> None:
    """Planted: 4 standard errors, 6e-5 each."""
    assert total(CHANCES | {name: Chance(CHANCES[name].comparisons, 4.0)}) > MOST


def test_every_file_that_compares_by_chance_is_counted() -> None:
    texts = sources()
    assert not forgotten(texts)
    assert set(CHANCES) <= set(texts)
    assert forgotten({"new/test_new.py": "assert abs(x - exact) < Z * error"}) == {"new/test_new.py"}


def test_the_limits_counted_are_those_of_the_files() -> None:
    texts = sources()
    stated = {
        name: float(found[1]) for name, text in texts.items() if (found := LIMIT.search(text)) and name in CHANCES
    }
    assert len(stated) >= 5
    assert stated == {name: CHANCES[name].errors for name in stated}
    shared = LIMIT.search((TESTS / "response" / "studies.py").read_text(encoding="utf-8"))
    assert shared is not None
    users = {name for name, text in texts.items() if "from tests.response.studies import" in text and name in CHANCES}
    for name in users - {"response/test_people.py", "response/test_calibrate.py"}:
        assert CHANCES[name].errors == float(shared[1]), name


def test_rates() -> None:
    assert Chance(1, 1.959963984540054).each == pytest.approx(0.05)
    assert Chance(10, 5.0).total == pytest.approx(5.733e-6, rel=1e-3)
    assert Chance(1, 2.0226909200367604, df=39).each == pytest.approx(0.05)
