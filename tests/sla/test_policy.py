"""Policies and policy books: which request is owed what, and why (P1, P2)."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.errors import InvalidValue, NeverOpen, UnknownName
from servicecore.faults import FaultyTable
from servicecore.requests import PriorityMatrix, Request
from servicecore.sla.book import BookVersion, PolicyBook
from servicecore.sla.calendar import Calendar, always
from servicecore.sla.conditions import Condition
from servicecore.sla.naming import sides
from servicecore.sla.policy import Policy
from servicecore.sla.rules import DEFAULT_CLOCKS, ClockRule
from servicecore.sla.target import Target

FRIDAY_FOUR = datetime(2026, 3, 6, 15, tzinfo=UTC)  # 16:00 in Berlin
OFFICE = Calendar.from_dict(
    {"timezone": "Europe/Berlin", "hours": {"mon-fri": "09:00-17:30"}}, "office"
)


def request_with(opened_at=FRIDAY_FOUR, **facts):
    return Request(id="R1", opened_at=opened_at, **facts)


def policy(name="gold", hours="4h", **when):
    return Policy(name, {"resolution": Target(hours, OFFICE)}, when)


class TestCondition:
    @pytest.mark.parametrize(
        ("written", "fact", "holds"),
        [
            ("acme", "acme", True),
            ("acme", "Acme", False),
            ("acme", None, False),
            ("vip", frozenset({"vip", "new"}), True),
            ("vip", frozenset(), False),
            (3, 3, True),
            (3, 3.0, True),
            (3, "3", False),
            (True, True, True),
            (True, 1, False),
            (1, True, False),
            (["acme", "umbrella"], "umbrella", True),
            (["acme", "umbrella"], "hooli", False),
            (["vip", "new"], frozenset({"new"}), True),
            ({"any": "acme"}, "acme", True),
            ({"all": ["vip", "new"]}, frozenset({"vip", "new", "loud"}), True),
            ({"all": ["vip", "new"]}, frozenset({"vip"}), False),
            ({"all": ["vip"]}, "vip", True),
            ({"none": ["internal"]}, frozenset({"vip"}), True),
            ({"none": ["internal"]}, frozenset({"vip", "internal"}), False),
            ({"none": ["internal"]}, None, True),
            ({"at_least": 3}, 3, True),
            ({"at_least": 3}, 2.9, False),
            ({"at_least": 3}, "3", False),
            ({"at_least": 3}, True, False),
            ({"at_least": 3}, None, False),
            ({"at_least": 3}, float("nan"), False),
            ({"at_most": 3}, 3, True),
            ({"at_most": 3}, 4, False),
            ({"at_least": 1, "at_most": 3, "none": [2]}, 2, False),
            ({"at_least": 1, "at_most": 3, "none": [2]}, 3, True),
        ],
    )
    def test_holds(self, written, fact, holds):
        assert Condition.of(written).holds(fact) is holds

    @pytest.mark.parametrize(
        ("written", "problem"),
        [
            (None, "found None: expected text, a number, true or false"),
            (float("nan"), "found nan: expected text"),
            (float("inf"), "found inf: expected text"),
            (datetime(2026, 1, 1, tzinfo=UTC), "expected text, a number, true or false"),
            ([], "found an empty list"),
            ({}, "asks nothing; expected one of any, all, none, at_least, at_most"),
            ({"any": []}, "any: found an empty list"),
            ({"any": ["a", None]}, r"any\[1\]: found None"),
            (["a", ["b"]], r"\[1\]: found \['b'\]"),
            ({"non": "a"}, "non: unknown key; did you mean 'none'"),
            ({"at_least": "3"}, "at_least: found '3': expected a number"),
            ({"at_least": True}, "at_least: found True: expected a number"),
            ({"at_most": float("inf")}, "at_most: found inf: expected a number"),
        ],
    )
    def test_what_asks_nothing_that_can_be_answered_is_refused(self, written, problem):
        with pytest.raises(FaultyTable, match=problem):
            Condition.of(written)

    def test_made_by_hand_it_is_checked_as_well(self):
        with pytest.raises(InvalidValue, match="asks nothing"):
            Condition()
        with pytest.raises(InvalidValue, match="found the text 'acme': expected a list"):
            Condition(any="acme")

    def test_is_the_same_in_any_order_of_values(self):
        assert Condition.of(["a", "b"]) == Condition.of(["b", "a", "b"])
        assert Condition.of(1) != Condition.of(True)

    def test_says_what_it_asks(self):
        asked = {"any": ["a", "b"], "all": ["c"], "none": ["d", "e"], "at_least": 1, "at_most": 2}
        said = "'a' or 'b' and 'c' and not 'd' and not 'e' and at least 1 and at most 2"
        assert str(Condition.of(asked)) == said


words = st.sampled_from(["a", "b", "c"])
numbers = st.sampled_from([0, 1, 2, 2.5])
values = words | numbers | st.booleans()
facts = st.none() | values | st.frozensets(words)


@st.composite
def conditions(draw):
    asked = {
        name: draw(st.lists(values, min_size=1, max_size=3))
        for name in draw(st.sets(st.sampled_from(["any", "all", "none"])))
    }
    limits = draw(st.sets(st.sampled_from(["at_least", "at_most"]), min_size=0 if asked else 1))
    return Condition.of({**asked, **{name: draw(numbers) for name in limits}})


class TestConditionLaws:
    @given(conditions())
    def test_its_written_form_is_read_back_as_the_same(self, condition):
        assert Condition.of(condition.written()) == condition

    @given(conditions(), conditions(), facts)
    def test_what_implies_another_never_holds_without_it(self, first, second, fact):
        single = not isinstance(fact, frozenset)
        if first.implies(second, single=single) and first.holds(fact):
            assert second.holds(fact)

    @given(conditions())
    def test_implies_itself(self, condition):
        assert condition.implies(condition)

    @given(conditions(), facts)
    def test_what_cannot_hold_never_does(self, condition, fact):
        single = not isinstance(fact, frozenset)
        if condition.holds(fact):
            assert condition.can_hold(single=single)

    @pytest.mark.parametrize(
        "impossible",
        [
            {"any": ["a"], "none": ["a"]},
            {"all": ["a", "b"], "none": ["b"]},
            {"at_least": 3, "at_most": 2},
            {"any": [1, 2], "at_least": 3},
        ],
    )
    def test_contradictions_cannot_hold(self, impossible):
        assert not Condition.of(impossible).can_hold()

    def test_two_words_at_once_need_a_set(self):
        both = Condition.of({"all": ["a", "b"]})
        assert both.can_hold()
        assert not both.can_hold(single=True)

    @pytest.mark.parametrize(
        ("narrow", "wide"),
        [
            ("a", ["a", "b"]),
            ({"all": ["a", "b"]}, {"all": ["b"]}),
            ({"all": ["a", "b"]}, ["b", "c"]),
            ({"none": ["a", "b"]}, {"none": ["a"]}),
            ({"at_least": 3}, {"at_least": 2}),
            ({"at_least": 3, "at_most": 4}, {"at_most": 5}),
            ([3, 4], {"at_least": 3}),
        ],
    )
    def test_narrow_ones_imply_wide_ones(self, narrow, wide):
        assert Condition.of(narrow).implies(Condition.of(wide))
        assert not Condition.of(wide).implies(Condition.of(narrow))

    def test_one_value_rules_out_the_others_unless_there_can_be_several(self):
        acme, not_hooli = Condition.of("acme"), Condition.of({"none": "hooli"})
        assert acme.implies(not_hooli, single=True)
        assert not acme.implies(not_hooli)


class TestPolicy:
    def test_without_conditions_it_matches_everything(self):
        assert policy().matches(request_with())

    @pytest.mark.parametrize(
        ("when", "facts", "matches"),
        [
            ({"kind": "incident"}, {}, True),
            ({"kind": "question"}, {}, False),
            ({"service": ["mail", "chat"]}, {"service": "chat"}, True),
            ({"customer": "acme", "tags": "vip"}, {"customer": "acme", "tags": ["vip"]}, True),
            ({"customer": "acme", "tags": "vip"}, {"customer": "acme"}, False),
            ({"channel": {"none": ["phone"]}}, {"channel": "email"}, True),
            ({"seats": {"at_least": 100}}, {"fields": {"seats": 250}}, True),
            ({"seats": {"at_least": 100}}, {}, False),
            ({"priority": "critical"}, {"priority": "critical"}, True),
        ],
    )
    def test_all_conditions_have_to_hold(self, when, facts, matches):
        assert policy(**when).matches(request_with(**facts)) is matches

    @given(st.dictionaries(st.sampled_from(["customer", "tags", "floor"]), conditions()), facts)
    def test_it_matches_if_every_outcome_holds(self, when, fact):
        asked = policy(**when)
        request = request_with(customer="a", tags=["b"], fields={"floor": fact})
        assert asked.matches(request) == all(outcome.holds for outcome in asked.why(request))

    def test_why_tells_every_condition_with_what_was_found(self):
        asked = policy(customer=["acme", "umbrella"], tags={"none": "internal"}, floor=3)
        outcomes = asked.why(request_with(customer="hooli", tags=["new", "internal"]))
        assert [str(outcome) for outcome in outcomes] == [
            "customer is 'hooli', expected 'acme' or 'umbrella'",
            "tags is ['internal', 'new'], expected not 'internal'",
            "floor is unknown, expected 3",
        ]

    def test_target_is_the_priorities_own_or_that_of_all_others(self):
        urgent, usual = Target("2h", OFFICE), Target("8h", OFFICE)
        gold = Policy("gold", {"resolution": {"critical": urgent, "*": usual}})
        assert gold.target("resolution", "critical") is urgent
        assert gold.target("resolution", "low") is usual
        assert gold.target("resolution", None) is usual
        assert gold.target("update", "critical") is None

    def test_priority_that_is_unknown_has_no_target_of_its_own(self):
        gold = Policy("gold", {"resolution": {"critical": Target("2h", OFFICE)}})
        assert gold.target("resolution", "low") is None
        assert gold.target("resolution", None) is None

    @pytest.mark.parametrize(
        ("name", "targets", "when", "problem"),
        [
            (" ", {}, {}, "a policy without a name"),
            ("gold", {"resolution": "4h"}, {}, "resolution: found '4h'; expected a target"),
            ("gold", {"resolution": {}}, {}, "resolution: found {}; expected a target"),
            ("gold", {"update": {"*": 3}}, {}, r"update.\*: found 3; expected a target"),
            ("gold", {"update": Target.by(FRIDAY_FOUR)}, {}, r"update.\*: is a given instant"),
            ("gold", {}, {"tags": {"any": []}, "floor": None}, "tags.any: found .*; floor: found"),
        ],
    )
    def test_what_cannot_be_applied_is_refused(self, name, targets, when, problem):
        with pytest.raises(InvalidValue, match=problem):
            Policy(name, targets, when)


class TestDeadlines:
    def test_opened_on_friday_afternoon_due_on_monday(self):
        """P1: priority → target → calendar → due."""
        deadline = policy().due(request_with(priority="high"))["resolution"]
        assert deadline.due_at.isoformat() == "2026-03-09T11:30:00+01:00"
        assert (deadline.policy, deadline.priority) == ("gold", "high")
        assert not deadline.provisional

    def test_explains_itself(self):
        explained = policy().due(request_with(priority="high"))["resolution"].explain()
        assert explained.splitlines() == [
            "resolution: due Mon 9 Mar 2026 11:30 (policy 'gold', priority 'high')",
            "target: 4h of office (Europe/Berlin)",
            "ahead, if nothing pauses it:",
            "  Fri 6 Mar 2026 16:00 – 17:30  open, 1h 30m",
            "  Fri 6 Mar 2026 17:30 – Mon 9 Mar 2026 09:00  closed",
            "  Mon 9 Mar 2026 09:00 – 11:30  open, 2h 30m",
        ]

    def test_beyond_the_known_holidays_it_is_provisional(self):
        """C9."""
        table = {**OFFICE.to_dict(), "known_until": "2026-03-08"}
        gold = Policy("gold", {"resolution": Target("4h", Calendar.from_dict(table))})
        assert gold.due(request_with())["resolution"].provisional

    def test_clocks_that_start_later_have_none_yet(self):
        targets = dict.fromkeys(["first response", "next response", "resolution"], Target("4h"))
        assert list(Policy("gold", targets).due(request_with())) == ["first response", "resolution"]

    def test_other_rules_start_other_clocks(self):
        rule = ClockRule("delivery", starts=["assigned"], stops=["closed"])
        gold = Policy("gold", {"delivery": Target("4h"), "unruled": Target("4h")})
        assert list(gold.due(request_with(), {"delivery": rule})) == ["unruled"]

    def test_priority_without_a_target_has_none(self):
        gold = Policy("gold", {"resolution": {"critical": Target("4h")}})
        assert gold.due(request_with(priority="low")) == {}

    def test_calendar_that_never_opens_is_said(self):
        """C8."""
        closed = Calendar.from_dict({"timezone": "UTC", "hours": {}})
        with pytest.raises(NeverOpen):
            Policy("gold", {"resolution": Target("4h", closed)}).due(request_with())


class TestSelection:
    GOLD = policy("gold", "2h", customer="acme")
    SILVER = policy("silver", "4h", tags="vip")
    REST = policy("rest", "8h")

    @pytest.mark.parametrize(
        ("facts", "selected"),
        [
            ({"customer": "acme", "tags": ["vip"]}, "gold"),
            ({"tags": ["vip"]}, "silver"),
            ({}, "rest"),
        ],
    )
    def test_first_that_matches_is_applied(self, facts, selected):
        """P1."""
        book = PolicyBook.of(self.GOLD, self.SILVER, self.REST)
        assert book.select(request_with(**facts)).policy.name == selected

    def test_it_explains_what_was_tried(self):
        book = PolicyBook.of(self.GOLD, self.SILVER, self.REST, version="2026")
        selection = book.select(request_with(customer="hooli", tags=["vip"]))
        assert [tried.name for tried, _ in selection.tried] == ["gold", "silver"]
        assert selection.explain().splitlines() == [
            "R1 and the policies of version '2026':",
            "- gold does not match: customer is 'hooli', expected 'acme'",
            "- silver matches: tags is ['vip']",
        ]

    def test_no_policy_is_an_answer_with_reasons_too(self):
        selection = PolicyBook.of(self.GOLD).select(request_with())
        assert selection.policy is None
        assert selection.explain().splitlines() == [
            "R1 and the policies:",
            "- gold does not match: customer is unknown, expected 'acme'",
            "- no policy matches",
        ]
        assert PolicyBook.of(self.GOLD).due(request_with()) == {}

    def test_policy_without_conditions_matches_every_request(self):
        explained = PolicyBook.of(self.REST).select(request_with()).explain()
        assert explained.endswith("- rest matches: every request does")

    def test_matrix_gives_the_priority_that_is_missing(self):
        urgent = policy("urgent", "1h", priority="critical")
        book = PolicyBook.of(urgent, self.REST)
        selection = book.select(request_with(impact="high", urgency="high"))
        assert selection.policy is urgent
        assert selection.request.priority == "critical"
        assert (
            book.due(request_with(impact="high", urgency="high"))["resolution"].priority
            == "critical"
        )

    def test_given_priority_stands(self):
        request = request_with(impact="high", urgency="high", priority="low")
        assert PolicyBook.of(self.REST).select(request).request is request

    @pytest.mark.parametrize("facts", [{"impact": "high"}, {"urgency": "high"}, {}])
    def test_half_a_priority_is_none(self, facts):
        assert PolicyBook.of(self.REST).select(request_with(**facts)).request.priority is None

    def test_list_of_priorities_gives_none(self):
        book = PolicyBook.of(self.REST, matrix=PriorityMatrix.from_dict({}, ["p1", "p2"]))
        assert book.prioritised(request_with(impact="x", urgency="y")).priority is None

    def test_unknown_impact_is_said(self):
        with pytest.raises(UnknownName, match="unknown impact 'hihg'"):
            PolicyBook.of(self.REST).select(request_with(impact="hihg", urgency="low"))

    def test_due_under_the_policy_selected(self):
        book = PolicyBook.of(self.GOLD, self.REST)
        deadline = book.due(request_with(customer="acme"))["resolution"]
        assert deadline.due_at.isoformat() == "2026-03-09T09:30:00+01:00"


class TestVersions:
    JULY = datetime(2026, 7, 1, tzinfo=UTC)
    BOOK = PolicyBook([
        BookVersion("spring", datetime(2026, 1, 1, tzinfo=UTC), [policy("old")]),
        BookVersion("summer", JULY, [policy("new"), policy("newer")]),
    ])  # fmt: skip

    @pytest.mark.parametrize(
        ("opened_at", "version", "before_first"),
        [
            (datetime(2025, 12, 31, tzinfo=UTC), "spring", True),
            (datetime(2026, 1, 1, tzinfo=UTC), "spring", False),
            (JULY - timedelta(microseconds=1), "spring", False),
            (JULY, "summer", False),
            (datetime(2030, 1, 1, tzinfo=UTC), "summer", False),
        ],
    )
    def test_version_in_force_at_the_opening_governs(self, opened_at, version, before_first):
        """P2."""
        selection = self.BOOK.select(request_with(opened_at))
        assert (selection.version.name, selection.before_first) == (version, before_first)
        assert self.BOOK.version_at(opened_at).name == version

    def test_opened_before_the_first_version_is_flagged(self):
        """P2."""
        explained = self.BOOK.select(request_with(datetime(2020, 1, 1, tzinfo=UTC))).explain()
        assert "- opened before the first version held" in explained

    def test_order_of_writing_does_not_matter(self):
        turned = PolicyBook(tuple(reversed(self.BOOK.versions)))
        assert turned.version_at(self.JULY).name == "summer"
        assert turned.version_at(FRIDAY_FOUR).name == "spring"

    def test_what_held_ever_since_is_before_nothing(self):
        assert (
            not PolicyBook.of(policy())
            .select(request_with(datetime(1950, 1, 1, tzinfo=UTC)))
            .before_first
        )
        assert PolicyBook.of(policy()).versions[0].valid_from is None

    def test_validity_is_shown_in_utc(self):
        assert self.BOOK.versions[1].valid_from == self.JULY

    def test_applied_policies_are_found_again_by_name(self):
        assert self.BOOK.policies_named("new") == (policy("new"),)
        assert self.BOOK.policies_named("old", "spring") == (policy("old"),)
        assert self.BOOK.versions[1].policy("newer") == policy("newer")

    @pytest.mark.parametrize(
        ("name", "version", "problem"),
        [
            ("odl", None, "unknown policy 'odl': did you mean 'old'"),
            ("old", "summer", "unknown policy 'old'.* new, newer"),
            ("old", "sumer", "unknown version 'sumer': did you mean 'summer'"),
        ],
    )
    def test_names_that_are_none_are_said(self, name, version, problem):
        with pytest.raises(UnknownName, match=problem):
            self.BOOK.policies_named(name, version)

    def test_version_without_that_policy_says_so(self):
        with pytest.raises(UnknownName, match="unknown policy 'old'"):
            self.BOOK.versions[1].policy("old")

    def test_facts_that_matter_to_the_selection(self):
        version = BookVersion("v", None, [policy("a", customer="x"), policy("b", priority="low")])
        assert version.matched_facts == {"customer", "priority", "impact", "urgency"}
        assert BookVersion("v", None, [policy("a", tags="x")]).matched_facts == {"tags"}

    @pytest.mark.parametrize(
        ("make", "problem"),
        [
            (lambda: PolicyBook([]), "without versions"),
            (lambda: PolicyBook.of(policy(), policy()), "two policies are named 'gold'"),
            (
                lambda: PolicyBook([BookVersion(), BookVersion(valid_from=FRIDAY_FOUR)]),
                "two versions are named ''",
            ),
            (
                lambda: PolicyBook([BookVersion("a"), BookVersion("b")]),
                "the later version 'b' has no valid_from",
            ),
            (lambda: BookVersion("a", datetime(2026, 1, 1)), "valid_from is the naive datetime"),
            (
                lambda: PolicyBook.of(policy(), clocks={"update": DEFAULT_CLOCKS["resolution"]}),
                "the rule of the clock 'update' is named 'resolution'",
            ),
            (lambda: PolicyBook.of(calendars={"always": OFFICE}), "a calendar is named 'always'"),
            (lambda: PolicyBook.of(calendars={" ": OFFICE}), "a calendar's name says nothing"),
        ],
    )
    def test_books_that_contradict_themselves_are_refused(self, make, problem):
        with pytest.raises(InvalidValue, match=problem):
            make()

    def test_clocks_are_added_to_the_default_ones(self):
        rule = ClockRule("resolution", starts=["opened"], stops=["closed"])
        assert PolicyBook.of(policy(), clocks={"resolution": rule}).clocks == {
            **DEFAULT_CLOCKS,
            "resolution": rule,
        }

    def test_book_is_a_value(self):
        assert pickle.loads(pickle.dumps(self.BOOK)) == self.BOOK  # noqa: S301  # our own bytes


class TestCalendarsOfABook:
    AUSTIN = Calendar.from_dict(
        {"timezone": "America/Chicago", "hours": {"mon-fri": "09:00-17:30"}}, "austin"
    )
    REPAIRS = Calendar.from_dict({"timezone": "UTC", "hours": {"sun": "02:00-04:00"}}, "repairs")

    def calendars(self, *used, **named):
        targets = {f"{at}": Target("4h", calendar) for at, calendar in enumerate(used)}
        return PolicyBook.of(Policy("gold", {"resolution": targets}), calendars=named).calendars

    def test_every_calendar_that_a_target_uses_gets_its_name(self):
        assert self.calendars(OFFICE, always, OFFICE) == {"office": OFFICE}

    def test_given_name_goes_before_the_one_it_was_made_with(self):
        assert self.calendars(OFFICE, berlin=OFFICE) == {"berlin": OFFICE}

    def test_the_one_that_never_closes_needs_no_name(self):
        assert self.calendars(always, always=always) == {}

    def test_names_that_are_taken_get_a_number(self):
        made = self.calendars(self.AUSTIN.named("office"), self.REPAIRS.named(""), office=OFFICE)
        assert made == {"office": OFFICE, "office 2": self.AUSTIN, "calendar": self.REPAIRS}

    def test_sides_of_a_composed_one_are_named_too(self):
        sun = ((OFFICE | self.AUSTIN) - self.REPAIRS).named("sun")
        assert self.calendars(sun) == {
            "sun": sun,
            "office | austin": OFFICE | self.AUSTIN,
            "repairs": self.REPAIRS,
            "office": OFFICE,
            "austin": self.AUSTIN,
        }
        assert list(PolicyBook.of(calendars={"sun": sun}).calendars) == list(self.calendars(sun))

    def test_operands_of_one_operator_are_one_list(self):
        assert sides(OFFICE | self.AUSTIN | self.REPAIRS) == (OFFICE, self.AUSTIN, self.REPAIRS)
        assert sides(OFFICE | (self.AUSTIN | self.REPAIRS)) == (OFFICE, self.AUSTIN | self.REPAIRS)
        assert sides(OFFICE - self.AUSTIN - self.REPAIRS) == (OFFICE, self.AUSTIN, self.REPAIRS)
        assert sides(OFFICE) == ()


class TestSlips:
    """What cannot be meant is said in words, not by the first attribute that is missing."""

    @pytest.mark.parametrize(
        ("slip", "said"),
        [
            (lambda: Policy(5, {}), "found 5; expected the name of a policy"),
            (lambda: Policy("x", []), "targets are .*: expected a table of clocks"),
            (lambda: Policy("x", {5: Target("4h")}), "found 5; expected the name of a clock"),
            (
                lambda: Policy("x", {"resolution": {5: Target("4h")}}),
                "resolution.5: found 5; expected the name of a priority",
            ),
            (lambda: Policy("x", {}, when=["a"]), "when is .'a'.: expected a table of facts"),
            (lambda: PolicyBook.of("x"), "policies: found 'x'; expected each to be a Policy"),
            (lambda: PolicyBook.of([policy()]), "expected each to be a Policy"),
            (lambda: PolicyBook(None), "versions are None: expected a list, each a BookVersion"),
            (lambda: PolicyBook("x"), "versions are 'x': expected a list"),
            (lambda: PolicyBook.of(clocks={"a": "b"}), "the clock 'a' is 'b': expected a ClockR"),
            (lambda: PolicyBook.of(clocks=["a"]), "clocks are .'a'.: expected a table"),
            (lambda: PolicyBook.of(calendars={"a": "b"}), "'a' is 'b': expected a Calendar"),
            (lambda: PolicyBook.of(calendars=["a"]), "calendars are .'a'.: expected a table"),
            (lambda: PolicyBook.of(matrix=None), "matrix is None: expected a PriorityMatrix"),
            (lambda: BookVersion(5), "name of a version is 5"),
            (lambda: ClockRule(5, ["opened"], ["closed"]), "name of a clock is 5"),
            (lambda: ClockRule("x", None, ["closed"]), "expected a list of names, found None"),
            (lambda: ClockRule("x", [5], ["closed"]), "found 5 in a list of names: expected text"),
            (lambda: ClockRule("x", ["opened"], ["closed"], pauses=[" "]), "found ' ' in a list"),
            (lambda: ClockRule("x", ["opened"], ["status: "]), "'status: ' names no status"),
            (
                lambda: ClockRule("x", ["opened"], ["status:done"]),
                "'status:done': write 'status: done' with one space",
            ),
        ],
    )
    def test_slip_is_an_invalid_value(self, slip, said):
        with pytest.raises(InvalidValue, match=said):
            slip()

    def test_version_without_a_name_is_listed_as_such(self):
        with pytest.raises(UnknownName, match="'nope': Known: the one without a name"):
            PolicyBook.of(policy()).policies_named("gold", "nope")


class TestFrozen:
    def test_nobody_can_change_what_is_owed(self):
        targets = {"resolution": {"*": Target("4h")}}
        gold = Policy("gold", targets, {"tags": "vip"})
        book = PolicyBook.of(gold)
        targets["resolution"]["*"] = Target("8h")
        assert gold.target("resolution", None) == Target("4h")
        for table in (
            gold.targets, gold.targets["resolution"], gold.when, book.clocks, book.calendars,
        ):  # fmt: skip
            with pytest.raises(TypeError):
                table["resolution"] = None

    def test_equal_values_have_equal_hashes_and_survive_a_pickle(self):
        gold = Policy("gold", {"resolution": Target("4h", OFFICE)}, {"tags": "vip"})
        book = PolicyBook.of(gold)
        for value in (gold, book, book.versions[0], book.select(request_with(tags=["vip"]))):
            again = pickle.loads(pickle.dumps(value))  # noqa: S301  # our own bytes
            assert again == value
            assert len({again, value}) == 1
