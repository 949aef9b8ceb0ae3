"""Quantities in every form people write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from trialsim.protocol.steps import Calendar
from trialsim.quantities import fields as q
from trialsim.quantities.records import Number, Spread
from trialsim.scenario import load
from trialsim.scenario.provenance import provenance

ROOT = Path(__file__).parent.parent.parent / "scenarios"


def read(kind: Any, value: object) -> Any:
    return TypeAdapter(kind).validate_python(value)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (q.Duration, "15 min", 900.0),
        (q.Duration, "2 h", 7200.0),
        (q.Duration, 0, 0.0),
        (q.Share, "80.1 %", 0.801),
        (q.Share, 0.02, 0.02),
        (q.Share, "100 %", 1.0),
        (q.SignedShare, "-60 %", -0.6),
        (q.Factor, "25 %", 0.25),
        (q.Factor, "1e-3", 1e-3),
        (q.Rate, "-0.132 per h", -0.132),
        (q.Amount, "12.2 ug/dL", 12.2),
        (q.Money, "25 EUR", 25.0),
        (q.PlateSize, "38 samples", 38.0),
        (q.CalendarSpan, "18 months", 18.0),
        (q.CalendarSpan, "2 years", 24.0),
        (q.CalendarSpan, "90 d", 90 * 86400.0),
    ],
)
def test_numbers(kind: Any, text: object, value: float) -> None:
    bare = read(kind, text)
    assert isinstance(bare, Number)
    assert bare.value == value
    told = read(kind, {"value": text, "assumed": "a reason"})
    assert (told.value, told.unit, told.assumed) == (bare.value, bare.unit, "a reason")


def test_clock_and_names() -> None:
    assert read(q.Clock, "10:30") == 37_800
    assert read(q.ClockWindow, "08:00-20:00") == (28_800, 72_000)
    assert read(q.Name, 1) == "1"
    assert read(q.Name, " two  words ") == "two words"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (q.Duration, 15),
        (q.Duration, "15"),
        (q.Duration, "-1 min"),
        (q.Duration, True),
        (q.Duration, None),
        (q.Duration, [1]),
        (q.Share, 80),
        (q.Share, "120 %"),
        (q.Share, 1),
        (q.SignedShare, "-101 %"),
        (q.Factor, "0,5"),
        (q.Factor, "3 kg"),
        (q.Factor, float("nan")),
        (q.Amount, "ug/dL"),
        (q.Money, "25"),
        (q.PlateSize, 38),
        (q.Clock, "25:00"),
        (q.Clock, "8"),
        (q.ClockWindow, "20:00-08:00"),
        (Calendar, "Monday to Friday"),
        (q.Name, ""),
        (q.Name, "a - b"),
        (q.Name, "a\nb"),
        (q.Count, 2.5),
        (q.Count, "2"),
        (q.Count, True),
    ],
)
def test_what_is_refused(kind: Any, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        read(kind, value)
    assert all(error["type"].startswith("TS-E") for error in caught.value.errors())


@pytest.mark.parametrize(
    ("value", "family", "params"),
    [
        ("3 d", "fixed", (259_200.0,)),
        ({"mean": "45 min", "sd": "10 min"}, "lognormal", None),
        ({"normal": {"mean": "45 min", "sd": "10 min"}}, "normal", (2700.0, 600.0)),
        ({"uniform": {"low": "1 h", "high": "2 h"}}, "uniform", (3600.0, 7200.0)),
        ({"exponential": {"mean": "1 h"}}, "exponential", (3600.0,)),
        ({"triangular": {"low": "1 s", "mode": "2 s", "high": "4 s"}}, "triangular", (1.0, 2.0, 4.0)),
        ({"median": "15 min", "cv": 0.2}, "lognormal", None),
        ({"median": "15 min", "iqr": ["10 min", "22 min"]}, "lognormal", None),
        ({"q10": "10 min", "q90": "22 min"}, "lognormal", None),
    ],
)
def test_spreads(value: object, family: str, params: tuple[float, ...] | None) -> None:
    spread = read(q.DurationSpread, value)
    assert isinstance(spread, Spread)
    assert spread.distribution.family == family
    if params is not None:
        assert spread.distribution.params == pytest.approx(params)


def test_choices_values_and_limits() -> None:
    choice = read(q.DurationSpread, {"choice": {"1 min": "25 %", "2 min": "75 %"}}).distribution
    assert (choice.values, choice.weights) == ((60.0, 120.0), (0.25, 0.75))
    values = read(q.DurationSpread, {"empirical": ["3 min", "1 min"]}).distribution
    assert values.values == (60.0, 180.0)
    cut = read(q.DurationSpread, {"mean": "45 min", "sd": "10 min", "between": ["30 min", "1 h"]}).distribution
    assert (cut.low, cut.high) == (1800.0, 3600.0)


def test_a_number_that_may_be_negative_is_normal_and_an_age_is_not() -> None:
    assert read(q.ValueSpread, {"mean": 0, "sd": 1}).distribution.family == "normal"
    assert read(q.ValueSpread, {"mean": "15 y", "sd": "2 y"}).distribution.family == "lognormal"
    assert read(q.ValueSpread, {"mean": "5 nmol/L", "sd": "2 nmol/L"}).distribution.family == "lognormal"


def test_values_from_a_csv_file() -> None:
    course = load(ROOT / "lessons/massage-course.yaml")
    interview = course.protocol[2]
    spread = getattr(interview, "lasts")  # noqa: B009  # steps are a union
    rows = (ROOT / "lessons/interview-minutes.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert spread.distribution.values == tuple(sorted(float(row.split(",")[1]) * 60 for row in rows))


def test_provenance_of_the_picu_study() -> None:
    rows = {row.path: row for row in provenance(load(ROOT / "picu-blood-draw.yaml"))}
    consent = rows["setting.patients.consent"]
    assert (consent.value, consent.kind, consent.range) == ("80.1 %", "source", "42 % to 97 %")
    assert "22120768" in consent.why
    slope = rows["outcomes.cortisol.rhythm.slope"]
    assert (slope.value, slope.kind) == ("-0.132 per h", "computed")
    fear = rows["outcomes.fear.by_visit.baseline.mean"]
    assert (fear.value, fear.kind) == ("1.9", "assumed")
    assert rows["setting.resources.nurse.other_work.spell"].value == "mean 12 min, sd 6 min"
    assert rows["participants.age"].value == "uniform low 12 y, high 18 y"
    assert not any(path.startswith(("design", "analyses", "published", "simulation")) for path in rows)
    assert len([path for path in rows if path.startswith("outcomes.cortisol.by_visit")]) == 2  # mean and SD, once


def test_provenance_sees_a_number_that_says_nothing() -> None:
    """Planted fault: the reason of one number is taken away."""
    rows = provenance(load(ROOT / "picu-blood-draw.yaml", set=["setting.patients.consent=70 %"]))
    assert [row.path for row in rows if row.kind == "none"] == ["setting.patients.consent"]
