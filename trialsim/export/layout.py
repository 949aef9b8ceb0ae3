"""The variables of a study: what they are called, what they hold, and which position of the analyses each of them is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from trialsim.codebook import CENSORED, allocated
from trialsim.export.model import LETTERS, LabeledValue, MissingCode, Variable
from trialsim.export.names import Namer, short_names
from trialsim.numbers.distributions import quantile
from trialsim.prepared import Study
from trialsim.protocol.columns import VISIT_REASONS
from trialsim.scenario.model import Outcome

YES_NO = (LabeledValue(1, "yes"), LabeledValue(0, "no"))

#: Parts of a data-collection set beside those of outcomes.
ENROLLMENT, ALLOCATION, VISIT, END = "enrollment", "allocation", "visit", "end"

#: Categories up to so many are buttons on a form.
FEW = 25

#: The first number for a missing value where all values are above -900, and where they are not.
FIRST_CODE, FAR_CODE = -991, -999_999_991


@dataclass(frozen=True)
class StudyVariables:
    """The variables of a study.

    Attributes
    ----------
    wide : one row a participant
    long : one row a participant and visit
    values, marks, risks : by position on the D axis the variable of the wide table that holds the value, whether it is
        censored, and for how long events were counted
    covariates : the variable of each covariate
    outcomes, visits : the variable of each outcome in the long table; the code of each visit
    events : the name of each visit in names
    """

    wide: tuple[Variable, ...]
    long: tuple[Variable, ...]
    values: Mapping[int, str]
    marks: Mapping[int, str]
    risks: Mapping[int, str]
    covariates: tuple[str, ...]
    outcomes: Mapping[str, str]
    visits: Mapping[str, int]
    events: Mapping[str, str]

    @property
    def allocated(self) -> str:
        """The variable of what participants are allocated to: the arm, in a crossover the sequence."""
        return next(one.name for one in self.wide if one.role == ALLOCATED)

    def variable(self, name: str) -> Variable:
        """A variable of the wide table."""
        return next(one for one in self.wide if one.name == name)


def visits_of(study: Study) -> list[str]:
    """The planned visits, in order."""
    return list(study.program.visits if study.program is not None else study.scenario.visits)


def reasons_of(study: Study, *, far: bool = False) -> tuple[MissingCode, ...]:
    """Every reason for a missing value; from the 26th on they share a code."""
    reasons = list(study.response.reasons[1:])
    if len(reasons) > len(LETTERS):
        reasons = [*reasons[: len(LETTERS) - 1], "another reason"]
    first = FAR_CODE if far else FIRST_CODE
    return tuple(MissingCode(first - place, LETTERS[place], reason) for place, reason in enumerate(reasons))


def layout(study: Study, *, allocation: bool = False, simulated: bool = True) -> StudyVariables:
    """The variables of a study; with ``allocation`` stratum and block too, without ``simulated`` those of an empty set."""
    namer = Namer()
    people = [*_ids(namer, simulated=simulated), *_people(study, namer, allocation=allocation)]
    visits = visits_of(study)
    events = {visit: Namer().name(visit, fallback="visit") for visit in visits}
    if len(set(events.values())) < len(visits):
        together = Namer()
        events = {visit: together.name(visit, fallback="visit") for visit in visits}
    times = [
        one
        for number, visit in enumerate(visits, start=1)
        for one in _visit(study, namer, visit, parts=(events[visit],), fallback=f"v{number}")
    ]
    wide, values, marks, risks = _wide_values(study, namer, events)
    long, outcomes = _long(study, people, visits)
    everything = (*people, *times, *wide)
    shorts = short_names(one.name for one in dict.fromkeys((*everything, *long)))
    return StudyVariables(
        wide=tuple(replace(one, short=shorts[one.name]) for one in everything),
        long=tuple(replace(one, short=shorts[one.name]) for one in long),
        values=values,
        marks=marks,
        risks=risks,
        covariates=tuple(one.name for one in people if one.part == ENROLLMENT and one.role == COVARIATE),
        outcomes=outcomes,
        visits={visit: number for number, visit in enumerate(visits, start=1)},
        events=events,
    )


#: The role of a covariate, of what participants are allocated to (in a crossover a sequence), of the arm of a period.
COVARIATE, ALLOCATED, PERIOD_ARM = "covariate", "allocated", "arm of a period"


def _ids(namer: Namer, *, simulated: bool) -> Iterator[Variable]:
    yield Variable(
        namer.name("id"), "Participant, in the order of enrollment", "text", "nominal", part=ENROLLMENT, role="id"
    )
    if simulated:
        yield Variable(
            namer.name("simulated"),
            "SIMULATED DATA: no person exists",
            "text",
            "nominal",
            part=ENROLLMENT,
            role="simulated",
        )


def _coded(words: Sequence[str]) -> tuple[LabeledValue, ...]:
    return tuple(LabeledValue(number, word) for number, word in enumerate(words, start=1))


def _people(study: Study, namer: Namer, *, allocation: bool) -> Iterator[Variable]:
    conduct, scenario = study.conduct, study.scenario
    arms = [f"{name}: {text}" if text and text != name else name for name, text in scenario.design.arms.items()]
    column = allocated(scenario.design)
    yield Variable(
        namer.name(column), f"{column.capitalize()} of allocation", "code", "nominal", codes=_coded(arms), part=ALLOCATION,
        role=ALLOCATED, source=column,
    )  # fmt: skip
    if allocation:
        strata = [", ".join(stratum) or "all" for stratum in conduct.strata]
        yield Variable(
            namer.name("stratum"),
            "Stratum of allocation",
            "code",
            "nominal",
            codes=_coded(strata),
            part=ALLOCATION,
            source="stratum",
        )
        yield Variable(
            namer.name("block"),
            "Block in the stratum; empty without blocks",
            "whole",
            "nominal",
            part=ALLOCATION,
            source="block",
        )
    if conduct.family is not None:
        yield Variable(
            namer.name("family"),
            "Mother; children of one mother have one",
            "text",
            "nominal",
            part=ENROLLMENT,
            source="family",
        )
    if conduct.sites:
        yield Variable(
            namer.name("site"),
            "Site of enrollment",
            "code",
            "nominal",
            codes=_coded(conduct.sites),
            part=ENROLLMENT,
            source="site",
        )
    if conduct.wedge is not None:
        label = "Calendar period of enrollment in the stepped wedge"
        yield Variable(namer.name("period"), label, "whole", "ordinal", part=ENROLLMENT, source="period", low=1.0)
        if study.program is None:
            label = "Enrollment, since the start of the study"
            yield Variable(
                namer.name("enrolled"), label, "number", "scale", unit="d", part=ENROLLMENT, source="enrolled", low=0.0
            )
    for covariate, declared in zip(conduct.covariates, scenario.participants.values(), strict=True):
        name = namer.name(covariate.name, fallback="covariate")
        if covariate.categories:
            codes = _coded(covariate.categories)
            yield Variable(
                name,
                covariate.name,
                "code",
                "nominal",
                codes=codes,
                part=ENROLLMENT,
                role=COVARIATE,
                source=covariate.name,
            )
        else:
            low, high = (float(f"{one:.5g}") for one in quantile(covariate.distribution, np.array([1e-12, 1 - 1e-12])))
            unit = (declared.number.unit if declared.number else None) or ""
            yield Variable(
                name, covariate.name, "number", "scale", unit=unit, part=ENROLLMENT, role=COVARIATE, source=covariate.name,
                low=low if low >= 0 else None, high=high if np.isfinite(high) else None,
            )  # fmt: skip
    if study.program is None:
        return
    yield Variable(
        namer.name("received"),
        "Some of the arm's own treatment was given",
        "code",
        "nominal",
        codes=YES_NO,
        part=END,
        role="received",
    )
    yield Variable(
        namer.name("completed"),
        "The pathway was completed",
        "code",
        "nominal",
        codes=YES_NO,
        part=END,
        role="completed",
    )
    yield Variable(namer.name("arrived"), "Arrival on the ward", "when", "scale", part=ENROLLMENT, source="arrived")
    yield Variable(
        namer.name("enrolled"), "Consent and allocation", "when", "scale", part=ENROLLMENT, source="enrolled"
    )
    yield Variable(namer.name("ended"), "End of the pathway", "when", "scale", part=END, source="ended")
    reasons = _coded(["completed", *conduct.leave_reasons])
    yield Variable(
        namer.name("end_reason"),
        "How the pathway ended",
        "code",
        "nominal",
        codes=reasons,
        part=END,
        source="end_reason",
    )


def _visit(study: Study, namer: Namer, visit: str, *, parts: tuple[str, ...], fallback: str) -> Iterator[Variable]:
    dated = study.program is not None
    label = f"{visit}, time" if visit else "Time of the visit"
    yield Variable(
        namer.name(*parts, "time", fallback=fallback), label, "when" if dated else "number", "scale", part=VISIT,
        unit="" if dated else "d", visit=visit, role="moment",
    )  # fmt: skip
    label = f"{visit}, whether it took place" if visit else "Whether the visit took place, or why not"
    yield Variable(
        namer.name(*parts, "status", fallback=fallback), label, "code", "nominal", part=VISIT, visit=visit,
        codes=_coded(VISIT_REASONS), role="status",
    )  # fmt: skip


def _wide_values(
    study: Study, namer: Namer, events: Mapping[str, str]
) -> tuple[list[Variable], dict[int, str], dict[int, str], dict[int, str]]:
    found: list[Variable] = []
    values, marks, risks = {}, {}, {}
    for d, (name, visit) in enumerate(study.response.pairs):
        outcome = study.scenario.outcomes[name]
        stem = namer.name(name, events[visit], fallback="y")
        values[d] = stem
        found.append(_value(study, name, stem, f"{outcome.label or name}, {visit}", visit))
        if marked(outcome):
            marks[d] = namer.name(stem, "censored")
            found.append(_mark(marks[d], f"{outcome.label or name}, {visit}, censored", name, visit))
        if outcome.scale.follow == "over":
            risks[d] = namer.name(stem, "days")
            found.append(_risk(risks[d], f"{outcome.label or name}, days counted", name, visit))
    return found, values, marks, risks


def _long(study: Study, people: list[Variable], visits: list[str]) -> tuple[list[Variable], dict[str, str]]:
    namer = Namer(one.name for one in people)
    visit = Variable(
        namer.name("visit"), "Planned visit", "code", "ordinal", codes=_coded(visits), part=VISIT, role="visit"
    )
    found = [*people, visit, *_visit(study, namer, "", parts=("visit",), fallback="visit")]
    outcomes: dict[str, str] = {}
    if study.scenario.design.sequences:
        arms = _coded(list(study.scenario.design.treatments))
        label = "Arm of the period; empty for visits outside the periods"
        found.append(Variable(namer.name("arm"), label, "code", "nominal", codes=arms, part=VISIT, role=PERIOD_ARM))
    for name, outcome in study.scenario.outcomes.items():
        outcomes[name] = namer.name(name, fallback="y")
        found.append(_value(study, name, outcomes[name], outcome.label or name, ""))
        if marked(outcome):
            found.append(_mark(namer.name(outcomes[name], "censored"), f"{outcome.label or name}, censored", name, ""))
        if outcome.scale.follow == "over":
            found.append(_risk(namer.name(outcomes[name], "days"), f"{outcome.label or name}, days counted", name, ""))
    return found, outcomes


def marked(outcome: Outcome) -> bool:
    """Whether values can be known only to lie on one side."""
    return outcome.scale.follow == "until" or outcome.instrument.below == "censored"


def _mark(name: str, label: str, outcome: str, visit: str) -> Variable:
    words = {-1: "below the detection limit", 0: "no", 1: "nothing had happened until then"}
    codes = tuple(LabeledValue(side, words[side]) for side in sorted(CENSORED))
    return Variable(name, label, "code", "nominal", codes=codes, part=VISIT, visit=visit, outcome=outcome, role="mark")


def _risk(name: str, label: str, outcome: str, visit: str) -> Variable:
    return Variable(name, label, "number", "scale", unit="d", visit=visit, outcome=outcome, role="risk", low=0.0)


def _value(study: Study, outcome_name: str, name: str, label: str, visit: str) -> Variable:
    """The variable of an outcome's values."""
    outcome = study.scenario.outcomes[outcome_name]
    missing = reasons_of(study, far=_far(study, outcome_name))
    scale, unit = outcome.scale, outcome.unit or ""
    plain = Variable(
        name, label, "number", "scale", unit=unit, missing=missing, visit=visit, outcome=outcome_name, role="value"
    )
    if scale.yes_or_no:
        return replace(plain, kind="code", measure="nominal", codes=YES_NO)
    if scale.categories is not None:
        labels = {float(key): word for key, word in outcome.labels.items()}
        whole = all(value == int(value) for value in outcome.categories)
        codes = tuple(LabeledValue(value, labels.get(value, f"{value:g}")) for value in outcome.categories)
        return replace(
            plain, kind="whole" if whole else "number", measure="ordinal", low=min(outcome.categories),
            high=max(outcome.categories), codes=codes if labels or len(codes) <= FEW else (),
        )  # fmt: skip
    if scale.follow == "over":
        return replace(plain, kind="whole", low=0.0)
    if outcome.limits is not None:
        return replace(plain, low=outcome.limits[0].value, high=outcome.limits[1].value)
    return replace(plain, low=0.0 if scale.positive or scale.follow is not None else None)


def _far(study: Study, outcome: str) -> bool:
    """Whether values can be so low that the usual numbers for missing ones could be values."""
    scale = study.scenario.outcomes[outcome].scale
    if scale.categories is not None:
        return min(study.scenario.outcomes[outcome].categories) < -900
    if scale.log or scale.positive or scale.follow is not None:
        return False
    points = [
        point for point, pair in zip(study.response.points, study.response.pairs, strict=True) if pair[0] == outcome
    ]
    lowest = min(min(map(float, one.location)) - 20 * max(map(float, one.sd)) for one in points)
    return lowest < -900
