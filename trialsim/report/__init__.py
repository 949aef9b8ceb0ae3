"""What a scenario means in words, and what a run found as one page."""
