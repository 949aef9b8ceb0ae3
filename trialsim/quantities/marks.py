"""Numbers with marks for thousands: ``10_000``."""

from __future__ import annotations

import re

#: Underscores between groups of three digits; ``1_0`` is a slip, and stays one.
_GROUPED = re.compile(r"(?<![\d_])(?<!(?<!\.)\.)\d{1,3}(?:_\d{3})+(?![\d_])")


def without_marks(text: str) -> str:
    """A text whose numbers have lost their marks for thousands.

    >>> without_marks("10_000 EUR"), without_marks("20..1_000 by 20"), without_marks("1_0")
    ('10000 EUR', '20..1000 by 20', '1_0')
    """
    return _GROUPED.sub(lambda found: found[0].replace("_", ""), text)


def marks_remedy(text: str) -> str:
    """How a number with a comma or a blank in it is written; empty where it has neither.

    >>> marks_remedy("5,03 cm"), marks_remedy("10 000 EUR"), marks_remedy("15 min")
    ('Write a decimal point: 5.03 cm.', 'Write 10000 EUR.', '')
    >>> marks_remedy("10,000")
    'Write 10000 if thousands are meant, 10.000 if decimals are.'
    """
    found = re.match(r"\s*[-+]?\d+([, ]\d+)+(?![\d.])", text)
    if found is None:
        return ""
    number, rest = found[0].strip(), text[found.end() :]
    plain = re.sub("[, ]", "", number) + rest
    if " " in number:
        return f"Write {plain}."
    point = number.replace(",", ".", 1) + rest
    if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+", number):
        return f"Write {plain} if thousands are meant, {point} if decimals are."
    return f"Write a decimal point: {point}." if number.count(",") == 1 else f"Write {plain}."
