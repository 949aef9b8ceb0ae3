"""The user's own function."""

from __future__ import annotations

from typing import Final

from trialsim.kinds.tests.options import FUNCTION
from trialsim.kinds.tests.records import NO_ESTIMATE, Requirement, Test

PYTHON: Final = Test(
    name="python",
    samples=("one", "two"),
    takes=("value", "change"),
    family="own",
    effect=NO_ESTIMATE,
    yes_or_no=False,
    options=(FUNCTION,),
    needs=(Requirement((FUNCTION,), "a function", "Write function: my_analysis.py:compare."),),
    directions=(),
    equal_sds=False,
    marks=False,
)
