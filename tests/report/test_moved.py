"""What moves and loses the values of an outcome is told in words, all of it."""

from __future__ import annotations

import pytest

from trialsim.prepared import prepare
from trialsim.report.explain import explain
from trialsim.report.moved import moved
from trialsim.scenario import load
from trialsim.scenario.model import Outcome
from trialsim.scenario.shipped import shipped_scenarios

SHIPPED = shipped_scenarios()


def told(scenario: str, outcome: str) -> dict[str, str]:
    loaded = load(SHIPPED[scenario].path)
    return dict(moved(loaded.outcomes[outcome], loaded.participants))


def test_every_kind_is_told_in_words() -> None:
    assert told("massage-course", "stress") == {
        "massage": "difference -5; effects differ between people, SD 3; at post 1, post 2 and post 3",
        "massage interrupted": "difference 2 if so",
        "time in interview": "difference 1 per 10 min",
        "language: other": (
            "difference 4 against same, to whom the declared level belongs; the mean of everybody is 0.8 above the declared"
        ),
        "practitioner": "3 % of the variance, shared by the participants of one practitioner (nurse)",
        "site": "2 % of the variance, shared by the participants of one site",
        "rater": "error of SD 2",
        "rounding": "to 1",
        "missing: form lost": "3 % (MCAR)",
        "missing: too tired": "4 % (MAR) where stress at pre 3 is 50, odds ratio 1.5 per 10 of it; at end",
        "missing: did not come": "5 % (MNAR) where the value itself is 50, odds ratio 1.3 per 10 of it; at end",
    }
    assert told("massage-course", "cortisol") == {
        "the clock": "the logarithm follows a cosine of amplitude 0.5 with its peak at 08:00; levels are those at 12:00",
        "massage": "secretion -40 % for 30 min from its start, after a lag of 3 min; half-life 65 min; 80 % respond",
        "wait for nurse": "ratio 1.05 per 30 min",
        "assay saliva": "CV 6 % within a plate, CV 8 % between plates of 40 samples",
        "rounding": "to 0.1 nmol/L",
        "detection limit": "a value below 0.5 nmol/L counts as limit/2",
        "lost": "5 % of the samples",
        "window": "a sample counts 0 to 30 min after massage; another is dropped; at post 1, post 2 and post 3",
    }
    assert told("cold-spray", "pain")["window"] == (
        "a sample counts at most 30 min after needle; another is kept all the same; at later"
    )
    assert told("detection-limit", "censored") == {"detection limit": "a value below 0.5 ng/mL counts as the limit"}
    assert told("picu-blood-draw", "fear")["age"] == (
        "odds ratio 0.85 per 1 y, centered at 15 y: the mean log odds of everybody are as declared"
    )


def declared(outcome: Outcome) -> int:
    """How many things are declared that move, blur or lose a value."""
    tool = outcome.instrument
    one_by_one = (
        outcome.rhythm,
        outcome.window,
        outcome.secular,
        outcome.cac if outcome.cac is not None and outcome.cac.value < 1 else None,
        tool.detection_limit,
        tool.rounding,
        tool.rater_sd,
        tool.assay_cv or tool.plate_cv,
    )
    shares = (outcome.lost, outcome.icc.practitioner, outcome.icc.site, outcome.carryover)
    many = (outcome.responds_to, outcome.drivers, outcome.covariates, outcome.missing)
    alone = sum(one is not None for one in one_by_one) + any(moved.value for moved in outcome.period_effects)
    return alone + sum(share is not None and share.value > 0 for share in shares) + sum(len(part) for part in many)


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_nothing_declared_is_left_out(name: str) -> None:
    scenario = load(SHIPPED[name].path)
    sections = {section.title: section for section in explain(prepare(scenario))}
    rows = (
        sections["What moves, blurs and loses the values"].rows
        if any(map(declared, scenario.outcomes.values()))
        else ()
    )
    for outcome, what in scenario.outcomes.items():
        assert sum(row[0] == outcome for row in rows) == declared(what)
