"""What a reading comes to, in one line (K8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from servicecore.messages import ENGLISH, Messages
from servicecore.sla.reading import Reading, State
from servicecore.sla.reasons import end_in_words, pause_in_words


def verdict(reading: Reading, messages: Messages = ENGLISH) -> str:
    """The state of the reading, and the instants and durations that belong to it."""
    return _VERDICTS[reading.state](reading, messages)


def _pending(_: Reading, messages: Messages) -> str:
    return messages.text("pending: not started")


def _running(reading: Reading, messages: Messages) -> str:
    return messages.text(
        "running: due {due}, {left} left",
        due=messages.when(reading.due_at),
        left=_left(reading, messages),
    )


def _paused(reading: Reading, messages: Messages) -> str:
    reasons = [reading.pauses[-1].reason] if reading.pauses[-1].reason else []
    paused = paused_in_words(reasons, messages)
    if reading.late:
        return messages.text(
            "{paused}: was due {due}, late by {late}",
            paused=paused,
            due=messages.when(reading.breached_at),
            late=_late_by(reading, messages),
        )
    return messages.text(
        "{paused}: {left} left, due {due} if resumed now",
        paused=paused,
        left=_left(reading, messages),
        due=messages.when(reading.due_if_resumed),
    )


def paused_in_words(reasons: list[str], messages: Messages) -> str:
    """That something is paused, and why."""
    if not reasons:
        return messages.text("paused")
    said = messages.listed([pause_in_words(reason, messages) for reason in reasons])
    return messages.text("paused ({reasons})", reasons=said)


def _met(reading: Reading, messages: Messages) -> str:
    ended, left = _ended(reading, messages), _left(reading, messages)
    if reading.due is None:
        return messages.text(
            "met: stopped {ended} while paused, {left} left", ended=ended, left=left
        )
    due = messages.when(reading.due_at)
    return messages.text(
        "met: stopped {ended}, due {due}, {left} left", ended=ended, due=due, left=left
    )


def _missed(reading: Reading, messages: Messages) -> str:
    return messages.text(
        "missed: stopped {ended}, was due {due}, late by {late}",
        ended=_ended(reading, messages),
        due=messages.when(reading.breached_at),
        late=_late_by(reading, messages),
    )


def _breached(reading: Reading, messages: Messages) -> str:
    return messages.text(
        "breached: was due {due}, late by {late} and running",
        due=messages.when(reading.breached_at),
        late=_late_by(reading, messages),
    )


def _cancelled(reading: Reading, messages: Messages) -> str:
    ended = _ended(reading, messages)
    if not reading.late:
        return messages.text("cancelled: {ended}, no verdict", ended=ended)
    due = messages.when(reading.breached_at)
    return messages.text(
        "cancelled: {ended}, no verdict; was late, due {due}", ended=ended, due=due
    )


_VERDICTS: Mapping[State, Callable[[Reading, Messages], str]] = {
    State.PENDING: _pending,
    State.RUNNING: _running,
    State.PAUSED: _paused,
    State.MET: _met,
    State.MISSED: _missed,
    State.BREACHED: _breached,
    State.CANCELLED: _cancelled,
}


def _ended(reading: Reading, messages: Messages) -> str:
    """When it ended, and why where that was said."""
    ended = messages.when(reading.ended_at)
    if not reading.end_reason:
        return ended
    reason = end_in_words(reading.end_reason, messages)
    return messages.text("{when} ({reason})", when=ended, reason=reason)


def _left(reading: Reading, messages: Messages) -> str:
    return messages.duration(reading.remaining_microseconds or 0)


def _late_by(reading: Reading, messages: Messages) -> str:
    if reading.late_by_microseconds:
        return messages.duration(reading.late_by_microseconds)
    now = reading.instant if reading.ended is None else reading.ended
    closed = messages.duration(now - (reading.breached or now))
    return messages.text("{duration} of closed time", duration=closed)
