"""What every store keeps and what none does, whatever it stands on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.errors import InvalidValue
from servicecore.notices import Contact, NoticeRecord, Remark, Text
from servicecore.stores import Claim, CommandKey, NoticeQuery, Parked, Query, Settlement
from servicecore.stores.arguments import (
    check_advance,
    check_append,
    check_claiming,
    check_feed,
    check_frozen,
    check_next_due,
    check_notices,
    check_parked,
    check_query,
    check_rearm,
    check_requeue,
    check_settlement,
)
from servicecore.stores.limits import (
    EARLIEST,
    LATEST,
    LONGEST_ID,
    LONGEST_NAME,
    LONGEST_REASON,
    MOST_BYTES_OF_ID,
    MOST_CHARACTERS,
    as_reason,
    check_id,
    check_instant,
    check_name,
    check_size,
    is_storable,
)
from servicecore.testing.events import texts
from servicecore.testing.samples import SHARD, notice, summary, write

ON_R1 = Claim(kind="timer", shard=SHARD, key="R1", token="", attempt=1, until=5)
ON_NOTICE = attrs.evolve(ON_R1, kind="notice", key="n1")
ON_READER = attrs.evolve(ON_R1, kind="reader", key="audit")
RECORD = NoticeRecord(shard=SHARD, notice=notice("R1", 1))


class TestNames:
    @given(texts())
    def test_what_can_be_kept_is_what_utf_8_can_write(self, text: str) -> None:
        """PostgreSQL keeps neither a NUL nor half of a surrogate pair."""
        try:
            writable = "\0" not in text and bool(text.encode() or True)
        except UnicodeEncodeError:
            writable = False
        assert is_storable(text) == writable

    @pytest.mark.parametrize("name", ["", None, 5, b"R1", "a\0", "\ud800", "x" * 256, "😀" * 256])
    def test_what_is_no_name(self, name: Any) -> None:
        """The message says of what, and what was expected."""
        with pytest.raises(InvalidValue, match=r"the id of the request .* expected"):
            check_name(name, "id of the request")

    @pytest.mark.parametrize("name", ["R1", " ", "😀" * LONGEST_NAME, "'; DROP TABLE x; --"])
    def test_what_is_a_name(self, name: str) -> None:
        """Whatever it looks like."""
        check_name(name, "id of the request")

    def test_an_id_of_a_notice_fits_into_a_key(self) -> None:
        """PostgreSQL has room for a third of a page: for a shard of the greatest length beside."""
        check_id("x" * LONGEST_ID, "id")
        check_id("😀" * (MOST_BYTES_OF_ID // 4), "id")
        for too_long in ("x" * (LONGEST_ID + 1), "😀" * (MOST_BYTES_OF_ID // 4 + 1)):
            with pytest.raises(InvalidValue, match="expected at most"):
                check_id(too_long, "id")
        assert 4 * LONGEST_NAME + MOST_BYTES_OF_ID + 50 < 2704


class TestReasons:
    @given(texts() | st.text(min_size=LONGEST_REASON - 2, max_size=LONGEST_REASON + 2))
    def test_every_text_becomes_one(self, text: str) -> None:
        """B10: what a stranger's error says never keeps a worker from writing it down."""
        reason = as_reason(text)
        assert is_storable(reason)
        assert len(reason) <= LONGEST_REASON
        assert as_reason(reason) == reason
        if is_storable(text) and len(text) <= LONGEST_REASON:
            assert reason == text

    def test_a_long_one_is_cut(self) -> None:
        """And says so."""
        assert as_reason("x" * 10**6) == "x" * (LONGEST_REASON - 1) + "…"


@pytest.mark.parametrize("instant", [EARLIEST - 1, LATEST + 1, 1.0, True, "0"])
def test_what_is_no_instant(instant: Any) -> None:
    """B8: whole microseconds of 64 bits."""
    with pytest.raises(InvalidValue, match=r"wake is .*: expected"):
        check_instant(instant, "wake")


def test_instants_and_sizes_at_the_limit() -> None:
    """B8: the limit itself is allowed."""
    for instant in (EARLIEST, 0, LATEST, None):
        check_instant(instant, "wake")
    check_size("x" * MOST_CHARACTERS, "it")
    with pytest.raises(InvalidValue, match="1,000,001 characters: expected at most 1,000,000"):
        check_size("x" * (MOST_CHARACTERS + 1), "it")


def appended(*, claim: Claim | None = None, command: str = "c1", digest: str = "d") -> None:
    """Check an append to R1."""
    key = CommandKey(id=command, digest=digest)
    check_append(SHARD, [write("R1", told=True)], key, claim)


def appended_with(**changes: Any) -> None:
    """Check an append to R1, with a notice that differs."""
    told = attrs.evolve(notice("R1", 1), **changes)
    check_append(SHARD, [attrs.evolve(write("R1"), notices=(told,))], None, None)


def claimed(**changes: Any) -> None:
    """Check a claim on timers."""
    options: dict[str, Any] = {
        "kind": "timer", "at": 0, "lease": 1, "limit": 1, "shard": None, "only": None
    }  # fmt: skip
    kind = changes.pop("kind", "timer")
    check_claiming(kind, **{**{n: v for n, v in options.items() if n != "kind"}, **changes})


def rearmed(**changes: Any) -> None:
    """Check a timer that is set anew."""
    options: dict[str, Any] = {"wake": 0, "summary": None, "claim": None, "version": 1}
    options |= changes
    check_rearm(SHARD, "R1", options.pop("version"), **options)


def frozen(*, claim: Claim = ON_NOTICE, at: int = 0, **changes: Any) -> None:
    """Check what is put on record of a notice."""
    check_frozen(claim, [attrs.evolve(RECORD, **changes)], at)


ALLOWED: dict[str, Callable[[], None]] = {
    "append": lambda: appended(claim=ON_R1),
    "topic": lambda: appended_with(topic="'; --", cause="c1/1"),
    "claim timers": claimed,
    "claim readers": lambda: claimed(kind="reader", only=["audit"], shard="main"),
    "claim until the end": lambda: claimed(at=LATEST - 1),
    "rearm": lambda: rearmed(wake=None, summary=summary(), claim=ON_R1),
    "freeze": frozen,
    "advance": lambda: check_advance(SHARD, "audit", 0, None, ON_READER),
    "find": lambda: check_query(SHARD, Query(status=["a", None], after="opened:5:R:1")),
    "notices": lambda: check_notices(SHARD, NoticeQuery(ids=("x",), bundle="")),
    "next due": lambda: check_next_due(None, ["audit"]),
    "parked": lambda: check_parked(SHARD, None),
}
REFUSED: dict[str, Callable[[], None]] = {
    "a claim on another request": lambda: appended(claim=attrs.evolve(ON_R1, key="R2")),
    "a claim in another shard": lambda: appended(claim=attrs.evolve(ON_R1, shard="south")),
    "a claim on a notice": lambda: appended(claim=ON_NOTICE),
    "a command without an id": lambda: appended(command=""),
    "a command without a digest": lambda: appended(digest=""),
    "a NUL in a topic": lambda: appended_with(topic="\0"),
    "a NUL in a template": lambda: appended_with(template="\0"),
    "a cause without end": lambda: appended_with(cause="x" * 1001),
    "a recipient without end": lambda: appended_with(recipient="x" * 286),
    "a notice of long ago": lambda: appended_with(made_at=EARLIEST - 1),
    "no lease": lambda: claimed(lease=0),
    "a lease without end": lambda: claimed(at=LATEST),
    "nothing to claim": lambda: claimed(limit=0),
    "a share of a claim": lambda: claimed(limit=1.5),
    "readers without names": lambda: claimed(kind="reader"),
    "one name for many": lambda: claimed(kind="reader", only="audit"),
    "a NUL in a reader": lambda: claimed(kind="reader", only=["\0"]),
    "timers by names": lambda: claimed(only=["R1"]),
    "what cannot be claimed": lambda: claimed(kind="shard"),
    "version 0 of a request": lambda: rearmed(version=0),
    "a version that is none": lambda: rearmed(version=True),
    "a wake of long ago": lambda: rearmed(wake=EARLIEST - 1),
    "a summary with a NUL": lambda: rearmed(summary=summary(group="\0")),
    "a timer under another's claim": lambda: rearmed(claim=attrs.evolve(ON_R1, key="R2")),
    "freezing a timer": lambda: frozen(claim=ON_R1),
    "freezing long ago": lambda: frozen(at=EARLIEST - 1),
    "a bundle with a NUL": lambda: frozen(bundle="\0"),
    "a channel with a NUL": lambda: frozen(contact=Contact(channel="\0x", address="a")),
    "a text without end": lambda: frozen(text=Text(subject="", plain="x" * MOST_CHARACTERS)),
    "moving before the beginning": lambda: check_advance(SHARD, "audit", -1, None, None),
    "moving from before it": lambda: check_advance(SHARD, "audit", 1, -1, None),
    "moving another reader": lambda: check_advance(SHARD, "board", 1, None, ON_READER),
    "moving a timer": lambda: check_advance(SHARD, "R1", 1, None, ON_R1),
    "reading before the beginning": lambda: check_feed(SHARD, -1, 1),
    "reading nothing": lambda: check_feed(SHARD, 0, 0),
    "finding a NUL": lambda: check_query(SHARD, Query(group=["\0"])),
    "finding a number": lambda: check_query(SHARD, Query(group=[5])),  # type: ignore[list-item]  # wrong on purpose
    "finding at no instant": lambda: check_query(SHARD, Query(opened_from=2**63)),
    "finding behind nonsense": lambda: check_query(SHARD, Query(after="wake:5:R1")),
    "a notice with a NUL": lambda: check_notices(SHARD, NoticeQuery(ids=("\0",))),
    "a settlement of long ago": lambda: check_settlement(Settlement(wake=EARLIEST - 1), 0),
    "settling at no instant": lambda: check_settlement(Settlement(), LATEST + 1),
    "what cannot be parked": lambda: check_parked(SHARD, "shard"),  # type: ignore[arg-type]  # wrong on purpose
    "no shard": lambda: check_parked("", None),
    "requeueing before the beginning": lambda: check_requeue(
        Parked(kind="reader", shard=SHARD, key="audit", reason="", since=0, position=0), 0
    ),
    "a page without end": lambda: check_query(SHARD, Query(limit=1001)),
    "no notices": lambda: check_notices(SHARD, NoticeQuery(limit=0)),
    "an order that there is none of": lambda: check_query(SHARD, Query(order="age")),  # type: ignore[arg-type]  # wrong on purpose
}


@pytest.mark.parametrize("ask", ALLOWED.values(), ids=ALLOWED)
def test_what_every_store_does(ask: Callable[[], None]) -> None:
    """Nothing is refused that makes sense."""
    ask()


@pytest.mark.parametrize("ask", REFUSED.values(), ids=REFUSED)
def test_what_no_store_does(ask: Callable[[], None]) -> None:
    """B4: the same is refused whatever the store is, before it looks at any row."""
    with pytest.raises(InvalidValue, match="expected"):
        ask()


def test_remarks_of_a_record_are_of_any_length() -> None:
    """What stands on record already is never in the way of what comes next."""
    frozen(remarks=tuple(Remark(each, "held", "x" * 1000) for each in range(5000)))
