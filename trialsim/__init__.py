"""trialsim: a flight simulator for small bedside trials.

``import trialsim as ts``. Every function takes a path, the name of a shipped scenario, the text of one, a Scenario or a Study;
every result has ``frame()``, shows itself on one screen and in a notebook. A name is loaded when it is first used.

describe  load change fit check explain schema shipped prepare
play      simulate analyze evaluate find_truth replay
ask       find_size find_effect find_precision find_pilot_size find_assurance compare compare_analyses sweep tornado reproduce
keep      run open_run runs merge verify export template protocol; plots.NAME(result)
types     Scenario Study Cohort Estimates Run Result, TrialsimError and its children
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from trialsim.version import __version__

if TYPE_CHECKING:
    from trialsim import plots
    from trialsim.analysis.estimates import Estimates
    from trialsim.api.choices import compare_analyses
    from trialsim.api.compare import compare
    from trialsim.api.describe import change, check, explain, fit, load, prepare, schema, shipped
    from trialsim.api.export import export
    from trialsim.api.find import find_assurance, find_effect, find_pilot_size, find_precision, find_size
    from trialsim.api.finished import Run, open_run
    from trialsim.api.keep import run
    from trialsim.api.play import analyze, evaluate, find_truth, replay, simulate
    from trialsim.api.protocol import protocol
    from trialsim.api.reproduce import reproduce
    from trialsim.api.shards import merge
    from trialsim.api.stored import runs, verify
    from trialsim.api.sweep import sweep
    from trialsim.api.template import template
    from trialsim.api.tornado import tornado
    from trialsim.cohort import Cohort
    from trialsim.errors import (
        AnalysisError,
        DistributionError,
        EngineError,
        ProtocolError,
        RunError,
        ScenarioError,
        TrialsimError,
        UnitError,
    )
    from trialsim.prepared import Study
    from trialsim.result import Result
    from trialsim.scenario import Scenario

#: The module of each public name.
_PUBLIC = {
    "trialsim.api.describe": ("load", "change", "fit", "check", "explain", "schema", "shipped", "prepare"),
    "trialsim.api.play": ("simulate", "analyze", "evaluate", "find_truth", "replay"),
    "trialsim.api.find": ("find_size", "find_effect", "find_precision", "find_pilot_size", "find_assurance"),
    "trialsim.api.compare": ("compare",),
    "trialsim.api.sweep": ("sweep",),
    "trialsim.api.tornado": ("tornado",),
    "trialsim.api.reproduce": ("reproduce",),
    "trialsim.api.choices": ("compare_analyses",),
    "trialsim.api.keep": ("run",),
    "trialsim.api.finished": ("open_run", "Run"),
    "trialsim.api.shards": ("merge",),
    "trialsim.api.stored": ("runs", "verify"),
    "trialsim.api.protocol": ("protocol",),
    "trialsim.api.export": ("export",),
    "trialsim.api.template": ("template",),
    "trialsim.scenario": ("Scenario",),
    "trialsim.prepared": ("Study",),
    "trialsim.cohort": ("Cohort",),
    "trialsim.analysis.estimates": ("Estimates",),
    "trialsim.result": ("Result",),
    "trialsim.errors": (
        "TrialsimError", "ScenarioError", "ProtocolError", "EngineError", "AnalysisError", "RunError", "DistributionError",
        "UnitError",
    ),
}  # fmt: skip
_MODULE = {name: module for module, names in _PUBLIC.items() for name in names}

__all__ = [  # noqa: RUF022  # by the step of the work
    "__version__", "plots",
    "load", "change", "fit", "check", "explain", "schema", "shipped", "prepare",
    "simulate", "analyze", "evaluate", "find_truth", "replay",
    "find_size", "find_effect", "find_precision", "find_pilot_size", "find_assurance", "compare", "compare_analyses",
    "sweep", "tornado", "reproduce",
    "run", "open_run", "runs", "merge", "verify", "export", "template", "protocol",
    "Scenario", "Study", "Cohort", "Estimates", "Run", "Result",
    "TrialsimError", "ScenarioError", "ProtocolError", "EngineError", "AnalysisError", "RunError", "DistributionError",
    "UnitError",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """A public name, loaded now; a misspelled one is answered with the nearest.

    Raises
    ------
    AttributeError
        for an unknown name
    """
    from importlib import import_module

    if name in _MODULE:
        return getattr(import_module(_MODULE[name]), name)
    if name == "plots":
        return import_module("trialsim.plots")
    if name.startswith("__"):
        raise AttributeError(name)
    from trialsim.quantities.refuse import did_you_mean

    raise AttributeError(f"trialsim has no '{name}'. {did_you_mean(name, __all__)}")


def __dir__() -> list[str]:
    return list(__all__)


class _Public(ModuleType):
    """The package, in which ``sweep``, ``compare``, ``export``, ... stay the functions of these names.

    Python would put the room of the same name in their place as soon as something is imported from it.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _MODULE and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Public
