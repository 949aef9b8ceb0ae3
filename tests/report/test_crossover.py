"""Words for crossovers: sequences, effects by period, and what is carried over."""

from __future__ import annotations

from pathlib import Path

from trialsim.prepared import prepare
from trialsim.report.crossover import effects_in_words, sequences
from trialsim.report.estimand_table import estimand_tables
from trialsim.report.explain import explain
from trialsim.report.present import null_twin
from trialsim.report.words import analyses
from trialsim.scenario import load

SCENARIOS = Path(__file__).parents[2] / "scenarios"
STUDY = prepare(load(SCENARIOS / "picu-crossover.yaml"))


def test_each_effect_says_between_which_arms_and_in_which_sequence() -> None:
    found = [between for between, one in effects_in_words(STUDY) if one.visit in ("during 1", "during 2")]
    assert found == [
        "music - control, in music first",
        "carried over, in music first",
        "music - control, in control first",
    ]


def test_parallel_arms_are_compared_with_the_reference() -> None:
    study = prepare(load(SCENARIOS / "picu-blood-draw.yaml"))
    assert {between for between, _ in effects_in_words(study)} == {"music - control", "massage - control"}


def test_the_estimand_is_of_the_arms_in_the_first_period() -> None:
    (table,) = estimand_tables(STUDY)
    said = dict(table.rows)
    assert said["Treatment conditions"] == "control (usual care) and music (music of one's own choice)"
    assert said["Variable"] == "Children's Fear Scale at during 1, in the first period"


def test_a_crossover_is_explained() -> None:
    text = "\n".join(line for section in explain(STUDY) for line in section.lines)
    assert all(line in text for line in sequences(STUDY.scenario.design))
    assert "Enroll 20 participants in each sequence, within 18 months." in text
    assert "in each of the 2 periods, with a washout of 24 h in between:" in text
    rows = [row for section in explain(STUDY) for row in section.rows]
    assert ("fear", "carryover", "10 % of the effect of an arm acts in the next period too") in rows
    assert "crossover-t on fear at during 1 minus during 2, music - control" in analyses(STUDY.scenario)["fear"]
    assert "the period effects" in null_twin(STUDY.scenario)
