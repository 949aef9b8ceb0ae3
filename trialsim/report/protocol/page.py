"""A document as a page, in the look of every other page."""

from __future__ import annotations

from trialsim.report.document import Page
from trialsim.report.protocol.paper import WHAT, ProtocolDocument
from trialsim.runs.versions import versions


def protocol_page(document: ProtocolDocument) -> Page:
    """The page."""
    return Page(
        title=document.title,
        what=WHAT,
        answer=(document.gap_words, *document.notes),
        sections=document.sections,
        versions=versions(),
    )
