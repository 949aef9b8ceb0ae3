"""The scenario as it was read, with costs, simulation and published figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from trialsim.protocol.steps import Step
from trialsim.quantities.fields import (
    Amount,
    Count,
    Duration,
    Factor,
    Line,
    Money,
    Name,
    ProvenanceRecord,
    Record,
    StudyName,
)
from trialsim.quantities.pvalues import PValue
from trialsim.rules import ABOVE_ZERO, CHOSEN, COUNTED, LATER, SCHEDULE, WORDS
from trialsim.scenario.model.analyses import Analysis, AnalysisFamily
from trialsim.scenario.model.design import Covariate, Design, Family
from trialsim.scenario.model.lists import Names, OneOrMany
from trialsim.scenario.model.outcomes import Outcome
from trialsim.scenario.model.progression import Criterion
from trialsim.scenario.model.ward import Leave, Setting
from trialsim.scenario.oneof import OneOf
from trialsim.scenario.sweep import Sweep


class Costs(ProvenanceRecord):
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


class PublishedFigure(Record):
    """A figure or finding of the published study, for ``trialsim reproduce``.

    Attributes
    ----------
    source : the source that prints it, declared under sources. Example: trial2
    analysis : the analysis that it is compared with. Example: main
    reading : how the text was read, in words. Example: read from figure 2
    contrast : the two arms, one minus the other. Example: massage - control
    arm : the arm that n, mean, sd and median describe. Example: control
    n : participants, a whole number. Example: 99
    mean : the mean or difference, in the unit of the endpoint. Example: -0.8
    sd : the standard deviation in the arm, in the unit of the endpoint. Example: 1.2
    median : the median in the arm, in the unit of the endpoint. Example: 2
    ci95 : the ends of its 95 % confidence interval, in the unit of the endpoint. Example: [-1.5, -0.1]
    t : the statistic of a t-test. Example: 2.4
    F : the statistic of an analysis of variance. Example: 5.1
    U : the statistic of a Mann-Whitney test. Example: 412
    H : the statistic of a Kruskal-Wallis test. Example: 7.3
    p : its p-value from 0 to 1, or a bound. Example: <0.001
    finding : what was found. Example: lower
    """

    source: Name
    analysis: Name
    reading: str | None = None
    contrast: str | None = None
    arm: Name | None = None  # n, mean, sd and median are those of the endpoint in this arm
    n: Count | None = None
    mean: Amount | None = None
    sd: Annotated[Amount | None, ABOVE_ZERO] = None
    median: Amount | None = None
    ci95: tuple[Amount, Amount] | None = None
    t: Factor | None = None
    f: Factor | None = Field(default=None, alias="F")
    u: Factor | None = Field(default=None, alias="U")
    h: Factor | None = Field(default=None, alias="H")
    p: PValue | None = None  # a number, or a bound such as <0.001
    finding: Annotated[Literal["lower", "higher", "no difference"], OneOf()] | None = None


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
    family : several children of one mother among the participants. Example: {size: {choice: {1: 75 %, 2: 25 %}}, allocated:
        together, icc: 40 %}
    participants : properties of participants. Example: {age: {mean: 15 y, sd: 2 y}}
    attrition : reasons to leave, counted from enrollment. Example: [{reason: moved, chance: 10 %, within: 30 d}]
    protocol : the steps each participant goes through on the ward. Example: [{visit: pre}, {activity: hand massage,
        lasts: 15 min}]
    visits : without a ward, when each visit happens, a duration from enrollment. Example: {post: 28 d}
    outcomes : what is measured. Example: {fear: {distribution: normal, visits: [post], level: {mean: 2.5, sd: 1}}}
    analyses : how it is analyzed. Example: {main: {outcome: fear, visit: post, test: t}}
    families : hypotheses that are tested together, by the name of the family. Example: {confirmatory: {analyses: [main,
        pain], method: holm}}
    primary : the primary analysis, or several. Example: main
    progression : of a pilot, when the study that it prepares goes ahead, criterion by criterion. Example: {consent:
        {measure: consent, go: 60 %, stop: 40 %}}
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
    family: Annotated[Family | None, LATER] = None
    participants: Mapping[Name, Covariate] = {}
    attrition: Annotated[tuple[Leave, ...], OneOrMany()] = ()  # counted from enrollment
    protocol: tuple[Step, ...] = ()
    visits: Annotated[Mapping[Name, Duration], SCHEDULE] = {}  # without a ward: when each visit happens
    outcomes: Mapping[Name, Outcome]
    analyses: Annotated[Mapping[Name, Analysis], CHOSEN]
    families: Annotated[Mapping[Name, AnalysisFamily], CHOSEN, LATER] = {}
    primary: Names
    progression: Annotated[Mapping[Name, Criterion], CHOSEN, LATER] = {}
    costs: Annotated[Costs | None, CHOSEN] = None
    sweep: Annotated[Sweep | None, WORDS] = None
    simulation: Annotated[Simulation, CHOSEN] = Simulation()
    published: Annotated[tuple[PublishedFigure, ...], WORDS, CHOSEN] = ()
