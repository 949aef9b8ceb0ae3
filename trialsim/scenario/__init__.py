"""The scenario file: read, checked, resolved. Only a resolved scenario runs."""

from trialsim.scenario.load import load, loads
from trialsim.scenario.messages import render_faults
from trialsim.scenario.model import Scenario
from trialsim.scenario.resolve import resolve

__all__ = ["Scenario", "load", "loads", "render_faults", "resolve"]
