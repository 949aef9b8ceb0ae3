"""``trialsim sweep`` and ``trialsim tornado`` as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from trialsim.cli import main
from trialsim.scenario.shipped import shipped_scenarios
from trialsim.sweep import play

T_TEST = str(shipped_scenarios()["textbook-t-test"].path)
PICU = str(shipped_scenarios()["picu-blood-draw"].path)
SIZES = ["--over", "design.enroll=20..60 by 20"]


def sweep(*words: str, out: Path, study: str = T_TEST) -> int:
    return main(["sweep", study, *words, "--replicates", "100", "--out", str(out)])


def test_a_sweep_leaves_its_tables_and_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert sweep(*SIZES, out=out) == 0
    told = capsys.readouterr()
    assert "Pareto set, marked *" in told.out
    assert "3 designs simulated" in told.err
    assert list(pd.read_csv(out / "designs.csv")["design.enroll"]) == [20, 40, 60]
    assert set(pd.read_csv(out / "results.csv")["design_id"]) == {0, 1, 2}
    assert {path.stem for path in (out / "figures").glob("*.png")} == {"sweep_lines", "feasibility"}
    assert json.loads((out / "sweep.json").read_text(encoding="utf-8"))["status"] == "done"
    assert sweep("--over", "design.enroll=[20, 30]", "--no-figures", out=out) == 0
    assert "1 design simulated" in (again := capsys.readouterr().err)
    assert "1 design found in" in again


def test_a_ward_is_told_with_cost_and_staff(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--over", "design.enroll=[30, 60]", "--json", "--no-figures"]
    assert sweep(*words, out=tmp_path / "out", study=PICU) == 0
    designs = json.loads(capsys.readouterr().out)["designs"]
    assert all(design["cost"] > 60 * design["participants"] for design in designs)
    assert 1.8 < designs[1]["staff_hours"] / designs[0]["staff_hours"] < 2.2


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (["--over", "design.enrol=[60]"], "TS-E003", 3),
        (["--over", "design.enroll=[]"], "TS-E090", 3),
        (["--over", "design.enroll=[60, 60]"], "TS-E091", 3),
        (["--over", "design.enroll=2..9000 by 1", "--over", "analyses.main.alpha=[1 %, 5 %]"], "TS-R021", 4),
        (["--over", "design.enroll=2..9000 by 1", "--over", "simulation.seed=1..9000 by 1"], "TS-E092", 3),
        ([*SIZES, "--for", "mian"], "TS-R020", 4),
        ([], "Nothing to vary", 2),
    ],
)
def test_what_cannot_be_played_is_said_and_leaves_no_folder(
    words: list[str], code: str, exit_code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sweep(*words, out=tmp_path / "out") == exit_code
    assert code in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_stopped_sweep_keeps_its_designs_and_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, out = tmp_path / "whole", tmp_path / "out"
    assert sweep(*SIZES, "--no-figures", out=whole) == 0
    evaluate, calls = play.evaluate, []

    def stopped_at_the_third(*args: object, **how: object) -> object:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return evaluate(*args, **how)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(play, "evaluate", stopped_at_the_third)
        assert sweep(*SIZES, "--no-figures", "--workers", "1", out=out) == 4
    told = " ".join(capsys.readouterr().err.split())
    assert "Stopped: 2 designs kept in" in told
    assert "To continue: trialsim" in told
    assert sweep(*SIZES, "--no-figures", out=out) == 0
    assert "2 designs found in" in " ".join(capsys.readouterr().err.split())
    assert (out / "results.csv").read_bytes() == (whole / "results.csv").read_bytes()


def test_a_tornado_tells_what_moves_the_power(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main(["tornado", PICU, "--replicates", "50", "--out", str(out), "--no-figures"]) == 0
    assert "Power of Fear during the needle as declared" in capsys.readouterr().out
    assert set(pd.read_csv(out / "tornado.csv")["measure"]) == {"power", "trial_days", "cost_EUR"}
    assert main(["tornado", T_TEST, "--out", str(tmp_path / "none")]) == 4
    assert "TS-R022" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
    assert main(["tornado", PICU, "--for", "fear_durin", "--out", str(tmp_path / "none")]) == 4
    assert "Did you mean 'fear_during'?" in capsys.readouterr().err
