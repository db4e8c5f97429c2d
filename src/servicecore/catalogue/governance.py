"""Which agreement governs a request, and why (P2)."""

from __future__ import annotations

from attrs import frozen

from servicecore.catalogue.agreements import Agreement
from servicecore.requests import Request


@frozen
class Tried:
    """An SLA that was tried for a request: whether it governs, and the reason."""

    agreement: Agreement
    governs: bool
    reason: str

    def __str__(self) -> str:
        return f"{self.agreement.name} {'governs' if self.governs else 'does not'}: {self.reason}"


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
        return tuple(
            Tried(agreement, agreement is self.sla, self._reason(agreement))
            for agreement in self.slas
        )

    def _reason(self, agreement: Agreement) -> str:
        if self.named is not None:
            return "the request names it" if agreement is self.sla else self._names_another
        if agreement is self.sla or self.sla is None:
            return agreement.objection(self.request) or agreement.meant_for()
        if objection := agreement.objection(self.request):
            return objection
        if agreement.specificity == self.sla.specificity:
            return f"as specific as {self.sla.name}, and written behind it"
        return f"less specific than {self.sla.name}"

    @property
    def _names_another(self) -> str:
        return f"the request names {self.named!r}"

    def explain(self) -> str:
        """Which SLA governs, and of every other one why it does not.

        >>> gold = Agreement("gold", "SLA", customers=["acme"])
        >>> usual = Agreement("usual", "SLA")
        >>> request = Request(id="R1", opened_at=0, customer="acme")
        >>> print(Governance(request, gold, slas=(usual, gold)).explain())
        R1 and the agreements:
        - usual does not: less specific than gold
        - gold governs: for the customer acme
        """
        lines = [f"{self.request.id} and the agreements:", *(f"- {each}" for each in self.tried)]
        if self.sla is None:
            why = "" if self.named is None else f": {self._names_another}"
            lines.append(f"- no agreement governs{why}")
        lines += [f"- {each.name} supports it: {_bound(each)}" for each in self.supporting]
        return "\n".join(lines)


def _bound(agreement: Agreement) -> str:
    by = f" of {agreement.provider}" if agreement.provider else ""
    measured = f", measured by the clock {agreement.clock!r}" if agreement.clock else ""
    return f"{agreement.kind}{by}{measured}"
