"""Time and targets: calendars, clocks, policies. Knows no events."""

from servicecore.instants import Days
from servicecore.sla.book import BookVersion, PolicyBook, Selection
from servicecore.sla.calendar import Calendar, Window, always
from servicecore.sla.clock import Reading, State, read, read_cycles
from servicecore.sla.course import Pause, Run
from servicecore.sla.cycle import Retarget
from servicecore.sla.escalation import Escalation, Step
from servicecore.sla.layers import Cover, Layer
from servicecore.sla.mark import Mark
from servicecore.sla.overlay import Overlay
from servicecore.sla.policy import Deadline, Policy
from servicecore.sla.rota import Rota
from servicecore.sla.rules import ClockRule
from servicecore.sla.statuses import DEFAULT_LIFECYCLE, Lifecycle, Transition
from servicecore.sla.target import Target
from servicecore.sla.trace import Stretch

__all__ = [
    "DEFAULT_LIFECYCLE",
    "BookVersion",
    "Calendar",
    "ClockRule",
    "Cover",
    "Days",
    "Deadline",
    "Escalation",
    "Layer",
    "Lifecycle",
    "Mark",
    "Overlay",
    "Pause",
    "Policy",
    "PolicyBook",
    "Reading",
    "Retarget",
    "Rota",
    "Run",
    "Selection",
    "State",
    "Step",
    "Stretch",
    "Target",
    "Transition",
    "Window",
    "always",
    "read",
    "read_cycles",
]
