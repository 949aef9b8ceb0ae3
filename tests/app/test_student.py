"""A lesson from the door to the end: answers are locked, stages keep their order, the truth is hidden until it is revealed."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape

import pytest

from tests.app.conftest import Class
from trialsim.app.student import readable
from trialsim.lessons import LESSONS


def test_a_lesson_from_the_door_to_the_end(a_class: Callable[..., Class]) -> None:
    here = a_class()
    teacher, ada, bob = here.lecturer(), here.student("Ada"), here.student("Bob")
    assert "The class has not begun" in ada.text
    here.act(teacher, "start", lesson="again")
    ada.get("/lesson")
    assert "Lock my prediction" in ada.text
    here.answer(ada, "predict", "a", reason="0")
    here.answer(bob, "predict", "d", reason="2")
    assert "Your prediction is locked" in ada.text
    assert "97 %" in ada.text
    here.act(teacher, "next")
    ada.get("/lesson")
    assert "Your own trial" in ada.text
    assert "<svg" in ada.text
    here.answer(ada, "decide", "c")
    assert "Your decision is locked" in ada.text
    here.act(teacher, "next")
    ada.get("/lesson")
    assert "One dot is one trial; yours has a ring" in ada.text
    here.answer(ada, "after", "d")
    here.act(teacher, "reveal")
    ada.get("/lesson")
    assert "You predicted <b>97 %</b>" in ada.text
    assert "simulated trials, each with its Monte Carlo standard error" in ada.text
    here.act(teacher, "next")
    here.answer(ada, "transfer", "b")
    here.act(teacher, "next")
    ada.get("/lesson")
    assert "To remember" in ada.text
    teacher.get("/lecture")
    assert unescape(teacher.text).count("of 2") >= 4
    here.act(teacher, "finish")
    assert here.parts.classroom.current() is None


#: One by p, one by an estimate, one with a ward; the others are for verify.
SOME = ("again", "clock", "busy")


@pytest.mark.parametrize(
    "name", [pytest.param(one.name, marks=[] if one.name in SOME else [pytest.mark.verify]) for one in LESSONS]
)
def test_no_word_of_the_truth_is_in_a_page_before_it_is_revealed(a_class: Callable[..., Class], name: str) -> None:
    """What an answer reveals, which one is right, what is learned, and the text of the other study."""
    here = a_class()
    teacher, ada = here.lecturer(), here.student()
    here.act(teacher, "start", lesson=name)
    texts = here.parts.lessons[name]
    secret = [one.reveals for quiz in (texts.predict, texts.decide, texts.transfer) for one in quiz.choices]
    secret += [texts.learned, texts.transfer.text]
    pages = []
    for stage in ("predict", "trial", "class"):
        for step in ("predict", "decide", "after"):
            ada.get("/lesson")
            pages.append(ada.text)
            here.answer(ada, step, "b", reason="0")
            ada.get("/lesson")
            pages.append(ada.text)
        if stage != "class":
            here.act(teacher, "next")
    for page in map(unescape, pages):
        assert [one for one in secret if one in page] == []
        assert 'class="right"' not in page
    here.act(teacher, "reveal")
    ada.get("/lesson")
    assert texts.predict.right.reveals in unescape(ada.text), "the same search finds it once it is revealed"


def test_a_locked_answer_stays(a_class: Callable[..., Class]) -> None:
    here = a_class()
    teacher, ada = here.lecturer(), here.student()
    here.act(teacher, "start", lesson="again")
    here.answer(ada, "predict", "a", reason="0")
    here.answer(ada, "predict", "d", reason="2")
    play = here.parts.classroom.current()
    assert play is not None
    (person,) = here.parts.state.students()
    assert here.parts.classroom.answers(play, person)["predict"].choice == "a"


@pytest.mark.parametrize(
    ("step", "choice", "more"),
    [("predict", "z", {"reason": "0"}), ("predict", "a", {}), ("predict", "a", {"reason": "99"})],
)
def test_an_answer_that_does_not_exist_is_refused(
    a_class: Callable[..., Class], step: str, choice: str, more: dict[str, str]
) -> None:
    here = a_class()
    teacher, ada = here.lecturer(), here.student()
    here.act(teacher, "start", lesson="again")
    assert here.answer(ada, step, choice, **more).status_code == 422


def test_a_step_out_of_turn_or_in_a_pause_is_not_stored(a_class: Callable[..., Class]) -> None:
    here = a_class()
    teacher, ada = here.lecturer(), here.student()
    here.act(teacher, "start", lesson="again")
    here.answer(ada, "transfer", "b")
    here.answer(ada, "decide", "a")
    here.act(teacher, "pause")
    here.answer(ada, "predict", "a", reason="0")
    play = here.parts.classroom.current()
    (person,) = here.parts.state.students()
    assert play is not None
    assert here.parts.classroom.answers(play, person) == {}
    ada.get("/lesson")
    assert "has paused" in ada.text
    here.act(teacher, "resume")
    here.answer(ada, "predict", "a", reason="0")
    assert list(here.parts.classroom.answers(play, person)) == ["predict"]


def test_who_comes_after_the_prediction_watches_and_answers_the_other_study(a_class: Callable[..., Class]) -> None:
    here = a_class()
    teacher = here.lecturer()
    here.act(teacher, "start", lesson="again")
    here.act(teacher, "next")
    here.act(teacher, "next")
    late = here.student("Late")
    assert "Lock" not in late.text
    here.act(teacher, "next")
    here.act(teacher, "next")
    here.answer(late, "transfer", "b")
    assert here.parts.classroom.counts(here.parts.classroom.rounds()[0])["transfer"]["b"] == 1


def test_a_reload_and_a_new_start_lose_nothing(a_class: Callable[..., Class]) -> None:
    here = a_class()
    teacher, ada = here.lecturer(), here.student()
    here.act(teacher, "start", lesson="again")
    here.answer(ada, "predict", "a", reason="1")
    again = a_class()
    assert again.parts.state.code == here.parts.state.code
    back = again.browser()
    back.cookies = dict(ada.cookies)
    back.get("/lesson")
    assert "Your prediction is locked" in back.text


# ---------------------------------------------------------------- the door


def test_a_wrong_code_is_refused_and_guessing_is_slow(a_class: Callable[..., Class]) -> None:
    here = a_class()
    guest = here.browser()
    for _ in range(20):
        assert guest.post("/join", {"nickname": "Eve", "code": "AAAAAA"}).status_code == 422
    assert "Too many wrong codes" not in guest.text
    guest.post("/join", {"nickname": "Eve", "code": "AAAAAA"})
    assert "Too many wrong codes" in guest.text
    assert here.parts.state.students() == []


def test_the_class_is_full(a_class: Callable[..., Class]) -> None:
    here = a_class(limit=2)
    here.student("A")
    here.student("B")
    third = here.browser()
    third.post("/join", {"nickname": "C", "code": here.parts.state.code})
    assert "The class is full: 2 students have joined." in third.text


def test_two_of_one_nickname_are_told_apart_by_a_number(a_class: Callable[..., Class]) -> None:
    here = a_class()
    for name in ("Ada", "ada", "ADA"):
        here.student(name)
    assert [one.nickname for one in here.parts.state.students()] == ["Ada", "ada 2", "ADA 3"]


def test_markup_in_a_name_is_text(a_class: Callable[..., Class]) -> None:
    here = a_class()
    ada = here.student("<script>alert(1)</script>")
    assert "<script>alert" not in ada.text
    teacher = here.lecturer()
    teacher.get("/lecture/wall")
    assert "&lt;script&gt;alert" in teacher.text
    assert "<script>alert" not in teacher.text


@pytest.mark.parametrize(
    ("typed", "kept"), [(" Ada \n L. ", "Ada L."), ("a\u202eb", "ab"), ("x" * 90, "x" * 24), ("\x00", "")]
)
def test_a_nickname_is_one_short_readable_line(typed: str, kept: str) -> None:
    assert readable(typed) == kept


def test_a_student_can_leave(a_class: Callable[..., Class]) -> None:
    here = a_class()
    ada = here.student()
    ada.post("/leave", {"token": token(here)})
    assert ada.path == "/"


def token(here: Class) -> str:
    return here.parts.state.students()[0].token
