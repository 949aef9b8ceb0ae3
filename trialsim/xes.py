"""Event logs as XES, the XML format of process mining (IEEE Std 1849-2016, doi:10.1109/IEEESTD.2016.7740858)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from xml.sax.saxutils import quoteattr

from trialsim.eventlog import ActivityRow

#: States that the standard life cycle of XES calls by another name.
STANDARD = {"abort_activity": "ate_abort"}

#: Name, prefix and address of each extension that is used.
EXTENSIONS = tuple(
    (name, prefix, f"http://www.xes-standard.org/{prefix}.xesext")
    for name, prefix in (
        ("Concept", "concept"),
        ("Lifecycle", "lifecycle"),
        ("Organizational", "org"),
        ("Time", "time"),
    )
)


def xes_head(name: str) -> Iterator[str]:
    """The lines before the traces: extensions, what every trace and event has, classifiers, and the name of the log."""
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<log xes.version="1849.2016" xes.features="" xmlns="http://www.xes-standard.org/">'
    for extension, prefix, address in EXTENSIONS:
        yield f'  <extension name="{extension}" prefix="{prefix}" uri="{address}"/>'
    yield '  <global scope="trace">'
    yield f"    {_text('concept:name', 'none')}"
    yield "  </global>"
    yield '  <global scope="event">'
    yield f"    {_text('concept:name', 'none')}"
    yield f"    {_text('lifecycle:transition', 'complete')}"
    yield f"    {_date('1970-01-01T00:00:00')}"
    yield "  </global>"
    yield '  <classifier name="Activity" keys="concept:name"/>'
    yield '  <classifier name="ActivityAndState" keys="concept:name lifecycle:transition"/>'
    yield f"  {_text('concept:name', name)}"
    yield f"  {_text('lifecycle:model', 'standard')}"


def xes_traces(rows: Iterable[ActivityRow]) -> Iterator[str]:
    """The traces of one trial, a participant each, in the order of enrollment."""
    ordered = sorted(rows, key=lambda row: (len(row.case_id), row.case_id))  # stable: events of a case keep their order
    for case, events in groupby(ordered, key=lambda row: row.case_id):
        first = True
        for row in events:
            if first:
                yield "  <trace>"
                yield f"    {_text('concept:name', case)}"
                yield f"    {_text('arm', row.arm)}"
                yield f"    {_whole('run_number', row.run_number)}"
                first = False
            yield from _event(row)
        yield "  </trace>"


XES_FOOT = "</log>"


def _event(row: ActivityRow) -> Iterator[str]:
    yield "    <event>"
    yield f"      {_text('concept:name', row.activity)}"
    yield f"      {_text('concept:instance', str(row.activity_instance))}"
    yield f"      {_text('lifecycle:transition', STANDARD.get(row.lifecycle, row.lifecycle))}"
    yield f"      {_date(row.timestamp.isoformat())}"
    for key, value in (("org:resource", row.resource), ("kind", row.kind), ("detail", row.detail)):
        if value:
            yield f"      {_text(key, value)}"
    yield "    </event>"


def _text(key: str, value: str) -> str:
    return f"<string key={quoteattr(key)} value={quoteattr(value)}/>"


def _whole(key: str, value: int) -> str:
    return f"<int key={quoteattr(key)} value={quoteattr(str(value))}/>"


def _date(value: str) -> str:
    """A date of the study's calendar, which has no time zone; the format requires one."""
    return f'<date key="time:timestamp" value="{value}+00:00"/>'
