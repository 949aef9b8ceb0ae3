"""The lecturer leads the class: stages, a pause, the split at three times, misconceptions, and counts without names."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from html import unescape

from tests.app.conftest import Class
from trialsim.app.classroom import STAGES
from trialsim.app.lecturer import NEXT, gains, misconceptions


def played(here: Class) -> None:
    """A lesson with three students, to the end; two of them learn."""
    teacher = here.lecturer()
    students = [here.student(name) for name in ("Ada", "Bob", "Cy")]
    here.act(teacher, "start", lesson="again")
    for student, choice, reason in zip(students, "aad", "012", strict=True):
        here.answer(student, "predict", choice, reason=reason)
    here.act(teacher, "next")
    for student in students:
        student.get("/lesson")
        here.answer(student, "decide", "a")
    here.act(teacher, "next")
    here.answer(students[0], "after", "d")
    here.act(teacher, "next")
    here.act(teacher, "next")
    for student, choice in zip(students, "bab", strict=True):
        here.answer(student, "transfer", choice)
    here.act(teacher, "next")


def test_the_split_before_after_and_at_transfer_is_counted(a_class: Callable[..., Class]) -> None:
    here = a_class()
    played(here)
    play = here.parts.classroom.current()
    assert play is not None
    texts = here.parts.lessons["again"]
    assert gains(here.parts, play, texts) == [
        ("Right before", 1, 3), ("Right after the class", 1, 1), ("Right in the other study", 2, 3),
        ("Wrong before, right in the other study", 1, 2),
    ]  # fmt: skip
    teacher = here.lecturer()
    for name, right, of in gains(here.parts, play, texts):
        assert f'<td>{name}</td><td class="number">{right} of {of}</td>' in teacher.text


def test_misconceptions_are_shown_only_when_the_lecturer_shows_them(a_class: Callable[..., Class]) -> None:
    here = a_class()
    played(here)
    play = here.parts.classroom.current()
    assert play is not None
    found = misconceptions(here.parts, play, here.parts.lessons["again"])
    assert [(one["choice"].key, one["count"]) for one in found[:2]] == [("a", 2), ("d", 1)]
    teacher, ada = here.lecturer(), here.student("Dan")
    wrong = here.parts.lessons["again"].predict.choice("b")
    assert wrong is not None
    for browser, path in ((teacher, "/lecture"), (ada, "/lesson")):
        browser.get(path)
        assert wrong.reveals not in unescape(browser.text)
    here.act(teacher, "misconceptions")
    for browser, path in ((teacher, "/lecture"), (ada, "/lesson")):
        browser.get(path)
        assert wrong.reveals in unescape(browser.text)
    here.act(teacher, "hide")
    ada.get("/lesson")
    assert wrong.reveals not in unescape(ada.text)


def test_counts_to_take_home_name_nobody(a_class: Callable[..., Class]) -> None:
    here = a_class()
    played(here)
    teacher = here.lecturer()
    text = teacher._ask("GET", "/lecture/class-counts.csv").text
    rows = list(csv.DictReader(io.StringIO(text)))
    known = {(row["step"], row["choice"]): int(row["answers"]) for row in rows}
    assert (known["predict", "a"], known["predict", "d"], known["transfer", "b"]) == (2, 1, 2)
    assert {row["right"] for row in rows if row["step"] == "decide"} == {"depends on the trial"}
    for one in here.parts.state.students():
        assert one.nickname not in text
        assert str(one.seed) not in text


def test_stages_go_on_and_never_back(a_class: Callable[..., Class]) -> None:
    here = a_class()
    teacher = here.lecturer()
    here.act(teacher, "start", lesson="again")
    assert set(NEXT) == set(STAGES)
    here.act(teacher, "reveal")
    play = here.parts.classroom.current()
    assert play is not None
    assert play.stage == "reveal"
    here.parts.classroom.to(play, "predict")
    current = here.parts.classroom.current()
    assert current is not None
    assert current.stage == "reveal"


def test_a_button_of_an_older_lesson_does_nothing(a_class: Callable[..., Class]) -> None:
    """Two windows of the lecturer: one has gone on."""
    here = a_class()
    teacher = here.lecturer()
    here.act(teacher, "start", lesson="again")
    old = here.parts.classroom.current()
    here.act(teacher, "start", lesson="again")
    assert old is not None
    teacher.send("/lecture/act", action="reveal", play=old.id)
    current = here.parts.classroom.current()
    assert current is not None
    assert current.stage == "predict"


def test_simulated_students_play_along_and_are_named_as_such(a_class: Callable[..., Class]) -> None:
    import trialsim.app.solo as solo

    here = a_class(solo=True)
    assert sum(one.simulated for one in here.parts.state.students()) == solo.SIMULATED
    teacher = here.lecturer()
    assert "invented for practice" in teacher.text
    texts = here.parts.lessons["again"]
    here.act(teacher, "start", lesson="again")
    play = here.parts.classroom.current()
    assert play is not None
    people = here.parts.state.students()
    for person in people:
        here.client.run(_answered(here, play.id, person, play.stage))
    counts = here.parts.classroom.counts(play)["predict"]
    assert sum(counts.values()) == len(people)
    assert 0 < counts[texts.predict.right.key] < len(people) / 2
    assert here.student("Real").status == 200
    assert sum(not one.simulated for one in here.parts.state.students()) == 1


async def _answered(here: Class, play: int, person: object, stage: str) -> None:
    import trialsim.app.solo as solo

    solo._answer(here.parts, play, person, stage)  # type: ignore[arg-type]
