"""Which guidelines a study is held against."""

from __future__ import annotations

from trialsim.report.protocol.checklists.row import Guideline
from trialsim.report.protocol.checklists.spirit import spirit
from trialsim.report.protocol.facts import ProtocolFacts


def guidelines(facts: ProtocolFacts) -> tuple[Guideline, ...]:
    """The guidelines of a study, those of every study first."""
    return (spirit(facts),)
