"""Effects of the arms: their size on each scale, at the visits named, and only as far as they were delivered.

Most comparisons are exact, participant by participant. The statistical ones are false alarms with 6e-7 each, about 25.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.response.studies import (
    Z,
    activity,
    flat,
    normal,
    played,
    prepared,
    same_mean,
    same_share,
    status,
    tick,
    values,
    ward,
)
from trialsim.protocol.columns import A_DELIVERED, A_END, A_PLANNED, A_SUCCESS, GRANTED, H_STATE
from trialsim.response import predictor
from trialsim.response.effects import implied_effects

BOTH = ("declared", "null")
SHARES = [0.5, 0.2, 0.15, 0.1, 0.05]
NORMAL = {"distribution": "normal", "visits": ["pre", "post"], "level": {"mean": 10, "sd": 2}}
CORTISOL = {"distribution": "lognormal", "visits": ["pre", "post"], "level": {"median": 6, "sd_log": 0.5}}
FEAR = {
    "distribution": "ordinal", "categories": [0, 1, 2, 3, 4], "visits": ["pre", "post"], "level": {"shares": SHARES},
}  # fmt: skip
PAIN = {"distribution": "binary", "visits": ["pre", "post"], "level": {"chance": 0.3}}


def on(outcome: dict[str, Any], **effect: Any) -> dict[str, Any]:
    return {"y": outcome | {"effects": {"treated": effect}}}


def logit(p: Any) -> Any:
    return np.log(p) - np.log1p(-np.asarray(p))


def score(z: Any, cuts: Any) -> Any:
    """Scores 0, 1, .. of standard normal ``z`` by cumulative logits ``cuts`` (.., L - 1)."""
    return (stats.norm.cdf(z)[..., None] > 1 / (1 + np.exp(-np.asarray(cuts)))).sum(axis=-1)


# ---------------------------------------------------------------- one arm


@pytest.mark.parametrize(
    ("outcome", "effect"), [(NORMAL, {"difference": -0.7}), (CORTISOL, {"ratio": 0.8}), (FEAR, {"odds_ratio": 0.4})]
)
def test_the_effect_of_the_only_arm_is_off_under_the_null_twin(outcome: dict[str, Any], effect: dict[str, Any]) -> None:
    treated = {"y": outcome | {"effects": {"only": effect | {"visits": ["post"]}}}}
    cohort = played(flat(treated, arms=["only"]), 20, twins=BOTH)
    without = played(flat({"y": outcome}, arms=["only"]), 20)
    np.testing.assert_array_equal(values(cohort, "y", "pre"), values(without, "y", "pre"))
    np.testing.assert_array_equal(values(cohort, "y", "post", twin="null"), values(without, "y", "post"))
    (implied,) = implied_effects(prepared(flat(treated, arms=["only"])).response)
    assert implied.visit == "post"
    assert implied.difference < 0
    assert values(cohort, "y", "post").mean() < values(without, "y", "post").mean()


def test_a_change_of_the_only_arm_that_is_no_effect_is_named() -> None:
    levels = {"by_visit": {"pre": {"mean": 10, "sd": 2}, "post": {"mean": 9, "sd": 2}}}
    outcome = {key: value for key, value in NORMAL.items() if key != "level"} | levels
    (warning,) = prepared(flat({"y": outcome}, arms=["only"])).response.warnings
    assert "the null twin is the same study" in warning
    assert not prepared(flat({"y": NORMAL}, arms=["only"])).response.warnings


# ---------------------------------------------------------------- without a ward


@pytest.mark.parametrize("visits", [["post"], ["pre", "post"], None])
def test_a_difference_and_a_ratio_act_at_their_visits_in_their_arm(visits: list[str] | None) -> None:
    where = {} if visits is None else {"visits": visits}
    for outcome, effect in ((NORMAL, {"difference": -3.0}), (CORTISOL, {"ratio": 0.7})):
        cohort = played(flat(on(outcome, **effect, **where)), 20, twins=BOTH)
        treated = cohort.entries.arm == 1
        for visit in ("pre", "post"):
            with_effect, without = (values(cohort, "y", visit, twin) for twin in BOTH)
            here = visits is None or visit in visits
            moved = without - 3.0 if outcome is NORMAL else without * 0.7
            expected = np.where(treated & here, moved, without)
            np.testing.assert_allclose(with_effect, expected, rtol=1e-12)
            assert np.array_equal(with_effect[~treated], without[~treated])


@pytest.mark.parametrize("odds_ratio", [0.4, 2.5])
def test_an_odds_ratio_above_one_means_higher_scores_at_every_cut(odds_ratio: float) -> None:
    cohort = played(flat(on(FEAR, odds_ratio=odds_ratio)))
    y, treated = values(cohort, "y", "post"), cohort.entries.arm == 1
    for cut in range(4):
        a, b = ((y[group] > cut).mean() for group in (treated, ~treated))
        count = treated.sum()
        error = math.sqrt(sum(1 / (count * p * (1 - p)) for p in (a, b)))
        assert abs(logit(a) - logit(b) - math.log(odds_ratio)) < Z * error


def test_an_odds_ratio_of_yes_or_no() -> None:
    cohort = played(flat(on(PAIN, odds_ratio=3)))
    y, treated = values(cohort, "y", "post"), cohort.entries.arm == 1
    odds = 3 * 0.3 / 0.7
    assert same_share(y[treated] == 1, odds / (1 + odds))
    assert same_share(y[~treated] == 1, 0.3)
    assert not same_share(y[treated] == 1, 0.3)


@pytest.mark.parametrize("scale", [0.0, 0.5, 2.0])
def test_scale_multiplies_differences_and_logs_of_ratios(scale: float) -> None:
    """Lambda, which the minimal detectable effect varies; it scales the SD of an arm as well."""
    outcomes = {
        "a": NORMAL | {"effects": {"treated": {"difference": -3.0}}},
        "b": CORTISOL | {"effects": {"treated": {"ratio": 0.7}}},
        "c": FEAR | {"effects": {"treated": {"odds_ratio": 3}}},
        "d": {
            "distribution": "normal",
            "visits": ["post"],
            "level": {"by_arm": {"control": {"mean": 1, "sd": 1}, "treated": {"mean": 3, "sd": 1.4}}},
        },
    }
    cohort = played(flat(outcomes, enroll=200), 20, scale=scale)
    k, shape = cohort.entries.arm, cohort.entries.arm.shape
    z = {name: normal(f"response/{name}/post", shape) for name in outcomes}
    expected = {
        "a": 10 - 3 * scale * k + 2 * z["a"],
        "b": 6 * 0.7 ** (scale * k) * np.exp(0.5 * z["b"]),
        "c": score(z["c"], logit(np.cumsum(SHARES)[:-1]) - (scale * math.log(3) * k)[..., None]),
        "d": 1 + 2 * scale * k + (1 + 0.4 * scale * k) * z["d"],
    }
    for name, wanted in expected.items():
        np.testing.assert_allclose(values(cohort, name, "post"), wanted, rtol=1e-9, atol=1e-9, err_msg=name)


def test_what_is_said_of_an_effect_is_what_trials_show() -> None:
    """Differences, ratios and P(X > Y) that `explain` prints, against 50,000 simulated values an arm."""
    outcomes = {
        "a": NORMAL | {"effects": {"treated": {"difference": -1.0}}},
        "b": CORTISOL | {"effects": {"treated": {"ratio": 0.7}}},
        "c": FEAR | {"effects": {"treated": {"odds_ratio": 2}}},
    }
    cohort = played(flat(outcomes))
    treated = cohort.entries.arm == 1
    told = {one.outcome: one for one in implied_effects(cohort.response_plan) if one.visit == "post"}
    for name in outcomes:
        x, y = (values(cohort, name, "post")[group] for group in (treated, ~treated))
        error = math.sqrt(x.var() / x.size + y.var() / y.size)
        assert abs(x.mean() - y.mean() - told[name].difference) < Z * error
        statistic = stats.mannwhitneyu(x, y, method="asymptotic").statistic / (x.size * y.size)
        assert abs(statistic - told[name].superiority) < Z * math.sqrt(1 / (12 * x.size) + 1 / (12 * y.size))
        pooled = math.sqrt((x.var() + y.var()) / 2)
        d = (x.mean() - y.mean()) / pooled
        assert abs(d - told[name].cohens_d) < 0.05 * abs(d) + Z * error / pooled
    assert told["b"].ratio == pytest.approx(0.7)
    assert told["c"].odds_ratios == pytest.approx([2.0] * 4)


# ---------------------------------------------------------------- what was delivered

MASSAGE = {
    "activity": "massage", "arms": ["treated"], "lasts": "20 min",
    "interrupted": {"chance": "50 %", "for": "5 min", "stopped": "100 %"},
}  # fmt: skip
STEPS = [{"wait": {"for": "1 d"}}, {"visit": "pre"}, MASSAGE, {"visit": "post"}]
AFTER = {"visits": ["post"]}


def test_an_effect_is_scaled_by_what_was_delivered() -> None:
    outcomes = {
        "a": NORMAL | {"effects": {"treated": {"difference": -4.0} | AFTER}},
        "b": CORTISOL | {"effects": {"treated": {"ratio": 0.5} | AFTER}},
        "c": FEAR | {"effects": {"treated": {"odds_ratio": 8} | AFTER}},
    }
    cohort = played(ward(outcomes, STEPS), 50)
    k, shape = cohort.entries.arm, cohort.entries.arm.shape
    row = activity(cohort, "massage")
    share = np.where(k == 1, row[..., A_DELIVERED] / np.maximum(row[..., A_PLANNED], 1), 0.0)
    assert ((share > 0) & (share < 1)).any()
    assert set(np.unique(share[k == 0])) == {0.0}
    z = {name: normal(f"response/{name}/post", shape) for name in outcomes}
    expected = {
        "a": 10 - 4 * share + 2 * z["a"],
        "b": 6 * 0.5**share * np.exp(0.5 * z["b"]),
        "c": score(z["c"], logit(np.cumsum(SHARES)[:-1]) - (math.log(8) * share)[..., None]),
    }
    for name, wanted in expected.items():
        np.testing.assert_allclose(values(cohort, name, "post"), wanted, rtol=1e-9, atol=1e-9, err_msg=name)


def test_the_spread_of_an_arm_is_delivered_in_part_as_well() -> None:
    post = {"by_arm": {"control": {"mean": 10, "sd": 2}, "treated": {"mean": 6, "sd": 1}}}
    outcome = {
        "distribution": "normal",
        "visits": ["pre", "post"],
        "by_visit": {"pre": {"mean": 10, "sd": 2}, "post": post},
    }
    cohort = played(ward({"y": outcome}, STEPS), 20)
    share = np.where(cohort.entries.arm == 1, activity(cohort, "massage")[..., A_DELIVERED] / 1200, 0.0)
    z = normal("response/y/post", share.shape)
    np.testing.assert_allclose(values(cohort, "y", "post"), 10 - 4 * share + (2 - share) * z, atol=1e-9)


def test_half_interrupted_at_a_uniform_moment_leaves_three_quarters_of_an_effect() -> None:
    """Mean share delivered: 1/2 whole, 1/2 uniform, so .75; the variance of a difference holds that of the share."""
    cohort = played(ward(on(NORMAL, difference=-4.0, **AFTER), STEPS))
    treated = cohort.entries.arm == 1
    change = values(cohort, "y", "post")[treated]
    assert same_mean(change, 10 - 4 * 0.75)
    assert not same_mean(change, 10 - 4 * 0.80)  # planted fault: four fifths


def test_an_effect_that_ignores_what_was_delivered_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted fault in the code: everyone is counted as having been given all."""
    monkeypatch.setattr(predictor, "given", lambda inputs, _: np.ones(inputs.entries.arm.shape))
    cohort = played(ward(on(NORMAL, difference=-4.0, **AFTER), STEPS))
    assert not same_mean(values(cohort, "y", "post")[cohort.entries.arm == 1], 7.0)


def test_activities_count_by_their_expected_length_and_only_before_the_visit() -> None:
    """Two massages of 10 and 30 minutes before the middle visit, an attempt of 20 after it."""
    steps = [
        {"wait": {"for": "1 d"}},
        {"visit": "pre"},
        MASSAGE | {"activity": "short", "lasts": {"uniform": {"low": "5 min", "high": "15 min"}}},
        MASSAGE | {"activity": "long", "lasts": "30 min"},
        {"visit": "mid"},
        {"attempt": "needle", "arms": ["treated"], "lasts": "20 min", "succeeds": "50 %", "at_most": 2},
        {"visit": "post"},
    ]
    outcome = NORMAL | {
        "visits": ["pre", "mid", "post"],
        "effects": {"treated": {"difference": 5, "visits": ["mid", "post"]}},
    }
    cohort = played(ward({"y": outcome}, steps), 20)
    treated = cohort.entries.arm == 1
    short, long, needle = (activity(cohort, name)[treated] for name in ("short", "long", "needle"))
    parts = [np.maximum(row[:, A_DELIVERED], 0) / np.maximum(row[:, A_PLANNED], 1) for row in (short, long)]
    shape = cohort.entries.arm.shape
    middle = (10 * parts[0] + 30 * parts[1]) / 40
    got = (values(cohort, "y", "mid") - 10 - 2 * normal("response/y/mid", shape))[treated]
    np.testing.assert_allclose(got, 5 * middle, atol=1e-9)
    # an attempt counts as given whole, whether or not it succeeded
    assert (needle[:, A_END] >= 0).all()
    assert set(np.unique(needle[:, A_SUCCESS])) == {0, 1}
    later = (10 * parts[0] + 30 * parts[1] + 20) / 60
    got = (values(cohort, "y", "post") - 10 - 2 * normal("response/y/post", shape))[treated]
    np.testing.assert_allclose(got, 5 * later, atol=1e-9)


def test_a_massage_nobody_was_free_for_does_nothing() -> None:
    steps = [
        {"wait": {"for": "1 d", "until": "daily 10:00-11:00"}},
        {"visit": "pre"},
        {"activity": "massage", "arms": ["treated"], "lasts": "40 min", "needs": ["nurse"], "give_up_after": "10 min"},
        {"visit": "post"},
    ]
    text = ward(on(NORMAL, difference=-4.0, **AFTER), steps, resources={"nurse": {"units": 1}})
    cohort = played(text, 20)
    assert cohort.trace is not None
    treated = cohort.entries.arm == 1
    given = cohort.trace.holds[:, :, 0, H_STATE] == GRANTED
    assert given[treated].any()
    assert (treated & ~given).any()
    shift = values(cohort, "y", "post") - 10 - 2 * normal("response/y/post", treated.shape)
    np.testing.assert_allclose(shift, np.where(treated & given, -4.0, 0.0), atol=1e-9)
    assert (status(cohort, "y", "post") == "measured").all()


def test_an_arm_without_an_activity_of_its_own_has_its_whole_effect() -> None:
    """The third arm takes a pill that is no step of the ward; the activity of the second arm is not its own."""
    outcome = NORMAL | {
        "by_visit": {
            "pre": {"mean": 10, "sd": 2},
            "post": {"by_arm": {"control": {"mean": 10, "sd": 2}, "treated": {"mean": 8}, "pill": {"mean": 7}}},
        }
    }
    del outcome["level"]
    steps = [{"wait": {"for": "1 d"}}, {"visit": "pre"}, MASSAGE | {"arms": ["treated"]}]
    steps += [{"activity": "swallow", "arms": ["pill"], "lasts": "1 min"}, {"visit": "post"}]
    text = ward({"y": outcome}, steps, arms=["control", "treated", "pill"])
    cohort = played(text, 10)
    shift = values(cohort, "y", "post") - 10 - 2 * normal("response/y/post", cohort.entries.arm.shape)
    np.testing.assert_allclose(shift[cohort.entries.arm == 2], -3, atol=1e-9)
    np.testing.assert_allclose(shift[cohort.entries.arm == 0], 0, atol=1e-9)


# ---------------------------------------------------------------- responses to activities


def responding(effect: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"y": NORMAL | {"responds_to": {"massage": effect}} | more}


def test_some_respond_and_each_by_an_own_size() -> None:
    effect = {"difference": -4, "sd_between": 1.5, "responders": "60 %"}
    cohort = played(ward(responding(effect), STEPS))
    treated, shape = cohort.entries.arm == 1, cohort.entries.arm.shape
    share = activity(cohort, "massage")[..., A_DELIVERED] / 1200
    moved = (values(cohort, "y", "post") - 10 - 2 * normal("response/y/post", shape))[treated] / share[treated]
    responds = np.abs(moved) > 1e-6
    assert same_share(responds, 0.6)
    assert not same_share(responds, 0.57)  # planted fault
    assert same_mean(moved[responds], -4)
    count = responds.sum()
    assert abs(moved[responds].std(ddof=1) - 1.5) < Z * 1.5 / math.sqrt(2 * count)
    # and before the massage, and in the other arm, nothing
    np.testing.assert_allclose(values(cohort, "y", "pre"), 10 + 2 * normal("response/y/pre", shape), atol=1e-9)
    np.testing.assert_allclose(
        values(cohort, "y", "post")[~treated], (10 + 2 * normal("response/y/post", shape))[~treated], atol=1e-9
    )


def test_a_ratio_that_spreads_is_one_of_medians() -> None:
    """The mean ratio is exp(sd^2 / 2) larger."""
    outcome = CORTISOL | {"responds_to": {"massage": {"ratio": 0.8, "sd_log_between": 0.4}}}
    plain = MASSAGE | {"interrupted": None}
    steps = [{key: value for key, value in step.items() if value is not None} for step in (*STEPS[:2], plain, STEPS[3])]
    cohort = played(ward({"y": outcome}, steps), twins=BOTH)
    treated = cohort.entries.arm == 1
    ratio = (values(cohort, "y", "post") / values(cohort, "y", "post", "null"))[treated]
    assert same_mean(np.log(ratio), math.log(0.8), sd=0.4)
    assert same_mean(ratio, 0.8 * math.exp(0.08))


def test_an_effect_at_once_ends_with_the_session_unless_visits_are_named() -> None:
    steps = [*STEPS, {"wait": {"for": "1 d"}}, {"visit": "next day"}]
    three = {"visits": ["pre", "post", "next day"]}
    for effect, there in (({}, [0, -4, 0]), ({"visits": ["next day"]}, [0, 0, -4])):
        text = ward(responding({"difference": -4} | effect, **three), steps)
        cohort = played(text, 10)
        treated, shape = cohort.entries.arm == 1, cohort.entries.arm.shape
        share = np.where(treated, activity(cohort, "massage")[..., A_DELIVERED] / 1200, 0)
        for visit, size in zip(three["visits"], there, strict=True):
            shift = values(cohort, "y", visit) - 10 - 2 * normal(f"response/y/{visit}", shape)
            np.testing.assert_allclose(shift, size * share, atol=1e-9)


def test_of_repeats_only_the_last_before_a_named_visit_acts() -> None:
    course = {"repeat": "day", "times": 3, "steps": [{"wait": {"for": "1 d"}}, MASSAGE]}
    steps = [{"wait": {"for": "1 d"}}, {"visit": "pre"}, course, {"wait": {"for": "1 d"}}, {"visit": "post"}]
    cohort = played(ward(responding({"difference": -4, "visits": ["post"]}), steps), 10)
    assert cohort.program is not None
    names = [one.name for one in cohort.program.activities]
    last = activity(cohort, names[-1])
    assert len(names) == 3
    treated, shape = cohort.entries.arm == 1, cohort.entries.arm.shape
    share = np.where(treated, last[..., A_DELIVERED] / 1200, 0)
    shift = values(cohort, "y", "post") - 10 - 2 * normal("response/y/post", shape)
    np.testing.assert_allclose(shift, -4 * share, atol=1e-9)


def test_a_person_answers_to_each_repeat_alike() -> None:
    course = {"repeat": "day", "times": 2, "steps": [{"wait": {"for": "1 d"}}, MASSAGE, {"visit": "post"}]}
    effect = {"difference": -4, "sd_between": 1.5, "responders": "60 %"}
    outcome = NORMAL | {"visits": ["post", "end"], "responds_to": {"massage": effect}}
    cohort = played(ward({"y": outcome}, [course, {"visit": "end"}]), 10)
    treated, sizes = cohort.entries.arm == 1, []
    for number in (1, 2):
        name = f"massage {number}"
        share = activity(cohort, name)[..., A_DELIVERED] / 1200
        shift = values(cohort, "y", f"post {number}") - 10 - 2 * normal(f"response/y/post {number}", treated.shape)
        sizes.append(shift[treated] / share[treated])
    np.testing.assert_allclose(sizes[0], sizes[1], atol=1e-6)
    assert same_share(np.abs(sizes[0]) > 1e-6, 0.6)


def test_a_visit_after_the_massage_is_later() -> None:
    """What the formulas above take for granted: the sample is taken when the massage has ended."""
    cohort = played(ward(responding({"difference": -4}), STEPS), 5)
    treated = cohort.entries.arm == 1
    assert (tick(cohort, "post") >= activity(cohort, "massage")[..., A_END])[treated].all()
    assert prepared(ward(responding({"difference": -4}), STEPS)).response.points[1].own[1] == ((0, 1200.0),)
