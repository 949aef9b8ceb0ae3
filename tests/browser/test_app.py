"""The app in a real browser: a lecturer and two students, the keyboard alone, names that try to be scripts, nothing from afar."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.browser.chromium import program

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(program() is None, reason="there is no Chromium here (apt-get install chromium)"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

LOOKS = ((390, "light"), (1280, "dark"), (1280, "light"))

#: How long a page may take on a machine that is busy with other tests [ms].
PATIENCE = 90_000

#: A nickname that would run if it were markup.
EVIL = "<img src=x onerror=x()>"


class Served:
    """The app in a process of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder, self.options = folder, options
        self.start()

    def start(self) -> None:
        """Start it; returns when it has said where it is."""
        command = [
            sys.executable,
            "-m",
            "trialsim",
            "app",
            "--port",
            "18765",
            "--folder",
            str(self.folder),
            *self.options,
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        lines = []
        assert self.process.stdout is not None
        for line in self.process.stdout:
            lines.append(line.strip())
            if line.startswith("Stop it"):
                break
        text = "\n".join(lines)
        self.lecturer, self.students = (re.search(rf"{who}\s+(\S+)", text)[1] for who in ("Lecturer", "Students"))  # type: ignore[index]
        self.base = self.students.partition("/?")[0]

    def workers(self) -> list[int]:
        """The processes that simulate."""
        return [one.pid for one in psutil.Process(self.process.pid).children(recursive=True)]

    def end(self, how: int) -> list[int]:
        """End it, and the processes that are left then."""
        numbers = self.workers()
        self.process.send_signal(how)
        self.process.wait(timeout=30)
        assert self.process.stdout is not None
        self.process.stdout.close()
        until = time.monotonic() + 10
        while any(map(_runs, numbers)) and time.monotonic() < until:
            time.sleep(0.1)
        return [one for one in numbers if _runs(one)]


def _runs(number: int) -> bool:
    try:
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    one = Served(tmp_path_factory.mktemp("app") / ".app")
    yield one
    if one.process.poll() is None:
        assert one.end(signal.SIGTERM) == []


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program(), args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture
def tab(chromium: Any, served: Served) -> Iterator[Callable[[], Any]]:
    """Makes a page of a browser of its own; a request that leaves this computer, an error or a foreign script fails the test."""
    seen: list[str] = []
    contexts = []

    def make() -> Any:
        context = chromium.new_context()
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda one: seen.append(one.url) if not one.url.startswith((served.base, "data:")) else None)
        page.on("pageerror", lambda one: seen.append(f"error: {one}"))
        page.on("console", lambda one: seen.append(one.text) if one.type == "error" else None)
        page.on("dialog", lambda _: seen.append("a dialog"))
        return page

    yield make
    for one in contexts:
        one.close()
    assert seen == []


@pytest.fixture(scope="module")
def axe() -> str:
    return files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def looked_at(page: Any, axe: str, name: str) -> None:
    """A page is not wider than its window and has no serious fault, narrow and wide, in light and dark."""
    # past the policy of the page, which rightly forbids it: as a developer's tool does
    page.context.new_cdp_session(page).send("Runtime.evaluate", {"expression": axe})
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(one => one.violations)")
        serious = [
            (one["id"], one["nodes"][0]["html"][:160]) for one in found if one["impact"] in ("serious", "critical")
        ]
        assert serious == [], (name, width, scheme)


def named(page: Any, name: str) -> None:
    """Every control that the accessibility tree has carries a name, and the page one heading of the first level."""
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    roles = ("button", "link", "textbox", "slider", "radio", "combobox", "spinbutton", "DisclosureTriangle")
    controls = [one for one in nodes if not one["ignored"] and one["role"]["value"] in roles]
    assert [one["role"]["value"] for one in controls if not one.get("name", {}).get("value", "").strip()] == [], name
    assert page.locator("h1").count() == 1, name


def joined(make: Callable[[], Any], served: Served, nickname: str) -> Any:
    page = make()
    page.goto(served.students)
    page.fill("[name=nickname]", nickname)
    page.click("button:has-text('Join')")
    page.wait_for_url("**/lesson")
    return page


def press(page: Any, words: str) -> None:
    page.click(f"button:has-text('{words}')")


def finish(page: Any, served: Served) -> None:
    """End what another test began."""
    page.goto(f"{served.base}/lecture")
    if page.locator("button:has-text('End this lesson')").count():
        press(page, "End this lesson")


def test_a_lecturer_and_two_students_give_a_lesson(served: Served, tab: Callable[[], Any], axe: str) -> None:
    teacher = tab()
    teacher.goto(served.lecturer)
    finish(teacher, served)
    looked_at(teacher, axe, "lessons")
    named(teacher, "lessons")
    teacher.goto(f"{served.base}/lecture/wall")
    looked_at(teacher, axe, "wall")
    guest = tab()
    guest.goto(served.students)
    looked_at(guest, axe, "door")
    ada, eve = joined(tab, served, "Ada"), joined(tab, served, EVIL)
    teacher.locator("#here", has_text=EVIL).wait_for()
    teacher.goto(f"{served.base}/lecture")
    press(teacher, "Start: Run it again")
    for page, choice in ((ada, "a"), (eve, "d")):
        page.locator("[name=choice]").first.wait_for()
        assert page.title() == "Run it again", "the page has followed the class by itself"
        page.check(f"[name=choice][value={choice}]")
        page.check("[name=reason][value='0']")
        if page is ada:
            looked_at(page, axe, "predict")
            named(page, "predict")
        press(page, "Lock my prediction")
    teacher.locator("#counts .figure:has-text('have predicted') b", has_text="2").wait_for()
    looked_at(teacher, axe, "lecture predict")
    press(teacher, "Next: own trials")
    for page in (ada, eve):
        page.locator("svg").first.wait_for()
        page.check("[name=choice][value=a]")
        press(page, "Lock my decision")
    looked_at(ada, axe, "decided")
    press(teacher, "Next: the class")
    for page in (ada, eve):
        page.locator("#dots svg").wait_for()
        assert page.locator("#dots .ring").count() == 1
        page.check("[name=choice][value=d]")
        press(page, "Lock my answer")
    looked_at(ada, axe, "class")
    teacher.locator("#counts .figure:has-text('answered again') b", has_text="2").wait_for()
    press(teacher, "Reveal")
    for page in (ada, eve):
        page.locator("h2:has-text('The answer')").wait_for()
    press(teacher, "Show misconceptions")
    ada.locator("h3:has-text('What each answer reveals')").wait_for()
    looked_at(ada, axe, "reveal")
    looked_at(teacher, axe, "lecture reveal")
    press(teacher, "Next: another study")
    for page, choice in ((ada, "b"), (eve, "a")):
        page.locator("h2:has-text('Another study')").wait_for()
        page.check(f"[name=choice][value={choice}]")
        press(page, "Lock my answer")
    press(teacher, "Next: answers and end")
    ada.locator("h2:has-text('To remember')").wait_for()
    looked_at(ada, axe, "end")
    looked_at(teacher, axe, "lecture end")
    assert teacher.locator("td:has-text('Wrong before, right in the other study') + td").inner_text() == "1 of 1"
    assert teacher.evaluate("document.querySelectorAll('img').length") == 0


def test_a_whole_lesson_by_keyboard_alone(served: Served, tab: Callable[[], Any]) -> None:
    teacher, ada = tab(), tab()
    teacher.goto(served.lecturer)
    finish(teacher, served)
    ada.goto(served.students)

    def reach(page: Any, words: str) -> None:
        """Tab until what has the focus is called so."""
        for _ in range(60):
            page.keyboard.press("Tab")
            label = "(document.activeElement.labels?.[0] ?? document.activeElement).innerText.trim()"
            if words in page.evaluate(label):
                return
        raise AssertionError(f"the keyboard does not reach '{words}'")

    def choose(page: Any, first: str, times: int) -> None:
        """Reach the first of some choices, go on with the arrow, and come back to where it is checked."""
        reach(page, first)
        page.keyboard.press("Space")
        for _ in range(times):
            page.keyboard.press("ArrowDown")

    def lock(page: Any, words: str) -> None:
        reach(page, words)
        page.keyboard.press("Enter")

    reach(ada, "Nickname")
    ada.keyboard.type("Keys")
    ada.keyboard.press("Enter")
    ada.wait_for_url("**/lesson")
    lock(teacher, "Start: Run it again")
    ada.locator("[name=choice]").first.wait_for()
    choose(ada, "97 %", 2)
    choose(ada, "The smaller p is", 1)
    lock(ada, "Lock my prediction")
    ada.locator("h2:has-text('locked')").wait_for()
    teacher.locator("button:has-text('Next')").wait_for()
    steps = {"Next: own trials": "p < 0.05", "Next: the class": "97 %", "Reveal": "", "Next: another study": "About 10"}
    for step, first in steps.items():
        teacher.locator(f"button:has-text('{step}')").wait_for()
        lock(teacher, step)
        if first:
            ada.locator("[name=choice]").first.wait_for()
            choose(ada, first, 1)
            lock(ada, "Lock my")
            ada.locator("[name=choice]").first.wait_for(state="detached")
    teacher.locator("button:has-text('Next: answers')").wait_for()
    lock(teacher, "Next: answers and end")
    ada.locator("h2:has-text('To remember')").wait_for()


def test_the_workbench_from_a_copy_to_a_page(served: Served, tab: Callable[[], Any], axe: str) -> None:
    ada = joined(tab, served, "Bench")
    ada.goto(f"{served.base}/bench")
    looked_at(ada, axe, "bench")
    ada.select_option("[name=shipped]", "picu-blood-draw")
    press(ada, "Open a copy")
    address = ada.url
    looked_at(ada, axe, "document")
    named(ada, "document")
    ada.goto(f"{address}?as=form")
    ada.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    looked_at(ada, axe, "form")
    named(ada, "form")
    ada.goto(address)
    text = ada.input_value("#text")
    ada.fill("#text", text.replace("method:", "metod:"))
    press(ada, "Save and check")
    looked_at(ada, axe, "faults")
    ada.click("[data-line]")
    chosen = ada.evaluate(
        "(one => one.value.slice(one.selectionStart, one.selectionEnd))(document.getElementById('text'))"
    )
    assert "metod" in chosen, "a fault leads to its line"
    ada.fill("#text", text)
    press(ada, "Save and check")
    ada.fill("form:has(h3:text-is('Run')) [name=replicates]", "200")
    press(ada, "Run")
    ada.locator("h2:has-text('Take it home')").wait_for()
    looked_at(ada, axe, "run")
    ada.goto(address)
    ada.fill("[name=low]", "20")
    ada.fill("[name=high]", "60")
    ada.fill("form:has(h3:text-is('Sweep')) [name=points]", "3")
    press(ada, "Sweep")
    slider = ada.locator("input[type=range]")
    slider.wait_for()
    looked_at(ada, axe, "sweep")
    named(ada, "sweep")
    slider.focus()
    ada.keyboard.press("End")
    assert slider.get_attribute("aria-valuetext") == "60"
    assert ada.locator("section[data-point]:visible").get_attribute("aria-label") == "design.enroll.each arm 60"


def test_no_script_but_ours_runs(served: Served, tab: Callable[[], Any]) -> None:
    """Planted in a name, in a title, in an outcome's label: shown as letters."""
    eve = joined(tab, served, EVIL)
    eve.goto(f"{served.base}/bench")
    eve.select_option("[name=shipped]", "textbook-t-test")
    press(eve, "Open a copy")
    text = eve.input_value("#text")
    assert "Two arms, one visit, t-test" in text
    eve.fill("#text", text.replace("Two arms, one visit, t-test", "</textarea><script>x()</script><svg onload=x()>"))
    press(eve, "Save and check")
    assert eve.locator("main script, main svg[onload], main img").count() == 0
    assert "<script>x()</script>" in eve.locator("main").inner_text()
    press(eve, "Run")
    eve.locator("h2:has-text('Take it home')").wait_for()
    assert eve.locator("main script, main svg[onload], main img").count() == 0


def test_the_policy_of_pages_stops_a_script_inside_them(served: Served, chromium: Any) -> None:
    """Planted: were a word of a page ever not escaped, its script would not run."""
    context = chromium.new_context()
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda one: refused.append(one.text))
    page.goto(served.students)
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}))"
    )
    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in one for one in refused)
    context.close()


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is of Unix")
def test_a_kill_in_the_midst_of_a_run_loses_nothing_and_leaves_no_process(served: Served, chromium: Any) -> None:
    context = chromium.new_context()
    context.set_default_timeout(PATIENCE)
    ada, teacher = context.new_page(), context.new_page()
    teacher.goto(served.lecturer)
    finish(teacher, served)
    press(teacher, "Start: Run it again")
    ada.goto(served.students)
    ada.fill("[name=nickname]", "Kept")
    press(ada, "Join")
    ada.check("[name=choice][value=b]")
    ada.check("[name=reason][value='2']")
    press(ada, "Lock my prediction")
    ada.locator("h2:has-text('locked')").wait_for()
    ada.goto(f"{served.base}/bench")
    ada.select_option("[name=shipped]", "picu-blood-draw")
    press(ada, "Open a copy")
    ada.fill("form:has(h3:text-is('Run')) [name=replicates]", "2000")
    press(ada, "Run")
    ada.locator("text=It is being simulated").wait_for()
    page = ada.url
    assert len(served.workers()) >= 2
    assert served.end(signal.SIGKILL) == []
    served.start()
    ada.goto(page)
    ada.locator("h2:has-text('Take it home')").wait_for(timeout=60_000)
    ada.goto(f"{served.base}/lesson")
    assert "You said 95 %" in ada.locator("main").inner_text()
    context.close()
    assert served.end(signal.SIGTERM) == []
