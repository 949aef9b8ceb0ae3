"""``ts.protocol``: of a run, a folder or a study, with answers, in files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import trialsim as ts
from trialsim.errors import RunError
from trialsim.runs import players

SCENARIO = """\
trialsim: 1
name: small
title: A small study
design: {arms: {control: usual care, treated: treatment}, enroll: {each arm: 12}}
visits: {post: 1 d}
outcomes:
  score:
    label: The score
    distribution: normal
    visits: [post]
    assumed: a test
    level: {mean: 5, sd: 1}
    effects: {treated: {difference: 1}}
analyses:
  main: {outcome: score, visit: post, test: t}
primary: main
simulation: {replicates: 50, seed: 3}
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(SCENARIO, encoding="utf-8")
    return tmp_path


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> list[range]:
    """The trials that are really simulated."""
    found: list[range] = []
    simulate = players.studies.play

    def noting(study, replicates, **how):  # type: ignore[no-untyped-def]
        found.append(replicates)
        return simulate(study, replicates, **how)

    monkeypatch.setattr(players.studies, "play", noting)
    return found


@pytest.mark.usefixtures("place")
def test_a_study_is_simulated_once_and_then_found(simulated: list[range]) -> None:
    first = ts.protocol("small.yaml")
    assert len(simulated) == 1
    assert Path("outputs/small/report.html").is_file()
    again = ts.protocol("small.yaml")
    assert len(simulated) == 1
    assert again.text() == first.text()
    assert ts.protocol("outputs/small").text() == first.text()
    assert ts.protocol(ts.open_run("outputs/small")).text() == first.text()


@pytest.mark.usefixtures("place")
def test_words_are_those_of_the_file_as_it_is_now(simulated: list[range]) -> None:
    """A label is not part of what is simulated: nothing is simulated again, and the new words are there."""
    ts.protocol("small.yaml")
    Path("small.yaml").write_text(SCENARIO.replace("The score", "Fear of needles"), encoding="utf-8")
    assert "Fear of needles" in ts.protocol("small.yaml").text()
    assert len(simulated) == 1


@pytest.mark.usefixtures("place")
def test_a_result_is_a_table_and_a_screen() -> None:
    made = ts.protocol("small.yaml")
    table = made.frame()
    assert list(table.columns) == ["guideline", "item", "asked", "filled_by", "text", "questions", "where"]
    assert table["guideline"].nunique() == 5
    assert table["questions"].sum() >= len(made.document.gaps) - 5
    assert repr(made).startswith(made.document.gap_words[:60])
    assert "<table" in made._repr_html_()
    assert made.files == ()


@pytest.mark.usefixtures("place")
def test_files_are_written_with_the_answers() -> None:
    made = ts.protocol("small.yaml", "p", forms=["md", "html"], answers={"target.basis": "It is important."})
    assert [path.name for path in made.files] == ["protocol.md", "protocol.html", "scenario.yaml", "questions.yaml"]
    assert "It is important." in Path("p/protocol.md").read_text(encoding="utf-8")
    assert json.loads(Path("p/protocol.json").read_text(encoding="utf-8"))["gaps"] == len(made.document.gaps)
    again = ts.protocol("small.yaml", "p", forms=["md"], answers="p/questions.yaml")
    assert "It is important." in again.text()
    assert len(again.document.gaps) == len(made.document.gaps)


@pytest.mark.usefixtures("place")
def test_answers_typed_beside_the_document_are_never_lost() -> None:
    """The same command again, and after an edit of the study: what was typed is used and written again."""
    ts.protocol("small.yaml", "p", forms=["md"])
    path = Path("p/questions.yaml")
    empty = path.read_text(encoding="utf-8")
    path.write_text(empty.replace('"target.basis": ""', '"target.basis": "It is: important."'), encoding="utf-8")
    assert "It is: important." in ts.protocol("small.yaml", "p", forms=["md"]).text()
    Path("small.yaml").write_text(SCENARIO.replace("each arm: 12", "each arm: 14"), encoding="utf-8")
    assert "It is: important." in ts.protocol("small.yaml", "p", forms=["md"]).text()
    assert "It is: important." in path.read_text(encoding="utf-8")
    path.write_text("- broken", encoding="utf-8")
    with pytest.raises(RunError, match="TS-R323"):
        ts.protocol("small.yaml", "p", forms=["md"])
    assert path.read_text(encoding="utf-8") == "- broken"


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("text", ["- a\n- b\n", "a: {b: c}\n", "a: [\n"])
def test_answers_that_cannot_be_read_are_refused(text: str) -> None:
    Path("a.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RunError, match="TS-R323"):
        ts.protocol("small.yaml", answers="a.yaml")


@pytest.mark.usefixtures("place")
def test_a_folder_without_a_run_is_refused() -> None:
    Path("empty").mkdir()
    with pytest.raises(RunError, match="TS-R016"):
        ts.protocol("empty")


@pytest.mark.usefixtures("place")
def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(ValueError, match="md, html, docx, pdf"):
        ts.protocol("small.yaml", "p", forms=["odt"])


@pytest.mark.usefixtures("place")
def test_ranges_are_simulated_when_wanted() -> None:
    text = SCENARIO.replace("difference: 1}", "difference: {value: 1, range: [0.2, 2]}}")
    Path("small.yaml").write_text(text, encoding="utf-8")
    made = ts.protocol("small.yaml", ranges=True)
    assert "Over the plausible ranges of 1 assumption, varied one at a time, the power goes from" in made.text()
    assert made.document.notes == ()
