"""Pages, notebooks and the exercise sheet are those of the lessons."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.lessons import pages as made
from trialsim.lessons import LESSONS, Lesson, lesson_named, reveal
from trialsim.lessons.notebook import cells, notebook, script, write_notebook

ALL = pytest.mark.parametrize("one", LESSONS, ids=lambda one: one.name)


def test_pages_without_numbers_are_those_of_the_lessons() -> None:
    """Made anew by ``python -m tests.lessons.pages``."""
    for path, text in made.texts().items():
        assert path.read_text(encoding="utf-8") == text, path.name


@ALL
def test_handouts_show_no_answer(one: Lesson) -> None:
    text = (made.DOCS / f"{one.name}.md").read_text(encoding="utf-8")
    assert "(right)" not in text
    for asked in (one.predict, one.decide, one.transfer):
        assert all(choice.reveals not in text for choice in asked.choices)


@ALL
def test_answers_say_what_each_choice_reveals_and_link_a_picture(one: Lesson) -> None:
    text = (made.DOCS / "answers" / f"{one.name}.md").read_text(encoding="utf-8")
    for asked in (one.predict, one.decide, one.transfer):
        assert all(choice.reveals in text for choice in asked.choices)
    assert (made.DOCS / "pictures" / f"{one.name}.svg").is_file()
    assert f"pictures/{one.name}.svg" in text


@ALL
def test_scripts_and_notebooks_are_those_of_the_lessons(one: Lesson) -> None:
    assert (made.EXAMPLES / f"{one.name}.py").read_text(encoding="utf-8") == script(one)
    kept = json.loads((made.EXAMPLES / f"{one.name}.ipynb").read_text(encoding="utf-8"))
    assert ["".join(cell["source"]) for cell in kept["cells"]] == [cell.text for cell in cells(one)]
    shown = [cell for cell in kept["cells"] if "".join(cell["source"]).endswith(("\nown", "\nfound"))]
    assert [list(cell["outputs"][0]["data"]) for cell in shown] == [["text/html", "text/plain"]] * 2


def test_a_notebook_is_written_by_the_end_of_its_name(tmp_path: Path) -> None:
    one = lesson_named("again")
    write_notebook(one, tmp_path / "a.py")
    write_notebook(one, tmp_path / "a.ipynb")
    assert (tmp_path / "a.py").read_text(encoding="utf-8").startswith("# %% [markdown]\n# # Run it again")
    assert json.loads((tmp_path / "a.ipynb").read_text(encoding="utf-8"))["nbformat"] == 4


@pytest.mark.verify
@ALL
def test_numbers_of_pages_and_notebooks_are_found_again(one: Lesson) -> None:
    for path, text in made.simulated(one, reveal(one)).items():
        assert path.read_text(encoding="utf-8") == text, path.name
    kept = json.loads((made.EXAMPLES / f"{one.name}.ipynb").read_text(encoding="utf-8"))
    assert kept == notebook(one)


@pytest.mark.verify
@ALL
def test_a_script_runs(one: Lesson, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(script(one), one.name, "exec"), {"__name__": "__main__"})
    assert one.title in script(one)
    assert capsys.readouterr().out.strip()


def commands(text: str) -> list[list[str]]:
    """The commands between backticks."""
    return [shlex.split(found)[1:] for found in re.findall(r"`(trialsim [^`]+)`", text)]


@pytest.mark.verify
@ALL
def test_commands_of_tasks_work_as_they_are_typed(one: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from trialsim.cli import main

    monkeypatch.chdir(tmp_path)
    for task in one.tasks:
        for words in commands(task):
            few = (
                []
                if words[0] not in ("run", "compare", "size", "sweep") or {"-r", "--precision"} & set(words)
                else ["-r", "200"]
            )
            assert main([*words, *few]) == 0, words
