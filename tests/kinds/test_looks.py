"""Every test may be looked at or has a reason why not, and those that may have one row with a p-value and an estimate."""

from __future__ import annotations

from trialsim.boundaries.spending import spent
from trialsim.kinds.looks import BOUND_SHAPES, LOOKED_AT, NOT_LOOKED_AT, SPENDING_FUNCTIONS, USE_EARLIER_VISITS
from trialsim.kinds.tests import TEST, TESTS


def test_every_test_is_in_one_of_the_tables() -> None:
    assert not LOOKED_AT.keys() & NOT_LOOKED_AT.keys()
    assert {*LOOKED_AT, *NOT_LOOKED_AT} == {test.name for test in TESTS}


def test_what_is_looked_at_has_one_row_with_an_estimate() -> None:
    for name in LOOKED_AT:
        assert {"one", "two"} & set(TEST[name].samples)
        assert TEST[name].effect != "none"
        assert not TEST[name].marks


def test_earlier_visits_are_used_by_tests_of_several_visits() -> None:
    assert set(USE_EARLIER_VISITS) <= LOOKED_AT.keys()
    assert all(TEST[name].takes == ("visits",) for name in USE_EARLIER_VISITS)


def test_every_function_is_known_where_levels_are_spent() -> None:
    assert all(0 < spent(one.name, 0.05, 0.5, -1.0) < 0.05 for one in SPENDING_FUNCTIONS)
    assert all((one.power is None) == bool(one.fixed) for one in BOUND_SHAPES)
