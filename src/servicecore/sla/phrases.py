"""Targets and conditions as parts of a sentence, in any language.

What hosts name stays as they wrote it. The words that we gave ourselves (statuses, clocks,
priorities) are translated although they are data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from types import MappingProxyType
from typing import get_args

from servicecore.catalogue.agreements import AgreementKind
from servicecore.catalogue.catalogue import AGREEMENT
from servicecore.catalogue.customers import CUSTOMER_FACTS
from servicecore.instants import Days, to_datetime
from servicecore.messages import Messages
from servicecore.requests import DEFAULT_MATRIX, FACT_NAMES, Channel, Fact, Impact, Kind, Urgency
from servicecore.sla.conditions import Condition
from servicecore.sla.mark import MarkKind
from servicecore.sla.naming import ALWAYS
from servicecore.sla.rules import CONDITIONS, DEFAULT_CLOCKS
from servicecore.sla.statuses import DEFAULT_STATUSES
from servicecore.sla.target import Target

STOPPED = "stopped"
"""The reason of a pause that a reopening made of the time in between (K4)."""

WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "clock": tuple(DEFAULT_CLOCKS),
    "status": (
        *DEFAULT_STATUSES, STOPPED, "approval: customer", "approval: desk", *CONDITIONS
    ),
    "mark": get_args(MarkKind),
    "fact": (*sorted(FACT_NAMES), AGREEMENT, *CUSTOMER_FACTS),
    "priority": (*DEFAULT_MATRIX.priorities, "none"),
    "impact": tuple(Impact),
    "urgency": tuple(Urgency),
    "kind": tuple(Kind),
    "channel": tuple(Channel),
    "truth": ("True", "False"),
    "agreement kind": get_args(AgreementKind),
})  # fmt: skip
"""Our own words that explanations meet in data, by what they are the word for."""


def target_in_words(target: Target, messages: Messages) -> str:
    """How much of which calendar's time; in English what `str` says.

    >>> from servicecore.messages import ENGLISH
    >>> target_in_words(Target(Days(3, until="close")), ENGLISH)
    '3 working days until close of always'
    """
    said = _aim_in_words(target, messages)
    if target.not_before is None:
        return said
    earliest = allowance_in_words(target.not_before, messages)
    return messages.text("{target}, not before {earliest}", target=said, earliest=earliest)


def _aim_in_words(target: Target, messages: Messages) -> str:
    if target.within is None:
        by = to_datetime(target.instant or 0)
        date, time = messages.date(by), messages.time_of_day(by)
        return messages.text("by {date} {time} UTC", date=date, time=time)
    within = allowance_in_words(target.within, messages)
    if target.calendar.name == ALWAYS:
        return messages.text("{within} of always", within=within)
    if not target.calendar.name:
        return messages.text("{within} of its calendar", within=within)
    return messages.text("{within} of {calendar}", within=within, calendar=target.calendar.name)


def allowance_in_words(within: int | Days, messages: Messages) -> str:
    """A duration, or a number of working days."""
    if isinstance(within, int):
        return messages.duration(within)
    if within.until == "close":
        return messages.plural(
            "{count} working day until close", "{count} working days until close", within.count
        )
    return messages.plural("{count} working day", "{count} working days", within.count)


def condition_in_words(fact: str, condition: Condition, messages: Messages) -> str:
    """What is asked of a fact; in English what `str` says."""

    def either(first: str, second: str) -> str:
        return messages.text("{first} or {second}", first=first, second=second)

    def both(first: str, second: str) -> str:
        return messages.text("{first} and {second}", first=first, second=second)

    def words(values: Iterable[str | float]) -> list[str]:
        return [fact_in_words(fact, value, messages) for value in values]

    said = [reduce(either, words(condition.any))] if condition.any else []
    said += words(condition.all)
    said += [messages.text("not {value}", value=value) for value in words(condition.none)]
    if condition.at_least is not None:
        said.append(messages.text("at least {limit}", limit=messages.number(condition.at_least)))
    if condition.at_most is not None:
        said.append(messages.text("at most {limit}", limit=messages.number(condition.at_most)))
    return reduce(both, said)


def fact_in_words(name: str, fact: Fact, messages: Messages) -> str:
    """What is known of a request under the name of a fact; in English as Python writes it."""
    if isinstance(fact, str):
        return messages.quoted(messages.word(name, str(fact)))
    if isinstance(fact, frozenset):
        listed = [fact_in_words(name, word, messages) for word in sorted(fact)]
        return f"[{messages.listed(listed)}]"
    if isinstance(fact, bool) or fact is None:
        return messages.word("truth", repr(fact))
    return messages.number(fact)
