"""Whom a step tells: resolved when it is recorded, and no part of what it is (E5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from servicecore.lifecycle.situation import Situation
from servicecore.lifecycle.steps import CUSTODIAN, NOBODY, SILENT, TOLD, StepDue
from servicecore.sla.escalation import Step
from servicecore.sla.recipients import Recipient, recipient_of


def told_by(step: StepDue, situation: Situation) -> tuple[tuple[str, ...], str]:
    """Who is told by a step that is due, at the instant of the situation, and what comes of it.

    Nobody where the step is silent (E3). Where nobody can be told by the last step of a ladder, the
    custodian is.
    """
    ladder = situation.book.escalations[step.place.ladder]
    rung = ladder.steps[step.place.step]
    if not step.speaks or not rung.tell:
        return (), SILENT
    if told := _resolved(rung, situation):
        return told, TOLD
    custodian = _of_service(situation, "custodian")
    if rung is ladder.steps[-1] and custodian:
        return (f"custodian: {custodian}",), CUSTODIAN
    return (), NOBODY


def _resolved(rung: Step, situation: Situation) -> tuple[str, ...]:
    told = (_told(recipient_of(words), situation) for words in rung.tell)
    return tuple(dict.fromkeys(filter(None, told)))


def _told(recipient: Recipient, situation: Situation) -> str:
    if recipient.name and recipient.kind != "rota":
        return str(recipient)
    kind = "person" if recipient.kind == "rota" else recipient.kind
    name = _WHO[recipient.kind](situation, recipient)
    return f"{kind}: {name}" if name else ""


def _on_duty(situation: Situation, recipient: Recipient) -> str | None:
    rota = situation.book.rotas.get(recipient.name)
    return None if rota is None else rota.on_duty(situation.instant)


def _of_service(situation: Situation, what: str) -> str:
    """The custodian or business owner of the service that is asked for; nobody where unknown."""
    wanted = situation.request.service
    found = (each for each in situation.book.catalogue.services if each.name == wanted)
    service = next(found, None)
    if service is None:
        return ""
    return service.custodian if what == "custodian" else service.business_owner


_WHO: Mapping[str, Callable[[Situation, Recipient], str | None]] = {
    "rota": _on_duty,
    "group": lambda situation, _: situation.ownership.group,
    "person": lambda situation, _: situation.ownership.person,
    "custodian": lambda situation, _: _of_service(situation, "custodian"),
    "business owner": lambda situation, _: _of_service(situation, "business owner"),
}
