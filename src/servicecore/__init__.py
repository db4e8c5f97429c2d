"""servicecore: requests, SLA calendars, clocks, promises and honest figures, as pure values."""

from servicecore.errors import ServiceCoreError
from servicecore.sla.calendar import Calendar

__all__ = ["Calendar", "ServiceCoreError"]
__version__ = "0.1.0"
