"""The analyses that failed in some trials, in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trialsim.cli.console import is_quiet, stdout
from trialsim.cli.text import print_rows, print_text
from trialsim.quantities.counts import counted

if TYPE_CHECKING:
    from trialsim.api.finished import Run


def print_failed(made: Run) -> None:
    """What could not be analyzed: a sentence, or a table where it is several analyses; quietly nothing."""
    from trialsim.api.failures import replay_of

    if is_quiet() or not made.failed:
        return
    own = [one for one in made.failed if one.own]
    others = [one for one in made.failed if not one.own]
    stdout.print()
    if len(others) > 1:
        names = (f"failed, of {counted(others[0].of, 'trial')}", ">trials", ">the first", "why")
        print_rows(names, [(one.shown, f"{one.trials:,}", f"{one.first:,}", one.why) for one in others])
        first = replay_of(others[0].first, made.source, made.options)
        print_text(f"To see one of them, such as the first of {others[0].shown}: {first}")
    for one in own if len(others) > 1 else made.failed:
        print_text(one.words(made.source, made.options), style="red")
