"""Warnings about what is possible and probably not meant: one-sided tests of the way that is not good."""

from __future__ import annotations

import pytest

from trialsim.scenario import load
from trialsim.scenario.checks.doubts import doubts
from trialsim.scenario.shipped import shipped_scenarios

SHIPPED = shipped_scenarios()
ARMS = "unequal-arms"  # pain, better: lower; glasses and control, which is the first arm and so the reference


def warned(name: str, *changes: str) -> list[str]:
    found = doubts(load(SHIPPED[name].path, set=["published=[]", *changes]))
    return [text for text in found if "alternative:" in text]


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        (["alternative=greater"], True),
        (["alternative=less"], False),
        (["alternative=two-sided"], False),
        (["contrast=control - glasses", "alternative=less"], True),
        (["contrast=control - glasses", "alternative=greater"], False),
        (["test=chi-square", "dichotomize={at_least: 4}"], False),
        (["test=fisher", "dichotomize={at_least: 4}", "alternative=greater"], True),
        (["test=fisher", "dichotomize={at_least: 4}", "alternative=less"], False),
        (["test=fisher", "dichotomize={at_most: 4}", "alternative=less"], True),
        (["test=fisher", "dichotomize={at_most: 4}", "alternative=greater"], False),
    ],
)
def test_a_test_of_the_way_that_is_not_good_is_doubted(changes: list[str], wrong: bool) -> None:
    found = warned(ARMS, *(f"analyses.main.{one}" for one in changes))
    assert len(found) == int(wrong), found


def test_the_words_name_both_places_and_the_way_out() -> None:
    (text,) = warned(ARMS, "analyses.main.alternative=greater")
    assert text == (
        "analyses.main: alternative: greater tests whether 'pain' is higher with glasses than with control, but outcomes.pain "
        "has better: lower. Write alternative: less or two-sided, unless harm is to be shown."
    )
    assert warned(ARMS, "analyses.main.alternative=greater", "outcomes.pain.better=higher") == []


def test_two_arms_beside_the_reference_and_no_word_on_what_is_better_are_no_matter() -> None:
    both = "analyses.one_pair.alternative=greater"
    assert warned("many-arms", both, "outcomes.anxiety.better=lower") == []
    assert warned("many-arms", both) == []


def test_a_change_is_meant_to_be_good() -> None:
    change = ["analyses.all_mothers_log.alternative=greater", "outcomes.maternal_cortisol.better=lower"]
    (text,) = warned("nicu-parent-massage", *change)
    assert "higher at post than at pre" in text
    assert warned("nicu-parent-massage", "analyses.all_mothers_log.alternative=less", change[1]) == []


def test_no_shipped_scenario_is_doubted() -> None:
    assert [name for name in SHIPPED if warned(name)] == []
