"""What customers live through: dates kept, silence, care after delivery (M6, R5)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.errors import InvalidValue
from servicecore.instants import HOUR
from servicecore.lifecycle.events import (
    Actor,
    Assigned,
    Cancelled,
    CauseReviewed,
    Closed,
    Event,
    FactsChanged,
    FollowedUp,
    Linked,
    MergedInto,
    OptionsOffered,
    PromiseFulfilled,
    PromiseMade,
    PromiseRenegotiated,
    PromiseWithdrawn,
    Reopened,
    Replied,
    Reported,
    Resolved,
    Restored,
    Side,
    StatusChanged,
)
from servicecore.metrics.anticipation import anticipation
from servicecore.metrics.cohort import Period
from servicecore.metrics.follow_up import FollowUpTally, follow_up_coverage
from servicecore.metrics.ledger import PromiseLedger, PromiseTally, promise_ledger
from servicecore.metrics.over_delivery import OverDeliveryTally, over_delivery
from servicecore.metrics.report_card import report_card
from servicecore.metrics.review_queue import review_queue
from servicecore.metrics.silence import SilenceTally, longest_silence, silence
from servicecore.sla import Calendar
from tests.metrics.kit import CUSTOMER, after, event, opened, situation, situations


def promised(due: float, at: float = 0, promise: str = "1", **said: Any) -> Event:
    return event(PromiseMade, at, promise=promise, due_at=after(due), **said)


def moved(due: float, at: float, promise: str = "1", **said: Any) -> Event:
    return event(PromiseRenegotiated, at, promise=promise, due_at=after(due), **said)


def ledger(*history: Event, at: float = 20) -> PromiseLedger:
    return promise_ledger([situation(opened(), *history, at=at)])


class TestPromises:
    @pytest.mark.parametrize(
        ("history", "hits", "n"),
        [
            ([promised(4), event(Resolved, 4)], 1, 1),
            ([promised(4), event(Resolved, 5)], 0, 1),
            ([promised(4)], 0, 1),
            ([promised(30)], 0, 0),
            ([promised(4), event(PromiseFulfilled, 3, promise="1")], 1, 1),
            ([promised(4), event(PromiseWithdrawn, 3, promise="1")], 0, 0),
            ([promised(4), event(PromiseWithdrawn, 4, promise="1")], 0, 0),
            ([promised(4), event(PromiseWithdrawn, 5, promise="1")], 0, 1),  # it stays broken
            ([promised(4), event(Resolved, 3), event(Reopened, 4)], 0, 1),  # reopened by then
            ([promised(4), event(Resolved, 3), event(Reopened, 5)], 1, 1),
            ([promised(4), moved(9, 3), event(Resolved, 8)], 1, 1),
            ([promised(4), moved(9, 4), event(Resolved, 8)], 0, 1),  # not before it was due
            ([promised(4), moved(9, 3, told=False), event(Resolved, 8)], 0, 1),
            ([promised(4, told=False), event(Resolved, 8)], 0, 0),
            ([promised(4), promised(6, promise="2"), event(Resolved, 5)], 0, 1),
        ],
    )
    def test_are_kept_by_their_date_or_not(self, history: list[Event], hits: int, n: int) -> None:
        """M2, M6, Q1, Q2."""
        found = ledger(*history)
        assert (found.kept.hits, found.kept.n) == (hits, n)

    @pytest.mark.parametrize(
        ("history", "hits", "n"),
        [
            ([promised(4), moved(9, 3), event(Resolved, 8)], 0, 1),
            ([promised(4), moved(9, 3), event(Resolved, 3.5)], 1, 1),
            ([promised(4), moved(9, 3), event(Resolved, 3.5), event(Reopened, 6)], 1, 1),
            ([promised(4), moved(9, 3), event(Resolved, 3.5), event(Reopened, 4)], 0, 1),
            ([promised(4), moved(30, 3)], 0, 1),
            ([promised(30)], 0, 0),
            ([promised(4), event(PromiseWithdrawn, 3, promise="1")], 0, 0),
            ([promised(4), event(Resolved, 3), promised(9, 5, "2")], 1, 1),
            ([promised(4), moved(9, 3), event(PromiseFulfilled, 3.5, promise="1")], 1, 1),
        ],
    )
    def test_first_dates_have_a_cohort_of_their_own(
        self, history: list[Event], hits: int, n: int
    ) -> None:
        """M6: the date first given has passed, whatever was said later."""
        found = ledger(*history)
        assert (found.first_kept.hits, found.first_kept.n) == (hits, n)

    def test_new_dates_count_if_told_in_time(self) -> None:
        history = [promised(4), moved(9, 2), moved(12, 3), moved(15, 20), moved(16, 5, told=False)]
        found = ledger(*history, at=40)
        assert (found.renegotiated, found.proposed) == (2, 2)
        assert found.lead.value == 2  # 2 hours before 4, and 6 before 9
        assert found.lead.n == 2

    def test_one_by_one_they_have_no_interval(self) -> None:
        found = ledger(promised(4), promised(6, promise="2"), event(Resolved, 5))
        assert (found.per_promise.value, found.per_promise.reason) == (0.5, "clustered")

    def test_that_are_pending_withdrawn_or_untold_are_counted(self) -> None:
        history = [
            promised(40),
            promised(50, promise="2"),
            promised(60, promise="3", told=False),
            event(PromiseWithdrawn, 2, promise="2"),
        ]
        found = ledger(*history)
        assert (found.pending, found.withdrawn, found.untold) == (1, 1, 1)
        assert found.per_promise.reason == found.lead.reason == "no_data"

    def test_of_reports_are_checkpoints(self) -> None:
        history = [
            event(Reported, 0, done="looked", next_due_at=after(2)),
            event(Reported, 1, done="tried", next_due_at=after(3)),
            event(Reported, 5, done="found"),
        ]
        found = promise_ledger([situation(opened(), *history, at=20)], "checkpoint")
        assert (found.per_promise.hits, found.per_promise.n) == (1, 2)
        assert (found.kept.hits, found.first_kept.hits) == (0, 1)
        with pytest.raises(InvalidValue, match="expected 'delivery' or 'checkpoint'"):
            promise_ledger([], "report")

    def test_are_those_due_in_the_period(self) -> None:
        """M3."""
        known = [situation(opened(), promised(4), event(Resolved, 3), at=20)]
        assert promise_ledger(known, period=Period(after(4), after(5))).kept.n == 1
        assert promise_ledger(known, period=Period(after(3), after(4))).kept.n == 0

    HISTORIES = st.lists(
        st.tuples(st.integers(1, 30), st.integers(1, 30), st.booleans()), max_size=10
    )

    @staticmethod
    def made(rows: list[tuple[int, int, bool]]) -> list[list[Event]]:
        return [
            [opened(), promised(due), *([event(Resolved, done)] if ends else [])]
            for due, done, ends in rows
        ]

    @given(HISTORIES, st.integers(0, 10), st.booleans())
    def test_that_are_pending_change_no_figure(
        self, rows: list[tuple[int, int, bool]], cut: int, keeps: bool
    ) -> None:
        """M2."""
        histories = self.made(rows)
        pending = [opened(), promised(99), *([event(Resolved, 1)] if keeps else [])]
        one = promise_ledger(situations(histories, at=31))
        other = promise_ledger(situations([*histories, pending], at=31))
        assert (one.kept, one.first_kept) == (other.kept, other.first_kept)
        first, second = PromiseTally(), PromiseTally()
        for place, each in enumerate(situations(histories, at=31)):
            (first if place < cut else second).add(each)
        second.merge(first)
        whole = second.result()
        assert (whole.kept, whole.first_kept, whole.lead.n) == (
            one.kept,
            one.first_kept,
            one.lead.n,
        )
        expected = sum(ends and done <= due for due, done, ends in rows)
        assert (one.kept.hits, one.kept.n) == (expected, len(rows))


SAYINGS = {
    "reply": lambda at: event(Replied, at),
    "note": lambda at: event(Replied, at, public=False),
    "machine": lambda at: event(Replied, at, automatic=True),
    "customer": lambda at: event(Replied, at, actor=CUSTOMER),
    "supplier": lambda at: event(Replied, at, actor=Actor("s", Side.SUPPLIER)),
    "report": lambda at: event(Reported, at, done="x"),
    "promise": lambda at: promised(99, at, promise=str(at)),
    "untold": lambda at: promised(99, at, promise=str(at), told=False),
    "options": lambda at: event(OptionsOffered, at, options=["a"]),
    "status": lambda at: event(StatusChanged, at, status="waiting for customer"),
    "resolved": lambda at: event(Resolved, at),
    "reopened": lambda at: event(Reopened, at),
    "closed": lambda at: event(Closed, at),
    "cancelled": lambda at: event(Cancelled, at),
    "merged": lambda at: event(MergedInto, at, target="R9"),
    "merged elsewhere": lambda at: event(StatusChanged, at, status="merged"),
    "assigned": lambda at: event(Assigned, at, group="desk"),
    "facts": lambda at: event(FactsChanged, at, facts={"service": "mail"}),
}
HEARD = {"reply", "report", "promise", "options"}
ENDS = {"resolved", "closed", "cancelled", "merged", "merged elsewhere"}


class TestSilence:
    @given(
        st.lists(
            st.tuples(st.integers(1, 30), st.sampled_from(sorted(SAYINGS))),
            max_size=8,
            unique_by=lambda each: each[0],
        ),
        st.integers(31, 40),
    )
    def test_agrees_with_a_walk_hour_by_hour(self, said: list[tuple[int, str]], at: int) -> None:
        """R5: what is an update, and what ends the waiting."""
        said.sort()
        happened = dict(said)
        longest = current = 0
        waits = True
        for hour in range(1, at + 1):
            current += waits
            longest = max(longest, current)
            what = happened.get(hour)
            if what in HEARD:
                current = 0
            elif what in ENDS:
                waits, current = False, 0
            elif what == "reopened":
                waits, current = True, 0
        history = [opened(), *(SAYINGS[what](hour) for hour, what in said)]
        found, goes_on = longest_silence(situation(*history, at=at))
        assert found == longest * HOUR
        assert goes_on == (waits and current == longest)

    def test_is_on_the_customers_calendar(self) -> None:
        """M5, R5: else it is wall time; pauses do not count."""
        office = Calendar.from_dict({"timezone": "UTC", "hours": {"mon-fri": "09:00-17:00"}})
        history = [opened(customer="acme"), event(StatusChanged, 1, status="waiting for customer")]
        known = [situation(*history, at=72)]  # to Monday at nine
        assert silence(known).longest.value == 72
        assert silence(known, calendar=office).longest.value == 8
        assert silence(known, calendars={"acme": office}).longest.value == 8
        assert silence(known, calendars={"other": office}).longest.value == 72

    def test_asks_who_has_no_date_ahead(self) -> None:
        histories = [
            [opened()],
            [opened(), event(Reported, 1, done="x", next_due_at=after(9))],
            [opened(), event(Reported, 1, done="x", next_due_at=after(3))],  # it has passed
            [opened(), promised(9)],  # a delivery is no report
            [opened(), event(Resolved, 1)],
        ]
        found = silence(situations(histories, at=5)).without_checkpoint
        assert (found.hits, found.n) == (3, 4)

    @given(st.lists(st.integers(1, 9), max_size=8), st.integers(0, 8))
    def test_in_parts_is_that_of_the_whole(self, hours: list[int], cut: int) -> None:
        """M9."""
        known = situations([[opened(), event(Replied, hour)] for hour in hours], at=20)
        one, other = SilenceTally(), SilenceTally()
        for place, each in enumerate(known):
            (one if place < cut else other).add(each)
        one.merge(other)
        assert one.result() == silence(known)
        longest = sorted(max(hour, 20 - hour) for hour in hours)
        assert one.result().longest.value == (longest[-1] if longest else None)


class TestOverDelivery:
    def test_is_what_was_left_of_the_promised_time(self) -> None:
        histories = [
            [opened(), promised(10), event(Resolved, 4)],
            [opened(), promised(10), event(Resolved, 10)],
            [opened(), promised(10), event(Resolved, 15)],
            [opened(), promised(10)],
            [opened(), promised(10, told=False), event(Resolved, 1)],
        ]
        found = over_delivery(situations(histories, at=30))
        assert found.padding.value == pytest.approx((0.6 + 0 - 0.5) / 3)
        assert (found.early.hits, found.half.hits, found.half.n) == (1, 1, 3)

    def test_averages_the_promises_of_a_request(self) -> None:
        history = [opened(), promised(10), promised(20, promise="2"), event(Resolved, 5)]
        found = over_delivery([situation(*history, at=30)])
        assert (found.padding.value, found.padding.n) == (pytest.approx((0.5 + 0.75) / 2), 1)

    def test_in_parts_and_in_a_period(self) -> None:
        """M3, M9."""
        histories = [[opened(), promised(due), event(Resolved, 1)] for due in (4, 8, 12)]
        known = situations(histories, at=30)
        one, other = OverDeliveryTally(), OverDeliveryTally()
        one.add(known[0])
        other.add(known[1])
        other.add(known[2])
        one.merge(other)
        assert one.result() == over_delivery(known)
        assert over_delivery(known, period=Period(after(8), after(12))).padding.n == 1
        assert over_delivery([]).padding.reason == "no_data"


class TestFollowUps:
    @pytest.mark.parametrize(
        ("hours", "at", "covered", "due"),
        [
            (1, 99, 0, 1),
            (2, 99, 1, 1),
            (12, 99, 1, 1),
            (12.1, 99, 0, 1),
            (5, 12, 0, 0),
            (5, 13, 1, 1),
        ],
    )
    def test_count_at_both_ends_of_their_window_once_it_has_elapsed(
        self, hours: float, at: float, covered: int, due: int
    ) -> None:
        """M6."""
        known = [situation(opened(), event(Resolved, 0.5), event(FollowedUp, hours + 0.5), at=at)]
        found = follow_up_coverage(known, earliest="2h", latest="12h")
        assert (found.coverage.hits, found.coverage.n) == (covered, due)
        assert found.waiting == 1 - due

    def test_are_not_owed_for_what_was_taken_back(self) -> None:
        known = situations([[opened(), event(Resolved, 1), event(Reopened, 2)], [opened()]], at=99)
        found = follow_up_coverage(known)
        assert (found.reopened, found.coverage.n) == (1, 0)

    def test_are_of_the_last_delivery(self) -> None:
        history = [opened(), event(Resolved, 1), event(Reopened, 2), event(Resolved, 3)]
        found = follow_up_coverage([situation(*history, event(FollowedUp, 4), at=99)])
        assert (found.coverage.hits, found.coverage.n) == (1, 1)

    def test_in_parts_and_in_a_period(self) -> None:
        known = situations([[opened(), event(Resolved, hours)] for hours in (1, 2, 3)], at=99)
        one, other = FollowUpTally("0h", "9h"), FollowUpTally("0h", "9h")
        one.add(known[0])
        other.add(known[1])
        other.add(known[2])
        one.merge(other)
        assert one.result() == follow_up_coverage(known, latest="9h")
        assert follow_up_coverage(known, period=Period(after(2), after(3))).coverage.n == 1
        with pytest.raises(InvalidValue, match="expected the same one"):
            one.merge(FollowUpTally("0h", "8h"))
        with pytest.raises(InvalidValue, match="expected it to end behind its start"):
            follow_up_coverage([], earliest=timedelta(hours=2), latest="1h")


DESK = Actor("ann", Side.DESK)


class TestAnticipation:
    def test_is_by_who_raised_it_first(self) -> None:
        histories = [
            [opened(0, "R1", actor=DESK)],
            [opened(0, "R2", channel="monitoring")],
            [opened(0, "R3", actor=CUSTOMER)],
            [opened(0, "R4", channel="phone")],
            [opened(0, "R5")],
            [opened(0, "R6", actor=DESK, kind="question")],
        ]
        found = anticipation(situations(histories, at=9))
        assert (found.raised_by_us.hits, found.raised_by_us.n, found.unknown) == (2, 4, 1)

    def test_takes_merged_and_linked_ones_for_one_trouble(self) -> None:
        histories = [
            [opened(2, "R1", channel="monitoring")],
            [opened(1, "R2", actor=CUSTOMER), event(MergedInto, 3, "R2", target="R1")],
            [
                opened(5, "R3", actor=CUSTOMER),
                event(Linked, 6, "R3", kind="duplicate of", other="R4"),
            ],
            [opened(4, "R4", channel="monitoring")],
        ]
        found = anticipation(situations(histories, at=9))
        assert (found.raised_by_us.hits, found.raised_by_us.n) == (1, 2)
        first = anticipation(situations(histories, at=9), period=Period(after(4), after(5)))
        assert (first.raised_by_us.hits, first.raised_by_us.n) == (1, 1)


class TestReportCards:
    def test_do_not_let_support_make_up_for_what_nobody_needs(self) -> None:
        marks = [{"fit to need": fit, "support": 4} for fit in (0, 1, 2)]
        found = report_card(marks)
        assert [each.value for each in found.marks.values()] == [1, 4]
        assert found.overall.value == 2  # and not 2.5
        assert report_card([{"fit to need": 3, "support": 4}] * 3).overall.value == 3.5

    def test_are_withheld_under_three_responders(self) -> None:
        found = report_card([{"fit to need": 3, "support": 4}] * 2)
        assert (found.overall.value, found.overall.reason, found.responders) == (
            None,
            "withheld",
            2,
        )
        assert report_card([]).overall.reason == "no_data"

    def test_need_every_mark(self) -> None:
        with pytest.raises(InvalidValue, match="the mark for 'support' is None: expected 0 to 4"):
            report_card([{"fit to need": 1}])
        with pytest.raises(InvalidValue, match="is 5: expected"):
            report_card([{"x": 5}], subjects=["x"])
        with pytest.raises(InvalidValue, match="subjects are none"):
            report_card([], subjects=[])


class TestReviewQueue:
    def test_is_of_what_is_restored_the_costliest_first(self) -> None:
        histories = [
            [opened(0, "R1", service="mail"), event(Restored, 1, "R1")],
            [opened(0, "R2", service="mail"), event(Restored, 3, "R2")],
            [opened(0, "R3", service="mail")],  # there is something more urgent to do
            [opened(1, "R4", service="mail"), event(Resolved, 2, "R4")],
            [
                opened(0, "R5", service="crm"),
                event(Resolved, 9, "R5"),
                event(CauseReviewed, 10, "R5", systems=["crm"]),
            ],
            [opened(2, "R6"), event(Resolved, 3, "R6")],
            [opened(2, "R7", kind="question"), event(Resolved, 3, "R7")],
        ]
        found = review_queue(situations(histories, at=20))
        shown = [(each.request, each.customer_minutes, each.recurrences) for each in found]
        assert shown == [("R2", 180, 1), ("R4", 60, 3), ("R1", 60, 0), ("R6", 60, 0)]

    def test_weighs_by_the_customers_affected_and_names_no_person(self) -> None:
        history = [opened(0, "R1", service="mail", users=50), event(Restored, 1, "R1")]
        affected = lambda s: float(s.request.fields["users"])  # noqa: E731  # short
        (entry,) = review_queue([situation(*history, at=5)], affected=affected)
        assert entry.customer_minutes == 3000
        assert "person" not in dir(entry)
        with pytest.raises(InvalidValue, match="names no persons"):
            review_queue([], about="person")

    def test_leaves_out_what_came_back(self) -> None:
        history = [opened(), event(Restored, 1), event(Resolved, 2), event(Reopened, 3)]
        assert review_queue([situation(*history, at=5)]) == ()
