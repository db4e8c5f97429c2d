"""Stores: where a host keeps histories, their timers, the feed of events and the outbox."""

from servicecore.stores.memory import MemoryStore
from servicecore.stores.protocol import Store, Tx
from servicecore.stores.values import (
    ANY,
    MAIN,
    Answer,
    Anything,
    Claim,
    ClaimKind,
    CommandKey,
    Entry,
    Head,
    NoticeQuery,
    Page,
    Parked,
    Query,
    Settlement,
    Stream,
    Summary,
    Workload,
    Write,
)

__all__ = [
    "ANY",
    "MAIN",
    "Answer",
    "Anything",
    "Claim",
    "ClaimKind",
    "CommandKey",
    "Entry",
    "Head",
    "MemoryStore",
    "NoticeQuery",
    "Page",
    "Parked",
    "Query",
    "Settlement",
    "Store",
    "Stream",
    "Summary",
    "Tx",
    "Workload",
    "Write",
]
