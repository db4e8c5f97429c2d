"""A reading in words: the verdict, the target, the stretches that counted, and the sum (K8).

Everything said here stands in the reading's data; this module only chooses the words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby

from servicecore.instants import DateTime, duration_text, to_datetime
from servicecore.sla.clock import Reading, State
from servicecore.sla.cycle import Retarget
from servicecore.sla.mark import Mark
from servicecore.sla.trace import Stretch

LONGEST_LIST = 6
"""More ordinary stretches than this in a row are told in one line."""


def explained(reading: Reading) -> str:
    """The explanation of a reading: a line for the verdict, then one for each thing behind it."""
    lines = [_VERDICTS[reading.state](reading), f"target: {_target(reading)}"]
    lines += [_earlier_target(reading, change) for change in reading.retargets]
    lines += _listed("counted so far:", reading.trace, _sum(reading))
    lines += _listed("ahead, if nothing pauses it:", reading.ahead)
    lines += [_without_effect(reading, mark) for mark in reading.without_effect]
    if reading.provisional:
        known = reading.target.calendar.known_until
        lines.append(f"provisional: holidays are known until {known:%Y-%m-%d} only")
    return "\n".join(lines)


def when(moment: DateTime | None) -> str:
    """An instant as people write it, in the zone that it is in."""
    if moment is None:
        return "never"
    text = moment.format("ddd D MMM YYYY HH:mm" + (":ss" if moment.second else ""), locale="en")
    return text + _which_pass(moment)


def _which_pass(moment: DateTime) -> str:
    """The offset where the clock shows a time twice, so that both can be told apart."""
    shown_twice = moment.replace(fold=0).utcoffset() != moment.replace(fold=1).utcoffset()
    return moment.format(" (Z)", locale="en") if shown_twice else ""


def _pending(_: Reading) -> str:
    return "pending: not started"


def _running(reading: Reading) -> str:
    return f"running: due {when(reading.due_at)}, {_left(reading)} left"


def _paused(reading: Reading) -> str:
    reason = f" ({reading.pauses[-1].reason})" if reading.pauses[-1].reason else ""
    if reading.late:
        return f"paused{reason}: was due {when(reading.breached_at)}, late by {_late_by(reading)}"
    resumed = when(reading.due_if_resumed)
    return f"paused{reason}: {_left(reading)} left, due {resumed} if resumed now"


def _met(reading: Reading) -> str:
    due = f", due {when(reading.due_at)}" if reading.due is not None else " while paused"
    return f"met: stopped {when(reading.ended_at)}{due}, {_left(reading)} left"


def _missed(reading: Reading) -> str:
    was_due = f"was due {when(reading.breached_at)}, late by {_late_by(reading)}"
    return f"missed: stopped {when(reading.ended_at)}, {was_due}"


def _breached(reading: Reading) -> str:
    return f"breached: was due {when(reading.breached_at)}, late by {_late_by(reading)} and running"


def _cancelled(reading: Reading) -> str:
    late = f"; was late, due {when(reading.breached_at)}" if reading.late else ""
    return f"cancelled: {when(reading.ended_at)}, no verdict{late}"


_VERDICTS: Mapping[State, Callable[[Reading], str]] = {
    State.PENDING: _pending,
    State.RUNNING: _running,
    State.PAUSED: _paused,
    State.MET: _met,
    State.MISSED: _missed,
    State.BREACHED: _breached,
    State.CANCELLED: _cancelled,
}


def _left(reading: Reading) -> str:
    return duration_text(reading.remaining_microseconds or 0)


def _late_by(reading: Reading) -> str:
    if reading.late_by_microseconds:
        return duration_text(reading.late_by_microseconds)
    now = reading.instant if reading.ended is None else reading.ended
    return f"{duration_text(now - (reading.breached or now))} of closed time"


def _target(reading: Reading) -> str:
    return f"{reading.target} ({reading.target.calendar.timezone})"


def _earlier_target(reading: Reading, change: Retarget) -> str:
    reason = f" ({change.reason})" if change.reason else ""
    return f"target until {_shown(reading, change.at)}: {change.before}{reason}"


def _without_effect(reading: Reading, mark: Mark) -> str:
    return f"without effect: {mark.kind} on {_shown(reading, mark.instant)}"


def _shown(reading: Reading, instant: int) -> str:
    return when(to_datetime(instant, reading.target.calendar.zone))


def _sum(reading: Reading) -> str:
    used = f" (of it {duration_text(reading.used)} before the start)" if reading.used else ""
    within = reading.target.within
    of = f" of {duration_text(within)}" if isinstance(within, int) else ""
    return f"sum: {duration_text(reading.elapsed_microseconds)}{of}{used}"


def _listed(title: str, stretches: Sequence[Stretch], *last: str) -> list[str]:
    if not stretches:
        return []
    return [title, *(f"  {line}" for line in _lines(stretches)), *(f"  {line}" for line in last)]


def _lines(stretches: Sequence[Stretch]) -> Iterator[str]:
    for ordinary, group in groupby(stretches, key=_is_ordinary):
        alike = list(group)
        if ordinary and len(alike) > LONGEST_LIST:
            yield _in_one_line(alike)
        else:
            yield from map(_line, alike)


def _is_ordinary(stretch: Stretch) -> bool:
    return stretch.kind != "paused" and not stretch.reasons


def _in_one_line(stretches: Sequence[Stretch]) -> str:
    windows = sum(stretch.kind == "open" for stretch in stretches)
    counted = duration_text(sum(stretch.counted for stretch in stretches))
    return f"{_from_to(stretches[0], stretches[-1])}  {windows} windows, {counted}"


def _line(stretch: Stretch) -> str:
    if stretch.kind == "open":
        return f"{_from_to(stretch, stretch)}  open, {duration_text(stretch.counted)}"
    reasons = f" ({', '.join(stretch.reasons)})" if stretch.reasons else ""
    return f"{_from_to(stretch, stretch)}  {stretch.kind}{reasons}"


def _from_to(first: Stretch, last: Stretch) -> str:
    start, end = first.start_at, last.end_at
    same_day = end.date() == start.date() and not _which_pass(end)
    until = end.format("HH:mm", locale="en") if same_day else when(end)
    return f"{when(start)} – {until}"
