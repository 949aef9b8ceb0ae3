"""Make docs/lessons and examples/lessons anew: ``python -m tests.lessons.pages``, or of some lessons: ``... again pilot``."""

from __future__ import annotations

import sys
from pathlib import Path

from trialsim.lessons import LESSONS, Lesson, Reveal, alone, reveal
from trialsim.lessons.notebook import write_notebook
from trialsim.lessons.pages import (
    answers,
    exercise_answers,
    exercises_page,
    glossary_page,
    index,
    page,
    timetables_page,
)

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "lessons"
EXAMPLES = ROOT / "examples" / "lessons"


def texts() -> dict[Path, str]:
    """Pages that need no simulation, by their file."""
    made = {DOCS / f"{one.name}.md": page(one) for one in LESSONS}
    made |= {
        DOCS / "README.md": index(),
        DOCS / "glossary.md": glossary_page(),
        DOCS / "timetables.md": timetables_page(),
        DOCS / "exercises.md": exercises_page(),
    }
    return made


def simulated(one: Lesson, found: Reveal) -> dict[Path, str]:
    """Pages and pictures of a lesson's numbers."""
    return {
        DOCS / "answers" / f"{one.name}.md": answers(one, found),
        DOCS / "pictures" / f"{one.name}.svg": alone(found.picture),
    }


def main(names: list[str]) -> None:
    """Write all texts, and the numbers of some lessons or all."""
    for folder in (DOCS / "answers", DOCS / "pictures", EXAMPLES):
        folder.mkdir(parents=True, exist_ok=True)
    made = texts()
    found = {one.name: reveal(one) for one in LESSONS if not names or one.name in names}
    if not names:
        made[DOCS / "answers" / "exercises.md"] = exercise_answers(found)
    for one in LESSONS:
        if one.name in found:
            made |= simulated(one, found[one.name])
            for ending in ("py", "ipynb"):
                write_notebook(one, EXAMPLES / f"{one.name}.{ending}")
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
