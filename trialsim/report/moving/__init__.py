"""The ward of a few simulated trials, moving: participants on their pathway, staff, and the outcome along it."""
