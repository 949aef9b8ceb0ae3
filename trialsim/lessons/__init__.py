"""Lessons: predict, see one own trial, decide, see many, and answer the same question in another study.

Every number is simulated from the lesson's scenario when it is shown. Importing this room reads the texts and nothing heavy.
"""

from trialsim.lessons.canvas import alone
from trialsim.lessons.play import own_trial, reveal
from trialsim.lessons.records import (
    PARTS,
    ClassAxis,
    LabeledNumber,
    Lesson,
    QuizChoice,
    QuizQuestion,
    Reveal,
    TrialShown,
)
from trialsim.lessons.shelf import LESSONS, lesson_named
from trialsim.lessons.timetables import TIMETABLES, Timetable

__all__ = [
    "LESSONS",
    "PARTS",
    "TIMETABLES",
    "ClassAxis",
    "LabeledNumber",
    "Lesson",
    "QuizChoice",
    "QuizQuestion",
    "Reveal",
    "Timetable",
    "TrialShown",
    "alone",
    "lesson_named",
    "own_trial",
    "reveal",
]
