"""Who counts as a practitioner, what correlates with what, and effects that differ between practitioners."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.response.studies import normal, played, prepared, same_correlation, values, ward
from trialsim.compare.changes import changes
from trialsim.compare.wording import both_texts
from trialsim.errors import ScenarioError
from trialsim.protocol.columns import A_SERVED
from trialsim.report.explain import explain
from trialsim.response.joint import total_correlation
from trialsim.response.people import chance_of_one_person, services
from trialsim.scenario import loads
from trialsim.scenario.dump import dump
from trialsim.scenario.identity import scenario_hash
from trialsim.scenario.resolve import resolve
from trialsim.scenario.schema import json_schema

Floats = NDArray[np.float64]
DAYS = "daily 00:00-12:00; daily 12:00-24:00"
TWO = {"anna": {"units": 1, "people": 1}, "bert": {"units": 1, "people": 1}}
BOTH = {"value": "30 %", "of": ["anna", "bert"]}


def outcome(**more: Any) -> dict[str, Any]:
    return {"distribution": "normal", "visits": ["post"], "level": {"mean": 0, "sd": 1}, **more}


def held(*staff: str, **more: Any) -> dict[str, Any]:
    return {"hold": list(staff), "steps": [{"activity": "care", "lasts": "10 min"}, {"visit": "post"}], **more}


def faults(text: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        loads(text)
    return [f"{one.code} {one.path}" for one in caught.value.faults]


# ---------------------------------------------------------------- who is meant


@pytest.mark.parametrize(
    ("resources", "meant"),
    [
        ({"room": {"units": 3}, "nurse": {"units": 2, "people": 6}}, ["nurse"]),
        ({"nurse": {"units": 2}}, ["nurse"]),
        ({"room": {"units": 3}, "nurse": {"units": 2}}, None),
        (TWO, None),
    ],
)
def test_of_may_be_left_out_only_where_one_resource_can_be_meant(resources: Any, meant: list[str] | None) -> None:
    """Exactly one has `people`, or there is only one; else an error that names them all."""
    for told in ({"icc": {"practitioner": "20 %"}}, {"responds_to": {"care": {"difference": 1, "sd_practitioner": 2}}}):
        text = ward({"y": outcome(**told)}, [held(*list(resources)[-1:])], resources=resources)
        if meant is None:
            assert [one.split()[0] for one in faults(text)] == ["TS-E100"]
            with pytest.raises(ScenarioError, match=" or ".join(list(resources)[-2:])):
                loads(text)
        else:
            resolved = loads(text).outcomes["y"]
            number = resolved.icc.practitioner or resolved.responds_to["care"].sd_practitioner
            assert number is not None
            assert list(number.of) == meant


def test_a_stranger_is_not_a_practitioner_and_a_room_only_if_named() -> None:
    staff = {"room": {"units": 3}, "nurse": {"units": 2, "people": 6}}
    wrong = {"y": outcome(icc={"practitioner": {"value": "20 %", "of": "nurs"}})}
    assert faults(ward(wrong, [held("nurse")], resources=staff)) == ["TS-E033 outcomes.y.icc.practitioner.of"]
    room = {"y": outcome(icc={"practitioner": {"value": "20 %", "of": "room"}})}
    study = prepared(ward(room, [held("room", "nurse")], resources=staff))
    assert study.program is not None
    assert study.program.practitioners.groups == (("room",),)


def test_secretion_does_not_vary_over_practitioners() -> None:
    told = {
        "distribution": "lognormal", "visits": ["post"], "level": {"median": 5, "cv": 0.5}, "half_life": "65 min",
        "responds_to": {"care": {"secretion": "-30 %", "sd_practitioner": 0.2}},
    }  # fmt: skip
    text = ward({"y": told}, [held("nurse")], resources={"nurse": {"units": 1}})
    assert "TS-E101 outcomes.y.responds_to.care.sd_practitioner" in faults(text)


def test_whose_number_it_is_survives_the_resolved_form_an_override_and_the_identity() -> None:
    told = {"y": outcome(icc={"practitioner": BOTH}, responds_to={"care": {"difference": 1, "sd_practitioner": 2}})}
    told["y"]["responds_to"]["care"]["sd_practitioner"] = {"value": 2, "of": "anna", "range": [0, 3]}
    text = ward(told, [held("anna", "bert")], resources=TWO)
    resolved = loads(text)
    again = loads(dump(resolved))
    assert resolve(again.written) == resolved
    set_to = loads(text, set=["outcomes.y.icc.practitioner=10 %"]).outcomes["y"].icc.practitioner
    assert set_to is not None
    assert (set_to.value, set_to.of) == (0.1, ("anna", "bert"))
    other = loads(text.replace(json.dumps(BOTH), json.dumps(BOTH | {"of": ["anna"]})))
    assert scenario_hash(other) != scenario_hash(resolved)


def test_the_json_schema_knows_whose_number_it_is() -> None:
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(json_schema())
    for of, good in (("anna", True), (["anna", "bert"], True), ([], False), ({}, False)):
        told = {"y": outcome(icc={"practitioner": {"value": "30 %", "of": of}})}
        told["y"]["responds_to"] = {"care": {"difference": 1, "sd_practitioner": {"value": 2, "of": of}}}
        assert validator.is_valid(json.loads(ward(told, [held("anna")], resources=TWO))) is good
    other = {"y": outcome(icc={"site": {"value": "30 %", "of": "anna"}})}
    assert not validator.is_valid(json.loads(ward(other, [held("anna")], resources=TWO)))


def test_a_comparison_says_whose_number_changed() -> None:
    told = [
        ward({"y": outcome(icc={"practitioner": {"value": "30 %", "of": of}})}, [held("anna")], resources=TWO)
        for of in TWO
    ]
    (found,) = changes(*(loads(one) for one in told))
    assert found.where == "outcomes.y.icc.practitioner"
    assert both_texts(found.old, found.new) == ("30 % of anna", "30 % of bert")


# ---------------------------------------------------------------- correlations

COURSE = [
    {"visit": "intake"},
    {"hold": ["room"], "steps": [{"activity": "care", "needs": ["nurse"], "lasts": "10 min"}, {"visit": "first"}]},
    {"wait": {"for": "1 d"}},
    {"visit": "later"},
    {"activity": "care", "name": "again", "needs": ["nurse"], "lasts": "10 min"},
    {"visit": "last"},
]
VISITS = ["intake", "first", "later", "last"]
STAFF = {"room": {"units": 9}, "nurse": {"units": 1, "people": 4, "hours": DAYS}}
#: The correlation of the own parts, and the share of the practitioner of two outcomes.
RHO, WITH, ICC, OTHER = 0.5, 0.4, 0.3, 0.2
CORRELATED = {
    "y": outcome(visits=VISITS, correlation={"between_sessions": RHO}, icc={"practitioner": ICC}),
    "x": outcome(
        visits=VISITS,
        correlation={"between_sessions": RHO, "with": {"y": WITH}},
        icc={"practitioner": OTHER},
    ),
}


def by_hand() -> dict[tuple[tuple[str, str], tuple[str, str]], float]:
    """The formulas once more, pair by pair: first and later are under one person, last is so in one of four cases."""
    return {
        (("y", "intake"), ("y", "first")): math.sqrt(1 - ICC) * RHO,
        (("y", "first"), ("y", "later")): (1 - ICC) * RHO + ICC,
        (("y", "first"), ("y", "last")): (1 - ICC) * RHO + ICC / 4,
        (("y", "intake"), ("x", "intake")): WITH,
        (("y", "intake"), ("x", "first")): WITH * RHO * math.sqrt(1 - OTHER),
        (("y", "first"), ("x", "first")): WITH * math.sqrt((1 - ICC) * (1 - OTHER)),
    }


def test_correlations_follow_from_who_served() -> None:
    """In closed form and as simulated, among the first participants of 4,000 trials (their error is .016)."""
    text = ward(CORRELATED, COURSE, enroll=1, resources=STAFF)
    plan, cohort = prepared(text).response, played(text, 4000)
    for (a, b), wanted in by_hand().items():
        pair = plan.point_index(*a), plan.point_index(*b)
        assert total_correlation(plan, *pair, 0) == pytest.approx(wanted, abs=1e-12)
        first, second = values(cohort, *a)[:, 0], values(cohort, *b)[:, 0]
        assert same_correlation(first, second, wanted)
        if abs(wanted - float(plan.factor[pair[0]] @ plan.factor[pair[1]])) > 0.1:
            assert not same_correlation(first, second, float(plan.factor[pair[0]] @ plan.factor[pair[1]]))  # planted


def test_site_and_practitioner_together() -> None:
    """A visit before contact and one after: icc_s + sqrt((1 - icc_s)(1 - icc_s - icc_p)) rho, with icc_s = .1."""
    told = {
        "y": outcome(
            visits=VISITS, correlation={"between_sessions": RHO}, icc={"practitioner": ICC, "site": 0.1}
        )
    }  # fmt: skip
    sites = {f"site {i}": "10 %" for i in range(1, 11)}
    text = ward(told, COURSE, enroll=1, resources=STAFF, setting={"sites": sites})
    plan, cohort = prepared(text).response, played(text, 4000)
    before_after = 0.1 + math.sqrt(0.9 * 0.6) * RHO
    assert total_correlation(plan, 0, 1, 0) == pytest.approx(before_after, abs=1e-12)
    assert same_correlation(values(cohort, "y", "intake")[:, 0], values(cohort, "y", "first")[:, 0], before_after)
    one_person = 0.1 + 0.3 + 0.6 * RHO
    assert total_correlation(plan, 1, 2, 0) == pytest.approx(one_person, abs=1e-12)
    assert same_correlation(values(cohort, "y", "first")[:, 0], values(cohort, "y", "later")[:, 0], one_person)


def test_planned_services_are_read_off_the_protocol() -> None:
    steps = [
        {"visit": "intake"},
        {"activity": "treated", "needs": ["nurse"], "lasts": "10 min"},
        {"visit": "post"},
    ]
    study = prepared(ward({"y": outcome(icc={"practitioner": ICC})}, steps, resources={"nurse": {"units": 2}}))
    program = study.program
    assert program is not None
    control, treated = (services(program, 0, arm).visits for arm in (0, 1))
    assert control == {0: -1, 1: -1}
    assert treated[0] == -1
    assert program.names[treated[1]] == "staff for treated"
    assert study.response.points[0].contact == (-1, treated[1])
    assert chance_of_one_person(program, 0, treated[1], treated[1]) == 1.0


# ---------------------------------------------------------------- effects that differ


RESPONSE = {"care": {"difference": -5, "sd_practitioner": 2}}


def test_an_effect_differs_with_the_person_who_gave_it() -> None:
    """Value by value: delivered x (-5 + 2 b) + z, b of the person of the activity, also when another served since."""
    broken = {"interrupted": {"chance": "50 %", "for": "5 min", "stopped": "100 %"}}
    steps = [
        {"activity": "care", "needs": ["nurse"], "lasts": "10 min"} | broken,
        {"activity": "chat", "needs": ["nurse"], "lasts": "10 min"},
        {"visit": "post"},
    ]
    often = {"arrive": {"every": "4 min"}}
    text = ward(
        {"y": outcome(responds_to=RESPONSE)},
        steps,
        enroll=40,
        resources={"nurse": {"units": 4, "people": 4}},
        patients=often,
    )
    cohort = played(text, 20)
    assert cohort.trace is not None
    row = cohort.trace.activities[:, :, 0]
    unit = row[..., A_SERVED] & 65535
    assert len(np.unique(unit)) == 4
    order = people_in_order(20)
    person = np.take_along_axis(order, unit, axis=1)
    b = np.take_along_axis(normal("practitioner effect/nurse/y/care", (20, 4)), person, axis=1)
    share = row[..., 3] / row[..., 2]
    assert (share < 1).any()
    expected = share * (-5 + 2 * b) + normal("response/y/post", unit.shape)
    np.testing.assert_allclose(values(cohort, "y", "post"), expected, atol=1e-9)


def people_in_order(replicates: int) -> NDArray[np.int64]:
    """Who works which of four units in the only shift, by Fisher and Yates in plain Python."""
    from tests.response.studies import uniform

    found = []
    for r in range(replicates):
        order, u = list(range(4)), uniform("people/nurse", (1, 4), first=r)[0]
        for place in range(4):
            other = place + int(u[place] * (4 - place))
            order[place], order[other] = order[other], order[place]
        found.append(order)
    return np.array(found)


def test_the_null_twin_has_no_effect_and_no_spread_of_it() -> None:
    steps = [{"activity": "treated", "needs": ["nurse"], "lasts": "10 min"}, {"visit": "post"}]
    told = {"y": outcome(responds_to={"treated": {"difference": -5, "sd_practitioner": 2}})}
    text = ward(told, steps, enroll=20, resources={"nurse": {"units": 1, "people": 5, "hours": DAYS}})
    cohort = played(text, 50, twins=("declared", "null"))
    np.testing.assert_allclose(values(cohort, "y", "post", "null"), normal("response/y/post", (50, 40)), atol=1e-12)
    half = played(text, 50, scale=0.5)
    whole = values(cohort, "y", "post") - values(cohort, "y", "post", "null")
    np.testing.assert_allclose(values(half, "y", "post") - values(cohort, "y", "post", "null"), whole / 2, atol=1e-12)
    assert np.abs(whole).max() > 5


def test_who_was_never_served_has_the_mean_effect() -> None:
    steps = [held()["steps"][0], {"visit": "post"}]
    text = ward({"y": outcome(responds_to=RESPONSE)}, steps, enroll=20, resources={"nurse": {"units": 1}})
    cohort = played(text, 5)
    np.testing.assert_allclose(values(cohort, "y", "post"), -5 + normal("response/y/post", (5, 40)), atol=1e-12)
    assert any("cannot vary over practitioners" in one for one in prepared(text).response.warnings)


# ---------------------------------------------------------------- in words


def section(text: str, title: str) -> Any:
    return next((one for one in explain(prepared(text)) if one.title == title), None)


def test_explain_says_who_counts_from_when_on_and_what_correlates() -> None:
    found = section(ward(CORRELATED, COURSE, resources=STAFF), "Practitioners and sites")
    assert found.lines[0] == (
        "y: 30 % of the variance belongs to who served last of the people of nurse (4). It is felt from 'first' on and not "
        "before contact, at 'intake'."
    )
    assert "that of people over all therapists" in found.lines[1]
    assert "A trial has 4 of them" in found.lines[1]
    assert f"about {100 * math.sqrt(1 - 0.3 / 4):.3g} % of the SD" in found.lines[1]
    rows = {row[:2]: row[2:] for row in found.rows}
    assert rows["y, two visits", "one before contact, one after"] == ("all", "0.50", f"{math.sqrt(0.7) * 0.5:.2f}")
    assert rows["y, two visits", "served by one person"] == ("all", "0.50", "0.65")
    assert rows["y, two visits", "served by two people"] == ("all", "0.50", "0.35")
    assert ("y, two visits", "both before contact") not in rows


def test_explain_says_nothing_where_there_is_nothing() -> None:
    assert (
        section(ward({"y": outcome()}, [held("nurse")], resources={"nurse": {"units": 1}}), "Practitioners and sites")
        is None
    )


def test_explain_tells_arms_apart() -> None:
    steps = [{"activity": "treated", "needs": ["nurse"], "lasts": "10 min"}, {"visit": "post"}]
    told = {"y": outcome(icc={"practitioner": ICC}, responds_to={"treated": {"difference": 1, "sd_practitioner": 2}})}
    text = ward(told, steps, resources={"nurse": {"units": 2}})
    lines = section(text, "Practitioners and sites").lines
    assert "In control it is felt at none of the visits" in lines[0]
    assert "in treated it is felt from 'post' on" in lines[0]
    assert "with an SD of 2" in lines[2]
    assert "the mean over all therapists" in lines[2]


@pytest.mark.parametrize("steps", [[{"visit": "post"}, held("nurse")["steps"][0]], [{"visit": "post"}]])
def test_an_icc_that_no_visit_can_feel_is_a_warning(steps: Any) -> None:
    told = {"y": outcome(icc={"practitioner": ICC})}
    warned = prepared(ward(told, steps, resources={"nurse": {"units": 1}})).response.warnings
    assert any("affects none of its visits" in one for one in warned)
    felt = prepared(ward(told, [held("nurse")], resources={"nurse": {"units": 1}})).response.warnings
    assert not any("felt at none" in one for one in felt)


def test_cohort_files_say_who_had_served() -> None:
    text = ward(CORRELATED, COURSE, enroll=3, resources=STAFF)
    cohort = played(text, range(2, 4), record=True)
    visits = cohort.one(3).visits()
    who = visits.set_index(["participant", "visit"])["served_by_nurse"].unstack()
    assert (who["intake"] == "").all()
    assert who["first"].str.fullmatch(r"nurse [1-4]").all()
    assert (who["later"] == who["first"]).all()
    codebook = cohort.one(3).codebook()
    assert "served_by_nurse" in set(codebook.loc[codebook["table"] == "visits", "column"])
    # the same people whose effects act: the practitioner of a value is the one in the file
    effect = normal("practitioner/nurse/y", (1, 4), first=3)[0]
    own = normal("response/y/first", (1, 6), first=3)[0]
    person = who["first"].str.removeprefix("nurse ").astype(int).to_numpy() - 1
    rho = normal("response/y/intake", (1, 6), first=3)[0]
    z = RHO * rho + math.sqrt(1 - RHO**2) * own
    found = values(cohort, "y", "first")[1]
    np.testing.assert_allclose(found, math.sqrt(ICC) * effect[person] + math.sqrt(1 - ICC) * z, atol=1e-9)
