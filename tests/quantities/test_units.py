"""Units: every spelling against its size, text and value there and back, and what is no quantity."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialsim.errors import UnitError
from trialsim.quantities.units import ALIASES, EXAMPLES, KINDS, TABLES, canonical_unit, format_value, parse

#: Written out a second time, from what the units mean.
SIZES = {
    "duration": {"s": 1, "min": 60, "h": 60 * 60, "d": 24 * 60 * 60, "wk": 7 * 24 * 60 * 60},
    "age": {"y": 1, "months": 1 / 12, "wk": 7 / 365.25, "d": 1 / 365.25},
    "rate": {"per s": 3600, "per min": 60, "per h": 1, "per d": 1 / 24, "per wk": 1 / (7 * 24)},
    "concentration": {"nmol/L": 1, "ug/dL": 27.59, "ng/mL": 2.759, "ng/dL": 0.02759},
    "volume": {"ml": 1, "ul": 0.001},
}


def faulty_sizes(tables: dict[str, dict[str, float]]) -> list[str]:
    """Units whose size differs from what they mean."""
    assert set(tables) == set(SIZES)
    return [
        unit
        for kind, table in SIZES.items()
        for unit, size in table.items()
        if not math.isclose(tables[kind].get(unit, 0.0), size, rel_tol=1e-15)
    ]


def test_every_unit_has_its_size() -> None:
    assert faulty_sizes(TABLES) == []
    assert {kind: set(table) for kind, table in TABLES.items()} == {kind: set(table) for kind, table in SIZES.items()}
    for kind, table in SIZES.items():
        for unit, size in table.items():
            assert parse(f"3 {unit}", kind) == pytest.approx(3 * size, rel=1e-14)


def test_a_faulty_size_is_seen() -> None:
    """Planted: 1 ug/dL = 27.6 nmol/L, and a rate per day that is multiplied."""
    wrong = {kind: dict(table) for kind, table in TABLES.items()}
    wrong["concentration"]["ug/dL"] = 27.6
    wrong["rate"]["per d"] = 24.0
    assert faulty_sizes(wrong) == ["per d", "ug/dL"]


def test_cortisol_weighs_362_grams_a_mole() -> None:
    """1 ug/dL is 10 ug/L; C21H30O5 by standard atomic weights (CIAAW 2021, abridged)."""
    mass = 21 * 12.011 + 30 * 1.008 + 5 * 15.999
    assert parse("1 ug/dL", "concentration") == pytest.approx(1e4 / mass, rel=1e-4)


@pytest.mark.parametrize("alias", ALIASES)
def test_every_spelling_is_read(alias: str) -> None:
    name = ALIASES[alias]
    if name == "%":
        assert parse(f"12 {alias}", "share") == 0.12
        return
    kinds = [kind for kind, table in TABLES.items() if name in table]
    assert kinds
    for kind in kinds:
        assert canonical_unit(alias, kind) == name
        assert parse(f"2 {alias}", kind) == parse(f"2 {name}", kind)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("15 min", "duration", 900.0),
        ("15min", "duration", 900.0),
        ("  1.5   h ", "duration", 5400.0),
        ("1e-3 s", "duration", 0.001),
        (".5 h", "duration", 1800.0),
        ("-2 d", "duration", -172_800.0),
        ("12 %", "share", 0.12),
        ("80.1%", "share", 0.801),
        ("100 %", "share", 1.0),
        (0.3, "share", 0.3),
        ("0.3", "share", 0.3),
        ("18 months", "age", 1.5),
        ("-0.132 per h", "rate", -0.132),
        ("48 per d", "rate", 2.0),
        ("25 EUR", "money", 25.0),
        ("0.85", "number", 0.85),
        (3, "number", 3.0),
    ],
)
def test_quantities_as_people_write_them(text: str | float, kind: str, value: float) -> None:
    assert parse(text, kind) == pytest.approx(value, rel=1e-15)


def test_a_concentration_comes_in_the_unit_asked_for() -> None:
    assert parse("0.21 ug/dL", "concentration") == 5.7939
    assert parse("5.7939 nmol/L", "concentration", unit="ug/dL") == 0.21
    assert parse("2.1 ng/mL", "concentration", unit="ug/dL") == 0.21
    assert parse("0.21 ug/dL", "concentration", unit="ug/dL") == 0.21


# ---------------------------------------------------------------- there and back


def durations() -> st.SearchStrategy[float]:
    """Whole seconds, fractions of the units people use, and any number at all."""
    return st.one_of(
        st.integers(0, 10**9).map(float),
        st.builds(lambda n, unit: n / 10 * unit, st.integers(0, 1000), st.sampled_from([60.0, 3600.0, 86_400.0])),
        st.floats(-1e12, 1e12),
    )


VALUES = {
    "duration": durations(),
    "share": st.one_of(st.integers(-1000, 1000).map(lambda n: n / 1000), st.floats(-1, 1)),
    "age": st.one_of(st.integers(0, 1200).map(lambda n: n / 12), st.floats(-1e3, 1e3)),
    "rate": st.one_of(st.integers(0, 100).map(lambda n: n / 24), st.floats(-1e6, 1e6)),
    "concentration": st.floats(-1e6, 1e6),
    "money": st.floats(-1e12, 1e12),
    "volume": st.one_of(st.integers(0, 1000).map(lambda n: n / 10), st.floats(-1e6, 1e6)),
    "number": st.floats(allow_nan=False, allow_infinity=False),
}


def test_every_kind_goes_there_and_back() -> None:
    assert set(VALUES) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_written_and_read_is_the_same_to_the_last_bit(kind: str) -> None:
    @settings(max_examples=300, deadline=None)
    @given(VALUES[kind])
    def there_and_back(value: float) -> None:
        text = format_value(value, kind)
        assert parse(text, kind) == value, text

    there_and_back()


@pytest.mark.parametrize("unit", SIZES["concentration"])
@settings(max_examples=50, deadline=None)
@given(st.floats(0, 1e6))
def test_a_concentration_keeps_its_unit(unit: str, value: float) -> None:
    assert parse(format_value(value, "concentration", unit), "concentration", unit=unit) == value


def test_a_value_cut_to_six_digits_is_seen() -> None:
    """Planted: what f"{value:g}" writes does not come back."""
    for value, kind, unit in ((1234567.0, "duration", "s"), (1 / 24, "rate", "per h"), (0.1234567, "age", "y")):
        assert parse(f"{value:g} {unit}", kind) != value
        assert parse(format_value(value, kind), kind) == value


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_each_kind_reads_back(kind: str) -> None:
    value = parse(EXAMPLES[kind], kind)
    unit = "EUR" if kind == "money" else None
    assert format_value(value, kind, unit) == EXAMPLES[kind]


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (0.0, "duration", "0 d"),
        (900.0, "duration", "15 min"),
        (5400.0, "duration", "90 min"),
        (172_800.0, "duration", "2 d"),
        (0.801, "share", "80.1 %"),
        (1.0, "share", "100 %"),
        (15.0, "age", "15 y"),
    ],
)
def test_values_are_written_as_people_write_them(value: float, kind: str, text: str) -> None:
    assert format_value(value, kind) == text


# ---------------------------------------------------------------- what is no quantity


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [
        ("soon", "duration", "TS-U001"),
        ("", "duration", "TS-U001"),
        ("1,5 h", "duration", "TS-U001"),
        ("1e999 s", "duration", "TS-U001"),
        (math.inf, "number", "TS-U001"),
        (math.nan, "share", "TS-U001"),
        (True, "number", "TS-U001"),
        ("15", "duration", "TS-U002"),
        (15, "duration", "TS-U002"),
        ("5.9", "concentration", "TS-U002"),
        ("12", "age", "TS-U002"),
        ("3", "rate", "TS-U002"),
        ("15 minuets", "duration", "TS-U003"),
        ("3 %", "number", "TS-U003"),
        ("3 min", "share", "TS-U003"),
        ("5.9 mmol/L", "concentration", "TS-U003"),
        ("80", "share", "TS-U004"),
        (-1.01, "share", "TS-U004"),
    ],
)
def test_what_is_no_quantity_is_refused(text: str | float, kind: str, code: str) -> None:
    with pytest.raises(UnitError) as caught:
        parse(text, kind)
    assert caught.value.code == code
    assert caught.value.remedy


#: A week and a day measure both ages and durations.
WRONG = [
    (unit, kind)
    for kind in TABLES
    for other, table in TABLES.items()
    for unit in table
    if other != kind and unit not in TABLES[kind]
]


@pytest.mark.parametrize(("unit", "kind"), WRONG)
def test_a_unit_of_another_kind_is_refused(unit: str, kind: str) -> None:
    with pytest.raises(UnitError, match=r"TS-U003 .* is not a unit of a"):
        parse(f"3 {unit}", kind)


def test_wrong_kinds_are_many_and_a_right_one_is_none_of_them() -> None:
    assert len(WRONG) > 40
    assert ("min", "duration") not in WRONG


def test_a_near_spelling_is_offered() -> None:
    with pytest.raises(UnitError, match="Did you mean 'min'"):
        parse("15 minuets", "duration")
    with pytest.raises(UnitError, match="Did you mean '80 %'"):
        parse("80", "share")
