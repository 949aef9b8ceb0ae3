"""Letters that mean something to matplotlib, a terminal or a page: every figure, table and page shows them as written."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from trialsim.cli import main
from trialsim.figures.style import blank_figure, save, study_style

STUDY = Path(__file__).with_name("odd-names.yaml")
ARMS = ("car$d_5$", "car$d^10$")
OUTCOME, LABEL, ANALYSIS = r"s$core_1$ <b> \frac", r"Pai$n_1$ <b> & [red] \frac", "m$ain_1$ %"
VISITS, REASON, NURSE = ("p$re_1$", "p$ost_1$"), "lo$st_1$ [/]", "nur$e_1$"

#: What is asked, the folder of its figures, and what each figure must show.
COMMANDS = {
    "run": ["--replicates", "20"],
    "compare": ["--with", "setting.patients.consent=60%", "--replicates", "20"],
    "sweep": ["--over", "setting.patients.consent=[50%,60%]", "--over", "design.enroll=[20,30]", "--replicates", "20"],
    "tornado": ["--replicates", "20"],
    "assurance": ["--replicates", "20"],
    "size": ["--power", "40%", "--between", "20..80", "--replicates", "200"],
}
FIGURES = {
    "run/figures/power": [f"{ANALYSIS}: {ARMS[1]} - {ARMS[0]}"],
    "run/figures/flow": ARMS,
    "run/figures/accrual": [],
    "run/figures/ward_week": [*ARMS, NURSE],
    "run/figures/outcome_s_core_1___b___frac": [*ARMS, *VISITS, LABEL],
    "run/figures/trajectories_s_core_1___b___frac": [*ARMS, *VISITS, LABEL],
    "run/figures/bias": [f"{ANALYSIS}: {ARMS[1]} - {ARMS[0]}"],
    "run/figures/contrasts": [f"{ANALYSIS}: {ARMS[1]} - {ARMS[0]}"],
    "run/figures/intervals": [f"{ANALYSIS}: {ARMS[1]} - {ARMS[0]}"],
    "run/figures/missing": [*ARMS, *VISITS, LABEL],
    "run/figures/estimates": [f"{ANALYSIS}: {ARMS[1]} - {ARMS[0]}"],
    "run/figures/p_values": [f"{ANALYSIS}: {ARMS[1]} - {ARMS[0]}"],
    "compare/figures/power": [ANALYSIS],
    "compare/figures/shares": [NURSE],
    "compare/figures/estimates": [ANALYSIS],
    "compare/figures/accrual": [],
    "compare/figures/trial": [NURSE],
    "sweep/figures/sweep_lines": [],
    "sweep/figures/sweep_heatmap": [],
    "sweep/figures/feasibility": [],
    "tornado/tornado": [ARMS[1]],
    "assurance/assurance": [ARMS[1]],
    "size/power_curve": [ANALYSIS],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every command that draws, played small."""
    made = tmp_path_factory.mktemp("odd")
    for command, options in COMMANDS.items():
        assert main([command, str(STUDY), *options, "--out", str(made / command)]) == 0
    return made


def words(file: Path) -> str:
    """All text of a figure, without the spaces at which names are broken into lines."""
    return re.sub(r"\s", "", "".join(ET.parse(file).getroot().itertext()))


def test_every_figure_is_known(folder: Path) -> None:
    assert {path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.svg")} == set(FIGURES)


@pytest.mark.parametrize("figure", FIGURES)
def test_names_are_shown_as_written(folder: Path, figure: str) -> None:
    shown = words(folder / f"{figure}.svg")
    for name in FIGURES[figure]:
        assert re.sub(r"\s", "", name) in shown


def test_a_formula_would_be_seen(tmp_path: Path) -> None:
    """Planted fault: the same text read as a formula loses its signs, and the comparison above sees that."""
    with study_style():
        figure = blank_figure(3, 1)
        text = figure.text(0.1, 0.5, ARMS[0], parse_math=True)
        _, svg = save(figure, tmp_path, "saved")
        assert ARMS[0] in words(svg)  # whatever the text asked for
        text.set_parse_math(True)
        figure.savefig(tmp_path / "formula.svg")
    assert ARMS[0] not in words(tmp_path / "formula.svg")


def test_pages_show_names_as_written_and_run_nothing(folder: Path) -> None:
    pages = sorted(folder.rglob("*.html"))
    assert len(pages) >= 2
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "<b>$10</b>" not in text
        assert "s$core_1$ <b>" not in text
        assert "{{7*7}}" in text or "49" not in re.findall(r"<i>of</i> (\S+)", text)
    report = (folder / "run" / "report.html").read_text(encoding="utf-8").replace("\N{NO-BREAK SPACE}", " ")
    assert r"Gift of $5 &amp; &lt;b&gt;$10&lt;/b&gt; [red]100 %[/red] \frac_x^2" in report


@pytest.mark.parametrize("command", ["check", "explain"])
def test_the_terminal_shows_names_as_written(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, str(STUDY), *(["--all"] if command == "explain" else [])]) == 0
    printed = capsys.readouterr().out
    assert r"Gift of $5 & <b>$10</b> [red]100 %[/red] \frac_x^2" in printed
    assert command == "check" or f"missing: {REASON}" in printed
