"""The plan of the analyses of a study, as records: endpoints, who is analyzed, questions, rows and families."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from trialsim.analysis.imputation.rule import Imputation
from trialsim.analysis.labels import plain_words
from trialsim.analysis.own import OwnAnalysis
from trialsim.analysis.substitution import NOTHING, Substitution
from trialsim.kinds.designs import FAMILY_METHOD, NO_TRANSFORM, RANDOMIZED, TREATMENT_POLICY, VISIT_SUMMARY
from trialsim.kinds.estimands import GIVEN, NO_ESTIMAND
from trialsim.kinds.tests.options import DEFAULT_PERMUTATIONS, DEFAULT_TRIM, GREENHOUSE_GEISSER, INTERACTION, OF_VISITS
from trialsim.kinds.tests.records import Samples

#: The site among strata that are otherwise positions of covariates.
SITE_STRATUM = -1


@dataclass(frozen=True)
class OverVisits:
    """One number of the values of several visits.

    Attributes
    ----------
    points : positions on the D axis of the values
    by : the name of the summary (:data:`trialsim.kinds.designs.VISIT_SUMMARY`)
    times : planned times of the visits [h], the first at 0; empty for realized times, and where no times are needed
    available : whether missing visits are left out; else one missing visit makes the number missing
    logs : whether logarithms are taken of the values, not of the number that is made of them
    """

    points: tuple[int, ...]
    by: str
    times: tuple[float, ...] = ()
    available: bool = False
    logs: bool = False

    @property
    def realized(self) -> bool:
        """Whether it takes realized times."""
        return VISIT_SUMMARY[self.by].timed and not self.times


@dataclass(frozen=True)
class Endpoint:
    """The analyzed value of one participant: a value, or a change since ``start``; then perhaps yes or no.

    ``visit`` and ``start`` are positions on the D axis of the values. ``transform`` is none, log or percent
    (100 x change / value at ``start``). ``at_least`` and ``at_most`` turn the number into 1 or 0. ``categories`` are all
    values it can take, when they are few: such an endpoint is counted instead of sorted. ``over`` makes one number of
    several visits, the last of which is ``visit``; ``transform`` then follows. With ``each`` the limits apply to both values
    of a change: it is 1 for those who change to yes, -1 for those who change to no. ``instead`` takes the place of values
    before anything else.
    """

    visit: int
    start: int | None = None
    transform: str = NO_TRANSFORM.name
    at_least: float | None = None
    at_most: float | None = None
    categories: tuple[float, ...] = ()
    over: OverVisits | None = None
    each: bool = False
    instead: Substitution = NOTHING

    @property
    def points(self) -> tuple[int, ...]:
        """Every position on the D axis that it needs, in the order of the visits."""
        if self.over is not None:
            return self.over.points
        return (self.visit,) if self.start is None else (self.start, self.visit)


@dataclass(frozen=True)
class PercentRule:
    """A rule on a percent change: below, above, or beyond (in size, either way)."""

    below: float | None = None
    above: float | None = None
    beyond: float | None = None


@dataclass(frozen=True)
class AnalysisSet:
    """Who is analyzed. ``exclude`` holds (covariate, category) positions; a subset is selected by percent change."""

    population: str = RANDOMIZED.name
    exclude: tuple[tuple[int, int], ...] = ()
    percent_change: Endpoint | None = None
    rule: PercentRule = PercentRule()


@dataclass(frozen=True)
class CovariateColumn:
    """One column of an ANCOVA: a number, or the indicator of one category."""

    covariate: int
    category: int | None = None


@dataclass(frozen=True)
class RowPlan:
    """One row of the estimates: an analysis with its contrast.

    ``no_effect`` is the value of the estimate that means no effect (NaN without an estimand); ``main`` is
    False for the pairs that follow an omnibus test; ``strategy`` says how the estimand handles missed and
    stopped treatment; ``label`` is the text that people read instead of the name of the analysis. ``margins`` are one or two
    limits of a tested effect, on the scale of the estimate; ``alpha`` is then that of each one-sided test. ``family`` is the
    family of hypotheses that the row is a member of, whose alpha it has; empty for none. ``given`` names what the analysis
    adjusts for. ``delta`` is what is added to imputed values, as it is written, where an analysis has several.
    """

    analysis: str
    contrast: str
    test: str
    estimand: str
    no_effect: float
    alpha: float
    unit: str
    main: bool = True
    strategy: str = TREATMENT_POLICY.name
    label: str = ""
    margins: tuple[float, ...] = ()
    family: str = ""
    given: tuple[str, ...] = ()
    delta: float | None = None

    @property
    def effect(self) -> str:
        """What people read in place of the name of the estimand: what a ratio is given, by name."""
        if not self.estimand.endswith(GIVEN):
            return self.estimand
        return self.estimand.removesuffix(GIVEN) + (f" given {' and '.join(self.given)}" if self.given else "")

    @property
    def two_sided_alpha(self) -> float:
        """The level as it is written: of a margin, that of both sides."""
        return 2 * self.alpha if self.margins else self.alpha

    @property
    def estimates(self) -> bool:
        """Whether it has an estimand."""
        return self.estimand != NO_ESTIMAND

    @property
    def confidence(self) -> float:
        """The level of its interval, which is two-sided also for a margin."""
        return 1.0 - self.two_sided_alpha

    @property
    def pair(self) -> bool:
        """Whether it is one of the pairs that follow a test of all arms."""
        return not self.main and self.delta is None

    @property
    def shown(self) -> str:
        """What people read in place of the name."""
        return self.label or plain_words(self.analysis)

    @property
    def title(self) -> str:
        """What people read in place of name and contrast."""
        return f"{self.shown}: {self.contrast}"


@dataclass(frozen=True)
class PairwisePlan:
    """The pairs after an omnibus test: (a, b) arms, how p-values are adjusted, whether the omnibus test is a gate."""

    test: str
    arms: tuple[tuple[int, int], ...]
    adjust: str
    gate: bool


@dataclass(frozen=True)
class RowTest:
    """What a row asks.

    Attributes
    ----------
    test : the name of the test
    samples : one sample, two arms, all arms, or a factor
    arms : of one sample the arm (empty for all participants), of two arms (a, b) for a - b, of a factor the arms on its side and
        then as many on the other, else all arms
    main : False for pairs that follow a test of all arms
    weights : of ``arms``; the effect is the sum of weights times means. Empty where one sample or all arms are tested
    delta : what is added to imputed values after the last measured visit, or to their logarithms
    """

    test: str
    samples: Samples
    arms: tuple[int, ...]
    main: bool = True
    weights: tuple[float, ...] = ()
    delta: float = 0.0

    @property
    def pair(self) -> tuple[int, int] | None:
        """The two arms that are compared; None for one sample and all arms."""
        return (self.arms[0], self.arms[1]) if self.samples == "two" else None


@dataclass(frozen=True)
class ModelTerm:
    """A factor or an interaction in a model: its name, the ``weights`` of all arms, and its ``sides`` as of :class:`RowTest`."""

    name: str
    weights: tuple[float, ...]
    sides: tuple[int, ...]
    size: float


@dataclass(frozen=True)
class RepeatedModel:
    """What a model of repeated values compares between two arms, and how.

    Attributes
    ----------
    visits : one row, or several that are tested together, of weights of the visits
    hours : times of the visits [h]; 0, 1, 2, ... where none are needed
    linear : whether the means lie on a line over time
    first_shared : whether all arms have one mean at the first visit
    slopes : whether slopes vary between participants
    covariances : of the visits, in the order in which they are tried; empty where random effects make it
    kenward_roger : whether degrees of freedom and standard errors are theirs, not Satterthwaite's
    """

    visits: tuple[tuple[float, ...], ...]
    hours: tuple[float, ...]
    linear: bool
    first_shared: bool
    slopes: bool
    covariances: tuple[str, ...]
    kenward_roger: bool

    @property
    def joint(self) -> bool:
        """Whether several contrasts are tested together, so that nothing is estimated."""
        return len(self.visits) > 1


@dataclass(frozen=True)
class CrossoverPeriods:
    """The periods of a crossover whose arms an analysis compares.

    Attributes
    ----------
    orders : of each sequence the arm of each period, as positions among the arms of the periods
    kenward_roger : whether standard errors and degrees of freedom of a model are theirs, not Satterthwaite's
    whole : whether the true effect is the mean over all periods, not that of the first
    visits : the endpoint in each period
    """

    orders: tuple[tuple[int, ...], ...]
    kenward_roger: bool
    whole: bool
    visits: tuple[Endpoint, ...]

    def arms(self, sequences: Sequence[int]) -> tuple[int, ...]:
        """The arms with which sequences begin."""
        return tuple(self.orders[sequence][0] for sequence in sequences)


@dataclass(frozen=True)
class PlannedAnalysis:
    """One analysis: its ``questions``, the first in row ``first_row`` and the others in the rows after it.

    ``repeated`` are the values of several visits, for tests that take them all; ``strata`` are covariates by choice (-1 is the
    site), and ``clusters`` is what makes them (empty for none). ``at`` and ``sphericity`` say which test of repeated measures
    and how; ``prior`` is the mean and SD of the prior of a difference; ``model`` is that of repeated values; ``by`` is the way
    to the p-value, of tests that have several; ``trim`` and ``permutations`` are those of the tests of these names; ``own`` is
    the user's own function, if it may run; ``firth`` says when a logistic regression is penalized (empty by default);
    ``at_visit`` is the position of the visit of the contrast, of tests that have one (None for their average);
    ``terms`` are the factors and interactions in the model of an analysis by factors; ``imputation`` says how missing values
    are imputed; ``site_periods`` and ``kenward_roger`` belong to the model of a stepped wedge: whether sites also differ from
    period to period, and whose degrees of freedom and standard errors it has;
    ``periods`` are those of a crossover, of tests that compare them.
    """

    name: str
    test: str
    endpoint: Endpoint
    choice: AnalysisSet
    questions: tuple[RowTest, ...]
    null: float
    alternative: str
    alpha: float
    first_row: int
    baselines: tuple[Endpoint, ...] = ()
    covariates: tuple[CovariateColumn, ...] = ()
    pairs: PairwisePlan | None = None
    strategy: str = TREATMENT_POLICY.name
    responders: PercentRule | None = None
    repeated: tuple[Endpoint, ...] = ()
    visit_covariates: tuple[str, ...] = ()
    strata: tuple[int, ...] = ()
    clusters: str = ""
    at: str = INTERACTION
    sphericity: str = GREENHOUSE_GEISSER
    prior: tuple[float, float] = (0.0, math.inf)
    margins: tuple[float, ...] = ()
    model: RepeatedModel | None = None
    by: str = ""
    firth: str = ""
    trim: float = DEFAULT_TRIM
    permutations: int = DEFAULT_PERMUTATIONS
    at_visit: int | None = None
    own: OwnAnalysis | None = None
    imputation: Imputation | None = None
    terms: tuple[ModelTerm, ...] = ()
    site_periods: bool = False
    kenward_roger: bool = False
    periods: CrossoverPeriods | None = None

    @property
    def rows(self) -> range:
        """The rows it fills."""
        return range(self.first_row, self.first_row + len(self.questions))

    @property
    def of_visits(self) -> bool:
        """Whether its null is that the visits do not differ: a twin without effects need not be such a trial."""
        alone = self.at == OF_VISITS or self.main.samples == "one"
        return bool(self.repeated) and self.model is None and alone

    @property
    def main(self) -> RowTest:
        """What the first row asks."""
        return self.questions[0]

    @property
    def points(self) -> tuple[int, ...]:
        """Every position on the D axis of the values that it needs, each once."""
        ends = (*(self.repeated or (self.endpoint,)), *self.baselines)
        return tuple(dict.fromkeys(point for one in ends for point in one.points))


@dataclass(frozen=True)
class PlannedFamily:
    """Hypotheses that are tested together.

    Attributes
    ----------
    rows : the rows that are its members
    method : :data:`trialsim.kinds.designs.FAMILY_METHOD`
    alpha : the level of the whole family
    weights, transitions : of a graph, else empty
    """

    name: str
    rows: tuple[int, ...]
    method: str
    alpha: float
    weights: tuple[float, ...] = ()
    transitions: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True)
class AnalysisPlan:
    """All analyses of a scenario: ``calls`` to make, ``rows`` they fill, the ``primary`` main rows; K ``arms``.

    ``stratified`` names what the allocation is stratified by: the site, or covariates; ``balanced`` what
    minimization makes alike. ``families`` hold rows that are tested together.
    """

    calls: tuple[PlannedAnalysis, ...]
    rows: tuple[RowPlan, ...]
    primary: tuple[int, ...]
    arms: tuple[str, ...]
    stratified: tuple[str, ...] = ()
    families: tuple[PlannedFamily, ...] = ()
    balanced: tuple[str, ...] = ()

    def call_of(self, row: int) -> PlannedAnalysis:
        """The analysis that fills a row."""
        return next(call for call in self.calls if row in call.rows)

    def question_of(self, row: int) -> RowTest:
        """What a row asks."""
        call = self.call_of(row)
        return call.questions[row - call.first_row]


def first_share(family: PlannedFamily, member: int) -> float:
    """The share of alpha that a member has before anything is rejected; in a fixed sequence only the first has one.

    >>> first_share(PlannedFamily("all", (3, 4), "holm", 0.05), 1)
    0.5
    """
    method = FAMILY_METHOD[family.method]
    if method.graph:
        return family.weights[member]
    if method.sequence:
        return 1.0 if member == 0 else 0.0
    return 1.0 / len(family.rows)
