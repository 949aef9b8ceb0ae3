"""The scenario: every key a study file may have, as frozen records.

The same records serve a :class:`Draft`, in which most keys have defaults, and the :class:`Scenario`, in which nothing
is left out. Values are canonical: durations in seconds, shares in 0..1, clock times in seconds after midnight,
levels of an outcome in the unit of that outcome. Only :func:`trialsim.scenario.resolve.resolve` makes a scenario, and only
a scenario may run.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal, Never

from pydantic import (
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PrivateAttr,
    Tag,
    model_validator,
)
from pydantic_core import core_schema

from trialsim.protocol.steps import Resource, Step, WaitRule
from trialsim.quantities import (
    Amount,
    CalendarSpan,
    Categories,
    Clock,
    ClockWindow,
    Count,
    Duration,
    DurationSpread,
    Factor,
    Line,
    Money,
    Name,
    PlateSize,
    PractitionerSd,
    PractitionerShare,
    Rate,
    Record,
    Share,
    SignedShare,
    Sourced,
    Spread,
    StudyName,
    ValueSpread,
)
from trialsim.rules import (
    ABOVE_ZERO,
    CHOSEN,
    COUNTED,
    NAMES_DECIDE,
    NOT_NEGATIVE,
    QUANTITY,
    SCHEDULE,
    SHARES_OF_A_WHOLE,
    WORDS,
)
from trialsim.scenario.sweep import Sweep

if TYPE_CHECKING:
    from trialsim.protocol.program import Program
    from trialsim.scenario.written import Written


class OneOrMany:
    """An annotation: one item may stand where a list belongs."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(_listed, handler(source))

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        listed = handler(schema)
        return {"anyOf": [listed["items"], listed]}


def _listed(value: object) -> object:
    return (value,) if isinstance(value, (str, Mapping, Record)) else value


Names = Annotated[tuple[Name, ...], OneOrMany()]  # one name, or a list of names

# ---------------------------------------------------------------- the ward


class Leave(Sourced):
    """One reason to leave early: after a drawn time, or with a chance within a time (constant hazard).

    Attributes
    ----------
    reason : the reason in a word; each reason stands once. Example: discharge
    after : after which time, as a duration that may vary. Example: {median: 9 d, iqr: [5 d, 14 d]}
    chance : the chance to leave within the time under within, below 100 %. Example: 10 %
    within : the time within which the chance acts, a duration. Example: 30 d
    """

    reason: Name
    after: DurationSpread | None = None
    chance: Annotated[Share | None, QUANTITY] = None
    within: Duration | None = None


class ArrivalPeriod(Record):
    """From this time on, one patient comes every so often.

    Attributes
    ----------
    from : when the period begins, counted from the start, a duration. Example: 0 d
    every : the mean time between two patients, a duration. Example: 6 h
    """

    start: Duration = Field(alias="from")
    every: Annotated[Duration, ABOVE_ZERO]


class Arrivals(Sourced):
    """Poisson arrivals: a constant mean gap, or one that changes; ``pattern`` weighs the days of the week.

    Attributes
    ----------
    every : the mean time between two patients, a duration. Example: 30 h
    periods : periods with other rates, in order. Example: [{from: 0 d, every: 6 h}, {from: 90 d, every: 9 h}]
    pattern : weights of the days of the week, 0 or more; the mean rate is kept. Example: {Mon-Fri: 1, Sat-Sun: 0.3}
    """

    every: Annotated[Duration | None, ABOVE_ZERO] = None
    periods: tuple[ArrivalPeriod, ...] = ()
    pattern: Mapping[str, Factor] = {}  # {Mon-Fri: 1, Sat-Sun: 0.3}: relative rates, mean kept


class Patients(Sourced):
    """Who comes, who may be asked, who consents, who leaves (times counted from arrival).

    Attributes
    ----------
    label : what a patient is called in texts. Example: child
    arrive : how often patients come. Example: {every: 30 h}
    exclusions : reasons that rule patients out before they are asked, with the share of each below 100 %. Example: {no
        consent form: 10 %}
    ask : when they are asked, counted from arrival; at arrival by default. Example: {for: 1 d}
    consent : the share of those asked who take part, above 0 %. Example: 80 %
    leave : reasons to leave early, counted from arrival. Example: [{reason: discharge, after: 9 d}]
    """

    label: Annotated[Line, WORDS] = "patient"
    arrive: Arrivals
    exclusions: Mapping[Name, Share] = {}  # a reason and the share of patients it rules out before they are asked
    ask: WaitRule | None = None  # when they are asked; at arrival if not said
    consent: Share
    leave: Annotated[tuple[Leave, ...], OneOrMany()] = ()


class Setting(Sourced):
    """The ward: calendar start, patients, resources, sites (each site has its own resources of the same kind).

    Attributes
    ----------
    starts : the first day of the study, a date. Example: 2026-01-05
    patients : who comes, who consents, who leaves. Example: {arrive: {every: 30 h}, consent: 80 %}
    sites : the sites and their shares of the patients, which sum to 100 %. Example: {north: 60 %, south: 40 %}
    resources : staff, rooms and machines by name. Example: {nurse: {units: 2}}
    """

    starts: date = Field(ge=date(1900, 1, 1), le=date(2200, 12, 31))
    patients: Patients
    sites: Annotated[Mapping[Name, Share], SHARES_OF_A_WHOLE] = {}  # site and its share of the patients
    resources: Mapping[Name, Resource] = {}


# ---------------------------------------------------------------- the design


class Allocation(Record):
    """How participants are put into arms.

    Attributes
    ----------
    method : how participants are put into arms. Example: permuted blocks
    ratio : whole numbers in the order of the arms. Example: "2:1"
    block : the size of a block, a multiple of the sum of the ratio. Example: 6
    stratify : covariates by choice, or site, within which blocks are filled. Example: [site]
    """

    method: Literal["in turn", "simple", "permuted blocks"] | None = None
    ratio: str | None = None  # "1:1:1" in the order of the arms
    block: Count | None = Field(default=None, ge=1, le=10_000)  # a multiple of the sum of the ratio
    stratify: Names = ()  # covariates by choice, and "site"


MOST_PARTICIPANTS = 100_000


class Enroll(Record):
    """The target: in all, or in each arm (an arm that has its target is closed).

    Attributes
    ----------
    in all : participants in all arms together, a whole number. Example: 60
    each arm : participants in each arm, a whole number. Example: 30
    """

    in_all: Count | None = Field(default=None, alias="in all", ge=1, le=MOST_PARTICIPANTS)
    each_arm: Count | None = Field(default=None, alias="each arm", ge=1, le=MOST_PARTICIPANTS)

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        return {"in all": value} if isinstance(value, (int, float, str)) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "integer"}, handler.resolve_ref_schema(handler(schema))]}


class Design(Record):
    """What the trialist chooses.

    Attributes
    ----------
    arms : the arms by name, each with its description. Example: {control: usual care, massage: hand massage}
    reference : the arm that the others are compared with; the first one by default. Example: control
    allocation : how participants are put into arms. Example: {ratio: "1:1", block: 4}
    enroll : how many participants. Example: 60
    within : the longest time of enrollment, in calendar months or as a duration. Example: 18 months
    """

    arms: Annotated[Mapping[Name, Line], NAMES_DECIDE]
    reference: Name | None = None  # the first arm if not said
    allocation: Allocation = Allocation()
    enroll: Enroll
    within: CalendarSpan | None = None  # calendar months or a duration; None: no limit


class Covariate(Sourced):
    """A property of a participant, drawn at enrollment: a number, or one of several named categories.

    Attributes
    ----------
    number : a number that varies between participants. Example: {mean: 15 y, sd: 2 y}
    choice : categories with their shares, which sum to 100 %. Example: {girl: 50 %, boy: 50 %}
    """

    number: ValueSpread | None = None
    choice: Annotated[Mapping[Name, Share], SHARES_OF_A_WHOLE, QUANTITY] = {}

    @classmethod
    def whole(cls, data: Mapping[str, Any]) -> bool:
        """Whether a map says how it is distributed, also where it leaves ``number`` out."""
        return super().whole(data) or Spread.whole(data)

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        """``{uniform: ..}`` is a number; ``{choice: {girl: 50 %, boy: 50 %}}`` names categories."""
        if isinstance(value, Mapping) and not {"choice", "number"} & set(value):
            return {"number": value}
        return {"number": value} if isinstance(value, (int, float, str)) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        full = handler.resolve_ref_schema(handler(schema))
        categories = {**full, "properties": {k: v for k, v in full["properties"].items() if k != "number"}}
        return {"anyOf": [{**categories, "required": ["choice"]}, full["properties"]["number"]["anyOf"][0]]}


# ---------------------------------------------------------------- the outcomes


class Level(Sourced):
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
    """

    mean: Annotated[Amount | None, QUANTITY] = None
    sd: Annotated[Amount | None, ABOVE_ZERO] = None
    median: Annotated[Amount | None, QUANTITY] = None
    sd_log: Annotated[Factor | None, ABOVE_ZERO] = None
    cv: Annotated[Factor | None, ABOVE_ZERO] = None
    iqr: tuple[Amount, Amount] | None = None
    shares: Annotated[tuple[Share, ...], SHARES_OF_A_WHOLE, QUANTITY] = ()  # ordinal: the share of each category
    chance: Annotated[Share | None, QUANTITY] = None  # binary


class ArmLevels(Sourced):
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


class Effect(Sourced):
    """What an arm changes against the reference, at the visits named (all if none).

    Attributes
    ----------
    difference : by how much the mean moves, in the unit of the outcome. Example: -0.8
    ratio : the factor on a lognormal outcome, above 0. Example: 0.85
    odds_ratio : the factor on the odds of an ordinal or binary outcome, above 0. Example: 0.6
    visits : the visits at which it acts; all by default. Example: [post]
    """

    difference: Amount | None = None
    ratio: Annotated[Factor | None, ABOVE_ZERO] = None
    odds_ratio: Annotated[Factor | None, ABOVE_ZERO] = None
    visits: Names = ()


class Correlation(Sourced):
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


class Rhythm(Sourced):
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


class Response(Sourced):
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
    sd_log_between : the standard deviation of the logarithms of individual ratios, 0 or more. Example: 0.2
    sd_between : the standard deviation of individual differences, in the unit of the outcome, 0 or more. Example: 0.5
    sd_practitioner : the standard deviation of the effect over practitioners, on the scale of the predictor, 0 or more.
        Example: {value: 0.1, of: nurse}
    visits : the later visits at which it acts; those of the same session by default. Example: [post]
    """

    secretion: SignedShare | None = None
    lag: Duration | None = None
    lasts: Duration | None = Field(default=None, alias="for")  # of the drive, from the activity's start
    responders: Share | None = None  # everyone if not said
    ratio: Annotated[Factor | None, ABOVE_ZERO] = None
    difference: Amount | None = None
    odds_ratio: Annotated[Factor | None, ABOVE_ZERO] = None
    sd_log_between: Annotated[Factor | None, NOT_NEGATIVE] = None  # spread of individual log ratios
    sd_between: Annotated[Amount | None, NOT_NEGATIVE] = None  # spread of individual differences
    sd_practitioner: PractitionerSd | None = None  # spread of the effect over practitioners, on the predictor's scale
    visits: Names = ()  # later visits of the same session if not said


class Driver(Sourced):
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
    """

    driver: Literal["failed", "wait", "interrupted", "duration", "missed"]
    of: Name | None = None  # an attempt or activity
    lasts: Name | None = Field(default=None, alias="for")  # a resource, for waits
    per: Annotated[Duration | None, ABOVE_ZERO, SCHEDULE] = None  # for waits and durations
    ratio: Annotated[Factor | None, ABOVE_ZERO] = None
    difference: Amount | None = None
    odds_ratio: Annotated[Factor | None, ABOVE_ZERO] = None


class CovariateEffect(Sourced):
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
    """

    covariate: Name
    category: Name | None = None
    per: Annotated[Amount | None, ABOVE_ZERO, SCHEDULE] = None
    centered_at: Annotated[Amount | None, SCHEDULE] = None
    ratio: Annotated[Factor | None, ABOVE_ZERO] = None
    difference: Amount | None = None
    odds_ratio: Annotated[Factor | None, ABOVE_ZERO] = None


class Icc(Sourced):
    """Shares of the variance that belong to the practitioner (of a resource) and the site.

    Attributes
    ----------
    practitioner : the share of the variance that belongs to who serves. Example: {value: 5 %, of: nurse}
    site : the share of the variance that belongs to the site. Example: 3 %
    """

    practitioner: PractitionerShare | None = None
    site: Share | None = None


class Instrument(Sourced):
    """How a value is measured.

    Attributes
    ----------
    assay : the assay; outcomes of one assay share its plates. Example: ELISA
    assay_cv : the error of one sample as a share of its value. Example: 5 %
    plate_cv : the error of a plate as a share of the value. Example: 8 %
    plate : how many samples a plate takes. Example: 38 samples
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
    detection_limit: Annotated[Amount | None, ABOVE_ZERO] = None
    below: Literal["missing", "limit/2", "limit/sqrt(2)", "censored"] | None = None
    rounding: Annotated[Amount | None, ABOVE_ZERO] = None
    rater_sd: Annotated[Factor | None, NOT_NEGATIVE] = (
        None  # on the latent scale of an ordinal outcome, or in the unit of a normal one
    )


class Missing(Sourced):
    """A reason for a missing value. MAR looks at another measured value, MNAR at the value itself.

    Attributes
    ----------
    mechanism : what decides: chance (MCAR), another measured value (MAR), or the value itself (MNAR). Example: MAR
    reason : the reason in words. Example: too tired
    chance : the chance that a value is missing, at the reference value. Example: 10 %
    visits : the visits at which values are lost; all by default. Example: [post]
    given : the outcome that decides, of MAR. Example: fear
    at : its visit, of MAR. Example: pre
    odds_ratio : the factor on the odds of a missing value, above 0. Example: 1.5
    per : the amount for which the factor is given, in the unit of the outcome that decides, above 0. Example: 1
    centered_at : the reference value, in the unit of the outcome that decides. Example: 5
    """

    mechanism: Literal["MCAR", "MAR", "MNAR"]
    reason: Line
    chance: Share  # at the reference value
    visits: Names = ()
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
    otherwise: Literal["keep", "drop"]
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
    visits : the visits at which it is measured. Example: [pre, post]
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
    """

    label: Annotated[Line | None, WORDS] = None
    distribution: Literal["normal", "lognormal", "ordinal", "binary"] | None = None
    unit: Line | None = None
    categories: Categories = ()
    labels: Mapping[Name, Line] = {}  # words for categories, each under its number
    limits: tuple[Amount, Amount] | None = None  # of a normal outcome's scale: told, not enforced
    better: Literal["lower", "higher"] | None = None  # which way is good for the participant
    visits: Names
    source: Annotated[str | None, WORDS] = None
    computed_from: Annotated[str | None, WORDS] = None
    assumed: Annotated[str | None, WORDS] = None
    as_: Literal["true", "observed"] = Field(default="true", alias="as")
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
    missing: tuple[Missing, ...] = ()
    window: Annotated[Window | None, SCHEDULE] = None


# ---------------------------------------------------------------- the analyses


class Change(Record):
    """The endpoint is the change from one visit to another.

    Attributes
    ----------
    from : the earlier visit. Example: pre
    to : the later visit. Example: post
    """

    start: Name = Field(alias="from")
    end: Name = Field(alias="to")


class Limits(Record):
    """A rule on a number: below, above, or beyond (in size, either way).

    Attributes
    ----------
    below : below this share. Example: -10 %
    above : above this share. Example: 10 %
    beyond : larger than this share, either way, 0 or more. Example: 10 %
    """

    below: SignedShare | None = None
    above: SignedShare | None = None
    beyond: SignedShare | None = None


class Subset(Record):
    """Participants chosen by their own percent change; no estimand follows from such a choice.

    Attributes
    ----------
    percent_change : limits of the percent change of a participant. Example: {below: -10 %}
    """

    percent_change: Limits


class Estimand(Record):
    """The effect that an analysis is to find, by what it makes of missed and stopped treatment (ICH E9 R1).

    Attributes
    ----------
    strategy : what is made of missed and stopped treatment. Example: treatment policy
    responders : who responds, of a responder stratum. Example: {percent_change: {below: -10 %}}
    """

    strategy: Literal["treatment policy", "hypothetical", "while on treatment", "responder stratum"] = (
        "treatment policy"
    )
    responders: Subset | None = None  # percent by which a value in one arm differs from the same person's in the other


class Dichotomy(Record):
    """Turns a number into yes or no.

    Attributes
    ----------
    at_least : yes from this value on, in the unit of the outcome. Example: 3
    at_most : yes up to this value, in the unit of the outcome. Example: 2
    """

    at_least: Amount | None = None
    at_most: Amount | None = None


class Then(Record):
    """Pairs after the omnibus test.

    Attributes
    ----------
    pairs : the test of two arms. Example: welch
    against : the arm that every pair has; all pairs by default. Example: control
    adjust : how p-values are adjusted for the number of pairs. Example: holm
    gate : whether pairs are only tested once the test of all arms rejects. Example: true
    """

    pairs: Literal["t", "two-sample-t", "welch", "mann-whitney", "fisher", "chi-square"]
    against: Name | None = None  # None: all pairs
    adjust: Literal["none", "bonferroni", "holm", "hochberg", "dunnett"] = "holm"
    gate: bool = True


TESTS = Literal[
    "one-sample-t",
    "paired-t",
    "wilcoxon",
    "t",
    "welch",
    "mann-whitney",
    "anova",
    "welch-anova",
    "kruskal-wallis",
    "ancova",
    "chi-square",
    "fisher",
]


class Analysis(Record):
    """A named estimator on a population.

    Attributes
    ----------
    outcome : the outcome it looks at. Example: fear
    visit : the visit of the endpoint. Example: post
    change : an endpoint that is a change. Example: {from: pre, to: post}
    transform : what is made of the values first; percent is the percent change. Example: log
    dichotomize : the limit that turns a number into yes or no. Example: {at_least: 3}
    test : the test. Example: t
    baseline : the visit whose value is adjusted for. Example: pre
    covariates : covariates that are adjusted for. Example: [age]
    contrast : the two arms it compares, one minus the other. Example: massage - control
    then : pairs after a test of all arms. Example: {pairs: welch, against: control}
    subset : participants chosen by their own percent change. Example: {percent_change: {below: -10 %}}
    population : whose values it takes. Example: completers
    estimand : the effect that it is to find. Example: {strategy: hypothetical}
    exclude : categories that are left out, by covariate. Example: {sex: boy}
    null : the number that one sample is compared with, in the unit of the endpoint. Example: 0
    alternative : the direction of the test. Example: two-sided
    alpha : the level of the test, between 0 % and 100 %; 5 % by default. Example: 5 %
    """

    outcome: Name
    visit: Name | None = None
    change: Change | None = None
    transform: Literal["none", "log", "percent"] = "none"  # percent: percent change from the first visit
    dichotomize: Dichotomy | None = None
    test: TESTS
    baseline: Name | None = None  # a visit of the same outcome (ANCOVA)
    covariates: Names = ()  # of the participants (ANCOVA)
    contrast: str | None = None  # "treated - control"
    then: Then | None = None
    subset: Subset | None = None
    population: Literal["randomized", "received", "completers"] = "randomized"
    estimand: Estimand = Estimand()
    exclude: Mapping[Name, Name] = {}  # a covariate by choice and the category left out
    null: Amount | None = None  # one-sample tests
    alternative: Literal["two-sided", "greater", "less"] = "two-sided"
    alpha: Share | None = None  # 5 % if not said


# ---------------------------------------------------------------- the rest


class Costs(Sourced):
    """What the study costs, in one currency.

    Attributes
    ----------
    currency : the currency of all amounts. Example: EUR
    participant : what one participant costs, with the currency. Example: 100 EUR
    sample : what one sample costs, by outcome, with the currency. Example: {cortisol: 25 EUR}
    staff_hour : what one hour costs, by resource, with the currency. Example: {nurse: 40 EUR}
    """

    currency: Line
    participant: Money | None = None
    sample: Mapping[Name, Money] = {}  # by outcome
    staff_hour: Mapping[Name, Money] = {}  # by resource


class Simulation(Record):
    """How many replicates, from which seed.

    Attributes
    ----------
    replicates : how many trials are simulated, a whole number. Example: 10000
    seed : which random numbers are drawn, a whole number. Example: 1
    """

    replicates: Annotated[Count, COUNTED] = Field(default=10_000, ge=1, le=1_000_000_000)
    seed: Count = Field(default=1, ge=0, le=2**63 - 1)


class Published(Record):
    """A figure or finding of the published study, for ``trialsim reproduce``.

    Attributes
    ----------
    source : the source that prints it, declared under sources. Example: trial2
    analysis : the analysis that it is compared with. Example: main
    reading : how the text was read, in words. Example: read from figure 2
    contrast : the two arms, one minus the other. Example: massage - control
    n : participants, a whole number. Example: 99
    mean : the mean or difference, in the unit of the endpoint. Example: -0.8
    ci95 : the ends of its 95 % confidence interval, in the unit of the endpoint. Example: [-1.5, -0.1]
    p : its p-value, from 0 to 1. Example: 0.03
    finding : what was found. Example: lower
    """

    source: Name
    analysis: Name
    reading: str | None = None
    contrast: str | None = None
    n: Count | None = None
    mean: Amount | None = None
    ci95: tuple[Amount, Amount] | None = None
    p: Annotated[float, Field(allow_inf_nan=False)] | None = None
    finding: Literal["lower", "higher", "no difference"] | None = None


class Draft(Record):
    """A scenario as it was read: every key by itself is sound, defaults are not written out, nothing is held together.

    Attributes
    ----------
    trialsim : the version of the format. Example: 1
    name : the name of the study, which names its folders. Example: pain-2026
    title : the title in one line. Example: Hand massage before blood draws
    sources : sources by a short name. Example: {trial2: "Ward records 2024, n = 40"}
    setting : the ward. Example: {starts: 2026-01-05, patients: {arrive: {every: 30 h}, consent: 80 %}}
    design : what the trialist chooses. Example: {arms: {control: usual care, massage: hand massage}, enroll: 60}
    participants : properties of participants. Example: {age: {mean: 15 y, sd: 2 y}}
    attrition : reasons to leave, counted from enrollment. Example: [{reason: moved, chance: 10 %, within: 30 d}]
    protocol : the steps each participant goes through on the ward. Example: [{visit: pre}, {activity: hand massage,
        lasts: 15 min}]
    visits : without a ward, when each visit happens, a duration from enrollment. Example: {post: 28 d}
    outcomes : what is measured. Example: {fear: {distribution: normal, visits: [post], level: {mean: 2.5, sd: 1}}}
    analyses : how it is analyzed. Example: {main: {outcome: fear, visit: post, test: t}}
    primary : the primary analysis, or several. Example: main
    costs : what the study costs. Example: {currency: EUR, participant: 100 EUR}
    sweep : values to vary, for trialsim sweep. Example: {matrix: {design.enroll: [60, 99]}}
    simulation : how many trials, from which seed. Example: {replicates: 10000, seed: 1}
    published : figures of the published study, for trialsim reproduce. Example: [{source: trial2, analysis: main, p:
        0.03}]
    """

    trialsim: Literal[1]
    name: Annotated[StudyName, WORDS]
    title: Annotated[Line, WORDS]
    sources: Annotated[Mapping[Name, str], WORDS] = {}
    setting: Setting | None = None
    design: Annotated[Design, CHOSEN]
    participants: Mapping[Name, Covariate] = {}
    attrition: Annotated[tuple[Leave, ...], OneOrMany()] = ()  # counted from enrollment
    protocol: tuple[Step, ...] = ()
    visits: Annotated[Mapping[Name, Duration], SCHEDULE] = {}  # without a ward: when each visit happens
    outcomes: Mapping[Name, Outcome]
    analyses: Annotated[Mapping[Name, Analysis], CHOSEN]
    primary: Names
    costs: Annotated[Costs | None, CHOSEN] = None
    sweep: Annotated[Sweep | None, WORDS] = None
    simulation: Annotated[Simulation, CHOSEN] = Simulation()
    published: Annotated[tuple[Published, ...], WORDS, CHOSEN] = ()


class Scenario(Draft):
    """The whole input of a simulation, resolved: nothing is left out, everything was checked. It may run.

    It keeps what it was made of (:attr:`written`) and its compiled protocol (:attr:`program`); neither is part of its equality.
    """

    _written: Written | None = PrivateAttr(default=None)
    _program: Program | None = PrivateAttr(default=None)

    @classmethod
    def made(cls, draft: Draft, *, written: Written, program: Program | None) -> Scenario:
        """The scenario of a draft that was written out and checked; for :func:`trialsim.scenario.resolve.resolve` alone."""
        fields = {name: getattr(draft, name) for name in Draft.model_fields}
        scenario = cls.model_construct(_fields_set=draft.model_fields_set, **fields)
        scenario._written, scenario._program = written, program
        return scenario

    @property
    def written(self) -> Written:
        """The written scenario, on which changes are made (:func:`trialsim.scenario.change.change`)."""
        assert self._written is not None
        return self._written

    @property
    def program(self) -> Program | None:
        """The compiled protocol; None without a ward."""
        return self._program

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scenario) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]  # maps have none; scenario_hash() is its identity

    @model_validator(mode="before")
    @classmethod
    def _refuse_unresolved(cls, _: Any) -> Any:
        raise TypeError("a scenario is made by load(), loads() or change(): these check and resolve it")

    def model_copy(self, **_: Any) -> Never:
        """Refused: what is changed must be resolved again, which :func:`trialsim.scenario.change.change` does."""
        raise TypeError("a scenario is changed by change(), which checks and resolves it again")
