"""Tables in any width: no line is wider, and no word or number is broken."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from trialsim.cli import main
from trialsim.cli.grid import grid, grouped

HEADER = ("analysis", ">power", ">without effects", "level")
ROWS = [
    ("Fear during the needle", "", "", ""),
    ("  all arms", "74.5 % ± 3.1", "0 % (at most 1.9 %)", "keeps its level"),
    ("  massage - control", "50.0 % ± 3.5", "1.50 % ± 0.86", "undecided; about 600 more replicates should decide"),
    ("恐怖 (針の間)", "1.0 % ± 1.1", "5.0 % ± 1.5", "rejects too often (17 times)"),
]


@pytest.mark.parametrize("width", range(24, 121))
def test_no_line_is_wider_and_nothing_is_lost_or_broken(width: int) -> None:
    made = grid(HEADER, ROWS, width)
    assert len(made) == len(ROWS) + 1
    assert max(cell_len(line) for lines in made for line in lines) <= width
    for row, lines in zip(ROWS, made[1:], strict=True):
        found = " ".join(lines).split()
        for cell in row:
            assert all(found.count(word) >= cell.split().count(word) for word in cell.split()), (cell, lines)


@pytest.mark.parametrize("width", [80, 120])
def test_a_number_stays_with_its_error(width: int) -> None:
    assert any("50.0 % ± 3.5" in line for lines in grid(HEADER, ROWS, width) for line in lines)


def test_where_columns_have_no_room_each_row_is_lines() -> None:
    made = grid(HEADER, ROWS, 30)
    assert made[0] == ["analysis"]
    assert "  power: 74.5 % ± 3.1" in made[2]


def test_letters_that_steer_a_terminal_are_shown_by_their_numbers() -> None:
    assert "\x1b" not in "".join(line for lines in grid(("a",), [("\x1b[31mred",)], 40) for line in lines)


def test_a_group_has_a_heading_in_the_style_of_its_rows() -> None:
    rows, styles = grouped([("A", "x", "1"), ("A", "", "2"), ("B", "y", "3")], ["bold red", "bold", "red"])
    assert rows == [("A", ""), ("  x", "1"), ("  in all", "2"), ("B: y", "3")]
    assert styles == ["bold", "bold red", "bold", "red"]


def test_no_word_is_split_in_a_narrow_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every word of ``explain``, with its tables, stands whole in 40 columns as in 300."""
    monkeypatch.chdir(tmp_path)
    words: dict[int, set[str]] = {}
    for columns in (300, 40):
        monkeypatch.setenv("COLUMNS", str(columns))
        for more in ((), ("--all",)):
            assert main(["explain", "picu-blood-draw", *more]) == 0
            words.setdefault(columns, set()).update(capsys.readouterr().out.replace("/", " ").split())
    assert {word for word in words[300] if len(word) > 2} <= words[40] | {f"{word}:" for word in words[40]} | {
        word.removesuffix(":") for word in words[40]
    }
