"""Effects of factors act by the share of their own activities, an interaction by the smaller share: against a slow form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from trialsim.protocol.columns import A_DELIVERED, A_END, A_PLANNED, A_START, V_TIME
from trialsim.response import predictor
from trialsim.response.predictor import PredictorInputs, not_delivered
from trialsim.scenario import loads
from trialsim.study import prepare, simulate

WARD = """
trialsim: 1
name: ward
title: Two factors on a ward
setting:
  starts: 2026-01-05
  patients: {arrive: {every: 3 h}, consent: 90 %}
  resources: {nurse: {units: 1, hours: daily 08:00-16:00}}
design: {factors: {massage: [no, yes], music: [no, yes]}, enroll: 40}
protocol:
  - wait: {for: 1 h, until: daily 08:00-16:00}
  - activity: massage short
    when: {massage: yes}
    needs: [nurse]
    give_up_after: 5 min
    lasts: {mean: 10 min, sd: 2 min}
    interrupted: {chance: 50 %, for: 2 min, stopped: 80 %}
  - {activity: massage long, when: {massage: yes}, needs: [nurse], give_up_after: 10 min, lasts: {mean: 30 min, sd: 9 min}}
  - {activity: songs, when: {music: yes}, needs: [nurse], give_up_after: 15 min, lasts: {mean: 20 min, sd: 5 min}}
  - {activity: quiet, when: {music: no}, lasts: 20 min}
  - visit: post
outcomes:
  stress:
    distribution: SCALE
    visits: [post]
    level: {LEVEL}
    effects: {massage: {EFFECT: A}, music: {EFFECT: B}, massage x music: {EFFECT: C}}
    REST
analyses:
  main: {outcome: stress, visit: post, TEST, factors: [massage, music]}
primary: main
simulation: {replicates: 3, seed: 11}
"""


def ward(scale: str, level: str, effect: str, sizes: tuple[float, float, float], rest: str = "") -> str:
    text = WARD.replace("SCALE", scale).replace("LEVEL", level).replace("EFFECT", effect).replace("REST", rest)
    text = text.replace("TEST", "test: regression")
    for letter, size in zip("ABC", sizes, strict=True):
        text = text.replace(f": {letter}}}", f": {size}}}")
    return text


def share(row: np.ndarray) -> float:
    """Of an activity of one participant: start, end, planned and delivered ticks."""
    return float(row[3] / max(row[2], 1)) if row[1] >= 0 else 0.0


def test_each_effect_is_scaled_by_its_own_activities() -> None:
    """With an SD near 0 a value is its location: 10 - 2 x share of massage + 1 x share of music + 4 x the smaller."""
    study = prepare(loads(ward("normal", "mean: 10, sd: 1e-9", "difference", (-2.0, 1.0, 4.0))))
    cohort = simulate(study, range(3), twins=("declared", "null"))
    program, trace = study.program, cohort.trace
    assert program is not None
    assert trace is not None
    names = [activity.name for activity in program.activities]
    values = cohort.measurements.values
    partial, minutes = 0, np.array([10.0, 30.0]) / 40.0
    columns = [A_START, A_END, A_PLANNED, A_DELIVERED]
    for r in range(3):
        for n in range(40):
            arm = int(cohort.entries.arm[r, n])
            if arm < 0 or np.isnan(values[0, r, n, 0]):
                continue
            each = {name: share(trace.activities[r, n, names.index(name)][columns]) for name in names}
            massage = float(minutes @ [each["massage short"], each["massage long"]])
            music = each["songs"]
            location = 10.0
            if arm >= 2:
                location -= 2.0 * massage
            if arm % 2 == 1:
                location += 1.0 * music
            if arm == 3:
                location += 4.0 * min(massage, music)
            partial += arm == 3 and 0.0 < massage < 1.0 and massage != music
            assert values[0, r, n, 0] == pytest.approx(location, abs=1e-7)
            assert values[1, r, n, 0] == pytest.approx(10.0, abs=1e-7)
    assert partial > 5


def test_the_sum_of_shares_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: an interaction that acts by the larger share."""
    study = prepare(loads(ward("normal", "mean: 10, sd: 1e-9", "difference", (0.0, 0.0, 4.0))))
    right = simulate(study, range(3)).measurements.values
    monkeypatch.setattr(predictor.np, "min", np.max)
    wrong = simulate(study, range(3)).measurements.values
    assert not np.array_equal(right, wrong, equal_nan=True)


def test_full_delivery_leaves_nothing_out() -> None:
    """Without patience and interruptions everything is given, and no arm loses anything."""
    text = ward("normal", "mean: 10, sd: 1", "difference", (-2.0, 1.0, 4.0))
    for part in ("    give_up_after: 5 min\n", ", give_up_after: 10 min", ", give_up_after: 15 min"):
        text = text.replace(part, "")
    text = text.replace("    interrupted: {chance: 50 %, for: 2 min, stopped: 80 %}\n", "")
    study = prepare(loads(text))
    cohort = simulate(study, range(2))
    inputs = PredictorInputs(study.response, cohort.entries, cohort.trace, 11, range(2))
    lost = not_delivered(inputs, study.response.points[0])
    assert lost is not None
    came = np.isfinite(cohort.measurements.values[0, :, :, 0])
    assert came.any()
    np.testing.assert_allclose(lost[came], 0.0, atol=1e-12)


def test_a_count_is_moved_in_pieces() -> None:
    """Events are counted from before the activities to after them: the expected number is the sum over pieces.

    The slow form walks through the ends of the activities; dispersion 0 and a large mean make a count nearly its mean.
    """
    text = ward("count", "mean: 1e5, dispersion: 0", "rate_ratio", (0.5, 1.5, 2.0), "over: [pre, post]")
    text = text.replace("    visits: [post]\n", "")
    text = text.replace("  - activity: massage short", "  - visit: pre\n  - activity: massage short")
    study = prepare(loads(text))
    cohort = simulate(study, range(2))
    program, trace = study.program, cohort.trace
    assert program is not None
    assert trace is not None
    names = [activity.name for activity in program.activities]
    planned = study.response.points[0].follow
    assert planned is not None
    weights = {"massage short": 0.25, "massage long": 0.75, "songs": 1.0}
    logs, checked = np.log([0.5, 1.5, 2.0]), 0
    for r in range(2):
        for n in range(40):
            arm, count = int(cohort.entries.arm[r, n]), cohort.measurements.values[0, r, n, 0]
            if arm < 0 or np.isnan(count):
                continue
            start, end = trace.visits[r, n, 0, V_TIME], trace.visits[r, n, 1, V_TIME]
            done = sorted(
                (int(row[A_END]), name, float(row[A_DELIVERED] / row[A_PLANNED]))
                for name in weights
                if (row := trace.activities[r, n, names.index(name)])[A_END] >= 0
            )
            total, at, shares = 0.0, int(start), {"massage": 0.0, "music": 0.0}

            def rate(shares: dict[str, float], arm: int = arm) -> float:
                eta = logs[0] * shares["massage"] * (arm >= 2) + logs[1] * shares["music"] * (arm % 2)
                return float(np.exp(eta + logs[2] * min(shares.values()) * (arm == 3)))

            for when, name, part in done:
                total += (when - at) * rate(shares)
                at = when
                shares["music" if name == "songs" else "massage"] += weights[name] * part
            total += (int(end) - at) * rate(shares)
            wanted = 1e5 * total / (planned.planned * planned.unit)
            assert count == pytest.approx(wanted, rel=0.02)
            checked += len(done) > 1
    assert checked > 5


def test_the_shipped_scenario_has_both_shares() -> None:
    text = (Path(__file__).parents[2] / "scenarios" / "massage-by-music.yaml").read_text(encoding="utf-8")
    terms = {term.name: term for term in prepare(loads(text)).response.points[1].terms}
    assert [len(by_arm[3]) for by_arm in terms["massage x music"].own] == [1, 2]
    assert terms["massage"].own[0][:2] == ((), ())
