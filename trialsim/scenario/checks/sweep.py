"""Whether a sweep is one: parts that fit together, each value varied once, not too many points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from trialsim.scenario.sweep import Sweep, size_of, twice
from trialsim.scenario.text import Finding, Path

#: More points than this are refused; above :data:`MANY` the command line asks for ``--yes``.
MOST = 1_000_000
MANY = 10_000


def check_sweep(sweep: Sweep, report: Callable[[Finding], None], path: Path = ("sweep",)) -> None:
    """Report what is wrong with a sweep."""
    if not sweep.paths():
        report(Finding("TS-E004", path, "nothing is varied.", "Write matrix: {design.enroll: [60, 99, 150]}."))
        return
    lengths = {key: size_of(Sweep(matrix={key: values})) for key, values in sweep.zip_.items()}
    if len(set(lengths.values())) > 1:
        counts = ", ".join(f"{key} has {count}" for key, count in lengths.items())
        report(Finding("TS-E091", (*path, "zip"), f"zip needs lists of one length: {counts}.", "Or write matrix:."))
    if bool(sweep.latin) != (sweep.points is not None):
        message = "latin: and points: belong together."
        report(Finding("TS-E091", path, message, "Write latin: {PATH: low..high} and points: 40."))
    listed = {key for point in sweep.list_ for key in point}
    for key, count in Counter([*sweep.matrix, *sweep.zip_, *listed, *sweep.latin]).items():
        if count > 1:
            report(Finding("TS-E091", path, f"'{key}' is varied in {count} parts of the sweep.", "Keep one of them."))
    for i, point in enumerate(sweep.list_):
        if point.keys() != listed:
            absent = ", ".join(sorted(listed - point.keys()))
            report(Finding("TS-E091", (*path, "list", i), f"this point says nothing about {absent}.", "Add it."))
    for place, what in twice(sweep):
        report(
            Finding(
                "TS-E091", (*path, *place), f"{what} is written twice: a design would be simulated twice.", "Keep one."
            )
        )
    if len(set(lengths.values())) <= 1 and size_of(sweep) > MOST:
        report(Finding("TS-E092", path, f"the sweep has {size_of(sweep):,} points.", f"{MOST:,} are allowed."))
