"""The scripts find every estimate again: Python here, R in the kept output and in ``make verify``."""

from __future__ import annotations

import json
import re
import runpy
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.export.conftest import exported
from tests.export.in_r import KEPT, NAMES, run_r, trial
from tests.kinds.rooms import Room, ways
from trialsim.export.build import TrialExport
from trialsim.export.formats import scripts
from trialsim.export.scripts import python, r, spss
from trialsim.export.scripts.rows import Needs, Recipes, written_rows
from trialsim.export.scripts.text import EXPECTED, expected_rows, python_script, quoted, r_script, spss_script
from trialsim.kinds.tests import TEST, ranks

LANGUAGES: dict[str, tuple[Any, Recipes]] = {
    "R": (r.LANGUAGE, r.RECIPES),
    "Python": (python.LANGUAGE, python.RECIPES),
    "SPSS": (spss.LANGUAGE, spss.RECIPES),
}

#: The largest difference: to 6 digits; fits by iteration stop earlier than the others.
CLOSE = 1e-6


def expected(name: str) -> pd.DataFrame:
    return pd.DataFrame(expected_rows(trial(name)), columns=list(EXPECTED))


def differences(name: str, rows: list[int], estimates: list[float], ps: list[float]) -> list[str]:
    """Rows in which a script has another estimate or p than trialsim, to 6 digits."""
    table, found = expected(name), []
    for row, estimate, p in zip(rows, estimates, ps, strict=True):
        wanted = table.iloc[row - 1]
        for what, have, want in (("estimate", estimate, wanted["estimate"]), ("p", p, wanted["p_unadjusted"])):
            number = float(want) if want else float("nan")
            if not np.isclose(have, number, rtol=CLOSE, atol=1e-9, equal_nan=True):
                found.append(f"{name} {wanted['analysis']}: {wanted['contrast']} {what} is {have!r}, not {number!r}")
    return found


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_every_test_has_a_recipe_or_a_reason(language: str) -> None:
    recipes = LANGUAGES[language][1]
    assert Room(language, recipes, ways(TEST.values())).faults() == []
    assert all(one.what.strip() for one in recipes.values() if isinstance(one, Needs))


def test_a_test_without_a_recipe_is_seen() -> None:
    """Planted."""
    new = replace(ranks.MANN_WHITNEY, name="planted")
    assert Room("R", r.RECIPES, ways([*TEST.values(), new])).faults() == ["R: ('planted', 'two') is missing"]


@pytest.mark.parametrize("language", ["R", "Python"])
def test_every_recipe_is_used(language: str) -> None:
    """In the scenarios that are compared here."""
    how, recipes = LANGUAGES[language]
    used = set()
    for name in NAMES:
        export = trial(name)
        for place, one in enumerate(written_rows(export, how, recipes)):
            asked = export.study.analysis.question_of(place)
            used |= set() if one.reason else {(asked.test, asked.samples)}
    wanted = {key for key, one in recipes.items() if not isinstance(one, Needs)}
    assert wanted - used == set()


@pytest.mark.parametrize("name", NAMES)
def test_python_finds_the_estimates(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scripts.write(trial(name), tmp_path)
    runpy.run_path(str(tmp_path / "analysis.py"))
    capsys.readouterr()
    table = pd.read_csv(tmp_path / "results_python.csv")
    assert len(table) > 0
    assert differences(name, table["row"].tolist(), table["estimate"].tolist(), table["p"].tolist()) == []


@pytest.mark.parametrize("name", NAMES)
def test_r_found_the_estimates(name: str) -> None:
    """In the kept output."""
    kept = json.loads(KEPT.read_text(encoding="utf-8"))[name]
    rows = [place for place, one in enumerate(written_rows(trial(name), r.LANGUAGE, r.RECIPES), 1) if not one.reason]
    assert [int(row) for row in kept] == rows
    estimates = [float("nan") if one[0] is None else one[0] for one in kept.values()]
    assert differences(name, rows, estimates, [one[1] for one in kept.values()]) == []


def test_another_number_is_seen() -> None:
    """Planted: one in the seventh digit, and one that is missing."""
    table = expected("periods")
    estimate, p = float(table["estimate"][0]), float(table["p_unadjusted"][0])
    assert differences("periods", [1], [estimate], [p]) == []
    assert len(differences("periods", [1], [estimate * (1 + 3e-6)], [p])) == 1
    assert len(differences("periods", [1], [float("nan")], [p])) == 1


@pytest.mark.verify
@pytest.mark.parametrize("name", NAMES)
def test_r_finds_the_estimates(name: str, tmp_path: Path) -> None:
    if shutil.which("Rscript") is None:
        pytest.skip("R is not installed (Debian: r-base-core r-recommended)")
    table = run_r(name, tmp_path)
    assert differences(name, table["row"].tolist(), table["estimate"].tolist(), table["p"].tolist()) == []


def test_the_tables_and_the_run_are_told_apart(ward: TrialExport) -> None:
    """Values are rounded in the tables: ranks of whole scores stay, means of assays move a little."""
    table = pd.DataFrame(expected_rows(ward), columns=list(EXPECTED))
    ranked = table[table["analysis"] == "fear_during"]
    assert (ranked["estimate"] == ranked["estimate_in_run"]).all()
    assay = table[(table["analysis"] == "cortisol_day1") & (table["estimate"] != "")]
    gap = (assay["estimate"].astype(float) - assay["estimate_in_run"].astype(float)).abs()
    assert (gap > 0).all()
    assert (gap < 0.02).all()


def test_what_is_not_written_is_said_with_its_reason() -> None:
    export = trial("two-arms")
    for text in (r_script(export), python_script(export), spss_script(export)):
        assert "Not written here:" in text
        assert "permutation: a - b (permutation)" in text


def test_odd_names_stay_in_comments_and_quotes(odd: TrialExport, tmp_path: Path) -> None:
    """Scripts are ASCII but for comments and quoted text; names of the study are no code."""
    for text, mark in ((r_script(odd), "#"), (python_script(odd), "#"), (spss_script(odd), "*")):
        code = [line for line in text.splitlines() if not line.startswith(mark)]
        assert all(re.sub(r'"[^"]*"', "", line).isascii() for line in code)
    assert quoted('a "b"\n\\c') == '"a \\"b\\" \\\\c"'
    scripts.write(odd, tmp_path)
    runpy.run_path(str(tmp_path / "analysis.py"))
    assert len(pd.read_csv(tmp_path / "results_python.csv")) == 1


def test_every_command_of_spss_ends() -> None:
    for name in NAMES:
        lines = spss_script(trial(name)).splitlines()
        assert all(line.endswith(".") for line in lines if line)


def test_answers_that_are_separated_are_not_fitted_by_maximum_likelihood() -> None:
    """R's glm and statsmodels would show an odds ratio without end, with a p-value near 1."""
    export = exported("ratios-at-equal-age")
    for how, recipes in (LANGUAGES["R"], LANGUAGES["Python"]):
        reasons = {one.plan.analysis: one.reason for one in written_rows(export, how, recipes)}
        assert "separated" in reasons["hurt, by Wald"]
        assert not reasons["hurt"] or "separated" in reasons["hurt"]
