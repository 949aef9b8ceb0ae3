"""Published figures among simulated ones: each simulated number is the one that scipy or numpy finds in the same trial."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from trialsim import study as studies
from trialsim.cli import main
from trialsim.errors import AnalysisError
from trialsim.prepared import Study, prepare
from trialsim.reproduce import Placement, reproduce
from trialsim.scenario import load, loads

ROOT = Path(__file__).parents[1]
LESSON = ROOT / "scenarios/lessons/unequal-arms.yaml"
PICU = ROOT / "scenarios/picu-blood-draw.yaml"
REPLICATES = 120


def placed_of(study: Study) -> dict[tuple[str, str, str], Placement]:
    found = reproduce(study, replicates=REPLICATES)
    return {(one.analysis, one.contrast, one.kind): one for one in found}


@pytest.fixture(scope="module")
def study() -> Study:
    return prepare(load(LESSON))


@pytest.fixture(scope="module")
def placed(study: Study) -> dict[tuple[str, str, str], Placement]:
    return placed_of(study)


@pytest.fixture(scope="module")
def trials(study: Study) -> list[tuple[Any, Any]]:
    """Values of control and glasses in each trial."""
    data = studies.trial_arrays(studies.simulate(study, range(REPLICATES), twins=("declared",)))
    return [tuple(data.values[0, r, data.arm[r] == arm, 0] for arm in (0, 1)) for r in range(REPLICATES)]


def judged(trials: list[tuple[Any, Any]], kind: str) -> list[float]:
    """One number of each trial, by scipy or numpy."""
    if kind == "t":
        return [stats.ttest_ind(b, a).statistic for a, b in trials]
    if kind == "F":
        return [stats.f_oneway(a, b).statistic for a, b in trials]
    if kind == "U":
        whole = [stats.mannwhitneyu(b, a).statistic for a, b in trials]
        return [min(u, len(a) * len(b) - u) for u, (a, b) in zip(whole, trials, strict=True)]
    return [stats.kruskal(a, b).statistic for a, b in trials]


def agrees(one: Placement, numbers: list[float], value: float) -> bool:
    """Whether median, range and share are those of ``numbers``."""
    low, middle, high = np.quantile(numbers, [0.025, 0.5, 0.975])
    below = np.mean(np.array(numbers) < value) + np.mean(np.array(numbers) == value) / 2
    return np.allclose([one.low, one.median, one.high, one.share], [low, middle, high, below], rtol=1e-9)


@pytest.mark.parametrize(
    ("analysis", "contrast", "kind", "value"),
    [
        ("main", "glasses - control", "t", -3.07),
        ("all_means", "all arms", "F", 9.42),
        ("ranks", "glasses - control", "U", 395.0),
        ("all_ranks", "all arms", "H", 7.3),
    ],
)
def test_statistics_are_those_of_scipy(
    placed: dict[tuple[str, str, str], Placement],
    trials: list[tuple[Any, Any]],
    analysis: str,
    contrast: str,
    kind: str,
    value: float,
) -> None:
    one = placed[analysis, contrast, kind]
    assert agrees(one, judged(trials, kind), value)
    others = {"t": "F", "F": "t", "U": "H", "H": "U"}
    assert not agrees(one, judged(trials, others[kind]), value), "the planted fault: another statistic"
    assert not one.same


def test_arms_are_described_as_numpy_does(
    placed: dict[tuple[str, str, str], Placement], trials: list[tuple[Any, Any]]
) -> None:
    for arm, name, mean, sd, median in ((0, "control", 4.4, 2.7, 4.0), (1, "glasses", 2.6, 2.2, 2.0)):
        values = [trial[arm] for trial in trials]
        assert agrees(placed["main", name, "mean"], [one.mean() for one in values], mean)
        assert agrees(placed["main", name, "sd"], [one.std(ddof=1) for one in values], sd)
        assert agrees(placed["main", name, "median"], [float(np.median(one)) for one in values], median)
        assert not agrees(placed["main", name, "sd"], [one.std() for one in values], sd), (
            "the planted fault: divided by n"
        )


def test_what_all_trials_have_is_not_said_to_lie_below(placed: dict[tuple[str, str, str], Placement]) -> None:
    one = placed["main", "control", "n"]
    assert (one.published, one.share, one.same) == ("36", 1.0, True)


def test_a_bound_is_placed_by_how_often_it_is_met(
    study: Study, placed: dict[tuple[str, str, str], Placement], trials: list[tuple[Any, Any]]
) -> None:
    p = np.array([stats.mannwhitneyu(b, a, method="asymptotic").pvalue for a, b in trials])
    one = placed["ranks", "glasses - control", "p"]
    assert (one.published, one.same) == ("< 0.01", True)
    assert one.share == pytest.approx((p < 0.01).mean())
    other = replace(
        study, scenario=loads(LESSON.read_text(encoding="utf-8").replace("U: 395, p: <0.01", "p: '> 0.05'"))
    )
    assert placed_of(other)["ranks", "glasses - control", "p"].share == pytest.approx((p > 0.05).mean())


def test_the_only_arm_needs_no_name() -> None:
    nicu = ROOT / "scenarios/nicu-parent-massage.yaml"
    text = nicu.read_text(encoding="utf-8").split("\npublished:")[0]
    text += "\npublished:\n  - {source: mccarty2024, analysis: all_mothers, sd: 80 ng/dL, median: -10 ng/dL}\n"
    study = prepare(loads(text))
    one = placed_of(study)
    data = studies.trial_arrays(studies.simulate(study, range(REPLICATES), twins=("declared",)))
    pre, post = (study.response.pairs.index(("maternal_cortisol", visit)) for visit in ("pre", "post"))
    change = data.values[0, :, :, post] - data.values[0, :, :, pre]
    assert one["all_mothers", "post - pre", "sd"].median == pytest.approx(
        float(np.median(np.nanstd(change, axis=1, ddof=1)))
    )
    assert one["all_mothers", "post - pre", "median"].median == pytest.approx(
        float(np.median(np.nanmedian(change, axis=1)))
    )


def test_a_pair_that_is_not_compared_is_refused() -> None:
    text = PICU.read_text(encoding="utf-8").replace(
        "analysis: fear_before, contrast: music - control", "analysis: fear_before, contrast: massage - music"
    )
    with pytest.raises(AnalysisError) as caught:
        reproduce(prepare(loads(text)), replicates=20)
    assert caught.value.code == "TS-A011"
    assert "music - control" in (caught.value.remedy or "")


def test_the_table_reads_as_papers_do(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    assert main(["reproduce", str(LESSON), "--replicates", "60"]) == 0
    out = capsys.readouterr().out
    for words in ("SD 2.7", "p < 0.01", "U 395", "have the same", "lie below"):
        assert words in out
    assert "nan" not in out
