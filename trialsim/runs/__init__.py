"""Runs: a study simulated into an output folder, with a manifest that says what made each file."""
