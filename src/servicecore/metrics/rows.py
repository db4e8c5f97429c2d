"""Plain rows: what a figure reads of a request, so that a notebook needs no request (M9).

Instants and durations are integer microseconds.
"""

from __future__ import annotations

from attrs import frozen

DONE, WITHDRAWN, MERGED = "done", "withdrawn", "merged"
"""What ends a spell: the thing itself, or what came in its way."""


@frozen
class Due:
    """Something that was owed by an instant, and what became of it.

    `due` is the deadline, None where there is none yet (a paused clock). `done` is when it was
    done, `left` when it was cancelled, merged or withdrawn; both None while it is open.

    >>> Due(due=10, done=11).is_late(at=12)
    True
    """

    due: int | None
    done: int | None = None
    left: int | None = None

    def is_due(self, at: int) -> bool:
        """Whether it is of the due cohort: its deadline has passed, and nobody left before (M2)."""
        return self.due is not None and self.due < at and not self.is_left

    @property
    def is_left(self) -> bool:
        """Whether it was left up to the deadline, before it was done; then it is in no cohort."""
        if self.left is None or (self.done is not None and self.done <= self.left):
            return False
        return self.due is None or self.left <= self.due

    def is_late(self, at: int) -> bool:
        """Whether the deadline passed before it was done; done exactly when due is in time."""
        return self.is_due(at) and (self.done is None or self.done > (self.due or 0))


@frozen
class Pair:
    """What somebody expected and what they perceived, on the same scale."""

    expected: float
    perceived: float


@frozen
class Spell:
    """A time that something took, or has taken so far.

    `time` is a duration in microseconds. `ended` says whether it came to an end, or goes on
    (it is censored then); `cause` is what ended it: ``"done"``, or something that came in its way,
    such as ``"withdrawn"`` or ``"merged"``.
    """

    time: int
    ended: bool = True
    cause: str = DONE
