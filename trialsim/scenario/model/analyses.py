"""Records of an analysis: endpoint, population, estimand, pairs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, GetJsonSchemaHandler, model_validator

from trialsim.kinds.designs import (
    ADJUSTMENT,
    ALL_PERIODS,
    ALTERNATIVE,
    CLUSTERS,
    EFFECT_PERIODS,
    FAMILY_METHOD,
    HOLM,
    MISSING_METHOD,
    NO_TRANSFORM,
    OVER_PERIODS,
    PLANNED,
    POPULATION,
    RANDOMIZED,
    STRATEGY,
    TRANSFORM,
    TREATMENT_POLICY,
    TWO_SIDED,
    VISIT_COVARIATE,
    VISIT_SUMMARY,
    VISIT_TIMES,
    WORST,
)
from trialsim.kinds.tests import TESTS
from trialsim.kinds.tests.options import (
    COVARIANCES,
    DFS,
    FIRTHS,
    RANDOM_EFFECTS,
    RANDOM_OF_WEDGE,
    SPHERICITIES,
    TIMES,
    WAYS,
)
from trialsim.kinds.tests.pairs import PAIR
from trialsim.quantities.fields import Amount, Count, Duration, Line, Name, Record, Share, SignedShare, WorstOrAmount
from trialsim.rules import ABOVE_ZERO, LATER, SCHEDULE, WORDS
from trialsim.scenario.model.functions import Function
from trialsim.scenario.model.lists import Names, OneOrMany
from trialsim.scenario.oneof import OneOf


class Change(Record):
    """The endpoint is the change from one visit to another.

    Attributes
    ----------
    from : the earlier visit. Example: pre
    to : the later visit. Example: post
    """

    start: Name = Field(alias="from")
    end: Name = Field(alias="to")


class Over(Record):
    """The endpoint is one number of the values of several visits.

    Attributes
    ----------
    visits : the visits; the name of a repeated visit means all of them. Example: [pre 1, post 1, post 2]
    by : what is made of their values. Example: mean
    times : whether an area or a slope takes the planned times of the visits or the realized ones. Example: planned
    at : the planned times on a ward, one for each visit. Example: [0 min, 15 min, 45 min]
    available : whether visits that are missing are left out; by default one missing visit makes the number missing. Example: true
    """

    visits: Names
    by: Annotated[str, OneOf(VISIT_SUMMARY)]
    times: Annotated[str, OneOf(VISIT_TIMES)] = PLANNED
    at: Annotated[tuple[Duration, ...], SCHEDULE] = ()
    available: bool = False


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


class EstimandChoice(Record):
    """The effect that an analysis is to find, by what it makes of missed and stopped treatment (ICH E9 R1).

    Attributes
    ----------
    strategy : what is made of missed and stopped treatment. Example: treatment policy
    responders : who responds, of a responder stratum. Example: {percent_change: {below: -10 %}}
    periods : of a crossover the mean effect of all periods, with nothing carried over; by default that of the first. Example: all
    """

    strategy: Annotated[str, OneOf(STRATEGY)] = TREATMENT_POLICY.name
    responders: Subset | None = None  # percent by which a value in one arm differs from the same person's in the other
    periods: Annotated[str | None, OneOf(EFFECT_PERIODS), LATER] = None

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return {"periods": ALL_PERIODS} if value == OVER_PERIODS else {"strategy": value}

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        full = handler.resolve_ref_schema(handler(schema))
        return {"anyOf": [{"enum": [*STRATEGY, OVER_PERIODS]}, full]}


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

    pairs: Annotated[str, OneOf(PAIR)]
    against: Name | None = None  # None: all pairs
    adjust: Annotated[str, OneOf(ADJUSTMENT)] = HOLM.name
    gate: bool = True


class EffectPrior(Record):
    """A normal prior of an effect, on the scale of its estimate.

    Attributes
    ----------
    mean : its mean, in the unit of the endpoint. Example: 0
    sd : its standard deviation, above 0. Example: 2
    """

    mean: Amount
    sd: Annotated[Amount, ABOVE_ZERO]


class Composite(Record):
    """An event that is part of the outcome: values after it are replaced (the composite strategy of ICH E9 R1).

    Attributes
    ----------
    after : reasons to leave, or reasons for missing values of the outcome. Example: [death, rescue]
    value : what a value after one of them becomes: worst, or an amount in the unit of the outcome. Example: worst
    """

    after: Names
    value: WorstOrAmount = WORST


class Analysis(Record):
    """A named estimator on a population.

    Attributes
    ----------
    label : the text that people read instead of its name. Example: Fear during the needle
    outcome : the outcome it looks at. Example: fear
    visit : the visit of the endpoint. Example: post
    change : an endpoint that is a change. Example: {from: pre, to: post}
    over : an endpoint that is one number of several visits. Example: {visits: [pre, post], by: mean}
    visits : the visits whose values are taken together, by tests of repeated values. Example: [pre, during, post]
    transform : what is made of the values first; percent is the percent change. Example: log
    dichotomize : the limit that turns a number into yes or no. Example: {at_least: 3}
    test : the test. Example: t
    baseline : the visit whose value is adjusted for. Example: pre
    covariates : covariates that are adjusted for. Example: [age]
    visit_covariates : what is adjusted for besides: clock, wait, plate, practitioner, site, strata, period. Example: [clock]
    strata : site or covariates by choice, whose combinations are compared within. Example: [site]
    clusters : what makes clusters of participants. Example: site
    contrast : the two arms it compares, one minus the other. Example: massage - control
    factors : of a design with factors, the factors and interactions it tests, each by itself. Example: [massage, music]
    within : the arms that a test of one sample takes, one by one: each arm, or their names. Example: each arm
    then : pairs after a test of all arms. Example: {pairs: welch, against: control}
    subset : participants chosen by their own percent change. Example: {percent_change: {below: -10 %}}
    population : whose values it takes. Example: completers
    estimand : the effect that it is to find. Example: {strategy: hypothetical}
    missing : what is done about missing values: complete (they are left out), last value, multiple imputation, jump to reference
        or copy reference. Example: last value
    from_baseline : whether the last value may be that of the baseline. Example: true
    imputations : how many times missing values are imputed; 20 by default. Example: 50
    delta : what is added to imputed values after the last measured visit, in the arms that are not the reference; several are a
        tipping-point analysis. Example: [0, 2, 4]
    composite : events after which a value is replaced, also in the true effect. Example: {after: [death], value: worst}
    exclude : categories that are left out, by covariate. Example: {sex: boy}
    margin : what the effect must be better than, or within: one limit (noninferiority) or two (equivalence). Example: [-5, 5]
    null : the number that one sample is compared with, in the unit of the endpoint. Example: 0
    at : what is tested of repeated values: of rm-anova interaction (of arms and visits), visit or arm; of a model the name of a
        visit, average, slope or interaction. Example: interaction
    sphericity : what is done about sphericity in repeated measures. Example: greenhouse-geisser
    covariance : the covariance of the visits: unstructured, ar1, compound-symmetry; of a list the first that can be fitted.
        Example: unstructured
    random : what varies at random: between participants intercept, or slope (which has an intercept too); in a stepped wedge
        site, or site and period. Example: intercept
    time : whether each visit has a mean of its own, or the means lie on a line over time. Example: as visit
    df : where degrees of freedom come from. Example: satterthwaite
    at : the row of repeated values: interaction (of arms and visits), visit or arm; or a visit, or average. Example:
        interaction
    sphericity : what is done about sphericity in repeated measures. Example: greenhouse-geisser
    firth : when logistic regression uses Firth's penalized likelihood. Example: if separated
    function : the user's own analysis, a function in a Python file beside the scenario. Example: my_analysis.py:compare
    prior : the normal prior of the difference between two arms. Example: {mean: 0, sd: 2}
    decide : the posterior probability above which a Bayesian analysis decides. Example: P(effect > 0) > 97.5 %
    by : the way to the p-value, of tests that have several. Example: t
    trim : the share of values that a trimmed mean cuts at each end, below 50 %; 20 % by default. Example: 10 %
    permutations : how many permutations a permutation test draws; 1999 by default. Example: 4999
    alternative : the direction of the test. Example: two-sided
    alpha : the level of the test, between 0 % and 100 %; 5 % by default. Example: 5 %
    """

    label: Annotated[Line | None, WORDS] = None
    outcome: Name
    visit: Name | None = None
    change: Change | None = None
    over: Annotated[Over | None, LATER] = None
    visits: Annotated[Names, LATER] = ()
    transform: Annotated[str, OneOf(TRANSFORM)] = NO_TRANSFORM.name  # percent: percent change from the first visit
    dichotomize: Dichotomy | None = None
    test: Annotated[str, OneOf(test.name for test in TESTS)]
    baseline: Name | None = None  # a visit of the same outcome (ANCOVA)
    covariates: Names = ()  # of the participants (ANCOVA)
    visit_covariates: Annotated[tuple[Annotated[str, OneOf(VISIT_COVARIATE)], ...], OneOrMany(), LATER] = ()
    strata: Annotated[Names, LATER] = ()
    clusters: Annotated[str | None, OneOf(CLUSTERS), LATER] = None
    contrast: str | None = None  # "treated - control"
    factors: Annotated[Names, LATER] = ()
    within: Annotated[Names, LATER] = ()
    then: Then | None = None
    subset: Subset | None = None
    population: Annotated[str, OneOf(POPULATION)] = RANDOMIZED.name
    estimand: EstimandChoice = EstimandChoice()
    missing: Annotated[str | None, OneOf(MISSING_METHOD), LATER] = None  # complete by default
    from_baseline: Annotated[bool | None, LATER] = None
    imputations: Annotated[Count | None, LATER] = Field(default=None, ge=2, le=1_000)
    delta: Annotated[tuple[Amount, ...], OneOrMany(), LATER] = ()
    composite: Annotated[Composite | None, LATER] = None
    exclude: Mapping[Name, Name] = {}  # a covariate by choice and the category left out
    margin: Annotated[tuple[Amount, ...], OneOrMany(), LATER] = ()
    null: Amount | None = None  # one-sample tests
    at: Annotated[Name | None, LATER] = None
    sphericity: Annotated[str | None, OneOf(SPHERICITIES), LATER] = None
    covariance: Annotated[tuple[Annotated[str, OneOf(COVARIANCES)], ...], OneOrMany(), LATER] = ()
    random: Annotated[str | None, OneOf((*RANDOM_EFFECTS, *RANDOM_OF_WEDGE)), LATER] = None
    time: Annotated[str | None, OneOf(TIMES), LATER] = None
    df: Annotated[str | None, OneOf(DFS), LATER] = None
    firth: Annotated[str | None, OneOf(FIRTHS), LATER] = None
    function: Annotated[Function, LATER] = None
    prior: Annotated[EffectPrior | None, LATER] = None
    decide: Annotated[Line | None, LATER] = None
    by: Annotated[Annotated[str, OneOf(WAYS)] | None, LATER] = None
    trim: Annotated[Share | None, LATER] = None
    permutations: Annotated[Count | None, LATER] = Field(default=None, ge=99, le=99_999)
    alternative: Annotated[str, OneOf(ALTERNATIVE)] = TWO_SIDED.name
    alpha: Share | None = None  # 5 % by default


class AnalysisFamily(Record):
    """Hypotheses that are tested together, so that the chance of rejecting any true one stays below alpha.

    Attributes
    ----------
    analyses : the members: an analysis, or one of its rows as analysis/contrast. Example: [fear/music - control, pain]
    method : how they are tested together. Example: holm
    alpha : the level of the whole family; 5 % by default. Example: 5 %
    weights : of a graph, the share of alpha each member begins with; together 100 %. Example: [50 %, 50 %]
    transitions : of a graph, for each member the shares of its alpha that go to each member once it is rejected. Example:
        [[0 %, 100 %], [100 %, 0 %]]
    """

    members: Annotated[tuple[Line, ...], OneOrMany()] = Field(alias="analyses")
    method: Annotated[str, OneOf(FAMILY_METHOD)]
    alpha: Share | None = None  # 5 % by default
    weights: tuple[Share, ...] = ()
    transitions: tuple[tuple[Share, ...], ...] = ()
