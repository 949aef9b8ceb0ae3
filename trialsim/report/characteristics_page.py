"""Operating characteristics on the page of a run: the primary ones first, the rest behind folds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from trialsim.kinds.estimands import NO_ESTIMAND
from trialsim.quantities.counts import counted
from trialsim.report import page as rows_of
from trialsim.report.digits import SIGN, percent
from trialsim.report.document import Block, DataTable, Fold, Graphic, TableCell, Text
from trialsim.report.familywise import familywise_rows, familywise_texts
from trialsim.report.nearby_sizes import around
from trialsim.report.present import levels, nothing_to_find, null_twin
from trialsim.report.ratios import WHY
from trialsim.report.tipping import EXPLAINED, HEADER, tipped, tipping_rows
from trialsim.report.truth import has_clock, has_interference, has_two_ratios, truth_rows, twin_rows

if TYPE_CHECKING:
    from trialsim.familywise import FamilywiseErrors
    from trialsim.runs.run import FinishedRun


def _both(text: str, mark: str = "") -> TableCell:
    """A number with its error below it."""
    value, sign, error = text.partition(" ± ")
    return TableCell(value, f"± {error}" if sign else "", mark)


def characteristics_blocks(run: FinishedRun, pictures: Mapping[str, Graphic]) -> Iterator[Block]:
    """The primary analysis, sizes around the chosen one, and behind folds the further ones, truth and twins."""
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
        yield Fold(counted(len(rest), "further row"), (_analyses("Further analyses", rest),), printed=True)
    yield from _tipping(run)
    if run.familywise is not None:
        yield from _familywise(run.familywise)
    truth = truth_rows(run.characteristics, run.study.scenario.primary)
    if truth:
        yield Fold("Truth and bias", tuple(_truth(run, truth, pictures)))
    more = [pictures[name] for name in ("estimates", "p_values") if name in pictures]
    yield Fold("When there is nothing to find, and where estimates and p-values fall", (*_twins(run, truth), *more))


def _tipping(run: FinishedRun) -> Iterator[Block]:
    """How the answer changes with what is added to imputed values."""
    rows = tipping_rows(run.characteristics)
    if not rows:
        return
    for text in (EXPLAINED, *tipped(run.characteristics)):
        yield Text(text)
    cells = tuple((row.name, _both(row.power), row.of_first, _both(row.estimate)) for row in rows)
    strong = tuple(place for place, row in enumerate(rows) if row.head)
    yield DataTable("Tipping points", HEADER, cells, (1, 2, 3), strong)


def _familywise(errors: FamilywiseErrors) -> Iterator[Block]:
    """Errors of families of hypotheses, with effects switched off."""
    for text in familywise_texts(errors):
        yield Text(text)
    rows = familywise_rows(errors)[0]
    cells = tuple(
        (
            row.name,
            str(row.true_nulls),
            _both(row.rate, "bad" if row.bad else ""),
            TableCell(row.verdict, mark="bad" if row.bad else ""),
        )
        for row in rows
    )
    strong = tuple(place for place, row in enumerate(rows) if row.head)
    header = ("family, and effects switched off", "true null hypotheses", "familywise error", "level")
    yield DataTable("Errors of families of hypotheses", header, cells, (1, 2), strong)


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


def _truth(run: FinishedRun, truth: Sequence[dict[str, object]], pictures: Mapping[str, Graphic]) -> Iterator[Block]:
    shared = has_interference(run.characteristics)
    interference = (
        "Interference is the part of the bias that arises because the arms share staff, so that the ward of the trial is not "
        "the ward with everyone in one arm. "
        if shared
        else ""
    )
    first = (
        "In a crossover it is the effect in the first period, so that the bias shows what is carried over. "
        if run.study.scenario.design.sequences
        else ""
    )
    yield Text(
        "The true effect comes from simulating the same trials again with everyone in each arm in turn, with the same draws "
        f"and nothing lost. {first}Bias is the mean difference between the estimates and the true effect; coverage is the share "
        f"of confidence intervals that contain it. {interference}The last two columns are about the trials in which the test "
        "rejects: how often the estimate has the wrong sign, and how many times too large it is on average. A value in bold "
        "is further off than chance explains."
    )
    if has_two_ratios(run.characteristics):
        yield Text(WHY)
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
    for name in ("bias", "contrasts", "intervals"):
        if name in pictures:
            yield pictures[name]


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
        "errors; those of tests whether visits differ are not, as visits may differ without effects."
        if any(row.estimand == NO_ESTIMAND for row in result.kept.rows)
        else ""
    )
    yield Text(
        f"{null_twin(scenario)} {nothing_to_find(scenario)} The share that rejects there is called a type I error where the "
        "true effect is none: smaller than a tenth of the standard error of the estimate (a twentieth for a one-sided "
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
