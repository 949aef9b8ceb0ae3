"""Reporting guidelines, row by row: what each asks, in words of our own, and what the run or a draft answers."""
