"""What an analysis needs: an endpoint, arms, a baseline, a scale; and what the published figures refer to."""

from __future__ import annotations

from trialsim.kinds.designs import ADJUSTMENT, ALTERNATIVE, EACH_ARM, POPULATION, STRATEGY, TRANSFORM
from trialsim.kinds.scales import SCALES, Scale
from trialsim.kinds.tests import TEST, TESTS
from trialsim.kinds.tests.options import AT, AVERAGE, OF_VISITS, OPTIONS, REPEATED_EFFECTS
from trialsim.kinds.tests.pairs import PAIR, PAIR_TEST, PAIRS
from trialsim.kinds.tests.records import Samples, Test
from trialsim.scenario.amounts import Report
from trialsim.scenario.checks.adjustment import check_adjustment
from trialsim.scenario.checks.endpoints import check_endpoint, check_summaries, selected
from trialsim.scenario.checks.functions import check_function
from trialsim.scenario.checks.imputation import check_imputation, check_imputed_outcome
from trialsim.scenario.checks.margins import check_margin
from trialsim.scenario.checks.missing import check_missing, check_replaced
from trialsim.scenario.checks.names import known
from trialsim.scenario.checks.published import check_figure
from trialsim.scenario.checks.reading import check_reading
from trialsim.scenario.checks.repeated import check_repeated, is_model
from trialsim.scenario.model import Analysis, Draft, Limits, Outcome
from trialsim.scenario.notation import expand_visits, split_contrast, split_decision
from trialsim.scenario.outline import Outline
from trialsim.scenario.text import Finding, Path


def pairs_after(test: Test) -> tuple[str, ...]:
    """The pairs that may follow a test of all arms, those of its own family first."""
    found = [pair for pair in PAIRS if (pair.name, test.name) in PAIR_TEST]
    own = [pair for pair in found if PAIR_TEST[pair.name, test.name].family == test.family]
    return tuple(pair.name for pair in (*own, *(pair for pair in found if pair not in own)))


def check_analyses(scenario: Draft, points: Outline, report: Report) -> None:
    """Every analysis can be set up for this study, and what names an analysis names one that is declared."""
    for name, analysis in scenario.analyses.items():
        path = ("analyses", name)
        if not known(analysis.outcome, scenario.outcomes, "TS-E032", (*path, "outcome"), report):
            continue
        check_endpoint(analysis, scenario, path, points, report)
        _keys(analysis, path, report)
        check_repeated(analysis, scenario, path, points, report)
        _at(analysis, path, points, report)
        _arms(analysis, scenario.design.compared(periods=TEST[analysis.test].periods), path, report)
        _pairs(analysis, list(scenario.design.arms), path, report)
        _people(analysis, scenario, points, path, report)
        check_missing(analysis, scenario, path, points, report)
        check_imputation(analysis, scenario, path, points, report)
        check_function(analysis, path, report)
    for i, name in enumerate(scenario.primary):
        here = ("primary", i) if len(scenario.primary) > 1 else ("primary",)
        known(name, scenario.analyses, "TS-E037", here, report)
    _published(scenario, report)


def _keys(analysis: Analysis, path: Path, report: Report) -> None:
    """Keys that only some tests take fit the test, and what it needs is there."""
    test = TEST[analysis.test]
    given = [option for option in OPTIONS if getattr(analysis, option.key) not in (None, (), {})]
    for option in given:
        if option not in test.options:
            message = f"{analysis.test} {option.refusal}."
            report(Finding("TS-E060", (*path, option.key), message, option.remedy, on_key=True))
    for need in test.needs:
        if not any(option in given for option in need.options):
            report(Finding("TS-E060", (*path, "test"), f"{analysis.test} needs {need.says}.", need.remedy))
    _decision(analysis, path, report)
    if analysis.by is not None and test.ways and analysis.by not in test.ways:
        message = f"{analysis.test} has no p-value by {analysis.by}."
        report(Finding("TS-E060", (*path, "by"), message, f"Write {' or '.join(test.ways)}."))
    if analysis.trim is not None and not 0 <= analysis.trim.value < 0.5:
        message = f"a trimmed mean without {100 * analysis.trim.value:g} % at each end has no values."
        report(Finding("TS-E013", (*path, "trim"), message, "Write a share below 50 %, such as 20 %."))
    if analysis.alpha is not None and not 0 < analysis.alpha.value < 1:
        rejects = "never" if analysis.alpha.value == 0 else "always"
        message = f"a level of {100 * analysis.alpha.value:g} % rejects {rejects}."
        report(Finding("TS-E013", (*path, "alpha"), message, "Write a level above 0 % and below 100 %, such as 5 %."))


def _at(analysis: Analysis, path: Path, points: Outline, report: Report) -> None:
    """The row of a test of repeated values is one that it has."""
    test = TEST[analysis.test]
    if analysis.at is None or AT not in test.options or is_model(analysis):
        return
    rows = (*expand_visits(analysis.visits, points), AVERAGE) if test.at_visits else REPEATED_EFFECTS
    if analysis.at not in rows:
        message = f"{analysis.test} has no row at '{analysis.at}'."
        report(Finding("TS-E060", (*path, "at"), message, f"Write {' or '.join(rows)}."))


def _decision(analysis: Analysis, path: Path, report: Report) -> None:
    """A decision by a posterior probability says its level by itself."""
    if analysis.decide is None:
        return
    if split_decision(analysis.decide) is None:
        message = f"'{analysis.decide}' is not a decision."
        remedy = "Write P(effect > 0) > 97.5 %, with a probability of at least 50 %."
        report(Finding("TS-E011", (*path, "decide"), message, remedy))
    if analysis.alpha is not None:
        message = "the decision says the level."
        report(Finding("TS-E060", (*path, "alpha"), message, "Remove alpha:.", on_key=True))


def _arms(analysis: Analysis, arms: list[str], path: Path, report: Report) -> None:
    if not arms or analysis.factors:
        return
    test, count = analysis.test, len(arms)
    can = TEST[test].samples
    omnibus = "all" in can and not ("two" in can and (count <= 2 or analysis.contrast is not None))
    _within(analysis, arms, path, report)
    if "one" in can and ("two" not in can or count == 1):
        if count > 1 and not analysis.within:
            message = f"{test} has one sample, but the design has {count} arms."
            remedy = "Compare the arms: t, mann-whitney, ancova, ...; or write within: each arm."
            report(Finding("TS-E062", (*path, "test"), message, remedy))
        if analysis.contrast is not None:
            report(
                Finding("TS-E061", (*path, "contrast"), f"{test} has no contrast.", "Remove contrast:.", on_key=True)
            )
    elif count == 1 and "visits" in TEST[test].takes:
        if "all" not in can:
            message = f"{test} compares arms, but the design has {count}."
            report(Finding("TS-E062", (*path, "test"), message, "Use friedman."))
        elif analysis.at != OF_VISITS:
            message = f"with one arm {test} can only test the visits."
            report(Finding("TS-E062", (*path, "test"), message, f"Write at: {OF_VISITS}."))
    elif count == 1:
        report(
            Finding(
                "TS-E062",
                (*path, "test"),
                f"{test} compares arms, but the design has {count}.",
                "Use paired-t or wilcoxon on a change.",
            )
        )
    elif "two" not in can and analysis.contrast is not None:
        report(
            Finding(
                "TS-E061",
                (*path, "contrast"),
                f"{test} tests all arms at once.",
                "Write then: {pairs: ..}, or remove contrast:." if pairs_after(TEST[test]) else "Remove contrast:.",
                on_key=True,
            )
        )
    elif analysis.contrast is not None and split_contrast(analysis.contrast, arms) is None:
        message = f"'{analysis.contrast}' is not a difference of two arms."
        report(
            Finding("TS-E061", (*path, "contrast"), message, f"Write {arms[1]} - {arms[0]}; arms: {', '.join(arms)}.")
        )
    elif count > 2 and analysis.contrast is None and not omnibus:
        message = f"say which of the {count} arms to compare."
        report(Finding("TS-E061", path, message, f"Add contrast: {arms[1]} - {arms[0]}."))
    if ALTERNATIVE[analysis.alternative].way:
        samples: Samples = "all" if omnibus else "two" if "two" in can and count > 1 else can[0]
        if samples not in TEST[test].directions:
            message = f"{test} of {count} arms has no direction."
            report(Finding("TS-E061", (*path, "alternative"), message, "Write alternative: two-sided."))


def _within(analysis: Analysis, arms: list[str], path: Path, report: Report) -> None:
    """Arms that a test of one sample takes one by one."""
    if not analysis.within:
        return
    if "one" not in TEST[analysis.test].samples:
        message = f"{analysis.test} compares arms."
        remedy = "Remove within:, or use a test of one sample: paired-t, wilcoxon, one-sample-t, ..."
        report(Finding("TS-E062", (*path, "within"), message, remedy, on_key=True))
    elif analysis.within != (EACH_ARM,):
        for i, arm in enumerate(analysis.within):
            known(arm, arms, "TS-E031", (*path, "within", i), report)


def _pairs(analysis: Analysis, arms: list[str], path: Path, report: Report) -> None:
    then, place = analysis.then, (*path, "then")
    if then is None:
        return
    fitting = pairs_after(TEST[analysis.test])
    if not fitting or analysis.contrast is not None or analysis.factors or len(arms) < 2:
        report(
            Finding(
                "TS-E063",
                place,
                "pairs follow a test of all arms.",
                "Remove then:, or choose anova, kruskal-wallis, ...",
                on_key=True,
            )
        )
        return
    if then.pairs not in fitting:
        message = f"'{then.pairs}' pairs do not follow {analysis.test}."
        report(Finding("TS-E063", (*place, "pairs"), message, f"Choose {' or '.join(fitting)}."))
    if then.against is not None:
        known(then.against, arms, "TS-E031", (*place, "against"), report)
    if PAIR[then.pairs].together and "adjust" in then.model_fields_set and ADJUSTMENT[then.adjust].adjusts:
        message = f"p-values of {then.pairs} pairs already hold for all pairs together."
        report(Finding("TS-E063", (*place, "adjust"), message, "Remove adjust:.", on_key=True))
        return
    if ADJUSTMENT[then.adjust].against_one and (then.against is None or not PAIR[then.pairs].of_model):
        report(
            Finding(
                "TS-E063",
                (*place, "adjust"),
                "Dunnett compares t pairs with one arm.",
                "Write pairs: t and against: the control.",
            )
        )


def check_scales(scenario: Draft, report: Report) -> None:
    """Transforms, subsets and yes-or-no tests fit the scale of their (resolved) outcome."""
    for name, analysis in scenario.analyses.items():
        path = ("analyses", name)
        scale = scenario.outcomes[analysis.outcome].scale
        _marks(analysis, scale, path, report)
        check_reading(analysis, scenario.outcomes[analysis.outcome], path, report)
        _transform(analysis, scale, path, report)
        check_summaries(analysis, scale, path, report)
        check_margin(analysis, path, report)
        _subset(analysis, path, report)
        _yes_or_no(analysis, scenario.outcomes[analysis.outcome], path, report)
        _estimand(analysis, (*path, "estimand"), report)
        _percent(analysis, scenario.outcomes[analysis.outcome], path, report)
        check_replaced(analysis, scenario.outcomes[analysis.outcome], path, report)
        check_imputed_outcome(analysis, scenario.outcomes[analysis.outcome], path, report)


def _marks(analysis: Analysis, scale: Scale, path: Path, report: Report) -> None:
    """Times of which some are only known to be later need a test that knows it, and that test needs such times."""
    timed = scale.follow == "until"
    if timed == TEST[analysis.test].marks:
        return
    fitting = " or ".join(test.name for test in TESTS if test.marks)
    if timed:
        message = f"{analysis.test} would take a time at which following ended for that of an event."
        report(Finding("TS-E145", (*path, "test"), message, f"Write test: {fitting}."))
    else:
        names = " or ".join(one.name for one in SCALES if one.follow == "until")
        message = f"{analysis.test} compares times until an event; '{analysis.outcome}' is {scale.name}."
        report(Finding("TS-E145", (*path, "test"), message, f"Choose another test, or write distribution: {names}."))


def _transform(analysis: Analysis, scale: Scale, path: Path, report: Report) -> None:
    transform = TRANSFORM[analysis.transform]
    if transform.log and transform.name not in scale.transforms:
        message = f"the log needs values above zero; '{analysis.outcome}' is {scale.name}."
        fitting = " or ".join(one.name for one in SCALES if transform.name in one.transforms)
        report(Finding("TS-E064", (*path, "transform"), message, f"Remove transform:, or use a {fitting} outcome."))
    if transform.percent and analysis.change is None:
        message = "a percent change needs a change."
        report(Finding("TS-E064", (*path, "transform"), message, "Write change: {from: pre, to: post}."))


def _percent(analysis: Analysis, outcome: Outcome, path: Path, report: Report) -> None:
    """A percent of 0 is nothing, and of what lies below 0 it has the wrong sign: -10 becomes -12 by 20 %."""
    used: dict[Path, object] = {
        ("transform",): TRANSFORM[analysis.transform].percent,
        ("subset", "percent_change"): analysis.subset,
        ("estimand", "responders", "percent_change"): analysis.estimand.responders,
    }
    if always_positive(outcome):
        return
    for place in (place for place, percent in used.items() if percent):
        message = f"a percent change needs values above 0; '{analysis.outcome}' is {outcome.distribution} and can be 0 or below."
        if categories := outcome.scale.values or outcome.categories:
            message = f"a percent change needs values above 0; '{analysis.outcome}' can be {categories[0]:g}."
        fitting = " or ".join(scale.name for scale in SCALES if scale.positive)
        remedy = f"Write distribution: {fitting} if the values are always above 0, or use the change itself, without percent."
        report(Finding("TS-E112", (*path, *place), message, remedy))


def always_positive(outcome: Outcome) -> bool:
    """Whether a resolved outcome cannot be 0 or below."""
    scale, categories = outcome.scale, outcome.scale.values or outcome.categories
    return scale.positive or (bool(categories) and categories[0] > 0)


def _subset(analysis: Analysis, path: Path, report: Report) -> None:
    if analysis.subset is None:
        return
    here = (*path, "subset")
    if analysis.change is None:
        message = "a subset by percent change needs a change."
        report(Finding("TS-E066", here, message, "Write change: {from: pre, to: post}.", on_key=True))
    _limits(analysis.subset.percent_change, here, report)


def _limits(limits: Limits, here: Path, report: Report) -> None:
    if limits.below is None and limits.above is None and limits.beyond is None:
        message = "the subset has no limit."
        report(Finding("TS-E066", (*here, "percent_change"), message, "Write below:, above: or beyond:."))
    if limits.beyond is not None and limits.beyond.value < 0:
        message = "'beyond' is a size, either way."
        report(Finding("TS-E066", (*here, "percent_change", "beyond"), message, "Write it without a minus."))


def _estimand(analysis: Analysis, here: Path, report: Report) -> None:
    stratum, rule = STRATEGY[analysis.estimand.strategy].stratum, analysis.estimand.responders
    if stratum != (rule is not None):
        message = "say who responds." if stratum else f"{analysis.estimand.strategy} concerns everybody."
        remedy = "Write strategy: responder stratum, responders: {percent_change: {below: -10 %}}."
        report(Finding("TS-E068", here, message, remedy if stratum else "Remove responders:.", on_key=True))
    elif rule is not None:
        _limits(rule.percent_change, (*here, "responders"), report)


def _yes_or_no(analysis: Analysis, outcome: Outcome, path: Path, report: Report) -> None:
    counts, rule, scale = TEST[analysis.test].yes_or_no, analysis.dichotomize, outcome.scale
    if TEST[analysis.test].scores and scale.categories is None:
        message = f"{analysis.test} needs scores; '{analysis.outcome}' is {scale.name}."
        report(Finding("TS-E065", (*path, "test"), message, "Choose an outcome with categories, or another test."))
    if counts and rule is None and not selected(analysis, outcome):
        what = (
            f"the change of '{analysis.outcome}' is a number"
            if analysis.change and not TEST[analysis.test].at_each_visit
            else f"'{analysis.outcome}' is {scale.name}"
        )
        message = f"{analysis.test} needs yes or no; {what}."
        report(Finding("TS-E065", (*path, "test"), message, "Add dichotomize: {at_least: ..}."))
    if rule is not None and (not counts or (rule.at_least is None) == (rule.at_most is None)):
        message = "say one limit." if counts else f"{analysis.test} does not use yes or no."
        fitting = [one.name for one in TESTS if one.yes_or_no and one.needs and one.needs == TEST[analysis.test].needs]
        remedy = f"Write {{at_least: 3}} or {{at_most: 2}} with {' or '.join(fitting or ('fisher', 'chi-square'))}."
        report(Finding("TS-E065", (*path, "dichotomize"), message, remedy, on_key=True))
    if TEST[analysis.test].at_each_visit and not TRANSFORM[analysis.transform].keeps:
        message = f"{analysis.test} asks yes or no at each visit, of the values themselves."
        report(Finding("TS-E064", (*path, "transform"), message, "Remove transform:.", on_key=True))
    null = analysis.null
    if counts and null is not None and not 0 < null.value < 1:
        message = f"a share of {null.value:g} is not between 0 and 1."
        report(Finding("TS-E013", (*path, "null"), message, "Write a share such as 30 %."))


def _people(analysis: Analysis, scenario: Draft, points: Outline, path: Path, report: Report) -> None:
    if POPULATION[analysis.population].received and not any(points.own.values()):
        message = "no arm has an activity of its own to receive."
        report(Finding("TS-E067", (*path, "population"), message, "Use randomized or completers."))
    check_adjustment(analysis, scenario, path, report)
    for name, category in analysis.exclude.items():
        here = (*path, "exclude", name)
        if known(name, scenario.participants, "TS-E035", here, report, on_key=True):
            choices = scenario.participants[name].choice
            if not choices:
                report(
                    Finding(
                        "TS-E067",
                        here,
                        f"'{name}' is a number.",
                        "Exclude a category of a covariate by choice.",
                        on_key=True,
                    )
                )
            elif known(category, choices, "TS-E038", here, report) and len(choices) == 1:
                report(Finding("TS-E067", here, "this leaves nobody out of nobody.", "Leave one category in."))


def _published(scenario: Draft, report: Report) -> None:
    arms = list(scenario.design.arms)
    for i, figure in enumerate(scenario.published):
        path = ("published", i)
        if not known(figure.analysis, scenario.analyses, "TS-E037", (*path, "analysis"), report):
            continue
        if figure.contrast is not None and split_contrast(figure.contrast, arms) is None:
            message = f"'{figure.contrast}' is not a difference of two arms."
            report(Finding("TS-E061", (*path, "contrast"), message, f"Arms: {', '.join(arms)}."))
        check_figure(figure, path, scenario, report)
        if figure.ci95 is not None and figure.ci95[0].value > figure.ci95[1].value:
            report(Finding("TS-E080", (*path, "ci95"), "the interval runs backwards.", "Write [low, high]."))
