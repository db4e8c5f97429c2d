"""The desk of a host, and the worker that does what is due."""

from servicecore.desk.desk import Desk, Handled
from servicecore.desk.wallclock import Clock, wall_clock
from servicecore.desk.worker import Done, Worker

__all__ = ["Clock", "Desk", "Done", "Handled", "Worker", "wall_clock"]
