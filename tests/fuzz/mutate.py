"""Scenario files with faults: one to four changes of structure, of values or of the text of a shipped scenario.

File ``number`` of a seed is always the same, so that what was found once can be looked at again:
``python -m tests.fuzz.mutate 7 1234`` prints file 1234 of seed 7.
"""

from __future__ import annotations

import copy
import io
import random
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

SCENARIOS = Path(__file__).parents[2] / "scenarios"

#: What people and programs write by mistake or on purpose.
SCALARS: tuple[Any, ...] = (
    0, 1, -1, 2, 7, 100, 10**6, 10**9, 10**30, -(10**12), 0.5, -0.5, 1e-300, 1e308, -1e308, 5e-324,
    float("inf"), float("-inf"), float("nan"), True, False, None, "", " ", "?", "0", "-1", "1e400",
    "0 %", "100 %", "101 %", "-5 %", "1e9 %", "50 %", "0 min", "1 s", "-3 min", "1e300 d", "30 min", "5 h", "400 y",
    "1e-9 s", "3 nmol/L", "0 nmol/L", "1e200 nmol/L", "2 ug/dL", "12 cats", "nan min", "inf d", "daily 08:00-17:00",
    "daily 17:00-08:00", "Mon-Fri 00:00-24:00", "daily 25:00-26:00", "always", "2026-01-05", "2026-13-45", "99:99",
    "1:1", "1:1:1", "0:1", "1:99999999", "yes", "control", "massage", "baseline", "post", "nurse", "needle", "fear",
    "normal", "lognormal", "ordinal", "binary", "t", "ancova", "mann-whitney", "paired-t", "anova", "chi-square",
    "holm", "dunnett", "../../etc/passwd", "/dev/zero", "x" * 5000, "\u202e\u0000", "\N{SMILING FACE WITH OPEN MOUTH}",
    "__import__('os').system('true')", "{{7*7}}", "*a", "&a b", "!!python/object:os.system x",
)  # fmt: skip
#: Names, titles and labels that mean something to a figure, a page, a terminal, a spreadsheet, a shell or a file system.
NAMES: tuple[str, ...] = (
    "$5 or $10", "$\\frac{x$", "a_b^c", "\\alpha", "100 % of", "<b>x</b>", "a & b", "[red]x[/red]", "[/]", "{{7*7}}", "{0}", "%s",
    ":smile:", "_hidden", "=1+1", "+1", "-x", "@SUM(A1)", "'", '"', "`id`", "$(id)", ";", "|", "a\nb", "a\tb", ".", "..", "CON",
    "aux", "NUL.txt", "com1", "x.", "x ", "~", "-rf", "--help", "a/b", "a\\b", "a:b", "a*b?", "x" * 81, "x" * 300, "\x1b[31mred",
    "\x07", "\x1b]0;owned\x07", "\u202eabc", "\u2066abc", "\ud800", "\udfff", "\ufffe", "\x85", "\u2028", "\ufeff", "\u200b",
    "score", "SCORE", "Stra\u00dfe", "STRASSE", "\u0130", "\u0645\u0631\u0636\u0649", "\u60a3\u8005", "\U0001f600",
    "\u0301", "1", "1.0",
    "true", "null", "trial", "participant", "arm", "arrived", "site", "value", "nobody",
)  # fmt: skip
DATES: tuple[Any, ...] = (
    "0001-01-01", "9999-12-31", "10000-01-01", "1899-12-31", "1900-01-01", "2200-12-31", "2201-01-01", "2024-02-29", "2023-02-29",
    "2026-02-31", "2026-1-5", "20260105", 20260105, 2026, 1e9, "2026-01-05T10:00", "-2026-01-05", "tomorrow", "", None,
)  # fmt: skip
EXTREMES: tuple[str, ...] = (
    "1e160", "4e-200", "5e-324", "1e-12", "1e-13", "1e12", "1.1e12", "1e400", "-1e400", ".inf", "-.inf", ".nan", "1e15", "0",
    "-0",
    "0.0", "1e-9", "9000 years", "1001 years", "999 years", "12000 months", "36526 d", "1e6 d", "0 s", "0.4 s", "1e-9 s", "-1 s",
    "99999999999999999999", "0x10", "1_000", "1e4", "1,5", "0.1 %", "1e-9 %", "99.9999999 %", "100 %", "1e12 per h", "50 per h",
)  # fmt: skip
WHOLES: tuple[Any, ...] = (
    [], {}, [[]], [{}], {"": None}, [None], {"value": 1}, {"value": "5 min", "range": ["9 min", "1 min"]},
    {"mean": 1, "sd": 0}, {"mean": "5 min", "sd": "500 min"}, {"mean": "-5 min", "sd": "1 min"}, {"uniform": ["1 h", "0 h"]},
    {"exponential": {"mean": "0 s"}}, {"gamma": {"mean": "1 h", "sd": "9 h"}}, {"fixed": "3 min"},
    {"beta": {"mean": "1 h", "sd": "1 h", "low": "0 h", "high": "2 h"}}, {"choice": {"5 min": "50 %", "9 min": "60 %"}},
    {"empirical": "interview-minutes.csv"}, {"empirical": "/dev/zero"}, {"empirical": "../../README.md"},
    {"weibull": {"shape": 1e-3, "scale": "1 h"}}, {"mean": "5 min", "sd": "1 min", "low": "9 min", "high": "9 min"},
    list(range(300)), {f"key {i}": i for i in range(300)}, ["a"] * 50,
)  # fmt: skip

Place = tuple[Any, Any]
Change = Callable[[random.Random, Any], None]


@cache
def shipped() -> tuple[tuple[Path, Any], ...]:
    """The shipped scenarios as plain data, with their places."""
    yaml = YAML(typ="safe", pure=True)
    files = sorted(SCENARIOS.rglob("*.yaml"))
    return tuple((file, yaml.load(file.read_text(encoding="utf-8"))) for file in files)


def places(data: Any) -> Iterator[Place]:
    """Every (container, key) of nested data."""
    keys = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, inner in list(keys):
        yield data, key
        yield from places(inner)


def _place(rng: random.Random, data: Any) -> Place | None:
    found = list(places(data))
    return rng.choice(found) if found else None


def _at(change: Callable[[random.Random, Any, Any, Any], None]) -> Change:
    """A change of one place of the data."""

    def act(rng: random.Random, data: Any) -> None:
        place = _place(rng, data)
        if place is not None:
            change(rng, data, *place)

    return act


def _leave_out(_: random.Random, __: Any, within: Any, key: Any) -> None:
    del within[key]


def _other_scalar(rng: random.Random, _: Any, within: Any, key: Any) -> None:
    within[key] = rng.choice(SCALARS)


def _other_leaf(rng: random.Random, data: Any, _: Any, __: Any) -> None:
    leaves = [(within, key) for within, key in places(data) if not isinstance(within[key], (dict, list))]
    if leaves:
        within, key = rng.choice(leaves)
        within[key] = rng.choice(SCALARS)


def _other_whole(rng: random.Random, _: Any, within: Any, key: Any) -> None:
    within[key] = copy.deepcopy(rng.choice(WHOLES))


def _scaled(rng: random.Random, data: Any, _: Any, __: Any) -> None:
    """A number made larger, smaller, negative or a little wrong, its unit kept."""
    leaves = []
    for within, key in places(data):
        number = str(within[key]).split(" ")[0]
        if not isinstance(within[key], bool) and number.replace(".", "", 1).lstrip("-").isdigit():
            leaves.append((within, key))
    if leaves:
        within, key = rng.choice(leaves)
        number, _, unit = str(within[key]).partition(" ")
        factor = rng.choice([0, -1, 0.01, 0.5, 0.99, 1.01, 3, 100, 1e6, 1e12])
        new = f"{float(number) * factor:.6g}"
        within[key] = f"{new} {unit}" if unit else float(new) if "." in new or "e" in new else int(new)


def _other_name(rng: random.Random, data: Any, _: Any, __: Any) -> None:
    """A name exchanged wherever it stands, so that the file still fits together; or only the title or a label."""
    new = rng.choice(NAMES)
    if rng.random() < 0.3:
        holders = [one for one in _maps(data) if {"title", "label"} & one.keys()]
        holder = rng.choice(holders) if holders else None
        if holder is not None:
            holder["title" if "title" in holder else "label"] = new
        return
    homes = [data.get(key) for key in ("outcomes", "analyses", "visits", "participants", "sources")]
    for part, key in (("design", "arms"), ("setting", "resources")):
        homes += [data[part].get(key)] if isinstance(data.get(part), dict) else []
    names = [key for home in homes if isinstance(home, dict) for key in home]
    if names:
        _rename(data, rng.choice(names), new)


def _maps(data: Any) -> Iterator[dict[Any, Any]]:
    if isinstance(data, dict):
        yield data
    for within, key in list(places(data)):
        if isinstance(within[key], dict):
            yield within[key]


def _rename(data: Any, old: Any, new: str) -> None:
    items = list(data.items()) if isinstance(data, dict) else list(enumerate(data)) if isinstance(data, list) else []
    if isinstance(data, dict):
        data.clear()
    for key, inner in items:
        _rename(inner, old, new)
        held = inner
        if isinstance(inner, str):
            held = new if inner == old else inner.replace(f"{old} - ", f"{new} - ").replace(f" - {old}", f" - {new}")
        data[new if isinstance(data, dict) and key == old else key] = held


def _other_date(rng: random.Random, data: Any, _: Any, __: Any) -> None:
    design, setting = data.get("design"), data.get("setting")
    if isinstance(setting, dict) and rng.random() < 0.7:
        setting["starts"] = rng.choice(DATES)
    if isinstance(design, dict) and rng.random() < 0.7:
        design["within"] = rng.choice(
            ("9000 years", "12000 months", "12001 months", "1 months", "0 months", "1e9 d", "1 s")
        )


def _extreme(rng: random.Random, data: Any, _: Any, __: Any) -> None:
    """A number so large or small that its square leaves a computer, its unit kept; or an extreme quantity."""
    leaves = []
    for within, key in places(data):
        number = str(within[key]).split(" ")[0]
        if not isinstance(within[key], bool) and number.replace(".", "", 1).lstrip("-").isdigit():
            leaves.append((within, key))
    if leaves:
        within, key = rng.choice(leaves)
        _, _, unit = str(within[key]).partition(" ")
        new = rng.choice(EXTREMES)
        within[key] = f"{new} {unit}" if unit and " " not in new else new


def _from_elsewhere(rng: random.Random, data: Any, within: Any, key: Any) -> None:
    other = _place(rng, rng.choice([data, rng.choice(shipped())[1]]))
    if other is not None:
        within[key] = copy.deepcopy(other[0][other[1]])


def _added_from_elsewhere(rng: random.Random, data: Any, within: Any, _: Any) -> None:
    other = _place(rng, rng.choice([data, rng.choice(shipped())[1]]))
    if other is None:
        return
    new = copy.deepcopy(other[0][other[1]])
    if isinstance(within, dict):
        within[other[1] if isinstance(other[1], str) else "extra"] = new
    else:
        within.insert(rng.randint(0, len(within)), new)


def _renamed(rng: random.Random, _: Any, within: Any, key: Any) -> None:
    if isinstance(within, dict):
        new = rng.choice(
            [f"{key}s", str(key)[:-1], str(key).upper(), "", 5, None, "value", "prior", "constructor", "a.b[0]"]
        )
        within[new] = within.pop(key)


def _many(rng: random.Random, _: Any, within: Any, key: Any) -> None:
    count = rng.choice([2, 3, 30, 300])
    if isinstance(within, list):
        within[key:key] = [copy.deepcopy(within[key]) for _ in range(count)]
    else:
        for i in range(count):
            within[f"{key} {i}"] = copy.deepcopy(within[key])


def _shuffled(rng: random.Random, _: Any, within: Any, key: Any) -> None:
    if isinstance(within[key], list):
        rng.shuffle(within[key])
    elif isinstance(within[key], dict):
        items = list(within[key].items())
        rng.shuffle(items)
        within[key] = dict(items)


def _deeper(rng: random.Random, _: Any, within: Any, key: Any) -> None:
    for _ in range(rng.choice([1, 2, 30, 45])):
        within[key] = rng.choice([[within[key]], {"steps": within[key]}, {"value": within[key]}])


def _in_itself(_: random.Random, data: Any, within: Any, key: Any) -> None:
    within[key] = copy.deepcopy(data)


CHANGES: tuple[tuple[int, Change], ...] = (
    (3, _at(_leave_out)), (2, _at(_other_scalar)), (5, _at(_other_leaf)), (2, _at(_other_whole)), (6, _at(_scaled)),
    (3, _at(_from_elsewhere)), (2, _at(_added_from_elsewhere)), (1, _at(_renamed)), (1, _at(_many)), (1, _at(_shuffled)),
    (1, _at(_deeper)), (1, _at(_in_itself)), (4, _at(_other_name)), (1, _at(_other_date)), (4, _at(_extreme)),
)  # fmt: skip

GENTLE: tuple[tuple[int, Change], ...] = (
    (5, _at(_scaled)), (2, _at(_leave_out)), (1, _at(_shuffled)), (2, _at(_other_name)), (1, _at(_extreme)),
    (1, _at(_other_date)),
)  # fmt: skip


def _text_changed(rng: random.Random, text: str) -> str:
    """A fault of the text: cut off, characters exchanged, YAML's own devices."""
    kind = rng.randrange(8)
    at = rng.randrange(len(text) + 1)
    if kind == 0:
        return text[:at]
    if kind == 1:
        return text[:at] + rng.choice("\t:{}[]&*!|>%@`\"'#-?,\x00\x85\u2028\ufeff") + text[at:]
    if kind == 2:
        return text[:at] + text[at + rng.randrange(1, 40) :]
    if kind == 3:
        bomb = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40))
        return bomb + text
    if kind == 4:
        return text.replace(": ", rng.choice([": !!python/name:os.system ", ": &x ", ": *x ", " : ", ":", ":\t"]), 1)
    if kind == 5:
        return text + rng.choice(
            ["\n---\n" + text, "\n...\nmore", "\n" + "[" * 5000, "\n" + "x: " * 200, "\nname: again\n"]
        )
    if kind == 6:
        lines = text.splitlines()
        rng.shuffle(lines)
        return "\n".join(lines)
    return text.replace("\n", rng.choice(["\r\n", "\r", "\n\n", "\n "]))


def mutant(seed: int, number: int) -> tuple[str, Path]:
    """The text of a file, and the shipped scenario it was made from."""
    rng = random.Random(f"{seed}/{number}")  # not for secrets
    file, data = rng.choice(shipped())
    data = copy.deepcopy(data)
    gently = rng.random() < 0.5  # sound in form, so that it gets far
    for _ in range(rng.choice([1, 1, 1, 2, 2, 3, 4])):
        kinds = GENTLE if gently else CHANGES
        _, change = rng.choices(kinds, [weight for weight, _ in kinds])[0]
        change(rng, data)
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = rng.random() < 0.2
    yaml.width = 110
    out = io.StringIO()
    yaml.allow_unicode = rng.random() < 0.5  # else letters stand as escapes, which reach what no file may hold raw
    yaml.dump(data, out)
    text = out.getvalue()
    return (_text_changed(rng, text) if rng.random() < 0.15 else text), file


if __name__ == "__main__":
    sys.stdout.write(mutant(int(sys.argv[1]), int(sys.argv[2]))[0])
