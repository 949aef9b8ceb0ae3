"""The floor of the requirements and the audit: neither may pass without having looked."""

from __future__ import annotations

import importlib.util
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

TESTS = Path(__file__).parent


def script(name: str) -> ModuleType:
    """A script of this folder, by its file."""
    spec = importlib.util.spec_from_file_location(f"script_{name}", TESTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


floor, audit = script("floor"), script("audit")


def test_every_requirement_has_a_lower_bound() -> None:
    with floor.PROJECT.open("rb") as stream:
        project = tomllib.load(stream)["project"]
    lines = [floor.lowest(line) for line in floor.requirements(project)]
    names = [line.partition("==")[0] for line in lines]
    assert {"numpy", "numba", "pytest", "dask"} <= set(names)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("requirement", "pinned"),
    [("numpy>=2.0", "numpy==2.0"), ("ruamel.yaml >= 0.18.6, <1", "ruamel.yaml==0.18.6"), ("a[b]>=1", "a==1")],
)
def test_the_lowest_version(requirement: str, pinned: str) -> None:
    assert floor.lowest(requirement) == pinned


@pytest.mark.parametrize("requirement", ["numpy", "numpy<3", "numpy==2.0", "numpy~=2.0"])
def test_a_requirement_without_a_lower_bound_is_refused(requirement: str) -> None:
    with pytest.raises(ValueError, match="no lower bound"):
        floor.lowest(requirement)


def package(name: str, *faults: str) -> dict[str, Any]:
    return {"name": name, "version": "1.0", "vulns": [{"id": one, "fix_versions": ["1.1"]} for one in faults]}


def unknown(name: str) -> dict[str, Any]:
    """What pip-audit writes where the service knows no such package, or is no such service."""
    return {"name": name, "skip_reason": f"Dependency not found on PyPI and could not be audited: {name} (1.0)"}


def report(*packages: dict[str, Any]) -> dict[str, Any]:
    return {"dependencies": list(packages), "fixes": []}


CONTROL = report(package("jinja2", "GHSA-h5c8-rqwp-cp95"))


def test_a_clean_audit_passes() -> None:
    code, lines = audit.verdict(CONTROL, report(package("numpy"), unknown("private")))
    assert code == 0
    assert lines == ["1 packages looked up, 0 advisories.", "1 not known to the service: private."]


def test_an_advisory_fails() -> None:
    code, lines = audit.verdict(CONTROL, report(package("numpy"), package("dask", "GHSA-1", "GHSA-2")))
    assert code == 1
    assert lines[1:] == ["dask 1.0: GHSA-1, mended in 1.1", "dask 1.0: GHSA-2, mended in 1.1"]


@pytest.mark.parametrize(
    ("control", "installed"),
    [
        (None, None),
        (report(unknown("jinja2")), report(unknown("numpy"))),
        (report(package("jinja2")), report(package("numpy"))),
        (CONTROL, None),
        (CONTROL, report(unknown("numpy"))),
    ],
    ids=["no answer", "a mirror that knows nothing", "a mirror without advisories", "broke off", "all unknown"],
)
def test_an_audit_that_looked_nothing_up_is_no_success(
    control: dict[str, Any] | None, installed: dict[str, Any] | None
) -> None:
    """Planted: these are the answers with which pip-audit itself ends in success or with a traceback."""
    assert audit.verdict(control, installed)[0] == 2
