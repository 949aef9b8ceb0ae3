"""The page of a run, for who has never seen trialsim: the answer, what it asks of participants, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from trialsim.kinds.estimands import NO_ESTIMAND
from trialsim.prepared import Study, warnings_of
from trialsim.report import page as rows_of
from trialsim.report.assumed import assumptions
from trialsim.report.brief import five_lines, losses, primary_points
from trialsim.report.burden_table import burden_blocks
from trialsim.report.conventions import CONVENTIONS
from trialsim.report.digits import SIGN, percent
from trialsim.report.document import Block, Code, DataTable, Fold, Graphic, Page, PageSection, TableCell, Text, points
from trialsim.report.estimand_table import estimand_tables
from trialsim.report.explain import explain
from trialsim.report.nearby_sizes import around, needed
from trialsim.report.opinions import opinion_table, reasons_shown, second_opinions
from trialsim.report.present import course, levels, nothing_to_find, null_twin, on_the_clock
from trialsim.report.schedule import schedule
from trialsim.report.truth import has_clock, has_interference, truth_rows, twin_rows
from trialsim.report.words import join, significant
from trialsim.response.effects import implied_effects

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
        PageSection("Operating characteristics", tuple(_characteristics(run, pictures))),
        PageSection("What could go wrong", tuple(_wrong(run))),
        PageSection("Sensitivity", tuple(_sensitivity(study))),
        PageSection("What is estimated", tuple(estimand_tables(study))),
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


def _staffed(study: Study) -> bool:
    return study.program is not None and bool(study.program.resources)


# ---------------------------------------------------------------- the answer


def answer_sentences(run: FinishedRun) -> tuple[str, ...]:
    """What is assumed; the power and what 80 and 90 % take; whether the test keeps its level, and what limits it."""
    lines = {line.name: line.text for line in five_lines(run, where="")}
    level, limits = lines["Level"].rstrip("."), lines["Limits"]
    return (
        assumed_effect(run.study),
        " ".join([rows_of.answer(run), *_sizes_in_words(run)]),
        f"{level}. What limits the trial: {limits[0].lower()}{limits[1:]}",
    )


def assumed_effect(study: Study) -> str:
    """That effects are assumed and which: in the labels of outcomes and arms."""
    scenario, plan = study.scenario, study.response
    wanted = primary_points(study)
    found = [one for one in implied_effects(plan) if f"{one.outcome} at {one.visit}" in wanted]
    if not found:
        through = dict.fromkeys(
            f"{scenario.outcomes[name].label or name} responds to {activity}"
            for name in dict.fromkeys(scenario.analyses[one].outcome for one in scenario.primary)
            for activity in scenario.outcomes[name].responds_to
        )
        if through:
            return f"The effects are assumed, not observed: {join(list(through))}, by the sizes under Design."
        return "No effect is assumed on what the primary analysis compares."
    against = plan.arms[plan.reference] if plan.reference < len(plan.arms) else "without it"
    parts = []
    for one in found[:4]:
        outcome = scenario.outcomes[one.outcome]
        way = "lower" if one.difference < 0 else "higher"
        unit = f" {outcome.unit}" if outcome.unit else ""
        name = f"{outcome.label or one.outcome} at '{one.visit}'"
        parts.append(f"{name} {significant(abs(one.difference), 2)}{unit} {way} with {one.arm} than with {against}")
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
    sections = explain(study)
    for line in sections[0].lines[1:-1]:
        yield Text(line)
    yield schedule(study)
    if "flow" in pictures:
        yield pictures["flow"]
    blocks: list[Block] = []
    for section in sections[1:]:
        blocks.append(Text(f"{section.title}."))
        if section.lines:
            blocks.append(Code("\n".join(section.lines)))
        if section.rows:
            blocks.append(DataTable(section.title, section.header, section.rows))
    yield Fold("Everything that was simulated, in words", tuple(blocks))


# ---------------------------------------------------------------- operating characteristics


def _both(text: str, mark: str = "") -> TableCell:
    """A number with its error below it."""
    value, sign, error = text.partition(" ± ")
    return TableCell(value, f"± {error}" if sign else "", mark)


def _characteristics(run: FinishedRun, pictures: Pictures) -> Iterator[Block]:
    yield Text(
        f"Power is the share of simulated trials in which the test rejects {levels(run.study)}. Beside it is how often the "
        "same test rejects when there is nothing to find, and whether it keeps its level then: a test that rejects too often "
        f"is shown in red, and its share of rejections is not a power. {SIGN}"
    )
    rows = rows_of.analysis_rows(run)
    first = [row for row in rows if row["primary"]] or rows[:1]
    yield _analyses("The primary analysis" if len(first) == 1 else "Primary analyses", first, strong=True)
    sizes = around(run)
    if sizes:
        cells = tuple((f"{n:,}", f"about {percent(power, 0)}") for n, power in sizes)
        caption = "Sizes around the chosen one; powers are extended from it, not simulated"
        yield DataTable(caption, ("participants", "power"), cells, (0, 1))
    if "power" in pictures:
        yield pictures["power"]
    rest = [row for row in rows if row not in first]
    if rest:
        yield Fold(f"{len(rest)} further rows", (_analyses("Further analyses", rest),), printed=True)
    truth = truth_rows(run.characteristics, run.study.scenario.primary)
    if truth:
        yield Fold("Truth and bias", tuple(_truth(run, truth, pictures)))
    more = [pictures[name] for name in ("estimates", "p_values") if name in pictures]
    yield Fold("When there is nothing to find, and where estimates and p-values fall", (*_twins(run, truth), *more))


def _analyses(caption: str, rows: Sequence[dict[str, object]], *, strong: bool = False) -> DataTable:
    header = (
        "analysis", "test", "power", "rejects when there is nothing to find", "level", "mean estimate", "interval width",
        "analyzed", "failed",
    )  # fmt: skip
    cells = tuple(
        (
            TableCell(f"{row['shown']}", f"{row['contrast']}"), f"{row['test']}", _both(f"{row['power']}", _bad(row)),
            _both(f"{row['null']}", _bad(row)), TableCell(f"{row['verdict']}", mark=_bad(row)),
            TableCell(*_estimate(row)), _both(f"{row['width']}"), _both(f"{row['n']}"), f"{row['failed']}",
        )
        for row in rows
    )  # fmt: skip
    return DataTable(caption, header, cells, (2, 3, 5, 6, 7, 8), tuple(range(len(cells))) if strong else ())


def _bad(row: dict[str, object]) -> str:
    return "bad" if row["bad"] else ""


def _estimate(row: dict[str, object]) -> tuple[str, str]:
    value, _, error = f"{row['estimate']}".partition(" ± ")
    below = "; ".join(part for part in (f"± {error}" if error else "", f"{row['estimand']}") if part)
    return value, below if value else ""


def _truth(run: FinishedRun, truth: Sequence[dict[str, object]], pictures: Pictures) -> Iterator[Block]:
    shared = has_interference(run.characteristics)
    interference = (
        "Interference is the part of the bias that arises because the arms share staff, so that the ward of the trial is not "
        "the ward with everyone in one arm. "
        if shared
        else ""
    )
    yield Text(
        "The true effect comes from simulating the same trials again with everyone in each arm in turn, with the same draws "
        "and nothing lost. Bias is the mean difference between the estimates and the true effect; coverage is the share of "
        f"confidence intervals that contain it. {interference}The last two columns are about the trials in which the test "
        "rejects: how often the estimate has the wrong sign, and how many times too large it is on average. A value in bold "
        "is further off than chance explains."
    )
    keys = ("truth", "bias", *(("interference",) if shared else ()), "rmse", "coverage", "sign", "size")
    names = {"rmse": "RMSE", "sign": "wrong sign", "size": "exaggeration"}
    cells = tuple(
        (
            TableCell(f"{row['shown']}: {row['contrast']}", f"{row['estimand']}"),
            *(TableCell(one.text, one.below, "far" if one.marked else "") for one in (row[key] for key in keys)),  # type: ignore[attr-defined]
        )
        for row in truth
    )
    strong = tuple(place for place, row in enumerate(truth) if row["primary"])
    header = ("analysis and effect", *(names.get(key, key) for key in keys))
    yield DataTable("Truth and bias", header, cells, tuple(range(1, len(keys) + 1)), strong)
    if "bias" in pictures:
        yield pictures["bias"]


def _twins(run: FinishedRun, truth: Sequence[object]) -> Iterator[Block]:
    scenario, result = run.study.scenario, run.characteristics
    clock, shared = has_clock(result), has_interference(result)
    small = (
        " (arms that keep the staff busy for different times leave a small one, because the true effect is the one with "
        "everyone in one arm)"
        if shared
        else ""
    )
    unknown = "" if truth else " (it was not computed in this run)"
    omnibus = (
        " Tests of all arms at once and groups chosen by their own outcome have no true effect: their rejections are type I "
        "errors."
        if any(row.estimand == NO_ESTIMAND for row in result.kept.rows)
        else ""
    )
    yield Text(
        f"{null_twin(scenario)} {nothing_to_find(scenario)} The share that rejects there is called a type I error where there "
        "is no true effect: it is smaller than a tenth of the standard error of the estimate (a twentieth for a one-sided "
        "test), or does not differ clearly from none. Elsewhere it is called rejections without effects, and the true effect "
        f"is shown beside it{small}{unknown}.{omnibus}"
    )
    yield Text(
        "A test keeps its level if the 99.7 % interval of this share lies below 1.2 times the level, and rejects too often if "
        "it lies above. Between the two it is undecided, and about how many further replicates should decide is given."
    )
    keys = ("null", "null_truth", "no_change", "no_change_truth") if clock else ("null", "null_truth")
    names = ("null twin rejects", "truth under it", "twin without change rejects", "truth under it")[: len(keys)]
    rows = twin_rows(result, scenario.primary)
    cells = tuple(
        (
            f"{row['shown']}", f"{row['contrast']}",
            *(TableCell(one.text, one.below) for one in (row[key] for key in keys)),  # type: ignore[attr-defined]
            row["called"].text, TableCell(row["verdict"].text, mark="bad" if row["verdict"].marked else ""),  # type: ignore[attr-defined]
        )
        for row in rows
    )  # fmt: skip
    strong = tuple(place for place, row in enumerate(rows) if row["primary"])
    header = ("analysis", "contrast", *names, "called", "level")
    yield DataTable("When there is nothing to find", header, cells, tuple(range(2, 2 + len(keys))), strong)


# ---------------------------------------------------------------- what could go wrong, sensitivity


def _wrong(run: FinishedRun) -> Iterator[Block]:
    found = [f"{text[0].upper()}{text[1:]}.".replace("(hold ", "(") for _, text in losses(run)]
    result = run.characteristics
    found += [
        f"{name}: the test rejects too often when there is nothing to find ({one.words})."
        for one in result.verdicts
        if one.too_often
        for name in [next((row.shown for row in result.kept.rows if row.analysis == one.analysis), one.analysis)]
    ]
    found += list(warnings_of(run.study))
    if run.missing:
        found.append(f"{sum(len(part) for part in run.missing):,} replicates are missing in this result.")
    yield from points(found) or (
        Text("Nothing is lost in the simulated trials, and nothing in the plan looks doubtful."),
    )


def _sensitivity(study: Study) -> Iterator[Block]:
    from trialsim.report.assumed import in_words
    from trialsim.scenario.provenance import provenance

    rows = [row for row in provenance(study.scenario) if row.range and not row.range.startswith("prior")]
    if not rows:
        yield Text(
            "No plausible range is stated for any assumption, so it is not known how the answer depends on them."
        )
        return
    yield Text(
        f"For {len(rows)} assumptions a plausible range is stated. This result takes each at its value; how the power moves from "
        f"end to end is found by trialsim tornado {study.scenario.name}."
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


def _where(where: str, labels: dict[str, str]) -> str:
    """A place of a measure in the words of the study: outcomes by their labels, staff by its name."""
    name, at, visit = where.partition(" at ")
    return f"{labels[name]}{at}{visit}" if at and name in labels else where.removeprefix("hold ")


def _one_trial(pictures: Pictures) -> Iterator[Block]:
    shown = [one for name, one in pictures.items() if name.startswith("outcome_")]
    more = [one for name, one in pictures.items() if name.startswith("trajectories_")]
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
