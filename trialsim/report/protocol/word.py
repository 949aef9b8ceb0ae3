"""A document as a Word file, with headings, tables whose first row is repeated, and the authors' questions in bold on yellow."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialsim.report.document import Block, BulletList, Code, DataTable, Passage, RichCell, RichText, TableCell, Text
from trialsim.report.protocol.paper import WHAT, ProtocolDocument
from trialsim.report.protocol.tools import required

if TYPE_CHECKING:
    from docx.document import Document

#: Widths of the columns of a checklist [cm], on a sheet turned on its side.
CHECKLIST = (1.6, 5.0, 2.4, 12.4, 4.0)

#: Points of the letters of text and of tables.
SIZE, SMALL = 10.5, 8.5


def write_word(document: ProtocolDocument, path: Path) -> Path:
    """Write the document whole or not at all.

    Raises
    ------
    RunError
        TS-R321 where python-docx is not installed
    """
    from trialsim.runs.files import whole_file

    made = word(document)
    with whole_file(path) as temporary:
        made.save(os.fspath(temporary))
    return path


def word(document: ProtocolDocument) -> Document:
    """The document, not yet in a file."""
    docx = required("docx", "Word files")
    made = docx.Document()
    _set_up(made, document)
    made.add_heading(document.title, level=0)
    made.add_paragraph(WHAT)
    made.add_paragraph().add_run(document.gap_words).bold = True
    for note in document.notes:
        made.add_paragraph(note)
    for section in document.sections:
        made.add_heading(section.title, level=1)
        for block in section.blocks:
            _add(made, block)
    return made  # type: ignore[no-any-return]  # the package is loaded by its name


def _set_up(made: Any, document: ProtocolDocument) -> None:
    """Landscape for wide tables, letters, language and title."""
    from docx.enum.section import WD_ORIENT
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    page = made.sections[0]
    page.orientation, page.page_width, page.page_height = WD_ORIENT.LANDSCAPE, Cm(29.7), Cm(21.0)
    page.left_margin = page.right_margin = Cm(2.0)
    page.top_margin = page.bottom_margin = Cm(1.8)
    style = made.styles["Normal"]
    style.font.name, style.font.size = "Calibri", Pt(SIZE)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-US")
    style.element.get_or_add_rPr().append(language)
    made.core_properties.title = document.title
    made.core_properties.author = ""
    made.core_properties.comments = "Simulated: everything follows from assumptions."


def _add(made: Any, block: Block) -> None:
    if isinstance(block, Text):
        made.add_paragraph(block.text)
    elif isinstance(block, Passage):
        paragraph = made.add_paragraph()
        if block.heading:
            paragraph.add_run(f"{block.heading} ").bold = True
        _rich(paragraph, block.parts)
    elif isinstance(block, BulletList):
        for point in block.points:
            made.add_paragraph(point, style="List Bullet")
    elif isinstance(block, Code):
        made.add_paragraph().add_run(block.text).font.name = "Consolas"
    elif isinstance(block, DataTable):
        _table(made, block)
    else:
        raise TypeError(type(block).__name__)


def _table(made: Any, block: DataTable) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Cm

    made.add_paragraph(block.caption, style="Caption")
    table = made.add_table(rows=1, cols=len(block.header), style="Table Grid")
    widths = CHECKLIST if len(block.header) == len(CHECKLIST) else ()
    for cell, name in zip(table.rows[0].cells, block.header, strict=True):
        _cell(cell, (name,), bold=True)
    repeat = OxmlElement("w:tblHeader")
    repeat.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(repeat)  # python-docx has no name for it
    for row in block.rows:
        for cell, value in zip(table.add_row().cells, row, strict=True):
            _cell(cell, _parts(value))
    table.autofit = not widths
    for row in table.rows if widths else ():
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Cm(width)
    made.add_paragraph()


def _parts(value: str | TableCell | RichCell) -> RichText:
    if isinstance(value, RichCell):
        return value.parts
    return (f"{value.text} {value.below}".strip(),) if isinstance(value, TableCell) else (value,)


def _cell(cell: Any, parts: RichText, *, bold: bool = False) -> None:
    from docx.shared import Pt

    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(0)
    _rich(paragraph, parts)
    for run in paragraph.runs:
        run.font.size = Pt(SMALL)
        run.bold = run.bold or bold


def _rich(paragraph: Any, parts: Sequence[Any]) -> None:
    from docx.enum.text import WD_COLOR_INDEX

    for part in parts:
        if isinstance(part, str):
            paragraph.add_run(part)
        else:
            run = paragraph.add_run(part.shown)
            run.bold = True
            run.font.highlight_color = WD_COLOR_INDEX.YELLOW
