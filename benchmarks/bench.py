"""How fast trialsim is, as ratios within one run: our trials against a SciPy loop, our engine against SimPy.

``python benchmarks/bench.py`` prints a table; ``--json FILE`` writes the numbers too, ``--quick`` takes a tenth of
the replicates. Nothing here passes or fails: machines differ.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
from lines import Line, best, printed
from models import models, shipped_models
from scipy import special, stats

import trialsim as ts
from trialsim import study as studies
from trialsim.chunks import usable_cores
from trialsim.conduct import conduct
from trialsim.engine import play
from trialsim.numbers.distributions import Distribution, few_quantiles, pack
from trialsim.numbers.normal import normal_quantiles
from trialsim.protocol.tapes import draw_tapes
from trialsim.scenario import load, loads
from trialsim.scenario.change import change
from trialsim.scenario.sweep import points_of
from trialsim.scenario.sweep_words import sweep_of_words
from trialsim.sizing import find_size, target_of
from trialsim.sweep import play_sweep
from trialsim.truth import MOST, find_truth

ROOT = Path(__file__).resolve().parent.parent

NO_WARD = """
trialsim: 1
name: bench
title: {name}
design: {{arms: {{{arms}}}, enroll: {{each arm: {each}}}}}
visits: {{pre: 0 d, post: 1 d}}
outcomes:
  y: {outcome}
analyses:
  main: {analysis}
primary: main
"""

T_TEST = NO_WARD.format(
    name="t-test 2 x 50",
    arms="control: c, treated: t",
    each=50,
    outcome="{distribution: normal, visits: [post], level: {mean: 0, sd: 1}, effects: {treated: {difference: 0.5}}}",
    analysis="{outcome: y, visit: post, test: t}",
)
ANCOVA = NO_WARD.format(
    name="ANCOVA 2 x 30",
    arms="control: c, treated: t",
    each=30,
    outcome="{distribution: normal, visits: [pre, post], level: {mean: 0, sd: 1}, "
    "correlation: {between_sessions: 0.5}, effects: {treated: {difference: 0.5, visits: [post]}}}",
    analysis="{outcome: y, visit: post, test: ancova, baseline: pre}",
)
ORDINAL = NO_WARD.format(
    name="ordinal 3 x 33",
    arms="control: c, music: m, massage: h",
    each=33,
    outcome="{categories: [0, 1, 2, 3, 4], visits: [post], level: {mean: 2, sd: 1}, "
    "effects: {music: {odds_ratio: 0.4}}}",
    analysis="{outcome: y, visit: post, test: kruskal-wallis, "
    "then: {pairs: mann-whitney, against: control, adjust: holm}}",
)
SCENARIOS = ROOT / "scenarios"
CHUNK = 200  # replicates


# ---------------------------------------------------------------- without a ward


def scipy_t(rng: np.random.Generator) -> float:
    """One trial: draws and p-value."""
    return float(stats.ttest_ind(rng.normal(0.5, 1, 50), rng.normal(0, 1, 50)).pvalue)


def scipy_ancova(rng: np.random.Generator) -> float:
    """One trial by least squares."""
    arm = np.repeat([0.0, 1.0], 30)
    pre = rng.normal(size=60)
    post = 0.5 * pre + 0.5 * arm + np.sqrt(0.75) * rng.normal(size=60)
    design = np.column_stack([np.ones(60), arm, pre])
    beta, rest, _, _ = np.linalg.lstsq(design, post, rcond=None)
    se = np.sqrt(rest[0] / 57 * np.linalg.inv(design.T @ design)[1, 1])
    return float(2 * stats.t.sf(abs(beta[1] / se), 57))


def scipy_ordinal(rng: np.random.Generator) -> list[float]:
    """One trial: Kruskal-Wallis, two Mann-Whitney, Holm."""
    scores = [rng.choice(5, 33, p=p) for p in ([0.05, 0.25, 0.4, 0.25, 0.05],) * 3]
    stats.kruskal(*scores)
    low, high = sorted(stats.mannwhitneyu(arm, scores[0]).pvalue for arm in scores[1:])
    return [2 * low, max(2 * low, high)]


def without_ward(replicates: int) -> list[Line]:
    """Whole trials under both twins, from draws to p-values and to the table."""
    lines = []
    for text, one, aim in ((T_TEST, scipy_t, 2.0), (ANCOVA, scipy_ancova, 2.5), (ORDINAL, scipy_ordinal, 5.0)):
        study = studies.prepare(loads(text))
        studies.evaluate(study, replicates=1000)
        seconds = best(lambda study=study: studies.evaluate(study, replicates=replicates))  # type: ignore[misc]  # bound now
        rng = np.random.default_rng(1)
        loop = best(lambda one=one, rng=rng: [one(rng) for _ in range(300)])  # type: ignore[misc]  # bound now
        lines.append(
            Line(
                study.scenario.title, seconds / replicates * 1e6, "us a replicate", aim, "SciPy loop", loop / 300 * 1e6
            )
        )
    return lines


# ---------------------------------------------------------------- draws


def draws() -> list[Line]:
    """Normal quantiles and logarithms of a row of uniform numbers, ours beside SciPy's and NumPy's [ns a number]."""
    u = np.random.default_rng(1).random((100, 1000))
    lengths = pack([Distribution("exponential", (1.0,))])
    z = np.empty_like(u)

    def ours() -> None:
        z[:] = u
        normal_quantiles(z)

    def few() -> None:
        few_quantiles(lengths[0], np.int64(0), lengths[1], z.reshape(-1))

    ours(), few()
    z[:] = u
    each = u.size / 1e9
    return [
        Line("normal quantile", best(ours, times=50) / each, "ns a number", None, "scipy.special.ndtri",
             best(lambda: special.ndtri(u), times=20) / each),
        Line("exponential quantile", best(few, times=50) / each, "ns a number", None, "-numpy.log1p(-u)",
             best(lambda: -np.log1p(-u), times=20) / each),
    ]  # fmt: skip


# ---------------------------------------------------------------- the engine


def engine_seconds(study: studies.Study, replicates: range, *, engine: studies.Engine) -> float:
    """Drawing the tapes and simulating the ward, on one core, in chunks as a run does [s a replicate]."""
    program, seed = study.program, study.scenario.simulation.seed
    assert program is not None
    parts = [replicates[start : start + CHUNK] for start in range(0, len(replicates), CHUNK)]
    entries = [conduct(study.conduct, seed=seed, replicates=part) for part in parts]
    participants = entries[0].entry.shape[1]

    def once() -> None:
        for part, came in zip(parts, entries, strict=True):
            tapes = draw_tapes(program, seed=seed, replicates=part, participants=participants)
            play(program, came, tapes, seed=seed, replicates=part, engine=engine)

    return best(once, times=5 if engine == "fast" else 1) / len(replicates)


def engines(scale: int) -> list[Line]:
    """Both engines on the PICU study and on the plain queue."""
    lines = []
    picu = studies.prepare(load(SCENARIOS / "picu-blood-draw.yaml"))
    queue = studies.prepare(load(SCENARIOS / "lessons" / "plain-queue.yaml"))
    for name, study, count, aim in (("engine, PICU", picu, 1000, None), ("engine, plain queue", queue, 2000, 40.0)):
        engine_seconds(study, range(10), engine="fast")
        fast = engine_seconds(study, range(count // scale), engine="fast")
        slow = engine_seconds(study, range(max(2, 40 // scale)), engine="simpy")
        lines.append(Line(name, fast * 1e6, "us a replicate", aim, "SimPy reference", slow * 1e6))
    return lines


def queue_lines(replicates: int) -> list[Line]:
    """Mean sojourn and mean last departure of the plain queue [h] beside what other simulators found in 16 million runs."""
    study = studies.prepare(load(SCENARIOS / "lessons" / "plain-queue.yaml"))
    program, seed = study.program, study.scenario.simulation.seed
    assert program is not None
    sojourn, last = [], []
    for start in range(0, replicates, CHUNK):
        part = range(start, min(start + CHUNK, replicates))
        came = conduct(study.conduct, seed=seed, replicates=part)
        tapes = draw_tapes(program, seed=seed, replicates=part, participants=came.entry.shape[1])
        trace = play(program, came, tapes, seed=seed, replicates=part)
        sojourn.append(((trace.end_time - came.arrival) / 3600).mean(axis=1))
        last.append(trace.trial_end / 3600)
    lines = []
    for what, parts, known in (("mean sojourn", sojourn, 17.373), ("mean last departure", last, 292.86)):
        values = np.concatenate(parts)
        error = values.std(ddof=1) / np.sqrt(replicates)
        lines.append(Line(f"plain queue, {what} (+- {error:.3f}; others {known})", float(values.mean()), "h"))
    return lines


# ---------------------------------------------------------------- the whole road


def whole_road(replicates: int) -> list[Line]:
    """From the scenario file to the table of operating characteristics, in this process after compiling."""
    lines = []
    true = min(replicates, MOST)
    for name, aim in (("picu-blood-draw", 3.0), ("nicu-parent-massage", None)):
        path = SCENARIOS / f"{name}.yaml"
        studies.evaluate(load(path), replicates=200)
        seconds = best(lambda path=path: studies.evaluate(load(path), replicates=replicates), times=2)  # type: ignore[misc]
        lines.append(Line(f"{name}, {replicates:,} replicates to the table", seconds, "s", aim))
        seconds = best(lambda path=path: find_truth(load(path), replicates=true), times=2)  # type: ignore[misc]
        lines.append(Line(f"{name}, true effects from {true:,} replicates", seconds, "s"))
    return lines


def looks_cost(replicates: int) -> list[Line]:
    """What two interim looks cost in a trial without a ward, in CPU time: the ratio to the trial without looks.

    Of a whole run with its page; and of the table alone, in which a trial of some microseconds is analyzed three times, not once.
    """
    looked_at = load(SCENARIOS / "lessons" / "looks.yaml")
    pair = tuple(studies.prepare(one) for one in (change(looked_at, {"design.looks": None}), looked_at))

    def table(study: studies.Study) -> None:
        studies.evaluate(study, replicates=replicates, workers=1)

    def run(study: studies.Study) -> None:
        with tempfile.TemporaryDirectory() as folder:
            ts.run(study.scenario, replicates=replicates, workers=1, out=Path(folder) / "run")

    def seconds(work: Callable[[studies.Study], None], study: studies.Study) -> float:
        begun = time.process_time()
        work(study)
        return time.process_time() - begun

    lines = []
    for what, work, aim in (("a whole run", run, 1.5), ("the table alone", table, None)):
        times = [[seconds(work, study) for study in pair] for _ in range(4)][1:]
        ratio = statistics.median(looked / plain for plain, looked in times)
        lines.append(Line(f"two interim looks without a ward, {what}, to none", ratio, "x", aim))
    return lines


def designing(scale: int) -> list[Line]:
    """Sample size to 90 % power, with its confirmation, and a grid of designs."""
    picu, ancova = SCENARIOS / "picu-blood-draw.yaml", studies.prepare(loads(ANCOVA))
    sized = studies.prepare(load(picu))
    each = "[20, 30, 40, 50, 60]", "[1, 2, 3, 4, 5]"
    of = load(picu)
    sweep = sweep_of_words([f"design.enroll.each arm={each[0]}", f"setting.resources.nurse.units={each[1]}"])
    points = points_of(sweep)
    return [
        Line("size to 90 %, PICU", best(lambda: find_size(sized, target_of(sized)), times=2), "s", 10.0),
        Line("size to 90 %, ANCOVA", best(lambda: find_size(ancova, target_of(ancova), confirm=0)), "s", 0.3),
        Line(
            "sweep of 5 x 5 designs, PICU",
            best(lambda: play_sweep(of, points, replicates=2000 // scale), times=1),
            "s",
            30.0,
        ),
    ]


#: Not getrusage, which includes what a process inherits from its parent.
PEAK = (
    "from pathlib import Path; print(int(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0]) / 1024)"
)


def peak_memory(replicates: int) -> float:
    """Peak memory of a process that evaluates the PICU study [MiB]; on Linux only."""
    if not Path("/proc/self/status").exists():
        return float("nan")
    code = (
        "from trialsim import study; from trialsim.scenario import load;"
        f"study.evaluate(load({str(SCENARIOS / 'picu-blood-draw.yaml')!r}), replicates={replicates}); {PEAK}"
    )
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def start_seconds() -> tuple[float, float]:
    """From starting Python to the table of 10 PICU replicates: compiling everything, then from the cache [s]."""
    code = (
        "from trialsim import study; from trialsim.scenario import load;"
        f"study.evaluate(load({str(SCENARIOS / 'picu-blood-draw.yaml')!r}), replicates=10)"
    )
    with tempfile.TemporaryDirectory() as cache:
        found = []
        for _ in range(2):
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | {"NUMBA_CACHE_DIR": cache})
            found.append(time.perf_counter() - began)
    return found[0], found[1]


def answer_seconds(*words: str) -> float:
    """How long the command line takes to answer, such as to ``--help``."""
    code = f"import sys; sys.argv = {['trialsim', *words]!r}; from trialsim.cli import entry; entry()"
    command = [sys.executable, "-c", code]
    return best(lambda: subprocess.run(command, capture_output=True, check=True))


def main() -> None:
    """Time everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the numbers to this file")
    parser.add_argument("--quick", action="store_true", help="a tenth of the replicates")
    chosen = parser.parse_args()
    scale = 10 if chosen.quick else 1
    lines = (
        draws()
        + without_ward(100_000 // scale)
        + models(10_000 // scale)
        + shipped_models(10_000 // scale)
        + engines(scale)
        + whole_road(10_000 // scale)
        + looks_cost(10_000 // scale)
        + designing(scale)
    )
    first, later = start_seconds()
    lines += queue_lines(200_000 // scale)
    lines += [
        Line(f"peak memory, PICU, {10_000 // scale:,}", peak_memory(10_000 // scale), "MiB", 1024),
        Line(f"peak memory, PICU, {100_000 // scale:,}", peak_memory(100_000 // scale), "MiB", 1024),
        Line("first start, with compiling (PICU, 10 replicates)", first, "s", 15.0),
        Line("later starts, from the cache (PICU, 10 replicates)", later, "s", 1.5),
        Line("trialsim --help", answer_seconds("--help"), "s", 0.15),
        Line("trialsim check, PICU", answer_seconds("check", str(SCENARIOS / "picu-blood-draw.yaml")), "s", 0.5),
    ]
    print(f"{platform.machine()}, {usable_cores()} cores, Python {platform.python_version()}")
    print(printed(lines))
    if chosen.json is not None:
        records = [asdict(line) | {"ratio": line.ratio} for line in lines]
        chosen.json.write_text(json.dumps({"cores": usable_cores(), "lines": records}, indent=2) + "\n")


if __name__ == "__main__":
    main()
