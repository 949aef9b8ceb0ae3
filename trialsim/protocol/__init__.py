"""The protocol: calendars, steps, and the program that both engines run."""
