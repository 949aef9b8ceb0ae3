"""A scenario in plain words: what was understood, what is drawn, and what it implies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import isfinite

from trialsim.analysis.caveats import without_family, without_strata
from trialsim.kinds.designs import IN_TURN, METHOD
from trialsim.kinds.estimands import NO_ESTIMAND
from trialsim.prepared import Study, warnings_of
from trialsim.quantities.fields import Prior, Spread
from trialsim.report import kinds, words
from trialsim.report.clusters import cluster_lines, target_in_words
from trialsim.report.crossover import effects_in_words, sequences
from trialsim.report.digits import percent
from trialsim.report.looks import plan_header, plan_lines, plan_rows
from trialsim.report.moved import moved
from trialsim.report.people import total_correlations, who_counts
from trialsim.report.progression import progression_lines
from trialsim.report.ratios import HEADER, TRIALS, WHY, has_pairs, ratio_pairs
from trialsim.response.effects import ceilings, implied_contrasts
from trialsim.response.plan import PointPlan
from trialsim.scenario.arms import numbers_of_arms
from trialsim.scenario.clusters import by_site
from trialsim.scenario.dump import number_text
from trialsim.scenario.factors import terms_of
from trialsim.scenario.model import Scenario
from trialsim.scenario.priors import priors_of
from trialsim.scenario.provenance import prior_in_words, provenance

#: Cuts beyond which only the ends of their odds ratios are shown.
MANY = 11


@dataclass(frozen=True)
class Section:
    """A heading with lines, or a table with a header."""

    title: str
    lines: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = field(default=())


def explain(study: Study, *, ratios: bool = True) -> list[Section]:
    """Everything that is understood of a study, section by section; ``ratios`` that do not collapse take some trials."""
    scenario = study.scenario
    found = [
        Section("The study", tuple(_study(scenario))),
        Section("Who comes", (*words.patients(scenario), *_families(scenario))),
    ]
    if scenario.protocol:
        found.append(Section("What happens to each participant", tuple(words.protocol(scenario.protocol))))
    if scenario.setting and scenario.setting.resources:
        staff = scenario.setting.resources.items()
        found.append(Section("Who has to be free", tuple(words.resource(name, what) for name, what in staff)))
    if scenario.visits:
        times = tuple(f"{name}: {words.number(when)} after enrollment" for name, when in scenario.visits.items())
        found.append(Section("When visits happen", times))
    if scenario.progression:
        found.append(Section("When the pilot goes ahead", tuple(progression_lines(scenario))))
    found.append(Section("What is measured", tuple(words.outcome(n, o) for n, o in scenario.outcomes.items())))
    found.append(_levels(study))
    more = (_by_factor(study), _effects(study), _correlations(study), _people(study), _ceilings(study))
    found += [section for section in more if section.rows or section.lines]
    rows = [
        (name, *line) for name, outcome in scenario.outcomes.items() for line in moved(outcome, scenario.participants)
    ]
    if rows:
        found.append(Section("What moves, blurs and loses the values", (), ("outcome", "what", "how"), tuple(rows)))
    found += [section for section in (_drawn(study),) if section.rows]
    analyses = list(words.analyses(scenario).values())
    unadjusted = without_strata(study.analysis, study.response)
    more_ = [text for text in (unadjusted, without_family(study.analysis, study.response)) if text]
    found.append(Section("How it is analyzed", (*analyses, *more_)))
    if study.looks is not None:
        found.append(Section("When the trial may stop", plan_lines(study), plan_header(study), tuple(plan_rows(study))))
    if scenario.families:
        found.append(Section("Which hypotheses are tested together", tuple(words.families(scenario))))
    found.append(Section("Which tests these are", (), ("test", "is", "estimates"), tuple(_tests(study))))
    found += [_ratios(study)] if ratios and has_pairs(study) else []
    if scenario.costs is not None:
        found.append(Section("What it costs", tuple(words.costs(scenario.costs))))
    found.append(_sources(scenario))
    found += [section for section in (_priors(scenario),) if section.rows]
    if warnings := warnings_of(study):
        found.append(Section("Worth a second look", warnings))
    return found


def _families(scenario: Scenario) -> Iterator[str]:
    if scenario.family is not None:
        yield from words.family(scenario.family)


def _study(scenario: Scenario) -> Iterator[str]:
    design = scenario.design
    yield f"{scenario.title} ({scenario.name})."
    if design.factors:
        yield f"Factors: {words.factors(design)}; the arms are the {len(design.arms)} combinations."
    elif design.sequences:
        yield from sequences(design)
    else:
        arms = words.join([f"{arm} ({text})" for arm, text in design.arms.items()])
        yield f"{'Arms' if len(design.arms) > 1 else 'One arm'}: {arms}."
    enroll = design.enroll
    group = "sequence" if design.sequences else "arm"
    target = f"{enroll.in_all} participants" if enroll.in_all else f"{enroll.each_arm} participants in each {group}"
    if enroll.each_cluster is not None:
        target = target_in_words(scenario)
    if enroll.by_arm:
        target = f"{sum(enroll.by_arm.values())} participants: {numbers_of_arms(enroll.by_arm)}"
    limit = f", within {words.number(design.within)}" if design.within else ""
    yield f"Enroll {target}{limit}."
    allocation = design.allocation
    yield from cluster_lines(scenario)
    if len(design.arms) > 1 and not by_site(scenario):
        method = METHOD[allocation.method or IN_TURN.name]
        text = f"Allocation: {kinds.METHODS[method.name]}"
        if not method.by_places:
            text += f", ratio {allocation.ratio}"
        if method.blocks:
            text += ", the size of the blocks in the sealed list only"
        if allocation.stratify:
            text += f", stratified by {words.join(list(allocation.stratify))}"
        yield text + "."
        yield from _balancing(scenario)
    count = scenario.simulation.replicates
    yield f"{count:,} simulated trial{'s' if count > 1 else ''}, seed {scenario.simulation.seed}."


def _balancing(scenario: Scenario) -> Iterator[str]:
    """How an allocation looks at who is in already."""
    allocation = scenario.design.allocation
    if allocation.tolerate is not None:
        yield f"Each arm is equally likely; one that is {allocation.tolerate} ahead of the smallest has no chance."
    if allocation.p is None:
        return
    factors = []
    for name in allocation.factors:
        cuts = words.join([words.number(cut) for cut in allocation.cut.get(name, ())])
        weight = allocation.weights[name].value
        factors.append(
            f"{name}{f' (cut at {cuts})' if cuts else ''}{f' (counts {weight:g} times)' if weight != 1 else ''}"
        )
    yield (
        f"Each participant goes to the arm that makes the arms most alike in {words.join(factors)}, with a chance of "
        f"{words.number(allocation.p)}; alike by the {allocation.imbalance} of their numbers. Equally good arms are drawn."
    )


def _levels(study: Study) -> Section:
    """Declared levels at full delivery; where they were declared as observed, also those found for them."""
    plan = study.response
    rows = []
    for index, point in enumerate(plan.points):
        outcome = plan.outcomes[point.outcome]
        points = [plan.declared[index], point] if plan.declared else [point]
        for arm, name in enumerate(plan.arms):
            if arm and not point.differs:
                continue
            levels = [_during(outcome.parts.words(one, arm, outcome.categories), point) for one in points]
            if plan.declared and not outcome.observed:
                levels = ["", levels[1]]
            rows.append((outcome.name, point.visit, name if point.differs else "all arms", *levels))
    rows = _one_row_for_equal_visits(rows)
    header = ("as a pilot measures it", "level before anything moves or blurs it") if plan.declared else ("level",)
    return Section("Levels declared", (), ("outcome", "visit", "arm", *header), tuple(rows))


def _during(level: str, point: PointPlan) -> str:
    """A level with the planned time in which events are counted, or awaited."""
    if point.follow is None:
        return level
    length = words.brief_duration(point.follow.length)
    return f"{level}; followed for {length}" if point.follow.marks else f"in {length}: {level}"


def _one_row_for_equal_visits(rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Rows that differ in nothing but their visit, the second cell, as one row."""
    visits: dict[tuple[str, ...], list[str]] = {}
    for first, visit, *rest in rows:
        visits.setdefault((first, *rest), []).append(visit)
    return [(first, words.spans(names), *rest) for (first, *rest), names in visits.items()]


def _by_factor(study: Study) -> Section:
    """In a design with factors, each effect and the difference of means that an analysis of it looks for."""
    scenario = study.scenario
    rows = []
    for one in implied_contrasts(study.response, terms_of(scenario.design.factors)):
        effect = scenario.outcomes[one.outcome].effects.get(one.term)
        declared = words.effect(effect) if effect is not None and one.shift is not None else "none"
        acts = f"by the share of {words.join(one.activities)} that was given" if one.activities else "in full"
        share = "" if one.shift is None else acts
        rows.append((f"{one.outcome} at {one.visit}", one.term, declared, share, f"{one.difference:+.3g}"))
    line = (
        "A declared effect is the one at the first level of the other factors. The difference of means is that of an analysis: "
        "of a factor averaged evenly over the levels of the others, of an interaction the difference of two differences."
    )
    header = ("where", "effect of", "declared", "acts", "difference of means")
    return Section("Effects by factor", (line,) if rows else (), header if rows else (), tuple(rows))


def _effects(study: Study) -> Section:
    rows = []
    kinds_of_ratio = _kinds_of_ratio(study)
    for between, one in effects_in_words(study):
        kind = study.scenario.outcomes[one.outcome].scale.effects[0].replace("_", " ")
        ratio = f"{one.ratio:.2f}" if one.ratio is not None else ""
        ratio += f" ({kind})" if ratio and len(kinds_of_ratio) > 1 else ""
        odds = _odds(one.odds_ratios)
        rows.append(
            (
                f"{one.outcome} at {one.visit}", between,
                f"{one.difference:+.3g}", ratio, odds, f"{one.cohens_d:+.2f}", f"{one.superiority:.2f}",
            )
        )  # fmt: skip
    name = kinds_of_ratio[0] if len(kinds_of_ratio) == 1 else "ratio"
    header = ("where", "arms", "difference", name, "odds ratio at each cut", "Cohen's d", "P(X > Y)")
    delivered = ", at full delivery" if study.program is not None else ""
    return Section(f"Effects these levels imply{delivered}", (), header, tuple(rows))


def _kinds_of_ratio(study: Study) -> list[str]:
    """What the ratios of the outcomes are, in words, each once."""
    found = [what.scale.effects[0] for what in study.scenario.outcomes.values()]
    return list(dict.fromkeys(key.replace("_", " ") for key in found if key in RATIOS))


#: Keys of an effect that has one ratio.
RATIOS = ("ratio", "rate_ratio", "hazard_ratio")


def _odds(ratios: Sequence[float]) -> str:
    """The odds ratio at each cut; one where they are all the same, the ends where they are many."""
    texts = [f"{value:.2f}" for value in ratios]
    if len(texts) <= MANY:
        return " ".join(texts)
    return texts[0] if len(set(texts)) == 1 else f"{min(ratios):.2f} to {max(ratios):.2f}"


def _correlations(study: Study) -> Section:
    """Latent correlations and what they are between the values: lower, the coarser or more skewed these are."""
    from trialsim.response.pearson import pearson  # SciPy's distributions take long to load

    plan = study.response
    matrix = plan.factor @ plan.factor.T
    found: dict[tuple[str, str], list[float]] = {}
    for a, first in enumerate(plan.points):
        for b, second in enumerate(plan.points[a + 1 :], a + 1):
            names = [plan.outcomes[point.outcome].name for point in (first, second)]
            if abs(matrix[a, b]) > 1e-9 and (names[0] == names[1] or first.visit == second.visit):
                where = f"{names[0]}, two visits" if names[0] == names[1] else f"{names[0]} with {names[1]}, same visit"
                found.setdefault((where, f"{matrix[a, b]:.2f}"), []).append(pearson(plan, a, b))
    rows = tuple(
        (
            where,
            latent,
            str(len(values)),
            _range(values),
        )
        for (where, latent), values in found.items()
    )
    header = ("of", "latent, as declared", "pairs", "of the values themselves")
    return Section("Correlations in the reference arm, before anything moves or blurs the values", (), header, rows)


def _range(values: list[float]) -> str:
    """From the lowest to the highest, of those that are known."""
    known = [one for one in values if isfinite(one)]
    return " to ".join(dict.fromkeys(f"{one:.2f}" for one in (min(known), max(known)))) if known else ""


def _people(study: Study) -> Section:
    """Who counts as a practitioner, and the correlations in all where practitioners and sites change them."""
    rows = tuple(total_correlations(study.response))
    header = ("of", "when", "arms", "latent, as declared", "latent, in all") if rows else ()
    return Section("Practitioners and sites", tuple(who_counts(study.scenario, study.response)), header, rows)


def _ceilings(study: Study) -> Section:
    """What clearance allows around each activity; equal ones, such as six sessions, in one sentence."""
    around: dict[tuple[str, str], list[str]] = {}
    for one in ceilings(study.response):
        text = (
            f"lie about {words.brief_duration(one.gap)} of changed secretion. Clearance allows a fall of at most "
            f"{percent(one.possible, 0)} in expectation; the declared change of secretion gives {percent(one.declared, 0)}. "
            "Larger falls of single participants come from the measurement and from within-person variation."
        )
        around.setdefault((one.outcome, text), []).append(one.activity)
    lines = [
        f"{outcome}: between the swabs around {words.spans(names)} {text}" for (outcome, text), names in around.items()
    ]
    return Section("What clearance allows in the time", tuple(lines))


def _drawn(study: Study) -> Section:
    """Every distribution that is drawn from, with its place in the file."""
    rows: list[tuple[str, str]] = []
    seen: set[int] = set()
    _collect(study.scenario, "", rows, seen)
    return Section("Distributions drawn", (), ("where in the resolved scenario", "what is drawn"), tuple(rows))


def _collect(value: object, path: str, rows: list[tuple[str, str]], seen: set[int]) -> None:
    from pydantic import BaseModel

    if isinstance(value, Prior):
        return  # a belief, not something a trial draws
    if isinstance(value, Spread):
        if id(value) not in seen and value.distribution.family != "fixed":
            seen.add(id(value))
            rows.append((path, words.spread(value)))
    elif isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            _collect(getattr(value, name), f"{path}.{info.alias or name}".lstrip("."), rows, seen)
    elif isinstance(value, dict):
        for key, inner in value.items():
            _collect(inner, f"{path}.{key}", rows, seen)
    elif isinstance(value, tuple):
        for index, inner in enumerate(value):
            _collect(inner, f"{path}[{index}]", rows, seen)


def _priors(scenario: Scenario) -> Section:
    """What is believed about the numbers, which a run takes as they are."""
    found = priors_of(scenario)
    rows = tuple(
        (name, str(number_text(numbers[0][1])), prior_in_words(numbers[0][1].prior).removeprefix("prior: "))
        for name, numbers in found.items()
        if numbers[0][1].prior is not None
    )
    line = (
        f"{len(rows)} number{' has a prior' if len(rows) == 1 else 's have priors'}. A run uses the numbers themselves; "
        "trialsim assurance averages over the priors."
    )
    return Section("What is uncertain about the numbers", (line,) if rows else (), ("number", "value", "prior"), rows)


def _tests(study: Study) -> Iterator[tuple[str, ...]]:
    """Each test and what it estimates, once."""
    asked = dict.fromkeys((row.test, row.pair, row.estimand) for row in study.analysis.rows)
    for test, pair, estimand in asked:
        what = kinds.PAIRS[test] if pair else kinds.TESTS[test]
        yield test, what, "" if estimand == NO_ESTIMAND else kinds.ESTIMANDS[estimand]


def _ratios(study: Study) -> Section:
    """Ratios at equal covariates, and those of everyone."""
    rows = tuple(pair.cells for pair in ratio_pairs(study))
    found = (
        f"Found with everyone in each arm in turn, in {TRIALS} simulated trials; numbers after ± are standard errors."
    )
    return Section("Ratios at equal covariates, and of everyone", (WHY, found), HEADER, rows)


def _sources(scenario: Scenario) -> Section:
    rows = provenance(scenario)
    counts = {kind: sum(row.kind == kind for row in rows) for kind in ("source", "computed", "assumed", "none")}
    line = (
        f"Of {len(rows)} numbers {counts['source']} are printed by a source, {counts['computed']} are computed from one, "
        f"{counts['assumed']} are assumed with a reason, and {counts['none']} have no stated origin."
    )
    return Section("Where the numbers come from", (line,))
