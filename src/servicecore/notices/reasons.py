"""Reasons: why a notice was held, failed or came to its end, as remarks of records have them.

What delivers notices writes each remark's `reason` with one of these, so that "why was I (not)
notified" can be answered in every language. The detail stands behind a colon:

| what          | reasons                                                              |
|---------------|----------------------------------------------------------------------|
| `held`        | `OUTSIDE_HOURS`, `RATE`, `DIGEST`                                    |
| `failed`      | `TIMED_OUT`, `NOT_TAKEN`, `BROKE`, `PLUGIN`, `NO_TEXT`, `NO_CHANNEL`, |
|               | `NO_HOURS`                                                           |
| `waiting`     | `PART`, `MEMBERS` for rows that others were made of; `REQUEUED`      |
| `delivered`   | `REFERENCE`, or nothing                                              |
| `overtaken`   | `OVERTAKEN`, `OVER`                                                  |
| `withheld`    | `WITHHELD`, `UNWANTED`                                               |
| `spread`      | `CONTACTS`                                                           |
| `gathered`    | `GATHERED`                                                           |
| `undelivered` | `REFUSED`, `TOO_OFTEN`, `NO_CONTACT`                                 |
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """The closed set of reasons; the text of each is what stands on record.

    >>> Reason.RATE.of("mail")
    'the channel is at its limit: mail'
    >>> Reason.RATE.of()
    'the channel is at its limit'
    """

    OUTSIDE_HOURS = "outside their hours"
    """Held until the recipient's calendar opens; the detail is its name."""
    RATE = "the channel is at its limit"
    """Held for its rate; the detail is the name of the channel."""
    DIGEST = "waits for their digest"
    """Held until what came within that time is told together."""
    TIMED_OUT = "timed out"
    """The channel did not answer in time; the detail says in which, as in ``"30s"``."""
    NOT_TAKEN = "not taken"
    """The channel could not take it now; the detail is the reason of its `Retry`."""
    BROKE = "the channel broke"
    """It raised; the detail is the type of the error and nothing else."""
    PLUGIN = "a plugin failed"
    """A hook raised or answered nonsense; the detail is ``"plugin, hook"``."""
    NO_TEXT = "no text could be made"
    """The template cannot be rendered; the detail says why."""
    NO_CHANNEL = "unknown channel"
    """A contact names a channel that nobody has registered; the detail is its name."""
    NO_HOURS = "unknown calendar"
    """A contact names a calendar that nobody has; the detail is its name."""
    PART = "to one contact of several"
    """A row of its own for one contact; the detail is the id of the notice."""
    MEMBERS = "a digest"
    """A row that others were gathered into; the detail is how many."""
    REQUEUED = "queued again"
    """Somebody let a dead letter be tried again."""
    REFERENCE = "the channel calls it"
    """Delivered; the detail is what the channel calls it."""
    OVERTAKEN = "overtaken by"
    """A later notice of the same topic says more; the detail is its id."""
    OVER = "it was over by then"
    """What it tells has been undone, or come to its end, while it was held."""
    WITHHELD = "withheld by plugin"
    """The detail is ``"plugin: reason"``."""
    UNWANTED = "they want none"
    """An empty list of contacts."""
    CONTACTS = "to several contacts"
    """The detail is how many."""
    GATHERED = "gathered into"
    """The detail is the id of the digest."""
    REFUSED = "refused for good"
    """The detail is the reason of the channel's `Permanent`."""
    TOO_OFTEN = "failed too often"
    """The detail is the number of attempts."""
    NO_CONTACT = "nobody knows how to reach them"
    """No plugin gave contacts, nor refused them."""

    def of(self, detail: object = "") -> str:
        """The reason with its detail, as it is put on record."""
        return f"{self}: {detail}" if str(detail) else str(self)

    @classmethod
    def read(cls, text: str) -> tuple[Reason | None, str]:
        """The reason and the detail of what stands on record; None where it is somebody's own.

        >>> Reason.read("withheld by plugin: board: on leave")
        (<Reason.WITHHELD: 'withheld by plugin'>, 'board: on leave')
        >>> Reason.read("the moon was full")
        (None, 'the moon was full')
        """
        words, _, detail = text.partition(": ")
        try:
            return cls(words), detail
        except ValueError:
            return None, text
