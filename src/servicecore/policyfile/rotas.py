"""The rotas of a policy file, read and written (E5)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from attrs import frozen

from servicecore.errors import InvalidValue
from servicecore.instants import to_datetime, zone_named
from servicecore.policyfile.calendars import calendar_in
from servicecore.policyfile.tables import (
    INSTANT,
    Readers,
    entries_of,
    fields_of,
    instant,
    items_of,
    text,
    texts,
    unexpected,
)
from servicecore.sla.calendar import Calendar
from servicecore.sla.layers import EVERY, WALL_TIME, Cover, Layer, shift_text
from servicecore.sla.naming import name_of
from servicecore.sla.rota import Rota

ROTAS = "a table of rotas by name"
ROTA = "a table with timezone, layers and overrides"
LAYERS = "a list of layers, the last of which beats the others"
LAYER = "a table with name, members, start, every, restricted_to and timezone"
COVERS = "a list of covers"
COVER = "a table with person, start, end and reason"
ZONE = "an IANA name such as 'Europe/Berlin'"


def read_rotas(written: object, calendars: Mapping[str, Calendar]) -> dict[str, Rota]:
    """The rotas in the table ``rotas`` of a policy file, which names some of the calendars.

    Raises `FaultyTable` with everything that is wrong.

    >>> table = {"first line": {"timezone": "Europe/Berlin", "layers": [{
    ...     "name": "week", "members": ["anna", "bob"], "start": "2026-01-05 09:00",
    ...     "every": "1 week"}]}}
    >>> rotas = read_rotas(table, {})
    >>> rotas["first line"].layers[0].members
    ('anna', 'bob')
    >>> rotas_to_dict(rotas, {}) == table
    True
    """
    return entries_of(written, _Reader(calendars).rota, ROTAS)


@frozen
class _Reader:
    """Reads rotas, whose layers name calendars."""

    calendars: Mapping[str, Calendar]

    def rota(self, name: str, written: object) -> Rota:
        readers: Readers = {
            "timezone": _zone,
            "layers": self.layers,
            "overrides": lambda covers: items_of(covers, _cover, COVERS),
        }
        fields = fields_of(written, readers, ROTA, {"timezone": ZONE, "layers": LAYERS})
        return Rota(name, **fields)

    def layers(self, written: object) -> list[Layer]:
        if layers := items_of(written, self.layer, LAYERS, "name"):
            return layers
        raise unexpected(written, "at least one layer")

    def layer(self, written: object) -> Layer:
        readers: Readers = {
            "name": text,
            "members": _members,
            "start": partial(_checked, "start", WALL_TIME),
            "every": partial(_checked, "every", EVERY),
            "restricted_to": partial(calendar_in, self.calendars),
            "timezone": _zone,
        }
        required = {
            "name": "what it is called",
            "members": "a list of names",
            "start": WALL_TIME,
            "every": EVERY,
        }
        return Layer(**fields_of(written, readers, LAYER, required))


def _zone(written: object) -> str:
    zone_named(text(written, ZONE))  # refuses what is none
    return str(written)


def _members(written: object) -> list[str]:
    if members := texts(written):
        return members
    raise unexpected(written, "at least one name")


def _checked(option: str, expected: str, written: object) -> object:
    """One option of a layer, as `Layer` understands it."""
    sound: dict[str, Any] = {"start": "2026-01-05 09:00", "every": "1 week"}
    return getattr(Layer("any", ["anybody"], **{**sound, option: text(written, expected)}), option)


def _cover(written: object) -> Cover:
    readers: Readers = {"person": text, "start": instant, "end": instant, "reason": _reason}
    required = {"person": "who is on call", "start": INSTANT, "end": INSTANT}
    return Cover(**fields_of(written, readers, COVER, required))


def _reason(written: object) -> str:
    if isinstance(written, str):  # which may be empty
        return written
    raise unexpected(written, "text")


def rotas_to_dict(
    rotas: Mapping[str, Rota], calendars: Mapping[str, Calendar]
) -> dict[str, object]:
    """The table that `read_rotas` reads back as these rotas, each under the name it has here.

    Raises `InvalidValue` for a layer that is restricted to a calendar without a name.
    """
    return {name: _rota(rota, calendars) for name, rota in rotas.items()}


def _rota(rota: Rota, calendars: Mapping[str, Calendar]) -> dict[str, object]:
    covers = [_written_cover(cover, rota.timezone) for cover in rota.overrides]
    return {
        "timezone": rota.timezone,
        "layers": [_layer(layer, calendars) for layer in rota.layers],
        **({"overrides": covers} if covers else {}),
    }


def _layer(layer: Layer, calendars: Mapping[str, Calendar]) -> dict[str, object]:
    table: dict[str, object] = {
        "name": layer.name,
        "members": list(layer.members),
        "start": layer.start.isoformat(" ", "seconds" if layer.start.second else "minutes"),
        "every": shift_text(layer.every),
    }
    if layer.restricted_to is not None:
        table["restricted_to"] = _name(layer.restricted_to, calendars)
    if layer.timezone is not None:
        table["timezone"] = layer.timezone
    return table


def _name(calendar: Calendar, calendars: Mapping[str, Calendar]) -> str:
    name = name_of(calendar, calendars)
    if name is None:
        raise InvalidValue(f"a layer is restricted to {calendar!r}: expected one of the calendars")
    return name


def _written_cover(cover: Cover, timezone: str) -> dict[str, object]:
    zone = zone_named(timezone)
    edges = {key: to_datetime(getattr(cover, key), zone).isoformat() for key in ("start", "end")}
    return {"person": cover.person, **edges, **({"reason": cover.reason} if cover.reason else {})}
