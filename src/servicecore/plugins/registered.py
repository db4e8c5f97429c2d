"""What plugins register by name, and whose each name is (B2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Generic, TypeVar

from attrs import define, frozen

from servicecore.errors import InvalidValue, PluginError, UnknownName
from servicecore.notices import Channel, Line, Rate
from servicecore.sla.calendar import Calendar
from servicecore.sla.policy import Policy
from servicecore.sla.statuses import Lifecycle
from servicecore.stores import MemoryStore, Store

HOST = "host"
"""Whose names those are that the host itself adds."""

Value = TypeVar("Value")


@frozen
class Owned(Generic[Value]):
    """Something that was registered, and the name of the plugin whose it is."""

    owner: str
    value: Value


@define(init=False)
class Registered:
    """A registry: names of every kind, each with its value and its owner.

    A plugin adds to one of its own, which is merged into that of all plugins when it is complete.

    >>> registry = Registered()
    >>> registry.add_calendar("nights", Calendar.from_dict(
    ...     {"timezone": "UTC", "hours": {"mon-sun": "22:00-06:00"}}))
    >>> "nights" in registry.calendars
    True
    """

    owner: str
    _closed: bool
    stores: dict[str, Owned[Callable[[str], Store]]]
    channels: dict[str, Owned[Line]]
    named_calendars: dict[str, Owned[Calendar]]
    prefixes: dict[str, Owned[Callable[[str], Calendar]]]
    lifecycles: dict[str, Owned[Lifecycle]]
    policies: dict[str, Owned[tuple[Policy, ...]]]

    def __init__(self, owner: str = HOST) -> None:
        self.owner, self._closed = owner, False
        self.stores, self.channels, self.named_calendars = {}, {}, {}
        self.prefixes, self.lifecycles, self.policies = {}, {}, {}

    def add_store(self, scheme: str, open_store: Callable[[str], Store]) -> None:
        """A kind of store, by the scheme of its URLs."""
        self._add(self.stores, "store", scheme, _callable(open_store, f"the store {scheme!r}"))

    def add_channel(
        self,
        name: str,
        channel: Channel,
        *,
        timeout: timedelta | str = "30s",
        rate: Rate | None = None,
    ) -> None:
        """A channel, how long it may take, and how much it may do."""
        self._add(self.channels, "channel", name, Line(name, channel, timeout, rate))

    def add_calendar(self, name: str, calendar: Calendar) -> None:
        """A calendar; it goes by this name."""
        checked = _of_type(Calendar, calendar, f"the calendar {name!r}")
        self._add(self.named_calendars, "calendar", name, checked.named(name))

    def add_calendars(self, prefix: str, calendar_named: Callable[[str], Calendar]) -> None:
        """Calendars by a prefix, which stands before a colon and the rest of the name."""
        checked = _callable(calendar_named, f"the calendars {prefix!r}")
        self._add(self.prefixes, "prefix of calendars", prefix, checked)

    def add_lifecycle(self, name: str, lifecycle: Lifecycle) -> None:
        """A lifecycle."""
        checked = _of_type(Lifecycle, lifecycle, f"the lifecycle {name!r}")
        self._add(self.lifecycles, "lifecycle", name, checked)

    def add_policies(self, name: str, policies: Sequence[Policy]) -> None:
        """Policies in their order, under one name."""
        checked = tuple(
            _of_type(Policy, each, f"of the policies {name!r} one") for each in policies
        )
        self._add(self.policies, "policies", name, checked)

    def _add(self, kind: dict[str, Owned[Value]], what: str, name: str, value: Value) -> None:
        if self._closed:
            raise InvalidValue(
                f"the {what} {name!r} of {self.owner!r} comes too late: expected it to be added "
                "while servicecore_register is called"
            )
        if not _of_type(str, name, f"the name of a {what}").strip():
            raise InvalidValue(f"the name of a {what} is empty: expected text")
        _refuse_taken(kind, what, name, self.owner)
        kind[name] = Owned(self.owner, value)

    def close(self) -> None:
        """Take nothing more: what is added later would be known to nobody."""
        self._closed = True

    def merge(self, other: Registered) -> None:
        """Take over all that another registry has; `InvalidValue` if a name is taken.

        Nothing is taken over then.
        """
        both = list(zip(self._kinds(), other._kinds(), strict=True))
        for (what, ours), (_, theirs) in both:
            for name, owned in theirs.items():
                _refuse_taken(ours, what, name, owned.owner)
        for (_, ours), (_, theirs) in both:
            ours.update(theirs)

    def _kinds(self) -> Iterator[tuple[str, dict[str, Owned[object]]]]:
        kinds = {
            "store": self.stores,
            "channel": self.channels,
            "calendar": self.named_calendars,
            "prefix of calendars": self.prefixes,
            "lifecycle": self.lifecycles,
            "policies": self.policies,
        }
        yield from kinds.items()  # type: ignore[misc]  # each is a table of its own kind of value

    def names_of(self, owner: str) -> tuple[str, ...]:
        """What a plugin has registered, in words: ``"channel 'board'"``."""
        return tuple(
            f"{what} {name!r}"
            for what, kind in self._kinds()
            for name, owned in kind.items()
            if owned.owner == owner
        )

    @property
    def calendars(self) -> Calendars:
        """All calendars by name, those of a prefix included, as policy files may name them."""
        return Calendars(self)

    def policies_named(self, name: str) -> tuple[Policy, ...]:
        """The policies of that name; `UnknownName` where there are none."""
        return _named(self.policies, "policies", name)

    def lifecycle(self, name: str) -> Lifecycle:
        """The lifecycle of that name; `UnknownName` where there is none."""
        return _named(self.lifecycles, "lifecycle", name)

    def line(self, channel: str) -> Line:
        """The channel of that name; `UnknownName` where there is none."""
        return _named(self.channels, "channel", channel)

    def open_store(self, url: str) -> Store:
        """The store that a URL names; ``"memory:"`` is a new one in memory.

        Raises `UnknownName` for a scheme that nobody has registered.

        >>> type(Registered().open_store("memory:")).__name__
        'MemoryStore'
        """
        scheme = str(url).partition(":")[0]
        if scheme == "memory":
            return MemoryStore()
        if scheme not in self.stores:
            raise UnknownName("kind of store", scheme, ["memory", *self.stores])
        return self.stores[scheme].value(url)


class Calendars(Mapping[str, Calendar]):
    """Calendars by name; iterating gives those that have a name, and not what a prefix may give."""

    def __init__(self, registered: Registered) -> None:
        self._registered = registered

    def __getitem__(self, name: str) -> Calendar:
        if name in self._registered.named_calendars:
            return self._registered.named_calendars[name].value
        prefix, colon, rest = name.partition(":")
        if not colon or prefix not in self._registered.prefixes:
            raise KeyError(name)
        owned = self._registered.prefixes[prefix]
        try:
            return _of_type(Calendar, owned.value(rest), f"the calendar {name!r}").named(name)
        except LookupError:
            raise KeyError(name) from None
        except Exception as problem:
            said = f"calendar {name!r}: {type(problem).__name__}: {problem}"
            raise PluginError(owned.owner, "servicecore_register", said) from problem

    def __iter__(self) -> Iterator[str]:
        return iter(self._registered.named_calendars)

    def __len__(self) -> int:
        return len(self._registered.named_calendars)


def _named(kind: Mapping[str, Owned[Value]], what: str, name: str) -> Value:
    if name not in kind:
        raise UnknownName(what, name, kind)
    return kind[name].value


def _refuse_taken(kind: Mapping[str, Owned[Value]], what: str, name: str, by: str) -> None:
    if name in kind:
        raise InvalidValue(
            f"the {what} {name!r} of {by!r} is there already, of {kind[name].owner!r}: "
            "expected another name, or one of the two disabled"
        )


def _of_type(kind: type[Value], value: object, what: str) -> Value:
    if not isinstance(value, kind):
        raise InvalidValue(f"{what} is {value!r}: expected a {kind.__name__}")
    return value


def _callable(value: Callable[[str], Value], what: str) -> Callable[[str], Value]:
    if not callable(value):
        raise InvalidValue(f"{what} is {value!r}: expected a function of a text")
    return value
