"""Figures: each a function of tables; nothing is computed here that a table does not hold."""
