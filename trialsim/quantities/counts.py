"""A number of things in words."""

from __future__ import annotations


def counted(count: int, thing: str) -> str:
    """A count with its noun.

    >>> counted(1, "chunk"), counted(1200, "simulated trial"), counted(0, "shard")
    ('1 chunk', '1,200 simulated trials', '0 shards')
    """
    return f"{count:,} {thing}{'s' if count != 1 else ''}"
