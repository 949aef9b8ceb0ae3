"""Interim looks: when they come, what is known then, what is decided, and what is estimated after a stop."""
