"""Familywise error rates as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from trialsim.evaluate.columns import family_label
from trialsim.evaluate.table import Measure
from trialsim.familywise import FamilywiseError, FamilywiseErrors
from trialsim.report.brief import se_named
from trialsim.report.digits import measure_with_error, percent, plain
from trialsim.report.words import join

EXPLAINED = (
    "Familywise error: how often a family rejects at least one null hypothesis that is true. Each set of effects that its "
    "members look for (an arm's on an outcome) is switched off in turn; which hypotheses are true there follows from the true "
    "effects."
)


@dataclass(frozen=True)
class FamilywiseRow:
    """One row of the table: the ``head`` of a family, or one of its configurations; ``bad`` where it rejects too often."""

    name: str
    true_nulls: str
    rate: str
    verdict: str
    head: bool = False
    bad: bool = False


def familywise_rows(found: FamilywiseErrors, *, most: int | None = None) -> tuple[list[FamilywiseRow], int]:
    """Rows by family, the highest rates first and ``most`` of each family; and how many are left out."""
    rows: list[FamilywiseRow] = []
    hidden = 0
    for family in dict.fromkeys(one.family for one in found.rows):
        of = sorted((one for one in found.rows if one.family == family), key=lambda one: -one.value)
        shown = of[:most]
        hidden += len(of) - len(shown)
        rows.append(FamilywiseRow(f"{family_label(family)}, level {plain(100 * of[0].alpha)} %", "", "", "", head=True))
        rows.extend(
            FamilywiseRow(_row_name(one), str(len(one.true_nulls)), rates(one.rates), _brief(one), bad=one.too_often)
            for one in shown
        )
    return rows, hidden


def _row_name(one: FamilywiseError) -> str:
    return f"  {', '.join(' on '.join(pair) for pair in one.off) or 'none'}"


def _brief(one: FamilywiseError) -> str:
    """The verdict; of the worst configuration also how many more replicates should decide."""
    return one.words.partition(";")[0]


def rates(measured: Sequence[Measure]) -> str:
    """A rate with its standard error, or its two bounds where many trials failed."""
    if len(measured) > 1:
        return f"{percent(measured[0].value)} to {percent(measured[-1].value)}"
    return measure_with_error(measured[0], "share")


def worst_text(found: FamilywiseErrors) -> Iterator[str]:
    """The worst configuration of each family in a sentence."""
    for family in dict.fromkeys(one.family for one in found.rows):
        worst = found.worst(family)
        assert worst is not None  # it has a row
        yield f"{_capital(family_label(family))}: at worst {_rate(worst)}, {worst.configuration}: {worst.words}."


def _rate(worst: FamilywiseError) -> str:
    return se_named(rates(worst.rates))


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def unreachable_text(found: FamilywiseErrors) -> Iterator[str]:
    """The members of which nothing is known, in a sentence for each family."""
    for family, members in found.unreachable.items():
        yield f"{_capital(family_label(family))}: no configuration makes the null hypothesis of {join(members)} true."


def familywise_texts(found: FamilywiseErrors) -> list[str]:
    """The sentences of a page: what the rates are, the worst of each family, what is not known."""
    return [EXPLAINED, *worst_text(found), *unreachable_text(found)]
