"""Powers of trials of clusters by formula, sizes in clusters, and warnings of analyses that forget them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from trialsim import study as studies
from trialsim.conduct.clusters import site_shares
from trialsim.prepared import Study, warnings_of
from trialsim.report.explain import explain
from trialsim.scenario import load
from trialsim.scenario.change import change
from trialsim.sizing.closed_form import second_opinion
from trialsim.sizing.sizes import at_size, sizes_of

SHIPPED = Path(__file__).parents[2] / "scenarios" / "ward-cluster.yaml"


def study(**changes: object) -> Study:
    paths = {key.replace("__", "."): value for key, value in changes.items()}
    return studies.prepare(change(load(SHIPPED), paths))


def t_power(shift: float, df: float) -> float:
    critical = stats.t.ppf(0.975, df)
    return float(stats.nct.sf(critical, df, shift) + stats.nct.cdf(-critical, df, shift))


@pytest.mark.parametrize(("ratio", "sizes"), [("1:1", (6, 6)), ("2:1", (8, 4))])
def test_the_power_of_cluster_t_is_that_of_its_cluster_means(ratio: str, sizes: tuple[int, int]) -> None:
    """By scipy: noncentral t with clusters - 2 degrees of freedom."""
    equal = study(design__clusters={"number": 12}, design__allocation={"unit": "site", "ratio": ratio})
    found = second_opinion(equal, equal.analysis.rows[0])
    se = 22 * math.sqrt((0.05 + 0.95 / 20) * (1 / sizes[0] + 1 / sizes[1]))
    assert found is not None
    assert found.power == pytest.approx(t_power(11 / se, 10), abs=1e-9)
    assert not found.reasons


def test_sizes_that_differ_take_power_and_the_opinion_says_so() -> None:
    varied = study()
    found, equal = (
        second_opinion(one, one.analysis.rows[0]) for one in (varied, study(design__clusters={"number": 12}))
    )
    assert found is not None
    assert equal is not None
    assert found.power < equal.power - 0.01
    assert any("clusters differ in size" in reason for reason in found.reasons)
    patients = second_opinion(varied, varied.analysis.rows[3])
    assert patients is not None
    assert any("participants of one site are alike (ICC 0.05)" in reason for reason in patients.reasons)


@pytest.mark.parametrize(("icc", "expected"), [(0.06, 0.2458), (0.3, 0.5928), (0.6, 0.7689)])
def test_one_cluster_in_each_arm_is_no_trial(icc: float, expected: float) -> None:
    """A t-test of participants without an effect: t inflated by what the cluster adds to the difference, 30 in each arm."""
    inflated = math.sqrt(1 + 30 * icc / (1 - icc))
    assert 2 * stats.t.sf(stats.t.ppf(0.975, 58) / inflated, 58) == pytest.approx(expected, abs=5e-5)
    alone = study(design__clusters={"number": 2}, design__enroll={"each cluster": 30})
    assert second_opinion(alone, alone.analysis.rows[0]) is None


def test_sizes_go_in_clusters() -> None:
    declared = study()
    sizes = sizes_of(declared)
    assert (sizes.step, sizes.least, sizes.of_cluster) == (40, 120, 20)
    larger = at_size(declared, 320)
    assert (larger.conduct.target, len(larger.conduct.sites)) == (320, 16)
    in_all = study(design__enroll=240)
    fewer = at_size(in_all, 200)
    assert (fewer.conduct.target, len(fewer.conduct.sites), sizes_of(in_all).step) == (200, 12, 2)


def test_an_analysis_that_forgets_the_clusters_is_warned_of() -> None:
    declared = study()
    found = [text for text in warnings_of(declared) if "whole sites are randomized" in text]
    assert len(found) == 1
    assert found[0].startswith("patients takes")
    alone = studies.prepare(change(load(SHIPPED), {"outcomes.sleep.icc": {}}))
    assert any(text.startswith("sleep: whole sites") for text in warnings_of(alone))
    assert not any("takes participants" in text for text in warnings_of(alone))


def test_clusters_in_words() -> None:
    """The coefficient of variation of sizes is that within a trial, found here from the simulated sizes."""
    lines = explain(study(), ratios=False)[0].lines
    assert "Enroll 240 participants, 20 on average in each of 12 sites." in lines
    assert "Allocation: whole sites are randomized, 6 usual and 6 quiet." in lines
    plan = study().conduct
    within = np.mean(site_shares(plan, seed=1, replicates=range(4000)).var(axis=1)) * 12**2  # squared CV
    assert f"The design effect is {1 + ((within + 1) * 20 - 1) * 0.05:.2f}: 240 participants" in " ".join(lines)
    equal = " ".join(explain(study(design__clusters={"number": 12}), ratios=False)[0].lines)
    assert "The design effect is 1.95: 240 participants" in equal  # 1 + (20 - 1) .05
