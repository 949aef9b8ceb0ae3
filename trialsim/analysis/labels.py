"""What people read in place of the names of analyses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from trialsim.scenario.model import Analysis


def labels_of(analyses: Mapping[str, Analysis]) -> dict[str, str]:
    """What people read in place of each name, without underscores; where two are the same, the name is written beside it."""
    wanted = {name: one.label or plain_words(name) for name, one in analyses.items()}
    counts = Counter(wanted.values())
    named = {name: label if counts[label] == 1 else f"{label} ({name})" for name, label in wanted.items()}
    return named if len(set(named.values())) == len(named) else {name: name for name in named}


def plain_words(name: str) -> str:
    """A name without underscores.

    >>> plain_words("fear_during")
    'fear during'
    """
    return name.replace("_", " ")
