"""Watermelons: green outside, since the SLA was met, and red inside, since nobody is happy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Self

from attrs import define, field, frozen

from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, paired_difference, share
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.attainment import due_row
from servicecore.metrics.scales import Mood, Scale
from servicecore.metrics.surveys import Linked

RATED = "due requests that were rated"


@frozen
class Rated:
    """A request that was due and that somebody rated: whether its SLA was met, how they felt."""

    met: bool
    mood: Mood


@frozen
class Watermelon:
    """How far figures and feelings are apart, of due requests that were rated.

    `index` is the share of unhappy ratings where the SLA was met: P(unhappy | met, rated).
    `forgiven` is the share of happy ones where it was missed. `gap` is the share met less the share
    happy, in points, over the same requests. `attained` and `happy` are the two. `flagged` is a
    watermelon: the lower limit of `attained` reaches the target, and the upper limit of `happy`
    stays below it.
    """

    index: Estimate
    forgiven: Estimate
    gap: Estimate
    attained: Estimate
    happy: Estimate
    target: float
    flagged: bool


@define
class WatermelonTally:
    """Ratings in one pass and in parts (M9)."""

    counts: Counter[tuple[bool, Mood]] = field(factory=Counter)

    def add(self, row: Rated) -> None:
        """Count one rated request."""
        self.counts[row.met, row.mood] += 1

    def merge(self, other: Self) -> None:
        """Add what another tally counted."""
        self.counts.update(other.counts)

    def result(self, target: float, level: float = 0.95) -> Watermelon:
        """How far the two are apart."""
        if not 0 < target <= 1:
            raise InvalidValue(f"target is {target}: expected a share above 0, and 1 at most")
        of = self.counts
        met = sum(number for (kept, _), number in of.items() if kept)
        n = of.total()
        happy = of[True, "happy"] + of[False, "happy"]
        attained = share(met, n, cohort=RATED, level=level)
        content = share(happy, n, cohort=RATED, level=level)
        return Watermelon(
            share(of[True, "unhappy"], met, cohort=f"{RATED}, SLA met", level=level),
            share(of[False, "happy"], n - met, cohort=f"{RATED}, SLA missed", level=level),
            paired_difference(
                of[True, "happy"],
                met - of[True, "happy"],
                of[False, "happy"],
                n - met - of[False, "happy"],
                cohort=RATED,
                level=level,
            ),
            attained,
            content,
            target,
            _is_flagged(attained, content, target),
        )


def _is_flagged(attained: Estimate, happy: Estimate, target: float) -> bool:
    if attained.low is None or happy.high is None:
        return False
    return attained.low >= target and happy.high < target


def watermelon(rows: Iterable[Rated], *, target: float = 0.9, level: float = 0.95) -> Watermelon:
    """How far figures and feelings are apart, of plain rows (M9); see `Watermelon`.

    Shares have Wilson's interval, the gap Newcombe's for paired shares. `target` is what both are
    held against; a group is flagged only where chance can explain neither. Raises `InvalidValue`
    for a target that is no share.

    >>> rows = [Rated(met=True, mood="unhappy")] * 3 + [Rated(met=True, mood="happy")]
    >>> watermelon(rows).index.value
    0.75
    """
    tally = WatermelonTally()
    for row in rows:
        tally.add(row)
    return tally.result(target, level)


def rated(
    situations: Iterable[Situation],
    linked: Iterable[Linked],
    *,
    question: str,
    scale: Scale,
    clock: str = "resolution",
) -> Iterator[tuple[Situation, Rated]]:
    """Every request whose deadline has passed and that somebody rated, with its row (M2).

    Of several ratings of a request the latest counts. A rating that is not on the scale is refused
    (`InvalidValue`).
    """
    moods = moods_of(linked, question, scale)
    for situation in situations:
        row = rated_row(situation, moods, clock)
        if row is not None:
            yield situation, row


def moods_of(linked: Iterable[Linked], question: str, scale: Scale) -> Mapping[str, Mood]:
    """How the latest rating of each request felt, by an answer on a scale."""
    latest: dict[str, tuple[int, Mood]] = {}
    for each in linked:
        request, response = each.invitation.request, each.response
        answer = response.number(question) if response else None
        if request is None or response is None or answer is None:
            continue
        if request not in latest or latest[request][0] <= response.answered:
            latest[request] = response.answered, scale.mood(answer)
    return {request: mood for request, (_, mood) in latest.items()}


def rated_row(situation: Situation, moods: Mapping[str, Mood], clock: str) -> Rated | None:
    """The row of one request; None where it was not rated, or is not due yet."""
    mood = moods.get(situation.state.id)
    if mood is None:
        return None
    row = due_row(situation.readings.get(clock, ()))
    at = situation.instant
    return Rated(not row.is_late(at), mood) if row.is_due(at) else None
