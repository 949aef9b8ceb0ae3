"""Large scenario files, sound and broken, each near one megabyte or a limit: many of one kind of part.

``python -m tests.fuzz.large NAME`` prints one of :data:`FILES`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

HEAD = "trialsim: 1\nname: large\ntitle: Large\n"
WARD = """setting:
  starts: 2026-01-05
  patients: {arrive: {every: 3 h}, consent: 50 %}
  resources: {nurse: {units: 2}}
"""


def lines(texts: Iterable[str]) -> str:
    """One text a line."""
    return "\n".join(texts) + "\n"


def study(
    *,
    arms: int = 2,
    visits: int = 2,
    outcomes: int = 1,
    analyses: int = 1,
    more: str = "",
    each: str = "",
    then: str = "",
) -> str:
    """A study without a ward with so many of each part."""
    at = [f"v{i}" for i in range(visits)]
    return HEAD + lines(
        [
            "design:",
            f"  arms: {{{', '.join(f'a{i}: arm {i}' for i in range(arms))}}}",
            f"  enroll: {max(arms, 20)}",
            "visits:",
            *(f"  {name}: {i} d" for i, name in enumerate(at)),
            "outcomes:",
            *(
                f"  o{i}: {{distribution: normal, visits: [{', '.join(at)}], level: {{mean: 5, sd: 1}}, "
                f"correlation: {{between_sessions: 0.5}}{each}}}"
                for i in range(outcomes)
            ),
            "analyses:",
            *(
                f"  t{i}: {{outcome: o{i % outcomes}, visit: {at[-1]}, {then or 'test: t, contrast: a1 - a0'}}}"
                for i in range(analyses)
            ),
            "primary: t0",
            more,
        ]
    )


def ward(steps: str, *, visits: str = "last") -> str:
    """A study with a ward whose protocol is ``steps``, then the visit ``last``."""
    return (
        HEAD
        + WARD
        + f"""design: {{arms: {{a0: one, a1: two}}, enroll: 20}}
protocol:
{steps}  - visit: last
outcomes:
  o0:
    distribution: normal
    visits: [{visits}]
    level: {{mean: 5, sd: 1}}
    correlation: {{between_sessions: 0.5, within_session: 0.5}}
analyses: {{t0: {{outcome: o0, visit: last, test: t}}}}
primary: t0
"""
    )


def many(kind: str, count: int) -> str:
    """Keys ``k0:`` to so many."""
    return lines(f"  k{i}: {kind}" for i in range(count))


def nested(depth: int) -> str:
    """Holds within repeats, so deep."""
    text = ""
    for i in range(depth):
        text += f"{'  ' * (2 * i + 1)}- repeat: r{i}\n{'  ' * (2 * i + 2)}times: 2\n{'  ' * (2 * i + 2)}steps:\n"
    return text + f"{'  ' * (2 * depth + 1)}- {{activity: rub, lasts: 5 min}}\n"


FILES: dict[str, Callable[[], str]] = {
    # sound, at the limits
    "1000 outcomes": lambda: study(outcomes=1000, visits=1),
    "1000 visits": lambda: study(visits=1000),
    "30 outcomes at 33 visits": lambda: study(outcomes=30, visits=33),
    "100 outcomes that name each other": lambda: study(outcomes=1, visits=10, more="").replace(
        "analyses:", lines(
            f"  p{i}: {{distribution: normal, visits: [v0, v1, v2, v3, v4, v5, v6, v7, v8], level: {{mean: 5, sd: 1}}, "
            f"correlation: {{between_sessions: 0.5, with: {{o0: 0.05}}}}}}" for i in range(100)
        ) + "analyses:", 1
    ),
    "1000 analyses": lambda: study(analyses=1000),
    "44 arms in all pairs": lambda: study(arms=44, then="test: anova, then: {pairs: t}"),
    "60 arms": lambda: study(arms=60),
    "100 covariates": lambda: study(more="participants:\n" + many("{mean: 5, sd: 1}", 100)),
    "100 covariates, each with an effect": lambda: study(
        outcomes=9, each=f", covariates: [{', '.join(f'{{covariate: k{i}, difference: 0.1, per: 1}}' for i in range(100))}]",
        more="participants:\n" + many("{mean: 5, sd: 1}", 100),
    ),
    "200 categories": lambda: study(visits=9).replace("distribution: normal", f"categories: {list(range(200))}").replace(
        "{mean: 5, sd: 1}", "{mean: 90, sd: 30}"
    ),
    "2400 activities": lambda: ward(lines(f"  - {{activity: s{i}, lasts: 5 min, needs: [nurse]}}" for i in range(2_400))),
    "4000 waits": lambda: ward(lines(f"  - {{wait: {{for: 5 min}}, name: w{i}}}" for i in range(4_000))),
    "900 visits on the ward": lambda: ward(
        lines(f"  - visit: v{i}" for i in range(900)), visits=", ".join([*(f"v{i}" for i in range(900)), "last"])
    ),
    "repeats to the limit": lambda: ward("  - repeat: r\n    times: 200\n    steps:\n" + lines(
        f"      - {{activity: s{i}, lasts: 5 min}}" for i in range(95)
    )),
    "a sweep of 9000": lambda: study(
        more=f"sweep:\n  matrix:\n    design.enroll: [{', '.join(str(i) for i in range(20, 9_000))}]"
    ),
    "3000 sources": lambda: study(more="sources:\n" + many("a paper of many words, in a journal", 20_000)),
    # broken: too many, or nonsense in bulk
    "600 outcomes at 20 visits": lambda: study(outcomes=600, visits=20),
    "2900 visits": lambda: study(visits=2_900),
    "20000 visits": lambda: study(visits=20_000),
    "20000 visits on the ward": lambda: ward(lines(f"  - visit: v{i}" for i in range(19_990))),
    "10000 categories": lambda: study().replace("distribution: normal", f"categories: {list(range(10_000))}"),
    "5000 analyses": lambda: study(analyses=5_000),
    "20000 arms": lambda: study(arms=20_000),
    "30000 covariates": lambda: study(more="participants:\n" + many("{mean: 5, sd: 1}", 12_000)),
    "categories of a covariate": lambda: study(
        more="participants:\n  c:\n    choice:\n" + many("0 %", 9_000).replace("  k", "      k")
    ),
    "20000 unknown keys": lambda: study(more=many("5", 29_000).replace("  k", "k")),
    "3000 unknown outcomes": lambda: study(analyses=6_000).replace("outcome: o0", "outcome: nobody"),
    "900 unknown visits": lambda: study(outcomes=900, visits=1).replace("visits: [v0]", "visits: [never]"),
    "1000 unknown resources": lambda: ward(lines(f"  - {{activity: s{i}, lasts: 5 min, needs: [n{i}]}}" for i in range(6_000))),
    "6000 steps of one name": lambda: ward(lines("  - {activity: rub, lasts: 5 min}" for _ in range(2_200))),
    "20000 durations without a unit": lambda: study(visits=20_000).replace(" d\n", "\n"),
    "20000 keys twice": lambda: study(more="sources:\n" + lines("  k: a" for _ in range(29_000))),
    "deep repeats": lambda: ward(nested(12)),
    "39 levels": lambda: study(more="sources: " + "{a: " * 36 + "1" + "}" * 36),
    "5000 brackets": lambda: study(more="sources: " + "[" * 5_000),
    "a title of 900 kB": lambda: study().replace("title: Large", "title: " + "x" * 900_000),
    "names of 900 kB": lambda: study().replace("v1", "v" * 400_000),
    "a key of 900 kB": lambda: study(more="x" * 900_000 + ": 1"),
    "900 kB of spaces": lambda: study(more=" " * 900_000),
    "900 kB of comments": lambda: study(more="# x\n" * 200_000),
    "900 kB of lines": lambda: study(more="\n" * 900_000),
    "a list of 59000 numbers": lambda: study(more=f"primary: [{', '.join(['1'] * 59_000)}]"),
    "a number of 900 kB": lambda: study().replace("sd: 1}", f"sd: {'1' * 9_000}}}"),
    "an empirical of 50000": lambda: study(
        more=f"participants: {{age: {{empirical: [{', '.join(str(i) for i in range(50_000))}]}}}}"
    ),
    "10000 drivers": lambda: study(each=f", drivers: [{', '.join(['{driver: failed, of: x, difference: 1}'] * 10_000)}]"),
    "15000 reasons to leave": lambda: study(more="attrition:\n" + lines(
        f"  - {{reason: r{i}, chance: 1 %, within: 3 d}}" for i in range(2_200)
    )),
    "a sweep over 2200 places": lambda: study(
        more="sweep:\n  matrix:\n" + lines(f"    design.k{i}: [1, 2]" for i in range(2_200))
    ),
    "9000 published figures": lambda: study(more="sources: {s: a}\npublished:\n" + lines(
        "  - {source: s, analysis: t0, p: 0.04}" for _ in range(2_200)
    )),
    "9000 resources": lambda: ward("  - wait: {for: 5 min}\n").replace(
        "{nurse: {units: 2}}", "\n" + many("{units: 1}", 9_000).replace("  k", "    k")
    ),
}  # fmt: skip

if __name__ == "__main__":
    sys.stdout.write(FILES[sys.argv[1]]())
