"""Who counts and what is compared under each strategy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from trialsim import study as studies
from trialsim.analysis.plan import PercentRule
from trialsim.conduct import conduct
from trialsim.protocol.columns import A_DELIVERED, A_PLANNED, V_REASON, VISITED
from trialsim.protocol.tapes import draw_tapes
from trialsim.report.words import analysis as in_words
from trialsim.scenario import load, loads
from trialsim.truth import find_truth, targets
from trialsim.truth.plays import SharedDraws
from trialsim.truth.strategies import Plays, endpoint_of, play_all, who_counts

SCENARIOS = Path(__file__).parents[2] / "scenarios"
NICU = (SCENARIOS / "nicu-parent-massage.yaml").read_text(encoding="utf-8")
STRATUM = "estimand: {strategy: responder stratum, responders: {percent_change: {below: -4 %}}}"


def played(study: studies.Study, replicates: range, *, ideal: studies.Study | None = None) -> Plays:
    entries = conduct(study.conduct, seed=1, replicates=replicates)
    tapes = None
    if study.program is not None:
        tapes = draw_tapes(study.program, seed=1, replicates=replicates, participants=entries.entry.shape[1])
    return play_all(SharedDraws(study, entries, tapes, 1, replicates, "fast"), ideal, None, mixed=False)


def test_a_subset_has_a_truth_only_if_it_names_the_responder_stratum() -> None:
    study = studies.prepare(load(SCENARIOS / "lessons" / "estimands.yaml"))
    rows = {row.analysis: row for row in study.analysis.rows}
    assert rows["those_who_fell"].estimand == "log ratio"
    assert rows["those_who_fell"].strategy == "responder stratum"
    call = next(call for call in study.analysis.calls if call.name == "those_who_fell")
    assert call.responders == PercentRule(below=-10.0)
    nicu = studies.prepare(loads(NICU))
    assert {row.analysis for row in nicu.analysis.rows if row.estimand == "none"} == {
        "those_who_fell",
        "those_who_moved",
    }
    other = NICU.replace(
        "subset: {percent_change: {below: -10 %}}}",
        "subset: {percent_change: {below: -10 %}}, estimand: {strategy: hypothetical}}",
    )
    assert other != NICU
    rows = {row.analysis: row for row in studies.prepare(loads(other)).analysis.rows}
    assert rows["those_who_fell"].estimand == "none"


def test_responders_of_one_arm_are_told_from_their_own_null_twin() -> None:
    """In the NICU study 70 % of mothers respond; who was given no massage differs from the own null twin by nothing."""
    text = NICU.replace("test: paired-t}\n  all_mothers:", f"test: paired-t, {STRATUM}}}\n  all_mothers:")
    assert text != NICU
    study = studies.prepare(loads(text))
    plays = played(study, range(200))
    target = targets(study.analysis)[0]
    who = who_counts(plays, target)
    enrolled = plays.shared.entries.arm >= 0
    assert not (who & ~enrolled).any()
    trace = plays.alone[0].trace
    assert trace is not None
    names = [activity.name for activity in study.program.activities] if study.program else []
    massage = trace.activities[:, :, names.index("massage")]
    assert (massage[..., A_DELIVERED] > 0)[who].all()
    share = who[
        enrolled & (massage[..., A_DELIVERED] >= massage[..., A_PLANNED]) & (massage[..., A_PLANNED] > 0)
    ].mean()
    assert 0.6 < share < 0.72  # 70 % respond, and nearly all of them by more than 4 %
    truth = find_truth(study, replicates=1000)
    whole = find_truth(loads(NICU), replicates=1000)
    assert truth.value[0, 0] < whole.value[0, 0] - 0.02
    assert truth.value[0, 0] > np.log(0.85) - 0.06  # the largest fall that clearance allows, and the clock


def test_on_treatment_carries_the_last_value_before_treatment_was_missed_or_stopped() -> None:
    study = studies.prepare(load(SCENARIOS / "lessons" / "estimands.yaml"))
    plays = played(study, range(50))
    target = next(one for one in targets(study.analysis) if one.strategy == "while on treatment")
    massaged, usual = plays.alone[1], plays.alone[0]
    change = endpoint_of(plays, massaged, target, 0)
    values, trace = massaged.values[0], massaged.trace
    assert trace is not None
    came = trace.visits[:, :, 1, V_REASON] == VISITED
    given = trace.activities[:, :, 0, A_DELIVERED] >= np.maximum(trace.activities[:, :, 0, A_PLANNED], 1)
    on = came & given
    assert 0.2 < on.mean() < 0.8
    plain = np.log(values[..., 1] / values[..., 0])
    assert change[on] == pytest.approx(plain[on], abs=1e-12)
    there = trace.visits[:, :, 0, V_REASON] == VISITED
    assert (change[~on & there] == 0.0).all()  # the change up to then
    assert np.isnan(change[~there]).all()
    control = endpoint_of(plays, usual, target, 0)
    assert usual.trace is not None
    stayed = usual.trace.visits[:, :, 1, V_REASON] == VISITED
    expected = np.log(usual.values[0, ..., 1] / usual.values[0, ..., 0])
    assert control[stayed] == pytest.approx(expected[stayed], abs=1e-12)


def test_a_strategy_is_told_in_words() -> None:
    scenario = load(SCENARIOS / "lessons" / "estimands.yaml")
    told = {name: in_words(name, what, primary=False) for name, what in scenario.analyses.items()}
    assert "hypothetical" in told["if_always_given"]
    assert "strategy" not in told["as_it_happens"]
