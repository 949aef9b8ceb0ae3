"""The visits of one participant as a calendar (iCalendar, RFC 5545): when they come, counted from enrollment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from trialsim.cohort import Cohort
from trialsim.prepared import Study
from trialsim.protocol.columns import V_TIME

#: The longest line of the format [bytes].
LONGEST = 75


@dataclass(frozen=True)
class VisitTime:
    """When a visit comes after enrollment [s]: in the middle, and between which times in 80 of 100 participants."""

    visit: str
    median: float
    early: float
    late: float
    planned: bool

    def words(self) -> str:
        """The same in words."""
        if self.planned:
            return f"Planned {hours(self.median)} after enrollment."
        return (
            f"Typically {hours(self.median)} after enrollment; for 8 of 10 participants between {hours(self.early)} and "
            f"{hours(self.late)} (simulated). The protocol decides."
        )


def hours(seconds: float) -> str:
    """A time in words.

    >>> hours(5400), hours(200000)
    ('1.5 h', '2.3 d')
    """
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.1f} d"


def visit_times(study: Study, cohort: Cohort) -> list[VisitTime]:
    """When each visit comes: as declared, or on the ward as in the trials of a cohort."""
    if study.program is None or cohort.trace is None:
        planned = {visit: float(number.value) for visit, number in study.scenario.visits.items()}
        return [VisitTime(visit, when, when, when, planned=True) for visit, when in planned.items()]
    found = []
    for place, visit in enumerate(study.program.visits):
        times = cohort.trace.visits[:, :, place, V_TIME]
        took = (times >= 0) & (cohort.entries.arm >= 0)
        if took.any():
            since = (times - cohort.entries.entry)[took]
            early, median, late = (float(one) for one in np.quantile(since, [0.1, 0.5, 0.9]))
            found.append(VisitTime(visit, median, early, late, planned=False))
    return found


def calendar_text(study: Study, times: list[VisitTime], enrolled: datetime) -> str:
    """The calendar of a participant who is enrolled at a time of the local clock."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//trialsim//visit calendar//EN", "CALSCALE:GREGORIAN"]
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    lines += _event("enrollment", 0, f"Enrollment: {study.scenario.title}", "Consent and allocation.", enrolled, stamp)
    for number, one in enumerate(times, start=1):
        when = (enrolled + timedelta(seconds=one.median)).replace(second=0, microsecond=0)
        what = f"Visit {one.visit}: {study.scenario.title}"
        lines += _event(f"visit-{number}", number, what, one.words(), when, stamp)
    lines.append("END:VCALENDAR")
    return "\r\n".join(part for line in lines for part in _folded(line)) + "\r\n"


def _event(uid: str, number: int, what: str, words: str, when: datetime, stamp: str) -> list[str]:
    return [
        "BEGIN:VEVENT", f"UID:{uid}-{number}-{when:%Y%m%dT%H%M%S}@trialsim.invalid", f"DTSTAMP:{stamp}",
        f"DTSTART:{when:%Y%m%dT%H%M%S}", "DURATION:PT30M", f"SUMMARY:{_escaped(what)}", f"DESCRIPTION:{_escaped(words)}",
        "END:VEVENT",
    ]  # fmt: skip


def _escaped(text: str) -> str:
    kept = " ".join(text.split()).replace("\\", "\\\\")
    return kept.replace(";", "\\;").replace(",", "\\,")


def _folded(line: str) -> Iterator[str]:
    """The line in parts of at most 75 bytes, those after the first with a blank in front."""
    part, size = "", 0
    for letter in line:
        more = len(letter.encode())
        if size + more > LONGEST:
            yield part
            part, size = " ", 1
        part, size = part + letter, size + more
    yield part
