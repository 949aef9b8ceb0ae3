"""What a pilot's criteria measure, recomputed from the tables of single trials; verdicts; the worst of all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trialsim import study as studies
from trialsim.cohort import Cohort, Trial
from trialsim.evaluate.progression import criterion_values, grade_of, progression_summary, worst
from trialsim.kinds.progression import MEASURE
from trialsim.prepared import prepare
from trialsim.quantities.read import read_limit
from trialsim.scenario import load
from trialsim.scenario.change import change
from trialsim.scenario.checks.progression import OVERALL
from trialsim.scenario.model import Criterion

PILOT = Path(__file__).parents[2] / "scenarios" / "pilot-nicu.yaml"

MORE = {
    "eligible": {"measure": "eligible", "go": "70 %", "stop": "50 %"},
    "missed": {"measure": "missed sessions", "of": "staff for massage 2", "go": "5 %", "stop": "20 %"},
    "wait": {"measure": "wait", "of": "staff for massage 2", "go": "10 min", "stop": "30 min"},
    "cost": {"measure": "cost a participant", "go": "200 EUR", "stop": "300 EUR"},
}
COSTS = {"currency": "EUR", "participant": "80 EUR", "staff_hour": {"therapist": "45 EUR"}}


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    scenario = change(load(PILOT), {f"progression.{name}": one for name, one in MORE.items()} | {"costs": COSTS})
    return studies.simulate(scenario, range(12))


def days(trial: Trial) -> pd.Series:
    return pd.to_datetime(trial.participants()["enrolled"])


def enrolled_a_month(trial: Trial) -> float:
    between = (days(trial).max() - days(trial).min()).total_seconds()
    return (len(days(trial)) - 1) / (between / (365.25 / 12 * 86_400))


def of_screening(trial: Trial, part: set[str], whole: set[str]) -> float:
    became = trial.screening()["became"]
    return became.isin(part).sum() / became.isin(whole).sum()


def delivered(trial: Trial) -> float:
    given = trial.activities()
    given = given[given["activity"].str.startswith("massage")]
    planned = 4 * (trial.participants()["arm"] == "massage").sum()
    return float((given["delivered_minutes"] / given["planned_minutes"]).sum() / planned)


def measured(trial: Trial) -> float:
    rows = trial.measurements()
    return float(rows[rows["visit"] == "end"]["value"].notna().mean())


def second_need(trial: Trial) -> pd.DataFrame:
    rows = trial.staffing()
    return rows[rows["need"] == "staff for massage 2"]


def missed(trial: Trial) -> float:
    return float(second_need(trial)["state"].isin(["gave up", "turned away"]).mean())


def wait(trial: Trial) -> float:
    served = second_need(trial)
    served = served[served["state"] == "granted"]
    return float((served["granted"] - served["asked"]).dt.total_seconds().mean())


def cost(trial: Trial) -> float:
    given = trial.activities()["delivered_minutes"].sum() / 60
    return 80 + 45 * float(given) / len(trial.participants())


SLOWLY: dict[str, Callable[[Trial], float]] = {
    "recruitment": enrolled_a_month,
    "consent": lambda trial: of_screening(trial, {"enrolled"}, {"enrolled", "declined"}),
    "eligible": lambda trial: of_screening(
        trial, {"enrolled", "declined"}, {"enrolled", "declined", "too ill", "other language"}
    ),
    "adherence": delivered,
    "retention": measured,
    "missed": missed,
    "wait": wait,
    "cost": cost,
}


def test_every_measure_is_tried(cohort: Cohort) -> None:
    assert {one.measure for one in cohort.scenario.progression.values()} == set(MEASURE)
    assert list(SLOWLY) == sorted(cohort.scenario.progression, key=list(SLOWLY).index)


@pytest.mark.parametrize("name", list(SLOWLY))
def test_a_measure_is_what_the_tables_say(name: str, cohort: Cohort) -> None:
    values = criterion_values(prepare(cohort.scenario), cohort, cohort.scenario.progression[name])
    slowly = [SLOWLY[name](cohort.one(replicate)) for replicate in cohort.replicates]
    np.testing.assert_allclose(values, slowly, rtol=1e-9)


def criterion(measure: str, go: str, stop: str) -> Criterion:
    return Criterion(measure=measure, go=read_limit(go), stop=read_limit(stop))


def test_go_at_the_limit_and_stop_below_it() -> None:
    values = np.array([12 / 15, 11 / 15, 9 / 15, 8 / 15, np.nan])
    np.testing.assert_array_equal(grade_of(values, criterion("consent", "80 %", "60 %")), [2, 1, 1, 0, np.nan])


def test_where_less_is_better_go_is_below() -> None:
    values = np.array([600.0, 601.0, 1800.0, 1801.0])
    np.testing.assert_array_equal(grade_of(values, criterion("wait", "10 min", "30 min")), [2, 1, 1, 0])


def test_stop_decides_alone_and_a_missing_verdict_leaves_none() -> None:
    grades = np.array([[2.0, 2.0, np.nan, np.nan, 1.0], [2.0, 1.0, 0.0, 2.0, 0.0]])
    np.testing.assert_array_equal(worst(grades), [2, 1, 0, np.nan, 0])


def test_the_table_has_each_verdict_once_a_trial(cohort: Cohort) -> None:
    summary = progression_summary(prepare(cohort.scenario))
    found = pd.DataFrame(summary.values(cohort), columns=[(one.contrast, one.measure) for one in summary.columns])
    for name in (*cohort.scenario.progression, OVERALL):
        verdicts = found[[(name, f"verdict_{one}") for one in ("go", "amend", "stop")]]
        np.testing.assert_array_equal(verdicts.sum(axis=1), np.ones(12))
    assert (found[OVERALL, "verdict_go"] <= found["consent", "verdict_go"]).all()
