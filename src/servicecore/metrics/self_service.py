"""Self-service: whom it helped, and why deflection is not success.

Sessions are no needs, and no request is no success: both have to be found out (Consortium for
Service Innovation, KCS v6 Practices Guide, technique 5.12, Self-Service Measures).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from attrs import frozen

from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, share
from servicecore.instants import to_period

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

    def __attrs_post_init__(self) -> None:
        if self.opened_after is not None and self.opened_after < 0:
            raise InvalidValue(f"opened_after is {self.opened_after}: expected a time from 0 on")


@frozen
class SelfService:
    """What came of sessions.

    `intent` is the share that needed help, `success` the share of these that are known to have got
    it, and `helped` the product of both: the share of all sessions that helped somebody. Of those
    with a need, `success` is the share of contacts avoided, had each of them asked us otherwise.
    `unknown` counts the sessions with intent that no request followed and of which nobody knows
    more; they count as not helped, so `success` lies between its value and that with them.

    `deflected` is the figure that products show: the share of sessions with intent that no request
    followed. It counts those who gave up as a success, so it is named as what it is; `gave_up` is
    the share of the deflected that are not known to have been helped.
    """

    sessions: int
    intent: Estimate
    success: Estimate
    helped: Estimate
    deflected: Estimate
    gave_up: Estimate
    unknown: int


def self_service(
    sessions: Iterable[Session], *, within: timedelta | str = "24h", level: float = 0.95
) -> SelfService:
    """What came of sessions: helped = sessions × intent × success, and deflection beside it.

    A session counts as a success where it is known to be one and no request followed `within` that
    time, which is included: who asks us all the same was not helped. Shares have Wilson's interval,
    which takes sessions to be independent. Raises `InvalidValue` for a time that is not above 0.

    >>> from servicecore.instants import HOUR
    >>> came = [Session(True, True), Session(True, None), Session(True, True, opened_after=HOUR)]
    >>> found = self_service(came)
    >>> found.success.hits, found.deflected.hits, found.gave_up.hits
    (1, 2, 1)
    """
    known, window = list(sessions), to_period(within, "within")
    needed = [each for each in known if each.intent]
    deflected = [each for each in needed if each.opened_after is None or each.opened_after > window]
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
        sum(each.success is None for each in deflected),
    )
