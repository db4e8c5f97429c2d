"""What surveys add to a report: satisfaction by group, and never so few that one shows (M8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrs import define, field

from servicecore.estimate import Estimate
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.attainment import due_row
from servicecore.metrics.cohort import Period
from servicecore.metrics.expectation import expectation_gap, pair_of_answers
from servicecore.metrics.grouping import LEAST_RESPONDENTS, NOBODYS, pooled
from servicecore.metrics.response_rates import nonresponse_bounds, response_share
from servicecore.metrics.scales import Scale
from servicecore.metrics.scores import csat
from servicecore.metrics.surveys import Linked, Surveys
from servicecore.metrics.watermelon import Rated, moods_of, watermelon

ALL = "all"

Line = tuple[str, str, Estimate]
"""The name of a figure, its group, and the figure."""


@define
class SurveyParts:
    """What is noted of requests that somebody was asked about, in one pass."""

    surveys: Surveys
    question: str
    scale: Scale
    clock: str
    period: Period | None
    asked: set[str | None] = field(init=False)
    groups: dict[str, str] = field(factory=dict, init=False)
    met: dict[str, bool] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self.asked = {each.request for each in self.surveys.invitations}

    def add(self, situation: Situation, group: str) -> None:
        """Note the group of a request, and whether its SLA was met if that is due."""
        name = situation.state.id
        if name not in self.asked:
            return
        self.groups[name] = group
        row = due_row(situation.readings.get(self.clock, ()))
        if row.is_due(situation.instant):
            self.met[name] = not row.is_late(situation.instant)

    def result(
        self, at: int, target: float, level: float, *, grouped: bool
    ) -> tuple[list[Line], dict[str, str]]:
        """The figures of all and of each group, and why groups are not shown by themselves."""
        linked = self.surveys.linked(at=at, period=self.period)
        if not linked:
            return [], {}
        by_group = self._by_group(linked)
        sizes = {name: _respondents(by_group[name]) for name in sorted(by_group)}
        shown = pooled(sizes)
        together: dict[str, list[Linked]] = {ALL: list(linked)}
        for name in sorted(by_group) if grouped else ():
            if (pool := shown[name]) is not None:
                together.setdefault(pool, []).extend(by_group[name])
        lines = {
            group: list(self._figures(each, target, level)) for group, each in together.items()
        }
        in_order = [
            (lines[ALL][place][0], group, each[place][1])
            for place in range(len(lines[ALL]))
            for group, each in lines.items()
        ]
        return in_order, _reasons(shown, sizes) if grouped else {}

    def _by_group(self, linked: Sequence[Linked]) -> dict[str, list[Linked]]:
        found: dict[str, list[Linked]] = {}
        for each in linked:
            group = self.groups.get(each.invitation.request or "", NOBODYS)
            found.setdefault(group, []).append(each)
        return found

    def _figures(
        self, linked: Sequence[Linked], target: float, level: float
    ) -> Iterator[tuple[str, Estimate]]:
        responses = [each.response for each in linked if each.response]
        answers = [known for r in responses if (known := r.number(self.question)) is not None]
        score = csat(answers, self.scale, level=level)
        yield "answered, of those invited", response_share(linked, level=level)
        yield f"happy by {self.question!r}, of those who answered", score
        bounds = nonresponse_bounds(score.hits or 0, score.n, len(linked))
        yield "the same, whatever the others think", bounds
        pairs = [(r.respondent, pair) for r in responses if (pair := pair_of_answers(r.answers))]
        gap = expectation_gap(pairs, self.scale, cohort="all who told both", level=level)
        yield "perceived less expected, part of the scale", gap.gap
        melon = watermelon(self._rated(linked), target=target, level=level)
        yield "unhappy although the SLA was met (watermelon)", melon.index
        yield "happy although it was missed (forgiven)", melon.forgiven
        yield "SLA met less happy", melon.gap

    def _rated(self, linked: Sequence[Linked]) -> Iterator[Rated]:
        for request, mood in moods_of(linked, self.question, self.scale).items():
            if request in self.met:
                yield Rated(self.met[request], mood)


def _respondents(linked: Sequence[Linked]) -> int:
    return len({each.response.respondent for each in linked if each.response})


def _reasons(shown: Mapping[str, str | None], sizes: Mapping[str, int]) -> dict[str, str]:
    """Why a group is not shown by itself."""
    few = f"fewer than {LEAST_RESPONDENTS} respondents"
    found = {}
    for name, pool in shown.items():
        if pool is None:
            found[name] = f"{few}, also together with others"
        elif pool != name:
            why = few if sizes[name] < LEAST_RESPONDENTS else "else the others could be worked out"
            found[name] = f"shown as {pool}: {why}"
    return found
