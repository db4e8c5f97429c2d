"""What a store keeps beside a history: its summary and when to look at it next (B7)."""

from __future__ import annotations

from servicecore.lifecycle.situation import Situation
from servicecore.stores.values import Summary


def summary_of(situation: Situation) -> Summary:
    """What `find` reads of a request.

    >>> from servicecore import PolicyBook, replay
    >>> from servicecore.lifecycle.events import Opened
    >>> opened = Opened(request="R1", occurred_at=0, facts={"customer": "acme"})
    >>> summary_of(replay([opened], PolicyBook.of(), at=0)).customer
    'acme'
    """
    request, owner = situation.request, situation.ownership
    return Summary(
        status=situation.status,
        is_open=situation.contact.silent is not None,
        opened=situation.state.opened,
        kind=request.kind,
        priority=request.priority,
        service=request.service,
        group=owner.group,
        person=owner.person,
        customer=request.customer,
    )


def wake_of(situation: Situation) -> int | None:
    """When the timer of a request rings: a step or transition that is due, else what comes next.

    In microseconds; None if nothing changes by itself any more.

    >>> from servicecore import PolicyBook, replay
    >>> from servicecore.lifecycle.events import Opened
    >>> from servicecore.sla import Policy, Target
    >>> book = PolicyBook.of(Policy("all", {"resolution": Target("4h")}))
    >>> wake_of(replay([Opened(request="R1", occurred_at=0)], book, at=0))
    14400000001
    """
    due = [step.due for step in situation.steps_due]
    due += [transition.due for transition in situation.transitions_due]
    if due:
        return min(due)
    return None if situation.next is None else situation.next.instant
