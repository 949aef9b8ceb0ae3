"""Begin a study: a file of one's own from a shipped scenario, or from a skeleton to fill in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from trialsim.errors import RunError
from trialsim.quantities.letters import usable_name
from trialsim.quantities.refuse import did_you_mean
from trialsim.scenario.shipped import ShippedScenario, shipped_scenarios

if TYPE_CHECKING:
    from trialsim.pilot import Fragment

TEMPLATES = Path(__file__).parent / "templates"

#: Skeletons to fill in, and their titles in the list.
BLANK = {
    "blank": "A commented skeleton: two arms, two visits, no ward",
    "blank-ward": "A commented skeleton: two arms on a ward with nurses",
}

NAME = re.compile(r"^name:[^\n#]*?(?=\s*(#|$))", re.MULTILINE)

#: What YAML reads as a word: it begins with a letter and is not read as a truth, a gap or a number.
WORD = re.compile(r"(?!(?:true|false|null|yes|no|on|off|y|n)$)[^\W\d_][\w.-]*", re.IGNORECASE)


def templates() -> dict[str, ShippedScenario]:
    """What a study can begin with, by name: the shipped scenarios, then the skeletons."""
    blank = {name: ShippedScenario(title, TEMPLATES / f"{name}.yaml", ()) for name, title in BLANK.items()}
    return {**shipped_scenarios(), **blank}


def begin_study(template: str, target: Path | None = None) -> list[Path]:
    """Copy a template, with the data it reads, as ``target``, and list the files; the study gets the name of the file.

    Nothing is overwritten.

    Raises
    ------
    RunError
        TS-R010 for an unknown template, TS-R011 when a file exists already
    """
    known = templates()
    if template not in known:
        raise RunError(
            f"No shipped scenario is called {template!r}.", code="TS-R010",
            remedy=f"{did_you_mean(template, list(known), what='Shipped')} `trialsim init` lists them.".strip(),
        )  # fmt: skip
    card = known[template]
    path = target or Path(card.path.name)
    text = named(card.path.read_text(encoding="utf-8"), usable_name(path.stem))
    files = {path: text.encode("utf-8"), **{path.parent / one.name: one.read_bytes() for one in card.companions}}
    for copy, content in files.items():
        if copy.exists() and (copy == path or copy.read_bytes() != content):
            raise RunError(f"{copy} exists already.", code="TS-R011", remedy="Choose another name with --as.")
    for copy, content in files.items():
        copy.write_bytes(content)
    return list(files)


def named(text: str, name: str) -> str:
    r"""The text of a scenario under another name, which its folder of results has too; unchanged if no name is left.

    >>> named("trialsim: 1\nname: picu-blood-draw   # short\n", "2024")
    'trialsim: 1\nname: "2024"   # short\n'
    """
    if not name:
        return text
    return NAME.sub(lambda _: f"name: {name}" if WORD.fullmatch(name) else f'name: "{name}"', text, count=1)


def fit_written(fragment: Fragment, name: str, pilot: str) -> Path:
    """Write the page of a scenario made from a ``pilot``, in the folder of this ``name``."""
    from trialsim.report.fit import write_fit

    return write_fit(usable_name(name) or "pilot", pilot, fragment)
