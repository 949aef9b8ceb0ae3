"""The resolved scenario: the only one that may run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Never

from pydantic import PrivateAttr, model_validator

from trialsim.scenario.model.draft import Draft

if TYPE_CHECKING:
    from trialsim.protocol.program import Program
    from trialsim.scenario.written import WrittenScenario


class Scenario(Draft):
    """The whole input of a simulation, resolved: nothing is left out, everything was checked. It may run.

    It keeps what it was made of (:attr:`written`) and its compiled protocol (:attr:`program`); neither is part of its equality.
    """

    _written: WrittenScenario | None = PrivateAttr(default=None)
    _program: Program | None = PrivateAttr(default=None)

    @classmethod
    def made(cls, draft: Draft, *, written: WrittenScenario, program: Program | None) -> Scenario:
        """The scenario of a draft that was written out and checked; for :func:`trialsim.scenario.resolve.resolve` alone."""
        fields = {name: getattr(draft, name) for name in Draft.model_fields}
        scenario = cls.model_construct(_fields_set=draft.model_fields_set, **fields)
        scenario._written, scenario._program = written, program
        return scenario

    @property
    def written(self) -> WrittenScenario:
        """The written scenario, on which changes are made (:func:`trialsim.scenario.change.change`)."""
        assert self._written is not None
        return self._written

    @property
    def program(self) -> Program | None:
        """The compiled protocol; None without a ward."""
        return self._program

    def __repr__(self) -> str:
        """Name and title, arms and target: all keys would fill screens (``scenario.model_dump()`` has them)."""
        enroll = self.design.enroll
        target = f"{enroll.in_all} in all" if enroll.in_all is not None else f"{enroll.each_arm} in each arm"
        if enroll.each_cluster is not None:
            target = f"{enroll.each_cluster} in each cluster"
        return f"Scenario {self.name}: {self.title} ({', '.join(self.design.arms)}; {target})"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scenario) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]  # maps have none; scenario_hash() is its identity

    @model_validator(mode="before")
    @classmethod
    def _refuse_unresolved(cls, _: Any) -> Any:
        raise TypeError("a scenario is made by load(), loads() or change(): these check and resolve it")

    def model_copy(self, **_: Any) -> Never:
        """Refused: what is changed must be resolved again, which :func:`trialsim.scenario.change.change` does."""
        raise TypeError("a scenario is changed by change(), which checks and resolves it again")
