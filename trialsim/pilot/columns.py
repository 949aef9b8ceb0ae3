"""The plan of the columns: which hold participants, arms, visits, outcomes, covariates, and why; uncertain ones are asked."""

from __future__ import annotations

import re
from collections.abc import Sequence

from trialsim.pilot.cells import missing_codes
from trialsim.pilot.data import Choices, FitError, PilotColumn, Table
from trialsim.pilot.draft import MOST_ARMS, ColumnDraft
from trialsim.pilot.outcomes import find_outcomes
from trialsim.pilot.words import (
    ARM,
    NUMBERED,
    PARTICIPANT,
    PERSONAL,
    REMARK,
    SITE,
    STAFF,
    VISIT,
    WHEN,
    plain,
    split_visit,
)

#: Administrative columns of REDCap.
BOOKS = re.compile(r"redcap (repeat instrument|survey identifier)|.* (complete|timestamp)")
EVENT, INSTANCE = "redcap event name", "redcap repeat instance"
#: Names of columns that hold an outcome's name and its value, in files with a row for each value.
LONG = ("outcome", "value")
MOST_VISITS = 60


def plan_columns(table: Table, choices: Choices) -> ColumnDraft:
    """A role for each column, from the user's options, its name and its content.

    Nothing that would change the study is guessed: it becomes a question of the plan.

    Raises
    ------
    FitError
        TS-F003 a column that does not exist, TS-P024 a column with two roles, TS-P027 ``--missing`` for no column
    """
    draft = ColumnDraft(table, choices)
    missing_codes(choices, table)
    _said(draft)
    draft.shape = "long" if all(_called(draft, name) for name in LONG) else "wide"
    _participants(draft)
    if _visits(draft):
        _arms(draft)
        _about(draft)
        find_outcomes(draft)
    ordered = {name: draft.roles.get(name, PilotColumn(name, "open", "waits for an answer")) for name in table.columns}
    draft.roles = ordered
    return draft


def _called(draft: ColumnDraft, name: str) -> str | None:
    """The column of this name, in any spelling."""
    return next((one for one in draft.table.columns if plain(one) == name), None)


def _said(draft: ColumnDraft) -> None:
    """Roles given by options, and empty columns."""
    choices = draft.choices
    single = [(choices.arm, "--arm"), (choices.visit, "--visit")]
    named = [(name, option) for name, option in single if name is not None and name.lower() != "none"]
    named += [(name, "--participant") for name in choices.participant]
    named += [(name, "--covariate") for name in choices.covariates]
    named += [(name, "--ignore") for name in choices.ignored]
    before: dict[str, str] = {}
    for name, option in named:
        draft.must_have(name)
        if name in before:
            raise FitError(
                f"'{name}' is named by {before[name]} and by {option}.",
                code="TS-P024",
                remedy="Give each column one role.",
            )
        before[name] = option
    for name in choices.covariates:
        draft.give(name, "covariate", "--covariate")
    for name in choices.ignored:
        draft.give(name, "ignored", "--ignore")
    for name in draft.free:
        if name not in before and not draft.different(name):
            draft.give(name, "ignored", "it is empty")


# ---------------------------------------------------------------- participants and visits


def _participants(draft: ColumnDraft) -> None:
    """The participant of a row: one or several columns that together identify a participant."""
    if draft.choices.participant:
        draft.participant = draft.choices.participant
        for name in draft.participant:
            draft.give(name, "participant", "--participant")
        return
    free = [name for name in draft.free if name not in (draft.choices.arm, draft.choices.visit)]
    words = {name: draft.name(name).plain for name in free}
    usual = sorted(
        (name for name in free if words[name] in PARTICIPANT), key=lambda name: PARTICIPANT.index(words[name])
    )
    loose = [
        name for name in free if name not in usual and NUMBERED.fullmatch(words[name]) and not _of_others(words[name])
    ]
    ids = [name for name in (*usual, *loose) if not (draft.numeric(name) and not draft.numbers(name).whole)]
    if not ids:
        return
    alone = next((name for name in ids if draft.unique([name])), None)
    first = alone or ids[0]
    draft.participant = (first,)
    why = "its name; " + (
        "no value appears twice" if alone else f"{len(draft.different(first))} values, some in several rows"
    )
    if not alone:
        draft.participant = _together(draft, first, ids)
        if len(draft.participant) > 1:
            why = f"{' and '.join(draft.participant)} together identify a participant: {first} alone repeats"
    for name in draft.participant:
        draft.give(name, "participant", why)
    for name in ids:
        if name not in draft.roles:
            draft.give(name, "ignored", "another identifier of the participants")


def _of_others(words: str) -> bool:
    """Whether a number identifies a place, a visit, a staff member or a group, by its name."""
    rest = re.sub(r" ?(id|ids|no|nr|num|number|code|identifier|key)$", "", words)
    return rest in SITE or rest in VISIT or rest in ARM or bool(STAFF.search(rest))


def _together(draft: ColumnDraft, first: str, ids: Sequence[str]) -> tuple[str, ...]:
    """The number alone, or with a site or family within which it starts again."""
    times = [name for name in draft.free if draft.name(name).plain in (*VISIT, EVENT)]
    if draft.shape == "long":
        times += [str(_called(draft, "outcome"))]
    if any(draft.unique([first, one]) for one in times) or (times and draft.unique([first, *times])):
        return (first,)
    places = [name for name in draft.free if draft.name(name).plain in SITE or name in ids[1:]]
    places += [name for name in draft.free if re.sub(r" (id|no|nr|code|number)$", "", draft.name(name).plain) in SITE]
    for place in dict.fromkeys(places):
        if place != first and not draft.unique([place]):
            anew = any(draft.unique([place, first, one]) for one in times) if times else draft.unique([place, first])
            if anew:
                return (place, first)
    return (first,)


def _visits(draft: ColumnDraft) -> bool:
    """The column that distinguishes the rows of a participant; False if the participants must be known first."""
    choice = draft.choices.visit
    if choice is not None and choice.lower() != "none":
        draft.visit = (choice,)
        draft.give(choice, "visit", "--visit")
    named = [name for name in draft.free if draft.name(name).plain in VISIT]
    named.sort(key=lambda name: VISIT.index(draft.name(name).plain))
    events = [name for name in (_called(draft, EVENT), _called(draft, INSTANCE)) if name in draft.free and name]
    if not draft.participant:
        return _rows_without_people(draft, named)
    if not draft.repeated() and draft.shape == "wide":
        if draft.visit:
            draft.notes.append("Each participant has one row: that row is the only visit.")
            draft.shape = "tidy"
        return True
    if not draft.visit:
        fitting = [name for name in named if draft.unique([*draft.participant, name])] or named
        draft.visit = tuple(events) if events else tuple(fitting[:1])
        for name in draft.visit:
            draft.give(name, "visit", "its name; it distinguishes the rows of a participant")
    if draft.shape == "wide":
        draft.shape = "tidy"
    if not draft.visit:
        _ask_for_visits(draft)
        return True
    for name in named:
        if name in draft.free and name not in draft.choices.outcomes:
            draft.give(name, "ignored", "it also gives the time")
    return True


def _rows_without_people(draft: ColumnDraft, named: Sequence[str]) -> bool:
    """Rows without a column of participants: each is a participant, unless visits are in rows."""
    visits = [*draft.visit, *(name for name in named if draft.choices.visit is None and _few(draft, name))]
    if draft.shape == "wide" and not visits:
        return True
    tied = [name for name in draft.free if visits and draft.unique([name, visits[0]]) and not draft.unique([name])]
    name = tied[0] if tied else "COLUMN"
    for one in visits:
        draft.give(one, "ignored", "it may contain the visits, if participants have several rows")
    what = f"'{visits[0]}' seems to contain visits" if visits else "there is a row for each value"
    draft.ask(
        "TS-P018",
        f"{what}, and no column is known to identify the participants.",
        f"--participant {name}"
        + ("" if draft.shape == "long" else ", or --visit none if each row is a different participant"),
    )
    return False


def _few(draft: ColumnDraft, name: str) -> bool:
    """Whether a column has few values, each of them often."""
    different = len(draft.different(name))
    return 1 < different <= len(draft.table.lines) / 3


def _ask_for_visits(draft: ColumnDraft) -> None:
    keys = draft.keys(draft.participant)
    most = max(dict.fromkeys(keys), key=keys.count)
    who = " ".join(most)
    telling = [
        name for name in draft.free
        if draft.unique([*draft.participant, name]) and len(draft.different(name)) <= MOST_VISITS
        and len(draft.different(name)) < len(keys) and not (draft.numeric(name) and not draft.numbers(name).whole)
    ]  # fmt: skip
    message = f"participant {who} has {keys.count(most)} rows, and no column is known to contain the visits."
    if telling:
        draft.give(telling[0], "ignored", "it may contain the visits: choose it with --visit")
        draft.ask(
            "TS-P018", f"{message} '{telling[0]}' distinguishes the rows of each participant.", f"--visit {telling[0]}"
        )
    else:
        draft.ask(
            "TS-P018", f"{message} No column distinguishes the rows of each participant.",
            "the file a column with the visit of each row, or --participant COLUMN,COLUMN if several together identify one",
        )  # fmt: skip


# ---------------------------------------------------------------- arms


def _arms(draft: ColumnDraft) -> None:
    """The column of the arms: by its usual name, or by a question; never one about the person, the place or the day."""
    choice = draft.choices.arm
    if choice is not None:
        if choice.lower() != "none":
            draft.arm = choice
            draft.give(choice, "arm", "--arm")
        return
    usual = [name for name in draft.free if draft.name(name).plain in ARM]
    usual.sort(key=lambda name: ARM.index(draft.name(name).plain))
    if usual and all(_same_groups(draft, usual[0], other) for other in usual[1:]):
        draft.arm = usual[0]
        draft.give(usual[0], "arm", f"its name; {_shown(draft.different(usual[0]))}")
        for other in usual[1:]:
            draft.give(other, "ignored", f"it groups the participants in the same way as {usual[0]}")
        return
    candidates = usual or [name for name in draft.free if _may_be_arm(draft, name)]
    event = _called(draft, EVENT)
    if not candidates and event in draft.visit and len(event_arms(draft.different(str(event)))) > 1:
        draft.ask(
            "TS-P019", f"the events of '{event}' belong to several arms of REDCap, which may be the arms of the study.",
            f"--arm {event}, or --arm none",
        )  # fmt: skip
    if candidates:
        which = " or ".join(f"'{name}' ({_shown(draft.different(name))})" for name in candidates)
        answer = " or ".join(f"--arm {name}" for name in candidates)
        draft.ask(
            "TS-P019",
            f"the arms may be in {which}.",
            f"{answer}" + ("" if usual else ", or --arm none for one group"),
        )
    elif not draft.questions:
        draft.notes.append("No column of arms was found: all participants are one group. Choose a column with --arm.")


def _may_be_arm(draft: ColumnDraft, name: str) -> bool:
    """Whether a column without a usual name may contain arms: two to six words or codes, the same for each participant."""
    words, different = draft.name(name).plain, draft.different(name)
    if (
        PERSONAL.search(words)
        or WHEN.search(words)
        or STAFF.search(words)
        or REMARK.search(words)
        or BOOKS.fullmatch(words)
    ):
        return False
    if words in SITE or words in VISIT or words in ("outcome", "unit", "status", "value") or draft.is_day(name):
        return False
    if not 2 <= len(different) <= min(MOST_ARMS, len(draft.table.lines) / 2) or not draft.constant(name):
        return False
    if not draft.numeric(name):
        return True
    group_like = re.search(
        r"\b(arm|group|treatment|treated|dose|diet|drug|exposure|method|massage|music|cohort)\b", words
    )
    return bool(group_like) and draft.numbers(name).share == 1


def event_arms(events: Sequence[str]) -> list[str]:
    """The arms at the end of REDCap's names of events, such as ``baseline_arm_1``."""
    found = (re.search(r"_arm_(\d+)[a-z]?$", one) for one in events)
    return list(dict.fromkeys(one[1] for one in found if one))


def _same_groups(draft: ColumnDraft, first: str, other: str) -> bool:
    pairs = set(draft.keys([first, other]))
    return len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


def _shown(values: Sequence[str]) -> str:
    return ", ".join(values[:4]) + (", ..." if len(values) > 4 else "")


# ---------------------------------------------------------------- columns that are not outcomes


def _about(draft: ColumnDraft) -> None:
    """Columns about the person, the place, the day and the staff."""
    wanted = {one.rpartition("=")[2] for one in draft.choices.outcomes}
    wanted |= {name for one in draft.choices.outcomes for name in one.rpartition("=")[2].split(",")}
    for name in draft.free:
        if name in wanted or name in (draft.choices.baseline,) or (draft.shape == "long" and _in_long(name)):
            continue
        words = draft.name(name).plain
        place = re.sub(r" (id|no|nr|code|number|name)$", "", words)
        if WHEN.search(words) or draft.is_day(name):
            draft.give(name, "ignored", "it contains dates or times")
        elif words in SITE or place in SITE:
            draft.give(name, "ignored", "it is a place")
        elif REMARK.search(words) or BOOKS.fullmatch(words) or words in (EVENT, INSTANCE):
            draft.give(name, "ignored", "it contains remarks or administrative data")
        elif STAFF.search(words):
            draft.give(name, "ignored", "it identifies a person or a staff member")
        elif PERSONAL.search(words) and not _changes(draft, name):
            draft.give(name, "covariate", "its name; it describes the person")
        elif name == "(row names)" or (draft.counts_rows(name) and draft.name(name).plain not in ARM):
            draft.give(name, "ignored", "it numbers the rows")


def _in_long(name: str) -> bool:
    return plain(name) in (*LONG, "unit")


def _changes(draft: ColumnDraft, name: str) -> bool:
    """Whether a property of a person may be an outcome, such as weight if it is measured again."""
    if not re.search(r"\b(weight|gewicht|bmi|height)\b", draft.name(name).plain):
        return False
    if draft.shape == "tidy":
        return not draft.constant(name)
    mine = split_visit(draft.name(name))
    others = [split_visit(draft.name(other)) for other in draft.table.columns if other != name]
    return mine is not None and any(other is not None and other[0] == mine[0] for other in others)
