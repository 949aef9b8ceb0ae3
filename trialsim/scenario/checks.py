"""Everything that must fit together in a scenario, found at once."""

from __future__ import annotations

from trialsim.scenario.amounts import Report
from trialsim.scenario.model import Scenario
from trialsim.scenario.outline import Outline


def check_written(scenario: Scenario, points: Outline, report: Report) -> None:
    """Names and combinations in the form people write."""


def check_resolved(scenario: Scenario, points: Outline, report: Report) -> None:
    """Numbers that must fit together once everything is written out."""
