"""Forms: what clients send, with a limit to everything."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from servicecore.requests import Kind
from servicecore.stores import Query

Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00]*$"),
]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000)]
Why = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1_000)]


class Form(BaseModel):
    """What all forms have in common: fields that nobody knows are refused."""

    model_config = ConfigDict(extra="forbid")


class NewRequest(Form):
    """A need. For whom it is, only the desk may say: everybody else asks for themselves."""

    title: Line
    kind: Kind = Kind.INCIDENT
    service: Line | None = None
    offering: Line | None = None
    impact: Line | None = None
    urgency: Line | None = None
    customer: Line | None = None
    requester: Line | None = None


class NewReply(Form):
    """A message; one that is not public is a note for the desk alone."""

    text: Prose
    public: bool = True


class NewPromise(Form):
    """A date for the customer; with the id of a promise, another date for that one."""

    due_at: AwareDatetime
    kind: Literal["delivery", "checkpoint"] = "delivery"
    promise: Line | None = None
    reason: Why = ""


class NewOptions(Form):
    """Options, of which the customer chooses one."""

    options: Annotated[list[Line], Field(min_length=2, max_length=10)]
    recommendation: Why = ""


class Decision(Form):
    """The customer's decision: the option that they choose, or whether they approve."""

    option: Line | None = None
    granted: bool | None = None
    reason: Why = ""

    @model_validator(mode="after")
    def _is_one_decision(self) -> Self:
        if (self.option is None) == (self.granted is None):
            raise ValueError("expected either `option` or `granted`")
        return self


class NewOwner(Form):
    """Whom a request is given to: a group, a person, or a person in a group."""

    group: Line | None = None
    person: Line | None = None


class Reason(Form):
    """Why something is done."""

    reason: Why = ""


class Search(Form):
    """Which requests to list, in the order of what is due next, or of their opening."""

    status: list[Line] | None = None
    priority: list[Line] | None = None
    service: Line | None = None
    group: Line | None = None
    person: Line | None = None
    customer: Line | None = None
    is_open: bool | None = None
    order: Literal["wake", "opened"] = "wake"
    after: Annotated[str, Field(max_length=600)] = ""
    limit: Annotated[int, Field(ge=1, le=100)] = 50

    def query(self, customer: str | None) -> Query:
        """The question to the desk; about the requests of one customer, if that is who asks."""
        given = self.model_dump(exclude_none=True)
        return Query(**given if customer is None else {**given, "customer": customer})
