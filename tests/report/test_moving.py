"""The moving ward: its data is the trace of the reference engine, its page asks nothing of the network, its words are right."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.busy_ward import BUSY
from trialsim.cohort import Cohort
from trialsim.engine import trace as e
from trialsim.prepared import Study, prepare
from trialsim.protocol.calendar import DAY
from trialsim.report.document import MovingPicture, Page, PageSection, render
from trialsim.report.moving import block
from trialsim.report.moving.block import MOST_LETTERS, moving_picture, moving_ward
from trialsim.report.moving.data import MovingWard
from trialsim.report.moving.layout import FORMS, layout_of, place_done
from trialsim.report.moving.moment import course_of, doing, summary, typical_moment
from trialsim.report.moving.pathway import pathway_of
from trialsim.report.moving.still import still, where_all_are
from trialsim.scenario import load, loads
from trialsim.scenario.shipped import shipped_scenarios
from trialsim.study import cohort_of

PICU = shipped_scenarios()["picu-blood-draw"].path


@pytest.fixture(scope="module", params=["busy", "picu"])
def study(request: pytest.FixtureRequest) -> Study:
    return prepare(loads(BUSY) if request.param == "busy" else load(PICU))


@pytest.fixture(scope="module")
def picture(study: Study) -> MovingPicture:
    found = moving_picture(study, cohort_of(study, 0))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def ward(study: Study) -> MovingWard:
    found = moving_ward(study, cohort_of(study, 0))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def judges(study: Study) -> list[Cohort]:
    """The same trials by the reference engine."""
    return [cohort_of(study, number, engine="simpy") for number in range(3)]


# ---------------------------------------------------------------- data against the reference engine


def wanted(cohort: Cohort, person: int) -> list[tuple[int, str, int]]:
    """What the way of a participant is to say, from the events of the reference engine: tick, what, value."""
    program, trace = cohort.program, cohort.trace
    assert program is not None
    assert trace is not None
    pathway = pathway_of(program)
    first = np.concatenate([[0], np.cumsum([one.units for one in program.resources])])
    base = int(cohort.entries.site[0, person]) * program.resources_per_site
    found = []
    for tick, kind, who, step, value, unit in trace.events[0].tolist():
        if who != person:
            continue
        if kind in (e.WAITS, e.REQUEST, e.START):
            found.append((tick, "column", pathway.of_step[step]))
        elif kind == e.VISIT:
            found.append((tick, "visit", value))
        elif kind == e.GRANT:
            found.append((tick, "came", int(first[base + program.holds[value].resources[0]]) + unit))
        elif kind in (e.RELEASE, e.GIVE_UP, e.TURNED_AWAY):
            found.append((tick, "back" if kind == e.RELEASE else "missed", 0))
        elif kind in (e.LEAVE, e.COMPLETE):
            found.append((tick, "left" if kind == e.LEAVE else "completed", value if kind == e.LEAVE else 0))
    return found


def way_of(data: dict[str, Any], way: list[Any]) -> list[tuple[int, str, int]]:
    """What a way in the JSON says, read as the script reads it."""
    names = {-1: "missed", -2: "came", -4: "back", -5: "completed", -6: "left"}
    tick, found, codes = way[2], [], way[3]
    for code, value in zip(codes[::2], codes[1::2], strict=True):
        if code >= 0 and data["columns"][code]["kind"] == "visit":
            found.append((tick, "visit", value))
        elif code >= 0:
            found.append((tick, "column", code))
            tick += value
        elif code in names:
            found.append((tick, names[code], value))
    return found


def differences(data: dict[str, Any], judges: list[Cohort]) -> Iterator[str]:
    for trial, cohort in zip(data["trials"], judges, strict=False):
        entries = cohort.entries
        for way in trial["ways"]:
            person = way[0]
            if (way[1], way[2]) != (int(entries.arm[0, person]), int(entries.entry[0, person])):
                yield f"the entry of {person}"
            if way_of(data, way) != wanted(cohort, person):
                yield f"the way of {person} in trial {trial['number']}"
        if len(trial["ways"]) != int((entries.entry[0] >= 0).sum()):
            yield "the number of participants"


def test_the_data_of_the_page_are_the_events_of_the_reference_engine(
    picture: MovingPicture, judges: list[Cohort]
) -> None:
    data = json.loads(picture.data)
    assert len(data["trials"]) == 3
    assert list(differences(data, judges)) == []


def test_a_fault_in_the_data_is_seen(picture: MovingPicture, judges: list[Cohort]) -> None:
    """Planted: one length is a second longer; one unit is another."""
    data = json.loads(picture.data)
    data["trials"][1]["ways"][5][3][1] += 1
    assert len(list(differences(data, judges))) == 1
    data = json.loads(picture.data)
    codes = next(way[3] for way in data["trials"][0]["ways"] if -2 in way[3][::2])
    codes[codes[::2].index(-2) * 2 + 1] += 1
    assert len(list(differences(data, judges))) == 1


def test_values_are_those_measured_to_four_digits(study: Study, picture: MovingPicture, judges: list[Cohort]) -> None:
    data, program = json.loads(picture.data), study.program
    assert program is not None
    labels = {one.label or name: name for name, one in study.scenario.outcomes.items()}
    for place, outcome in enumerate(data["outcomes"]):
        name = labels[outcome["label"].partition(" [")[0]]
        for trial, cohort in zip(data["trials"], judges, strict=False):
            measured = cohort.measurements.values[cohort.measurements.twins.index("declared"), 0]
            for way, row in zip(trial["ways"], trial["values"][place], strict=True):
                for visit, value in zip(outcome["visits"], row, strict=True):
                    right = measured[way[0], study.response.pairs.index((name, program.visits[visit]))]
                    assert (value is None) == math.isnan(right)
                    assert value is None or value == pytest.approx(right, rel=5e-4, abs=1e-12)


def test_staff_do_one_thing_at_a_time_and_only_on_duty(ward: MovingWard) -> None:
    for trial in ward.trials:
        course = course_of(ward, trial)
        for unit, spells in enumerate(trial.spells):
            served = [(one.begin, one.end) for one in course.sessions if one.unit == unit]
            spans = sorted([*spells, *served])
            assert all(first[1] <= second[0] for first, second in pairwise(spans))
            for begin, end in spells:
                assert doing(ward, trial, course, unit, begin)[0] == "other"
                assert doing(ward, trial, course, unit, end)[0] != "other" or any(end == other for other, _ in spells)


def test_ward_data_is_small(study: Study, picture: MovingPicture) -> None:
    assert len(picture.data) <= MOST_LETTERS + 20_000  # with the places of three forms
    if study.scenario.name == "picu-blood-draw":
        assert len(picture.data) + sum(map(len, picture.stills)) < 150_000


def test_a_trial_that_is_too_long_is_cut_and_the_page_says_so(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block, "MOST_LETTERS", 6_000)
    cohort = cohort_of(study, 0)
    picture = moving_picture(study, cohort)
    assert picture is not None
    assert "It ends on day" in picture.text
    trial = json.loads(picture.data)["trials"][0]
    assert trial["cut"]
    assert trace_end(cohort) > trial["end"]
    whole = moving_ward(study, cohort)
    assert whole is not None
    for way in trial["ways"]:
        assert way[2] < trial["end"]


def trace_end(cohort: Cohort) -> int:
    assert cohort.trace is not None
    return int(cohort.trace.events[0][-1, 0])


def test_without_a_ward_nothing_moves() -> None:
    study = prepare(load(shipped_scenarios()["textbook-t-test"].path))
    assert moving_picture(study, cohort_of(study, 0)) is None


# ---------------------------------------------------------------- moments, and where everybody is


def test_a_moment_in_words() -> None:
    study = prepare(load(PICU))
    ward = moving_ward(study, cohort_of(study, 0))
    assert ward is not None
    trial = ward.trials[0]
    course = course_of(ward, trial)
    assert summary(ward, trial, course, 0) == "Day 1, 00:00: nurses off duty, nobody waits, 0 enrolled, 0 missed"
    noon = 3 * DAY + 12 * 3600
    words = summary(ward, trial, course, noon)
    assert re.fullmatch(
        r"Day 4, 12:00: 2 nurses on duty(, \d with the study)?, nobody waits, \d enrolled, 0 missed", words
    )
    tick = typical_moment(ward, trial, course)
    assert re.search(r"\d of 2 nurses busy, 1 waits", summary(ward, trial, course, tick))
    asked = next(
        one for one in course.stays if ward.pathway.columns[one.column].kind == "queue" and one.end - one.begin > 60
    )
    assert "2 of 2 nurses busy, 1 waits" in summary(ward, trial, course, asked.begin)


def test_everybody_enrolled_is_somewhere_once(ward: MovingWard) -> None:
    trial = ward.trials[0]
    course = course_of(ward, trial)
    layout = layout_of(ward, FORMS[0])
    for tick in range(0, trial.end + 1, trial.end // 40):
        places = where_all_are(ward, layout, course, tick)
        assert {way.participant for way in places} == {way.participant for way in trial.ways if way.entry <= tick}


def test_those_who_are_done_lie_beside_one_another_inside_their_field(ward: MovingWard) -> None:
    most = max(
        sum(way.arm == arm for way in trial.ways) for trial in ward.trials for arm in range(len(ward.program.arms))
    )
    for form in FORMS:
        layout = layout_of(ward, form)
        for arm, (near, far) in enumerate(layout.lanes):
            spots = [place_done(layout, arm, order) for order in range(most)]
            assert len(set(spots)) == most
            along, across = (1, 0) if form.upright else (0, 1)
            assert all(near < spot[across] < far for spot in spots)
            assert all(layout.columns[-1][0] < spot[along] < layout.columns[-1][1] for spot in spots)


def test_every_form_keeps_inside_its_frame(ward: MovingWard) -> None:
    trial = ward.trials[0]
    course = course_of(ward, trial)
    for form in FORMS:
        layout = layout_of(ward, form)
        svg = still(ward, layout, trial, course, typical_moment(ward, trial, course))
        for x, y in re.findall(r'c?x="(-?[\d.]+)" c?y="(-?[\d.]+)"', svg):
            assert -5 <= float(x) <= form.width + 5
            assert -5 <= float(y) <= layout.height + 5
        assert "nan" not in svg


def test_sessions_that_repeat_share_their_columns() -> None:
    text = BUSY.replace("times: 3", "times: 6").replace("draw 3", "draw 6")
    program = prepare(loads(text)).program
    assert program is not None
    pathway = pathway_of(program)
    assert [column.label.replace("\N{NO-BREAK SPACE}", " ") for column in pathway.columns] == [
        "teaching", "until pre", "waits for nurse and room", "pre", "massage", "needle", "draw", "post", "until end", "end",
        "done",
    ]  # fmt: skip
    assert pathway.times == 6
    assert len({pathway.of_visit[visit] for visit in range(len(program.visits))}) == 4


# ---------------------------------------------------------------- the page


def page_of(*blocks: Any) -> str:
    return render(Page("A title", "What.", ("Answer.",), (PageSection("One", blocks),), made=date(2026, 1, 5)))


def test_the_page_allows_its_own_script_and_no_other(picture: MovingPicture) -> None:
    text = page_of(picture)
    policy = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    scripts = re.findall(r"<script>(.*?)</script>", text, flags=re.DOTALL)
    assert len(scripts) == len(policy) == 1
    allowed = b64encode(sha256(scripts[0].encode()).digest()).decode()
    assert policy[0].startswith("default-src 'none'; ")
    assert re.findall(r"script-src ([^;]*);", policy[0]) == [f"'sha256-{allowed}'"]
    assert not re.findall(r"<(?:script|img|link|iframe)[^>]* (?:src|href)=|\bfetch\(|XMLHttpRequest|import\(", text)


def test_a_page_without_it_has_no_script() -> None:
    text = page_of()
    assert "<script" not in text
    assert "script-src" not in text


def test_the_data_in_the_page_can_be_read_and_are_no_markup(picture: MovingPicture) -> None:
    text = page_of(picture)
    found = re.findall(r'<script type="application/json">(.*?)</script>', text, flags=re.DOTALL)
    assert [json.loads(one) for one in found] == [json.loads(picture.data)]
    assert "<" not in picture.data
    named = prepare(
        loads(BUSY.replace("room: {units: 1}", '"<b>room": {units: 1}').replace("nurse, room", 'nurse, "<b>room"'))
    )
    other = moving_picture(named, cohort_of(named, 0))
    assert other is not None
    assert "<b>room" not in "".join(other.stills)
    assert "&lt;b&gt;room" in "".join(other.stills)


def test_it_can_be_read_aloud_and_used_with_the_keyboard(picture: MovingPicture) -> None:
    text = page_of(picture)
    for part in (
        f'role="img" aria-label="{picture.summary}"', 'role="status"', 'type="range"', 'aria-label="Time of the study"',
        'role="group"', '<button type="button" class="go"><span>Play</span>',
    ):  # fmt: skip
        assert part in text, part
    assert text.count('class="ward ') == len(FORMS) == 3
    assert "prefers-reduced-motion" in text
    assert "@media print" in text


@pytest.mark.verify
def test_the_script_draws_what_the_still_shows(picture: MovingPicture, tmp_path: Path) -> None:
    """In a browser: dots, staff, links, means and words of the moment shown first, to a tenth of a unit."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        assert "CI" not in os.environ, "a browser is needed"
        pytest.skip("there is no browser here")
    (tmp_path / "page.html").write_text(page_of(picture), encoding="utf-8")
    command = [
        browser, "--headless", "--no-sandbox", "--disable-gpu", "--force-prefers-reduced-motion", "--window-size=1280,1200",
        "--virtual-time-budget=2000", "--dump-dom", (tmp_path / "page.html").as_uri(),
    ]  # fmt: skip
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    assert 'class="moving live' in text
    drawn = re.search(r'<svg class="ward wide".*?</svg>', text, flags=re.DOTALL)
    assert drawn is not None
    assert apart(shown(drawn[0]), shown(picture.stills[0])) == []
    moved = re.sub(r'(class="dots"><circle class="[^"]*" cx=")', r"\g<1>1", picture.stills[0])
    assert apart(shown(drawn[0]), shown(moved)) != []  # planted
    assert f'<p class="summary" role="status">{picture.summary}</p>' in text


#: A picture as parts: what each is, and its numbers.
Parts = list[tuple[str, list[float]]]


def shown(svg: str) -> Parts:
    """What a picture shows at its moment: each dot, unit, link, mean, line and the points of each arm."""
    svg = svg.replace("/>", ">")
    found = [(kind, numbers(rest)) for kind, rest in re.findall(r'<circle class="((?:dot|mean)[^"]*)"([^>]*)>', svg)]
    found += [
        (kind, numbers(path)) for kind, path in re.findall(r'class="((?:link|mean|point) arm\d)" d="([^"]+)"', svg)
    ]
    found += [(kind, numbers(rest)) for kind, rest in re.findall(r'<text class="(line arm\d)"([^>]*)>', svg)]
    found += [(" ".join(one), []) for one in re.findall(r'<text class="(note [^"]*)"[^>]*>([^<]+)<', svg)]
    found += [(" ".join(one), []) for one in re.findall(r'class="(chip [^"]*)".*?class="does"[^>]*>([^<]*)<', svg)]
    return sorted((kind, [] if kind.startswith("point") else places) for kind, places in found if "hidden" not in kind)


def numbers(text: str) -> list[float]:
    """Numbers of a part; the radius of a dot is not among them."""
    return [float(one) for one in re.findall(r"-?\d+\.?\d*", re.sub(r'\br="[^"]*"', "", text))]


def apart(one: Parts, other: Parts) -> list[object]:
    """Parts of two pictures that differ by more than a fifth of a unit."""
    if [kind for kind, _ in one] != [kind for kind, _ in other]:
        return [kind for kind, _ in one]
    return [
        (kind, a, b)
        for (kind, a), (_, b) in zip(one, other, strict=True)
        if len(a) != len(b) or any(abs(x - y) > 0.2 for x, y in zip(a, b, strict=True))
    ]
