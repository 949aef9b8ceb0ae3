"""Pilot files in the spellings of the world: letters, separators, decimal marks, headers, workbooks."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trialsim.pilot import Choices, FitError, Pilot, read_pilot, ready
from trialsim.pilot.reading import read_table

Read = Callable[..., Pilot]
SAME = ("min_mixed_commas.csv", "min_quoted_commas.csv", "min_semi_commas.csv", "min_semi_points.csv")


@pytest.mark.parametrize("file", SAME)
def test_decimal_commas_and_points_give_the_same_numbers(plan: Read, file: str) -> None:
    values = plan(file).outcomes["score"].values
    assert values[:3].tolist() == [[5.1, 4.9], [5.6, 3.9], [4.8, 3.6]]
    assert np.array_equal(values, plan(SAME[-1]).outcomes["score"].values)


def test_tabs_with_decimal_commas(plan: Read) -> None:
    values = plan("min_tab_commas.tsv").outcomes["score"].values
    assert values.shape == (12, 2)
    assert values[2].tolist() == [4.8, 9.9]


def test_cp1252_as_excel_writes_it(plan: Read) -> None:
    pilot = plan("excel_cp1252.csv", scales=["Schmerz=0..10"])
    assert pilot.outcomes["Cortisol"].unit == "µg/l"
    assert pilot.outcomes["Cortisol"].visits == ("baseline", "nach")
    assert any("cp1252" in note for note in pilot.notes)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_utf_8_with_and_without_a_mark_and_utf_16(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "pilot.csv"
    file.write_bytes("sep=;\nid;größe_pre;größe_post\n1;2,5;3\n2;3,5;1\n3;1,5;2\n".encode(encoding))
    assert list(ready(read_pilot(file)).outcomes) == ["größe"]


def test_thousands_are_refused_or_told(plan: Read) -> None:
    with pytest.raises(FitError, match=r'TS-P016.*1.250,5.*--decimal ","'):
        plan("min_thousands.csv")
    values = plan("min_thousands.csv", decimal=",").outcomes["score"].values
    assert values[:2].tolist() == [[1250.5, 1300.0], [1100.0, 900.5]]


def test_a_mark_before_three_digits_is_asked_about(plan: Read) -> None:
    """1,250 may be 1250; 0,125 and 12,5 may not."""
    text = "id;arm;x_pre;x_post\n1;a;1,250;2,5\n2;b;1,500;2,25\n3;a;2,125;3,5\n4;b;1,875;3,5\n"
    assert [one.code for one in plan(text).questions] == ["TS-P015"]
    assert plan(text, decimal=",").outcomes["x"].values[0, 0] == 1.25
    assert plan(text.replace("1,250", "0,250")).outcomes["x"].values[0, 0] == 0.25
    english = text.replace(",", ".").replace(";", ",")
    assert plan(english).outcomes["x"].values[0, 0] == 1.25, (
        "points in a file with commas between the cells are decimal"
    )
    with pytest.raises(FitError, match=r"TS-P015.*2.25"):
        plan(text.replace("2,25", "2.25"))


@pytest.mark.parametrize("word", ["NA", "n/a", "N/A", "Na", ".", "NaN", "#N/A", ""])
def test_words_for_nothing_are_missing_in_any_case(plan: Read, word: str) -> None:
    text = f"id,arm,x_pre,x_post\n1,a,1.5,2\n2,b,2.5,{word}\n3,a,2,3.5\n4,b,4,3\n"
    assert np.isnan(plan(text).outcomes["x"].values[1, 1])


def test_yes_and_no_are_one_and_zero(plan: Read) -> None:
    text = "id,arm,fell\n" + "".join(f"{i},{'ab'[i % 2]},{('yes', 'No')[i % 3 > 0]}\n" for i in range(9))
    assert plan(text).outcomes["fell"].values[:4, 0].tolist() == [1, 0, 0, 1]


def test_merged_headers_are_refused_with_the_line_to_write(plan: Read) -> None:
    better = r"ID, Group, Age, Sex, Cortisol \(nmol/L\) pre, Cortisol \(nmol/L\) post"
    with pytest.raises(FitError, match=rf"TS-P010.*line 4.*{better}"):
        plan("merged_header.csv")
    done = (Path(__file__).parent / "files/merged_header.csv").read_text(encoding="utf-8").split("\n", 4)[4]
    head = "ID,Group,Age,Sex,Cortisol (nmol/L) pre,Cortisol (nmol/L) post,Pain (0-10) pre,Pain (0-10) post\n"
    assert list(plan(head + done).outcomes) == ["Cortisol", "Pain"], "the way out leads out"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,x,X\n1,2,3\n2,3,4\n", "TS-P011.*'X'"),
        ("id,,x\n1,2,3\n2,3,4\n", "TS-P010.*column 2 of 3"),
        ("id,arm,x\n1,a,5,1\n2,b,6,2\n", "TS-P012.*decimal commas"),
        ("id,arm,x\n1,a,5\n2,b,6,2\n3,a,4\n", "TS-P012.*line 3"),
        ('id,x\n1,"2\n2,3\n', "TS-F001"),
    ],
)
def test_tables_that_are_none_are_refused(plan: Read, text: str, said: str) -> None:
    with pytest.raises(FitError, match=said):
        plan(text)


def test_row_names_and_separators_at_the_end_of_lines_do_no_harm(plan: Read) -> None:
    pilot = plan(",arm,x_pre,x_post\n1,a,1.5,2\n2,b,2.5,3\n3,a,2,3.5\n")
    assert pilot.columns[0].role == "ignored"
    assert list(plan("id,arm,x_pre,x_post,\n1,a,1.5,2,\n2,b,2.5,3,\n,,,,\n3,a,2,3.5,\n").outcomes) == ["x"]


# ---------------------------------------------------------------- workbooks


def workbook(file: Path, rows: list[list[Any]], *, more: bool = False) -> Path:
    import openpyxl

    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if more:
        book.create_sheet("Notes").append(["made by", "a nurse"])
    book.save(file)
    return file


ROWS: list[list[Any]] = [
    ["id", "group", "x pre", "x post"],
    [1, "a", 1.25, 2],
    [2, "b", 2.5, None],
    [3, "a", "1,5", 3.5],
    [4, "b", 3, 4],
]


def test_a_workbook_gives_the_numbers_of_its_csv(tmp_path: Path) -> None:
    file = workbook(tmp_path / "pilot.xlsx", ROWS)
    values = ready(read_pilot(file)).outcomes["x"].values
    assert values[:, 0].tolist() == [1.25, 2.5, 1.5, 3.0]
    assert np.isnan(values[1, 1])


def test_a_workbook_of_several_sheets_needs_a_name(tmp_path: Path) -> None:
    file = workbook(tmp_path / "pilot.xlsx", ROWS, more=True)
    with pytest.raises(FitError, match=r"TS-P014.*--sheet: Sheet, Notes"):
        read_pilot(file)
    assert list(read_pilot(file, Choices(sheet="Sheet")).outcomes) == ["x"]
    with pytest.raises(FitError, match="TS-P014"):
        read_pilot(file, Choices(sheet="Tabelle1"))


def test_formulas_without_values_and_broken_workbooks_are_refused(tmp_path: Path) -> None:
    file = workbook(tmp_path / "pilot.xlsx", [*ROWS, [5, "a", "=1+1", 2]])
    with pytest.raises(FitError, match=r"TS-P028.*C6"):
        read_pilot(file)
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(FitError, match="TS-F001"):
        read_pilot(tmp_path / "broken.xlsx")


def test_without_openpyxl_it_is_said_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = workbook(tmp_path / "pilot.xlsx", ROWS)
    real = builtins.__import__

    def absent(name: str, *rest: Any, **more: Any) -> Any:
        if name == "openpyxl":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(FitError, match=r"TS-P013.*openpyxl"):
        read_pilot(file)


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    """Of the first line of a row that has a break in quotation marks, and after empty lines."""
    file = tmp_path / "pilot.csv"
    file.write_text('id,note,x\n1,"a\nb",2\n\n2,c,3\n', encoding="utf-8")
    assert read_table(file).lines == (2, 5)
