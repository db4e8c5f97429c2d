"""A reading in words: the verdict, the target, the stretches that counted, and the sum (K8).

Everything said here stands in the reading's data; this module only chooses the words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby

from attrs import frozen

from servicecore.instants import DateTime, to_datetime
from servicecore.messages import ENGLISH, Messages
from servicecore.messages.wording import is_shown_twice
from servicecore.sla.clock import Reading, State
from servicecore.sla.cycle import Retarget
from servicecore.sla.mark import Mark
from servicecore.sla.phrases import closure_in_words, pause_in_words, target_in_words
from servicecore.sla.trace import Stretch

LONGEST_LIST = 6
"""More ordinary stretches than this in a row are told in one line."""


def explained(reading: Reading, messages: Messages = ENGLISH) -> str:
    """The explanation of a reading: a line for the verdict, then one for each thing behind it."""
    return "\n".join([verdict(reading, messages), *because(reading, messages)])


def verdict(reading: Reading, messages: Messages = ENGLISH) -> str:
    """What the reading comes to, in one line."""
    return _VERDICTS[reading.state](_Telling(reading, messages))


def because(reading: Reading, messages: Messages = ENGLISH) -> list[str]:
    """Everything behind the verdict: the target, the stretches of time and the sum."""
    telling, trace = _Telling(reading, messages), _Tracing(messages)
    return [
        messages.text("target: {target}", target=telling.target),
        *map(telling.earlier_target, reading.retargets),
        *trace.told(messages.text("counted so far:"), reading.trace, telling.sum),
        *trace.told(messages.text("ahead, if nothing pauses it:"), reading.ahead),
        *map(telling.without_effect, reading.without_effect),
        *telling.provisional,
    ]


def when(moment: DateTime | None) -> str:
    """An instant as people write it in English, in the zone that it is in."""
    return ENGLISH.when(moment)


@frozen
class _Telling:
    """The parts of what is told of a reading."""

    reading: Reading
    messages: Messages

    @property
    def left(self) -> str:
        return self.messages.duration(self.reading.remaining_microseconds or 0)

    @property
    def late(self) -> str:
        reading, messages = self.reading, self.messages
        if reading.late_by_microseconds:
            return messages.duration(reading.late_by_microseconds)
        now = reading.instant if reading.ended is None else reading.ended
        closed = messages.duration(now - (reading.breached or now))
        return messages.text("{duration} of closed time", duration=closed)

    @property
    def was_due(self) -> str:
        return self.messages.when(self.reading.breached_at)

    @property
    def ended(self) -> str:
        return self.messages.when(self.reading.ended_at)

    @property
    def paused(self) -> str:
        reason = self.reading.pauses[-1].reason
        if not reason:
            return self.messages.text("paused")
        return self.messages.text(
            "paused ({reasons})", reasons=pause_in_words(reason, self.messages)
        )

    @property
    def target(self) -> str:
        return self.messages.text(
            "{target} ({zone})",
            target=target_in_words(self.reading.target, self.messages),
            zone=self.reading.target.calendar.timezone,
        )

    def earlier_target(self, change: Retarget) -> str:
        until = self.shown(change.at)
        before = target_in_words(change.before, self.messages)
        if not change.reason:
            return self.messages.text("target until {until}: {target}", until=until, target=before)
        return self.messages.text(
            "target until {until}: {target} ({reason})",
            until=until,
            target=before,
            reason=change.reason,
        )

    @property
    def sum(self) -> str:
        reading, messages = self.reading, self.messages
        elapsed, within = messages.duration(reading.elapsed_microseconds), reading.target.within
        if isinstance(within, int):
            whole = messages.duration(within)
            elapsed = messages.text("{elapsed} of {within}", elapsed=elapsed, within=whole)
        if not reading.used:
            return messages.text("sum: {elapsed}", elapsed=elapsed)
        used = messages.duration(reading.used)
        return messages.text(
            "sum: {elapsed} (of it {used} before the start)", elapsed=elapsed, used=used
        )

    def without_effect(self, mark: Mark) -> str:
        return self.messages.text(
            "without effect: {mark} on {when}",
            mark=self.messages.word("mark", mark.kind),
            when=self.shown(mark.instant),
        )

    @property
    def provisional(self) -> list[str]:
        known = self.reading.target.calendar.known_until
        if known is None or not self.reading.provisional:
            return []
        until = self.messages.date(known)
        return [self.messages.text("provisional: holidays are known until {date} only", date=until)]

    def shown(self, instant: int) -> str:
        return self.messages.when(to_datetime(instant, self.reading.target.calendar.zone))


def _pending(telling: _Telling) -> str:
    return telling.messages.text("pending: not started")


def _running(telling: _Telling) -> str:
    due = telling.messages.when(telling.reading.due_at)
    return telling.messages.text("running: due {due}, {left} left", due=due, left=telling.left)


def _paused(telling: _Telling) -> str:
    if telling.reading.late:
        return telling.messages.text(
            "{paused}: was due {due}, late by {late}",
            paused=telling.paused,
            due=telling.was_due,
            late=telling.late,
        )
    return telling.messages.text(
        "{paused}: {left} left, due {due} if resumed now",
        paused=telling.paused,
        left=telling.left,
        due=telling.messages.when(telling.reading.due_if_resumed),
    )


def _met(telling: _Telling) -> str:
    if telling.reading.due is None:
        return telling.messages.text(
            "met: stopped {ended} while paused, {left} left", ended=telling.ended, left=telling.left
        )
    return telling.messages.text(
        "met: stopped {ended}, due {due}, {left} left",
        ended=telling.ended,
        due=telling.messages.when(telling.reading.due_at),
        left=telling.left,
    )


def _missed(telling: _Telling) -> str:
    return telling.messages.text(
        "missed: stopped {ended}, was due {due}, late by {late}",
        ended=telling.ended,
        due=telling.was_due,
        late=telling.late,
    )


def _breached(telling: _Telling) -> str:
    return telling.messages.text(
        "breached: was due {due}, late by {late} and running",
        due=telling.was_due,
        late=telling.late,
    )


def _cancelled(telling: _Telling) -> str:
    if not telling.reading.late:
        return telling.messages.text("cancelled: {ended}, no verdict", ended=telling.ended)
    return telling.messages.text(
        "cancelled: {ended}, no verdict; was late, due {due}",
        ended=telling.ended,
        due=telling.was_due,
    )


_VERDICTS: Mapping[State, Callable[[_Telling], str]] = {
    State.PENDING: _pending,
    State.RUNNING: _running,
    State.PAUSED: _paused,
    State.MET: _met,
    State.MISSED: _missed,
    State.BREACHED: _breached,
    State.CANCELLED: _cancelled,
}


@frozen
class _Tracing:
    """The stretches of a trace, in lines."""

    messages: Messages

    def told(self, title: str, stretches: Sequence[Stretch], *last: str) -> list[str]:
        if not stretches:
            return []
        return [title, *(f"  {line}" for line in (*self.lines(stretches), *last))]

    def lines(self, stretches: Sequence[Stretch]) -> Iterator[str]:
        for ordinary, group in groupby(stretches, key=_is_ordinary):
            alike = list(group)
            if ordinary and len(alike) > LONGEST_LIST:
                yield self.in_one_line(alike)
            else:
                yield from map(self.line, alike)

    def in_one_line(self, stretches: Sequence[Stretch]) -> str:
        windows = sum(stretch.kind == "open" for stretch in stretches)
        counted = self.messages.duration(sum(stretch.counted for stretch in stretches))
        said = self.messages.plural(
            "{count} window, {counted}", "{count} windows, {counted}", windows, counted=counted
        )
        return f"{self.from_to(stretches[0], stretches[-1])}  {said}"

    def line(self, stretch: Stretch) -> str:
        return f"{self.from_to(stretch, stretch)}  {_KINDS[stretch.kind](stretch, self.messages)}"

    def from_to(self, first: Stretch, last: Stretch) -> str:
        start, end = first.start_at, last.end_at
        same_day = end.date() == start.date() and not is_shown_twice(end)
        until = self.messages.time_of_day(end) if same_day else self.messages.when(end)
        return self.messages.text("{start} – {end}", start=self.messages.when(start), end=until)


def _is_ordinary(stretch: Stretch) -> bool:
    return stretch.kind != "paused" and not stretch.reasons


def _open(stretch: Stretch, messages: Messages) -> str:
    return messages.text("open, {counted}", counted=messages.duration(stretch.counted))


def _closed(stretch: Stretch, messages: Messages) -> str:
    if not stretch.reasons:
        return messages.text("closed")
    reasons = [closure_in_words(reason, messages) for reason in stretch.reasons]
    return messages.text("closed ({reasons})", reasons=messages.listed(reasons))


def _resting(stretch: Stretch, messages: Messages) -> str:
    if not stretch.reasons:
        return messages.text("paused")
    reasons = [pause_in_words(reason, messages) for reason in stretch.reasons]
    return messages.text("paused ({reasons})", reasons=messages.listed(reasons))


_KINDS: Mapping[str, Callable[[Stretch, Messages], str]] = {
    "open": _open,
    "closed": _closed,
    "paused": _resting,
}
