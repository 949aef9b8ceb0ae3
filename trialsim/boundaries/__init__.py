"""Bounds of group sequential trials: how they are found, what they reject, and what is estimated after a stop."""
