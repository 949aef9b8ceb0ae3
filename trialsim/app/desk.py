"""The workbench of each person in the state of the app: scenarios, and what was asked of them."""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import dataclass
from typing import Any

from trialsim.app.state import AppPerson, State, now

WAITING, DONE, FAILED, CANCELED = "waiting", "done", "failed", "canceled"

#: Scenarios of one person, letters of a scenario, and questions kept of one scenario.
MOST_DOCUMENTS, LONGEST_TEXT, MOST_QUESTIONS = 40, 1_000_000, 60


@dataclass(frozen=True)
class Document:
    """A scenario of a person."""

    id: int
    person: int
    name: str
    text: str

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.name}.yaml"


@dataclass(frozen=True)
class Inquiry:
    """What was asked of a scenario: ``asked`` is everything that decides the answer, ``key`` its content."""

    id: int
    person: int
    document: int
    kind: str
    asked: dict[str, Any]
    key: str
    state: str
    trouble: str
    at: str


def file_name(wanted: str) -> str:
    """A name for a scenario: letters, digits and hyphens.

    >>> file_name("My study (2)!.yaml"), file_name("../../x"), file_name("")
    ('my-study-2', 'x', 'scenario')
    """
    plain = re.sub(r"[^a-z0-9]+", "-", wanted.lower().removesuffix(".yaml").removesuffix(".yml")).strip("-")
    return plain[:40].strip("-") or "scenario"


class Desk:
    """Scenarios and questions of everybody; each function takes the person, and finds nothing of another one."""

    def __init__(self, state: State) -> None:
        self._state = state

    # ------------------------------------------------------------ scenarios

    def documents(self, person: AppPerson) -> list[Document]:
        """The scenarios of a person, the last changed first."""
        rows = self._state.rows("SELECT * FROM documents WHERE person = ? ORDER BY changed DESC", person.id)
        return [_document(row) for row in rows]

    def document(self, person: AppPerson, number: int) -> Document | None:
        """A scenario of a person; None if there is none, or it is another's."""
        row = self._state.row("SELECT * FROM documents WHERE id = ? AND person = ?", number, person.id)
        return None if row is None else _document(row)

    def new(self, person: AppPerson, name: str, text: str) -> Document:
        """A new scenario; its name gets a number where there is one of that name."""
        taken = {one.name for one in self.documents(person)}
        wanted = file_name(name)
        names = (wanted, *(f"{wanted}-{number}" for number in range(2, len(taken) + 3)))
        free = next(one for one in names if one not in taken)
        made = self._state.write(
            "INSERT INTO documents (person, name, text, changed) VALUES (?, ?, ?, ?)", person.id, free, text, now()
        )
        found = Document(made, person.id, free, text)
        self._write(person, found)
        return found

    def save(self, person: AppPerson, document: Document, text: str) -> Document:
        """The scenario with another text."""
        self._state.write(
            "UPDATE documents SET text = ?, changed = ? WHERE id = ? AND person = ?",
            text,
            now(),
            document.id,
            person.id,
        )
        found = Document(document.id, person.id, document.name, text)
        self._write(person, found)
        return found

    def delete(self, person: AppPerson, document: Document) -> None:
        """Remove a scenario and what was asked of it."""
        with self._state.together():
            self._state.write("DELETE FROM questions WHERE document = ? AND person = ?", document.id, person.id)
            self._state.write("DELETE FROM documents WHERE id = ? AND person = ?", document.id, person.id)
        (self._state.folder_of(person) / document.file).unlink(missing_ok=True)

    def _write(self, person: AppPerson, document: Document) -> None:
        """The same as a file in the folder of the person, to be found without the app."""
        folder = self._state.folder_of(person)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / document.file).write_text(document.text, encoding="utf-8")

    # ------------------------------------------------------------ questions

    def ask(self, person: AppPerson, document: Document, kind: str, asked: dict[str, Any], key: str) -> Inquiry:
        """Note a question before it is answered; what the person waited for is given up."""
        with self._state.together():
            self._state.write(
                "UPDATE questions SET state = ? WHERE person = ? AND state = ?", CANCELED, person.id, WAITING
            )
            made = self._state.write(
                "INSERT INTO questions (person, document, kind, asked, key, state, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                person.id, document.id, kind, json.dumps(asked), key, WAITING, now(),
            )  # fmt: skip
            self._state.write(
                "DELETE FROM questions WHERE person = ? AND document = ? AND id NOT IN "
                "(SELECT id FROM questions WHERE person = ? AND document = ? ORDER BY id DESC LIMIT ?)",
                person.id, document.id, person.id, document.id, MOST_QUESTIONS,
            )  # fmt: skip
        found = self.inquiry(person, made)
        assert found is not None
        return found

    def settle(self, number: int, state: str, trouble: str = "") -> None:
        """A question has its answer, or none."""
        self._state.write(
            "UPDATE questions SET state = ?, trouble = ? WHERE id = ? AND state = ?", state, trouble, number, WAITING
        )

    def waits(self, number: int) -> bool:
        """Whether a question still waits for its answer."""
        return self._state.row("SELECT 1 FROM questions WHERE id = ? AND state = ?", number, WAITING) is not None

    def inquiry(self, person: AppPerson, number: int) -> Inquiry | None:
        """A question of a person; None if there is none, or it is another's."""
        row = self._state.row("SELECT * FROM questions WHERE id = ? AND person = ?", number, person.id)
        return None if row is None else _inquiry(row)

    def inquiries(self, person: AppPerson, document: Document) -> list[Inquiry]:
        """What was asked of a scenario, the last question first."""
        rows = self._state.rows(
            "SELECT * FROM questions WHERE person = ? AND document = ? ORDER BY id DESC", person.id, document.id
        )
        return [_inquiry(row) for row in rows]

    def waiting(self) -> list[Inquiry]:
        """Questions of everybody that have no answer yet: asked before the app ended."""
        return [
            _inquiry(row) for row in self._state.rows("SELECT * FROM questions WHERE state = ? ORDER BY id", WAITING)
        ]


def _document(row: sqlite3.Row) -> Document:
    return Document(row["id"], row["person"], row["name"], row["text"])


def _inquiry(row: sqlite3.Row) -> Inquiry:
    return Inquiry(
        row["id"], row["person"], row["document"], row["kind"], json.loads(row["asked"]), row["key"], row["state"],
        row["trouble"], row["at"],
    )  # fmt: skip
