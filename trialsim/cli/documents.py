"""The JSON Schema of what ``--json`` prints: the one place that says which keys each command has."""

from __future__ import annotations

from typing import Any

from trialsim.cli.console import FORMAT

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
COUNT: Schema = {"type": "integer"}
YES: Schema = {"type": "boolean"}
ANYTHING: Schema = {"type": "object"}


def _or_null(one: Schema) -> Schema:
    return {"anyOf": [one, {"type": "null"}]}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _map(of: Schema) -> Schema:
    return {"type": "object", "additionalProperties": of}


def _record(**keys: Schema) -> Schema:
    """An object with these keys and no other."""
    keys = {name.removesuffix("_"): one for name, one in keys.items()}
    return {"type": "object", "properties": keys, "required": list(keys), "additionalProperties": False}


def _without(record: Schema, *names: str) -> Schema:
    """The same object, in which these keys may be left out."""
    return {**record, "required": [name for name in record["required"] if name not in names]}


MAYBE = _or_null(NUMBER)
PATH = _or_null(TEXT)

_WHERE = {
    "path": TEXT,
    "file": TEXT,
    "line": COUNT,
    "column": COUNT,
    "source_line": TEXT,
    "warning": YES,
    "option": PATH,
}
FAULT = _without(_record(code=TEXT, message=TEXT, remedy=TEXT, **_WHERE), *_WHERE)
LINE = _record(name=TEXT, text=TEXT, bad=YES)
PLACE = {"analysis": TEXT, "contrast": TEXT}
MEASURE = _record(
    **PLACE, measure=TEXT, value=MAYBE, mcse=MAYBE, conf_low=MAYBE, conf_high=MAYBE, n_replicates=COUNT, n_failed=COUNT
)
_VERDICT = {**PLACE, "measure": TEXT, "twin": TEXT, "alpha": NUMBER, "rate": NUMBER,
            "ruling": {"enum": ["keeps", "too often", "open", "moved"]}, "more": _or_null(COUNT)}  # fmt: skip
VERDICT = _record(**_VERDICT, times=NUMBER, words=TEXT)
OPINION = _record(
    **PLACE, simulated=MAYBE, power=NUMBER, formula=TEXT, source=TEXT, n_by_arm=_list(NUMBER), reasons=_list(TEXT)
)
_RUN = {"scenario": TEXT, "replicates": COUNT, "seed": _or_null(COUNT), "engine": TEXT, "seconds": NUMBER, "folder": TEXT,
        "lines": _list(LINE), "operating_characteristics": _list(MEASURE), "verdicts": _list(VERDICT)}  # fmt: skip
FAMILYWISE = _record(
    rows=_list(_record(
        family=TEXT, configuration=TEXT, off=_list(_list(TEXT)), true_nulls=_list(TEXT), alpha=NUMBER,
        ruling={"enum": ["keeps", "too often", "open"]}, more=_or_null(COUNT), words=TEXT, rates=_list(MEASURE),
    )),
    unreachable=_map(_list(TEXT)),
)  # fmt: skip
SHARE = _record(value=NUMBER, mcse=NUMBER, low=NUMBER, high=NUMBER)
_ENDS = {
    "quantile_low": NUMBER,
    "quantile_high": NUMBER,
    "value_low": NUMBER,
    "value_mean": NUMBER,
    "value_high": NUMBER,
}
BIN = _record(**_ENDS, points=COUNT, power=SHARE)
DIFFERENCE = _record(
    scenario=TEXT, measure=TEXT, **PLACE, a=MAYBE, b=MAYBE, difference=MAYBE, mcse=MAYBE, mcse_unpaired=MAYBE, saved=MAYBE,
    conf_low=MAYBE, conf_high=MAYBE, n=NUMBER,
)  # fmt: skip
CHOICE = _record(
    name=TEXT, group=TEXT, power=TEXT, difference=TEXT, clear=YES, ranked=YES, level=TEXT, verdict=TEXT, truth=TEXT, bias=TEXT,
    coverage=TEXT, width=TEXT, failed=TEXT, primary=YES, bad=YES,
)  # fmt: skip
CHOICE_DIFFERENCE = _record(
    contrast=TEXT, measure=TEXT, first=TEXT, second=TEXT, alike=YES, a=MAYBE, b=MAYBE, difference=MAYBE, mcse=MAYBE,
    mcse_unpaired=MAYBE, saved=MAYBE, conf_low=MAYBE, conf_high=MAYBE, n=NUMBER,
)  # fmt: skip
APART = _record(clear=YES, more=_or_null(COUNT))
BEST = _record(index=COUNT, clear=YES, rivals=_list(COUNT), more=_or_null(COUNT))
CONTEST = _record(**PLACE, from_first=_list(APART), best=_or_null(BEST), verdicts=_list(_or_null(_record(**_VERDICT))))
ESTIMATE = _record(
    twin=TEXT, **PLACE, test=TEXT, estimand=TEXT, unit=PATH, estimate=MAYBE, se=MAYBE, df=MAYBE, statistic=MAYBE, p=MAYBE,
    p_raw=MAYBE, conf_low=MAYBE, conf_high=MAYBE, n=COUNT, status=TEXT,
)  # fmt: skip
EVENT = _record(time=TEXT, participant=COUNT, event=TEXT, step=PATH, value=MAYBE)
PLACEMENT = _record(
    source=TEXT, reading=PATH, **PLACE, kind=TEXT, published={"type": ["number", "string"]}, median=MAYBE, low=MAYBE, high=MAYBE,
    share=MAYBE, mcse=MAYBE, conf_low=MAYBE, conf_high=MAYBE, n=COUNT, same=YES,
)  # fmt: skip
LISTED = _record(
    folder=TEXT,
    status=TEXT,
    key=TEXT,
    scenario=TEXT,
    seed=_or_null(COUNT),
    replicates=COUNT,
    kept=COUNT,
    bytes=COUNT,
    faults=_list(TEXT),
)
QUESTION = _record(code=TEXT, message=TEXT, answer=TEXT)
_PLAN = {"columns": _list(_record(name=TEXT, role=TEXT, why=TEXT)), "questions": _list(QUESTION), "notes": _list(TEXT)}

QUIZ = _record(text=TEXT, choices=_list(_record(key=TEXT, words=TEXT, right=YES, reveals=TEXT)))
LABELED = _record(name=TEXT, label=TEXT, text=TEXT, brief=TEXT, value=NUMBER, mcse=MAYBE)

#: What each command prints; one with several forms has a list.
COMMANDS: dict[str, list[Schema]] = {
    "init": [_record(shipped=_list(_record(name=TEXT, title=TEXT))), _record(files=_list(TEXT))],
    "check": [_record(ok=YES, warnings=_list(TEXT)), _record(ok=YES, faults=_list(FAULT))],
    "explain": [
        _record(scenario=TEXT, sections=_list(_record(
            title=TEXT, lines=_list(TEXT), header=_list(TEXT), rows=_list(_list(TEXT))))),
        _record(scenario=TEXT, resolved=TEXT),
    ],
    "run": [
        _without(
            _record(
                **_RUN, precision=TEXT, familywise=FAMILYWISE, failures=_list(TEXT), second_opinions=_list(OPINION)
            ),
            "precision",
            "familywise",
            "failures",
        ),
        _record(shard=_list(COUNT), folder=TEXT),
    ],
    "merge": [_record(**_RUN, missing=_list(_list(COUNT)))],
    "size": [_record(
        scenario=TEXT, for_=TEXT, axis=TEXT, measure=TEXT, goal=NUMBER, recommended=MAYBE, by_arm=_or_null(_map(COUNT)),
        missed=PATH, effect_declared=YES, reached=_record(value=MAYBE, conf_low=MAYBE, conf_high=MAYBE), root=MAYBE,
        conf_low=MAYBE, conf_high=MAYBE, best=_record(at=MAYBE, value=MAYBE, mcse=MAYBE), mean_estimate=MAYBE,
        confirmed=_or_null(_record(
            at=NUMBER, value=MAYBE, mcse=MAYBE, conf_low=MAYBE, conf_high=MAYBE, replicates=COUNT, failed=COUNT, seed=COUNT)),
        spent=COUNT, seconds=NUMBER, notes=_list(TEXT), answer=_list(TEXT), folder=PATH,
    ), _record(
        scenario=TEXT, accepted=_record(stops_at_go=NUMBER, goes_at_stop=NUMBER), replicates=COUNT,
        criteria=_list(_record(
            criterion=TEXT, input=PATH, at_go=PATH, at_stop=PATH, mean_at_go=MAYBE, mean_at_stop=MAYBE, size=_or_null(COUNT),
            stops_at_go=MAYBE, goes_at_stop=MAYBE, size_by_formula=_or_null(COUNT), why_not=TEXT)),
        spent=COUNT, seconds=NUMBER, answer=_list(TEXT), folder=PATH,
    )],
    "fit": [
        _record(**_PLAN),
        _without(_record(scenario=ANYTHING, plan=_record(**_PLAN), notes=_list(TEXT), file=PATH), "plan"),
    ],
    "assurance": [_record(
        scenario=TEXT, for_=TEXT, assurance=SHARE, mcse_if_points_were_random=MAYBE, power_at_design_values=SHARE,
        power_over_prior=_record(goal=NUMBER, share_at_goal=SHARE, quantiles=_map(NUMBER)),
        beliefs=_list(_record(name=TEXT, value=NUMBER, n=_or_null(COUNT), moves_power_by=NUMBER, along=_list(BIN))),
        small_pilots=_list(_record(name=TEXT, n=COUNT, exaggeration=MAYBE, shrunk=MAYBE, power=MAYBE)), points=COUNT,
        impossible_points=COUNT, replicates=COUNT, failed=COUNT, bounds=_list(NUMBER), seed=COUNT, seconds=NUMBER,
        answer=_list(TEXT), folder=PATH,
    )],
    "compare": [_record(
        designs=_list(_record(label=TEXT, scenario=TEXT, folder=PATH)), seed=_or_null(COUNT), replicates=COUNT,
        changes=_map(_list(TEXT)), notes=_list(TEXT), only_in=_list(_list(TEXT)), answer=_list(TEXT), choice=_list(TEXT),
        contests=_list(CONTEST), differences=_list(DIFFERENCE), seconds=NUMBER, folder=TEXT,
    ), _record(
        study=TEXT, seed=COUNT, replicates=COUNT, analyses=_list(TEXT), answer=_list(TEXT), level=_list(TEXT), notes=_list(TEXT),
        questions=_list(_record(contrast=TEXT, rows=_list(CHOICE))), differences=_list(CHOICE_DIFFERENCE), seconds=NUMBER,
        folder=TEXT,
    )],
    "sweep": [_record(
        scenario=TEXT, paths=_list(TEXT), replicates=COUNT, seeds=_list(COUNT), computed=COUNT, damaged=COUNT, seconds=NUMBER,
        folder=TEXT, designs=_list(ANYTHING),
    )],
    "tornado": [_record(
        scenario=TEXT, replicates=COUNT, seeds=_list(COUNT), folder=TEXT, assumptions=_list(ANYTHING),
    )],
    "runs": [_record(runs=_list(LISTED))],
    "verify": [_record(
        verdict=TEXT, replicates=_list(COUNT), compared=COUNT, largest={"type": ["number", "string", "null"]},
        differences=_list(ANYTHING), changed=_list(TEXT), versions=_map(_list(PATH)), lost=_list(TEXT),
    )],
    "slurm": [_record(script=TEXT, file=TEXT, shards=COUNT, chunks=COUNT)],
    "cohort": [_record(replicate=COUNT, files=_list(TEXT))],
    "template": [_record(folder=TEXT, files=_list(TEXT), sha256=TEXT, no_list=TEXT)],
    "export": [_record(scenario=TEXT, replicate=COUNT, folder=TEXT, files=_list(TEXT))],
    "replay": [_without(_record(replicate=COUNT, estimates=_list(ESTIMATE), events=_list(EVENT)), "events")],
    "reproduce": [_record(scenario=TEXT, replicates=COUNT, placements=_list(PLACEMENT))],
    "protocol": [_record(
        scenario=TEXT, replicates=COUNT, folder=TEXT, files=_list(TEXT), gaps=_list(_record(key=TEXT, question=TEXT)),
        sample_size=_list(TEXT), notes=_list(TEXT), rows=_list(_record(
            guideline=TEXT, item=TEXT, asked=TEXT, filled_by=TEXT, text=TEXT, questions=COUNT, where=TEXT)),
    )],
    "lesson": [
        _record(lessons=_list(_record(name=TEXT, title=TEXT, part=TEXT, minutes=COUNT, goal=TEXT))),
        _record(
            lesson=TEXT, title=TEXT, part=TEXT, minutes=COUNT, goal=TEXT, story=TEXT, scenario=TEXT, predict=QUIZ,
            reasons=_list(TEXT), decide=QUIZ, transfer=QUIZ, learned=TEXT, tasks=_list(TEXT),
            own_trial=_record(
                seed=COUNT, words=TEXT, numbers=_list(LABELED), value=NUMBER, right=_list(TEXT), afterwards=TEXT, picture=TEXT),
            reveal=_record(
                replicates=COUNT, seed=COUNT, right=TEXT, words=_list(TEXT), numbers=_list(LABELED), picture=TEXT)),
        _record(files=_list(TEXT)),
    ],
    "app": [_without(
        _record(folder=TEXT, removed=YES, lecturer=TEXT, students=TEXT, code=TEXT, network=YES),
        "removed", "lecturer", "students", "code", "network",
    )],
    "schema": [_record(of={"enum": ["scenarios", "results"]}, schema=ANYTHING)],
}  # fmt: skip


def documents_schema() -> Schema:
    """The schema of every document: what each command prints when it is done, and what any prints when it cannot."""
    named = {name: {"anyOf": [_document(name, form) for form in forms]} for name, forms in COMMANDS.items()}
    fault = _document("", _record(faults={**_list(FAULT), "minItems": 1}))
    fault["properties"]["command"] = {"enum": ["", *COMMANDS]}
    fault["properties"]["exit_code"] = {"enum": [1, 2, 3, 4]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What trialsim prints with --json",
        "description": "`format` is raised when a key goes or changes its meaning; keys may be added without that.",
        "$defs": {**named, "faults": fault},
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in (*named, "faults")],
    }


def _document(command: str, form: Schema) -> Schema:
    """A form with the keys at the head of every document."""
    head = {"format": {"const": FORMAT}, "command": {"const": command}, "exit_code": {"enum": [0, 1, 3, 4]}}
    return {**form, "properties": {**head, **form["properties"]}, "required": [*head, *form["required"]]}
