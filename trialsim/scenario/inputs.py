"""A number of a resolved scenario by its path."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel

from trialsim.quantities.fields import Number
from trialsim.scenario.model import Scenario


def number_at(scenario: Scenario, path: str) -> Number | None:
    """The number at a path as ``--set`` names it, such as ``setting.patients.consent``; None where no number is.

    >>> from trialsim.scenario import load
    >>> number_at(load("scenarios/pilot-nicu.yaml"), "attrition.0.chance").value
    0.1
    """
    at: object = scenario
    for key in path.split("."):
        at = _inside(at, key)
    return at if isinstance(at, Number) else None


def _inside(at: object, key: str) -> object:
    if isinstance(at, BaseModel):
        fields = {info.alias or name: name for name, info in type(at).model_fields.items()}
        return getattr(at, fields[key]) if key in fields else None
    if isinstance(at, Mapping):
        return at.get(key)
    if isinstance(at, tuple) and key.isdecimal() and int(key) < len(at):
        return at[int(key)]
    return None
