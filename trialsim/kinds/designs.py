"""The choices of a design and an analysis: allocation, populations, strategies, transforms, adjustments, alternatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True)
class AllocationMethod:
    """How participants are allocated to arms.

    Attributes
    ----------
    blocks : whether in shuffled blocks (by stratum)
    one_by_one : whether each one independently
    by_places : whether in proportion to the places that each arm has left, and not to the ratio
    by_factors : whether to the arm that makes the arms most alike in some factors, with some chance
    tolerates : whether at random, except where the numbers of the arms differ too much
    """

    name: str
    blocks: bool
    one_by_one: bool
    by_places: bool
    by_factors: bool = False
    tolerates: bool = False

    @property
    def balances(self) -> bool:
        """Whether an allocation depends on who is in already."""
        return self.by_factors or self.tolerates


IN_TURN: Final = AllocationMethod("in turn", blocks=False, one_by_one=False, by_places=False)
SIMPLE: Final = AllocationMethod("simple", blocks=False, one_by_one=True, by_places=False)
PERMUTED_BLOCKS: Final = AllocationMethod("permuted blocks", blocks=True, one_by_one=False, by_places=False)
PLACES_LEFT: Final = AllocationMethod("places left", blocks=False, one_by_one=True, by_places=True)
MINIMIZATION: Final = AllocationMethod("minimization", blocks=False, one_by_one=False, by_places=False, by_factors=True)
BIG_STICK: Final = AllocationMethod("big stick", blocks=False, one_by_one=False, by_places=False, tolerates=True)
METHODS: Final = (IN_TURN, SIMPLE, PERMUTED_BLOCKS, PLACES_LEFT, MINIMIZATION, BIG_STICK)
METHOD: Final = {method.name: method for method in METHODS}


#: How minimization measures the imbalance of the arms in a level of a factor; the first by default.
RANGE: Final = "range"
VARIANCE: Final = "variance"
IMBALANCES: Final = (RANGE, VARIANCE)

#: The chance of the best arm in minimization, by default.
DEFAULT_P: Final = 0.8


@dataclass(frozen=True)
class Population:
    """Who is analyzed: everyone randomized, or only who received treatment, or only who completed the pathway."""

    name: str
    received: bool
    completed: bool


RANDOMIZED: Final = Population("randomized", received=False, completed=False)
RECEIVED: Final = Population("received", received=True, completed=False)
COMPLETERS: Final = Population("completers", received=False, completed=True)
POPULATIONS: Final = (RANDOMIZED, RECEIVED, COMPLETERS)
POPULATION: Final = {population.name: population for population in POPULATIONS}


@dataclass(frozen=True)
class Strategy:
    """How an estimand handles missed and stopped treatment (ICH E9 R1).

    Attributes
    ----------
    undisturbed : whether the estimand assumes a ward on which nothing is missed
    while_treated : whether the last value on treatment counts
    stratum : whether only those who respond count
    composite : whether a value after an event is part of the outcome, and not the value that would be measured
    """

    name: str
    undisturbed: bool
    while_treated: bool
    stratum: bool
    composite: bool

    @property
    def as_it_happens(self) -> bool:
        """Whether the effect is that of everyone, whatever happens to treatment."""
        return not (self.undisturbed or self.while_treated or self.stratum or self.composite)


TREATMENT_POLICY: Final = Strategy(
    "treatment policy", undisturbed=False, while_treated=False, stratum=False, composite=False
)
HYPOTHETICAL: Final = Strategy("hypothetical", undisturbed=True, while_treated=False, stratum=False, composite=False)
WHILE_ON_TREATMENT: Final = Strategy(
    "while on treatment", undisturbed=False, while_treated=True, stratum=False, composite=False
)
RESPONDER_STRATUM: Final = Strategy(
    "responder stratum", undisturbed=False, while_treated=False, stratum=True, composite=False
)
COMPOSITE: Final = Strategy("composite", undisturbed=False, while_treated=False, stratum=False, composite=True)
#: Of a crossover, whose effect an analysis is to find: by default that of the first period, in which nothing is carried over; or
#: the mean of all.
ALL_PERIODS: Final = "all"
#: How the mean of all is written in place of ``{periods: all}``.
OVER_PERIODS: Final = "all periods"
EFFECT_PERIODS: Final = (ALL_PERIODS,)
STRATEGIES: Final = (TREATMENT_POLICY, HYPOTHETICAL, WHILE_ON_TREATMENT, RESPONDER_STRATUM, COMPOSITE)
STRATEGY: Final = {strategy.name: strategy for strategy in STRATEGIES}


@dataclass(frozen=True)
class MissingMethod:
    """What an analysis does with a missing value.

    Attributes
    ----------
    carries : whether the participant's last value before it takes its place
    imputes : whether values drawn from a model of the other values take its place, many times over
    jumps : whether the mean after the last measured visit is that of the reference arm
    copies : whether whoever leaves is taken for a participant of the reference arm from the start
    """

    name: str
    carries: bool = False
    imputes: bool = False
    jumps: bool = False
    copies: bool = False

    @property
    def refers(self) -> bool:
        """Whether what follows after the last measured visit comes from the reference arm."""
        return self.jumps or self.copies


COMPLETE: Final = MissingMethod("complete")
LAST_VALUE: Final = MissingMethod("last value", carries=True)
MULTIPLE_IMPUTATION: Final = MissingMethod("multiple imputation", imputes=True)
JUMP_TO_REFERENCE: Final = MissingMethod("jump to reference", imputes=True, jumps=True)
COPY_REFERENCE: Final = MissingMethod("copy reference", imputes=True, copies=True)
MISSING_METHODS: Final = (COMPLETE, LAST_VALUE, MULTIPLE_IMPUTATION, JUMP_TO_REFERENCE, COPY_REFERENCE)
MISSING_METHOD: Final = {method.name: method for method in MISSING_METHODS}

#: Imputations if none are written: with a third of the information missing, more would hardly narrow the interval.
DEFAULT_IMPUTATIONS: Final = 20

#: The word for the worst end of a scale, or the worst rank, of values after an event.
WORST: Final = "worst"


@dataclass(frozen=True)
class Transform:
    """How an endpoint is transformed.

    Attributes
    ----------
    keeps : whether values are kept unchanged, in the unit of the outcome
    log : whether logarithms are taken, which need values above 0
    percent : whether a change is divided by the value at its start
    unit : the unit after the transform, if values are changed
    """

    name: str
    keeps: bool
    log: bool
    percent: bool
    unit: str


NO_TRANSFORM: Final = Transform("none", keeps=True, log=False, percent=False, unit="")
LOG: Final = Transform("log", keeps=False, log=True, percent=False, unit="")
PERCENT: Final = Transform("percent", keeps=False, log=False, percent=True, unit="%")
TRANSFORMS: Final = (NO_TRANSFORM, LOG, PERCENT)
TRANSFORM: Final = {transform.name: transform for transform in TRANSFORMS}


@dataclass(frozen=True)
class VisitCovariate:
    """What an analysis may adjust for besides the covariates of participants.

    Attributes
    ----------
    needs : what a study needs to have it, in words; empty if every study has it
    on_ward : whether it needs a ward
    """

    name: str
    needs: str
    on_ward: bool


CLOCK: Final = VisitCovariate("clock", "a ward", on_ward=True)
WAIT: Final = VisitCovariate("wait", "a ward", on_ward=True)
PLATE: Final = VisitCovariate("plate", "instrument: {plate: ..} of its outcome", on_ward=False)
PRACTITIONER: Final = VisitCovariate("practitioner", "icc: {practitioner: ..} of its outcome", on_ward=True)
SITE: Final = VisitCovariate("site", "setting: {sites: ..}", on_ward=True)
STRATA: Final = VisitCovariate("strata", "allocation: {stratify: ..}", on_ward=False)
PERIOD: Final = VisitCovariate("period", "stepped_wedge: in its design", on_ward=False)
VISIT_COVARIATES: Final = (CLOCK, WAIT, PLATE, PRACTITIONER, SITE, STRATA, PERIOD)
VISIT_COVARIATE: Final = {one.name: one for one in VISIT_COVARIATES}

#: What may make clusters of participants.
#: Children of one mother, as a cluster.
FAMILY: Final = "family"
CLUSTERS: Final = (SITE.name, PRACTITIONER.name, FAMILY)

#: The word for all arms, where a test takes them one by one.
EACH_ARM: Final = "each arm"


@dataclass(frozen=True)
class VisitSummary:
    """One number of the values of several visits.

    Attributes
    ----------
    fewest : the fewest visits it needs
    linear : whether it is a weighted sum of the values
    selects : whether it is one of the values
    yes_or_no : whether it takes only yes or no
    counts : whether it counts visits
    timed : whether it depends on the times of the visits
    signed : whether it can be negative although the values are positive, so that it has no logarithm
    available : whether it can leave out missing visits
    unit : its unit; ``{unit}`` is that of the outcome
    unit_realized : the same with realized times, by whose span it is divided
    """

    name: str
    fewest: int
    linear: bool
    selects: bool
    yes_or_no: bool
    counts: bool
    timed: bool
    signed: bool
    available: bool
    unit: str
    unit_realized: str

    def in_unit(self, unit: str, *, planned: bool) -> str:
        """Its unit, of an outcome in ``unit``."""
        return (self.unit if planned or not self.timed else self.unit_realized).format(unit=unit or "points")


def _summary(
    name: str, *has: str, fewest: int = 2, unit: str = "{unit}", unit_realized: str = "{unit}"
) -> VisitSummary:
    return VisitSummary(
        name=name,
        fewest=fewest,
        linear="linear" in has,
        selects="selects" in has,
        yes_or_no="yes_or_no" in has,
        counts="counts" in has,
        timed="timed" in has,
        signed="signed" in has,
        available="available" in has,
        unit=unit,
        unit_realized=unit_realized,
    )


VISIT_MEAN: Final = _summary("mean", "linear", "available")
VISIT_MAX: Final = _summary("max", "selects", "available")
VISIT_MIN: Final = _summary("min", "selects", "available")
VISIT_LAST: Final = _summary("last", "selects", "available", fewest=1)
VISIT_COUNT: Final = _summary("count", "yes_or_no", "counts", "available", unit="")
VISIT_ANY: Final = _summary("any", "selects", "yes_or_no", "available", unit="")
VISIT_SLOPE: Final = _summary(
    "slope", "linear", "timed", "signed", "available", unit="{unit} per hour", unit_realized="{unit} per hour"
)
AREA_FROM_GROUND: Final = _summary("auc-ground", "linear", "timed", unit="{unit} x hour")
AREA_OF_INCREASE: Final = _summary("auc-increase", "linear", "timed", "signed", unit="{unit} x hour")
VISIT_SUMMARIES: Final = (
    VISIT_MEAN,
    VISIT_MAX,
    VISIT_MIN,
    VISIT_LAST,
    VISIT_COUNT,
    VISIT_ANY,
    VISIT_SLOPE,
    AREA_FROM_GROUND,
    AREA_OF_INCREASE,
)
VISIT_SUMMARY: Final = {summary.name: summary for summary in VISIT_SUMMARIES}

#: Which times of the visits an endpoint over visits takes, if none are written.
PLANNED: Final = "planned"
REALIZED: Final = "realized"
VISIT_TIMES: Final = (PLANNED, REALIZED)


@dataclass(frozen=True)
class Adjustment:
    """How the p-values of several pairs are adjusted.

    Attributes
    ----------
    adjusts : whether it changes p-values at all
    against_one : whether it needs all pairs of one model against one arm
    stepwise : whether it works step by step, and so rejects more often than alpha divided by the number of pairs
    """

    name: str
    adjusts: bool
    against_one: bool
    stepwise: bool


UNADJUSTED: Final = Adjustment("none", adjusts=False, against_one=False, stepwise=False)
BONFERRONI: Final = Adjustment("bonferroni", adjusts=True, against_one=False, stepwise=False)
HOLM: Final = Adjustment("holm", adjusts=True, against_one=False, stepwise=True)
HOCHBERG: Final = Adjustment("hochberg", adjusts=True, against_one=False, stepwise=True)
DUNNETT: Final = Adjustment("dunnett", adjusts=True, against_one=True, stepwise=False)
ADJUSTMENTS: Final = (UNADJUSTED, BONFERRONI, HOLM, HOCHBERG, DUNNETT)
ADJUSTMENT: Final = {adjustment.name: adjustment for adjustment in ADJUSTMENTS}


@dataclass(frozen=True)
class FamilyMethod:
    """How the hypotheses of a family are tested together.

    Attributes
    ----------
    sequence : whether the order of the members counts: each is tested only while all before it were rejected
    graph : whether shares of alpha and where they go are written for each member
    against_one : whether the members must be pairs of one model against one arm
    stepwise : whether members that are rejected make it easier to reject others
    """

    name: str
    sequence: bool = False
    graph: bool = False
    against_one: bool = False
    stepwise: bool = True


FAMILY_BONFERRONI: Final = FamilyMethod(BONFERRONI.name, stepwise=False)
FAMILY_HOLM: Final = FamilyMethod(HOLM.name)
FAMILY_HOCHBERG: Final = FamilyMethod(HOCHBERG.name)
DUNNETT_STEP_DOWN: Final = FamilyMethod("dunnett-step-down", against_one=True)
FIXED_SEQUENCE: Final = FamilyMethod("fixed-sequence", sequence=True)
GRAPH: Final = FamilyMethod("graph", graph=True)
FAMILY_METHODS: Final = (
    FAMILY_BONFERRONI,
    FAMILY_HOLM,
    FAMILY_HOCHBERG,
    DUNNETT_STEP_DOWN,
    FIXED_SEQUENCE,
    GRAPH,
)
FAMILY_METHOD: Final = {method.name: method for method in FAMILY_METHODS}


@dataclass(frozen=True)
class Alternative:
    """The direction of the alternative: up (1), down (-1), or both (0)."""

    name: str
    way: Literal[-1, 0, 1]


TWO_SIDED: Final = Alternative("two-sided", 0)
GREATER: Final = Alternative("greater", 1)
LESS: Final = Alternative("less", -1)
ALTERNATIVES: Final = (TWO_SIDED, GREATER, LESS)
ALTERNATIVE: Final = {alternative.name: alternative for alternative in ALTERNATIVES}

#: By the name: 1, -1 or 0; an unknown name is an error, never two-sided.
WAY: Final = {alternative.name: alternative.way for alternative in ALTERNATIVES}
