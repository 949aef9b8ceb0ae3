"""The page of a run, for who has never seen trialsim: the answer, what it asks of participants, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from trialsim.evaluate.columns import FAMILY
from trialsim.prepared import Study, warnings_of
from trialsim.report import page as rows_of
from trialsim.report.assumed import assumptions
from trialsim.report.brief import headline_verdicts, level_line, limits, losses, places, primary_points, se_named
from trialsim.report.burden_table import burden_blocks
from trialsim.report.characteristics_page import characteristics_blocks
from trialsim.report.conventions import CONVENTIONS, MISSING
from trialsim.report.crossover import effects_in_words
from trialsim.report.digits import percent, share_with_error
from trialsim.report.document import Block, Code, DataTable, Fold, Graphic, Page, PageSection, TableCell, Text, points
from trialsim.report.estimand_table import estimand_tables
from trialsim.report.explain import explain
from trialsim.report.looks import (
    looks_sentence,
    plan_header,
    plan_lines,
    plan_rows,
    stop_header,
    stop_overall,
    stop_rows,
    stop_texts,
)
from trialsim.report.moved import response_words
from trialsim.report.moving.block import moving_picture
from trialsim.report.nearby_sizes import needed
from trialsim.report.opinions import opinion_table, reasons_shown, second_opinions
from trialsim.report.present import course, on_the_clock
from trialsim.report.progression import progression_blocks, progression_line
from trialsim.report.schedule import schedule
from trialsim.report.words import join, significant

if TYPE_CHECKING:
    from trialsim.runs.run import FinishedRun

Pictures = dict[str, Graphic]


def run_page(run: FinishedRun, drawn: Sequence[tuple[str, Graphic]]) -> Page:
    """The page of a run with its pictures by name."""
    from trialsim.runs.versions import versions

    study, result = run.study, run.characteristics
    pictures = dict(drawn)
    made = [
        PageSection(
            f"What it asks of participants{' and staff' if _staffed(study) else ''}", tuple(burden_blocks(run))
        ),
        PageSection("Design", tuple(_design(study, pictures))),
        *([PageSection("Progression criteria", tuple(progression_blocks(run)))] if study.scenario.progression else []),
        PageSection("Operating characteristics", tuple(characteristics_blocks(run, pictures))),
        *([PageSection("Interim looks", tuple(_looks(run)))] if study.looks is not None else []),
        PageSection("What could go wrong", tuple(_wrong(run, pictures))),
        PageSection("Sensitivity", tuple(_sensitivity(run, pictures))),
        PageSection("What is estimated", (*estimand_tables(study), *_named(pictures, "shift_"))),
        PageSection("The ward, moving", tuple(_moving(run))),
        *([PageSection("The ward", tuple(_ward(run, pictures)))] if study.program is not None else []),
        PageSection("One simulated trial", tuple(_one_trial(pictures))),
        PageSection("Assumptions and where they come from", tuple(assumptions(study.scenario))),
        PageSection("Methods", tuple(_methods(run))),
        PageSection("How to do it again", tuple(_again(run))),
    ]
    trials = f"{result.replicates:,} simulated trials, seed {result.seed}"
    return Page(
        title=study.scenario.title,
        what=f"Planning report from {trials}. Everything on this page follows from assumptions; it is not the result of a study.",
        answer=answer_sentences(run),
        cards=tuple(rows_of.cards(run)),
        sections=tuple(section for section in made if section.blocks),
        versions=versions(),
    )


def _named(pictures: Pictures, begin: str) -> list[Graphic]:
    """The pictures whose names begin so."""
    return [one for name, one in pictures.items() if name.startswith(begin)]


def _staffed(study: Study) -> bool:
    return study.program is not None and bool(study.program.resources)


# ---------------------------------------------------------------- the answer


def answer_sentences(run: FinishedRun) -> tuple[str, ...]:
    """What is assumed; the power and what 80 and 90 % take; whether the test keeps its level, and what limits it."""
    lost = limits(run, rest="under What could go wrong")
    criteria = run.study.scenario.progression
    pilot = (f"{progression_line(run).text} These are verdicts of its progression criteria.",) if criteria else ()
    looks = (looks_sentence(run.study, run.characteristics),) if run.study.looks is not None else ()
    return (
        assumed_effect(run.study),
        *pilot,
        " ".join([rows_of.answer(run), *_sizes_in_words(run)]),
        *looks,
        f"{level_line(run).text} What limits the trial: {lost[0].lower()}{lost[1:]}",
    )


def assumed_effect(study: Study) -> str:
    """That effects are assumed and which: in the labels of outcomes and arms."""
    scenario, plan = study.scenario, study.response
    wanted = primary_points(study)
    found = [pair for pair in effects_in_words(study) if f"{pair[1].outcome} at {pair[1].visit}" in wanted]
    if not found:
        through = [
            f"{outcome.label or name} responds to {activity} ({response_words(response, outcome)})"
            for name in dict.fromkeys(scenario.analyses[one].outcome for one in scenario.primary)
            for outcome in [scenario.outcomes[name]]
            for activity, response in outcome.responds_to.items()
        ]
        if through:
            return f"The effects are assumed, not observed: {join(through)}."
        return "No effect is assumed on what the primary analysis compares."
    against = plan.arms[plan.reference] if plan.reference < len(plan.arms) else "without it"
    parts = []
    for between, one in found[:4]:
        outcome = scenario.outcomes[one.outcome]
        way = "lower" if one.difference < 0 else "higher"
        unit = f" {outcome.unit}" if outcome.unit else ""
        name = f"{outcome.label or one.outcome} at '{one.visit}'"
        of = f"({between})" if scenario.design.sequences else f"with {one.arm} than with {against}"
        parts.append(f"{name} {significant(abs(one.difference), 2)}{unit} {way} {of}")
    more = f" and {len(found) - 4} more" if len(found) > 4 else ""
    return f"The effects are assumed, not observed: {join(parts)}{more}."


def _sizes_in_words(run: FinishedRun) -> list[str]:
    """About how many participants 80 and 90 % take."""
    found = [(goal, needed(run, goal)) for goal in (0.8, 0.9)]
    parts = [
        f"for {percent(goal, 0)} about {middle:,} ({low:,} to {high:,})"
        for goal, one in found
        if one is not None
        for middle, low, high in [one]
    ]
    if not parts:
        return ["How many participants 80 and 90 % take is found by the command trialsim size."]
    return [f"About the size, extended from this one and not simulated: {' and '.join(parts)} participants are needed."]


# ---------------------------------------------------------------- design


def _design(study: Study, pictures: Pictures) -> Iterator[Block]:
    sections = explain(study, ratios=False)
    for line in sections[0].lines[1:-1]:
        yield Text(line)
    yield schedule(study)
    for name in ("wedge", "flow"):
        if name in pictures:
            yield pictures[name]
    blocks: list[Block] = []
    for section in sections[1:]:
        blocks.append(Text(f"{section.title}."))
        if section.lines:
            blocks.append(Code("\n".join(section.lines)))
        if section.rows:
            blocks.append(DataTable(section.title, section.header, section.rows))
    yield Fold("Everything that was simulated, in words", tuple(blocks))


# ---------------------------------------------------------------- interim looks


def _looks(run: FinishedRun) -> Iterator[Block]:
    study, result = run.study, run.characteristics
    yield Text(looks_sentence(study, result))
    header, rows = stop_header(study), tuple(stop_rows(study, result))
    numbers = tuple(place for place, name in enumerate(header) if name.startswith(">"))
    yield DataTable(
        "Shares of trials that stop at each look", tuple(name.lstrip(">") for name in header), rows, numbers
    )
    yield DataTable(
        "Until the stop", ("mean over trials", "as declared", "without effects"), tuple(stop_overall(result)), (1, 2)
    )
    for text in stop_texts(study, result):
        yield Text(text)
    plan = DataTable("The planned bounds", plan_header(study), tuple(plan_rows(study)), ())
    yield Fold("The planned bounds", (*(Text(line) for line in plan_lines(study)), plan))


# ---------------------------------------------------------------- what could go wrong, sensitivity


def _inconclusive(run: FinishedRun) -> list[str]:
    """How often the trial ends without the result it is planned for, although everything is as declared."""
    primary, of = run.study.scenario.primary, places(run.characteristics)
    rows = [row for row in run.characteristics.kept.rows if row.analysis in primary and row.main]
    several = rows_of.has_family(run)
    place = (FAMILY, "any") if several else (rows[0].analysis, rows[0].contrast)
    power = of.get(place, {}).get("power")
    if power is None or power.value != power.value or any(one.too_often for one in headline_verdicts(run)):
        return []
    share = share_with_error(1 - power.value, power.mcse, low=1 - power.conf_high, high=1 - power.conf_low)
    which = "no primary analysis rejects" if len(primary) > 1 else "the primary analysis does not reject"
    which = "no primary comparison rejects" if several and len(primary) == 1 else which
    return [f"{se_named(share)} of trials end inconclusive: {which}, although everything is as declared."]


def _wrong(run: FinishedRun, pictures: Pictures) -> Iterator[Block]:
    found = [f"{text[0].upper()}{text[1:]}." for _, text in losses(run)]
    result = run.characteristics
    found += [
        f"{name}: the test rejects too often when there is nothing to find ({one.words})."
        for one in result.verdicts
        if one.too_often
        for name in [next((row.shown for row in result.kept.rows if row.analysis == one.analysis), one.analysis)]
    ]
    found += [*warnings_of(run.study)]
    if run.missing:
        found.append(f"{sum(len(part) for part in run.missing):,} replicates are missing in this result.")
    yield from points([*_inconclusive(run), *found])
    if not found:
        yield Text("Nothing is lost in the simulated trials, and nothing in the plan looks doubtful.")
    yield from _named(pictures, "missing")


def _sensitivity(run: FinishedRun, pictures: Pictures) -> Iterator[Block]:
    from trialsim.report.assumed import in_words
    from trialsim.report.sensitivity import kept_table, tornado_beside
    from trialsim.scenario.provenance import provenance

    study = run.study
    kept = tornado_beside(study.scenario, run.folder.path)
    if kept is not None and "sensitivity" in pictures:
        yield Text(
            f"Each number with a plausible range was set to both its ends, one at a time, in {kept.replicates:,} simulated "
            f"trials each (trialsim tornado, seed {kept.seed})."
        )
        yield from points(kept.lines)
        yield pictures["sensitivity"]
        yield kept_table(kept.frame, study.scenario)
        return
    rows = [row for row in provenance(study.scenario) if row.range and not row.range.startswith("prior")]
    if not rows:
        yield Text(
            "No plausible range is stated for any assumption, so it is not known how the answer depends on them."
        )
        return
    yield Text(
        f"For {len(rows)} assumptions a plausible range is stated. This result takes each at its value; how the power moves from "
        f"end to end is found by trialsim tornado {study.scenario.name}; the same run, given again after it, shows it here."
    )
    cells = tuple((in_words(row.path, study.scenario), row.value, row.range.partition("; prior")[0]) for row in rows)
    yield DataTable("Assumptions with a plausible range", ("number", "value", "plausible range"), cells)


# ---------------------------------------------------------------- ward, one trial


def _ward(run: FinishedRun, pictures: Pictures) -> Iterator[Block]:
    rows = [row for row in rows_of.trial_rows(run) if not row[0].startswith("Cost")]
    labels = {name: outcome.label or name for name, outcome in run.study.scenario.outcomes.items()}
    named = tuple((what, _where(where, labels), value) for what, where, value in rows)
    yield DataTable("What happens to the trial", ("what", "where", "mean over trials"), named, (2,))
    for name in ("accrual", "ward_week"):
        if name in pictures:
            yield pictures[name]


def _moving(run: FinishedRun) -> Iterator[Block]:
    picture = moving_picture(run.study, run.cohort)
    if picture is not None:
        yield picture


def _where(where: str, labels: dict[str, str]) -> str:
    """A place of a measure in the words of the study: outcomes by their labels, staff by its name."""
    name, at, visit = where.partition(" at ")
    return f"{labels[name]}{at}{visit}" if at and name in labels else where.removeprefix("hold ")


def _one_trial(pictures: Pictures) -> Iterator[Block]:
    shown, more = _named(pictures, "outcome_"), _named(pictures, "trajectories_")
    yield from shown[:1]
    if shown[1:] or more:
        yield Fold(f"{len(shown[1:]) + len(more)} more pictures of this trial", (*shown[1:], *more))


# ---------------------------------------------------------------- methods, again


def _methods(run: FinishedRun) -> Iterator[Block]:
    study = run.study
    yield Text(
        f"Every replicate simulates the whole study: {course(study.scenario)}. Then each analysis is done as it would be on real "
        "data. Complete cases are analyzed unless the scenario says otherwise; replicates that cannot be analyzed are counted as "
        "failed and shown. The draws are addressed by participant, step and replicate, so the same scenario and seed give the "
        "same results on any number of workers."
    )
    if clocked := on_the_clock(study.scenario):
        yield Text(f"The time of day moves {join(clocked)}.", quiet=True)
    tests = dict.fromkeys(row.test for row in study.analysis.rows)
    cells = tuple((name, one.how, one.source, one.off) for name in tests if (one := CONVENTIONS.get(name)) is not None)
    yield DataTable("Tests and their conventions", ("test", "convention", "source", "known to be off"), cells)
    dealt = dict.fromkeys(one.missing for one in study.scenario.analyses.values() if one.missing is not None)
    if dealt:
        how = tuple((name, MISSING[name].how, MISSING[name].source, MISSING[name].off) for name in dealt)
        yield DataTable(
            "Missing values and their conventions", ("missing values", "convention", "source", "known to be off"), how
        )
    opinions = second_opinions(study, run.characteristics)
    if opinions:
        yield Text(
            "A second opinion: beside each simulated power is the nearest closed form, what a sample-size program would answer "
            "for the declared levels if everybody were measured and everything delivered. In bold: the two differ by more than "
            "chance explains."
        )
        header = ("analysis", "simulated", "formula", "which")
        found = opinion_table(opinions)
        cells_of = tuple(
            (
                TableCell(row["shown"], row["contrast"]), row["simulated"], TableCell(row["formula"], mark=row["apart"]),
                TableCell(row["name"], row["source"]),
            )
            for row in found
        )  # fmt: skip
        strong = tuple(place for place, row in enumerate(found) if row["primary"])
        yield DataTable("A second opinion", header, cells_of, (1, 2), strong)
        why = [
            f"{reason[0].upper()}{reason[1:]}{f' ({where})' if where else ''}"
            for reason, where in reasons_shown(opinions)
        ]
        if why:
            yield Fold("Why they differ: what this study has and the formulas ignore", points(why))


def _again(run: FinishedRun) -> Iterator[Block]:
    from trialsim.scenario.identity import scenario_hash

    scenario, result = run.study.scenario, run.characteristics
    yield Text("Save the scenario below as study.yaml, install trialsim (version at the end of this page), and type:")
    yield Code(f"trialsim run study.yaml --replicates {result.replicates} --seed {result.seed}")
    yield Text(f"Scenario {scenario_hash(scenario)[:16]}, seed {result.seed}, engine {result.engine}.", quiet=True)
    yield Fold("The scenario", (Code(sealed_text(run.study)),))


def sealed_text(study: Study) -> str:
    """The resolved scenario as a file, in which the size of a block is left to the sealed list (SPIRIT 2025, 21b)."""
    from trialsim.scenario.dump import plain, to_yaml

    data = plain(study.scenario)
    allocation = data.get("design", {}).get("allocation", {})
    if "block" in allocation:
        allocation["block"] = "see the sealed list"
    return to_yaml(data)
