"""Commands about the work itself: what comes in, whose it is, where it stands, its links."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from servicecore.errors import InvalidValue
from servicecore.lifecycle import events
from servicecore.lifecycle.commands.envelope import Command
from servicecore.lifecycle.events.envelope import as_until
from servicecore.requests import Fact, checked_facts


def _facts(facts: Mapping[str, Fact]) -> Mapping[str, Fact]:
    checked = checked_facts(facts)
    for name in checked:
        if name in RESERVED:
            raise InvalidValue(f"facts: {name!r} is no name of a fact: expected text of your own")
    return checked


RESERVED = frozenset({"id", "opened", "opened_at", "fields"})
"""What a request has besides its facts."""


@frozen(kw_only=True)
class Open(Command):
    """Take a request in, with what is known of it; see `open_request`."""

    writes = events.Opened
    phrase = "open {request}"

    facts: Mapping[str, Fact] = field(factory=dict, hash=False, converter=_facts)


@frozen(kw_only=True)
class ChangeFacts(Command):
    """Say what is different; other facts stay. Priority and owner have commands of their own."""

    writes = events.FactsChanged
    phrase = "change facts of {request}"

    facts: Mapping[str, Fact] = field(hash=False, converter=_facts)


@frozen(kw_only=True)
class Prioritise(Command):
    """Give the priority; one that the matrix does not give needs a reason."""

    writes = events.Prioritised
    phrase = "prioritise {request} as {priority}"

    priority: str
    impact: str | None = None
    urgency: str | None = None
    reason: str = ""
    source: str = "person"


@frozen(kw_only=True)
class ApplyPolicy(Command):
    """Choose the policy by hand; it stays whatever facts change (P2)."""

    writes = events.PolicyApplied
    phrase = "apply the policy {policy} to {request}"

    policy: str
    version: str = ""
    source: str = "person"
    reason: str = ""


@frozen(kw_only=True)
class Assign(Command):
    """Give it to a group, to a person, or to both; to neither takes it away from all.

    A person without a group gets it where it is; a group without a person takes it from whoever
    had it.
    """

    writes = events.Assigned
    phrase = "assign {request}"

    group: str | None = None
    person: str | None = None


@frozen(kw_only=True)
class ChangeStatus(Command):
    """Move it to another status, or the same one with another reason or date."""

    writes = events.StatusChanged
    phrase = "move {request} to {status}"

    status: str
    reason: str = ""
    until: int | None = field(default=None, converter=as_until)
    waiting_on: str = ""


@frozen(kw_only=True)
class Reply(Command):
    """Write a message, from the side of the actor; an internal note is not `public`."""

    writes = events.Replied
    phrase = "reply to {request}"

    public: bool = True
    automatic: bool = False
    channel: str = ""


@frozen(kw_only=True)
class Restore(Command):
    """Say that the customer can work again, though the work on the request may go on."""

    writes = events.Restored
    phrase = "restore service for {request}"


@frozen(kw_only=True)
class Resolve(Command):
    """Say that the need is met, as far as the desk can tell.

    Without a status it goes to the one that the lifecycle leads to from where it is; so with
    `Reopen`, `Close` and `Cancel`.
    """

    writes = events.Resolved
    phrase = "resolve {request}"

    status: str | None = None
    reason: str = ""


@frozen(kw_only=True)
class Reopen(Command):
    """Go on with the work after a resolution or a closing."""

    writes = events.Reopened
    phrase = "reopen {request}"

    status: str | None = None
    reason: str = ""


@frozen(kw_only=True)
class Close(Command):
    """Say that nothing more is to be done."""

    writes = events.Closed
    phrase = "close {request}"

    status: str | None = None
    reason: str = ""


@frozen(kw_only=True)
class Cancel(Command):
    """Withdraw it."""

    writes = events.Cancelled
    phrase = "cancel {request}"

    status: str | None = None
    reason: str = ""


@frozen(kw_only=True)
class MergeInto(Command):
    """Let it go on in another request, `target`; see `merge`."""

    writes = events.MergedInto
    phrase = "merge {request} into {target}"

    target: str
    status: str = "merged"
    reason: str = ""


@frozen(kw_only=True)
class Absorb(Command):
    """Let another request, `source`, go on in this one: a merge seen from the other side."""

    writes = events.Absorbed
    phrase = "merge {source} into {request}"

    source: str


@frozen(kw_only=True)
class Split(Command):
    """Make a part of it a request of its own, `child`, with these facts changed; see `split`."""

    writes = events.SplitFrom
    phrase = "split {child} from {request}"

    child: str
    facts: Mapping[str, Fact] = field(factory=dict, hash=False, converter=_facts)

    def _check(self) -> None:
        if not self.child.strip():
            raise InvalidValue("the child of Split is empty: expected the name of the new request")


@frozen(kw_only=True)
class Link(Command):
    """Say that it has to do with another request; `kind` is a usual one or a word of yours.

    The usual ones are in `servicecore.lifecycle.links.LINKS`.
    """

    writes = events.Linked
    phrase = "link {request} to {other}"

    kind: str
    other: str


@frozen(kw_only=True)
class Unlink(Command):
    """Take a link back."""

    writes = events.Unlinked
    phrase = "unlink {request} from {other}"

    kind: str
    other: str
