"""What changed between two policies of one name, in words: conditions and targets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from servicecore.instants import Days, duration_text
from servicecore.priorities import ANY_PRIORITY
from servicecore.sla.calendar import Calendar
from servicecore.sla.conditions import Condition
from servicecore.sla.differences import ARROW, listed
from servicecore.sla.field_changes import other_differences
from servicecore.sla.findings import Path
from servicecore.sla.naming import name_of
from servicecore.sla.policy import Policy
from servicecore.sla.target import Target

Named = Mapping[str, Calendar]


def policy_changes(
    old: Policy, new: Policy, calendars: tuple[Named, Named]
) -> Iterator[tuple[Path, str]]:
    """Each change with its path in the policy; `calendars` are those of the old and new book."""
    for fact in dict.fromkeys((*old.when, *new.when)):
        before, after = old.when.get(fact), new.when.get(fact)
        if before != after:
            yield ("when", fact), f"when {fact}: {_asked(before)}{ARROW}{_asked(after)}"
    for clock, priority in cells(old, new):
        before_, after_ = (policy.targets.get(clock, {}).get(priority) for policy in (old, new))
        if not same_target(before_, after_, calendars):
            among = {*old.targets.get(clock, ()), *new.targets.get(clock, ())}
            what = clock + _of_priority(priority, alone=among == {ANY_PRIORITY})
            yield ("targets", clock, priority), f"{what} {_target(before_, after_, calendars)}"
    yield from other_differences(old, new, {"name", "targets", "when"})


def cells(old: Policy, new: Policy) -> list[tuple[str, str]]:
    """Every clock and priority that one of two policies has a target for."""
    return list(
        dict.fromkeys(
            (clock, priority)
            for policy in (old, new)
            for clock, targets in policy.targets.items()
            for priority in targets
        )
    )


def same_target(old: Target | None, new: Target | None, calendars: tuple[Named, Named]) -> bool:
    """Whether both books say the same here; what their calendars are is said elsewhere.

    A calendar of another name is the same only where nothing else has its old name by now.
    """
    if old is None or new is None:
        return old is new
    if any(other_differences(old, new, {"calendar"})):
        return False
    before, after = name_of(old.calendar, calendars[0]), name_of(new.calendar, calendars[1])
    if before == after:
        return True
    kept = calendars[1].get(before or "", old.calendar)
    return old.calendar == new.calendar == kept


def policy_added(policy: Policy) -> str:
    """What a policy that was not there asks and promises."""
    asked = [f"{fact} is {condition}" for fact, condition in policy.when.items()]
    owed = [
        clock + _of_priority(priority, alone=len(targets) == 1) + f" {_within(target)}"
        for clock, targets in policy.targets.items()
        for priority, target in targets.items()
    ]
    who = f"when {' and '.join(asked)}" if asked else "for all requests"
    return f"{who}; {listed(owed)}"


def _asked(condition: Condition | None) -> str:
    return "anything" if condition is None else str(condition)


def _of_priority(priority: str, *, alone: bool) -> str:
    if priority != ANY_PRIORITY:
        return f" for {priority}"
    return "" if alone else " for all others"


def _target(old: Target | None, new: Target | None, calendars: tuple[Named, Named]) -> str:
    if old is None or new is None:
        given = old or new
        said = f"{_within(given)} of {_name(given)}" if given else ""
        return f"{said} {'added' if new else 'removed'}"
    before, after = (
        name_of(target.calendar, named) for target, named in zip((old, new), calendars, strict=True)
    )
    within, now = _within(old), _within(new)
    if before == after:
        return f"{within}{ARROW}{now} of {_name(new)}"
    return f"{within} of {before}{ARROW}{now} of {after}"


def _name(target: Target) -> str:
    return target.calendar.name or "its calendar"


def _within(target: Target) -> str:
    """How much a target allows, with all that it says about it."""
    late = " landing late" if target.landing == "late" else ""
    if target.not_before is not None:
        late += f" not before {_long(target.not_before)}"
    return _long(target.within or 0) + late


def _long(within: int | Days) -> str:
    if not isinstance(within, Days):
        return duration_text(within)
    options = [
        f"{name.replace('_', ' ')} {getattr(within, name)}"
        for name in ("cutoff", "then", "off_day")
        if getattr(within, name) != getattr(Days(1), name)
    ]
    return f"{within}{f' ({listed(options)})' if options else ''}"
