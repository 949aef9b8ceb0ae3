"""Published figures among simulated ones, counted in a sentence."""

from __future__ import annotations

import math
from dataclasses import replace

from trialsim.report.reproduce import fitting
from trialsim.reproduce import Placement

FIGURE = Placement("s", "", "a", "x - y", "mean", "1", 1.0, 0.0, 2.0, 0.5, 0.1, 0.3, 0.7, 100, same=False)
FINDING = replace(FIGURE, kind="finding", share=0.4, same=True)


def test_figures_in_the_middle_and_findings_are_counted() -> None:
    shares = [replace(FIGURE, share=share) for share in (0.024, 0.025, 0.975, 0.976)]
    assert fitting(shares) == "2 of 4 published figures lie in the middle 95 % of the simulated trials."
    assert fitting([FIGURE, replace(FINDING, share=0.01), FINDING]) == (
        "1 of 1 published figure lies in the middle 95 % of the simulated trials; 1 of 2 published findings and bounds come up "
        "in at least 2.5 % of them."
    )
    assert fitting([replace(FIGURE, share=math.nan)]) == "1 could not be simulated."
