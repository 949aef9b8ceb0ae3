"""Rules as annotations on the fields of a scenario's records; code that applies a rule asks the field.

``sd: Annotated[Amount | None, ABOVE_ZERO] = None``
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel
from pydantic.fields import FieldInfo


@dataclass(frozen=True)
class Rule:
    """One rule, known by its name."""

    name: str


#: A key that came later: while it is not used, the identity of a study is what it was without it.
LATER = Rule("later")
#: Says something to people and decides no result: titles, labels, where a number comes from.
WORDS = Rule("words")
#: Of a map: its names decide results, its values are words.
NAMES_DECIDE = Rule("names decide")
#: Which or how many replicates are simulated; each replicate is independent of the others.
COUNTED = Rule("counted")
#: A number above zero.
ABOVE_ZERO = Rule("above zero")
#: A number of zero or more.
NOT_NEGATIVE = Rule("not negative")
#: Shares that sum to 100 %; one of them alone cannot vary.
SHARES_OF_A_WHOLE = Rule("shares of a whole")
#: A choice of the trialist or a quotation; nothing in it is uncertain.
CHOSEN = Rule("chosen")
#: A number of the schedule or of how another one is given: fixed times, windows, units of an effect.
SCHEDULE = Rule("schedule")
#: A rule that is applied to what was simulated: results depend on it, but no simulated number does.
APPLIED = Rule("applied")
#: With this key a map is one quantity: a child file replaces it whole, so that no source outlives its number.
QUANTITY = Rule("quantity")


def has(info: FieldInfo, *rules: Rule) -> bool:
    """Whether a field has one of these rules."""
    return any(rule in info.metadata for rule in rules)


def fields_with(record: type[BaseModel], *rules: Rule) -> Iterator[tuple[str, str]]:
    """The fields of a record that have one of these rules: name, and key in the file."""
    for name, info in record.model_fields.items():
        if has(info, *rules):
            yield name, info.alias or name
