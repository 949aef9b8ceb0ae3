"""``trialsim lesson``."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from trialsim.cli.console import print_json, say, stdout
from trialsim.cli.grid import FIXED
from trialsim.cli.options import json_option
from trialsim.cli.parse import REPLICATES, SEED
from trialsim.cli.text import print_rows, text_console, wrapped
from trialsim.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trialsim.lessons import LabeledNumber, Lesson, QuizQuestion

#: Seeds of own trials are drawn below this, so that they can be typed.
SEEDS = 10_000


@click.command("lesson")
@click.argument("name", required=False)
@click.option("--seed", type=SEED, help="Of your own trial; by default one by chance, which is shown.")
@click.option("--replicates", "-r", type=REPLICATES, help="Trials behind the answer; by default those of the lesson.")
@click.option("--pictures", type=click.Path(path_type=Path), help="A folder for both pictures of the lesson, as SVG.")
@click.option(
    "--notebook", type=click.Path(path_type=Path), help="Write the lesson as a notebook: NAME.ipynb, or NAME.py."
)
@json_option
def command(
    name: str | None, seed: int | None, replicates: int | None, pictures: Path | None, notebook: Path | None, as_json: bool
) -> None:  # fmt: skip
    """Do a lesson on trial design: predict, see a trial of your own, decide, see many; without a name, list the lessons.

    In a terminal the lesson asks. In a pipe it reads answers line by line (a letter or a number each), and goes on without
    them where the lines end.
    """
    from trialsim.lessons import lesson_named

    if name is None:
        _list(as_json=as_json)
        return
    lesson = lesson_named(name)
    if notebook is not None:
        _write_notebook(lesson, notebook, as_json=as_json)
        return
    seed = secrets.randbelow(SEEDS) if seed is None else seed
    if as_json:
        from trialsim.lessons.document import lesson_document

        print_json(lesson_document(lesson, seed, replicates))
    else:
        _give(lesson, seed, replicates)
    if pictures is not None:
        from trialsim.lessons.pages import write_pictures

        for path in write_pictures(lesson, pictures, seed=seed, replicates=replicates):
            say(f"Wrote {path}.")


def _list(*, as_json: bool) -> None:
    from trialsim.lessons import LESSONS, PARTS
    from trialsim.lessons.document import list_document

    if as_json:
        print_json(list_document())
        return
    width = max(len(one.name) for one in LESSONS)
    for part in PARTS:
        stdout.print(part, style="bold")
        for one in LESSONS:
            if one.part == part:
                stdout.print(f"  {one.name:<{width}}  {one.title}", soft_wrap=True)
    stdout.print(f"\nNext: trialsim lesson {LESSONS[0].name}")


def _write_notebook(lesson: Lesson, path: Path, *, as_json: bool) -> None:
    from trialsim.lessons.notebook import write_notebook

    if path.suffix not in (".py", ".ipynb"):
        remedy = f"Write --notebook {lesson.name}.ipynb, or {lesson.name}.py for editors."
        raise RunError(f"'{path}' is not a notebook.", code="TS-R010", remedy=remedy)
    if path.exists():
        raise RunError(f"{path} exists already.", code="TS-R012", remedy="Choose another name with --notebook.")
    write_notebook(lesson, path)
    if as_json:
        print_json({"files": [str(path)]})
    else:
        stdout.print(f"Wrote {path}.")


# ---------------------------------------------------------------- the five steps


def _give(lesson: Lesson, seed: int, replicates: int | None) -> None:
    """The lesson from its story to what it leaves."""
    from trialsim.lessons import own_trial, reveal

    stdout.print(lesson.title, style="bold")
    _say(f"{lesson.part}, about {lesson.minutes} minutes. After this lesson you can: {lesson.goal}")
    stdout.print()
    _say(lesson.story)
    _step(1, "Predict")
    predicted = _ask(lesson.predict)
    stdout.print()
    _say("Why?")
    for number, reason in enumerate(lesson.reasons, start=1):
        _say(reason, mark=f"  {number}  ")
    _answer("Your reason", [str(number + 1) for number in range(len(lesson.reasons))])
    _step(2, f"Your own trial (seed {seed})")
    own = own_trial(lesson, seed)
    _say(own.words)
    _numbers(own.numbers)
    _step(3, "Decide")
    decided = lesson.decide.choice(_ask(lesson.decide))
    if decided is not None:
        _verdict(decided.words, decided.reveals, right=decided.key in own.right)
    _say(own.afterwards)
    _step(4, "Reveal")
    found = reveal(lesson, replicates=replicates, own=seed)
    for place, paragraph in enumerate(found.words):
        if place:
            stdout.print()
        _say(paragraph)
    _numbers(found.numbers)
    stdout.print()
    _say(f"From {found.replicates:,} simulated trials; numbers after ± are Monte Carlo standard errors.")
    stdout.print()
    _answers(lesson.predict, predicted)
    _step(5, "The same question in another study")
    _answers(lesson.transfer, _ask(lesson.transfer))
    stdout.print()
    _say(f"Remember: {lesson.learned}", style="bold")


def _step(number: int, words: str) -> None:
    stdout.print()
    stdout.print(f"{number}  {words}", style="bold")


def _ask(asked: QuizQuestion) -> str:
    """The key that was chosen; empty where nobody answers."""
    _say(asked.text)
    for choice in asked.choices:
        _say(choice.words, mark=f"  {choice.key}  ")
    return _answer("Your answer", [choice.key for choice in asked.choices])


def _answer(prompt: str, keys: Sequence[str]) -> str:
    """What is typed, asked again until it is one of the keys; of a pipe the next line."""
    asks = sys.stdin.isatty()
    while True:
        if asks:
            stdout.print(f"{prompt} ({keys[0]} to {keys[-1]}): ", end="")
        line = sys.stdin.readline()
        word = line.strip().lower()
        if word in keys or not line:
            if not asks and word:
                stdout.print(f"{prompt}: {word}")
            return word
        if asks:
            stdout.print(f"Type one of {', '.join(keys)}.")
        else:
            raise RunError(
                f"'{line.strip()[:40]}' is not one of {', '.join(keys)}.", code="TS-R010",
                remedy="In a pipe each line is one answer, in the order of the lesson.",
            )  # fmt: skip


def _answers(asked: QuizQuestion, chosen: str) -> None:
    """The answer that was chosen, and the right one; all of them where nobody chose."""
    choice = asked.choice(chosen)
    if choice is None:
        for one in asked.choices:
            _verdict(one.words, one.reveals, right=one.right)
        return
    _verdict(choice.words, choice.reveals, right=choice.right)
    if not choice.right:
        _verdict(asked.right.words, asked.right.reveals, right=True)


def _verdict(words: str, reveals: str, *, right: bool) -> None:
    _say(f"{'Right' if right else 'Not so'}: {words}", style="bold" if right else "")
    reveals = reveals.removeprefix("Right: ").removeprefix("Right, ")
    _say(reveals if reveals.startswith("p ") else reveals[0].upper() + reveals[1:], mark="  ")


def _say(text: str, *, mark: str = "", style: str = "") -> None:
    """A text in lines of the terminal, those after the first as far in as the mark before it; ``p < 0.05`` stays whole."""
    console = text_console()
    whole = text.replace(" < ", f"{FIXED}<{FIXED}").replace("p = ", f"p{FIXED}={FIXED}")
    for place, line in enumerate(wrapped(whole, console.width - len(mark))):
        console.print(f"{'' if place else mark}{' ' * len(mark) if place else ''}{line}", style=style, soft_wrap=True)


def _numbers(numbers: Sequence[LabeledNumber]) -> None:
    stdout.print()
    print_rows(("number", ">value"), [(one.label, one.text) for one in numbers])
