"""Records of the ward: who comes, who consents, who leaves, what there is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from trialsim.protocol.steps import Resource, WaitRule
from trialsim.quantities.fields import (
    Days,
    Duration,
    DurationSpread,
    Factor,
    Line,
    Name,
    ProvenanceRecord,
    Record,
    Share,
    ShareOfSite,
    Volume,
)
from trialsim.rules import ABOVE_ZERO, LATER, QUANTITY, SCHEDULE, SHARES_OF_A_WHOLE, WORDS
from trialsim.scenario.model.lists import OneOrMany
from trialsim.scenario.oneof import OneOf


class Leave(ProvenanceRecord):
    """One reason to leave early: after a drawn time, or with a chance within a time (constant hazard).

    Attributes
    ----------
    reason : the reason in a word; each reason appears once. Example: discharge
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


class Arrivals(ProvenanceRecord):
    """Poisson arrivals: a constant mean gap, or one that changes; ``pattern`` weighs the days of the week.

    Attributes
    ----------
    every : the mean time between two patients, a duration. Example: 30 h
    periods : periods with other rates, in order. Example: [{from: 0 d, every: 6 h}, {from: 90 d, every: 9 h}]
    pattern : weights of the days of the week, 0 or more; the mean rate is kept. Example: {Mon-Fri: 1, Sat-Sun: 0.3}
    hours : weights of the hours of the day, 0 or more; the mean rate is kept. Example: {"07:00-19:00": 1, "19:00-07:00": 0.2}
    """

    every: Annotated[Duration | None, ABOVE_ZERO] = None
    periods: tuple[ArrivalPeriod, ...] = ()
    pattern: Mapping[str, Factor] = {}  # {Mon-Fri: 1, Sat-Sun: 0.3}: relative rates, mean kept
    hours: Annotated[Mapping[str, Factor], LATER] = {}  # as pattern, by spans of the day


class Closure(ProvenanceRecord):
    """Days on which nobody arrives, or nobody is asked.

    Attributes
    ----------
    dates : days, or first and last days, both included. Example: [2026-12-20..2027-01-06]
    nobody : what nobody does then: arrives, or is asked (those who came wait until it is over). Example: is asked
    """

    dates: Annotated[tuple[Days, ...], OneOrMany()]
    nobody: Annotated[Literal["arrives", "is asked"], OneOf()]


class Patients(ProvenanceRecord):
    """Who comes, who may be asked, who consents, who leaves (times counted from arrival).

    Attributes
    ----------
    label : what a patient is called in texts. Example: child
    arrive : how often patients come. Example: {every: 30 h}
    exclusions : reasons that rule patients out before they are asked, with the share of each below 100 %. Example: {no
        consent form: 10 %}
    ask : when they are asked, counted from arrival; at arrival by default. Example: {for: 1 d}
    consent : the share of those asked who take part, above 0 %. Example: 80 %
    closed : days on which nobody arrives, or nobody is asked. Example: {dates: [2026-12-20..2027-01-06], nobody: is asked}
    leave : reasons to leave early, counted from arrival. Example: [{reason: discharge, after: 9 d}]
    """

    label: Annotated[Line, WORDS] = "patient"
    arrive: Arrivals
    exclusions: Mapping[Name, Share] = {}  # a reason and the share of patients it rules out before they are asked
    ask: WaitRule | None = None  # when they are asked; at arrival by default
    consent: Share
    closed: Annotated[tuple[Closure, ...], OneOrMany(), LATER] = ()
    leave: Annotated[tuple[Leave, ...], OneOrMany()] = ()


class BloodLimit(ProvenanceRecord):
    """How much blood may be drawn from one participant for the study.

    Attributes
    ----------
    a_day : the most in any 24 hours, above 0. Example: 3 ml
    in_all : the most in the whole study, above 0. Example: 10 ml
    """

    a_day: Annotated[Volume | None, ABOVE_ZERO, SCHEDULE] = None
    in_all: Annotated[Volume | None, ABOVE_ZERO, SCHEDULE] = None


class Setting(ProvenanceRecord):
    """The ward: calendar start, patients, resources, sites (each site has its own resources of the same kind).

    Attributes
    ----------
    starts : the first day of the study, a date. Example: 2026-01-05
    patients : who comes, who consents, who leaves. Example: {arrive: {every: 30 h}, consent: 80 %}
    sites : the sites and their shares of the patients, which sum to 100 %; one may open later. Example: {north: {share: 60 %,
        open: 3 months}, south: 40 %}
    resources : staff, rooms and machines by name. Example: {nurse: {units: 2}}
    blood_limit : how much blood may be drawn from one participant; passing it is a warning. Example: {a_day: 3 ml}
    """

    starts: date = Field(ge=date(1900, 1, 1), le=date(2200, 12, 31))
    patients: Patients
    sites: Annotated[Mapping[Name, ShareOfSite], SHARES_OF_A_WHOLE] = {}  # site and its share of the patients
    resources: Mapping[Name, Resource] = {}
    blood_limit: Annotated[BloodLimit | None, LATER] = None
