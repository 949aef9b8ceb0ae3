"""CDISC-shaped tables (SDTM and ADaM) as Dataset-JSON 1.1, one file a table."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from trialsim.export.build import TrialExport
from trialsim.export.cdisc import adam, sdtm
from trialsim.export.cdisc.table import dataset_json
from trialsim.export.text import about
from trialsim.runs.files import write_json, write_text

WORDS = """\
In the shape of CDISC's SDTM (DM, SV, LB, QS) and ADaM (ADSL, ADLB, ADQS), as Dataset-JSON 1.1. Names and structure are CDISC's;
controlled terminology is used where a study says enough (AGEU, SEX); there is no Define-XML. Times until an event and counts are
in QS. A value below a detection limit that is only known to be lower has no LBSTRESN. The baseline of ADLB and ADQS is the first
planned visit of an outcome, which need not be that of an analysis.
"""


def write(export: TrialExport, folder: Path) -> list[Path]:
    """Write every table and a README."""
    created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = []
    for table in (*sdtm.domains(export), *adam.tables(export)):
        made.append(folder / f"{table.name.lower()}.json")
        write_json(made[-1], dataset_json(table, export.facts, created=created))
    write_text(folder / "README.txt", "\n".join([*about(export), "", WORDS]))
    return [*made, folder / "README.txt"]
