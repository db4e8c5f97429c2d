"""What is wrong with escalations, found before somebody waits for them in vain (P3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from servicecore.errors import suggestion
from servicecore.instants import duration_text
from servicecore.requests import FACT_NAMES
from servicecore.sla.book import PolicyBook
from servicecore.sla.escalation import OF_CLOCKS, Escalation, Step
from servicecore.sla.findings import Finding, Path
from servicecore.sla.policy import Policy
from servicecore.sla.recipients import Recipient, recipient_of
from servicecore.sla.rota_checks import findings_of_rotas
from servicecore.sla.timeline import OPENING
from servicecore.sla.vocabulary import of_values


def findings_of_escalations(book: PolicyBook, at: int | None = None) -> Iterator[Finding]:
    """What the ladders of a book ask for in vain, in their order.

    Clocks that nobody owes or knows, rotas that are unknown or on which nobody is on call in the
    weeks from `at` on, priorities and custodians that the book does not have, quiet hours that
    never end, steps that are due from the start, and steps that come before the ones below them.

    >>> from servicecore.sla import Policy, Target
    >>> ladder = Escalation("hurry", [Step("warn", before="8h", tell="rota: night")])
    >>> book = PolicyBook.of(Policy("all", {"resolution": Target("4h")}), escalations=[ladder])
    >>> for finding in findings_of_escalations(book):
    ...     print(finding)
    fault: escalations[0].steps[0].tell[0]: no rota of the book is 'night'; known are none
    warning: escalations[0].steps[0].before: 8h is not less than the target, 4h of always: it is
    due from the start
    """
    for place, ladder in enumerate(book.escalations):
        path: Path = ("escalations", place)
        yield from _of_facts(ladder, path)
        yield from of_values(Policy(ladder.name, {}, ladder.when), book, path)
        yield from _of_clock(ladder, book, path)
        for position, step in enumerate(ladder.steps):
            yield from _of_step(step, book, at, (*path, "steps", position))
            yield from _of_offset(ladder, step, book, (*path, "steps", position))
        yield from _of_order(ladder, (*path, "steps"))


def _of_facts(ladder: Escalation, path: Path) -> Iterator[Finding]:
    for fact, condition in ladder.when.items():
        if not condition.can_hold(single=fact in FACT_NAMES - {"tags"}):
            text = f"{fact} cannot be {condition}: the ladder is for no request"
            yield Finding("fault", (*path, "when", fact), text)


def _of_clock(ladder: Escalation, book: PolicyBook, path: Path) -> Iterator[Finding]:
    clock, place = ladder.clock, (*path, "clock")
    if not clock or clock in book.owed:
        return
    if clock not in book.clocks:
        hint = suggestion(clock, book.clocks) or f"known are {', '.join(book.clocks)}"
        yield Finding("fault", place, f"no clock of the book is {clock!r}; {hint}")
    else:
        text = f"no policy has a target for the clock {clock!r}: no step is ever due"
        yield Finding("fault", place, text)


def _of_step(step: Step, book: PolicyBook, at: int | None, path: Path) -> Iterator[Finding]:
    if step.hours is not None and _never_opens(step, at):
        yield Finding("fault", (*path, "hours"), "they never open: the step is never taken")
    if step.priority and step.priority not in book.matrix.priorities:
        yield _unknown("priority", step.priority, book.matrix.priorities, (*path, "priority"))
    for position, words in enumerate(step.tell):
        recipient, place = recipient_of(words), (*path, "tell", position)
        if recipient.kind == "rota":
            yield from _of_rota(recipient, book, at, place)
        yield from _of_service(recipient, book, place)


def _never_opens(step: Step, at: int | None) -> bool:
    if step.hours is None:
        return False
    since = 0 if at is None else at
    timeline = step.hours.timeline
    return not timeline.is_open(since) and timeline.next_edge(since, OPENING) is None


def _of_rota(
    recipient: Recipient, book: PolicyBook, at: int | None, path: Path
) -> Iterator[Finding]:
    rota = book.rotas.get(recipient.name)
    if rota is None:
        yield _unknown("rota", recipient.name, book.rotas, path)
    elif at is not None:
        for finding in findings_of_rotas({recipient.name: rota}, at):
            if finding.severity == "fault":
                yield Finding("fault", path, f"{finding.text}: the step passes on then")


def _of_service(recipient: Recipient, book: PolicyBook, path: Path) -> Iterator[Finding]:
    if recipient.kind not in ("custodian", "business owner"):
        return
    services = book.catalogue.services
    known = {
        service.name: service.custodian if recipient.kind == "custodian" else service.business_owner
        for service in services
    }
    without = [name for name, who in known.items() if not who]
    if without or not services:
        named = f"no {recipient.kind} of {', '.join(without)}" if services else "no service"
        yield Finding("warning", path, f"the catalogue names {named}: nobody is told there")


def _unknown(what: str, name: str, known: Iterable[str], path: Path) -> Finding:
    listed = list(known)
    hint = suggestion(name, listed) or f"known are {', '.join(listed) or 'none'}"
    return Finding("fault", path, f"no {what} of the book is {name!r}; {hint}")


def _of_offset(ladder: Escalation, step: Step, book: PolicyBook, path: Path) -> Iterator[Finding]:
    """A time before due that the whole target does not have."""
    if step.before is None or step.time != "business":
        return
    for policy in book.policies:
        for target in policy.targets.get(ladder.clock, {}).values():
            if isinstance(target.within, int) and step.before >= target.within:
                longer = f"{duration_text(step.before)} is not less than the target, {target}"
                yield Finding("warning", (*path, "before"), f"{longer}: it is due from the start")
                return


def _of_order(ladder: Escalation, path: Path) -> Iterator[Finding]:
    """Steps that are due before one below them: it is to those above that a step passes on."""
    for position, step in enumerate(ladder.steps):
        below = (other for other in ladder.steps[:position] if _comes_before(step, other))
        if first := next(below, None):
            text = f"is due before {first.name!r}, which stands below it"
            yield Finding("warning", (*path, position), text)


def _comes_before(step: Step, other: Step) -> bool:
    if step.trigger == other.trigger and step.time == other.time:
        one, another = getattr(step, step.trigger), getattr(other, step.trigger)
        return bool(one > another if step.trigger in ("before", "gap") else one < another)
    return step.is_early and not other.is_early and bool(step.trigger in OF_CLOCKS)
