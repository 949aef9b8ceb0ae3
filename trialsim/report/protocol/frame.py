"""The rows of the checklists as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trialsim.report.protocol.checklists.row import FILLS
from trialsim.report.protocol.paper import ProtocolDocument

if TYPE_CHECKING:
    import pandas as pd


def protocol_frame(document: ProtocolDocument) -> pd.DataFrame:
    """One row for each row of a checklist."""
    import pandas as pd

    rows = [
        (
            guideline.name, row.item.number, row.item.asked, FILLS[row.fill],
            "".join(part if isinstance(part, str) else part.shown for part in row.text), len(row.gaps), row.item.where,
        )
        for guideline, found in document.rows
        for row in found
    ]  # fmt: skip
    names = ["guideline", "item", "asked", "filled_by", "text", "questions", "where"]
    return pd.DataFrame(rows, columns=names)
