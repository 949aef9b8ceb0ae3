"""From which file a result is: two files with one name would otherwise take turns in one folder without a word."""

from __future__ import annotations

import os
from pathlib import Path

from trialsim.runs.record import key_of, sound_manifest
from trialsim.runs.stores import EARLIER, Content
from trialsim.scenario.shipped import shipped_scenarios

#: What a shipped scenario is called in place of a file.
SHIPPED = "shipped:"


def source_of(file: str, out: Path) -> str:
    """The file of a scenario as the manifest in ``out`` names it: from there, so that both can be moved together.

    Empty where the scenario is from no file, or from one in the folder of the run itself.
    """
    path = Path(file)
    if not path.is_file():
        return ""
    shipped = next((name for name, card in shipped_scenarios().items() if card.path == path), None)
    if shipped is not None:
        return f"{SHIPPED}{shipped}"
    path, out = path.resolve(), out.resolve()
    if out in path.parents:
        return ""
    try:
        return Path(os.path.relpath(path, out)).as_posix()
    except ValueError:  # on another drive
        return path.name


def other_file(content: Content, out: Path) -> str:
    """That a folder shows the result of another file of the same name, which is about to become an earlier result; or empty.

    A file that was edited, moved or given another name is the same file; two files with the same content make one result.
    """
    before, file = sound_manifest(out), content.study.scenario.written.file
    there, here = (before or {}).get("source", ""), source_of(file, out)
    if before is None or not there or not here or there == here or key_of(before) == content.key:
        return ""
    shipped = there.removeprefix(SHIPPED)
    other = out.resolve() / there
    if shipped == there and not other.is_file():
        return ""
    named = f"the shipped scenario {shipped}" if shipped != there else os.path.relpath(other)
    mine = f"the shipped scenario {here.removeprefix(SHIPPED)}" if here.startswith(SHIPPED) else file
    return (
        f"{out} shows the result of {named}; this run is of {mine}. Both have the name '{content.study.scenario.name}', so "
        f"they share the folder. The result there is kept in {out / EARLIER}. To keep the two apart, change `name:` in one "
        "of the files, or use --out."
    )
