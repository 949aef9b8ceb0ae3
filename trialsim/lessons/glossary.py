"""Words of the lessons in plain words, and the exercise sheet, read from files beside the lessons' texts."""

from __future__ import annotations

import tomllib

from trialsim.lessons.shelf import TEXTS, tidy

GLOSSARY: dict[str, str] = tomllib.loads((TEXTS / "glossary.toml").read_text(encoding="utf-8"))

#: Each with ``title``, ``question`` and ``answer``.
EXERCISES: list[dict[str, str]] = [
    {key: tidy(text) for key, text in one.items()}
    for one in tomllib.loads((TEXTS / "exercises.toml").read_text(encoding="utf-8"))["exercises"]
]
