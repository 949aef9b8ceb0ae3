"""A study written out for its protocol and its paper: the sample-size section and the checklists, filled from a run."""
