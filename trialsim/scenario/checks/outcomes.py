"""What must fit together in an outcome: its scale, its levels, what moves it, how it is measured and lost."""

from __future__ import annotations

from trialsim.kinds.scales import EFFECT_KEYS, INSTRUMENT_KEYS, SCALE, SPREAD_KEYS, Scale
from trialsim.quantities.fields import Record
from trialsim.scenario.amounts import Report
from trialsim.scenario.checks.follow import check_follow
from trialsim.scenario.checks.levels import check_levels
from trialsim.scenario.checks.names import known
from trialsim.scenario.checks.scores import check_scores
from trialsim.scenario.clusters import site_names
from trialsim.scenario.correlation import check_names
from trialsim.scenario.model import ArmLevels, Covariate, Draft, Level, Outcome, Response
from trialsim.scenario.outline import Outline
from trialsim.scenario.practitioners import check_practitioners
from trialsim.scenario.text import Finding, Path


def check_outcomes(scenario: Draft, points: Outline, report: Report) -> None:
    """Names and combinations, in the form people write."""
    above: list[str] = []
    for name, outcome in scenario.outcomes.items():
        path = ("outcomes", name)
        _visits(outcome, path, points, report)
        check_follow(outcome, path, scenario, points, report)
        _arms(outcome, path, scenario, report)
        check_names(name, outcome, above, report)
        _responses(outcome, path, points, report)
        _drivers(outcome, path, scenario, points, report)
        _covariates(outcome, path, scenario, report)
        _shares(outcome, path, scenario, report)
        _missing(outcome, path, scenario, points, report)
        _window(outcome, path, points, report)
        above.append(name)
    check_practitioners(scenario, report)


def check_numbers(scenario: Draft, points: Outline, report: Report) -> None:
    """Scales and numbers of the resolved outcomes."""
    for name, outcome in scenario.outcomes.items():
        path = ("outcomes", name)
        check_levels(scenario, points, name, report)
        _effects_fit(outcome, path, report)
        check_scores(outcome, path, scenario.design.reference or "", report)
        _rhythm(outcome, path, report)
        _instrument(outcome, path, report)


def _names(names: tuple[str, ...], path: Path, points: Outline, report: Report) -> None:
    for i, visit in enumerate(names):
        known(visit, points.names, "TS-E030", (*path, i), report)


def _visits(outcome: Outcome, path: Path, points: Outline, report: Report) -> None:
    follows = outcome.distribution in SCALE and SCALE[outcome.distribution].follow  # such an outcome has its own visit
    if not outcome.visits and not follows:
        report(Finding("TS-E004", (*path, "visits"), "no visit is named.", "Write visits: [post]."))
    _names(outcome.visits, (*path, "visits"), points, report)
    for visit in outcome.by_visit:
        known(visit, points.names, "TS-E030", (*path, "by_visit", visit), report, on_key=True)
    for arm, effect in outcome.effects.items():
        _names(effect.visits, (*path, "effects", arm, "visits"), points, report)
    for activity, response in outcome.responds_to.items():
        _names(response.visits, (*path, "responds_to", activity, "visits"), points, report)


def _arms(outcome: Outcome, path: Path, scenario: Draft, report: Report) -> None:
    arms = scenario.design.treatments or scenario.design.arms
    named = scenario.design.reference
    reference = named if named in arms else next(iter(arms), None)
    levels: dict[Path, Level | ArmLevels | None] = {("level",): outcome.level}
    levels |= {("by_visit", visit): level for visit, level in outcome.by_visit.items()}
    for place, level in levels.items():
        for arm in level.by_arm if isinstance(level, ArmLevels) else ():
            known(arm, arms, "TS-E031", (*path, *place, "by_arm", arm), report, on_key=True)
    for arm in () if scenario.design.factors else outcome.effects:
        here = (*path, "effects", arm)
        if not known(arm, arms, "TS-E031", here, report, on_key=True):
            continue
        if len(arms) > 1 and arm == reference:
            message, remedy = f"'{arm}' is the reference.", "Declare the effect of another arm."
        elif len(arms) == 1 and outcome.as_ == "observed":
            message = "what a pilot observed in the only arm holds its effect already."
            remedy = "Declare what was observed at each visit with by_visit:, or levels without as: observed."
        else:
            continue
        report(Finding("TS-E024", here, message, remedy, on_key=True))


# ---------------------------------------------------------------- what moves it


def _effects_fit(outcome: Outcome, path: Path, report: Report) -> None:
    scale = outcome.scale
    parts: list[tuple[Path, Record]] = [((*path, "effects", arm), effect) for arm, effect in outcome.effects.items()]
    parts += [((*path, "drivers", i), driver) for i, driver in enumerate(outcome.drivers)]
    parts += [((*path, "covariates", i), effect) for i, effect in enumerate(outcome.covariates)]
    for here, part in parts:
        _one_effect(scale, here, part, report)
    for activity, response in outcome.responds_to.items():
        _response_fits(scale, (*path, "responds_to", activity), response, outcome, report)


def _one_effect(scale: Scale, path: Path, part: Record, report: Report) -> None:
    given = [key for key in EFFECT_KEYS if getattr(part, key) is not None]
    fitting = scale.effects
    wanted = ": or ".join(fitting)
    wrong = [key for key in given if key not in fitting]
    if wrong:
        message = f"'{wrong[0]}' does not fit the {scale.name} scale."
        report(Finding("TS-E024", (*path, wrong[0]), message, f"Write {wanted}:.", on_key=True))
    elif len(given) > 1:
        message = f"the size of the effect is given twice, by {' and '.join(given)}."
        report(Finding("TS-E024", (*path, given[1]), message, "Keep one of them.", on_key=True))
    elif not given:
        report(Finding("TS-E024", path, "the size of the effect is missing.", f"Add {wanted}:."))


#: What belongs to an effect at once, and would be ignored beside secretion.
AT_ONCE = (*EFFECT_KEYS, *SPREAD_KEYS, "sd_practitioner", "visits")


def _response_fits(scale: Scale, path: Path, response: Response, outcome: Outcome, report: Report) -> None:
    if response.secretion is not None:
        if not scale.secretion:
            message = f"secretion moves a concentration, not a {scale.name} outcome."
            report(Finding("TS-E029", (*path, "secretion"), message, f"Write {scale.effects[0]}:.", on_key=True))
        elif outcome.half_life is None:
            report(
                Finding(
                    "TS-E029",
                    (*path, "secretion"),
                    "secretion needs a half-life.",
                    "Add half_life: 65 min to the outcome.",
                    on_key=True,
                )
            )
    elif response.lasts is not None or (response.lag is not None and response.lag.value > 0):
        report(Finding("TS-E029", path, "'lag' and 'for' belong to secretion.", "Remove them, or declare secretion:."))
    if response.secretion is None:
        _one_effect(scale, path, response, report)
    for key in AT_ONCE if response.secretion is not None and scale.secretion else ():
        if getattr(response, key) not in (None, ()):
            message = f"'{key}' has no effect beside secretion, which acts on every later sample."
            remedy = f"Remove {key}:, or remove secretion: for an effect at once."
            report(Finding("TS-E101", (*path, key), message, remedy, on_key=True))
    for key in SPREAD_KEYS:
        if getattr(response, key) is not None and key not in scale.spreads:
            message = f"'{key}' does not fit the {scale.name} scale."
            report(Finding("TS-E024", (*path, key), message, "Remove it.", on_key=True))


def _responses(outcome: Outcome, path: Path, points: Outline, report: Report) -> None:
    for activity in outcome.responds_to:
        known(activity, points.activities, "TS-E034", (*path, "responds_to", activity), report, on_key=True)
    if outcome.half_life is not None and not any(r.secretion for r in outcome.responds_to.values()):
        report(
            Finding(
                "TS-E029",
                (*path, "half_life"),
                "nothing changes the secretion.",
                "Remove half_life:, or declare secretion:.",
                on_key=True,
            )
        )


def _drivers(outcome: Outcome, path: Path, scenario: Draft, points: Outline, report: Report) -> None:
    resources = scenario.setting.resources if scenario.setting else {}
    for i, driver in enumerate(outcome.drivers):
        here = (*path, "drivers", i)
        wanted = "for" if driver.driver == "wait" else "of"
        if (driver.resource if wanted == "for" else driver.of) is None:
            what = "a resource" if wanted == "for" else "an attempt or activity"
            report(Finding("TS-E073", here, f"'{driver.driver}' needs {what}.", f"Add {wanted}:."))
        if driver.resource is not None:
            known(driver.resource, resources, "TS-E033", (*here, "for"), report)
        if driver.of is not None:
            names = points.attempts if driver.driver == "failed" else list(points.activities)
            known(driver.of, names, "TS-E034", (*here, "of"), report)
        if (driver.driver in ("wait", "duration")) != (driver.per is not None):
            remedy = "Add per: 10 min." if driver.per is None else "Remove per:."
            report(
                Finding(
                    "TS-E073", here, f"'{driver.driver}' {'needs' if driver.per is None else 'has no'} 'per'.", remedy
                )
            )


def _covariates(outcome: Outcome, path: Path, scenario: Draft, report: Report) -> None:
    for i, effect in enumerate(outcome.covariates):
        here = (*path, "covariates", i)
        if not known(effect.covariate, scenario.participants, "TS-E035", (*here, "covariate"), report):
            continue
        covariate: Covariate = scenario.participants[effect.covariate]
        if covariate.choice:
            if effect.category is None:
                report(
                    Finding(
                        "TS-E074",
                        here,
                        f"say which category of '{effect.covariate}'.",
                        f"Add category: {next(iter(covariate.choice))}.",
                    )
                )
            else:
                known(effect.category, covariate.choice, "TS-E038", (*here, "category"), report)
        elif effect.per is None:
            report(Finding("TS-E074", here, f"say per how much of '{effect.covariate}'.", "Add per: and centered_at:."))


def _shares(outcome: Outcome, path: Path, scenario: Draft, report: Report) -> None:
    icc, place = outcome.icc, (*path, "icc")
    if icc.site is not None and not site_names(scenario):
        report(
            Finding(
                "TS-E075",
                (*place, "site"),
                "there are no sites.",
                "Declare setting.sites or design.clusters, or remove site:.",
                on_key=True,
            )
        )
    if sum(share.value for share in (icc.site, icc.practitioner) if share) >= 1:
        report(Finding("TS-E075", place, "practitioner and site take all the variance.", "Their sum must be below 1."))


def _rhythm(outcome: Outcome, path: Path, report: Report) -> None:
    rhythm, place = outcome.rhythm, (*path, "rhythm")
    if rhythm is None:
        return
    if not outcome.scale.rhythm:
        report(
            Finding(
                "TS-E028", place, f"a {outcome.distribution} outcome has no rhythm.", "Remove rhythm:.", on_key=True
            )
        )
    cosinor = rhythm.amplitude is not None or rhythm.peak is not None
    if (rhythm.slope is not None) == cosinor or (cosinor and (rhythm.amplitude is None or rhythm.peak is None)):
        report(
            Finding(
                "TS-E028",
                place,
                "a rhythm is a slope, or an amplitude with a peak.",
                'Write slope: -0.13 per h, or amplitude: 0.5 and peak: "08:00".',
            )
        )


# ---------------------------------------------------------------- measuring and losing


def _instrument(outcome: Outcome, path: Path, report: Report) -> None:
    instrument, place = outcome.instrument, (*path, "instrument")
    for key in INSTRUMENT_KEYS:
        if getattr(instrument, key) is not None and key not in outcome.scale.instrument:
            message = f"'{key}' does not fit the {outcome.distribution} scale."
            report(Finding("TS-E072", (*place, key), message, "Remove it.", on_key=True))
    if (instrument.detection_limit is None) != (instrument.below is None):
        remedy = "Write detection_limit: and below: together."
        report(
            Finding(
                "TS-E072", place, "a detection limit and what is done below it belong together.", remedy, on_key=True
            )
        )
    if instrument.plate_cv is not None and instrument.plate is None:
        report(
            Finding(
                "TS-E072",
                (*place, "plate_cv"),
                "the size of a plate is missing.",
                "Add plate: 38 samples.",
                on_key=True,
            )
        )
    if instrument.plate is not None and (
        instrument.plate.value != int(instrument.plate.value) or instrument.plate.unit not in ("samples", "sample")
    ):
        report(Finding("TS-E012", (*place, "plate"), "a plate holds whole samples.", "Write plate: 38 samples."))


def _missing(outcome: Outcome, path: Path, scenario: Draft, points: Outline, report: Report) -> None:
    for i, rule in enumerate(outcome.missing):
        here = (*path, "missing", i)
        _names(rule.visits, (*here, "visits"), points, report)
        for j, arm in enumerate(rule.arms):
            known(arm, scenario.design.arms, "TS-E031", (*here, "arms", j), report)
        looks = {"given": rule.given, "at": rule.at}
        wanted = ("given", "at") if rule.mechanism == "MAR" else ()
        for key, value in looks.items():
            if (value is not None) != (key in wanted):
                verb = "needs" if key in wanted else "has no"
                report(
                    Finding(
                        "TS-E070",
                        here,
                        f"{rule.mechanism} {verb} '{key}'.",
                        "MAR looks at another measured value: given: OUTCOME, at: VISIT.",
                    )
                )
        if (rule.odds_ratio is not None) != (rule.mechanism != "MCAR"):
            verb = "needs" if rule.odds_ratio is None else "has no"
            report(
                Finding(
                    "TS-E070",
                    here,
                    f"{rule.mechanism} {verb} 'odds_ratio'.",
                    "MCAR looks at nothing; MAR and MNAR need odds_ratio:, per: and centered_at:.",
                )
            )
        elif rule.mechanism != "MCAR" and (rule.per is None or rule.centered_at is None):
            report(
                Finding(
                    "TS-E070",
                    here,
                    f"{rule.mechanism} needs 'per' and 'centered_at'.",
                    "Say per how much the odds change, and at which value the chance holds.",
                )
            )
        if (
            rule.given is not None
            and known(rule.given, scenario.outcomes, "TS-E032", (*here, "given"), report)
            and rule.at
        ):
            measured = [full for v in scenario.outcomes[rule.given].visits for full in points.expand(v)]
            known(rule.at, measured, "TS-E030", (*here, "at"), report)


def _window(outcome: Outcome, path: Path, points: Outline, report: Report) -> None:
    window, place = outcome.window, (*path, "window")
    if window is None:
        return
    known(window.after, [*points.activities, *points.names], "TS-E034", (*place, "after"), report)
    _names(window.visits, (*place, "visits"), points, report)
    if window.earliest is None and window.latest is None:
        report(Finding("TS-E071", place, "the window has no end.", "Add latest: 30 min."))
    elif window.earliest and window.latest and window.earliest.value >= window.latest.value:
        report(Finding("TS-E071", place, "the window closes before it opens.", "Write earliest: below latest:."))
