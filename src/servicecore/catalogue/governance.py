"""Which agreement governs a request, and why (P2)."""

from __future__ import annotations

from attrs import frozen

from servicecore.catalogue.agreements import Agreement
from servicecore.messages import ENGLISH, Messages, as_messages
from servicecore.requests import Request


@frozen
class Tried:
    """An SLA that was tried for a request: whether it governs, and the reason."""

    agreement: Agreement
    governs: bool
    reason: str

    def __str__(self) -> str:
        return _line(self, ENGLISH)


@frozen
class Governance:
    """The SLA that governs a request, and why that one (P2); None where none does.

    `named` is the SLA that the request itself names, which then governs whatever else there is.
    `slas` are all there are, in the order of the catalogue. `supporting` are the OLAs and contracts
    behind the one that governs, as far as they hold for the request.
    """

    request: Request
    sla: Agreement | None
    named: str | None = None
    slas: tuple[Agreement, ...] = ()
    supporting: tuple[Agreement, ...] = ()

    @property
    def tried(self) -> tuple[Tried, ...]:
        """Every SLA of the catalogue, with the reason why it governs or does not."""
        return self._tried(ENGLISH)

    def _tried(self, messages: Messages) -> tuple[Tried, ...]:
        return tuple(
            Tried(agreement, agreement is self.sla, self._reason(agreement, messages))
            for agreement in self.slas
        )

    def _reason(self, agreement: Agreement, messages: Messages) -> str:
        if self.named is not None and agreement is self.sla:
            return messages.text("the request names it")
        if self.named is not None:
            return self._names_another(self.named, messages)
        objection = agreement.objection(self.request, messages)
        if objection or self.sla is None or agreement is self.sla:
            return objection or agreement.meant_for(messages)
        if agreement.specificity == self.sla.specificity:
            return messages.text("as specific as {sla}, and written behind it", sla=self.sla.name)
        return messages.text("less specific than {sla}", sla=self.sla.name)

    def _names_another(self, named: str, messages: Messages) -> str:
        return messages.text("the request names {agreement}", agreement=messages.quoted(named))

    def explain(self, language: str | Messages = "en") -> str:
        """Which SLA governs, and of every other one why it does not.

        In a language that has messages, such as ``"ru"``; see `messages_in`.

        >>> gold = Agreement("gold", "SLA", customers=["acme"])
        >>> usual = Agreement("usual", "SLA")
        >>> request = Request(id="R1", opened_at=0, customer="acme")
        >>> print(Governance(request, gold, slas=(usual, gold)).explain())
        R1 and the agreements:
        - usual does not: less specific than gold
        - gold governs: for the customer acme
        """
        messages = as_messages(language)
        lines = [messages.text("{request} and the agreements:", request=self.request.id)]
        lines += [f"- {_line(each, messages)}" for each in self._tried(messages)]
        if self.sla is None:
            lines.append(f"- {self._none(messages)}")
        lines += [f"- {_support(each, messages)}" for each in self.supporting]
        return "\n".join(lines)

    def _none(self, messages: Messages) -> str:
        if self.named is None:
            return messages.text("no agreement governs")
        why = self._names_another(self.named, messages)
        return messages.text("no agreement governs: {why}", why=why)


def _line(tried: Tried, messages: Messages) -> str:
    said = {"agreement": tried.agreement.name, "reason": tried.reason}
    if tried.governs:
        return messages.text("{agreement} governs: {reason}", **said)
    return messages.text("{agreement} does not: {reason}", **said)


def _support(agreement: Agreement, messages: Messages) -> str:
    bound = messages.word("agreement kind", agreement.kind)
    if agreement.provider:
        bound = messages.text("{kind} of {provider}", kind=bound, provider=agreement.provider)
    if agreement.clock:
        clock = messages.quoted(messages.word("clock", agreement.clock))
        bound = messages.text("{bound}, measured by the clock {clock}", bound=bound, clock=clock)
    return messages.text("{agreement} supports it: {bound}", agreement=agreement.name, bound=bound)
