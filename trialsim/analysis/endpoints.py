"""From measured values to the arrays an analysis takes: endpoints, and who is analyzed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.cross_moments import CrossMoments, cross_moments
from trialsim.analysis.moments import ArmMoments, moments
from trialsim.analysis.ordering import Counts, RankOrder, order
from trialsim.analysis.plan import (
    SITE_STRATUM,
    AnalysisSet,
    CovariateColumn,
    Endpoint,
    OverVisits,
    PercentRule,
    PlannedAnalysis,
)
from trialsim.analysis.substitution import NOTHING, substituted
from trialsim.analysis.tables import counted_moments, counts
from trialsim.analysis.visit_summaries import summarize
from trialsim.compiled import kernel
from trialsim.kinds.designs import FAMILY, NO_TRANSFORM, POPULATION, SITE, TRANSFORM
from trialsim.response.visit_covariates import VisitCovariateColumn

Floats = NDArray[np.float64]
Made = TypeVar("Made")
Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True)
class TrialArrays:
    """The data of R simulated trials under T twins, as analyses see them.

    Attributes
    ----------
    values : (T, R, N, D) measured values, NaN where missing
    arm : (R, N) int8, -1 for an empty place
    covariates : (R, N, C), the position of the category for covariates by choice
    received : (R, N) whether some of the arm's own activity was given
    completed : (R, N) whether the pathway was completed
    site, stratum : (R, N) int64 numbers, for tests that take strata or clusters
    visit_covariates : by name and position on the D axis, those that an analysis asks for
    times : (R, N, D) realized times [h]; None without a ward, or if no analysis needs them
    seed, replicates : of the batch, for tests that draw
    censored : (T, R, N, D) int8 whether a value is only known to be lower (-1) or higher (1); None if no value is
    at_risk : (R, N, D) for how long events were counted [d]; None if no outcome is a count
    family : (R, N) family of each participant; None where nobody has siblings
    events : by the names of events, (T or 1, R, N, D) whether one came before a visit; those that an analysis asks for
    """

    values: Floats
    arm: NDArray[np.int8]
    covariates: Floats
    received: NDArray[np.bool_]
    completed: NDArray[np.bool_]
    site: NDArray[np.int64]
    stratum: NDArray[np.int64]
    visit_covariates: Mapping[tuple[str, int], VisitCovariateColumn]
    times: Floats | None
    seed: int
    replicates: range
    censored: NDArray[np.int8] | None = None
    at_risk: Floats | None = None
    events: Mapping[tuple[str, ...], NDArray[np.bool_]] = field(default_factory=dict)
    family: NDArray[np.int64] | None = None


@dataclass(frozen=True)
class Extraction:
    """Arrays and summaries of one batch, made once and shared by all analyses; T and R are one axis, T first."""

    data: TrialArrays
    arms: int
    _made: dict[object, object] = field(default_factory=dict)

    def _once(self, key: object, make: Callable[[], Made]) -> Made:
        if key not in self._made:
            self._made[key] = make()
        return cast("Made", self._made[key])

    @property
    def arm(self) -> NDArray[np.int8]:
        """(T x R, N) arm of each participant."""
        twins = self.data.values.shape[0]
        return self._once("arm", lambda: np.ascontiguousarray(np.tile(self.data.arm, (twins, 1)), dtype=np.int8))

    def endpoint(self, endpoint: Endpoint) -> Floats:
        """(T x R, N) the endpoint of everyone, NaN where it is missing."""
        after = self.data.events.get(endpoint.instead.events)

        def make() -> Floats:
            return endpoint_values(self.data.values, endpoint, times=self.data.times, after=after)

        return self._once(endpoint, make)

    def chosen(self, endpoint: Endpoint, choice: AnalysisSet) -> Floats:
        """(T x R, N) the endpoint of those who are analyzed, NaN for everyone else."""
        if choice == AnalysisSet():
            return self.endpoint(endpoint)
        return self._once((endpoint, choice), lambda: np.where(self.counted(choice), self.endpoint(endpoint), np.nan))

    def alone(self, endpoint: Endpoint, choice: AnalysisSet, arms: Sequence[int]) -> Floats:
        """(T x R, N) the same, of one arm only; of all participants without ``arms``."""
        chosen = self.chosen(endpoint, choice)
        if not arms:
            return chosen
        (arm,) = arms
        return self._once(("alone", endpoint, choice, arm), lambda: np.where(self.arm == arm, chosen, np.nan))

    def repeated(self, endpoints: Sequence[Endpoint], choice: AnalysisSet) -> Floats:
        """(T x R, N, V) the values of several visits of those who are analyzed, NaN where they are missing."""
        return np.stack([self.chosen(endpoint, choice) for endpoint in endpoints], axis=-1)

    def columns(self, baselines: Sequence[Endpoint], covariates: Sequence[CovariateColumn]) -> Floats:
        """(T x R, N, P) baselines, then covariates of participants."""
        parts = [*(self.endpoint(baseline) for baseline in baselines), *(self._covariate(one) for one in covariates)]
        return np.stack(parts, axis=-1) if parts else np.empty((*self.arm.shape, 0))

    def strata(self, call: PlannedAnalysis) -> NDArray[np.int64]:
        """(T x R, N) number of the stratum of each participant."""
        return self.twice(strata_numbers(call.strata, self.data.site, self.data.covariates))

    def clusters(self, call: PlannedAnalysis) -> NDArray[np.int64]:
        """(T x R, N) number of the cluster of each participant, -1 for a participant whom nobody served."""
        if call.clusters == SITE.name:
            return self.twice(self.data.site)
        if call.clusters == FAMILY:
            assert self.data.family is not None  # checked when the scenario was resolved
            return self.twice(self.data.family)
        number = self.data.visit_covariates[call.clusters, call.endpoint.visit].values.astype(np.int64)
        return self.twice(number - 1)  # 0 is nobody

    def twice(self, numbers: NDArray[Number]) -> NDArray[Number]:
        """(T x R, N) numbers of participants (R, N) that the twins share."""
        return np.tile(numbers, (self.data.values.shape[0], 1))

    def marks(self, endpoint: Endpoint) -> NDArray[np.int8]:
        """(T x R, N) whether the value is only known to be lower (-1) or higher (1)."""
        censored = self.data.censored
        if censored is None:
            return self._once("no marks", lambda: np.zeros(self.arm.shape, np.int8))
        return self._once(
            ("marks", endpoint.visit),
            lambda: np.ascontiguousarray(censored[:, :, :, endpoint.visit]).reshape(self.arm.shape),
        )

    def joined(self, endpoint: Endpoint, choice: AnalysisSet) -> ArmMoments:
        """Moments of all participants together, for tests of one sample."""
        return self._once(("joined", endpoint, choice), lambda: moments(self.chosen(endpoint, choice)))

    def moments(self, endpoint: Endpoint, choice: AnalysisSet) -> ArmMoments:
        """Moments by arm; from the counts if the endpoint has few categories."""

        def make() -> ArmMoments:
            if endpoint.categories:
                return counted_moments(self.counts(endpoint, choice))
            return moments(self.chosen(endpoint, choice), self.arm, arms=self.arms)

        return self._once(("moments", endpoint, choice), make)

    def counts(self, endpoint: Endpoint, choice: AnalysisSet) -> Counts:
        """Counts of each category by arm."""
        return self._once(
            ("counts", endpoint, choice),
            lambda: counts(self.chosen(endpoint, choice), self.arm, arms=self.arms, categories=endpoint.categories),
        )

    def ranked(self, endpoint: Endpoint, choice: AnalysisSet) -> Counts | RankOrder:
        """The input of rank tests: counts if the endpoint has few categories, otherwise the order of the values."""
        if endpoint.categories:
            return self.counts(endpoint, choice)
        return self._once(
            ("order", endpoint, choice), lambda: order(self.chosen(endpoint, choice), self.arm, arms=self.arms)
        )

    def cross(
        self,
        endpoint: Endpoint,
        choice: AnalysisSet,
        *,
        baselines: tuple[Endpoint, ...],
        covariates: tuple[CovariateColumn, ...],
        visit_covariates: tuple[str, ...] = (),
    ) -> CrossMoments:
        """Moments by arm of an endpoint together with the covariates of an ANCOVA."""

        def make() -> CrossMoments:
            columns = self._columns(endpoint, baselines, covariates, visit_covariates)
            return cross_moments(self.chosen(endpoint, choice), columns, self.arm, arms=self.arms)

        return self._once(("cross", endpoint, choice, baselines, covariates, visit_covariates), make)

    def cross_of_sides(
        self,
        endpoint: Endpoint,
        choice: AnalysisSet,
        *,
        baselines: tuple[Endpoint, ...],
        covariates: tuple[CovariateColumn, ...],
        visit_covariates: tuple[str, ...],
        signs: tuple[bool, ...],
        columns: tuple[tuple[float, ...], ...],
    ) -> CrossMoments:
        """The same by two sides, with ``columns`` (each a number of every arm) before the covariates.

        Parameters
        ----------
        signs : (K,) whether each arm is on the first side
        """

        def make() -> CrossMoments:
            beside = self._columns(endpoint, baselines, covariates, visit_covariates)
            of_arms = [np.append(column, 0.0)[self.arm] for column in columns]  # the last one is for empty places
            sides = np.append(np.where(signs, 0, 1), -1).astype(np.int8)[self.arm]
            x = np.concatenate([np.stack(of_arms, axis=-1), beside], axis=-1) if of_arms else beside
            return cross_moments(self.chosen(endpoint, choice), np.ascontiguousarray(x), sides, arms=2)

        return self._once(("sides", endpoint, choice, baselines, covariates, visit_covariates, signs, columns), make)

    def adjusted(self, call: PlannedAnalysis) -> Floats:
        """(T x R, N, P) everything that an analysis adjusts for: baselines, covariates, covariates of the visit."""
        what = (call.endpoint, call.baselines, call.covariates, call.visit_covariates)
        return self._once(("adjusted", *what), lambda: self._columns(*what))

    def _columns(
        self,
        endpoint: Endpoint,
        baselines: tuple[Endpoint, ...],
        covariates: tuple[CovariateColumn, ...],
        visit_covariates: tuple[str, ...],
    ) -> Floats:
        parts = [self.endpoint(baseline) for baseline in baselines]
        parts.extend(self._covariate(column) for column in covariates)
        for name in visit_covariates:
            parts.extend(self._visit_covariate(name, endpoint.visit))
        return np.stack(parts, axis=-1) if parts else np.empty((*self.arm.shape, 0))

    def at_risk(self, endpoint: Endpoint) -> Floats:
        """(T x R, N) for how long events were counted [d]."""
        assert self.data.at_risk is not None  # counts have it
        return self.twice(self.data.at_risk[:, :, endpoint.visit])

    def _visit_covariate(self, name: str, visit: int) -> Iterator[Floats]:
        """(T x R, N) a number, or the indicators of all categories but the first."""
        column = self.data.visit_covariates[name, visit]
        if column.categories == 0:
            yield self.twice(column.values)
        for category in range(1, column.categories):
            yield self.twice(np.where(np.isnan(column.values), np.nan, column.values == category))

    def _covariate(self, column: CovariateColumn) -> Floats:
        values = self.data.covariates[:, :, column.covariate]
        if column.category is not None:
            values = (values == column.category).astype(np.float64)
        return np.tile(values, (self.data.values.shape[0], 1))

    def counted(self, choice: AnalysisSet) -> NDArray[np.bool_]:
        """(T x R, N) who is analyzed, as far as the population, exclusions and the subset say."""
        twins = self.data.values.shape[0]
        counted = np.ones(self.data.arm.shape, dtype=bool)
        population = POPULATION[choice.population]
        if population.received:
            counted &= self.data.received
        if population.completed:
            counted &= self.data.completed
        for covariate, category in choice.exclude:
            counted &= self.data.covariates[:, :, covariate] != category
        everyone = np.tile(counted, (twins, 1))
        if choice.percent_change is not None:
            everyone &= within(self.endpoint(choice.percent_change), choice.rule)
        return everyone


def strata_numbers(strata: Sequence[int], site: NDArray[np.int64], covariates: Floats) -> NDArray[np.int64]:
    """(R, N) number of the combination of sites (R, N) and covariates by choice (R, N, C) that ``strata`` name."""
    found = np.zeros(site.shape, dtype=np.int64)
    for one in strata:
        values = site if one == SITE_STRATUM else covariates[:, :, one].astype(np.int64)
        found = found * (int(values.max(initial=0)) + 1) + values
    return found


def within(percent: Floats, rule: PercentRule) -> NDArray[np.bool_]:
    """Whether a percent change meets the rule; a missing one does not."""
    met = np.isfinite(percent)
    if rule.below is not None:
        met &= percent < rule.below
    if rule.above is not None:
        met &= percent > rule.above
    if rule.beyond is not None:
        met &= np.abs(percent) > rule.beyond
    return met


def endpoint_values(
    values: Floats, endpoint: Endpoint, *, times: Floats | None = None, after: NDArray[np.bool_] | None = None
) -> Floats:
    """(T x R, N) an endpoint from values (T, R, N, D); no log of values that are not positive, no percent of a start of 0.

    ``times`` (R, N, D) [h] are the realized times, for endpoints over visits that need them; ``after`` (T or 1, R, N, D) says
    whether an event came before each visit, for those that are composites.
    """
    twins, replicates, participants, pairs = values.shape
    out = np.empty((twins * replicates, participants))
    transform = TRANSFORM[endpoint.transform]
    if endpoint.instead != NOTHING:
        plain = replace(endpoint, instead=NOTHING)
        found = endpoint_values(substituted(values, endpoint.instead, after), plain, times=times)
        return _ranked_worst(found, endpoint, after) if endpoint.instead.ranked else found
    if endpoint.over is not None:
        one = _over_visits(values, endpoint.over, times)
        plain = replace(endpoint, visit=0, over=None)
        if endpoint.over.logs:
            plain = replace(plain, transform=NO_TRANSFORM.name)
        return endpoint_values(one.reshape(twins, replicates, participants, 1), plain)
    if endpoint == Endpoint(endpoint.visit, categories=endpoint.categories):
        return np.ascontiguousarray(values[:, :, :, endpoint.visit]).reshape(twins * replicates, participants)
    low = -math.inf if endpoint.at_least is None else endpoint.at_least
    high = math.inf if endpoint.at_most is None else endpoint.at_most
    _fill_endpoint(
        np.ascontiguousarray(values).reshape(-1, pairs),
        endpoint.visit,
        -1 if endpoint.start is None else endpoint.start,
        transform.log,
        transform.percent,
        math.isfinite(low) or math.isfinite(high),
        endpoint.each,
        low,
        high,
        out.reshape(-1),
    )
    return out


def _ranked_worst(found: Floats, endpoint: Endpoint, after: NDArray[np.bool_] | None) -> Floats:
    """The endpoint (T x R, N), worse than every number (or yes or no accordingly) after an event."""
    assert after is not None  # an analysis with a composite has its events
    worst = endpoint.instead.value
    if endpoint.at_least is not None or endpoint.at_most is not None:
        worst = float((worst > 0) == (endpoint.at_least is not None))
    hit = np.any(np.take(after, endpoint.instead.replaced, axis=-1), axis=-1)
    everyone = np.broadcast_to(hit, (found.size // after[0, ..., 0].size, *after.shape[1:3])).reshape(found.shape)
    return np.where(everyone, worst, found)


def _over_visits(values: Floats, over: OverVisits, times: Floats | None) -> Floats:
    """(T, R, N) one number of the values (T, R, N, D) of several visits."""
    points = list(over.points)
    if over.logs:
        with np.errstate(invalid="ignore", divide="ignore"):
            values = np.where(values > 0.0, np.log(values), np.nan)
    planned = np.array(over.times or [math.nan] * len(points))
    if over.realized:
        assert times is not None  # an analysis with realized times has them
        planned = times[:, :, points]
    return summarize(values[..., points], planned, by=over.by, available=over.available, realized=over.realized)


@kernel
def _fill_endpoint(
    values: Floats,
    visit: int,
    start: int,
    log: bool,
    percent: bool,
    cut: bool,
    each: bool,
    low: float,
    high: float,
    out: Floats,
) -> None:
    """One pass over all values (T x R x N, D). Scalar logarithms: equal for any length of the array."""
    for i in range(out.shape[0]):
        x = values[i, visit]
        y = x
        if start >= 0:
            x0 = values[i, start]
            if each and cut and x == x and x0 == x0:
                x, x0 = 1.0 if low <= x <= high else 0.0, 1.0 if low <= x0 <= high else 0.0
            if log:
                y = math.log(x) - math.log(x0) if x > 0.0 and x0 > 0.0 else math.nan
            elif percent:
                y = 100.0 * (x - x0) / x0 if x0 != 0.0 else math.nan
            else:
                y = x - x0
        elif log:
            y = math.log(x) if x > 0.0 else math.nan
        if cut and not each and y == y:
            y = 1.0 if low <= y <= high else 0.0
        out[i] = y
