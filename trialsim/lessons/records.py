"""What a lesson is: texts and questions, an own trial, and what is revealed."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

#: The parts of the course, in order.
PARTS = ("Chance", "Fair comparison", "Measurement", "The ward", "Design")


@dataclass(frozen=True)
class QuizChoice:
    """An answer of a question.

    Attributes
    ----------
    key : ``a``, ``b``, ...
    words : the answer
    right : whether it is right in the scenario of the lesson; a test simulates it
    reveals : what somebody thinks who chooses it, and why it is right or wrong
    """

    key: str
    words: str
    right: bool
    reveals: str


@dataclass(frozen=True)
class QuizQuestion:
    """A question with the answers to choose from. One is right; in a decision on an own trial that may depend on the trial."""

    text: str
    choices: tuple[QuizChoice, ...]

    @property
    def right(self) -> QuizChoice:
        """The right answer."""
        return next(choice for choice in self.choices if choice.right)

    def explained(self, key: str = "") -> str:
        """What an answer reveals, and the right one; without an answer all of them."""
        chosen = self.choice(key)
        shown = self.choices if chosen is None else tuple(dict.fromkeys((chosen, self.right)))
        return "\n\n".join(f"{one.key}  {one.words}: {one.reveals}" for one in shown)

    def choice(self, key: str) -> QuizChoice | None:
        """The answer with this key."""
        return next((choice for choice in self.choices if choice.key == key), None)


@dataclass(frozen=True)
class LabeledNumber:
    """A number that a lesson shows.

    Attributes
    ----------
    name : for programs
    label : for people, with the unit in brackets
    text : the number as a table shows it, with its Monte Carlo standard error if it has one
    brief : the number in a sentence
    value, mcse : the number, and its Monte Carlo standard error (None for numbers of one trial)
    """

    name: str
    label: str
    text: str
    brief: str
    value: float
    mcse: float | None = None

    def __str__(self) -> str:
        return self.brief


@dataclass(frozen=True)
class ClassAxis:
    """The axis on which each student's own trial is a dot.

    Attributes
    ----------
    label : with the unit in brackets
    low, high : its ends; what lies beyond is drawn there
    log : whether it is logarithmic
    mark, mark_words : a line, and what it is
    """

    label: str
    low: float
    high: float
    log: bool
    mark: float | None
    mark_words: str


@dataclass(frozen=True)
class TrialShown:
    """One simulated trial, for one student.

    Attributes
    ----------
    seed : of the draws; the same seed is the same trial
    numbers : what the trial found
    value : the one number that makes the trial a dot on the axis of the class
    picture : inline SVG in the color of the text around it
    words : what was observed, in a sentence or two; nothing in it says what is true
    right : keys of decisions that are right for this trial
    afterwards : what is shown once the decision is made
    """

    seed: int
    numbers: tuple[LabeledNumber, ...]
    value: float
    picture: str
    words: str
    right: tuple[str, ...]
    afterwards: str

    def _repr_html_(self) -> str:
        return _html(self.picture, (self.words,), self.numbers)


@dataclass(frozen=True)
class Reveal:
    """The answer, from many simulated trials.

    Attributes
    ----------
    replicates, seed : how many trials, and the seed of their draws
    numbers : each with its Monte Carlo standard error
    answer : the key of the prediction that these numbers find right
    words : paragraphs, written from the numbers
    picture : inline SVG in the color of the text around it
    """

    replicates: int
    seed: int
    numbers: tuple[LabeledNumber, ...]
    answer: str
    words: tuple[str, ...]
    picture: str

    def number(self, name: str) -> LabeledNumber:
        """The number with this name."""
        return next(one for one in self.numbers if one.name == name)

    def _repr_html_(self) -> str:
        return _html(self.picture, self.words, self.numbers)


def _html(picture: str, words: tuple[str, ...], numbers: tuple[LabeledNumber, ...]) -> str:
    """For notebooks: the picture, the words, and a table."""
    rows = "".join(f"<tr><td>{escape(one.label)}</td><td>{escape(one.text)}</td></tr>" for one in numbers)
    paragraphs = "".join(f"<p>{escape(one)}</p>" for one in words)
    return f'<div style="max-width: 720px">{picture}{paragraphs}<table>{rows}</table></div>'


@dataclass(frozen=True)
class Lesson:
    """A lesson: predict, own trial, decide, reveal, and the same question in another study.

    Attributes
    ----------
    name : the word that is typed
    title, part, minutes : for the list
    goal : what a student can do afterwards
    story : the study, in a few sentences
    scenario : the name of its shipped scenario
    replicates : how many trials the reveal simulates by default
    predict : the question before the simulation
    reasons : reasons to choose from
    tasks : what to try alone, with commands between backticks
    decide : the question on one's own trial
    axis : where own trials become dots
    learned : what to remember
    transfer : the same trap in another study
    glossary : entries of the glossary that the lesson needs
    reveal_words : paragraphs with the names of numbers in braces
    phrases : sentences on an own trial, with the names of its numbers in braces
    """

    name: str
    title: str
    part: str
    minutes: int
    goal: str
    story: str
    scenario: str
    replicates: int
    predict: QuizQuestion
    reasons: tuple[str, ...]
    tasks: tuple[str, ...]
    decide: QuizQuestion
    axis: ClassAxis
    learned: str
    transfer: QuizQuestion
    glossary: tuple[str, ...]
    reveal_words: tuple[str, ...]
    phrases: tuple[tuple[str, str], ...]

    def say(self, phrase: str, **numbers: object) -> str:
        """A sentence of the lesson with numbers in it."""
        return dict(self.phrases)[phrase].format_map(numbers)
