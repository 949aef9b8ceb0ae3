"""Truth: the same however it is driven, of the rows that have one, before anything is lost."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from trialsim import study as studies
from trialsim.conduct import NEVER, conduct
from trialsim.errors import RunError
from trialsim.evaluate.truth import Truth
from trialsim.protocol.columns import A_DELIVERED, A_PLANNED, COMPLETED, E_REASON, V_REASON, V_TIME, VISITED
from trialsim.protocol.tapes import draw_tapes
from trialsim.scenario import load, loads
from trialsim.truth import find_truth, shares_staff, targets
from trialsim.truth.plays import SharedDraws, placed, play
from trialsim.truth.strategies import needed_points, on_ideal_ward, undisturbed

SCENARIOS = Path(__file__).parents[2] / "scenarios"
ARRAYS = ("value", "mcse", "interference", "interference_mcse")


def study_of(name: str) -> studies.Study:
    return studies.prepare(load(SCENARIOS / f"{name}.yaml"))


def bytes_of(truth: Truth) -> list[bytes]:
    return [getattr(truth, name).tobytes() for name in ARRAYS]


def chance_of(study: studies.Study, replicates: range) -> SharedDraws:
    entries = conduct(study.conduct, seed=5, replicates=replicates)
    assert study.program is not None
    tapes = draw_tapes(study.program, seed=5, replicates=replicates, participants=entries.entry.shape[1])
    return SharedDraws(study, entries, tapes, 5, replicates, "fast")


@pytest.mark.parametrize("name", ["nicu-parent-massage", "lessons/estimands"])
def test_chunks_workers_and_engine_change_no_byte(name: str) -> None:
    study = study_of(name)
    first = find_truth(study, replicates=250, workers=1, chunk=1000)
    assert bytes_of(find_truth(study, replicates=250, workers=2, chunk=100)) == bytes_of(first)
    few, slow = (find_truth(study, replicates=6, engine=engine) for engine in ("fast", "simpy"))
    assert bytes_of(slow) == bytes_of(few)
    assert bytes_of(find_truth(study, replicates=6, seed=77)) != bytes_of(few)  # planted: something is compared


def test_rows_with_a_truth_are_those_with_an_estimand() -> None:
    study = study_of("nicu-parent-massage")
    truth = find_truth(study, replicates=40)
    rows = study.analysis.rows
    assert [bool(np.isfinite(truth.value[0, i])) for i in range(len(rows))] == [row.estimand != "none" for row in rows]
    assert np.isnan(truth.interference).all()  # one arm is in nobody's way
    assert truth.twins == ("declared", "null", "no change")


def test_a_test_of_all_arms_has_no_target_of_its_own() -> None:
    study = study_of("picu-blood-draw")
    found = targets(study.analysis)
    assert {target.row for target in found} == {i for i, row in enumerate(study.analysis.rows) if not row.main}
    assert all(
        study.analysis.rows[t.row].contrast == f"{study.analysis.arms[t.arms[0]]} - control" for t in found if t.arms
    )


def test_only_arms_that_share_staff_interfere() -> None:
    assert shares_staff(study_of("picu-blood-draw"))
    assert not shares_staff(study_of("nicu-parent-massage"))
    assert not shares_staff(study_of("textbook-ancova"))


def test_no_replicate_is_refused() -> None:
    with pytest.raises(RunError, match="no replicate"):
        find_truth(study_of("textbook-ancova"), replicates=0)


def test_every_visit_has_a_time_and_those_that_took_place_keep_theirs() -> None:
    study = study_of("lessons/massage-course")
    shared = chance_of(study, range(30))
    trace = play(shared, 1).trace
    assert trace is not None
    assert study.program is not None
    full = placed(trace, study.program, shared.entries)
    there = trace.visits[..., V_REASON] == VISITED
    enrolled = shared.entries.arm >= 0
    assert (~there & enrolled[..., None]).sum() > 100  # some are missed
    assert np.array_equal(full.visits[there], trace.visits[there])
    assert (full.visits[..., V_TIME] >= shared.entries.entry[..., None])[enrolled].all()
    order = np.argsort(study.program.visit_step)
    assert (np.diff(full.visits[:, :, order, V_TIME], axis=2) >= 0)[enrolled].all()
    assert (trace.visits[..., V_TIME] < 0).any()  # the trace itself is left as it was


def test_nothing_is_lost_in_the_values_of_a_play() -> None:
    study = study_of("lessons/massage-course")
    shared = chance_of(study, range(20))
    values = play(shared, 1).values
    assert np.isfinite(values[:, shared.entries.arm >= 0]).all()
    assert np.isnan(values[:, shared.entries.arm < 0]).all()


def test_the_detection_limit_hides_nothing_of_the_truth() -> None:
    text = (SCENARIOS / "nicu-parent-massage.yaml").read_text(encoding="utf-8")
    high = text.replace("detection_limit: {value: 0.2 nmol/L", "detection_limit: {value: 5 nmol/L")
    assert high != text
    assert bytes_of(find_truth(loads(high), replicates=40)) == bytes_of(find_truth(loads(text), replicates=40))


def test_on_the_ideal_ward_everything_is_delivered_and_everybody_stays() -> None:
    study = study_of("lessons/massage-course")
    shared = chance_of(study, range(20))
    ideal = undisturbed(study)
    assert ideal is not None
    other = on_ideal_ward(shared, ideal)
    trace = play(other, 1).trace
    assert trace is not None
    enrolled = shared.entries.arm >= 0
    assert (other.entries.leave == NEVER).all()
    assert (trace.ends[..., E_REASON] == COMPLETED)[enrolled].all()
    assert (trace.visits[..., V_REASON] == VISITED)[enrolled].all()
    given = trace.activities[..., A_DELIVERED] == trace.activities[..., A_PLANNED]
    assert given[enrolled].all()
    real = play(shared, 1).trace
    assert real is not None
    assert not (real.visits[..., V_REASON] == VISITED)[enrolled].all()  # the real ward is another


def test_without_a_ward_nothing_can_disturb() -> None:
    assert undisturbed(study_of("textbook-ancova")) is None


def test_who_is_excluded_does_not_count() -> None:
    """A covariate that carries the whole effect of being measured: leaving out a category moves the truth."""
    text = """
trialsim: 1
name: excluded
title: Excluded
design:
  arms: {one: only arm}
  enroll: 50
participants:
  kind: {choice: {low: 50 %, high: 50 %}, assumed: made up}
visits: {pre: 0 d}
outcomes:
  score:
    distribution: normal
    visits: [pre]
    level: {mean: 0, sd: 0.001}
    covariates: [{covariate: kind, category: high, difference: 10}]
analyses:
  all: {outcome: score, visit: pre, test: one-sample-t}
  low: {outcome: score, visit: pre, test: one-sample-t, exclude: {kind: high}}
primary: all
"""
    truth = find_truth(loads(text), replicates=200)
    assert truth.value[0].tolist() == pytest.approx([5.0, 0.0], abs=0.4)
    assert abs(truth.value[0, 1]) < 0.001


def test_a_study_in_which_nothing_is_estimated_keeps_no_truth() -> None:
    """A test of all arms alone has no estimand: there is nothing to play, to keep or to store."""
    study = studies.prepare(
        loads(
            "trialsim: 1\nname: all\ntitle: All arms\ndesign: {arms: {a: A, b: B, c: C}, enroll: {each arm: 5}}\n"
            "visits: {post: 1 d}\noutcomes: {y: {distribution: normal, visits: [post], level: {mean: 10, sd: 2}}}\n"
            "analyses: {main: {outcome: y, visit: post, test: anova}}\nprimary: main\n"
        )
    )

    def keeping(*_: object, **__: object) -> NoReturn:
        raise AssertionError("there is nothing to keep")

    found = find_truth(study, replicates=100, workers=1, keeping=keeping)
    assert np.isnan(found.value).all()


@pytest.mark.parametrize("name", ["picu-blood-draw", "textbook-ancova"])
def test_values_that_no_target_reads_are_left_out_and_change_nothing(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = study_of(name)
    read = needed_points(targets(study.analysis))
    assert read is not None
    assert name != "picu-blood-draw" or len(read) < len(study.response.points)
    own = bytes_of(find_truth(study, replicates=7))
    monkeypatch.setattr("trialsim.truth.needed_points", lambda _: None)
    assert bytes_of(find_truth(study, replicates=7)) == own
    monkeypatch.setattr("trialsim.truth.needed_points", lambda _: frozenset(sorted(read)[1:]))
    assert bytes_of(find_truth(study, replicates=7)) != own  # planted: one that is read is left out
