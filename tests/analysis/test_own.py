"""The user's own function: it runs only with permission, gives the same digits in any chunk, and never fails in silence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import trialsim as ts
from trialsim import study as studies
from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.own import fault_of, frames
from trialsim.analysis.own import Failures
from trialsim.analysis.rows import BAD_RESULT, OK, RAISED
from trialsim.api.subjects import study_of
from trialsim.cli import main
from trialsim.errors import RunError, ScenarioError
from trialsim.prepared import Study
from trialsim.runs.players import play_task, task_of
from trialsim.scenario import load, loads
from trialsim.scenario.code import allowed
from trialsim.scenario.dump import dump
from trialsim.scenario.identity import scenario_hash

SCENARIO = """
trialsim: 1
name: mine
title: An analysis of one's own
design: {arms: {usual: usual care, music: music, massage: massage}, reference: usual, enroll: {each arm: 8}}
participants:
  age: {mean: 15 y, sd: 2 y}
  sex: {choice: {girl: 50 %, boy: 50 %}}
visits: {before: 0 d, after: 7 d}
outcomes:
  pain:
    distribution: normal
    visits: [before, after]
    level: {mean: 50, sd: 12}
    correlation: {between_sessions: 0.6}
    effects: {music: {difference: -8, visits: [after]}}
    missing: [{mechanism: MCAR, reason: asleep, chance: 10 %}]
  crying:
    distribution: binary
    visits: [after]
    level: {chance: 40 %}
analyses:
  welch: {outcome: pain, visit: after, test: welch, contrast: music - usual}
  own: {outcome: pain, visit: after, test: python, function: own.py:compare, contrast: music - usual}
  faulty: {outcome: pain, visit: after, test: python, function: own.py:faulty, contrast: music - usual}
primary: own
simulation: {replicates: 60, seed: 3}
"""

CODE = """
from pathlib import Path
from scipy import stats

Path(__file__).name
Path("ran.txt").write_text("the file was run")

def compare(data, arms):
    here = data[(data["outcome"] == "pain") & (data["visit"] == "after")].dropna(subset="value")
    a, b = (here.loc[here["arm"] == arm, "value"] for arm in arms)
    found = stats.ttest_ind(a, b, equal_var=False)
    low, high = found.confidence_interval()
    tested = {"df": found.df, "statistic": found.statistic, "p": found.pvalue}
    return {"estimate": a.mean() - b.mean(), **tested, "low": low, "high": high}

def faulty(data, arms):
    number = data.attrs["replicate"]
    if number % 10 == 4:
        raise ValueError(f"no column 'pian' \\x1b[31m in {number}")
    if number % 10 == 5:
        return {"pvalue": 0.3}
    if number % 10 == 6:
        return {"estimate": 1.0}
    return {"estimate": 1.0, "p": 0.01}
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    alone = f"# {tmp_path}: a file that is loaded already is not run again"
    (tmp_path / "own.py").write_text(f"{CODE}\n{alone}\n", encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(SCENARIO, encoding="utf-8")
    return tmp_path / "mine.yaml"


@pytest.fixture
def study(file: Path) -> Study:
    return study_of(file, allow_code=True)


def has_run(file: Path) -> bool:
    return (file.parent / "ran.txt").exists()


# ---------------------------------------------------------------- permission


@pytest.mark.parametrize(
    "ask",
    [
        ts.load,
        ts.check,
        ts.explain,
        ts.prepare,
        lambda file: ts.simulate(file, 2),
        lambda file: dump(load(file)),
        lambda file: ts.change(file, {"design.enroll": 30}),
        lambda file: ts.find_truth(file, replicates=20, workers=1),
    ],
)
def test_reading_checking_and_explaining_run_nothing(file: Path, ask: Callable[[Path], object]) -> None:
    ask(file)
    assert not has_run(file)


@pytest.mark.parametrize(
    "ask",
    [
        lambda file: ts.run(file, file.parent / "out", figures=False),
        lambda file: ts.evaluate(file, replicates=10, truth=False),
        lambda file: ts.replay(file, 3),
        ts.find_size,
        ts.find_assurance,
        lambda file: ts.sweep(file, {"design.enroll": [30, 33]}),
        lambda file: ts.compare([file, file]),
        lambda file: ts.compare([load(file)], variants=["design.enroll=30"]),
        lambda file: ts.analyze(ts.simulate(file, 2)),
        lambda file: studies.play(load(file), range(3)),
        lambda file: play_task(task_of(ts.prepare(file), engine="fast"), 0, 2),
    ],
)
def test_nothing_is_analyzed_without_permission(file: Path, ask: Callable[[Path], object]) -> None:
    with pytest.raises(RunError) as refused:
        ask(file)
    assert refused.value.code == "TS-R080"
    assert "--allow-code" in refused.value.remedy
    assert not has_run(file)


def test_permission_goes_with_a_study_and_its_changes(study: Study, file: Path) -> None:
    assert has_run(file)
    fewer = ts.prepare(ts.change(study, {"design.enroll": 12}))
    assert studies.play(fewer, range(2)).estimates.n[0, 0, 1] <= 8


def test_a_run_and_what_is_made_of_it(file: Path) -> None:
    """The words of the first failure; a second run reads its trials and says the same; verify, merge and compare run nothing."""
    out = file.parent / "out"
    made = ts.run(file, out, figures=False, allow_code=True)
    (text,) = made.failures
    assert text.startswith(
        "faulty (own.py:faulty) failed in 12 of 60 trials, first in replicate 4: the function raised ValueError:"
    )
    assert r"no column 'pian' \x1b[31m in 4 (own.py, line 19)" in text
    assert text.endswith("--replicate 4 --allow-code")
    again = ts.run(file, out, figures=False, allow_code=True)
    assert again.failures == made.failures
    (file.parent / "ran.txt").unlink()
    opened = ts.open_run(out)
    assert opened.study.scenario.analyses["own"].function is not None
    ts.compare([out, out])
    with pytest.raises(RunError) as refused:
        ts.verify(out)
    assert refused.value.code == "TS-R080"
    assert not has_run(file)


# ---------------------------------------------------------------- identity


def test_the_content_of_the_file_is_part_of_the_hash(file: Path) -> None:
    before = scenario_hash(load(file))
    code = file.parent / "own.py"
    code.write_bytes(code.read_bytes().replace(b"\n", b"\r\n"))
    assert scenario_hash(load(file)) == before, "line ends of another system"
    code.write_text(CODE + "\n# another word\n", encoding="utf-8")
    assert scenario_hash(load(file)) != before


def test_the_resolved_form_needs_no_file_until_it_runs(file: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    scenario = load(file)
    elsewhere = loads(dump(scenario), folder=tmp_path_factory.mktemp("elsewhere"))
    assert elsewhere == scenario
    assert scenario_hash(elsewhere) == scenario_hash(scenario)
    with pytest.raises(RunError) as refused:
        allowed(elsewhere)
    assert refused.value.code == "TS-R081"


def test_a_file_that_changed_since_it_was_read_does_not_run(file: Path) -> None:
    scenario = load(file)
    (file.parent / "own.py").write_text(CODE + "\n", encoding="utf-8")
    with pytest.raises(RunError) as refused:
        allowed(scenario)
    assert refused.value.code == "TS-R082"
    assert not has_run(file)


# ---------------------------------------------------------------- what it gets and gives


def test_the_table(study: Study) -> None:
    cohort = studies.simulate(study, range(5, 7))
    call = next(call for call in study.analysis.calls if call.name == "own")
    assert call.own is not None
    data = Extraction(studies.trial_arrays(cohort, study.analysis), arms=3)
    made = list(frames(data, call, call.own, (1, 0)))
    assert [one.attrs["replicate"] for one in made] == [5, 6, 5, 6]
    assert len({one.attrs["seed"] for one in made}) == 2, "both twins share their draws"
    first = made[1]
    assert list(first) == ["participant", "arm", "age", "sex", "outcome", "visit", "value"]
    wanted = cohort.one(6).measurements().merge(cohort.one(6).participants(), on=["participant", "arm"])
    wanted = wanted[wanted["arm"] != "massage"].reset_index(drop=True)[list(first)]
    pd.testing.assert_frame_equal(first, wanted, check_dtype=False)


def test_it_gives_what_the_same_test_gives(study: Study) -> None:
    found = studies.play(study, range(40)).estimates
    for name in ("estimate", "df", "statistic", "p", "low", "high"):
        values = getattr(found, name)
        assert np.allclose(values[:, :, 1], values[:, :, 0], rtol=1e-9), name
    assert np.array_equal(found.n[:, :, 1], found.n[:, :, 0])
    assert np.array_equal(found.rejected[:, :, 1], found.rejected[:, :, 0])
    assert (found.status[:, :, 1] == OK).all()


def test_chunks_and_processes_give_the_same_digits(study: Study) -> None:
    whole = studies.play(study, range(20)).estimates
    parts = [studies.play(study, range(start, start + 5)).estimates for start in range(0, 20, 5)]
    elsewhere = play_task(task_of(study, engine="fast"), 0, 20).estimates
    for name in ("estimate", "p", "status"):
        values = getattr(whole, name)
        assert np.array_equal(np.concatenate([getattr(one, name) for one in parts], axis=1), values, equal_nan=True)
        assert np.array_equal(getattr(elsewhere, name), values, equal_nan=True)


def test_failures_are_a_status_and_nothing_else_is_lost(study: Study) -> None:
    found = studies.play(study, range(10)).estimates
    assert found.status[0, :, 2].tolist() == [OK, OK, OK, OK, RAISED, BAD_RESULT, OK, OK, OK, OK]
    assert np.isnan(found.estimate[0, 4:6, 2]).all()
    assert found.rejected[0, :, 2].tolist()[:4] == [1.0] * 4
    assert np.isnan(found.rejected[0, 4:7, 2]).all(), "without p it is not known whether a trial rejects"
    assert found.estimate[0, 6, 2] == 1.0
    assert (found.status[:, :, :2] == OK).all()


@pytest.mark.parametrize(
    ("found", "fault"),
    [
        ({"estimate": 1, "se": np.float64(2.0), "p": None}, ""),
        ({"estimate": np.int64(1), "low": -np.inf, "high": 2.0}, ""),
        (0.03, "the function returned float and not a map of numbers"),
        (None, "the function returned NoneType and not a map of numbers"),
        ({}, "the function returned no number"),
        ({"p": float("nan")}, "the function returned no number"),
        ({"p": 1.2}, "the function returned p = 1.2, which is not between 0 and 1"),
        ({"estimate": float("inf")}, "the function returned estimate = inf"),
        ({"se": -1.0}, "the function returned se = -1, below 0"),
        ({"low": 2.0, "high": 1.0}, "the function returned an interval from 2 to 1"),
        ({"p": "0.03"}, "the function returned p = '0.03', which is not a number"),
        ({"p": True}, "the function returned p = 'True', which is not a number"),
        ({"p": np.array([0.1, 0.2])}, "the function returned p = '[0.1 0.2]', which is not a number"),
    ],
)
def test_what_is_no_result(found: Any, fault: str) -> None:
    assert fault_of(found) == fault


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("def compare(data, arms)\n    return {}\n", "own.py is not Python: expected ':' (line 1)."),
        (
            "import no_such_package\n",
            "own.py cannot be loaded: ModuleNotFoundError: No module named 'no_such_package'.",
        ),
        ("def other(data, arms): ...\n", "own.py has no function 'compare'."),
        ("def compare(data): ...\n", "compare of own.py does not take two arguments."),
    ],
)
def test_a_function_that_cannot_be_loaded_is_an_error_at_the_start(file: Path, code: str, words: str) -> None:
    (file.parent / "own.py").write_text(code, encoding="utf-8")
    with pytest.raises(RunError, match="TS-R083") as refused:
        ts.run(file, file.parent / "out", allow_code=True)
    assert words in str(refused.value)
    assert not (file.parent / "out").exists()


def test_a_function_outside_the_folder_is_refused(file: Path) -> None:
    below = file.parent / "below"
    below.mkdir()
    with pytest.raises(ScenarioError, match="TS-E176"):
        loads(SCENARIO.replace("own.py:", "../own.py:"), folder=below)


def test_one_sample(file: Path) -> None:
    text = SCENARIO.replace("music: music, massage: massage", "").replace(", contrast: music - usual", "")
    text = text.replace("effects: {music: {difference: -8, visits: [after]}}", "").replace(
        "usual care, }", "usual care}"
    )
    text = text.replace("  welch: {outcome: pain, visit: after, test: welch}\n", "").replace(
        "own.py:compare", "own.py:mean"
    )
    code = 'def mean(data, arms):\n    assert arms == ("usual",)\n    return {"estimate": data["value"].mean(), "p": 0.5}\n\n'
    (file.parent / "own.py").write_text(code + "def faulty(data, arms): ...\n", encoding="utf-8")
    study = study_of(loads(text, folder=file.parent), allow_code=True)
    found = studies.play(study, range(3)).estimates
    assert (found.status[:, :, 0] == OK).all()
    assert (found.status[:, :, 1] == BAD_RESULT).all()
    assert [row.contrast for row in study.analysis.rows] == ["after", "after"]


def test_the_first_failure_is_the_one_of_the_first_replicate() -> None:
    """Whatever thread comes first."""
    found = Failures()
    for replicate, twin in ((7, 0), (3, 1), (3, 0), (5, 0)):
        found.add(replicate, twin, f"{replicate} {twin}")
    assert found.first == (3, 0, "3 0")


def test_the_command_line_asks_for_permission(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["run", str(file), "--replicates", "20", "--out", str(file.parent / "out"), "--no-figures"]
    assert main(words) == 4
    assert "TS-R080" in capsys.readouterr().err
    assert not has_run(file)
    assert main([*words, "--allow-code"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert (
        "faulty (own.py:faulty) failed in 4 of 20 trials, first in replicate 4: the function raised ValueError" in said
    )
    assert main(["replay", str(file), "--replicate", "5", "--allow-code"]) == 0
    assert "the function returned 'pvalue', which is none of" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("command", ["run", "size", "compare", "sweep", "assurance", "replay"])
def test_the_commands_that_analyze_take_the_permission(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    assert "--allow-code" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["check", "explain", "cohort", "verify", "merge", "runs"])
def test_the_others_do_not(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    assert "--allow-code" not in capsys.readouterr().out
