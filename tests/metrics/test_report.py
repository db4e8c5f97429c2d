"""One report out of all figures, by any grouping, with what was withheld and why (M8)."""

from __future__ import annotations

import json
from random import Random
from typing import ClassVar

import pytest

from servicecore import PolicyBook
from servicecore.errors import InvalidValue
from servicecore.lifecycle.events import (
    Assigned,
    Event,
    PromiseMade,
    Replied,
    Resolved,
    SurveyAnswered,
    SurveyInvited,
)
from servicecore.metrics.attainment import AttainmentTally, attainment
from servicecore.metrics.cohort import Period
from servicecore.metrics.handoffs import handoffs
from servicecore.metrics.ledger import promise_ledger
from servicecore.metrics.report import ALL, Report, report
from servicecore.metrics.report_printed import interval, shown
from servicecore.metrics.resolutions import reopening_rate
from servicecore.metrics.scores import csat
from servicecore.metrics.silence import silence
from servicecore.metrics.surveys import Surveys, surveys_of
from servicecore.metrics.times import times_of_customers
from servicecore.sla import Policy, Target
from tests.metrics.kit import CUSTOMER, after, event, opened, situation, situations


def history(n: int, group: str, hours: float, answer: float | None = None) -> list[Event]:
    name = f"R{n}"
    found = [
        opened(0, name, requester=f"p{n}", priority="high" if n % 2 else "low"),
        event(Assigned, 0.1, name, group=group),
        event(PromiseMade, 0.2, name, promise="1", due_at=after(5)),
        event(Resolved, hours, name),
        event(SurveyInvited, hours, name, survey="csat", id=f"i{n}"),
    ]
    if answer is not None:
        found.append(
            event(SurveyAnswered, hours + 1, name, survey="csat", answers={"csat": answer})
        )
    return found


HISTORIES = [
    *(history(n, "desk", 1 + n / 4, 5 if n % 3 else 2) for n in range(20)),
    *(history(n, "network", 6, 1) for n in range(20, 27)),
    *(history(n, "night", 3, 4) for n in range(27, 29)),
    [opened(8, "R30")],
]
KNOWN = situations(HISTORIES, at=1000)
SURVEYS = surveys_of(KNOWN)


@pytest.fixture(scope="module")
def whole() -> Report:
    return report(KNOWN, surveys=SURVEYS, by="group")


class TestFigures:
    def test_are_those_of_the_rooms(self, whole: Report) -> None:
        """One logic: the report adds nothing of its own."""
        tally = AttainmentTally()
        for each in KNOWN:
            tally.add(each)
        (resolution,) = (row for row in tally.by_clock() if row.clock == "resolution")
        assert resolution.due == sum(
            row.due for row in attainment(KNOWN) if row.clock == "resolution"
        )
        assert whole.figure("resolution: kept, of all that was due") == resolution.kept
        assert whole.figure("promises kept") == promise_ledger(KNOWN).kept
        assert whole.figure("reopened within 168h") == reopening_rate(KNOWN)
        assert whole.figure("handoffs per request") == handoffs(KNOWN).per_request
        assert whole.figure("longest silence, median") == silence(KNOWN).median
        wall = times_of_customers(KNOWN)
        assert whole.figure("time that customers waited, median") == wall.median
        assert whole.requests == len(KNOWN)

    def test_are_of_each_group_too(self, whole: Report) -> None:
        mine = [each for each in KNOWN if each.ownership.group == "network"]
        assert whole.figure("promises kept", "network") == promise_ledger(mine).kept
        groups = [f.group for f in whole.figures if f.name == "promises kept"]
        assert groups == [ALL, "desk", "network", "night", "none"]

    def test_of_few_are_marked(self, whole: Report) -> None:
        """M8: operational groups under 30."""
        marked = {f.group: f.small for f in whole.figures if f.name == "promises kept"}
        assert marked["network"]
        assert not report(KNOWN * 2).figures[0].small

    @pytest.mark.parametrize("seed", range(5))
    def test_do_not_depend_on_the_order_of_requests(self, seed: int) -> None:
        """M1, M9."""
        random = Random(seed)
        shuffled = random.sample(KNOWN, len(KNOWN))
        mixed = Surveys(
            random.sample(SURVEYS.invitations, len(SURVEYS.invitations)),
            random.sample(SURVEYS.responses, len(SURVEYS.responses)),
        )
        assert report(shuffled, surveys=mixed, by="group") == report(
            KNOWN, surveys=SURVEYS, by="group"
        )

    def test_take_a_period(self) -> None:
        """M3."""
        cut = report(KNOWN, period=Period(after(7), after(9)))
        assert cut.figure("came, reopened ones included").value == 1
        assert "from 2026-03-06 16:00 to 2026-03-06 18:00" in cut.text()

    def test_of_one_instant(self) -> None:
        with pytest.raises(InvalidValue, match="expected all at the same instant"):
            report([situation(opened(), at=1), situation(opened(), at=2)])

    def test_of_nothing_have_no_values(self) -> None:
        empty = report([])
        assert all(each.estimate.value is None for each in empty.figures)
        assert "Nothing to count for: " in empty.text()
        with pytest.raises(KeyError):
            empty.figure("no such figure")

    def test_are_never_by_persons(self) -> None:
        """M8."""
        with pytest.raises(InvalidValue, match="expected a fact that names no persons"):
            report(KNOWN, by="person")


class TestSatisfaction:
    HAPPY: ClassVar = "happy by 'csat', of those who answered"

    def test_is_that_of_the_rooms(self, whole: Report) -> None:
        answers = [response.number("csat") for response in SURVEYS.responses]
        assert whole.figure(self.HAPPY) == csat([each for each in answers if each is not None])

    def test_has_bounds_for_those_who_did_not_answer(self, whole: Report) -> None:
        bounds = whole.figure("the same, whatever the others think")
        assert bounds.n == len(SURVEYS.invitations)
        assert bounds.method == "worst case"

    def test_pools_groups_of_too_few_with_another(self, whole: Report) -> None:
        """M8: two answers of the night would be told apart."""
        groups = [f.group for f in whole.figures if f.name == self.HAPPY]
        assert groups == [ALL, "desk", "network, night"]
        assert whole.figure(self.HAPPY, "network, night").n == 9
        why = {each.group: each.why for each in whole.withheld}
        assert set(why) == {"network", "night"}
        assert why["night"] == "shown as network, night: fewer than 5 respondents"
        assert why["network"] == "shown as network, night: else the others could be worked out"

    def test_of_less_than_five_in_all_is_not_shown_by_group(self) -> None:
        known = situations([history(n, f"g{n}", 1, 5) for n in range(3)], at=1000)
        found = report(known, surveys=surveys_of(known), by="group")
        assert {f.group for f in found.figures if f.name == self.HAPPY} == {ALL}
        assert "also together with others" in found.withheld[0].why

    def test_names_watermelons(self, whole: Report) -> None:
        index = whole.figure("unhappy although the SLA was met (watermelon)")
        assert index.n == sum(1 + n / 4 <= 4 for n in range(20)) + 2
        assert whole.figure("happy although it was missed (forgiven)").n > 0

    def test_is_missing_where_nobody_was_asked(self) -> None:
        assert not [f for f in report(KNOWN).figures if f.section == "Satisfaction"]
        assert report(KNOWN, surveys=Surveys()).withheld == ()


class TestRisks:
    def test_are_open_requests_that_are_in_time(self) -> None:
        histories = [history(n, "desk", n / 3) for n in range(1, 40)]
        known = situations([*histories, [opened(38, "R99")]], at=40)
        found = report(known)
        assert [risk.request for risk in found.at_risk] == ["R99"]
        expected = found.figure("expected to be late of what runs and is in time")
        assert expected.value == found.at_risk[0].breach.value
        assert "Likely to be late:\n  R99: " in found.text()

    def test_of_a_cyclic_clock_rest_on_its_cycles(self) -> None:
        """K5, M4: two answers took one and three hours, and this one may take two."""
        asking = PolicyBook.of(Policy("all", {"next response": Target("2h")}))
        times = (2, 3, 4, 7, 10)
        replies = [
            event(Replied, hours, actor=None if n % 2 else CUSTOMER)
            for n, hours in enumerate(times)
        ]
        known = [situation(opened(), event(Replied, 1), *replies, at=10.5, book=asking)]
        (risk,) = report(known, clock="next response").at_risk
        assert (risk.breach.value, risk.at_risk) == (0.5, 2)


class TestPrinted:
    def test_as_text_that_fits(self, whole: Report) -> None:
        text = whole.text()
        assert text.startswith("30 requests as of 2026-04-17 01:00 UTC, by group\n\nSLA\n")
        assert max(map(len, text.splitlines())) <= 140
        assert "Not shown by themselves:\n  Satisfaction, network: shown as" in text
        assert "nobody" not in text.split("Nothing to count for")[0].lower()

    def test_as_markdown_with_a_table_for_each_section(self, whole: Report) -> None:
        text = whole.markdown()
        heads = [line for line in text.splitlines() if line.startswith("## ")]
        assert heads == ["## SLA", "## Flow", "## Experience", "## Satisfaction"]
        tables = [line for line in text.splitlines() if line.startswith("|")]
        assert {line.count("|") for line in tables} == {7}

    def test_escapes_what_would_break_a_table(self) -> None:
        known = [situation(opened(where="a|b\\"), at=9)]
        assert "a\\|b\\\\" in report(known, by="where").markdown()

    def test_as_plain_values(self, whole: Report) -> None:
        table = json.loads(json.dumps(whole.table()))
        assert table["by"] == "group"
        first = table["figures"][0]
        assert {"section", "figure", "group", "value", "low", "high", "n", "cohort"} <= set(first)
        assert len(table["figures"]) == len(whole.figures)
        assert {each["group"] for each in table["withheld"]} == {"network", "night"}

    def test_values_as_people_read_them(self) -> None:
        assert shown(1234.5, "hours") == "1,234.5 h"
        assert shown(0.5, "count") == "0.50"
        assert shown(2.5678, "ratio") == "2.57"
        open_ended = whole_limits()
        assert interval(open_ended).endswith("– ?")


def whole_limits():  # an estimate with a lower limit alone
    from servicecore.estimate import Estimate

    return Estimate(2.0, 5, "hours", "all", low=1.0)
