"""Rules of notices as values: which event makes one, to whom, and when."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from attrs import field, frozen

from servicecore.errors import InvalidValue
from servicecore.lifecycle.events import Event
from servicecore.lifecycle.situation import Situation
from servicecore.notices.notice import Severity, as_severity
from servicecore.notices.recipients import Finds, check_to
from servicecore.requests import Fact

Applies = Callable[[Situation, Any], bool]
Says = Callable[[Situation, Any], Mapping[str, Fact]]
Weighs = Callable[[Situation, Any], Severity]
Names = Callable[[Situation, Any], str]


def always(_: Situation, _event: Event) -> bool:
    """The notice is made by every event of that type."""
    return True


def nothing_more(_: Situation, _event: Event) -> Mapping[str, Fact]:
    """The notice says what the event says, and no more."""
    return {}


def _severity(severity: Severity | str | Weighs) -> Severity | Weighs:
    return severity if callable(severity) else as_severity(severity)


@frozen(kw_only=True)
class NoticeRule:
    """Which event makes a notice, which one, and for whom.

    `event` is a type of events and `template` the name of the text. `to` is who is told: one of
    ``"customer"`` (the requester, else the customer), ``"owner"`` (the person, else the group),
    ``"approver"``, ``"assigned"``, ``"told"``, ``"custodian"``, ``"business owner"``, a name such
    as ``"role: administrator"``, or a function that gives recipients. `when` says whether it
    applies. What the event itself says goes into the facts of the notice; `says` gives more.

    A later notice of the same `topic` overtakes one that still waits; an empty one is never
    overtaken. Nobody is told of what they did themselves, but with `even_own`.

    `when`, `says`, and, where they are functions, `to`, `severity` and `topic` are called with the
    situation behind the events and the event. They have to be pure.

    >>> from servicecore.lifecycle.events import DecisionFailed
    >>> NoticeRule(event=DecisionFailed, template="failed", to="role: administrator").template
    'failed'
    >>> NoticeRule(event=DecisionFailed, template="failed", to="administrator")
    Traceback (most recent call last):
    ...
    servicecore.errors.InvalidValue: nobody is told by to='administrator': expected one of \
'customer', 'approver', 'owner', 'assigned', 'told', 'custodian', 'business owner', 'role: NAME', \
'group: NAME', 'person: NAME', or a function
    """

    event: type[Event]
    template: str
    to: str | Finds
    when: Applies = always
    says: Says = nothing_more
    severity: Severity | Weighs = field(default=Severity.NORMAL, converter=_severity)
    topic: str | Names = ""
    even_own: bool = False

    def __attrs_post_init__(self) -> None:
        kind: object = self.event
        if not (isinstance(kind, type) and issubclass(kind, Event)):
            raise InvalidValue(f"event is {kind!r}: expected a type of events")
        if not re.fullmatch(r"[\w-]{1,100}", str(self.template)):
            expected = "expected letters, digits and hyphens"
            raise InvalidValue(f"template is {self.template!r}: {expected}")
        check_to(self.to)

    def applies(self, situation: Situation, event: Event) -> bool:
        """Whether an event makes this notice."""
        return isinstance(event, self.event) and self.when(situation, event)

    def severity_of(self, situation: Situation, event: Event) -> Severity:
        """How pressing the notice of an event is."""
        if isinstance(self.severity, Severity):
            return self.severity
        return as_severity(self.severity(situation, event))

    def topic_of(self, situation: Situation, event: Event) -> str:
        """What a later notice has to be about to overtake that of an event; empty for nothing."""
        return self.topic if isinstance(self.topic, str) else self.topic(situation, event)
