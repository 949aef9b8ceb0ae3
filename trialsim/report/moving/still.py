"""The picture of the moving ward at one moment, as SVG: what is seen without a script and on paper, and what the script moves."""

from __future__ import annotations

import math
from collections.abc import Iterator

from trialsim.figures.letters import in_lines
from trialsim.protocol.calendar import DAY
from trialsim.report.moving.data import MovingTrial, MovingWard, ShownOutcome, hue
from trialsim.report.moving.layout import ASIDE, LETTER, MOST_SLANTED, Layout, place, place_done, shown_units
from trialsim.report.moving.moment import TrialCourse, doing, share_of
from trialsim.report.moving.pathway import Way

#: Head and shoulders, for staff.
PERSON = '<circle cx="21" cy="14.5" r="6"/><path d="M9.5 34a11.5 11 0 0 1 23 0z"/>'

#: For how long a missed session is named beside who missed it [s].
JUST = 3600

#: What a unit is doing, in words.
WORDS = {"free": "free", "other": "other work", "off": "off duty", "duty": "on duty"}


def escaped(text: str) -> str:
    """Text in which nothing is markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def still(ward: MovingWard, layout: Layout, trial: MovingTrial, course: TrialCourse, tick: int) -> str:
    """The picture at a tick."""
    form = layout.form
    places = where_all_are(ward, layout, course, tick)
    head = f'<svg class="ward {form.name}" viewBox="0 0 {form.width:g} {layout.height:.0f}" aria-hidden="true" '
    dots = (
        f'<circle class="{kind} arm{hue(ward, way.arm)}" cx="{x:.1f}" cy="{y:.1f}" r="{form.radius:g}"/>'
        for way, (x, y, kind) in places.items()
    )
    parts = [
        f'{head}font-size="{form.letters:g}">',
        *_grounds(layout), *_stretches(ward, layout), *_lanes(ward, layout), *_guides(ward, layout),
        '<g class="links">', *_links(ward, layout, course, tick, places), "</g>",
        *_heads(ward, layout),
        '<g class="chips">', *_chips(ward, layout, trial, course, tick), "</g>",
        *(_axes(ward, layout, index) for index in range(len(ward.outcomes))),
        '<g class="points">', *_points(ward, layout, trial, course, tick), "</g>",
        '<g class="dots">', *dots, "</g>",
        '<g class="notes">', *_notes(ward, layout, course, tick, places), "</g></svg>",
    ]  # fmt: skip
    return "".join(parts)


def where_all_are(
    ward: MovingWard, layout: Layout, course: TrialCourse, tick: int
) -> dict[Way, tuple[float, float, str]]:
    """Where everybody who is enrolled is, and the kind of dot: waiting for staff, gone early, with a missed session."""
    found: dict[Way, tuple[float, float, str]] = {}
    missed = {way.participant for way, at in course.missed if at <= tick}
    done = [0] * len(layout.lanes)
    for way, at, completed in course.ends:
        if at <= tick:
            kind = _kind(way, missed, "" if completed else " left")
            found[way] = (*place_done(layout, way.arm, done[way.arm]), kind)
            done[way.arm] += 1
    for stay in course.stays:
        if stay.begin <= tick < stay.end:
            column = ward.pathway.columns[stay.column]
            x, y = place(layout, stay.way.arm, stay.column, share_of(ward, stay, tick), stay.row)
            found[stay.way] = (x, y, _kind(stay.way, missed, " waits" if column.kind == "queue" else ""))
    return found


def _notes(
    ward: MovingWard, layout: Layout, course: TrialCourse, tick: int, places: dict[Way, tuple[float, float, str]]
) -> Iterator[str]:
    """For how long somebody waits for staff, and who has just missed a session."""
    waits = {
        stay.way: f"{(tick - stay.begin) // 60} min"
        for stay in course.stays
        if stay.begin <= tick < stay.end and ward.pathway.columns[stay.column].kind == "queue"
    }
    missed = {way: "missed" for way, at in course.missed if at <= tick < at + JUST}
    for kind, notes in (("waits", waits), ("missed", missed)):
        for way, words in notes.items():
            x, y, _ = places[way]
            beyond = layout.form.radius + 4
            x, y, anchor = (x + beyond, y + 4, "start") if layout.form.upright else (x, y - beyond, "middle")
            yield f'<text class="note {kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{words}</text>'


def _kind(way: Way, missed: set[int], more: str) -> str:
    return f"dot{more}{' missed' if way.participant in missed else ''}"


# ---------------------------------------------------------------- what does not move


def _rect(layout: Layout, along: tuple[float, float], across: tuple[float, float]) -> str:
    (x, right), (y, bottom) = (across, along) if layout.form.upright else (along, across)
    return f'x="{x:.1f}" y="{y:.1f}" width="{right - x:.1f}" height="{bottom - y:.1f}"'


def _line(layout: Layout, along: tuple[float, float], across: tuple[float, float]) -> str:
    (x1, x2), (y1, y2) = (across, along) if layout.form.upright else (along, across)
    return f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'


def _stretches(ward: MovingWard, layout: Layout) -> Iterator[str]:
    """The stretches of the pathway with staff, over the ground of the lanes."""
    reach = (layout.lanes[0][0] - 5, layout.lanes[-1][1] + 5)
    for first, last, _ in ward.pathway.with_staff:
        along = (layout.columns[first][0], layout.columns[last][1])
        yield f'<rect class="staffed" rx="9" {_rect(layout, along, reach)}/>'


def _grounds(layout: Layout) -> Iterator[str]:
    """The ground of each lane."""
    for across in layout.lanes:
        yield f'<rect class="lane" rx="9" {_rect(layout, layout.pathway, across)}/>'


def _lanes(ward: MovingWard, layout: Layout) -> Iterator[str]:
    """A lane for each arm: its line, its name, and a field for those who are done."""
    begin, end = layout.columns[-1]
    for arm, (near, far) in enumerate(layout.lanes):
        name = ward.program.arms[arm]
        yield f'<g class="arm{hue(ward, arm)}"><rect class="field" rx="9" {_rect(layout, (begin + 3, end), (near, far))}/>'
        middle = layout.middle(arm)
        yield f'<line class="track" {_line(layout, (layout.pathway[0] + 8, begin - 2), (middle, middle))}/>'
        if layout.form.upright:
            x, y = middle, layout.pathway[0] - 7
            yield f'<text class="arm" {_turned(layout, x, y)}>{escaped(_shown(layout, name, far - near))}</text></g>'
        else:
            yield f'<text class="arm" x="{layout.pathway[0] + 9:.1f}" y="{near + 15:.1f}">{escaped(name)}</text></g>'
        yield from _own_activities(ward, layout, arm)


def _own_activities(ward: MovingWard, layout: Layout, arm: int) -> Iterator[str]:
    """In each lane what only its arm has, by its name; in others a gap in the line."""
    far, middle = layout.lanes[arm][1], layout.middle(arm)
    for (begin, end), column in zip(layout.columns, ward.pathway.columns, strict=True):
        if column.kind != "activity":
            continue
        half = 9 if not layout.form.upright else 11
        if arm in column.labels:
            along = (begin + 2, end - 2)
            yield f'<rect class="does arm{hue(ward, arm)}" rx="9" {_rect(layout, along, (middle - half, middle + half))}/>'
        if column.differs or len(column.labels) < len(ward.program.arms):
            name = column.labels.get(arm, "")
            if name and not layout.form.upright:
                text = escaped(_cut(name, end - begin + 8, layout.form.letters))
                yield f'<text class="own" x="{(begin + end) / 2:.1f}" y="{far - 7:.1f}" text-anchor="middle">{text}</text>'


def _cut(text: str, room: float, size: float) -> str:
    """As much of a text as has room."""
    most = max(int(room / (LETTER * size)), 3)
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _guides(ward: MovingWard, layout: Layout) -> Iterator[str]:
    """A mark for each visit across the lanes, down to its place in the chart."""
    reach = (layout.lanes[0][0], layout.lanes[-1][1])
    for (begin, end), column in zip(layout.columns, ward.pathway.columns, strict=True):
        if column.kind == "visit":
            middle = (begin + end) / 2
            yield f'<line class="guide" {_line(layout, (middle, middle), reach)}/>'
            for arm in range(len(layout.lanes)):
                x, y = layout.middle(arm), middle
                x, y = (x, y) if layout.form.upright else (y, x)
                yield f'<path class="visit" d="M{x:.1f} {y - 4.5:.1f}l4.5 4.5 -4.5 4.5 -4.5 -4.5z"/>'


def _heads(ward: MovingWard, layout: Layout) -> Iterator[str]:
    """The name of each column: beside the upright form, above the others."""
    for (begin, end), column in zip(layout.columns, ward.pathway.columns, strict=True):
        size = layout.form.letters
        style = "head strong" if column.kind == "visit" else "head"
        middle = (begin + end) / 2
        times = f" ×{column.times}" if column.times > 1 and column.kind == "queue" else ""
        if layout.form.upright:
            longest = max(map(len, column.label.split(" ")))
            room = max(int((ASIDE - 8) / (0.62 * size)), min(longest, 18))
            lines = in_lines(column.label + times, room, most=2).splitlines()
            size = min(layout.form.letters, (ASIDE - 8) / (0.62 * max(map(len, lines))))
            top = middle + size * 0.36 - (len(lines) - 1) * size * 0.58
            where = [(ASIDE - 8, top + row * size * 1.16) for row in range(len(lines))]
            anchor = "end"
        else:
            room = int((end - begin + 4) / (LETTER * size))
            bottom = layout.lanes[0][0] - 8
            if layout.slanted and not column.differs:
                name = escaped(_shown(layout, column.label + times, 0))
                yield f'<text class="{style}" {_turned(layout, middle, bottom)}>{name}</text>'
            apart = column.differs or layout.slanted
            lines = [] if apart else in_lines(column.label + times, max(room, 5), most=3).splitlines()
            where = [(middle, bottom - (len(lines) - 1 - row) * size * 1.16) for row in range(len(lines))]
            anchor = "middle"
        for (x, y), line in zip(where, lines, strict=True):
            small = f' font-size="{size:.1f}"' if size < layout.form.letters else ""
            yield f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{small}>{escaped(line)}</text>'


def _turned(layout: Layout, x: float, y: float) -> str:
    """The place of a name above what it names: in its middle, or slanted from there."""
    if not layout.slanted:
        return f'x="{x:.1f}" y="{y:.1f}" text-anchor="middle"'
    return f'transform="translate({x:.1f} {y:.1f}) rotate({-70 if layout.form.upright else -52})"'


def _shown(layout: Layout, name: str, room: float) -> str:
    """As much of a name as has room: slanted ones have more."""
    if layout.slanted:
        return name if len(name) <= MOST_SLANTED else f"{name[: MOST_SLANTED - 1].rstrip()}…"
    return _cut(name, room, layout.form.letters)


# ---------------------------------------------------------------- staff


def _chips(ward: MovingWard, layout: Layout, trial: MovingTrial, course: TrialCourse, tick: int) -> Iterator[str]:
    """A card for each unit of staff."""
    width, height = layout.form.chip
    for (x, y), unit in zip(layout.chips, shown_units(ward), strict=True):
        state, way = doing(ward, trial, course, unit, tick)
        words = f"with {way.participant + 1}" if way is not None else WORDS[state]
        arm = f" arm{hue(ward, way.arm)}" if way is not None else ""
        name = escaped(_cut(ward.units[unit], width / layout.card - 48, 15))
        yield (
            f'<g class="chip {state}{arm}" data-unit="{unit}" transform="translate({x:.1f} {y:.1f})">'
            f'<rect width="{width:g}" height="{height:g}" rx="{10 * layout.card:g}"/><g transform="scale({layout.card:g})">'
            f'<g class="person">{PERSON}</g><text class="name" x="42" y="17">{name}</text>'
            f'<text class="does" x="42" y="32.5">{words}</text></g></g>'
        )


def _links(
    ward: MovingWard,
    layout: Layout,
    course: TrialCourse,
    tick: int,
    places: dict[Way, tuple[float, float, str]],
) -> Iterator[str]:
    """A thread from each unit to whom it is with."""
    height = layout.form.chip[1]
    for (x, y), unit in zip(layout.chips, shown_units(ward), strict=True):
        for session in course.sessions:
            if session.unit == unit and session.begin <= tick < session.end and session.way in places:
                px, py, _ = places[session.way]
                sx, sy = x + 21 * layout.card, y + height
                yield (
                    f'<path class="link arm{hue(ward, session.way.arm)}" '
                    f'd="M{sx:.1f} {sy:.1f}C{sx:.1f} {(sy + py) / 2:.1f} {px:.1f} {(sy + py) / 2:.1f} {px:.1f} {py:.1f}"/>'
                )


# ---------------------------------------------------------------- the outcome


def _axes(ward: MovingWard, layout: Layout, index: int) -> str:
    """The axis of an outcome with its visits; that of the first is shown."""
    outcome = ward.outcomes[index]
    left, top, right, bottom = layout.chart
    hidden = "" if index == 0 else ' style="display:none"'
    parts = [f'<g class="axes" data-outcome="{index}"{hidden}>']
    parts += _title(layout, outcome)
    for value, text in outcome.ticks:
        y = bottom - outcome.height(value) * (bottom - top)
        parts.append(f'<line class="grid" x1="{left:.1f}" y1="{y:.1f}" x2="{right:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick" x="{left - 6:.1f}" y="{y + 3.8:.1f}" text-anchor="end">{text}</text>')
    for x, visit in zip(layout.visits[index], outcome.visits, strict=True):
        parts.append(f'<line class="guide" x1="{x:.1f}" y1="{top:.1f}" x2="{x:.1f}" y2="{bottom:.1f}"/>')
        room = (right - left) / len(outcome.visits) if layout.form.upright else 60
        name = escaped(_cut(ward.program.visits[visit], room, layout.form.letters))
        parts.append(f'<text class="tick" x="{x:.1f}" y="{bottom + 17:.1f}" text-anchor="middle">{name}</text>')
    return "".join([*parts, "</g>"])


#: How far the title of a chart is to the left of its axis.
AXIS_TITLE = 34


def _title(layout: Layout, outcome: ShownOutcome) -> Iterator[str]:
    """The name of an outcome and what is drawn of it: in one line, or in two where there is no room."""
    left, top, right, _ = layout.chart
    x, long = left - AXIS_TITLE, _what_is_drawn(outcome, short=False)
    name = escaped(_cut(outcome.label, right - x, TITLE_LETTERS))
    if (len(outcome.label) + len(long)) * LETTER * TITLE_LETTERS <= right - x:
        yield f'<text class="title" x="{x:.1f}" y="{top - 13:.1f}">{name}<tspan class="aside">{long}</tspan></text>'
        return
    yield f'<text class="title" x="{x:.1f}" y="{top - 23:.1f}">{name}</text>'
    short = _cut(_what_is_drawn(outcome, short=True), right - x, layout.form.letters)
    yield f'<text class="own" x="{x:.1f}" y="{top - 9:.1f}">{short}</text>'


#: The size of the title of a chart.
TITLE_LETTERS = 12.5


def _what_is_drawn(outcome: ShownOutcome, *, short: bool) -> str:
    """What dots and lines of an outcome are."""
    mean = "geometric mean" if outcome.log else "mean"
    zeros = "; readings of 0 are left out" if outcome.hides_zeros else ""
    if short:
        return f"dots: participants; line: {mean} so far{zeros}"
    return f": each dot a participant, the line the {mean} of the arm so far{zeros}"


def jitter(participant: int, step: int) -> float:
    """A number between -0.5 and 0.5 by which equal values are moved apart."""
    return (participant * step % 29) / 28 - 0.5


def _points(ward: MovingWard, layout: Layout, trial: MovingTrial, course: TrialCourse, tick: int) -> Iterator[str]:
    """What has been measured of the first outcome, and the mean of each arm so far."""
    if not ward.outcomes:
        return
    outcome = ward.outcomes[0]
    passed = {(way, visit) for way, visit, at in course.visits if at <= tick}
    sums = [[[0.0, 0.0] for _ in outcome.visits] for _ in layout.lanes]
    marks: list[list[str]] = [[] for _ in layout.lanes]
    for values, way in zip(trial.values[0].tolist(), trial.ways, strict=True):
        for place_of, (visit, value) in enumerate(zip(outcome.visits, values, strict=True)):
            height = outcome.height(value)
            if (way, visit) in passed and not math.isnan(height):
                x, y = point(layout, outcome, way, place_of, height)
                sums[way.arm][place_of][0] += height
                sums[way.arm][place_of][1] += 1
                marks[way.arm].append(f"M{x:.1f} {y:.1f}h0")
    for arm, drawn in enumerate(marks):
        yield f'<path class="point arm{hue(ward, arm)}" d="{"".join(drawn)}"/>'
    lasts = []
    for arm, row in enumerate(sums):
        means = _means(layout, arm, row)
        yield _mean_line(ward, arm, means)
        lasts += [(means[-1][1], arm)] if means else []
    if (left := layout.names_of_lines(0)) is not None:
        for y, arm in one_below_another(lasts):
            name = escaped(_cut(ward.program.arms[arm], 150, layout.form.letters))
            yield f'<text class="line arm{hue(ward, arm)}" x="{left:.1f}" y="{y + 4:.1f}">{name}</text>'


def beside(layout: Layout, arm: int) -> float:
    """How far the dots of an arm are from the place of a visit, so that arms lie side by side."""
    arms = len(layout.lanes)
    return (arm - (arms - 1) / 2) * min(9.0, 30.0 / arms)


def point(layout: Layout, outcome: ShownOutcome, way: Way, visit: int, height: float) -> tuple[float, float]:
    """Where a value of the first outcome lies in the chart: arms side by side, equal scores a little apart."""
    _, top, _, bottom = layout.chart
    x = layout.visits[0][visit] + beside(layout, way.arm)
    dx = jitter(way.participant, 7) * min(9.0, 30.0 / len(layout.lanes)) * 0.7
    dy = jitter(way.participant, 11) * outcome.jitter * (bottom - top)
    return x + dx, bottom - height * (bottom - top) + dy


#: How far the names of lines are from one another at least.
LINE_HEIGHT = 14


def one_below_another(lasts: list[tuple[float, int]]) -> Iterator[tuple[float, int]]:
    """Heights of names, moved down where they would cover one another.

    >>> list(one_below_another([(10.0, 0), (12.0, 1), (40.0, 2)]))
    [(10.0, 0), (24.0, 1), (40.0, 2)]
    """
    free = -math.inf
    for y, arm in sorted(lasts):
        yield max(y, free), arm
        free = max(y, free) + LINE_HEIGHT


def _means(layout: Layout, arm: int, sums: list[list[float]]) -> list[tuple[float, float]]:
    """Where the means of an arm lie, visit by visit."""
    _, top, _, bottom = layout.chart
    return [
        (layout.visits[0][visit] + beside(layout, arm), bottom - total / count * (bottom - top))
        for visit, (total, count) in enumerate(sums)
        if count
    ]


def _mean_line(ward: MovingWard, arm: int, marks: list[tuple[float, float]]) -> str:
    """The mean of an arm from visit to visit."""
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in marks)
    dots = "".join(f'<circle class="mean arm{hue(ward, arm)}" cx="{x:.1f}" cy="{y:.1f}" r="4.2"/>' for x, y in marks)
    return f'<path class="mean arm{hue(ward, arm)}" d="{"M" + path if path else ""}"/>{dots}'


def clock(tick: int) -> tuple[str, str]:
    """Day and time of a tick: ``Day 3`` and ``14:05``."""
    return f"Day {tick // DAY + 1}", f"{tick % DAY // 3600:02d}:{tick % 3600 // 60:02d}"
