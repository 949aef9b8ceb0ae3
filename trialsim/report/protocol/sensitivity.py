"""How far the power moves over the plausible ranges of the assumptions."""

from __future__ import annotations

import math
from collections.abc import Iterator

from trialsim.quantities.counts import counted
from trialsim.report.assumed import in_words
from trialsim.report.digits import plain
from trialsim.report.protocol.facts import ProtocolFacts
from trialsim.report.protocol.text import Sentence, sentence, share
from trialsim.scenario.ranges import declared_ranges

ROWS = ("SPIRIT 19", "CONSORT 16a", "DELTA2 5")


def sensitivity_sentences(facts: ProtocolFacts) -> Iterator[Sentence]:
    """The power at the ends of all ranges, and the assumption that moves it most, only where that is clear."""
    found = facts.tornado
    if found is None or facts.too_often:
        return
    bars = found.of("power")
    ends = [
        (one.value, one.count) for bar in bars for one in (bar.low, bar.high) if one.count and not math.isnan(one.value)
    ]
    if not ends:
        return
    error = max(math.sqrt(value * (1 - value) / count) for value, count in ends)
    text = (
        f"Over the plausible ranges of {counted(len(bars), 'assumption')}, varied one at a time, the power goes from "
        f"{share(min(ends)[0])} to {share(max(ends)[0])} ({found.replicates:,} simulated trials at each end, simulation standard error "
        f"at most {plain(100 * error, 2)} percentage points)"
    )
    lead = found.leads["power"]
    if lead.clear and not lead.bar.noise:
        text += f"; it depends most on {_lower(in_words(lead.bar.assumption.path, facts.scenario))}"
    yield sentence(f"{text}.", rows=ROWS)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def left_out(facts: ProtocolFacts) -> str:
    """That the plausible ranges were not simulated, where there are some; else empty."""
    ranges = len(declared_ranges(facts.scenario.written.data))
    if facts.tornado is not None or not ranges or facts.one_group or facts.pilot:
        return ""
    return (
        f"The scenario states plausible ranges for {counted(ranges, 'assumption')}. How far the power moves over them is not in "
        "this document: the option --ranges simulates it."
    )
