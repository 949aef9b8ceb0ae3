"""Fitted numbers against pandas and statsmodels, on files in the shapes that people have."""

from __future__ import annotations

import io
import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from trialsim.assurance import Belief, beliefs
from trialsim.pilot import Pilot, fit_pilot, ready
from trialsim.scenario import loads

Read = Callable[..., Pilot]


def believed(pilot: Pilot) -> dict[str, Belief]:
    """What the scenario believes, by its place below ``outcomes``."""
    return {one.name.removeprefix("outcomes."): one for one in beliefs(loads(fit_pilot(ready(pilot)).text))}


def wide(n: int = 30, seed: int = 3) -> pd.DataFrame:
    """Two arms with a baseline, two outcomes, ages, and some missing values."""
    rng = np.random.default_rng(seed)
    arm = rng.permutation(np.repeat(["control", "massage"], n))
    pre = rng.normal(5, 1, 2 * n)
    post = 2 + 0.6 * pre + rng.normal(0, 0.9, 2 * n) - 0.7 * (arm == "massage")
    logs = rng.normal(1.8, 0.5, 2 * n)
    after = np.exp(0.5 * logs + 0.9 + rng.normal(0, 0.4, 2 * n) - 0.3 * (arm == "massage"))
    frame = pd.DataFrame(
        {"id": range(2 * n), "arm": arm, "age": rng.integers(4, 15, 2 * n), "x_pre": pre, "x_post": post,
         "cortisol_pre": np.exp(logs), "cortisol_post": after}
    )  # fmt: skip
    frame.loc[[3, 17, 40], "x_post"] = np.nan
    return frame


def within(frame: pd.DataFrame, column: str, by: str = "arm") -> float:
    """SD around the means of the arms, by the analysis of variance."""
    return math.sqrt(smf.ols(f"y ~ C({by})", data=frame.assign(y=frame[column])).fit().mse_resid)


def as_wide(frame: pd.DataFrame) -> str:
    return frame.to_csv(index=False)


def as_tidy(frame: pd.DataFrame) -> str:
    told = [
        frame[["id", "arm", "age"]].assign(visit=visit, x=frame[f"x_{visit}"], cortisol=frame[f"cortisol_{visit}"])
        for visit in ("post", "pre")  # the later visit first: rows come as they come
    ]
    return pd.concat(told).to_csv(index=False, sep="\t")


def as_long(frame: pd.DataFrame) -> str:
    parts = [
        frame[["id", "arm"]].assign(outcome=name, visit=visit, value=frame[f"{name}_{visit}"])
        for name in ("x", "cortisol") for visit in ("pre", "post")
    ]  # fmt: skip
    return pd.concat(parts).to_csv(index=False, sep=";", decimal=",")


def as_redcap(frame: pd.DataFrame) -> str:
    told = [
        frame[["id"]].assign(redcap_event_name=f"{visit}_arm_1", group=frame["arm"] if visit == "pre" else None,
                             x=frame[f"x_{visit}"], cortisol=frame[f"cortisol_{visit}"])
        for visit in ("pre", "post")
    ]  # fmt: skip
    return (
        pd.concat(told)
        .rename(columns={"id": "record_id"})
        .sort_values(["record_id"], kind="stable")
        .to_csv(index=False)
    )


@pytest.mark.parametrize("shape", [as_wide, as_tidy, as_long, as_redcap])
def test_every_shape_gives_the_numbers_of_statsmodels(plan: Read, shape: Callable[[pd.DataFrame], str]) -> None:
    """Four digits are written, so 5e-4 of each number."""
    frame = wide()
    found = believed(plan(shape(frame)))
    model = smf.ols("x_post ~ arm + x_pre", data=frame).fit()
    effect = found["x.effects.massage.difference"]
    assert effect.number.value == pytest.approx(model.params["arm[T.massage]"], rel=5e-4)
    wide_as_t = math.sqrt(model.df_resid / (model.df_resid - 2))
    assert effect.prior.params[1] == pytest.approx(model.bse["arm[T.massage]"] * wide_as_t, rel=5e-4)
    logs = smf.ols("np.log(cortisol_post) ~ arm + np.log(cortisol_pre)", data=frame).fit()
    ratio = found["cortisol.effects.massage.ratio"]
    assert math.log(ratio.number.value) == pytest.approx(logs.params["arm[T.massage]"], abs=5e-4)
    assert found["x.by_visit.post.sd"].number.value == pytest.approx(within(frame.dropna(), "x_post"), rel=5e-4)
    assert found["x.by_visit.baseline.mean"].number.value == pytest.approx(frame["x_pre"].mean(), rel=5e-4)
    assert found["x.by_visit.baseline.sd"].number.value == pytest.approx(frame["x_pre"].std(), rel=5e-4)
    left = frame.dropna()[["x_pre", "x_post"]] - frame.dropna().groupby("arm")[["x_pre", "x_post"]].transform("mean")
    # the residuals of all who have a baseline are taken around the mean of their arm at that visit
    pre = frame["x_pre"] - frame.groupby("arm")["x_pre"].transform("mean")
    both = float(np.corrcoef(pre[left.index], left["x_post"])[0, 1])
    assert found["x.correlation.between_sessions"].number.value == pytest.approx(both, abs=5e-4)
    assert found["x.missing.0.chance"].number.value == pytest.approx(3 / 60, rel=5e-4)
    assert effect.n == frame.dropna().groupby("arm").size().min()


def test_a_study_of_one_group_over_days(plan: Read) -> None:
    """As sleepstudy of R: 18 people, 10 days, row names; 18 participants and not 180."""
    rng = np.random.default_rng(11)
    people = np.repeat(np.arange(308, 326), 10)
    days = np.tile(np.arange(10), 18)
    reaction = 250 + 10.5 * days + rng.normal(0, 35, 18).repeat(10) + rng.normal(0, 25, 180)
    frame = pd.DataFrame({"Reaction": reaction.round(4), "Days": days, "Subject": people})
    pilot = plan(frame.to_csv(index_label=""))
    assert len(pilot.arm) == 18
    assert pilot.outcomes["Reaction"].visits[:3] == ("baseline", "day 1", "day 2")
    fragment = fit_pilot(pilot)
    assert fragment.data["visits"]["day 9"] == "9 d"
    table = frame.pivot_table(index="Subject", columns="Days", values="Reaction")
    found = believed(pilot)
    last = found["Reaction.by_visit.day 9.mean"]
    change = table[9] - table[0]
    assert last.number.value == pytest.approx(table[0].mean() + change.mean(), rel=5e-4)
    assert last.prior.params[1] == pytest.approx(change.std() / math.sqrt(18) * math.sqrt(17 / 15), rel=5e-4)
    z = [math.atanh(table[[i, j]].corr().iloc[0, 1]) for i in range(10) for j in range(i + 1, 10)]
    between = found["Reaction.correlation.between_sessions"].number.value
    assert between == pytest.approx(math.tanh(float(np.mean(z))), abs=5e-4)
    assert loads(fragment.text).analyses["Reaction"].test == "paired-t"


def test_a_study_of_doses_without_numbers_of_participants(plan: Read) -> None:
    """As ToothGrowth of R: the arms and the outcome are named, and each row is an animal."""
    rng = np.random.default_rng(12)
    frame = pd.DataFrame(
        {"len": rng.normal(18, 7, 60).round(1), "supp": ["VC", "OJ"] * 30, "dose": [0.5, 1.0, 2.0] * 20}
    )
    found = believed(
        plan(frame.to_csv(index=False), arm="supp", outcomes=["len"], distribution="normal", reference="VC")
    )
    model = smf.ols("len ~ C(supp, Treatment('VC'))", data=frame).fit()
    effect = found["len.effects.OJ.difference"]
    assert effect.number.value == pytest.approx(model.params.iloc[1], abs=5e-4 * abs(model.params.iloc[1]) + 1e-6)
    assert effect.prior.params[1] == pytest.approx(model.bse.iloc[1] * math.sqrt(58 / 56), rel=5e-4)
    doses = plan(frame.to_csv(index=False), arm="dose", outcomes=["len"])
    assert doses.arms == ("arm 0.5", "arm 1.0", "arm 2.0")


def test_a_trial_with_pain_at_several_hours(plan: Read) -> None:
    """As the licorice gargle trial: covariates before surgery, and one score at three times, named in order."""
    rng = np.random.default_rng(13)
    frame = pd.DataFrame(
        {"preOp_gender": rng.integers(0, 2, 60), "preOp_age": rng.integers(20, 80, 60), "treat": [0, 1] * 30}
    )
    for name in ("pacu30min_throatPain", "pacu90min_throatPain", "postOp4hour_throatPain"):
        frame[name] = rng.integers(0, 8, 60)
    text = frame.to_csv(index=False)
    assert [one.code for one in plan(text).questions] == ["TS-P019"]
    pilot = plan(text, outcomes=[f"pain={','.join(frame.columns[3:])}"], baseline="none", scales=["0..10"])
    assert len(pilot.outcomes["pain"].visits) == 3
    found = believed(pilot)
    visit = pilot.outcomes["pain"].visits[-1]
    mean = frame.loc[frame["treat"] == 1, "postOp4hour_throatPain"].mean()
    assert found[f"pain.by_visit.{visit}.by_arm.arm 1.mean"].number.value == pytest.approx(mean, rel=5e-4)


def test_a_planted_fault_is_seen(plan: Read) -> None:
    """With the visits of a tidy file exchanged the numbers are others."""
    frame = wide()
    good = believed(plan(as_tidy(frame)))["x.by_visit.baseline.sd"].number.value
    swapped = frame.rename(columns={"x_pre": "x_post", "x_post": "x_pre"})
    assert believed(plan(as_tidy(swapped)))["x.by_visit.baseline.sd"].number.value != pytest.approx(good, rel=5e-4)


def test_values_are_read_whole(plan: Read) -> None:
    frame = wide()
    pilot = plan(as_long(frame))
    again = pd.read_csv(io.StringIO(as_wide(frame)))
    assert np.allclose(pilot.outcomes["x"].values, again[["x_pre", "x_post"]], equal_nan=True, rtol=1e-12)
