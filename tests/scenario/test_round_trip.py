"""Whatever a scenario holds, its resolved form written as text loads back to an equal scenario."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trialsim.quantities.records import Number
from trialsim.scenario import loads, resolve
from trialsim.scenario.dump import dump
from trialsim.scenario.identity import scenario_hash
from trialsim.scenario.load import from_data

amounts = st.floats(1e-3, 1e6, allow_nan=False)
shares = st.floats(0.001, 0.999)
small = st.floats(0.01, 0.95)
seconds = st.one_of(st.integers(1, 10**7).map(float), st.floats(1.0, 1e7))
words = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "Zs", "Po", "Sm", "Sc")), min_size=1, max_size=12
).filter(lambda text: text.strip()[:1] not in ("", *"+-=@_"))
names = words.map(lambda text: " ".join(text.split())).filter(
    lambda text: (
        text and text.isprintable() and not set(text) & set("{}[]=@/") and " - " not in text and text[0] not in "+-"
    )
)
told = st.sampled_from([{}, {"assumed": "no: figure, found # here"}, {"source": "a key"}, {"computed_from": "a key"}])


@st.composite
def quantities(draw: st.DrawFn, values: st.SearchStrategy[float], unit: str) -> Any:
    text = f"{draw(values)!r} {unit}"
    extra = dict(draw(told))
    if draw(st.booleans()):
        extra["range"] = [f"{low!r} {unit}" for low in sorted([draw(values), draw(values)])]
    return {"value": text, **extra} if extra else text


@st.composite
def spreads(draw: st.DrawFn) -> Any:
    a, b = sorted([draw(st.floats(60, 1e6)), draw(st.floats(60, 1e6))])
    low, high = f"{a!r} s", f"{a + b!r} s"
    forms: list[Any] = [
        low,
        {"value": low},
        {"mean": low, "sd": f"{draw(small) * a!r} s"},
        {"median": low, "cv": draw(small)},
        {"median": low, "iqr": [f"{a * 0.7!r} s", f"{a * 1.5!r} s"]},
        {"q10": low, "q90": high},
        {"uniform": {"low": low, "high": high}},
        {"triangular": {"low": low, "mode": f"{a + b / 2!r} s", "high": high}},
        {"gamma": {"mean": low, "cv": draw(small)}},
        {"weibull": {"shape": draw(st.floats(0.5, 5)), "scale": low}},
        {"exponential": {"mean": low}, "between": [f"{a / 10!r} s", high]},
        {"choice": {low: "25 %", high: "75 %"}},
        {"empirical": [low, high, f"{a / 2!r} s"]},
    ]
    form = draw(st.sampled_from(forms))
    return {**form, **draw(told)} if isinstance(form, dict) else form


@st.composite
def scenarios(draw: st.DrawFn) -> dict[str, Any]:
    arms = draw(st.lists(names, min_size=2, max_size=4, unique=True))
    visit, later, outcome, resource = draw(st.lists(names, min_size=4, max_size=4, unique=True))
    return {
        "trialsim": 1,
        "name": "round-trip",
        "title": draw(words),
        "sources": {"a key": draw(words)},
        "setting": {
            "starts": "2026-01-05",
            "patients": {
                "arrive": {"every": draw(quantities(seconds, "s"))},
                "consent": draw(quantities(shares.map(lambda x: 100 * x), "%")),
                "leave": {"after": draw(spreads()), "reason": draw(names)},
            },
            "resources": {resource: {"units": draw(st.integers(1, 5)), "hours": "Mon-Fri 08:30-16:30"}},
        },
        "design": {
            "arms": dict.fromkeys(arms, "an arm"),
            "enroll": draw(st.integers(len(arms), 500)),
            "within": "18 months",
        },
        "protocol": [
            {"visit": visit},
            {"wait": {"for": draw(spreads()), "until": "daily 08:00-17:00"}},
            {
                "activity": "the activity",
                "needs": [resource],
                "lasts": draw(spreads()),
                "give_up_after": draw(quantities(seconds, "s")),
            },
            {"visit": later},
        ],
        "outcomes": {
            outcome: {
                "distribution": "lognormal",
                "unit": "ug/dL",
                "visits": [visit, later],
                "level": {"mean": draw(quantities(amounts, "nmol/L")), "cv": draw(small)},
                "correlation": {"within_session": draw(small)},
                "lost": draw(quantities(shares.map(lambda x: 100 * x), "%")),
            }
        },
        "analyses": {"main": {"outcome": outcome, "visit": later, "test": "kruskal-wallis" if len(arms) > 2 else "t"}},
        "primary": "main",
    }


@given(scenarios())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_load_of_dump_is_the_same(data: dict[str, Any]) -> None:
    resolved = from_data(data)
    text = dump(resolved)
    again = loads(text)
    assert again == resolved
    assert resolve(again.written) == again
    assert dump(again) == text
    assert scenario_hash(again) == scenario_hash(resolved)


def test_the_comparison_sees_the_last_digit() -> None:
    """Planted fault: one unit in the last place of one number makes scenarios unequal and changes the hash."""
    data = {
        "trialsim": 1,
        "name": "x",
        "title": "x",
        "design": {"arms": {"a": "a", "b": "b"}, "enroll": 10},
        "visits": {"post": "28 d"},
        "outcomes": {"y": {"distribution": "normal", "visits": ["post"], "level": {"mean": 0.1, "sd": 1}}},
        "analyses": {"main": {"outcome": "y", "visit": "post", "test": "t"}},
        "primary": "main",
    }
    one = from_data(data)
    data["outcomes"] = {"y": {"distribution": "normal", "visits": ["post"], "level": {"mean": 0.1 + 2e-17, "sd": 1}}}
    two = from_data(data)
    assert one != two
    assert scenario_hash(one) != scenario_hash(two)


def test_what_does_not_decide_results_is_not_in_the_hash() -> None:
    import re
    from pathlib import Path

    text = (Path(__file__).parent.parent.parent / "scenarios/textbook-ancova.yaml").read_text(encoding="utf-8")
    base = scenario_hash(loads(text))
    for old, new, same in [
        ("title: Two arms", "title: Three arms", True),
        ("replicates: 10000", "replicates: 7", True),
        ("usual care", "care as usual", True),
        ("assumed: made up for teaching", "assumed: for another reason", True),
        ("mean: 2.5", "mean: {value: 2.5, range: [2, 3]}", True),
        ("mean: 2.5", "mean: 2.6", False),
        ("seed: 1", "seed: 2", False),
        ("each arm: 42", "each arm: 43", False),
        ("{control: usual care, treated: treatment}", "{control: usual care, treated: x}", True),
        ("28 d", "29 d", False),
        ("28 d", "4 weeks", True),
    ]:
        assert re.search(re.escape(old), text)
        assert (scenario_hash(loads(text.replace(old, new, 1))) == base) is same, (old, new)


def test_numbers_in_the_text_are_in_units_people_read() -> None:
    from pathlib import Path

    from trialsim.scenario import load

    text = dump(load(Path(__file__).parent.parent.parent / "scenarios/picu-blood-draw.yaml"))
    for part in (
        "80.1 %",
        "every: {value: 30 h,",
        "give_up_after: 60 min",
        "12.2 ug/dL",
        "within: 18 months",
        'reference_clock: "08:00"',
    ):
        assert part in text
    assert Number(value=5400.0, kind="duration").value == 5400.0
