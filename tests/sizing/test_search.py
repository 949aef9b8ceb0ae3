"""The search: known answers, ranges without one, precision, effects, and what is said."""

from __future__ import annotations

import json
import math

import pytest
from scipy import stats

from trialsim.prepared import prepare
from trialsim.report.sizing import answer, write_sizing
from trialsim.scenario import load, loads
from trialsim.sizing import find_effect, find_precision, find_size, target_of
from trialsim.sizing.target import SizingError
from trialsim.sizing.trials import SearchTrials

T_TEST = """
trialsim: 1
name: t
title: Two arms
design: {arms: {a: x, b: y}, enroll: {in all: 60}, allocation: {ratio: "1:2"}}
visits: {post: 1 d}
outcomes:
  y: {distribution: normal, visits: [post], level: {mean: 0, sd: 1}, effects: {b: {difference: 0.5}}}
analyses: {main: {outcome: y, visit: post, test: t, contrast: b - a}}
primary: main
"""


@pytest.fixture(scope="module")
def ancova(root):
    return prepare(load(root / "scenarios/textbook-ancova.yaml"))


def test_ancova_of_the_validation_book(ancova) -> None:
    # exact 41.68 an arm; the root has a standard error of .25 an arm: 5 of them, false alarm below 1 in a million
    found = find_size(ancova, target_of(ancova), power=0.8, confirm=1_000)
    assert found.root / 2 == pytest.approx(41.68, abs=1.25)
    assert found.at in (82, 84, 86)
    assert found.low < found.root < found.high
    assert found.curve.by_parts
    one = found.confirmed
    assert one is not None
    assert one.seed != ancova.scenario.simulation.seed
    assert one.value == pytest.approx(0.803, abs=5 * math.sqrt(0.8 * 0.2 / 1_000) + 0.02)
    lines = answer(ancova, found)
    assert lines[0].startswith(f"{found.at:.0f} participants, {found.at / 2:.0f} in each arm")


def test_unequal_arms_keep_their_ratio() -> None:
    study = prepare(loads(T_TEST))
    found = find_size(study, target_of(study), power=0.8, confirm=0)
    assert found.at is not None
    assert found.at % 3 == 0

    def power(n: float) -> float:
        ncp, df = 0.5 * math.sqrt(2 * n / 9), n - 2
        critical = stats.t.isf(0.025, df)
        return float(stats.nct.sf(critical, df, ncp) + stats.nct.cdf(-critical, df, ncp))

    # the exact power at the root: its slope of .004 a participant and a standard error of .6 give .0025
    assert power(found.root) == pytest.approx(0.8, abs=0.013)
    assert f"({found.at / 3:.0f} a and {found.at * 2 / 3:.0f} b)" in answer(study, found)[0]


def test_a_range_without_an_answer_gives_none(ancova) -> None:
    low = find_size(ancova, target_of(ancova), power=0.8, between=(10, 40), replicates=800)
    assert low.at is None
    assert math.isnan(low.root)
    assert low.best[0] == 40
    assert "No size from 10 to 40" in answer(ancova, low)[0]
    high = find_size(ancova, target_of(ancova), power=0.8, between=(120, 200), replicates=800)
    assert high.at is None
    assert "already" in answer(ancova, high)[0]


def test_the_end_of_a_range_is_an_answer_only_when_told_apart(ancova) -> None:
    # exact 83.36: with 24,000 trials the root has an error of .2, so 82 is told apart; with 300 trials it is not
    for between in ((60, 84), (84, 120)):
        sharp = find_size(
            ancova, target_of(ancova), power=0.8, between=between, replicates=12_000, confirm=12_000, seed=3
        )
        assert sharp.at == 84
        assert sharp.low > 82
    ends = [
        find_size(ancova, target_of(ancova), power=0.8, between=(60, 84), replicates=300, confirm=300, seed=seed)
        for seed in range(6)
    ]
    for end in ends:
        assert (end.at == 84) <= (end.low > 82)
        assert "nan" not in " ".join(answer(ancova, end))
    told = [end for end in ends if end.missed == "at the end"]
    assert told
    assert "too near an end" in answer(ancova, told[0])[0]


def test_no_effect_has_no_size_and_is_said() -> None:
    study = prepare(loads(T_TEST.replace("difference: 0.5", "difference: 0.0")))
    for found in (
        find_size(study, target_of(study), power=0.8, replicates=500),
        find_effect(study, target_of(study), power=0.8, replicates=500),
    ):
        assert found.at is None
        assert not found.effect_declared
        assert "declares no effect" in answer(study, found)[0]
    out_of_reach = prepare(loads(T_TEST))
    found = find_size(out_of_reach, target_of(out_of_reach), power=0.8, between=(9, 30), replicates=500)
    assert found.effect_declared
    assert "declares no effect" not in " ".join(answer(out_of_reach, found))


def test_the_level_of_an_interval_is_that_of_its_analysis() -> None:
    study = prepare(loads(T_TEST.replace("contrast: b - a", "contrast: b - a, alpha: 1 %")))
    found = find_precision(study, target_of(study), width=1.2, replicates=400, confirm=200)
    lines = answer(study, found)
    assert "99 % interval" in lines[0]
    assert not any("a 95 % interval" in line for line in lines)


def test_every_study_has_a_fresh_seed_of_its_own(ancova) -> None:
    other = prepare(loads(T_TEST))
    seeds = {SearchTrials(study, target_of(study), seed).fresh_seed for study in (ancova, other) for seed in (1, 2)}
    assert len(seeds) == 4
    found = find_size(other, target_of(other), power=0.8, replicates=300, confirm=300, seed=1)
    assert found.confirmed is not None
    assert found.confirmed.seed == SearchTrials(other, target_of(other), 1).fresh_seed


def test_without_a_ward_nobody_delays_anybody(ancova) -> None:
    found = find_size(ancova, target_of(ancova), power=0.8, replicates=400, confirm=400)
    assert [note for note in found.notes if "too narrow" not in note] == []
    assert found.reached[0] == pytest.approx(found.curve.value(found.at), abs=1e-12)
    assert found.reached[1] < found.reached[0] < found.reached[2]


@pytest.mark.parametrize("between", [(40, 20), (0, 10)])
def test_impossible_ranges_are_refused(ancova, between) -> None:
    with pytest.raises(SizingError, match="not a range"):
        find_size(ancova, target_of(ancova), between=between)


def test_detectable_effect_of_a_t_test() -> None:
    study = prepare(loads(T_TEST.replace('"1:2"', '"1:1"').replace("in all: 60", "each arm: 64")))
    found = find_effect(study, target_of(study), power=0.9, confirm=500)
    assert found.at is not None
    critical, df = stats.t.isf(0.025, 126), 126
    # exact power at the effect found; the factor has a standard error of about .3 %
    assert stats.nct.sf(critical, df, 0.5 * found.at * math.sqrt(32)) == pytest.approx(0.9, abs=0.012)
    assert found.estimate == pytest.approx(0.5 * found.at, rel=0.05)


def test_precision_of_a_mean_difference() -> None:
    study = prepare(loads(T_TEST.replace('"1:2"', '"1:1"')))
    found = find_precision(study, target_of(study), width=0.5, confirm=500)
    assert found.at is not None

    def width(n: float) -> float:  # E[s] = c4 sigma
        df = n - 2
        c4 = math.sqrt(2 / df) * math.exp(math.lgamma((df + 1) / 2) - math.lgamma(df / 2))
        return float(2 * stats.t.isf(0.025, df) * c4 * math.sqrt(4 / n))

    assert width(found.root) == pytest.approx(0.5, rel=0.004)
    assert found.confirmed is not None
    assert found.confirmed.value == pytest.approx(width(found.at), rel=0.02)


def test_the_same_question_gives_the_same_answer(ancova) -> None:
    told = {"power": 0.8, "replicates": 600, "confirm": 0}
    one, two = (find_size(ancova, target_of(ancova), workers=workers, **told) for workers in (1, 2))
    assert (one.root, one.low, one.high) == (two.root, two.low, two.high)


def test_files(ancova, tmp_path) -> None:
    found = find_size(ancova, target_of(ancova), power=0.8, replicates=600, confirm=0)
    made = write_sizing(ancova, found, tmp_path / "size")
    assert {path.name for path in made} == {
        "power_curve.csv",
        "power_curve.png",
        "power_curve.svg",
        "report.html",
        "size.json",
    }
    assert json.loads((tmp_path / "size/size.json").read_text())["answer"] == answer(ancova, found)
