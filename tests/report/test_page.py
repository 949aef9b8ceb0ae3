"""What the report says first: of one primary analysis, of several."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from ruamel.yaml import YAML

from trialsim.report import document
from trialsim.report.page import analysis_rows, answer, cards
from trialsim.report.run_page import run_page
from trialsim.runs.run import FinishedRun, run
from trialsim.scenario import load, loads
from trialsim.scenario.dump import dump
from trialsim.scenario.provenance import provenance
from trialsim.scenario.shipped import shipped_scenarios


def render(finished: FinishedRun, drawn: Sequence[tuple[str, document.Graphic]]) -> str:
    """The page of a run as text."""
    return document.render(run_page(finished, drawn))


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    course = load(shipped_scenarios()["massage-course"].path)
    assert course.primary == ("end_all", "session_1")
    return run(course, tmp_path_factory.mktemp("out"), replicates=300, truth=False)


def rejections(of: FinishedRun, twin: str, *rows: int) -> NDArray[np.bool_]:
    """(R, rows) of the estimates kept, counted here anew."""
    kept = of.characteristics.kept
    return kept.p[kept.twins.index(twin)][:, list(rows)] <= np.array([kept.rows[row].alpha for row in rows])


def in_percent(found: NDArray[np.bool_]) -> tuple[str, str]:
    """A share and its Monte Carlo standard error in points, both to the error's second digit."""
    share, n = found.mean(), len(found)
    error = 100 * math.sqrt(share * (1 - share) / n)
    digits = 1 - math.floor(math.log10(error))
    return f"{100 * share:.{digits}f} %", f"{error:.{digits}f}"


def text_of(page: str) -> str:
    """What a reader sees of a page, with plain spaces."""
    words = re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL))
    return re.sub(r"\s+", " ", html.unescape(words))


def test_of_several_primary_analyses_any_and_all_are_told(several: FinishedRun) -> None:
    plan = several.study.analysis.primary
    both = rejections(several, "declared", *plan)
    some, error = in_percent(both.any(axis=1))
    none = f"at most {math.ceil(1000 * (1 - 0.025 ** (1 / len(both)))) / 10:.1f} %"  # Clopper and Pearson, rounded up
    assert not both.all(axis=1).any(), "the third number is a bound here"
    twin = several.characteristics.kept.twins[-1]
    null, null_error = in_percent(rejections(several, twin, *plan).any(axis=1))
    assert answer(several).endswith(
        f"at least one of the primary analyses end all and session 1 rejects in {some} of simulated trials if everything is "
        f"as declared (Monte Carlo standard error {error} percentage points), and all of them in 0 % of these trials ({none})."
    )
    shown = [(card.value, card.error) for card in cards(several)[:3]]
    assert shown == [(some, f"± {error}"), ("0 %", none), (null, f"± {null_error}")]
    rows = [(row["contrast"], row["power"]) for row in analysis_rows(several)[:2]]
    assert rows == [("any", f"{some} ± {error}"), ("all", f"0 % ({none})")]


def test_of_one_primary_analysis_nothing_is_said_of_a_family(tmp_path: Path) -> None:
    one = run(load(shipped_scenarios()["textbook-ancova"].path), tmp_path / "out", replicates=100, truth=False)
    assert answer(one).startswith("With 84 participants in 2 arms as the target, the primary analysis main rejects in")
    assert analysis_rows(one)[0]["analysis"] == "main"


def test_a_number_and_its_sign_stay_together(several: FinishedRun) -> None:
    page = render(several, [])
    some, _ = in_percent(rejections(several, "declared", *several.study.analysis.primary).any(axis=1))
    assert some.replace(" ", "\N{NO-BREAK SPACE}") in page
    assert "±\N{NO-BREAK SPACE}" in page


# ---------------------------------------------------------------- the headline


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """A t-test of 60 people without a ward, 400 times."""
    return run(load(shipped_scenarios()["textbook-t-test"].path), tmp_path_factory.mktemp("plain"), replicates=400)


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """A ward on which most trials do not enroll their target in time."""
    study = load(shipped_scenarios()["picu-blood-draw"].path, set=["design.within=5 months"])
    return run(study, tmp_path_factory.mktemp("late"), replicates=200, truth=False)


def test_the_headline_and_its_error_are_those_of_the_trials(plain: FinishedRun) -> None:
    power, error = in_percent(rejections(plain, "declared", 0))
    null, null_error = in_percent(rejections(plain, "null", 0))
    assert answer(plain) == (
        f"With 60 participants in 2 arms as the target, the primary analysis main rejects in {power} of simulated trials if "
        f"everything is as declared (Monte Carlo standard error {error} percentage points)."
    )
    assert [(card.value, card.error, card.bad) for card in cards(plain)] == [
        (power, f"± {error}", False), (null, f"± {null_error}", False),
    ]  # fmt: skip
    shown = text_of(render(plain, []))
    assert f"{power} power of the primary analysis (± {error})" in shown
    assert f"{null} rejections when there is nothing to find (± {null_error})" in shown
    assert shown.count("Numbers after ± are Monte Carlo standard errors") == 1


def test_the_shortfall_is_that_of_the_trials(late: FinishedRun) -> None:
    kept = late.characteristics.kept
    enrolled = kept.trial_values("enrolled")
    error = enrolled.std(ddof=1) / math.sqrt(len(enrolled))
    digits = 1 - math.floor(math.log10(error))
    reached, share_error = in_percent(kept.trial_values("target_reached_in_time")[:, None] == 1.0)
    assert answer(late).startswith(
        f"On average {enrolled.mean():.{digits}f} ± {error:.{digits}f} of 99 participants are enrolled in 5 months; {reached} "
        f"± {share_error} of simulated trials reach the target. With 99 participants in 3 arms as the target, "
    )
    assert ("of trials enroll their target in time", f"± {share_error}") in [
        (card.label, card.error) for card in cards(late)
    ]


def test_a_headline_of_all_trials_has_its_bound(tmp_path: Path) -> None:
    """100 of 100 trials reject: the power is at least .025^(1/100) = 96.38 %, rounded down."""
    study = load(shipped_scenarios()["textbook-t-test"].path, set=["outcomes.score.effects.treated.difference=5"])
    sure = run(study, tmp_path, replicates=100, truth=False)
    assert "rejects in 100 % of simulated trials if everything is as declared (at least 96.3 %)." in answer(sure)
    assert (cards(sure)[0].value, cards(sure)[0].error) == ("100 %", "at least 96.3 %")
    assert analysis_rows(sure)[0]["power"] == "100 % (at least 96.3 %)"


def test_a_headline_that_rejects_too_often_is_no_power(tmp_path: Path) -> None:
    study = load(shipped_scenarios()["nicu-parent-massage"].path, set=["primary=those_who_fell"])
    bad = run(study, tmp_path, replicates=100, truth=False)
    p = bad.characteristics.kept.p[2, :, bad.study.analysis.primary[0]]
    rate = f"{100 * (p[np.isfinite(p)] <= 0.05).mean():.1f} %"
    said = answer(bad)
    assert (
        f"This is not a power: without the declared effects (no change twin) it rejects in {rate} of the trials" in said
    )
    assert "where 5.0 % would be right." in said
    assert cards(bad)[0].bad
    assert cards(bad)[0].label == "rejections of the primary analysis, which rejects too often"
    page = render(bad, [])
    assert '<div class="card bad">' in page
    rows = {row["analysis"]: row for row in analysis_rows(bad)}
    assert rows["those_who_fell"]["bad"]
    assert not rows["all_mothers_log"]["bad"]
    assert '<td class="far' not in page, "nothing but the verdict is red, and gaps are no verdict"


def test_a_change_that_is_declared_by_visit_is_named_with_its_size(tmp_path: Path) -> None:
    """Levels 10 and 8 by visit, no effect: the null twin still falls by 2, and says so."""
    text = """
trialsim: 1
name: moved
title: Moved
design: {arms: {one: everybody}, enroll: 60}
visits: {pre: 0 d, post: 1 d}
outcomes:
  score:
    distribution: normal
    visits: [pre, post]
    by_visit: {pre: {mean: 10, sd: 2}, post: {mean: 8, sd: 2}}
    correlation: {between_sessions: 0.5}
analyses: {fall: {outcome: score, change: {from: pre, to: post}, test: paired-t}}
primary: fall
"""
    moved = run(loads(text), tmp_path, replicates=100)
    truth = moved.characteristics.value("truth_null_twin", analysis="fall")
    assert abs(truth.value + 2) < 5 * truth.mcse
    assert f"(the true effect there is {truth.value:.3f}" in answer(moved)


# ---------------------------------------------------------------- sentences about what a scenario has


def test_of_a_ward_a_clock_and_a_needle_only_where_there_are_some(
    plain: FinishedRun, late: FinishedRun, several: FinishedRun
) -> None:
    pages = {name: text_of(render(one, [])) for name, one in (("plain", plain), ("late", late), ("course", several))}
    assert "without the declared effects. There is nothing to find in the null twin." in pages["plain"]
    for word in ("clock", "needle", "attempt", "staff", "patients come", "swab", "at full delivery", "type I error of"):
        assert word not in pages["plain"], word
    assert "There is no ward" in pages["plain"]
    assert pages["plain"].count("ward") == 1
    assert "everyone is enrolled at once and measured at the declared times." in pages["plain"]
    assert "; the clock, the attempts (needle) and the ward stay as declared." in pages["late"]
    assert "the clock of Blood cortisol is stopped as well" in pages["late"]
    assert (
        "patients come, consent, wait for staff, are measured at the time at which the visit takes place and leave."
        in pages["late"]
    )
    assert "attempts" not in pages["course"].partition("What was simulated")[0]


@pytest.mark.parametrize("name", sorted(shipped_scenarios()))
def test_every_place_of_a_number_is_a_key_of_the_resolved_file(name: str) -> None:
    """The page names scenario.resolved.yaml, which lies beside it and has every key that it names."""
    scenario = load(shipped_scenarios()[name].path)
    written = YAML(typ="safe").load(dump(scenario))
    rows = provenance(scenario)
    assert rows
    for row in rows:
        assert found_in(written, row.path), row.path
    assert not found_in(written, f"{rows[0].path}.nowhere")  # planted


def found_in(data: object, path: str) -> bool:
    """Whether a path of keys and places, joined by points, leads somewhere; keys may have points of their own."""
    if not path:
        return True
    keys = dict(enumerate(data)) if isinstance(data, list) else data if isinstance(data, dict) else {}
    for key, inner in keys.items():
        rest = path.removeprefix(str(key))
        if rest != path and (not rest or rest[0] == ".") and found_in(inner, rest[1:]):
            return True
    return False


# ---------------------------------------------------------------- planted faults


def replaced(run_: FinishedRun, measure: str, **changes: float) -> FinishedRun:
    """The run with one measure told wrongly."""
    table = tuple(
        replace(one, **changes) if one.measure == measure else one  # type: ignore[arg-type]
        for one in run_.characteristics.measures
    )
    return replace(run_, characteristics=replace(run_.characteristics, measures=table))


def test_planted_faults_in_what_is_read_first_are_seen(plain: FinishedRun, late: FinishedRun) -> None:
    """An error 100 times too small beside the headline, another power, another number enrolled or reached."""
    power = plain.characteristics.value("power", analysis="main")
    for changes in ({"mcse": power.mcse / 100}, {"value": power.value + 0.01}):
        with pytest.raises(AssertionError):
            test_the_headline_and_its_error_are_those_of_the_trials(replaced(plain, "power", **changes))
    for measure, changes in (("enrolled", {"value": 98.0}), ("target_reached_in_time", {"value": 0.5, "mcse": 0.001})):
        with pytest.raises(AssertionError):
            test_the_shortfall_is_that_of_the_trials(replaced(late, measure, **changes))
