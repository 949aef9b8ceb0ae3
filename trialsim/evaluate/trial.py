"""Numbers of each trial besides its estimates: enrollment, losses, missing values, duration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trialsim.conduct.balancing import balanced, levels_of
from trialsim.conduct.entries import COUNTS
from trialsim.evaluate.costs import cost_summary
from trialsim.evaluate.progression import progression_summary
from trialsim.evaluate.summaries import DAY, Summary, count_codes, in_arms, share, trial_column
from trialsim.evaluate.table import MeasureColumn
from trialsim.evaluate.ward import ward_summaries
from trialsim.protocol.columns import COMPLETED, E_REASON, LEFT_EARLY
from trialsim.response.plan import ONCE
from trialsim.response.zeros import LOG_OF_ZERO, logged_pairs

if TYPE_CHECKING:
    from trialsim.cohort import Cohort
    from trialsim.prepared import Study

Floats = NDArray[np.float64]


def summaries(study: Study) -> list[Summary]:
    """All summaries of a study, in the order of the table."""
    found = [_enrollment(study), *_balance(study)]
    if study.program is not None:
        found += [_accrual(study), _ends(study), *ward_summaries(study)]
    found += [_missing(study), *_log_of_zero(study), _with_endpoint(study)]
    if study.scenario.costs is not None:
        found.append(cost_summary(study))
    if study.scenario.progression:
        found.append(progression_summary(study))
    return found


def trial_columns(study: Study) -> list[MeasureColumn]:
    """The columns of :func:`trial_values`."""
    return [column for summary in summaries(study) for column in summary.columns]


def trial_values(study: Study, cohort: Cohort) -> Floats:
    """(R, M) numbers of each trial."""
    return np.concatenate([summary.values(cohort) for summary in summaries(study)], axis=1)


def _enrollment(study: Study) -> Summary:
    """Participants in total and by arm."""
    arms = tuple(study.scenario.design.arms)
    columns = (trial_column("enrolled"), *(trial_column("enrolled", arm) for arm in arms))

    def values(cohort: Cohort) -> Floats:
        arm = cohort.entries.arm
        by_arm = in_arms(arm, arm >= 0, arms=len(arms))
        return np.concatenate([by_arm.sum(axis=1, keepdims=True), by_arm], axis=1)

    return Summary(columns, values)


def _balance(study: Study) -> list[Summary]:
    """Of an allocation that looks at who is in already: how unequal the arms end, and how often one could guess the next arm."""
    plan = study.conduct
    rule = plan.balance
    if rule is None:
        return []
    columns = (
        *(trial_column("imbalance", factor) for factor in ("in all", *rule.factors)),
        trial_column("right_guesses"),
    )
    least = min(plan.ratio)

    def values(cohort: Cohort) -> Floats:
        entries = cohort.entries
        arm, chance = balanced(
            plan, entries.entry, entries.site, entries.covariates, seed=cohort.seed, replicates=cohort.replicates
        )
        levels = levels_of(rule, entries.site, entries.covariates)
        parts = [_largest_difference(arm, np.zeros(arm.shape, dtype=np.int64), plan.ratio)]
        parts += [_largest_difference(arm, levels[:, :, f], plan.ratio) for f in range(len(rule.factors))]
        with np.errstate(invalid="ignore"):
            guesses = np.nansum(chance, axis=1) / (arm >= 0).sum(axis=1)
        return np.stack([*(part * least for part in parts), guesses], axis=1)

    return [Summary(columns, values)]


def _largest_difference(arm: NDArray[np.int8], level: NDArray[np.int64], ratio: Sequence[int]) -> Floats:
    """(R,) over the levels, the largest difference between two arms in their numbers over the ratio."""
    found = np.zeros(len(arm))
    for one in range(int(level.max(initial=0)) + 1):
        counts = in_arms(arm, (level == one) & (arm >= 0), arms=len(ratio)) / np.array(ratio)
        found = np.maximum(found, counts.max(axis=1) - counts.min(axis=1))
    return found


def _accrual(study: Study) -> Summary:
    """Patients by what happened to them, whether the target was reached within the limit, and when."""
    plan = study.conduct
    reasons = (*COUNTS, *(f"excluded: {reason}" for reason in plan.exclusions))
    columns = (
        *(trial_column("patients", reason) for reason in reasons),
        trial_column("target_reached_in_time", kind="share"),
        trial_column("enrollment_days"),
    )

    def values(cohort: Cohort) -> Floats:
        entries = cohort.entries
        parts = [entries.counts, entries.complete[:, None], entries.accrual_end[:, None] / DAY]
        return np.concatenate(parts, axis=1).astype(np.float64)

    return Summary(columns, values)


def _ends(study: Study) -> Summary:
    """By arm: participants who completed, and those who left before the end of the pathway, by reason."""
    arms, reasons = tuple(study.scenario.design.arms), study.conduct.leave_reasons
    columns = [trial_column("trial_days")]
    for arm in arms:
        columns.append(trial_column("completed", arm))
        columns.extend(trial_column(f"left: {reason}", arm) for reason in reasons)

    def values(cohort: Cohort) -> Floats:
        trace, entries = cohort.trace, cohort.entries
        assert trace is not None
        reason_of_end = trace.ends[:, :, E_REASON]
        parts = [trace.trial_end / DAY]
        for k in range(len(arms)):
            here = entries.arm == k
            parts.append((here & (reason_of_end == COMPLETED)).sum(axis=1))
            left = here & (reason_of_end == LEFT_EARLY)
            parts.extend((left & (entries.leave_reason == reason)).sum(axis=1) for reason in range(len(reasons)))
        return np.stack(parts, axis=1).astype(np.float64)

    return Summary(tuple(columns), values)


def _missing(study: Study) -> Summary:
    """Share of the enrolled whose value is missing, for each outcome and visit in all and by reason."""
    pairs, reasons = study.response.pairs, study.response.reasons
    columns = []
    for outcome, visit in pairs:
        columns.append(trial_column("missing_share", f"{outcome} at {visit}"))
        where = f"{outcome} at {visit}"
        columns.extend(trial_column(f"missing_share: {why}", where, "occurrence") for why in reasons[1:])

    def values(cohort: Cohort) -> Floats:
        arm, reason = cohort.entries.arm, _declared(cohort.measurements.reason, cohort)
        counts = np.zeros((len(arm), len(pairs), len(reasons)), dtype=np.int64)
        count_codes(np.ascontiguousarray(reason), arm, counts)
        if ONCE in reasons:  # a mother is not missing beside her other children
            counts[:, :, -1] = 0
        everyone = counts.sum(axis=2, keepdims=True)
        counts[:, :, 0] = everyone[:, :, 0] - counts[:, :, 0]
        return share(counts, everyone).reshape(len(arm), -1)

    return Summary(tuple(columns), values)


def _log_of_zero(study: Study) -> list[Summary]:
    """Share of the enrolled whose reading is 0 where an analysis takes a logarithm or divides; none if impossible."""
    pairs = [study.response.point_index(*pair) for pair in logged_pairs(study.scenario)]
    if not pairs:
        return []
    where = [" at ".join(study.response.pairs[d]) for d in pairs]
    columns = tuple(trial_column("missing_share", f"{one}, {LOG_OF_ZERO}") for one in where)

    def values(cohort: Cohort) -> Floats:
        enrolled = cohort.entries.arm >= 0
        zero = (_declared(cohort.measurements.values, cohort)[:, :, pairs] <= 0) & enrolled[:, :, None]
        return share(zero.sum(axis=1), enrolled.sum(axis=1)[:, None])

    return [Summary(columns, values)]


def _declared(values: NDArray[Any], cohort: Cohort) -> NDArray[Any]:
    """The part (R, ...) of an array (T, R, ...) that belongs to the declared twin."""
    chosen: NDArray[Any] = values[cohort.measurements.twins.index("declared")]
    return chosen


def _with_endpoint(study: Study) -> Summary:
    """By arm: participants who have every value that the first primary analysis needs."""
    arms = tuple(study.scenario.design.arms)
    call = study.analysis.call_of(study.analysis.primary[0])
    some = call.endpoint.over is not None and call.endpoint.over.available
    needed, ends = call.points, () if call.endpoint.over is None else call.endpoint.over.points

    def values(cohort: Cohort) -> Floats:
        declared = _declared(cohort.measurements.values, cohort)
        there = np.logical_and.reduce([np.isfinite(declared[:, :, at]) for at in needed if not some or at not in ends])
        if some:
            there = there & np.isfinite(declared[:, :, list(ends)]).any(axis=2)
        return in_arms(cohort.entries.arm, there, arms=len(arms))

    return Summary(tuple(trial_column("with_primary_endpoint", arm) for arm in arms), values)
