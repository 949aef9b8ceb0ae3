"""Quantities as people write them: units, records, reading, and faults with a place, a rule and a remedy."""
