"""Why a simulated power differs from its closed form, in words: features of this study that the formula ignores."""

from __future__ import annotations

import math
from collections.abc import Iterator

from trialsim.analysis.plan import PlannedAnalysis, first_share
from trialsim.conduct import NEVER
from trialsim.heavy import special
from trialsim.kinds.designs import ADJUSTMENT, FAMILY, FAMILY_METHOD, METHOD, POPULATION, SITE, TRANSFORM, VISIT_SUMMARY
from trialsim.kinds.tests import TEST
from trialsim.kinds.tests.options import UNSTRUCTURED
from trialsim.kinds.tests.records import Test
from trialsim.prepared import Study
from trialsim.response.people import NOBODY
from trialsim.response.plan import OutcomePlan, moves
from trialsim.response.scales import shares_of
from trialsim.scenario.model import Outcome
from trialsim.sizing.random_sizes import one_by_one

#: Reasons that a simulation can give a number for, or remove.
TIME_LIMIT = "enrollment ends at the time limit, and a trial may stay below its target"
MISSED = "sessions for which nobody is free are missed, with their values"

#: The beginning of the text of a reason, and the name of such a missing value in cohorts; declared reasons have their own names.
LOSSES = {
    MISSED: "session missed",
    "participants leave": "left",
    "samples outside their time window": "outside its window",
}
DECLARED = "values are missing ("

#: SDs that differ by more than this factor are named.
UNEQUAL = 1.1

#: The smallest coefficient of variation at which a lognormal outcome is called skewed.
SKEWED = 0.3


def reasons(
    study: Study, call: PlannedAnalysis, test: Test, pair: tuple[int, int] | None, *, row: int, whole_sizes: bool
) -> tuple[str, ...]:
    """Why the simulated power of an analysis differs from its formula; the most important reason first.

    ``row`` is its place in the plan; ``whole_sizes`` says that the formula needs whole sizes
    (:class:`trialsim.analysis.methods.method.ClosedForm`).
    """
    outcome = study.response.outcomes[study.response.points[call.endpoint.visit].outcome]
    declared = study.scenario.outcomes[outcome.name]
    return (
        *(_in_family(study, row) if study.analysis.rows[row].family else _multiplicity(call, pair)),
        *_looks(study, call),
        *_population(study, call, whole_sizes=whole_sizes),
        *_delivery(study, call),
        *_losses(study, declared, outcome),
        *_instead(call),
        *_measurement(study, call, declared, outcome),
        *_movers(study, call, outcome),
        *_followed(study, call, test, outcome),
        *_people(study, call, outcome),
        *_of_model(call),
        *_shape(study, call, test, outcome),
        *_arms(study, call, test, outcome),
    )


def _looks(study: Study, call: PlannedAnalysis) -> Iterator[str]:
    """What the formula ignores of interim looks."""
    plan = study.looks
    if plan is not None and plan.call.name == call.name and plan.interim:
        futile = ", and a trial may stop for futility" if plan.design.futility is not None else ""
        yield f"the trial is looked at {plan.interim + 1} times, which takes some of the level at its end{futile}: lower"


def _of_model(call: PlannedAnalysis) -> Iterator[str]:
    """What the formula ignores of a model: of repeated values it knows one number of each participant."""
    model = call.model
    if TEST[call.test].calendar:
        yield "the formula takes the variances within and between sites as known, and a trial must estimate them: lower"
    if model is None:
        return
    random = not model.covariances
    mean = call.endpoint.over is not None and not VISIT_SUMMARY[call.endpoint.over.by].timed
    plain = model.covariances[:1] == (UNSTRUCTURED,) or model.slopes or (random and mean)
    if not plain:
        yield (
            "the model assumes how the visits vary together, and takes the SD from all of them: a little higher, more degrees of "
            "freedom; either way where that does not hold"
        )
    if call.covariates:
        yield "a covariate has one slope over all visits: a little different"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def loss_of(reason: str) -> str | None:
    """The name in cohorts of a value that is missing for this reason; None for other reasons.

    >>> loss_of("values are missing (too tired, MAR): lower"), loss_of("values are rounded")
    ('too tired', None)
    """
    if reason.startswith(DECLARED):
        return reason.removeprefix(DECLARED).rpartition(", ")[0]
    return next((name for begin, name in LOSSES.items() if reason.startswith(begin)), None)


def points_of(call: PlannedAnalysis) -> list[int]:
    """The points that the analysis uses."""
    return list(call.points)


def _in_family(study: Study, row: int) -> Iterator[str]:
    family = next(one for one in study.analysis.families if row in one.rows)
    share = 100 * first_share(family, family.rows.index(row))
    if FAMILY_METHOD[family.method].stepwise and share < 100:
        yield f"other members of the family {family.name} pass on their alpha; the formula has {share:.3g} % of it: higher"


def _multiplicity(call: PlannedAnalysis, pair: tuple[int, int] | None) -> Iterator[str]:
    if call.pairs is None or pair is None:
        return
    count = len(call.pairs.arms)
    if call.pairs.gate:
        yield "the pair is tested only if the test of all arms rejects first: lower"
    adjustment = ADJUSTMENT[call.pairs.adjust]
    if adjustment.stepwise and count > 1:
        yield (
            f"{call.pairs.adjust.capitalize()}'s procedure rejects more than the formula's alpha/{count}: higher"
        )  # fmt: skip
    elif adjustment.against_one and count > 1:
        yield f"Dunnett's critical value is a little below that of the formula's alpha/{count}: higher"


def _population(study: Study, call: PlannedAnalysis, *, whole_sizes: bool) -> Iterator[str]:
    population = POPULATION[call.choice.population]
    if population.received:
        yield "only those who received the treatment count: fewer"
    if population.completed:
        yield "only those who completed count: fewer"
    plan = study.conduct
    if plan.ward and plan.limit < NEVER:
        yield f"{TIME_LIMIT}: lower"
    if whole_sizes and (one_by_one(study) or call.choice.exclude):
        yield "the sizes of the arms vary from trial to trial, and the formula uses their means: a little lower"
    if METHOD[plan.method].blocks and len(plan.strata) > 1 and not plan.targets:
        yield "the last block of each stratum may stay incomplete, so that arms have unequal sizes: a little lower"


def _delivery(study: Study, call: PlannedAnalysis) -> Iterator[str]:
    program = study.program
    if program is None:
        return
    if program.holds and any(hold.patience >= 0 for hold in program.holds):
        yield f"{MISSED}: lower"
    own = any(any(study.response.points[d].own) and study.response.points[d].differs for d in points_of(call))
    if own:
        yield "an activity that is missed or interrupted has less effect than declared for full delivery: lower"


def _losses(study: Study, declared: Outcome, outcome: OutcomePlan) -> Iterator[str]:
    scenario = study.scenario
    leave = scenario.attrition or (scenario.setting.patients.leave if scenario.setting else ())
    if leave:
        why = ", ".join(dict.fromkeys(one.reason for one in leave))
        yield f"participants leave ({why}) before they are measured: lower"
    if outcome.lost > 0:
        yield f"{_percent(outcome.lost)} of the values are lost: lower"
    for one in outcome.missing:
        biased = " and biased" if one.mechanism == "MNAR" else ""
        yield f"{DECLARED}{one.reason}, {one.mechanism}): lower{biased}"
    if declared.window is not None and declared.window.otherwise == "drop":
        yield "samples outside their time window are dropped: lower"


def _instead(call: PlannedAnalysis) -> Iterator[str]:
    """What takes the place of values, of which the declared levels know nothing."""
    rule = call.endpoint.instead
    if rule.last:
        yield "missing values are replaced by earlier ones (last value): biased, in either direction"
    if call.imputation is not None:
        follows = "" if call.imputation.follows == "own" else ", after leaving from the reference arm: lower"
        yield f"missing values are imputed from other visits{follows or ', which regains part of what is lost'}"
    if rule.events:
        yield f"values after {' or '.join(rule.events)} are replaced, and the formula takes all of them at their levels"


def _measurement(study: Study, call: PlannedAnalysis, declared: Outcome, outcome: OutcomePlan) -> Iterator[str]:
    tool = declared.instrument
    cvs = [cv.value for cv in (tool.assay_cv, tool.plate_cv) if cv is not None and cv.value > 0]
    if cvs:
        yield f"the assay adds its own error (CV {_percent(math.hypot(*cvs))}): lower"
    if tool.rater_sd is not None and tool.rater_sd.value > 0:
        yield "raters add their own error: lower"
    if tool.detection_limit is not None:
        below = _below(study, call, outcome, tool.detection_limit.value)
        if below >= 0.001:
            how = {"missing": "are missing", "censored": "are only known to be lower"}.get(
                tool.below or "", f"are written as {tool.below}"
            )
            yield f"about {_percent(below)} of the values lie below the detection limit and {how}"
    if tool.rounding is not None and tool.rounding.value > 0:
        yield "values are rounded"


def _below(study: Study, call: PlannedAnalysis, outcome: OutcomePlan, limit: float) -> float:
    """The largest share below the detection limit among the arms and points of the analysis, as declared."""
    place = math.log(limit) if outcome.scale.log else limit
    points = [study.response.points[d] for d in points_of(call)]
    return max(
        float(special.ndtr((place - m) / s)) for p in points for m, s in zip(p.location, p.sd, strict=True) if s > 0
    )


def _movers(study: Study, call: PlannedAnalysis, outcome: OutcomePlan) -> Iterator[str]:
    names = {
        "failed": "failed attempts", "wait": "waits", "interrupted": "interruptions", "duration": "the time taken",
        "missed": "missed sessions",
    }  # fmt: skip
    moved = list(dict.fromkeys(names[one.driver] for one in outcome.drivers if moves(one)))
    if moved:
        yield f"{' and '.join(moved)} change the outcome and add to its variation: lower"
    left = _categories_left(study, call)
    covariates = [one.covariate for one in outcome.covariates if left.get(one.covariate, 2) > 1]
    if covariates:
        which = ", ".join(dict.fromkeys(covariates))
        yield f"the outcome also depends on {which}, which adds to its variation: lower unless adjusted for"
    by_choice = {one.covariate for one in call.covariates if one.category is not None}
    if by_choice:
        which = ", ".join(study.response.covariate_names[covariate] for covariate in sorted(by_choice))
        yield f"the formula treats {which} as a normal covariate"
    if outcome.rhythm is not None:
        yield "the time of day changes the outcome, and sessions do not happen at a fixed time"
    for activity, response in outcome.responses:
        if response.responders is not None and response.responders.value < 1:
            yield f"only {_percent(response.responders.value)} respond to {activity}: the formula uses their mean effect"
        elif response.secretion is not None:
            yield f"the effect of {activity} depends on how long it lasts and when the sample is taken"


def _followed(study: Study, call: PlannedAnalysis, test: Test, outcome: OutcomePlan) -> Iterator[str]:
    """What a formula ignores of events that are counted or awaited over some time."""
    if outcome.scale.follow is None:
        return
    point = study.response.points[call.endpoint.visit]
    if study.program is not None and (any(point.own) or outcome.responses):
        yield "an activity acts from its end, and the formula takes it as given when following begins: lower"
    if test.family == "means":
        yield "counts are whole and skewed, and the formula treats them as normal"


def _people(study: Study, call: PlannedAnalysis, outcome: OutcomePlan) -> Iterator[str]:
    """Participants who share a practitioner or a site; a practitioner only if the analysis uses values after contact."""
    felt = any(step != NOBODY for d in points_of(call) for step in study.response.points[d].contact)
    family = outcome.icc_family if call.clusters != FAMILY and not outcome.per_family else 0.0
    shares = (
        (outcome.icc_practitioner if felt else 0.0, "practitioner"),
        (outcome.icc_site if call.clusters != SITE.name else 0.0, "site"),
        (family, "family"),
    )
    for share, whom in shares:
        if share > 0:
            yield f"participants of one {whom} are alike (ICC {share:.3g}): they are not independent"
    clusters = study.conduct.clusters
    varied = not TEST[call.test].calendar  # the formula of a stepped wedge has the sizes of every cell
    if (
        varied
        and call.clusters == SITE.name
        and clusters is not None
        and (clusters.size_cv or study.program is not None)
    ):
        yield "clusters differ in size: the formula takes the mean of 1 / size for all of them"
    for activity, response in outcome.responses:
        if response.sd_practitioner is not None and response.sd_practitioner.value > 0:
            yield f"the effect of {activity} varies over practitioners: those of one are not independent"


def _categories_left(study: Study, call: PlannedAnalysis) -> dict[str, int]:
    """The number of categories that exclusions leave of each covariate."""
    plan, left = study.response, dict[str, int]()
    for covariate, _ in call.choice.exclude:
        name = plan.covariate_names[covariate]
        left[name] = left.get(name, len(plan.covariate_categories[covariate])) - 1
    return left


def _shape(study: Study, call: PlannedAnalysis, test: Test, outcome: OutcomePlan) -> Iterator[str]:
    if call.endpoint.at_least is not None or call.endpoint.at_most is not None or test.family == "tables":
        return
    if outcome.scale.categories is not None:
        if test.family == "ranks":
            tied = max(
                float((shares_of(cuts) ** 2).sum()) for d in points_of(call) for cuts in study.response.points[d].cuts
            )
            yield f"scores are tied ({_percent(tied)} of pairs at most): the formula corrects for it on average"
        else:
            yield "scores are whole steps with a floor and a ceiling, and the formula treats them as normal"
        return
    if outcome.scale.log and not TRANSFORM[call.endpoint.transform].log and test.family != "ranks":
        sd = max(float(study.response.points[d].sd.max()) for d in points_of(call))
        if math.sqrt(math.expm1(sd**2)) >= SKEWED:
            yield "values are skewed (lognormal), and the formula treats them as normal"


def _arms(study: Study, call: PlannedAnalysis, test: Test, outcome: OutcomePlan) -> Iterator[str]:
    if not test.equal_sds or not outcome.scale.in_unit:
        return
    sds = [float(s) for s in study.response.points[call.endpoint.visit].sd]
    if max(sds) > UNEQUAL * min(sds):
        yield f"SDs differ between arms ({min(sds):.3g} to {max(sds):.3g}), and the formula pools them"
