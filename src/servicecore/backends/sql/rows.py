"""Rows of the tables as values, and back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from sqlalchemy import RowMapping

from servicecore.notices import Notice, NoticeRecord, NoticeState
from servicecore.stores.coding import as_json, encode_event, read_facts, write_facts
from servicecore.stores.coding_notices import (
    read_contact,
    read_remarks,
    read_text,
    write_contact,
    write_remarks,
    write_text,
)
from servicecore.stores.outbox import new_record
from servicecore.stores.values import FILTERED, Answer, Head, Summary, Write

Values = Mapping[str, object]
"""What a row holds, by column."""

SUMMARY = ("is_open", "opened", *FILTERED)
"""The columns of a summary, which are its fields."""

NOTICE = ("template", "recipient", "severity", "topic", "cause")
"""The columns of a notice that need no writing."""


FREE: Values = {"token": None, "lease": None, "attempts": 0}
"""What is claimed by nobody and has not failed."""

UNPARKED: Values = {"parked": None, "parked_since": None}


def event_values(shard: str, write: Write) -> Iterator[Values]:
    """The events of a write, but for their positions, which are known later."""
    for number, event in enumerate(write.events, write.expected + 1):
        body = encode_event(event)
        yield {"shard": shard, "request": write.request, "number": number, "body": body}


def head_values(shard: str, write: Write) -> Values:
    """The head of a request behind a write: nobody has claimed it, nothing of it is parked."""
    return {
        "shard": shard,
        "request": write.request,
        "version": write.expected + len(write.events),
        "wake": write.wake,
        **FREE,
        **UNPARKED,
        **summary_values(write.summary),
    }


def summary_values(summary: Summary) -> Values:
    """The columns of a summary."""
    return {name: getattr(summary, name) for name in SUMMARY}


def head_of(row: RowMapping) -> Head:
    """The head that a row is."""
    return Head(
        shard=row["shard"],
        request=row["request"],
        version=row["version"],
        wake=row["wake"],
        summary=Summary(**{name: row[name] for name in SUMMARY}),
        parked=row["parked"],
    )


def command_values(shard: str, answer: Answer) -> Values:
    """The row of a command that was answered."""
    return {
        "shard": shard,
        "command": answer.command,
        "digest": answer.digest,
        "versions": as_json(answer.versions),
    }


def new_notice(shard: str, notice: Notice) -> Values:
    """The row of a notice that is written together with an event."""
    return {"shard": shard, "id": notice.id, **record_values(new_record(shard, notice))}


def record_values(record: NoticeRecord) -> Values:
    """The columns of a record but for its key; a row that is written so is claimed by nobody."""
    notice = record.notice
    return {
        "request": notice.request,
        "made": notice.made,
        **{name: str(getattr(notice, name)) for name in NOTICE},
        "facts": write_facts(notice.facts),
        **frozen_values(record),
        **FREE,
        **outcome_values(record),
        "out_of": record.out_of,
    }


def frozen_values(record: NoticeRecord) -> Values:
    """The columns of what is frozen before the first attempt."""
    contact = record.contact
    return {
        "channel": contact.channel if contact else "",
        "contact": write_contact(contact),
        "text": write_text(record.text),
        "bundle": record.bundle,
    }


def outcome_values(record: NoticeRecord) -> Values:
    """The columns of what has become of a notice."""
    return {
        "state": str(record.state),
        "wake": record.wake,
        "attempts": record.attempts,
        "went_into": record.went_into,
        "remarks": write_remarks(record.remarks),
    }


def record_of(row: RowMapping) -> NoticeRecord:
    """The record that a row is."""
    return NoticeRecord(
        shard=row["shard"],
        notice=Notice(
            id=row["id"],
            request=row["request"],
            made_at=row["made"],
            facts=read_facts(row["facts"]),
            **{name: row[name] for name in NOTICE},
        ),
        state=NoticeState(row["state"]),
        wake=row["wake"],
        contact=read_contact(row["contact"]),
        text=read_text(row["text"]),
        bundle=row["bundle"],
        went_into=row["went_into"],
        out_of=row["out_of"],
        attempts=row["attempts"],
        remarks=read_remarks(row["remarks"]),
    )


def versions_of(written: str) -> Mapping[str, tuple[int, int]]:
    """The versions of an answer, as they are kept."""
    return {request: (before, behind) for request, (before, behind) in json.loads(written).items()}
