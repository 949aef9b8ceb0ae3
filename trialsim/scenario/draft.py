"""From plain data to records: every key read by itself, and what is wrong cut out so that the rest is still checked."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from trialsim.scenario.checks.echoes import without_repeats
from trialsim.scenario.messages import findings_of
from trialsim.scenario.model import Draft
from trialsim.scenario.text import MOST_FAULTS, Finding
from trialsim.scenario.written import WrittenScenario

MOST_ROUNDS = 5
HARMLESS: dict[str, object] = {"trialsim": 1, "name": "x", "title": "?"}  # placeholders while the rest is checked


def draft_of(written: WrittenScenario, data: Any) -> tuple[Draft | None, list[Finding], list[Finding]]:
    """The draft, what is wrong with it, and all that was cut out with it so that the rest can still be checked.

    Parameters
    ----------
    data : that of ``written``, with its priors named
    """
    from pydantic import ValidationError

    findings: list[Finding] = []
    cut_out: list[Finding] = []
    for _ in range(MOST_ROUNDS):
        try:
            return Draft.model_validate(data, context={"folder": written.folder}), findings, cut_out
        except ValidationError as error:
            found = findings_of(error, data)
            findings += without_repeats(found, findings)
            cut_out += [one for one in found if one.path]  # also what only lacks what was cut out before
            data = deepcopy(data)
            if error.error_count() > MOST_FAULTS:
                return None, findings, cut_out
            cuts = [_cut(data, finding) for finding in found]  # every one, whatever the others give
            if not all(cuts):
                return None, findings, cut_out
    return None, findings, cut_out


def _cut(data: Any, finding: Finding) -> bool:
    """Take out what is wrong; of a map that lacks a key, the whole map."""
    path = finding.path
    if finding.code == "TS-E004" and path == ():  # a part of the file itself is missing
        data |= {key: HARMLESS[key] for key in (finding.key,) if key in HARMLESS}
        return finding.key in HARMLESS
    for step in path[:-1]:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return False
    if path and isinstance(data, dict) and path[-1] in data:
        del data[path[-1]]
        return True
    return False
