"""What cannot be meant is refused in words, and what can is taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import trialsim as ts
from tests.api.conftest import NAME


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: ts.evaluate(NAME, replicates="400"), TypeError, "replicates is a whole number, not '400'"),
        (lambda: ts.evaluate(NAME, replicates=50, workers=0), ValueError, "workers is at least 1, not 0"),
        (
            lambda: ts.evaluate(NAME, replicates=50, engine="slow"),
            ValueError,
            "engine is 'fast' or 'simpy', not 'slow'",
        ),
        (lambda: ts.find_size(NAME, need="both"), ValueError, "need is"),
        (lambda: ts.simulate(NAME, range(0)), ValueError, "range of trials"),
        (lambda: ts.simulate(NAME, [1, 2]), TypeError, "whole number"),
        (lambda: ts.replay(NAME, -1), ValueError, "replicate is at least 0"),
        (lambda: ts.analyze(ts.load(NAME)), TypeError, "a cohort is wanted"),
        (lambda: ts.load(None), TypeError, "a scenario is wanted"),
        (lambda: ts.load({"a": 1}), TypeError, "not a dict"),
        (lambda: ts.compare("mine.yaml"), TypeError, "a list of designs is wanted"),
    ],
)
def test_what_cannot_be_meant(call: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


def test_a_single_text_is_a_list_of_one() -> None:
    assert ts.load(NAME, set="design.enroll=80").design.enroll.in_all == 80  # type: ignore[arg-type]  # what people type
