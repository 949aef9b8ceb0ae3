"""The codebook gives labels to codes, words to yes and no, and bounds to what is bounded."""

from __future__ import annotations

import pytest

from trialsim import study as studies
from trialsim.scenario import loads

TEXT = """
trialsim: 1
name: book
title: A codebook
design: {arms: {control: usual care, music: music therapy}, enroll: {each arm: 5}}
participants:
  weight: {mean: 900 g, sd: 200 g, between: [500 g, 1500 g]}
  age: {mean: 30 y, sd: 5 y}
visits: {post: 1 d}
outcomes:
  fear: {categories: [0, 1, 2], labels: {0: none, 2: most}, visits: [post], assumed: made up, level: {shares: [0.5, 0.3, 0.2]}}
  died: {visits: [post], assumed: made up, level: {chance: 10 %}}
  score: {distribution: normal, limits: [0, 10], visits: [post], assumed: made up, level: {mean: 5, sd: 1}}
analyses: {main: {outcome: score, visit: post, test: t, contrast: music - control}}
primary: main
"""


@pytest.mark.parametrize(
    ("column", "outcome", "expected"),
    [
        ("arm", "", ("code", "", "", "control = usual care; music = music therapy")),
        ("weight", "", ("number", "g", "500 to 1500", "")),
        ("age", "", ("number", "y", "above 0", "")),
        ("value", "fear", ("whole number", "", "0 to 2", "0 = none; 1; 2 = most")),
        ("value", "died", ("code", "", "0 to 1", "1 = yes; 0 = no")),
        ("value", "score", ("number", "", "0 to 10 intended, not enforced", "")),
    ],
)
def test_type_unit_range_and_codes(column: str, outcome: str, expected: tuple[str, ...]) -> None:
    book = studies.simulate(loads(TEXT), range(1)).frame("codebook")
    row = book[(book["column"] == column) & (book["outcome"] == outcome)].iloc[0]
    assert tuple(row[["type", "unit", "range", "codes"]]) == expected
