"""What the study adds to care: samples and blood of each participant."""

from __future__ import annotations

from collections.abc import Iterator

from trialsim.burden import TRIALS, blood_warnings, draws_blood
from trialsim.prepared import burdens
from trialsim.quantities.counts import counted
from trialsim.report.document import Gap
from trialsim.report.protocol.facts import ProtocolFacts
from trialsim.report.protocol.text import Sentence, rounded_mean, sentence
from trialsim.report.words import join

ROWS = ("SPIRIT 15a", "SPIRIT 32b")

DRAWS = Gap("burden.draws", "are the samples taken at draws that care needs anyway?")


def burden_sentences(facts: ProtocolFacts) -> Iterator[Sentence]:
    """Measurements, samples, blood and time; nothing is left out because it is little."""
    each = burdens(facts.study)
    values = {one.values for one in each}
    samples, blood = max(one.samples for one in each), max(one.blood for one in each)
    amount = f" with {blood:g} ml of blood in all" if draws_blood(facts.scenario) else ""
    of_them = (
        f"; {samples} of them {'is a sample' if samples == 1 else 'are samples'} for a laboratory{amount}"
        if samples
        else ""
    )
    planned = counted(max(values), "measurement")
    yield sentence(f"{planned} {'is' if max(values) == 1 else 'are'} planned of each participant{of_them}.", rows=ROWS)
    if samples:
        yield sentence("Draws: ", DRAWS, rows=ROWS)
    for warning in blood_warnings(facts.scenario, each):
        yield sentence(f"A stated limit of blood is passed: {warning}", rows=ROWS)
    minutes = [
        f"{rounded_mean(one.minutes.value, one.minutes.error, 'min')} with {facts.named(one.arm)}"
        for one in each
        if one.minutes.value > 0
    ]
    if minutes:
        yield sentence(
            f"What is done with a participant takes on average {join(minutes)} (in the first {TRIALS} simulated trials).",
            rows=ROWS,
        )
