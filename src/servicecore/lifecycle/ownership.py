"""Whose a request is, and how often it changed hands (R4)."""

from __future__ import annotations

from attrs import frozen

from servicecore.lifecycle.events import Assigned


@frozen(slots=False)  # made for every request, which a dictionary does quicker
class Ownership:
    """The group and the person that a request belongs to, and how it came there.

    A handoff is a change from one group to another, whoever had it in between; a bounce is a
    handoff back to a group that had it before. `ungrouped` and `unassigned` say since when no group
    and no person has it, in microseconds; None while one does.

    >>> ann = Ownership().given(Assigned(request="R1", occurred_at=0, group="first", person="ann"))
    >>> ann.given(Assigned(request="R1", occurred_at=60, group="second")).handoffs
    1
    """

    group: str | None = None
    person: str | None = None
    ungrouped: int | None = None
    unassigned: int | None = None
    latest: str | None = None
    left: frozenset[str] = frozenset()
    handoffs: int = 0
    bounces: int = 0

    def given(self, event: Assigned) -> Ownership:
        """The ownership behind an assignment."""
        return self.owned_by(event.group, event.person, event.occurred)

    def owned_by(self, group: str | None, person: str | None, instant: int) -> Ownership:
        """The ownership of that group and person from an instant on; an empty name is nobody's."""
        group, person = group or None, person or None
        handed = bool(self.latest and group not in (None, self.latest))
        return Ownership(
            group,
            person,
            _since(self.ungrouped, group, instant),
            _since(self.unassigned, person, instant),
            group or self.latest,
            self.left | {self.latest} if handed and self.latest else self.left,
            self.handoffs + handed,
            self.bounces + (handed and group in self.left),
        )


def _since(before: int | None, owner: str | None, instant: int) -> int | None:
    """Since when nobody has it."""
    if owner is not None:
        return None
    return instant if before is None else before
