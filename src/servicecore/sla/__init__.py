"""Time and targets: calendars, clocks, policies. Knows no events."""

from servicecore.instants import Days
from servicecore.sla.calendar import Calendar, Window, always
from servicecore.sla.clock import Reading, State, read, read_cycles
from servicecore.sla.mark import Mark
from servicecore.sla.target import Target
from servicecore.sla.trace import Stretch

__all__ = [
    "Calendar",
    "Days",
    "Mark",
    "Reading",
    "State",
    "Stretch",
    "Target",
    "Window",
    "always",
    "read",
    "read_cycles",
]
