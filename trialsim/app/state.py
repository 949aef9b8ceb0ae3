"""Everything that must survive a reload and a crash, in one SQLite file: each action is written before it is answered."""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trialsim.app.settings import new_code
from trialsim.errors import RunError

LECTURER, STUDENT = "lecturer", "student"

#: The file of the state, and a file that says whose folder it is.
FILE, MARK = "state.sqlite", "this folder belongs to trialsim app.txt"

#: The form of the tables; a file of another form is refused.
FORM = "1"

TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS people (
    id INTEGER PRIMARY KEY, role TEXT NOT NULL, nickname TEXT NOT NULL, session TEXT UNIQUE NOT NULL, token TEXT NOT NULL,
    seed INTEGER NOT NULL, simulated INTEGER NOT NULL DEFAULT 0, joined TEXT NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS nicknames ON people (nickname COLLATE NOCASE) WHERE role = 'student';
CREATE TABLE IF NOT EXISTS rounds (
    id INTEGER PRIMARY KEY, lesson TEXT NOT NULL, stage TEXT NOT NULL, paused INTEGER NOT NULL DEFAULT 0,
    misconceptions INTEGER NOT NULL DEFAULT 0, began TEXT NOT NULL, ended TEXT);
CREATE TABLE IF NOT EXISTS answers (
    play INTEGER NOT NULL REFERENCES rounds (id), person INTEGER NOT NULL REFERENCES people (id), step TEXT NOT NULL,
    choice TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (play, person, step));
CREATE TABLE IF NOT EXISTS trials (
    play INTEGER NOT NULL REFERENCES rounds (id), person INTEGER NOT NULL REFERENCES people (id), shown TEXT NOT NULL,
    PRIMARY KEY (play, person));
CREATE TABLE IF NOT EXISTS reveals (lesson TEXT PRIMARY KEY, shown TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS documents (
    id INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES people (id), name TEXT NOT NULL, text TEXT NOT NULL,
    changed TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS questions (
    id INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES people (id), document INTEGER NOT NULL, kind TEXT NOT NULL,
    asked TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL, trouble TEXT NOT NULL DEFAULT '', at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS questions_of ON questions (person, document);
CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, content TEXT NOT NULL, seconds REAL NOT NULL, at TEXT NOT NULL);
"""


def now() -> str:
    """The time, as it is stored."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def hashed(secret: str) -> str:
    """What is stored of a secret: nobody who reads the file can use it."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True)
class AppPerson:
    """Somebody in a session; ``token`` is the word in the forms of this person's pages."""

    id: int
    role: str
    nickname: str
    token: str
    seed: int
    simulated: bool

    @property
    def lecturer(self) -> bool:
        """Whether this is the lecturer."""
        return self.role == LECTURER


class State:
    """The state of the app in its folder; a folder of something else is refused."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        _make(folder)
        self._base = sqlite3.connect(folder / FILE, isolation_level=None, check_same_thread=False)
        self._base.row_factory = sqlite3.Row
        for line in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "busy_timeout = 3000"):
            self._base.execute(f"PRAGMA {line}")
        self._base.executescript(TABLES)
        form = self.kept("form", FORM)
        if form != FORM:
            raise RunError(
                f"the state in {folder} is of another version of trialsim.",
                code="TS-W002",
                remedy="Remove it with `trialsim app --remove`, or name another folder with --folder.",
            )

    # ------------------------------------------------------------ plain access

    def rows(self, text: str, *values: Any) -> list[sqlite3.Row]:
        """All rows of a question."""
        return self._base.execute(text, values).fetchall()

    def row(self, text: str, *values: Any) -> sqlite3.Row | None:
        """The first row of a question."""
        found: sqlite3.Row | None = self._base.execute(text, values).fetchone()
        return found

    def write(self, text: str, *values: Any) -> int:
        """Change something; it is on disk when this returns. The number of rows changed, or of the row that is new."""
        cursor = self._base.execute(text, values)
        return cursor.lastrowid or 0 if text.lstrip().startswith("INSERT") and cursor.rowcount > 0 else cursor.rowcount

    @contextmanager
    def together(self) -> Iterator[None]:
        """Changes that are made all or none."""
        self._base.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._base.execute("ROLLBACK")
            raise
        self._base.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    # ------------------------------------------------------------ single values

    def kept(self, key: str, first: str) -> str:
        """A value that is made once and kept, such as the join code."""
        self.write("INSERT OR IGNORE INTO meta VALUES (?, ?)", key, first)
        found = self.row("SELECT value FROM meta WHERE key = ?", key)
        assert found is not None
        return str(found["value"])

    @property
    def code(self) -> str:
        """The join code."""
        return self.kept("code", new_code())

    @property
    def key(self) -> str:
        """The lecturer's key, in the address that the terminal shows."""
        return self.kept("key", secrets.token_urlsafe(18))

    # ------------------------------------------------------------ people

    def join(self, nickname: str, *, role: str = STUDENT, simulated: bool = False) -> tuple[AppPerson, str]:
        """A new person, and the secret of the session, which is stored only as its hash."""
        secret, token = secrets.token_urlsafe(24), secrets.token_urlsafe(18)
        made = self.write(
            "INSERT INTO people (role, nickname, session, token, seed, simulated, joined) VALUES (?, ?, ?, ?, ?, ?, ?)",
            role, nickname, hashed(secret), token, secrets.randbelow(2**31 - 1) + 1, int(simulated), now(),
        )  # fmt: skip
        found = self.person(made)
        assert found is not None
        if not simulated:
            self.folder_of(found).mkdir(parents=True, exist_ok=True)
        return found, secret

    def person(self, number: int) -> AppPerson | None:
        """The person of this number."""
        return _person(self.row("SELECT * FROM people WHERE id = ?", number))

    def person_of(self, secret: str, role: str) -> AppPerson | None:
        """The person of a session."""
        return _person(self.row("SELECT * FROM people WHERE session = ? AND role = ?", hashed(secret), role))

    def students(self) -> list[AppPerson]:
        """All students, simulated ones included."""
        found = self.rows("SELECT * FROM people WHERE role = ? ORDER BY id", STUDENT)
        return [one for one in map(_person, found) if one is not None]

    def free_nickname(self, wanted: str) -> str:
        """The nickname, with a number behind it where somebody else has it."""
        taken = {one.nickname.casefold() for one in self.students()}
        names = (wanted, *(f"{wanted} {number}" for number in range(2, len(taken) + 3)))
        return next(name for name in names if name.casefold() not in taken)

    def folder_of(self, person: AppPerson) -> Path:
        """The folder with the files of a person."""
        return self.folder / "people" / str(person.id)

    # ------------------------------------------------------------ results, shared by content

    def result(self, key: str) -> dict[str, Any] | None:
        """The result of a question, if somebody asked the same before."""
        found = self.row("SELECT content FROM results WHERE key = ?", key)
        return None if found is None else json.loads(found["content"])

    def keep_result(self, key: str, content: dict[str, Any], seconds: float) -> None:
        """Keep the result of a question for everybody who asks the same."""
        text = json.dumps(content, allow_nan=False)
        self.write("INSERT OR IGNORE INTO results VALUES (?, ?, ?, ?)", key, text, seconds, now())


def _person(row: sqlite3.Row | None) -> AppPerson | None:
    if row is None:
        return None
    return AppPerson(row["id"], row["role"], row["nickname"], row["token"], row["seed"], bool(row["simulated"]))


def _make(folder: Path) -> None:
    """The folder, marked as ours."""
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise RunError(
            f"{folder} holds files that are not of the app.",
            code="TS-W003",
            remedy="Name another folder with --folder.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_text("`trialsim app --remove` removes it with everything in it.\n", encoding="utf-8")
    folder.chmod(0o700)


def remove(folder: Path) -> bool:
    """Remove the state of the app with everything in it; whether there was any.

    Raises
    ------
    RunError
        TS-W003 if the folder is not one of the app
    """
    if not folder.is_dir():
        return False
    if not (folder / MARK).is_file():
        raise RunError(f"{folder} is not a folder of the app.", code="TS-W003", remedy="Nothing was removed.")
    shutil.rmtree(folder)
    return True
