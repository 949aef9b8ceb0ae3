"""The scenario: every key a study file may have, as frozen records.

The same records serve the human form, in which most keys have defaults, and the resolved form, in which nothing
is left out. Values are canonical: durations in seconds, shares in 0..1, clock times in seconds after midnight,
levels of an outcome in the unit of that outcome. Only :func:`trialsim.scenario.resolve.resolve` makes scenarios
that may run.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, Tag, model_validator
from pydantic_core import core_schema

from trialsim.kinds.designs import (
    ADJUSTMENT,
    ALTERNATIVE,
    HOLM,
    METHOD,
    NO_TRANSFORM,
    POPULATION,
    RANDOMIZED,
    STRATEGY,
    TRANSFORM,
    TREATMENT_POLICY,
    TWO_SIDED,
)
from trialsim.kinds.scales import SCALE, Scale
from trialsim.kinds.tests import PAIR, TESTS
from trialsim.protocol.steps import Resource, Step, WaitRule
from trialsim.quantities.fields import (
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
    PValue,
    Rate,
    Record,
    Share,
    SignedShare,
    Sourced,
    StudyName,
    ValueSpread,
)
from trialsim.scenario.oneof import OneOf
from trialsim.scenario.sweep import Sweep


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
    """One reason to leave early: after a drawn time, or with a chance within a time (constant hazard)."""

    reason: Name
    after: DurationSpread | None = None
    chance: Share | None = None
    within: Duration | None = None


class ArrivalPeriod(Record):
    """From this time on, one patient comes every so often."""

    start: Duration = Field(alias="from")
    every: Duration


class Arrivals(Sourced):
    """Poisson arrivals: a constant mean gap, or one that changes; ``pattern`` weighs the days of the week."""

    every: Duration | None = None
    periods: tuple[ArrivalPeriod, ...] = ()
    pattern: Mapping[str, Factor] = {}  # {Mon-Fri: 1, Sat-Sun: 0.3}: relative rates, mean kept


class Patients(Sourced):
    """Who comes, who may be asked, who consents, who leaves (times counted from arrival)."""

    label: Line = "patient"
    arrive: Arrivals
    exclusions: Mapping[Name, Share] = {}  # a reason and the share of patients it rules out before they are asked
    ask: WaitRule | None = None  # when they are asked; at arrival if not said
    consent: Share
    leave: Annotated[tuple[Leave, ...], OneOrMany()] = ()


class Setting(Sourced):
    """The ward: calendar start, patients, resources, sites (each site has its own resources of the same kind)."""

    starts: date = Field(ge=date(1900, 1, 1), le=date(2200, 12, 31))
    patients: Patients
    sites: Mapping[Name, Share] = {}  # site and its share of the patients
    resources: Mapping[Name, Resource] = {}


# ---------------------------------------------------------------- the design


class Allocation(Record):
    """How participants are put into arms."""

    method: Annotated[str, OneOf(METHOD)] | None = None
    ratio: str | None = None  # "1:1:1" in the order of the arms
    block: Count | None = Field(default=None, ge=1, le=10_000)  # a multiple of the sum of the ratio
    stratify: Names = ()  # covariates by choice, and "site"


MOST_PARTICIPANTS = 100_000


class Enroll(Record):
    """The target: in all, or in each arm (an arm that has its target is closed)."""

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
    """What the trialist chooses."""

    arms: Mapping[Name, Line]
    reference: Name | None = None  # the first arm if not said
    allocation: Allocation = Allocation()
    enroll: Enroll
    within: CalendarSpan | None = None  # calendar months or a duration; None: no limit


class Covariate(Sourced):
    """A property of a participant, drawn at enrollment: a number, or one of several named categories."""

    number: ValueSpread | None = None
    choice: Mapping[Name, Share] = {}

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
    """The distribution of an outcome at a visit in an arm, given in any way its scale allows."""

    mean: Amount | None = None
    sd: Amount | None = None
    median: Amount | None = None
    sd_log: Factor | None = None
    cv: Factor | None = None
    iqr: tuple[Amount, Amount] | None = None
    shares: tuple[Share, ...] = ()  # ordinal: the share of each category
    chance: Share | None = None  # binary

    def numbers(self) -> dict[str, float]:
        """The numbers of a measured level under the names that ``distributions.solve`` takes."""
        told = ((key, getattr(self, key)) for key in ("mean", "sd", "median", "sd_log", "cv"))
        flat = {key: number.value for key, number in told if number is not None}
        if self.iqr is not None:
            flat |= {"iqr_low": self.iqr[0].value, "iqr_high": self.iqr[1].value}
        return flat


class ArmLevels(Sourced):
    """Levels at one visit that differ by arm."""

    by_arm: Mapping[Name, Level]


def _level_tag(value: Any) -> str:
    by_arm = isinstance(value, ArmLevels) or (isinstance(value, Mapping) and "by_arm" in value)
    return "<by arm>" if by_arm else "<level>"


AnyLevel = Annotated[
    Annotated[Level, Tag("<level>")] | Annotated[ArmLevels, Tag("<by arm>")], Discriminator(_level_tag)
]


class Effect(Sourced):
    """What an arm changes against the reference, at the visits named (all if none)."""

    difference: Amount | None = None
    ratio: Factor | None = None
    odds_ratio: Factor | None = None
    visits: Names = ()


class Correlation(Sourced):
    """Latent correlation of an outcome with itself over visits, and with outcomes above it in the file."""

    within_session: Factor | None = None
    between_sessions: Factor | None = None
    with_: Mapping[Name, Factor] = Field(default={}, alias="with")


class Rhythm(Sourced):
    """The clock: a slope per hour on the log scale (or in the outcome's unit), or a cosinor with a peak time."""

    slope: Rate | None = None
    amplitude: Amount | None = None  # cosinor, on the scale of the predictor
    peak: Clock | None = None
    reference_clock: Clock
    between: ClockWindow | None = None


class Response(Sourced):
    """How an outcome answers to an activity: through secretion, or at once by a ratio, difference or odds ratio."""

    secretion: SignedShare | None = None
    lag: Duration | None = None
    lasts: Duration | None = Field(default=None, alias="for")  # of the drive, from the activity's start
    responders: Share | None = None  # everyone if not said
    ratio: Factor | None = None
    difference: Amount | None = None
    odds_ratio: Factor | None = None
    sd_log_between: Factor | None = None  # spread of individual log ratios
    sd_between: Amount | None = None  # spread of individual differences
    sd_practitioner: PractitionerSd | None = None  # spread of the effect over practitioners, on the predictor's scale
    visits: Names = ()  # later visits of the same session if not said


class Driver(Sourced):
    """Something in the trace that moves the outcome: failed attempts, waiting, interruption, time in an activity."""

    driver: Literal["failed", "wait", "interrupted", "duration", "missed"]
    of: Name | None = None  # an attempt or activity
    lasts: Name | None = Field(default=None, alias="for")  # a resource, for waits
    per: Duration | None = None  # for waits and durations
    ratio: Factor | None = None
    difference: Amount | None = None
    odds_ratio: Factor | None = None


class CovariateEffect(Sourced):
    """How a covariate moves the outcome: per unit of a number, or for one category against the others."""

    covariate: Name
    category: Name | None = None
    per: Amount | None = None
    centered_at: Amount | None = None
    ratio: Factor | None = None
    difference: Amount | None = None
    odds_ratio: Factor | None = None


class Icc(Sourced):
    """Shares of the variance that belong to the practitioner (of a resource) and the site."""

    practitioner: PractitionerShare | None = None
    site: Share | None = None


class Instrument(Sourced):
    """How a value is measured."""

    assay: Name | None = None  # outcomes that name the same assay share its plates
    assay_cv: Share | None = None
    plate_cv: Share | None = None
    plate: PlateSize | None = None  # samples on one plate
    detection_limit: Amount | None = None
    below: Literal["missing", "limit/2", "limit/sqrt(2)", "censored"] | None = None
    rounding: Amount | None = None
    rater_sd: Factor | None = None  # on the latent scale of an ordinal outcome, or in the unit of a normal one


class Missing(Sourced):
    """A reason for a missing value. MAR looks at another measured value, MNAR at the value itself."""

    mechanism: Literal["MCAR", "MAR", "MNAR"]
    reason: Line
    chance: Share  # at the reference value
    visits: Names = ()
    arms: Names = ()  # all if left out
    given: Name | None = None  # MAR: an outcome
    at: Name | None = None  # MAR: its visit
    odds_ratio: Factor | None = None
    per: Amount | None = None
    centered_at: Amount | None = None


class Window(Record):
    """A sample counts when taken this long after the end of an activity or attempt (or after a visit)."""

    after: Name
    earliest: Duration | None = None
    latest: Duration | None = None
    otherwise: Literal["keep", "drop"]
    visits: Names = ()


class Outcome(Record):
    """A variable: its scale, levels, correlation, what moves it, how it is measured and lost."""

    label: Line | None = None
    distribution: Annotated[str, OneOf(SCALE)] | None = None
    unit: Line | None = None
    categories: Categories = ()
    labels: Mapping[Name, Line] = {}  # words for categories, each under its number
    limits: tuple[Amount, Amount] | None = None  # of a normal outcome's scale: told, not enforced
    better: Literal["lower", "higher"] | None = None  # which way is good for the participant
    visits: Names
    source: str | None = None
    computed_from: str | None = None
    assumed: str | None = None
    as_: Literal["true", "observed"] = Field(default="true", alias="as")
    level: AnyLevel | None = None
    by_visit: Mapping[Name, AnyLevel] = {}
    effects: Mapping[Name, Effect] = {}
    correlation: Correlation = Correlation()
    rhythm: Rhythm | None = None
    responds_to: Mapping[Name, Response] = {}
    half_life: Duration | None = None
    drivers: tuple[Driver, ...] = ()
    covariates: tuple[CovariateEffect, ...] = ()
    icc: Icc = Icc()
    instrument: Instrument = Instrument()
    lost: Share | None = None
    missing: tuple[Missing, ...] = ()
    window: Window | None = None

    @property
    def scale(self) -> Scale:
        """The scale of a resolved outcome."""
        assert self.distribution is not None
        return SCALE[self.distribution]


# ---------------------------------------------------------------- the analyses


class Change(Record):
    """The endpoint is the change from one visit to another."""

    start: Name = Field(alias="from")
    end: Name = Field(alias="to")


class Limits(Record):
    """A rule on a number: below, above, or beyond (in size, either way)."""

    below: SignedShare | None = None
    above: SignedShare | None = None
    beyond: SignedShare | None = None


class Subset(Record):
    """Participants chosen by their own percent change; no estimand follows from such a choice."""

    percent_change: Limits


class Estimand(Record):
    """The effect that an analysis is to find, by what it makes of missed and stopped treatment (ICH E9 R1)."""

    strategy: Annotated[str, OneOf(STRATEGY)] = TREATMENT_POLICY.name
    responders: Subset | None = None  # percent by which a value in one arm differs from the same person's in the other


class Dichotomy(Record):
    """Turns a number into yes or no."""

    at_least: Amount | None = None
    at_most: Amount | None = None


class Then(Record):
    """Pairs after the omnibus test."""

    pairs: Annotated[str, OneOf(PAIR)]
    against: Name | None = None  # None: all pairs
    adjust: Annotated[str, OneOf(ADJUSTMENT)] = HOLM.name
    gate: bool = True


class Analysis(Record):
    """A named estimator on a population; ``label`` is what people read in place of the name."""

    label: Line | None = None
    outcome: Name
    visit: Name | None = None
    change: Change | None = None
    transform: Annotated[str, OneOf(TRANSFORM)] = NO_TRANSFORM.name  # percent: percent change from the first visit
    dichotomize: Dichotomy | None = None
    test: Annotated[str, OneOf(test.name for test in TESTS)]
    baseline: Name | None = None  # a visit of the same outcome (ANCOVA)
    covariates: Names = ()  # of the participants (ANCOVA)
    contrast: str | None = None  # "treated - control"
    then: Then | None = None
    subset: Subset | None = None
    population: Annotated[str, OneOf(POPULATION)] = RANDOMIZED.name
    estimand: Estimand = Estimand()
    exclude: Mapping[Name, Name] = {}  # a covariate by choice and the category left out
    null: Amount | None = None  # one-sample tests
    alternative: Annotated[str, OneOf(ALTERNATIVE)] = TWO_SIDED.name
    alpha: Share | None = None  # 5 % if not said


# ---------------------------------------------------------------- the rest


class Costs(Sourced):
    """What the study costs, in one currency."""

    currency: Line
    participant: Money | None = None
    sample: Mapping[Name, Money] = {}  # by outcome
    staff_hour: Mapping[Name, Money] = {}  # by resource


class Simulation(Record):
    """How many replicates, from which seed."""

    replicates: Count = Field(default=10_000, ge=1, le=1_000_000_000)
    seed: Count = Field(default=1, ge=0, le=2**63 - 1)


class Published(Record):
    """A figure or finding of the published study, for ``trialsim reproduce``."""

    source: Name
    analysis: Name
    reading: str | None = None
    contrast: str | None = None
    n: Count | None = None
    mean: Amount | None = None
    ci95: tuple[Amount, Amount] | None = None
    p: PValue | None = None
    finding: Literal["lower", "higher", "no difference"] | None = None


class Scenario(Record):
    """The whole input of a simulation."""

    trialsim: Literal[1]
    name: StudyName
    title: Line
    sources: Mapping[Name, str] = {}
    setting: Setting | None = None
    design: Design
    participants: Mapping[Name, Covariate] = {}
    attrition: Annotated[tuple[Leave, ...], OneOrMany()] = ()  # counted from enrollment
    protocol: tuple[Step, ...] = ()
    visits: Mapping[Name, Duration] = {}  # without a ward: when each visit happens
    outcomes: Mapping[Name, Outcome]
    analyses: Mapping[Name, Analysis]
    primary: Names
    costs: Costs | None = None
    sweep: Sweep | None = None
    simulation: Simulation = Simulation()
    published: tuple[Published, ...] = ()
