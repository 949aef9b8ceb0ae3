"""Figures of published studies: of an arm or of a comparison, with a statistic that the test has."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialsim.errors import ScenarioError
from trialsim.scenario import loads
from trialsim.scenario.dump import dump

TEXT = (Path(__file__).parents[2] / "scenarios/lessons/unequal-arms.yaml").read_text(encoding="utf-8")
HEAD = TEXT.partition("published:")[0]
PICU = (
    (Path(__file__).parents[2] / "scenarios/picu-blood-draw.yaml")
    .read_text(encoding="utf-8")
    .partition("published:")[0]
)


def faults(figure: str, head: str = HEAD) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        loads(f"{head}published:\n  - {{{figure}}}\n")
    return [f"{fault.code} {fault.path}" for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        ("source: made2026, analysis: main, arm: control, t: 2", "TS-E153 published.0.t"),
        ("source: made2026, analysis: main, arm: control, p: 0.2", "TS-E153 published.0.p"),
        ("source: made2026, analysis: main, arm: contro, mean: 2", "TS-E031 published.0.arm"),
        ("source: made2026, analysis: main, sd: 2", "TS-E153 published.0.sd"),
        ("source: made2026, analysis: main, median: 2", "TS-E153 published.0.median"),
        ("source: made2026, analysis: main, U: 2", "TS-E153 published.0.U"),
        ("source: made2026, analysis: ranks, t: 2", "TS-E153 published.0.t"),
        ("source: made2026, analysis: all_means, t: 2", "TS-E153 published.0.t"),
        ("source: made2026, analysis: all_ranks, F: 2", "TS-E153 published.0.F"),
        ("source: made2026, analysis: main, p: 1.2", "TS-E080 published.0.p"),
        ("source: made2026, analysis: main, p: '<5 %'", "TS-E080 published.0.p"),
        ("source: made2026, analysis: main, arm: control, sd: -2", "TS-E013 published.0.sd"),
    ],
)
def test_what_cannot_be_is_refused(figure: str, expected: str) -> None:
    assert faults(figure) == [expected]


def test_pairs_have_the_statistic_of_their_own_test() -> None:
    figure = "source: alemdar2023, analysis: fear_during, contrast: music - control"
    loads(f"{PICU}published:\n  - {{{figure}, U: 300}}\n")
    loads(f"{PICU}published:\n  - {{source: alemdar2023, analysis: fear_during, H: 8.1}}\n")
    assert faults(f"{figure}, H: 8.1", PICU) == ["TS-E153 published.0.H"]


def test_the_resolved_form_reads_back() -> None:
    scenario = loads(TEXT)
    assert loads(dump(scenario)) == scenario
    assert [one.p for one in scenario.published] == [None, None, 0.003, "<0.01", 0.003, "<0.01"]
