"""The files of a protocol: one document in each form, the scenario for the supplement, and the open questions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from trialsim.report.document import write_page
from trialsim.report.protocol.markdown import markdown
from trialsim.report.protocol.page import protocol_page
from trialsim.report.protocol.paper import ProtocolDocument
from trialsim.report.protocol.pdf import write_pdf
from trialsim.report.protocol.word import write_word

#: Files that are there besides the document.
SUPPLEMENT, QUESTIONS = "scenario.yaml", "questions.yaml"

STEM = "protocol"

QUESTIONS_HEAD = """\
# What only the authors know. Write each answer between the quotation marks, then type the command again: it reads this
# file, and puts every answer into all of its places.
"""


def _markdown(document: ProtocolDocument, path: Path) -> Path:
    from trialsim.runs.files import write_text

    write_text(path, markdown(document))
    return path


def _html(document: ProtocolDocument, path: Path) -> Path:
    return write_page(protocol_page(document), path)


#: How each form of the document is written, by the end of its name.
FORMS: Mapping[str, Callable[[ProtocolDocument, Path], Path]] = {
    "md": _markdown,
    "html": _html,
    "docx": write_word,
    "pdf": write_pdf,
}


def file_names(forms: tuple[str, ...]) -> tuple[str, ...]:
    """The names of all files."""
    return (*(f"{STEM}.{form}" for form in forms), SUPPLEMENT, QUESTIONS)


def write_protocol(
    document: ProtocolDocument, folder: Path, *, forms: tuple[str, ...], scenario: str, answers: Mapping[str, str]
) -> tuple[Path, ...]:
    """Write every form, the ``scenario`` for the supplement and the questions with the ``answers`` given so far."""
    from trialsim.runs.files import write_text

    made = [FORMS[form](document, folder / f"{STEM}.{form}") for form in forms]
    for name, text in ((SUPPLEMENT, scenario), (QUESTIONS, questions(document, answers))):
        write_text(folder / name, text)
        made.append(folder / name)
    return tuple(made)


def questions(document: ProtocolDocument, answers: Mapping[str, str]) -> str:
    """Every question with its answer, as YAML: those that are open come first."""
    lines = [QUESTIONS_HEAD]
    for gap in document.gaps:
        lines += [f"# {gap.question}", f'{_quoted(gap.key)}: ""', ""]
    for key, answer in answers.items():
        lines += [f"{_quoted(key)}: {_quoted(answer)}", ""]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
