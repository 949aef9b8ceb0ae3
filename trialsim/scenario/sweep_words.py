"""The sweep that options of the command line ask for: ``--over``, ``--zip``, ``--latin``, ``--point``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from trialsim.errors import Fault, ScenarioError
from trialsim.quantities.marks import marks_remedy
from trialsim.scenario.checks.sweep import check_sweep
from trialsim.scenario.sweep import Sweep
from trialsim.scenario.text import Finding, read_text


def sweep_of_words(
    over: Sequence[str], *, zipped: bool = False, listed: Sequence[str] = (), latin: int | None = None
) -> Sweep:
    """The sweep that ``--over PATH=VALUES`` asks for: every combination, or ``zipped``, or ``latin`` points.

    Parameters
    ----------
    listed : points one by one, each as ``PATH=VALUE; PATH=VALUE``

    Raises
    ------
    ScenarioError
        Values that cannot be read, or that do not fit together.
    """
    from pydantic import ValidationError

    from trialsim.scenario.messages import findings_of

    faults: list[Fault] = []
    swept: dict[str, object] = {}
    for text in over:
        path, equals, values = text.partition("=")
        if not equals or not path.strip():
            faults.append(_fault(f"--over {text}", "TS-E008", f"'{text}' is not path=values.", _EXAMPLE))
            continue
        if path.strip() in swept:
            faults.append(_fault(f"--over {text}", "TS-E091", f"'{path.strip()}' is varied twice.", "Keep one."))
        swept[path.strip()] = _values(values, f"--over {text}", faults)
    part = "latin" if latin is not None else "zip" if zipped else "matrix"
    data: dict[str, object] = {part: swept} if swept else {}
    if latin is not None:
        data["points"] = latin
    if listed:
        data["list"] = [_point(text, faults) for text in listed]
    if faults:
        raise ScenarioError(faults)
    try:
        sweep = Sweep.model_validate(data)
    except ValidationError as error:
        found = findings_of(error, {"sweep": data})
        raise ScenarioError([_fault("--over", one.code, one.words, one.remedy) for one in found]) from None
    findings: list[Finding] = []
    check_sweep(sweep, findings.append)
    if findings:
        raise ScenarioError([_fault("--over", one.code, one.words, one.remedy) for one in findings])
    return sweep


_EXAMPLE = 'Write --over design.enroll="[60, 99, 150]".'
_POINT = 'Write --point "design.enroll=60; setting.patients.consent=70 %".'


def _point(text: str, faults: list[Fault]) -> dict[str, object]:
    """``design.enroll=60; setting.patients.consent=70 %`` as a point."""
    point: dict[str, object] = {}
    for part in text.split(";"):
        path, equals, value = part.partition("=")
        if not equals or not path.strip():
            faults.append(_fault(f"--point {text}", "TS-E008", f"'{part.strip()}' is not path=value.", _POINT))
            continue
        point[path.strip()] = _read(value, f"--point {text}", faults)
    return point


def _values(text: str, file: str, faults: list[Fault]) -> object:
    """A list, a range in words, or a single value as a list of one."""
    value = _read(text, file, faults)
    if isinstance(value, str) and "," in value and all(re.match(r"\s*[-+.]?\d", part) for part in value.split(",")):
        one = marks_remedy(text.strip()) if text.count(",") == 1 else ""
        several = f'Write several values in brackets: "[{text.strip()}]".'
        remedy = f"{one} {several}".strip()
        faults.append(_fault(file, "TS-E008", f"'{text.strip()}' is not one value.", remedy))
    return value if isinstance(value, list) or (isinstance(value, str) and ".." in value) else [value]


def _read(text: str, file: str, faults: list[Fault]) -> object:
    from trialsim.scenario.text import BrokenText

    try:
        read = read_text(text, file)
    except BrokenText as broken:
        faults.append(_fault(file, "TS-E008", broken.finding.message, _EXAMPLE))
        return None
    faults.extend(_fault(file, one.code, one.words, one.remedy) for one in read.findings)
    return read.data


def _fault(file: str, code: str, message: str, remedy: str) -> Fault:
    return Fault(code=code, path="", message=message, remedy=remedy, file=file, option=file.split(maxsplit=1)[0])
