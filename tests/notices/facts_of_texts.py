"""The facts that each template can meet, with a value of its own for each; none is a word.

`OPTIONAL` may be empty; the others always say something.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from servicecore.notices import Notice
from servicecore.requests import Fact

WHEN = 1_775_556_000_000_000
"""Tue 7 Apr 2026 10:00 UTC."""
HOUR = 3_600_000_000

INSIDE: Mapping[str, Fact] = {
    "customer": "01", "service": "02", "priority": "high", "resolution_due": WHEN, "by": "03",
    "owner": "04",
}  # fmt: skip
STEP: Mapping[str, Fact] = {
    **INSIDE, "clock": "resolution", "ladder": "11", "step": "12", "round": 1, "outcome": "told",
    "seen": WHEN, "trigger": "share", "clock_due": None, "late_since": None, "paused": False,
    "left": None, "silent_since": None, "unassigned_since": None, "bounces": 0, "reopenings": 0,
    "gap": None,
}  # fmt: skip
OF_A_CLOCK: Mapping[str, Fact] = {
    "clock_due": WHEN, "late_since": WHEN, "paused": True, "left": 2 * HOUR
}  # fmt: skip
OF_A_REQUEST: Mapping[str, Fact] = {
    "clock": "", "silent_since": WHEN, "unassigned_since": WHEN, "bounces": 3, "reopenings": 2,
    "gap": -1.0,
}  # fmt: skip

NEEDED: Mapping[str, tuple[Mapping[str, Fact], ...]] = {
    "received": ({},),
    "split": ({"parent": "21"},),
    "answered": ({},),
    "waiting": ({},),
    "options": (
        {"options": 1, "option 1": "22"},
        {"options": 9, "option 1": "22", "option 2": "23"},
        {"options": 2, "option 1": "22", "option 2": "23"},
    ),
    "approval": ({},),
    "decision": ({"granted": True}, {"granted": False}),
    "promised": ({"kind": "delivery", "due": WHEN}, {"kind": "checkpoint", "due": WHEN}),
    "renegotiated": ({"kind": "delivery", "due": WHEN}, {"kind": "checkpoint", "due": WHEN}),
    "withdrawn": ({"kind": "delivery"}, {"kind": "checkpoint"}),
    "reported": ({},),
    "resolved": ({},),
    "reopened": ({},),
    "closed": ({},),
    "cancelled": ({},),
    "merged": ({"target": "24"},),
    "survey": ({"survey": "25"},),
    "assigned": ({},),
    "replied": ({"side": "customer"}, {"side": "supplier"}),
    "chosen": ({"option": "26"},),
    "approval-decided": ({"granted": True}, {"granted": False}),
    "date": ({"kind": "delivery", "due": WHEN}, {"kind": "checkpoint", "due": WHEN}),
    "back": ({},),
    "called-off": ({},),
    "override": ({"override": "27"},),
    "undelivered": ({},),
    "step": (
        {**STEP},
        {**STEP, **OF_A_CLOCK},
        {**STEP, **OF_A_CLOCK, "late_since": None},
        {**STEP, **OF_A_CLOCK, "late_since": None, "paused": False},
        {**STEP, "round": 0, "outcome": "custodian told"},
        *({**STEP, **OF_A_REQUEST, "trigger": trigger}
          for trigger in ("silence", "bounces", "reopened", "unassigned", "gap")),
    ),
}  # fmt: skip
"""What each notice always says, of each of its kinds."""

OPTIONAL: Mapping[str, Mapping[str, Fact]] = {
    "received": {"answer_due": WHEN, "approver": "31"},
    "waiting": {"reason": "32", "until": WHEN},
    "options": {"recommendation": "22"},
    "approval": {"requester": "33", "asked": "34"},
    "decision": {"reason": "32"},
    "renegotiated": {"before": WHEN + HOUR, "reason": "32"},
    "withdrawn": {"due": WHEN, "reason": "32"},
    "reported": {"done": "35", "next_due": WHEN},
    "resolved": {"reason": "32", "closes": WHEN},
    "reopened": {"reason": "32"},
    "closed": {"reason": "32"},
    "cancelled": {"reason": "32"},
    "merged": {"reason": "32"},
    "assigned": INSIDE,
    "replied": {**INSIDE, "answer_due": WHEN + HOUR},
    "chosen": INSIDE,
    "approval-decided": {**INSIDE, "reason": "32"},
    "date": {**INSIDE, "before": WHEN + HOUR, "reason": "32"},
    "back": {**INSIDE, "reason": "32"},
    "called-off": {**INSIDE, "reason": "32"},
    "override": {**INSIDE, "reason": "32", "until": WHEN},
    "undelivered": {**INSIDE, "reason": "32"},
    "step": INSIDE,
}
"""What a notice may say as well, or not."""

RECIPIENTS = ("requester: 41", "group: 42", "person: 43")


def notice(template: str, facts: Mapping[str, Fact], recipient: str = RECIPIENTS[0]) -> Notice:
    """A notice of that template, about the request 99."""
    return Notice(
        id="n1", request="99", template=template, recipient=recipient, facts=facts, made_at=WHEN
    )


def empty(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """The same facts with nothing in them."""
    return {name: "" if isinstance(fact, str) else None for name, fact in facts.items()}


def combined(template: str) -> Iterator[Notice]:
    """A notice for every combination of what it may say; details go together."""
    optional = {"subject": "51", **OPTIONAL.get(template, {})}
    details = {name: optional.pop(name) for name in INSIDE if name in optional}
    parts = [{name: fact} for name, fact in optional.items()] + [details] * bool(details)
    nothing = empty({**optional, **details})
    for needed in NEEDED[template]:
        for number in range(len(parts) + 1):
            for chosen in combinations(parts, number):
                said = {name: fact for part in chosen for name, fact in part.items()}
                for recipient in RECIPIENTS if template == "assigned" else RECIPIENTS[:1]:
                    yield notice(template, {**nothing, **said, **needed}, recipient)


def full(template: str) -> Iterator[Notice]:
    """A notice of each kind that says all it may."""
    for needed in NEEDED[template]:
        yield notice(template, {"subject": "51", **OPTIONAL.get(template, {}), **needed})
