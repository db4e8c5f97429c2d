"""Time and targets: calendars, clocks, policies. Knows no events."""

from servicecore.instants import Days
from servicecore.sla.calendar import Calendar, Window, always

__all__ = ["Calendar", "Days", "Window", "always"]
