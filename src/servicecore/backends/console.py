"""Channels for developers: messages on a terminal, or in a log."""

from __future__ import annotations

import logging
import sys
from threading import Lock
from typing import TextIO

from servicecore.backends.harmless import written_out
from servicecore.notices import Delivered, Delivery, Message, Retry


class ConsoleChannel:
    r"""Prints messages, for a desk on a developer's machine and for demonstrations.

    `stream` is ``sys.stdout`` if none is given: the one of the moment in which a message comes.
    Characters that drive a terminal or turn the writing direction are written out.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._lock = Lock()

    def deliver(self, message: Message) -> Delivery:
        """Print a message in one piece; a stream that takes nothing is tried again."""
        stream = sys.stdout if self._stream is None else self._stream
        try:
            with self._lock:
                stream.write(_encodable(as_printed(message), stream.encoding))
                stream.flush()
        except (OSError, ValueError) as problem:
            return Retry(f"the stream took nothing: {type(problem).__name__}")
        return Delivered()

    def __repr__(self) -> str:
        return "ConsoleChannel()"


class LogChannel:
    """Logs messages, a line each, to a logger of `logging`.

    The record has the attribute `servicecore_key`, the message's key.
    """

    def __init__(self, logger: str = "servicecore.notices", level: int = logging.INFO) -> None:
        self._logger = logging.getLogger(logger)
        self._level = level

    def deliver(self, message: Message) -> Delivery:
        """Log a message."""
        self._logger.log(
            self._level,
            "notice %s to %s: %s: %s",
            *map(_in_one_line, (message.key, _addressee(message))),
            *map(_in_one_line, (message.text.subject, message.text.plain)),
            extra={"servicecore_key": message.key},
        )
        return Delivered()

    def __repr__(self) -> str:
        return f"LogChannel({self._logger.name!r})"


def as_printed(message: Message) -> str:
    """A message as a person reads it on a terminal; the text is indented, so it forges nothing."""
    text = message.text.plain.splitlines()
    return "\n".join(
        [
            f"To: {written_out(_addressee(message))}",
            f"Subject: {written_out(message.text.subject)}",
            f"Key: {written_out(message.key)}",
            *(f"  {written_out(line)}".rstrip() for line in text),
            "\n",
        ]
    )


def _addressee(message: Message) -> str:
    return f"{message.address} ({message.recipient})"


def _in_one_line(text: str) -> str:
    """The text as one line, in which a line feed cannot be taken for a backslash and an n."""
    return written_out(text.replace("\\", "\\\\"))


def _encodable(text: str, encoding: str | None) -> str:
    """The text with what the stream cannot write, written out."""
    encoding = encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
