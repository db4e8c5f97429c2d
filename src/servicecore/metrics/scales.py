"""Scales of surveys: from what to what answers go, and which of them are happy ones (M7)."""

from __future__ import annotations

from math import isfinite
from typing import Literal

from attrs import frozen

from servicecore.errors import InvalidValue

Mood = Literal["happy", "neutral", "unhappy"]


@frozen
class Scale:
    """A scale from `lowest` to `highest`; answers from `happy` on are happy, up to `unhappy` not.

    What lies between is neutral. On a scale on which little is good, such as effort, turn the
    answers around first (`turned`).

    >>> CSAT_5.mood(4), CSAT_5.mood(3), NPS.mood(6)
    ('happy', 'neutral', 'unhappy')
    """

    name: str
    lowest: float
    highest: float
    happy: float
    unhappy: float

    def __attrs_post_init__(self) -> None:
        if not self.lowest <= self.unhappy < self.happy <= self.highest:
            raise InvalidValue(
                f"the scale {self.name!r} from {self.lowest} to {self.highest} with unhappy up to "
                f"{self.unhappy} and happy from {self.happy} on: expected these in order"
            )

    def checked(self, answer: float) -> float:
        """The answer, if it lies on the scale; `InvalidValue` if it does not."""
        if not (isfinite(answer) and self.lowest <= answer <= self.highest):
            expected = f"expected a number from {self.lowest:g} to {self.highest:g}"
            raise InvalidValue(f"the answer {answer!r} on the scale {self.name!r}: {expected}")
        return answer

    def mood(self, answer: float) -> Mood:
        """Whether an answer is a happy, a neutral or an unhappy one."""
        self.checked(answer)
        if answer >= self.happy:
            return "happy"
        return "unhappy" if answer <= self.unhappy else "neutral"

    def turned(self, answer: float) -> float:
        """The answer as far from the other end: 2 of 1 to 5 is 4."""
        return self.lowest + self.highest - self.checked(answer)

    @property
    def width(self) -> float:
        """How far its ends are apart."""
        return self.highest - self.lowest


CSAT_5 = Scale("csat", 1, 5, happy=4, unhappy=2)
"""Satisfaction from 1 to 5, with 4 and 5 as satisfied (top two boxes)."""

CSAT_7 = Scale("csat, 7 points", 1, 7, happy=6, unhappy=3)
"""Satisfaction from 1 to 7, with 6 and 7 as satisfied."""

GOOD_OR_BAD = Scale("good or bad", 0, 1, happy=1, unhappy=0)
"""A thumb up or down."""

NPS = Scale("nps", 0, 10, happy=9, unhappy=6)
"""Recommendation from 0 to 10: promoters from 9 on, detractors up to 6 (Reichheld 2003)."""

CES_7 = Scale("ces", 1, 7, happy=5, unhappy=3)
"""“It was easy to have my issue handled”, from 1 to 7: 5 and more agree (CEB 2013)."""

HAPPINESS = Scale("happiness", 0, 10, happy=9, unhappy=6)
"""Happiness with a service from 0 to 10, as HappySignals asks for it."""

SCALES = {scale.name: scale for scale in (CSAT_5, CSAT_7, GOOD_OR_BAD, NPS, CES_7, HAPPINESS)}
"""The scales by their names."""
