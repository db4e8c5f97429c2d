"""What is wrong with a policy book, found before it is used (P3)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from difflib import get_close_matches
from typing import Literal

from servicecore.errors import NeverOpen, suggestion
from servicecore.instants import Days, as_instant
from servicecore.requests import ANY_PRIORITY, FACT_NAMES
from servicecore.sla.agreement_checks import of_catalogue
from servicecore.sla.book import BookVersion, PolicyBook
from servicecore.sla.calendar import Calendar
from servicecore.sla.escalation_checks import findings_of_escalations
from servicecore.sla.findings import Finding, Path
from servicecore.sla.lifecycle_checks import of_lifecycle
from servicecore.sla.naming import name_of, sides
from servicecore.sla.path_checks import of_paths
from servicecore.sla.policy import Policy
from servicecore.sla.rota_checks import findings_of_rotas
from servicecore.sla.target import Target
from servicecore.sla.vocabulary import of_clocks, of_values
from servicecore.sla.years import LAST_YEAR, START

SINGLE_FACTS = FACT_NAMES - {"tags"}
"""Facts that are never a set of words; of a host's own fields nobody knows."""

RESPONSES = ("first response", "next response")
RESOLUTION = "resolution"


def check(book: PolicyBook, *, at: datetime | int | None = None) -> tuple[Finding, ...]:
    """Everything in the book that is wrong or probably not meant, in the order of a policy file.

    `at` is the instant from which on the book is to be used; without it nothing is said about
    holidays that have run out, agreements that are over, and times when nobody is on call.

    >>> late = Policy("late", {"first response": Target("8h"), "resolution": Target("4h")})
    >>> for finding in check(PolicyBook.of(late)):
    ...     print(finding)
    warning: policies[0].targets.first response.*: 8h of always is longer
    than the target of the resolution, 4h of always
    """
    instant = None if at is None else as_instant(at)
    return (
        *_of_calendars(book, instant),
        *of_clocks(book),
        *of_catalogue(book, instant),
        *(() if instant is None else findings_of_rotas(book.rotas, instant)),
        *_of_versions(book, instant),
        *of_paths(book),
        *of_lifecycle(book),
        *findings_of_escalations(book, instant),
    )


def _of_calendars(book: PolicyBook, at: int | None) -> Iterator[Finding]:
    targets = (target for policy in book.policies for target in policy.all_targets)
    used = {name_of(target.calendar, book.calendars) for target in targets}
    used |= set(book.catalogue.calendars_of.values())
    for name, calendar in book.calendars.items():
        path = ("calendars", name)
        if _never_opens(calendar, START if at is None else at):
            severity: Literal["fault", "warning"] = "fault" if name in used else "warning"
            yield Finding(severity, path, "never opens" + (" again" if at is not None else ""))
        if at is not None and not sides(calendar) and calendar.is_provisional_instant(at):
            known = f"holidays are known until {calendar.known_until} only"
            yield Finding("warning", path, f"{known}; later due instants are provisional")


def _never_opens(calendar: Calendar, since: int) -> bool:
    try:
        # On a copy: one that is asked about 1900 compiles all years from then on.
        calendar.named(calendar.name).add_instant(since, 1)
    except NeverOpen:
        return True
    return False


def _of_versions(book: PolicyBook, at: int | None) -> Iterator[Finding]:
    starts: list[int] = []
    for position, version in enumerate(book.versions):
        path: Path = ("versions", position - 1) if position else ()
        if version.since is not None:
            yield from _of_validity(version.since, starts, (*path, "valid_from"))
            starts.append(version.since)
        yield from _of_order(version, (*path, "policies"))
        yield from _of_reach(version, (*path, "policies"), at)
        for place, policy in enumerate(version.policies):
            yield from _of_policy(policy, book, (*path, "policies", place))


def _of_reach(version: BookVersion, path: Path, at: int | None) -> Iterator[Finding]:
    """Targets that ask for more time than their calendar will ever have."""
    since = START if at is None else at
    for place, policy in enumerate(version.policies):
        for where, targets in _by_clock(policy, (*path, place)):
            for priority, target in targets.items():
                if not _never_opens(target.calendar, since) and _never_used_up(target, since):
                    text = f"{target} is more than the calendar has before the year {LAST_YEAR + 1}"
                    yield Finding("fault", (*where, priority), text)


def _never_used_up(target: Target, since: int) -> bool:
    try:
        target.calendar.named(target.calendar.name).add_instant(since, target.within or 0)
    except NeverOpen:
        return True
    return False


def _of_validity(since: int, earlier: list[int], path: Path) -> Iterator[Finding]:
    if since in earlier:
        yield Finding(
            "fault", path, "another version is valid from the same instant; one never holds"
        )
    elif earlier and since < max(earlier):
        yield Finding("warning", path, "is before that of a version that is written above")


def _of_order(version: BookVersion, path: Path) -> Iterator[Finding]:
    for position, policy in enumerate(version.policies):
        reasons = filter(None, (_covers(each, policy) for each in version.policies[:position]))
        if reason := _contradiction(policy) or next(reasons, ""):
            yield Finding("fault", (*path, position), f"{policy.name!r} can never match: {reason}")
    if all(policy.when for policy in version.policies):
        names = " or ".join(repr(policy.name) for policy in version.policies)
        who = f"a request that does not match {names}" if names else "every request"
        yield Finding("warning", path, f"no policy matches all the rest: {who} is owed nothing")


def _contradiction(policy: Policy) -> str:
    for fact, condition in policy.when.items():
        if not condition.can_hold(single=fact in SINGLE_FACTS):
            return f"{fact} cannot be {condition}"
    return ""


def _covers(earlier: Policy, later: Policy) -> str:
    """Why the earlier policy takes all that the later one would match; nothing if it may not."""
    for fact, condition in earlier.when.items():
        own = later.when.get(fact)
        if own is None or not own.implies(condition, single=fact in SINGLE_FACTS):
            return ""
    return f"{earlier.name!r} stands before it and matches all that it would"


def _of_policy(policy: Policy, book: PolicyBook, path: Path) -> Iterator[Finding]:
    for fact in policy.when:
        near = get_close_matches(fact, FACT_NAMES, n=1, cutoff=0.75)
        if near and fact not in FACT_NAMES:
            yield Finding("warning", (*path, "when", fact), f"did you mean {near[0]!r}?")
    yield from of_values(policy, book, path)
    if "channel" in policy.when:
        text = "channel never changes what is owed; ask for what the customer needs instead"
        yield Finding("warning", (*path, "when", "channel"), text)
    if not policy.targets:
        yield Finding(
            "warning", (*path, "targets"), "there are none: what it matches is owed nothing"
        )
    for place, targets in _by_clock(policy, path):
        yield from _of_clock(targets, book, place)
    for override, by_clock in policy.overrides.items():
        for clock in filter(lambda clock: clock not in policy.targets, by_clock):
            text = "the policy has no target for this clock; there is nothing to be tightened"
            yield Finding("warning", (*path, "overrides", override, clock), text)
    for clock, targets in policy.targets.items():
        yield from _of_missing(policy, targets, book, (*path, "targets", clock))
    for clock in RESPONSES:
        yield from _of_response(policy, clock, book, (*path, "targets", clock))


def _by_clock(policy: Policy, path: Path) -> Iterator[tuple[Path, Mapping[str, Target]]]:
    """The targets by clock, those of overrides included, and where they stand."""
    for clock, targets in policy.targets.items():
        yield (*path, "targets", clock), targets
    for override, by_clock in policy.overrides.items():
        for clock, targets in by_clock.items():
            yield (*path, "overrides", override, clock), targets


def _of_clock(priorities: Iterable[str], book: PolicyBook, path: Path) -> Iterator[Finding]:
    clock, known = str(path[-1]), book.matrix.priorities
    if clock not in book.clocks:
        hint = suggestion(clock, book.clocks)
        yield Finding("fault", path, f"no rule says what starts and stops this clock; {hint}")
    for priority in priorities:
        if priority not in (*known, ANY_PRIORITY):
            hint = suggestion(priority, known) or f"known are {', '.join(known)}"
            yield Finding("warning", (*path, priority), f"no such priority in the book; {hint}")


def _of_missing(
    policy: Policy, targets: Collection[str], book: PolicyBook, path: Path
) -> Iterator[Finding]:
    known, asked = book.matrix.priorities, policy.when.get("priority")
    without = [
        level for level in known if level not in targets and (not asked or asked.holds(level))
    ]
    if without and ANY_PRIORITY not in targets:
        yield Finding("warning", path, f"no target for the priority {' and '.join(without)}")


def _of_response(policy: Policy, clock: str, book: PolicyBook, path: Path) -> Iterator[Finding]:
    found: set[str] = set()
    for priority in (*book.matrix.priorities, ANY_PRIORITY):
        response, resolution = policy.target(clock, priority), policy.target(RESOLUTION, priority)
        place = priority if priority in policy.targets.get(clock, ()) else ANY_PRIORITY
        if response and resolution and place not in found and _longer(response, resolution):
            found.add(place)
            text = f"{response} is longer than the target of the resolution, {resolution}"
            yield Finding("warning", (*path, place), text)


def _longer(response: Target, resolution: Target) -> bool:
    """Whether the response may certainly take longer; other calendars cannot be compared."""
    if response.calendar != resolution.calendar:
        return False
    ours, theirs = response.within, resolution.within
    if isinstance(ours, Days) and isinstance(theirs, Days):
        return ours.count > theirs.count
    return isinstance(ours, int) and isinstance(theirs, int) and ours > theirs
