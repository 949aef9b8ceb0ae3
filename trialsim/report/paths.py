"""Short names for places of a scenario."""

from __future__ import annotations


def names_of(paths: tuple[str, ...]) -> dict[str, str]:
    """A short name for each path: its last two parts, more where these are equal.

    >>> names_of(("design.enroll", "setting.resources.nurse.units"))
    {'design.enroll': 'enroll', 'setting.resources.nurse.units': 'nurse units'}
    """
    names: dict[str, str] = {}
    for path in paths:
        parts = [part for part in path.split(".") if part != "design"]
        others = [other.split(".") for other in paths if other != path]
        length = 3 if parts[-2:-1] == ["with"] else 2
        while length < len(parts) and any(other[-length:] == parts[-length:] for other in others):
            length += 1
        names[path] = " ".join(parts[-length:]).replace("_", " ")
    return names
