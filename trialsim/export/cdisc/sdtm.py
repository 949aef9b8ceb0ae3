"""SDTM: demographics, visits, laboratory results, scores and other findings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from trialsim.export.build import TrialExport
from trialsim.export.cdisc.table import CdiscItem, ItemGroup, study_id
from trialsim.export.layout import ALLOCATED, marked
from trialsim.export.model import Absent, Cell, Variable, number_text
from trialsim.export.names import ascii_text, short_names
from trialsim.scenario.model import Outcome

#: What categories of a covariate called sex mean.
FEMALE, MALE = ("f", "female", "girl", "woman"), ("m", "male", "boy", "man")

_ID = (CdiscItem("STUDYID", "Study Identifier"), CdiscItem("DOMAIN", "Domain Abbreviation"),
       CdiscItem("USUBJID", "Unique Subject Identifier"))  # fmt: skip


def subject(export: TrialExport, participant: Cell) -> str:
    """The unique id of a participant."""
    return f"{study_id(export.facts)}-{participant}"


def iso(cell: Cell) -> str | None:
    """A date as SDTM has it."""
    return cell.strftime("%Y-%m-%dT%H:%M:%S") if isinstance(cell, datetime) else None


def code_of(cell: Cell) -> int:
    """A cell that holds a code."""
    assert isinstance(cell, int)
    return cell


def allocated_to(person: dict[str, tuple[Variable, Cell]]) -> int:
    """The code of the arm of a participant, in a crossover of the sequence."""
    return next(code_of(cell) for one, cell in person.values() if one.role == ALLOCATED)


def people(export: TrialExport) -> Iterator[dict[str, tuple[Variable, Cell]]]:
    """Each participant's variables and cells, by the name of the variable."""
    for row in export.wide.rows:
        yield {one.name: (one, cell) for one, cell in zip(export.wide.variables, row, strict=True)}


def of_source(person: dict[str, tuple[Variable, Cell]], source: str) -> Cell:
    """The cell that was taken from a column of the participants."""
    return next((cell for one, cell in person.values() if one.source == source and one.role != "covariate"), None)


def covariate(person: dict[str, tuple[Variable, Cell]], name: str) -> tuple[Variable, Cell] | None:
    """A covariate by its name in the scenario, in any case."""
    return next(
        (pair for pair in person.values() if pair[0].role == "covariate" and pair[0].source.lower() == name), None
    )


def dm(export: TrialExport) -> ItemGroup:
    """Demographics."""
    columns = (
        *_ID,
        CdiscItem("SUBJID", "Subject Identifier for the Study"),
        CdiscItem("RFSTDTC", "Subject Reference Start Date/Time", "datetime"),
        CdiscItem("RFENDTC", "Subject Reference End Date/Time", "datetime"),
        CdiscItem("SITEID", "Study Site Identifier"),
        CdiscItem("AGE", "Age", "float"),
        CdiscItem("AGEU", "Age Units"),
        CdiscItem("SEX", "Sex"),
        CdiscItem("ARMCD", "Planned Arm Code"),
        CdiscItem("ARM", "Description of Planned Arm"),
    )
    arms = list(export.study.scenario.design.arms.items())
    rows = []
    for person in people(export):
        name, text = arms[allocated_to(person) - 1]
        site = of_source(person, "site")
        who = person["id"][1]
        rows.append(
            {
                "STUDYID": study_id(export.facts),
                "DOMAIN": "DM",
                "USUBJID": subject(export, who),
                "SUBJID": who,
                "RFSTDTC": iso(of_source(person, "enrolled")),
                "RFENDTC": iso(of_source(person, "ended")),
                "SITEID": None if site is None else export.study.conduct.sites[code_of(site) - 1],
                **_age(person),
                "SEX": _sex(person),
                "ARMCD": f"A{allocated_to(person)}",
                "ARM": text or name,
            }
        )
    return ItemGroup("DM", "Demographics", columns, ("STUDYID", "USUBJID"), tuple(rows)).filled()


#: Units of age and their words in controlled terminology.
AGE_UNITS = {"y": "YEARS", "months": "MONTHS", "wk": "WEEKS", "d": "DAYS"}


def _age(person: dict[str, tuple[Variable, Cell]]) -> dict[str, Any]:
    found = covariate(person, "age")
    if found is None or found[0].codes or found[1] is None:
        return {}
    return {"AGE": found[1], "AGEU": AGE_UNITS.get(found[0].unit)}


def _sex(person: dict[str, tuple[Variable, Cell]]) -> str | None:
    found = covariate(person, "sex")
    if found is None or not isinstance(found[1], int):
        return None
    word = found[0].label_of(found[1]).lower()
    return "F" if word in FEMALE else "M" if word in MALE else "U"


def sv(export: TrialExport) -> ItemGroup:
    """Visits: those that took place, and those that did not with the reason."""
    columns = (
        *_ID,
        CdiscItem("VISITNUM", "Visit Number", "integer"),
        CdiscItem("VISIT", "Visit Name"),
        CdiscItem("SVPRESP", "Pre-specified"),
        CdiscItem("SVOCCUR", "Occurrence"),
        CdiscItem("SVREASOC", "Reason for Occur Value"),
        CdiscItem("SVSTDTC", "Start Date/Time of Observation", "datetime"),
        CdiscItem("SVENDTC", "End Date/Time of Observation", "datetime"),
    )
    rows = []
    place = {
        one.role: export.long.place(one.name)
        for one in export.long.variables
        if one.role in ("id", "visit", "moment", "status")
    }
    status = export.long.variables[place["status"]]
    names = {number: visit for visit, number in export.layout.visits.items()}
    for row in export.long.rows:
        took = row[place["status"]] == 1
        when = iso(row[place["moment"]])
        rows.append(
            {
                "STUDYID": study_id(export.facts),
                "DOMAIN": "SV",
                "USUBJID": subject(export, row[place["id"]]),
                "VISITNUM": row[place["visit"]],
                "VISIT": names[code_of(row[place["visit"]])],
                "SVPRESP": "Y",
                "SVOCCUR": "Y" if took else "N",
                "SVREASOC": None if took else status.label_of(code_of(row[place["status"]])),
                "SVSTDTC": when,
                "SVENDTC": when,
            }
        )
    return ItemGroup("SV", "Subject Visits", columns, ("STUDYID", "USUBJID", "VISITNUM"), tuple(rows)).filled()


def in_laboratory(outcome: Outcome) -> bool:
    """Whether an outcome is a result of the laboratory: read by an assay, or a concentration."""
    instrument = outcome.instrument
    return any(
        one is not None for one in (instrument.assay_cv, instrument.detection_limit, instrument.plate_cv)
    ) or bool(outcome.scale.secretion and "/" in (outcome.unit or ""))


def codes_of(export: TrialExport) -> dict[str, str]:
    """A name of at most 8 letters for each outcome."""
    shorts = short_names(export.layout.outcomes.values())
    return {outcome: shorts[name] for outcome, name in export.layout.outcomes.items()}


def findings(export: TrialExport, domain: str, label: str, *, laboratory: bool) -> ItemGroup | None:
    """Results of the laboratory, or all others; None where there are none."""
    outcomes = export.study.scenario.outcomes
    wanted = [name for name in outcomes if in_laboratory(outcomes[name]) is laboratory]
    if not wanted:
        return None
    columns = (
        *_ID,
        CdiscItem(f"{domain}SEQ", "Sequence Number", "integer"),
        CdiscItem(f"{domain}TESTCD", "Short Name of Test"),
        CdiscItem(f"{domain}TEST", "Name of Test"),
        CdiscItem(f"{domain}ORRES", "Result or Finding in Original Units"),
        CdiscItem(f"{domain}ORRESU", "Original Units"),
        CdiscItem(f"{domain}STRESC", "Result in Standard Format"),
        CdiscItem(f"{domain}STRESN", "Numeric Result in Standard Units", "float"),
        CdiscItem(f"{domain}STRESU", "Standard Units"),
        CdiscItem(f"{domain}STAT", "Completion Status"),
        CdiscItem(f"{domain}REASND", "Reason Test Not Done"),
        CdiscItem("VISITNUM", "Visit Number", "integer"),
        CdiscItem("VISIT", "Visit Name"),
        CdiscItem(f"{domain}DTC", "Date/Time of Collection", "datetime"),
    )
    rows = []
    codes = codes_of(export)
    for person in people(export):
        sequence = 0
        for d, (outcome, visit) in enumerate(export.study.response.pairs):
            if outcome in wanted:
                sequence += 1
                head = {
                    "STUDYID": study_id(export.facts),
                    "DOMAIN": domain,
                    "USUBJID": subject(export, person["id"][1]),
                }
                rows.append(
                    head
                    | {f"{domain}SEQ": sequence}
                    | _finding(export, domain, person, d, codes[outcome])
                    | {"VISITNUM": export.layout.visits[visit], "VISIT": visit}
                    | {f"{domain}DTC": iso(time_of(person, visit))}
                )
    return ItemGroup(
        domain, label, columns, ("STUDYID", "USUBJID", f"{domain}TESTCD", "VISITNUM"), tuple(rows)
    ).filled()


def time_of(person: dict[str, tuple[Variable, Cell]], visit: str) -> Cell:
    """When a visit of a participant took place."""
    return next(cell for one, cell in person.values() if one.role == "moment" and one.visit == visit)


def _finding(
    export: TrialExport, domain: str, person: dict[str, tuple[Variable, Cell]], d: int, code: str
) -> dict[str, Any]:
    variable, cell = person[export.layout.values[d]]
    outcome = export.study.scenario.outcomes[variable.outcome]
    found: dict[str, Any] = {
        f"{domain}TESTCD": code,
        f"{domain}TEST": ascii_text(outcome.label or variable.outcome, longest=40, instead=code),
    }
    if isinstance(cell, Absent) or cell is None:
        reason = variable.missing[cell.index].label if isinstance(cell, Absent) else None
        return found | {f"{domain}STAT": "NOT DONE", f"{domain}REASND": reason}
    assert isinstance(cell, (int, float))
    text, number = number_text(cell), float(cell)
    sign = ""
    if marked(outcome):
        side = person[export.layout.marks[d]][1]
        sign = {-1: "<", 1: ">"}.get(int(side), "") if isinstance(side, int) else ""
    units = {f"{domain}ORRESU": outcome.unit, f"{domain}STRESU": outcome.unit}
    values = {
        f"{domain}ORRES": sign + text,
        f"{domain}STRESC": sign + text,
        f"{domain}STRESN": None if sign else number,
    }
    return found | units | values


def domains(export: TrialExport) -> list[ItemGroup]:
    """All of them; without laboratory results no LB, without others no QS."""
    lb = findings(export, "LB", "Laboratory Test Results", laboratory=True)
    qs = findings(export, "QS", "Questionnaires, Ratings and Other Findings", laboratory=False)
    return [dm(export), sv(export), *(one for one in (lb, qs) if one is not None)]
