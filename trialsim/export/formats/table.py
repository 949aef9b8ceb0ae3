"""Every format that a trial can be written in: one record a format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from trialsim.errors import RunError

if TYPE_CHECKING:
    from trialsim.export.build import TrialExport

Writer = Callable[["TrialExport", Path], "list[Path]"]


@dataclass(frozen=True)
class Format:
    """A format.

    Attributes
    ----------
    name : as it is typed; also the name of its file in this folder
    title : what it is, in words
    needs : packages beyond those of trialsim
    at_root : whether it describes the whole folder, and so is written last and into its root
    """

    name: str
    title: str
    needs: tuple[str, ...] = ()
    at_root: bool = False

    @property
    def module(self) -> str:
        """The module that writes it."""
        return f"trialsim.export.formats.{self.name}"

    def writer(self) -> Writer:
        """What writes it.

        Raises
        ------
        RunError
            TS-R336 when a package is missing
        """
        lacking = [package for package in self.needs if find_spec(package) is None]
        if lacking:
            raise RunError(
                f"{self.name} needs {' and '.join(lacking)}, which is not installed.",
                code="TS-R336",
                remedy='Install it with: python -m pip install "trialsim[export]"',
            )
        return cast("Writer", import_module(self.module).write)


FORMATS: Final = (
    Format("csv", "plain CSV"),
    Format("xlsx", "an Excel workbook", ("xlsxwriter",)),
    Format("spss", "SPSS files (.sav)", ("pyreadstat",)),
    Format("stata", "Stata files (.dta)", ("pyreadstat",)),
    Format("sas", "SAS transport files (.xpt), versions 5 and 8", ("pyreadstat",)),
    Format("redcap", "a REDCap project: dictionary, arms, events, mapping, and data to import"),
    Format("cdisc", "tables in the shape of CDISC's SDTM and ADaM, as Dataset-JSON 1.1"),
    Format("frictionless", "a Frictionless data package"),
    Format("psychds", "a Psych-DS dataset"),
    Format(
        "scripts", "analysis scripts in R, Python and SPSS syntax, with the table and the estimates", ("pyreadstat",)
    ),
    Format("rocrate", "RO-Crate metadata of all files", at_root=True),
)

FORMAT: Final = {one.name: one for one in FORMATS}

#: The word for all of them.
ALL: Final = "all"


def formats_of(names: tuple[str, ...]) -> tuple[Format, ...]:
    """The formats by their names, each once, in the order of the table.

    Raises
    ------
    RunError
        TS-R337 for an unknown name, or without any
    """
    from trialsim.quantities.refuse import did_you_mean

    known = (*FORMAT, ALL)
    for name in names:
        if name not in known:
            raise RunError(
                f"there is no format '{name}'.", code="TS-R337", remedy=did_you_mean(name, known, what="Formats")
            )
    if not names:
        raise RunError("no format is named.", code="TS-R337", remedy=f"Name some of these: {', '.join(known)}.")
    return FORMATS if ALL in names else tuple(one for one in FORMATS if one.name in names)
