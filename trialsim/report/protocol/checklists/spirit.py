"""SPIRIT 2025: what a protocol has to state."""

from __future__ import annotations

from trialsim.report.clusters import target_in_words
from trialsim.report.document import RichText
from trialsim.report.protocol import kinds
from trialsim.report.protocol.checklists.row import Guideline, Item, Material, author, of_row, words
from trialsim.report.protocol.design import endpoint, outcome_words, sequence_words, strata_words, test_words
from trialsim.report.protocol.facts import ProtocolFacts
from trialsim.report.protocol.missing import complete_or_else, lost_words, retention_words
from trialsim.report.protocol.text import capital, share
from trialsim.report.words import join, number, patients, protocol
from trialsim.scenario.identity import scenario_hash


def _title(facts: ProtocolFacts) -> str:
    return f"{facts.scenario.title}: protocol of a {design_name(facts)}"


def design_name(facts: ProtocolFacts) -> str:
    """The type of design."""
    parts = []
    if facts.pilot:
        parts.append("pilot")
    if facts.one_group:
        return " ".join([*parts, "one-group study"])
    if facts.margins:
        parts.append("equivalence" if len(facts.primary[0][3].margins) > 1 else "noninferiority")
    kind = (
        "crossover" if facts.crossover
        else "factorial" if facts.factorial
        else "stepped wedge cluster" if facts.wedge
        else "cluster" if facts.cluster
        else "parallel-group"
    )  # fmt: skip
    arms = len(facts.scenario.design.arms)
    several = f"{_count(arms)}-arm " if arms > 2 and kind == "parallel-group" else ""
    return " ".join([*parts, f"{several}{kind}", "randomized trial"])


def _count(number_: int) -> str:
    return {3: "three", 4: "four", 5: "five", 6: "six"}.get(number_, str(number_))


def _version(facts: ProtocolFacts) -> str:
    return f"Scenario {facts.scenario.name}, version {scenario_hash(facts.scenario)[:16]}. Date and version of the protocol itself:"


def _objective(material: Material) -> RichText:
    facts = material.facts
    if facts.one_group:
        return (
            "To estimate the change, its variance and the feasibility; no benefit is claimed. ",
            *material.of("SPIRIT 10"),
        )
    what = facts.primary[0][1]
    framework = "superiority"
    if facts.margins:
        framework = "equivalence" if len(facts.primary[0][3].margins) > 1 else "noninferiority"
    aim = "To prepare a later trial; feasibility first. " if facts.pilot else ""
    others = join([facts.described(name) for name in facts.arms if name != facts.reference])
    text = (
        f"{aim}To compare {others} with {facts.described(facts.reference)} on {facts.label(what.outcome)} ({framework}). "
        f"{kinds.STRATEGIES[what.estimand.strategy]} Harms:"
    )
    return (text,)


def design_words(facts: ProtocolFacts) -> str:
    """The type of design, the framework and the ratio."""
    framework = (
        "exploratory" if facts.one_group or facts.pilot
        else "superiority" if not facts.margins
        else "equivalence" if len(facts.primary[0][3].margins) > 1
        else "noninferiority"
    )  # fmt: skip
    ratio = "" if facts.one_group or facts.cluster else f" {strata_words(facts)}"
    name = design_name(facts)
    return f"{capital(name)}; framework: {framework}.{ratio}"


def _setting(facts: ProtocolFacts) -> str:
    setting = facts.scenario.setting
    if setting is None:
        return target_in_words(facts.scenario) + "." if facts.cluster else ""
    sites = join(list(setting.sites)) if setting.sites else "one ward"
    return f"{capital(sites)}; participants: {setting.patients.label}. Name and country:"


def _eligible(facts: ProtocolFacts) -> str:
    setting = facts.scenario.setting
    if setting is None:
        return ""
    out = [f"{reason}" for reason in setting.patients.exclusions]
    return (
        f"{capital(setting.patients.label)}{f'; not eligible: {join(out)}' if out else ''}. Complete list of criteria:"
    )


def outcomes_words(facts: ProtocolFacts) -> str:
    """Every outcome that is analyzed, with its rank, time and summary."""
    texts: dict[str, None] = {}
    for name, what in facts.scenario.analyses.items():
        rows = [one for one in facts.study.analysis.rows if one.analysis == name]
        estimands = dict.fromkeys(kinds.ESTIMANDS[one.estimand] for one in rows if one.estimates)
        rank = "Primary" if name in facts.scenario.primary else "Secondary"
        periods = what.change is not None and facts.crossover
        summary = join(list(estimands)) if estimands else "none, only a test"
        summary = "none, because participants are chosen by their own change" if what.subset is not None else summary
        text = f"{outcome_words(facts, what.outcome)}{endpoint(facts, what, periods=periods)}{kinds.TRANSFORMS[what.transform]}"
        texts[f"{rank}: {text}; summary: {summary}."] = None
    return " ".join(texts)


def _events(facts: ProtocolFacts) -> str:
    found = [line.strip() for line in protocol(facts.scenario.protocol) if "interrupted" in line]
    return f"Interruptions are recorded: {'; '.join(found)}. Other harms:" if found else ""


def _too_often(facts: ProtocolFacts) -> str:
    """Analyses that clearly reject too often, from which nothing can be concluded."""
    shown = {row.analysis: row.shown for row in facts.study.analysis.rows}
    found: dict[str, float] = {}
    for one in facts.characteristics.verdicts:
        if one.too_often and one.analysis in shown:
            found[shown[one.analysis]] = max(found.get(shown[one.analysis], 0.0), one.rate)
    texts = [f"“{name}” rejects in {share(rate)} of simulated trials" for name, rate in found.items()]
    return f" Nothing can be concluded from these: although there is nothing to find, {join(texts)}." if texts else ""


def _recruiting(material: Material) -> RichText:
    facts = material.facts
    who = " ".join(patients(facts.scenario)) if facts.scenario.setting is not None else ""
    return (who, " " if who else "", *material.of("SPIRIT 20"))


def _sequence(facts: ProtocolFacts) -> str:
    return "" if facts.one_group else f"{sequence_words(facts)} The list is made by:"


def strata_of(facts: ProtocolFacts) -> str:
    """The ratio and the strata; of clusters their number."""
    if facts.one_group:
        return ""
    return target_in_words(facts.scenario) + "." if facts.cluster else strata_words(facts)


def sequence_row(facts: ProtocolFacts) -> str:
    """The sequences of a crossover with their treatments."""
    design = facts.scenario.design
    orders = [f"{name} ({', then '.join(order)})" for name, order in design.sequences.items()]
    return f"{design.periods} periods; sequences: {join(orders)}. {strata_words(facts)}"


def _instruments(facts: ProtocolFacts) -> str:
    texts = []
    for name, outcome in facts.scenario.outcomes.items():
        one = outcome.instrument
        parts = [
            f"{what} {number(value)}"
            for what, value in (
                ("CV within a plate", one.assay_cv), ("CV between plates", one.plate_cv), ("detection limit", one.detection_limit),
                ("SD of raters", one.rater_sd),
            )
            if value is not None and value.value > 0
        ]  # fmt: skip
        texts.append(f"{outcome_words(facts, name)}{': ' + join(parts) if parts else ''}")
    return f"{'; '.join(texts)}. Reliability and validity:"


def analyses_words(facts: ProtocolFacts) -> str:
    """Every analysis, those that are done in the same way together."""
    calls = {call.name: call for call in facts.study.analysis.calls}
    same: dict[tuple[str, str], list[str]] = {}
    for name, what in facts.scenario.analyses.items():
        row = next(one for one in facts.study.analysis.rows if one.analysis == name and one.main)
        rank = "Primary" if name in facts.scenario.primary else "Secondary"
        chosen = f", in {facts.analyzed(what)}" if what.subset is not None or what.exclude else ""
        same.setdefault((rank, test_words(facts, what, calls[name], row) + chosen), []).append(f"“{row.shown}”")
    return " ".join(f"{rank} ({join(names)}): {how}." for (rank, how), names in same.items())


def who_words(facts: ProtocolFacts) -> str:
    """Who is analyzed, and in which group."""
    shown = {row.analysis: row.shown for row in facts.study.analysis.rows}
    by_set: dict[str, list[str]] = {}
    for name, what in facts.scenario.analyses.items():
        by_set.setdefault(facts.analyzed(what), []).append(f"“{shown[name]}”")
    if len(by_set) == 1:
        return f"{capital(next(iter(by_set)))}."
    return " ".join(f"{join(names)}: {who}." for who, names in by_set.items())


def further_words(facts: ProtocolFacts) -> str:
    """Which analyses there are besides the primary ones."""
    others = [row.shown for row in facts.study.analysis.rows if row.main and row.analysis not in facts.scenario.primary]
    names = [f"“{name}”" for name in dict.fromkeys(others)]
    if not names:
        return "No other analysis is prespecified."
    return f"Prespecified besides the primary analysis: {join(names)}.{_too_often(facts)}"


def spirit(facts: ProtocolFacts) -> Guideline:
    """The rows of SPIRIT 2025."""
    one_group = "there is one group, so nobody is allocated"
    return Guideline(
        "SPIRIT 2025",
        "Chan et al. 2025, doi:10.1371/journal.pmed.1004589; explanation doi:10.1136/bmj-2024-081660",
        (
            Item("1a", "title with design, population, interventions and the word protocol", "draft", words(_title), where="title"),
            author("1b", "structured summary", "structured summary with the items of the WHO trial registration data set"),
            Item("2", "version and date", "auto", words(_version), "date and version", "scenario, its hash"),
            author("3a", "who wrote the protocol", "names, affiliations and roles of those who wrote the protocol"),
            author("3b", "sponsor", "name of and contact to the sponsor"),
            author("3c", "role of sponsor and funders", "what do sponsor and funders decide in design, conduct, analysis and reporting?"),
            author("3d", "committees", "who coordinates, steers, adjudicates and manages data?"),
            author("4", "registration", "registry, number and date"),
            author("5", "access to protocol and analysis plan", "where are the protocol and the statistical analysis plan to be read?"),
            Item("6", "where data, data dictionary and code will be", "draft",
                 words(lambda _: "The scenario and the command at the end of this document repeat every number of the simulation. Place of the data, the dictionary and the code of the trial:"),
                 "place and conditions of access", "scenario"),
            author("7a", "funding", "sources of money and other support"),
            author("7b", "conflicts of interest", "conflicts of interest of everybody who wrote the protocol"),
            author("8", "communication of results", "how will participants, staff and the public learn the results?"),
            author("9a", "background", "what is known, and why is this trial needed?"),
            author("9b", "choice of the comparator", f"why {facts.named(facts.reference)}?" if not facts.one_group else "why is there no comparator?"),
            Item("10", "objectives, benefits and harms, and which effect is meant", "draft", _objective, "objectives for harms",
                 "design; analyses: estimand"),
            author("11", "patients and public", "how were patients and the public involved in design, conduct and reporting?"),
            Item("12", "type of design, allocation ratio, framework", "auto", words(design_words), where="design"),
            Item("13", "setting and places", "auto", words(_setting), "wards, hospitals and countries", "setting"),
            Item("14a", "eligibility of participants", "auto", words(_eligible), "inclusion and exclusion criteria", "setting: patients"),
            author("14b", "eligibility of sites and of those who deliver the interventions", "what training and experience must sites and staff have?"),
            Item("15a", "intervention and comparator, so that they can be repeated", "draft", of_row("SPIRIT 15a"),
                 "description of each arm; the tables TIDieR and STRICT-M below ask the parts", "protocol: the steps"),
            author("15b", "when an intervention is stopped or changed", "criteria to stop or change the intervention of a participant"),
            Item("15c", "adherence, and how it is watched", "draft", words(lost_words), "how is it recorded that a session took place?",
                 "operating_characteristics.csv: missed_share"),
            author("15d", "other care", "which other care is allowed or not allowed?"),
            Item("16", "outcomes: variable, metric, summary, time", "auto", words(outcomes_words), where="outcomes; analyses"),
            Item("17", "harms: definition and collection", "author", words(_events), "which harms are recorded, when and how?"),
            Item("18", "schedule of enrollment, interventions and assessments", "auto",
                 words(lambda _: "See the table “Schedule of enrollment, interventions and assessments” in this document."),
                 where="protocol; outcomes: visits"),
            Item("19", "sample size, with every assumption", "auto", words(lambda _: "See the section “Sample size” of this document, in full."),
                 where="scenario; operating_characteristics.csv"),
            Item("20", "recruitment", "draft", _recruiting, "measures to reach the number of participants",
                 "setting; operating_characteristics.csv: enrollment_days"),
            Item("21a", "who makes the list, and how", "draft", words(_sequence), "" if facts.one_group else "who, and with which program",
                 "design: allocation", one_group, "allocation.list"),
            Item("21b", "kind of randomization, and strata", "auto", words(strata_of), where="design: allocation", reason=one_group),
            _allocation("22", "concealment", "how is an allocation concealed until a participant is enrolled?", "allocation.concealment", facts, one_group),
            _allocation("23", "access to the list", "who assigns participants, and can anyone who enrolls see the list?", "allocation.access", facts, one_group),
            author("24a", "who is blind", "who does not know the allocation: participants, those who deliver, raters, analysts?", "blind.who"),
            author("24b", "how blinding is achieved", "how is blinding achieved? Where it is impossible: how are raters kept from knowing?", "blind.how"),
            author("24c", "when blinding is broken", "when and how may the allocation be opened?"),
            Item("25a", "instruments, with reliability and validity", "auto", words(_instruments), "sources for reliability and validity, training of raters",
                 "outcomes: instrument"),
            Item("25b", "retention, and what is measured after an intervention stops", "auto", words(retention_words),
                 "how participants are kept, and what is collected of those who stop", "setting: leave; attrition; operating_characteristics.csv: missing_share"),
            author("26", "entry, coding, security and checks of data", "how are data entered, coded, secured and checked for their range?"),
            Item("27a", "statistical methods, harms included", "auto", words(analyses_words), "analysis of harms", "analyses"),
            Item("27b", "who is analyzed, in which group", "auto", words(who_words), where="analyses: population"),
            Item("27c", "missing data", "auto", words(complete_or_else), where="analyses: missing; outcomes: instrument"),
            Item("27d", "further analyses", "auto", words(further_words), where="analyses"),
            author("28a", "data monitoring committee", "its members and independence; or why none is needed"),
            Item("28b", "interim analyses and stopping: rule, who sees results, who decides", "auto", of_row("SPIRIT 28b"), where="design: looks; operating_characteristics.csv: looks"),
            author("29", "monitoring of conduct", "how often is conduct monitored, and by whom?"),
            author("30", "ethics approval", "committee and number"),
            author("31", "amendments", "how are amendments communicated?"),
            author("32a", "consent or assent", "who asks for consent or assent, and how?"),
            author("32b", "consent for specimens and further use", "consent for stored specimens and data, and how long they are kept"),
            author("33", "confidentiality", "how are personal data protected?"),
            author("34", "care after the trial, compensation", "care after the trial, and compensation for harm"),
        ),
        "The guideline has no item for the estimand: the table in the section “Estimand” (ICH E9(R1)) belongs to the items 10, 16, 25b and 27a to 27d.",
    )  # fmt: skip


def _allocation(number_: str, asked: str, question: str, key: str, facts: ProtocolFacts, reason: str) -> Item:
    return Item(number_, asked, "author", reason=reason) if facts.one_group else author(number_, asked, question, key)
