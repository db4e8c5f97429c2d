"""servicecore: requests, SLA calendars, clocks, promises and honest figures, as pure values.

The names that a reader meets first. Each is imported when it is first asked for, so that a program
which only needs calendars does not pay for policy files.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from servicecore.errors import ServiceCoreError

if TYPE_CHECKING:
    from servicecore.lifecycle.decide import decide
    from servicecore.lifecycle.evolve import evolve
    from servicecore.lifecycle.replay import replay
    from servicecore.lifecycle.tick import tick
    from servicecore.policyfile import load_policies
    from servicecore.sla.book import PolicyBook
    from servicecore.sla.calendar import Calendar

__all__ = [
    "Calendar",
    "PolicyBook",
    "ServiceCoreError",
    "decide",
    "evolve",
    "load_policies",
    "replay",
    "tick",
]
__version__ = "0.1.0"

_ROOMS = {
    "Calendar": "servicecore.sla.calendar",
    "PolicyBook": "servicecore.sla.book",
    "decide": "servicecore.lifecycle.decide",
    "evolve": "servicecore.lifecycle.evolve",
    "load_policies": "servicecore.policyfile",
    "replay": "servicecore.lifecycle.replay",
    "tick": "servicecore.lifecycle.tick",
}


def __getattr__(name: str) -> object:
    if name not in _ROOMS:
        raise AttributeError(f"module 'servicecore' has no attribute {name!r}")
    return getattr(import_module(_ROOMS[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROOMS})
