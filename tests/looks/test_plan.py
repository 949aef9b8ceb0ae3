"""The looks of a scenario as numbers: when they come, which way is better, its levels and p-values on one side."""

from __future__ import annotations

from typing import Any

import pytest
from scipy import stats

from tests.looks.conftest import plain
from trialsim.cohort import Cohort
from trialsim.looks.plan import LookPlan, LooksError
from trialsim.prepared import Study, prepare
from trialsim.scenario.change import change


def looks(**changes: Any) -> LookPlan:
    found = plain(**changes).looks
    assert found is not None
    return found


def test_a_design_without_looks_has_none() -> None:
    assert plain(design__looks=None).looks is None


@pytest.mark.parametrize(
    ("at", "counts"),
    [
        (["50 %", "75 %", "100 %"], (60, 90)),
        (["33.33 %", "66.67 %"], (40, 81)),  # rounded up: at least this share is known
        ([30, 45, 120], (30, 45)),
        ([30, "75 %"], (30, 90)),
        (["100 %"], ()),
    ],
)
def test_when_looks_come(at: list[Any], counts: tuple[int, ...]) -> None:
    found = looks(design__looks__at=at)
    assert (found.counts, found.planned, found.interim) == (counts, 120, len(counts))
    assert found.design.times == (*(count / 120 for count in counts), 1.0)


def test_dates_are_ticks_from_the_first_day(ward: tuple[Study, Cohort]) -> None:
    study, _ = ward
    values = {"design.looks.at": ["2026-01-15", "2026-02-05"], "design.looks.futility": None}
    found = prepare(change(study.scenario, values)).looks
    assert found is not None
    assert found.ticks == (10 * 86_400, 31 * 86_400)
    assert found.lag == 3 * 86_400


def test_levels_and_p_values_of_two_sides_are_halved() -> None:
    two = looks(design__looks__efficacy={"spending": ["1 %", "2 %", "5 %"]})
    assert two.design.efficacy.listed == (0.005, 0.01, 0.025)
    assert (two.design.alpha, two.design.two_sided, two.one_sided) == (0.025, True, False)
    p = looks(design__looks__efficacy={"bounds": {"p": ["1 %", "2 %", "4 %"]}})
    assert p.design.efficacy.scores == pytest.approx(stats.norm.isf([0.005, 0.01, 0.02]))


def test_levels_and_p_values_of_one_side_are_their_own() -> None:
    rule = {"bounds": {"p": ["1 %", "2 %", "4 %"]}}
    one = looks(analyses__main__alternative="greater", design__looks__efficacy=rule)
    assert one.design.efficacy.scores == pytest.approx(stats.norm.isf([0.01, 0.02, 0.04]))
    assert (one.design.alpha, one.design.two_sided, one.way) == (0.05, False, 1)
    listed = looks(analyses__main__alternative="less", design__looks__efficacy={"spending": ["1 %", "2 %", "5 %"]})
    assert (listed.design.efficacy.listed, listed.way) == ((0.01, 0.02, 0.05), -1)


def test_a_margin_has_half_of_alpha_on_its_side() -> None:
    found = looks(analyses__main__margin=-0.5, design__looks__efficacy={"spending": ["1 %", "2 %", "5 %"]})
    assert (found.design.alpha, found.design.two_sided, found.way) == (0.025, False, 1)
    assert found.design.efficacy.listed == (0.005, 0.01, 0.025)


@pytest.mark.parametrize(
    ("better", "contrast", "cut", "way"),
    [
        ("higher", "treated - control", None, 1),
        ("lower", "treated - control", None, -1),
        ("lower", "control - treated", None, 1),
        ("higher", "treated - control", {"at_most": 10}, -1),
        ("higher", "treated - control", {"at_least": 10}, 1),
    ],
)
def test_which_way_is_better(better: str, contrast: str, cut: dict[str, int] | None, way: int) -> None:
    changes: dict[str, Any] = {"outcomes__score__better": better, "analyses__main__contrast": contrast}
    if cut is not None:
        changes |= {"analyses__main__dichotomize": cut, "analyses__main__test": "risk-difference"}
    assert looks(**changes).way == way


def test_futility_that_leaves_no_room_for_efficacy() -> None:
    found = looks(
        design__looks__efficacy={"bounds": "pocock"}, design__looks__futility={"bounds": {"p": ["0.1 %", "10 %"]}}
    )
    with pytest.raises(LooksError, match="at look 1 the bound for futility"):
        _ = found.bounds


def test_the_row_is_found_in_a_smaller_plan() -> None:
    study = plain(design__looks__analysis="ranks")
    assert study.looks is not None
    assert study.looks.row == 1
    moved = study.looks.within(study.looks.alone)
    assert moved is not None
    assert moved.row == 0
    other = plain().looks
    assert other is not None
    assert study.looks.within(other.alone) is None
