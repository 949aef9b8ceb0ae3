"""One trial as tidy tables: one row a thing, keys that are unique, units, a codebook, and no number of its own.

Exact, so no false alarms. Two studies: all that a ward can do, and one without a ward.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.response.studies import SEED, flat, played, prepared, ward
from trialsim import study as studies
from trialsim.codebook import CENSORED
from trialsim.cohort import Cohort, Trial
from trialsim.engine.trace import KIND_NAMES
from trialsim.protocol.columns import HOLD_STATES, VISIT_REASONS
from trialsim.scenario import load

STEPS = [
    {"wait": {"for": "1 d", "until": "daily 09:00-12:00"}},
    {"visit": "pre"},
    {
        "activity": "massage", "arms": ["treated"], "lasts": {"mean": "40 min", "sd": "9 min"}, "needs": ["nurse"],
        "give_up_after": "20 min", "interrupted": {"chance": "50 %", "for": "5 min", "stopped": "60 %"},
    },
    {
        "hold": ["phlebotomist"], "give_up_after": "30 min",
        "steps": [{"attempt": "needle", "lasts": "5 min", "succeeds": "60 %", "at_most": 3, "visit": "draw"}],
    },
    {"wait": {"for": "2 d"}},
    {"visit": "post"},
]  # fmt: skip
CORTISOL = {
    "label": "Salivary cortisol", "distribution": "lognormal", "unit": "nmol/L", "visits": ["draw", "post"],
    "level": {"median": "6 nmol/L", "sd_log": 0.5}, "lost": "10 %",
    "instrument": {"detection_limit": "3 nmol/L", "below": "missing"},
    "effects": {"treated": {"ratio": 0.6, "visits": ["post"]}},
    "missing": [{"mechanism": "MCAR", "reason": "asleep", "chance": "10 %"}],
}  # fmt: skip
FEAR = {
    "distribution": "ordinal", "categories": [0, 1, 2], "visits": ["pre", "post"], "level": {"shares": [0.5, 0.3, 0.2]},
}  # fmt: skip
PEOPLE = {"age": {"uniform": {"low": "12 y", "high": "18 y"}}, "sex": {"choice": {"girl": "50 %", "boy": "50 %"}}}
LEAVE = {"reason": "discharge", "after": {"median": "5 d", "cv": 0.5}}
WITHOUT = {"distribution": "normal", "visits": ["pre", "post"], "level": {"mean": 10, "sd": 2}, "lost": "10 %"}
TABLES = ("participants", "visits", "measurements", "screening", "activities", "staffing", "events")
KEYS = {
    "participants": ["participant"],
    "visits": ["participant", "visit"],
    "measurements": ["participant", "outcome", "visit"],
    "activities": ["participant", "activity"],
    "staffing": ["participant", "need"],
    "screening": ["patient"],
    "codebook": ["table", "column", "outcome"],
}


def on_the_ward() -> str:
    return ward(
        {"cortisol": CORTISOL, "fear": FEAR}, STEPS, enroll=30, participants=PEOPLE,
        resources={"nurse": {"units": 1, "people": 4}, "phlebotomist": {"units": 1, "hours": "daily 07:00-17:00"}},
        patients={"leave": LEAVE}, setting={"sites": {"north": "50 %", "south": "50 %"}}, design={"within": "2 d"},
    )  # fmt: skip


def without_a_ward() -> str:
    leave = {"reason": "moved", "chance": "40 %", "within": "10 d"}
    return flat({"score": WITHOUT}, enroll=30, participants=PEOPLE, attrition=leave)


STUDIES: dict[str, Callable[[], str]] = {"ward": on_the_ward, "no ward": without_a_ward}


def simulated(which: str) -> Cohort:
    """Six trials of a study."""
    text, record = STUDIES[which](), which == "ward"
    return studies.simulate(prepared(text), range(10, 16), seed=SEED, twins=("declared", "null"), record=record)


@pytest.fixture(scope="module", params=STUDIES)
def cohort(request: pytest.FixtureRequest) -> Cohort:
    return simulated(request.param)


@pytest.fixture
def trial(cohort: Cohort) -> Trial:
    return cohort.one(13)


@pytest.fixture(scope="module")
def on_ward() -> Trial:
    return simulated("ward").one(13)


def frame(trial: Trial, name: str) -> pd.DataFrame:
    found = getattr(trial, name)()
    assert isinstance(found, pd.DataFrame)
    return found


# ---------------------------------------------------------------- each table


@pytest.mark.parametrize("name", KEYS)
def test_keys_are_unique(name: str, trial: Trial) -> None:
    table = frame(trial, name)
    assert not table.duplicated(KEYS[name]).any()
    assert not table[KEYS[name]].isna().any().any()
    if name != "codebook":  # the planted fault: without its last key a row is not told apart
        doubled = pd.concat([table, table.head(1)])
        assert table.empty or doubled.duplicated(KEYS[name]).any()


def test_participants_are_those_enrolled_with_their_arms(trial: Trial) -> None:
    table, entries = trial.participants(), trial.cohort.entries
    arm = entries.arm[trial.index]
    assert table["participant"].tolist() == list(range(1, int((arm >= 0).sum()) + 1))
    names = np.array(list(trial.cohort.scenario.design.arms))
    assert table["arm"].tolist() == names[arm[arm >= 0]].tolist()
    if trial.cohort.trace is None:
        assert table["arm"].value_counts().to_dict() == {"control": 30, "treated": 30}
    else:
        assert 5 < len(table) < 60  # some places stayed empty
        assert set(table["site"]) == {"north", "south"}
    assert table["age"].between(12, 18).all()
    assert set(table["sex"]) == {"girl", "boy"}
    enrolled = arm >= 0
    np.testing.assert_array_equal(table["age"], entries.covariates[trial.index, enrolled, 0])
    np.testing.assert_array_equal(table["sex"] == "boy", entries.covariates[trial.index, enrolled, 1] == 1)


@pytest.mark.parametrize("twin", ["declared", "null"])
def test_measurements_are_the_arrays_row_by_row(twin: str, trial: Trial) -> None:
    table, measured = trial.measurements(twin), trial.cohort.measurements
    people, pairs = trial.participants(), trial.cohort.response_plan.pairs
    assert len(table) == len(people) * len(pairs)
    t = measured.twins.index(twin)
    for d, (outcome, visit) in enumerate(pairs):
        part = table[(table["outcome"] == outcome) & (table["visit"] == visit)].set_index("participant")
        n = part.index.to_numpy() - 1
        np.testing.assert_array_equal(part["value"], measured.values[t, trial.index, n, d])
        words = [CENSORED[mark] for mark in measured.censored[t, trial.index, n, d].tolist()]
        assert part["censored"].tolist() == words
        assert part["status"].tolist() == [
            trial.cohort.response_plan.reasons[k] for k in measured.reason[t, trial.index, n, d]
        ]
        assert part["arm"].tolist() == people.set_index("participant")["arm"].loc[part.index].tolist()


def test_twins_are_two_tables(trial: Trial) -> None:
    same = trial.measurements("declared")["value"].equals(trial.measurements("null")["value"])
    assert same == (trial.cohort.trace is None)  # only the ward study declares an effect


def test_a_value_is_missing_exactly_where_it_has_a_reason(trial: Trial) -> None:
    table = trial.measurements()
    assert (table["value"].isna() == (table["status"] != "measured")).all()
    assert set(table["censored"]) <= {"no", "left"}
    assert set(table.loc[table["censored"] == "left", "status"]) <= {"below detection limit"}
    wanted = {"measured", "lost"} | ({"asleep", "below detection limit"} if trial.cohort.trace else set())
    assert wanted <= set(table["status"])


def test_units_stand_beside_values(trial: Trial) -> None:
    table = trial.measurements()
    units = table.groupby("outcome")["unit"].unique().map(list).to_dict()
    assert units == ({"cortisol": ["nmol/L"], "fear": [""]} if trial.cohort.trace else {"score": [""]})


def test_words_come_from_their_lists(trial: Trial) -> None:
    assert set(trial.visits()["status"]) <= set(VISIT_REASONS)
    assert set(trial.measurements()["status"]) <= set(trial.cohort.response_plan.reasons)
    assert set(trial.staffing()["state"]) <= set(HOLD_STATES)
    assert set(trial.events()["event"]) <= set(KIND_NAMES)


def test_visits_have_a_time_exactly_where_they_took_place(trial: Trial) -> None:
    table = trial.visits()
    assert len(table) == len(trial.participants()) * table["visit"].nunique()
    assert (table["time"].notna() == (table["status"] == "visited")).all()
    if trial.cohort.trace is None:
        assert set(table["time"].dropna()) == {0.0, 7.0}  # days after enrollment


def test_measurements_agree_with_visits_on_the_ward(on_ward: Trial) -> None:
    """No value without a visit; a visit that did not happen gives its reason to the value."""
    both = on_ward.measurements().merge(on_ward.visits(), on=["participant", "visit"], suffixes=("", "_of_visit"))
    assert len(both) == len(on_ward.measurements())
    missed = both["status_of_visit"] != "visited"
    assert missed.any()
    assert (both.loc[missed, "status"] == both.loc[missed, "status_of_visit"]).all()


def test_measurements_agree_with_visits_without_a_ward() -> None:
    trial = played(without_a_ward(), 1).one(0)
    both = trial.measurements().merge(trial.visits(), on=["participant", "visit"], suffixes=("", "_of_visit"))
    left = both["status"] == "left"
    assert left.any()
    assert (both.loc[left, "status_of_visit"] == "left").all()


# ---------------------------------------------------------------- the ward's own tables


def test_times_are_dates_of_the_studys_calendar(on_ward: Trial) -> None:
    people, entries = on_ward.participants(), on_ward.cohort.entries
    start = datetime(2026, 1, 5)  # midnight of the first day
    seconds = (people["arrived"] - start).dt.total_seconds()
    np.testing.assert_array_equal(seconds, entries.arrival[on_ward.index, : len(people)])
    assert (people["enrolled"] >= people["arrived"]).all()
    assert (people["ended"] >= people["enrolled"]).all()
    assert set(people["end_reason"]) == {"completed", "discharge"}
    post = on_ward.visits().query("visit == 'post'").set_index("participant")["status"]
    completed = people.set_index("participant")["end_reason"] == "completed"
    assert (post[completed.index[completed]] == "visited").all()
    assert set(post[completed.index[~completed]]) <= {"left", "visited"}


def test_activities_began_and_gave_no_more_than_planned(on_ward: Trial) -> None:
    table = on_ward.activities()
    arms = on_ward.participants().set_index("participant")["arm"]
    massage = table[table["activity"] == "massage"]
    assert len(massage) > 3
    assert set(arms[massage["participant"]]) == {"treated"}
    assert (massage["delivered_minutes"] <= massage["planned_minutes"] + 1e-9).all()
    assert (massage["delivered_minutes"] < massage["planned_minutes"]).any()
    needle = table[table["activity"] == "needle"]
    assert set(needle["failed_tries"]) <= {0, 1, 2, 3}
    ended = table.dropna(subset=["end"])
    assert (ended["end"] > ended["start"]).all()


def test_staff_are_asked_before_they_come_and_come_before_they_go(on_ward: Trial) -> None:
    table = on_ward.staffing()
    served = table[table["state"] == "granted"]
    assert (served["granted"] >= served["asked"]).all()
    assert (served["given_back"] > served["granted"]).all()
    assert set(served["unit"]) == {1}
    refused = table[table["state"] != "granted"]
    assert not refused.empty
    assert refused["granted"].isna().all()
    home = on_ward.participants().set_index("participant")["site"]
    assert (table["resource"].str.split("@").str[1].to_numpy() == home[table["participant"]].to_numpy()).all()
    # one unit at a site is with one participant at a time
    for _, queue in served.sort_values("granted").groupby("resource"):
        assert (queue["granted"].to_numpy()[1:] >= queue["given_back"].to_numpy()[:-1]).all()


def test_events_are_in_order_and_tell_the_visits(on_ward: Trial) -> None:
    events, visits = on_ward.events(), on_ward.visits()
    assert events["time"].is_monotonic_increasing
    assert set(events["participant"]) == set(visits["participant"])
    told = events[events["event"] == "visit"].sort_values(["participant", "time"])
    seen = visits[visits["status"] == "visited"].sort_values(["participant", "time"])
    assert told["time"].tolist() == seen["time"].tolist()
    assert told["participant"].tolist() == seen["participant"].tolist()


def test_events_are_empty_unless_recorded() -> None:
    for text in (on_the_ward(), without_a_ward()):
        table = played(text, 1).one(0).events()
        assert table.empty
        assert list(table.columns) == ["time", "participant", "event", "step", "value"]


# ---------------------------------------------------------------- the codebook


def columns_of(trial: Trial) -> set[tuple[str, str]]:
    tables = [name for name in TABLES if trial.cohort.trace is not None or name in TABLES[:3]]
    return {(name, column) for name in tables for column in frame(trial, name).columns}


def test_the_codebook_describes_each_column(trial: Trial) -> None:
    book = trial.codebook()
    assert columns_of(trial) <= set(zip(book["table"], book["column"], strict=True))


def test_the_codebook_describes_no_other_column(trial: Trial) -> None:
    book = trial.codebook()
    assert set(zip(book["table"], book["column"], strict=True)) <= columns_of(trial)
    assert (book["meaning"].str.len() > 3).all()


def test_the_codebook_lists_the_words_that_stand_in_the_tables(trial: Trial) -> None:
    """Every column of codes, in every table, holds nothing but its codes."""
    book = trial.codebook()
    coded = book[(book["type"] == "code") & (book["codes"] != "") & (book["outcome"] == "")]
    assert {("visits", "status"), ("measurements", "outcome"), ("participants", "arm")} <= set(
        zip(coded["table"], coded["column"], strict=True)
    )
    for one in coded.itertuples():
        codes = {code.partition(" = ")[0] for code in one.codes.split("; ")}
        assert set(frame(trial, one.table)[one.column].dropna()) <= codes, (one.table, one.column)
    rows = {(one.table, one.column): one._asdict() for one in book.itertuples()}
    assert rows["participants", "sex"]["codes"] == "girl; boy"
    assert tuple(rows["participants", "age"][key] for key in ("type", "unit", "range")) == ("number", "y", "12 to 18")
    on_ward = trial.cohort.trace is not None
    assert rows["visits", "time"]["type"] == ("date and time" if on_ward else "number")
    assert ("by the study's calendar" if on_ward else "since enrollment") in rows["visits", "time"]["meaning"]


def test_each_outcome_has_its_own_values_in_the_codebook(on_ward: Trial) -> None:
    book = on_ward.codebook()
    values = book[book["column"] == "value"].set_index("outcome")
    fear, cortisol = values.loc["fear"], values.loc["cortisol"]
    assert (fear["type"], fear["range"], fear["codes"]) == ("whole number", "0 to 2", "0; 1; 2")
    assert (cortisol["type"], cortisol["unit"], cortisol["range"]) == ("number", "nmol/L", "above 0")
    assert "detection limit 3 nmol/L" in cortisol["meaning"]


# ---------------------------------------------------------------- replay


@pytest.mark.parametrize("which", STUDIES)
def test_a_replayed_trial_has_the_same_tables(which: str) -> None:
    study = prepared(STUDIES[which]())
    batch = studies.simulate(study, range(10, 16), seed=SEED, record=True)
    again = studies.replay(study, 13, seed=SEED).cohort
    for name in (*TABLES, "codebook"):
        pd.testing.assert_frame_equal(frame(batch.one(13), name), frame(again.one(13), name), check_exact=True)
    # the planted fault: the trial beside it has others
    assert not frame(batch.one(12), "measurements").equals(frame(again.one(13), "measurements"))


def test_a_trial_that_was_not_played_is_refused(cohort: Cohort) -> None:
    for replicate in (9, 16):
        with pytest.raises(ValueError, match="range"):
            cohort.one(replicate)


def test_a_trial_nobody_joined_has_empty_tables_with_their_columns(cohort: Cohort) -> None:
    empty: Any = replace(cohort, entries=replace(cohort.entries, arm=np.full_like(cohort.entries.arm, -1)))
    for name in ("visits", "participants", "measurements"):
        assert frame(empty.one(13), name).empty
        assert list(frame(empty.one(13), name).columns) == list(frame(cohort.one(13), name).columns)


def test_a_crossover_has_the_sequence_of_participants_and_the_arm_of_visits() -> None:
    shipped = Path(__file__).parents[1] / "scenarios" / "picu-crossover.yaml"
    cohort = studies.simulate(studies.prepare(load(shipped)), range(1))
    people, visits, values = (cohort.frame(table) for table in ("participants", "visits", "measurements"))
    assert "arm" not in people
    assert set(people["sequence"]) == {"music first", "control first"}
    for table in (visits, values):
        found = {(row.sequence, row.visit, row.arm) for row in table.itertuples() if row.visit.startswith("during")}
        assert found == {
            ("music first", "during 1", "music"),
            ("music first", "during 2", "control"),
            ("control first", "during 1", "control"),
            ("control first", "during 2", "music"),
        }
    book = cohort.frame("codebook")
    for name, table in (("participants", people), ("visits", visits), ("measurements", values)):
        assert list(table.columns) == list(dict.fromkeys(book.loc[book["table"] == name, "column"]))
