"""The scenario file: read, checked, resolved. Only a resolved scenario runs."""

from trialsim.scenario.change import change
from trialsim.scenario.load import load, loads, read_file
from trialsim.scenario.messages import render_faults
from trialsim.scenario.model import Scenario
from trialsim.scenario.resolve import resolve
from trialsim.scenario.written import WrittenScenario

__all__ = ["Scenario", "WrittenScenario", "change", "load", "loads", "read_file", "render_faults", "resolve"]
