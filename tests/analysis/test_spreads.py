"""Tests that assume one SD warn where the declared ones differ; the others do not."""

from __future__ import annotations

import pytest

from trialsim.prepared import warnings_of
from trialsim.scenario import loads

TEXT = """
trialsim: 1
name: spreads
title: Two arms of different SDs
design: {{arms: {{control: usual care, music: music}}, enroll: {{control: 60, music: 20}}}}
visits: {{post: 1 d}}
outcomes:
  pressure:
    distribution: {scale}
    visits: [post]
    level: {{by_arm: {{control: {{mean: 140, sd: 8}}, music: {{mean: 133, sd: {sd}}}}}}}
analyses:
  main: {{outcome: pressure, visit: post, test: {test}}}
primary: main
"""


def warned(*, scale: str = "normal", test: str = "t", sd: float = 16.0) -> bool:
    found = warnings_of(loads(TEXT.format(scale=scale, test=test, sd=sd)))
    return any("assumes one SD, but the declared SDs are 8 (control) and 16 (music)" in text for text in found)


@pytest.mark.parametrize("test", ["t", "anova"])
def test_unequal_sds_are_warned_of(test: str) -> None:
    assert warned(test=test)


@pytest.mark.parametrize("test", ["welch", "welch-anova", "mann-whitney"])
def test_tests_that_do_not_assume_equal_sds_do_not_warn(test: str) -> None:
    assert not warned(test=test)


def test_nearly_equal_sds_are_not_worth_a_word() -> None:
    assert not warned(sd=11.0)
