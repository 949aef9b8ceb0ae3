"""A process answers in words whatever happens to a task."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from trialsim.app import tasks, worker
from trialsim.errors import RunError, ScenarioError


class Quiet:
    """A desk that nobody reads."""

    def report(self, *_: object) -> None:
        raise worker.CanceledError


def raising(trouble: BaseException) -> Any:
    def task(*_: Any) -> Any:
        raise trouble

    return task


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (RunError("it is full.", code="TS-R007"), "TS-R007 it is full."),
        (MemoryError(), "more memory"),
        (ValueError("secret"), "no words for"),
        (ScenarioError([]), ""),
    ],
)
def test_what_goes_wrong_is_an_answer(monkeypatch: pytest.MonkeyPatch, trouble: Exception, words: str) -> None:
    monkeypatch.setitem(tasks.TASKS, "x", raising(trouble))
    found = worker.answer({"kind": "x", "asked": {}}, Quiet())  # type: ignore[arg-type]
    assert words in found["trouble"]
    assert "secret" not in json.dumps(found)


def test_a_canceled_task_ends_at_its_next_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tasks.TASKS, "x", lambda _, report: report(0.5))
    assert worker.answer({"kind": "x", "asked": {}}, Quiet()) == {"canceled": True}  # type: ignore[arg-type]


def test_progress_is_a_line_of_plain_data_and_not_sent_too_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker.threading, "Thread", lambda **_: type("Never", (), {"start": lambda _: None})())
    out = io.StringIO()
    desk = worker.TaskDesk(io.StringIO(), out)
    for _ in range(50):
        desk.report(2.0, "all")
    (line,) = out.getvalue().splitlines()
    assert json.loads(line) == {"progress": 1.0, "words": "all"}
