"""Families in a study, and the familywise error rate in every configuration of effects: by other ways to the same numbers."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from trialsim import study as studies
from trialsim.analysis import multiplicity
from trialsim.analysis.rows import NOT_TESTED, OK
from trialsim.errors import RunError
from trialsim.evaluate.columns import any_rejected
from trialsim.familywise import FamilywiseErrors, familywise, rates
from trialsim.familywise.configurations import configurations, effects_of, switched, without_arms
from trialsim.familywise.nulls import is_true_null
from trialsim.familywise.records import ArmEffect, Configuration
from trialsim.prepared import Study, prepare
from trialsim.response import respond
from trialsim.scenario import load, loads
from trialsim.scenario.change import change
from trialsim.sizing.closed_form import second_opinion
from trialsim.sizing.target import target_of
from trialsim.truth import find_truth

TEXT = """
trialsim: 1
name: small
title: Three arms, two outcomes, families
design:
  arms: {control: usual care, music: music, massage: massage}
  enroll: {each arm: 15}
visits: {pre: 0 min, post: 30 min}
outcomes:
  fear:
    distribution: normal
    visits: [pre, post]
    level: {mean: 5, sd: 2}
    effects: {music: {difference: -1.5, visits: [post]}, massage: {difference: -1, visits: [post]}}
    correlation: {between_sessions: 0.5}
  pain:
    distribution: normal
    visits: [post]
    level: {mean: 4, sd: 2}
    effects: {music: {difference: -1.2}, massage: {difference: -2}}
    correlation: {with: {fear: 0.5}}
    missing: [{mechanism: MAR, reason: too afraid, chance: 20 %, given: fear, at: post, odds_ratio: 2, per: 1, centered_at: 5}]
analyses:
  fear: {outcome: fear, visit: post, baseline: pre, test: ancova, then: {pairs: t, against: control}}
  pain: {outcome: pain, visit: post, test: anova, then: {pairs: t, against: control}}
  ranks: {outcome: pain, visit: post, test: kruskal-wallis, then: {pairs: mann-whitney}}
  welch: {outcome: pain, visit: post, test: welch, contrast: music - control, alternative: less}
  as good: {outcome: pain, visit: post, test: t, contrast: massage - music, margin: 1}
families:
  confirmatory:
    analyses: [fear/music - control, fear/massage - control, welch]
    method: graph
    alpha: 10 %
    weights: [50 %, 25 %, 25 %]
    transitions: [[0 %, 50 %, 50 %], [100 %, 0 %, 0 %], [100 %, 0 %, 0 %]]
  both: {analyses: [pain/music - control, pain/massage - control], method: dunnett-step-down}
  with_margin: {analyses: [as good, ranks/massage - control], method: holm}
primary: fear
simulation: {replicates: 300, seed: 5}
"""


@cache
def study() -> Study:
    return prepare(loads(TEXT))


@cache
def played():
    return studies.play(study(), range(200)).estimates


def row_of(name: str, contrast: str) -> int:
    return next(i for i, row in enumerate(study().analysis.rows) if (row.analysis, row.contrast) == (name, contrast))


# ---------------------------------------------------------------- members


def test_members_are_adjusted_by_their_family_and_held_back_by_no_gate() -> None:
    found, plan = played(), study().analysis
    for row in plan.families[0].rows:
        assert plan.rows[row].alpha == 0.1
        assert plan.rows[row].family == "confirmatory"
        assert (found.status[:, :, row] == OK).all()
    p, raw = found.p[0][:, plan.families[0].rows], found.p_raw[0][:, plan.families[0].rows]
    first = raw / [0.5, 0.25, 0.25]
    smallest = first.argmin(axis=1)
    assert np.allclose(p[np.arange(200), smallest], np.minimum(first.min(axis=1), 1.0))
    assert (p >= raw).all()


def test_other_pairs_are_adjusted_among_themselves_and_stay_behind_the_gate() -> None:
    found = played()
    members = [row_of("ranks", "massage - control")]
    others = [row_of("ranks", "music - control"), row_of("ranks", "massage - music")]
    main = found.p[0, :, row_of("ranks", "all arms")]
    closed = main > 0.05
    assert closed.any()
    assert (found.status[0][:, others][closed] == NOT_TESTED).all()
    assert (found.status[0][:, members][closed] == OK).all()
    expected = multiplicity.adjust(found.p_raw[0][:, others], "holm")
    np.testing.assert_array_equal(found.p[0][:, others][~closed], expected[~closed])


def test_a_margin_takes_twice_its_p() -> None:
    found, rows = played(), study().analysis.families[2].rows
    raw = found.p_raw[0][:, rows] * [2.0, 1.0]
    np.testing.assert_allclose(found.p[0][:, rows], multiplicity.adjust(raw, "holm") / [2.0, 1.0])
    assert [study().analysis.rows[row].alpha for row in rows] == [0.025, 0.05]


def test_intervals_have_the_level_of_the_family() -> None:
    """A member of a family at 10 % has narrower intervals than the same pair at 5 %."""
    alone = prepare(change(study().scenario, {"families.confirmatory.alpha": "5 %"}))
    row = row_of("fear", "music - control")
    wide, narrow = (one.high - one.low for one in (studies.play(alone, range(5)).estimates, played()))
    assert (wide[0, :, row] > narrow[0, :5, row] * 1.1).all()


@pytest.mark.parametrize(
    "name", ["fear/music - control", "welch", "pain/massage - control", "as good", "fear/all arms"]
)
def test_a_size_is_found_by_the_adjusted_p(name: str) -> None:
    """The score of a member passes its critical value exactly where the run rejects it."""
    target = target_of(study(), [name])
    cohort = studies.simulate(study(), range(200), twins=("declared",))
    scores = target.scores(studies.analyze(cohort, plan=target.plan))
    rejected = np.abs(scores) >= target.critical if target.two_tailed else scores >= target.critical
    analysis, _, contrast = name.partition("/")
    row = row_of(analysis, contrast or target.plan.rows[target.rows[0]].contrast)
    np.testing.assert_array_equal(rejected, played().rejected[0, :, row] == 1.0)


def test_a_second_opinion_has_the_share_of_alpha_that_a_member_begins_with() -> None:
    row = study().analysis.rows[row_of("fear", "music - control")]
    opinion = second_opinion(study(), row)
    assert opinion is not None
    assert any("50 % of it" in reason for reason in opinion.reasons)
    shares = {"families.confirmatory.alpha": "5 %", "families.confirmatory.weights": ["100 %", "0 %", "0 %"]}
    half = prepare(change(study().scenario, shares))
    again = second_opinion(half, half.analysis.rows[row_of("fear", "music - control")])
    assert again is not None
    assert again.power == opinion.power
    assert second_opinion(half, half.analysis.rows[row_of("fear", "massage - control")]) is None


# ---------------------------------------------------------------- twins


def values_of(one: Study, twins: tuple[str, ...], replicates: range = range(20)):
    cohort = studies.simulate(one, replicates, twins=("declared", "null"))
    return respond(
        one.response,
        cohort.entries,
        cohort.trace,
        seed=cohort.seed,
        replicates=replicates,
        twins=("declared", "null", *twins),
    )


def test_nothing_switched_off_is_as_declared_and_everything_the_twin_without_effects() -> None:
    effects = effects_of(study())
    assert [one.name for one in effects] == ["music on fear", "music on pain", "massage on fear", "massage on pain"]
    none, *_, every = configurations("all", effects)
    from dataclasses import replace

    twins = (switched(study(), none, "none"), switched(study(), every, "every"))
    one = replace(study(), response=replace(study().response, switched=twins))
    found = values_of(one, ("none", "every"))
    for like, twin in ((0, 2), (1, 3)):
        np.testing.assert_array_equal(found.values[like], found.values[twin])
        np.testing.assert_array_equal(found.reason[like], found.reason[twin])
        np.testing.assert_array_equal(found.censored[like], found.censored[twin])


def test_an_effect_that_is_switched_off_is_one_that_was_never_declared() -> None:
    """Fear of music off: the same values, and the same values missing, which depend on fear."""
    from dataclasses import replace

    effect = effects_of(study())[0]
    twin = switched(study(), Configuration((effect,)), "off")
    one = replace(study(), response=replace(study().response, switched=(twin,)))
    other = prepare(change(study().scenario, {"outcomes.fear.effects.music.difference": 0}))
    ours, theirs = values_of(one, ("off",)), values_of(other, ())
    np.testing.assert_array_equal(ours.values[2], theirs.values[0])
    np.testing.assert_array_equal(ours.reason[2], theirs.reason[0])
    assert (ours.reason[2] != ours.reason[0]).any()


# ---------------------------------------------------------------- rates


@cache
def found() -> FamilywiseErrors:
    return familywise(study(), replicates=300)


def test_a_rate_is_that_of_the_study_without_the_effects() -> None:
    """Two effects off, by the run of a study that declares them as 0: the same rejections."""
    other = prepare(
        change(
            study().scenario,
            {"outcomes.fear.effects.massage.difference": 0, "outcomes.pain.effects.music.difference": 0},
        )
    )
    rejected = studies.play(other, range(300)).estimates.rejected[0]
    nulls = [row_of("fear", "massage - control"), row_of("welch", "music - control")]
    expected = float(np.mean(any_rejected(rejected[:, nulls])))
    row = next(
        one for one in found().rows
        if one.family == "confirmatory" and one.off == (("music", "pain"), ("massage", "fear"))
    )  # fmt: skip
    assert row.true_nulls == ("fear/massage - control", "welch/music - control")
    assert row.value == expected
    assert row.rates[0].mcse == pytest.approx(np.sqrt(expected * (1 - expected) / 300))


def test_without_any_effect_it_is_the_rejection_rate_of_the_family_under_the_null_twin() -> None:
    rates = studies.evaluate(study(), replicates=300)
    row = next(one for one in found().rows if one.family == "confirmatory" and len(one.off) == 3)
    assert row.value == rates.value("rejection_null_twin", analysis="confirmatory", contrast="any member").value
    assert row.value > 0.03


def test_which_hypotheses_are_true_and_which_no_configuration_reaches() -> None:
    by_off = {(one.family, one.off): one.true_nulls for one in found().rows}
    assert by_off["both", (("music", "pain"),)] == ("pain/music - control",)
    assert ("both", ()) not in by_off
    assert len([one for one in found().rows if one.family == "confirmatory"]) == 7
    assert "as good/massage - music" in by_off["with_margin", (("massage", "pain"),)]  # worse by 1.2, the margin is 1
    assert found().unreachable == {}
    wide = familywise(change(study().scenario, {"analyses.as good.margin": 2}), replicates=20)
    assert wide.unreachable == {"with_margin": ("as good/massage - music",)}


def test_a_test_of_all_arms_is_true_without_any_of_their_effects() -> None:
    effects = effects_of(study())
    truth = find_truth(without_arms(study(), effects), replicates=20)
    row = row_of("pain", "all arms")
    true = [
        one.name
        for one in configurations("pain", effects[1::2])
        if is_true_null(study(), row, one, effects, truth, 1.0)
    ]
    assert true == ["without music on pain, massage on pain"]


def test_the_worst_configuration_is_named() -> None:
    worst = found().worst("confirmatory")
    assert worst is not None
    assert worst.value == max(one.value for one in found().rows if one.family == "confirmatory")
    assert any(worst.configuration in line for line in found().lines())
    assert len(found().frame()) == len(found().rows)


@pytest.mark.parametrize(("workers", "few"), [(1, 37), (2, 500)])
def test_workers_and_chunks_change_nothing(workers: int, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "at_once", lambda *_, **__: few)
    again = familywise(study(), replicates=300, workers=workers)
    assert [one.value for one in again.rows] == [one.value for one in found().rows]


def test_planted_a_family_that_adjusts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted fault: Bonferroni without its factor. The verdict says so, although half of the effects exist."""
    text = TEXT.replace("method: dunnett-step-down", "method: bonferroni, alpha: 40 %")
    keeps = familywise(loads(text), replicates=300).worst("both")
    assert keeps is not None
    assert keeps.ruling != "too often"
    monkeypatch.setitem(multiplicity.STEPS, "bonferroni", lambda p: p.copy())
    fails = familywise(loads(text), replicates=300).worst("both")
    assert fails is not None
    assert fails.too_often
    assert fails.words.startswith("rejects too often")


def test_too_many_configurations_and_no_family_are_refused() -> None:
    effects = tuple(ArmEffect(arm, 0, (f"arm {arm}", "pain")) for arm in range(7))
    with pytest.raises(RunError, match="128 configurations") as refused:
        configurations("large", effects)
    assert refused.value.code == "TS-E167"
    without = loads(TEXT[: TEXT.index("families:")] + TEXT[TEXT.index("primary:") :])
    with pytest.raises(RunError, match="no family") as refused:
        familywise(without, replicates=10)
    assert refused.value.code == "TS-E168"


def test_a_family_of_factors_is_refused() -> None:
    """Configurations switch effects of arms off, not those of factors."""
    shipped = Path(__file__).parents[1] / "scenarios" / "massage-by-music.yaml"
    with pytest.raises(RunError, match="tests factors") as refused:
        familywise(load(shipped), replicates=10)
    assert refused.value.code == "TS-E345"


def test_an_effect_too_small_to_be_seen_in_a_few_trials_is_an_effect() -> None:
    """Shares of 1 % and 1.1 %: hardly anybody changes in 20 trials, and still the test of all arms is not true."""
    text = TEXT.replace(
        "  pain:\n", "  rare: {visits: [post], level: {chance: 1 %}, effects: {music: {odds_ratio: 1.1}}}\n  pain:\n"
    )
    text = text.replace("  ranks:", "  rare: {outcome: rare, visit: post, test: chi-square}\n  ranks:")
    text = text.replace("{analyses: [as good,", "{analyses: [rare, as good,")
    names = [effect.name for effect in effects_of(prepare(loads(text)))]
    assert "music on rare" in names
    assert "massage on rare" not in names
