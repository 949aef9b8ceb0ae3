"""DELTA2: how a target difference and a sample size are reported."""

from __future__ import annotations

from trialsim.report.document import Gap, RichText
from trialsim.report.protocol.checklists.row import Guideline, Item, Material, of_row
from trialsim.report.protocol.design import ratio
from trialsim.report.protocol.facts import ProtocolFacts
from trialsim.report.protocol.target import BASIS, REASON

NONE = "no target difference is stated: the size rests on precision and feasibility"


def _tables(material: Material) -> RichText:
    """The target difference, and of scores the share of each category in every arm."""
    facts = material.facts
    found = material.of("DELTA2 3")
    outcomes = dict.fromkeys((one.outcome, one.visit) for _, one in facts.targets)
    tables = [
        f"{facts.label(outcome)} at “{visit}”, {facts.named(arm)}: {facts.whole_level(facts.point(outcome, visit), place)}"
        for outcome, visit in outcomes
        if len(facts.scenario.outcomes[outcome].categories) > 2
        for place, arm in enumerate(facts.study.response.arms)
    ]
    return (*found, f" Shares of the scores: {'; '.join(tables)}.") if tables else found


def _ratio(material: Material) -> RichText:
    facts = material.facts
    if facts.one_group:
        return ()
    found = ratio(facts)
    text = f"{found} (in the order {', '.join(facts.study.response.arms)})."
    if len(set(found.split(":"))) == 1:
        return (text,)
    return (text, " ", Gap("DELTA2 4", "why is the allocation unequal?"))


def _asked(gap: Gap) -> Item:
    number, asked = ("6", "was the difference chosen as important, realistic or both") if gap is BASIS else (
        "7", "how the difference was chosen, with the method or study"
    )  # fmt: skip
    return Item(
        number,
        f"{asked} (grant application and protocol)",
        "author",
        lambda material: _unless(material.facts, gap),
        reason=NONE,
    )


def _unless(facts: ProtocolFacts, gap: Gap) -> RichText:
    return () if facts.one_group or facts.pilot or facts.margins else (gap,)


def delta2(facts: ProtocolFacts) -> Guideline:  # noqa: ARG001  # as every guideline
    """The items for grant applications and protocols, and those of results."""
    return Guideline(
        "DELTA2",
        "Cook et al. 2018, BMJ 363:k3750, PMC6216070",
        (
            Item("1", "primary outcome, and any other that the size rests on", "auto", of_row("DELTA2 1"), where="primary"),
            Item("2", "significance level, sides and power", "auto", of_row("DELTA2 2"), where="operating_characteristics.csv: power"),
            Item("3", "target difference, by the type of the outcome", "auto", _tables, where="outcomes: levels and effects"),
            Item("4", "allocation ratio, and why if unequal", "auto", _ratio, where="design: allocation", reason="there is one group"),
            Item("5", "the size, the approach with its reference, every adjustment and further input, sensitivity", "auto",
                 of_row("DELTA2 5"), where="scenario; operating_characteristics.csv"),
            _asked(BASIS),
            _asked(REASON),
        ),
        "A standardized effect alone, or the difference that the participants at hand could show, is not a reason for a target "
        "difference; neither is the effect observed in a pilot.",
    )  # fmt: skip
