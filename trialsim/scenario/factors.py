"""Factors in place of arms: the arms are the combinations of their levels, and effects belong to factors and interactions.

Effects are coded 0 and 1: the effect of a factor is the difference at the first level of the others, and an interaction is
what is added where all its factors are at their second level. What an analysis compares is a set of weights of the arms: of a
factor the mean of the arms with its second level minus the mean of those with its first, of an interaction the difference of such
differences, each averaged evenly over the levels of the other factors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

#: The levels of a factor; the first is the one against which its effect is measured.
LEVELS = 2

#: The most factors of a design: their combinations are its arms.
MOST_FACTORS = 5

#: Between the factors of an interaction.
BY = " x "


@dataclass(frozen=True)
class Term:
    """A factor, or the interaction of several.

    Attributes
    ----------
    name : ``massage``, or ``massage x music``
    factors : positions of its factors
    weights : of the arms; what an analysis estimates is the sum of weights times means
    present : whether each arm has the second level of all its factors, so that its effect acts there
    """

    name: str
    factors: tuple[int, ...]
    weights: tuple[float, ...]
    present: tuple[bool, ...]

    @property
    def sides(self) -> tuple[int, ...]:
        """The arms with a positive weight, then as many with a negative one."""
        order = range(len(self.weights))
        return tuple(k for k in order if self.weights[k] > 0) + tuple(k for k in order if self.weights[k] < 0)

    @property
    def size(self) -> float:
        """By how much the mean of the first side minus that of the second must be multiplied: 1 of a factor, 2 of two."""
        return sum(weight for weight in self.weights if weight > 0)


def combined(factors: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    """The levels of each arm, the last factor changing fastest."""
    return list(product(*factors.values()))


def arms_of(factors: Mapping[str, Sequence[str]]) -> list[str]:
    """The names of the arms.

    >>> arms_of({"massage": ["no", "yes"], "music": ["no", "yes"]})
    ['massage no, music no', 'massage no, music yes', 'massage yes, music no', 'massage yes, music yes']
    """
    return [
        ", ".join(f"{factor} {level}" for factor, level in zip(factors, levels, strict=True))
        for levels in combined(factors)
    ]


def terms_of(factors: Mapping[str, Sequence[str]]) -> dict[str, Term]:
    """Every factor, then every interaction, by its name.

    >>> [(name, term.weights) for name, term in terms_of({"a": ["no", "yes"], "b": ["no", "yes"]}).items()]
    [('a', (-0.5, -0.5, 0.5, 0.5)), ('b', (-0.5, 0.5, -0.5, 0.5)), ('a x b', (1.0, -1.0, -1.0, 1.0))]
    """
    names, found = list(factors), {}
    arms = list(product(range(LEVELS), repeat=len(names)))
    for order in range(1, len(names) + 1):
        for chosen in combinations(range(len(names)), order):
            size = 2.0**order / len(arms)
            signs = [(-1) ** sum(1 - levels[f] for f in chosen) for levels in arms]
            name = BY.join(names[f] for f in chosen)
            present = tuple(all(levels[f] == 1 for f in chosen) for levels in arms)
            found[name] = Term(name, chosen, tuple(sign * size for sign in signs), present)
    return found


def arms_when(factors: Mapping[str, Sequence[str]], when: Mapping[str, str]) -> tuple[str, ...]:
    """The arms that have the levels of ``when``.

    >>> arms_when({"massage": ["no", "yes"], "music": ["no", "yes"]}, {"massage": "yes"})
    ('massage yes, music no', 'massage yes, music yes')
    """
    names = list(factors)
    return tuple(
        arm
        for arm, levels in zip(arms_of(factors), combined(factors), strict=True)
        if all(name in names and levels[names.index(name)] == level for name, level in when.items())
    )
