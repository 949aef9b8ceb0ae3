"""The intervention: TIDieR, and STRICT-M for massage."""

from __future__ import annotations

from collections.abc import Iterator

from trialsim.protocol.steps import Activity, Attempt, Hold, Period, Repeat, Step
from trialsim.report.protocol.checklists.row import Guideline, Item, author, words
from trialsim.report.protocol.facts import ProtocolFacts
from trialsim.report.protocol.missing import lost_words
from trialsim.report.protocol.text import capital
from trialsim.report.words import join, spread
from trialsim.report.words import protocol as steps_in_words

MASSAGE = "massage"


def lengths(steps: tuple[Step, ...], times: int = 1) -> Iterator[tuple[str, str, int, tuple[str, ...]]]:
    """Each activity and attempt: its name, its length, how often it is planned, and who is needed."""
    for step in steps:
        if isinstance(step, Activity):
            yield step.activity, spread(step.lasts), times, tuple(step.needs)
        elif isinstance(step, Attempt):
            yield step.attempt, spread(step.lasts), times, tuple(step.needs)
        elif isinstance(step, Hold):
            yield from (
                (name, length, count, (*step.hold, *needs)) for name, length, count, needs in lengths(step.steps, times)
            )
        elif isinstance(step, (Repeat, Period)):
            yield from lengths(step.steps, times * step.times)


def has_session(facts: ProtocolFacts) -> bool:
    """Whether something is done with participants that takes time."""
    return any(True for _ in lengths(facts.scenario.protocol))


def has_massage(facts: ProtocolFacts) -> bool:
    """Whether a massage is among what is done, by the names of activities and arms."""
    names = [name for name, *_ in lengths(facts.scenario.protocol)] + [*facts.arms, *facts.arms.values()]
    return any(MASSAGE in name.lower() for name in names)


def _names(facts: ProtocolFacts) -> str:
    return f"{join([f'{name} ({words_})' if words_ != name else name for name, words_ in facts.arms.items()])}."


def steps_words(facts: ProtocolFacts) -> str:
    """What is done with a participant, in its order; empty without a ward."""
    lines = [line.strip() for line in steps_in_words(facts.scenario.protocol)]
    parts = [line + (" " if line.endswith(":") else "; ") for line in lines]
    return f"{''.join(parts).removesuffix('; ')}." if lines else ""


def _steps(facts: ProtocolFacts) -> str:
    return capital(steps_words(facts))


def _who(facts: ProtocolFacts) -> str:
    found = list(dict.fromkeys(who for *_, needs in lengths(facts.scenario.protocol) for who in needs))
    return f"{capital(join(found))}." if found else ""


def _how(facts: ProtocolFacts) -> str:
    staffed = any(needs for *_, needs in lengths(facts.scenario.protocol))
    return f"One participant at a time{', in person' if staffed else ''}."


def _where(facts: ProtocolFacts) -> str:
    setting = facts.scenario.setting
    if setting is None:
        return ""
    return f"{join(list(setting.sites))}." if setting.sites else "On the ward."


def dose_words(facts: ProtocolFacts, only: str = "") -> str:
    """How often each activity is planned, and how long it takes; of those whose name contains ``only``."""
    found = [
        f"{name}: {f'{count} times, each ' if count > 1 else 'once, '}{length}"
        for name, length, count, _ in lengths(facts.scenario.protocol)
        if only in name.lower()
    ]
    return f"{capital('; '.join(dict.fromkeys(found)))}." if found else ""


def tidier(facts: ProtocolFacts) -> Guideline:  # noqa: ARG001  # as every guideline
    """The 12 items."""
    return Guideline(
        "TIDieR",
        "12 items, after table 1 of doi:10.1186/s12874-017-0461-y",
        (
            Item("1", "name", "auto", words(_names), where="design: arms"),
            author("2", "why: reason, theory or goal", "why should it work?"),
            author("3", "materials", "materials that are used or handed out, and where they can be had"),
            Item("4", "procedure", "draft", words(_steps), "each step as it is done, so that it can be repeated", "protocol"),
            Item("5", "who provides it, with training", "draft", words(_who), "profession, experience and training", "setting: resources"),
            Item("6", "how: in person, one to one or in a group", "auto", words(_how), where="protocol"),
            Item("7", "where", "auto", words(_where), "place and its equipment", "setting", "the scenario has no ward"),
            Item("8", "when and how much", "auto", words(dose_words), where="protocol"),
            author("9", "tailoring", "what is adapted to a participant, why, when and how?"),
            author("10", "modifications during the study", "changes during the study"),
            Item("11", "planned fidelity", "draft", words(lost_words), "how is adherence to the procedure judged, and kept?",
                 "operating_characteristics.csv: missed_share"),
            author("12", "actual fidelity", "how far did it take place as planned?"),
        ),
    )  # fmt: skip


def strict_m(facts: ProtocolFacts) -> Guideline:
    """The items for massage, those first that published trials report worst."""
    comparator = facts.arms[facts.reference] if not facts.one_group else ""
    alone = "there is no comparator"
    return Guideline(
        "STRICT-M",
        "Crawford et al. 2016, doi:10.1093/pm/pnw099, table 3",
        (
            author("5", "practitioner: qualification", "qualification, training and experience of those who massage"),
            author("2", "technique: response sought", "which response is sought, and when is enough?"),
            author("6", "comparator: reason", f"why {comparator}?") if comparator else Item("6", "comparator: reason", "author", reason=alone),
            author("2", "technique: minutes on each part of the body", "minutes on each part of the body"),
            author("1", "reason for the massage", "reason for this massage, in theory or evidence"),
            author("1", "how far treatment may vary", "how far may the massage differ between participants?"),
            author("2", "technique: name, terms, parts of the body, pressure", "name and terms of the technique, parts of the body, pressure"),
            Item("3", "dose: sessions, period, frequency, length", "auto", words(lambda one: dose_words(one, MASSAGE) or dose_words(one)), where="protocol"),
            author("4", "other components: interventions, equipment such as oil, setting", "other interventions, oil and equipment, light, noise, position"),
            Item("5", "practitioner: type", "draft", words(_who), "type of practitioner", "setting: resources"),
            Item("6", "comparator: description", "draft", words(lambda _: f"{capital(comparator)}." if comparator else ""),
                 "" if not comparator else "the comparator so that it can be repeated", "design: arms", alone),
        ),
        "The first four rows are those that published trials of massage report worst. An extension of CONSORT for massage (STRICTOTM, "
        "Zhang et al. 2024, hdl.handle.net/10356/174577) exists; its items are not filled here.",
    )  # fmt: skip
