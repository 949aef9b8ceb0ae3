"""STRESS-DES: how the discrete-event simulation of the ward is reported."""

from __future__ import annotations

from collections.abc import Iterator

from trialsim.report import words as plain_words
from trialsim.report.present import course
from trialsim.report.protocol.checklists.ademp import machine_words, measures_words, programs_words, reproducible_words
from trialsim.report.protocol.checklists.intervention import steps_words
from trialsim.report.protocol.checklists.row import Guideline, Item, author, words
from trialsim.report.protocol.facts import ProtocolFacts
from trialsim.report.protocol.text import capital
from trialsim.report.words import join
from trialsim.scenario.identity import scenario_hash
from trialsim.scenario.provenance import provenance

#: The rows that are filled without an author; a test holds this list.
WITHOUT_AUTHOR = (
    "1.2", "2.1", "2.3", "2.5.1", "2.5.2", "2.5.3", "2.5.4", "2.5.5", "4.1", "4.2", "4.3", "5.1", "5.2", "5.3", "5.4",
)  # fmt: skip


def _outputs(facts: ProtocolFacts) -> str:
    return f"{measures_words(facts)} Each is computed at the end of a simulated trial; their errors are those of independent trials."


def _diagram(facts: ProtocolFacts) -> str:
    happens = course(facts.scenario) if facts.scenario.setting is not None else _without_ward(facts)
    return f"In every simulated trial: {happens}. The table “Schedule of enrollment, interventions and assessments” shows who is measured when."


def _without_ward(facts: ProtocolFacts) -> str:
    leave = "; some leave early" if facts.scenario.attrition else ""
    return f"everyone is enrolled at once and measured at the planned times{leave}"


def _logic(facts: ProtocolFacts) -> str:
    text = steps_words(facts)
    return f"Each participant: {text}" if text else "Every visit takes place at its planned time."


def _scenarios(facts: ProtocolFacts) -> str:
    text = "Each trial is simulated with the assumed effects and, from the same random numbers, without any"
    clock = "; also with the hour of the day without influence" if len(facts.study.twins) > 2 else ""
    ranges = "" if facts.tornado is None else "; and with each number at both ends of its plausible range"
    return f"{text}{clock}{ranges}."


def _algorithms(facts: ProtocolFacts) -> str:
    patience = (
        " A request that is not answered within its patience is given up." if facts.study.program is not None else ""
    )
    return (
        "Events are ordered by their time in whole seconds; ties are settled by fixed rules. Requests are served by priority and then "
        f"in the order in which they came.{patience}"
    )


def _entities(facts: ProtocolFacts) -> str:
    people = facts.people or "participants"
    cov = join(list(facts.scenario.participants))
    return f"{capital(people)}{f', with {cov}' if cov else ''}; allocated to {join(list(facts.study.response.arms))}."


def _activities(facts: ProtocolFacts) -> str:
    found = list(_steps(facts))
    return f"{capital('; '.join(found))}." if found else "None takes time: every visit is a moment."


def _steps(facts: ProtocolFacts) -> Iterator[str]:
    for line in plain_words.protocol(facts.scenario.protocol):
        if ": " in line and not line.strip().startswith("call"):
            yield line.strip()


def _resources(facts: ProtocolFacts) -> str:
    setting = facts.scenario.setting
    if setting is None or not setting.resources:
        return "None: nothing is limited by staff or rooms."
    return " ".join(plain_words.resource(name, what) for name, what in setting.resources.items())


def _queues(facts: ProtocolFacts) -> str:
    setting = facts.scenario.setting
    if setting is None or not setting.resources:
        return "None."
    return "One for each resource, by priority and then first come first served; who waits longer than the stated patience leaves it."


def _doors(facts: ProtocolFacts) -> str:
    if facts.scenario.setting is None:
        return "Everybody enters at once and leaves after the last visit or by the stated reasons."
    return " ".join(plain_words.patients(facts.scenario))


def _inputs(facts: ProtocolFacts) -> str:
    rows = provenance(facts.scenario)
    return f"{len(rows)} numbers, in the scenario of the supplement, each with its source, reason or neither."


def _assumed(facts: ProtocolFacts) -> str:
    rows = [row for row in provenance(facts.scenario) if row.kind not in ("source", "computed")]
    return f"{len(rows)} of the numbers are assumptions; their reasons are in the scenario of the supplement."


def _start(facts: ProtocolFacts) -> str:
    if facts.scenario.setting is None:
        return "Every trial starts empty, and everybody enters at its start; no warm-up is needed."
    return "Every trial starts with an empty study and staff that have the stated other work; a trial ends by itself, so there is no warm-up."


def _length(facts: ProtocolFacts) -> str:
    within = facts.scenario.design.within
    limit = f", or after {plain_words.number(within)} of recruitment" if within is not None else ""
    return f"Until the last visit of the last of {facts.size:,} participants{limit}. Time is counted in whole seconds."


def _estimation(facts: ProtocolFacts) -> str:
    return f"{facts.characteristics.replicates:,} independent trials; means and shares over trials with their Monte Carlo errors."


def _sampling(facts: ProtocolFacts) -> str:
    return f"Philox4x64-10, a counter-based generator; values by quantile functions. {reproducible_words(facts)}"


def _execution(facts: ProtocolFacts) -> str:
    return (
        "Next-event time advance, compiled with Numba; a second engine in SimPy gives the same events. Chunks of trials run in "
        f"parallel, here on {facts.characteristics.workers} cores ({facts.characteristics.engine} engine)."
    )


def _system(facts: ProtocolFacts) -> str:
    return machine_words(facts) or "The machine was not recorded."


def stress(facts: ProtocolFacts) -> Guideline:  # noqa: ARG001  # as every guideline
    """The 24 rows of its 20 items."""
    return Guideline(
        "STRESS-DES",
        "Monks et al. 2019, doi:10.1080/17477778.2018.1442155",
        (
            author("1.1", "purpose of the model", "background and objectives of the model"),
            Item("1.2", "outputs, and how they are computed", "auto", words(_outputs), where="operating_characteristics.csv"),
            Item("1.3", "aims of the experiments", "draft", words(lambda one: f"One design of {one.size:,} participants is examined."),
                 "why these experiments", "design"),
            Item("2.1", "overview of the model, with a diagram", "auto", words(_diagram), where="protocol"),
            Item("2.2", "logic of the model", "draft", words(_logic), where="protocol"),
            Item("2.3", "logic of the scenarios", "auto", words(_scenarios), where="scenario"),
            Item("2.4", "algorithms", "draft", words(_algorithms), where="documentation of the program"),
            Item("2.5.1", "entities", "auto", words(_entities), where="setting: patients; participants"),
            Item("2.5.2", "activities", "auto", words(_activities), where="protocol"),
            Item("2.5.3", "resources", "auto", words(_resources), where="setting: resources"),
            Item("2.5.4", "queues", "auto", words(_queues), where="protocol: give_up_after"),
            Item("2.5.5", "entry and exit", "auto", words(_doors), where="setting: patients; attrition"),
            author("3.1", "sources of data", "data sources that the scenario does not name"),
            author("3.2", "preparation of data", "how were data prepared before they became numbers of the scenario?"),
            Item("3.3", "input parameters", "draft", words(_inputs), where="scenario"),
            Item("3.4", "assumptions", "draft", words(_assumed), where="scenario: assumed"),
            Item("4.1", "initial state and warm-up", "auto", words(_start), where="documentation of the program"),
            Item("4.2", "run length and time units", "auto", words(_length), where="design"),
            Item("4.3", "estimation", "auto", words(_estimation), where="run.json: replicates"),
            Item("5.1", "software", "auto", words(programs_words), where="run.json: versions"),
            Item("5.2", "random sampling", "auto", words(_sampling), where="run.json: seed"),
            Item("5.3", "execution of the model", "auto", words(_execution), where="run.json: engine"),
            Item("5.4", "system", "auto", words(_system), where="run.json: platform"),
            Item("6.1", "access to the model", "draft",
                 words(lambda one: f"The program is free (MIT license); the scenario, version {scenario_hash(one.scenario)[:16]}, is in the supplement."),
                 "address of the supplement", "scenario"),
        ),
    )  # fmt: skip
