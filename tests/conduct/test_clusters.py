"""Whole sites in arms, sites that are made for the simulation, and what their participants share."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from trialsim import study as studies
from trialsim.conduct import conduct, plan_conduct
from trialsim.conduct.clusters import arms_of_sites, site_shares, site_sizes
from trialsim.scenario import load
from trialsim.scenario.change import change
from trialsim.scenario.model import Scenario
from trialsim.truth import find_truth

SHIPPED = Path(__file__).parents[2] / "scenarios" / "ward-cluster.yaml"
MANY = range(400)


def scenario(**changes: object) -> Scenario:
    return change(load(SHIPPED), {f"design.{key.replace('__', '.')}": value for key, value in changes.items()})


def test_sizes_add_up_and_have_the_declared_coefficient_of_variation() -> None:
    plan = plan_conduct(scenario(clusters__number=400))
    shares = site_shares(plan, seed=1, replicates=MANY)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    cv = shares.std(axis=1) / shares.mean(axis=1)
    assert abs(cv.mean() - 0.4) < 0.005  # of 160,000 draws
    assert len(np.unique(shares[:, 0])) == len(MANY)  # drawn anew for each trial
    sizes = site_sizes(shares, plan.target)
    assert (sizes.sum(axis=1) == plan.target).all()
    assert (np.abs(sizes - shares * plan.target) < 1.0).all()


def test_sites_of_one_size_have_the_same_number_of_participants() -> None:
    plan = plan_conduct(scenario(clusters={"number": 12}, enroll={"each cluster": 7}))
    site = conduct(plan, seed=1, replicates=range(3)).site
    assert all((np.bincount(row) == 7).all() for row in site)


@pytest.mark.parametrize(
    ("ratio", "number", "expected"), [("1:1", 12, (6, 6)), ("2:1", 12, (8, 4)), ("1:1", 13, (7, 6))]
)
def test_a_site_is_in_one_arm_and_arms_have_sites_by_the_ratio(
    ratio: str, number: int, expected: tuple[int, int]
) -> None:
    plan = plan_conduct(scenario(allocation={"unit": "site", "ratio": ratio}, clusters__number=number))
    entries = conduct(plan, seed=1, replicates=MANY)
    assert plan.clusters is not None
    of_sites = arms_of_sites(plan, plan.clusters, seed=1, replicates=MANY)
    assert all(tuple(np.bincount(row)) == expected for row in of_sites)
    np.testing.assert_array_equal(np.take_along_axis(of_sites, entries.site.astype(np.int64), axis=1), entries.arm)
    share = (of_sites == 0).mean(axis=0)
    assert (np.abs(share - expected[0] / number) < 0.12).all()  # every site may be in either arm: 4.7 SE


def test_draws_have_addresses() -> None:
    plan = plan_conduct(scenario())
    together, alone = conduct(plan, seed=1, replicates=range(10)), conduct(plan, seed=1, replicates=range(7, 8))
    np.testing.assert_array_equal(together.arm[7], alone.arm[0])
    np.testing.assert_array_equal(together.site[7], alone.site[0])


def test_strata_by_size_are_pairs_of_similar_size() -> None:
    plan = plan_conduct(scenario(allocation={"unit": "site", "stratify": ["size"]}))
    assert plan.clusters is not None
    arms = arms_of_sites(plan, plan.clusters, seed=1, replicates=MANY)
    order = np.argsort(-site_shares(plan, seed=1, replicates=MANY), axis=1)
    pairs = np.take_along_axis(arms, order, axis=1).reshape(len(MANY), 6, 2)
    assert (pairs.sum(axis=2) == 1).all()
    assert 0.4 < (pairs[:, :, 0] == 0).mean() < 0.6


def test_the_null_twin_keeps_what_sites_share_and_the_truth_is_that_of_everyone() -> None:
    study = studies.prepare(scenario())
    cohort = studies.simulate(study, range(50))
    declared, null = cohort.measurements.values[:, :, :, 0]
    np.testing.assert_allclose(declared - null, np.where(cohort.entries.arm == 1, 11.0, 0.0), atol=1e-9)
    truth = find_truth(study, replicates=20, workers=1)
    np.testing.assert_allclose(truth.value[0], 11.0)
    np.testing.assert_allclose(truth.value[truth.twins.index("null")], 0.0, atol=1e-12)


def test_participants_of_a_site_share_the_declared_part() -> None:
    """y = sqrt(icc) v(site) + sqrt(1 - icc) z, with the same v and z at any ICC."""
    by_icc = {
        icc: studies.simulate(
            studies.prepare(change(load(SHIPPED), {"outcomes.sleep.icc.site": f"{100 * icc:g} %"})),
            range(20),
            twins=("null",),
        )
        for icc in (0.0, 0.06, 0.3)
    }
    site = by_icc[0.0].entries.site
    z = (by_icc[0.0].measurements.values[0, :, :, 0] - 45) / 22
    of_sites = []
    for icc in (0.06, 0.3):
        y = (by_icc[icc].measurements.values[0, :, :, 0] - 45) / 22
        v = (y - np.sqrt(1 - icc) * z) / np.sqrt(icc)
        of_sites.append(v)
        for row, where in zip(v, site, strict=True):
            assert all(np.ptp(row[where == one]) < 1e-9 for one in np.unique(where))
    np.testing.assert_allclose(of_sites[0], of_sites[1], atol=1e-9)


WARD = """
trialsim: 1
name: ward
title: Sites on a ward
setting:
  starts: 2026-01-05
  assumed: made up
  patients: {arrive: {every: 2 h}, consent: 80 %}
  resources: {nurse: {units: 1}}
design:
  arms: {usual: usual care, quiet: quiet}
  allocation: {unit: site}
  clusters: {number: 4, size_cv: 0.5}
  enroll: {each cluster: 10}
protocol:
  - {activity: talk, lasts: 10 min, needs: [nurse]}
  - {visit: after}
outcomes:
  score: {distribution: normal, visits: [after], level: {mean: 0, sd: 1}, icc: {site: 20 %}, assumed: made up}
analyses:
  main: {outcome: score, visit: after, test: cluster-t, clusters: site}
primary: main
"""


def test_on_a_ward_patients_come_to_sites_by_shares_of_their_trial(tmp_path: Path) -> None:
    file = tmp_path / "ward.yaml"
    file.write_text(WARD, encoding="utf-8")
    study = studies.prepare(load(file))
    entries = conduct(study.conduct, seed=1, replicates=MANY)
    shares = site_shares(study.conduct, seed=1, replicates=MANY)
    counts = np.stack([np.bincount(row, minlength=4) for row in entries.site])
    assert (counts.sum(axis=1) == 40).all()
    error = np.sqrt((shares * (1 - shares) / 40).sum() / shares.size)
    assert abs(np.sqrt(((counts / 40 - shares) ** 2).mean()) - error) < 0.15 * error
    for row, arm in zip(entries.site, entries.arm, strict=True):
        assert all(len(np.unique(arm[row == one])) == 1 for one in np.unique(row))
    both = [studies.simulate(study, range(3), engine=engine) for engine in ("compiled", "reference")]
    np.testing.assert_array_equal(*(one.measurements.values for one in both))
    alone = conduct(replace(study.conduct), seed=1, replicates=range(5, 6))
    np.testing.assert_array_equal(alone.site[0], entries.site[5])
