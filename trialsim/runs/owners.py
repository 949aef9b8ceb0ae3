"""Whose the folders of answers are: sizes, assurances, comparisons, sweeps and tornados."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from trialsim.runs.answers import Owner


def of_size(scenario: str) -> Owner:
    """Of the answers of ``trialsim size``."""
    return Owner("size", scenario, "size.json")


def of_assurance(scenario: str) -> Owner:
    """Of the answers of ``trialsim assurance``."""
    return Owner("assurance", scenario, "assurance.json")


def of_sweep(scenario: str) -> Owner:
    """Of a sweep."""
    return Owner("sweep", scenario, "sweep.json")


def of_tornado(scenario: str) -> Owner:
    """Of a tornado."""
    return Owner("tornado", scenario, "sweep.json")


def of_protocol(scenario: str, identity: str, files: tuple[str, ...]) -> Owner:
    """Of the text of a protocol; those of another version of the scenario are earlier ones."""
    return Owner("protocol", scenario, "protocol.json", identity, files)


def of_reproduction(scenario: str) -> Owner:
    """Of a published study that was simulated again."""
    return Owner("reproduction", scenario, "reproduce.json")


def of_fit(pilot: str) -> Owner:
    """Of a scenario that was made from a pilot."""
    return Owner("fit", pilot, "fit.json")


def of_comparison(names: Sequence[str], identities: Sequence[str], seed: int | None) -> Owner:
    """Of a comparison of designs by their names; ``identities`` are the hashes of what decides their results."""
    text = json.dumps([list(identities), seed])
    identity = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    files = ("comparison.csv", "compare.html", "figures")
    return Owner("comparison", " and ".join(names), "compare.json", identity, files)


def of_analyses(scenario: str, identities: Sequence[str], seed: int) -> Owner:
    """Of a comparison of analyses of one study; ``identities`` are the hash of the study and the names of the analyses."""
    text = json.dumps([list(identities), seed])
    identity = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    files = ("analyses.csv", "differences.csv", "compare.html", "figures")
    return Owner("comparison of analyses", scenario, "analyses.json", identity, files)
