"""The picture of a stepped wedge: one row a site, one cell a period, in the color of the arm."""

from __future__ import annotations

import pandas as pd
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from trialsim.figures.style import arm_palette
from trialsim.figures.wedge import wedge

ARMS = ("usual", "training")


def cells(sites: int) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "site": f"site {site}", "period": period + 1, "begin": 3.0 * period, "end": 3.0 * period + 3.0,
                "arm": ARMS[period > site], "participants": 10 * site + period, "step": period == site + 1,
            }
            for site in range(sites)
            for period in range(sites + 1)
        ]
    )  # fmt: skip


def test_cells_have_the_color_of_their_arm_and_the_number_of_participants() -> None:
    axes = wedge(cells(3), arms=ARMS, transition=0.5).axes[0]
    boxes = [one for one in axes.patches if isinstance(one, Rectangle)]
    filled = [to_hex(one.get_facecolor()) for one in boxes if one.get_fill() and one.get_width() == 3.0]
    palette = arm_palette(ARMS)
    assert filled == [to_hex(palette[arm]) for arm in cells(3)["arm"]]
    assert sum(one.get_width() == 0.5 for one in boxes) == 3  # one transition a site
    assert [text.get_text() for text in axes.texts] == [str(one) for one in cells(3)["participants"]]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["site 0", "site 1", "site 2"]
    assert axes.yaxis_inverted()  # who goes over first is at the top


def test_many_sites_have_thin_rows_without_numbers() -> None:
    figure = wedge(cells(40), arms=ARMS, transition=0.0)
    assert not figure.axes[0].texts
    assert figure.get_figheight() < 12
    assert len(figure.axes[0].get_legend().get_texts()) == 2
