"""The hooks: where a host's plugins take part, each typed and documented (B1, B2).

A plugin is an object, a class's instance or a module, with functions of these names marked by
`hookimpl`. Inheriting from `Hooks` is not needed; mypy then checks the signatures. Hooks are plain
functions, no coroutines; they are given frozen values and the instant, and never anything live.

>>> class Night(Hooks):
...     @hookimpl
...     def servicecore_assign(self, situation, load, at):
...         return Assignment(group="night watch") if at.hour < 6 else None
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Protocol

import pluggy
from attrs import frozen

from servicecore.instants import DateTime
from servicecore.lifecycle.events import Event
from servicecore.lifecycle.situation import Situation
from servicecore.notices import Channel, Contact, Notice, Rate, Text, Withhold
from servicecore.requests import Request
from servicecore.sla.book import PolicyBook
from servicecore.sla.calendar import Calendar
from servicecore.sla.policy import Policy
from servicecore.sla.statuses import Lifecycle
from servicecore.stores import Entry, Store, Workload

PROJECT = "servicecore"
PREFIX = "servicecore_"
"""What the name of every hook begins with; a plugin's own functions begin with something else."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@frozen
class PriorityChoice:
    """The priority that a plugin gives, one of the book's matrix, and why."""

    priority: str
    reason: str = ""


@frozen
class PolicyChoice:
    """The policy that a plugin applies, one of the book, and why; of any version, or of one."""

    policy: str
    reason: str = ""
    version: str = ""


@frozen
class Assignment:
    """Whom a plugin gives a request to: a group, a person in it, or a person where it is."""

    group: str | None = None
    person: str | None = None


class Registry(Protocol):
    """What `servicecore_register` adds to; a name that is taken is an error that names both."""

    def add_store(self, scheme: str, open_store: Callable[[str], Store]) -> None:
        """A kind of store: what opens one by a URL of that scheme, such as ``"postgresql"``."""
        ...

    def add_channel(
        self,
        name: str,
        channel: Channel,
        *,
        timeout: timedelta | str = "30s",
        rate: Rate | None = None,
    ) -> None:
        """A channel: how long one delivery may take, and how many there may be in a time."""
        ...

    def add_calendar(self, name: str, calendar: Calendar) -> None:
        """A calendar that policies and contacts may name."""
        ...

    def add_calendars(self, prefix: str, calendar_named: Callable[[str], Calendar]) -> None:
        """Calendars by prefix: ``"holidays"`` is asked for ``"DE-BE"`` of ``"holidays:DE-BE"``.

        What is asked raises `LookupError` for a name that it does not know.
        """
        ...

    def add_lifecycle(self, name: str, lifecycle: Lifecycle) -> None:
        """A lifecycle that a host may take for its book."""
        ...

    def add_policies(self, name: str, policies: Sequence[Policy]) -> None:
        """Policies that a host may put into its book, in their order."""
        ...


class Hooks:
    """Every hook that there is."""

    @hookspec
    def servicecore_register(self, registry: Registry) -> None:
        """Add stores, channels, calendars, lifecycles and policies by name.

        Called once, while the plugin is loaded. It adds to a registry of its own, which becomes
        part of the common one when it has returned: a plugin that raises, or takes a name that is
        taken, is not loaded at all, and the others are. Added in 0.1.
        """

    @hookspec(firstresult=True)
    def servicecore_prioritise(self, request: Request, at: DateTime) -> PriorityChoice | None:
        """The priority of a request, or None to leave it to others and at last to the matrix.

        Called before the write, when a request is opened without a priority of its own or facts
        of it change, as long as no person has given one. The first answer counts and is recorded
        as `Prioritised` with ``source="plugin"``. It may be asked again after a conflict and must
        have no effects. A plugin that raises, or answers with a priority that the book does not
        have, fails the command (`PluginError`); nothing is written. Added in 0.1.
        """

    @hookspec(firstresult=True)
    def servicecore_select_policy(
        self, request: Request, book: PolicyBook, at: DateTime
    ) -> PolicyChoice | None:
        """The policy of a request, or None to leave it to others and at last to the book's order.

        Called before the write, when a request is opened or facts of it change, as long as no
        person has applied one. The first answer counts and is recorded as `PolicyApplied` with
        ``source="plugin"``. It may be asked again after a conflict and must have no effects. A
        plugin that raises, or answers with a policy that the book does not have, fails the command
        (`PluginError`); nothing is written. Added in 0.1.
        """

    @hookspec(firstresult=True)
    def servicecore_assign(
        self, situation: Situation, load: Workload, at: DateTime
    ) -> Assignment | None:
        """Whom to give a request to, or None to leave it to others and at last as it is.

        Called before the write, when a request that no person has is opened, reopened, split off or
        given to another group; by a command, or by a step of an escalation. `load` is how many
        open requests everybody has, without this one's change. The first answer counts and is
        recorded as `Assigned`, by the plugin's name. It may be asked again after a conflict and
        must have no effects. A plugin that raises, or answers nonsense, fails a command
        (`PluginError`), and nothing is written; in a tick the request stays as it is, and
        `DecisionFailed` is recorded. Added in 0.1.
        """

    @hookspec
    def servicecore_object_to(
        self, situation: Situation, events: Sequence[Event], at: DateTime
    ) -> str | Sequence[str] | None:
        """Reasons why the events of a command may not be written, or None where there are none.

        Called before the write, once per command and request, with the situation before it (of a
        new request: behind its opening) and all events that it would write, decisions of plugins
        included; never by a tick, and never on replay. All plugins are asked: the command is
        refused with all their reasons (`TransitionRefused`). It may be asked again after a conflict
        and must have no effects. A plugin that raises, or answers nonsense, fails the command
        (`PluginError`); nothing is written. Added in 0.1.
        """

    @hookspec(firstresult=True)
    def servicecore_reach(self, notice: Notice, at: DateTime) -> Sequence[Contact] | None:
        """How to reach the recipient of a notice, or None to leave it to others.

        Called by the worker, before the first attempt; the answer is frozen. An empty list says
        that they want none. Where nobody answers, the notice is undelivered, and the record says
        so. It may look things up; it may be asked more than once. A plugin that raises, or answers
        nonsense, is asked again later, as a delivery that failed would be. Added in 0.1.
        """

    @hookspec
    def servicecore_compose(
        self, notice: Notice, text: Text, at: DateTime
    ) -> Text | Withhold | None:
        """Another text for a notice, None to leave it as it is, or `Withhold` to send nothing.

        Called by the worker, before the first attempt, once for each contact. The plugins are asked
        in turn, each with the text of the one before; `Withhold` ends it. A plugin that raises, or
        answers nonsense, is asked again later: the unedited text is never sent. Added in 0.1.
        """

    @hookspec
    def servicecore_recorded(self, entry: Entry, at: DateTime) -> None:
        """One event that was written, to act upon outside.

        Called by the worker, after the write, for every event of every shard, in order and at least
        once; each plugin has a checkpoint of its own in each shard. A plugin that raises is called
        with the same entry again, later and later; one that keeps failing is parked, and the next
        entry follows. Nobody else waits for it. Added in 0.1.
        """


HOOKS: Mapping[str, Callable[..., object]] = {
    name: function for name, function in vars(Hooks).items() if name.startswith(PREFIX)
}
"""Every hook by its name; there are no others."""
