"""Who is on call (E5).

The person at an instant is that of the cover that was written last, else that of the last layer
that has somebody then. So an upper layer is written below the ones that it beats, as in PagerDuty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cached_property
from itertools import pairwise

from attrs import evolve, field, frozen

from servicecore.catalogue.naming import all_of, check_name, entries
from servicecore.errors import InvalidValue
from servicecore.instants import DateTime, as_instant, to_datetime, zone_named
from servicecore.messages import Messages, as_messages
from servicecore.sla.layers import Cover, Layer
from servicecore.sla.timeline import OPENING, Timeline
from servicecore.sla.turns import Turns, hours_of_others
from servicecore.sla.years import END, START, year_of


@frozen
class Shift:
    """A stretch of time, half-open, in which one person is on call by one layer or cover.

    `person` is None where nobody is; then there is neither `layer` (its name) nor `cover`.
    Instants are in microseconds. A stretch that began or will end where calendars no longer answer
    has its edge there, at the start of 1900 or of 2200.
    """

    person: str | None
    start: int
    end: int
    layer: str | None = None
    cover: Cover | None = None
    timezone: str = field(default="UTC", eq=False)

    @property
    def start_at(self) -> DateTime:
        """When it begins, in the rota's zone."""
        return to_datetime(self.start, zone_named(self.timezone))

    @property
    def end_at(self) -> DateTime:
        """When it ends, in the rota's zone."""
        return to_datetime(self.end, zone_named(self.timezone))

    def __str__(self) -> str:
        return self.explain()

    def explain(self, language: str | Messages = "en") -> str:
        """From when until when it is whose turn, and by what.

        In a language that has messages, such as ``"ru"``; see `messages_in`.
        """
        messages = as_messages(language)
        since = "…" if self.start == START else messages.when(self.start_at)
        until = "…" if self.end == END else messages.when(self.end_at)
        period = messages.text("{start} – {end}", start=since, end=until)
        return f"{period}  {self._who(messages)}"

    def _who(self, messages: Messages) -> str:
        if self.person is None:
            return messages.text("nobody")
        person = self.person
        if self.cover is not None and self.cover.reason:
            reason = self.cover.reason
            return messages.text("{person} (cover: {reason})", person=person, reason=reason)
        if self.cover is not None:
            return messages.text("{person} (cover)", person=person)
        if self.layer:
            layer = messages.quoted(self.layer)
            return messages.text("{person} (layer {layer})", person=person, layer=layer)
        return person


def _layers(values: Iterable[Layer]) -> tuple[Layer, ...]:
    if layers := entries(Layer, values, "layers"):
        return layers
    raise InvalidValue("layers are none: expected at least one")


def _overrides(values: Iterable[Cover]) -> tuple[Cover, ...]:
    return all_of(Cover, values, "overrides")


@frozen
class Rota:
    """Who is on call at any time: layers of turns, and covers that override them.

    A cover beats every layer, and of covers that overlap the one written last counts. A layer
    beats those written before it; where it has nobody, outside the hours that it is restricted to
    and before its start, the ones before it decide. Rotas answer for the years 1900 to 2199.
    Raises `InvalidValue` for a rota without layers and for two layers of one name.

    >>> from datetime import UTC
    >>> week = Layer("week", ("anna", "bob"), "2026-01-05 09:00", "1 week")
    >>> rota = Rota("first line", "Europe/Berlin", [week])
    >>> monday = datetime(2026, 1, 12, 8, tzinfo=UTC)
    >>> rota.on_duty(monday)
    'bob'
    >>> print(rota.why(monday))
    Mon 12 Jan 2026 09:00 – Mon 19 Jan 2026 09:00  bob (layer 'week')
    """

    name: str = field(validator=check_name)
    timezone: str
    layers: tuple[Layer, ...] = field(converter=_layers)
    overrides: tuple[Cover, ...] = field(default=(), converter=_overrides)

    def __attrs_post_init__(self) -> None:
        zone_named(self.timezone)

    @cached_property
    def _turns(self) -> tuple[tuple[str, Turns], ...]:
        """Every layer by its name, the one that beats the others first."""
        zone = zone_named(self.timezone)
        return tuple((layer.name, layer.turns(zone)) for layer in reversed(self.layers))

    def on_duty(self, at: datetime | int) -> str | None:
        """Who is on call at an instant; None if nobody is."""
        return self.why(at).person

    def why(self, at: datetime | int) -> Shift:
        """By which layer or cover somebody is on call at an instant, from when until when."""
        instant = as_instant(at)
        year_of(instant)
        return self._shift(instant)

    def shifts(self, start: datetime | int, end: datetime | int) -> tuple[Shift, ...]:
        """All stretches from `start` to `end` in order, cut at both and without holes.

        Neighbours differ in their person, or in the layer or cover that decides. There are none
        where `end` does not lie after `start`.
        """
        return tuple(self._shifts(as_instant(start, "start"), as_instant(end, "end")))

    def gaps(self, start: datetime | int, end: datetime | int) -> tuple[Shift, ...]:
        """The stretches from `start` to `end` in which nobody is on call."""
        return tuple(shift for shift in self.shifts(start, end) if shift.person is None)

    def next_handoff(self, at: datetime | int) -> Shift | None:
        """The first stretch after `at` in which somebody else is on call, or nobody.

        None if that never happens. Another layer with the same person hands nothing over.
        """
        now = self.why(at)
        person, instant = now.person, now.end
        for begun, until in self._stages(instant):
            others = hours_of_others(begun, person)
            while instant < until:
                instant = self._first_chance(others, person, instant, until)
                if instant < until:
                    shift = self._shift(instant)
                    if shift.person != person:
                        return shift
                    instant = shift.end
        return None

    def _stages(self, at: int) -> Iterator[tuple[list[Turns], int]]:
        """The layers that have begun, and until when no other one begins; from an instant on."""
        layers = [turns for _, turns in self._turns]
        begins = sorted({turns.handoff(0) for turns in layers if at < turns.handoff(0) < END})
        for since, until in pairwise((at, *begins, END)):
            yield [turns for turns in layers if turns.handoff(0) <= since], until

    def _first_chance(self, others: Timeline, person: str | None, at: int, until: int) -> int:
        """When somebody else can be on call, from `at` on; before it nobody else ever is.

        So nobody has to walk to 2199 through all the turns of one and the same person.
        """
        opening = at if others.is_open(at) else others.next_edge(at, OPENING)
        covers = [
            max(at, each.start)
            for each in self.overrides
            if each.end > at and each.person != person
        ]
        return min([until, *covers, *([] if opening is None else [opening])])

    def _shifts(self, start: int, end: int) -> Iterator[Shift]:
        for edge in (start, end):
            year_of(edge)
        while start < end:
            shift = self._shift(start)
            yield evolve(shift, start=start, end=min(shift.end, end))
            start = shift.end

    def _shift(self, at: int) -> Shift:
        """The stretch around an instant: no source that beats its own has anybody in it."""
        since, until = START, END
        for cover in reversed(self.overrides):
            if cover.start <= at < cover.end:
                since, until = max(since, cover.start), min(until, cover.end)
                return Shift(cover.person, since, until, None, cover, self.timezone)
            if cover.end <= at:
                since = max(since, cover.end)
            else:
                until = min(until, cover.start)
        for name, turns in self._turns:
            if (person := turns.person(at)) is not None:
                begins, ends = turns.stretch(at)
                since, until = max(since, begins), min(until, ends)
                return Shift(person, since, until, name, None, self.timezone)
            since, until = max(since, turns.last_end(at)), min(until, turns.next_start(at))
        return Shift(None, since, until, None, None, self.timezone)
