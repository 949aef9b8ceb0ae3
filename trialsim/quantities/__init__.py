"""Quantities as people write them: units, records, reading, and refusing with a place, a rule and a remedy."""
