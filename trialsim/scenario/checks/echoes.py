"""One mistake, one message: faults that only follow from another fault are left out."""

from __future__ import annotations

from collections.abc import Sequence

from trialsim.scenario.text import Finding, Path

# Where the names live that a code finds missing: when a part of these could not be read, the code proves nothing.
HOMES: dict[str, tuple[Path, ...]] = {
    "TS-E020": (("outcomes",),),
    "TS-E030": (("visits",), ("protocol",), ("outcomes",)),
    "TS-E031": (("design", "arms"),),
    "TS-E032": (("outcomes",),),
    "TS-E033": (("setting",),),
    "TS-E034": (("protocol",),),
    "TS-E035": (("participants",),),
    "TS-E036": (("sources",),),
    "TS-E037": (("analyses",),),
    "TS-E038": (("participants",),),
    "TS-E044": (("participants",), ("setting",)),
    "TS-E045": (("design",),),
    "TS-E050": (("setting",), ("protocol",), ("visits",)),
    "TS-E060": (("analyses",), ("protocol",)),
    "TS-E061": (("analyses",), ("design",)),
    "TS-E067": (("protocol",), ("participants",), ("setting",), ("outcomes",), ("design",)),
    "TS-E075": (("setting",),),
    "TS-E091": (("sweep", "matrix"), ("sweep", "zip"), ("sweep", "list"), ("sweep", "latin")),
}


def without_echoes(findings: Sequence[Finding], earlier: Sequence[Finding]) -> list[Finding]:
    """The findings that do not merely follow from what could not be read earlier."""
    return [finding for finding in findings if not any(_echoes(finding, cut.path) for cut in earlier)]


def _echoes(finding: Finding, cut: Path) -> bool:
    if any(cut[: len(home)] == home[: len(cut)] and len(cut) <= len(home) + 1 for home in HOMES.get(finding.code, ())):
        return True
    if any(
        cut[: len(home)] == home and finding.code in ("TS-E030", "TS-E034") and home == ("protocol",)
        for home in HOMES.get(finding.code, ())
    ):
        return True
    if finding.code == "TS-E004" and cut[: len(finding.path)] == finding.path:
        return True
    parent = cut[: max(2, len(cut) - 1)]
    return finding.path[: len(parent)] == parent or (
        len(cut) > 1 and finding.path[:2] == cut[:2] and cut[0] in ("outcomes", "analyses")
    )


def without_repeats(findings: Sequence[Finding], earlier: Sequence[Finding]) -> list[Finding]:
    """The findings of a further look that are news: not what is missing because it was cut out before."""
    guesses = {(one.path[:-1], one.meant) for one in (*findings, *earlier) if one.meant}
    news = []
    for finding in findings:
        repeated = finding in earlier or (earlier and finding.code == "TS-E004")
        repeated = repeated or any(cut.path[: len(finding.path)] == finding.path for cut in earlier)
        misspelled = (finding.path, finding.key) in guesses
        if not repeated and not misspelled:
            news.append(finding)
    return news
