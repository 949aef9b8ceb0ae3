"""A trial, or an empty set to collect one, in the formats of other programs: one data model, one file a format."""
