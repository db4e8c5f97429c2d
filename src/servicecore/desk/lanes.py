"""Lanes: a thread for each channel, so that one that hangs holds up nobody else (B11)."""

from __future__ import annotations

from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread

from attrs import define, field

from servicecore.notices import Delivery, Line, Message

Job = tuple[Message, "Future[Delivery]"]

MOST_STUCK = 3
"""So many threads of one channel may hang at once; then it is left alone until one comes back."""


def _work(line: Line, jobs: SimpleQueue[Job | None]) -> None:
    """Deliver one message after the other, until there is None."""
    while (job := jobs.get()) is not None:
        message, future = job
        try:
            future.set_result(line.channel.deliver(message))
        except BaseException as problem:  # noqa: BLE001  # whoever waits is told, whatever it is
            future.set_exception(problem)


@define
class Lane:
    """The deliveries of one channel, one at a time.

    What does not come back in time is given up, and the thread with it; the next delivery gets
    another one.
    """

    line: Line
    _jobs: SimpleQueue[Job | None] | None = None
    _stuck: list[Future[Delivery]] = field(factory=list)

    @property
    def blocked(self) -> bool:
        """Whether as many of its threads hang as may."""
        self._stuck = [each for each in self._stuck if not each.done()]
        return len(self._stuck) >= MOST_STUCK

    def deliver(self, message: Message) -> Future[Delivery]:
        """Begin to deliver a message."""
        if self._jobs is None:
            self._jobs = SimpleQueue()
            name = f"servicecore: {self.line.name}"
            Thread(target=_work, args=(self.line, self._jobs), name=name, daemon=True).start()
        future: Future[Delivery] = Future()
        self._jobs.put((message, future))
        return future

    def give_up(self, future: Future[Delivery]) -> None:
        """Leave a delivery that does not come back to itself."""
        self._stuck.append(future)
        self.close()

    def close(self) -> None:
        """Let the thread end when it has nothing more to do."""
        if self._jobs is not None:
            self._jobs.put(None)
            self._jobs = None
