"""Every task that a process may be asked exists, takes plain data and gives plain data."""

from __future__ import annotations

import json
from typing import Any

import pytest

import trialsim as ts
from trialsim.app.tasks import TASKS, describe, lessons, pages, play, protocol, warm

TEXT = ts.shipped()["textbook-t-test"].path.read_text(encoding="utf-8")
STUDY = {"text": TEXT, "file": "mine.yaml", "replicates": 40, "seconds": 60}

#: Tasks that are done once here.
LONG = ("warm", "size", "protocol")

#: What each task is asked, and its function.
ASKED = {
    "warm": ({}, warm.warm),
    "lessons": ({}, lessons.texts),
    "trial": ({"lesson": "again", "seed": 3}, lessons.trial),
    "reveal": ({"lesson": "again"}, lessons.reveal),
    "shipped": ({}, describe.shipped),
    "whole": ({"name": "textbook-t-test"}, describe.whole),
    "check": ({"text": TEXT, "file": "mine.yaml", "everything": True}, describe.check),
    "edit": ({"text": TEXT, "values": {"0": "1"}}, describe.edit),
    "run": (STUDY, play.run),
    "size": ({**STUDY, "replicates": 200, "power": 0.8}, play.size),
    "compare": ({**STUDY, "other": TEXT, "other_set": ["design.enroll=40"]}, play.compare),
    "protocol": ({**STUDY, "replicates": 100}, protocol.protocol),
    "sweep": ({**STUDY, "path": "design.enroll", "values": ["40", "80"]}, play.sweep),
}


@pytest.mark.parametrize(
    "name", [pytest.param(one, marks=pytest.mark.verify if one == "warm" else []) for one in TASKS]
)
def test_a_task_takes_and_gives_plain_data(name: str) -> None:
    asked, function = ASKED[name]
    far: list[float] = []
    found = TASKS[name](json.loads(json.dumps(asked)), lambda share, *_: far.append(share))
    plain = json.dumps(found, allow_nan=False)
    if name not in LONG:
        assert json.dumps(function(asked, lambda *_: None)) == plain
    assert all(0 <= one <= 1 for one in far)
    if name == "run":
        assert pages.page_of({key: one for key, one in found.items() if key != "page"}) == found["page"]
    assert "<!doctype html>" in found.get("page", "<!doctype html>")


def test_the_table_and_this_list_agree() -> None:
    assert set(ASKED) == set(TASKS)


def test_a_bound_that_is_passed_is_refused_by_each_question() -> None:
    for name in ("run", "size", "compare", "sweep", "protocol"):
        asked: dict[str, Any] = {**ASKED[name][0], "replicates": 10**9}
        with pytest.raises(ts.RunError, match="TS-W004"):
            TASKS[name](asked, lambda *_: None)
