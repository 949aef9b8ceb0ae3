"""The scripts as text, and the estimates that they must find."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trialsim.analysis.rows import STATUS_TEXT
from trialsim.export.build import DECLARED, TrialExport
from trialsim.export.scripts import python, r, spss
from trialsim.export.scripts.expressions import Language
from trialsim.export.scripts.rows import WrittenRow, written_rows
from trialsim.export.text import about, safe

#: The columns of the estimates.
EXPECTED = (
    "analysis", "contrast", "test", "estimand", "estimate", "p_unadjusted", "p", "n", "status", "estimate_in_run", "p_in_run",
)  # fmt: skip


def expected_rows(export: TrialExport) -> list[list[str]]:
    """What trialsim finds in the exported tables, and what the run found in the values before they were printed."""
    here, there = export.estimates, export.in_run
    twin = there.twins.index(DECLARED)
    found = []
    for place, row in enumerate(here.rows):
        numbers = [here.estimate[0, 0, place], here.p_raw[0, 0, place], here.p[0, 0, place]]
        status = STATUS_TEXT[int(here.status[0, 0, place])]
        in_run = [there.estimate[twin, 0, place], there.p[twin, 0, place]]
        texts = [row.analysis, row.contrast, row.test, row.effect]
        found.append(
            [*map(safe, texts), *map(_number, numbers), str(int(here.n[0, 0, place])), status, *map(_number, in_run)]
        )
    return found


def _number(value: float) -> str:
    return "" if np.isnan(value) else repr(float(value))


def left_out(rows: Sequence[WrittenRow]) -> list[str]:
    """The rows that are not written, with the reason."""
    return [f"{one.plan.analysis}: {one.plan.contrast} ({one.plan.test}) {one.reason}" for one in rows if one.reason]


def one_line(text: str) -> str:
    """A text for a comment: one line."""
    return " ".join(text.split())


def quoted(text: str) -> str:
    """A text between quotation marks, as R and Python read it."""
    return '"' + one_line(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


R_HEAD = """\
# Rscript analysis.R, in the folder of this file. Packages: base and recommended ones only.
# Each block ends with `estimate` and `p`, which is not adjusted for other comparisons. Estimates of ratios are logarithms.

d <- read.csv("wide.csv", fileEncoding = "UTF-8")
results <- list()
add <- function(row, estimate, p) results[[length(results) + 1]] <<- data.frame(row = row, estimate = estimate, p = p)
"""

R_TAIL = """
results <- do.call(rbind, results)
expected <- read.csv("expected.csv", fileEncoding = "UTF-8")[results$row, ]
results <- data.frame(expected[, c("analysis", "contrast")], row = results$row, estimate = results$estimate, p = results$p,
  difference = pmax(abs(results$estimate - expected$estimate), abs(results$p - expected$p_unadjusted), na.rm = TRUE))
print(results, row.names = FALSE)
far <- which(results$difference > 1e-6 * pmax(1, abs(results$estimate), na.rm = TRUE))
if (length(far)) message("DIFFERENT from trialsim: rows ", paste(results$row[far], collapse = ", "))
write.csv(results, "results_r.csv", row.names = FALSE)
"""


def _sequences(export: TrialExport, language: Language, line: str) -> list[str]:
    """In a crossover the line that gives the sequences the name of the arms, which the blocks compare."""
    name = export.layout.allocated
    if name == "arm":
        return []
    return [line.format(a=language.column.format(name="arm"), b=language.column.format(name=name))]


def r_script(export: TrialExport) -> str:
    """The script in R."""
    rows = written_rows(export, r.LANGUAGE, r.RECIPES)
    lines = [
        *(f"# {one_line(line)}" for line in about(export)),
        R_HEAD.rstrip("\n"),
        *_sequences(export, r.LANGUAGE, "{a} <- {b}  # sequences are compared"),
    ]
    for place, one in enumerate(rows, start=1):
        if not one.reason:
            lines += ["", f"# {one_line(one.plan.title)} ({one.plan.test})", *one.lines, f"add({place}, estimate, p)"]
    reasons = left_out(rows)
    if len(reasons) == len(rows):
        return "\n".join([*lines, *_messages(reasons, "message({})")]) + "\n"
    return "\n".join([*lines, R_TAIL.rstrip("\n"), *_messages(reasons, "message({})")]) + "\n"


def _messages(reasons: Sequence[str], call: str) -> list[str]:
    if not reasons:
        return []
    return ["", call.format(quoted("Not written here:")), *(call.format(quoted(f"  {one}")) for one in reasons)]


PYTHON_HEAD = '''\
# python analysis.py, in the folder of this file. Packages: numpy, pandas, scipy; statsmodels where it is imported below.
# Each block ends with `estimate` and `p`, which is not adjusted for other comparisons. Estimates of ratios are logarithms.

from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

HERE = Path(__file__).parent
d = pd.read_csv(HERE / "wide.csv")
results = []


def add(row, estimate, p):
    results.append((row, float(estimate), float(p)))


def within(x, low, high):
    """1 where x lies between, 0 where it does not, missing where it is."""
    return ((x >= low) & (x <= high)).astype(float).where(x.notna())


def tail(distribution, t, alternative):
    """The p-value of a statistic."""
    below, above = distribution.cdf(t), distribution.sf(t)
    return {"two-sided": 2 * min(below, above), "less": below, "greater": above}[alternative]


def least_squares(y, x):
    """Coefficients, residual sum of squares, degrees of freedom and the inverse of the cross products, with a constant first."""
    x = np.column_stack([np.ones(len(y)), np.asarray(x, float)])
    inverse = np.linalg.inv(x.T @ x)
    coefficients = inverse @ x.T @ np.asarray(y, float)
    rest = np.asarray(y, float) - x @ coefficients
    return coefficients, rest @ rest, len(y) - x.shape[1], inverse


def contrast_of(y, x, contrast):
    """A contrast of coefficients, its standard error and degrees of freedom."""
    coefficients, rest, df, inverse = least_squares(y, x)
    k = np.concatenate([[0.0], contrast])
    return k @ coefficients, np.sqrt(rest / df * (k @ inverse @ k)), df


def f_test(y, full, less):
    """The p-value of the columns of a model that are not in a smaller one."""
    _, rest, df, _ = least_squares(y, full)
    _, more, df_less, _ = least_squares(y, less)
    return stats.f.sf((more - rest) / (df_less - df) / (rest / df), df_less - df, df)
'''

PYTHON_TAIL = """
results = pd.DataFrame(results, columns=["row", "estimate", "p"])
expected = pd.read_csv(HERE / "expected.csv").loc[results["row"] - 1].reset_index(drop=True)
gaps = pd.concat([abs(results["estimate"] - expected["estimate"]), abs(results["p"] - expected["p_unadjusted"])], axis=1)
results = pd.concat([expected[["analysis", "contrast"]], results.assign(difference=gaps.max(axis=1))], axis=1)
print(results.to_string(index=False))
far = results[results["difference"] > 1e-6 * results["estimate"].abs().clip(lower=1).fillna(1)]
if len(far):
    print("DIFFERENT from trialsim: rows", ", ".join(map(str, far["row"])))
results.to_csv(HERE / "results_python.csv", index=False)
"""


def python_script(export: TrialExport) -> str:
    """The script in Python."""
    rows = written_rows(export, python.LANGUAGE, python.RECIPES)
    lines = [
        *(f"# {one_line(line)}" for line in about(export)),
        PYTHON_HEAD.rstrip("\n"),
        *_sequences(export, python.LANGUAGE, "{a} = {b}  # sequences are compared"),
    ]
    for place, one in enumerate(rows, start=1):
        if not one.reason:
            lines += ["", f"# {one_line(one.plan.title)} ({one.plan.test})", *one.lines, f"add({place}, estimate, p)"]
    reasons = left_out(rows)
    tail = [] if len(reasons) == len(rows) else [PYTHON_TAIL.rstrip("\n")]
    return "\n".join([*lines, *tail, *_messages(reasons, "print({})")]) + "\n"


SPSS_HEAD = """\
* Open this file in SPSS and set the folder in the next line to that of wide.sav, then run all.
CD '.'.
GET FILE='wide.sav'.
"""


def spss_script(export: TrialExport) -> str:
    """The syntax for SPSS; before each command is what it has to show."""
    rows, expected = written_rows(export, spss.LANGUAGE, spss.RECIPES), expected_rows(export)
    lines = [
        *(f"* {_comment(line)}." for line in about(export)),
        SPSS_HEAD.rstrip("\n"),
        *_sequences(export, spss.LANGUAGE, "COMPUTE {a} = {b}."),
    ]
    for one, found in zip(rows, expected, strict=True):
        if not one.reason:
            wanted = [
                f"{name} {float(text):.10g}"
                for name, text in (("estimate", found[4]), ("unadjusted p", found[5]))
                if text
            ]
            head = [f"* {_comment(one.plan.title)} ({one.plan.test}).", f"* Expected: {', '.join(wanted)}."]
            lines += ["", *head, *one.lines, "FILTER OFF."]
    reasons = left_out(rows)
    reasons_given = ["", "* Not written here:."] + [f"*   {_comment(one)}." for one in reasons] if reasons else []
    return "\n".join([*lines, *reasons_given]) + "\n"


def _comment(text: str) -> str:
    """A text for a comment of SPSS, which a full stop at the end of a line would end."""
    return one_line(text).rstrip(".")
