"""What is missed and lost, in words: sessions, participants, values."""

from __future__ import annotations

from collections.abc import Iterator

from trialsim.evaluate.summaries import TRIAL
from trialsim.evaluate.table import Measure
from trialsim.kinds.designs import COMPLETE
from trialsim.report.protocol import kinds
from trialsim.report.protocol.facts import ProtocolFacts
from trialsim.report.protocol.text import mean_share
from trialsim.report.words import join, leaving


def missed_words(facts: ProtocolFacts) -> Iterator[str]:
    """Sessions missed in the simulated trials, by who or what is missing."""
    found: dict[str, list[Measure]] = {}
    for (analysis, contrast), known in facts.of.items():
        missed = known.get("missed_share")
        if analysis == TRIAL and missed is not None and missed.value > 0:
            held, activity = contrast.removeprefix("hold "), contrast.removeprefix("staff for ")
            what = (
                f"sessions with {without_number(held)}" if held != contrast else f"{without_number(activity)} sessions"
            )
            found.setdefault(what, []).append(missed)
    texts = []
    for what, shares in found.items():
        ordered = sorted(shares, key=lambda one: one.value)
        ends = list(dict.fromkeys(mean_share(one) for one in (ordered[0], ordered[-1])))
        texts.append(f"{' to '.join(ends)} of {what}")
    if texts:
        yield f"{join(texts)} are missed because nobody is free"


def without_number(name: str) -> str:
    """The name of what is repeated, without its number.

    >>> without_number("massage 3"), without_number("nurse")
    ('massage', 'nurse')
    """
    stem, _, last = name.rpartition(" ")
    return stem if stem and last.isdecimal() else name


def missing_shares(facts: ProtocolFacts) -> list[str]:
    """How many values of the primary outcomes are expected to be missing."""
    return [
        f"{mean_share(one)} of values of {label} at “{visit}”"
        for where, (label, visit) in facts.points.items()
        if (one := facts.measure("missing_share", TRIAL, where)) is not None and one.value > 0
    ]


def lost_words(facts: ProtocolFacts) -> str:
    """What is expected to be missed."""
    texts = list(missed_words(facts))
    return f"Expected: {join(texts)}." if texts else ""


def retention_words(facts: ProtocolFacts) -> str:
    """Why participants leave, and how many values of the primary outcomes are expected to be missing."""
    scenario = facts.scenario
    lines = list(leaving(scenario.attrition, counted="enrollment"))
    lines += list(leaving(scenario.setting.patients.leave, counted="arrival")) if scenario.setting is not None else []
    shares = missing_shares(facts)
    lost = [f"Expected to be missing: {join(shares)}."] if shares else ["No primary value is expected to be missing."]
    return " ".join([*lines, *lost])


def complete_or_else(facts: ProtocolFacts) -> str:
    """What each analysis does with missing values, those that do the same together."""
    by_method: dict[str, list[str]] = {}
    shown = {row.analysis: row.shown for row in facts.study.analysis.rows}
    for name, what in facts.scenario.analyses.items():
        by_method.setdefault(what.missing or COMPLETE.name, []).append(f"“{shown[name]}”")
    texts = []
    for method, names in by_method.items():
        text = kinds.MISSING_METHODS[method]
        texts.append(text if len(by_method) == 1 else f"{join(names)}: {text}")
    return " ".join(texts)
