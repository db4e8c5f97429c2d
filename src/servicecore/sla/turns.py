"""Whose turn it is in a layer of a rota, in integer microseconds (E5).

Handoffs are edges on the wall, `start + number × every`, and become instants by the one rule (C2).
A turn that lies in a gap is over before it begins; one with a gap or a fold in it is shorter or
longer than the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from attrs import frozen

from servicecore.instants import DAY
from servicecore.sla.calendar import Calendar, always
from servicecore.sla.edges import Edges, both, combine, either, only_left
from servicecore.sla.timeline import CLOSING, OPENING, Timeline
from servicecore.sla.wall import EPOCH_DAY, instant_of_wall, offset_at, offsets_of_year
from servicecore.sla.years import END, START


@frozen(eq=False)
class Turns:
    """The turns of the members of one layer.

    `first` is the wall time of the first handoff, in microseconds from 1970-01-01 00:00 on the same
    wall. Between `START` and `END` there is an answer; what lies beyond counts as being there.
    """

    members: tuple[str, ...]
    first: int
    every: int
    zone: ZoneInfo
    calendar: Calendar | None

    def handoff(self, number: int) -> int:
        """The instant at which the turn of that number begins; the first has the number 0."""
        wall = self.first + number * self.every
        if wall >= END + DAY:  # zones are less than a day from UTC
            return END
        days, time = divmod(wall, DAY)
        day = days + EPOCH_DAY
        return min(instant_of_wall(day, time, offsets_of_year(self.zone, _year(day))), END)

    def number(self, at: int) -> int:
        """The number of the turn at an instant; negative before the first."""
        number = (at + offset_at(at, self.zone) - self.first) // self.every
        while self.handoff(number + 1) <= at:  # in a fold the wall shows less than it has shown
            number += 1
        return number

    def person(self, at: int) -> str | None:
        """Who is on duty; None before the first handoff and outside the layer's hours."""
        number = self.number(at)
        if number < 0 or not self._is_open(at):
            return None
        return self._member(number)

    def stretch(self, at: int) -> tuple[int, int]:
        """From when until when the one who is on duty is so without a break."""
        since, until = self._run(self.number(at))
        if self.calendar is None:
            return since, until
        timeline = self.calendar.timeline
        opening = timeline.previous_edge(_just_after(at), OPENING)
        closing = timeline.next_edge(at, CLOSING)
        return (
            since if opening is None else max(since, opening),
            until if closing is None else min(until, closing),
        )

    def next_start(self, at: int) -> int:
        """When the layer next has somebody, from an instant at which it has nobody."""
        begins = self.handoff(0)
        if self.calendar is None or (at < begins < END and self._is_open(begins)):
            return begins
        if begins >= END:
            return END
        opening = self.calendar.timeline.next_edge(max(at, begins), OPENING)
        return END if opening is None else opening

    def last_end(self, at: int) -> int:
        """Until when the layer last had somebody, at an instant at which it has nobody."""
        if self.calendar is None or at < self.handoff(0):
            return START
        closing = self.calendar.timeline.previous_edge(_just_after(at), CLOSING)
        return START if closing is None or closing <= self.handoff(0) else closing

    def _is_open(self, at: int) -> bool:
        return self.calendar is None or self.calendar.timeline.is_open(at)

    def _member(self, number: int) -> str:
        return self.members[number % len(self.members)]

    def _run(self, number: int) -> tuple[int, int]:
        """From when until when turns of one and the same member follow each other."""
        if len(set(self.members)) == 1:
            return self.handoff(0), END
        person, first, last = self._member(number), number, number + 1
        while first > 0 and self._goes_on(first - 1, person):
            first -= 1
        while self._goes_on(last, person):
            last += 1
        return self.handoff(first), self.handoff(last)

    def _goes_on(self, number: int, person: str) -> bool:
        """Whether a neighbouring turn is the same person's, or over before it begins."""
        begins = self.handoff(number)
        same = self._member(number) == person or self.handoff(number + 1) == begins
        return same and begins < END


def hours_of_others(layers: Sequence[Turns], person: str | None) -> Timeline:
    """When it need not be that person who is on call by layers that have all begun.

    The first of the layers beats the others. None for `person` is nobody.
    """

    def edges_of_year(year: int) -> Edges:
        left: Edges = always.timeline.edges_of_year(year)
        found: Edges = []
        for turns in layers:
            own = (turns.calendar or always).timeline.edges_of_year(year)
            if set(turns.members) != {person}:
                found = combine(found, combine(left, own, both), either)
            left = combine(left, own, only_left)
        return found if person is None else combine(found, left, either)

    return Timeline(edges_of_year)


def _year(day: int) -> int:
    return date.fromordinal(day).year


def _just_after(at: int) -> int:
    """What lies strictly before this lies at `at` or before it; no window has an edge behind."""
    return min(at + 1, END - 1)
