"""Deadlines: when a clock that starts now and never pauses is due, and why."""

from __future__ import annotations

from attrs import frozen

from servicecore.instants import DateTime, to_datetime
from servicecore.messages import Messages, as_messages
from servicecore.sla.clock import readings_at
from servicecore.sla.explanation import because
from servicecore.sla.mark import Mark
from servicecore.sla.target import Target


@frozen
class Deadline:
    """When a clock that starts at the opening of a request, and never pauses, is due.

    It is `provisional` where the calendar's holidays are not known that far (C9). `started` and
    `due` are microseconds.
    """

    clock: str
    started: int
    due: int
    target: Target
    policy: str
    priority: str | None

    @property
    def due_at(self) -> DateTime:
        """The due instant in the time zone of the target's calendar."""
        return to_datetime(self.due, self.target.calendar.zone)

    @property
    def provisional(self) -> bool:
        """Whether it lies beyond the dates whose holidays are known."""
        return self.target.calendar.is_provisional_instant(self.due)

    def explain(self, language: str | Messages = "en") -> str:
        """Why it is due then: policy, priority, target, and the stretches of time that count.

        In a language that has messages, such as ``"ru"``; see `messages_in`.

        >>> from servicecore.requests import Request
        >>> from servicecore.sla.policy import Policy
        >>> standard = Policy("standard", {"resolution": Target("4h")})
        >>> print(standard.due(Request(id="R1", opened_at=0))["resolution"].explain())
        resolution: due Thu 1 Jan 1970 04:00 (policy 'standard', no priority)
        target: 4h of always (UTC)
        ahead, if nothing pauses it:
          Thu 1 Jan 1970 00:00 – 04:00  open, 4h
        """
        messages = as_messages(language)
        (reading,) = readings_at([Mark("start", self.started)], self.target, self.started)
        return "\n".join([self._verdict(messages), *because(reading, messages)])

    def _verdict(self, messages: Messages) -> str:
        said = {
            "clock": messages.word("clock", self.clock),
            "due": messages.when(self.due_at),
            "policy": messages.quoted(self.policy),
        }
        if not self.priority:
            return messages.text("{clock}: due {due} (policy {policy}, no priority)", **said)
        priority = messages.quoted(messages.word("priority", self.priority))
        return messages.text(
            "{clock}: due {due} (policy {policy}, priority {priority})", priority=priority, **said
        )
