"""The statistics that papers print of a test."""

from __future__ import annotations

from typing import Final

from trialsim.kinds.tests.records import Family, Samples, Test

#: The statistics that papers print of a test, by its family and what it compares; F of two arms is t squared.
STATISTICS: Final[dict[tuple[Family, Samples], tuple[str, ...]]] = {
    ("means", "one"): ("t",),
    ("means", "two"): ("t", "F"),
    ("means", "all"): ("F",),
    ("means", "factor"): ("t", "F"),
    ("ranks", "one"): (),
    ("ranks", "two"): ("U",),
    ("ranks", "all"): ("H",),
    ("tables", "one"): (),
    ("tables", "two"): (),
    ("tables", "all"): (),
    ("risk sets", "two"): (),
    ("risk sets", "all"): (),
    ("own", "one"): (),
    ("own", "two"): (),
}


def statistics_of(test: Test, samples: Samples) -> tuple[str, ...]:
    """The statistics that papers print of a test."""
    return STATISTICS[test.family, samples] if test.prints is None else test.prints
