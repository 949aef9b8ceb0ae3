"""Numbers that a scenario gives: none passed over, none silent, none that takes the name of something else.

Exact, so no false alarms.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trialsim import study as studies
from trialsim.errors import ScenarioError
from trialsim.evaluate.columns import FAMILY
from trialsim.evaluate.summaries import TRIAL
from trialsim.numbers.distributions import quantile
from trialsim.prepared import warnings_of
from trialsim.quantities.refuse import did_you_mean
from trialsim.quantities.words import read_categories
from trialsim.report.explain import explain
from trialsim.scenario import load, loads
from trialsim.scenario.checks.doubts import doubts
from trialsim.scenario.checks.taken import PARTICIPANT_COLUMNS, POINT_COLUMNS, ROWS
from trialsim.scenario.dump import dump
from trialsim.scenario.shipped import shipped_scenarios

PLAIN = """
trialsim: 1
name: plain
title: Plain
design: {arms: {a: A, b: B}, allocation: {method: in turn}, enroll: 40}
participants:
  age: {mean: 10 y, sd: 2 y}
visits: {pre: 0 d, post: 1 d}
outcomes:
  y:
    distribution: normal
    visits: [pre, post]
    level: {mean: 5, sd: 1}
    correlation: {between_sessions: 0.5}
analyses:
  main: {outcome: y, visit: post, test: ancova, baseline: pre}
primary: main
"""
WARD = """
trialsim: 1
name: ward
title: Ward
setting:
  starts: 2026-01-05
  patients: {arrive: {every: 6 h}, consent: 100 %}
  resources: {nurse: {units: 1}}
  sites: {x: 50 %, y: 50 %}
design: {arms: {a: A, b: B}, enroll: 6}
participants: {age: {mean: 10 y, sd: 2 y}}
protocol:
  - visit: pre
  - {activity: massage, arms: [b], lasts: {mean: 45 min, sd: 5 min}}
  - visit: post
  - wait: {for: 1 d}
  - visit: later
outcomes:
  y:
    distribution: normal
    visits: [pre, post, later]
    level: {mean: 5, sd: 1}
    correlation: {within_session: 0.5}
analyses:
  main: {outcome: y, change: {from: pre, to: post}, test: t}
primary: main
"""


def changed(text: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


def refused(text: str) -> list[tuple[str, str]]:
    with pytest.raises(ScenarioError) as caught:
        loads(text)
    return [(fault.code, fault.path) for fault in caught.value.faults]


# ---------------------------------------------------------------- more numbers than one place has room for


@pytest.mark.parametrize(
    ("place", "spread"),
    [
        ("protocol.1.lasts", "{mean: 45 min, iqr: [10 min, 20 min]}"),
        ("protocol.1.lasts", "{mean: 45 min, sd: 5 min, cv: 0.9}"),
        ("protocol.3.wait.for", "{q10: 5 h, q90: 90 h, mean: 30 h}"),
        ("participants.age", "{gamma: {mean: 10 y, sd: 2 y, shape: 3}}"),
        ("participants.age", "{mean: 10 y, sd: 2 y, median: 9 y}"),
    ],
)
def test_one_mechanism_refuses_too_many_numbers_everywhere(place: str, spread: str) -> None:
    text = {
        "protocol.1.lasts": changed(WARD, ("{mean: 45 min, sd: 5 min}", spread)),
        "protocol.3.wait.for": changed(WARD, ("for: 1 d", f"for: {spread}")),
        "participants.age": changed(WARD, ("{mean: 10 y, sd: 2 y}", spread)),
    }[place]
    assert [code for code, _ in refused(text)] == ["TS-E016"]


def test_priors_and_levels_are_held_to_the_same() -> None:
    prior = changed(PLAIN, ("mean: 5,", "mean: {value: 5, prior: {normal: {mean: 5, sd: 1, iqr: [4, 6]}}},"))
    assert [code for code, _ in refused(prior)] == ["TS-E016"]
    level = changed(PLAIN, ("{mean: 5, sd: 1}", "{mean: 5, sd: 1, cv: 0.9}"))
    assert refused(level) == [("TS-E022", "outcomes.y.level")]
    level = changed(PLAIN, ("{mean: 5, sd: 1}", "{mean: 5, iqr: [4, 6]}"))
    assert refused(level) == [("TS-E022", "outcomes.y.level")]


def test_quantiles_that_are_missed_are_told_with_what_is_played() -> None:
    """A lognormal of median 5 and quartile ratio 2.4 has the quartiles 5 / sqrt(2.4) = 3.23 and 5 sqrt(2.4) = 7.75."""
    text = changed(WARD, ("{mean: 45 min, sd: 5 min}", "{median: 5 min, iqr: [2.5 min, 6 min]}"))
    (told,) = doubts(loads(text))
    assert "protocol.1.lasts" in told
    assert "2.5, 5, 6 min" in told
    assert "3.23, 5, 7.75 min" in told
    lasts: Any = loads(text).protocol[1]
    played = quantile(lasts.lasts.distribution, np.array([0.25, 0.75])) / 60
    assert played == pytest.approx([5 / 2.4**0.5, 5 * 2.4**0.5], rel=1e-12)
    near = changed(WARD, ("{mean: 45 min, sd: 5 min}", "{median: 4 min, iqr: [2.6 min, 6 min]}"))  # misses by 1.7 %
    assert doubts(loads(near)) == ()


def test_quantiles_of_a_level_are_told_once() -> None:
    text = changed(PLAIN, ("{mean: 5, sd: 1}", "{median: 3, iqr: [2.9, 9]}"))
    (told,) = doubts(loads(text))
    assert told.startswith("outcomes.y: no normal distribution")
    assert told in warnings_of(loads(text))


def test_shipped_scenarios_give_no_rise_to_doubts() -> None:
    assert [text for one in shipped_scenarios().values() for text in doubts(load(one.path))] == []


# ---------------------------------------------------------------- correlations are declared, 0 included


def test_silence_about_two_sessions_is_refused_and_zero_is_not() -> None:
    silent = changed(PLAIN, ("    correlation: {between_sessions: 0.5}\n", ""))
    assert refused(silent) == [("TS-E111", "outcomes.y.correlation")]
    other = changed(PLAIN, ("between_sessions", "within_session"))
    assert refused(other) == [("TS-E111", "outcomes.y.correlation")]
    loads(changed(PLAIN, ("between_sessions: 0.5", "between_sessions: 0")))
    loads(changed(silent, ("test: ancova, baseline: pre", "test: t")))  # one visit alone needs none


def test_visits_of_one_session_need_their_own_correlation() -> None:
    loads(WARD)
    assert refused(changed(WARD, ("within_session", "between_sessions"))) == [("TS-E111", "outcomes.y.correlation")]
    both = changed(WARD, ("to: post", "to: later"))
    assert refused(both) == [("TS-E111", "outcomes.y.correlation")]
    loads(changed(both, ("within_session", "between_sessions")))
    three = changed(WARD, ("to: post}, test: t}", "to: later}, test: ancova, baseline: post}"))
    assert refused(three) == [("TS-E111", "outcomes.y.correlation")]  # pre and post share a session, later does not
    loads(changed(three, ("within_session: 0.5", "within_session: 0.5, between_sessions: 0.4")))


# ---------------------------------------------------------------- names that are taken


def test_names_that_are_taken_are_those_of_the_tables() -> None:
    twins = "family: {size: {choice: {1: 50 %, 2: 50 %}}, allocated: apart, icc: 10 %}"
    study = studies.prepare(loads(f"{WARD}\n{twins}\n"))
    trial = studies.simulate(study, range(1)).one(0)
    columns = {*trial.participants().columns, *trial.allocation().columns}
    wedge = studies.prepare(load(Path(__file__).parents[1] / "kinds" / "wedge.yaml"))
    columns |= {*studies.simulate(wedge, range(1)).one(0).participants().columns}
    assert columns - {"age"} == set(PARTICIPANT_COLUMNS)
    assert set(ROWS) == {TRIAL, FAMILY}


def test_names_that_are_taken_are_those_of_the_points_of_an_assurance() -> None:
    from trialsim.assurance import find_assurance
    from trialsim.report.assurance import points_frame

    text = changed(
        PLAIN, ("{mean: 5, sd: 1}", "{mean: {value: 5, prior: {normal: {mean: 5, sd: 1}, name: own}}, sd: 1}")
    )
    gap = "effects: {b: {difference: {value: 1, prior: {normal: {mean: 1, sd: 0.5}, name: gap}}, visits: [post]}}"
    effect = changed(text, ("correlation:", f"{gap}\n    correlation:"))
    frame = points_frame(find_assurance(loads(effect), replicates=100, points=20))
    assert set(frame.columns) - {"own", "gap", "quantile of own", "quantile of gap"} == set(POINT_COLUMNS)


@pytest.mark.parametrize("name", [*PARTICIPANT_COLUMNS, "Arm", "END_REASON"])
def test_a_covariate_cannot_bear_them(name: str) -> None:
    assert refused(changed(PLAIN, ("  age:", f"  {name}:"))) == [("TS-E110", f"participants.{name}")]


# ---------------------------------------------------------------- bounded scales


def test_ranges_of_categories() -> None:
    assert read_categories("0..10") == tuple(float(k) for k in range(11))
    assert read_categories("0..100 by 5") == tuple(float(k) for k in range(0, 101, 5))
    assert read_categories("0..1 by 0.1") == tuple(round(0.1 * k, 1) for k in range(11))
    assert read_categories("-2..2") == (-2.0, -1.0, 0.0, 1.0, 2.0)
    assert read_categories([0, 1]) == [0, 1]


SCORE = changed(
    PLAIN,
    (
        "    distribution: normal\n",
        "    categories: 0..100 by 5\n    labels: {0: none, 100: worst}\n    better: lower\n",
    ),
    ("{mean: 5, sd: 1}", "{mean: 50, sd: 20}"),
)


def test_a_scale_its_words_and_its_good_side_come_back_from_the_resolved_form() -> None:
    scenario = loads(SCORE)
    outcome = scenario.outcomes["y"]
    assert outcome.distribution == "ordinal"
    assert (outcome.better, dict(outcome.labels)) == ("lower", {"0": "none", "100": "worst"})
    assert loads(dump(scenario)) == scenario
    lines = " ".join(line for part in explain(studies.prepare(scenario)) for line in part.lines)
    assert "0 to 100 by 5" in lines
    assert "0 is none and 100 is worst" in lines
    assert "lower is better" in lines


def test_a_normal_off_its_scale_is_warned_of() -> None:
    """P(N(2, 3) < 0) + P(N(2, 3) > 10) = Phi(-2/3) + Phi(-8/3) = .2525 + .0038."""
    text = changed(PLAIN, ("    visits: [pre, post]\n", "    limits: [0, 10]\n    visits: [pre, post]\n"))
    assert doubts(loads(text)) == ()  # 5 SD away
    (told,) = doubts(loads(changed(text, ("{mean: 5, sd: 1}", "{mean: 2, sd: 3}"))))
    assert "26 % of a normal" in told
    assert "categories: 0..10" in told


# ---------------------------------------------------------------- remedies


def test_no_remedy_proposes_what_was_typed() -> None:
    assert did_you_mean("sd", ["sd"]) == ""
    assert did_you_mean("SD", ["sd"]) == "Did you mean 'sd'?"
    text = changed(PLAIN, ("{mean: 5, sd: 1}", "{by_arm: {a: {mean: 5, sd: 1}, b: {mean: 6}}, sd: 1}"))
    with pytest.raises(ScenarioError) as caught:
        loads(text)
    (fault,) = caught.value.faults
    assert "inside by_arm" in fault.remedy


@pytest.mark.parametrize(
    ("scale", "fits", "does_not"),
    [
        ("distribution: normal", "difference", ("odds_ratio", " ratio")),
        ("distribution: lognormal", " ratio", ("odds_ratio", "difference")),
        ("categories: 0..10", "odds_ratio, visits", (" ratio",)),
        ("distribution: binary", "odds_ratio", (" ratio", "difference")),
    ],
)
def test_the_keys_listed_fit_the_scale(scale: str, fits: str, does_not: tuple[str, ...]) -> None:
    effect = "effects: {b: {xyz: 1}}\n    correlation:"
    with pytest.raises(ScenarioError) as caught:
        loads(changed(PLAIN, ("distribution: normal", scale), ("correlation:", effect)))
    remedy = next(fault.remedy for fault in caught.value.faults if fault.code == "TS-E003")
    assert fits in remedy
    assert not [key for key in does_not if f"{key}," in remedy]
