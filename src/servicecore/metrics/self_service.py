"""Self-service: whom it helped, and why deflection is not success."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from servicecore.estimate import Estimate, share
from servicecore.instants import HOUR

SESSIONS = "all sessions"
WITH_INTENT = "sessions of somebody who needed help"


@frozen
class Session:
    """A visit to self-service: whether somebody needed help, got it, and asked us all the same.

    `intent` is whether they came for help at all, rather than to look around or to see how their
    request stands; `success` whether they found it, by their own word or by what they did then (a
    form sent, a password reset), None where nobody knows. `opened_after` is how long afterwards
    they opened a request, in microseconds; None if they did not.
    """

    intent: bool
    success: bool | None = None
    opened_after: int | None = None


@frozen
class SelfService:
    """What came of sessions.

    `intent` is the share that needed help, `success` the share of these that are known to have got
    it, and `helped` the product of both: the share of all sessions that helped somebody. `unknown`
    sessions with intent are counted as not helped. `deflected` is the figure that products show:
    the share of sessions with intent that no request followed. It counts those who gave up as a
    success, so it is named as what it is; `gave_up` is the share of the deflected that are not
    known to have been helped.
    """

    sessions: int
    intent: Estimate
    success: Estimate
    helped: Estimate
    deflected: Estimate
    gave_up: Estimate
    unknown: int


def self_service(
    sessions: Iterable[Session], *, within: int = 24 * HOUR, level: float = 0.95
) -> SelfService:
    """What came of sessions: helped = sessions × intent × success, and deflection beside it.

    A session counts as a success where it is known to be one and no request followed `within` that
    time (in microseconds): who asks us all the same was not helped. Shares have Wilson's interval.

    >>> came = [Session(True, True), Session(True, None), Session(True, True, opened_after=HOUR)]
    >>> found = self_service(came)
    >>> found.success.hits, found.deflected.hits, found.gave_up.hits
    (1, 2, 1)
    """
    known = list(sessions)
    needed = [each for each in known if each.intent]
    deflected = [each for each in needed if each.opened_after is None or each.opened_after > within]
    helped = sum(each.success is True for each in deflected)

    def part(hits: int, n: int, cohort: str) -> Estimate:
        return share(hits, n, cohort=cohort, level=level)

    return SelfService(
        len(known),
        part(len(needed), len(known), SESSIONS),
        part(helped, len(needed), WITH_INTENT),
        part(helped, len(known), SESSIONS),
        part(len(deflected), len(needed), f"{WITH_INTENT}; those who gave up among them"),
        part(len(deflected) - helped, len(deflected), "sessions that no request followed"),
        sum(each.success is None for each in needed),
    )
