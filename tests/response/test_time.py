"""Times until an event: quantiles of exponential and Weibull times, what censors them, and what acts from when. All exact."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

from tests.response.studies import activity, flat, normal, played, prepared, status, tick, values, ward
from trialsim.protocol.columns import A_DELIVERED, A_END, A_PLANNED
from trialsim.response import TWINS
from trialsim.response.calibrate import PILOT_SEED, pilot_replicates
from trialsim.response.effects import implied_effects
from trialsim.response.scales.moments import ArmEndpoint, ArmPoint
from trialsim.response.scales.time import PARTS
from trialsim.scenario import loads
from trialsim.scenario.dump import dump
from trialsim.study import trial_arrays

DAY = 86_400
HEALED: dict[str, Any] = {
    "distribution": "time", "unit": "d", "visits": ["post"], "until": "post", "level": {"median": "4 d", "shape": 1.3},
}  # fmt: skip
TEST = {"analyses": {"main": {"outcome": "y", "visit": "post", "test": "log-rank"}}}
OTHER = {"distribution": "normal", "visits": ["post"], "level": {"mean": 1, "sd": 1}}


def law(shape: float, *, median: float = 4.0, ratio: Any = 1.0) -> Any:
    """The Weibull of scipy with this median, and its hazard times ``ratio``."""
    return stats.weibull_min(
        shape, scale=median / math.log(2) ** (1 / shape) * np.asarray(ratio, float) ** (-1 / shape)
    )


def marks(cohort: Any) -> Any:
    return cohort.measurements.censored[0, :, :, 0]


def followed(found: Any, mark: Any, event: Any, end: Any) -> None:
    """Times are those of events, or of the end of following with its mark."""
    np.testing.assert_array_equal(mark, (event > end).astype(np.int8))
    np.testing.assert_allclose(found, np.minimum(event, end), rtol=1e-9)
    assert 0.05 < np.mean(mark) < 0.95  # both happen


# ---------------------------------------------------------------- without a ward


@pytest.mark.parametrize("level", [{"median": "4 d"}, {"median": "4 d", "shape": 1.3}, {"median": "4 d", "shape": 0.6}])
def test_a_time_is_the_quantile_of_its_draw(level: dict[str, Any]) -> None:
    cohort = played(flat({"y": HEALED | {"level": level, "effects": {"treated": {"hazard_ratio": 0.5}}}}, **TEST), 4)
    u, arm = stats.norm.cdf(normal("response/y/post", (4, 1000))), cohort.entries.arm
    event = law(level.get("shape", 1.0), ratio=np.where(arm == 1, 0.5, 1.0)).ppf(u)
    followed(values(cohort, "y", "post"), marks(cohort), event, 7.0)
    assert cohort.measurements.at_risk is None


@pytest.mark.parametrize("unit", ["h", "days", "wk"])
def test_times_are_in_their_unit(unit: str) -> None:
    per_day = {"h": 24.0, "days": 1.0, "wk": 1 / 7}[unit]
    level = {"median": f"{4 * per_day} {unit}", "shape": 1.3}
    cohort = played(flat({"y": HEALED | {"unit": unit, "level": level}}, **TEST), 2)
    event = law(1.3).ppf(stats.norm.cdf(normal("response/y/post", (2, 1000))))
    followed(values(cohort, "y", "post") / per_day, marks(cohort), event, 7.0)


def test_leaving_censors() -> None:
    cohort = played(flat({"y": HEALED}, attrition=[{"reason": "moved", "chance": "60 %", "within": "7 d"}], **TEST), 4)
    stay = np.minimum((cohort.entries.leave - cohort.entries.entry) / DAY, 7.0)
    event = law(1.3).ppf(stats.norm.cdf(normal("response/y/post", (4, 1000))))
    followed(values(cohort, "y", "post"), marks(cohort), event, stay)
    assert (status(cohort, "y", "post") == "measured").all()
    data = trial_arrays(cohort)
    assert data.censored is not None
    np.testing.assert_array_equal(data.censored[0, :, :, 0], marks(cohort))


def test_a_duration_counts_from_a_visit() -> None:
    text = flat({"y": HEALED | {"from": "post", "until": "3 d", "visits": ["late"]}}, visits=("pre", "post", "late"),
                attrition=[{"reason": "moved", "chance": "60 %", "within": "14 d"}],
                analyses={"main": {"outcome": "y", "visit": "late", "test": "log-rank"}})  # fmt: skip
    cohort = played(text, 4)
    stay = (cohort.entries.leave - cohort.entries.entry) / DAY - 7
    gone = stay <= 0
    assert 0.1 < gone.mean() < 0.5
    np.testing.assert_array_equal(status(cohort, "y", "late") == "left", gone)
    event = law(1.3).ppf(stats.norm.cdf(normal("response/y/late", (4, 1000))))
    followed(values(cohort, "y", "late")[~gone], marks(cohort)[~gone], event[~gone], np.minimum(stay, 3.0)[~gone])
    assert (marks(cohort)[gone] == 0).all()


def test_shapes_may_differ_between_arms() -> None:
    level = {"by_arm": {"control": {"median": "4 d", "shape": 1.3}, "treated": {"median": "6 d", "shape": 0.8}}}
    cohort = played(flat({"y": HEALED | {"level": level}}, **TEST), 2)
    u, arm, found = (
        stats.norm.cdf(normal("response/y/post", (2, 1000))),
        cohort.entries.arm,
        values(cohort, "y", "post"),
    )
    followed(found[arm == 1], marks(cohort)[arm == 1], law(0.8, median=6.0).ppf(u[arm == 1]), 7.0)
    (effect,) = implied_effects(cohort.response_plan)
    assert effect.ratio is None  # no one hazard ratio


def test_covariates_multiply_the_hazard() -> None:
    covariates = [{"covariate": "age", "per": "1 y", "hazard_ratio": 0.9}]
    text = flat(
        {"y": HEALED | {"covariates": covariates}},
        participants={"age": {"normal": {"mean": "15 y", "sd": "2 y"}}},
        **TEST,
    )
    cohort = played(text, 2)
    age = cohort.entries.covariates[:, :, 0]
    event = law(1.3, ratio=0.9 ** (age - 15)).ppf(stats.norm.cdf(normal("response/y/post", (2, 1000))))
    followed(values(cohort, "y", "post"), marks(cohort), event, 7.0)


# ---------------------------------------------------------------- on a ward

STEPS = [
    {"activity": "before", "arms": ["treated"], "lasts": {"mean": "60 min", "sd": "10 min"}},
    {"visit": "pre"},
    {"wait": {"for": {"mean": "2 d", "sd": "1 d"}}},
    {"activity": "during", "arms": ["treated"], "lasts": {"mean": "30 min", "sd": "5 min"}},
    {"wait": {"for": "5 d"}},
    {"visit": "post"},
]


def grown(t: Any, turn: Any, first: Any, second: Any, shape: float) -> Any:
    """Cumulative hazard at ``t`` of a median of 4 days, with one ratio before ``turn`` and another after it."""
    scale = math.log(2) / 4.0**shape
    return scale * (
        first * np.minimum(t, turn) ** shape + second * np.maximum(t**shape - np.minimum(t, turn) ** shape, 0)
    )


@pytest.mark.parametrize("twin", ["declared", "null"])
@pytest.mark.parametrize("since", ["pre", None])
def test_an_activity_changes_the_hazard_from_its_end(twin: str, since: str | None) -> None:
    """Two thirds delivered before ``pre``, the rest from the end of ``during``; nothing before enrollment."""
    outcome = HEALED | {"effects": {"treated": {"hazard_ratio": 3}}} | ({"from": since} if since else {})
    cohort = played(ward({"y": outcome}, STEPS, **TEST), 3, twins=("declared", "null"))
    arm, end = cohort.entries.arm, tick(cohort, "post")
    start = tick(cohort, since) if since else cohort.entries.entry
    parts = [activity(cohort, name) for name in ("before", "during")]
    weight = [w * part[..., A_DELIVERED] / part[..., A_PLANNED] for w, part in zip((2 / 3, 1 / 3), parts, strict=True)]
    log_ratio = math.log(3) * TWINS[twin][0] * (arm == 1)
    t = cohort.measurements.twins.index(twin)
    found, mark = values(cohort, "y", "post", twin), cohort.measurements.censored[t, :, :, 0]
    pieces = [(parts[0][..., A_END], weight[0]), (parts[1][..., A_END], weight[1])]
    hazard, last, rate = np.zeros(arm.shape), np.zeros(arm.shape), np.ones(arm.shape)
    for turn, more in pieces:  # add up what has grown until each turn, and until the time itself
        here = np.where(arm == 1, np.clip((turn - start) / DAY, 0, found), last)
        hazard, last = hazard + rate * (here**1.3 - last**1.3), here
        rate = rate * np.exp(log_ratio * more)
    hazard = math.log(2) / 4**1.3 * (hazard + rate * (found**1.3 - last**1.3))
    left = -np.log(stats.norm.sf(normal("response/y/post", arm.shape)))
    np.testing.assert_allclose(hazard[mark == 0], left[mark == 0], rtol=1e-8)
    assert (hazard[mark == 1] <= left[mark == 1]).all()
    np.testing.assert_allclose(found[mark == 1], ((end - start) / DAY)[mark == 1], rtol=1e-12)
    assert 0.05 < mark.mean() < 0.95


def test_nothing_looks_ahead() -> None:
    """Who has the event before the activity ends has it at the same time as without its effect."""
    plain, strong = (
        played(
            ward({"y": HEALED | {"from": "pre", "responds_to": {"during": {"hazard_ratio": ratio}}}}, STEPS, **TEST), 3
        )
        for ratio in (1.0, 50.0)
    )
    turn = (activity(plain, "during")[..., A_END] - tick(plain, "pre")) / DAY
    before, after = values(plain, "y", "post"), values(strong, "y", "post")
    early = (before < turn) & (marks(plain) == 0)
    assert early.sum() > 20
    np.testing.assert_array_equal(before[early], after[early])
    late = (plain.entries.arm == 1) & ~early
    assert (after[late] < before[late]).all()
    assert (after[late] >= turn[late]).all()


def test_a_missed_end_censors_where_the_participant_was_last_seen() -> None:
    steps = [
        {"visit": "pre"}, {"wait": {"for": "3 d"}}, {"visit": "middle"}, {"wait": {"for": "4 d"}},
        {"hold": ["nurse"], "give_up_after": "30 min", "steps": [{"activity": "talk", "lasts": "3 h"}, {"visit": "post"}]},
    ]  # fmt: skip
    cohort = played(ward({"y": HEALED | {"from": "pre"}}, steps, resources={"nurse": {"units": 1}}, **TEST), 3)
    end, start = tick(cohort, "post"), tick(cohort, "pre")
    missed = end < 0
    assert 0.2 < missed.mean() < 0.9
    stop = np.where(missed, tick(cohort, "middle"), end)
    event = law(1.3).ppf(stats.norm.cdf(normal("response/y/post", start.shape)))
    followed(values(cohort, "y", "post"), marks(cohort), event, (stop - start) / DAY)
    assert (status(cohort, "y", "post") == "measured").all()


def test_who_misses_the_visit_from_which_a_time_counts_has_none() -> None:
    steps = [
        {"hold": ["nurse"], "give_up_after": "30 min", "steps": [{"activity": "talk", "lasts": "3 h"}, {"visit": "pre"}]},
        {"wait": {"for": "7 d"}}, {"visit": "post"},
    ]  # fmt: skip
    text = ward({"y": HEALED | {"from": "pre"}}, steps, resources={"nurse": {"units": 1}},
                attrition=[{"reason": "moved", "chance": "50 %", "within": "7 d"}], **TEST)  # fmt: skip
    cohort = played(text, 2)
    words, start, end = status(cohort, "y", "post"), tick(cohort, "pre"), tick(cohort, "post")
    measured = words == "measured"
    np.testing.assert_array_equal(measured, start >= 0)
    stop = np.where(end >= 0, end, cohort.trace.ends[:, :, 0])  # type: ignore[union-attr]
    event = law(1.3).ppf(stats.norm.cdf(normal("response/y/post", start.shape)))
    followed(
        values(cohort, "y", "post")[measured],
        marks(cohort)[measured],
        event[measured],
        ((stop - start) / DAY)[measured],
    )
    assert (marks(cohort)[~measured] == 0).all()


# ---------------------------------------------------------------- expectations and tables


@pytest.mark.parametrize(("shape", "planned"), [(1.0, 7.0), (1.3, 7.0), (0.6, 2.0), (3.0, 50.0)])
def test_moments_of_a_time_that_is_cut_are_those_of_quadrature(shape: float, planned: float) -> None:
    eta = math.log(math.log(2)) - shape * math.log(4.0)
    found = PARTS.expected(
        ArmEndpoint(
            ArmPoint(eta, shape, 0.0, np.empty(0), np.empty(0), planned), None, 0.0, 0.0, log=False, percent=False
        )
    )
    assert found is not None
    survival = law(shape).sf
    mean = integrate.quad(survival, 0, planned)[0]
    second = integrate.quad(lambda t: 2 * t * survival(t), 0, planned)[0]
    assert found.mean == pytest.approx(mean, rel=1e-6)
    assert found.sd == pytest.approx(math.sqrt(second - mean**2), rel=1e-5)
    assert found.weights[-1] == pytest.approx(survival(planned), rel=1e-12)
    assert found.values[-1] == planned
    assert found.weights @ found.values == pytest.approx(mean, rel=2e-3)


def test_tables_say_what_is_censored() -> None:
    cohort = played(flat({"y": HEALED, "x": OTHER}, **TEST), 1)
    table, book = cohort.frame(), cohort.frame("codebook")
    mine = table[table["outcome"] == "y"]
    assert set(mine["censored"]) == {"no", "right"}
    assert (mine.loc[mine["censored"] == "right", "value"] == 7.0).all()
    assert set(table.loc[table["outcome"] == "x", "censored"]) == {"no"}
    row = book.query("column == 'value' and outcome == 'y'").iloc[0]
    assert row["meaning"] == "y, the time from enrollment until post at most; empty if missing"
    assert (row["unit"], row["range"]) == ("d", "above 0")
    assert "right = nothing had happened until then" in book.set_index("column").loc["censored", "codes"]


@pytest.mark.parametrize(
    "more", [{"until": "post"}, {"until": "5 d"}, {"from": "pre", "until": {"value": "5 d", "assumed": "so"}}]
)
def test_the_resolved_scenario_reads_back_equal(more: dict[str, Any]) -> None:
    scenario = loads(flat({"y": HEALED | more}, **TEST))
    assert loads(dump(scenario)) == scenario


def test_a_visit_may_begin_with_a_number() -> None:
    text = flat({"y": HEALED | {"until": "12 months", "visits": ["12 months"]}}, visits=("pre", "12 months"),
                analyses={"main": {"outcome": "y", "visit": "12 months", "test": "log-rank"}})  # fmt: skip
    assert prepared(text).scenario.outcomes["y"].until == "12 months"


def test_levels_as_observed_give_what_a_pilot_measured() -> None:
    """The pilot of the search again, with a strong covariate: mean and SD are those of the declared levels."""
    people = {"participants": {"age": {"normal": {"mean": "15 y", "sd": "2 y"}}}}
    covariates = {"covariates": [{"covariate": "age", "per": "1 y", "hazard_ratio": 1.5}], "as": "observed"}
    pilot = pilot_replicates(1000)
    wanted = values(played(flat({"y": HEALED}, **people, **TEST), pilot, seed=PILOT_SEED), "y", "post")
    found = values(played(flat({"y": HEALED | covariates}, **people, **TEST), pilot, seed=PILOT_SEED), "y", "post")
    off = values(
        played(flat({"y": HEALED | covariates | {"as": "true"}}, **people, **TEST), pilot, seed=PILOT_SEED), "y", "post"
    )
    assert abs(found.mean() - wanted.mean()) < 0.005 * wanted.std() < abs(off.mean() - wanted.mean())
    assert abs(found.std() - wanted.std()) < 0.005 * wanted.std() < abs(off.std() - wanted.std())
