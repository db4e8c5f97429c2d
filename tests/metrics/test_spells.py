"""Spells: how long requests and cycles take on a clock, and what ended them (M4, M5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore import PolicyBook
from servicecore.errors import InvalidValue
from servicecore.instants import HOUR
from servicecore.lifecycle.events import (
    Cancelled,
    Event,
    FactsChanged,
    MergedInto,
    Reopened,
    Replied,
    Resolved,
    SplitFrom,
    StatusChanged,
)
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.cohort import Period
from servicecore.metrics.rows import Spell
from servicecore.metrics.spells import cycle_spells, lifetimes, spells
from servicecore.metrics.survival import kaplan_meier
from servicecore.sla import Calendar, Policy, Target
from servicecore.sla.rules import DEFAULT_CLOCKS
from tests.metrics.kit import BOOK, CUSTOMER, after, event, opened, situation, situations

ASKED = {"actor": CUSTOMER}
OFFICE = Calendar.from_dict({"timezone": "UTC", "hours": {"mon-fri": "09:00-17:00"}})


def book(**rule: str) -> PolicyBook:
    """A book whose clock of the resolution has another rule."""
    changed = attrs.evolve(DEFAULT_CLOCKS["resolution"], **rule)
    by_priority = [
        Policy("urgent", {"resolution": Target("2h")}, when={"priority": "high"}),
        Policy("all", {"resolution": Target("4h")}),
    ]
    return PolicyBook.of(*by_priority, clocks={**DEFAULT_CLOCKS, "resolution": changed})


class TestOfRequests:
    def test_end_where_the_clock_was_stopped(self) -> None:
        """M4: open ones are censored; withdrawn and merged ones ended by that."""
        histories = [
            [opened(), event(Resolved, 2)],
            [opened()],
            [opened(), event(Cancelled, 3)],
            [opened(), event(MergedInto, 1, target="R9")],
            [opened(), event(StatusChanged, 2, status="merged")],
            [opened(), event(StatusChanged, 1, status="waiting for customer")],
        ]
        assert spells(situations(histories, at=9), "resolution") == (
            Spell(2 * HOUR),
            Spell(9 * HOUR, ended=False),
            Spell(3 * HOUR, cause="withdrawn"),
            Spell(1 * HOUR, cause="merged"),
            Spell(2 * HOUR, cause="merged"),
            Spell(1 * HOUR, ended=False),
        )

    @pytest.mark.parametrize(
        ("reopening", "hours"), [("pause", 3), ("counted", 5), ("cycle", 3), ("stopped", 2)]
    )
    def test_go_on_when_a_request_is_reopened(self, reopening: str, hours: int) -> None:
        """K4: whether the clock resumes or begins anew, what was counted before counts."""
        history = [opened(), event(Resolved, 2), event(Reopened, 4)]
        known = [situation(*history, at=5, book=book(reopening=reopening))]
        assert spells(known, "resolution") == (Spell(hours * HOUR, ended=reopening == "stopped"),)

    def test_do_not_end_where_nothing_is_owed_any_more(self) -> None:
        """A target that went away is no withdrawal: the request goes on."""
        owed = PolicyBook.of(
            Policy("bug", {"resolution": Target("4h")}, when={"kind": "incident"}),
            Policy("rest", {"first response": Target("1h")}),
        )
        changed = event(FactsChanged, 1, facts={"kind": "question"})
        gone = [opened(kind="incident"), changed]
        for more in ([], [event(Cancelled, 3)]):
            known = [situation(*gone, *more, at=5, book=owed)]
            assert spells(known, "resolution") == (Spell(HOUR, ended=False),)

    def test_do_not_end_where_the_parent_of_a_split_has_answered(self) -> None:
        """R8: no first response is owed then, and nobody has withdrawn anything."""
        split = event(SplitFrom, 1, parent="R0", responded=True)
        known = [situation(opened(), split, at=3)]
        assert spells(known, "first response") == (Spell(HOUR, ended=False),)

    def test_bring_the_time_that_the_parent_of_a_split_has_used(self) -> None:
        """R8."""
        split = event(SplitFrom, 0, parent="R0", used={"resolution": HOUR})
        known = [situation(opened(), split, at=2)]
        assert spells(known, "resolution") == (Spell(3 * HOUR, ended=False),)

    def test_are_those_of_the_clock_that_has_started(self) -> None:
        known = [situation(opened(), at=2)]
        assert spells(known, "next response") == spells(known, "no such clock") == ()


class TestOfCycles:
    HISTORY = (
        opened(),
        event(Replied, 0.5),
        event(Replied, 1, **ASKED),
        event(Replied, 3),
        event(Replied, 4, **ASKED),
    )
    ASKING = PolicyBook.of(Policy("all", {"next response": Target("1h")}))

    def test_are_one_for_each(self) -> None:
        """K5: each answer has a deadline of its own, and each waits by itself."""
        known = [situation(*self.HISTORY, at=9, book=self.ASKING)]
        assert cycle_spells(known, "next response") == (
            Spell(2 * HOUR),
            Spell(5 * HOUR, ended=False),
        )
        assert spells(known, "next response") == (Spell(7 * HOUR, ended=False),)

    def test_that_another_target_cut_short_go_on(self) -> None:
        """K3: with a restart, what was counted by then is known to have lasted so long."""
        raised = event(FactsChanged, 1, facts={"priority": "high"})
        known = [situation(opened(), raised, at=3, book=book(retargeting="restart"))]
        assert cycle_spells(known, "resolution") == (
            Spell(HOUR, ended=False),
            Spell(2 * HOUR, ended=False),
        )

    def test_are_withdrawn_with_their_request_alone(self) -> None:
        """The first one was done; the second one was open when the customer gave up."""
        known = [situation(*self.HISTORY, event(Cancelled, 6), at=9, book=self.ASKING)]
        assert cycle_spells(known, "next response") == (
            Spell(2 * HOUR),
            Spell(2 * HOUR, cause="withdrawn"),
        )

    @given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=8))
    def test_of_a_clock_with_one_are_those_of_requests(self, seen: list[tuple[int, int]]) -> None:
        histories = [
            [opened(begin, f"R{n}"), event(Resolved, begin + took, f"R{n}")]
            for n, (begin, took) in enumerate(seen)
        ]
        known = situations(histories, at=10)
        assert cycle_spells(known, "resolution") == spells(known, "resolution")


class TestOfCustomers:
    def test_are_wall_time(self) -> None:
        """M5: waiting and closed time count for whoever waits."""
        histories = [
            [opened(), event(Resolved, 2)],
            [opened(), event(StatusChanged, 1, status="waiting for customer")],
            [opened(), event(Resolved, 2), event(Reopened, 4), event(Resolved, 5)],
            [opened(), event(Cancelled, 3)],
            [opened(), event(MergedInto, 4, target="R9")],
        ]
        assert lifetimes(situations(histories, at=6)) == (
            Spell(2 * HOUR),
            Spell(6 * HOUR, ended=False),
            Spell(5 * HOUR),
            Spell(3 * HOUR, cause="withdrawn"),
            Spell(4 * HOUR, cause="merged"),
        )

    def test_may_be_of_a_calendar_of_theirs(self) -> None:
        """M5: opened on a Friday at nine, resolved on Monday at ten."""
        known = [situation(opened(), event(Resolved, 73), at=80)]
        assert lifetimes(known, calendar=OFFICE) == (Spell(9 * HOUR),)


ASK: dict[str, Callable[..., tuple[Spell, ...]]] = {
    "requests": lambda known, **said: spells(known, "resolution", **said),
    "cycles": lambda known, **said: cycle_spells(known, "resolution", **said),
    "customers": lifetimes,
}


@pytest.mark.parametrize("ask", ASK.values(), ids=ASK)
class TestAll:
    def test_are_of_requests_opened_in_the_period(
        self, ask: Callable[..., tuple[Spell, ...]]
    ) -> None:
        """M3: half-open, on the opening."""
        known = situations([[opened(hours, f"R{hours}")] for hours in (0, 1, 2)], at=5)
        period = Period(after(1), after(2))
        assert ask(known, period=period) == (Spell(4 * HOUR, ended=False),)

    def test_are_of_one_instant(self, ask: Callable[..., tuple[Spell, ...]]) -> None:
        mixed = [situation(opened(), at=hours) for hours in (1, 2)]
        with pytest.raises(InvalidValue, match="expected all at the same instant"):
            ask(mixed)

    @given(
        ends=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 12)), min_size=2, max_size=9),
        cut=st.integers(0, 9),
    )
    def test_of_parts_are_those_of_the_whole(
        self, ask: Callable[..., tuple[Spell, ...]], ends: list[tuple[int, int]], cut: int
    ) -> None:
        """M9: in one pass and in parts, and over rows and situations, the same curve."""
        known = known_of(ends)
        parts = ask(known[:cut]) + ask(known[cut:])
        assert kaplan_meier(parts) == kaplan_meier(ask(known))


def known_of(ends: Sequence[tuple[int, int]]) -> list[Situation]:
    histories: list[list[Event]] = [
        [opened(begin, f"R{n}"), event(Resolved, begin + took, f"R{n}")]
        for n, (begin, took) in enumerate(ends)
    ]
    return situations(histories, at=10, book=BOOK)
