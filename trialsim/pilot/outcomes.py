"""The columns of outcomes, and their visits."""

from __future__ import annotations

import re
from collections import defaultdict

from trialsim.pilot.data import FitError
from trialsim.pilot.draft import ColumnDraft
from trialsim.pilot.words import plain, split_visit
from trialsim.quantities.refuse import did_you_mean

#: Facts of a person that may be an outcome as well.
GROWS = re.compile(r"\b(weight|gewicht|bmi|height|apgar|birthweight)\b")
#: What an outcome is called whose columns are called by their visits alone.
UNNAMED = "outcome"


def find_outcomes(draft: ColumnDraft) -> None:
    """Decide the outcomes and their columns: as chosen by the user, or certain ones; otherwise a question."""
    if draft.shape == "long":
        for name in draft.free:
            if plain(name) in ("outcome", "value", "unit"):
                draft.give(name, "outcome", "there is a row for each value")
        _rest(draft, "not used in a file with a row for each value")
        return
    if draft.choices.outcomes:
        _wanted(draft)
        _rest(draft, "not chosen with --outcome")
    elif draft.shape == "tidy":
        _tidy(draft)
    else:
        _wide(draft)
    _rest(draft, "it contains words")


def _rest(draft: ColumnDraft, why: str) -> None:
    for name in draft.free:
        draft.give(name, "ignored", why)


def _settle(draft: ColumnDraft, outcome: str, parts: list[tuple[str, str]], why: str) -> None:
    draft.groups[outcome] = parts
    for column, visit in parts:
        unit = draft.name(column).unit
        words = [f"{outcome} at {visit}" if visit else outcome, *([f"in {unit}"] if unit else []), why]
        draft.give(column, "outcome", ", ".join(one for one in words if one))


# ---------------------------------------------------------------- outcomes that were asked for


def _wanted(draft: ColumnDraft) -> None:
    """``COLUMN``, the first words of columns, or ``NAME=COLUMN,COLUMN`` with a column for each visit."""
    for text in draft.choices.outcomes:
        name, equals, listed = text.partition("=")
        if equals and text not in draft.table.columns:
            columns = [draft.must_have(one.strip()) for one in listed.split(",") if one.strip()]
            _settle(draft, name.strip() or UNNAMED, [(one, _visit_of(draft, one)) for one in columns], "--outcome")
            continue
        columns = [text] if text in draft.table.columns else _beginning(draft, text)
        free = [one for one in columns if one in draft.free]
        if not free:
            near = did_you_mean(text, list(draft.table.columns), what="Columns")
            raise FitError(f"there is no column '{text}' that can be an outcome.", code="TS-F003", remedy=near)
        if draft.shape == "tidy" or (len(free) == 1 and draft.choices.baseline not in draft.free):
            for one in free:
                _settle(draft, one, [(one, "")], "--outcome")
            continue
        if draft.choices.baseline in draft.free and draft.choices.baseline not in free:
            free.insert(0, str(draft.choices.baseline))
        if len(draft.choices.outcomes) == 1 and len(free) == 2 and draft.choices.baseline in free:
            later = next(one for one in free if one != draft.choices.baseline)
            _settle(draft, text, [(str(draft.choices.baseline), "baseline"), (later, "post")], "--outcome")
            continue
        for outcome, parts in _grouped(draft, free).items():
            _settle(draft, outcome, parts, "--outcome")


def _visit_of(draft: ColumnDraft, column: str) -> str:
    """The visit in a column's name, otherwise the column's own name."""
    split = split_visit(draft.name(column))
    return split[1] if split else column


def _beginning(draft: ColumnDraft, text: str) -> list[str]:
    """Columns whose names begin with these words, or have them beside a visit."""
    wanted = plain(text)
    found = [one for one in draft.free if draft.name(one).plain.startswith(f"{wanted} ")]
    split = {one: split_visit(draft.name(one)) for one in draft.free}
    return found or [one for one, parts in split.items() if parts and " ".join(parts[0]).lower() == wanted]


# ---------------------------------------------------------------- a row for each visit


def _tidy(draft: ColumnDraft) -> None:
    numeric = [name for name in draft.free if draft.numeric(name)]
    for name in numeric:
        if draft.visit and len(set(draft.keys([*draft.visit, name]))) == len(draft.different_visits()):
            draft.give(name, "ignored", "it says nothing but the visit")
    numeric = [name for name in numeric if name in draft.free]
    changing = [name for name in numeric if not draft.constant(name)]
    for name in numeric:
        if name not in changing:
            draft.give(name, "covariate", "it is the same in all rows of each participant")
    for name in changing:
        unit = draft.name(name).unit
        draft.groups[" ".join(draft.name(name).words)] = [(name, "")]
        draft.give(name, "outcome", "numbers that change from visit to visit" + (f", in {unit}" if unit else ""))


# ---------------------------------------------------------------- a row for each participant


def _grouped(draft: ColumnDraft, columns: list[str]) -> dict[str, list[tuple[str, str]]]:
    """Columns that differ only by a usual visit and have the same unit are visits of one outcome; others are separate."""
    parts: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    alone: list[str] = []
    units = {one: (draft.name(one).unit or "").lower() for one in columns}
    splits = {one: split_visit(draft.name(one)) for one in columns}
    for one in columns:
        split = splits[one]
        if split is None:
            alone.append(one)
            continue
        stem = " ".join(split[0]).lower()
        known = {units[other] for other, also in splits.items() if also and " ".join(also[0]).lower() == stem} - {""}
        unit = units[one] or (next(iter(known)) if len(known) == 1 else "")
        parts[stem, unit].append((one, split[1]))
    found: dict[str, list[tuple[str, str]]] = {}
    stems = [stem for stem, _ in parts]
    for (stem, unit), group in parts.items():
        split = splits[group[0][0]]
        name = " ".join(split[0]) if split and split[0] else UNNAMED
        found[f"{name} {unit}".strip() if stems.count(stem) > 1 else name] = group
    return found | {" ".join(draft.name(one).words): [(one, "")] for one in alone}


def _wide(draft: ColumnDraft) -> None:
    """Certain are outcomes at two visits and more, and others at one of these visits; the rest only if there is just one."""
    numeric = [name for name in draft.free if draft.numeric(name)]
    if not numeric:
        _ask_of_covariates(draft)
        return
    groups = _grouped(draft, numeric)
    baseline = draft.choices.baseline
    if baseline in numeric:
        pure = groups.get(UNNAMED, [])
        if pure and baseline not in dict(pure):
            groups = {name: parts for name, parts in groups.items() if parts[0][0] != baseline}
            groups[UNNAMED] = [(str(baseline), str(baseline)), *pure]
    clear = {name: parts for name, parts in groups.items() if len(parts) > 1}
    known = {plain(visit) for parts in clear.values() for _, visit in parts}
    clear |= {name: parts for name, parts in groups.items() if len(parts) == 1 and plain(parts[0][1]) in known}
    for name, parts in clear.items():
        _settle(draft, name, parts, "")
    left = [(name, parts) for name, parts in groups.items() if name not in clear]
    if not clear and len(left) == 1:
        ((name, parts),) = left
        _settle(draft, name, parts, "the only remaining column of numbers")
        return
    if clear:
        for _, parts in left:
            draft.give(
                parts[0][0],
                "ignored",
                "measured once, so it may be a covariate: choose with --outcome or --covariate",
            )
    elif left:
        _ask(draft, [parts[0][0] for _, parts in left])


def _ask_of_covariates(draft: ColumnDraft) -> None:
    """No number is left but usual facts of a person, such as the weight."""
    numbers = [
        one.name
        for one in draft.roles.values()
        if one.role == "covariate" and draft.numeric(one.name) and GROWS.search(draft.name(one.name).plain)
    ]
    if numbers and not draft.choices.covariates:
        answer = " or ".join(f"--outcome {_quoted(one)}" for one in numbers[:4])
        listed = " and ".join(numbers[:8])
        what = (
            "is taken for a covariate by its name" if len(numbers) == 1 else "are taken for covariates by their names"
        )
        draft.ask("TS-P019", f"no outcome is left: {listed} {what}.", answer)


def _ask(draft: ColumnDraft, columns: list[str]) -> None:
    stems: dict[str, list[str]] = defaultdict(list)
    for one in columns:
        found = re.fullmatch(r"(.*?)[ ]?(\d+|[a-z])", draft.name(one).plain)
        stems[found[1] if found else draft.name(one).plain.split()[0]].append(one)
    answer = " or ".join(f"--outcome {_quoted(one)}" for one in columns[:4])
    series = next(((stem, some) for stem, some in stems.items() if len(some) > 1 and stem), None)
    if series is not None:
        together = f"{series[0]}={','.join(series[1])}"
        answer += f"; for visits of one outcome --outcome {_quoted(together)}"
    listed = ", ".join(columns[:8]) + (", ..." if len(columns) > 8 else "")
    draft.ask("TS-P019", f"the outcome may be in any of: {listed}.", answer)
    for one in columns:
        draft.give(one, "ignored", "it may be an outcome or a covariate: choose with --outcome or --covariate")


def _quoted(text: str) -> str:
    return f'"{text}"' if re.search(r"[^\w.,=-]", text) else text
