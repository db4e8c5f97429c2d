"""Situations: everything that follows from a request's history at an instant."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from zoneinfo import ZoneInfo

from attrs import field, frozen

from servicecore.chains import Chain
from servicecore.instants import DateTime, to_datetime
from servicecore.lifecycle.ahead import Upcoming
from servicecore.lifecycle.contact import Contact
from servicecore.lifecycle.events import Event, StepRecorded
from servicecore.lifecycle.links import Link, links_of
from servicecore.lifecycle.ownership import Ownership
from servicecore.lifecycle.promises import Promise
from servicecore.lifecycle.refusal import Refusal
from servicecore.lifecycle.settling import known_request
from servicecore.lifecycle.state import RequestState
from servicecore.lifecycle.status import TransitionDue
from servicecore.lifecycle.steps import StepDue, StepTaken
from servicecore.messages import Messages, as_messages
from servicecore.requests import Request
from servicecore.sla.book import PolicyBook
from servicecore.sla.calendar import always
from servicecore.sla.clock import Reading


@frozen
class Situation:
    """A request at an instant: what is known of it, where it stands, and what its clocks show.

    `instant` is in microseconds. `readings` has a reading for every cycle of every clock that has a
    target. `policy` is None where no policy matches; `before_first` says that the request was
    opened before the first version of the book, which governs it all the same (P2).
    """

    state: RequestState = field(repr=False)
    instant: int
    book: PolicyBook = field(eq=False, repr=False)
    refusals: tuple[Refusal, ...] = field(default=(), eq=False, repr=False)
    """The events that `decide` would have refused, where the replay was an audit (R1)."""

    @property
    def at(self) -> DateTime:
        """The instant, in UTC."""
        return to_datetime(self.instant)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which people read it: that of the first calendar it is owed on, or UTC.

        The calendar that never closes says nothing about where people are.
        """
        targets = [clock.target for clock in self.state.clocks.values()]
        owed = [target.calendar for target in targets if target is not None]
        return next((each.zone for each in owed if each != always), always.zone)

    @property
    def request(self) -> Request:
        """The request, with what is known of it by now."""
        return known_request(self.state, self.book)

    @property
    def history(self) -> Chain[Event]:
        """What happened up to the instant, in order."""
        return self.state.history

    @property
    def links(self) -> tuple[Link, ...]:
        """What it has to do with other requests: links, merges and splits."""
        return links_of(self.history)

    @property
    def status(self) -> str:
        """Its status."""
        return self.state.status.name

    @property
    def policy(self) -> str | None:
        """The name of the policy that it is under."""
        return self.state.policy.name if self.state.policy else None

    @property
    def unknown_policy(self) -> str | None:
        """The policy that was applied although the book does not have it; None in all other cases.

        The one that the book selects governs then.
        """
        pinned, governs = self.state.pinned, (self.policy, self.version)
        if pinned is None or governs == (pinned.policy, pinned.version or self.version):
            return None
        return pinned.policy

    @property
    def version(self) -> str:
        """The name of the version of the book that the policy is of."""
        return self.state.version

    @property
    def before_first(self) -> bool:
        """Whether it was opened before the first version of the book held."""
        return self.state.before_first

    @property
    def reopenings(self) -> int:
        """How often it was reopened."""
        return self.state.reopenings

    @property
    def ownership(self) -> Ownership:
        """Whose it is, and how often it changed hands."""
        return self.state.ownership

    @property
    def contact(self) -> Contact:
        """What the customer has heard of us."""
        return self.state.contact

    @property
    def promises(self) -> tuple[Promise, ...]:
        """Every promise made, in the order in which they were made."""
        return tuple(self.state.promises)

    @cached_property
    def steps_due(self) -> tuple[StepDue, ...]:
        """The steps of escalations that are due and not on record yet, in order (E1)."""
        return self.state.steps.with_voices()

    @property
    def steps(self) -> tuple[StepTaken, ...]:
        """The steps that are on record, in the order in which they were recorded."""
        return tuple(self.state.steps.taken)

    @property
    def unfounded(self) -> tuple[StepRecorded, ...]:
        """The records of steps that were not due, by what is known now (E4)."""
        return self.state.steps.unfounded

    @property
    def transitions_due(self) -> tuple[TransitionDue, ...]:
        """The transitions that time has made and nobody has written yet (R7)."""
        return self.state.transitions_due

    @cached_property
    def upcoming(self) -> tuple[Upcoming, ...]:
        """What time alone will change from here on, in order (R6)."""
        from servicecore.lifecycle.upcoming import upcoming_of  # it reads situations

        return upcoming_of(self)

    @property
    def next(self) -> Upcoming | None:
        """The first thing that changes if nothing happens, and when; None if nothing ever does."""
        return self.upcoming[0] if self.upcoming else None

    @cached_property
    def readings(self) -> Mapping[str, tuple[Reading, ...]]:
        """What each clock shows, cycle by cycle."""
        read = {name: clock.readings(self.instant) for name, clock in self.state.clocks.items()}
        return MappingProxyType({name: cycles for name, cycles in read.items() if cycles})

    def reading(self, clock: str) -> Reading | None:
        """What a clock shows: its latest cycle; None where nothing is owed or it is unknown."""
        cycles = self.readings.get(clock)
        return cycles[-1] if cycles else None

    def explain(self, language: str | Messages = "en") -> str:
        """Where the request stands, which policy it is under and why, and every clock in words.

        In a language that has messages, such as ``"ru"``; see `messages_in`.
        """
        from servicecore.lifecycle.explanation import situation_explained  # it reads situations

        return situation_explained(self, as_messages(language))
