"""SciPy, imported when something of it is first used: what only reads and checks a scenario does without it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["special", "stats"]

if TYPE_CHECKING:
    import scipy.special as special
    import scipy.stats as stats
else:

    class _WhenUsed:
        """A module that is imported when one of its names is first asked for."""

        def __init__(self, name: str) -> None:
            self._name = name

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            found = getattr(import_module(self._name), name)
            setattr(self, name, found)
            return found

    special, stats = _WhenUsed("scipy.special"), _WhenUsed("scipy.stats")
