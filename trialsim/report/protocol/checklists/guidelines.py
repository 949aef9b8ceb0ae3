"""Which guidelines a study is held against."""

from __future__ import annotations

from collections.abc import Callable

from trialsim.report.protocol.checklists import extensions
from trialsim.report.protocol.checklists.ademp import ademp
from trialsim.report.protocol.checklists.consort import consort
from trialsim.report.protocol.checklists.delta2 import delta2
from trialsim.report.protocol.checklists.intervention import has_massage, has_session, strict_m, tidier
from trialsim.report.protocol.checklists.row import Guideline
from trialsim.report.protocol.checklists.spirit import spirit
from trialsim.report.protocol.checklists.stress import stress
from trialsim.report.protocol.facts import ProtocolFacts

#: Each guideline, and for which studies it is filled; in the order of the document.
GUIDELINES: tuple[tuple[Callable[[ProtocolFacts], Guideline], Callable[[ProtocolFacts], bool]], ...] = (
    (spirit, lambda _: True),
    (consort, lambda _: True),
    (extensions.non_drug, has_session),
    (extensions.multi_arm, lambda facts: len(facts.arms) > 2 and not facts.factorial),
    (extensions.cluster, lambda facts: facts.cluster),
    (extensions.pilot, lambda facts: facts.pilot),
    (extensions.crossover, lambda facts: facts.crossover),
    (extensions.noninferiority, lambda facts: facts.margins),
    (tidier, has_session),
    (strict_m, has_massage),
    (delta2, lambda _: True),
    (ademp, lambda _: True),
    (stress, lambda _: True),
)


def guidelines(facts: ProtocolFacts) -> tuple[Guideline, ...]:
    """The guidelines of a study."""
    return tuple(guideline(facts) for guideline, wanted in GUIDELINES if wanted(facts))
