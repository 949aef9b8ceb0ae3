"""The worked example of docs/response.md is that of the shipped scenario, and its approximations are numbered."""

from __future__ import annotations

import math
import re
from pathlib import Path

from trialsim.scenario import load

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/response.md").read_text(encoding="utf-8")


def test_the_example_is_that_of_the_shipped_scenario() -> None:
    mother = load(ROOT / "scenarios/nicu-parent-massage.yaml").outcomes["maternal_cortisol"]
    level, massage, rhythm = mother.by_visit["post"], mother.responds_to["massage"], mother.rhythm
    assert rhythm is not None
    steps = [level.median.value * math.exp(level.sd_log.value * -0.4)]
    steps.append(steps[-1] * math.exp(rhythm.slope.value * 1.5))
    minutes, half_life = 15 - massage.lag.value / 60, mother.half_life.value / 60
    drive = 1 + massage.secretion.value
    steps.append(steps[-1] * (drive + (1 - drive) * 2 ** (-minutes / half_life)))
    steps.append(steps[-1] * 1.03 * 0.95)
    example = TEXT[TEXT.index("## An example") : TEXT.index("## 1.")]
    told = [float(x) for x in re.findall(r"[=:] (\d\.\d\d)\b", example)]
    assert told == [round(x, 2) for x in (*steps, steps[-1])]  # the last one is said twice
    assert steps[-1] > mother.instrument.detection_limit.value


def test_approximations_are_numbered_in_order() -> None:
    numbers = [int(x) for x in re.findall(r"\*\*\[A(\d+)\]\*\*", TEXT)]
    assert numbers[:2] == [1, 23]  # the range that the first paragraph names
    assert numbers[2:] == list(range(1, 24))
