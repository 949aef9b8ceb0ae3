"""Words that no room may use: in texts that people read, as names of variables, and as names of classes."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

#: Folders and files of the repository that are read.
ROOMS = (
    "trialsim",
    "benchmarks",
    "examples",
    "docs",
    "README.md",
    "outputs/README.md",
)

#: Pages that quote on purpose: old words, and the reasons of a scenario.
QUOTING = {"docs/corrections.md", "docs/protocol/nicu-parent-massage.md"}

#: What is not written, and what is written instead.
WORDS = {
    r"\btold\b": "a word for the thing (source, settings, clear, shown, ...)",
    r"\bsaid\b": "stated, given, declared, shown",
    r"\b(if|when|unless) not said\b|\bif nothing is said\b|\bnothing is said\b": "by default",
    r"\bif left out\b": "by default",
    r"(?<!there )\b(?:is|are) no (?!true\b|longer\b|more\b|less\b|fewer\b|larger\b|smaller\b|worse\b|better\b)\w+":
        "is not a ...",
    r"\bit is no\b|\bthat is no\b|\bwhat is no\b|\bcolumn that is no\b": "is not a ...",
    r"\bcannot be told\b|\btold apart\b|\btells? (?:\w+ ){0,4}apart\b": "cannot be determined; is clear, is undecided",
    r"\b(?:stands|stand|stood)\b(?! out)": "is, appears, is written",
    r"\bwhich nobody (?:sees|may)\b": "invisible; ...",
    r"\bas (?:it stands|they stand)\b": "unchanged",
    r"\bplay(?:s|ed|ing)\b": "simulate, run",
    r"\bis asked for\b|\bare asked for\b|\bwas asked for\b": "is requested, is required",
}  # fmt: skip

#: Participles that are not names of classes; words in -ed and in -ing are found by their end.
PARTICIPLES = {
    "Drawn", "Found", "Given", "Held", "Kept", "Known", "Left", "Lost", "Made", "Shown", "Swept", "Taken", "Told", "Written",
}  # fmt: skip

#: Names of classes that end like a participle and may stay, each with its reason.
NAMES = {
    "Finding": "a noun: one thing that is wrong",
    "Setting": "a noun: the ward, as the file calls it",
}


def files() -> list[Path]:
    """Every file of the rooms."""
    found: set[Path] = set()
    for room in ROOMS:
        for path in ROOT.glob(room):
            found |= set(path.rglob("*")) if path.is_dir() else {path}
    kept = {
        path for path in found if path.suffix in (".py", ".md") and path.relative_to(ROOT).as_posix() not in QUOTING
    }
    return sorted(kept)


def texts(source: str) -> Iterator[tuple[int, str]]:
    """Lines of strings, docstrings and comments, with their numbers; code words between backticks are left out."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.STRING, tokenize.COMMENT):
            for extra, line in enumerate(token.string.splitlines()):
                yield token.start[0] + extra, line


def readable(line: str) -> str:
    """A line without what is code in it: between backticks, in braces, options, doctests, a parameter's own name."""
    line = re.sub(r"`+[^`]*`+|\{[^{}]*\}|--[\w-]+", "", line)
    return "" if re.match(r"\s*(>>>|\.\.\. )", line) else re.sub(r"^\s*\w+(, \w+)* :(?= )", "", line)


def words_in(source: str, *, code: bool) -> list[str]:
    """``line: word`` for every word of :data:`WORDS` in a page, or in the texts of a source file."""
    lines = list(texts(source)) if code else list(enumerate(source.splitlines(), start=1))
    found = [
        f"{number}: '{match[0]}'"
        for number, line in lines
        for pattern in WORDS
        if (match := re.search(pattern, readable(line), re.IGNORECASE)) and " " in line.strip()
    ]
    if code:
        found += [f"{node.lineno}: the name '{node.id}'" for node in ast.walk(ast.parse(source)) if _is_told(node)]
    return found


def _is_told(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in ("told", "said")


def classes(source: str) -> list[str]:
    """Names of the classes of a source text."""
    return [node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)]


def participle(name: str) -> bool:
    """Whether the name of a class is a single participle."""
    word = name.strip("_")
    single = len(re.findall("[A-Z]", word)) == 1
    return single and (word in PARTICIPLES or word.endswith(("ed", "ing")))


def test_the_rooms_exist() -> None:
    assert [room for room in ROOMS if not list(ROOT.glob(room))] == []
    assert len(files()) > 150


@pytest.mark.parametrize("path", files(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_room_uses_the_words(path: Path) -> None:
    assert words_in(path.read_text(encoding="utf-8"), code=path.suffix == ".py") == []


@pytest.mark.parametrize(
    "source",
    [
        'raise Error("the arm cannot be told.")',
        "told = 1",
        '"""Threads; as many as there are cores if not said."""',
        'x = f"{name} is no number."',
        "# what stands in the file",
        '"""Trials that were played."""',
        'x = "the scale is not said here"',
    ],
)
def test_a_word_is_seen(source: str) -> None:
    """Planted."""
    assert words_in(source + "\n", code=True)


@pytest.mark.parametrize(
    "source",
    [
        'x = "there is no file of this name"',
        '"""As :func:`play`, with ``played`` trials."""',
        '"""Runs.\n\n    played : which trials\n    """',
        'x = "use --play to pair them"',
    ],
)
def test_good_english_and_code_words_are_not_seen(source: str) -> None:
    assert words_in(source + "\n", code=True) == []


def test_a_word_in_a_page_is_seen() -> None:
    """Planted."""
    assert words_in("# Who\n\nThe arms are told apart.\n", code=False) == ["3: 'told'", "3: 'told apart'"]


def test_no_class_is_a_participle() -> None:
    found = [
        (path.relative_to(ROOT).as_posix(), name)
        for path in files()
        if path.suffix == ".py"
        for name in classes(path.read_text(encoding="utf-8"))
        if participle(name) and name not in NAMES
    ]
    assert found == []


def test_a_participle_is_seen() -> None:
    """Planted."""
    assert [
        name for name in classes("class Kept: pass\nclass _Played: pass\nclass Fit: pass\n") if participle(name)
    ] == [
        "Kept",
        "_Played",
    ]
    assert not participle("FittedOutcome")


def doubled(names: list[str]) -> list[str]:
    """Names of public classes that appear twice."""
    return sorted(name for name, count in Counter(names).items() if count > 1 and name[0] != "_")


def test_a_name_of_a_class_is_one_thing() -> None:
    """In the package; a benchmark may call its own classes as it likes."""
    inside = [path for path in files() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] == "trialsim"]
    assert doubled([name for path in inside for name in classes(path.read_text(encoding="utf-8"))]) == []


def test_a_name_of_two_things_is_seen() -> None:
    """Planted."""
    assert doubled(["Spread", "Fit", "Spread", "_Row", "_Row"]) == ["Spread"]
