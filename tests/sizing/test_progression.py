"""The size of a pilot: the formula where nothing but the criterion's own chance matters, and reasons where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

import trialsim as ts
from trialsim.sizing.progression import pilot_sizes
from trialsim.sizing.target import SizingError

#: Everyone is asked at once; whoever stays has a value. So retention is a binomial number of n, and nothing else.
OPEN = """
trialsim: 1
name: open-pilot
title: A pilot without a ward
design: {arms: {usual: usual care, massage: massage}, enroll: 20}
visits: {end: 28 d}
attrition: [{reason: withdrawal, chance: 20 %, within: 27 d}]
outcomes: {anxiety: {distribution: normal, visits: [end], level: {mean: 40, sd: 10}}}
analyses: {main: {outcome: anxiety, visit: end, test: t}}
primary: main
progression:
  retention: {measure: measured, outcome: anxiety, at: end, go: 80 %, stop: 60 %}
"""


def test_the_simulated_size_is_that_of_the_binomial() -> None:
    """At each limit the chances are within 5 standard errors of the exact ones (false alarm below 1e-5 in all)."""
    found = pilot_sizes(ts.prepare(OPEN), replicates=400, workers=1).criteria[0]
    assert found.moved is not None
    assert found.moved.means == pytest.approx((0.8, 0.6), abs=0.01)
    assert found.exact is not None
    assert found.size is not None
    assert abs(found.size - found.exact) <= 4
    assert found.tried == tuple(sorted(found.tried))
    assert all(n in found.tried for n in range(found.size, 2 * found.size, 2))


def test_a_criterion_that_nothing_moves_says_so() -> None:
    text = OPEN.replace("go: 80 %, stop: 60 %", "go: 80 %, stop: 60 %, by: attrition.3.chance")
    found = ts.find_pilot_size(text, replicates=50)
    assert found.lines() == [
        "No criterion has a size.",
        "retention: there is no number at 'attrition.3.chance': write by: with the path of one beside its measure.",
    ]


def test_no_criteria_no_size(tmp_path: Path) -> None:
    with pytest.raises(SizingError, match="no progression criteria") as caught:
        ts.find_pilot_size("textbook-t-test", out=tmp_path / "size")
    assert caught.value.code == "TS-S006"


def test_the_folder_has_table_and_page(tmp_path: Path) -> None:
    made = ts.find_pilot_size(OPEN, replicates=100, out=tmp_path / "size")
    assert {one.name for one in (tmp_path / "size").iterdir()} >= {"pilot_sizes.csv", "report.html", "size.json"}
    size = made.frame()["size"][0]
    assert f">{size}<" in (tmp_path / "size" / "report.html").read_text(encoding="utf-8")
