"""Crossover designs: participants are allocated to sequences, and each period of a sequence has its arm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

#: The fewest periods of a crossover.
FEWEST_PERIODS = 2

#: How many sequences, periods and arms the two-period crossover has, which period differences analyze.
TWO_BY_TWO = 2


def described(sequences: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Each sequence in words.

    >>> described({"AB": ["music", "control"]})
    {'AB': 'music, then control'}
    """
    return {name: ", then ".join(order) for name, order in sequences.items()}


def having(sequences: Mapping[str, Sequence[str]], arms: Sequence[str], period: int) -> tuple[str, ...]:
    """The sequences that have one of these arms in a period, counted from 0.

    >>> having({"AB": ["music", "control"], "BA": ["control", "music"]}, ["music"], 1)
    ('BA',)
    """
    return tuple(name for name, order in sequences.items() if period < len(order) and order[period] in arms)


def of_period(name: str, period: int) -> str:
    """The full name of a visit in a period, counted from 0.

    >>> of_period("pre", 1)
    'pre 2'
    """
    return f"{name} {period + 1}"
