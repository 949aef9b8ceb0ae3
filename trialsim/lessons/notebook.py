"""A lesson as a notebook: a script in cells (the percent format, which jupytext reads), and an .ipynb with its results."""

from __future__ import annotations

import ast
import json
import textwrap
from pathlib import Path
from typing import Any, NamedTuple

from trialsim.lessons.pages import SHOWN_SEED
from trialsim.lessons.records import Lesson, QuizQuestion

#: Letters of a line of words in a script.
WIDTH = 110


class NotebookCell(NamedTuple):
    """A cell: words or code."""

    code: bool
    text: str


def cells(lesson: Lesson) -> tuple[NotebookCell, ...]:
    """The lesson step by step; answers are written into the code."""
    reasons = "\n".join(f"{number}. {words}" for number, words in enumerate(lesson.reasons, start=1))
    tasks = "\n".join(f"{number}. {words}" for number, words in enumerate(lesson.tasks, start=1))
    return (
        _words(f"# {lesson.title}\n\nAfter this lesson you can: {lesson.goal}\n\n{lesson.story}"),
        _code(f'from trialsim import lessons\n\nlesson = lessons.lesson_named("{lesson.name}")'),
        _words(f"## 1. Predict\n\n{_asked(lesson.predict)}\n\nYour reason:\n\n{reasons}"),
        _code('predicted = "a"  # your answer\nreason = 1'),
        _words("## 2. Your own trial\n\nTake a seed of your own: the same seed is the same trial."),
        _code(f"seed = {SHOWN_SEED}\nown = lessons.own_trial(lesson, seed)\nown"),
        _words(f"## 3. Decide\n\n{_asked(lesson.decide)}"),
        _code(
            'decided = "a"  # your answer\nprint("right" if decided in own.right else "not so", own.afterwards, sep="\\n")'
        ),
        _words("## 4. Reveal\n\nMany trials of the same study, and what each answer shows."),
        _code("found = lessons.reveal(lesson, own=seed)\nfound"),
        _code("print(lesson.predict.explained(predicted))"),
        _words(f"## 5. The same question in another study\n\n{_asked(lesson.transfer)}"),
        _code('answer = "a"  # your answer\nprint(lesson.transfer.explained(answer))'),
        _words(f"**Remember:** {lesson.learned}\n\n## To try alone\n\n{tasks}"),
    )


def _words(text: str) -> NotebookCell:
    return NotebookCell(False, text)


def _code(text: str) -> NotebookCell:
    return NotebookCell(True, text)


def _asked(asked: QuizQuestion) -> str:
    return "\n".join([asked.text, "", *(f"- **{choice.key}** {choice.words}" for choice in asked.choices)])


def script(lesson: Lesson) -> str:
    """The cells as a Python file in the percent format; words in lines that editors show whole."""
    parts = []
    for cell in cells(lesson):
        if cell.code:
            parts.append(f"# %%\n{cell.text}\n")
        else:
            lines = [part for line in cell.text.splitlines() for part in _folded(line)]
            commented = "\n".join(f"# {line}".rstrip() for line in lines)
            parts.append(f"# %% [markdown]\n{commented}\n")
    return "\n".join(parts)


def _folded(line: str) -> list[str]:
    """A line of Markdown in several; those of a list stay in it."""
    inside = "  " if line.startswith("- ") else "   " if line[:1].isdigit() else ""
    return textwrap.wrap(
        line, WIDTH, subsequent_indent=inside, break_long_words=False, break_on_hyphens=False
    ) or [""]  # fmt: skip


def notebook(lesson: Lesson) -> dict[str, Any]:
    """The cells as a Jupyter notebook (format 4.5), every code cell with its result."""
    space: dict[str, Any] = {"__name__": "__main__"}
    count, made = 0, []
    for number, cell in enumerate(cells(lesson)):
        entry: dict[str, Any] = {
            "cell_type": "code" if cell.code else "markdown", "id": f"cell-{number}", "metadata": {},
            "source": cell.text.splitlines(keepends=True),
        }  # fmt: skip
        if cell.code:
            count += 1
            entry |= {"execution_count": count, "outputs": _results(cell.text, space, count)}
        made.append(entry)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _results(code: str, space: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """What a cell prints, and the value of its last line."""
    printed: list[str] = []
    space["print"] = lambda *words, sep=" ": printed.append(sep.join(map(str, words)) + "\n")
    *statements, last = ast.parse(code).body
    exec(compile(ast.Module(list(statements), []), "cell", "exec"), space)
    outputs: list[dict[str, Any]] = []
    value = None
    if isinstance(last, ast.Expr):
        value = eval(compile(ast.Expression(last.value), "cell", "eval"), space)
    else:
        exec(compile(ast.Module([last], []), "cell", "exec"), space)
    if printed:
        lines = "".join(printed).splitlines(keepends=True)
        outputs.append({"name": "stdout", "output_type": "stream", "text": lines})
    if value is not None:
        data = {"text/html": value._repr_html_().splitlines(keepends=True), "text/plain": [type(value).__name__]}
        outputs.append({"data": data, "execution_count": count, "metadata": {}, "output_type": "execute_result"})
    return outputs


def write_notebook(lesson: Lesson, path: Path) -> None:
    """Write ``NAME.py`` or ``NAME.ipynb``, by the end of the path."""
    ipynb = path.suffix == ".ipynb"
    text = json.dumps(notebook(lesson), indent=1, ensure_ascii=False) + "\n" if ipynb else script(lesson)
    path.write_text(text, encoding="utf-8")
