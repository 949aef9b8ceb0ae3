"""Words of the lessons in plain words, read from ``texts/glossary.toml``."""

from __future__ import annotations

import tomllib

from trialsim.lessons.shelf import TEXTS

GLOSSARY: dict[str, str] = tomllib.loads((TEXTS / "glossary.toml").read_text(encoding="utf-8"))
