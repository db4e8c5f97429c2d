"""The main job: a log replayed under a policy book, and what there is to report of it."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

import attrs
from attrs import field, frozen

from servicecore.backtest.running import last_instant, opened_by
from servicecore.errors import ServiceCoreError
from servicecore.instants import DateTime, as_instant, duration_text, to_datetime
from servicecore.lifecycle.audit import AuditReport
from servicecore.lifecycle.events import Event
from servicecore.lifecycle.replay import replay
from servicecore.lifecycle.situation import Situation
from servicecore.messages import ENGLISH, Messages
from servicecore.metrics.attainment import Attainment, AttainmentTally
from servicecore.requests import PriorityMatrix
from servicecore.sla.book import PolicyBook
from servicecore.sla.clock import Reading

Progress = Callable[[int], None]
PROGRESS_STEP = 2_000


@frozen
class Breach:
    """A clock that was late: of which request, under which policy, and its reading."""

    request: str
    clock: str
    priority: str
    policy: str
    reading: Reading

    @property
    def late_by(self) -> int:
        """How much of its calendar's time it was over, in microseconds."""
        return self.reading.late_by_microseconds


@frozen
class LogReport:
    """What a replay of many histories shows at an instant (`instant`, in microseconds).

    `worst` holds the breaches that were late longest, of their calendar's time, longest first.
    `without_policy` names the requests that no policy matches; `failed` those that could not be
    replayed, with the reason; `later` counts those opened after the instant, which are left out.
    `attainment` is in the order of the policies' clocks and of the priorities.
    """

    instant: int
    requests: int
    attainment: tuple[Attainment, ...]
    worst: tuple[Breach, ...]
    without_policy: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(factory=dict)
    later: int = 0

    @property
    def at(self) -> DateTime:
        """The instant, in UTC."""
        return to_datetime(self.instant)


def report_of(
    histories: Mapping[str, tuple[Event, ...]],
    book: PolicyBook,
    *,
    at: datetime | int | None = None,
    worst: int = 3,
    progress: Progress | None = None,
) -> LogReport:
    """Replay every history at an instant and report attainment and the `worst` breaches.

    `at` is a datetime, or an instant in microseconds; None is the instant of the last event, behind
    which a log knows nothing. Requests that were opened later are left out: they had not happened.
    A history that cannot be replayed is listed and stops nobody else. `progress` is called now and
    then with the number of histories done.
    """
    instant = last_instant(histories.values()) if at is None else as_instant(at)
    tally, breaches = AttainmentTally(), _Worst(worst)
    without_policy: list[str] = []
    failed: dict[str, str] = {}
    known = opened_by(histories, instant)
    for name, situation in replayed(known, book, instant, failed, progress):
        tally.add(situation)
        breaches.add(situation)
        if situation.policy is None:
            without_policy.append(name)
    return LogReport(
        instant,
        len(known),
        in_order(tally.result(), book.owed, book.matrix),
        breaches.result(),
        tuple(without_policy),
        failed,
        len(histories) - len(known),
    )


def replayed(
    histories: Mapping[str, tuple[Event, ...]],
    book: PolicyBook,
    instant: int,
    failed: dict[str, str],
    progress: Progress | None,
) -> Iterator[tuple[str, Situation]]:
    """Every request at an instant; those that cannot be replayed are noted in `failed`."""
    for done, (name, history) in enumerate(histories.items(), start=1):
        try:
            situation = replay(history, book, at=instant)
        except ServiceCoreError as problem:
            failed[name] = str(problem)
        else:
            yield name, situation
        if progress and done % PROGRESS_STEP == 0:
            progress(done)


class _Worst:
    """The breaches that were late longest, kept in one pass."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._heap: list[tuple[int, int, Breach]] = []
        self._seen = 0

    def add(self, situation: Situation) -> None:
        for breach in breaches_of(situation):
            self._seen += 1
            heapq.heappush(self._heap, (breach.late_by, -self._seen, breach))
            if len(self._heap) > self._size:
                heapq.heappop(self._heap)

    def result(self) -> tuple[Breach, ...]:
        return tuple(breach for _, _, breach in sorted(self._heap, reverse=True))


def breaches_of(situation: Situation) -> Iterator[Breach]:
    """Every late cycle of a request."""
    for clock, readings in situation.readings.items():
        for reading in readings:
            if reading.late:
                priority = situation.request.priority or "none"
                policy = situation.policy or "none"
                yield Breach(situation.request.id, clock, priority, policy, reading)


def in_order(
    rows: Iterable[Attainment], clocks: Iterable[str], matrix: PriorityMatrix
) -> tuple[Attainment, ...]:
    """Attainment by the book's order of clocks, then from the most pressing priority down."""
    clock_order = {clock: place for place, clock in enumerate(clocks)}
    priority_order = {priority: place for place, priority in enumerate(matrix.priorities)}
    last = len(priority_order)

    def place(row: Attainment) -> tuple[int, int, str]:
        return clock_order[row.clock], priority_order.get(row.priority, last), row.priority

    return tuple(sorted(rows, key=place))


def table_of(report: LogReport, messages: Messages = ENGLISH) -> dict[str, object]:
    """The report as plain values for JSON: instants in ISO 8601, durations in text and seconds.

    The breaches are explained in the language of `messages`.
    """
    return {
        "at": report.at.isoformat(),
        "requests": report.requests,
        "later": report.later,
        "attainment": [_row(row) for row in report.attainment],
        "worst": [_breach(breach, messages) for breach in report.worst],
        "without_policy": list(report.without_policy),
        "failed": dict(report.failed),
    }


def _row(row: Attainment) -> dict[str, object]:
    return {
        "clock": row.clock,
        "priority": row.priority,
        "requests": row.requests,
        "met": row.met,
        "missed": row.missed,
        "late": row.late,
        "open": row.open,
        "paused": row.paused,
        "cancelled": row.cancelled,
        "provisional": row.provisional,
        "due": row.due,
        "kept": attrs.asdict(row.kept),
        "resolved_only": attrs.asdict(row.resolved_only),
    }


def _breach(breach: Breach, messages: Messages) -> dict[str, object]:
    breached_at, ended_at = breach.reading.breached_at, breach.reading.ended_at
    return {
        "request": breach.request,
        "clock": breach.clock,
        "priority": breach.priority,
        "policy": breach.policy,
        "due_at": breached_at and breached_at.isoformat(),
        "ended_at": ended_at and ended_at.isoformat(),
        "late_by": duration_text(breach.late_by),
        "late_by_seconds": breach.late_by / 1_000_000,
        "explanation": breach.reading.explain(messages),
    }


def audit_table(audit: AuditReport) -> dict[str, object]:
    """What an audit found, as plain values for JSON."""
    refused = [
        {"reason": each.key, "events": each.events, "requests": list(each.requests)}
        for each in audit.refused
    ]
    return {
        "events": audit.events,
        "refused_events": audit.refused_events,
        "refused": refused,
        "failed": dict(audit.failed),
    }
