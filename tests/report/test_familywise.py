"""Familywise error rates in words and rows."""

from __future__ import annotations

from pathlib import Path

import trialsim as ts
from trialsim.evaluate.table import Measure
from trialsim.familywise import FamilywiseError, FamilywiseErrors
from trialsim.report.document import render
from trialsim.report.familywise import familywise_rows, familywise_texts, rates
from trialsim.report.run_page import run_page
from trialsim.runs.run import FinishedRun
from trialsim.scenario import Scenario, load
from trialsim.scenario.change import change

LESSONS = Path(__file__).parents[2] / "scenarios" / "lessons"


def measure(name: str, value: float) -> Measure:
    return Measure("main", "without x", name, value, 0.005, value - 0.01, value + 0.01, 1000, 0)


def error(value: float, arm: str, *, ruling: str = "open") -> FamilywiseError:
    return FamilywiseError(
        "main", f"without {arm} on pain", ((arm, "pain"),), (f"pain/{arm} - control",), 0.05,
        (measure("familywise_error", value),), ruling, 200 if ruling == "open" else None,
    )  # fmt: skip


FOUND = FamilywiseErrors(
    "study", 1000, (error(0.05, "music"), error(0.2, "massage", ruling="too often")), {"main": ("margin/a - b",)}
)


def test_the_highest_rates_come_first_and_the_others_are_counted() -> None:
    rows, hidden = familywise_rows(FOUND, most=1)
    assert [row.name for row in rows] == ["family main, level 5 %", "  massage on pain"]
    assert (rows[1].bad, rows[1].verdict, rows[1].true_nulls) == (True, "rejects too often (4.0 times)", "1")
    assert hidden == 1
    assert familywise_rows(FOUND)[1] == 0


def test_the_worst_and_what_is_not_known_are_said() -> None:
    explained, worst, unknown = familywise_texts(FOUND)
    assert explained.startswith("Familywise error:")
    assert worst.startswith("Family main: at worst 20.00 % (SE 0.50), without massage on pain: rejects too often")
    assert unknown == "Family main: no configuration makes the null hypothesis of margin/a - b true."


def test_bounds_where_many_trials_failed() -> None:
    assert rates((measure("familywise_error_low", 0.04), measure("familywise_error_high", 0.12))) == "4.0 % to 12.0 %"


def test_the_page_has_the_families_and_says_what_is_not_judged(tmp_path: Path) -> None:
    """Of analyses with margins among others there is a power together, and no twin in which all of their nulls are true."""
    lesson = change(load(LESSONS / "families.yaml"), {"families.omnibus.method": "hochberg"})
    page = render(run_page(of(lesson, tmp_path / "families", familywise=True), []))
    assert "Errors of families of hypotheses" in page
    assert "family confirmatory" in page
    margins = change(load(LESSONS / "noninferiority.yaml"), {"primary": ["noninferior", "different"]})
    assert "judged one by one" in render(run_page(of(margins, tmp_path / "margins", familywise=False), []))


def of(scenario: Scenario, folder: Path, *, familywise: bool) -> FinishedRun:
    made = ts.run(scenario, folder, replicates=40, truth=False, figures=False, familywise=familywise)
    assert made.finished is not None
    return made.finished
