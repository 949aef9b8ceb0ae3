"""Reading a scenario's text: YAML 1.2 with the line and column of every key and value.

Plain data only. Duplicate keys, tags, anchors and aliases, a second document, deep nesting and huge files are
refused, so that no file can make the loader run long or fill the memory.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from trialsim.quantities.letters import odd_letter
from trialsim.quantities.marks import marks_remedy

MOST_BYTES = 1_000_000
MOST_NODES = 20_000
MOST_FAULTS = 200  # of one kind of search; who has more begins with these
DEEPEST = 40
LONGEST_TEXT = 10_000

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Place:
    """The place of a text; ``line`` and ``column`` count from 1.

    ``option`` is the option it was typed after, ``change`` the path that was set from outside the file, if any.
    """

    file: str
    line: int
    column: int
    source_line: str = ""
    option: str = ""
    change: str = ""


@dataclass(frozen=True)
class Finding:
    """One thing wrong, known by its path in the scenario or, for broken text, by its place.

    Attributes
    ----------
    message : in words, with ``{value}`` and the like filled in from ``values``; made last, and never read again
    key : the key that is missing, or unknown
    meant : the key that was probably meant by an unknown one
    values : the values that the message shows, by their names in it
    wants : the kind of value that belongs there
    """

    code: str
    path: Path
    message: str
    remedy: str = ""
    place: Place | None = None
    on_key: bool = False  # the caret belongs under the key, not the value
    warning: bool = False
    key: str = ""
    meant: str = ""
    values: tuple[tuple[str, str], ...] = ()
    wants: str = ""

    @property
    def words(self) -> str:
        """The message with its values."""
        return self.message.format(**dict(self.values)) if self.values else self.message


@dataclass
class Tree:
    """Plain data (maps, lists, scalars) of one text and the place of each part."""

    data: Any = None
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    file: str = "<scenario>"


class TooMany(Exception):  # noqa: N818  # carried inside this package only
    """So much is wrong that nothing is gained by looking on."""


class Findings(list[Finding]):
    """What a search has found; it ends at :data:`MOST_FAULTS`."""

    def append(self, finding: Finding) -> None:
        """Add a finding.

        Raises
        ------
        TooMany
            The list is full.
        """
        super().append(finding)
        if len(self) >= MOST_FAULTS:
            raise TooMany


class BrokenText(Exception):  # noqa: N818  # carried inside this package only
    """The text cannot be read any further."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


_NUMBER = re.compile(r"[-+]?(?:\d+|(?:\d+\.\d*|\.\d+)(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+)\Z")
_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def scalar(text: str) -> object:
    """The value of an unquoted scalar under the YAML 1.2 core schema: ``no`` is text, ``1e-3`` a number."""
    if text in _WORDS:
        return _WORDS[text]
    if _NUMBER.match(text):
        number = int(text) if re.fullmatch(r"[-+]?\d{1,18}", text) else float(text)
        return number if math.isfinite(number) else text  # as written, so that a message can show it
    if _SPECIAL.fullmatch(text):
        return float(text.replace(".", ""))
    return text


def read_text(text: str, file: str) -> Tree:
    """Read one document.

    Raises
    ------
    BrokenText
        The text is not YAML, or goes beyond what is allowed.
    """
    lines = text.splitlines()

    def place(mark: Any) -> Place:
        line = lines[mark.line] if mark.line < len(lines) else ""
        return Place(file, mark.line + 1, mark.column + 1, line)

    if len(text) > MOST_BYTES:
        raise BrokenText(
            Finding("TS-E002", (), "the file is larger than 1 MB.", "A scenario is a few pages.", Place(file, 1, 1))
        )
    tree = Tree(file=file)
    _build(tree, _events(text, place, file), place)
    return tree


def _events(text: str, place: Any, file: str) -> Iterator[Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.reader import ReaderError

    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except MarkedYAMLError as error:
        problem = f"{error.context or ''} {error.problem or ''}"
        unclosed = "quoted scalar" in problem or "expected ',' or" in problem or "could not find" in problem
        mark = (unclosed and error.context_mark) or error.problem_mark or error.context_mark
        raise BrokenText(_broken(problem, place(mark) if mark is not None else None)) from None
    except (YAMLError, ValueError, RecursionError) as error:
        before = text[: error.position] if isinstance(error, ReaderError) else ""
        line = before.count("\n")
        column = len(before) - (before.rfind("\n") + 1)
        where = Place(file, line + 1, column + 1)
        raise BrokenText(_broken(str(error), where)) from None


def _broken(problem: str, where: Place | None) -> Finding:
    """YAML's complaint in a nurse's words."""
    words = (
        ("\\t", "there is a tab where only spaces are allowed.", "Indent with spaces."),
        (
            "mapping values are not allowed",
            "there is a second ':' in one value.",
            "Put the text in quotes, or start a new line.",
        ),
        ("expected ',' or '}'", "a '{' is not closed, or a comma is missing.", "Close it with '}'."),
        ("expected ',' or ']'", "a '[' is not closed, or a comma is missing.", "Close it with ']'."),
        (
            "expected <block end>",
            "the indentation does not fit the lines above.",
            "Align this line with its neighbors.",
        ),
        ("could not find expected ':'", "a ':' is missing after this key.", "Write key: value."),
        ("quoted scalar", "a quotation mark is not closed.", "Close the quotation mark."),
        ("undefined alias", "aliases (*name) are not used in scenarios.", "Write the part out, or use extends:."),
        ("special characters are not allowed", "a character that cannot be printed.", "Remove it."),
        ("cannot start any token", "a character that YAML reserves begins this value.", "Put the text in quotes."),
    )
    glued = re.match(r"\s*(?:- )?([\w ]+):(\S.*)", where.source_line) if where is not None else None
    for sign, message, remedy in words:
        if "could not find" in sign and sign in problem and glued:
            return Finding("TS-E001", (), "a blank is missing after the ':'.", f"Write {glued[1]}: {glued[2]}.", where)
        if sign in problem:
            return Finding("TS-E001", (), message, remedy, where)
    return Finding("TS-E001", (), "this is not valid YAML.", "Check indentation, colons and quotation marks.", where)


@dataclass
class _Open:
    """A map or list being read."""

    content: Any
    path: Path
    key: object = None
    has_key: bool = False
    skip: bool = False  # the value of a duplicate key


def _build(tree: Tree, events: Iterable[Any], place: Any) -> None:
    stack: list[_Open] = []
    documents = nodes = 0
    for event in events:
        kind = type(event).__name__
        if kind == "DocumentStartEvent":
            documents += 1
            if documents > 1:
                where = place(event.start_mark)
                raise BrokenText(
                    Finding("TS-E002", (), "a second document begins here.", "One file holds one study.", where)
                )
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            stack.pop()
        elif kind in ("ScalarEvent", "MappingStartEvent", "SequenceStartEvent", "AliasEvent"):
            nodes += 1
            _refuse_tricks(event, kind, depth=len(stack), nodes=nodes, where=place(event.start_mark))
            if kind == "ScalarEvent":
                _refuse_odd(event.value, place(event.start_mark))
            _add(tree, stack, event, kind, place(event.start_mark))


def _refuse_tricks(event: Any, kind: str, *, depth: int, nodes: int, where: Place) -> None:
    if kind == "AliasEvent" or event.anchor:
        message = "anchors (&name) and aliases (*name) are not used in scenarios."
        raise BrokenText(Finding("TS-E002", (), message, "Write the part out, or use extends:.", where))
    if getattr(event, "tag", None) not in (None, "!"):
        raise BrokenText(Finding("TS-E002", (), f"the tag {event.tag} is not allowed.", "Write plain data.", where))
    if depth >= DEEPEST or nodes > MOST_NODES:
        what = f"more than {DEEPEST} levels deep" if depth >= DEEPEST else f"more than {MOST_NODES:,} parts"
        remedy = "A scenario is a few pages; long lists of values belong in a CSV file."
        raise BrokenText(Finding("TS-E002", (), f"the file is {what}.", remedy, where))


def _refuse_odd(text: str, where: Place) -> None:
    """Refuse a key or value with letters that steer what shows them, or longer than anybody reads."""
    letter = odd_letter(text)
    if letter is not None:
        message = (
            f"this text holds the character {letter}, which is invisible and steers a terminal or turns text around."
        )
        raise BrokenText(Finding("TS-E130", (), message, "Remove it, or type the text anew.", where))
    if len(text) > LONGEST_TEXT:
        message = f"this text has {len(text):,} characters."
        raise BrokenText(Finding("TS-E131", (), message, f"A text has at most {LONGEST_TEXT:,}.", where))


def _add(tree: Tree, stack: list[_Open], event: Any, kind: str, where: Place) -> None:
    content: Any
    if kind == "ScalarEvent":
        content = scalar(event.value) if event.implicit[0] and event.style in (None, "") else event.value
    else:
        content = {} if kind == "MappingStartEvent" else []
    top = stack[-1] if stack else None
    path: Path = ()
    if top is None:
        tree.data = content
    elif isinstance(top.content, dict) and not top.has_key:
        _open_key(tree, top, event.value if kind == "ScalarEvent" else None, where)
        if kind != "ScalarEvent":
            raise BrokenText(Finding("TS-E002", top.path, "a list or map cannot be a key.", "A key is a word.", where))
        return
    elif isinstance(top.content, dict):
        path = (*top.path, str(top.key))
        top.has_key = False
        if top.skip:
            path = ("<twice>", where.line, where.column)
        else:
            top.content[top.key] = content
            if content is None and str(top.key).isdecimal():
                _refuse_decimal_comma(tree, top)
    else:
        path = (*top.path, len(top.content))
        top.content.append(content)
    tree.values[path] = where
    if kind != "ScalarEvent":
        stack.append(_Open(content, path))


def _refuse_decimal_comma(tree: Tree, top: _Open) -> None:
    """``{sd: 5,03}`` is a map of sd: 5 and a key 03 without a value: the comma was meant as a decimal point."""
    (*_, before), digits = list(top.content)[:-1] or [None], top.key
    number = top.content.get(before)
    if isinstance(number, int) and not isinstance(number, bool) and len(tree.findings) < MOST_FAULTS:
        written = f"{number},{digits}"
        thousands = len(str(digits)) == 3 and abs(number) < 1_000
        message = f"'{written}' has a comma{'' if thousands else ' as its decimal point'}."
        tree.findings.append(Finding("TS-E011", (*top.path, str(before)), message, marks_remedy(written)))
        del top.content[digits]
        plain = f"{number}{digits}" if thousands else f"{number}.{digits}"
        top.content[before] = int(plain) if thousands else float(plain)  # what is meant is checked further


def _open_key(tree: Tree, top: _Open, key: str | None, where: Place) -> None:
    if key is None:
        return
    top.key, top.has_key = key, True
    top.skip = key in top.content
    path = (*top.path, key)
    if top.skip:
        first = tree.keys[path]
        message = f"'{key}' appears twice; first in line {first.line}."
        if len(tree.findings) < MOST_FAULTS:
            tree.findings.append(Finding("TS-E005", path, message, "Keep one of the two.", where))
    else:
        tree.keys[path] = where
