"""The protocol: calendars, steps, and the program both engines play."""
