"""Counts: quantiles of the negative binomial, the interval they are taken over, and what acts from when. All exact."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.response.studies import activity, flat, normal, played, prepared, status, tick, values, ward
from trialsim.protocol.columns import A_DELIVERED, A_END, A_PLANNED
from trialsim.response import TWINS
from trialsim.response.calibrate import PILOT_SEED, pilot_replicates
from trialsim.response.scales.count import LARGEST, count_quantile, shares
from trialsim.scenario import loads
from trialsim.study import trial_arrays

DAY = 86_400
FALLS: dict[str, Any] = {
    "distribution": "count", "visits": ["post"], "over": ["pre", "post"], "level": {"mean": 2.5, "dispersion": 0.6},
}  # fmt: skip


def law(mean: Any, dispersion: float) -> Any:
    """The negative binomial of scipy; Poisson without dispersion."""
    if dispersion == 0:
        return stats.poisson(mean)
    return stats.nbinom(1 / dispersion, 1 / (1 + dispersion * np.asarray(mean)))


# ---------------------------------------------------------------- the quantile


@pytest.mark.parametrize("dispersion", [0.0, 1e-4, 0.01, 0.5, 3.0])
@pytest.mark.parametrize("mean", [1e-4, 0.3, 2.5, 40.0, 800.0, 30_000.0])
def test_quantiles_are_those_of_scipy(mean: float, dispersion: float) -> None:
    """At 201 places; where the cumulative share of the count is u to the 11th digit, both neighbors are right."""
    places = np.linspace(-6, 6, 201)
    found = np.array([count_quantile(mean, dispersion, z) for z in places])
    u, here = stats.norm.cdf(places), law(mean, dispersion)
    assert (here.cdf(found) >= u - 1e-11).all()
    assert (here.cdf(found - 1) < u + 1e-11).all()


def test_a_mean_beyond_counting_is_refused() -> None:
    assert count_quantile(2 * LARGEST, 0.5, 0.0) == math.inf
    assert count_quantile(math.nan, 0.5, 0.0) == math.inf


@pytest.mark.parametrize(("mean", "dispersion"), [(0.01, 0.0), (2.5, 0.6), (60.0, 0.0), (5.0, 40.0), (900.0, 0.2)])
def test_shares_are_those_of_scipy(mean: float, dispersion: float) -> None:
    found = shares(mean, dispersion)
    k = np.arange(found.size)
    np.testing.assert_allclose(found, law(mean, dispersion).pmf(k), rtol=1e-9, atol=1e-14)
    assert found @ k == pytest.approx(mean, rel=1e-9)
    assert found @ k**2 - mean**2 == pytest.approx(mean + dispersion * mean**2, rel=1e-7)


# ---------------------------------------------------------------- without a ward


def test_a_count_is_the_quantile_of_its_draw() -> None:
    cohort = played(flat({"y": FALLS | {"effects": {"treated": {"rate_ratio": 0.5}}}}), 4)
    z, arm = normal("response/y/post", (4, 1000)), cohort.entries.arm
    np.testing.assert_array_equal(
        values(cohort, "y", "post"), law(2.5 * np.where(arm == 1, 0.5, 1.0), 0.6).ppf(stats.norm.cdf(z))
    )
    assert cohort.measurements.at_risk is not None
    assert (cohort.measurements.at_risk == 7.0).all()


def test_leaving_cuts_the_interval_and_is_the_offset() -> None:
    text = flat({"y": FALLS}, attrition=[{"reason": "moved", "chance": "60 %", "within": "7 d"}])
    cohort = played(text, 4)
    stay = np.minimum((cohort.entries.leave - cohort.entries.entry) / DAY, 7.0)
    assert 0.4 < (stay < 7).mean() < 0.7
    z = normal("response/y/post", (4, 1000))
    np.testing.assert_array_equal(values(cohort, "y", "post"), law(2.5 * stay / 7, 0.6).ppf(stats.norm.cdf(z)))
    data = trial_arrays(cohort)
    assert data.at_risk is not None
    np.testing.assert_allclose(data.at_risk[:, :, 0], stay, rtol=1e-12)


def test_who_leaves_before_the_interval_has_no_count() -> None:
    text = flat({"y": FALLS | {"over": ["post", "late"], "visits": ["late"]}}, visits=("pre", "post", "late"),
                attrition=[{"reason": "moved", "chance": "60 %", "within": "14 d"}])  # fmt: skip
    cohort = played(text, 2)
    gone = cohort.entries.leave <= cohort.entries.entry + 7 * DAY
    assert 0.2 < gone.mean() < 0.4
    np.testing.assert_array_equal(status(cohort, "y", "late") == "left", gone)
    assert cohort.measurements.at_risk is not None
    np.testing.assert_array_equal(np.isnan(cohort.measurements.at_risk[:, :, 0]), gone)


def test_each_arm_may_have_its_own_dispersion() -> None:
    level = {"by_arm": {"control": {"mean": 2.5, "dispersion": 0.6}, "treated": {"mean": 2.0, "dispersion": 0}}}
    cohort = played(flat({"y": {key: FALLS[key] for key in ("distribution", "visits", "over")} | {"level": level}}), 2)
    u, arm, found = (
        stats.norm.cdf(normal("response/y/post", (2, 1000))),
        cohort.entries.arm,
        values(cohort, "y", "post"),
    )
    np.testing.assert_array_equal(found[arm == 0], law(2.5, 0.6).ppf(u[arm == 0]))
    np.testing.assert_array_equal(found[arm == 1], law(2.0, 0.0).ppf(u[arm == 1]))


def test_a_level_without_a_dispersion_takes_that_of_the_reference() -> None:
    level = {"by_arm": {"control": {"mean": 2.5, "dispersion": 0.6}, "treated": {"mean": 2.0}}}
    study = prepared(flat({"y": FALLS | {"level": level}}))
    assert study.response.points[0].sd.tolist() == [0.6, 0.6]


def test_effects_that_multiply_beyond_counting_are_an_error() -> None:
    from trialsim.errors import TrialsimError

    covariates = [{"covariate": "age", "per": "1 y", "rate_ratio": 1000}]
    text = flat({"y": FALLS | {"covariates": covariates}}, participants={"age": {"mean": "15 y", "sd": "2 y"}})
    with pytest.raises(TrialsimError, match="TS-N010"):
        played(text, 2)


# ---------------------------------------------------------------- on a ward

STEPS = [
    {"activity": "before", "arms": ["treated"], "lasts": {"mean": "60 min", "sd": "10 min"}},
    {"visit": "pre"},
    {"wait": {"for": {"mean": "2 d", "sd": "1 d"}}},
    {"activity": "during", "arms": ["treated"], "lasts": {"mean": "30 min", "sd": "5 min"}},
    {"wait": {"for": "5 d"}},
    {"visit": "post"},
]


@pytest.mark.parametrize("twin", ["declared", "null"])
def test_an_activity_acts_from_its_end(twin: str) -> None:
    """The rate is that of the share delivered so far: two thirds before the interval, the rest from the end of ``during``.

    The dispersion is that of the share delivered on average.
    """
    by_arm = {"control": {"mean": 2.5, "dispersion": 0.6}, "treated": {"mean": 0.75, "dispersion": 0.1}}
    text = ward({"y": FALLS | {"level": {"by_arm": by_arm}}}, STEPS)
    cohort = played(text, 3, twins=("declared", "null"))
    start, end, arm = tick(cohort, "pre"), tick(cohort, "post"), cohort.entries.arm
    during = activity(cohort, "during")[..., A_END]
    assert ((start < during) & (during < end))[arm == 1].all()
    parts = [activity(cohort, name) for name in ("before", "during")]
    share = [w * part[..., A_DELIVERED] / part[..., A_PLANNED] for w, part in zip((2 / 3, 1 / 3), parts, strict=True)]
    treated = TWINS[twin][0] * (arm == 1)
    log_rate = math.log(0.75 / 2.5) * treated
    pieces = (during - start) * np.exp(log_rate * share[0]) + (end - during) * np.exp(log_rate * (share[0] + share[1]))
    planned = 7 * DAY  # of the control arm, which has no activity
    mean = 2.5 * np.where(arm == 1, pieces, end - start) / planned
    average = share[0] + share[1] * (end - during) / (end - start)
    dispersion = 0.6 + treated * average * (0.1 - 0.6)
    r, u = 1 / dispersion, stats.norm.cdf(normal("response/y/post", arm.shape))
    np.testing.assert_array_equal(
        values(cohort, "y", "post", twin), stats.nbinom(r, 1 / (1 + dispersion * mean)).ppf(u)
    )
    assert cohort.measurements.at_risk is not None
    np.testing.assert_allclose(cohort.measurements.at_risk[:, :, 0], (end - start) / DAY, rtol=1e-12)


def test_a_response_acts_from_the_end_of_its_activity_and_a_repeat_replaces_it() -> None:
    steps = [
        {"visit": "pre"},
        {"repeat": "walks", "times": 2, "steps": [{"activity": "walk", "lasts": "30 min"}, {"wait": {"for": "1 d"}}]},
        {"visit": "post"},
    ]  # fmt: skip
    cohort = played(ward({"y": FALLS | {"responds_to": {"walk": {"rate_ratio": 0.5}}}}, steps, arms=("all",)), 2)
    start, end = tick(cohort, "pre"), tick(cohort, "post")
    first = activity(cohort, "walk 1")[..., A_END]
    mean = 2.5 * ((first - start) + 0.5 * (end - first)) / (2 * DAY + 3600)
    z = normal("response/y/post", start.shape)
    np.testing.assert_array_equal(values(cohort, "y", "post"), law(mean, 0.6).ppf(stats.norm.cdf(z)))


def test_whoever_misses_the_first_visit_has_no_count_and_leaving_cuts() -> None:
    steps = [
        {"hold": ["nurse"], "give_up_after": "30 min", "steps": [{"activity": "talk", "lasts": "3 h"}, {"visit": "pre"}]},
        {"wait": {"for": "7 d"}}, {"visit": "post"},
    ]  # fmt: skip
    text = ward({"y": FALLS}, steps, resources={"nurse": {"units": 1}},
                attrition=[{"reason": "moved", "chance": "50 %", "within": "7 d"}])  # fmt: skip
    cohort = played(text, 2)
    words, start, end = status(cohort, "y", "post"), tick(cohort, "pre"), tick(cohort, "post")
    assert set(words.ravel()) == {"measured", "session missed", "left"}
    measured = words == "measured"
    np.testing.assert_array_equal(measured, start >= 0)
    stop = np.where(end >= 0, end, cohort.trace.ends[:, :, 0])[measured]  # type: ignore[union-attr]
    assert (end[measured] < 0).any()
    z = normal("response/y/post", start.shape)[measured]
    mean = 2.5 * (stop - start[measured]) / (7 * DAY)
    np.testing.assert_array_equal(values(cohort, "y", "post")[measured], law(mean, 0.6).ppf(stats.norm.cdf(z)))


# ---------------------------------------------------------------- tables


def test_tables_have_the_time_at_risk() -> None:
    cohort = played(
        flat({"y": FALLS, "x": {"distribution": "normal", "visits": ["post"], "level": {"mean": 1, "sd": 1}}}), 1
    )
    table, book = cohort.frame(), cohort.frame("codebook").set_index("column")
    assert (table.loc[table["outcome"] == "y", "time_at_risk"] == 7.0).all()
    assert table.loc[table["outcome"] == "x", "time_at_risk"].isna().all()
    assert book.loc["time_at_risk", "unit"] == "d"
    row = cohort.frame("codebook").query("column == 'value' and outcome == 'y'").iloc[0]
    assert (row["meaning"], row["type"], row["range"]) == (
        "y, events from pre to post; empty if missing",
        "whole number",
        "0 or more",
    )


def test_other_studies_have_no_such_column() -> None:
    cohort = played(flat({"x": {"distribution": "normal", "visits": ["post"], "level": {"mean": 1, "sd": 1}}}), 1)
    assert cohort.measurements.at_risk is None
    assert "time_at_risk" not in cohort.frame()


def test_the_resolved_scenario_reads_back_equal() -> None:
    from trialsim.scenario.dump import dump

    scenario = loads(flat({"y": FALLS | {"effects": {"treated": {"rate_ratio": 0.5}}}}))
    assert loads(dump(scenario)) == scenario


def test_levels_as_observed_give_what_a_pilot_measured() -> None:
    """The pilot of the search again, with a strong covariate: mean and SD are those of the declared levels."""
    people = {"participants": {"age": {"normal": {"mean": "15 y", "sd": "2 y"}}}}
    covariates = {"covariates": [{"covariate": "age", "per": "1 y", "rate_ratio": 1.2}], "as": "observed"}
    pilot = pilot_replicates(1000)
    wanted = values(played(flat({"y": FALLS}, **people), pilot, seed=PILOT_SEED), "y", "post")
    found = values(played(flat({"y": FALLS | covariates}, **people), pilot, seed=PILOT_SEED), "y", "post")
    off = values(
        played(flat({"y": FALLS | covariates | {"as": "true"}}, **people), pilot, seed=PILOT_SEED), "y", "post"
    )
    assert abs(found.mean() - wanted.mean()) < 0.005 * wanted.std() < abs(off.mean() - wanted.mean())
    assert abs(found.std() - wanted.std()) < 0.005 * wanted.std() < abs(off.std() - wanted.std())
