"""What nobody can know of a real trial: written only on request, apart from the data, and equal to what the trial was made of."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import trialsim as ts
from tests.export.conftest import exported
from trialsim.errors import RunError
from trialsim.export.formats import table
from trialsim.export.model import SIMULATED
from trialsim.export.truth import truth, write

RESPONDERS = """\
trialsim: 1
name: responders
title: Some respond
setting:
  starts: 2026-01-05
  patients: {arrive: {every: 2 h}, consent: 100 %}
design: {arms: {usual: usual care, massage: a massage}, reference: usual, allocation: {method: permuted blocks}, enroll: 20}
protocol:
  - visit: before
  - {activity: massage, arms: [massage], lasts: 20 min}
  - visit: after
outcomes:
  pain:
    distribution: normal
    visits: [before, after]
    level: {mean: 50, sd: 10}
    responds_to: {massage: {difference: -10, responders: 50 %}}
    instrument: {rounding: 5}
analyses: {main: {outcome: pain, visit: after, test: t}}
primary: main
simulation: {replicates: 20, seed: 3}
"""


@pytest.fixture(scope="module")
def responders() -> list[dict[str, object]]:
    found = truth(exported(RESPONDERS))
    names = [one.name for one in found.variables]
    return [dict(zip(names, row, strict=True)) for row in found.rows]


def test_potential_outcomes_differ_by_the_effect_in_those_who_respond(responders: list[dict[str, object]]) -> None:
    responds = [row["responds_pain_massage"] for row in responders]
    assert 0 < sum(float(one) for one in responds) < 20  # type: ignore[arg-type]
    for row, one in zip(responders, responds, strict=True):
        effect = float(row["pain_after_massage"]) - float(row["pain_after_usual"])  # type: ignore[arg-type]
        assert effect == pytest.approx(-10.0 if one else 0.0, abs=1e-9)


def test_the_own_arm_is_one_of_the_potential_ones_and_not_rounded(responders: list[dict[str, object]]) -> None:
    for row in responders:
        arm = {1: "usual", 2: "massage"}[int(row["arm"])]  # type: ignore[call-overload]
        assert row["pain_after_own"] == row[f"pain_after_{arm}"]
        assert float(row["pain_after_own"]) % 5 != 0.0  # type: ignore[arg-type]


def test_the_data_hold_nothing_of_the_truth(tmp_path: Path) -> None:
    made = ts.export(RESPONDERS, "all", out=tmp_path / "a")
    assert not (tmp_path / "a" / "truth").exists()
    assert not any("responds" in one.name for one in made.trial.wide.variables)
    ts.export(RESPONDERS, "csv", out=tmp_path / "b", truth=True)
    (head, first, *_) = csv.reader((tmp_path / "b" / "truth" / "truth.csv").read_text(encoding="utf-8").splitlines())
    assert "responds_pain_massage" in head
    assert first[1] == SIMULATED
    assert (tmp_path / "a" / "csv" / "wide.csv").read_bytes() == (tmp_path / "b" / "csv" / "wide.csv").read_bytes()


def test_truth_of_odd_names_and_every_scale(odd: object, tmp_path: Path) -> None:
    write(odd, tmp_path)  # type: ignore[arg-type]
    rows = list(csv.reader((tmp_path / "truth.csv").read_text(encoding="utf-8").splitlines()))
    assert len({len(row) for row in rows}) == 1
    assert len(set(rows[0])) == len(rows[0])


def test_stratum_and_block_only_if_they_are_requested(tmp_path: Path) -> None:
    small = ["design.enroll={each arm: 2}"]
    plain = ts.export("picu-blood-draw", "csv", out=tmp_path / "a", set=small)
    shown = ts.export("picu-blood-draw", "csv", out=tmp_path / "b", set=small, allocation=True)
    names = [{one.name for one in made.trial.wide.variables} for made in (plain, shown)]
    assert names[1] - names[0] == {"stratum", "block"}


def test_a_run_is_exported_with_its_own_seed_and_replicate(tmp_path: Path) -> None:
    run = ts.run("textbook-t-test", tmp_path / "run", replicates=20, seed=77, figures=False, truth=False)
    made = ts.export(run.folder, "csv", out=tmp_path / "e", replicate=3)
    assert (made.trial.facts.seed, made.trial.facts.replicate) == (77, 3)
    kept = run.frame("estimates")
    row = kept[(kept["replicate"] == 3) & (kept["twin"] == "declared")].iloc[0]
    assert made.trial.in_run.estimate[0, 0, 0] == row["estimate"]
    assert made.trial.facts.digest == run.manifest["scenario_hash"]


def test_wrong_words_and_full_folders_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RunError, match=r"TS-R337.*Did you mean 'stata'"):
        ts.export("textbook-t-test", "stat", out=tmp_path / "x")
    with pytest.raises(RunError, match="TS-R337"):
        ts.export("textbook-t-test", out=tmp_path / "x")
    assert not (tmp_path / "x").exists()
    ts.export("textbook-t-test", "csv", out=tmp_path / "x")
    with pytest.raises(RunError, match="TS-R012"):
        ts.export("textbook-t-test", "csv", out=tmp_path / "x")
    monkeypatch.setattr(table, "find_spec", lambda _: None)
    with pytest.raises(RunError, match=r"TS-R336.*trialsim\[export\]"):
        ts.export("textbook-t-test", "spss", out=tmp_path / "y")
    assert not (tmp_path / "y").exists()
