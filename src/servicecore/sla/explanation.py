"""A reading in words: the verdict, the target, the stretches that counted, and the sum (K8).

Everything said here stands in the reading's data; this module only chooses the words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from zoneinfo import ZoneInfo

from attrs import frozen

from servicecore.instants import DateTime, to_datetime
from servicecore.messages import ENGLISH, Messages, is_shown_twice
from servicecore.sla.cycle import Retarget
from servicecore.sla.mark import Mark
from servicecore.sla.overlay import Overlay
from servicecore.sla.phrases import target_in_words
from servicecore.sla.reading import Reading, State
from servicecore.sla.reasons import closure_in_words, end_in_words, retarget_in_words
from servicecore.sla.target import Target
from servicecore.sla.trace import Stretch
from servicecore.sla.verdicts import paused_in_words, verdict

LONGEST_LIST = 6
"""More ordinary stretches than this in a row are told in one line."""


def explained(reading: Reading, messages: Messages = ENGLISH) -> str:
    """The explanation of a reading: a line for the verdict, then one for each thing behind it.

    All instants in it are in the zone of the reading's own target, unless the messages have one.
    """
    return "\n".join([verdict(reading, messages), *because(reading, messages)])


def because(reading: Reading, messages: Messages = ENGLISH) -> list[str]:
    """Everything behind the verdict: the target, what lay over it, the stretches and the sum."""
    target = messages.text("target: {target}", target=_of_calendar(reading.target, messages))
    tracing = _Tracing(messages.zone or reading.target.calendar.zone, messages)
    total, ahead = _sum(reading, messages), messages.text("ahead, if nothing pauses it:")
    return [
        target,
        *_earliest_stop(reading, messages),
        *(_earlier_target(reading, change, messages) for change in reading.retargets),
        *(line for each in reading.overrides for line in _override(reading, each, messages)),
        *tracing.told(messages.text("counted so far:"), reading.trace, total),
        *tracing.told(ahead, reading.ahead),
        *(_without_effect(reading, mark, messages) for mark in reading.without_effect),
        *_provisional(reading, messages),
    ]


def when(moment: DateTime | None) -> str:
    """An instant as people write it in English, in the zone that it is in."""
    return ENGLISH.when(moment)


def _of_calendar(target: Target, messages: Messages) -> str:
    said, zone = target_in_words(target, messages), target.calendar.timezone
    return messages.text("{target} ({zone})", target=said, zone=zone)


def _earliest_stop(reading: Reading, messages: Messages) -> Iterator[str]:
    if reading.not_before is not None and reading.ended is None:
        yield messages.text(
            "a stop counts from {when}", when=_shown(reading, reading.not_before, messages)
        )


def _earlier_target(reading: Reading, change: Retarget, messages: Messages) -> str:
    until, before = _shown(reading, change.at, messages), target_in_words(change.before, messages)
    if not change.reason:
        return messages.text("target until {until}: {target}", until=until, target=before)
    return messages.text(
        "target until {until}: {target} ({reason})",
        until=until,
        target=before,
        reason=retarget_in_words(change.reason, messages),
    )


def _override(reading: Reading, overlay: Overlay, messages: Messages) -> Iterator[str]:
    """An override: whether it governs, why it was laid over the target, and how far it is."""
    yield _override_state(reading, overlay, messages)
    yield from (f"  {line}" for line in _declared(reading, overlay, messages))
    elapsed = _of_allowance(overlay.elapsed_microseconds, overlay.target, messages)
    yield "  " + messages.text("counted: {elapsed}", elapsed=elapsed)
    if overlay.breached is not None:
        missed = _shown(reading, overlay.breached, messages)
        yield "  " + messages.text("its target was missed {due}", due=missed)
    if _governs(reading, overlay) and reading.ended is None:
        yield from (f"  {line}" for line in _without_it(reading, messages))


def _declared(reading: Reading, overlay: Overlay, messages: Messages) -> Iterator[str]:
    """Who declared it and why, and until when; or who ended it and why."""
    if overlay.reason or overlay.who:
        said = _said_by(overlay.reason, overlay.who, messages)
        yield messages.text("because: {reason}", reason=said)
    if overlay.ended_reason or overlay.ended_by:
        said = _said_by(end_in_words(overlay.ended_reason, messages), overlay.ended_by, messages)
        yield messages.text("ended: {reason}", reason=said)
    elif overlay.ran_out:
        yield messages.text("ran out")
    elif overlay.until is not None and overlay.ended is None and reading.ended is None:
        yield messages.text("until {when}", when=_shown(reading, overlay.until, messages))


def _said_by(reason: str, who: str, messages: Messages) -> str:
    said = reason or messages.text("no reason given")
    return messages.text("{reason} ({who})", reason=said, who=who) if who else said


def _governs(reading: Reading, overlay: Overlay) -> bool:
    return overlay.ended is None and overlay.name == reading.governed_by


def _override_state(reading: Reading, overlay: Overlay, messages: Messages) -> str:
    target, since = _of_calendar(overlay.target, messages), overlay.started
    said = {"name": overlay.name, "target": target, "since": _shown(reading, since, messages)}
    if overlay.ended is not None:
        until = _shown(reading, overlay.ended, messages)
        return messages.text(
            "override {name} is off: {target}, from {since} to {until}", until=until, **said
        )
    if _governs(reading, overlay):
        return messages.text("override {name} governs: {target}, since {since}", **said)
    return messages.text("override {name} is on: {target}, since {since}", **said)


def _without_it(reading: Reading, messages: Messages) -> Iterator[str]:
    """What the clock's own target would say, as far as a reading under an override tells."""
    target = reading.target
    if target.instant is not None:
        by = _shown(reading, target.instant, messages)
        yield messages.text("without it: due {due}", due=by)
    left = target.within - reading.elapsed_microseconds if isinstance(target.within, int) else 0
    if left <= 0:
        return
    if reading.state is State.PAUSED:
        yield messages.text("without it: {left} left", left=messages.duration(left))
        return
    due = target.calendar.add_instant(reading.instant, left, target.landing)
    yield messages.text(
        "without it: due {due}, {left} left",
        due=_shown(reading, due, messages),
        left=messages.duration(left),
    )


def _without_effect(reading: Reading, mark: Mark, messages: Messages) -> str:
    return messages.text(
        "without effect: {mark} on {when}",
        mark=messages.word("mark", mark.kind),
        when=_shown(reading, mark.instant, messages),
    )


def _provisional(reading: Reading, messages: Messages) -> Iterator[str]:
    known = reading.governing.calendar.known_until
    if known is not None and reading.provisional:
        until = messages.date(known)
        yield messages.text("provisional: holidays are known until {date} only", date=until)


def _shown(reading: Reading, instant: int, messages: Messages) -> str:
    return messages.when(to_datetime(instant, reading.target.calendar.zone))


def _sum(reading: Reading, messages: Messages) -> str:
    elapsed = _of_allowance(reading.elapsed_microseconds, reading.target, messages)
    if not reading.used:
        return messages.text("sum: {elapsed}", elapsed=elapsed)
    used = messages.duration(reading.used)
    return messages.text(
        "sum: {elapsed} (of it {used} before the start)", elapsed=elapsed, used=used
    )


def _of_allowance(elapsed: int, target: Target, messages: Messages) -> str:
    """So much of what a target allows, where that is a duration."""
    said = messages.duration(elapsed)
    if not isinstance(target.within, int):
        return said
    whole = messages.duration(target.within)
    return messages.text("{elapsed} of {within}", elapsed=said, within=whole)


@frozen
class _Tracing:
    """The stretches of a trace in lines, all in one zone."""

    zone: ZoneInfo
    messages: Messages

    def told(self, title: str, stretches: Sequence[Stretch], *last: str) -> Iterator[str]:
        """The lines under their title; nothing where there are none."""
        if stretches:
            yield title
            yield from (f"  {line}" for line in (*self._lines(stretches), *last))

    def _lines(self, stretches: Sequence[Stretch]) -> Iterator[str]:
        for ordinary, group in groupby(stretches, key=_is_ordinary):
            alike = list(group)
            if ordinary and len(alike) > LONGEST_LIST:
                yield self._in_one_line(alike)
            else:
                yield from map(self._line, alike)

    def _in_one_line(self, stretches: Sequence[Stretch]) -> str:
        windows = sum(stretch.kind == "open" for stretch in stretches)
        counted = self.messages.duration(sum(stretch.counted for stretch in stretches))
        said = self.messages.plural(
            "{count} window, {counted}", "{count} windows, {counted}", windows, counted=counted
        )
        return f"{self._from_to(stretches[0], stretches[-1])}  {said}"

    def _line(self, stretch: Stretch) -> str:
        return f"{self._from_to(stretch, stretch)}  {_KINDS[stretch.kind](stretch, self.messages)}"

    def _from_to(self, first: Stretch, last: Stretch) -> str:
        start, end = to_datetime(first.start, self.zone), to_datetime(last.end, self.zone)
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
    return paused_in_words([*stretch.reasons], messages)


_KINDS: Mapping[str, Callable[[Stretch, Messages], str]] = {
    "open": _open,
    "closed": _closed,
    "paused": _resting,
}
