"""In plain words: what moves an outcome, how it is measured, and how its values get lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import exp, log

from trialsim.kinds.scales import EFFECT_KEYS
from trialsim.numbers.distributions import mean
from trialsim.quantities.fields import Number, OfPractitioners
from trialsim.report.words import join, number, significant
from trialsim.scenario.dump import clock_text
from trialsim.scenario.model import (
    Covariate,
    CovariateEffect,
    Driver,
    Instrument,
    MissingValues,
    Outcome,
    Response,
    Rhythm,
    Window,
)

#: What moves or loses the values of an outcome, and how.
Line = tuple[str, str]


def moved(outcome: Outcome, participants: Mapping[str, Covariate]) -> Iterator[Line]:
    """Everything but level, correlation and the effects of arms; ``participants`` are the covariates of the scenario."""
    if outcome.rhythm is not None:
        yield "the clock", _rhythm(outcome.rhythm, outcome)
    for activity, response in outcome.responds_to.items():
        yield activity, response_words(response, outcome)
    for driver in outcome.drivers:
        yield _driver(driver)
    for effect in outcome.covariates:
        yield _covariate(effect, participants[effect.covariate])
    for whose, share in (("practitioner", outcome.icc.practitioner), ("site", outcome.icc.site)):
        if share is not None and share.value > 0:
            of = f" ({join(share.of, 'or')})" if isinstance(share, OfPractitioners) else ""
            yield whose, f"{number(share)} of the variance, shared by the participants of one {whose}{of}"
    if outcome.cac is not None and outcome.cac.value < 1:
        yield (
            "site over time",
            f"of that, participants of different periods share {number(outcome.cac)} times as much (cac)",
        )
    if outcome.secular is not None:
        yield "calendar", _secular(outcome)
    if outcome.carryover is not None and outcome.carryover.value > 0:
        yield "carryover", f"{number(outcome.carryover)} of the effect of an arm acts in the next period too"
    if any(moved.value for moved in outcome.period_effects):
        yield (
            "period",
            f"the mean differs by {join([number(one) for one in outcome.period_effects])} from the levels, period by period",
        )
    yield from _instrument(outcome.instrument)
    if outcome.lost is not None and outcome.lost.value > 0:
        yield "lost", f"{number(outcome.lost)} of the samples"
    for reason in outcome.missing:
        yield f"missing: {reason.reason}", _missing(reason, outcome)
    if outcome.window is not None:
        yield "window", _window(outcome.window)


def _secular(outcome: Outcome) -> str:
    """The calendar trend, as the scale declares effects."""
    assert outcome.secular is not None
    what = outcome.scale.effects[0].replace("_", " ")
    return f"{what} {number(outcome.secular)} from the start of the study on, whatever the arm; levels are those at the start"


def _size(effect: Response | Driver | CovariateEffect) -> str:
    """The size of an effect on the scale of its outcome."""
    given = ((key, getattr(effect, key)) for key in EFFECT_KEYS)
    return next((f"{key.replace('_', ' ')} {number(size)}" for key, size in given if size is not None), "no effect")


def _at(visits: Sequence[str]) -> str:
    return f"; at {join(visits)}" if visits else ""


def _rhythm(rhythm: Rhythm, outcome: Outcome) -> str:
    scale = outcome.scale.predictor
    if rhythm.slope is not None:
        text = f"the {scale} changes by {number(rhythm.slope)}"
    elif rhythm.amplitude is not None and rhythm.peak is not None:
        text = f"the {scale} follows a cosine of amplitude {number(rhythm.amplitude)} with its peak at {clock_text(rhythm.peak)}"
    else:
        return "no rhythm"
    if rhythm.between is not None:
        text += f" between {clock_text(rhythm.between[0])} and {clock_text(rhythm.between[1])}"
    return f"{text}; levels are those at {clock_text(rhythm.reference_clock)}"


def response_words(response: Response, outcome: Outcome) -> str:
    """How an outcome responds to an activity."""
    if response.secretion is not None:
        text = f"secretion {number(response.secretion)}"
        text += f" for {number(response.lasts)} from its start" if response.lasts is not None else " while it lasts"
        text += (
            f", after a lag of {number(response.lag)}" if response.lag is not None and response.lag.value > 0 else ""
        )
        text += f"; half-life {number(outcome.half_life)}" if outcome.half_life is not None else ""
    else:
        text = _size(response)
    if response.responders is not None and response.responders.value < 1:
        text += f"; {number(response.responders)} respond"
    if response.sd_log_between is not None:
        text += f"; effects differ between people, SD {number(response.sd_log_between)} of the log"
    if response.sd_between is not None:
        text += f"; effects differ between people, SD {number(response.sd_between)}"
    if response.sd_practitioner is not None:
        varies = response.sd_practitioner
        text += f"; effects differ between practitioners ({join(varies.of, 'or')}), SD {number(varies)}"
    return text + _at(response.visits)


def _driver(driver: Driver) -> Line:
    per = f" per {number(driver.per)}" if driver.per is not None else ""
    texts = {
        "failed": (f"failed tries of {driver.of}", "for each"),
        "missed": (f"{driver.of} missed", "if so"),
        "interrupted": (f"{driver.of} interrupted", "if so"),
        "duration": (f"time in {driver.of}", ""),
        "wait": (f"wait for {driver.resource}", ""),
    }
    what, when = texts[driver.driver]
    return what, " ".join((_size(driver) + per, when)).strip()


def _covariate(effect: CovariateEffect, covariate: Covariate) -> Line:
    """The effect, the covariate at which the declared level holds, and the mean of everybody that follows."""
    size = _predictor(effect)
    if effect.category is not None or covariate.number is None:
        others = [name for name in covariate.choice if name != effect.category]
        share = covariate.choice[effect.category or ""].value
        text = f"{_size(effect)} against {join(others) or 'nobody'}, to whom the declared level belongs"
        return f"{effect.covariate}: {effect.category}", f"{text}; {_follows(effect, share * size)}"
    middle = mean(covariate.number.distribution)
    center = effect.centered_at.value if effect.centered_at is not None else middle
    unit, per = covariate.number.unit, effect.per.value if effect.per is not None else 1.0
    text = f"{_size(effect)} per {_amount(per, unit)}, centered at {_amount(center, unit)}"
    if effect.centered_at is None:
        return effect.covariate, f"{text}, its mean: {_follows(effect, 0.0)}"
    text += "" if center == middle else f" (its mean is {_amount(middle, unit)})"
    return effect.covariate, f"{text}: {_follows(effect, (middle - center) / per * size)}"


def _predictor(effect: CovariateEffect) -> float:
    """The size of an effect as its scale adds it up: a difference, or the logarithm of a ratio or odds ratio."""
    if effect.difference is not None:
        return effect.difference.value
    factor = next((size for key in EFFECT_KEYS if (size := getattr(effect, key)) is not None), None)
    return log(factor.value) if factor is not None else 0.0


def _amount(value: float, unit: str | None) -> str:
    return number(Number(value=value, kind="amount", unit=unit))


#: Whose mean a covariate moves, by the key of its effect.
MEANS = {
    "difference": "the mean of everybody is",
    "ratio": "the geometric mean of everybody is",
    "odds_ratio": "the mean log odds of everybody are",
    "rate_ratio": "the mean log rate of everybody is",
    "hazard_ratio": "the mean log hazard of everybody is",
}


def _follows(effect: CovariateEffect, shift: float) -> str:
    """What the covariate makes of everybody against the declared level, from the mean shift of the predictor."""
    what = next(words for key, words in MEANS.items() if getattr(effect, key) is not None)
    if abs(shift) < 1e-9:  # of rounding
        return f"{what} as declared"
    if effect.ratio is not None:
        return f"{what} {exp(shift):.3g} times the declared"
    return f"{what} {significant(abs(shift), 3)} {'above' if shift > 0 else 'below'} the declared"


def _instrument(tool: Instrument) -> Iterator[Line]:
    errors = []
    if tool.assay_cv is not None:
        errors.append(f"CV {number(tool.assay_cv)} within a plate")
    if tool.plate_cv is not None:
        errors.append(
            f"CV {number(tool.plate_cv)} between plates" + (f" of {tool.plate.value:.0f} samples" if tool.plate else "")
        )
    if errors:
        yield f"assay {tool.assay}" if tool.assay else "assay", ", ".join(errors)
    if tool.rater_sd is not None:
        yield "rater", f"error of SD {number(tool.rater_sd)}"
    if tool.rounding is not None:
        yield "rounding", f"to {number(tool.rounding)}"
    if tool.detection_limit is not None:
        below = {None: "is missing", "missing": "is missing", "censored": "counts as the limit"}
        yield (
            "detection limit",
            f"a value below {number(tool.detection_limit)} {below.get(tool.below, f'counts as {tool.below}')}",
        )


def _missing(reason: MissingValues, outcome: Outcome) -> str:
    text = f"{number(reason.chance)} ({reason.mechanism})"
    if reason.mechanism != "MCAR" and reason.odds_ratio is not None:
        of = f"{reason.given} at {reason.at}" if reason.mechanism == "MAR" else "the value itself"
        where = f" where {of} is {number(reason.centered_at)}" if reason.centered_at is not None else ""
        per = f" per {number(reason.per)}" if reason.per is not None else ""
        text += f"{where}, odds ratio {number(reason.odds_ratio)}{per} of {'it' if where else of}"
    if reason.arms:
        text += f", in {' and '.join(reason.arms)}"
    return text + (_at(reason.visits) if set(reason.visits) != set(outcome.visits) else "")


def _window(window: Window) -> str:
    ends = [number(end) if end.value else "0" for end in (window.earliest, window.latest) if end is not None]
    if len(ends) == 1:
        ends = [f"{'at least' if window.latest is None else 'at most'} {ends[0]}"]
    when = " to ".join(ends) or "at any time"
    then = "is dropped" if window.otherwise == "drop" else "is kept all the same"
    return f"a sample counts {when} after {window.after}; another {then}{_at(window.visits)}"
