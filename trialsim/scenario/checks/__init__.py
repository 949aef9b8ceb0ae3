"""Everything that must fit together in a scenario: one file a subject."""
