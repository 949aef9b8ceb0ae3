"""What people type as options: numbers, shares, ranges, words of a list."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NoReturn

import rich_click as click

from trialsim.quantities.marks import marks_remedy, without_marks

if TYPE_CHECKING:
    ParamType = click.ParamType[Any]
else:
    ParamType = click.ParamType


#: As numbers of a scenario (:mod:`trialsim.quantities.read`, which takes longer to import than a command line may).
SMALLEST, LARGEST = 1e-12, 1e12


class NotReadable(click.BadParameter):
    """A word of the command line that does not fit its place, and what does."""

    def __init__(self, message: str, remedy: str, *, param: click.Parameter | None, ctx: click.Context | None) -> None:
        super().__init__(message, ctx=ctx, param=param)
        self.remedy = remedy


class Word(ParamType):
    """A word of the command line that is read as something."""

    def refuse(self, message: str, remedy: str, param: click.Parameter | None, ctx: click.Context | None) -> NoReturn:
        """Say what is wrong and what to write."""
        raise NotReadable(message, remedy, param=param, ctx=ctx)


def number_in(text: str) -> float:
    """A number as people type it, ``1e4`` and ``10_000`` too; NaN where it is not one.

    >>> number_in("1e4"), number_in("10_000"), number_in("1_0"), number_in("1,5")
    (10000.0, 10000.0, nan, nan)
    """
    plain = without_marks(text.strip())
    try:
        return math.nan if "_" in plain else float(plain)
    except ValueError:
        return math.nan


def remedy_for(text: str, example: str) -> str:
    """How to write a number: without commas and blanks, where it has some."""
    return marks_remedy(text) or f"Write it like this: {example}."


class Whole(Word):
    """A whole number between two ends: ``10000``, ``1e4`` or ``10_000``."""

    name = "number"

    def __init__(self, low: int, high: int, *, example: str = "1000") -> None:
        self.low, self.high, self.example = low, high, example

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number, exact however large."""
        plain = without_marks(str(value).strip())
        try:
            exact = Decimal("nan" if "_" in plain else plain)
        except InvalidOperation:
            exact = Decimal("nan")
        whole = exact.is_finite() and exact.adjusted() < 30 and exact == exact.to_integral_value()
        if not whole:
            grouped = re.fullmatch(r"\s*\d{1,3}([,. ]\d{3})+\s*", str(value))
            example = re.sub(r"\D", "", str(value)) if grouped else self.example
            self.refuse(f"'{value}' is not a whole number.", f"Write it like this: {example}.", param, ctx)
        if not self.low <= exact <= self.high:
            self.refuse(f"'{value}' is out of range.", f"Write {self.low:,} to {self.high:,}.", param, ctx)
        return int(exact)


class Share(Word):
    """``90%``, ``90 %`` or ``0.9``; a bare number above 1 is a percentage that lacks its sign."""

    name = "share"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The share, strictly between 0 and 1."""
        text = str(value).strip()
        percent = text.endswith("%")
        share = number_in(text.removesuffix("%")) / (100 if percent else 1)
        if math.isnan(share):
            self.refuse(f"'{text}' is not a share.", remedy_for(text, "90% or 0.9"), param, ctx)
        if not percent and share > 1:
            self.refuse(f"'{text}' lies above 1.", f"Did you mean {text}%?", param, ctx)
        if not SMALLEST <= share < 1:
            self.refuse(f"'{text}' is out of range.", "Write a share between 0 and 100 %, such as 90%.", param, ctx)
        return share


class Range(Word):
    """``20..400``."""

    name = "range"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, float]:
        """The two ends, rising and positive."""
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(
            r"\s*([\d._]+?(?:[eE]\+?\d+)?)\s*(?:\.\.|-|:|to)\s*([\d._]+(?:[eE]\+?\d+)?)\s*", str(value)
        )
        low, high = (number_in(part) for part in match.groups()) if match else (math.nan, math.nan)
        if not SMALLEST <= low < high <= LARGEST:
            self.refuse(f"'{value}' is not a range.", "Write the lower end first: 20..400.", param, ctx)
        return low, high


class Positive(Word):
    """A number above 0."""

    name = "number"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number."""
        number = number_in(str(value))
        if not (number > 0 and math.isfinite(number)):
            self.refuse(f"'{value}' is not a number above 0.", remedy_for(str(value), "0.5"), param, ctx)
        if not SMALLEST <= number <= LARGEST:
            self.refuse(f"'{value}' is beyond every study.", "Write a number from 1e-12 to 1e12.", param, ctx)
        return number


class Any_(Word):  # noqa: N801  # Any is the type
    """A number of any sign."""

    name = "number"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number."""
        number = number_in(str(value))
        if not math.isfinite(number):
            self.refuse(f"'{value}' is not a number.", remedy_for(str(value), "0.5"), param, ctx)
        return number


class ShardType(Word):
    """``3/20``."""

    name = "shard"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Which of how many."""
        match = re.fullmatch(r"\s*(\d{1,6})\s*/\s*(\d{1,6})\s*", str(value))
        index, count = (int(part) for part in match.groups()) if match else (0, 0)
        if not 1 <= index <= count:
            self.refuse(f"'{value}' is not a shard.", "Write 3/20 for the third of twenty.", param, ctx)
        return index, count


class Address(Word):
    """``local``, or where a Dask scheduler listens: ``tcp://10.0.0.1:8786``."""

    name = "address"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """What :func:`trialsim.runs.players.open_player` is given."""
        text = str(value).strip()
        if text.lower() == "local":
            return "dask"
        if re.fullmatch(r"((tcp|tls|ws|wss|ucx)://)?([\w.-]+|\[[\da-fA-F:.]+\]):\d{1,5}", text) is None:
            message = f"'{value}' is not the address of a Dask scheduler."
            self.refuse(message, "Write tcp://10.0.0.1:8786, or local.", param, ctx)
        return text


class WordChoice(Word):
    """One of a few words."""

    name = "word"

    def __init__(self, *words: str) -> None:
        self.words = words

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:  # noqa: ARG002  # click's signature
        """The words, as help shows them."""
        return f"[{'|'.join(self.words)}]"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The word, in the spelling that is known."""
        from trialsim.quantities.refuse import did_you_mean

        known = {word.casefold(): word for word in self.words}
        if str(value).casefold() not in known:
            message = f"'{value}' is not one of the words allowed."
            self.refuse(message, did_you_mean(str(value), self.words, what="Allowed"), param, ctx)
        return known[str(value).casefold()]

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:  # noqa: ARG002  # click's signature
        """The words that begin so."""
        return completions(self.words, incomplete)


def completions(words: Sequence[str], incomplete: str) -> list[Any]:
    """What a shell offers: the words that begin as typed."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(word) for word in words if word.casefold().startswith(incomplete.casefold())]


SHARE, RANGE, POSITIVE, NUMBER, SHARD, ADDRESS = Share(), Range(), Positive(), Any_(), ShardType(), Address()

#: Counts that people may say: 63 bits of seed, as many replicates as a run can hold, more threads than a machine has cores.
SEED = Whole(0, 2**63 - 1, example="2024")
REPLICATES = Whole(1, 10**9)
REPLICATE = Whole(0, 10**9 - 1, example="7")
LOGGED = Whole(1, 1000, example="20")
WORKERS = Whole(1, 10_000, example="2")
