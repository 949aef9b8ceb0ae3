"""Permission to run the user's own functions: it is given to a scenario by name, once, and goes with it and its changes.

Reading, checking and explaining a scenario run nothing of it. Only who was given ``--allow-code`` (``allow_code=True``) has the
content of the files, and only then is there anything to run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from trialsim.errors import RunError
from trialsim.scenario.model import Scenario
from trialsim.scenario.model.functions import OwnFunction, digest_of, source_of
from trialsim.scenario.resolve import resolve

#: What to do where functions may not run.
ALLOW = (
    "Read the file, then add --allow-code (run, size, compare, sweep, assurance and replay take it; in Python allow_code=True). "
    "Nothing else runs it."
)


def functions_of(scenario: Scenario) -> dict[str, OwnFunction]:
    """The user's own functions, by the analysis that names them."""
    return {name: one.function for name, one in scenario.analyses.items() if one.function is not None}


def allowed(scenario: Scenario) -> Scenario:
    """The scenario with the permission to run its functions, whose files are read now.

    Raises
    ------
    RunError
        TS-R081 when a file is not there any more, TS-R082 when it has changed since the scenario was read
    """
    wanted = functions_of(scenario)
    there = scenario.written.code or {}
    if all(function.file in there for function in wanted.values()):
        return scenario
    code: dict[str, str] = {}
    for function in wanted.values():
        source = source_of(scenario.written.folder, function.file)
        if source is None:
            remedy = "Put it beside the scenario; the folder of a result keeps no code."
            raise RunError(f"the file {function.file} cannot be read.", code="TS-R081", remedy=remedy)
        if digest_of(source) != function.digest:
            message = f"{function.file} is not the file that this scenario was made with."
            raise RunError(message, code="TS-R082", remedy="Run the scenario that you wrote, not its resolved form.")
        code[function.file] = _text(source, function.file)
    return with_code(scenario, code)


def with_code(scenario: Scenario, code: Mapping[str, str] | None) -> Scenario:
    """The scenario with the permission to run this content of files."""
    return scenario if code is None else resolve(replace(scenario.written, code=code))


def refuse_without_permission(scenario: Scenario) -> None:
    """See that the functions of a scenario may run.

    Raises
    ------
    RunError
        TS-R080 when they may not
    """
    wanted = functions_of(scenario)
    if wanted and scenario.written.code is None:
        names = ", ".join(sorted({f"{one.file}:{one.name}" for one in wanted.values()}))
        raise RunError(
            f"this study runs Python code of its own ({names}), and you have not allowed it.",
            code="TS-R080",
            remedy=ALLOW,
        )


def _text(source: bytes, file: str) -> str:
    try:
        return source.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise RunError(f"{file} is not UTF-8 text.", code="TS-R081", remedy="Save it as UTF-8.") from None
