"""How help looks: commands by the step of a study, options by what they are for, examples, colors for light and dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import rich_click as click

#: Commands, in the order of a study.
STEPS: Mapping[str, Sequence[str]] = {
    "Describe a study": ("init", "check", "explain", "fit"),
    "Simulate it": ("run", "size", "assurance"),
    "Ask of several designs": ("compare", "sweep", "tornado"),
    "Look at one trial": ("cohort", "export", "replay", "reproduce"),
    "Write it up, prepare it": ("protocol", "template"),
    "Keep and verify": ("runs", "verify", "merge", "slurm"),
    "Learn and teach, in a browser or without": ("lesson", "app"),
    "For editors and scripts": ("schema",),
}

#: Options by what they are for; those of a command that are in none of these are its own, and come first.
PURPOSES: Mapping[str, Sequence[str]] = {
    "What is simulated": (
        "--set",
        "--replicates",
        "--replicate",
        "--seed",
        "--precision",
        "--precision-of",
        "--truth",
        "--ranges",
    ),
    "Where and how": ("--workers", "--engine", "--executor", "--cluster", "--shard", "--yes"),
    "What is written and printed": ("--out", "--figures", "--all", "--quiet", "--json", "--help"),
}

#: What people type, by command.
EXAMPLES: Mapping[str, Sequence[str]] = {
    "init": ("trialsim init", "trialsim init picu-blood-draw --as mine.yaml"),
    "check": ("trialsim check mine.yaml", "trialsim check mine.yaml -s design.enroll=60"),
    "explain": ("trialsim explain mine.yaml", "trialsim explain mine.yaml --all"),
    "run": (
        "trialsim run mine.yaml",
        "trialsim run mine.yaml -r 1e4 -s setting.resources.nurse.units=1",
        "trialsim run mine.yaml --precision 0.5%",
    ),
    "size": (
        "trialsim size mine.yaml --power 90%",
        "trialsim size mine.yaml --for 'fear_during/music - control' --between 60..300",
        "trialsim size mine.yaml --effect",
    ),
    "fit": ("trialsim fit pilot.csv --plan", "trialsim fit pilot.csv -o mine.yaml"),
    "assurance": ("trialsim assurance assurance", "trialsim assurance mine.yaml --power 80%"),
    "compare": (
        "trialsim compare mine.yaml other.yaml",
        "trialsim compare mine.yaml --with setting.resources.nurse.units=1",
        "trialsim compare mine.yaml --analyses",
        "trialsim compare mine.yaml --analyses fear_during,choices.yaml",
    ),
    "sweep": ('trialsim sweep mine.yaml --over design.enroll="60..120 by 20"',),
    "tornado": ("trialsim tornado mine.yaml", "trialsim tornado mine.yaml --for fear_during -r 5_000"),
    "export": ("trialsim export mine.yaml spss stata", "trialsim export outputs/mine all --replicate 7"),
    "cohort": ("trialsim cohort mine.yaml", "trialsim cohort mine.yaml --replicate 7 -o trial-7"),
    "template": ("trialsim template mine.yaml", "trialsim template mine.yaml --enrolled 2026-02-02"),
    "replay": ("trialsim replay mine.yaml --replicate 7", "trialsim replay mine.yaml -r 7 --events"),
    "reproduce": ("trialsim reproduce picu-blood-draw -r 1e3",),
    "protocol": (
        "trialsim protocol mine.yaml",
        "trialsim protocol outputs/mine --format docx --ranges",
        "trialsim protocol mine.yaml --answers answers-of-the-group.yaml",
    ),
    "runs": ("trialsim runs", "trialsim runs outputs --clean --chunks"),
    "verify": ("trialsim verify outputs/mine",),
    "merge": ("trialsim merge outputs/mine",),
    "slurm": ("trialsim slurm mine.yaml --shards 20 > mine.sbatch",),
    "lesson": ("trialsim lesson", "trialsim lesson again", "trialsim lesson again --notebook again.ipynb"),
    "app": ("trialsim app", "trialsim app --class --limit 45", "trialsim app --solo", "trialsim app --remove"),
    "schema": ("trialsim schema > trialsim.schema.json", "trialsim schema --of results"),
}

#: Styles that are read on white and on black: bold and the terminal's own colors, no yellow, no grey.
STYLES = {
    "STYLE_OPTION": "bold", "STYLE_ARGUMENT": "bold", "STYLE_COMMAND": "bold", "STYLE_SWITCH": "bold",
    "STYLE_METAVAR": "", "STYLE_METAVAR_APPEND": "", "STYLE_METAVAR_SEPARATOR": "", "STYLE_USAGE": "bold",
    "STYLE_USAGE_COMMAND": "bold", "STYLE_USAGE_SEPARATOR": "", "STYLE_HELPTEXT": "", "STYLE_HELPTEXT_FIRST_LINE": "",
    "STYLE_OPTION_DEFAULT": "", "STYLE_OPTION_HELP": "", "STYLE_COMMAND_HELP": "", "STYLE_OPTION_NEGATIVE": "bold",
    "STYLE_SWITCH_NEGATVE": "bold", "STYLE_EPILOG_TEXT": "", "STYLE_OPTIONS_PANEL_BORDER": "", "STYLE_RANGE_APPEND": "",
    "STYLE_COMMANDS_PANEL_BORDER": "", "STYLE_REQUIRED_SHORT": "bold red", "STYLE_REQUIRED_LONG": "bold red",
}  # fmt: skip


def set_up(commands: Sequence[str]) -> None:
    """Tell the library that prints help how it looks here."""
    look = click.rich_click
    for name, style in STYLES.items():
        if hasattr(look, name):
            setattr(look, name, style)
    look.COMMAND_GROUPS = {"trialsim": [{"name": step, "commands": list(names)} for step, names in STEPS.items()]}
    groups: list[Any] = [{"name": purpose, "options": list(names)} for purpose, names in PURPOSES.items()]
    look.OPTION_GROUPS = {f"trialsim {name}": groups for name in commands}


def examples(command: str) -> str:
    """The examples of a command, one a line."""
    lines = EXAMPLES[command]
    return "\n\n".join([f"Example{'s' if len(lines) > 1 else ''}:", *(f"  {line}" for line in lines)])
