"""Records of an outcome: its levels, correlation, what moves it, how it is measured and lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from trialsim.kinds.scales import SCALE, Scale
from trialsim.quantities.fields import (
    Amount,
    Categories,
    Clock,
    ClockWindow,
    Duration,
    Factor,
    Line,
    Name,
    PlateSize,
    PractitionerSd,
    PractitionerShare,
    ProvenanceRecord,
    Rate,
    Record,
    Share,
    SignedShare,
    VisitOrDuration,
    Volume,
)
from trialsim.rules import ABOVE_ZERO, LATER, NOT_NEGATIVE, QUANTITY, SCHEDULE, SHARES_OF_A_WHOLE, WORDS
from trialsim.scenario.model.lists import Names
from trialsim.scenario.oneof import OneOf


class Level(ProvenanceRecord):
    """The distribution of an outcome at a visit in an arm, given in any way its scale allows.

    Attributes
    ----------
    mean : the mean, in the unit of the outcome. Example: 12.2
    sd : the standard deviation, in the unit of the outcome, above 0. Example: 4.1
    median : the median, in the unit of the outcome. Example: 11
    sd_log : the standard deviation of the logarithms, above 0. Example: 0.4
    cv : the standard deviation as a share of the mean, above 0. Example: 40 %
    iqr : the lower and the upper quartile, in the unit of the outcome. Example: [8, 15]
    shares : the share of each category, which sum to 100 %. Example: [20 %, 50 %, 30 %]
    chance : the chance of yes. Example: 30 %
    dispersion : how far counts vary beyond chance: their variance is mean + dispersion x mean^2; 0 or more, 0 for Poisson.
        Example: 0.5
    shape : the shape of a Weibull time, above 0: above 1 the hazard rises, below 1 it falls; exponential by default.
        Example: 1.2
    """

    mean: Annotated[Amount | None, QUANTITY] = None
    sd: Annotated[Amount | None, ABOVE_ZERO] = None
    median: Annotated[Amount | None, QUANTITY] = None
    sd_log: Annotated[Factor | None, ABOVE_ZERO] = None
    cv: Annotated[Factor | None, ABOVE_ZERO] = None
    iqr: tuple[Amount, Amount] | None = None
    shares: Annotated[tuple[Share, ...], SHARES_OF_A_WHOLE, QUANTITY] = ()  # ordinal: the share of each category
    chance: Annotated[Share | None, QUANTITY] = None  # binary
    dispersion: Annotated[Factor | None, NOT_NEGATIVE, LATER] = None  # count
    shape: Annotated[Factor | None, ABOVE_ZERO, LATER] = None  # time

    def numbers(self) -> dict[str, float]:
        """The numbers of a measured level under the names that ``distributions.solve`` takes."""
        given = ((key, getattr(self, key)) for key in ("mean", "sd", "median", "sd_log", "cv"))
        flat = {key: number.value for key, number in given if number is not None}
        if self.iqr is not None:
            flat |= {"iqr_low": self.iqr[0].value, "iqr_high": self.iqr[1].value}
        return flat


class ArmLevels(ProvenanceRecord):
    """Levels at one visit that differ by arm.

    Attributes
    ----------
    by_arm : the level in each arm. Example: {control: {mean: 2.5, sd: 1}, massage: {mean: 2.1}}
    """

    by_arm: Annotated[Mapping[Name, Level], QUANTITY]


def _level_tag(value: Any) -> str:
    by_arm = isinstance(value, ArmLevels) or (isinstance(value, Mapping) and "by_arm" in value)
    return "<by arm>" if by_arm else "<level>"


AnyLevel = Annotated[
    Annotated[Level, Tag("<level>")] | Annotated[ArmLevels, Tag("<by arm>")], Discriminator(_level_tag)
]


class Effect(ProvenanceRecord):
    """What an arm changes against the reference, at the visits named (all if none).

    Attributes
    ----------
    difference : by how much the mean moves, in the unit of the outcome. Example: -0.8
    ratio : the factor on a lognormal outcome, above 0. Example: 0.85
    odds_ratio : the factor on the odds of an ordinal or binary outcome, above 0. Example: 0.6
    rate_ratio : the factor on the rate of a count, above 0. Example: 0.7
    hazard_ratio : the factor on the hazard of a time, above 0. Example: 0.7
    visits : the visits at which it acts; all by default. Example: [post]
    """

    difference: Amount | None = None
    ratio: Annotated[Factor | None, ABOVE_ZERO] = None
    odds_ratio: Annotated[Factor | None, ABOVE_ZERO] = None
    rate_ratio: Annotated[Factor | None, ABOVE_ZERO, LATER] = None
    hazard_ratio: Annotated[Factor | None, ABOVE_ZERO, LATER] = None
    visits: Names = ()


class Correlation(ProvenanceRecord):
    """Latent correlation of an outcome with itself over visits, and with outcomes above it in the file.

    Attributes
    ----------
    within_session : correlation of two visits of one session, between -1 and 1. Example: 0.6
    between_sessions : correlation of two visits of different sessions, between -1 and 1. Example: 0.4
    with : correlation with outcomes above in the file, between -1 and 1. Example: {fear: 0.3}
    """

    within_session: Factor | None = None
    between_sessions: Factor | None = None
    with_: Mapping[Name, Factor] = Field(default={}, alias="with")


class Rhythm(ProvenanceRecord):
    """The clock: a slope per hour on the log scale (or in the outcome's unit), or a cosinor with a peak time.

    Attributes
    ----------
    slope : the slope over the hours of the day, per hour. Example: -0.132 per h
    amplitude : half of the height of a daily wave, on the scale of the predictor. Example: 0.3
    peak : the time of day of its peak, in quotes. Example: "08:00"
    reference_clock : the time of day for which levels hold, in quotes. Example: "10:00"
    between : the hours between which the slope acts. Example: 08:00-20:00
    """

    slope: Rate | None = None
    amplitude: Amount | None = None  # cosinor, on the scale of the predictor
    peak: Clock | None = None
    reference_clock: Clock
    between: ClockWindow | None = None


class Response(ProvenanceRecord):
    """How an outcome answers to an activity: through secretion, or at once by a ratio, difference or odds ratio.

    Attributes
    ----------
    secretion : the change of secretion while it acts, a share. Example: -20 %
    lag : the time from the start of the activity until it acts, a duration. Example: 5 min
    for : how long it acts, a duration. Example: 30 min
    responders : the share of participants who respond; all by default. Example: 70 %
    difference : by how much the mean moves, in the unit of the outcome. Example: -0.8
    ratio : the factor on a lognormal outcome, above 0. Example: 0.85
    odds_ratio : the factor on the odds of an ordinal or binary outcome, above 0. Example: 0.6
    rate_ratio : the factor on the rate of a count, above 0. Example: 0.7
    hazard_ratio : the factor on the hazard of a time, above 0. Example: 0.7
    sd_log_between : the standard deviation of the logarithms of individual ratios, 0 or more. Example: 0.2
    sd_between : the standard deviation of individual differences, in the unit of the outcome, 0 or more. Example: 0.5
    sd_practitioner : the standard deviation of the effect over practitioners, on the scale of the predictor, 0 or more.
        Example: {value: 0.1, of: nurse}
    visits : the later visits at which it acts; those of the same session by default. Example: [post]
    """

    secretion: SignedShare | None = None
    lag: Duration | None = None
    lasts: Duration | None = Field(default=None, alias="for")  # of the drive, from the activity's start
    responders: Share | None = None  # everyone by default
    ratio: Annotated[Factor | None, ABOVE_ZERO] = None
    difference: Amount | None = None
    odds_ratio: Annotated[Factor | None, ABOVE_ZERO] = None
    rate_ratio: Annotated[Factor | None, ABOVE_ZERO, LATER] = None
    hazard_ratio: Annotated[Factor | None, ABOVE_ZERO, LATER] = None
    sd_log_between: Annotated[Factor | None, NOT_NEGATIVE] = None  # spread of individual log ratios
    sd_between: Annotated[Amount | None, NOT_NEGATIVE] = None  # spread of individual differences
    sd_practitioner: PractitionerSd | None = None  # spread of the effect over practitioners, on the predictor's scale
    visits: Names = ()  # later visits of the same session by default


class Driver(ProvenanceRecord):
    """Something in the trace that moves the outcome: failed attempts, waiting, interruption, time in an activity.

    Attributes
    ----------
    driver : what moves the outcome. Example: failed
    of : the attempt or activity. Example: needle
    for : the resource that is waited for. Example: nurse
    per : the time for which the effect is given, a duration above 0. Example: 10 min
    difference : by how much the mean moves, in the unit of the outcome. Example: -0.8
    ratio : the factor on a lognormal outcome, above 0. Example: 0.85
    odds_ratio : the factor on the odds of an ordinal or binary outcome, above 0. Example: 0.6
    rate_ratio : the factor on the rate of a count, above 0. Example: 0.7
    hazard_ratio : the factor on the hazard of a time, above 0. Example: 0.7
    """

    driver: Annotated[Literal["failed", "wait", "interrupted", "duration", "missed"], OneOf()]
    of: Name | None = None  # an attempt or activity
    resource: Name | None = Field(default=None, alias="for")  # a resource, for waits
    per: Annotated[Duration | None, ABOVE_ZERO, SCHEDULE] = None  # for waits and durations
    ratio: Annotated[Factor | None, ABOVE_ZERO] = None
    difference: Amount | None = None
    odds_ratio: Annotated[Factor | None, ABOVE_ZERO] = None
    rate_ratio: Annotated[Factor | None, ABOVE_ZERO, LATER] = None
    hazard_ratio: Annotated[Factor | None, ABOVE_ZERO, LATER] = None


class CovariateEffect(ProvenanceRecord):
    """How a covariate moves the outcome: per unit of a number, or for one category against the others.

    Attributes
    ----------
    covariate : the covariate that moves the outcome. Example: age
    category : the category that is compared with the others. Example: girl
    per : the amount of the covariate for which the effect is given, in its unit, above 0. Example: 1 y
    centered_at : the value of the covariate for which levels hold, in its unit; its mean by default. Example: 15 y
    difference : by how much the mean moves, in the unit of the outcome. Example: -0.8
    ratio : the factor on a lognormal outcome, above 0. Example: 0.85
    odds_ratio : the factor on the odds of an ordinal or binary outcome, above 0. Example: 0.6
    rate_ratio : the factor on the rate of a count, above 0. Example: 0.7
    hazard_ratio : the factor on the hazard of a time, above 0. Example: 0.7
    """

    covariate: Name
    category: Name | None = None
    per: Annotated[Amount | None, ABOVE_ZERO, SCHEDULE] = None
    centered_at: Annotated[Amount | None, SCHEDULE] = None
    ratio: Annotated[Factor | None, ABOVE_ZERO] = None
    difference: Amount | None = None
    odds_ratio: Annotated[Factor | None, ABOVE_ZERO] = None
    rate_ratio: Annotated[Factor | None, ABOVE_ZERO, LATER] = None
    hazard_ratio: Annotated[Factor | None, ABOVE_ZERO, LATER] = None


class Icc(ProvenanceRecord):
    """Shares of the variance that belong to the practitioner (of a resource) and the site.

    Attributes
    ----------
    practitioner : the share of the variance that belongs to who serves. Example: {value: 5 %, of: nurse}
    site : the share of the variance that belongs to the site. Example: 3 %
    """

    practitioner: PractitionerShare | None = None
    site: Share | None = None


class Instrument(ProvenanceRecord):
    """How a value is measured.

    Attributes
    ----------
    assay : the assay; outcomes of one assay share its plates. Example: ELISA
    assay_cv : the error of one sample as a share of its value. Example: 5 %
    plate_cv : the error of a plate as a share of the value. Example: 8 %
    plate : how many samples a plate takes. Example: 38 samples
    volume : the blood drawn for one sample, above 0; left out where no blood is drawn. Example: 2 ml
    detection_limit : the smallest value that is read, in the unit of the outcome, above 0. Example: 0.4
    below : what a value below the limit becomes. Example: limit/2
    rounding : the step of the readings, in the unit of the outcome, above 0. Example: 0.1
    rater_sd : the standard deviation of the rater's error, in the unit of a normal outcome or on the latent scale, 0 or
        more. Example: 0.5
    """

    assay: Name | None = None  # outcomes that name the same assay share its plates
    assay_cv: Share | None = None
    plate_cv: Share | None = None
    plate: PlateSize | None = None  # samples on one plate
    volume: Annotated[Volume | None, ABOVE_ZERO, SCHEDULE, LATER] = None  # blood for one sample
    detection_limit: Annotated[Amount | None, ABOVE_ZERO] = None
    below: Annotated[Literal["missing", "limit/2", "limit/sqrt(2)", "censored"], OneOf()] | None = None
    rounding: Annotated[Amount | None, ABOVE_ZERO] = None
    rater_sd: Annotated[Factor | None, NOT_NEGATIVE] = (
        None  # on the latent scale of an ordinal outcome, or in the unit of a normal one
    )


class MissingValues(ProvenanceRecord):
    """A reason for a missing value. MAR looks at another measured value, MNAR at the value itself.

    Attributes
    ----------
    mechanism : what decides: chance (MCAR), another measured value (MAR), or the value itself (MNAR). Example: MAR
    reason : the reason in words. Example: too tired
    chance : the chance that a value is missing, at the reference value. Example: 10 %
    visits : the visits at which values are lost; all by default. Example: [post]
    arms : the arms whose values can be missing; all by default. Example: [control]
    given : the outcome that decides, of MAR. Example: fear
    at : its visit, of MAR. Example: pre
    odds_ratio : the factor on the odds of a missing value, above 0. Example: 1.5
    per : the amount for which the factor is given, in the unit of the outcome that decides, above 0. Example: 1
    centered_at : the reference value, in the unit of the outcome that decides. Example: 5
    """

    mechanism: Annotated[Literal["MCAR", "MAR", "MNAR"], OneOf()]
    reason: Line
    chance: Share  # at the reference value
    visits: Names = ()
    arms: Names = ()  # all by default
    given: Name | None = None  # MAR: an outcome
    at: Name | None = None  # MAR: its visit
    odds_ratio: Annotated[Factor | None, ABOVE_ZERO] = None
    per: Annotated[Amount | None, ABOVE_ZERO, SCHEDULE] = None
    centered_at: Annotated[Amount | None, SCHEDULE] = None


class Window(Record):
    """A sample counts when taken this long after the end of an activity or attempt (or after a visit).

    Attributes
    ----------
    after : the activity, attempt or visit from which the time counts. Example: needle
    earliest : the earliest time of a sample, a duration. Example: 10 min
    latest : the latest time of a sample, a duration. Example: 30 min
    otherwise : what becomes of a sample outside the window. Example: drop
    visits : the visits it holds for; all by default. Example: [post]
    """

    after: Name
    earliest: Duration | None = None
    latest: Duration | None = None
    otherwise: Annotated[Literal["keep", "drop"], OneOf()]
    visits: Names = ()


class Outcome(Record):
    """A variable: its scale, levels, correlation, what moves it, how it is measured and lost.

    Attributes
    ----------
    label : what it is called in texts and figures. Example: salivary cortisol
    distribution : its scale; it may be left out where categories, a chance or a concentration say it. Example:
        lognormal
    unit : the unit of its values. Example: ug/dL
    categories : the numbers of a scale, rising; a list or a range. Example: 0..10
    labels : words for categories, each under its number. Example: {0: none, 4: extreme}
    limits : the lowest and highest value of the scale of a normal outcome, in its unit; not enforced. Example: [0, 100]
    better : which way is good for the participant. Example: lower
    per : with a family, whose it is if it is the mother's: she is measured once, beside her first child. Example: family
    visits : the visits at which it is measured; a count has one, the second of over, and a time that of until.
        Example: [pre, post]
    over : the two visits between which a count is taken. Example: [pre, post]
    from : the visit from which a time counts; enrollment by default. Example: pre
    until : how long participants are followed for a time: until a visit, or for a duration. Example: 90 d
    as : whether levels are true values, or values as a pilot on this ward would observe them. Example: observed
    level : the level at every visit that has none of its own. Example: {mean: 12.2, sd: 4.1}
    by_visit : levels of single visits. Example: {post: {mean: 10, sd: 4}}
    effects : what each arm changes against the reference. Example: {massage: {difference: -0.8}}
    correlation : how its values hang together. Example: {within_session: 0.6}
    rhythm : how the clock moves it. Example: {slope: -0.132 per h, reference_clock: "10:00"}
    responds_to : how it answers to activities. Example: {hand massage: {difference: -0.5}}
    half_life : its half-life in the body, a duration above 0. Example: 60 min
    drivers : what else of the ward moves it. Example: [{driver: failed, of: needle, difference: 0.5}]
    covariates : how covariates move it. Example: [{covariate: age, per: 1 y, difference: 0.1}]
    icc : shares of the variance of practitioners and sites. Example: {site: 3 %}
    instrument : how a value is measured. Example: {rounding: 0.1}
    lost : the share of values lost by chance. Example: 5 %
    missing : reasons for missing values. Example: [{mechanism: MCAR, reason: too tired, chance: 10 %}]
    window : when a sample counts. Example: {after: needle, latest: 30 min, otherwise: drop}
    cac : in a stepped wedge, the correlation over time within a site: the correlation of two participants of one site in
        different periods, as a share of that in one period, from 0 to 1; 1 by default. Example: 0.8
    secular : the calendar trend: by how much everyone differs with each month after the start of the study: a difference in the
        unit of the outcome, a ratio or an odds ratio, as the scale has effects. Example: 0.1 per month
    carryover : in a crossover, the share of the effect of an arm that is still there in the next period. Example: 20 %
    period_effects : in a crossover, by how much the mean of each period differs from what is declared, in the unit of the
        outcome. Example: [0, -0.2]
    """

    label: Annotated[Line | None, WORDS] = None
    distribution: Annotated[str, OneOf(SCALE)] | None = None
    unit: Line | None = None
    categories: Categories = ()
    labels: Mapping[Name, Line] = {}  # words for categories, each under its number
    limits: tuple[Amount, Amount] | None = None  # of a normal outcome's scale: declared, not enforced
    better: Annotated[Literal["lower", "higher"], OneOf()] | None = None  # which way is good for the participant
    per: Annotated[Literal["family"] | None, OneOf(("family",)), LATER] = None
    visits: Names = ()
    over: Annotated[Names, LATER, SCHEDULE] = ()  # of a count: two visits
    since: Annotated[Name | None, LATER, SCHEDULE] = Field(
        default=None, alias="from"
    )  # of a time; enrollment by default
    until: Annotated[VisitOrDuration | None, LATER, SCHEDULE] = None  # of a time
    source: Annotated[str | None, WORDS] = None
    computed_from: Annotated[str | None, WORDS] = None
    assumed: Annotated[str | None, WORDS] = None
    as_: Annotated[Literal["true", "observed"], OneOf()] = Field(default="true", alias="as")
    level: AnyLevel | None = None
    by_visit: Mapping[Name, AnyLevel] = {}
    effects: Mapping[Name, Effect] = {}
    correlation: Correlation = Correlation()
    rhythm: Rhythm | None = None
    responds_to: Mapping[Name, Response] = {}
    half_life: Annotated[Duration | None, ABOVE_ZERO] = None
    drivers: tuple[Driver, ...] = ()
    covariates: tuple[CovariateEffect, ...] = ()
    icc: Icc = Icc()
    instrument: Instrument = Instrument()
    lost: Share | None = None
    missing: tuple[MissingValues, ...] = ()
    window: Annotated[Window | None, SCHEDULE] = None
    cac: Annotated[Factor | None, LATER] = None
    secular: Annotated[Amount | None, LATER] = None
    carryover: Annotated[Share | None, LATER] = None
    period_effects: Annotated[tuple[Amount, ...], LATER] = ()

    @property
    def scale(self) -> Scale:
        """The scale of a resolved outcome."""
        assert self.distribution is not None
        return SCALE[self.distribution]
