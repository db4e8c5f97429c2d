"""Keeps out of the logs what a library writes of URLs while it delivers."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

LOGGERS = (
    "apprise",
    "httpcore.connection",
    "httpcore.http11",
    "urllib3.connectionpool",
    "urllib3.util.retry",
)
"""Those that write URLs, what is sent and what comes back, the more the more they are asked."""

_delivering: ContextVar[bool] = ContextVar("delivering", default=False)


class _WhileDelivering(logging.Filter):
    """Leaves out the records of whoever is delivering, and nobody else's."""

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002  # whatever it says
        return not _delivering.get()


_LEFT_OUT = _WhileDelivering()


@contextmanager
def quiet() -> Iterator[None]:
    """Inside of it, in this thread and in those that are given its context, nothing is logged.

    The filter stays on the loggers; outside of deliveries it does nothing.
    """
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_LEFT_OUT)
    token = _delivering.set(True)
    try:
        yield
    finally:
        _delivering.reset(token)
