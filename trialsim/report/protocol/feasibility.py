"""Feasibility criteria as a protocol states them, with the chance of each verdict."""

from __future__ import annotations

from collections.abc import Iterator

from trialsim.evaluate.progression import VERDICTS
from trialsim.evaluate.summaries import TRIAL
from trialsim.kinds.progression import MEASURE
from trialsim.report.document import Gap
from trialsim.report.progression import limit_words
from trialsim.report.protocol import kinds
from trialsim.report.protocol.facts import ProtocolFacts
from trialsim.report.protocol.text import Sentence, power_words, sentence, trials_words
from trialsim.report.words import join
from trialsim.scenario.checks.progression import OVERALL
from trialsim.scenario.model import Criterion

ROWS = ("SPIRIT 19", "CONSORT 16a", "PILOT 6c")

CONSENT = Gap("feasibility.consent", "least share of those asked who must consent")
SESSIONS = Gap("feasibility.sessions", "least share of planned sessions that must be held")
VALUES = Gap("feasibility.values", "least share of participants with all planned values")


def feasibility_sentences(facts: ProtocolFacts) -> Iterator[Sentence]:
    """The criteria of the scenario with the chances of their verdicts; else what the authors have to fix."""
    criteria = facts.scenario.progression
    if not criteria:
        yield sentence(
            "Feasibility will be judged by criteria fixed beforehand: consent ", CONSENT, ", sessions held ", SESSIONS,
            ", complete pairs of values ", VALUES, ".", rows=ROWS,
        )  # fmt: skip
        return
    each = [f"{measured(facts, one)} ({limit_words(one)})" for one in criteria.values()]
    yield sentence(
        f"Whether a later trial goes ahead is judged by criteria fixed beforehand: {join(each)}; between these limits the plan is "
        "amended" + ("; the worst verdict of all counts" if len(criteria) > 1 else "") + ".",
        rows=ROWS,
    )
    whole = OVERALL if len(criteria) > 1 else next(iter(criteria))
    found = [facts.measure(verdict, TRIAL, whole) for verdict in VERDICTS]
    known = [one for one in found if one is not None]
    if len(known) == len(VERDICTS):
        go, amend, stop = (power_words(one) for one in known)
        yield sentence(
            f"If the assumptions hold, the chances of going ahead, amending and stopping are {go}, {amend} and {stop}.",
            rows=ROWS,
        )
    rarest = min(
        ((facts.measure(VERDICTS[0], TRIAL, name), name) for name in criteria),
        key=lambda one: 2.0 if one[0] is None else one[0].value,
    )
    if len(criteria) > 1 and rarest[0] is not None:
        yield sentence(
            f"The criterion met most rarely is {rarest[1]}, in {trials_words(rarest[0], 'studies')}.", rows=ROWS
        )


def measured(facts: ProtocolFacts, one: Criterion) -> str:
    """What a criterion measures."""
    outcome = facts.label(one.outcome) if one.outcome else ""
    return kinds.PROGRESS[MEASURE[one.measure]].format(of=one.of, outcome=outcome, at=one.at)
