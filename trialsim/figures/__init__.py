"""Figures: each a function of tables; all numbers come from the tables."""
