"""Analyses in words: whatever changes what is tested is told."""

from __future__ import annotations

import pytest

from trialsim.report import words
from trialsim.scenario import load
from trialsim.scenario.shipped import shipped_scenarios


@pytest.mark.parametrize(
    ("scenario", "name", "told"),
    [
        (
            "massage-course",
            "end_completers",
            (
                "t on stress at end, massage - usual care, one-sided (less), at a level of 2.5 %; "
                "only participants who completed the pathway; without language other"
            ),
        ),
        ("massage-course", "end_all", "ancova on stress at end, adjusted for pre 1 and age, massage - usual care"),
        (
            "cold-spray",
            "strong_pain",
            "chi-square on pain at draw, counted as yes where it is at least 6, cold spray - placebo",
        ),
        (
            "estimands",
            "received_it",
            (
                "t on cortisol at the change from pre to post on the log scale, massage - control; only participants who "
                "got some of their arm's treatment; judged against the effect of the strategy 'hypothetical'"
            ),
        ),
        ("plain-queue", "main", "one-sample-t on mood at gone, against 0"),
    ],
)
def test_an_analysis_in_words(scenario: str, name: str, told: str) -> None:
    declared = load(shipped_scenarios()[scenario].path).analyses[name]
    assert words.analysis(name, declared, primary=False) == f"{name}: {told}"
