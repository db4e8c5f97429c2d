"""What every command carries, and how it is checked: by making the event that it would write."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar

import attrs
from attrs import field, frozen

from servicecore.errors import InvalidValue
from servicecore.instants import as_instant
from servicecore.lifecycle.events import Actor, Event
from servicecore.lifecycle.events.envelope import check_types

_NOTHING: Mapping[str, object] = MappingProxyType({})


def _occurred(moment: datetime | int | None) -> int | None:
    return None if moment is None else as_instant(moment, "occurred_at")


@frozen(kw_only=True)
class Command:
    """What every command carries: its envelope.

    `id` is the caller's own; the same command sent twice has the same id, and the ids of its events
    come from it. `occurred` is in microseconds; None says that it happens when it is recorded, an
    earlier instant that it is written down late (T3). Raises `InvalidValue` for whatever its event
    would.
    """

    writes: ClassVar[type[Event]] = Event
    """The event that it asks for."""
    phrase: ClassVar[str] = "change {request}"
    """What it asks for, for people."""
    left_open: ClassVar[Mapping[str, object]] = _NOTHING
    """What its event says besides, and only the decision knows."""

    id: str
    request: str
    actor: Actor | None = None
    occurred: int | None = field(alias="occurred_at", default=None, converter=_occurred)

    def __attrs_post_init__(self) -> None:
        check_types(self)
        for name in ("id", "request"):
            if not getattr(self, name).strip():
                raise InvalidValue(f"the {name} of {type(self).__name__} is empty: expected text")
        self._check()

    def _check(self) -> None:
        envelope = {"request": self.request, "occurred_at": 0, "actor": self.actor}
        self.writes(**envelope, **self.said, **self.left_open)  # type: ignore[arg-type]  # own fields

    @property
    def said(self) -> dict[str, object]:
        """What it says besides the envelope, as its event takes it; None is not said.

        >>> Command(id="c1", request="R1").said
        {}
        """
        said = {alias: getattr(self, name) for name, alias in own_fields(type(self)).items()}
        return {name: value for name, value in said.items() if value is not None}

    def __str__(self) -> str:
        names = (each.name for each in attrs.fields(type(self)))
        return self.phrase.format_map({name: getattr(self, name) for name in names})


def own_fields(kind: type[Command | Event]) -> Mapping[str, str]:
    """The fields of a command or an event that are not its envelope, with what sets them."""
    envelope = attrs.fields_dict(Command if issubclass(kind, Command) else Event)
    own = (each for each in attrs.fields(kind) if each.name not in envelope)
    return MappingProxyType({each.name: each.alias or each.name for each in own})
