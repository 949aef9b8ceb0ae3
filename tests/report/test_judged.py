"""Rows that cannot be judged together, and rows whose null hypothesis a twin without effects need not make true."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialsim.cli import main
from trialsim.evaluate.verdict import TYPE_1, WITHOUT_EFFECTS
from trialsim.report.brief import five_lines, table_rows
from trialsim.report.truth import JUDGED_ONE_BY_ONE
from trialsim.runs.run import FinishedRun, run
from trialsim.scenario import loads
from trialsim.study import evaluate

TEXT = """
trialsim: 1
name: mixed
title: A family of a margin and a difference, two primary analyses, and visits that differ without effects
design: {arms: {control: usual care, music: music}, enroll: {each arm: 20}}
visits: {before: 0 min, during: 20 min, after: 40 min}
outcomes:
  fear:
    distribution: normal
    visits: [before, during, after]
    by_visit: {before: {mean: 5, sd: 2}, during: {mean: 9, sd: 2}, after: {mean: 5, sd: 2}}
    effects: {music: {difference: -1, visits: [during, after]}}
    correlation: {between_sessions: 0.5}
analyses:
  not worse: {outcome: fear, visit: after, test: t, margin: 1}
  less: {outcome: fear, visit: during, test: welch}
  in arms: {outcome: fear, visits: [before, during, after], test: friedman, within: each arm}
  by visits: {outcome: fear, visits: [before, during, after], test: rm-anova, at: visit}
  together: {outcome: fear, visits: [before, during, after], test: rm-anova}
primary: [not worse, less]
families: {both: {analyses: [not worse, less], method: holm}}
simulation: {replicates: 200}
"""


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    return run(loads(TEXT), tmp_path_factory.mktemp("mixed"), replicates=200)


def test_rows_with_and_without_a_margin_have_a_power_together_and_are_judged_one_by_one(
    mixed: FinishedRun, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Once the page of such a run was never written, and the tables left the family out."""
    rows = {row.name.strip(): row for row in table_rows(mixed.characteristics)[0]}
    assert rows["at least one"].power
    assert rows["at least one"].verdict == JUDGED_ONE_BY_ONE
    level = next(line for line in five_lines(mixed, where="here") if line.name == "Level")
    assert level.text.startswith(("Type I error of not worse where the margin is true", "Type I error of less"))
    assert not level.bad
    file = tmp_path / "mixed.yaml"
    file.write_text(TEXT)
    assert main(["run", str(file), "-r", "200", "--all", "--out", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert printed.count(JUDGED_ONE_BY_ONE) == 4, "of the primary analyses and of the family"
    assert JUDGED_ONE_BY_ONE in (tmp_path / "out" / "report.html").read_text()
    assert "these shares are not type I errors: in arms (" in " ".join(printed.split())


def test_visits_that_differ_without_effects_are_no_type_1_error(mixed: FinishedRun) -> None:
    """Friedman's test in one sample looks for a difference of visits, which the twin has."""
    called: dict[str, set[str]] = {}
    for one in mixed.characteristics.verdicts:
        called.setdefault(one.analysis, set()).add(one.measure)
    assert called["in arms"] == called["by visits"] == {WITHOUT_EFFECTS}
    assert called["together"] == called["less"] == {TYPE_1}


def test_a_ratio_of_one_participant_an_arm_is_evaluated() -> None:
    """An interval may exist in trials of which none has an estimate: once this was the end of the run."""
    text = """
trialsim: 1
name: tiny
title: One participant in each arm, within strata
design: {arms: {control: usual care, music: music}, enroll: {each arm: 1}}
participants: {sex: {choice: {girl: 50 %, boy: 50 %}}}
visits: {post: 1 d}
outcomes:
  asks: {distribution: binary, visits: [post], level: {chance: 20 %}}
analyses: {main: {outcome: asks, visit: post, test: cmh, strata: [sex]}}
primary: main
simulation: {replicates: 20}
"""
    rows = {(one.analysis, one.measure): one for one in evaluate(loads(text)).measures}
    assert ("main", "mean_estimate") not in rows
    assert ("main", "bias_eliminated_coverage") not in rows
    assert ("main", "power_low") in rows or ("main", "power") in rows
