"""The plan of each analysis of a scenario: endpoints, populations, contrasts, pairs, estimands."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from trialsim.analysis.imputation.rule import Imputation, imputation
from trialsim.analysis.own import OwnAnalysis, own_analysis
from trialsim.analysis.substitution import NOTHING, Substitution, substitution
from trialsim.kinds.designs import (
    FAMILY_METHOD,
    GREATER,
    LESS,
    LOG,
    NO_TRANSFORM,
    PERCENT,
    RANDOMIZED,
    REALIZED,
    SITE,
    STRATEGY,
    TRANSFORM,
    TREATMENT_POLICY,
    VISIT_MEAN,
    VISIT_SLOPE,
    VISIT_SUMMARY,
)
from trialsim.kinds.estimands import ESTIMAND, GIVEN, MARGIN_SCALE, MEANT, NO_ESTIMAND, MarginScale, Situation
from trialsim.kinds.tests import (
    AS_NUMBER,
    AVERAGE,
    COVARIANCE,
    COVARIANCES,
    DEFAULT_PERMUTATIONS,
    DEFAULT_TRIM,
    DFS,
    GREENHOUSE_GEISSER,
    INTERACTION,
    KENWARD_ROGER,
    NO_ESTIMATE,
    OF_VISITS,
    PAIR_TEST,
    RANDOM_SLOPE,
    SLOPE,
    TEST,
    Samples,
    Test,
)
from trialsim.scenario.checks.missing import imputes
from trialsim.scenario.checks.repeated import is_model
from trialsim.scenario.comparisons import ComparedArms, comparisons, endpoint_visits, pairs_of, split_member
from trialsim.scenario.model import Analysis, Limits, Outcome, Scenario, Then
from trialsim.scenario.notation import split_decision
from trialsim.scenario.resolve import DEFAULT_ALPHA

#: The site among strata that are otherwise positions of covariates.
SITE_STRATUM = -1

#: Seconds in an hour.
HOUR = 3600.0


class PointIndex(Protocol):
    """The part of a response plan that analyses need: the position of an outcome at a visit, and the order of visits."""

    def point_index(self, outcome: str, visit: str) -> int:
        """Position on the last axis of the measured values."""
        ...

    def in_order(self, outcome: str) -> tuple[int, ...]:
        """Positions of an outcome in the order of the protocol."""
        ...


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

    ``no_effect`` is the value of the estimate that means no effect (NaN where there is no estimand); ``main`` is
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
    samples : one sample, two arms, or all arms
    arms : of one sample the arm (empty for all participants), of two arms (a, b) for a - b, else all arms
    main : False for pairs that follow a test of all arms
    delta : what is added to imputed values after the last measured visit, or to their logarithms
    """

    test: str
    samples: Samples
    arms: tuple[int, ...]
    main: bool = True
    delta: float = 0.0

    @property
    def pair(self) -> tuple[int, int] | None:
        """The two arms that are compared; None for one sample and all arms."""
        return (self.arms[0], self.arms[1]) if self.samples == "two" else None


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
class PlannedAnalysis:
    """One analysis: its ``questions``, the first in row ``first_row`` and the others in the rows after it.

    ``repeated`` are the values of several visits, for tests that take them all; ``strata`` are covariates by choice (-1 is the
    site), and ``clusters`` is what makes them (empty for none). ``at`` and ``sphericity`` say which test of repeated measures
    and how; ``prior`` is the mean and SD of the prior of a difference; ``model`` is that of repeated values.
    and how; ``prior`` is the mean and SD of the prior of a difference; ``by`` is the way to the p-value, of tests that have
    several; ``trim`` and ``permutations`` are those of the tests of these names; ``own`` is the user's own function, if it may
    run; ``firth`` says when a logistic regression is penalized (empty by default); ``at_visit`` is the position of the
    visit of the contrast, of tests that have one (None for their average); ``imputation`` says how missing values are imputed.
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

    ``stratified`` names what the allocation is stratified by: the site, or covariates. ``families`` hold rows that are tested
    together.
    """

    calls: tuple[PlannedAnalysis, ...]
    rows: tuple[RowPlan, ...]
    primary: tuple[int, ...]
    arms: tuple[str, ...]
    stratified: tuple[str, ...] = ()
    families: tuple[PlannedFamily, ...] = ()

    def call_of(self, row: int) -> PlannedAnalysis:
        """The analysis that fills a row."""
        return next(call for call in self.calls if row in call.rows)

    def question_of(self, row: int) -> RowTest:
        """What a row asks."""
        call = self.call_of(row)
        return call.questions[row - call.first_row]


def plan_analyses(scenario: Scenario, response_plan: PointIndex) -> AnalysisPlan:
    """Plan every analysis of a resolved scenario.

    Impossible analyses (wrong arms, visits or scales) were refused when the scenario was resolved.
    """
    calls: list[PlannedAnalysis] = []
    rows: list[RowPlan] = []
    labels = labels_of(scenario.analyses)
    for name, analysis in scenario.analyses.items():
        call = _call(scenario, response_plan, name, first_row=len(rows))
        calls.append(call)
        rows.extend(replace(row, label=labels[name]) for row in _rows(scenario, analysis, call))
    main = {call.name: [row for row in call.rows if rows[row].main] for call in calls}
    families = tuple(_families(scenario, rows))
    for family in families:
        for row in family.rows:
            alpha = family.alpha / 2 if rows[row].margins else family.alpha
            rows[row] = replace(rows[row], alpha=alpha, family=family.name)
    return AnalysisPlan(
        calls=tuple(calls),
        rows=tuple(rows),
        families=families,
        primary=tuple(row for name in scenario.primary for row in main[name]),
        arms=tuple(scenario.design.arms),
        stratified=scenario.design.allocation.stratify,
    )


def _families(scenario: Scenario, rows: Sequence[RowPlan]) -> Iterator[PlannedFamily]:
    """Each family with the rows that its members are."""
    places: dict[tuple[str, str], int] = {}
    for index, row in enumerate(rows):
        places.setdefault((row.analysis, ""), index)
        places[row.analysis, row.contrast] = index
    for name, family in scenario.families.items():
        yield PlannedFamily(
            name,
            tuple(places[split_member(member)] for member in family.members),
            family.method,
            DEFAULT_ALPHA if family.alpha is None else family.alpha.value,
            tuple(weight.value for weight in family.weights),
            tuple(tuple(share.value for share in row) for row in family.transitions),
        )


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


def labels_of(analyses: Mapping[str, Analysis]) -> dict[str, str]:
    """What people read in place of each name, without underscores; where two are the same, the name is written beside it."""
    wanted = {name: one.label or plain_words(name) for name, one in analyses.items()}
    counts = Counter(wanted.values())
    named = {name: label if counts[label] == 1 else f"{label} ({name})" for name, label in wanted.items()}
    return named if len(set(named.values())) == len(named) else {name: name for name in named}


def plain_words(name: str) -> str:
    """A name without underscores.

    >>> plain_words("fear_during")
    'fear during'
    """
    return name.replace("_", " ")


def _call(scenario: Scenario, pairs: PointIndex, name: str, *, first_row: int) -> PlannedAnalysis:
    analysis = scenario.analyses[name]
    responders = analysis.estimand.responders
    repeated = tuple(_endpoint(scenario, pairs, analysis, visit=visit) for visit in analysis.visits)
    model = _model(scenario, analysis) if is_model(analysis) else None
    if model is not None:
        endpoint = _compared(analysis, model, repeated)
    else:
        endpoint = repeated[-1] if repeated else _endpoint(scenario, pairs, analysis)
    baselines = () if analysis.baseline is None else (_baseline(analysis, pairs, endpoint),)
    after = _pairs(scenario, analysis.then)
    margins = _margins(analysis)
    null, alternative, alpha = _rule(analysis)
    if len(margins) == 1:
        (null,) = margins
        alternative = (GREATER if analysis.margin[0].value < _scale(analysis).none else LESS).name
    return PlannedAnalysis(
        name=name,
        test=analysis.test,
        endpoint=endpoint,
        choice=_choice(scenario, pairs, analysis),
        questions=_questions(comparisons(analysis, list(scenario.design.arms)), analysis),
        null=null,
        alternative=alternative,
        alpha=alpha,
        first_row=first_row,
        baselines=baselines,
        covariates=_covariates(scenario, analysis.covariates),
        pairs=after,
        strategy=analysis.estimand.strategy,
        responders=None if responders is None else _percent_rule(responders.percent_change),
        repeated=repeated,
        visit_covariates=analysis.visit_covariates,
        strata=tuple(
            SITE_STRATUM if one == SITE.name else list(scenario.participants).index(one) for one in analysis.strata
        ),
        clusters=analysis.clusters or "",
        margins=margins,
        firth=analysis.firth or "",
        at=INTERACTION if analysis.at is None or TEST[analysis.test].at_visits else analysis.at,
        at_visit=_at_visit(analysis),
        sphericity=analysis.sphericity or GREENHOUSE_GEISSER,
        model=model,
        own=own_analysis(scenario, analysis, pairs.point_index),
        prior=(0.0, math.inf) if analysis.prior is None else (analysis.prior.mean.value, analysis.prior.sd.value),
        by=analysis.by or next(iter(TEST[analysis.test].ways), ""),
        trim=DEFAULT_TRIM if analysis.trim is None else analysis.trim.value,
        permutations=analysis.permutations or DEFAULT_PERMUTATIONS,
        imputation=_imputation(scenario, pairs, analysis),
    )


def _imputation(scenario: Scenario, pairs: PointIndex, analysis: Analysis) -> Imputation | None:
    """How missing values are imputed."""
    name, design = analysis.outcome, scenario.design
    return imputation(
        analysis,
        scenario.outcomes[name],
        pairs.in_order(name),
        lambda visit: pairs.point_index(name, visit),
        arms=tuple(design.arms),
        reference=design.reference or next(iter(design.arms)),
        log=TRANSFORM[analysis.transform].log,
    )


def _at_visit(analysis: Analysis) -> int | None:
    """The position of the visit of the contrast, by default the last one; None for the average, and for other tests."""
    if not TEST[analysis.test].at_visits or analysis.at == AVERAGE:
        return None
    return len(analysis.visits) - 1 if analysis.at is None else analysis.visits.index(analysis.at)


def _rule(analysis: Analysis) -> tuple[float, str, float]:
    """The number that the test compares with, its direction and its level."""
    if analysis.decide is not None:
        decision = split_decision(analysis.decide)
        assert decision is not None  # checked when the scenario was resolved
        return decision.limit.value, decision.alternative, 1.0 - decision.probability
    null = 0.0 if analysis.null is None else analysis.null.value
    return null, analysis.alternative, DEFAULT_ALPHA if analysis.alpha is None else analysis.alpha.value


# ---------------------------------------------------------------- endpoints and populations


def _endpoint(scenario: Scenario, pairs: PointIndex, analysis: Analysis, *, visit: str | None = None) -> Endpoint:
    """The endpoint of an analysis; its value at ``visit`` if it takes several."""
    start, over = None, None
    if visit is None:
        visit, start = endpoint_visits(analysis)
        over = _over(scenario, pairs, analysis)
    cut, instead = analysis.dichotomize, _instead(scenario, pairs, analysis)
    return Endpoint(
        visit=pairs.point_index(analysis.outcome, visit),
        start=None if start is None else pairs.point_index(analysis.outcome, start),
        transform=analysis.transform,
        at_least=None if cut is None or cut.at_least is None else cut.at_least.value,
        at_most=None if cut is None or cut.at_most is None else cut.at_most.value,
        categories=_categories(scenario.outcomes[analysis.outcome], analysis, instead),
        over=over,
        each=TEST[analysis.test].at_each_visit,
        instead=instead,
    )


def _instead(scenario: Scenario, pairs: PointIndex, analysis: Analysis) -> Substitution:
    """What takes the place of values of the endpoint."""
    if analysis.missing is None and analysis.composite is None:
        return NOTHING
    name = analysis.outcome
    return substitution(
        analysis, scenario.outcomes[name], pairs.in_order(name), lambda visit: pairs.point_index(name, visit)
    )


def _over(scenario: Scenario, pairs: PointIndex, analysis: Analysis) -> OverVisits | None:
    if analysis.over is None:
        return None
    what, summary = analysis.over, VISIT_SUMMARY[analysis.over.by]
    times: tuple[float, ...] = ()
    if summary.timed and what.times != REALIZED:
        first, *_ = planned = planned_hours(scenario, analysis)
        times = tuple(time - first for time in planned)
    points = tuple(pairs.point_index(analysis.outcome, visit) for visit in what.visits)
    return OverVisits(points, what.by, times, what.available)


def _model(scenario: Scenario, analysis: Analysis) -> RepeatedModel:
    """What a model of repeated values compares: weights of the visits, as :func:`weights_of_visits` has them."""
    visits = analysis.visits
    planned = [scenario.visits[visit].value / HOUR for visit in visits if visit in scenario.visits]
    hours = tuple(planned) if len(planned) == len(visits) else tuple(float(k) for k in range(len(visits)))
    test = TEST[analysis.test]
    assert analysis.at is not None  # written out when the scenario was resolved
    return RepeatedModel(
        visits=weights_of_visits(analysis.at, visits, hours, first_shared=test.first_shared),
        hours=hours,
        linear=analysis.time == AS_NUMBER,
        first_shared=test.first_shared,
        slopes=analysis.random == RANDOM_SLOPE,
        covariances=(analysis.covariance or COVARIANCES[:1]) if COVARIANCE in test.options else (),
        kenward_roger=(analysis.df or DFS[0]) == KENWARD_ROGER,
    )


def weights_of_visits(
    at: str, visits: Sequence[str], hours: Sequence[float], *, first_shared: bool
) -> tuple[tuple[float, ...], ...]:
    """The weights of the visits of what is compared: of one visit, their mean, the slope [per h]; or of each step between two.

    A first visit that the arms share is none of those whose mean is taken.

    >>> weights_of_visits("average", ("pre", "post", "later"), (0.0, 1.0, 2.0), first_shared=True)
    ((0.0, 0.5, 0.5),)
    """
    count = len(visits)
    if at == INTERACTION:
        return tuple(tuple(float((j == i) - (j == i - 1)) for j in range(count)) for i in range(1, count))
    if at == AVERAGE:
        first = int(first_shared)
        return (tuple(0.0 if j < first else 1.0 / (count - first) for j in range(count)),)
    if at == SLOPE:
        middle = sum(hours) / count
        square = sum((hour - middle) ** 2 for hour in hours)
        return (tuple((hour - middle) / square for hour in hours),)
    return (tuple(float(visit == at) for visit in visits),)


def _compared(analysis: Analysis, model: RepeatedModel, repeated: Sequence[Endpoint]) -> Endpoint:
    """The endpoint whose means a model compares: that of a visit, or the mean or the slope of all of them."""
    by = {AVERAGE: VISIT_MEAN, SLOPE: VISIT_SLOPE}
    last = repeated[-1]
    if analysis.at not in by:
        return repeated[analysis.visits.index(analysis.at)] if analysis.at in analysis.visits else last
    first = model.hours[0]
    times = tuple(hour - first for hour in model.hours) if by[analysis.at].timed else ()
    kept = range(int(model.first_shared and not times), len(repeated))
    points = tuple(repeated[k].visit for k in kept)
    return replace(
        last, categories=(), over=OverVisits(points, by[analysis.at].name, times, logs=TRANSFORM[last.transform].log)
    )


def planned_hours(scenario: Scenario, analysis: Analysis) -> tuple[float, ...]:
    """Planned times of the visits of an endpoint over visits [h]: as written there, else those of the study's visits."""
    assert analysis.over is not None
    if analysis.over.at:
        return tuple(time.value / HOUR for time in analysis.over.at)
    return tuple(scenario.visits[visit].value / HOUR for visit in analysis.over.visits)


def _categories(outcome: Outcome, analysis: Analysis, instead: Substitution) -> tuple[float, ...]:
    if analysis.dichotomize is not None and not TEST[analysis.test].at_each_visit:
        return (0.0, 1.0)
    if (
        imputes(analysis)
        or outcome.scale.categories is None
        or analysis.change is not None
        or not TRANSFORM[analysis.transform].keeps
    ):
        return ()
    after = {instead.value} if instead.events else set()
    values = tuple(sorted({float(category) for category in outcome.scale.values or outcome.categories} | after))
    if analysis.over is None or VISIT_SUMMARY[analysis.over.by].selects:
        return values
    if VISIT_SUMMARY[analysis.over.by].counts:
        return tuple(float(k) for k in range(len(analysis.over.visits) + 1))
    return ()


def _baseline(analysis: Analysis, pairs: PointIndex, endpoint: Endpoint) -> Endpoint:
    """The baseline as a covariate: on logs when the outcome is."""
    assert analysis.baseline is not None
    transform = (LOG if TRANSFORM[endpoint.transform].log else NO_TRANSFORM).name
    return Endpoint(visit=pairs.point_index(analysis.outcome, analysis.baseline), transform=transform)


def _choice(scenario: Scenario, pairs: PointIndex, analysis: Analysis) -> AnalysisSet:
    covariates = list(scenario.participants)
    exclude = tuple(
        (
            covariates.index(covariate),
            list(scenario.participants[covariate].choice).index(category),
        )
        for covariate, category in analysis.exclude.items()
    )
    if analysis.subset is None:
        return AnalysisSet(population=analysis.population, exclude=exclude)
    last, first = endpoint_visits(analysis)
    assert first is not None  # a resolved subset always has a change
    return AnalysisSet(
        population=analysis.population,
        exclude=exclude,
        percent_change=Endpoint(
            visit=pairs.point_index(analysis.outcome, last),
            start=pairs.point_index(analysis.outcome, first),
            transform=PERCENT.name,
            instead=_instead(scenario, pairs, analysis),
        ),
        rule=_percent_rule(analysis.subset.percent_change),
    )


def _percent_rule(limits: Limits) -> PercentRule:
    return PercentRule(
        below=None if limits.below is None else 100 * limits.below.value,
        above=None if limits.above is None else 100 * limits.above.value,
        beyond=None if limits.beyond is None else 100 * limits.beyond.value,
    )


def _covariates(scenario: Scenario, names: Sequence[str]) -> tuple[CovariateColumn, ...]:
    """Numbers unchanged; categories as indicators of all but the first."""
    order = list(scenario.participants)
    columns: list[CovariateColumn] = []
    for name in names:
        categories = len(scenario.participants[name].choice)
        if categories == 0:
            columns.append(CovariateColumn(order.index(name)))
        columns.extend(CovariateColumn(order.index(name), category) for category in range(1, categories))
    return tuple(columns)


# ---------------------------------------------------------------- margins


def _scale(analysis: Analysis) -> MarginScale:
    """How the margin of two arms is written."""
    return MARGIN_SCALE[MEANT[TEST[analysis.test].effect, analysis.transform, "arms"].scale]


def _margins(analysis: Analysis) -> tuple[float, ...]:
    """The margins on the scale of the estimate, the lower first."""
    values = [margin.value for margin in analysis.margin]
    if values and _scale(analysis).ratio:
        values = [math.log(value) for value in values]
    return tuple(sorted(values))


def margin_twins(analysis: str, margins: Sequence[float]) -> tuple[str, ...]:
    """The names of the twins in which each margin of an analysis is true."""
    names = {0: (), 1: ("at margin",), 2: ("at lower margin", "at upper margin")}
    return tuple(f"{name}: {analysis}" for name in names[len(margins)])


# ---------------------------------------------------------------- contrasts


def _questions(asked: Sequence[ComparedArms], analysis: Analysis) -> tuple[RowTest, ...]:
    """What each row asks, with its test."""
    test = TEST[analysis.test]
    pairs = test.name if analysis.then is None else PAIR_TEST[analysis.then.pairs, test.name].name
    deltas = [delta.value for delta in analysis.delta] or [0.0]
    if analysis.delta and TRANSFORM[analysis.transform].log:
        deltas = [math.log(delta) for delta in deltas]
    return tuple(
        RowTest(test.name if one.main else pairs, one.samples, one.arms, one.main, deltas[one.delta]) for one in asked
    )


def _pairs(scenario: Scenario, then: Then | None) -> PairwisePlan | None:
    if then is None:
        return None
    arms = list(scenario.design.arms)
    return PairwisePlan(test=then.pairs, arms=pairs_of(then, arms), adjust=then.adjust, gate=then.gate)


# ---------------------------------------------------------------- rows


def _rows(scenario: Scenario, analysis: Analysis, call: PlannedAnalysis) -> list[RowPlan]:
    unit = scenario.outcomes[analysis.outcome].unit
    rows = []
    compared = comparisons(analysis, list(scenario.design.arms))
    for asked, one in zip(call.questions, compared, strict=True):
        test = call.pairs.test if call.pairs is not None and not asked.main else asked.test
        estimand = _estimand(call, TEST[asked.test], asked.samples)
        row = _row(call, one.contrast, test, estimand, unit)
        given = (*(["baseline"] if analysis.baseline else []), *analysis.covariates, *analysis.visit_covariates)
        delta = analysis.delta[one.delta].value if len(analysis.delta) > 1 else None
        rows.append(replace(row, main=asked.main, given=given, delta=delta))
    return rows


def _row(call: PlannedAnalysis, contrast: str, test: str, estimand: str, unit: str | None) -> RowPlan:
    return RowPlan(
        call.name,
        contrast,
        test,
        estimand,
        _no_effect(estimand, call.null),
        call.alpha / 2 if call.margins else call.alpha,
        _unit(unit, call.endpoint, estimand),
        strategy=call.strategy,
        margins=call.margins,
    )


def _estimand(call: PlannedAnalysis, test: Test, samples: Samples) -> str:
    """The estimand; none for a test of all arms, in a subset selected by the outcome, or of more than two categories."""
    chosen = call.choice.percent_change is not None and not STRATEGY[call.strategy].stratum
    many = test.yes_or_no and not call.endpoint.each and len(call.endpoint.categories) != 2
    joint = call.model is not None and call.model.joint
    if chosen or samples == "all" or many or joint or test.effect == NO_ESTIMATE:
        return NO_ESTIMAND
    situation: Situation = "arms" if samples == "two" else "value" if call.endpoint.start is None else "change"
    return MEANT[test.effect, call.endpoint.transform, situation].name


def _no_effect(estimand: str, null: float) -> float:
    if estimand == NO_ESTIMAND:
        return math.nan  # one object, so that rows of two plans of a study are equal
    fixed = ESTIMAND[estimand].no_effect
    return null if fixed is None else fixed


def _unit(unit: str | None, endpoint: Endpoint, estimand: str) -> str:
    """The unit of an estimate, or of the endpoint if nothing is estimated."""
    yes_or_no = endpoint.at_least is not None or endpoint.at_most is not None
    if yes_or_no or (estimand != NO_ESTIMAND and not ESTIMAND[estimand].in_unit):
        return ""
    transform = TRANSFORM[endpoint.transform]
    if not transform.keeps:
        over = endpoint.over
        return "per hour" if over is not None and over.logs and VISIT_SUMMARY[over.by].timed else transform.unit
    if endpoint.over is None:
        return unit or ""
    return VISIT_SUMMARY[endpoint.over.by].in_unit(unit or "", planned=bool(endpoint.over.times))
