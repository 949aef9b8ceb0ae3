"""Studies against programs written apart (``apart_nicu``, ``apart_picu``, ``apart_wedge``): ward, values, test, twin and truth.

Of the studies six, eight and six numbers are compared, 20 in all, by z = (ours - theirs) / sqrt of the sum of their squared
Monte Carlo errors. Limit 4.75, so a false alarm has a chance of 20 x 2.0e-6 = 4.0e-5. With 2,000 trials there and 10,000
here a fault of 5.4 points in a power, 2.5 points in a level or 4 % of a mean wait is seen.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.statistical import apart_nicu, apart_picu, apart_wedge

SCENARIOS = Path(__file__).parents[2] / "scenarios"
LIMIT = 4.75
THERE, HERE = 2_000, 10_000

#: The number in the program apart, and where it stands in ours.
NICU = {
    "power": ("all_mothers_log", "power", None),
    "null": ("all_mothers_log", "rejection_null_twin", None),
    "truth": ("all_mothers_log", "truth", None),
    "estimate": ("all_mothers_log", "mean_estimate", None),
    "empirical_se": ("all_mothers_log", "empirical_se", None),
    "analyzed": ("all_mothers_log", "n_analyzed", None),
}
PICU = {
    "power": ("fear_during", "power", "all arms"),
    "null": ("fear_during", "rejection_null_twin", "all arms"),
    "pair_power": ("fear_during", "power", "music - control"),
    "estimate": ("fear_during", "mean_estimate", "music - control"),
    "empirical_se": ("fear_during", "empirical_se", "music - control"),
    "truth": ("fear_during", "truth", "music - control"),
    "analyzed": ("fear_during", "n_analyzed", "all arms"),
    "wait": ("trial", "wait_mean_minutes", "hold nurse"),
}

WEDGE = {
    "power": ("satterthwaite", "power", None),
    "null": ("satterthwaite", "rejection_null_twin", None),
    "estimate": ("satterthwaite", "mean_estimate", None),
    "empirical_se": ("satterthwaite", "empirical_se", None),
    "t_estimate": ("t", "mean_estimate", None),
    "t_null": ("t", "rejection_null_twin", None),
}


def apart(there: dict[str, tuple[float, float]], ours: Callable[..., Any], names: dict[str, Any]) -> dict[str, float]:
    """z of each number."""
    out = {}
    for name, (analysis, measure, contrast) in names.items():
        row = ours(analysis, measure, contrast)
        value, error = there[name]
        out[name] = (row.value - value) / math.hypot(row.mcse, error)
    return out


@pytest.mark.verify
@pytest.mark.parametrize(
    ("study", "there", "names"),
    [
        ("nicu-parent-massage", apart_nicu, NICU),
        ("picu-blood-draw", apart_picu, PICU),
        ("lessons/twelve-sites-in-steps", apart_wedge, WEDGE),
    ],
)
def test_a_program_written_apart_finds_the_same(
    played: Callable[..., Any], study: str, there: Any, names: dict[str, Any]
) -> None:
    ours = played((SCENARIOS / f"{study}.yaml").read_text(encoding="utf-8"), replicates=HERE)
    z = apart(there.operating_characteristics(THERE, seed=11), ours, names)
    assert all(abs(one) < LIMIT for one in z.values()), z


@pytest.mark.verify
def test_a_planted_fault_is_found(played: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Apart, spells of other work vary a little less (SD 5 in place of 6 min): mean waits fall by some 6 %."""
    ours = played((SCENARIOS / "picu-blood-draw.yaml").read_text(encoding="utf-8"), replicates=HERE)
    monkeypatch.setattr(apart_picu, "SPELL", (12.0, 5.0))
    z = apart(apart_picu.operating_characteristics(THERE, seed=11), ours, {"wait": PICU["wait"]})
    assert abs(z["wait"]) > LIMIT


def test_the_programs_apart_analyze_as_scipy_does() -> None:
    """Their own tests, which nothing else checks: Kruskal-Wallis, Mann-Whitney and the paired t of a small table."""
    random = np.random.default_rng(1)
    table = random.integers(1, 12, (3, 5))
    groups = [np.repeat(np.arange(5), row) for row in table]
    assert apart_picu.kruskal(table) == pytest.approx(stats.kruskal(*groups).pvalue, rel=1e-12)
    judge = stats.mannwhitneyu(groups[1], groups[0], method="asymptotic")
    estimate, p = apart_picu.mann_whitney(table[1], table[0])
    assert p == pytest.approx(judge.pvalue, rel=1e-12)
    assert estimate == pytest.approx(judge.statistic / (len(groups[0]) * len(groups[1])), rel=1e-12)
    change = random.normal(0.3, 1, 20)
    assert apart_nicu.paired_t(change)[2] == pytest.approx(stats.ttest_1samp(change, 0).pvalue, rel=1e-12)
