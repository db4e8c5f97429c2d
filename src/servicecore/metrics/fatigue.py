"""Fatigue: whom not to ask again so soon, decided the same way every time (M7)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256

from attrs import field, frozen

from servicecore.errors import InvalidValue
from servicecore.instants import DAY, as_instant, duration_text, to_period
from servicecore.metrics.surveys import Invitation


def _pause(value: timedelta | str | int | None) -> int | None:
    return value if value is None or isinstance(value, int) else to_period(value, "pause")


@frozen(kw_only=True)
class FatigueRules:
    """How often anybody may be asked; None is no limit. Pauses in microseconds.

    `same_survey` and `any_survey` are the pauses since a respondent was last invited to this one,
    and to any. `share` is the share of requests that a survey is about at all: which ones is drawn
    by a hash of survey and request, so that everybody comes to the same answer, and asking again
    does not change it. `share_by_survey` gives single surveys a share of their own.
    """

    same_survey: int | None = field(default=90 * DAY, converter=_pause)
    any_survey: int | None = field(default=14 * DAY, converter=_pause)
    share: float = 1.0
    share_by_survey: dict[str, float] = field(factory=dict, hash=False)

    def __attrs_post_init__(self) -> None:
        for each in (self.share, *self.share_by_survey.values()):
            if not 0 <= each <= 1:
                raise InvalidValue(f"a share of requests is {each}: expected one from 0 to 1")


@frozen
class MayInvite:
    """Whether to invite somebody, and every reason against it."""

    allowed: bool
    reasons: tuple[str, ...] = ()


def may_invite(
    rules: FatigueRules,
    *,
    survey: str,
    respondent: str,
    request: str,
    invited: Iterable[Invitation],
    at: datetime | int,
) -> MayInvite:
    """Whether somebody may be invited to a survey about a request, given who was invited before.

    A pause of 14 days ends exactly 14 days after the last invitation. Invitations later than `at`
    are not known yet.

    >>> before = Invitation(id="i1", survey="csat", respondent="ann", invited_at=0)
    >>> asked = dict(survey="nps", respondent="ann", request="R2", invited=[before])
    >>> may_invite(FatigueRules(), **asked, at=13 * DAY).reasons
    ('invited to csat 312h ago: expected 336h in between',)
    """
    now = as_instant(at)
    theirs = [each for each in invited if each.respondent == respondent and each.invited <= now]
    reasons = [
        *_too_soon(theirs, rules.any_survey, now),
        *_too_soon([each for each in theirs if each.survey == survey], rules.same_survey, now),
    ]
    wanted = rules.share_by_survey.get(survey, rules.share)
    if drawn(survey, request) >= wanted:
        reasons.append(f"{request} is not of the {wanted:.0%} of requests that {survey} is about")
    found = tuple(dict.fromkeys(reasons))
    return MayInvite(not found, found)


def _too_soon(invitations: list[Invitation], pause: int | None, now: int) -> Iterable[str]:
    if pause is None or not invitations:
        return
    last = max(invitations, key=lambda each: each.invited)
    if now < last.invited + pause:
        ago = duration_text(now - last.invited)
        yield f"invited to {last.survey} {ago} ago: expected {duration_text(pause)} in between"


def drawn(survey: str, request: str) -> float:
    """A number from 0 to below 1 that survey and request alone decide: of their SHA-256.

    >>> drawn("csat", "R1") == drawn("csat", "R1"), drawn("csat", "R1") == drawn("nps", "R1")
    (True, False)
    """
    digest = sha256(f"{survey}\0{request}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
