"""The tables of a run on the screen: what each test decides and whether it keeps its level."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from trialsim import study as studies
from trialsim.cli.tables import print_measures, summary
from trialsim.evaluate.characteristics import OperatingCharacteristics
from trialsim.scenario import load
from trialsim.truth import find_truth

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def played(name: str, *, truth: bool, replicates: int = 200) -> OperatingCharacteristics:
    study = studies.prepare(load(SCENARIOS / f"{name}.yaml"))
    found = find_truth(study, replicates=replicates) if truth else None
    return studies.evaluate(study, replicates=replicates, truth=found)


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")


def shown(result: OperatingCharacteristics, capsys: pytest.CaptureFixture[str]) -> str:
    print_measures(result)
    return capsys.readouterr().out


def test_every_test_has_its_rate_and_its_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    result = played("nicu-parent-massage", truth=True)
    out = shown(result, capsys)
    labels = {row.analysis: row.shown for row in result.kept.rows}
    for one in result.verdicts:
        rate = result.value(one.measure, analysis=one.analysis)
        digits = 1 if rate.mcse >= 0.00995 else 2
        line = rf"{labels[one.analysis]}: post - pre .*{100 * rate.value:.{digits}f} % ± .* {re.escape(one.words)}"
        assert re.search(line, out), line
    assert re.search(r"Only mothers who fell: .* rejects too often \(1\d times\)", out)
    assert "with the clock stopped (no change twin). Its shares are type I errors." in " ".join(out.split())
    assert out.count("Numbers after ± are Monte Carlo standard errors") == 1
    assert "100 % (at least 98.1 %)" in out
    assert "all_mothers" not in out, "people read labels"


def test_what_is_no_type_1_error_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    out = shown(played("lessons/textbook-t-test", truth=False), capsys)
    assert "(null twin). True effects were not computed, so its shares are not called type I errors." in " ".join(
        out.split()
    )
    assert "clock" not in out
    assert "coverage" not in out


def test_scripts_get_the_verdicts(tmp_path: Path) -> None:
    result = played("lessons/textbook-t-test", truth=False)
    (one,) = summary(result, tmp_path)["verdicts"]  # type: ignore[misc]
    rate = result.value("rejection_null_twin", analysis="main").value
    assert one["rate"] == rate
    assert one["times"] == pytest.approx(rate / 0.05)
    assert one["words"] == result.verdicts[0].words
