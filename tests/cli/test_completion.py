"""What a shell offers after a tab: commands, scenarios, analyses, places for --set, words of a list."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from trialsim.cli import COMMANDS, trialsim_group
from trialsim.scenario.shipped import shipped_scenarios

PICU = shipped_scenarios()["picu-blood-draw"].path


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text(PICU.read_text(encoding="utf-8"), encoding="utf-8")
    Path("broken.yaml").write_text("trialsim: 1\n", encoding="utf-8")
    Path("studies").mkdir()
    Path("studies/other.yml").write_text("trialsim: 1\n", encoding="utf-8")


def offered(*words: str) -> list[str]:
    *before, begun = words
    complete = ShellComplete(trialsim_group, {}, "trialsim", "_TRIALSIM_COMPLETE")
    return [one.value for one in complete.get_completions([*before], begun)]


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("ex",), ["explain", "export"]),
        (("export", "mine.yaml", "st"), ["stata"]),
        (("",), list(COMMANDS)),
        (("run", "mine"), ["mine.yaml"]),
        (("run", "picu-b"), ["picu-blood-draw"]),
        (("run", "st"), ["studies/"]),
        (("check", "studies/"), ["studies/other.yml"]),
        (("size", "mine.yaml", "--for", "fear_d"), ["fear_during", "fear_during_anova"]),
        (("size", "picu-blood-draw", "-f", "pain"), ["pain_during"]),
        (("size", "--for", "pain"), []),
        (("size", "broken.yaml", "--for", ""), []),
        (("run", "mine.yaml", "--set", "des"), ["design."]),
        (("run", "mine.yaml", "-s", "design.w"), ["design.within="]),
        (("run", "mine.yaml", "--set", "setting.resources.nurse.u"), ["setting.resources.nurse.units="]),
        (("run", "mine.yaml", "--set", "design.within.x"), []),
        (("sweep", "mine.yaml", "--over", "setting.patients.c"), ["setting.patients.consent."]),
        (("compare", "mine.yaml", "--with", "design.w"), ["design.within="]),
        (("run", "mine.yaml", "--engine", "f"), ["fast"]),
        (("run", "mine.yaml", "--repl"), ["--replicates"]),
    ],
)  # fmt: skip
def test_a_tab_completes(words: tuple[str, ...], wanted: list[str]) -> None:
    assert [one.replace("\\", "/") for one in offered(*words)] == wanted
