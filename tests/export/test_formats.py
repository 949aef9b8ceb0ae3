"""Every format is read back by another program: values, labels, codes, reasons for missing values, and that it is simulated."""

from __future__ import annotations

import csv
import math
from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyreadstat
import pytest

from tests.export.conftest import exported
from trialsim.cli.export import FORMATS as TYPED
from trialsim.export.build import TrialExport
from trialsim.export.formats import csv as plain
from trialsim.export.formats import redcap, sas, spss, stata, xlsx
from trialsim.export.formats.table import ALL, FORMATS
from trialsim.export.model import BANNER, SIMULATED, Absent, Cell, Dataset, Variable
from trialsim.export.text import missing_values, safe

HOSTILE = ("=1+1", "+cmd|' /C calc'!A0", "@SUM(1)", "-x", "http://example.org", "{=1}", "ערב טוב", "12")


def lines(path: Path) -> list[str]:
    """The lines of a file."""
    return path.read_text(encoding="utf-8").splitlines()


def expected(cell: Cell, variable: Variable, absent: Any) -> Any:
    """What a program shows for a cell."""
    if isinstance(cell, Absent):
        return absent(variable.missing[cell.index])
    if cell is None:
        return "" if variable.kind == "text" else None
    return cell


def same(read: Any, wanted: Any) -> bool:
    """Whether a cell is the one that was written; nothing is nothing."""
    if wanted is None:
        return read is None or read is pd.NaT or (isinstance(read, float) and math.isnan(read))
    if isinstance(wanted, datetime):
        return pd.Timestamp(read) == pd.Timestamp(wanted)
    if isinstance(wanted, str):
        return read == wanted
    return float(read) == float(wanted)


def differences(table: pd.DataFrame, dataset: Dataset, absent: Any, *, short: bool = False) -> list[str]:
    """Cells that were not read as they were written."""
    names = [one.short if short else one.name for one in dataset.variables]
    assert table.columns.tolist() == names
    assert len(table) == len(dataset.rows)
    return [
        f"{name}[{row}]: {read!r} for {cell!r}"
        for (variable, cells), name in zip(dataset.columns(), names, strict=True)
        for row, (read, cell) in enumerate(zip(table[name].tolist(), cells, strict=True))
        if not same(read, expected(cell, variable, absent))
    ]


def test_a_difference_is_seen(odd: TrialExport) -> None:
    """Planted: one cell, and one reason."""
    table = pd.DataFrame([dict(zip([v.name for v in odd.wide.variables], row, strict=True)) for row in odd.wide.rows])
    name = odd.layout.values[0]
    table[name] = [one.index if isinstance(one, Absent) else one for one in table[name]]
    table.loc[0, "arm"] = 3 - table.loc[0, "arm"]
    found = differences(table[["arm"]], replace(odd.wide, variables=(odd.wide.variables[2],),
                        rows=tuple((row[2],) for row in odd.wide.rows)), lambda _: None)  # fmt: skip
    assert len(found) == 1


def test_the_trials_have_what_is_to_be_shown(odd: TrialExport, ward: TrialExport) -> None:
    cells = [cell for row in odd.wide.rows for cell in row]
    reasons = {
        one.missing[cell.index].label
        for one, column in odd.wide.columns()
        for cell in column
        if isinstance(cell, Absent)
    }
    assert reasons == {"lost", "below detection limit", "too, tired; or 'late'"}
    assert any(isinstance(cell, Absent) for cell in cells)
    assert {"day_1_time", "day_1_2_time", "v3_time"} & {one.name for one in odd.wide.variables}
    assert any(isinstance(cell, datetime) for row in ward.wide.rows for cell in row)


def test_names_fit_every_program(trial: TrialExport) -> None:
    for dataset in trial.datasets:
        names = [one.name for one in dataset.variables]
        assert len(set(names)) == len(names)
        assert all(name.isascii() and name[0].isalpha() and name == name.lower() and len(name) <= 26 for name in names)
    shorts = {one.short for dataset in trial.datasets for one in dataset.variables}
    full = {one.name for dataset in trial.datasets for one in dataset.variables}
    assert len(shorts) == len(full)
    assert all(one.isascii() and one.isalnum() and len(one) <= 8 for one in shorts)


def test_spss(trial: TrialExport, tmp_path: Path) -> None:
    for dataset, path in zip(trial.datasets, spss.write(trial, tmp_path), strict=True):
        table, meta = pyreadstat.read_sav(path, user_missing=True)
        assert differences(table, dataset, lambda code: code.number) == []
        assert meta.file_label == BANNER
        assert meta.notes[0] == BANNER
        assert meta.variable_measure == {one.name: one.measure for one in dataset.variables}
        assert meta.column_names_to_labels == {one.name: one.full_label for one in dataset.variables}
        for one in dataset.variables:
            labels = {code.value: code.label for code in one.codes} | {code.number: code.label for code in one.missing}
            assert meta.variable_value_labels.get(one.name, {}) == labels
            if one.missing:
                (ends,) = meta.missing_ranges[one.name]
                assert all(ends["lo"] <= code.number <= ends["hi"] for code in one.missing)
                real = [cell for cell in dataset.column(one.name) if isinstance(cell, (int, float))]
                assert not any(ends["lo"] <= cell <= ends["hi"] for cell in real)
        without, _ = pyreadstat.read_sav(path)  # as SPSS computes: what is declared as missing is missing
        assert differences(without, dataset, lambda _: None) == []


def test_stata(trial: TrialExport, tmp_path: Path) -> None:
    for dataset, path in zip(trial.datasets, stata.write(trial, tmp_path), strict=True):
        table, meta = pyreadstat.read_dta(path, user_missing=True)
        assert differences(table, dataset, lambda code: code.letter) == []
        assert meta.file_label == BANNER
        assert meta.column_names_to_labels == {one.name: one.full_label[:80] for one in dataset.variables}
        for one in dataset.variables:
            labels = {code.value: code.label for code in one.codes} | {code.letter: code.label for code in one.missing}
            assert meta.variable_value_labels.get(one.name, {}) == labels
        assert differences(pd.read_stata(path, convert_categoricals=False), dataset, lambda _: None) == []


def test_sas(trial: TrialExport, tmp_path: Path) -> None:
    sas.write(trial, tmp_path)
    names = {row["short_name"]: row["name"] for row in csv.DictReader(lines(tmp_path / "names.csv"))}
    for dataset in trial.datasets:
        table, meta = pyreadstat.read_xport(tmp_path / f"{dataset.name}.xpt")
        asciis = replace(dataset, rows=tuple(row for row in dataset.rows))
        assert differences(table, asciis, lambda _: None, short=True) == []
        assert meta.file_label.startswith(f"{SIMULATED} DATA")
        assert [names[one] for one in table.columns] == [one.name for one in dataset.variables]
        assert all(label.isascii() and 0 < len(label) <= 40 for label in meta.column_labels)
        table, meta = pyreadstat.read_xport(tmp_path / f"{dataset.name}_v8.xpt")
        assert differences(table, dataset, lambda _: None) == []
        assert meta.column_labels == [one.full_label for one in dataset.variables]
        raw = (tmp_path / f"{dataset.name}.xpt").read_bytes()
        assert raw.startswith(b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!")
        assert len(raw) % 80 == 0
    program = (tmp_path / "read.sas").read_text(encoding="utf-8")
    assert program.count("libname in xport") == 3
    comments = [line[1:-1] for line in program.splitlines() if line.startswith("*")]
    assert not any(set(line) & set("'\"%&;*") for line in comments), "SAS would read them"
    assert all(line.count("'") % 2 == 0 for line in program.splitlines())


def test_reasons_stand_beside_where_the_format_has_no_codes(trial: TrialExport, tmp_path: Path) -> None:
    plain.write(trial, tmp_path)
    listed = pd.read_csv(tmp_path / "missing.csv", keep_default_na=False)
    counted = Counter(
        (one.name, one.missing[cell.index].label)
        for one, cells in trial.wide.columns()
        for cell in cells
        if isinstance(cell, Absent)
    )
    assert Counter(zip(listed["variable"], listed["reason"], strict=True)) == counted
    assert len(missing_values(trial).rows) == sum(counted.values()) > 0


def test_csv(trial: TrialExport, tmp_path: Path) -> None:
    plain.write(trial, tmp_path)
    for dataset in trial.datasets:
        dates = [one.name for one in dataset.variables if one.kind == "when"]
        texts = {one.name: str for one in dataset.variables if one.kind == "text"}
        table = pd.read_csv(tmp_path / f"{dataset.name}.csv", parse_dates=dates, dtype=texts, keep_default_na=False,
                            na_values={one.name: [""] for one in dataset.variables if one.kind != "text"})  # fmt: skip
        assert differences(table, dataset, lambda _: None) == []
        assert set(table["simulated"]) == {SIMULATED}


def test_xlsx(trial: TrialExport, tmp_path: Path) -> None:
    (path,) = xlsx.write(trial, tmp_path)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["README", "wide", "long", "missing", "codebook"]
    assert book["README"]["A1"].value == BANNER
    assert SIMULATED in book.properties.title
    for dataset in trial.datasets:
        head, *rows = list(book[dataset.name].iter_rows(values_only=True))
        table = pd.DataFrame(rows, columns=head, dtype=object)
        assert differences(table, dataset, lambda _: None) == []
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {"n", "s", "d"}


def planted(trial: TrialExport) -> TrialExport:
    """The trial with texts that look like formulas, links and numbers, in cells, labels and codes."""
    who = trial.wide.variables[0]
    arm = trial.wide.variables[2]
    codes = tuple(replace(code, label=text) for code, text in zip(arm.codes, HOSTILE, strict=False))
    variables = (replace(who, label=HOSTILE[0]), trial.wide.variables[1], replace(arm, label=HOSTILE[2], codes=codes))
    rows: tuple[tuple[Cell, ...], ...] = tuple((text, SIMULATED, 1) for text in HOSTILE)
    wide = Dataset("wide", "x", variables, rows)
    return replace(trial, wide=wide, long=replace(wide, name="long"))


def test_no_text_is_a_formula_or_a_link(odd: TrialExport, tmp_path: Path) -> None:
    trial = planted(odd)
    (path,) = xlsx.write(trial, tmp_path)
    sheet = openpyxl.load_workbook(path)["wide"]
    assert [cell.value for cell in sheet["A"][1:]] == list(HOSTILE)
    assert {cell.data_type for cell in sheet["A"]} == {"s"}
    assert not any(cell.hyperlink for cell in sheet["A"])
    plain.write(trial, tmp_path)
    first = [row[0] for row in csv.reader(lines(tmp_path / "wide.csv"))][1:]
    assert first == [f"'{text}" if text[0] in "=+@-" else text for text in HOSTILE]
    for write, read in ((spss.write, pyreadstat.read_sav), (stata.write, pyreadstat.read_dta)):
        table, meta = read(write(trial, tmp_path)[0])
        assert table["id"].tolist() == list(HOSTILE)
        assert meta.column_labels[0] == HOSTILE[0]
    sas.write(trial, tmp_path)
    assert pyreadstat.read_xport(tmp_path / "wide_v8.xpt")[0]["id"].tolist() == list(HOSTILE)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1", "'=1"),
        ("\t=1", "'\t=1"),
        ("-1.5", "-1.5"),
        ("-1-2", "'-1-2"),
        ("1=1", "1=1"),
        ("", ""),
        ("-1, no | 2, yes", "-1, no | 2, yes"),
    ],
)
def test_what_looks_like_a_formula(text: str, written: str) -> None:
    assert safe(text) == written


def test_the_command_line_knows_every_format() -> None:
    assert (*(one.name for one in FORMATS), ALL) == TYPED


def test_a_crossover_has_its_sequence_and_the_arm_of_each_period(tmp_path: Path) -> None:
    trial = exported(Path(__file__).parents[1] / "kinds" / "periods.yaml")
    sequence = trial.layout.variable("sequence")
    assert "arm" not in {one.name for one in trial.wide.variables}
    place = {name: trial.long.place(name) for name in ("id", "visit", "arm", "sequence")}
    arms = trial.long.variables[place["arm"]]
    orders = trial.study.scenario.design.sequences
    seen = set()
    for row in trial.long.rows:
        name = sequence.label_of(row[place["sequence"]]).partition(":")[0]  # type: ignore[arg-type]
        period = int(row[place["visit"]])  # type: ignore[arg-type]
        seen.add((name, period, arms.label_of(row[place["arm"]])))  # type: ignore[arg-type]
    assert seen == {(name, period + 1, order[period]) for name, order in orders.items() for period in (0, 1)}
    redcap.write(trial, tmp_path)
    fields = {line.partition(",")[0] for line in lines(tmp_path / "dictionary.csv")}
    assert "arm" not in fields, "it would show the allocation at each visit"
