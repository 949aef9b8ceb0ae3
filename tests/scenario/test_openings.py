"""``at: any time`` needs hours that open and close, wherever it stands; without it hashes stay what they were."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialsim.errors import ScenarioError
from trialsim.scenario import loads
from trialsim.scenario.identity import scenario_hash

#: The hash of the course of massages, kept from before waits could end at any time and arms have their own numbers.
KEPT = "55f08841c71f5e62e9b982e86e70cb98"
TEXT = (Path(__file__).parents[2] / "scenarios" / "picu-blood-draw.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ("setting.patients.ask={for: 2 h, at: any time}", "setting.patients.ask.at"),
        ("setting.patients.ask={until: always, at: any time}", "setting.patients.ask.at"),
        ("protocol.0.wait={for: 2 h, at: any time}", "protocol.0.wait.at"),
        ("protocol.2.steps.0={wait: {until: daily, at: any time}}", "protocol.2.steps.0.wait.at"),
    ],
)
def test_a_moment_of_no_opening_is_refused(change: str, place: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        loads(TEXT, set=[change])
    assert ("TS-E150", place) in [(fault.code, fault.path) for fault in caught.value.faults]


def test_a_wait_without_it_has_the_hash_it_had() -> None:
    """Without the analyses that came later."""
    file = Path(__file__).parents[2] / "scenarios" / "lessons" / "massage-course.yaml"
    before, _, after = file.read_text(encoding="utf-8").partition("  session_1_adjusted:")
    scenario = loads(before + after[after.index("primary:") :], folder=file.parent)
    assert scenario_hash(scenario) == KEPT


def test_the_moment_is_part_of_the_study() -> None:
    one = loads(TEXT)
    other = loads(TEXT, set=["protocol.0.wait={for: {mean: 12 h, sd: 6 h}, until: 'daily 08:00-17:00'}"])
    assert scenario_hash(one) != scenario_hash(other)
