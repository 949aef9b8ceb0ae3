"""Event logs as XES: the structure that IEEE 1849-2016 prescribes, and what is in the rows."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import groupby
from xml.etree import ElementTree as ET

import pytest

from tests.busy_ward import BUSY
from trialsim.eventlog import ActivityLog, ActivityRow
from trialsim.prepared import prepare
from trialsim.scenario import loads
from trialsim.study import cohort_of
from trialsim.xes import XES_FOOT, xes_head, xes_traces

SPACE = "{http://www.xes-standard.org/}"
NAME = re.compile(r"[A-Za-z_][\w.-]*")  # an XML name without a colon

#: Attributes by their type, and what their values are.
VALUES = {
    "string": lambda text: text,
    "date": datetime.fromisoformat,
    "int": int,
}


@pytest.fixture(scope="module")
def rows() -> list[ActivityRow]:
    log, study = ActivityLog(), prepare(loads(BUSY))
    return [row for number in (0, 1) for row in log.rows(cohort_of(study, number).one(number))]


@pytest.fixture(scope="module")
def text(rows: list[ActivityRow]) -> str:
    parts = [list(trial) for _, trial in groupby(rows, key=lambda row: row.run_number)]
    traces = [line for part in parts for line in xes_traces(part)]
    return "\n".join([*xes_head("Sessions <with> two & more"), *traces, XES_FOOT])


def faults(text: str) -> list[str]:
    """What the standard does not allow: order and names of elements, types and keys of attributes."""
    log = ET.fromstring(text)
    found = [] if log.tag == f"{SPACE}log" else ["the root"]
    float(log.attrib["xes.version"])
    order = ["extension", "global", "classifier", "attribute", "trace", "event"]
    kinds = [tag(child) if tag(child) in order else "attribute" for child in log]
    if kinds != sorted(kinds, key=order.index):
        found.append("the order of elements of the log")
    prefixes = {one.attrib["prefix"] for one in log.iter(f"{SPACE}extension")}
    named = (*log.iter(f"{SPACE}extension"), *log.iter(f"{SPACE}classifier"))
    found += [f"the name {one.attrib['name']!r}" for one in named if not NAME.fullmatch(one.attrib["name"])]
    for parent in (log, *log.iter(f"{SPACE}global"), *log.iter(f"{SPACE}trace"), *log.iter(f"{SPACE}event")):
        for child in parent:
            if tag(child) not in ("extension", "global", "classifier", "trace", "event"):
                found += attribute_faults(child, prefixes)
    for trace in log.iter(f"{SPACE}trace"):
        kinds = [tag(child) == "event" for child in trace]
        if kinds != sorted(kinds):
            found.append("an attribute behind an event")
    return found


def attribute_faults(one: ET.Element, prefixes: set[str]) -> list[str]:
    found = []
    prefix, colon, name = one.attrib["key"].rpartition(":")
    if (colon and prefix not in prefixes) or not NAME.fullmatch(name):
        found.append(f"the key {one.attrib['key']}")
    try:
        value = VALUES[tag(one)](one.attrib["value"])
        if isinstance(value, datetime) and value.tzinfo is None:
            found.append("a date without a zone")
    except (KeyError, ValueError) as problem:
        found.append(f"{tag(one)}: {problem}")
    return found


def tag(one: ET.Element) -> str:
    return one.tag.removeprefix(SPACE)


def test_the_structure_is_that_of_the_standard(text: str) -> None:
    assert faults(text) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('<int key="run_number" value="0"/>', '<int key="run_number" value="first"/>'),
        ("+00:00", ""),
        ('classifier name="Activity"', 'classifier name="The activity"'),
        ('key="org:resource"', 'key="staff:resource"'),
        (
            '<string key="lifecycle:model" value="standard"/>\n',
            '<string key="lifecycle:model" value="standard"/><event/>\n',
        ),
        ('<string key="arm"', '<word key="arm"'),
    ],
)
def test_a_fault_in_the_structure_is_seen(text: str, right: str, wrong: str) -> None:
    """Planted."""
    assert right in text
    assert faults(text.replace(right, wrong)) != []


def test_a_trace_has_the_rows_of_its_case_in_order(rows: list[ActivityRow], text: str) -> None:
    log = ET.fromstring(text)
    traces = log.findall(f"{SPACE}trace")
    cases = dict.fromkeys(sorted((row.case_id for row in rows), key=lambda case: (case[0], len(case), case)))
    assert [value(trace, "concept:name") for trace in traces] == list(cases)
    for trace in traces:
        case = value(trace, "concept:name")
        wanted = [
            (
                row.activity,
                row.lifecycle.replace("abort_activity", "ate_abort"),
                f"{row.timestamp.isoformat()}+00:00",
                row.resource,
            )
            for row in rows
            if row.case_id == case
        ]
        keys = ("concept:name", "lifecycle:transition", "time:timestamp", "org:resource")
        assert [tuple(value(event, key) for key in keys) for event in trace.findall(f"{SPACE}event")] == wanted
    assert log.findall(f"{SPACE}string")[0].attrib["value"] == "Sessions <with> two & more"


def value(parent: ET.Element, key: str) -> str:
    """The value of an attribute, empty where there is none."""
    return next((child.attrib["value"] for child in parent if child.attrib.get("key") == key), "")
