"""Every scale through all its parts: a part that is forgotten is a red test.

Nothing here is random but two plays with fixed seeds, of which only finite values are asked. Values are made from 20,001
equally likely places of the normal behind them, so that means and SDs are known to .001 of an SD; a moment that is off by
1 % is seen.
"""

from __future__ import annotations

import dataclasses
import math
import re
from typing import Any, get_args

import numpy as np
import pytest
from scipy import special

from tests.kinds.rooms import schema_words
from trialsim import study as studies
from trialsim.cli.fit import command
from trialsim.cohort import Trial
from trialsim.errors import ScenarioError
from trialsim.kinds.scales import (
    CLUE,
    EFFECT_KEYS,
    INSTRUMENT_KEYS,
    LEVEL_KEYS,
    NO_EFFECT,
    NORMAL,
    SCALE,
    SCALES,
    SPREAD_KEYS,
    Clue,
    Scale,
)
from trialsim.numbers.given import FORMS
from trialsim.pilot import fit
from trialsim.pilot.data import FitError
from trialsim.pilot.family import refuse_followed
from trialsim.quantities.records import PROVENANCE
from trialsim.report.explain import explain
from trialsim.response.effects import implied_effects
from trialsim.response.pearson import COVARIANCE, VARIANCE, pearson
from trialsim.response.scales import PARTS, ScaleParts
from trialsim.response.scales.moments import ArmEndpoint, ArmPoint
from trialsim.response.scales.parts import (
    CalibrationRound,
    Course,
    Form,
    MutableLevels,
    ReadingPair,
    Twin,
    ValueColumn,
)
from trialsim.response.unchanged import share_of_change
from trialsim.scenario import loads
from trialsim.scenario.model import CovariateEffect, Driver, Effect, Instrument, Level, Outcome, Response
from trialsim.sizing.closed_form import second_opinion

#: Of each scale: what an outcome says beside its visits, in which a level, an effect and an analysis of two arms fit.
EXAMPLES: dict[str, dict[str, str]] = {
    "normal": {
        "level": "{mean: 5, sd: 2}", "effect": "{difference: 1.5}", "more": "instrument: {rounding: 1}", "test": "t",
    },
    "lognormal": {
        "level": "{median: 5, sd_log: 0.5}", "effect": "{ratio: 1.4}", "more": "instrument: {rounding: 1}", "test": "t",
    },
    "ordinal": {
        "level": "{mean: 2, sd: 1}", "effect": "{odds_ratio: 2}", "more": "categories: [0, 1, 2, 3, 4]",
        "test": "mann-whitney",
    },
    "binary": {"level": "{chance: 30 %}", "effect": "{odds_ratio: 2}", "more": "better: higher", "test": "fisher"},
    "count": {
        "level": "{mean: 2, dispersion: 0.5}", "effect": "{rate_ratio: 1.5}", "more": "better: lower",
        "test": "mann-whitney",
    },
    "time": {
        "level": "{median: 0.8 d, shape: 1.2}", "effect": "{hazard_ratio: 0.6}", "more": "unit: d\n    better: lower",
        "test": "log-rank",
    },
}  # fmt: skip

#: A value for each key that may stand in a level or an effect, where no other value is told.
NUMBERS = {
    "mean": "2", "sd": "1", "median": "2", "sd_log": "0.5", "cv": "0.5", "iqr": "[1, 3]",
    "shares": "[10 %, 20 %, 40 %, 20 %, 10 %]", "chance": "30 %", "difference": "0.5", "ratio": "1.2", "odds_ratio": "1.5",
    "rate_ratio": "1.5", "hazard_ratio": "1.5", "dispersion": "0.5", "shape": "1.5",
    "sd_between": "0.1", "sd_log_between": "0.1", "rater_sd": "0.2", "assay": "elisa", "assay_cv": "5 %",
    "plate_cv": "5 %", "plate": "38 samples", "detection_limit": "0.1", "below": "missing", "rounding": "0.1",
    "volume": "2 ml",
}  # fmt: skip
#: Keys of an instrument that stand only beside others.
BESIDE = {"plate_cv": ("plate",), "detection_limit": ("below",), "below": ("detection_limit",), "plate": ()}

LIMITS = {None: "limits: [0, 10]", "over": "limits: [0, 10]", "until": "limits: [0 d, 10 d]"}

#: Keys whose numbers have the unit of the outcome.
AMOUNTS = ("mean", "sd", "median", "iqr", "difference", "sd_between", "detection_limit", "rounding")


def number(name: str, key: str) -> str:
    """A value for a key, in the unit of a time."""
    unit = " d" if SCALE[name].follow == "until" and key in AMOUNTS else ""
    return re.sub(r"[\d.]+", lambda found: found[0] + unit, NUMBERS[key])


names = pytest.mark.parametrize("name", SCALE)
#: Scales of values at single visits, which can change between two of them.
OF_VISITS = {name: scale for name, scale in SCALE.items() if scale.follow is None}
at_visits = pytest.mark.parametrize("name", OF_VISITS)

#: Where an outcome is measured: at two visits, or from one to the other.
WHEN = {
    None: "visits: [pre, post]\n    correlation: {between_sessions: 0.6}",
    "over": "over: [pre, post]",
    "until": "until: post",
}


def text(name: str, *, level: str = "", effect: str = "", more: str = "", rest: str = "") -> str:
    """A study of two arms with an outcome of the scale."""
    told = EXAMPLES[name]
    return f"""
trialsim: 1
name: kind
title: One scale
design: {{arms: {{control: c, treated: t}}, enroll: {{each arm: 20}}}}
visits: {{pre: 0 d, post: 1 d}}
outcomes:
  y:
    distribution: {name}
    {WHEN[SCALE[name].follow]}
    level: {level or told["level"]}
    effects: {{treated: {(effect or told["effect"])[:-1]}, visits: [post]}}}}
    {told["more"]}
    {more}
analyses: {{main: {{outcome: y, visit: post, test: {told["test"]}}}}}
primary: main
{rest}
"""


def faults(source: str) -> set[str]:
    """Codes of the faults of a scenario; empty where it is sound."""
    try:
        loads(source)
    except ScenarioError as error:
        return {fault.code for fault in error.faults}
    return set()


def study_of(name: str, **more: str) -> studies.Study:
    return studies.prepare(loads(text(name, **more)))


def missing_of(table: Any, scales: tuple[Scale, ...] = SCALES) -> set[str]:
    """Names that stand in the table or among the scales, and not in both."""
    return set(table) ^ {scale.name for scale in scales}


# ---------------------------------------------------------------- tables and records


@pytest.mark.parametrize("table", [PARTS, EXAMPLES], ids=["parts", "examples"])
def test_every_room_has_every_scale_and_no_other(table: Any) -> None:
    assert missing_of(table) == set()


def test_every_scale_can_be_fitted_or_is_refused_in_words() -> None:
    assert missing_of(fit.LEVELS, tuple(OF_VISITS.values())) == set()
    for scale in SCALES:
        if scale.follow is not None:
            with pytest.raises(FitError, match=f"does not read outcomes with distribution: {scale.name} yet"):
                refuse_followed(scale)


PLANTED = dataclasses.replace(NORMAL, name="counts")


def test_a_scale_that_a_room_forgot_is_seen() -> None:
    """Planted: one more record, and one less."""
    assert missing_of(PARTS, (*SCALES, PLANTED)) == {"counts"}
    assert missing_of(PARTS, SCALES[1:]) == {"normal"}


@pytest.mark.parametrize("kind", [Scale, ScaleParts])
def test_an_incomplete_record_is_refused(kind: type) -> None:
    """Planted: no field has a default, so a record without one of them cannot be."""
    whole = NORMAL if kind is Scale else PARTS[NORMAL.name]
    told = {field.name: getattr(whole, field.name) for field in dataclasses.fields(kind)}
    kind(**told)
    for key in told:
        with pytest.raises(TypeError, match=key):
            kind(**{other: value for other, value in told.items() if other != key})


def test_keys_of_the_records_are_those_of_the_file() -> None:
    for part in (Effect, Response, Driver, CovariateEffect):
        assert set(EFFECT_KEYS) <= set(part.model_fields)
    assert set(EFFECT_KEYS) == set(NO_EFFECT)
    assert set(SPREAD_KEYS) <= set(Response.model_fields)
    assert set(LEVEL_KEYS) == set(Level.model_fields) - set(PROVENANCE)
    assert set(INSTRUMENT_KEYS) == set(Instrument.model_fields) - set(PROVENANCE)
    assert {*LEVEL_KEYS, *EFFECT_KEYS, *SPREAD_KEYS, *INSTRUMENT_KEYS} == set(NUMBERS)


def test_words_of_the_schema_and_of_the_command_line_are_the_names() -> None:
    assert schema_words("Outcome", "distribution") == list(SCALE)
    (option,) = (one for one in command.params if one.name == "distribution")
    assert list(option.type.words) == list(SCALE)


def test_every_clue_makes_one_scale_plain() -> None:
    clues = [clue for scale in SCALES for clue in scale.clues]
    assert sorted(clues) == sorted(get_args(Clue)) == sorted(CLUE)
    assert set(clues) - {"categories", "concentration"} <= set(LEVEL_KEYS)


def test_every_scale_can_be_found_without_its_name() -> None:
    concentration = {"level": "{median: 5 nmol/L, cv: 0.5}", "more": "unit: nmol/L"}
    for clue, scale in CLUE.items():
        source = text(scale.name, **(concentration if clue == "concentration" else {}))
        source = source.replace(f"    distribution: {scale.name}\n", "").replace("instrument: {rounding: 1}", "")
        assert loads(source).outcomes["y"].distribution == scale.name


@names
def test_a_record_is_consistent(name: str) -> None:
    scale = SCALE[name]
    assert scale.effects, "an effect must be possible"
    assert (scale.family is None) == (scale.categories is not None or scale.follow is not None)
    assert set(scale.carried) <= set(LEVEL_KEYS)
    if scale.family is not None:
        assert scale.levels == (*FORMS[scale.family], "iqr")
    assert bool(scale.example) == (scale.categories is not None)
    assert ("rater_sd" in scale.instrument) == (scale.rater is not None)
    assert not scale.positive or scale.log, "only the logarithm of a value above 0 is taken"
    assert set(scale.transforms) <= set(schema_words("Analysis", "transform"))
    assert "{categories}" not in scale.says or scale.categories is not None


# ---------------------------------------------------------------- what fits, and what is refused


@names
def test_what_does_not_fit_is_refused(name: str) -> None:
    scale = SCALE[name]
    assert faults(text(name)) == set()
    for key in EFFECT_KEYS:
        assert faults(text(name, effect=f"{{{key}: {number(name, key)}}}")) == (
            set() if key in scale.effects else {"TS-E024"}
        )
    for key in LEVEL_KEYS:
        forms = (*scale.levels, *scale.levels_of_others)
        if not any(key in form.split() for form in forms):
            assert faults(text(name, level=f"{{{key}: {number(name, key)}}}")) == {"TS-E022"}
    for form in scale.levels:
        level = ", ".join(f"{key}: {number(name, key)}" for key in form.split())
        assert faults(text(name, level=f"{{{level}}}")) == set()
    rhythm = 'rhythm: {slope: 0.1 per h, reference_clock: "08:00"}'
    assert ("TS-E028" in faults(text(name, more=rhythm))) == (not scale.rhythm)
    assert ("TS-E116" in faults(text(name, more=LIMITS[scale.follow]))) == (not scale.limits)
    if scale.categories is None:
        assert "TS-E020" in faults(text(name, more="categories: [0, 1, 2]"))


@names
def test_instruments_fit_their_scale(name: str) -> None:
    told = EXAMPLES[name]["more"]
    for key in INSTRUMENT_KEYS:
        keys = (key, *BESIDE.get(key, ()))
        tool = ", ".join(f"{one}: {number(name, one)}" for one in keys)
        source = text(name).replace(told, "" if "instrument" in told else told).rstrip()
        source = source.replace("    effects:", f"    instrument: {{{tool}}}\n    effects:")
        assert ("TS-E072" in faults(source)) == (key not in SCALE[name].instrument), key


@at_visits
def test_transforms_fit_their_scale(name: str) -> None:
    """Of scores that begin at 0 there is no percent, of others there is."""
    scale = SCALE[name]
    for word in schema_words("Analysis", "transform"):
        test = f"{{outcome: y, change: {{from: pre, to: post}}, transform: {word}, test: t}}"
        source = text(name).replace(f"{{outcome: y, visit: post, test: {EXAMPLES[name]['test']}}}", test)
        source = source.replace("[0, 1, 2, 3, 4]", "[1, 2, 3, 4]")
        assert bool(faults(source) & {"TS-E064", "TS-E112"}) == (word not in scale.transforms), word


# ---------------------------------------------------------------- every part at work


@dataclasses.dataclass(frozen=True)
class Standard:
    """True values of one column at equally likely places of the normal behind them."""

    values: Any
    study: studies.Study
    z: Any


def standard(
    name: str, parts: ScaleParts, *, arm: int = 1, shift: float | None = None, endless: bool = True
) -> Standard:
    """The values; times as long as they take if ``endless``, otherwise as long as participants are followed."""
    study = study_of(name)
    plan = study.response
    z = special.ndtri((np.arange(20_001) + 0.5) / 20_001)[None, :]
    out, arms = np.empty((1, z.size, 1)), np.full((1, z.size), arm, np.int8)
    point = plan.points[-1]
    everything, nothing = np.ones((1, 1, z.size)), np.zeros((1, 1, z.size))
    length = point.follow.planned if point.follow is not None else 1.0
    whole = 1e9 if endless and SCALE[name].follow == "until" else length
    course = Course(whole * everything, everything, nothing, nothing, length)
    column = ValueColumn(point, plan.outcomes[0].categories, 0, arms, None, 0, course)
    parts.fill(
        column,
        z.copy(),
        [Twin(1.0, None if shift is None else np.full(z.shape, shift), out, np.zeros(out.shape, np.int8))],
    )
    return Standard(out[0, :, 0], study, z[0])


def end_of(study: studies.Study, d: int, arm: int) -> ArmPoint:
    point = study.response.points[d]
    return ArmPoint(
        float(point.location[arm]), float(point.sd[arm]), 0.0, point.cuts[arm], study.response.outcomes[0].categories,
        None if point.follow is None else point.follow.planned,
    )  # fmt: skip


def moments_agree(name: str, parts: ScaleParts) -> bool:
    """Mean and SD of the values are those of the closed form, of what levels imply and of the forms of correlations."""
    one, other = standard(name, parts), standard(name, parts, arm=0)
    plan = one.study.response
    end = end_of(one.study, -1, 1)
    spread = parts.expected(ArmEndpoint(end, None, 0.0, 0.0, log=False, percent=False))
    implied = parts.implied(plan.points[-1], 0, 1, plan.outcomes[0].categories)
    assert spread is not None
    seen = standard(name, parts, endless=False).values
    size = float(one.values.std())
    found = [
        (float(seen.mean()), spread.mean),
        (float(seen.std()), spread.sd),
        (float(one.values.mean() - other.values.mean()), implied.difference),
        (size, math.sqrt(parts.covariance(end, end, 1.0, True, False))),
    ]
    return all(abs(a - b) <= 0.01 * size for a, b in found)


@names
def test_values_have_the_moments_that_the_closed_forms_take(name: str) -> None:
    assert moments_agree(name, PARTS[name])


@pytest.mark.parametrize(
    ("name", "other"), [("normal", "lognormal"), ("lognormal", "normal"), ("ordinal", "binary"), ("count", "normal")]
)
def test_a_part_of_another_scale_is_seen(name: str, other: str) -> None:
    """Planted: the moments of a neighbor; for scores, values of another study."""
    wrong = dataclasses.replace(PARTS[name], expected=PARTS[other].expected, fill=PARTS[name].fill)
    if PARTS[name].expected is PARTS[other].expected:  # what the two have in common is one function
        wrong = dataclasses.replace(wrong, expected=PARTS["normal"].expected)
    assert not moments_agree(name, wrong)


@names
def test_an_effect_moves_the_values_by_its_size(name: str) -> None:
    """The declared effect as a shift of the reference gives what the level of the arm gives."""
    told, parts = loads(text(name)).outcomes["y"], PARTS[name]
    plan = study_of(name).response
    place = parts.place(next(iter(told.by_visit.values())), plan.outcomes[0].categories.tolist(), None)  # type: ignore[arg-type]
    shift = parts.shift(told.effects["treated"], place, plan.outcomes[0].categories.tolist())
    assert (shift < 0) if SCALE[name].follow == "until" else (shift > 0)  # a lower hazard is a longer time
    moved = standard(name, parts, arm=0, shift=shift).values
    np.testing.assert_allclose(moved, standard(name, parts, arm=1).values, rtol=1e-9, atol=1e-9)
    for key in SCALE[name].effects:
        effect = Effect.model_validate({key: NO_EFFECT[key]})
        assert parts.shift(effect, place, plan.outcomes[0].categories.tolist()) == pytest.approx(0.0, abs=1e-9)


@names
def test_levels_are_brought_nearer(name: str) -> None:
    """Values of the treated are brought to those of the control in one step, for the most part."""
    parts, control, treated = PARTS[name], standard(name, PARTS[name], arm=0), standard(name, PARTS[name], arm=1)
    point = control.study.response.points[-1]
    categories = control.study.response.outcomes[0].categories
    moving = MutableLevels(point.location.copy(), point.sd.copy(), point.cuts.copy())
    wanted, found = (parts.scaled(one.values) for one in (control, treated))
    gap = parts.nearer(CalibrationRound(moving, 1, wanted, found, categories, False, 1.0))
    assert gap > 0.1
    measured = ((moving.location, point.location), (moving.sd, point.sd))
    for level, before in measured if SCALE[name].categories is None else ((moving.cuts, point.cuts),):
        np.testing.assert_allclose(level[1], before[0], atol=0.01)


@at_visits
def test_readings_that_do_not_change_are_counted(name: str) -> None:
    study = study_of(name)
    assert 0.05 < share_of_change(study.response, 0, 1, 0) < 1
    point = study.response.points[0]
    z = np.linspace(-2, 2, 5)
    found = PARTS[name].readings(ReadingPair(point, point, 0, study.response.outcomes[0].categories, 1.0, z, 0.0))
    assert found is not None
    low, high, inside = found
    assert inside.all()
    assert (low <= z).all()
    assert (z <= high).all()


@pytest.mark.parametrize("first", SCALE)
@pytest.mark.parametrize("second", SCALE)
def test_values_of_any_two_scales_correlate(first: str, second: str) -> None:
    """A correlation of the values, no larger than the latent one, and the same either way around."""
    forms = []
    for name in (first, second):
        plan = study_of(name).response
        forms.append(plan.outcomes[0].parts.form(plan.points[0], 0, plan.outcomes[0].categories))
    a, b = forms
    there, back = COVARIANCE[type(a), type(b)](a, b, 0.6), COVARIANCE[type(b), type(a)](b, a, 0.6)
    size = math.sqrt(VARIANCE[type(a)](a) * VARIANCE[type(b)](b))
    assert there == pytest.approx(back, rel=1e-6)
    assert 0.2 < there / size <= 0.6 + 1e-9


def test_every_pair_of_forms_has_a_covariance() -> None:
    forms = get_args(Form)
    assert set(VARIANCE) == set(forms)
    assert set(COVARIANCE) == {(a, b) for a in forms for b in forms}


@names
def test_a_study_of_each_scale_goes_from_the_file_to_the_page(name: str) -> None:
    """Check, play, tables, closed form, words and figures."""
    from trialsim.figures.outcomes import outcome_distributions
    from trialsim.figures.trajectories import trajectories

    study = study_of(name)
    plan, scale = study.response, SCALE[name]
    assert plan.outcomes[0].scale == scale
    found = studies.evaluate(study, replicates=40)
    assert any(math.isfinite(one.value) for one in found.measures)
    assert second_opinion(study, study.analysis.rows[0]) is not None
    assert scale.follow is not None or 0 < pearson(plan, 0, 1) <= 0.6 + 1e-9
    (effect,) = implied_effects(plan)
    assert effect.difference > 0 < effect.cohens_d
    assert (effect.ratio is not None, bool(effect.odds_ratios)) == (
        bool({"ratio", "rate_ratio", "hazard_ratio"} & set(scale.effects)),
        "odds_ratio" in scale.effects,
    )
    told = " ".join(" ".join((*section.lines, *(" ".join(row) for row in section.rows))) for section in explain(study))
    assert scale.says.split("(")[0].strip() in told
    trial: Trial = studies.simulate(study, range(1)).one(0)
    values = trial.measurements()
    assert np.isfinite(values["value"]).all()
    assert ("1 = yes; 0 = no" in set(trial.codebook()["codes"])) == scale.yes_or_no
    shown = {"label": "y", "arms": plan.arms, "visits": ("pre", "post"), "log": scale.log}
    levels = tuple(plan.outcomes[0].categories.tolist())
    assert outcome_distributions(values, categories=levels, **shown).axes
    assert trajectories(values, ordinal=scale.categories is not None, **shown).axes


@names
def test_levels_as_observed_are_found_on_each_scale(name: str) -> None:
    lost = study_of(name, more="as: observed\n    lost: 5 %")
    assert lost.response.declared
    outcome: Outcome = lost.scenario.outcomes["y"]
    assert outcome.scale == SCALE[name]
