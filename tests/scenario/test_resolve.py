"""What resolving writes out, and the sums behind its checks."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from trialsim.errors import ScenarioError
from trialsim.numbers.draws import uniforms
from trialsim.numbers.normal import ndtri
from trialsim.protocol.compile import compile_protocol
from trialsim.protocol.steps import Activity, Hold
from trialsim.scenario import Scenario, load, loads, resolve
from trialsim.scenario.checks.levels import possible_sd
from trialsim.scenario.correlation import first_impossible, latent_correlation
from trialsim.scenario.model import ArmLevels, Level
from trialsim.scenario.outline import outline
from trialsim.scenario.shipped import shipped_scenarios

ROOT = Path(__file__).parent.parent.parent / "scenarios"


def codes(caught: pytest.ExceptionInfo[ScenarioError]) -> list[str]:
    return [fault.code for fault in caught.value.faults]


def lesson(name: str) -> Scenario:
    return load(ROOT / "lessons" / f"{name}.yaml")


def test_defaults_are_written_out() -> None:
    plain, picu = load(ROOT / "textbook-ancova.yaml"), load(ROOT / "picu-blood-draw.yaml")
    nicu, anova = load(ROOT / "nicu-parent-massage.yaml"), lesson("textbook-anova")
    assert (plain.design.reference, plain.design.allocation.method) == ("control", "in turn")
    assert anova.design.allocation.ratio == "1:1:1"
    assert (nicu.design.allocation.method, nicu.design.allocation.block) == ("simple", None)
    assert (picu.design.allocation.method, picu.design.allocation.block) == ("permuted blocks", 6)
    assert (lesson("many-arms").design.allocation.block) == 8
    assert nicu.design.enroll.in_all == 22
    assert plain.analyses["main"].alpha is not None
    assert plain.analyses["main"].alpha.value == 0.05
    assert lesson("textbook-t-test").analyses["main"].contrast == "treated - control"
    assert nicu.primary == ("all_mothers_log",)
    response = picu.outcomes["fear"].responds_to or nicu.outcomes["infant_cortisol"].responds_to
    assert response["massage"].lag is not None
    assert response["massage"].responders is not None
    assert (response["massage"].lag.value, response["massage"].responders.value) == (0.0, 1.0)


def test_correlations_left_out_take_the_other_or_zero() -> None:
    picu = load(ROOT / "picu-blood-draw.yaml").outcomes["cortisol"].correlation
    assert picu.within_session is not None
    assert picu.within_session.value == 0.5
    alone = lesson("textbook-t-test").outcomes["score"].correlation
    assert alone.between_sessions is not None
    assert alone.between_sessions.value == 0


def test_every_visit_has_a_level_for_every_arm() -> None:
    picu = load(ROOT / "picu-blood-draw.yaml")
    for outcome in picu.outcomes.values():
        assert outcome.level is None
        assert tuple(outcome.by_visit) == outcome.visits
        for level in outcome.by_visit.values():
            assert isinstance(level, Level) or list(level.by_arm) == list(picu.design.arms)


def test_an_arm_takes_the_spread_of_the_reference() -> None:
    level = lesson("massage-course").outcomes["stress"].by_visit["end"]
    assert isinstance(level, ArmLevels)
    assert level.by_arm["massage"].sd == level.by_arm["usual care"].sd
    ordinal = lesson("cold-spray").outcomes["pain"].by_visit["draw"]
    assert isinstance(ordinal, ArmLevels)
    assert ordinal.by_arm["cold spray"].sd is None  # a mean alone on an ordinal scale: proportional odds


def test_repeats_are_written_out_as_the_engine_names_them() -> None:
    course = lesson("massage-course")
    assert course.outcomes["cortisol"].visits == ("pre 1", "pre 2", "pre 3", "post 1", "post 2", "post 3")
    assert course.outcomes["cortisol"].window is not None
    assert course.outcomes["cortisol"].window.visits == ("post 1", "post 2", "post 3")
    assert course.outcomes["stress"].responds_to["massage"].visits == ("post 1", "post 2", "post 3")
    assert course.setting is not None
    program = compile_protocol(
        course.protocol,
        course.setting.resources,
        arms=tuple(course.design.arms),
        starts=course.setting.starts,
        sites=tuple(course.setting.sites),
    )
    points = outline(course.protocol, course.visits, course.design.arms)
    assert tuple(points.visits) == program.visits
    assert tuple(point.session for point in points.visits.values()) == program.visit_session


def test_a_step_that_bears_the_name_of_an_arm_belongs_to_it() -> None:
    hold = load(ROOT / "nicu-parent-massage.yaml").protocol[3]
    assert isinstance(hold, Hold)
    massage = hold.steps[1]
    assert isinstance(massage, Activity)
    assert massage.arms == ("massage",)


def test_amounts_are_turned_into_the_unit_of_the_outcome() -> None:
    figure = load(ROOT / "nicu-parent-massage.yaml").published[0]
    assert figure.mean is not None
    assert figure.mean.unit == "nmol/L"
    assert figure.mean.value == pytest.approx(-26.47 * 0.02759, rel=1e-12)  # 1 ug/dL = 27.59 nmol/L = 1,000 ng/dL
    limit = lesson("detection-limit").outcomes["root"].instrument.detection_limit
    assert limit is not None
    assert (limit.value, limit.unit) == (pytest.approx(1.38 / 2.759, rel=1e-12), "ng/mL")


def test_scales_that_need_no_saying() -> None:
    lessons = lesson("detection-limit").outcomes["left out"], lesson("many-arms").outcomes["sleeps"]
    assert [outcome.distribution for outcome in lessons] == ["lognormal", "binary"]
    assert load(ROOT / "picu-blood-draw.yaml").outcomes["fear"].distribution == "ordinal"


def test_resolving_twice_changes_nothing() -> None:
    for file in ROOT.rglob("*.yaml"):
        once = load(file)
        assert resolve(once.written) == once


def test_possible_sd_is_attained_by_two_point_distributions() -> None:
    """The ends are the SDs of what puts everything on two categories; 2,000 random distributions lie between."""
    categories = (0.0, 2.0, 4.0, 6.0, 8.0, 10.0)
    low, high = possible_sd(categories, 3.5)
    assert low == pytest.approx(math.sqrt(0.25 * 0.75) * 2)
    assert high == pytest.approx(math.sqrt(0.35 * 0.65) * 10)
    parts = np.log(uniforms(1, "consent", replicates=range(2_000), participants=6)) ** 2  # uneven on purpose
    for weights in parts / parts.sum(axis=1, keepdims=True):
        mean = float(weights @ categories)
        sd = math.sqrt(float(weights @ (np.array(categories) - mean) ** 2))
        bounds = possible_sd(categories, mean)
        assert bounds[0] - 1e-9 <= sd <= bounds[1] + 1e-9
    assert possible_sd(categories, 4.0)[0] == 0.0


def test_the_latent_matrix_follows_the_rule() -> None:
    picu = load(ROOT / "picu-blood-draw.yaml")
    pairs, matrix = latent_correlation(picu, outline(picu.protocol, picu.visits, picu.design.arms))
    at = {pair: i for i, pair in enumerate(pairs)}
    assert matrix[at["fear", "before"]][at["fear", "during"]] == 0.6
    assert matrix[at["pain", "during"]][at["fear", "during"]] == 0.5
    assert matrix[at["pain", "during"]][at["fear", "after"]] == pytest.approx(0.5 * math.sqrt(0.6 * 0.6))
    assert matrix[at["cortisol", "day 1"]][at["fear", "during"]] == 0
    assert first_impossible(matrix) is None


def test_impossible_matrices_are_the_ones_with_a_negative_eigenvalue() -> None:
    values = [-0.9, -0.45, 0.0, 0.55, 0.95]
    seen = set()
    for a in values:
        for b in values:
            for c in values:
                matrix = [[1, a, b], [a, 1, c], [b, c, 1]]
                impossible = np.linalg.eigvalsh(np.array(matrix)).min() <= 1e-9
                assert (first_impossible(matrix) is not None) == impossible
                seen.add(impossible)
    assert seen == {True, False}


PLAIN = (ROOT / "textbook-ancova.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("difference: -0.2", "odds_ratio: 2", "TS-E024"),
        ("test: ancova, baseline: baseline", "test: chi-square", "TS-E065"),
        ("normal", "lognormal", "TS-E024"),
        ("[baseline, post]\n", "[]\n", "TS-E004"),
        ("seed: 1", "seed: -1", "TS-E013"),
        ("contrast: treated - control", "alternative: upward", "TS-E010"),
    ],
)
def test_small_faults_in_a_small_study(old: str, new: str, code: str) -> None:
    assert old in PLAIN
    with pytest.raises(ScenarioError) as caught:
        loads(PLAIN.replace(old, new, 1))
    assert code in codes(caught)


def test_faults_of_all_kinds_are_found_at_once() -> None:
    """Unknown keys, bad values, missing keys and names that do not exist do not hide each other."""
    text = PLAIN.replace("title:", "titel:").replace("mean: 2.5", "mean: 2.5 kg").replace("28 d", "28")
    text = text.replace("outcome: score", "outcome: scores").replace('"1:1"', '"1:1:1"')
    text = text.replace("primary: main", "primary: main\ncosts: {participant: 5 EUR}")
    with pytest.raises(ScenarioError) as caught:
        loads(text)
    assert set(codes(caught)) == {"TS-E003", "TS-E004", "TS-E012", "TS-E032", "TS-E040"}


@pytest.mark.parametrize("fault", ["consent: 150 %", "consent: {value: 150 %, assumed: a guess}", "consent: soon"])
def test_one_fault_deep_in_a_part_is_one_fault(fault: str) -> None:
    """Nothing is said to be missing because its part could not be read: staff, sites, their names elsewhere."""
    file = shipped_scenarios()["massage-course"].path
    text = file.read_text(encoding="utf-8")
    found = text.replace("consent: 70 %", fault)
    assert found != text
    with pytest.raises(ScenarioError) as caught:
        loads(found, folder=file.parent)
    assert [one.path.split(".")[:3] for one in caught.value.faults] == [["setting", "patients", "consent"]]


def test_the_lesson_of_the_responders_is_what_its_file_says() -> None:
    """Paired t-tests on 20,000 null studies of 22 mothers, drawn here from the file's own numbers.

    The Monte Carlo SE is at most .0024, so a true value outside the stated ranges by .01 would be seen.
    """
    outcome = lesson("nicu-responders").outcomes["maternal_cortisol"]
    level, rho = outcome.by_visit["pre"], outcome.correlation.within_session
    assert isinstance(level, Level)
    assert level.sd_log is not None
    assert rho is not None
    replicates = range(20_000)
    z = [
        uniforms(5, f"response/maternal_cortisol/{visit}", replicates=replicates, participants=22)
        for visit in ("pre", "post")
    ]
    first, second = (np.vectorize(ndtri)(part) for part in z)
    pre = np.exp(level.sd_log.value * first)
    post = np.exp(level.sd_log.value * (rho.value * first + math.sqrt(1 - rho.value**2) * second))
    change = post / pre - 1
    difference = post - pre
    fell = rejection(np.where(change < -0.10, difference, np.nan))
    moved = rejection(np.where(np.abs(change) > 0.155, difference, np.nan))
    everybody = rejection(difference)
    assert 0.85 < fell < 0.91
    assert 0.04 < moved < 0.06
    assert 0.035 < everybody < 0.06


def rejection(x: np.ndarray) -> float:
    """Share of rows whose one-sample t-test of the finite values rejects at 5 %, two-sided."""
    from scipy.special import stdtrit

    n = np.isfinite(x).sum(axis=1)
    enough = n > 1
    x, n = np.where(np.isfinite(x), x, 0.0)[enough], n[enough]
    mean = x.sum(axis=1) / n
    variance = ((x**2).sum(axis=1) - n * mean**2) / (n - 1)
    return float(np.sum(np.abs(mean) * np.sqrt(n / variance) > stdtrit(n - 1, 0.975)) / len(enough))


@pytest.mark.parametrize(
    ("size", "code"),
    [("1e200", "TS-E133"), ("1e-300", "TS-E133"), ("1e308", "TS-E133"), ("1e400", "TS-E012"), ("200", "TS-E023")],
)
def test_numbers_beyond_any_use_are_faults_not_crashes(size: str, code: str) -> None:
    text = (
        PLAIN.replace("normal", "lognormal")
        .replace("sd: 0.4", f"sd_log: {size}")
        .replace("difference: -0.2", "ratio: 0.8")
    )
    with pytest.raises(ScenarioError) as caught:
        loads(text)
    assert {fault.code for fault in caught.value.faults} == {code}
    assert "inf" not in str(caught.value)
