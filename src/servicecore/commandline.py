"""The commands of whoever runs a desk: plugins, migrate, worker, rearm, notices, parked."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TYPE_CHECKING

from servicecore.desk import Desk, Worker
from servicecore.errors import InvalidValue, UnknownName
from servicecore.instants import to_datetime
from servicecore.messages import messages_in
from servicecore.notices.explanation import explain_all
from servicecore.plugins import GROUP, Plugins
from servicecore.plugins.printed import plugins_printed
from servicecore.policyfile import load_policies
from servicecore.sla.book import PolicyBook
from servicecore.stores import MAIN, Parked

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # the class has no other name

KINDS = ("timer", "notice", "reader")


def add_host_commands(commands: Commands) -> None:
    """Add what belongs to a store, its worker and its plugins."""
    for add in (
        _add_plugins, _add_migrate, _add_worker, _add_rearm, _add_notices, _add_parked,
    ):  # fmt: skip
        add(commands)


def _add_plugins(commands: Commands) -> None:
    listing = commands.add_parser("plugins", help="list the plugins, and what failed and why")
    _add_disable(listing)
    listing.set_defaults(command=_plugins)


def _add_migrate(commands: Commands) -> None:
    migrating = commands.add_parser("migrate", help="bring the tables of a store up to date")
    migrating.add_argument("url", metavar="URL", help="such as sqlite:///desk.db")
    migrating.set_defaults(command=_migrate)


def _add_worker(commands: Commands) -> None:
    working = commands.add_parser("worker", help="do what is due in a store, until SIGTERM")
    _add_store(working, every_shard=True)
    _add_policies(working)
    working.add_argument("--once", action="store_true", help="do what is due now, and end")
    working.add_argument("--poll", default="5s", metavar="T", help="sleep no longer than this")
    working.set_defaults(command=_worker)


def _add_rearm(commands: Commands) -> None:
    rearming = commands.add_parser("rearm", help="set all timers anew, after policies changed")
    _add_store(rearming)
    _add_policies(rearming)
    rearming.set_defaults(command=_rearm)


def _add_policies(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--policies", metavar="FILE", help="the policy book; without it, those of plugins alone"
    )


def _add_notices(commands: Commands) -> None:
    telling = commands.add_parser("notices", help="say why people were told of a request, or not")
    _add_store(telling)
    telling.add_argument("request", metavar="REQUEST")
    telling.add_argument("--language", default="en", metavar="L", help="en, ru, ar, …")
    telling.set_defaults(command=_notices)


def _add_parked(commands: Commands) -> None:
    listing = commands.add_parser("parked", help="list what failed too often, and requeue it")
    _add_store(listing)
    listing.add_argument("--requeue", action="store_true", help="let all that is listed go on")
    listing.add_argument("--kind", choices=KINDS, help="only timers, notices, or feed readers")
    listing.add_argument("--key", metavar="K", help="only this request, notice, or plugin")
    listing.set_defaults(command=_parked)


def _add_store(command: argparse.ArgumentParser, *, every_shard: bool = False) -> None:
    command.add_argument("url", metavar="URL", help="of the store, such as sqlite:///desk.db")
    which = command.add_mutually_exclusive_group()
    which.add_argument("--shard", default=MAIN, help="one tenant of the store")
    if every_shard:
        which.add_argument("--every-shard", action="store_true", help="all shards of the store")
    _add_disable(command)


def _add_disable(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--disable", action="append", default=[], metavar="PLUGIN", help="a plugin to leave out"
    )
    command.add_argument(
        "--plugin",
        action="append",
        default=[],
        metavar="MODULE[:NAME]",
        help="a plugin besides the installed ones",
    )


def _loaded(given: argparse.Namespace, *, strict: bool = False) -> Plugins:
    return Plugins.load(*map(_own, given.plugin), disable=given.disable, strict=strict)


def _own(name: str) -> object:
    entry = EntryPoint(name, name, GROUP)
    if EntryPoint.pattern.match(name) is None:
        raise InvalidValue(f"the plugin is {name!r}: expected MODULE or MODULE:NAME")
    try:
        return entry.load()
    except (ImportError, AttributeError) as problem:
        raise InvalidValue(f"the plugin {name!r} cannot be imported: {problem}") from None


def _plugins(given: argparse.Namespace) -> int:
    statuses = _loaded(given).statuses
    print(plugins_printed(statuses))
    return 1 if any(status.error for status in statuses) else 0


def _migrate(given: argparse.Namespace) -> int:
    from servicecore.backends.plugin import SCHEMES
    from servicecore.backends.sql import migrate

    if given.url.partition(":")[0] not in SCHEMES:
        raise UnknownName("kind of store with tables", given.url.partition(":")[0], SCHEMES)
    for done in migrate(given.url) or ["nothing to do: the tables are up to date"]:
        print(done)
    return 0


@contextmanager
def _opened(given: argparse.Namespace, plugins: Plugins, book: PolicyBook) -> Iterator[Desk]:
    """The desk on a store that is there; a mistyped file is not made."""
    scheme, _, path = given.url.partition(":///")
    if scheme == "sqlite" and not Path(path).exists():
        hint = f"expected one that `python -m servicecore migrate {given.url}` made"
        raise InvalidValue(f"there is no store at {given.url!r}: {hint}")
    store = plugins.registry.open_store(given.url)
    try:
        yield Desk(store, book, plugins=plugins, shard=given.shard)
    finally:
        store.close()


def _book(given: argparse.Namespace, plugins: Plugins) -> PolicyBook:
    """The policies of the file, with those of plugins before them.

    Without any, every timer would be set to never.
    """
    book = PolicyBook.of()
    if given.policies:
        book = load_policies(given.policies, calendars=plugins.registry.calendars)
    book = plugins.extended(book)
    if not book.policies:
        raise InvalidValue("there are no policies: expected --policies FILE, or a plugin's own")
    return book


def _worker(given: argparse.Namespace) -> int:
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(message)s")
    logging.getLogger("servicecore").setLevel(logging.INFO)  # others may log what is secret
    plugins = _loaded(given, strict=True)
    with _opened(given, plugins, _book(given, plugins)) as desk:
        worker = Worker(desk, poll=given.poll, every_shard=given.every_shard)
        if given.once:
            done = worker.once()
            print(f"{done.timers} timers, {done.entries} entries, {done.notices} notices")
            worker.close()
        else:
            worker.run()
    return 0


def _rearm(given: argparse.Namespace) -> int:
    plugins = _loaded(given, strict=True)
    with _opened(given, plugins, _book(given, plugins)) as desk:
        print(f"{desk.rearm()} timers set anew")
    return 0


def _notices(given: argparse.Namespace) -> int:
    with _opened(given, _loaded(given), PolicyBook.of()) as desk:
        desk.situation(given.request)  # which refuses one that was never opened
        print(explain_all(desk.notices(given.request), messages_in(given.language)))
    return 0


def _parked(given: argparse.Namespace) -> int:
    with _opened(given, _loaded(given), PolicyBook.of()) as desk:
        listed = [each for each in desk.parked(given.kind) if given.key in (None, each.key)]
        for each in listed:
            print(_line(each))
            if given.requeue:
                desk.requeue(each)
        print(f"{len(listed)} parked{', and queued again' if given.requeue and listed else ''}")
    return 0


def _line(parked: Parked) -> str:
    where = "" if parked.position is None else f" at {parked.position}"
    since = to_datetime(parked.since)
    return f"{parked.kind} {parked.key!r}{where}, since {since:%Y-%m-%d %H:%M} UTC: {parked.reason}"
