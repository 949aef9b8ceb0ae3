"""p-values as papers print them."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from trialsim.quantities.pvalues import PValue, within_bound

READ: TypeAdapter[float | str] = TypeAdapter(PValue)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (0.016, 0.016),
        (0, 0.0),
        (1, 1.0),
        ("<0.001", "<0.001"),
        ("< .001", "<0.001"),
        (" > 0.05 ", ">0.05"),
        ("<0.0001", "<0.0001"),
    ],
)
def test_numbers_and_bounds_are_read(written: object, read: object) -> None:
    assert READ.validate_python(written) == read
    assert READ.validate_python(read) == read, "what is written out reads back"


@pytest.mark.parametrize(
    "written", [-0.1, 1.2, float("nan"), True, "0.001", "<", "<1.5", "<0", "< 5 %", "≈0.05", "ns", [0.05]]
)
def test_other_words_are_refused(written: object) -> None:
    with pytest.raises(ValidationError, match="p-value"):
        READ.validate_python(written)


def test_bounds() -> None:
    assert within_bound("<0.0001") == (True, 0.0001)
    assert within_bound(">0.05") == (False, 0.05)
