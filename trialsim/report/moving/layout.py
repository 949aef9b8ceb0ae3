"""Where everything lies in the picture of the moving ward: wide, of middle width, and upright for narrow screens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from trialsim.report.moving.data import MovingWard

#: Width of a letter as a share of its size.
LETTER = 0.56


@dataclass(frozen=True)
class Form:
    """Lengths of one form of the picture, in its own units.

    ``upright`` forms have the pathway from top to bottom, the others from left to right; ``name_room`` is what the name of an arm
    takes of the breadth of its lane.
    """

    name: str
    width: float
    upright: bool
    letters: float
    radius: float
    wait: float
    queue: float
    activity: float
    visit: float
    end: float
    lane: float
    chip: tuple[float, float]
    chart: float
    head: float
    margin: float
    name_room: float


WIDE = Form("wide", 1060, False, 11.5, 6.2, 104, 84, 92, 44, 168, 74, (166, 42), 150, 44, 8, 13)
MIDDLE = Form("middle", 700, False, 10.5, 5.2, 58, 52, 62, 37, 116, 64, (164, 40), 130, 44, 4, 12)
UPRIGHT = Form("upright", 350, True, 11, 5.2, 44, 36, 40, 21, 92, 80, (168, 40), 130, 22, 2, 0)
FORMS = (WIDE, MIDDLE, UPRIGHT)

#: What the names of arms need beside the lines of a chart.
ROOM_FOR_NAMES = 130

#: Place of the text of an upright form, and of the numbers at the axis of a chart.
ASIDE, AXIS = 92.0, 40.0


@dataclass(frozen=True)
class Layout:
    """Places in one form: ``columns`` and ``lanes`` are ends along the pathway and across it."""

    form: Form
    height: float
    columns: tuple[tuple[float, float], ...]
    lanes: tuple[tuple[float, float], ...]
    chips: tuple[tuple[float, float], ...]
    chart: tuple[float, float, float, float]
    visits: tuple[tuple[float, ...], ...]
    dots: tuple[int, float]
    slanted: bool

    @property
    def card(self) -> float:
        """The size of what is on a card of staff, against that on a large one."""
        return min(self.form.chip[1] / 40, 1.0)

    @property
    def pathway(self) -> tuple[float, float]:
        """First and last place along the pathway."""
        return self.columns[0][0], self.columns[-1][1]

    def middle(self, arm: int) -> float:
        """Where the line of an arm lies in its lane, below its name."""
        near, far = self.lanes[arm]
        return (near + self.form.name_room + far) / 2

    def names_of_lines(self, outcome: int) -> float | None:
        """Where the names of arms are beside the lines of an outcome; None where there is not enough room."""
        left = max(self.visits[outcome]) + 32
        return left if left + ROOM_FOR_NAMES <= self.chart[2] else None

    def as_data(self) -> dict[str, Any]:
        """The places as plain data, for the script."""
        return {
            "name": self.form.name,
            "upright": self.form.upright,
            "radius": self.form.radius,
            "name_room": self.form.name_room,
            "columns": _rounded(self.columns),
            "lanes": _rounded(self.lanes),
            "chips": _rounded(self.chips),
            "chip": [21 * self.card, self.form.chip[1]],
            "chart": [round(one, 1) for one in self.chart],
            "visits": _rounded(self.visits),
            "names": [self.names_of_lines(outcome) for outcome in range(len(self.visits))],
            "dots": [self.dots[0], round(self.dots[1], 2)],
        }


def _rounded(pairs: Any) -> list[list[float]]:
    return [[round(one, 1) for one in pair] for pair in pairs]


def layout_of(ward: MovingWard, form: Form) -> Layout:
    """The places of one picture in one form."""
    form, slanted = _fitted(ward, form)
    top = form.margin
    across = max(1, int((form.width - 2 * form.margin + 8) // (form.chip[0] + 8)))
    chips = tuple(_chips(form, len(shown_units(ward)), across, top))
    top = chips[-1][1] + form.chip[1] + 14 if chips else top
    along = _lengths(ward, form)
    arms = len(ward.program.arms)
    if form.upright:
        room = (form.width - ASIDE - form.margin) / arms
        lanes = tuple((ASIDE + arm * room, ASIDE + (arm + 1) * room - 5) for arm in range(arms))
        columns = tuple(_stacked(along, top + form.head))
        bottom = columns[-1][1]
    else:
        first = top + form.head
        lanes = tuple((first + arm * (form.lane + 6), first + arm * (form.lane + 6) + form.lane) for arm in range(arms))
        columns = tuple(_stacked(_stretched(ward, along, form.width - 2 * form.margin), form.margin))
        bottom = lanes[-1][1]
    low = bottom + 40
    chart = (form.margin + AXIS, low, form.width - form.margin, low + form.chart)
    aligned = not form.upright and not ward.pathway.shared
    visits = tuple(_visits(ward, chart, columns if aligned else (), index) for index in range(len(ward.outcomes)))
    height = (low + form.chart + 26 if ward.outcomes else bottom) + form.margin
    return Layout(form, height, columns, lanes, chips, chart, visits, _dots(ward, form, lanes, columns[-1]), slanted)


def _fitted(ward: MovingWard, form: Form) -> tuple[Form, bool]:
    """The form with small cards where there are many units, and with room for slanted names where they are too long."""
    if len(shown_units(ward)) > MOST_LARGE_CARDS:
        form = replace(form, chip=SMALL_CARD)
    if form.upright:
        names = list(ward.program.arms)
        room = (form.width - ASIDE - form.margin) / len(names) - 2
        tight = any(len(name) * LETTER * form.letters > room for name in names)
    else:
        lengths = _stretched(ward, _lengths(ward, form), form.width - 2 * form.margin)
        shown = [(one, n) for one, n in zip(ward.pathway.columns, lengths, strict=True) if not one.differs]
        names = [column.label for column, _ in shown]
        words = [(max(column.label.split(" "), key=len), length) for column, length in shown]
        tight = any(min(len(word), 14) * LETTER * form.letters > length + 8 for word, length in words)
    if not tight:
        return form, False
    longest = min(max(map(len, names)), MOST_SLANTED)
    return replace(form, head=longest * LETTER * form.letters * SLOPE + 26), True


#: Units from which on cards of staff are small, and their size.
MOST_LARGE_CARDS, SMALL_CARD = 12, (110.0, 30.0)

#: Letters of a slanted name, and how high it rises as a share of its length.
MOST_SLANTED, SLOPE = 20, 0.9


def shown_units(ward: MovingWard) -> list[int]:
    """The units that have a card: all of them up to two dozen, otherwise the first of each resource."""
    of = ward.resource_of_unit
    if len(of) <= MOST_CARDS:
        return list(range(len(of)))
    each = max(MOST_CARDS // len(ward.program.resources), 1)
    return [unit for unit in range(len(of)) if unit - of.index(of[unit]) < each][: 2 * MOST_CARDS]


#: Cards of staff.
MOST_CARDS = 24


def _chips(form: Form, count: int, across: int, top: float) -> list[tuple[float, float]]:
    """Cards of staff in rows, in the middle of the picture."""
    width, height = form.chip
    found = []
    for row in range(0, count, across):
        here = min(across, count - row)
        left = (form.width - here * width - (here - 1) * 8) / 2
        found += [(left + place * (width + 8), top + (row // across) * (height + 6)) for place in range(here)]
    return found


def _lengths(ward: MovingWard, form: Form) -> list[float]:
    """The length of each column along the pathway."""
    sizes = {
        "wait": form.wait, "queue": form.queue, "activity": form.activity, "visit": form.visit, "end": form.end,
    }  # fmt: skip
    lengths = []
    for column in ward.pathway.columns:
        size = sizes[column.kind]
        if column.kind == "visit" and not form.upright:
            size = max(size, min(len(column.label), 14) * LETTER * form.letters + 7)
        lengths.append(size)
    return lengths


def _stretched(ward: MovingWard, lengths: list[float], room: float) -> list[float]:
    """Lengths that fill the room: columns of visits keep theirs, so that their names can be read, as long as that is possible."""
    fixed = sum(one for one, column in zip(lengths, ward.pathway.columns, strict=True) if column.kind == "visit")
    free = sum(lengths) - fixed
    if room - fixed < 0.4 * free:
        return [one * room / sum(lengths) for one in lengths]
    return [
        one if column.kind == "visit" else one * (room - fixed) / free
        for one, column in zip(lengths, ward.pathway.columns, strict=True)
    ]


def _stacked(lengths: list[float], start: float) -> list[tuple[float, float]]:
    found = []
    for length in lengths:
        found.append((start, start + length))
        start += length
    return found


def _visits(
    ward: MovingWard,
    chart: tuple[float, float, float, float],
    columns: tuple[tuple[float, float], ...],
    index: int,
) -> tuple[float, ...]:
    """Where the visits of an outcome lie in the chart: below their columns, otherwise at equal distances."""
    visits = ward.outcomes[index].visits
    if columns:
        return tuple(sum(columns[ward.pathway.of_visit[visit]]) / 2 for visit in visits)
    step = (chart[2] - chart[0]) / len(visits)
    return tuple(chart[0] + (place + 0.5) * step for place in range(len(visits)))


def _dots(
    ward: MovingWard, form: Form, lanes: tuple[tuple[float, float], ...], end: tuple[float, float]
) -> tuple[int, float]:
    """How many who are done lie in a row across a lane, and how far apart, so that all find room."""
    most = max(
        (sum(way.arm == arm for way in trial.ways) for trial in ward.trials for arm in range(len(lanes))), default=1
    )
    wide, long = lanes[0][1] - lanes[0][0] - 8, end[1] - end[0] - 14
    step = 2 * form.radius + 1.5
    while step > 2 and int(wide // step) * int(long // step) < most:
        step -= 0.25
    return max(int(wide // step), 1), step


# ---------------------------------------------------------------- where a participant is


def offset(row: int, room: float, radius: float) -> float:
    """How far from the middle of a lane the ``row``-th of those lies who are in a column together: 0, up, down, ..."""
    step = 2 * radius + 1
    most = max(int((room / 2 - radius) // step), 0)
    place = row % (2 * most + 1)
    return (place + 1) // 2 * step * (1 if place % 2 else -1)


def place(layout: Layout, arm: int, column: int, share: float, row: int) -> tuple[float, float]:
    """Where somebody is who has spent a ``share`` of the time in a column."""
    (begin, end), (near, far) = layout.columns[column], layout.lanes[arm]
    radius = layout.form.radius
    inner = min(radius, (end - begin) / 2)
    along = begin + inner + share * (end - begin - 2 * inner)
    across = layout.middle(arm) + offset(row, far - near - layout.form.name_room, radius)
    return (across, along) if layout.form.upright else (along, across)


def place_done(layout: Layout, arm: int, order: int) -> tuple[float, float]:
    """Where the ``order``-th of an arm is whose pathway has ended."""
    count, step = layout.dots
    near, far = layout.lanes[arm]
    first = (near + far) / 2 - (count - 1) / 2 * step
    along = layout.columns[-1][0] + 10 + step / 2 + order // count * step
    across = first + order % count * step
    return (across, along) if layout.form.upright else (along, across)
