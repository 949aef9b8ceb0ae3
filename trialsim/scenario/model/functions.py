"""The user's own analysis as a scenario names it: a function in a Python file beside it. Reading it runs nothing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from trialsim.quantities.empirical import beside
from trialsim.quantities.fields import Line, Record
from trialsim.quantities.refuse import refuse
from trialsim.regular import read_regular

#: The largest file of functions [bytes].
MOST_BYTES = 2**20

_WRITTEN = re.compile(r"\s*([^:]+?\.py)\s*:\s*([A-Za-z_]\w*)\s*")
_DIGEST = re.compile(r"[0-9a-f]{32}")


class OwnFunction(Record):
    """A function in a Python file of the scenario's folder, written ``file.py:name``.

    Attributes
    ----------
    file : the Python file, beside the scenario or below it. Example: my_analysis.py
    name : the function in it. Example: compare
    digest : of the content of the file, filled in; written, only a file of this content may run. Example:
        0123456789abcdef0123456789abcdef
    """

    file: Line
    name: Line
    digest: Line = Field(default="", pattern=r"^[0-9a-f]{32}$")


def digest_of(source: bytes) -> str:
    """Hexadecimal BLAKE2b (16 bytes) of the content of a file, with line ends as on Linux and without a byte order mark."""
    plain = source.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    return hashlib.blake2b(plain, digest_size=16).hexdigest()


def source_of(folder: Path, file: str) -> bytes | None:
    """The content of a Python file in a folder or below it; None if it cannot be read."""
    path = beside(folder, file)
    try:
        return None if path is None else read_regular(path, most=MOST_BYTES)
    except OSError:
        return None


def _read(value: object, info: Any) -> object:
    """``file.py:name`` or its parts, with the digest of the file; the file is read and never run."""
    if value is None or isinstance(value, OwnFunction):
        return value
    parts = dict(value) if isinstance(value, Mapping) else {}
    if isinstance(value, str) and (found := _WRITTEN.fullmatch(value)):
        parts = {"file": found[1], "name": found[2]}
    if not parts or not _WRITTEN.fullmatch(f"{parts.get('file')}:{parts.get('name')}"):
        refuse("TS-E175", "this is not a function in a Python file.", remedy="Write function: my_analysis.py:compare.")
    if not _DIGEST.fullmatch(str(parts.get("digest", ""))):
        context = getattr(info, "context", None) or {}
        source = source_of(Path(context.get("folder", ".")), parts["file"])
        if source is None:
            remedy = "Put it beside the scenario, or into a folder below it."
            refuse("TS-E176", f"the file '{parts['file']}' cannot be read.", remedy=remedy)
        parts["digest"] = digest_of(source)
    return parts


Function = Annotated[
    OwnFunction | None,
    BeforeValidator(_read),
    WithJsonSchema(
        {
            "description": "a function in a Python file beside the scenario",
            "anyOf": [{"type": "string", "pattern": r"\.py\s*:"}, {"type": "object"}],
        }
    ),
]
