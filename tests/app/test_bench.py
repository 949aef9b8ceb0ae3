"""The workbench: open, edit, ask and take home, each person for themselves, within limits."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest

import trialsim as ts
from tests.app.conftest import Browser, Class
from trialsim.cli import main

SMALL = "textbook-t-test"


def opened(student: Browser, name: str = SMALL) -> str:
    """A copy of a shipped study, and its address."""
    student.get("/bench")
    student.send("/bench/new", shipped=name)
    assert student.status == 200, student.text
    return student.path


def uploaded(student: Browser, text: str, name: str = "mine.yaml") -> str:
    student.get("/bench")
    student.post("/bench/new", {"token": student.token}, files={"upload": (name, text.encode(), "text/yaml")})
    return student.path


def asked(student: Browser, address: str, kind: str, /, **values: object) -> str:
    """Ask something; the address of the answer, which is there when this returns."""
    student.get(address)
    student.send(f"{address}/ask", kind=kind, **values)
    for _ in range(400):
        if "It is being simulated" not in student.text:
            return student.path
        student.get(student.path)
    raise AssertionError("no answer")


def test_a_study_is_opened_explained_and_asked(a_class: Callable[..., Class]) -> None:
    ada = a_class().student()
    address = opened(ada)
    assert "It is sound." in ada.text
    assert "What it means" in ada.text
    ada.get(f"{address}?explain=all")
    assert "The study" in ada.text
    asked(ada, address, "run", replicates=200)
    wanted = ts.evaluate(SMALL, replicates=200, truth=False)
    assert unescape(ada.text).count(wanted.lines()[0]) == 1
    assert "<svg" in ada.text


def test_what_is_shown_is_what_the_command_and_the_python_beside_it_give(
    a_class: Callable[..., Class], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ada = a_class().student()
    address = opened(ada)
    text = ada._ask("GET", f"{address}/scenario.yaml").text
    monkeypatch.chdir(tmp_path)
    Path("my-textbook-t-test.yaml").write_text(text)
    for kind, values in (
        ("run", {"replicates": 60}),
        ("compare", {"replicates": 60, "change": "design.enroll=40"}),
        ("sweep", {"replicates": 60, "path": "design.enroll", "low": 40, "high": 80, "points": 2}),
        ("size", {"replicates": 200, "power": 80}),
    ):
        page = asked(ada, address, kind, **values)
        command = re.search(r'<pre id="as-command"[^>]*>(.*?)</pre>', ada.text, re.DOTALL)
        python = re.search(r'<pre id="as-python"[^>]*>(.*?)</pre>', ada.text, re.DOTALL)
        assert command is not None
        assert python is not None
        shown = unescape(re.sub(r"<[^>]+>", " ", ada.text))
        data = ada._ask("GET", f"{page}/data").text
        found: dict[str, object] = {}
        exec(unescape(python[1]).replace("print(found)", ""), found)
        result = found["found"]
        if kind == "sweep":
            rows = [line.split(",") for line in data.splitlines()[1:]]
            assert [float(row[1]) for row in rows] == list(result.frame()["value"])  # type: ignore[attr-defined]
        else:
            assert data == result.frame().to_csv(index=False)  # type: ignore[attr-defined]
        if kind in ("compare", "size"):
            assert result.lines()[0] in " ".join(shown.split())  # type: ignore[attr-defined]
        words = shlex.split(unescape(command[1]))
        assert words[0] == "trialsim"
        if kind == "run":
            assert main([*words[1:], "--no-truth", "--no-figures"]) == 0
            assert re.search(r"Power (\S+ %)", capsys.readouterr().out)[1] in shown  # type: ignore[index]
        else:
            assert main([words[1], "--help"]) == 0


def test_faults_are_those_of_check_at_the_same_lines(a_class: Callable[..., Class]) -> None:
    ada = a_class().student()
    text = (
        ts.shipped()[SMALL]
        .path.read_text()
        .replace("enroll:", "enrol:")
        .replace("welch", "welsh")
        .replace("test: t", "test: tt")
    )
    address = uploaded(ada, text)
    wanted = ts.check(text).faults
    assert wanted
    page = unescape(ada.text)
    for fault in wanted:
        assert f"Line {fault.line}, column {fault.column}" in page
        assert fault.message in page
        assert f'data-line="{fault.line}"' in page
    asked(ada, address, "run", replicates=10)
    assert "The study cannot be simulated: line" in unescape(ada.text)


def test_a_form_changes_one_value_and_nothing_else_of_the_text(a_class: Callable[..., Class]) -> None:
    ada = a_class().student()
    address = opened(ada, "picu-blood-draw")
    before = ada._ask("GET", f"{address}/scenario.yaml").text
    ada.get(f"{address}?as=form")
    page = unescape(ada.text)
    assert "Whole numbers in the order of the arms." in page, "descriptions come from the schema"
    (number,) = re.findall(r'<input type="text" name="f(\d+)" value="1:1:1"', ada.text)
    of = re.search(r'name="of" value="(\w+)"', ada.text)
    assert of is not None
    ada.send(f"{address}/save", **{"as": "form", "of": of[1], f"f{number}": "2:1:1"})
    after = ada._ask("GET", f"{address}/scenario.yaml").text
    assert after == before.replace("1:1:1", "2:1:1", 1)
    ada.get(address)
    stale = ada.send(f"{address}/save", **{"as": "form", "of": of[1], f"f{number}": "3:1:1"})
    assert stale.status_code == 409


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("extends: picu-blood-draw.yaml", "would read another file"),
        ("x: {file: /etc/passwd}", "would read a file"),
        ("x: [{function: os.py:system}]", "would run code"),
    ],
)
def test_a_study_that_reads_a_file_or_runs_code_is_refused(
    a_class: Callable[..., Class], line: str, words: str
) -> None:
    ada = a_class().student()
    text = f"{line}\n{ts.shipped()[SMALL].path.read_text()}"
    uploaded(ada, text)
    assert words in unescape(ada.text)
    assert "TS-W001" in ada.text
    assert "Line 1," in ada.text


def test_a_change_for_a_comparison_may_read_no_file_either(a_class: Callable[..., Class]) -> None:
    ada = a_class().student()
    asked(ada, opened(ada), "compare", replicates=10, change="outcomes.score.level={file: x.csv}")
    assert "would read a file" in unescape(ada.text)


def test_too_much_is_refused_before_it_is_queued(a_class: Callable[..., Class]) -> None:
    here = a_class()
    ada = here.student()
    text = ts.shipped()[SMALL].path.read_text()
    uploaded(ada, re.sub(r"enroll: .*", "enroll: 1000000000", text))
    assert "It must be at most 100000." in unescape(ada.text)
    address = uploaded(ada, re.sub(r"enroll: .*", "enroll: 100000", text))
    asked(ada, address, "run", replicates=2000)
    assert "of the lecturer's computer" in unescape(ada.text)
    ada.get(address)
    ada.send(f"{address}/ask", kind="run", replicates=2001)
    assert ada.status == 422
    assert here.parts.pool.jobs == {}
    assert [row["state"] for row in here.parts.state.rows("SELECT state FROM questions")] == ["failed"]


def test_the_lecturer_may_ask_for_more(a_class: Callable[..., Class]) -> None:
    teacher = a_class().lecturer()
    address = opened(teacher)
    asked(teacher, address, "run", replicates=2001)
    assert "Take it home" in teacher.text


def test_nobody_reads_or_changes_what_is_anothers(a_class: Callable[..., Class]) -> None:
    here = a_class()
    ada, eve = here.student("Ada"), here.student("Eve")
    address = opened(ada)
    page = asked(ada, address, "run", replicates=20)
    eve.get("/bench")
    token = eve.token
    for path in (address, f"{address}/scenario.yaml", page, f"{page}/page", f"{page}/data"):
        assert eve._ask("GET", path).status_code == 404, path
    question = {"kind": "run", "replicates": "10"}
    acts = (
        (f"{address}/save", {"text": "x"}),
        (f"{address}/delete", {}),
        (f"{address}/ask", question),
        (f"{page}/cancel", {}),
    )
    for path, more in acts:
        assert eve._ask("POST", path, data={"token": token, **more}).status_code == 404, path
    ada.get(address)
    assert "It is sound." in ada.text
    mine = opened(eve)
    assert eve._ask("GET", f"{mine}/asked/{page.rpartition('/')[2]}").status_code == 404
    eve.get(mine)
    eve.send(f"{mine}/ask", kind="compare", other=address.rpartition("/")[2], replicates=10)
    assert eve.status == 422, "another's study is not one to compare with"


def test_equal_questions_of_two_students_are_simulated_once(a_class: Callable[..., Class]) -> None:
    here = a_class()
    for name in ("Ada", "Bob"):
        student = here.student(name)
        asked(student, opened(student), "run", replicates=30)
        assert "Take it home" in student.text
    assert len(here.parts.state.rows("SELECT * FROM results")) == 1


def test_a_study_lies_in_the_folder_of_its_student_and_goes_with_it(a_class: Callable[..., Class]) -> None:
    here = a_class()
    ada = here.student()
    address = opened(ada)
    (person,) = here.parts.state.students()
    file = here.parts.state.folder_of(person) / "my-textbook-t-test.yaml"
    assert file.read_text() == ada._ask("GET", f"{address}/scenario.yaml").text
    ada.get("/bench")
    ada.send(f"{address}/delete")
    assert not file.exists()


@pytest.mark.parametrize("raw", [b"\xff\xfe\x00", b"a: b\0"])
def test_a_file_that_is_not_text_is_refused(a_class: Callable[..., Class], raw: bytes) -> None:
    ada = a_class().student()
    ada.get("/bench")
    assert (
        ada.post("/bench/new", {"token": ada.token}, files={"upload": ("x.yaml", raw, "text/yaml")}).status_code == 422
    )


def test_a_page_taken_home_needs_nothing_else(a_class: Callable[..., Class]) -> None:
    ada = a_class().student()
    page = asked(ada, opened(ada), "run", replicates=50)
    found = ada._ask("GET", f"{page}/page")
    assert "attachment" in found.headers["content-disposition"]
    assert 'class="line-blue"' not in found.text, "its pictures have their colors inside"
    assert "http://127.0.0.1" not in found.text


def test_a_sweep_shows_each_value_without_a_script(a_class: Callable[..., Class]) -> None:
    ada = a_class().student()
    page = asked(ada, opened(ada), "sweep", replicates=40, path="design.enroll", low="30", high="90", points=3)
    assert ada.text.count("data-point=") == 3
    ada.get(f"{page}?point=2")
    assert re.search(r'data-point="2" aria-label="design.enroll 90"', ada.text)


@pytest.mark.parametrize(("low", "high"), [("10 min", "20 h"), ("x", "y"), ("20", "10"), ("", "")])
def test_ends_of_a_sweep_that_do_not_fit_are_refused(a_class: Callable[..., Class], low: str, high: str) -> None:
    ada = a_class().student()
    address = opened(ada)
    ada.send(f"{address}/ask", kind="sweep", replicates=10, path="design.enroll", low=low, high=high, points=3)
    assert ada.status == 422


def test_what_was_asked_before_the_end_is_answered_after_the_next_start(a_class: Callable[..., Class]) -> None:
    here = a_class()
    ada = here.student()
    address = opened(ada)
    here.parts.pool._queues["long"] = type("Nowhere", (), {"put_nowait": lambda *_: None})()  # type: ignore[assignment]
    ada.get(address)
    ada.send(f"{address}/ask", kind="run", replicates=20)
    assert "It is being simulated" in ada.text
    page = ada.path
    again = a_class()
    back = again.browser()
    back.cookies = dict(ada.cookies)
    for _ in range(200):
        back.get(page)
        if "It is being simulated" not in back.text:
            break
    assert "Take it home" in back.text


def test_the_server_itself_loads_nothing_that_simulates() -> None:
    import subprocess

    heavy = ("numpy", "numba", "pandas", "scipy", "matplotlib")
    text = f"import sys, trialsim.app.server; print([one for one in {heavy} if one in sys.modules])"
    found = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
