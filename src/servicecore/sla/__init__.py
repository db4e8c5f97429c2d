"""Time and targets: calendars, clocks, policies. Knows no events."""

from servicecore.instants import Days
from servicecore.sla.book import BookVersion, PolicyBook, Selection
from servicecore.sla.calendar import Calendar, Window, always
from servicecore.sla.clock import Reading, State, read, read_cycles
from servicecore.sla.course import Pause, Run
from servicecore.sla.cycle import Retarget
from servicecore.sla.mark import Mark
from servicecore.sla.overlay import Overlay
from servicecore.sla.policy import Deadline, Policy
from servicecore.sla.rules import ClockRule
from servicecore.sla.target import Target
from servicecore.sla.trace import Stretch

__all__ = [
    "BookVersion",
    "Calendar",
    "ClockRule",
    "Days",
    "Deadline",
    "Mark",
    "Overlay",
    "Pause",
    "Policy",
    "PolicyBook",
    "Reading",
    "Retarget",
    "Run",
    "Selection",
    "State",
    "Stretch",
    "Target",
    "Window",
    "always",
    "read",
    "read_cycles",
]
