"""What is wrong with a policy book is found before it is used (P3)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from servicecore.instants import Days
from servicecore.requests import PriorityMatrix
from servicecore.sla.book import BookVersion, PolicyBook
from servicecore.sla.calendar import Calendar
from servicecore.sla.checks import check
from servicecore.sla.policy import Policy
from servicecore.sla.rules import ClockRule
from servicecore.sla.target import Target

NOW = datetime(2026, 7, 1, tzinfo=UTC)
OFFICE = Calendar.from_dict(
    {"timezone": "Europe/Berlin", "hours": {"mon-fri": "09:00-17:30"}}, "office"
)
SOUND = {"resolution": Target("8h", OFFICE)}


def policy(name, targets=SOUND, **when):
    return Policy(name, targets, when)


def findings(*policies, at=None, **options):
    return [str(finding) for finding in check(PolicyBook.of(*policies, **options), at=at)]


def test_sound_book_has_no_findings():
    targets = {"first response": Target("2h", OFFICE), "resolution": Target("8h", OFFICE)}
    assert findings(policy("gold", targets, tags="vip"), policy("rest", targets), at=NOW) == []


class TestOrder:
    @pytest.mark.parametrize(
        ("earlier", "later"),
        [
            ({}, {"customer": "acme"}),
            ({"customer": "acme"}, {"customer": "acme"}),
            ({"customer": ["acme", "umbrella"]}, {"customer": "acme", "tags": "vip"}),
            ({"tags": ["vip"]}, {"tags": {"all": ["vip", "new"]}}),
            ({"seats": {"at_least": 10}}, {"seats": {"at_least": 100}}),
            ({"customer": {"none": ["hooli"]}}, {"customer": "acme"}),
        ],
    )
    def test_policy_behind_one_that_takes_all_it_would_match(self, earlier, later):
        """P3: a policy that can never match."""
        found = findings(policy("first", **earlier), policy("second", **later), policy("rest"))
        taken = "'first' stands before it and matches all that it would"
        assert f"fault: policies[1]: 'second' can never match: {taken}" in found

    @pytest.mark.parametrize(
        ("earlier", "later"),
        [
            ({"customer": "acme"}, {"tags": "vip"}),
            ({"customer": "acme", "tags": "vip"}, {"customer": "acme"}),
            ({"customer": "acme"}, {"customer": ["acme", "umbrella"]}),
            ({"tags": {"none": ["new"]}}, {"tags": "vip"}),
            ({"seats": {"at_least": 100}}, {"seats": {"at_least": 10}}),
        ],
    )
    def test_policy_that_gets_what_is_left_is_sound(self, earlier, later):
        assert findings(policy("first", **earlier), policy("second", **later), policy("rest")) == []

    @pytest.mark.parametrize(
        ("when", "reason"),
        [
            ({"seats": {"at_least": 3, "at_most": 2}}, "seats cannot be at least 3 and at most 2"),
            ({"tags": {"any": ["vip"], "none": ["vip"]}}, "tags cannot be 'vip' and not 'vip'"),
            ({"customer": {"all": ["a", "b"]}}, "customer cannot be 'a' and 'b'"),
        ],
    )
    def test_policy_that_contradicts_itself(self, when, reason):
        """P3: a policy that can never match."""
        found = findings(policy("odd", **when), policy("rest"))
        assert found == [f"fault: policies[0]: 'odd' can never match: {reason}"]

    def test_policies_without_a_fallback(self):
        """P1: a book has a fallback or says which requests have none."""
        assert findings(policy("gold", tags="vip"), policy("silver", tags="new")) == [
            (
                "warning: policies: no policy matches all the rest: "
                "a request that does not match 'gold' or 'silver' is owed nothing"
            )
        ]
        assert findings() == [
            "warning: policies: no policy matches all the rest: every request is owed nothing"
        ]


class TestTargets:
    def test_priority_without_a_target(self):
        """P3."""
        targets = {"resolution": {"critical": Target("4h", OFFICE), "high": Target("8h", OFFICE)}}
        assert findings(policy("rest", targets)) == [
            "warning: policies[0].targets.resolution: no target for the priority moderate and low"
        ]

    def test_priority_that_the_policy_never_has_needs_no_target(self):
        targets = {"resolution": {"critical": Target("4h", OFFICE)}}
        assert findings(policy("urgent", targets, priority="critical"), policy("rest")) == []

    def test_target_for_a_priority_that_is_none(self):
        targets = {"resolution": {"critcal": Target("4h", OFFICE), "*": Target("8h", OFFICE)}}
        assert findings(policy("rest", targets)) == [
            (
                "warning: policies[0].targets.resolution.critcal: "
                "no such priority in the book; did you mean 'critical'?"
            )
        ]

    def test_priorities_of_ones_own_are_known(self):
        matrix = PriorityMatrix.from_dict({}, ["p1", "p2"])
        targets = {"resolution": {"p1": Target("4h", OFFICE), "p2": Target("8h", OFFICE)}}
        assert findings(policy("rest", targets), matrix=matrix) == []

    def test_policy_that_owes_nothing(self):
        assert findings(policy("rest", {})) == [
            "warning: policies[0].targets: there are none: what it matches is owed nothing"
        ]

    @pytest.mark.parametrize("clock", ["first response", "next response"])
    def test_response_that_takes_longer_than_the_resolution(self, clock):
        """P3."""
        targets = {
            clock: {"critical": Target("1h", OFFICE), "*": Target("8h", OFFICE)},
            "resolution": {"critical": Target("4h", OFFICE), "*": Target("6h", OFFICE)},
        }
        assert findings(policy("rest", targets)) == [
            (
                f"warning: policies[0].targets.{clock}.*: "
                "8h of office is longer than the target of the resolution, 6h of office"
            )
        ]

    def test_each_priority_is_compared_with_its_own(self):
        targets = {
            "first response": Target("2h"),
            "resolution": {"low": Target("1h"), "*": Target("8h")},
        }
        assert findings(policy("rest", targets)) == [
            (
                "warning: policies[0].targets.first response.*: "
                "2h of always is longer than the target of the resolution, 1h of always"
            )
        ]

    @pytest.mark.parametrize(
        ("response", "resolution", "longer"),
        [
            (Target("3bd", OFFICE), Target("2bd", OFFICE), True),
            (Target("2bd", OFFICE), Target(Days(2, until="close"), OFFICE), False),
            (Target("8h", OFFICE), Target("8h", OFFICE), False),
            (Target("8h"), Target("4h", OFFICE), False),
            (Target("3bd", OFFICE), Target("8h", OFFICE), False),
        ],
    )
    def test_only_what_can_be_compared_is(self, response, resolution, longer):
        targets = {"first response": response, "resolution": resolution}
        assert bool(findings(policy("rest", targets))) is longer

    def test_clock_that_no_rule_describes(self):
        targets = {"resolutoin": Target("8h", OFFICE), **SOUND}
        assert findings(policy("rest", targets)) == [
            (
                "fault: policies[0].targets.resolutoin: "
                "no rule says what starts and stops this clock; did you mean 'resolution'?"
            )
        ]
        rule = ClockRule("resolutoin", starts=["opened"], stops=["closed"])
        assert findings(policy("rest", targets), clocks={"resolutoin": rule}) == []

    def test_fact_that_looks_misspelt(self):
        found = findings(policy("gold", costumer="acme", region="north"), policy("rest"))
        assert found == ["warning: policies[0].when.costumer: did you mean 'customer'?"]


class TestCalendars:
    CLOSED = Calendar.from_dict({"timezone": "UTC", "hours": {}}, "closed")

    def test_calendar_of_a_target_that_never_opens(self):
        """P3."""
        found = findings(policy("rest", {"resolution": Target("8h", self.CLOSED)}))
        assert found == ["fault: calendars.closed: never opens"]

    def test_calendar_that_never_opens_and_is_not_used_is_only_odd(self):
        found = findings(policy("rest"), calendars={"closed": self.CLOSED})
        assert found == ["warning: calendars.closed: never opens"]

    def test_calendar_that_opened_once(self):
        once = Calendar.from_dict(
            {"timezone": "UTC", "hours": {}, "exceptions": {"2026-01-05": "09:00-12:00"}}, "once"
        )
        rest = policy("rest", {"resolution": Target("1h", once)})
        assert findings(rest, at=datetime(2026, 1, 1, tzinfo=UTC)) == []
        assert findings(rest) == []
        assert findings(rest, at=NOW) == ["fault: calendars.once: never opens again"]

    def test_asking_leaves_no_trace(self):
        """A calendar asked about 1900 would compile all years from then on."""
        before = OFFICE.timeline._years.compiled
        check(PolicyBook.of(policy("rest")))
        assert OFFICE.timeline._years.compiled is before

    def test_holidays_that_have_run_out(self):
        """P3, C9."""
        table = {**OFFICE.to_dict(), "known_until": "2025-12-31"}
        old = Calendar.from_dict(table, "old")
        rest = policy("rest", {"resolution": Target("8h", (old | OFFICE).named("both"))})
        assert findings(rest, at=NOW) == [
            (
                "warning: calendars.old: holidays are known until 2025-12-31 only; "
                "later due instants are provisional"
            )
        ]
        assert findings(rest) == findings(rest, at=datetime(2025, 6, 1, tzinfo=UTC)) == []


class TestVersions:
    def book(self, *months):
        return PolicyBook([
            BookVersion(f"v{place}", datetime(2026, month, 1, tzinfo=UTC), [policy("rest")])
            for place, month in enumerate(months)
        ])  # fmt: skip

    @pytest.mark.parametrize(
        ("months", "found"),
        [
            ((1, 4, 7), []),
            (
                (1, 4, 4),
                [
                    (
                        "fault: versions[1].valid_from: "
                        "another version is valid from the same instant; one never holds"
                    )
                ],
            ),
            (
                (4, 1),
                [
                    (
                        "warning: versions[0].valid_from: "
                        "is before that of a version that is written above"
                    )
                ],
            ),
        ],
    )
    def test_validity(self, months, found):
        """P3: overlapping validity."""
        assert [str(finding) for finding in check(self.book(*months))] == found

    def test_each_version_is_checked_where_it_is_written(self):
        later = BookVersion("later", NOW, [policy("first"), policy("second")])
        (finding,) = check(PolicyBook([BookVersion(policies=[policy("rest")]), later]))
        assert finding.severity == "fault"
        assert finding.path == ("versions", 0, "policies", 1)


class TestWords:
    """A word that nothing is called makes a rule or a condition that never comes true."""

    @pytest.mark.parametrize(
        ("rule", "place", "meant"),
        [
            ({"pauses": ["waiting for custommer"]}, "pauses[0]", "waiting for customer"),
            ({"pauses": ["scheduled", "Scheduled"]}, "pauses[1]", "scheduled"),
            ({"stops": ["closed", "status: resloved"]}, "stops[1]", "resolved"),
            ({"cancels": ["status: canceled"]}, "cancels[0]", "cancelled"),
        ],
    )
    def test_status_that_is_nearly_a_default_one(self, rule, place, meant):
        rules = {"starts": ["opened"], "stops": ["closed"], **rule}
        clocks = {"resolution": ClockRule("resolution", **rules)}
        assert findings(policy("all"), clocks=clocks) == [
            f"warning: clocks.resolution.{place}: did you mean {meant!r}?"
        ]

    @pytest.mark.parametrize(
        "status", ["closed", "solved", "on hold", "waiting for vendor", "pending"]
    )
    def test_status_of_another_desk_is_none(self, status):
        rule = ClockRule("resolution", ["opened"], ["closed", f"status: {status}"], [status])
        assert findings(policy("all"), clocks={"resolution": rule}) == []

    def test_clock_that_nothing_is_owed_for(self):
        rule = ClockRule("delivery", starts=["opened"], stops=["closed"])
        (finding,) = findings(policy("all"), clocks={"delivery": rule})
        assert finding == (
            "warning: clocks.delivery: no policy has a target for this clock; it is never measured"
        )
        owed = {**SOUND, "delivery": Target("8h", OFFICE)}
        assert findings(policy("all", owed), clocks={"delivery": rule}) == []

    @pytest.mark.parametrize(
        ("fact", "asked", "said"),
        [
            ("priority", "critcal", "no priority of the book is 'critcal'; did you mean 'crit"),
            ("priority", ["high", "p1"], "no priority of the book is 'p1'; known are critical, "),
            ("priority", {"none": ["Low"]}, "no priority of the book is 'Low'; did you mean 'low'"),
            ("impact", "hgih", "no impact of the book is 'hgih'; did you mean 'high'"),
            ("urgency", 3, "no urgency of the book is 3; known are high, medium, low"),
            ("kind", "inicdent", "no kind is 'inicdent'; did you mean 'incident'?"),
            ("kind", "Question", "no kind is 'Question'; did you mean 'question'?"),
        ],
    )
    def test_value_that_the_book_does_not_know(self, fact, asked, said):
        found = findings(policy("some", **{fact: asked}), policy("rest"))
        assert f"warning: policies[0].when.{fact}: {said}" in "\n".join(found)

    @pytest.mark.parametrize(
        ("fact", "asked"),
        [("priority", "low"), ("kind", "incident"), ("kind", "hardware order"), ("floor", "hihg")],
    )
    def test_value_that_may_well_be(self, fact, asked):
        assert findings(policy("some", **{fact: asked}), policy("rest")) == []

    def test_without_a_matrix_nobody_knows_the_impacts(self):
        levels = PriorityMatrix({}, ["p1"])
        some = policy("some", impact="site down")
        assert findings(some, policy("rest"), matrix=levels) == []


def test_an_override_of_what_is_not_owed_is_found() -> None:
    """Q3: it tightens targets; where there is none, it does nothing."""
    siege = {"siege": {"update": Target("30m"), "resolution": Target("1h")}}
    policy = Policy("standard", {"resolution": Target("8h")}, overrides=siege)
    (found,) = check(PolicyBook.of(policy))
    assert found.path == ("policies", 0, "overrides", "siege", "update")
    assert "nothing to be tightened" in found.text


def test_a_target_that_no_calendar_will_ever_have_is_found() -> None:
    """P3, C8: every request would fail to be replayed."""
    office = Calendar.from_dict({"timezone": "UTC", "hours": {"mon-fri": "09:00-17:00"}}, "office")
    targets = {"first response": Target("1h", office), "resolution": Target("999999h", office)}
    found = [
        each for each in check(PolicyBook.of(Policy("all", targets))) if "more than" in each.text
    ]
    said = [str(each) for each in found if each.path[-2:] == ("resolution", "*")]
    place = "policies[0].targets.resolution.*"
    more = "999999h of office is more than the calendar has before the year 2200"
    assert said == [f"fault: {place}: {more}"]
