"""Extensions of CONSORT that a design calls for."""

from __future__ import annotations

from trialsim.kinds.designs import PRACTITIONER
from trialsim.report.clusters import cluster_lines, target_in_words
from trialsim.report.document import RichText
from trialsim.report.protocol import kinds
from trialsim.report.protocol.approach import staff
from trialsim.report.protocol.checklists.intervention import lengths
from trialsim.report.protocol.checklists.row import Guideline, Item, Material, author, of_row, words
from trialsim.report.protocol.checklists.spirit import analyses_words, outcomes_words, sequence_row
from trialsim.report.protocol.design import washout
from trialsim.report.protocol.facts import ProtocolFacts
from trialsim.report.protocol.feasibility import measured
from trialsim.report.protocol.missing import lost_words
from trialsim.report.protocol.target import with_sources
from trialsim.report.protocol.text import capital, power_words, signed
from trialsim.report.words import join, number, patients

SIZE = "See the section “Sample size” of this document, in full."


# ---------------------------------------------------------------- non-drug treatments


def _providers(facts: ProtocolFacts) -> str:
    needed = list(dict.fromkeys(who for *_, needs in lengths(facts.scenario.protocol) for who in needs))
    if not needed:
        return "Nobody delivers an intervention."
    return (
        f"{join(needed)}: {'; '.join(staff(facts))}. Whoever is free delivers, in every arm, unless stated otherwise:"
    )


def _clustering(facts: ProtocolFacts) -> str:
    texts = []
    for name in dict.fromkeys(what.outcome for _, what, _, _ in facts.primary):
        outcome = facts.scenario.outcomes[name]
        icc = outcome.icc.practitioner
        if icc is not None and icc.value > 0:
            texts.append(
                f"values of {facts.label(name)} share {number(icc)} of their variance with whoever served last"
            )
        texts += [
            f"the effect of {activity} differs between practitioners (SD {number(one.sd_practitioner)})"
            for activity, one in outcome.responds_to.items()
            if one.sd_practitioner is not None and one.sd_practitioner.value > 0
        ]
    handled = [row.shown for row in facts.rows if facts.scenario.analyses[row.analysis].clusters == PRACTITIONER.name]
    analysis = (
        "The primary analysis handles clusters by practitioner."
        if handled
        else "The primary analysis takes participants as independent of their provider."
    )
    size = (
        f"In the simulation {join(texts)}, so the power and the type I error contain this."
        if texts
        else "The simulation assumes that providers do not differ."
    )
    return f"{size} {analysis}"


def non_drug(facts: ProtocolFacts) -> Guideline:  # noqa: ARG001  # as every guideline
    """Treatments that people deliver."""
    return Guideline(
        "CONSORT: non-drug treatments (2017)",
        "extension NPT; numbers of the 2010 edition of CONSORT",
        (
            Item("3a", "how providers were allocated to arms", "draft", words(_providers), "how providers are allocated to arms", "setting: resources"),
            author("4a", "eligibility of centers and providers", "which centers and providers may take part?"),
            author("5a", "components of the intervention and of the comparator, and tailoring", "components, and how they are tailored"),
            author("5b", "standardization", "how is the intervention standardized over providers?"),
            Item("5c", "adherence of providers", "draft", words(lost_words), "how is adherence of providers judged and improved?",
                 "operating_characteristics.csv: missed_share"),
            author("5d", "adherence of participants", "how is adherence of participants judged and improved?"),
            Item("7a", "whether clustering by provider was handled in the size", "auto", words(_clustering), where="outcomes: icc; responds_to"),
        ),
    )  # fmt: skip


# ---------------------------------------------------------------- several arms, clusters, pilots


def _multiplicity(facts: ProtocolFacts) -> str:
    texts = []
    for name, what, _, _ in facts.primary:
        if what.then is not None:
            gate = "after a test of all arms that is significant" if what.then.gate else "besides a test of all arms"
            texts.append(
                f"comparisons of arms {gate}, {kinds.ADJUSTMENTS[what.then.adjust].format(number=len(facts.pairs(name)))}"
            )
    texts += [
        f"{join(list(one.members))} by {kinds.FAMILY_METHODS[one.method]}" for one in facts.scenario.families.values()
    ]
    any_pair = next((facts.measure("type_1_error", name, "any pair") for name, *_ in facts.primary), None)
    rate = (
        f" Without any difference, at least one pair is significant in {power_words(any_pair)} of trials."
        if any_pair is not None
        else ""
    )
    return f"{capital(join(texts))}.{rate}" if texts else "No adjustment: one comparison is primary."


def _pairs(facts: ProtocolFacts) -> str:
    names = [facts.contrast(row) for name, *_ in facts.primary for row in facts.pairs(name)]
    return f"All arms at once; then {join(names)}." if names else "All arms at once." if len(facts.arms) > 2 else ""


def multi_arm(facts: ProtocolFacts) -> Guideline:  # noqa: ARG001  # as every guideline
    """More than two arms in parallel."""
    return Guideline(
        "CONSORT: several arms (2019)",
        "Juszczak et al. 2019; topics without the numbers of items",
        (
            Item("hypotheses", "which arms are compared, with which hypotheses", "auto", words(_pairs), where="analyses: then"),
            Item("size", "size for each comparison", "auto", of_row("DELTA2 2"), where="operating_characteristics.csv: power"),
            Item("multiplicity", "adjustment for several comparisons", "auto", words(_multiplicity), where="analyses: then; families"),
        ),
    )  # fmt: skip


def _clusters(facts: ProtocolFacts) -> str:
    return " ".join([f"{target_in_words(facts.scenario)}.", *cluster_lines(facts.scenario)])


def _icc(facts: ProtocolFacts) -> str:
    name = facts.primary[0][1].outcome
    icc = facts.scenario.outcomes[name].icc.site
    if icc is None:
        return f"No intraclass correlation is stated. {SIZE}"
    span = f", plausible range {number_range(icc.range)}" if icc.range is not None else ""
    why = with_sources(facts, icc.source or icc.computed_from or icc.assumed or "")
    return f"{_clusters(facts)} Intraclass correlation {number(icc)}{span}{f' ({why})' if why else ''}. {SIZE}"


def number_range(ends: tuple[float, float]) -> str:
    """Both ends of a range of shares."""
    return f"{100 * ends[0]:g} to {100 * ends[1]:g} %"


def cluster(facts: ProtocolFacts) -> Guideline:  # noqa: ARG001  # as every guideline
    """Whole sites are randomized."""
    return Guideline(
        "CONSORT: clusters (2012)",
        "Campbell et al. 2012, doi:10.1136/bmj.e5661; numbers of the 2010 edition of CONSORT",
        (
            author("2a", "why clusters are randomized", "why are sites randomized, and not participants?"),
            Item("3a", "what a cluster is, and the design", "auto", words(_clusters), where="design: clusters"),
            author("4a", "eligibility of clusters", "which sites may take part?"),
            Item("6a", "outcomes, and their level: cluster or participant", "auto",
                 words(lambda one: f"{outcomes_words(one)} All are measured in participants."), where="outcomes"),
            Item("7a", "size: method, number and size of clusters, equal or not, ICC and its uncertainty", "auto", words(_icc), where="design: clusters; outcomes: icc"),
            Item("8b", "stratification or matching of clusters", "auto", words(_likeness), where="design: allocation"),
            author("9", "concealment of the allocation of clusters", "how is the allocation of sites concealed?"),
            author("10a", "who makes the list, who enrolls clusters, who assigns them", "who does each of these?"),
            author("10b", "how participants are included", "are all patients of a site included, or a sample?"),
            author("10c", "who consents, and when", "who consents, and is it before or after the allocation of the site?"),
            Item("12a", "clustering in the analysis", "auto", words(analyses_words), where="analyses: clusters"),
            author("13a", "clusters allocated, treated, analyzed", "numbers of sites, for the report"),
            author("13b", "losses of clusters and participants", "losses, for the report"),
        ),
    )  # fmt: skip


def _likeness(facts: ProtocolFacts) -> str:
    return "Sites of similar size are randomized together." if facts.scenario.design.allocation.stratify else "None."


def _consent(facts: ProtocolFacts) -> str:
    return " ".join(patients(facts.scenario)) if facts.scenario.setting is not None else ""


def pilot(facts: ProtocolFacts) -> Guideline:  # noqa: ARG001  # as every guideline
    """Progression criteria decide on a later trial."""
    return Guideline(
        "CONSORT: pilots (2016)",
        "Eldridge et al. 2016, doi:10.1136/bmj.i5239; numbers of the 2010 edition of CONSORT",
        (
            author("2b", "objectives of the pilot", "objectives or questions of the pilot"),
            Item("4c", "how participants are found and consent", "auto", words(_consent), where="setting: patients", reason="the scenario has no ward"),
            Item("6a", "measures for each objective", "auto", words(_criteria), where="progression"),
            Item("6c", "criteria whether and how to go on", "auto", of_row("PILOT 6c"), where="progression; operating_characteristics.csv: verdicts"),
            Item("7a", "reasons for the numbers", "auto", of_row("PILOT 7a"), "why this number", "design: enroll"),
            Item("7b", "interim analyses", "auto", of_row("SPIRIT 28b"), where="design: looks"),
        ),
        "There is no SPIRIT extension for pilots; SPIRIT is used with these rows (Thabane and Lancaster 2019, doi:10.1186/s40814-019-0423-8). "
        "Criteria with go, amend and stop: Avery et al. 2017, doi:10.1136/bmjopen-2016-013537.",
    )  # fmt: skip


def _criteria(facts: ProtocolFacts) -> str:
    return capital(f"{join([measured(facts, one) for one in facts.scenario.progression.values()])}.")


# ---------------------------------------------------------------- crossover, noninferiority


def _carryover(facts: ProtocolFacts) -> str:
    texts = []
    for name in dict.fromkeys(what.outcome for _, what, _, _ in facts.primary):
        outcome = facts.scenario.outcomes[name]
        if outcome.carryover is not None:
            texts.append(
                f"{number(outcome.carryover)} of the effect on {facts.label(name)} is assumed to be carried over"
            )
        if outcome.period_effects:
            texts.append(f"differences of its periods {join([signed(one.value) for one in outcome.period_effects])}")
    pause = washout(facts)
    return f"Washout {pause or 'none'}; {join(texts) or 'nothing is carried over'}."


def _within(facts: ProtocolFacts) -> str:
    both = facts.scenario.outcomes[facts.primary[0][1].outcome].correlation
    value = both.between_sessions
    text = f"Correlation of the periods within a participant {number(value)}. " if value is not None else ""
    return f"{text}{SIZE}"


def crossover(facts: ProtocolFacts) -> Guideline:  # noqa: ARG001  # as every guideline
    """Every participant has every treatment."""
    return Guideline(
        "CONSORT: crossover (2019)",
        "Dwan et al. 2019, doi:10.1136/bmj.l4378; topics without the numbers of items",
        (
            Item("sequences", "sequences and periods", "auto", words(sequence_row), where="design: sequences"),
            Item("washout", "washout and carryover", "auto", words(_carryover), "why is this washout long enough?", "protocol: washout; outcomes: carryover"),
            Item("size", "size, with the correlation within participants", "auto", words(_within), where="outcomes: correlation"),
            author("results", "results by period and paired", "results by sequence and period, for the report"),
        ),
    )  # fmt: skip


def _interval(material: Material) -> RichText:
    facts = material.facts
    row = facts.primary[0][3]
    return (f"{100 * row.confidence:g} % interval, two-sided; the test is one-sided at {100 * row.alpha:g} %.",)


def noninferiority(facts: ProtocolFacts) -> Guideline:  # noqa: ARG001  # as every guideline
    """A margin is tested."""
    return Guideline(
        "CONSORT: noninferiority (2006)",
        "after table 1 of the edition of 2006, PMC3554513; topics without the numbers of items",
        (
            author("rationale", "why noninferiority", "why is it enough not to be worse?"),
            Item("margin", "the margin and its reason", "auto", of_row("NONINFERIORITY margin"), where="analyses: margin"),
            Item("size", "size from the margin", "auto", of_row("DELTA2 2"), where="operating_characteristics.csv: power"),
            Item("looks", "interim analyses, and the hypothesis that they belong to", "auto", of_row("SPIRIT 28b"), where="design: looks"),
            Item("interval", "one- or two-sided interval", "auto", _interval, where="analyses: alpha"),
            author("figure", "figure with interval and margin", "figure of the interval and the margin, for the report"),
        ),
    )  # fmt: skip
