"""One week on the ward as a timeline: who was with whom and when, who waited, whose session was missed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from trialsim.figures.letters import in_lines
from trialsim.figures.style import (
    ACCENT,
    ARM_HATCHES,
    INK,
    ONE_COLUMN,
    QUIET,
    arm_marks,
    arm_palette,
    blank_figure,
    caption,
    study_style,
)

OFF_DUTY, OTHER_WORK = "#eceff2", "#c3ccd3"

WAITING = ("waiting", "missed", "left")

#: Participants who wait at the same time are in rows below one another: the distance in lanes, and the most rows.
ROW, MOST_ROWS = 0.55, 6

#: What lies behind a name inside a bar.
NAME = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none"}

#: Width of a letter as a share of the width of the figure's strips.
LETTER, LETTER_NARROW = 0.008, 0.022


def ward_week(
    spells: pd.DataFrame,
    *,
    starts: date,
    lanes: Sequence[str],
    arms: Sequence[str],
    closed: pd.DataFrame,
    days: int = 7,
    note: str = "",
    narrow: bool = False,
) -> Figure:
    """A strip for each day with a lane for each unit of staff (and one for waiting); time of day runs to the right.

    Parameters
    ----------
    spells : columns lane (a unit such as ``nurse 1``, or ``waiting``), start, end (datetimes), kind (``study``,
        ``other work``, ``waiting``, ``missed``, ``left``), arm (empty for other work), participant
    starts : the first day shown
    lanes : the lanes from top to bottom
    closed : columns lane, start, end: when the unit is off duty
    """
    with study_style():
        low, high = _hours_shown(spells[spells["kind"] != "other work"], closed)
        every, off = _records(spells), _records(closed)
        week = [_on_day(every, starts + timedelta(days=index)) for index in range(days)]
        letter = (LETTER_NARROW if narrow else LETTER) * (high - low)
        rows = max(1, *(_in_rows(records, letter) for records in week))
        figure = blank_figure(
            ONE_COLUMN if narrow else 9.5, days * (0.19 * (len(lanes) + ROW * (rows - 1)) + 0.3) + 1.2
        )
        strips = figure.subplots(days, 1, sharex=True, squeeze=False)[:, 0]
        palette, hatches, off_duty = arm_palette(arms), arm_marks(arms, ARM_HATCHES), False
        for index, (strip, records) in enumerate(zip(strips, week, strict=True)):
            day, bars = starts + timedelta(days=index), _Bars()
            for record in _on_day(off, day):
                off_duty = off_duty or (record["start"] < high and record["end"] > low)
                bars.add(lanes.index(record["lane"]), record, color=OFF_DUTY, height=1.0)
            for record in records:
                lane = lanes.index(record["lane"]) + ROW * record.get("row", 0)
                _draw_spell(strip, bars, lane, record, palette, hatches, letter)
            bars.draw(strip)
            _finish_strip(strip, day, lanes, low, high, below=ROW * (rows - 1))
        hours = range(low, high + 1, 2 if narrow and high - low > 9 else 1)
        strips[-1].set_xticks(hours, [f"{hour:02d}" for hour in hours])
        strips[-1].set_xlabel("time of day [h]")
        _legend(figure, arms, palette, kinds=set(spells["kind"]), off_duty=off_duty)
        caption(figure, note)
    return figure


def _hours_shown(spells: pd.DataFrame, closed: pd.DataFrame) -> tuple[int, int]:
    """First and last hour of the day with any event, plus an hour."""
    if closed.empty or spells.empty:
        return 0, 24
    begin, end = pd.to_datetime(spells["start"]), pd.to_datetime(spells["end"])
    if (end.dt.date != begin.dt.date).any():
        return 0, 24
    return max(int(begin.dt.hour.min()) - 1, 0), min(int(end.dt.hour.max()) + 2, 24)


def _in_rows(records: Sequence[dict[str, Any]], letter: float) -> int:
    """Give each participant who waits on a day a ``row`` with free space for bar and name; returns the number of rows."""
    free: list[float] = []  # until when [h] each row is occupied
    for record in sorted((one for one in records if one["kind"] in WAITING), key=lambda one: one["start"]):
        name = f"{record['participant']} {record['kind'] if record['kind'] != 'waiting' else ''}"
        row = next((row for row, until in enumerate(free) if until <= record["start"]), len(free))
        row = min(row, MOST_ROWS - 1)
        free[row:] = [record["end"] + letter * (len(name) + 1), *free[row + 1 :]]
        record["row"] = row
    return len(free)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table."""
    return [{str(key): value for key, value in found.items()} for found in frame.to_dict("records")]


def _on_day(records: Sequence[dict[str, Any]], day: date) -> list[dict[str, Any]]:
    """The rows that overlap a day, cut to it, with times in hours after midnight."""
    midnight = datetime.combine(day, time())
    rows: list[dict[str, Any]] = []
    for record in records:
        start = (record["start"] - midnight) / timedelta(hours=1)
        end = (record["end"] - midnight) / timedelta(hours=1)
        if end > 0 and start < 24:
            rows.append({**record, "start": max(start, 0.0), "end": min(end, 24.0), "ends_here": end <= 24})
    return rows


class _Bars:
    """Bars of a strip, drawn together: a week has hundreds, and each as a patch of its own would take long."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, float, str], list[NDArray[np.float64]]] = {}

    def add(
        self, lane: float, record: dict[str, Any], *, color: str, height: float, alpha: float = 1.0, hatch: str = ""
    ) -> None:
        """A bar from the start to the end of a record."""
        left, right, low, high = record["start"], record["end"], lane - height / 2, lane + height / 2
        corners = np.array([(left, low), (right, low), (right, high), (left, high)])
        self._held.setdefault((color, alpha, hatch), []).append(corners)

    def draw(self, strip: Axes) -> None:
        """All bars, those of one color together, in the order in which the colors came."""
        for (color, alpha, hatch), held in self._held.items():
            strip.add_collection(
                PolyCollection(
                    held, facecolor=color, edgecolor="white", linewidth=0.4, alpha=alpha, hatch=hatch or None
                ),
                autolim=False,
            )


def _draw_spell(
    strip: Axes, bars: _Bars, lane: float, record: dict[str, Any], palette: dict[str, str], hatches: dict[str, str],
    letter: float,
) -> None:  # fmt: skip
    kind, color = record["kind"], palette.get(str(record["arm"]), INK)
    if kind == "other work":
        bars.add(lane, record, color=OTHER_WORK, height=0.34)
        return
    if kind == "study":
        bars.add(lane, record, color=color, height=0.8, hatch=hatches.get(str(record["arm"]), ""))
        name, middle = str(record["participant"]), (record["start"] + record["end"]) / 2
        if record["end"] - record["start"] > letter * len(name):
            strip.text(middle, lane, name, fontsize=6, ha="center", va="center", color=INK, bbox=NAME)
        return
    bars.add(lane, record, color=color, height=0.3, alpha=0.7)
    name, end = str(record["participant"]), record["end"]
    if kind in ("missed", "left") and record["ends_here"]:
        strip.plot(end, lane, "X", color=ACCENT, markersize=7, markeredgecolor="white", zorder=5)
        strip.annotate(
            f"{name} {kind}", (end, lane), xytext=(6, 0), textcoords="offset points", fontsize=6.5, color=ACCENT,
            va="center",
        )  # fmt: skip
    else:
        strip.annotate(
            name, (end, lane), xytext=(3, 0), textcoords="offset points", fontsize=6.5, color=color, va="center"
        )


def _finish_strip(strip: Axes, day: date, lanes: Sequence[str], low: int, high: int, *, below: float) -> None:
    strip.set_yticks(np.arange(len(lanes)), list(lanes), fontsize=7)
    strip.set_ylim(len(lanes) - 0.45 + below, -0.55)
    strip.set_xlim(low, high)
    strip.tick_params(axis="both", length=0)
    strip.set_ylabel(
        f"{day:%a}\n{day.day} {day:%b}", rotation=0, ha="right", va="center", fontweight="bold", labelpad=10
    )
    for side in ("left", "bottom"):
        strip.spines[side].set_color("#dde2e6")
    strip.vlines(range(low, high + 1), *strip.get_ylim(), color="white", linewidth=0.7, alpha=0.9, zorder=0.5)


def _legend(
    figure: Figure, arms: Sequence[str], palette: dict[str, str], *, kinds: set[str], off_duty: bool,
) -> None:  # fmt: skip
    """Legend entries for what the figure shows."""
    hatches = arm_marks(arms, ARM_HATCHES)
    handles: list[Patch | Line2D] = [
        Patch(facecolor=palette[arm], hatch=hatches[arm] or None, edgecolor="white", label=in_lines(arm, 24))
        for arm in arms
    ]
    if "other work" in kinds:
        handles.append(Patch(color=OTHER_WORK, label="other work"))
    if off_duty:
        handles.append(Patch(color=OFF_DUTY, label="off duty"))
    if kinds & set(WAITING):
        handles.append(Line2D([], [], color=QUIET, linewidth=3, label="waiting"))
    if kinds & {"missed", "left"}:
        handles.append(Line2D([], [], color=ACCENT, marker="X", linestyle="", markersize=7, label="session missed"))
    longest = max(len(line) for one in handles for line in str(one.get_label()).splitlines())
    columns = max(1, min(6, int(14 * figure.get_figwidth()) // (longest + 8)))
    figure.legend(handles=handles, loc="outside upper right", ncols=min(len(handles), columns), fontsize=8.5)
