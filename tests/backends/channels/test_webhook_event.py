"""The event that a webhook is told: CloudEvents 1.0 in JSON."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from servicecore.backends.webhook_event import as_event, event_id
from servicecore.errors import InvalidValue
from servicecore.notices import Message
from servicecore.testing.receivers import SAMPLE, hostile_texts

REQUIRED = {"id", "source", "specversion", "type"}


def event_of(message: Message) -> dict[str, Any]:
    written = as_event(message, "/servicecore")
    # Strictly JSON: neither NaN nor half of a surrogate pair.
    return json.loads(written.encode(), parse_constant=pytest.fail)


def test_an_event() -> None:
    assert event_of(SAMPLE) == {
        "specversion": "1.0",
        "id": "main/c1/1: customer",
        "source": "/servicecore/main",
        "type": "servicecore.notice.resolved",
        "time": "2026-03-02T09:00:00Z",
        "subject": "R1",
        "datacontenttype": "application/json",
        "data": {
            "key": "main/c1/1: customer",
            "shard": "main",
            "request": "R1",
            "template": "resolved",
            "recipient": "customer: acme",
            "language": "en",
            "severity": "normal",
            "subject": "R1 is resolved",
            "plain": "The printer prints again.\n\nTell us if not.",
            "html": "",
            "facts": {"attempts": 2, "priority": "high", "tags": ["floor 2", "printer"]},
        },
    }


def test_facts_of_every_kind() -> None:
    facts = {
        "none": None,
        "yes": True,
        "part": 0.5,
        "nan": math.nan,
        "far": -math.inf,
        "words": frozenset({"b", "a", "c"}),
        "nothing": frozenset(),
    }
    assert event_of(evolve(SAMPLE, facts=facts))["data"]["facts"] == {
        "none": None,
        "yes": True,
        "part": 0.5,
        "nan": None,
        "far": None,
        "words": ["a", "b", "c"],
        "nothing": [],
    }


def test_a_number_that_is_too_long_is_refused() -> None:
    with pytest.raises(InvalidValue, match="too many digits"):
        as_event(evolve(SAMPLE, facts={"n": 10**5000}), "/servicecore")


def test_a_time_that_cannot_be_written_is_left_out() -> None:
    assert "time" not in event_of(evolve(SAMPLE, made=2**62))


@given(st.tuples(*[hostile_texts] * 7))
def test_attributes_are_what_cloudevents_allow(hostile: tuple[str, ...]) -> None:
    """1.0, type system: a string without control characters, surrogates and non-characters."""
    key, shard, request, template, fact, subject, plain = hostile
    text = evolve(SAMPLE.text, subject=subject, plain=plain)
    event = event_of(
        evolve(
            SAMPLE, key=key, shard=shard, request=request, template=template, text=text,
            facts={fact: fact},
        )
    )  # fmt: skip
    attributes = {name: value for name, value in event.items() if name != "data"}
    assert attributes.keys() >= REQUIRED
    for name, value in attributes.items():
        assert re.fullmatch("[a-z0-9]{1,20}", name)
        assert value
        assert not re.search("[\0-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]", value)
    assert re.fullmatch(r"[A-Za-z0-9/%._~!?-]+", event["source"])


@given(st.text(st.characters(codec=None)) | hostile_texts)
def test_an_id_fits_into_a_header(key: str) -> None:
    written = event_id(evolve(SAMPLE, key=key))
    assert re.fullmatch(r"[!-~]([ -~]{0,253}[!-~])?", written)
    assert written == event_id(evolve(SAMPLE, key=key))


@given(st.lists(hostile_texts, min_size=2, max_size=2, unique=True))
def test_other_keys_have_other_ids(keys: list[str]) -> None:
    first, second = (event_id(evolve(SAMPLE, key=key)) for key in keys)
    assert first != second


def test_a_key_that_looks_like_a_hash_is_no_other_key() -> None:
    hashed = event_id(evolve(SAMPLE, key="a\nb"))
    assert event_id(evolve(SAMPLE, key=hashed)) != hashed
