"""The estimand of a primary analysis by its five attributes (ICH E9(R1)), from what the scenario says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from trialsim.kinds.designs import ALL_PERIODS, HYPOTHETICAL, RESPONDER_STRATUM, TREATMENT_POLICY, WHILE_ON_TREATMENT
from trialsim.kinds.estimands import NO_ESTIMAND
from trialsim.kinds.tests import TEST
from trialsim.protocol.steps import Activity, Attempt, Hold, Period, Repeat, Step
from trialsim.report import kinds
from trialsim.report.document import DataTable
from trialsim.report.words import join

if TYPE_CHECKING:
    from trialsim.prepared import Study
    from trialsim.scenario.model import Analysis

#: What each strategy does with an event, in words.
STRATEGIES = {
    TREATMENT_POLICY.name: "treatment policy: everybody counts as allocated, whatever happens",
    HYPOTHETICAL.name: "hypothetical: the effect if the event did not happen",
    WHILE_ON_TREATMENT.name: "while on treatment: the effect as long as it has not happened",
    RESPONDER_STRATUM.name: "principal stratum: the effect in those who respond",
}

POPULATIONS = {"": "everybody who is randomized"}

ASK = "To be stated by the authors: "


def estimand_tables(study: Study) -> Iterator[DataTable]:
    """A table for each primary analysis."""
    for name in study.scenario.primary:
        yield _table(study, name)


def _table(study: Study, name: str) -> DataTable:
    caption, rows = estimand_rows(study, name)
    return DataTable(caption, ("attribute", "as planned"), tuple(rows))


def estimand_rows(study: Study, name: str) -> tuple[str, list[tuple[str, str]]]:
    """The caption of a table, and its rows: attribute and what is planned."""
    scenario = study.scenario
    what = scenario.analyses[name]
    row = next(one for one in study.analysis.rows if one.analysis == name and one.main)
    outcome = scenario.outcomes[what.outcome]
    periods = TEST[what.test].periods
    arms = scenario.design.treatments if periods else scenario.design.arms
    everybody = f"everybody who is {'randomized' if len(scenario.design.arms) > 1 else 'enrolled'}"
    text = kinds.POPULATIONS[what.population].removeprefix("; ") or everybody
    rows: list[tuple[str, str]] = [
        ("Treatment conditions", join([f"{arm} ({words})" if words != arm else arm for arm, words in arms.items()])),
        ("Population", f"{_patients(study)}; analyzed: {text}"),
        ("Variable", f"{outcome.label or what.outcome}{_when(study, name)}"),
        *(("Intercurrent event", f"{event}: {handled}") for event, handled in _events(study, what.estimand.strategy)),
        (
            "Summary over the population",
            "none: the test compares all arms at once, and the pairs after it have a summary each"
            if row.estimand == NO_ESTIMAND
            else kinds.ESTIMANDS[row.estimand] + (f" [{row.unit}]" if row.unit else ""),
        ),
    ]
    pairs = dict.fromkeys(one.estimand for one in study.analysis.rows if one.analysis == name and one.pair)
    rows += [("Summary of each pair", kinds.ESTIMANDS[one]) for one in pairs if one != NO_ESTIMAND]
    return f"Estimand of {row.shown} (ICH E9(R1))", rows


def _patients(study: Study) -> str:
    setting = study.scenario.setting
    return f"{setting.patients.label} on this ward who consent" if setting is not None else "participants as recruited"


def _when(study: Study, name: str) -> str:
    what = study.scenario.analyses[name]
    if what.visit is not None:
        return f" at {what.visit}"
    if what.change is not None and TEST[what.test].periods:
        return f" at {what.change.end}{_whole(what)}"
    if TEST[what.test].periods:
        return f" at {what.visits[0]}{_whole(what)}"
    if what.change is not None:
        return f", change from {what.change.start} to {what.change.end}"
    return ""


def _whole(what: Analysis) -> str:
    """The periods whose effect it is."""
    whole = what.estimand.periods == ALL_PERIODS
    return " and in all later periods, with nothing carried over" if whole else ", in the first period"


def _events(study: Study, strategy: str) -> Iterator[tuple[str, str]]:
    """Events after randomization and what is done about each; not delivered and death are there in any case."""
    scenario, handled = study.scenario, STRATEGIES[strategy]
    found = list(dict.fromkeys(_of_steps(scenario.protocol)))
    for event in found:
        yield event, handled
    if not any("not delivered" in event for event in found):
        yield "treatment not delivered as planned", f"{ASK}it is not simulated"
    reasons = [*scenario.attrition, *(scenario.setting.patients.leave if scenario.setting is not None else ())]
    for leave in reasons:
        yield leave.reason, f"{handled}; values after it are missing"
    if not any("death" in leave.reason or "die" in leave.reason for leave in reasons):
        yield "death", f"{ASK}it is not simulated"


def _of_steps(steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        patience = getattr(step, "give_up_after", None)
        if patience is not None:
            held = step.hold if isinstance(step, Hold) else getattr(step, "needs", ())
            yield f"no {join(list(held), 'or')} free in time, so the session is missed and its treatment not delivered"
        if isinstance(step, Activity) and step.interrupted is not None:
            yield f"{step.activity} interrupted or stopped"
        if isinstance(step, Attempt) and step.succeeds.value < 1:
            yield f"{step.attempt} fails at every try"
        if isinstance(step, (Hold, Repeat, Period)):
            yield from _of_steps(step.steps)
