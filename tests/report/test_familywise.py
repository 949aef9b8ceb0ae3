"""Familywise error rates in words and rows."""

from __future__ import annotations

from trialsim.evaluate.table import Measure
from trialsim.familywise import FamilywiseError, FamilywiseErrors
from trialsim.report.familywise import familywise_rows, familywise_texts, rates


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
