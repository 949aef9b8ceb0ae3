"""What was asked in the workbench, as a command line and as Python that give the same numbers."""

from __future__ import annotations

import json
import shlex
from typing import Any


def as_command(kind: str, asked: dict[str, Any]) -> str:
    """The command line.

    >>> as_command("run", {"file": "mine.yaml", "replicates": 1000})
    'trialsim run mine.yaml --replicates 1000'
    """
    return shlex.join(["trialsim", *_WORDS[kind](asked)])


def as_python(kind: str, asked: dict[str, Any]) -> str:
    """The same in Python.

    >>> print(as_python("size", {"file": "mine.yaml", "replicates": 1000, "power": 0.8}))
    import trialsim as ts
    <BLANKLINE>
    found = ts.find_size("mine.yaml", power=0.8, replicates=1000, confirm=1000)
    print(found)
    """
    return f"import trialsim as ts\n\nfound = {_CALLS[kind](asked)}\nprint(found)"


def _run(asked: dict[str, Any]) -> list[str]:
    return ["run", asked["file"], "--replicates", str(asked["replicates"])]


def _protocol(asked: dict[str, Any]) -> list[str]:
    return ["protocol", asked["file"], "--replicates", str(asked["replicates"])]


def _size(asked: dict[str, Any]) -> list[str]:
    many = str(asked["replicates"])
    return ["size", asked["file"], "--power", f"{100 * asked['power']:g}%", "--replicates", many, "--confirm", many]


def _compare(asked: dict[str, Any]) -> list[str]:
    other = ["--with", asked["other_set"][0]] if asked.get("other_set") else [asked["other_file"]]
    return ["compare", asked["file"], *other, "--replicates", str(asked["replicates"])]


def _sweep(asked: dict[str, Any]) -> list[str]:
    return [
        "sweep",
        asked["file"],
        "--over",
        f"{asked['path']}=[{', '.join(asked['values'])}]",
        "--replicates",
        str(asked["replicates"]),
    ]


def _python_run(asked: dict[str, Any]) -> str:
    return f"ts.evaluate({json.dumps(asked['file'])}, replicates={asked['replicates']}, truth=False)"


def _python_protocol(asked: dict[str, Any]) -> str:
    return f"ts.protocol({json.dumps(asked['file'])}, replicates={asked['replicates']})"


def _python_size(asked: dict[str, Any]) -> str:
    many = asked["replicates"]
    return f"ts.find_size({json.dumps(asked['file'])}, power={asked['power']:g}, replicates={many}, confirm={many})"


def _python_compare(asked: dict[str, Any]) -> str:
    file = json.dumps(asked["file"])
    if asked.get("other_set"):
        return f"ts.compare([{file}], variants={json.dumps(asked['other_set'])}, replicates={asked['replicates']})"
    return f"ts.compare([{file}, {json.dumps(asked['other_file'])}], replicates={asked['replicates']})"


def _python_sweep(asked: dict[str, Any]) -> str:
    over = json.dumps({asked["path"]: [_plain(one) for one in asked["values"]]}, ensure_ascii=False)
    return f"ts.sweep({json.dumps(asked['file'])}, {over}, replicates={asked['replicates']})"


def _plain(value: str) -> str | float | int:
    """A number as a number; one with a unit stays a text."""
    try:
        return int(value)
    except ValueError:
        pass
    try:
        return float(value)
    except ValueError:
        return value


_WORDS = {"run": _run, "protocol": _protocol, "size": _size, "compare": _compare, "sweep": _sweep}
_CALLS = {
    "run": _python_run,
    "protocol": _python_protocol,
    "size": _python_size,
    "compare": _python_compare,
    "sweep": _python_sweep,
}
