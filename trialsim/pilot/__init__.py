"""Scenarios from pilot data or printed statistics, every number with a prior for its uncertainty."""

from trialsim.pilot.fit import fit_pilot
from trialsim.pilot.fragment import Fragment
from trialsim.pilot.tables import FitError, Pilot, read_pilot

__all__ = ["FitError", "Fragment", "Pilot", "fit_pilot", "read_pilot"]
