"""Which policy a request is under, and why (P1, P2)."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import field, frozen

from servicecore.catalogue.catalogue import Catalogue
from servicecore.catalogue.governance import Governance
from servicecore.messages import Messages, as_messages
from servicecore.requests import Request
from servicecore.sla.phrases import condition_in_words, fact_in_words
from servicecore.sla.policy import Outcome, Policy
from servicecore.sla.versions import BookVersion


@frozen(slots=False)  # made for every request, which a dictionary does quicker
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

    def explain(self, language: str | Messages = "en") -> str:
        """Which agreement governs, which policies did not match and why, and which one did.

        In a language that has messages, such as ``"ru"``; see `messages_in`.
        """
        messages = as_messages(language)
        agreements = [self.governance.explain(messages)] if self.catalogue.slas else []
        return "\n".join([*agreements, *self._of_policies(messages)])

    def _of_policies(self, messages: Messages) -> Iterator[str]:
        yield self._title(messages)
        if self.before_first:
            yield "- " + messages.text("opened before the first version held: that one is applied")
        for policy, outcomes in self.tried:
            selected = policy is self.policy
            decisive = [each for each in outcomes if each.holds == selected]
            said = [outcome_in_words(outcome, messages) for outcome in decisive]
            why = messages.text("; ").join(said) or messages.text("every request does")
            if selected:
                line = messages.text("{policy} matches: {why}", policy=policy.name, why=why)
            else:
                line = messages.text("{policy} does not match: {why}", policy=policy.name, why=why)
            yield f"- {line}"
        if self.policy is None:
            yield "- " + messages.text("no policy matches")

    def _title(self, messages: Messages) -> str:
        if not self.version.name:
            return messages.text("{request} and the policies:", request=self.request.id)
        return messages.text(
            "{request} and the policies of version {version}:",
            request=self.request.id,
            version=messages.quoted(self.version.name),
        )


def outcome_in_words(outcome: Outcome, messages: Messages) -> str:
    """What one condition made of a request; in English what `str` says."""
    fact = messages.word("fact", outcome.fact)
    wanted = condition_in_words(outcome.fact, outcome.condition, messages)
    if outcome.found is None:
        if outcome.holds:
            return messages.text("{fact} is unknown", fact=fact)
        return messages.text("{fact} is unknown, expected {condition}", fact=fact, condition=wanted)
    found = fact_in_words(outcome.fact, outcome.found, messages)
    if outcome.holds:
        return messages.text("{fact} is {found}", fact=fact, found=found)
    return messages.text(
        "{fact} is {found}, expected {condition}", fact=fact, found=found, condition=wanted
    )
