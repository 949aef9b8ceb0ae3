"""Tornado: paired differences at both ends of every range, sorted, with those of chance told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from trialsim.errors import RunError
from trialsim.report.tornado import lines, tornado_frame
from trialsim.scenario import load
from trialsim.scenario.model import Scenario
from trialsim.scenario.variants import variant
from trialsim.study import evaluate
from trialsim.sweep.tornado import Tornado, play_tornado, shift

ROOT = Path(__file__).parent.parent.parent / "scenarios"
TEXT = """
extends: {parent}
name: ranged
outcomes:
  score:
    level: {{mean: {{value: 0, range: [-3, 3]}}, sd: {{value: 1, range: [0.9, 1.1]}}}}
    effects: {{treated: {{difference: {{value: 0.5, range: [0.1, 0.9]}}}}}}
"""


@pytest.fixture(scope="module")
def ranged(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    folder = tmp_path_factory.mktemp("ranged")
    (folder / "parent.yaml").write_bytes((ROOT / "lessons/textbook-t-test.yaml").read_bytes())
    (folder / "ranged.yaml").write_text(TEXT.format(parent="parent.yaml"), encoding="utf-8")
    return load(folder / "ranged.yaml")


@pytest.fixture(scope="module")
def found(ranged: Scenario) -> Tornado:
    return play_tornado(ranged, replicates=2000)


def test_the_largest_bar_stands_on_top_and_what_cannot_matter_last(found: Tornado) -> None:
    """The level of both arms cannot move a t-test: the draws are shared, so its bar is nothing (up to rounding at the
    limit of significance, which fewer than one in a thousand trials meets)."""
    paths = [bar.assumption.path for bar in found.of("power")]
    assert [path.split("treated.")[-1].split("level.")[-1] for path in paths] == ["difference", "sd", "mean"]
    first, second, last = found.of("power")
    assert first.low.difference < -0.3
    assert first.high.difference > 0.3
    assert second.low.difference > 0 > second.high.difference
    assert not second.noise
    assert last.noise
    assert last.reach < 0.001
    assert found.measures == ("power",), "without a ward a trial has no length"


def test_the_ends_are_what_a_run_of_them_gives(ranged: Scenario, found: Tornado) -> None:
    for bar in found.of("power"):
        for text, end in ((bar.assumption.low, bar.low), (bar.assumption.high, bar.high)):
            power = evaluate(variant(ranged, {bar.assumption.setting: text}), replicates=2000).value(
                "power", analysis="main"
            )
            assert end.value == pytest.approx(power.value, abs=1e-12)
            assert end.difference == pytest.approx(power.value - bar.declared, abs=1e-12)


def test_pairing_sharpens_the_differences(found: Tornado) -> None:
    """Unpaired, the difference of two powers near .5 of 2,000 trials each has an MCSE of .0158."""
    sd = next(bar for bar in found.of("power") if bar.assumption.path.endswith("sd"))
    assert max(sd.low.mcse, sd.high.mcse) < 0.0158 / 2


def test_a_shift_is_the_mean_of_the_paired_gaps() -> None:
    base = np.array([0.0, 1.0, 1.0, np.nan, 0.0])
    end = np.array([1.0, 1.0, 0.0, 1.0, 1.0])
    found = shift(base, end)
    gaps = np.array([1.0, 0.0, -1.0, 1.0])
    assert found.difference == pytest.approx(gaps.mean())
    assert found.mcse == pytest.approx(gaps.std(ddof=1) / 2)
    assert shift(base, base).noise
    assert not shift(np.zeros(100), np.ones(100)).noise


def test_the_first_is_named_only_where_told_apart(ranged: Scenario, found: Tornado) -> None:
    """The effect moves power by 30 to 40 points, the SD by some 8: told apart at 2,000 trials. Three trials
    prove nothing, even if they agree: z is at most 1.68 then."""
    lead = found.leads["power"]
    assert lead.clear
    assert lead.bar == found.of("power")[0]
    few = play_tornado(ranged, replicates=3)
    told = " ".join(lines(few))
    assert not few.leads["power"].clear
    assert "It depends most" not in told


def test_a_lead_is_paired_over_the_reaches(found: Tornado, ranged: Scenario) -> None:
    """Against counting by hand: the difference of the two reaches, replicate by replicate."""
    top, second, _ = found.of("power")
    base, *ends = (
        evaluate(variant(ranged, point), replicates=2000).kept.p[0, :, 0] <= 0.05
        for point in ({}, {top.assumption.setting: top.assumption.low}, {top.assumption.setting: top.assumption.high},
                      {second.assumption.setting: second.assumption.low}, {second.assumption.setting: second.assumption.high})
    )  # fmt: skip
    moves = [end.astype(float) - base for end in ends]
    first, other = (max(pair, key=lambda m: abs(m.mean())) for pair in (moves[:2], moves[2:]))
    gaps = np.sign(first.mean()) * first - np.sign(other.mean()) * other
    z = gaps.mean() / (gaps.std(ddof=1) / np.sqrt(len(gaps)))
    assert z > 10
    assert found.leads["power"].rivals == ()


def test_the_words_and_the_table_follow(found: Tornado) -> None:
    told = " ".join(lines(found))
    assert "It depends most on treated difference" in told
    assert "The change of power is within Monte Carlo error for level mean." in told
    frame = tornado_frame(found)
    assert len(frame) == 3
    assert frame.loc[0, "high"] == "0.9"


def test_a_study_without_ranges_is_told_so() -> None:
    with pytest.raises(RunError, match="TS-R022"):
        play_tornado(load(ROOT / "lessons/textbook-t-test.yaml"))


def test_an_analysis_that_does_not_exist(ranged: Scenario) -> None:
    with pytest.raises(RunError, match="TS-R020"):
        play_tornado(ranged, analysis="mian", replicates=100)


def test_more_replicates_than_can_be_paired(ranged: Scenario) -> None:
    with pytest.raises(RunError, match="TS-R023"):
        play_tornado(ranged, replicates=10_001)
