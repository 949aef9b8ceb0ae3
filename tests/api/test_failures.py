"""Fits that fail in about 1, 8 and 60 % of trials, of every family of models: counted, bounded, with a reason and a command."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import trialsim as ts
from trialsim.analysis.rows import ANALYZED, STATUS_TEXT
from trialsim.api.failures import options_of, replay_of
from trialsim.api.finished import Run
from trialsim.cli import main

REPLICATES = 200

#: Of each model what makes its fits fail: a chance of missing values [%], a mean, a median [d] or a limit [nmol/L].
KNOBS = {
    "few": {
        "logistic": 57, "poisson": 0.22, "cox": 40, "tobit": 8.8, "clusters": 65, "proportional-odds": 75,
        "ordinal-mixed": 36, "mixed": 72, "mmrm": 57, "clda": 44,
    },
    "some": {
        "logistic": 66, "poisson": 0.135, "cox": 50, "tobit": 10, "clusters": 74, "proportional-odds": 86,
        "ordinal-mixed": 52, "mixed": 78, "mmrm": 65, "clda": 50,
    },
    "most": {
        "logistic": 85, "poisson": 0.045, "cox": 140, "tobit": 13.3, "clusters": 88, "proportional-odds": 95.5,
        "ordinal-mixed": 76, "mixed": 88, "mmrm": 80, "clda": 64.5,
    },
}  # fmt: skip
SHARES = {"few": (0.0001, 0.05), "some": (0.0501, 0.2), "most": (0.4, 0.8)}

SCENARIO = """
trialsim: 1
name: failing
title: Fits that fail
design: {{arms: {{b: B, a: A}}, reference: b, enroll: {{each arm: 20}}}}
setting:
  starts: 2026-01-05
  sites: {{s1: 25 %, s2: 25 %, s3: 25 %, s4: 25 %}}
  patients: {{arrive: {{every: 4 h}}, consent: 100 %}}
protocol:
  - visit: pre
  - wait: {{for: 7 d}}
  - visit: mid
  - wait: {{for: 7 d}}
  - visit: post
outcomes:
  falls: {{distribution: count, over: [pre, post], level: {{mean: {poisson}, dispersion: 0}}}}
  healed: {{distribution: time, unit: d, from: pre, until: post, level: {{median: {cox} d, shape: 1.2}}}}
  trace:
    distribution: lognormal
    unit: nmol/L
    visits: [post]
    level: {{median: 6 nmol/L, sd_log: 0.5}}
    instrument: {{assay: immunoassay, detection_limit: {tobit} nmol/L, below: censored}}
{lossy}
analyses:
  logistic: {{outcome: of logistic, visit: post, test: logistic, firth: never}}
  poisson: {{outcome: falls, visit: post, test: poisson}}
  negative-binomial: {{outcome: falls, visit: post, test: negative-binomial}}
  cox: {{outcome: healed, visit: post, test: cox}}
  tobit: {{outcome: trace, visit: post, transform: log, test: tobit}}
  gee: {{outcome: of clusters, visit: post, test: gee, clusters: site}}
  cluster-robust: {{outcome: of clusters, visit: post, test: cluster-robust, clusters: site}}
  proportional-odds: {{outcome: of proportional-odds, visit: post, test: proportional-odds}}
  ordinal-mixed: {{outcome: of ordinal-mixed, visits: [pre, post], test: ordinal-mixed}}
  mixed: {{outcome: of mixed, visits: [pre, mid, post], test: mixed, at: average}}
  mmrm: {{outcome: of mmrm, visits: [mid, post], test: mmrm}}
  clda: {{outcome: of clda, visits: [pre, mid, post], test: clda}}
primary: logistic
simulation: {{replicates: 200, seed: 6}}
"""

YES_OR_NO = "distribution: binary, visits: [post], level: {chance: 50 %}"
SCORES = (
    "categories: [0, 1, 2, 3], visits: [pre, post], level: {shares: [30 %, 30 %, 25 %, 15 %]}, "
    "correlation: {between_sessions: 0.5}"
)
VALUES = (
    "distribution: normal, visits: [pre, mid, post], level: {mean: 10, sd: 2}, correlation: {between_sessions: 0.5}"
)
LOSSY = {
    "logistic": YES_OR_NO, "clusters": VALUES, "proportional-odds": SCORES, "ordinal-mixed": SCORES, "mixed": VALUES,
    "mmrm": VALUES, "clda": VALUES,
}  # fmt: skip


@pytest.fixture(
    scope="module",
    params=[pytest.param("some"), *(pytest.param(one, marks=pytest.mark.verify) for one in ("few", "most"))],
)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, Run]:
    """How often fits fail, the scenario and its run."""
    often, folder = request.param, tmp_path_factory.mktemp(request.param)
    knobs = KNOBS[often]
    lossy = "\n".join(
        f"  of {name}: {{{outcome}, missing: [{{mechanism: MCAR, reason: lost, chance: {knobs[name]} %}}]}}"
        for name, outcome in LOSSY.items()
    )
    file = folder / "failing.yaml"
    file.write_text(SCENARIO.format(lossy=lossy, **knobs), encoding="utf-8")
    return often, file, ts.run(file, folder / "out", truth=False, figures=False)


def declared(run: Run) -> pd.DataFrame:
    table = run.frame("estimates")
    return table[table["twin"] == "declared"]


def test_every_model_fails_as_often_as_it_should_and_has_numbers_elsewhere(made: tuple[str, Path, Run]) -> None:
    """None fails silently: where a row has no p it says why, and where it says nothing it has its numbers."""
    often, _, run = made
    fine = [STATUS_TEXT[status] for status in ANALYZED]
    for analysis, rows in declared(run).groupby("analysis", observed=True):
        failed = ~rows["status"].isin(fine)
        assert SHARES[often][0] <= failed.mean() <= SHARES[often][1], (analysis, failed.mean())
        assert rows.loc[failed, ["estimate", "p", "conf_low", "conf_high"]].isna().all(axis=None)
        assert np.isfinite(rows.loc[~failed, "p"]).all()


def test_counts_are_shown_and_bounds_from_5_percent_on(made: tuple[str, Path, Run]) -> None:
    _, _, run = made
    for analysis, rows in declared(run).groupby("analysis", observed=True):
        failed, rejected = int(rows["p"].isna().sum()), int((rows["p"] <= 0.05).sum())
        known = {one.measure: one for one in run.characteristics.measures if one.analysis == analysis}
        if failed > 0.05 * REPLICATES:
            assert known["power_low"].value == pytest.approx(rejected / REPLICATES)
            assert known["power_high"].value == pytest.approx((rejected + failed) / REPLICATES)
            assert {known[name].n_failed for name in ("power_low", "power_high")} == {failed}
        else:
            assert known["power"].value == pytest.approx(rejected / (REPLICATES - failed))
            assert known["power"].n_failed == failed


def test_a_run_says_what_failed_and_a_replay_shows_it(
    made: tuple[str, Path, Run], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, file, run = made
    assert len(run.failed) == len(run.study.analysis.calls)
    for one in run.failed:
        rows = declared(run)
        rows = rows[(rows["analysis"] == one.shown) & rows["p"].isna()]
        assert (one.trials, one.of, one.first) == (len(rows), REPLICATES, rows["replicate"].min())
        assert dict(one.reasons) == rows["status"].astype(str).value_counts().to_dict()
    first = run.failed[0]
    (sentence, *_) = run.failures
    assert sentence.startswith(f"logistic failed in {first.trials} of 200 trials: ")
    assert sentence.endswith(f"The first: trialsim replay {file} --replicate {first.first}")
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["replay", str(file), "--replicate", str(first.first)]) == 0
    again = " ".join(capsys.readouterr().out.split())
    assert any(f"logistic (a - b): {reason}" in again for reason, _ in first.reasons)


def test_the_terminal_shows_them_in_one_table(
    made: tuple[str, Path, Run], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    often, file, run = made
    words = ["run", str(file), "--out", str(run.folder), "--no-truth", "--no-figures", "--seed", "6"]
    monkeypatch.setenv("COLUMNS", "80")
    assert main(words) == 0
    printed = capsys.readouterr().out
    after = printed.split("failed, of 200 trials")[1]
    for one in run.failed:
        line = next(line for line in after.splitlines() if line.startswith(f"{one.shown} "))
        assert line.split()[1:3] == [str(one.trials), str(one.first)]
    assert f"--replicate {run.failed[0].first} --seed 6" in " ".join(after.split())
    assert ("No single power" in printed) == (often != "few")


def test_no_failure_no_word(tmp_path: Path) -> None:
    run = ts.run("textbook-t-test", tmp_path / "out", replicates=20, truth=False, figures=False)
    assert run.failed == run.failures == ()


def test_the_command_has_what_makes_the_trial_the_same() -> None:
    options = options_of(["design.enroll={each arm: 9}"], 5, "simpy")
    assert options == " --set 'design.enroll={each arm: 9}' --seed 5 --engine simpy"
    assert replay_of(7, "mine.yaml", options_of([], None, "fast")) == "trialsim replay mine.yaml --replicate 7"
