"""Packages that only some forms of a document need."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from trialsim.errors import RunError

#: The package of each form that needs one, as it is imported.
NEEDS = {"docx": "docx", "pdf": "typst"}


def required(module: str, what: str) -> Any:
    """A package of the extra ``protocol``.

    Raises
    ------
    RunError
        TS-R321 where it is not installed
    """
    if find_spec(module) is None:
        raise RunError(
            f"{what} need the package {module}, which is not installed.",
            code="TS-R321",
            remedy='Install it with: python -m pip install "trialsim[protocol]"; or choose --format md,html.',
        )
    return import_module(module)


def available(forms: tuple[str, ...]) -> tuple[str, ...]:
    """The forms that can be made here."""
    return tuple(form for form in forms if form not in NEEDS or find_spec(NEEDS[form]) is not None)
