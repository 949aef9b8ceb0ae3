"""What each measure of the table of operating characteristics means, in one sentence."""

from __future__ import annotations

MEANINGS = {
    "power": "share of simulated trials in which the test rejects, with the effects as declared",
    "power_low": "power if every trial that could not be analyzed had not rejected (more than 5 % failed)",
    "power_high": "power if every trial that could not be analyzed had rejected (more than 5 % failed)",
    "rejection_null_twin": "share that rejects in the same trials without the declared effects",
    "rejection_null_twin_low": "the same, counting failed trials as not rejecting",
    "rejection_null_twin_high": "the same, counting failed trials as rejecting",
    "rejection_no_change_twin": "share that rejects in the same trials with a flat clock as well",
    "rejection_no_change_twin_low": "the same, counting failed trials as not rejecting",
    "rejection_no_change_twin_high": "the same, counting failed trials as rejecting",
    **{
        f"rejection_at{side}_margin{end}": f"share that rejects where the {words} margin of the analysis is true{bound}"
        for side, words in (("", "one"), ("_lower", "lower"), ("_upper", "upper"))
        for end, bound in (("", ""), ("_low", ", failed trials not rejecting"), ("_high", ", failed trials rejecting"))
    },
    "type_1_error": "share that rejects in the twin without effects, if the true effect there is none; or where a margin is true",
    "type_1_error_low": "the same, counting failed trials as not rejecting",
    "type_1_error_high": "the same, counting failed trials as rejecting",
    "rejection_without_effects": "the same if the true effect there is not none, or is unknown: not a type I error",
    "rejection_without_effects_low": "the same, counting failed trials as not rejecting",
    "rejection_without_effects_high": "the same, counting failed trials as rejecting",
    "truth": "true effect: everyone in each arm in turn, nothing lost, the same draws",
    "truth_null_twin": "true effect without the declared effects; the clock and the ward may leave one",
    "truth_no_change_twin": "true effect with a flat clock as well",
    "truth_of_everyone": "beside an odds or hazard ratio given strata or covariates, that of everyone: these do not collapse",
    "interference": "what the ward adds to the effect because arms share its staff; part of the bias",
    "bias": "mean of the estimates minus the truth",
    "relative_bias": "bias as a share of the truth",
    "rmse": "root mean square distance of the estimates from the truth",
    "coverage": "share of trials whose confidence interval holds the truth",
    "bias_eliminated_coverage": "share of trials whose confidence interval holds the mean estimate",
    "type_s_error": "share with the wrong sign among trials in which the test rejects",
    "type_m_error": "how many times the truth an estimate is on average, in trials in which the test rejects",
    "mean_estimate": "mean of the estimates over trials",
    "empirical_se": "standard deviation of the estimates over trials",
    "mean_estimate_null_twin": "mean of the estimates in the same trials without the declared effects",
    "model_se": "root mean square of the standard errors the analyses report; compare with empirical_se",
    "interval_width": "mean width of the confidence interval",
    "n_analyzed": "mean number of participants in the analysis",
    "enrolled": "participants enrolled, in all or in the arm named",
    "imbalance": "largest difference in numbers between two arms at the end, in all or in a level of the factor (over the ratio)",
    "right_guesses": "share of allocations that somebody guesses who knows the rule and all earlier ones, with their factors",
    "patients": "patients by what happened to them until enrollment ended",
    "target_reached_in_time": "share of trials that enroll their target within the time limit",
    "enrollment_days": "days from the start to the last enrollment, or to the time limit",
    "trial_days": "days from the start to the last event of a participant",
    "completed": "participants of the arm who completed their pathway",
    "left": "participants of the arm who left early for this reason",
    "missed_share": "share of those who needed staff and were not served, by reason after the colon",
    "left_while_waiting_share": "share of those who needed staff and left while they waited",
    "wait_mean_minutes": "mean wait of those served in a trial, averaged over trials",
    "wait_p95_minutes": "wait that 95 % of those served do not exceed, over all trials together",
    "study_hours": "hours of the resource that the study takes",
    "overtime_hours": "hours of these after the end of a shift",
    "times_granted": "how often the resource was granted to the study",
    "study_use_share": "study hours as a share of the open hours of all units in a mean week",
    "use_share": "the same with other work at its expectation",
    "missing_share": "share of the enrolled without a value, in all or for the reason after the colon",
    "with_primary_endpoint": "participants of the arm with every value that the first primary analysis needs",
    "look_comes": "share of trials in which this look comes before everything is known",
    "look_known": "endpoints known at the look, in trials in which it comes: measured, or lost for good",
    "look_days": "days from the start to the look",
    "look_stops": "share of trials that end at this look",
    "look_shown": "share that ends at this look because the effect is shown",
    "look_futile": "share that ends at this look for futility",
    "stops_early": "share of trials that stop before the end",
    "enrolled_by_stop": "participants enrolled by the decision to stop, or by the end",
    "known_at_stop": "endpoints known at the look at which the trial stops, or at its end",
    "overrun": "participants enrolled by the decision to stop whose endpoint was not known at the look",
    "decision_days": "days from the start to the decision to stop, or to the end",
    "estimate_with_overrun": "mean of the plain estimates of everybody enrolled by the decision, if enrollment closes there",
    "stop_days": "days from the start to the last visit of those enrolled by the decision to stop, or by the end",
    "stop_hours": "hours of the resource until then",
    "stop_cost": "what the trial costs until then",
    "median_unbiased_estimate": "mean over trials of the median unbiased estimate, by stagewise ordering",
    "median_unbiased_bias": "mean of the median unbiased estimates minus the truth",
    "median_unbiased_above": "share of trials whose median unbiased estimate is above the truth; half if it is median unbiased",
    "stagewise_coverage": "share of trials whose interval by stagewise ordering holds the truth",
    "power_without_looks": "power of the same trials with one analysis at the end, at the whole level",
    **{
        f"{name}_null_twin": "the same in the trials without the declared effects"
        for name in (
            "look_stops",
            "look_shown",
            "look_futile",
            "stops_early",
            "enrolled_by_stop",
            "known_at_stop",
            "overrun",
            "decision_days",
            "median_unbiased_estimate",
            "estimate_with_overrun",
            "stop_days",
            "stop_hours",
            "stop_cost",
        )
    },
    "criterion_value": "mean of what a progression criterion measures: a share, a number a month, minutes or money",
    "verdict_go": "share of trials in which the progression criterion, or the worst of all, says go",
    "verdict_amend": "share of trials in which it says amend: between go and stop",
    "verdict_stop": "share of trials in which it says stop",
    "cost": "what the trial costs: in all, or for participants, samples taken (also those lost later) or hours of staff",
}


def meaning(measure: str) -> str:
    """One sentence on a measure, also on one that names a reason or a currency.

    >>> meaning("left: transfer")
    'participants of the arm who left early for this reason'
    """
    return MEANINGS[key_of(measure)]


def key_of(measure: str) -> str:
    """The key of a measure in :data:`MEANINGS`: without a reason after the colon, and without the currency of a cost.

    >>> key_of("left: transfer"), key_of("cost_EUR"), key_of("stop_cost_EUR_null_twin")
    ('left', 'cost', 'stop_cost_null_twin')
    """
    base = measure.partition(":")[0]
    if base.startswith("stop_cost_"):
        return "stop_cost_null_twin" if base.endswith("_null_twin") else "stop_cost"
    return "cost" if base.startswith("cost_") else base
