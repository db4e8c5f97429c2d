"""Which notices an event makes: a table of rules, and the function that applies it.

The table is data. A host takes it as it is, leaves some out (`without`), adds its own, or brings
another one:

>>> from servicecore.lifecycle.events import DecisionFailed
>>> mine = (
...     *without("survey", "merged"),
...     NoticeRule(event=DecisionFailed, template="decision-failed", to="role: administrator"),
... )
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256

from servicecore.errors import UnknownName
from servicecore.instants import as_instant
from servicecore.lifecycle.events import (
    ApprovalDecided,
    ApprovalRequested,
    Assigned,
    Cancelled,
    Closed,
    Event,
    MergedInto,
    NoticeUndelivered,
    Opened,
    OptionChosen,
    OptionsOffered,
    OverrideStarted,
    PromiseMade,
    PromiseRenegotiated,
    PromiseWithdrawn,
    Reopened,
    Replied,
    Reported,
    Resolved,
    SplitFrom,
    StatusChanged,
    StepRecorded,
    SurveyInvited,
)
from servicecore.lifecycle.situation import Situation
from servicecore.notices import conditions, facts
from servicecore.notices.notice import Notice, Severity
from servicecore.notices.recipients import did_it, recipients_of
from servicecore.notices.rule import NoticeRule

__all__ = ["DEFAULT_NOTICES", "NoticeRule", "is_over", "notices_of", "without"]

STATUS = "status"
"""The topic of where a request stands: who hears of its reopening need not hear of its end."""

LONGEST_ID = 500
"""The bytes of an id; what would be longer ends in a hash of it."""

FOR_CUSTOMERS = (
    NoticeRule(
        event=Opened, template="received", to="customer", when=conditions.is_new,
        says=facts.of_opening, topic=STATUS, even_own=True,
    ),
    NoticeRule(event=SplitFrom, template="split", to="customer", topic=STATUS),
    NoticeRule(event=Replied, template="answered", to="customer", when=conditions.is_answer),
    NoticeRule(
        event=StatusChanged, template="waiting", to="customer", when=conditions.is_waiting,
        topic=STATUS,
    ),
    NoticeRule(event=OptionsOffered, template="options", to="customer", when=conditions.is_offered),
    NoticeRule(
        event=ApprovalRequested, template="approval", to="approver",
        when=conditions.is_to_be_approved, says=facts.of_approval, topic="approval",
    ),
    NoticeRule(
        event=ApprovalDecided, template="decision", to="customer",
        when=conditions.is_decision_of_others, topic="decision", even_own=True,
    ),
    NoticeRule(
        event=PromiseMade, template="promised", to="customer", when=conditions.is_first_told
    ),
    NoticeRule(
        event=PromiseRenegotiated, template="renegotiated", to="customer",
        when=conditions.is_told_date, says=facts.of_renegotiation,
    ),
    NoticeRule(
        event=PromiseWithdrawn, template="withdrawn", to="customer",
        when=conditions.is_taken_back, says=facts.of_withdrawal,
    ),
    NoticeRule(
        event=Reported, template="reported", to="customer", when=conditions.is_latest_report,
        says=facts.of_report,
    ),
    NoticeRule(
        event=Resolved, template="resolved", to="customer", says=facts.of_resolution, topic=STATUS
    ),
    NoticeRule(event=Reopened, template="reopened", to="customer", topic=STATUS),
    NoticeRule(
        event=Closed, template="closed", to="customer",
        when=conditions.is_end_without_resolution, topic=STATUS,
    ),
    NoticeRule(event=Cancelled, template="cancelled", to="customer", topic=STATUS),
    NoticeRule(event=MergedInto, template="merged", to="customer", topic=STATUS),
    NoticeRule(
        event=SurveyInvited, template="survey", to="customer", when=conditions.is_unanswered,
        severity=Severity.LOW, topic=facts.topic_of_survey,
    ),
)  # fmt: skip

FOR_INSIDERS = (
    NoticeRule(
        event=Opened, template="assigned", to="assigned", when=conditions.is_still_theirs,
        says=facts.for_insiders, topic="assigned",
    ),
    NoticeRule(
        event=Assigned, template="assigned", to="assigned", when=conditions.is_still_theirs,
        says=facts.for_insiders, topic="assigned",
    ),
    NoticeRule(
        event=Replied, template="replied", to="owner", when=conditions.is_written_to_us,
        says=facts.of_reply, topic="replied",
    ),
    NoticeRule(event=OptionChosen, template="chosen", to="owner", says=facts.for_insiders),
    NoticeRule(
        event=ApprovalDecided, template="approval-decided", to="owner",
        when=conditions.is_decision, says=facts.for_insiders, topic="approval decided",
    ),
    NoticeRule(
        event=PromiseMade, template="date", to="owner", when=conditions.is_told_date,
        says=facts.of_date,
    ),
    NoticeRule(
        event=PromiseRenegotiated, template="date", to="owner", when=conditions.is_told_date,
        says=facts.of_date,
    ),
    NoticeRule(event=Reopened, template="back", to="owner", says=facts.for_insiders, topic="end"),
    NoticeRule(
        event=Cancelled, template="called-off", to="owner", says=facts.for_insiders, topic="end"
    ),
    NoticeRule(
        event=OverrideStarted, template="override", to="owner", when=conditions.is_on,
        says=facts.for_insiders, severity=Severity.URGENT, topic="override",
    ),
    NoticeRule(
        event=StepRecorded, template="step", to="told", when=conditions.is_pressing,
        says=facts.of_step, severity=facts.severity_of_step, topic=facts.topic_of_step,
    ),
    NoticeRule(
        event=NoticeUndelivered, template="undelivered", to="owner", says=facts.for_insiders
    ),
)  # fmt: skip

DEFAULT_NOTICES: tuple[NoticeRule, ...] = (*FOR_CUSTOMERS, *FOR_INSIDERS)
"""The rules that hold where a host gives no others."""


def without(
    *templates: str, rules: Sequence[NoticeRule] = DEFAULT_NOTICES
) -> tuple[NoticeRule, ...]:
    """The rules but for those of some templates; `UnknownName` for one that no rule has.

    >>> len(DEFAULT_NOTICES) - len(without("survey"))
    1
    """
    known = dict.fromkeys(rule.template for rule in rules)
    for template in templates:
        if template not in known:
            raise UnknownName("template", template, known)
    return tuple(rule for rule in rules if rule.template not in templates)


def notices_of(
    situation: Situation,
    events: Iterable[Event],
    rules: Sequence[NoticeRule] = DEFAULT_NOTICES,
    *,
    at: datetime | int,
) -> tuple[Notice, ...]:
    """The notices that events make which were just written, made at an instant.

    `situation` is that behind the events, which are a part of its history. The same history gives
    the same notices with the same ids. What a later event of the same topic has overtaken already
    makes none, so an event that is written down late tells nobody what is over.

    >>> from servicecore import PolicyBook, replay
    >>> opened = Opened(request="R1", occurred_at=0, id="c1/1", facts={"requester": "ann"})
    >>> (notice,) = notices_of(replay([opened], PolicyBook.of(), at=0), [opened], at=0)
    >>> notice.id, notice.recipient
    ('received/c1/1/requester: ann', 'requester: ann')
    """
    made = as_instant(at)
    found: dict[str, Notice] = {}
    for event in events:
        for rule in rules:
            if rule.applies(situation, event):
                for notice in _of(rule, situation, event, rules, made):
                    found.setdefault(notice.id, notice)
    return tuple(found.values())


def _of(
    rule: NoticeRule, situation: Situation, event: Event, rules: Sequence[NoticeRule], made: int
) -> Iterator[Notice]:
    topic = _shortened(rule.topic_of(situation, event), 200)
    for recipient in recipients_of(rule.to, situation, event):
        if did_it(recipient, event.actor) and not rule.even_own:
            continue
        if topic and _is_overtaken(topic, recipient, situation, event, rules):
            continue
        said = {
            **facts.common_facts(situation),
            **facts.said_by(event),
            **rule.says(situation, event),
        }
        yield Notice(
            id=notice_id(rule.template, event, recipient),
            request=event.request,
            template=rule.template,
            recipient=recipient,
            facts=said,
            severity=rule.severity_of(situation, event),
            topic=topic,
            made_at=made,
            cause=event.id,
        )


def _is_overtaken(
    topic: str,
    recipient: str,
    situation: Situation,
    event: Event,
    rules: Sequence[NoticeRule],
) -> bool:
    """Whether a later event is of the same topic to the same recipient, even if they did it."""
    return any(
        rule.applies(situation, later)
        and _shortened(rule.topic_of(situation, later), 200) == topic
        and recipient in recipients_of(rule.to, situation, later)
        for later in conditions.behind(situation, event)
        for rule in rules
    )


def is_over(
    notice: Notice, situation: Situation, rules: Sequence[NoticeRule] = DEFAULT_NOTICES
) -> bool:
    """Whether a notice that was held would not be made any more, as things stand now.

    The customer has undone what it tells, its step's clock has stopped, the request is somebody
    else's. One without a topic is never over: what was said to the customer is theirs to read.
    """
    causes = (each for each in situation.history.newest_first() if each.id == notice.cause)
    event = next(causes, None) if notice.topic and notice.cause else None
    if event is None:
        return False
    made = notices_of(situation, [event], rules, at=situation.instant)
    return (notice.template, notice.recipient) not in {
        (each.template, each.recipient) for each in made
    }


def notice_id(template: str, event: Event, recipient: str) -> str:
    """What a notice is known by: no two differ in what it is made of and have the same.

    Only the event's part may have a slash. An event without an id goes by its place in its history.
    """
    place = f"{event.request}/{type(event).__name__}/{event.occurred}/{event.sequence}"
    name = recipient.replace("%", "%25").replace("/", "%2F")
    return _shortened(f"{template}/{event.id or place}/{name}", LONGEST_ID)


def _shortened(text: str, longest: int) -> str:
    """The text, or its beginning and a hash of it all, where it takes too many bytes."""
    if len(text) * 4 <= longest or len(text.encode(errors="replace")) <= longest:
        return text
    digest = sha256(text.encode(errors="surrogatepass")).hexdigest()
    return f"{text[: (longest - len(digest) - 1) // 4]}/{digest}"
