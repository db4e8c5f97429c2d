"""The one place that looks at the clock on the wall; everybody else is told what time it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""What says what time it is; a test gives its own."""


def wall_clock() -> datetime:
    """The present time, in UTC."""
    return datetime.now(UTC)
