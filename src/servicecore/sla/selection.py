"""Which policy a request is under, and why (P1, P2)."""

from __future__ import annotations

from attrs import field, frozen

from servicecore.catalogue.catalogue import Catalogue
from servicecore.catalogue.governance import Governance
from servicecore.requests import Request
from servicecore.sla.policy import Outcome, Policy
from servicecore.sla.versions import BookVersion


@frozen
class Selection:
    """Which policy governs a request, and why (P1, P2).

    `request` has the priority that the book's matrix gives, if it had none, and the facts that its
    catalogue gives. `before_first` says that the request was opened before the first version held,
    which governs it all the same.
    """

    request: Request
    version: BookVersion
    policy: Policy | None
    before_first: bool = False
    catalogue: Catalogue = field(factory=Catalogue, repr=False)

    @property
    def governance(self) -> Governance:
        """The agreement that governs the request, and why (P2)."""
        return self.catalogue.governing(self.request)

    @property
    def tried(self) -> tuple[tuple[Policy, tuple[Outcome, ...]], ...]:
        """The policies asked, up to the one selected, with the outcome of each condition."""
        tried = []
        for policy in self.version.policies:
            tried.append((policy, policy.why(self.request)))
            if policy is self.policy:
                break
        return tuple(tried)

    def explain(self) -> str:
        """Which agreement governs, which policies did not match and why, and which one did."""
        agreements = [self.governance.explain()] if self.catalogue.slas else []
        return "\n".join([*agreements, *self._of_policies()])

    def _of_policies(self) -> list[str]:
        version = f" of version {self.version.name!r}" if self.version.name else ""
        lines = [f"{self.request.id} and the policies{version}:"]
        if self.before_first:
            lines.append("- opened before the first version held: that one is applied")
        for policy, outcomes in self.tried:
            verdict = "matches" if policy is self.policy else "does not match"
            decisive = [str(said) for said in outcomes if said.holds == (policy is self.policy)]
            lines.append(
                f"- {policy.name} {verdict}: {'; '.join(decisive) or 'every request does'}"
            )
        if self.policy is None:
            lines.append("- no policy matches")
        return lines
