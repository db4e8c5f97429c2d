"""Escalations and what comes next, in words: the last paragraphs of a situation's explanation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from zoneinfo import ZoneInfo

from attrs import frozen

from servicecore.instants import to_datetime
from servicecore.lifecycle.ahead import Upcoming, UpcomingKind
from servicecore.lifecycle.situation import Situation
from servicecore.lifecycle.steps import StepDue, StepTaken
from servicecore.messages import Messages

MOST_UPCOMING = 5
"""So many things ahead are told; `Situation.upcoming` has them all."""


@frozen
class Words:
    """The words of a language, and the zone in which instants are told."""

    messages: Messages
    zone: ZoneInfo

    def when(self, instant: int) -> str:
        """An instant in microseconds."""
        return self.messages.when(to_datetime(instant, self.zone))


def steps_explained(situation: Situation, words: Words) -> Iterator[str]:
    """The steps that are on record, those that are due, and records of what was not due."""
    taken, due, unfounded = situation.steps, situation.steps_due, situation.unfounded
    if taken or due or unfounded:
        yield words.messages.text("escalation")
    for step in taken:
        yield f"  {_taken(step, words)}"
    for record in unfounded:
        yield "  " + words.messages.text("{step}: on record, and was not due", step=record.step)
    for each in due:
        yield f"  {_due(each, words)}"


def _taken(taken: StepTaken, words: Words) -> str:
    messages, step = words.messages, taken.step
    said = {"ladder": step.ladder, "step": step.step, "when": words.when(step.due)}
    if taken.told:
        told = messages.joined(taken.told)
        return messages.text("{ladder}, {step}: due {when}, told {told}", told=told, **said)
    outcome = messages.word("outcome", taken.outcome)
    return messages.text("{ladder}, {step}: due {when}, {outcome}", outcome=outcome, **said)


def _due(step: StepDue, words: Words) -> str:
    return words.messages.text(
        "{ladder}, {step}: due {when}, not taken yet",
        ladder=step.ladder,
        step=step.step,
        when=words.when(step.due),
    )


def upcoming_explained(situation: Situation, words: Words) -> Iterator[str]:
    """What time alone will change, the first few things."""
    upcoming, messages = situation.upcoming, words.messages
    if upcoming:
        yield messages.text("if nothing happens")
    for each in upcoming[:MOST_UPCOMING]:
        what = _WHAT[each.kind](each, messages)
        yield "  " + messages.text("{when}: {what}", when=words.when(each.instant), what=what)
    more = len(upcoming) - MOST_UPCOMING
    if more > 0:
        yield "  " + messages.plural("and {count} thing more", "and {count} things more", more)


def _breach(coming: Upcoming, messages: Messages) -> str:
    return messages.text("{clock} is late", clock=messages.word("clock", coming.name))


def _step(coming: Upcoming, messages: Messages) -> str:
    *_, ladder, step, _round = coming.name.split("/")  # names of ladders and steps have no slash
    return messages.text("escalation {ladder}, step {step}", ladder=ladder, step=step)


def _promise(_: Upcoming, messages: Messages) -> str:
    return messages.text("the delivery that was promised is late")


def _checkpoint(_: Upcoming, messages: Messages) -> str:
    return messages.text("the report that was promised is late")


def _override(coming: Upcoming, messages: Messages) -> str:
    return messages.text("override {name} ends", name=coming.name)


def _transition(coming: Upcoming, messages: Messages) -> str:
    return messages.text("it becomes {status}", status=messages.word("status", coming.name))


def _window(coming: Upcoming, messages: Messages) -> str:
    return messages.text("{clock} may be done", clock=messages.word("clock", coming.name))


_WHAT: Mapping[UpcomingKind, Callable[[Upcoming, Messages], str]] = MappingProxyType({
    "breach": _breach,
    "step": _step,
    "promise": _promise,
    "checkpoint": _checkpoint,
    "override": _override,
    "transition": _transition,
    "follow-up": _window,
})  # fmt: skip
