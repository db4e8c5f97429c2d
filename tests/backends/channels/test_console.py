"""Messages on a terminal and in a log."""

from __future__ import annotations

import io
import logging

import pytest
from attrs import evolve

from servicecore.backends.console import ConsoleChannel, LogChannel
from servicecore.notices import Channel, Delivered, Retry, Text
from servicecore.testing.receivers import SAMPLE

PRINTED = """\
To: somebody (customer: acme)
Subject: R1 is resolved
Key: main/c1/1: customer
  The printer prints again.

  Tell us if not.

"""


def test_a_message_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert ConsoleChannel().deliver(SAMPLE) == Delivered()
    assert capsys.readouterr().out == PRINTED


def test_a_text_forges_no_message() -> None:
    stream = io.StringIO()
    text = Text(subject="hello\nKey: forged", plain="To: eve\nSubject: forged\x1b[2J\u202e")
    ConsoleChannel(stream).deliver(evolve(SAMPLE, text=text))
    starts = [line.partition(":")[0] for line in stream.getvalue().split("\n") if line]
    assert starts == ["To", "Subject", "Key", "  To", "  Subject"]
    assert r"  Subject: forged\x1b[2J\u202e" in stream.getvalue()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_stream_of_any_encoding_is_written_to(encoding: str) -> None:
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding=encoding) as stream:
        text = Text(subject="Привет 🎉", plain="\ud800")
        assert ConsoleChannel(stream).deliver(evolve(SAMPLE, text=text)) == Delivered()
        assert b"Subject: " in raw.getvalue()


def test_a_stream_that_takes_nothing_is_tried_again() -> None:
    stream = io.StringIO()
    stream.close()
    assert ConsoleChannel(stream).deliver(SAMPLE) == Retry("the stream took nothing: ValueError")


def test_a_message_is_logged_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "desk"):
        assert LogChannel("desk", logging.WARNING).deliver(SAMPLE) == Delivered()
    (record,) = caplog.records
    assert record.getMessage() == (
        "notice main/c1/1: customer to somebody (customer: acme): R1 is resolved: "
        r"The printer prints again.\n\nTell us if not."
    )
    assert vars(record)["servicecore_key"] == SAMPLE.key
    assert record.levelno == logging.WARNING


def test_they_are_channels_and_say_so() -> None:
    assert isinstance(ConsoleChannel(), Channel)
    assert [repr(ConsoleChannel()), repr(LogChannel("desk"))] == [
        "ConsoleChannel()",
        "LogChannel('desk')",
    ]
