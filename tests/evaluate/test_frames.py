"""Tables that figures take: each cell from characteristics that are known."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from trialsim.evaluate.characteristics import OperatingCharacteristics
from trialsim.evaluate.frames import bias_frame, estimate_frame, note, rejection_frame
from trialsim.evaluate.table import Measure
from trialsim.kinds.estimands import NO_ESTIMAND

R = 3


def row(analysis: str, contrast: str = "b - a", **other: Any) -> SimpleNamespace:
    told = {
        "estimand": "difference",
        "unit": "cm",
        "no_effect": 0.0,
        "alpha": 0.04,
        "confidence": 0.96,
        "margins": (),
        "main": True,
    } | other
    told.setdefault("effect", told["estimand"])
    return SimpleNamespace(analysis=analysis, contrast=contrast, title=f"{analysis}: {contrast}", **told)


def measure(analysis: str, name: str, value: float, low: float, high: float, contrast: str = "b - a") -> Measure:
    return Measure(analysis, contrast, name, value, 0.01, low, high, 100, 0)


ROWS = (row("m"), row("n", main=False, estimand="odds (ratio)", unit=""), row("k", estimand=NO_ESTIMAND))
MEASURES = (
    measure("m", "power", 0.8, 0.7, 0.9), measure("m", "rejection_null_twin", 0.05, 0.04, 0.06),
    measure("m", "rejection_no_change_twin", 0.051, 0.045, 0.055),
    measure("n", "power_low", 0.2, 0.1, 0.3), measure("n", "power_high", 0.6, 0.5, 0.7),
    measure("n", "rejection_null_twin_low", 0.02, 0.01, 0.03), measure("n", "rejection_null_twin_high", 0.4, 0.3, 0.5),
    measure("n", "rejection_no_change_twin", 0.07, 0.06, 0.08),
    measure("k", "power", 0.3, 0.2, 0.4), measure("k", "rejection_null_twin", 0.06, 0.05, 0.07),
    measure("k", "rejection_no_change_twin", 0.08, 0.07, 0.09),
    measure("m", "truth", 2.5, 2, 3), measure("m", "bias", 1.0, 0.5, 1.5), measure("m", "empirical_se", 4.0, 3, 5),
    measure("m", "coverage", 0.93, 0.92, 0.94), measure("n", "bias", -3.0, -4, -2), measure("n", "empirical_se", 2.0, 1, 3),
    measure("k", "bias", 1.0, 0, 2), measure("k", "empirical_se", 0.0, 0, 0),
)  # fmt: skip


TOO_OFTEN = SimpleNamespace(analysis="k", contrast="b - a", too_often=True)


def found(**other: Any) -> OperatingCharacteristics:
    twins = ("declared", "null", "no change")
    estimate = np.arange(len(twins) * R * len(ROWS), dtype=float).reshape(len(twins), R, len(ROWS))
    kept = SimpleNamespace(rows=ROWS, twins=twins, estimate=estimate, count=R)
    told = {
        "kept": kept,
        "measures": MEASURES,
        "primary": ("m", "n"),
        "replicates": R,
        "seed": 7,
        "verdicts": (TOO_OFTEN,),
    } | other
    return cast("OperatingCharacteristics", SimpleNamespace(**told))


def test_estimates_keep_their_row_twin_truth_and_unit() -> None:
    frame = estimate_frame(found())
    assert set(frame["row"]) == {"m: b - a", "n: b - a"}  # without an estimand there is nothing to draw
    assert set(frame["twin"]) == {"declared", "null"}
    for index, name in enumerate(("m: b - a", "n: b - a")):
        for t, twin in enumerate(("declared", "null")):
            here = frame[(frame["row"] == name) & (frame["twin"] == twin)]
            assert here["estimate"].tolist() == found().kept.estimate[t, :, index].tolist()
    first = frame.groupby("row").first()
    assert first["estimand"].tolist() == ["difference [cm]", "odds (ratio)"]
    assert first.loc["m: b - a", "truth"] == 2.5
    assert np.isnan(frame.loc[frame["row"] == "n: b - a", "truth"]).all()


def test_rejections_are_values_or_bounds() -> None:
    frame = rejection_frame(found()).set_index(["row", "twin"])
    told = {key: (one["primary"], one["value"], one["low"], one["high"]) for key, one in frame.iterrows()}
    assert told["m: b - a", "declared"] == (True, 0.8, 0.7, 0.9)
    assert told["m: b - a", "null"] == (True, 0.05, 0.04, 0.06)
    assert told["m: b - a", "no change"] == (True, 0.051, 0.045, 0.055)
    assert told["k: b - a", "declared"] == (False, 0.3, 0.2, 0.4)
    assert {row for row, _ in frame[frame["too_often"]].index} == {"k: b - a"}
    for twin, low, high in (("declared", 0.2, 0.6), ("null", 0.02, 0.4)):
        primary, value, *ends = told["n: b - a", twin]
        assert (primary, ends) == (False, [low, high])  # a pair behind a gate is not what the study is judged by
        assert np.isnan(value)


def test_bias_is_in_empirical_standard_errors() -> None:
    frame = bias_frame(found()).set_index("row")
    assert list(frame.index) == ["m: b - a", "n: b - a"]  # a spread of 0 is no unit
    assert frame.loc["m: b - a"].tolist() == [True, 0.25, 0.125, 0.375, 0.93, 0.92, 0.94, pytest.approx(0.96)]
    assert frame.loc["n: b - a", ["primary", "bias", "bias_low", "bias_high"]].tolist() == [False, -1.5, -2, -1]
    assert np.isnan(frame.loc["n: b - a", "coverage"])


def test_the_note_says_how_many_are_shown() -> None:
    assert note(found()) == "3 simulated trials, seed 7."
    assert note(found(replicates=12_000)) == "First 3 of 12,000 simulated trials, seed 7."
