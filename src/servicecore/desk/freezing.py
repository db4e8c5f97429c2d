"""From a notice to what is delivered: whom it reaches and what it says, put on record once (B9)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import attrs

from servicecore.desk.deciding import of_kind
from servicecore.desk.holding import bundle_of
from servicecore.errors import PluginError
from servicecore.instants import to_datetime
from servicecore.notices import (
    Contact,
    Notice,
    NoticeRecord,
    NoticeState,
    Reason,
    Remark,
    Text,
    Withhold,
)
from servicecore.plugins import Plugins

REACH, COMPOSE = "servicecore_reach", "servicecore_compose"


@runtime_checkable
class Wording(Protocol):
    """What makes the text of a notice, and of a digest of several; `Texts` is one."""

    def render(self, notice: Notice, contact: Contact) -> Text:
        """The text of a notice, in the language of the contact."""
        ...

    def digest(self, records: Sequence[NoticeRecord], contact: Contact) -> Text:
        """The text that tells several notices at once."""
        ...


def contacts_of(notice: Notice, plugins: Plugins, at: int) -> tuple[Contact, ...] | None:
    """How to reach the recipient; none if they want none, None if nobody knows.

    The first plugin that answers counts. Raises `PluginError`.
    """
    for plugin, answer in plugins.answers(REACH, notice=notice, at=to_datetime(at)):
        if isinstance(answer, str) or not isinstance(answer, Sequence):
            problem = f"it answers {answer!r}: expected a list of contacts, or None"
            raise PluginError(plugin, REACH, problem)
        contacts = (of_kind(plugin, REACH, Contact, each) for each in answer)
        ways = {(contact.channel, contact.address): contact for contact in contacts}
        return tuple(ways.values())
    return None


def composed(
    notice: Notice, contact: Contact, wording: Wording, plugins: Plugins, at: int
) -> Text | tuple[str, Withhold]:
    """The text of a notice for a contact, as the plugins leave it.

    Or the plugin that withholds it, and why. Raises `PluginError`, and what making it raises.
    """
    text = wording.render(notice, contact)
    for plugin in plugins.implementing(COMPOSE):
        answer = plugins.ask(plugin, COMPOSE, notice=notice, text=text, at=to_datetime(at))
        if isinstance(answer, Withhold):
            return plugin, answer
        if answer is not None:
            text = of_kind(plugin, COMPOSE, Text, answer)
    return text


def rows_for(
    record: NoticeRecord, contacts: Sequence[Contact], wording: Wording, plugins: Plugins, at: int
) -> tuple[NoticeRecord, ...]:
    """What is put on record of a notice: itself for one contact, or a row of its own for each.

    A row that a plugin withholds is so from the beginning.
    """
    alone, rows = len(contacts) == 1, []
    for number, contact in enumerate(contacts, 1):
        notice = record.notice
        if not alone:
            notice = attrs.evolve(notice, id=f"{notice.id}/{number}")
        said = composed(notice, contact, wording, plugins, at)
        row = attrs.evolve(
            record,
            notice=notice,
            contact=contact,
            bundle=bundle_of(notice, contact),
            out_of="" if alone else record.id,
            remarks=() if alone else (Remark(at, "waiting", Reason.PART.of(record.id)),),
        )
        rows.append(_withheld(row, said, at) if isinstance(said, tuple) else _with(row, said))
    return tuple(rows)


def _with(row: NoticeRecord, text: Text) -> NoticeRecord:
    return attrs.evolve(row, text=text)


def _withheld(row: NoticeRecord, said: tuple[str, Withhold], at: int) -> NoticeRecord:
    plugin, answer = said
    remark = Remark(at, "withheld", Reason.WITHHELD.of(f"{plugin}: {answer.reason}"))
    state = NoticeState.WITHHELD
    return attrs.evolve(row, state=state, wake=None, remarks=(*row.remarks, remark))
