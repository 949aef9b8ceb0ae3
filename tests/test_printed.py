"""What a cohort's folder says: simulated, from what; values as instruments print them, times to the minute, ids as text."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.test_cohort import on_the_ward, without_a_ward
from trialsim import study as studies
from trialsim.cli import main
from trialsim.cohort import Trial
from trialsim.conduct import plan_conduct
from trialsim.conduct.allocation import allocate, blocks_of
from trialsim.printed import decimals, printed, readme, significant
from trialsim.scenario import load, loads
from trialsim.scenario.identity import scenario_hash
from trialsim.version import __version__

ROOT = Path(__file__).parents[1]
PICU = ROOT / "scenarios/picu-blood-draw.yaml"


@pytest.fixture(scope="module")
def picu() -> Trial:
    return studies.replay(load(PICU), 3).cohort.one(3)


@pytest.fixture(scope="module")
def tables(picu: Trial) -> dict[str, pd.DataFrame]:
    return printed(picu)


def test_the_readme_says_simulated_and_from_what(picu: Trial, tables: dict[str, pd.DataFrame]) -> None:
    text = readme(picu, tables)
    scenario = load(PICU)
    assert text.startswith("SIMULATED DATA.")
    for fact in ("picu-blood-draw", "2023", "Replicate: 3", __version__, scenario_hash(scenario)):
        assert fact in text
    for name in tables:
        assert f"{name}.csv" in text
    assert "--allocation" in text
    other = studies.replay(load(PICU), 3, seed=77).cohort.one(3)
    assert scenario_hash(scenario) not in readme(other, tables), "another seed is another study"
    assert "77" in readme(other, tables)


def test_every_row_says_that_its_person_is_simulated(tables: dict[str, pd.DataFrame]) -> None:
    for name in ("participants", "visits", "measurements", "activities", "staffing", "events"):
        assert tables[name]["participant"].str.fullmatch(r"SIM-\d{3}").all(), name
    assert tables["screening"]["patient"].str.fullmatch(r"SIM-P\d{4}").all()
    enrolled = tables["screening"].loc[tables["screening"]["became"] == "enrolled", "participant"]
    assert sorted(enrolled) == sorted(tables["participants"]["participant"])


def test_values_are_printed_as_instruments_do(picu: Trial, tables: dict[str, pd.DataFrame]) -> None:
    exact = picu.participants()["age"]
    assert tables["participants"]["age"].str.fullmatch(r"\d\d\.\d").all()
    assert np.abs(tables["participants"]["age"].astype(float) - exact).max() <= 0.05 + 1e-9
    values, measured = tables["measurements"], picu.measurements()
    scores = values[values["outcome"] == "fear"]["value"]
    assert set(scores) - {""} <= {"0", "1", "2", "3", "4"}
    cortisol = values[values["outcome"] == "cortisol"]["value"]
    digits = [len(re.sub(r"^0*\.?0*|\.", "", text)) for text in cortisol if text]
    assert set(digits) == {3}
    known = measured["value"].notna()
    np.testing.assert_allclose(values["value"][known].astype(float), measured["value"][known], rtol=0.0051)
    assert (values["value"][~known] == "").all()


def test_times_are_to_the_minute_and_events_to_the_second(picu: Trial, tables: dict[str, pd.DataFrame]) -> None:
    minute = r"\d{4}-\d\d-\d\d \d\d:\d\d"
    for name, column in (
        ("participants", "arrived"),
        ("visits", "time"),
        ("activities", "start"),
        ("staffing", "asked"),
    ):
        assert tables[name][column].str.fullmatch(f"({minute})?").all(), (name, column)
    assert tables["events"]["time"].str.fullmatch(rf"{minute}:\d\d").all()
    exact = pd.to_datetime(picu.participants()["enrolled"]).dt.floor("min")
    assert (pd.to_datetime(tables["participants"]["enrolled"]) == exact).all()


def test_visits_are_realistic_to_a_clinician(tables: dict[str, pd.DataFrame]) -> None:
    """Asked between 9 and 17; no clock time at which more than a few are seen; nobody queues behind an opening."""
    asked = pd.to_datetime(tables["screening"]["asked"][tables["screening"]["asked"] != ""])
    assert asked.dt.hour.between(9, 16).all()
    visits = tables["visits"][tables["visits"]["time"] != ""]
    for visit in ("baseline", "during", "day 1", "day 2"):
        clock = visits.loc[visits["visit"] == visit, "time"].str[-5:]
        assert clock.value_counts().iloc[0] <= 5, visit
    first = pd.to_datetime(visits.loc[visits["visit"] == "baseline", "time"])
    assert first.dt.hour.between(8, 16).all()
    assert (first.dt.hour == 8).mean() < 0.25  # 69 of 99 when all came as the hours began


def test_a_declared_rounding_and_lengths() -> None:
    trial = studies.replay(loads(on_the_ward()), 1).cohort.one(1)
    tables = printed(trial)
    assert tables["activities"]["planned_minutes"].str.fullmatch(r"\d+\.\d").all()
    scenario = loads(without_a_ward(), set=["outcomes.score.instrument={rounding: 0.25}"])
    rounded = printed(studies.replay(scenario, 0).cohort.one(0))["measurements"]["value"]
    assert rounded[rounded != ""].str.fullmatch(r"\d+\.(00|25|50|75)").all()


@pytest.mark.parametrize(
    ("typical", "spread", "places"),
    [(15, 1.7, 1), (850, 200, 0), (-0.2, 0.4, 3), (7000, 1, 1), (0, 0, 0), (2.5, 0.01, 3)],
)
def test_decimals(typical: float, spread: float, places: int) -> None:
    assert decimals(typical, spread) == places


def test_a_small_concentration_is_never_printed_as_nothing() -> None:
    assert [significant(one) for one in (0.0, 1e-5, 99.96, 9.996)] == ["0", "0.0000100", "100.0", "10.00"]


def test_stratum_and_block_only_on_request(picu: Trial, tables: dict[str, pd.DataFrame]) -> None:
    assert not {"stratum", "block"} & set(tables["participants"].columns)
    asked = printed(picu, allocation=True)
    people, book = asked["participants"], asked["codebook"]
    assert (people["stratum"] == people["sex"]).all()
    assert {"stratum", "block"} <= set(book.loc[book["table"] == "participants", "column"])
    sizes = people.groupby(["stratum", "block"])["arm"].value_counts()
    assert sizes.max() == 2  # blocks of 6 hold each arm twice
    assert "--allocation" not in readme(picu, asked)


def test_blocks_are_those_the_arms_were_drawn_from() -> None:
    plan = plan_conduct(load(PICU, set=["design.enroll=60"]))
    cohort = studies.simulate(load(PICU, set=["design.enroll=60"]), range(2))
    entry, stratum = cohort.entries.entry, cohort.entries.stratum
    arms = allocate(plan, entry, stratum, seed=cohort.seed, replicates=range(2))
    for r in range(2):
        block = blocks_of(plan, entry[r], stratum[r], seed=cohort.seed, replicate=r)
        for s in (0, 1):
            mine = np.flatnonzero(stratum[r] == s)
            assert block[mine].tolist() == [1 + i // 6 for i in range(len(mine))]
            whole = [n for n in mine if (block[mine] == block[n]).sum() == 6]
            counts = pd.crosstab(block[whole], arms[r][whole])
            assert (counts == 2).all().all()


def test_the_command_writes_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "one"
    assert main(["cohort", str(PICU), "--replicate", "3", "--out", str(out), "--allocation"]) == 0
    assert "README.txt" in capsys.readouterr().out
    assert (out / "README.txt").read_text(encoding="utf-8").startswith("SIMULATED DATA")
    people = pd.read_csv(out / "participants.csv")
    assert people["participant"].iloc[0] == "SIM-001"
    assert {"stratum", "block"} <= set(people.columns)
