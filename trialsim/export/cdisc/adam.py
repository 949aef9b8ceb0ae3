"""ADaM: one row a participant, and one row a participant, outcome and visit."""

from __future__ import annotations

from typing import Any

from trialsim.export.build import TrialExport
from trialsim.export.cdisc.sdtm import allocated_to, codes_of, in_laboratory, iso, of_source, people, subject, time_of
from trialsim.export.cdisc.table import CdiscItem, ItemGroup, study_id
from trialsim.export.model import Cell, Variable
from trialsim.export.names import ascii_text

_ID = (CdiscItem("STUDYID", "Study Identifier"), CdiscItem("USUBJID", "Unique Subject Identifier"))

Person = dict[str, tuple[Variable, Cell]]


def _arm(export: TrialExport, person: Person) -> tuple[int, str]:
    number = allocated_to(person)
    name, text = list(export.study.scenario.design.arms.items())[number - 1]
    return number, text or name


def _flag(person: Person, role: str) -> str | None:
    cell = next((cell for one, cell in person.values() if one.role == role), None)
    return None if cell is None else "Y" if cell == 1 else "N"


def adsl(export: TrialExport) -> ItemGroup:
    """One row a participant: arm, populations, covariates, how the pathway ended."""
    covariates = [export.layout.variable(name) for name in export.layout.covariates]
    taken = {"SITEID", "ITTFL", "RECVFL", "COMPLFL", "EOSSTT", "DCSREAS", "TRT01P", "TRT01PN", "TRTSDTM"}
    names = {one.name: one.short if one.short not in taken else f"C{place:02d}" for place, one in enumerate(covariates)}
    columns = (
        *_ID,
        CdiscItem("SUBJID", "Subject Identifier for the Study"),
        CdiscItem("SITEID", "Study Site Identifier"),
        CdiscItem("TRT01P", "Planned Treatment for Period 01"),
        CdiscItem("TRT01PN", "Planned Treatment for Period 01 (N)", "integer"),
        CdiscItem("TRTSDTM", "Datetime of Enrollment", "datetime"),
        CdiscItem("ITTFL", "Intent-To-Treat Population Flag"),
        CdiscItem("RECVFL", "Received Some of the Treatment Flag"),
        CdiscItem("COMPLFL", "Completers Population Flag"),
        *(
            CdiscItem(
                names[one.name],
                ascii_text(one.full_label, longest=40, instead=one.name),
                "string" if one.codes else "float",
            )
            for one in covariates
        ),
        CdiscItem("EOSSTT", "End of Study Status"),
        CdiscItem("DCSREAS", "Reason for Discontinuation from Study"),
    )
    rows = []
    for person in people(export):
        number, arm = _arm(export, person)
        site, ended = of_source(person, "site"), of_source(person, "end_reason")
        row: dict[str, Any] = {
            "STUDYID": study_id(export.facts),
            "USUBJID": subject(export, person["id"][1]),
            "SUBJID": person["id"][1],
            "SITEID": export.study.conduct.sites[site - 1] if isinstance(site, int) else None,
            "TRT01P": arm,
            "TRT01PN": number,
            "TRTSDTM": iso(of_source(person, "enrolled")),
            "ITTFL": "Y",
            "RECVFL": _flag(person, "received"),
            "COMPLFL": _flag(person, "completed"),
        }
        for one in covariates:
            cell = person[one.name][1]
            row[names[one.name]] = one.label_of(cell) if one.codes and isinstance(cell, int) else cell
        if isinstance(ended, int):
            row["EOSSTT"] = "COMPLETED" if ended == 1 else "DISCONTINUED"
            row["DCSREAS"] = None if ended == 1 else export.study.conduct.leave_reasons[ended - 2]
        rows.append(row)
    return ItemGroup("ADSL", "Subject-Level Analysis Dataset", columns, ("STUDYID", "USUBJID"), tuple(rows)).filled()


def findings(export: TrialExport, name: str, label: str, *, laboratory: bool) -> ItemGroup | None:
    """Values with their baseline and change; the baseline is the first planned visit of an outcome with several."""
    outcomes = export.study.scenario.outcomes
    wanted = [one for one in outcomes if in_laboratory(outcomes[one]) is laboratory]
    if not wanted:
        return None
    columns = (
        *_ID,
        CdiscItem("TRTP", "Planned Treatment"),
        CdiscItem("TRTPN", "Planned Treatment (N)", "integer"),
        CdiscItem("PARAMCD", "Parameter Code"),
        CdiscItem("PARAM", "Parameter"),
        CdiscItem("PARAMN", "Parameter (N)", "integer"),
        CdiscItem("AVISIT", "Analysis Visit"),
        CdiscItem("AVISITN", "Analysis Visit (N)", "integer"),
        CdiscItem("ADTM", "Analysis Datetime", "datetime"),
        CdiscItem("AVAL", "Analysis Value", "float"),
        CdiscItem("BASE", "Baseline Value", "float"),
        CdiscItem("CHG", "Change from Baseline", "float"),
        CdiscItem("ABLFL", "Baseline Record Flag"),
    )
    rows = [row for person in people(export) for row in _of_person(export, person, wanted)]
    return ItemGroup(name, label, columns, ("STUDYID", "USUBJID", "PARAMCD", "AVISITN"), tuple(rows)).filled()


def _of_person(export: TrialExport, person: Person, wanted: list[str]) -> list[dict[str, Any]]:
    codes, rows = codes_of(export), []
    number, arm = _arm(export, person)
    for place, outcome in enumerate(wanted, start=1):
        declared = export.study.scenario.outcomes[outcome]
        points = [(d, visit) for d, (name, visit) in enumerate(export.study.response.pairs) if name == outcome]
        several = len(points) > 1
        base = _number(person[export.layout.values[points[0][0]]][1]) if several else None
        unit = f" ({declared.unit})" if declared.unit else ""
        for d, visit in points:
            value = _number(person[export.layout.values[d]][1])
            first = several and d == points[0][0]
            change = None if value is None or base is None or first else value - base
            rows.append(
                {
                    "STUDYID": study_id(export.facts),
                    "USUBJID": subject(export, person["id"][1]),
                    "TRTP": arm,
                    "TRTPN": number,
                    "PARAMCD": codes[outcome],
                    "PARAM": f"{declared.label or outcome}{unit}",
                    "PARAMN": place,
                    "AVISIT": visit,
                    "AVISITN": export.layout.visits[visit],
                    "AVAL": value,
                    "BASE": base,
                    "CHG": None if change is None else float(f"{change:.10g}"),
                    "ABLFL": "Y" if first else None,
                    "ADTM": iso(time_of(person, visit)),
                }
            )
    return rows


def _number(cell: Cell) -> float | None:
    return float(cell) if isinstance(cell, (int, float)) else None


def tables(export: TrialExport) -> list[ItemGroup]:
    """All of them."""
    adlb = findings(export, "ADLB", "Laboratory Results Analysis Dataset", laboratory=True)
    adqs = findings(export, "ADQS", "Ratings and Other Findings Analysis Dataset", laboratory=False)
    return [adsl(export), *(one for one in (adlb, adqs) if one is not None)]
