"""What the customer has heard of us, and since when they hear nothing (R5)."""

from __future__ import annotations

from attrs import frozen

from servicecore.lifecycle.facts import Facts

QUIET = frozenset({"resolved", "closed", "cancelled", "merged"})
"""Behind these the customer waits for nothing, so silence does not run."""


RESPONSE = frozenset({"replied", "resolved", "closed"})
"""With these the first response is given, or needed no longer; messages behind it want the next."""

BROKEN_BY = frozenset({"opened", "reopened", "updated"})
"""From these on silence is counted anew; an update behind the end starts none."""

SAID = QUIET | BROKEN_BY | {"replied", "customer replied"}
"""The facts that change what has been said."""


@frozen(slots=False)  # made for every request, which a dictionary does quicker
class Contact:
    """What has been said so far.

    `responded` says whether we have answered, resolved or closed it at all. `unanswered` is the
    instant of the oldest message of the customer that nobody has answered, `silent` the one since
    when the customer has not heard from us: from the opening, a reopening or the last visible
    update until the request is resolved, cancelled or merged. Both None where there is nothing to
    wait for.
    """

    responded: bool = False
    unanswered: int | None = None
    silent: int | None = None

    def after(self, facts: Facts, instant: int) -> Contact:
        """What has been said behind an event that means these facts."""
        responded = self.responded or not RESPONSE.isdisjoint(facts)
        unanswered = self.unanswered
        if "replied" in facts or not QUIET.isdisjoint(facts):
            unanswered = None
        elif "customer replied" in facts and unanswered is None:
            unanswered = instant
        silent = self.silent
        if not QUIET.isdisjoint(facts):
            silent = None
        elif (
            "opened" in facts or "reopened" in facts or (silent is not None and "updated" in facts)
        ):
            silent = instant
        return Contact(responded, unanswered, silent)
