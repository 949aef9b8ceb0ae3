"""Who counts as a practitioner: the resources that an ICC, or a spread of an effect over practitioners, is of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from trialsim.protocol.practitioners import Practitioners
from trialsim.protocol.steps import Resource
from trialsim.quantities.fields import OfPractitioners
from trialsim.scenario.amounts import Report
from trialsim.scenario.checks.names import known
from trialsim.scenario.model import Draft, Outcome
from trialsim.scenario.text import Finding, Path


def resources_of(scenario: Draft) -> Mapping[str, Resource]:
    """The resources of a study; none without a ward."""
    return scenario.setting.resources if scenario.setting else {}


def candidates(resources: Mapping[str, Resource]) -> tuple[str, ...]:
    """Who may be meant where nobody is named: the only resource, or those with ``people``, else all of them.

    The answer is certain where there is one.
    """
    staffed = tuple(name for name, resource in resources.items() if resource.rotates)
    return staffed or tuple(resources)


def named(number: OfPractitioners | None, scenario: Draft) -> OfPractitioners | None:
    """The number with whose it is written out, in the order of the file."""
    if number is None:
        return None
    resources = resources_of(scenario)
    meant = number.of or candidates(resources)
    return number.model_copy(update={"of": tuple(name for name in resources if name in meant)})


def numbers_of(outcome: Outcome) -> Iterator[tuple[Path, OfPractitioners]]:
    """The numbers of an outcome that practitioners share, with their places below it."""
    for activity, response in outcome.responds_to.items():
        if response.sd_practitioner is not None:
            yield ("responds_to", activity, "sd_practitioner"), response.sd_practitioner
    if outcome.icc.practitioner is not None:
        yield ("icc", "practitioner"), outcome.icc.practitioner


def check_practitioners(scenario: Draft, report: Report) -> None:
    """Every such number is of resources that exist, and it is certain of which."""
    resources = resources_of(scenario)
    for name, outcome in scenario.outcomes.items():
        for below, number in numbers_of(outcome):
            path = ("outcomes", name, *below)
            if not resources:
                remedy = "Declare setting.resources."
                report(Finding("TS-E075", path, "there are no practitioners.", remedy, on_key=True))
            for i, one in enumerate(number.of if resources else ()):
                known(one, resources, "TS-E033", (*path, "of", i) if len(number.of) > 1 else (*path, "of"), report)
            if not number.of and len(candidates(resources)) > 1:
                report(_unsure(path, number, resources))


def _unsure(path: Path, number: OfPractitioners, resources: Mapping[str, Resource]) -> Finding:
    """Several resources could be meant; several at once are only proposed where all of them have people."""
    meant = candidates(resources)
    message = f"the practitioner may be {', '.join(meant[:-1])} or {meant[-1]}."
    value_text = f"{100 * number.value:g} %" if number.kind == "share" else f"{number.value:g}"
    remedy = f"Name whose people count: {{value: {value_text}, of: {meant[0]}}}"
    if resources[meant[0]].rotates:
        remedy += f", or several: of: [{', '.join(meant)}]"
    return Finding("TS-E100", path, message, f"{remedy}.", on_key=True)


def practitioners(scenario: Draft) -> Practitioners:
    """The groups that a resolved scenario follows, those over whom an effect varies first."""
    numbers = [(below, one.of) for outcome in scenario.outcomes.values() for below, one in numbers_of(outcome)]
    varying = dict.fromkeys(of for below, of in numbers if below[-1] == "sd_practitioner")
    sharing = dict.fromkeys(of for below, of in numbers if below[-1] == "practitioner")
    return Practitioners(tuple(varying | sharing), len(varying))
