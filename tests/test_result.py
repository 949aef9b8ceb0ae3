from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pytest

from trialsim.result import COLUMNS, LINES, ROWS, WIDTH, Result


@dataclass(frozen=True, repr=False)
class Wide(Result):
    """A result of any size, with a name that is markup."""

    rows: int
    columns: int
    name: str = "<script>alert(1)</script>"
    sentences: int = 1

    def frame(self) -> pd.DataFrame:
        return pd.DataFrame({f"{self.name} {i}": [float(i)] * self.rows for i in range(self.columns)})

    def lines(self) -> list[str]:
        return [self.name] * self.sentences if self.sentences >= 0 else ["a long sentence " * 30]


@pytest.mark.parametrize(
    ("rows", "columns", "sentences"), [(0, 0, 1), (1, 1, 1), (3, 2, 0), (500, 60, 1), (5, 3, 400), (2, 1, -1)]
)
def test_one_screen_holds_any_result(rows: int, columns: int, sentences: int) -> None:
    text = repr(Wide(rows, columns, sentences=sentences))
    assert len(text.splitlines()) <= LINES + ROWS + 5
    assert all(len(line) <= WIDTH for line in text.splitlines())
    if columns > COLUMNS:
        assert "more columns" in text


def test_no_name_becomes_markup() -> None:
    html = Wide(2, 2)._repr_html_()
    assert "<script>" not in html
    assert html.count("&lt;script&gt;") == 3  # the line and both columns
    assert "<table" in html
