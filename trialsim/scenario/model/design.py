"""Records of the design: arms, how participants are put into them, how many; their properties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, GetJsonSchemaHandler, model_validator

from trialsim.kinds.designs import IMBALANCES, METHOD
from trialsim.quantities.fields import (
    Amount,
    CalendarSpan,
    Count,
    Factor,
    Line,
    Name,
    ProvenanceRecord,
    Record,
    Share,
    Spread,
    ValueSpread,
)
from trialsim.rules import ABOVE_ZERO, LATER, NAMES_DECIDE, QUANTITY, SHARES_OF_A_WHOLE
from trialsim.scenario.crossover import described
from trialsim.scenario.factors import LEVELS, MOST_FACTORS, arms_of
from trialsim.scenario.model.lists import Names, OneOrMany
from trialsim.scenario.model.looks import Looks
from trialsim.scenario.oneof import OneOf


class Allocation(Record):
    """How participants are put into arms.

    Attributes
    ----------
    method : how participants are put into arms. Example: permuted blocks
    ratio : whole numbers in the order of the arms. Example: "2:1"
    block : the size of a block, a multiple of the sum of the ratio. Example: 6
    stratify : covariates by choice, or site, within which blocks are filled. Example: [site]
    factors : covariates, or site, in which minimization makes the arms alike. Example: [sex, age, site]
    cut : where minimization cuts a covariate that is a number, in its unit. Example: {age: 15 y}
    weights : how much a factor counts in minimization, above 0; 1 by default. Example: {site: 2}
    p : the chance of the best arm in minimization; 80 % by default. Example: 80 %
    imbalance : how minimization measures imbalance. Example: range
    tolerate : by how many participants the big stick lets arms differ, a whole number. Example: 3
    unit : what is put into arms in place of participants: whole sites. Example: site
    """

    method: Annotated[str, OneOf(METHOD)] | None = None
    ratio: str | None = None  # "1:1:1" in the order of the arms
    block: Count | None = Field(default=None, ge=1, le=10_000)  # a multiple of the sum of the ratio
    stratify: Names = ()  # covariates by choice, and "site"
    factors: Annotated[Names, LATER] = ()  # covariates, and "site"
    cut: Annotated[Mapping[Name, Annotated[tuple[Amount, ...], OneOrMany()]], LATER] = {}
    weights: Annotated[Mapping[Name, Annotated[Factor, ABOVE_ZERO]], LATER] = {}
    p: Annotated[Share | None, LATER] = None
    imbalance: Annotated[str | None, OneOf(IMBALANCES), LATER] = None
    tolerate: Annotated[Count | None, LATER] = Field(default=None, ge=1, le=1000)
    unit: Annotated[Annotated[Literal["site"], OneOf()] | None, LATER] = None


class Clusters(ProvenanceRecord):
    """Sites that differ in size only, made anew for each simulated trial.

    Attributes
    ----------
    number : how many sites, a whole number of at least 2. Example: 12
    size_cv : how much their sizes vary, as a coefficient of variation; 0 by default (all equal). Example: 0.4
    """

    number: Annotated[Count, Field(ge=2, le=1000)]
    size_cv: Factor | None = None


class SteppedWedge(Record):
    """Whole sites go over from control to the intervention, one group after another; each starts with control.

    Attributes
    ----------
    every : the length of a period, from one step to the next, in calendar months or as a duration. Example: 3 months
    sites_per_step : how many sites go over at each step, the last one takes those that are left. Example: 2
    transition : for how long after its step a site enrolls nobody, shorter than a period; 0 by default. Example: 2 weeks
    """

    every: Annotated[CalendarSpan, ABOVE_ZERO]
    sites_per_step: Annotated[Count, Field(ge=1, le=1000)]
    transition: CalendarSpan | None = None


MOST_PARTICIPANTS = 100_000
MOST_PERIODS = 12

#: In a crossover, how a target for each sequence is written.
EACH_SEQUENCE = "each sequence"


#: The keys of a target that is the same for all arms; any other key is an arm.
TARGETS = {"in all", "each arm", "each cluster", EACH_SEQUENCE}
#: Where the numbers by arm are in the record; in a file they are in ``enroll`` itself.
BY_ARM = "<by arm>"


class Enroll(Record):
    """The target: in all, in each arm, in each site, or for every arm by its name (an arm that has its target is closed).

    Attributes
    ----------
    in all : participants in all arms together, a whole number. Example: 60
    each arm : participants in each arm, a whole number. Example: 30
    each cluster : participants in each site on average, a whole number. Example: 10
    <by arm> : participants in each arm by its name, whole numbers. Example: {control: 36, music: 35}
    """

    in_all: Annotated[Count | None, QUANTITY] = Field(default=None, alias="in all", ge=1, le=MOST_PARTICIPANTS)
    each_arm: Annotated[Count | None, QUANTITY] = Field(default=None, alias="each arm", ge=1, le=MOST_PARTICIPANTS)
    each_cluster: Annotated[Count | None, QUANTITY, LATER] = Field(
        default=None, alias="each cluster", ge=1, le=MOST_PARTICIPANTS
    )
    by_arm: Annotated[Mapping[Name, Annotated[Count, Field(ge=1, le=MOST_PARTICIPANTS)]], LATER] = Field(
        default={}, alias="<by arm>"
    )

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and value and not (TARGETS | {BY_ARM, *cls.model_fields}) & value.keys():
            return {BY_ARM: value}
        return {"in all": value} if isinstance(value, (int, float, str)) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        full = handler.resolve_ref_schema(handler(schema))
        one = {**full, "properties": {key: what for key, what in full["properties"].items() if key != BY_ARM}}
        number = {"type": "integer", "minimum": 1, "maximum": MOST_PARTICIPANTS}
        one["properties"][EACH_SEQUENCE] = {
            **one["properties"]["each arm"],
            "title": "Each Sequence",
            "description": "In a crossover, participants in each sequence, a whole number.",
            "examples": [16],
        }
        return {"anyOf": [{"type": "integer"}, one, {"type": "object", "additionalProperties": number}]}

    def of_arms(self, arms: Sequence[str]) -> tuple[int, ...]:
        """The number at which each arm closes; empty where none does."""
        if self.by_arm:
            return tuple(self.by_arm[arm] for arm in arms)
        return (self.each_arm,) * len(arms) if self.each_arm is not None else ()


class Design(Record):
    """What the trialist chooses.

    Attributes
    ----------
    factors : in place of arms, factors with their two levels; the arms are the combinations. Example: {massage: [no, yes],
        music: [no, yes]}
    arms : the arms by name, each with its description. Example: {control: usual care, massage: hand massage}
    reference : the arm that the others are compared with; the first one by default. Example: control
    allocation : how participants are put into arms. Example: {ratio: "1:1", block: 4}
    clusters : sites that are made for the simulation. Example: {number: 12, size_cv: 0.4}
    stepped_wedge : steps at which whole sites go over from control to the intervention. Example: {every: 3 months,
        sites_per_step: 2, transition: 2 weeks}
    enroll : how many participants. Example: 60
    within : the longest time of enrollment, in calendar months or as a duration. Example: 18 months
    looks : interim looks, after which the trial may stop. Example: {analysis: main, at: [50 %], efficacy: {bounds: pocock}}
    periods : of a crossover, how many periods there are, a whole number. Example: 2
    sequences : of a crossover, the arm of each period, sequence by sequence; participants are allocated to these. Example:
        {AB: [music, control], BA: [control, music]}
    treatments : of a crossover, the arms that its periods have; written out from arms. Example: {control: usual care, music:
        music by headphones}
    """

    factors: Annotated[Mapping[Name, tuple[Name, ...]], LATER] = {}
    arms: Annotated[Mapping[Name, Line], NAMES_DECIDE]
    reference: Name | None = None  # the first arm by default
    allocation: Allocation = Allocation()
    clusters: Annotated[Clusters | None, LATER] = None
    stepped_wedge: Annotated[SteppedWedge | None, LATER] = None
    enroll: Enroll
    within: CalendarSpan | None = None  # calendar months or a duration; None: no limit
    looks: Annotated[Looks | None, LATER] = None
    periods: Annotated[Count | None, LATER] = Field(default=None, ge=2, le=MOST_PERIODS)
    sequences: Annotated[Mapping[Name, tuple[Name, ...]], LATER, NAMES_DECIDE] = {}
    treatments: Annotated[Mapping[Name, Line], LATER, NAMES_DECIDE] = {}

    @model_validator(mode="before")
    @classmethod
    def _arms_of_sequences(cls, value: Any) -> Any:
        """In a crossover participants are allocated to sequences, which are its arms for everything but the periods."""
        if not isinstance(value, Mapping) or not isinstance(value.get("arms"), Mapping):
            return value
        sequences, enroll = value.get("sequences"), value.get("enroll")
        if not isinstance(sequences, Mapping) or not all(isinstance(one, (list, tuple)) for one in sequences.values()):
            return value
        if not sequences or not all(isinstance(arm, str) for one in sequences.values() for arm in one):
            return value
        if isinstance(enroll, Mapping) and EACH_SEQUENCE in enroll:
            enroll = {"each arm" if key == EACH_SEQUENCE else key: number for key, number in enroll.items()}
        arms = {} if value.get("treatments") else {"arms": described(sequences), "treatments": value["arms"]}
        return {**value, **arms, "enroll": enroll}

    @model_validator(mode="before")
    @classmethod
    def _arms_of_factors(cls, value: Any) -> Any:
        """Without arms, those of the factors; no arm where the factors are at fault, which is found later."""
        if not isinstance(value, Mapping) or value.get("arms") is not None or "factors" not in value:
            return value
        factors = value["factors"]
        whole = isinstance(factors, Mapping) and 0 < len(factors) <= MOST_FACTORS
        sound = whole and all(isinstance(one, (list, tuple)) and len(one) == LEVELS for one in factors.values())
        return {**value, "arms": {arm: arm for arm in arms_of(factors)} if sound else {}}

    def compared(self, *, periods: bool) -> list[str]:
        """What a contrast is made of: arms, or with ``periods`` the arms that the periods of a crossover have."""
        return list(self.treatments if periods and self.treatments else self.arms)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        full = handler.resolve_ref_schema(handler(schema))
        full["required"] = [key for key in full["required"] if key != "arms"]
        full["anyOf"] = [{"required": ["arms"]}, {"required": ["factors"]}]
        return full


class Family(ProvenanceRecord):
    """Children of one birth who take part together: how many, how they are allocated, how alike they are.

    Attributes
    ----------
    size : how many children a mother has in the study, whole numbers. Example: {choice: {1: 75 %, 2: 22 %, 3: 3 %}}
    allocated : whether children of one mother go to one arm (together), or each is allocated alone (apart). Example: together
    icc : the share of the variance that children of one mother have in common. Example: 40 %
    """

    size: ValueSpread
    allocated: Annotated[Literal["together", "apart"], OneOf()]
    icc: Share


class Covariate(ProvenanceRecord):
    """A property of a participant, drawn at enrollment: a number, or one of several named categories.

    Attributes
    ----------
    number : a number that varies between participants. Example: {mean: 15 y, sd: 2 y}
    choice : categories with their shares, which sum to 100 %. Example: {girl: 50 %, boy: 50 %}
    """

    number: ValueSpread | None = None
    choice: Annotated[Mapping[Name, Share], SHARES_OF_A_WHOLE, QUANTITY] = {}

    @classmethod
    def whole(cls, data: Mapping[str, Any]) -> bool:
        """Whether a map says how it is distributed, also where it leaves ``number`` out."""
        return super().whole(data) or Spread.whole(data)

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        """``{uniform: ..}`` is a number; ``{choice: {girl: 50 %, boy: 50 %}}`` names categories."""
        if isinstance(value, Mapping) and not {"choice", "number"} & set(value):
            return {"number": value}
        return {"number": value} if isinstance(value, (int, float, str)) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        full = handler.resolve_ref_schema(handler(schema))
        categories = {**full, "properties": {k: v for k, v in full["properties"].items() if k != "number"}}
        return {"anyOf": [{**categories, "required": ["choice"]}, full["properties"]["number"]["anyOf"][0]]}
