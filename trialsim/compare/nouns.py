"""Names of places in a scenario, in plain words."""

from __future__ import annotations

from collections.abc import Sequence

#: Places by their path; ``*`` matches a name chosen by the user, in the order of {0}, {1}, ...
PLACES: tuple[tuple[str, str], ...] = (
    ("setting.starts", "the start of the study"),
    ("setting.patients.arrive.every", "the mean time between patients"),
    ("setting.patients.arrive.pattern.*", "the weight of {0} in arrivals"),
    ("setting.patients.arrive.hours.*", "the weight of {0} in arrivals"),
    ("setting.patients.closed", "days on which nobody comes or is asked:"),
    ("setting.patients.consent", "the share who consent"),
    ("setting.patients.exclusions.*", "the share excluded for {0}"),
    ("setting.patients.ask.for", "the time until patients are asked"),
    ("setting.patients.ask.until", "the hours in which patients are asked"),
    ("setting.patients.ask.at", "the moment of an opening at which patients are asked"),
    ("setting.patients.leave.*.after", "the time until {0}"),
    ("setting.patients.leave.*.chance", "the chance of {0}"),
    ("setting.patients.leave.*.within", "the time within which {0} happens"),
    ("setting.sites.*", "the share of site {0}"),
    ("setting.resources.*.units", "the number of {0}s at once"),
    ("setting.resources.*.people", "the number of {0}s who take turns"),
    ("setting.resources.*.hours", "the hours of the {0}"),
    ("setting.resources.*.breaks", "the breaks of the {0}"),
    ("setting.resources.*.queue_limit", "the longest queue for the {0}"),
    ("setting.resources.*.other_work", "other work of the {0}"),
    ("setting.resources.*.other_work.share", "the share of the {0}'s time taken by other work"),
    ("setting.resources.*.other_work.spell", "spells of the {0}'s other work"),
    ("design.reference", "the reference arm"),
    ("design.within", "the time allowed for enrollment"),
    ("design.enroll", "the target"),
    ("design.allocation.method", "the way of allocation"),
    ("design.allocation.ratio", "the allocation ratio"),
    ("design.allocation.block", "the size of a block"),
    ("design.allocation.stratify", "strata"),
    ("design.allocation.factors", "the factors that are balanced:"),
    ("design.allocation.cut.*", "where {0} is cut for the allocation"),
    ("design.allocation.weights.*", "the weight of {0} in the allocation"),
    ("design.allocation.p", "the chance of the best arm"),
    ("design.allocation.imbalance", "the measure of imbalance"),
    ("design.allocation.unit", "what is randomized"),
    ("design.clusters", "the clusters"),
    ("design.clusters.number", "the number of clusters"),
    ("design.clusters.size_cv", "how much the sizes of clusters vary"),
    ("design.stepped_wedge", "the stepped wedge"),
    ("design.stepped_wedge.every", "the length of a period"),
    ("design.stepped_wedge.sites_per_step", "the number of sites that go over at a step"),
    ("design.stepped_wedge.transition", "the length of the transition"),
    ("design.allocation.tolerate", "the tolerated difference between arms"),
    ("design.factors.*", "the levels of {0}"),
    ("participants.*.number", "the distribution of {0}"),
    ("participants.*.choice.*", "the share of {1} in {0}"),
    ("attrition.*.after", "the time until {0}"),
    ("attrition.*.chance", "the chance of {0}"),
    ("attrition.*.within", "the time within which {0} happens"),
    ("visits.*", "the time of visit {0}"),
    ("outcomes.*.distribution", "the distribution of {0}"),
    ("outcomes.*.categories", "the scores of {0}"),
    ("outcomes.*.visits", "the visits of {0}"),
    ("outcomes.*.over", "the interval of {0}"),
    ("outcomes.*.from", "the visit from which {0} counts"),
    ("outcomes.*.until", "how long participants are followed for {0}"),
    ("outcomes.*.as", "what the levels of {0} mean"),
    ("outcomes.*.effects.*.difference", "the effect of {1} on {0}"),
    ("outcomes.*.effects.*.ratio", "the ratio by which {1} changes {0}"),
    ("outcomes.*.effects.*.odds_ratio", "the odds ratio of {1} on {0}"),
    ("outcomes.*.effects.*.rate_ratio", "the rate ratio of {1} on {0}"),
    ("outcomes.*.effects.*.hazard_ratio", "the hazard ratio of {1} on {0}"),
    ("outcomes.*.effects.*.visits", "the visits at which {1} acts on {0}"),
    ("outcomes.*.correlation.within_session", "the correlation of {0} within a session"),
    ("outcomes.*.correlation.between_sessions", "the correlation of {0} between sessions"),
    ("outcomes.*.correlation.with.*", "the correlation of {0} with {1}"),
    ("outcomes.*.rhythm.slope", "the slope of {0} over the day"),
    ("outcomes.*.rhythm.amplitude", "the swing of {0} over the day"),
    ("outcomes.*.rhythm.peak", "the peak time of {0}"),
    ("outcomes.*.responds_to.*.secretion", "the change of secretion of {0} by {1}"),
    ("outcomes.*.responds_to.*.ratio", "the ratio by which {1} changes {0}"),
    ("outcomes.*.responds_to.*.difference", "the difference that {1} makes in {0}"),
    ("outcomes.*.responds_to.*.odds_ratio", "the odds ratio of {1} on {0}"),
    ("outcomes.*.responds_to.*.rate_ratio", "the rate ratio of {1} on {0}"),
    ("outcomes.*.responds_to.*.hazard_ratio", "the hazard ratio of {1} on {0}"),
    ("outcomes.*.responds_to.*.responders", "the share whose {0} responds to {1}"),
    ("outcomes.*.responds_to.*.lag", "the delay with which {0} responds to {1}"),
    ("outcomes.*.responds_to.*.for", "how long {1} drives {0}"),
    ("outcomes.*.responds_to.*.sd_log_between", "the spread of individual effects of {1} on {0}"),
    ("outcomes.*.responds_to.*.sd_between", "the spread of individual effects of {1} on {0}"),
    ("outcomes.*.responds_to.*.sd_practitioner", "the spread over practitioners of the effects of {1} on {0}"),
    ("outcomes.*.half_life", "the half-life of {0}"),
    ("outcomes.*.drivers.*.odds_ratio", "the odds ratio on {0} by {1}"),
    ("outcomes.*.drivers.*.rate_ratio", "the rate ratio on {0} by {1}"),
    ("outcomes.*.drivers.*.hazard_ratio", "the hazard ratio on {0} by {1}"),
    ("outcomes.*.drivers.*.ratio", "the ratio on {0} by {1}"),
    ("outcomes.*.drivers.*.difference", "the difference in {0} by {1}"),
    ("outcomes.*.covariates.*.odds_ratio", "the odds ratio of {1} on {0}"),
    ("outcomes.*.covariates.*.rate_ratio", "the rate ratio of {1} on {0}"),
    ("outcomes.*.covariates.*.hazard_ratio", "the hazard ratio of {1} on {0}"),
    ("outcomes.*.covariates.*.ratio", "the ratio of {1} on {0}"),
    ("outcomes.*.covariates.*.difference", "the difference in {0} by {1}"),
    ("outcomes.*.icc.practitioner", "the practitioner's share of the variance of {0}"),
    ("outcomes.*.icc.site", "the site's share of the variance of {0}"),
    ("outcomes.*.cac", "the correlation over time of {0} within a site"),
    ("outcomes.*.secular", "the calendar trend of {0}"),
    ("outcomes.*.instrument.assay_cv", "the CV of {0} within a plate"),
    ("outcomes.*.instrument.plate_cv", "the CV of {0} between plates"),
    ("outcomes.*.instrument.plate", "the samples of {0} on a plate"),
    ("outcomes.*.instrument.detection_limit", "the detection limit of {0}"),
    ("outcomes.*.instrument.below", "the value for {0} below its detection limit:"),
    ("outcomes.*.instrument.rounding", "the rounding of {0}"),
    ("outcomes.*.instrument.rater_sd", "the error of raters of {0}"),
    ("outcomes.*.lost", "the share of lost values of {0}"),
    ("outcomes.*.missing.*.chance", "the chance that {0} is missing ({1})"),
    ("outcomes.*.window.latest", "the latest time of a sample of {0}"),
    ("outcomes.*.window.earliest", "the earliest time of a sample of {0}"),
    ("outcomes.*.window.otherwise", "for samples of {0} outside their window:"),
    ("analyses.*.test", "for {0} the test"),
    ("analyses.*.outcome", "for {0} the outcome"),
    ("analyses.*.visit", "for {0} the visit"),
    ("analyses.*.transform", "for {0} the transformation"),
    ("analyses.*.baseline", "for {0} the baseline"),
    ("analyses.*.covariates", "for {0} the covariates"),
    ("analyses.*.contrast", "for {0} the contrast"),
    ("analyses.*.then.pairs", "for the pairs of {0} the test"),
    ("analyses.*.then.adjust", "for the pairs of {0} the adjustment"),
    ("analyses.*.then.against", "for the pairs of {0} the arm to compare with"),
    ("analyses.*.then.gate", "for {0} a gate before its pairs:"),
    ("analyses.*.population", "for {0} the population"),
    ("analyses.*.strata", "for {0} the strata"),
    ("analyses.*.clusters", "for {0} the clusters"),
    ("analyses.*.null", "for {0} the number it compares with"),
    ("analyses.*.at", "for {0} what is tested:"),
    ("analyses.*.sphericity", "for {0} the correction for sphericity"),
    ("analyses.*.prior.mean", "for {0} the mean of the prior"),
    ("analyses.*.prior.sd", "for {0} the SD of the prior"),
    ("analyses.*.decide", "for {0} the decision"),
    ("analyses.*.alternative", "for {0} the alternative"),
    ("analyses.*.alpha", "for {0} the level"),
    ("families.*.analyses", "the hypotheses of the family {0}"),
    ("families.*.method", "for the family {0} the method"),
    ("families.*.alpha", "for the family {0} the level"),
    ("family.size", "the number of children of a mother"),
    ("family.allocated", "how children of one mother are allocated:"),
    ("family.icc", "the variance that children of one mother share"),
    ("primary", "the primary analysis"),
    ("costs.participant", "the cost of a participant"),
    ("costs.sample.*", "the cost of a sample of {0}"),
    ("costs.staff_hour.*", "the cost of an hour of the {0}"),
)

#: Whole things that may be added or removed.
WHOLES: tuple[tuple[str, str], ...] = (
    ("setting", "a ward with its patients and staff"),
    ("setting.patients.leave.*", "leaving by {0}"),
    ("setting.resources.*.other_work", "other work of the {0}"),
    ("attrition.*", "leaving by {0}"),
    ("outcomes.*.by_visit.*", "levels of {0} at {1}"),
    ("outcomes.*.effects.*", "an effect of {1} on {0}"),
    ("outcomes.*.rhythm", "a rhythm of {0} over the day"),
    ("outcomes.*.responds_to.*", "a response of {0} to {1}"),
    ("outcomes.*.drivers.*", "what {1} does to {0}"),
    ("outcomes.*.covariates.*", "what {1} does to {0}"),
    ("outcomes.*.missing.*", "missing values of {0} ({1})"),
    ("outcomes.*.window", "a time window for samples of {0}"),
    ("analyses.*.then", "pairs after {0}"),
    ("analyses.*.subset", "a subset of participants by their change in {0}"),
    ("analyses.*.dichotomize", "a dichotomy in {0}"),
    ("costs", "costs"),
)

#: What may change about a step; {0} is the step.
STEP_FIELDS = {
    "lasts": "the length of {0}",
    "needs": "who is needed for {0}:",
    "hold": "who is kept for {0}:",
    "arms": "the arms that have {0}:",
    "when": "the levels of factors that have {0}:",
    "priority": "the priority of {0}",
    "give_up_after": "the patience for {0}",
    "succeeds": "the chance that a try of {0} succeeds",
    "at_most": "the most tries of {0}",
    "times": "how often {0} happens:",
    "wait.for": "the time of {0}",
    "wait.until": "the hours at which {0} ends",
    "wait.at": "the moment of the opening at which {0} ends",
    "interrupted.chance": "the chance that {0} is interrupted",
    "interrupted.for": "the length of an interruption of {0}",
    "interrupted.stopped": "the share of interruptions after which {0} ends",
}

LEVEL_WORDS = {
    "mean": "mean", "sd": "SD", "median": "median", "sd_log": "SD of the log", "cv": "CV", "iqr": "quartiles",
    "shares": "shares", "chance": "chance",
}  # fmt: skip


def noun(path: Sequence[str], visits: Sequence[str]) -> str | None:
    """The name of a path; ``visits`` are those with the same change. None if it has no words.

    >>> noun(("setting", "patients", "consent"), ())
    'the share who consent'
    """
    if path[0] == "protocol":
        return _step(path)
    if path[0] == "outcomes" and len(path) > 3 and path[2] == "by_visit":
        return _level(path, visits)
    for pattern, words in PLACES:
        names = _names(pattern.split("."), path)
        if names is not None:
            return words.format(*names)
    return None


def whole(path: Sequence[str]) -> str | None:
    """The name of a thing that was added or removed as a whole; None if it has no words.

    >>> whole(("outcomes", "pain", "responds_to", "needle"))
    'a response of pain to needle'
    """
    for pattern, words in WHOLES:
        names = _names(pattern.split("."), path)
        if names is not None:
            return words.format(*names)
    return None


def _names(pattern: Sequence[str], path: Sequence[str]) -> list[str] | None:
    """The names at the stars, if a path matches a pattern."""
    if len(pattern) != len(path):
        return None
    fits = all(part in ("*", here) for part, here in zip(pattern, path, strict=True))
    return [here for part, here in zip(pattern, path, strict=True) if part == "*"] if fits else None


def _step(path: Sequence[str]) -> str | None:
    for count in (2, 1):
        words = STEP_FIELDS.get(".".join(path[-count:]))
        if words is not None and len(path) > count + 1:
            step = path[-count - 1]
            return words.format(f"the {step}" if step.startswith("wait") else step)
    return None


def _level(path: Sequence[str], visits: Sequence[str]) -> str | None:
    """``the mean of fear at during in massage``."""
    words = LEVEL_WORDS.get(path[-1])
    if words is None:
        return None
    when = list(visits) or [path[3]]
    at = when[0] if len(when) == 1 else f"{', '.join(when[:-1])} and {when[-1]}"
    arm = f" in {path[5]}" if len(path) == 7 and path[4] == "by_arm" else ""
    return f"the {words} of {path[1]} at {at}{arm}"
