"""The tables that rooms keep by kind, and what they must have: the same keys as the records, both ways."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.kinds import missing_values
from tests.kinds.judges import JUDGES
from trialsim.analysis import effects
from trialsim.analysis.methods.method import ClosedForm, NoClosedForm
from trialsim.analysis.methods.table import METHODS
from trialsim.analysis.multiplicity import STEPS
from trialsim.analysis.visit_summaries import SUMMARIES
from trialsim.evaluate.progression import VALUES as PROGRESSION_VALUES
from trialsim.evaluate.progression_exact import FORMS
from trialsim.kinds import designs, looks, scales
from trialsim.kinds.designs import MISSING_METHOD
from trialsim.kinds.estimands import ESTIMANDS, MARGIN_SCALE, MEANT, Estimand
from trialsim.kinds.pooling import NOT_POOLED, POOLED
from trialsim.kinds.progression import ENROLLED, MEASURES
from trialsim.kinds.tests import TESTS, WITHIN
from trialsim.kinds.tests.options import WAYS
from trialsim.kinds.tests.pairs import PAIRS
from trialsim.kinds.tests.records import NO_ESTIMATE, Pair, Samples, Test
from trialsim.report import kinds as words
from trialsim.report.conventions import MISSING as CONVENTIONS_OF_MISSING
from trialsim.report.progression import WORDS as PROGRESSION_WORDS
from trialsim.report.protocol import kinds as phrases
from trialsim.report.protocol.facts import LEVELS
from trialsim.report.protocol.target import FORMS as FORMS_OF_TARGETS
from trialsim.scenario import Scenario, load
from trialsim.scenario.schema import json_schema

HERE = Path(__file__).parent
SHIPPED = HERE.parents[1] / "scenarios"
EXAMPLES = HERE.parents[1] / "examples"
DEFINITIONS = json_schema()["$defs"]


@dataclass(frozen=True)
class Room:
    """A table: its name, its keys, and the keys that the records ask for."""

    name: str
    keys: Collection[object]
    wanted: Collection[object]

    def faults(self) -> list[str]:
        lacks = [f"{self.name}: {key} is missing" for key in sorted(map(str, set(self.wanted) - set(self.keys)))]
        return lacks + [
            f"{self.name}: {key} has no record" for key in sorted(map(str, set(self.keys) - set(self.wanted)))
        ]


def ways(tests: Iterable[Test]) -> list[tuple[str, Samples]]:
    """Each test with what it compares."""
    return [(test.name, samples) for test in tests for samples in test.samples]


def meant(tests: Iterable[Test]) -> set[tuple[str, str, str]]:
    """What tests can estimate: of every transform and situation that a scenario may ask for."""
    found = set()
    for test in (test for test in tests if test.effect != NO_ESTIMATE):
        for transform in designs.TRANSFORMS:
            for samples in test.samples:
                situations = {"one": test.takes, "two": ("arms",), "all": (), "factor": ("arms",)}[samples]
                found |= {
                    (test.effect, transform.name, situation)
                    for situation in situations
                    if situation != "value" or not transform.percent  # a percent change needs a change
                }
    return found


def schema_words(record: str, key: str) -> list[str]:
    """The words that the JSON schema lists for a key of a record, in all its forms."""
    forms = [one["$ref"].rpartition("/")[2] for one in DEFINITIONS[record].get("oneOf", ())] or [record]
    found: dict[str, None] = {}
    for form in forms:
        whole = next((one for one in DEFINITIONS[form].get("anyOf", ()) if "properties" in one), DEFINITIONS[form])
        part: Any = whole["properties"].get(key, {})
        words = (
            [part["const"]]
            if "const" in part
            else (part if "enum" in part else part.get("anyOf", [{}])[0]).get("enum", ())
        )
        found |= dict.fromkeys(words)
    return list(found)


@cache
def scenarios() -> list[Scenario]:
    """Every scenario that is shipped, an example, or stands here."""
    files = (*sorted(SHIPPED.rglob("*.yaml")), *sorted(EXAMPLES.rglob("*.yaml")), *sorted(HERE.glob("*.yaml")))
    return [load(path) for path in files]


def rooms(
    tests: tuple[Test, ...] = TESTS,
    within: tuple[Test, ...] = WITHIN,
    pairs: tuple[Pair, ...] = PAIRS,
    estimands: tuple[Estimand, ...] = ESTIMANDS,
) -> list[Room]:
    """Every table of every room."""
    every = (*tests, *within)
    names = [test.name for test in tests]
    one = {e.name for e in estimands if {"value", "change"} & set(e.situations)}
    two = {e.name for e in estimands if "arms" in e.situations and not e.by_fit}
    together = {run.name for pair in pairs if pair.of_model for _, run in pair.after}
    used = [a for scenario in scenarios() for a in scenario.analyses.values()]
    return [
        Room("analysis.methods", METHODS, ways(every)),
        Room("pairs taken together", [key[0] for key, method in METHODS.items() if method.jointly], together),
        Room("pooling by Rubin's rules", [*(one.name for one in POOLED), *NOT_POOLED], names),
        Room("judges", JUDGES, ways(test for test in every if test.family != "own")),
        Room("meaning of an effect", MEANT, meant(every)),
        Room("truth of one sample", effects.ONE_SAMPLE, one),
        Room(
            "truth of two arms", [*effects.TWO_ARMS, *effects.WITHIN_STRATA, *effects.OF_TIMES, *effects.TRIMMED], two
        ),
        Room("words of tests", words.TESTS, [test.name for test in every]),
        Room("words of pairs", words.PAIRS, [pair.name for pair in pairs]),
        Room("words of ways to a p-value", words.WAYS, WAYS),
        Room("schema: by", schema_words("Analysis", "by"), WAYS),
        Room("words of ratios", words.BACK, [e.name for e in estimands if MARGIN_SCALE[e.scale].ratio]),
        Room("words of estimands", words.ESTIMANDS, [estimand.name for estimand in estimands]),
        Room("schema: test", schema_words("Analysis", "test"), names),
        Room("schema: pairs", schema_words("Then", "pairs"), [pair.name for pair in pairs]),
        Room("scenario that asks for a test", {a.test for a in used}, names),
        Room("scenario that asks for pairs", {a.then.pairs for a in used if a.then}, [pair.name for pair in pairs]),
        Room("scenario that deals with missing values", {a.missing for a in used} - {None}, MISSING_METHOD),
        Room("conventions of missing values", CONVENTIONS_OF_MISSING, MISSING_METHOD),
        Room("measured ways to deal with missing values", missing_values.methods(), MISSING_METHOD),
        *rooms_of_designs(),
        *rooms_of_pilots(),
        *rooms_of_protocols(every, pairs, estimands),
    ]


def rooms_of_protocols(every: tuple[Test, ...], pairs: tuple[Pair, ...], estimands: tuple[Estimand, ...]) -> list[Room]:
    """Phrases of a protocol: a kind without its phrase would be a study whose protocol cannot be written."""
    return [
        Room("phrases of tests", phrases.TESTS, [test.name for test in every]),
        Room("phrases of pairs", phrases.PAIRS, [pair.name for pair in pairs]),
        Room("phrases of estimands", phrases.ESTIMANDS, [estimand.name for estimand in estimands]),
        *(
            Room(f"phrases of {name}", texts, [one.name for one in records])
            for name, texts, records in (
                ("adjustments", phrases.ADJUSTMENTS, designs.ADJUSTMENTS),
                ("methods of families", phrases.FAMILY_METHODS, designs.FAMILY_METHODS),
                ("alternatives", phrases.ALTERNATIVES, designs.ALTERNATIVES),
                ("populations", phrases.POPULATIONS, designs.POPULATIONS),
                ("methods for missing values", phrases.MISSING_METHODS, designs.MISSING_METHODS),
                ("strategies", phrases.STRATEGIES, designs.STRATEGIES),
                ("methods of allocation", phrases.METHODS, designs.METHODS),
                ("transforms", phrases.TRANSFORMS, designs.TRANSFORMS),
                ("summaries of visits", phrases.VISIT_SUMMARIES, designs.VISIT_SUMMARIES),
                ("spending functions", phrases.SPENDING, looks.SPENDING_FUNCTIONS),
                ("shapes of bounds", phrases.BOUND_SHAPES, looks.BOUND_SHAPES),
                ("target differences", phrases.TARGETS, scales.SCALES),
                ("scales", phrases.SCALES, scales.SCALES),
                ("levels", LEVELS, scales.SCALES),
            )
        ),
        Room(
            "forms of target differences",
            FORMS_OF_TARGETS,
            {form for forms in phrases.TARGETS.values() for form in forms},
        ),
        Room("phrases of progression measures", [one.name for one in phrases.PROGRESS], [one.name for one in MEASURES]),
    ]


def rooms_of_pilots() -> list[Room]:
    """Tables by what a progression criterion measures."""
    names = [one.name for one in MEASURES]
    asked = {one.measure for scenario in scenarios() for one in scenario.progression.values()}
    return [
        Room("values of progression measures", [one.name for one in PROGRESSION_VALUES], names),
        Room("words of progression measures", [one.name for one in PROGRESSION_WORDS], names),
        Room(
            "counted progression measures with a chance by formula",
            [one.name for one in FORMS],
            {one.name for one in MEASURES if one.counted} | {ENROLLED.name},
        ),
        Room("schema: measure", schema_words("Criterion", "measure"), names),
        Room("scenario that asks for a progression measure", asked, names),
    ]


def rooms_of_designs() -> list[Room]:
    """Tables by what a design and an analysis choose from."""
    steps = [a.name for a in designs.ADJUSTMENTS if not a.against_one]
    return [
        Room("summaries of visits", SUMMARIES, [one.name for one in designs.VISIT_SUMMARIES]),
        Room("words of summaries", words.VISIT_SUMMARIES, [one.name for one in designs.VISIT_SUMMARIES]),
        Room("schema: summaries", schema_words("Over", "by"), [one.name for one in designs.VISIT_SUMMARIES]),
        Room("steps of adjustments", STEPS, steps),
        *(
            table
            for name, record, key, texts, records in (
                ("transforms", "Analysis", "transform", words.TRANSFORMS, designs.TRANSFORMS),
                ("populations", "Analysis", "population", words.POPULATIONS, designs.POPULATIONS),
                ("alternatives", "Analysis", "alternative", words.ALTERNATIVES, designs.ALTERNATIVES),
                ("adjustments", "Then", "adjust", words.ADJUSTMENTS, designs.ADJUSTMENTS),
                ("strategies", "EstimandChoice", "strategy", words.STRATEGIES, designs.STRATEGIES),
                ("methods for missing values", "Analysis", "missing", words.MISSING_METHODS, designs.MISSING_METHODS),
                ("methods of allocation", "Allocation", "method", words.METHODS, designs.METHODS),
            )
            for table in (
                Room(f"words of {name}", texts, [one.name for one in records]),
                Room(f"schema: {key}", schema_words(record, key), [one.name for one in records]),
            )
        ),
    ]


def closed_form_faults() -> list[str]:
    """Methods whose closed form is neither a formula nor a reason in words."""
    return [
        f"closed form of {key}: no reason"
        for key, method in METHODS.items()
        if not isinstance(method.closed_form, ClosedForm)
        and not (isinstance(method.closed_form, NoClosedForm) and method.closed_form.text.strip())
    ]
