"""Waits that end at any time of an opening: what they need."""

from __future__ import annotations

from collections.abc import Iterator

from trialsim.protocol.calendar import parse_calendar
from trialsim.protocol.steps import Hold, Period, Repeat, Step, Wait, WaitRule
from trialsim.scenario.amounts import Report
from trialsim.scenario.model import Draft
from trialsim.scenario.text import Finding, Path


def check_openings(scenario: Draft, report: Report) -> None:
    """``at: any time`` needs hours that open and close."""
    for path, rule in _rules(scenario):
        if rule.at is not None and (rule.until is None or parse_calendar(rule.until).always):
            message = "no hours are given that open and close."
            report(Finding("TS-E150", (*path, "at"), message, "Write until: Mon-Fri 09:00-16:00, or remove at:."))


def _rules(scenario: Draft) -> Iterator[tuple[Path, WaitRule]]:
    """Every rule of waiting and its place."""
    if scenario.setting is not None and scenario.setting.patients.ask is not None:
        yield ("setting", "patients", "ask"), scenario.setting.patients.ask
    yield from _waits(scenario.protocol, ("protocol",))


def _waits(steps: tuple[Step, ...], path: Path) -> Iterator[tuple[Path, WaitRule]]:
    for i, step in enumerate(steps):
        if isinstance(step, Wait):
            yield (*path, i, "wait"), step.wait
        elif isinstance(step, (Hold, Repeat, Period)):
            yield from _waits(step.steps, (*path, i, "steps"))
