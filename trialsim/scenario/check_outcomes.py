"""What must fit together in an outcome: its scale, its levels, what moves it, how it is measured and lost."""

from __future__ import annotations

import math

from trialsim.quantities import Record
from trialsim.scenario.amounts import Report
from trialsim.scenario.checks import known
from trialsim.scenario.correlation import check_names
from trialsim.scenario.model import ArmLevels, Covariate, Level, Outcome, Response, Scenario
from trialsim.scenario.outline import Outline
from trialsim.scenario.text import Finding, Path

EFFECT_OF = {"normal": "difference", "lognormal": "ratio", "ordinal": "odds_ratio", "binary": "odds_ratio"}
EFFECTS = ("difference", "ratio", "odds_ratio")
LEVEL_FORMS = {
    "normal": ("mean sd", "mean cv", "median iqr", "iqr"),
    "lognormal": ("mean sd", "mean cv", "mean sd_log", "median sd", "median cv", "median sd_log", "median iqr", "iqr"),
    "ordinal": ("mean sd", "shares"),
    "binary": ("chance",),
}
LEVEL_KEYS = ("mean", "sd", "median", "sd_log", "cv", "iqr", "shares", "chance")


def check_outcomes(scenario: Scenario, points: Outline, report: Report) -> None:
    """Names and combinations, in the form people write."""
    above: list[str] = []
    for name, outcome in scenario.outcomes.items():
        path = ("outcomes", name)
        _visits(outcome, path, points, report)
        _arms(outcome, path, scenario, points, report)
        check_names(name, outcome, above, report)
        _responses(outcome, path, points, report)
        _drivers(outcome, path, scenario, points, report)
        _covariates(outcome, path, scenario, report)
        _shares(outcome, path, scenario, report)
        _missing(outcome, path, scenario, points, report)
        _window(outcome, path, points, report)
        above.append(name)


def check_numbers(scenario: Scenario, points: Outline, report: Report) -> None:
    """Scales and numbers of the resolved outcomes."""
    for name, outcome in scenario.outcomes.items():
        path = ("outcomes", name)
        _categories(outcome, path, report)
        for visit, level in outcome.by_visit.items():
            _level_at(scenario, points, outcome, (*path, "by_visit", visit), level, report)
            _too_early(scenario, points, outcome, path, visit, report)
        _effects_fit(outcome, path, report)
        _rhythm(outcome, path, report)
        _instrument(outcome, path, report)


def _names(names: tuple[str, ...], path: Path, points: Outline, report: Report) -> None:
    for i, visit in enumerate(names):
        known(visit, points.names(), "TS-E030", (*path, i), report)


def _visits(outcome: Outcome, path: Path, points: Outline, report: Report) -> None:
    if not outcome.visits:
        report(Finding("TS-E004", (*path, "visits"), "no visit is named.", "Write visits: [post]."))
    _names(outcome.visits, (*path, "visits"), points, report)
    for visit in outcome.by_visit:
        known(visit, points.names(), "TS-E030", (*path, "by_visit", visit), report, on_key=True)
    for arm, effect in outcome.effects.items():
        _names(effect.visits, (*path, "effects", arm, "visits"), points, report)
    for activity, response in outcome.responds_to.items():
        _names(response.visits, (*path, "responds_to", activity, "visits"), points, report)


def _arms(outcome: Outcome, path: Path, scenario: Scenario, points: Outline, report: Report) -> None:
    arms = scenario.design.arms
    reference = scenario.design.reference or next(iter(arms), None)
    levels = {("level",): outcome.level, **{("by_visit", visit): level for visit, level in outcome.by_visit.items()}}
    for place, level in levels.items():
        for arm in level.by_arm if isinstance(level, ArmLevels) else ():
            known(arm, arms, "TS-E031", (*path, *place, "by_arm", arm), report, on_key=True)
    for arm in outcome.effects:
        here = (*path, "effects", arm)
        if known(arm, arms, "TS-E031", here, report, on_key=True) and arm == reference:
            report(
                Finding(
                    "TS-E024", here, f"'{arm}' is the reference.", "Declare the effect of another arm.", on_key=True
                )
            )


# ---------------------------------------------------------------- levels


def _categories(outcome: Outcome, path: Path, report: Report) -> None:
    scale, values = outcome.distribution, outcome.categories
    if scale in ("normal", "lognormal") and values:
        report(
            Finding(
                "TS-E020",
                (*path, "categories"),
                f"a {scale} outcome has no categories.",
                "Remove categories:.",
                on_key=True,
            )
        )
    if scale in ("ordinal", "binary"):
        least = 3 if scale == "ordinal" else 2
        fits = len(values) >= least if scale == "ordinal" else len(values) == 2
        if not fits:
            remedy = "Write categories: [0, 1, 2, 3, 4]." if scale == "ordinal" else "Write categories: [0, 1]."
            report(
                Finding(
                    "TS-E020", path, f"{len(values)} categories do not make a {scale} outcome.", remedy, on_key=True
                )
            )
        elif sorted(set(values)) != list(values) or not all(map(math.isfinite, values)):
            report(
                Finding(
                    "TS-E020",
                    (*path, "categories"),
                    "the categories do not rise.",
                    "Write them from low to high, each once.",
                )
            )


def _level_at(
    scenario: Scenario, points: Outline, outcome: Outcome, path: Path, level: Level | ArmLevels, report: Report
) -> None:
    base = points.visits[path[-1]].base if path[-1] in points.visits else None  # type: ignore[index]  # names of visits are text
    if isinstance(level, ArmLevels):
        for arm, one in level.by_arm.items():
            _level(outcome, (*path, "by_arm", arm), one, base, report, reference=arm == scenario.design.reference)
    else:
        _level(outcome, path, level, base, report, reference=True)


def _level(outcome: Outcome, path: Path, level: Level, base: str | None, report: Report, *, reference: bool) -> None:
    scale = outcome.distribution or "normal"
    keys = " ".join(key for key in LEVEL_KEYS if getattr(level, key) not in (None, ()))
    forms = LEVEL_FORMS[scale] + (("mean",) if scale == "ordinal" and not reference else ())
    order = [" ".join(sorted(form.split())) for form in forms]
    if " ".join(sorted(keys.split())) not in order:
        told = keys.replace(" ", " and ")
        remedy = f"Declare {' or '.join(form.replace(' ', ' and ') for form in forms)}."
        report(
            Finding(
                "TS-E022",
                path,
                f"{told} alone cannot give a level on the {scale} scale." if told else "the level says nothing.",
                remedy,
            )
        )
        return
    if scale == "ordinal":
        _ordinal(outcome.categories, level, path, report)
    elif scale in ("normal", "lognormal"):
        _continuous(scale, level, path, report)


def _continuous(scale: str, level: Level, path: Path, report: Report) -> None:
    from trialsim.distributions import solve
    from trialsim.errors import DistributionError

    flat = level_numbers(level)
    try:
        solve(scale, flat, positive=scale == "lognormal")
    except DistributionError as error:
        report(Finding("TS-E023", path, error.message, error.remedy))


def level_numbers(level: Level) -> dict[str, float]:
    """The numbers of a normal or lognormal level under the names that ``distributions.solve`` takes."""
    flat = {
        key: number.value
        for key in ("mean", "sd", "median", "sd_log", "cv")
        if (number := getattr(level, key)) is not None
    }
    if level.iqr is not None:
        flat["iqr_low"], flat["iqr_high"] = level.iqr[0].value, level.iqr[1].value
    return flat


def _ordinal(categories: tuple[float, ...], level: Level, path: Path, report: Report) -> None:
    if level.shares:
        total = sum(share.value for share in level.shares)
        if len(level.shares) != len(categories):
            message = f"{len(level.shares)} shares stand here, but there are {len(categories)} categories."
            report(Finding("TS-E022", (*path, "shares"), message, "Write one share for each category."))
        elif abs(total - 1) > 1e-6:
            report(
                Finding(
                    "TS-E014", (*path, "shares"), f"the shares sum to {100 * total:.6g} %.", "They must sum to 100 %."
                )
            )
        return
    mean = level.mean.value if level.mean else math.nan
    if len(categories) < 3 or not categories[0] < mean < categories[-1]:
        message = f"a mean of {mean:g} lies outside the categories {categories[0]:g} to {categories[-1]:g}."
        report(
            Finding(
                "TS-E023",
                path,
                message,
                f"Write a mean between {categories[0]:g} and {categories[-1]:g}, both excluded.",
            )
        )
    elif level.sd is not None:
        low, high = possible_sd(categories, mean)
        if not low < level.sd.value < high:
            message = f"no distribution on these categories has mean {mean:g} and SD {level.sd.value:g}."
            report(Finding("TS-E023", path, message, f"With this mean the SD lies between {low:.3f} and {high:.3f}."))


def possible_sd(categories: tuple[float, ...], mean: float) -> tuple[float, float]:
    """The SDs that distributions on these categories with this mean can have (both ends excluded).

    The least puts everything on the two neighbors of the mean, the greatest on the two ends:
    both have variance (mean - a)(b - mean).
    """
    below = max(c for c in categories if c <= mean)
    over = min(c for c in categories if c >= mean)
    return math.sqrt((mean - below) * (over - mean)), math.sqrt((mean - categories[0]) * (categories[-1] - mean))


def _too_early(scenario: Scenario, points: Outline, outcome: Outcome, path: Path, visit: str, report: Report) -> None:
    """In a protocol with arm-specific steps, no arm can differ before the first of them."""
    point = points.visits.get(visit)
    if not scenario.protocol or point is None or point.arms_differ or not any(points.own.values()):
        return
    level = outcome.by_visit[visit]
    differs = isinstance(level, ArmLevels) and len({_bare(one) for one in level.by_arm.values()}) > 1
    by_effect = [arm for arm, effect in outcome.effects.items() if visit in effect.visits]
    if differs or by_effect:
        message = f"the arms differ at '{visit}', before any step in which they differ."
        remedy = "Give all arms one level there." if differs else f"Name the visits of the effect, without '{visit}'."
        here = (*path, "by_visit", visit) if differs else (*path, "effects", by_effect[0])
        report(Finding("TS-E025", here, message, remedy, on_key=True))


def _bare(level: Level) -> tuple[object, ...]:
    parts = [getattr(level, key) for key in LEVEL_KEYS]
    return tuple(tuple(p.value for p in part) if isinstance(part, tuple) else part and part.value for part in parts)


# ---------------------------------------------------------------- what moves it


def _effects_fit(outcome: Outcome, path: Path, report: Report) -> None:
    scale = outcome.distribution or "normal"
    parts: list[tuple[Path, Record]] = [((*path, "effects", arm), effect) for arm, effect in outcome.effects.items()]
    parts += [((*path, "drivers", i), driver) for i, driver in enumerate(outcome.drivers)]
    parts += [((*path, "covariates", i), effect) for i, effect in enumerate(outcome.covariates)]
    for here, part in parts:
        _one_effect(scale, here, part, report)
    for activity, response in outcome.responds_to.items():
        _response_fits(scale, (*path, "responds_to", activity), response, outcome, report)


def _one_effect(scale: str, path: Path, part: Record, report: Report) -> None:
    told = [key for key in EFFECTS if getattr(part, key) is not None]
    wanted = EFFECT_OF[scale]
    wrong = [key for key in told if key != wanted]
    if wrong:
        message = f"'{wrong[0]}' does not fit the {scale} scale."
        report(Finding("TS-E024", (*path, wrong[0]), message, f"Write {wanted}:.", on_key=True))
    elif not told:
        report(Finding("TS-E024", path, "the size of the effect is not said.", f"Add {wanted}:."))


def _response_fits(scale: str, path: Path, response: Response, outcome: Outcome, report: Report) -> None:
    if response.secretion is not None:
        if scale != "lognormal":
            message = f"secretion moves a concentration, not a {scale} outcome."
            report(Finding("TS-E029", (*path, "secretion"), message, f"Write {EFFECT_OF[scale]}:.", on_key=True))
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
    if response.secretion is None or any(getattr(response, key) is not None for key in EFFECTS):
        _one_effect(scale, path, response, report)
    for key, fitting in (("sd_log_between", "lognormal"), ("sd_between", "normal")):
        if getattr(response, key) is not None and scale != fitting:
            report(
                Finding("TS-E024", (*path, key), f"'{key}' does not fit the {scale} scale.", "Remove it.", on_key=True)
            )


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


def _drivers(outcome: Outcome, path: Path, scenario: Scenario, points: Outline, report: Report) -> None:
    resources = scenario.setting.resources if scenario.setting else {}
    for i, driver in enumerate(outcome.drivers):
        here = (*path, "drivers", i)
        wanted = "for" if driver.driver == "wait" else "of"
        if (driver.lasts if wanted == "for" else driver.of) is None:
            what = "a resource" if wanted == "for" else "an attempt or activity"
            report(Finding("TS-E073", here, f"'{driver.driver}' needs {what}.", f"Add {wanted}:."))
        if driver.lasts is not None:
            known(driver.lasts, resources, "TS-E033", (*here, "for"), report)
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


def _covariates(outcome: Outcome, path: Path, scenario: Scenario, report: Report) -> None:
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


def _shares(outcome: Outcome, path: Path, scenario: Scenario, report: Report) -> None:
    icc, place = outcome.icc, (*path, "icc")
    if icc.site is not None and not (scenario.setting and scenario.setting.sites):
        report(
            Finding(
                "TS-E075",
                (*place, "site"),
                "there are no sites.",
                "Declare setting.sites, or remove site:.",
                on_key=True,
            )
        )
    if icc.practitioner is not None and not (scenario.setting and scenario.setting.resources):
        report(
            Finding(
                "TS-E075",
                (*place, "practitioner"),
                "there are no practitioners.",
                "Declare setting.resources.",
                on_key=True,
            )
        )
    if sum(share.value for share in (icc.site, icc.practitioner) if share) >= 1:
        report(Finding("TS-E075", place, "practitioner and site take all the variance.", "Their sum must be below 1."))


def _rhythm(outcome: Outcome, path: Path, report: Report) -> None:
    rhythm, place = outcome.rhythm, (*path, "rhythm")
    if rhythm is None:
        return
    if outcome.distribution not in ("normal", "lognormal"):
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
    told, place = outcome.instrument, (*path, "instrument")
    continuous = outcome.distribution in ("normal", "lognormal")
    for key in ("assay", "assay_cv", "plate_cv", "plate", "detection_limit", "below", "rounding"):
        if getattr(told, key) is not None and not continuous:
            report(
                Finding(
                    "TS-E072",
                    (*place, key),
                    f"'{key}' does not fit the {outcome.distribution} scale.",
                    "Remove it.",
                    on_key=True,
                )
            )
    if told.rater_sd is not None and outcome.distribution not in ("ordinal", "normal"):
        report(
            Finding(
                "TS-E072",
                (*place, "rater_sd"),
                f"'rater_sd' does not fit the {outcome.distribution} scale.",
                "Remove it.",
                on_key=True,
            )
        )
    if (told.detection_limit is None) != (told.below is None):
        remedy = "Write detection_limit: and below: together."
        report(
            Finding(
                "TS-E072", place, "a detection limit and what is done below it belong together.", remedy, on_key=True
            )
        )
    if told.plate_cv is not None and told.plate is None:
        report(
            Finding(
                "TS-E072",
                (*place, "plate_cv"),
                "the size of a plate is not said.",
                "Add plate: 38 samples.",
                on_key=True,
            )
        )
    if told.plate is not None and (
        told.plate.value != int(told.plate.value) or told.plate.unit not in ("samples", "sample")
    ):
        report(Finding("TS-E012", (*place, "plate"), "a plate holds whole samples.", "Write plate: 38 samples."))


def _missing(outcome: Outcome, path: Path, scenario: Scenario, points: Outline, report: Report) -> None:
    for i, rule in enumerate(outcome.missing):
        here = (*path, "missing", i)
        _names(rule.visits, (*here, "visits"), points, report)
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
    known(window.after, [*points.activities, *points.names()], "TS-E034", (*place, "after"), report)
    _names(window.visits, (*place, "visits"), points, report)
    if window.earliest is None and window.latest is None:
        report(Finding("TS-E071", place, "the window has no end.", "Add latest: 30 min."))
    elif window.earliest and window.latest and window.earliest.value >= window.latest.value:
        report(Finding("TS-E071", place, "the window closes before it opens.", "Write earliest: below latest:."))
