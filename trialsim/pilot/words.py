"""The usual names of columns, visits and arms in pilot files, and how a name is split."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

PARTICIPANT = (
    "participant", "id", "subject", "patient", "pid", "subject id", "participant id", "patient id", "record id", "person",
    "person id", "study id", "subjid", "usubjid", "subj", "case", "case id", "child", "child id", "infant", "infant id",
    "mother", "mother id", "pseudonym", "code", "nr", "no", "number", "proband", "teilnehmer", "sujet", "paciente",
)  # fmt: skip
#: Last words of a column of identifiers: ``Patient No``, ``study number``.
NUMBERED = re.compile(r"(.+ )?(id|ids|no|nr|num|number|code|identifier|key)")
ARM = (
    "arm", "group", "treatment", "allocation", "condition", "trt", "randomized to", "treat", "treated", "tx", "rx", "trtp",
    "intervention", "therapy", "assignment", "assigned", "allocated", "allocated to", "randomised to", "randomisation",
    "randomization", "randomised", "randomized", "study arm", "study group", "treatment group", "treatment arm",
    "intervention group", "gruppe", "behandlung", "groupe", "traitement", "bras", "grupo", "tratamiento", "gruppo", "braccio",
)  # fmt: skip
VISIT = (
    "visit", "timepoint", "time point", "time", "session", "occasion", "when", "event", "event name", "redcap event name",
    "wave", "phase", "period", "day", "days", "week", "weeks", "month", "months", "hour", "hours", "avisit", "visitnum",
    "assessment", "measurement", "zeitpunkt", "visite", "moment", "momento",
)  # fmt: skip
SITE = (
    "site", "center", "centre", "hospital", "ward", "clinic", "unit", "room", "location", "country", "region", "station",
    "klinik", "redcap data access group", "dag", "department", "school", "family", "cluster", "practice",
)  # fmt: skip
#: Words of a column about a person: never an arm, an outcome only if the user chooses it.
PERSONAL = re.compile(
    r"\b(age|sex|gender|alter|geschlecht|sexe|sexo|sesso|genre|edad|eta|ethnicity|ethnic|race|education|bmi|gestational|"
    r"gestation|ga|parity|gravida|religion|diagnosis|marital|smoker|smoking|occupation|apgar|height|income|birth|born|dob|"
    r"birthweight|race ethnicity|language|insurance|comorbidity|asa|weight|gewicht|handedness)\b"
)
STAFF = re.compile(
    r"\b(nurse|rater|therapist|assessor|observer|interviewer|examiner|practitioner|staff|operator|name|initials)\b"
)
WHEN = re.compile(r"\b(date|datum|dates|timestamp|clock|fecha|start time|end time|dob)\b|^(date|time) of\b")
REMARK = re.compile(r"\b(comment|comments|note|notes|remark|remarks|reason|bemerkung|complete|survey identifier)\b")
FIRST = re.compile(
    r"(baseline|base|bl|pre|before|screening|admission|pretest|pre test|preop|pre op|intake|initial|vor|vorher|avant|antes|prima)"
    r"|(t|v|d|w|m|h|day|week|month|hour|visit|time|session|wk) ?0"
)
LATER = re.compile(
    r"(post|after|follow ?up|fu|end|endpoint|final|post ?test|post ?op|discharge|during|mid|midway|exit|last|nach|nachher|"
    r"apres|après|despues|después|dopo)( ?\d+)?"
    r"|(week|day|month|hour|minute|year|visit|session|time|timepoint|wave|tag|woche|monat|wk|mo|hr|min|yr|[tdwmvh]) ?\d+"
    r"|\d+ ?(min|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?|mo|months?|y|yrs?|years?)"
)
RANK = {"during": 1, "mid": 1, "midway": 1, "post": 2, "after": 2, "nach": 2, "nachher": 2, "end": 3, "final": 3, "exit": 3,
        "discharge": 3, "endpoint": 3, "last": 3, "follow up": 4, "followup": 4, "fu": 4}  # fmt: skip
DAYS = {"min": 1 / 1440, "minute": 1 / 1440, "minutes": 1 / 1440, "h": 1 / 24, "hr": 1 / 24, "hrs": 1 / 24, "hour": 1 / 24,
        "hours": 1 / 24, "d": 1, "day": 1, "days": 1, "tag": 1, "w": 7, "wk": 7, "wks": 7, "week": 7, "weeks": 7, "woche": 7,
        "m": 30, "mo": 30, "month": 30, "months": 30, "monat": 30, "y": 365, "yr": 365, "yrs": 365, "year": 365,
        "years": 365}  # fmt: skip
CONTROL = (
    "control", "usual care", "placebo", "standard care", "standard", "sham", "no treatment", "care as usual", "controls",
    "kontrolle", "contrôle", "controle", "treatment as usual", "tau", "waiting list", "wait list", "no intervention", "none",
)  # fmt: skip
#: One of these words in the name of an arm means that it is the control.
CONTROL_WORD = re.compile(
    r"\b(control|usual|placebo|sham|standard|kontrolle|kontrollgruppe|no|without|waitlist|wait)\b"
)
_SCALE = re.compile(r"(-?\d+)\s*(?:-|\.\.|to|–)\s*(-?\d+)(?:\s*(?:by|step|steps of)\s*(\d+))?")


@dataclass(frozen=True)
class ColumnName:
    """A column's name: its words with their capitals, and the unit or the ends of a scale in brackets."""

    words: tuple[str, ...]
    unit: str | None = None
    scale: str | None = None

    @property
    def plain(self) -> str:
        """The words in small letters."""
        return " ".join(self.words).lower()


def name_of(column: str) -> ColumnName:
    """A column's name, split.

    >>> name_of("Cortisol pre (nmol/L)")
    ColumnName(words=('Cortisol', 'pre'), unit='nmol/L', scale=None)
    >>> name_of("painPost (0-10)").words
    ('pain', 'Post')
    """
    unit = scale = None
    bare = column
    for found in re.finditer(r"[\(\[]([^()\[\]]*)[\)\]]", column):
        inside = found[1].strip()
        ends = _SCALE.fullmatch(inside)
        if ends:
            scale = f"{ends[1]}..{ends[2]}" + (f" by {ends[3]}" if ends[3] else "")
        elif inside and visit_words(inside.lower()) is None:
            unit = inside
        else:
            continue
        bare = bare.replace(found[0], " ")
    bare = re.sub(r"(?<=[a-z][a-z])(?=[A-Z])", " ", bare)
    words = tuple(re.sub(r"[\s_.\-/:()\[\]]+", " ", bare).split())
    return ColumnName(words or (column.strip(),), unit, scale)


def plain(text: object) -> str:
    """A name in small letters with single blanks."""
    return re.sub(r"[\s_.\-]+", " ", str(text)).strip().lower()


def visit_words(text: str) -> str | None:
    """``first`` if the text is a usual name of a visit before treatment, ``later`` of another visit, None otherwise."""
    if FIRST.fullmatch(text):
        return "first"
    return "later" if LATER.fullmatch(text) else None


def split_visit(name: ColumnName) -> tuple[tuple[str, ...], str] | None:
    """The words of an outcome and its visit: the longest usual visit at the end of a name, or at its start, or inside.

    >>> split_visit(name_of("pre_fear"))
    (('fear',), 'pre')
    >>> split_visit(name_of("fear_follow_up_2"))
    (('fear',), 'follow up 2')
    >>> split_visit(name_of("height"))
    """
    words, count = name.words, len(name.words)
    spans = [(i, j) for i in range(count) for j in range(i + 1, count + 1)]
    known = [(i, j) for i, j in spans if visit_words(" ".join(words[i:j]).lower())]
    if not known:
        return None
    start, end = max(known, key=lambda at: (at[1] == count, at[0] == 0, at[1] - at[0]))
    return (*words[:start], *words[end:]), " ".join(words[start:end])


def glued(columns: Sequence[str]) -> dict[str, ColumnName]:
    """Columns that tell a visit without a gap, such as ``Prewt`` and ``Postwt``: only where the other of the two is there.

    >>> [one.words for one in glued(["Treat", "Prewt", "Postwt", "present"]).values()]
    [('wt', 'Pre'), ('wt', 'Post')]
    """
    found: dict[str, ColumnName] = {}
    small = {one.lower(): one for one in columns}
    for first, later in (("pre", "post"), ("before", "after"), ("vor", "nach")):
        for low, column in small.items():
            ends = [(first, low[len(first) :], True)] if low.startswith(first) else []
            ends += [(first, low[: -len(first)], False)] if low.endswith(first) else []
            for visit, stem, ahead in ends:
                other = small.get(f"{later}{stem}" if ahead else f"{stem}{later}")
                if len(stem) < 2 or other is None or split_visit(name_of(column)) or split_visit(name_of(other)):
                    continue
                for one, word in ((column, visit), (other, later)):
                    inside = name_of(one)
                    rest = one[len(word) :] if ahead else one[: -len(word)]
                    part = one[: len(word)] if ahead else one[-len(word) :]
                    found[one] = ColumnName((*name_of(rest).words, part), inside.unit, inside.scale)
    return found


def days_of(visit: str) -> float | None:
    """Days from the start in a visit's name: ``week 4`` 28, ``24h`` 1; None if there are none.

    >>> days_of("week 4"), days_of("post")
    (28, None)
    """
    text = plain(visit)
    found = re.fullmatch(r"([a-z]+) ?(\d+)", text)
    if found and found[1] in DAYS:
        return DAYS[found[1]] * int(found[2])
    found = re.fullmatch(r"(\d+) ?([a-z]+)", text)
    return DAYS[found[2]] * int(found[1]) if found and found[2] in DAYS else None


def order_of(visits: list[str]) -> list[str]:
    """Visits by the time, number or usual order in their names; in the given order if some names have none.

    >>> order_of(["week 8", "before", "week 4"])
    ['before', 'week 4', 'week 8']
    >>> order_of(["tea", "post", "bed"])
    ['tea', 'post', 'bed']
    """
    first = [one for one in visits if visit_words(plain(one)) == "first"]
    visits = [one for one in visits if one not in first]
    for key in (days_of, _number_of, lambda one: RANK.get(re.sub(r" ?\d+$", "", plain(one)))):
        keys = {one: key(one) for one in visits}
        if all(value is not None for value in keys.values()):
            return first + sorted(visits, key=lambda one: (keys[one] or 0.0, _number_of(one) or 0.0))
    return first + visits


def _number_of(visit: str) -> float | None:
    found = re.fullmatch(
        r"(visit|session|time|timepoint|wave|period|phase|sample|t|v|s)? ?(\d+(?:\.\d+)?)", plain(visit)
    )
    return float(found[2]) if found else None


def named(value: object, kind: str) -> str:
    """A valid name in a scenario: numbers get a word, special characters are removed."""
    if isinstance(value, float) and value == int(value):
        value = int(value)
    text = " ".join(re.sub(r"[{}\[\]=@/,:#\"'_]| - ", " ", str(value)).split())[:80].strip()
    text = "".join(letter for letter in text if letter.isprintable())
    if not text or re.fullmatch(r"[-+.\d\s]*", text):
        return f"{kind} {text}".strip()
    return text.lstrip("+- ") or kind  # a spreadsheet would treat it as a formula
