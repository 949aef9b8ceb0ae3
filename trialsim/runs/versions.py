"""By which versions numbers were found."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import metadata

from trialsim.version import __version__

#: Packages whose version may move a digit.
PACKAGES = ("numpy", "numba", "llvmlite", "scipy", "simpy", "pandas", "pyarrow", "pydantic")


def versions() -> dict[str, str]:
    """Version of trialsim, Python and the packages that may move a digit."""
    return dict(_versions())


@cache
def _versions() -> tuple[tuple[str, str], ...]:
    known = {"trialsim": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            known[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return tuple(known.items())


def joined(some: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The versions of several processes as one, with every version that took part.

    >>> joined([{"numpy": "2.0.1"}, {"numpy": "2.1.0", "scipy": "1.13.0"}, {"numpy": "2.0.1"}])
    {'numpy': '2.0.1 and 2.1.0', 'scipy': '1.13.0'}
    """
    known: dict[str, list[str]] = {}
    for one in some:
        for name, version in one.items():
            if version not in known.setdefault(name, []):
                known[name].append(version)
    return {name: " and ".join(sorted(found)) for name, found in known.items()}
