"""The assurance figure shows what it is given."""

from __future__ import annotations

import pandas as pd
import pytest

from trialsim.figures.assurance import assurance_figure


@pytest.mark.parametrize(("power", "corner"), [([0.7, 0.8, 0.9, 0.95], "left"), ([0.05, 0.1, 0.2, 0.85], "right")])
def test_it_shows_the_curve_both_averages_and_the_share_of_the_prior(power: list[float], corner: str) -> None:
    along = pd.DataFrame(
        {
            "quantile_low": [0.0, 0.5],
            "quantile_high": [0.5, 1.0],
            "power": [0.3, 0.9],
            "low": [0.2, 0.8],
            "high": [0.4, 0.95],
        }
    )
    figure = assurance_figure(
        along, power, design=0.81, assurance=0.6, goal=0.8, above=0.25, belief="x.difference",
        ticks=[(0.1, "-1.2"), (0.9, "-0.3")], note="lesson",
    )  # fmt: skip
    left, right = figure.axes
    curve = next(line for line in left.lines if line.get_marker() == "o")
    assert list(zip(curve.get_xdata(), curve.get_ydata(), strict=True)) == [(0.25, 0.3), (0.75, 0.9)]
    legend = left.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["at the design values 81%", "assurance 60%"]
    steps = right.lines[0]
    assert list(steps.get_xdata()) == [0.0, *power, 1.0]
    assert list(steps.get_ydata()) == [1.0, 1.0, 0.75, 0.5, 0.25, 0.0]
    words = next(text for text in right.texts if "25% of the prior" in text.get_text())
    assert words.get_ha() == corner
