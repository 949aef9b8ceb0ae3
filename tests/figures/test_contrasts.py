"""Contrasts, intervals of single trials, shifts of scores, missing values: known numbers in, what is drawn out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from trialsim.evaluate.characteristics import OperatingCharacteristics
from trialsim.evaluate.cohort_frames import missing_frame, score_frame
from trialsim.evaluate.contrast_frames import INTERVALS, contrast_frame, interval_frame
from trialsim.figures import forest, intervals, missing, shift
from trialsim.figures.style import ACCENT
from trialsim.prepared import prepare
from trialsim.scenario import load
from trialsim.scenario.shipped import shipped_scenarios
from trialsim.study import simulate


def result_of(estimate: Any, low: Any, high: Any, *, truth: float) -> OperatingCharacteristics:
    """Two analyses with the same numbers, of which the second is primary."""
    rows = [
        SimpleNamespace(analysis=name, contrast="b - a", title=f"{name}: b - a", estimand="mean difference",
                        effect="mean difference", unit="mm", no_effect=0.0, confidence=0.9)
        for name in ("other", "main")
    ]  # fmt: skip
    both = [np.stack([np.asarray(one, float)] * 2, axis=-1) for one in (estimate, low, high)]
    kept = SimpleNamespace(
        rows=rows, twins=("null", "declared"), estimate=np.stack([both[0] * 0, both[0]]), low=both[1], high=both[2]
    )
    measures = [SimpleNamespace(analysis=row.analysis, contrast="b - a", measure="truth", value=truth) for row in rows]
    return cast("OperatingCharacteristics", SimpleNamespace(kept=kept, measures=measures, primary=("main",)))


def test_contrasts_are_means_over_trials_and_the_primary_one_is_first() -> None:
    estimate = np.arange(41.0)
    table = contrast_frame(result_of([*estimate, np.nan], [*(estimate - 2), 0], [*(estimate + 4), 0], truth=21.0))
    assert table["row"].tolist() == ["main: b - a", "other: b - a"]
    first = table.iloc[0]
    assert [first[name] for name in ("estimate", "low", "high", "least", "most", "truth")] == [20, 18, 24, 1, 39, 21]
    assert first["scale"] == "mean difference [mm]"
    axes = forest.forest(table).axes[0]
    dots = [float(line.get_xdata()[0]) for line in axes.lines if line.get_marker() == "o"]
    spans = {tuple(map(float, line.get_xdata())) for line in axes.lines if len(line.get_xdata()) == 2}
    assert dots == [20, 20]
    assert {(18, 24), (1, 39)} <= spans
    assert [label.get_text() for label in axes.get_yticklabels()] == table["row"].tolist()
    assert [label.get_fontweight() for label in axes.get_yticklabels()] == ["bold", "normal"]


def test_intervals_begin_to_miss_the_truth_at_the_coverage() -> None:
    """Of 1,000 trials 830 cover; their intervals are longer to the right, and trials stand in no order."""
    estimate = np.random.default_rng(3).permutation(1000) / 1000 * 2 - 0.5
    table = interval_frame(result_of(estimate, estimate - 0.66, estimate + 1.0, truth=0.0), most=1)
    inside = np.mean((estimate - 0.66 <= 0) & (estimate + 1.0 >= 0))
    assert table["row"].unique().tolist() == ["main: b - a"]
    assert table["coverage"].unique().tolist() == [inside]
    assert len(table) == INTERVALS
    assert table["covers"].tolist() == (table["rank"] < inside).tolist()
    panel = intervals.ordered_intervals(table).axes[0]
    red = [to_hex(color) == ACCENT for color in panel.collections[0].get_colors()]
    assert red == (~table["covers"]).tolist()
    lengths = {round(float(np.ptp(segment[:, 0])), 9) for segment in panel.collections[0].get_segments()}
    assert lengths == {1.66}
    assert f"{100 * inside:.1f} % contain the truth" in panel.get_title(loc="left")


def test_an_interval_without_width_covers_only_the_truth() -> None:
    point = [1.0, 2.0]
    table = interval_frame(result_of(point, point, point, truth=1.0), most=1)
    assert table["covers"].tolist() == [True, False]


@pytest.fixture(scope="module")
def cohort() -> Any:
    return simulate(prepare(load(shipped_scenarios()["picu-blood-draw"].path)), range(2), twins=("declared",))


def test_scores_are_counted_by_arm(cohort: Any) -> None:
    table = score_frame(cohort, "fear", "during")
    trials = pd.concat([cohort.one(index).measurements().assign(trial=index) for index in range(2)])
    here = trials[(trials["outcome"] == "fear") & (trials["visit"] == "during")]
    for arm, part in here.groupby("arm"):
        mine = table[table["arm"] == arm]
        assert mine["people"].unique().tolist() == [part["value"].notna().sum()]
        expected = [(part["value"] == score).sum() / part["value"].notna().sum() for score in range(5)]
        assert mine["share"].tolist() == pytest.approx(expected)


def test_missing_values_are_counted_by_arm_visit_and_reason(cohort: Any) -> None:
    table = missing_frame(cohort)
    trials = pd.concat([cohort.one(index).measurements() for index in range(2)])
    for (outcome, visit, arm), part in trials.groupby(["outcome", "visit", "arm"]):
        mine = table[(table["outcome"] == outcome) & (table["visit"] == visit) & (table["arm"] == arm)]
        assert mine["share"].sum() == pytest.approx(1)
        measured = mine.loc[mine["reason"] == "measured", "share"].sum()
        assert measured == pytest.approx(part["value"].notna().mean())


def test_bars_shift_from_arm_to_arm() -> None:
    known = (("a", (0.2, 0.3, 0.5)), ("b", (0.6, 0.36, 0.04)))
    shares = pd.DataFrame(
        [(arm, score, share, 50) for arm, some in known for score, share in enumerate(some)],
        columns=["arm", "category", "share", "people"],
    )  # fmt: skip
    figure = shift.shift(shares, label="Fear", arms=("b", "a"), words={0.0: "none"})
    axes = figure.axes[0]
    assert [[round(patch.get_width(), 9) for patch in bars] for bars in axes.containers] == [
        [0.6, 0.2],
        [0.36, 0.3],
        [0.04, 0.5],
    ]
    assert sorted(text.get_text() for text in axes.texts) == ["20", "30", "36", "50", "60"]  # 4 % is too narrow
    assert [tuple(np.round(line.get_xdata(), 9)) for line in axes.lines] == [(0.6, 0.2), (0.96, 0.5)]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["0 (none)", "1", "2"]


def test_the_map_has_the_share_missing_and_its_main_reason() -> None:
    columns = ["outcome", "visit", "arm", "reason", "share", "people"]
    rows = [
        ("fear", "pre", "a", "measured", 1.0, 9), ("fear", "post", "a", "measured", 0.7, 9),
        ("fear", "post", "a", "left", 0.1, 9), ("fear", "post", "a", "lost", 0.2, 9), ("pain", "post", "a", "measured", 1.0, 9),
    ]  # fmt: skip
    figure = missing.missing_map(
        pd.DataFrame(rows, columns=columns),
        labels={"fear": "Fear Scale", "pain": "Pain"},
        arms=("a",),
        visits=("pre", "post"),
    )
    axes = figure.axes[0]
    written = {text.get_text(): (round(text.get_position()[0]), round(text.get_position()[1])) for text in axes.texts}
    assert written["30.0 %\nlost"] == (1, 1)
    assert {"Fear Scale", "Pain"} < set(written)
    drawn = np.ma.filled(axes.images[0].get_array(), -1.0)
    np.testing.assert_allclose(drawn, [[-1, -1], [0, 0.3], [-1, -1], [-1, 0]])
