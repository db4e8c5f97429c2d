"""Availability: how much of the agreed service time a service was there (P4).

Agreed service time is the open time of a calendar without planned windows. Downtime is the union
of outages within it. The figures are those of ITIL's availability management (ITIL v3 glossary,
Service Design 4.4.4):

- availability = (agreed service time − downtime) / agreed service time
- MTBF, mean time between failures = (agreed service time − downtime) / failures
- MTRS, mean time to restore service = downtime / failures
- MTBSI, mean time between service incidents = MTBF + MTRS = agreed service time / failures
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from math import inf

from attrs import frozen

from servicecore.catalogue.naming import all_of
from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate
from servicecore.instants import HOUR, DateTime, as_instant, to_datetime
from servicecore.messages import Messages, as_messages
from servicecore.sla.calendar import Calendar
from servicecore.sla.edges import Edges, both, combine, only_left, union
from servicecore.sla.outages import Outage, in_order

Planned = Calendar | Iterable[tuple[datetime | int, datetime | int]]

COHORT = "agreed service time"


@frozen
class Failure:
    """Down time without agreed service time in between that the service was there.

    So outages that overlap or touch are one failure, and so is one that goes on after a night, a
    weekend or a planned window; the `stretches` of agreed time that it took are several then.
    `reasons` are those of its outages.
    """

    stretches: tuple[tuple[int, int], ...]
    reasons: tuple[str, ...] = ()

    @property
    def start(self) -> int:
        """The instant from which on agreed time was lost, in microseconds."""
        return self.stretches[0][0]

    @property
    def end(self) -> int:
        """The instant up to which agreed time was lost, in microseconds."""
        return self.stretches[-1][1]

    @property
    def downtime(self) -> int:
        """The agreed time that was lost, in microseconds."""
        return sum(end - start for start, end in self.stretches)


@frozen
class Availability:
    """What was measured from `start` to `end`; all instants and durations are in microseconds.

    `agreed` is the agreed service time. `ongoing` says that an outage goes on at the end: its
    failure will have taken longer than is known here, so MTRS is too low.
    """

    calendar: Calendar
    start: int
    end: int
    agreed: int
    failures: tuple[Failure, ...]
    ongoing: bool = False

    @property
    def downtime(self) -> int:
        """The agreed service time in which the service was down."""
        return sum(failure.downtime for failure in self.failures)

    @property
    def uptime(self) -> int:
        """The agreed service time in which the service was there."""
        return self.agreed - self.downtime

    @property
    def longest(self) -> int:
        """The downtime of the longest failure; 0 where there was none."""
        return max((failure.downtime for failure in self.failures), default=0)

    @property
    def available(self) -> Estimate:
        """The share of agreed service time; None without agreed time.

        It is of one period (n = 1) and has no interval: time within a period is not independent.
        """
        if not self.agreed:
            return Estimate(None, 0, "share", COHORT, reason="no_data")
        return Estimate(self.uptime / self.agreed, 1, "share", COHORT)

    @property
    def mtbf(self) -> Estimate:
        """Mean time between failures, in hours: uptime / failures. None without a failure."""
        return self._per_failure(self.uptime)

    @property
    def mtrs(self) -> Estimate:
        """Mean time to restore service, in hours: downtime / failures. None without a failure."""
        return self._per_failure(self.downtime)

    @property
    def mtbsi(self) -> Estimate:
        """Mean time between service incidents, in hours: MTBF + MTRS. None without a failure."""
        return self._per_failure(self.agreed)

    @property
    def start_at(self) -> DateTime:
        """Since when it was measured, in the calendar's zone."""
        return to_datetime(self.start, self.calendar.zone)

    @property
    def end_at(self) -> DateTime:
        """Until when it was measured, in the calendar's zone."""
        return to_datetime(self.end, self.calendar.zone)

    def explain(self, language: str | Messages = "en") -> str:
        """The figures in words, with every stretch of agreed time that was lost.

        In a language that has messages, such as ``"ru"``; see `messages_in`.
        """
        return "\n".join(_explained(self, as_messages(language)))

    def _per_failure(self, time: int) -> Estimate:
        number = len(self.failures)
        if not number:
            return Estimate(None, 0, "hours", COHORT, reason="no_data")
        return Estimate(time / number / HOUR, number, "hours", COHORT)


def availability(
    calendar: Calendar,
    outages: Iterable[Outage],
    *,
    start: datetime | int,
    end: datetime | int,
    at: datetime | int | None = None,
    planned: Planned = (),
) -> Availability:
    """The availability of a service whose agreed time is that of a calendar, from `start` to `end`.

    What lies after `at` is not known yet: neither agreed time nor downtime counts there, and open
    outages go up to it (without `at`, up to `end`). `planned` windows, pairs of instants or the
    open time of a calendar, are no agreed time. An outage that began before `start` counts from
    there, and as a failure. Raises `InvalidValue` for instants outside 1900 to 2199.

    >>> office = Calendar.from_dict({"timezone": "UTC", "hours": "mon-fri 09:00-17:00"})
    >>> monday, friday = (datetime.fromisoformat(f"2026-03-0{day}T00:00Z") for day in (2, 7))
    >>> disk = Outage(datetime.fromisoformat("2026-03-03T16:00Z"),
    ...               datetime.fromisoformat("2026-03-04T10:00Z"), "disk full")
    >>> print(availability(office, [disk], start=monday, end=friday).explain())
    95.000 % of 40h, Mon 2 Mar 2026 00:00 – Sat 7 Mar 2026 00:00
    down 2h in 1 failure, the longest 2h
      1. Tue 3 Mar 2026 16:00 – Tue 3 Mar 2026 17:00  1h (disk full)
      1. Wed 4 Mar 2026 09:00 – Wed 4 Mar 2026 10:00  1h (disk full)
    MTBF 38.0 hours, MTRS 2.0 hours, MTBSI 40.0 hours
    """
    if not isinstance(calendar, Calendar):
        raise InvalidValue(f"calendar is {calendar!r}: expected a Calendar")
    first, last = as_instant(start, "start"), as_instant(end, "end")
    if last < first:
        raise InvalidValue("end is before start: expected a period that ends after its start")
    stop = max(first, last if at is None else min(last, as_instant(at, "at")))
    known = [outage for outage in in_order(outages) if outage.start < stop]
    agreed = calendar.timeline.windows(first, stop)
    agreed = combine(agreed, _planned(planned, first, stop), only_left)
    down = union((each.start, stop if each.end is None else each.end) for each in known)
    failures = _failures(agreed, combine(agreed, down, both), known)
    ongoing = any(each.end is None or each.end > stop for each in known)
    return Availability(calendar, first, stop, _length(agreed), failures, ongoing)


def _planned(planned: Planned, start: int, end: int) -> Edges:
    if isinstance(planned, Calendar):
        return planned.timeline.windows(start, end)
    return union(map(_window, all_of(tuple, planned, "planned windows")))


def _window(window: tuple[datetime | int, ...]) -> tuple[int, int]:
    if len(window) != 2:
        raise InvalidValue(f"planned windows: found {window!r}; expected pairs of instants")
    start, end = as_instant(window[0], "start"), as_instant(window[1], "end")
    if end < start:
        raise InvalidValue("a planned window ends before it starts: expected it the other way")
    return start, end


def _failures(agreed: Edges, down: Edges, outages: Iterable[Outage]) -> tuple[Failure, ...]:
    """The stretches that are down, those without uptime in between together, with their reasons."""
    uptimes = combine(agreed, down, only_left)[::2]
    stretches = zip(down[::2], down[1::2], strict=True)
    together = groupby(stretches, key=lambda stretch: bisect_left(uptimes, stretch[0]))
    failures = [tuple(group) for _, group in together]
    ends = [failure[-1][1] for failure in failures]
    reasons: list[dict[str, None]] = [{} for _ in failures]
    for outage in outages:
        # All agreed time within an outage is down, so it has part in one failure or in none.
        if outage.reason and _has_part(outage, down):
            reasons[bisect_right(ends, outage.start)][outage.reason] = None
    return tuple(map(Failure, failures, map(tuple, reasons)))


def _has_part(outage: Outage, down: Edges) -> bool:
    position = bisect_right(down, outage.start)
    end = inf if outage.end is None else outage.end
    if position % 2:
        return outage.start < end
    return position < len(down) and down[position] < end


def _length(edges: Edges) -> int:
    return sum(edges[1::2]) - sum(edges[::2])


def _explained(measured: Availability, messages: Messages) -> Iterator[str]:
    period = _period(measured.start_at, measured.end_at, messages)
    if not measured.agreed:
        yield messages.text("no agreed service time, {period}", period=period)
        return
    # Rounded down: what was down for a second was not there all the time.
    share = Decimal(measured.uptime * 100_000 // measured.agreed).scaleb(-3)
    yield messages.text(
        "{share} % of {agreed}, {period}",
        share=messages.number(share),
        agreed=messages.duration(measured.agreed),
        period=period,
    )
    yield _sum(measured, messages)
    for position, failure in enumerate(measured.failures, start=1):
        for line in _lost(failure, measured.calendar, messages):
            yield f"  {messages.number(position)}. {line}"
    if measured.failures:
        yield _means(measured, messages)


def _period(start: DateTime, end: DateTime, messages: Messages) -> str:
    return messages.text("{start} – {end}", start=messages.when(start), end=messages.when(end))


def _sum(measured: Availability, messages: Messages) -> str:
    said = messages.text("never down")
    if measured.failures:
        said = messages.plural(
            "down {downtime} in {count} failure, the longest {longest}",
            "down {downtime} in {count} failures, the longest {longest}",
            len(measured.failures),
            downtime=messages.duration(measured.downtime),
            longest=messages.duration(measured.longest),
        )
    return messages.text("{sum}; an outage goes on", sum=said) if measured.ongoing else said


def _lost(failure: Failure, calendar: Calendar, messages: Messages) -> Iterator[str]:
    for start, end in failure.stretches:
        since, until = to_datetime(start, calendar.zone), to_datetime(end, calendar.zone)
        lost = messages.duration(end - start)
        if failure.reasons:
            reasons = messages.listed(failure.reasons)
            lost = messages.text("{lost} ({reasons})", lost=lost, reasons=reasons)
        yield f"{_period(since, until, messages)}  {lost}"


def _means(measured: Availability, messages: Messages) -> str:
    def hours(mean: Estimate) -> str:
        return messages.number(Decimal(f"{mean.value or 0:.1f}"))

    return messages.text(
        "MTBF {mtbf} hours, MTRS {mtrs} hours, MTBSI {mtbsi} hours",
        mtbf=hours(measured.mtbf),
        mtrs=hours(measured.mtrs),
        mtbsi=hours(measured.mtbsi),
    )
