"""CONSORT 2025: what the report of the trial has to state, as far as it is known before the trial begins."""

from __future__ import annotations

from trialsim.report.document import RichText
from trialsim.report.protocol.checklists.row import Guideline, Item, Material, author, of_row, words
from trialsim.report.protocol.checklists.spirit import (
    analyses_words,
    design_words,
    further_words,
    outcomes_words,
    strata_of,
    who_words,
)
from trialsim.report.protocol.design import sequence_words
from trialsim.report.protocol.facts import ProtocolFacts
from trialsim.report.protocol.missing import complete_or_else, lost_words
from trialsim.report.protocol.size import analyzed_words, size_words


def _sequence(facts: ProtocolFacts) -> str:
    return "" if facts.one_group else f"{sequence_words(facts)} The list is made by:"


def _analyzed(material: Material) -> RichText:
    text = analyzed_words(material.facts)
    return (
        (f"Expected: of {size_words(material.facts)}, {text}. Observed numbers, estimates and intervals:",)
        if text
        else ()
    )


def consort(facts: ProtocolFacts) -> Guideline:
    """The rows that planning touches."""
    alone = "there is one group, so nobody is allocated"
    one = facts.one_group
    return Guideline(
        "CONSORT 2025",
        "Hopewell et al. 2025, doi:10.1371/journal.pmed.1004587",
        (
            Item("9", "design, allocation ratio, framework", "auto", words(design_words), where="design"),
            Item("14", "outcomes: variable, metric, summary, time", "auto", words(outcomes_words), where="outcomes; analyses"),
            Item("16a", "sample size, with every assumption", "auto",
                 words(lambda _: "See the section “Sample size” of this document, in full."), where="scenario; operating_characteristics.csv"),
            Item("16b", "interim analyses and stopping", "auto", of_row("CONSORT 16b"), where="design: looks"),
            Item("17a", "who made the list, and how", "draft", words(_sequence), "" if one else "who, and with which program",
                 "design: allocation", alone, "allocation.list"),
            Item("17b", "kind of randomization, and restriction", "auto", words(strata_of), where="design: allocation", reason=alone),
            *((Item("18", "concealment", "author", reason=alone), Item("19", "access to the list", "author", reason=alone)) if one else (
                author("18", "concealment", "how is an allocation concealed until a participant is enrolled?", "allocation.concealment"),
                author("19", "access to the list", "who assigns participants, and can anyone who enrolls see the list?", "allocation.access"))),
            author("20a", "who was blind", "who does not know the allocation: participants, those who deliver, raters, analysts?", "blind.who"),
            author("20b", "how blinding was achieved", "how is blinding achieved? Where it is impossible: how are raters kept from knowing?", "blind.how"),
            Item("21a", "statistical methods, harms included", "auto", words(analyses_words), "analysis of harms", "analyses"),
            Item("21b", "who is analyzed, in which group", "auto", words(who_words), where="analyses: population"),
            Item("21c", "missing data", "auto", words(complete_or_else), where="analyses: missing"),
            Item("21d", "further analyses, prespecified or not", "auto", words(further_words), where="analyses"),
            Item("24a", "delivery and fidelity", "draft", words(lost_words), "delivery as it was, for the report", "operating_characteristics.csv: missed_share"),
            Item("26", "numbers analyzed and with data, effect with interval", "draft", _analyzed, "results of the trial, for the report",
                 "operating_characteristics.csv: n_analyzed"),
        ),
        "Only the items that a simulation touches; the others are results. Numbers are those of the edition of 2025.",
    )  # fmt: skip
