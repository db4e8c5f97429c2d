"""Reasons in any language: why a calendar is closed, a clock is paused or has another target.

Reasons are text, and most of them are somebody's own. Those that we wrote ourselves are known by
how they are written, so that they are translated wherever they are met.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import reduce
from types import MappingProxyType

from servicecore.errors import InvalidValue
from servicecore.instants import Days, to_duration
from servicecore.messages import ENGLISH, Messages
from servicecore.sla.phrases import allowance_in_words
from servicecore.sla.rules import CONDITIONS

_CONDITION = f"(?:{'|'.join(CONDITIONS)}): "
_CLOSURE = re.compile("(changed hours|holiday|break) on ([0-9]{4}-[0-9]{2}-[0-9]{2})")
_NOT_WHILE = re.compile(f"not ({_CONDITION}.+)", re.DOTALL)
_BOTH = re.compile(f", (?={_CONDITION})")
_EITHER = re.compile(f" or (?={_CONDITION})")
_NEW_TARGET = re.compile("priority ([^,]+), (.+)", re.DOTALL)
_NO_TARGET = re.compile("no target for (.+)", re.DOTALL)
_DECISION = re.compile("their decision between (.+) and (.+)", re.DOTALL)
_DECIDED = re.compile("they decided for (.+)", re.DOTALL)
_DAYS = re.compile("([0-9]{1,9}) working days?( until close)?")
_UNCHANGED = " without a change"

_SPECIAL_DAYS: Mapping[str, Callable[[Messages, str], str]] = MappingProxyType({
    "changed hours": lambda messages, day: messages.text("changed hours on {date}", date=day),
    "holiday": lambda messages, day: messages.text("holiday on {date}", date=day),
    "break": lambda messages, day: messages.text("break on {date}", date=day),
})  # fmt: skip
_FIXED: Mapping[str, Callable[[Messages], str]] = MappingProxyType({
    "the customer replied": lambda messages: messages.text("the customer replied"),
    "its date has come": lambda messages: messages.text("its date has come"),
})  # fmt: skip


def closure_in_words(reason: str, messages: Messages) -> str:
    """Why a calendar is closed: the name of a holiday, or one of our own reasons."""
    if found := _CLOSURE.fullmatch(reason):
        kind, day = found.groups()
        return _SPECIAL_DAYS[kind](messages, messages.date(date.fromisoformat(day)))
    return messages.text("taken out") if reason == "taken out" else reason


def pause_in_words(reason: str, messages: Messages) -> str:
    """Why a clock is paused: the status that pauses it and what was said then, or a condition."""

    def either(first: str, second: str) -> str:
        return messages.text("{first} or {second}", first=first, second=second)

    if found := _NOT_WHILE.fullmatch(reason):
        wanted = [_status(each, messages) for each in _EITHER.split(found[1])]
        return messages.text("not {value}", value=reduce(either, wanted))
    if re.match(_CONDITION, reason):
        return messages.listed([_status(each, messages) for each in _BOTH.split(reason)])
    return _status(reason, messages)


def _status(reason: str, messages: Messages) -> str:
    """A status or a condition, with what was said of it."""
    whole = messages.word("status", reason)
    status, colon, said = reason.partition(": ")
    if whole != reason or not colon:
        return whole
    known = messages.word("status", status)
    return messages.text("{status}: {reason}", status=known, reason=said_in_words(said, messages))


def said_in_words(reason: str, messages: Messages) -> str:
    """Why a status was entered: our own words where it followed by itself or came with time.

    >>> from servicecore.messages import ENGLISH
    >>> said_in_words("48h of office without a change", ENGLISH)
    '48h of office without a change'
    """
    if reason in _FIXED:
        return _FIXED[reason](messages)
    if found := _DECISION.fullmatch(reason):
        return _decision(found[1].split(", "), found[2], messages)
    if found := _DECIDED.fullmatch(reason):
        return messages.text("they decided for {option}", option=found[1])
    return _unchanged(reason, messages) if reason.endswith(_UNCHANGED) else reason


def _decision(others: list[str], last: str, messages: Messages) -> str:
    if last == "nothing":
        last = messages.text("nothing")
    return messages.text(
        "their decision between {options}", options=messages.joined([*others, last])
    )


def _unchanged(reason: str, messages: Messages) -> str:
    """What a timed transition says; somebody's own words that end in the same way stay."""
    within, of, calendar = reason.removesuffix(_UNCHANGED).partition(" of ")
    allowance = _allowance(within)
    if allowance is None:
        return reason
    time = allowance_in_words(allowance, messages)
    if of:
        time = messages.text("{within} of {calendar}", within=time, calendar=calendar)
    return messages.text("{time} without a change", time=time)


def _allowance(text: str) -> int | Days | None:
    """What is allowed, where it is written as we write it."""
    if found := _DAYS.fullmatch(text):
        allowance: int | Days = Days(int(found[1]), until="close" if found[2] else "same_time")
    else:
        try:
            allowance = to_duration(text.replace(" ", ""))
        except InvalidValue:
            return None
    return allowance if allowance_in_words(allowance, ENGLISH) == text else None


def end_in_words(reason: str, messages: Messages) -> str:
    """Why a clock or an override ended: what was said then, or that nothing was owed any longer.

    >>> from servicecore.messages import ENGLISH
    >>> end_in_words("no target for priority low, standard", ENGLISH)
    'no target for priority low, standard'
    """
    if found := _NO_TARGET.fullmatch(reason):
        what = retarget_in_words(found[1], messages)
        return messages.text("no target for {what}", what=what)
    retargeted = retarget_in_words(reason, messages)
    return said_in_words(reason, messages) if retargeted == reason else retargeted


def retarget_in_words(reason: str, messages: Messages) -> str:
    """Why a clock got another target: our own reason names the priority and the policy."""
    if not (found := _NEW_TARGET.fullmatch(reason)):
        return reason
    priority, policy = found.groups()
    return messages.text(
        "priority {priority}, {policy}",
        priority=messages.word("priority", priority),
        policy=policy,
    )
