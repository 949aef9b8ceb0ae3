"""Pages of the lessons for print and slides, made from their records, so that nothing is typed twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from trialsim.lessons.canvas import alone
from trialsim.lessons.glossary import EXERCISES, GLOSSARY
from trialsim.lessons.play import own_trial, reveal
from trialsim.lessons.records import PARTS, Lesson, QuizQuestion, Reveal
from trialsim.lessons.shelf import LESSONS
from trialsim.lessons.timetables import TIMETABLES

#: The seed of the own trial on a page of answers.
SHOWN_SEED = 7

#: How the exercise sheet begins.
EXERCISES_BEFORE = (
    "Write one to three sentences for each, and a number where one is wanted. Commands may be used. "
    "Half of the points are for the reason."
)

MADE = "<!-- Made by python -m tests.lessons.pages -->"


def page(lesson: Lesson) -> str:
    """What students get: goal, study, questions, tasks; no answers."""
    reasons = "\n".join(f"{number}. {words}" for number, words in enumerate(lesson.reasons, start=1))
    tasks = "\n".join(f"{number}. {words}" for number, words in enumerate(lesson.tasks, start=1))
    words = "\n".join(f"- **{name}**: {GLOSSARY[name]}" for name in lesson.glossary)
    return f"""{MADE}
# {lesson.title}

Part {PARTS.index(lesson.part) + 1}, {lesson.part.lower()}. About {lesson.minutes} minutes.

**After this lesson you can:** {_lower(lesson.goal)}

## The study

{lesson.story}

## 1. Predict

{_asked(lesson.predict)}

Your reason:

{reasons}

## 2. Your own trial

```
trialsim lesson {lesson.name}
```

The program simulates one trial for you. Write down what it finds: {_lower(lesson.axis.label)}.

## 3. Decide

{_asked(lesson.decide)}

## 4. Reveal

The lesson now simulates many trials of the same study (`{lesson.scenario}`).
Compare them with your prediction and with your own trial.

## 5. The same question in another study

{_asked(lesson.transfer)}

## To try alone

{tasks}

## Words

{words}
"""


def answers(lesson: Lesson, found: Reveal) -> str:
    """What lecturers get: the right answers, what each wrong one shows, the numbers and the picture."""
    numbers = "\n".join(f"| {one.label} | {one.text} |" for one in found.numbers)
    paragraphs = "\n\n".join(found.words)
    return f"""{MADE}
# Answers: {lesson.title}

[The lesson](../{lesson.name}.md)

## 1. Predict

{_explained(lesson.predict)}

## 3. Decide

{_explained(lesson.decide, open_ones=not any(choice.right for choice in lesson.decide.choices))}

## 4. Reveal

![{found_title(found)}](../pictures/{lesson.name}.svg)

{paragraphs}

| Number | Value |
|---|---|
{numbers}

From {found.replicates:,} simulated trials of `{lesson.scenario}`, seed {found.seed};
numbers after ± are Monte Carlo standard errors.

## 5. The same question in another study

{_explained(lesson.transfer)}

## Remember

{lesson.learned}
"""


def found_title(found: Reveal) -> str:
    """The title of the picture."""
    start = found.picture.index(">", found.picture.index("<title")) + 1
    return found.picture[start : found.picture.index("</title>")]


def _lower(text: str) -> str:
    return text[0].lower() + text[1:] if not text.startswith("p ") else text


def _asked(asked: QuizQuestion) -> str:
    return "\n".join([asked.text, "", *(f"- **{choice.key}** {choice.words}" for choice in asked.choices)])


def _explained(asked: QuizQuestion, *, open_ones: bool = False) -> str:
    lines = [f"*{asked.text}*", ""]
    for choice in asked.choices:
        mark = "" if open_ones else " (right)" if choice.right else ""
        lines.append(f"- **{choice.key}{mark}** {_ended(choice.words)} {choice.reveals}")
    return "\n".join(lines)


def _ended(words: str) -> str:
    return words if words[-1] in ".?!" else f"{words}."


def exercises_page() -> str:
    """The exercise sheet, without answers."""
    parts = (f"## {number}. {one['title']}\n\n{one['question']}" for number, one in enumerate(EXERCISES, start=1))
    return f"{MADE}\n# Exercises\n\n{EXERCISES_BEFORE}\n\n" + "\n\n".join(parts) + "\n"


def exercise_answers(found: Mapping[str, Reveal]) -> str:
    """Model answers with numbers of the lessons: ``{pilot_times}`` is the number ``times`` of the lesson ``pilot``."""
    numbers = {f"{lesson}_{one.name}": one for lesson, shown in found.items() for one in shown.numbers}
    parts = (
        f"## {number}. {one['title']}\n\n*{one['question']}*\n\n{one['answer'].format_map(numbers)}"
        for number, one in enumerate(EXERCISES, start=1)
    )
    return f"{MADE}\n# Model answers\n\n[The exercises](../exercises.md)\n\n" + "\n\n".join(parts) + "\n"


def index() -> str:
    """The list of lessons, and the timetables."""
    parts = []
    for number, part in enumerate(PARTS, start=1):
        rows = [f"| [{one.title}]({one.name}.md) | {one.goal} |" for one in LESSONS if one.part == part]
        if rows:
            parts.append(
                "\n".join([f"### {number}. {part}", "", "| Lesson | Afterwards you can |", "|---|---|", *rows])
            )
    plans = "\n".join(f"| {one.title} | {', '.join(_linked(one.lessons))} |" for one in TIMETABLES)
    return f"""{MADE}
# Lessons

Each lesson takes about 20 minutes and has five steps: predict (an answer and a reason), see one trial of your own, decide,
see many trials, and answer the same question in another study. `trialsim lesson` lists them, `trialsim lesson again` starts one
in the terminal. Pages here are handouts; the answers are
apart, in [answers](answers), with a picture for a slide each, in [pictures](pictures).

{chr(10).join(parts)}

## Timetables

| Time | Lessons |
|---|---|
{plans}

[Timetables](timetables.md) has the minutes, the [glossary](glossary.md) the words, and the [exercise sheet](exercises.md)
questions for the end of a course ([model answers](answers/exercises.md)). Every lesson is also a notebook, in `examples/lessons`.
"""


def _linked(names: Iterable[str]) -> list[str]:
    titles = {one.name: one.title for one in LESSONS}
    return [f"[{titles[name]}]({name}.md)" for name in names if name in titles]


def glossary_page() -> str:
    """The glossary."""
    words = "\n\n".join(f"**{name}**: {GLOSSARY[name]}" for name in sorted(GLOSSARY, key=str.lower))
    return f"{MADE}\n# Glossary\n\n{words}\n"


def write_pictures(
    lesson: Lesson, folder: Path, *, seed: int = SHOWN_SEED, replicates: int | None = None
) -> tuple[Path, ...]:
    """The picture of an own trial and that of the reveal, as files for slides."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = (folder / f"{lesson.name}-own.svg", folder / f"{lesson.name}.svg")
    paths[0].write_text(alone(own_trial(lesson, seed).picture), encoding="utf-8")
    paths[1].write_text(alone(reveal(lesson, replicates=replicates, own=seed).picture), encoding="utf-8")
    return paths


def timetables_page() -> str:
    """What happens in each minute."""
    parts = []
    for one in TIMETABLES:
        rows = "\n".join(f"| {minutes} | {what} |" for minutes, what in one.steps)
        table = f"\n\n| Minute | |\n|---|---|\n{rows}" if rows else ""
        parts.append(f"## {one.title}\n\n{', '.join(_linked(one.lessons))}{table}")
    return f"""{MADE}
# Timetables

Before the lecture: try the lessons once, look at the answers, and print the pages for those without a computer.
A cycle takes about 20 minutes; what is cut first when time is short is the talk with a neighbor, and never the last question:
only that shows what was learned.

{chr(10).join(f"{part}{chr(10)}" for part in parts)}
In a course of five weeks each week has one part: three lessons in the lecture, the others
and the tasks at home, and at the
beginning of the next lecture one question of the week before.
"""
