"""Who may ask: our own pages on our own address, with a form's own token; nobody reads what is another's."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.app.conftest import Class
from trialsim.app.guard import POLICY, host_of
from trialsim.app.settings import MOST_BYTES


@pytest.mark.parametrize(
    "host", ["evil.example:8765", "127.0.0.1", "127.0.0.1:80", "localhost.evil.example:8765", "a@127.0.0.1:8765", ""]
)
def test_a_foreign_host_is_refused(a_class: Callable[..., Class], host: str) -> None:
    """A name of another site that leads to this computer (DNS rebinding) has that site's host in its requests."""
    guest = a_class().browser()
    assert guest._ask("GET", "/", headers={"host": host}).status_code == 421


def test_our_own_names_are_hosts(a_class: Callable[..., Class]) -> None:
    guest = a_class().browser()
    for host in ("127.0.0.1:8765", "localhost:8765", "LOCALHOST:8765", "[::1]:8765"):
        assert guest._ask("GET", "/", headers={"host": host}).status_code == 200
    assert host_of("[::1]:8765") == ("[::1]", 8765)


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "https://127.0.0.1:8765", "http://127.0.0.1:8766", "http://localhost:8765", ""],
)
def test_a_foreign_origin_is_refused_and_changes_nothing(a_class: Callable[..., Class], origin: str) -> None:
    here = a_class()
    guest = here.browser()
    sent = guest.post("/join", {"nickname": "Eve", "code": here.parts.state.code}, headers={"origin": origin})
    assert sent.status_code == 403
    assert here.parts.state.students() == []


@pytest.mark.parametrize("token", ["", "guessed", None])
def test_a_form_without_the_pages_own_token_is_refused(a_class: Callable[..., Class], token: str | None) -> None:
    here = a_class()
    teacher = here.lecturer()
    data = {"action": "start", "lesson": "again"} | ({} if token is None else {"token": token})
    assert teacher.post("/lecture/act", data).status_code == 403
    assert here.parts.classroom.current() is None


def test_a_token_of_another_person_is_refused(a_class: Callable[..., Class]) -> None:
    here = a_class()
    teacher, ada = here.lecturer(), here.student()
    ada.get("/bench")
    assert teacher.post("/lecture/act", {"action": "start", "lesson": "again", "token": ada.token}).status_code == 403


def test_a_guessed_session_or_key_leads_to_the_door(a_class: Callable[..., Class]) -> None:
    here = a_class()
    guest = here.browser()
    guest.cookies = {"trialsim-lecturer": "1", "trialsim-student": "guessed"}
    for path in ("/lecture", "/lesson", "/bench", "/lecture/class-counts.csv", "/lecture/wall", "/events"):
        guest.get(path)
        assert guest.path == "/", path
    assert guest.get("/lecture/enter?key=guessed").status_code == 403


def test_a_student_is_not_a_lecturer(a_class: Callable[..., Class]) -> None:
    here = a_class()
    ada = here.student()
    for path in ("/lecture", "/lecture/wall", "/lecture/class-counts.csv"):
        ada.get(path)
        assert ada.path != path
    ada.cookies["trialsim-lecturer"] = ada.cookies["trialsim-student"]
    ada.get("/lecture")
    assert ada.path != "/lecture"


def test_cookies_are_for_our_pages_alone_and_out_of_reach_of_scripts(a_class: Callable[..., Class]) -> None:
    here = a_class()
    guest = here.browser()
    sent = guest._ask("POST", "/join", data={"nickname": "Ada", "code": here.parts.state.code})
    cookie = sent.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    stored = here.parts.state.row("SELECT * FROM people WHERE role = 'student'")
    assert stored is not None
    assert guest.cookies["trialsim-student"] not in map(str, tuple(stored)), "only its hash is stored"


def test_every_answer_forbids_foreign_and_inline_script(a_class: Callable[..., Class]) -> None:
    here = a_class()
    ada = here.student()
    for path in ("/lesson", "/bench", "/nowhere", "/static/x/app.js"):
        found = ada._ask("GET", path)
        assert found.headers["content-security-policy"] == POLICY, path
        assert found.headers["x-content-type-options"] == "nosniff"
        assert found.headers["x-frame-options"] == "DENY"
    assert "unsafe" not in POLICY
    assert "<script>" not in ada.text
    assert " style=" not in ada.text


def test_what_is_too_large_is_refused_whatever_its_header_says(a_class: Callable[..., Class]) -> None:
    here = a_class()
    ada = here.student()
    assert ada._ask("POST", "/join", content=b"x" * (MOST_BYTES + 1)).status_code == 413

    def slices() -> object:
        async def give() -> object:
            for _ in range(40):
                yield b"x" * 40_000

        return give()

    sent = ada._ask("POST", "/join", content=slices(), headers={"content-type": "application/x-www-form-urlencoded"})
    assert sent.status_code == 413


def test_a_body_that_is_no_form_is_refused(a_class: Callable[..., Class]) -> None:
    guest = a_class().browser()
    assert guest._ask("POST", "/join", json={"nickname": "x"}).status_code == 415


def test_only_files_of_style_and_script_are_served(a_class: Callable[..., Class]) -> None:
    guest = a_class().browser()
    for path in (
        "/static/x/../server.py",
        "/static/x/server.py",
        "/static/x/..%2fserver.py",
        "/static/x/%2e%2e/%2e%2e/etc/passwd",
    ):
        assert guest._ask("GET", path).status_code == 404


def test_a_class_in_the_local_network_has_its_address_and_no_other(a_class: Callable[..., Class]) -> None:
    here = a_class(classroom=True, names=("127.0.0.1", "ada.local", "192.168.1.7"))
    assert here.parts.settings.join_address == "http://192.168.1.7:8765"
    guest = here.browser()
    assert guest._ask("GET", "/", headers={"host": "192.168.1.7:8765"}).status_code == 200
    assert guest._ask("GET", "/", headers={"host": "192.168.1.8:8765"}).status_code == 421
    teacher = here.lecturer()
    teacher.get("/lecture/wall")
    assert "http://192.168.1.7:8765" in teacher.text
    assert here.parts.state.code in teacher.text
    assert "QR code of http://192.168.1.7:8765/?code=" in teacher.text
