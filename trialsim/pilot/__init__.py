"""Scenarios from pilot data or printed statistics, every number with a prior for its uncertainty."""

from trialsim.pilot.arrays import read_pilot, ready
from trialsim.pilot.data import Choices, FitError, Pilot
from trialsim.pilot.fit import fit_pilot
from trialsim.pilot.fragment import Fragment

__all__ = ["Choices", "FitError", "Fragment", "Pilot", "fit_pilot", "read_pilot", "ready"]
