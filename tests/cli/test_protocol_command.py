"""``trialsim protocol`` as typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialsim.cli import main
from trialsim.cli.protocol import FORMS
from trialsim.report.protocol.files import FORMS as WRITTEN


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")


def test_the_section_is_printed_and_the_files_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["protocol", "textbook-t-test", "--replicates", "50"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert " gaps, " in out
    assert "Read outputs/textbook-t-test-protocol/protocol.md first" in " ".join(out.split())
    assert "has a power of" in " ".join(out.split())
    made = {path.name for path in Path("outputs/textbook-t-test-protocol").iterdir()}
    assert {"protocol.md", "protocol.html", "protocol.docx", "protocol.pdf"} <= made
    assert main(["protocol", "outputs/textbook-t-test", "--format", "md", "--quiet"]) == 0
    quiet = capsys.readouterr()
    assert quiet.out.count("\n") <= 3
    assert quiet.err == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["protocol", "textbook-t-tst"], "Did you mean"),
        (["protocol", "textbook-t-test", "--format", "doc"], "Did you mean 'docx'"),
        (["protocol", "."], "TS-R016"),
    ],
)
def test_slips_are_answered(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) in (2, 4)
    assert said in " ".join(capsys.readouterr().err.split())


def test_forms_of_the_option_are_those_that_are_written() -> None:
    assert list(FORMS) == list(WRITTEN)
