"""Requests, and the priority that impact and urgency give."""

import pickle
from datetime import UTC, datetime, timedelta, timezone

import pytest

from servicecore.errors import InvalidValue, UnknownName
from servicecore.faults import FaultyTable
from servicecore.lifecycle.events import Actor, FactsChanged, Opened, Side
from servicecore.requests import (
    DEFAULT_MATRIX,
    Impact,
    Kind,
    Priority,
    PriorityMatrix,
    Request,
    Urgency,
)

OPENED = datetime(2026, 3, 6, 16, tzinfo=UTC)


def request_with(**facts):
    return Request(id="R1", opened_at=OPENED, **facts)


class TestRequest:
    def test_opening_is_kept_as_an_instant_and_shown_in_utc(self):
        """T1: any aware datetime comes in."""
        moment = datetime(2026, 3, 6, 17, tzinfo=timezone(timedelta(hours=1)))
        assert Request(id="R1", opened_at=moment).opened_at == OPENED

    def test_naive_opening_is_refused_by_name(self):
        with pytest.raises(InvalidValue, match="opened_at is the naive datetime"):
            Request(id="R1", opened_at=datetime(2026, 3, 6, 16))

    def test_fact_finds_own_ones_and_fields(self):
        request = request_with(customer="acme", tags=["vip"], fields={"floor": 3})
        assert request.fact("customer") == "acme"
        assert request.fact("kind") == Kind.INCIDENT
        assert request.fact("tags") == {"vip"}
        assert request.fact("floor") == 3

    def test_fact_that_nobody_knows_is_none(self):
        assert request_with().fact("floor") is None

    def test_facts_that_are_no_requests_own_go_to_its_fields(self):
        request = request_with(fields={"floor": 3}).with_facts({"priority": "high", "room": "a"})
        assert request.priority == "high"
        assert request.fields == {"floor": 3, "room": "a"}

    def test_made_of_facts_it_is_the_same(self):
        facts = {"customer": "acme", "tags": ["vip"], "floor": 3}
        made = Request.from_facts("R1", OPENED, facts)
        assert made == request_with(customer="acme", tags=["vip"], fields={"floor": 3})

    def test_changed_facts_leave_the_request_as_it_was(self):
        before = request_with(fields={"floor": 3})
        before.with_facts({"floor": 4})
        assert before.fact("floor") == 3

    def test_tags_are_a_set_of_words(self):
        with pytest.raises(InvalidValue, match="tags is 'vip': expected a set"):
            request_with(tags="vip")


class TestPriority:
    @pytest.mark.parametrize("reason", ["", "  \n"])
    def test_override_without_a_reason_is_refused(self, reason):
        with pytest.raises(InvalidValue, match="needs a reason"):
            Priority("critical", "override", reason=reason)

    def test_a_priority_comes_from_the_matrix_or_an_override(self):
        with pytest.raises(InvalidValue, match="source is 'guess'"):
            Priority("critical", "guess", reason="because")

    def test_override_keeps_what_the_levels_were(self):
        priority = DEFAULT_MATRIX.override(
            "critical", "their shop is closed", impact="low", urgency="high"
        )
        assert str(priority) == "critical"
        assert (priority.source, priority.reason) == ("override", "their shop is closed")
        assert (priority.impact, priority.urgency) == ("low", "high")

    def test_override_to_a_level_that_is_none_is_refused_with_the_known_ones(self):
        with pytest.raises(UnknownName, match="did you mean 'critical'"):
            DEFAULT_MATRIX.override("critcal", "their shop is closed")


class TestMatrix:
    @pytest.mark.parametrize(
        ("impact", "urgency", "level"),
        [
            ("high", "high", "critical"),
            ("high", "medium", "high"),
            ("medium", "high", "high"),
            ("medium", "medium", "moderate"),
            ("high", "low", "moderate"),
            ("low", "high", "moderate"),
            ("medium", "low", "low"),
            ("low", "medium", "low"),
            ("low", "low", "low"),
        ],
    )
    def test_default_is_the_usual_three_by_three(self, impact, urgency, level):
        priority = DEFAULT_MATRIX.priority(Impact(impact), Urgency(urgency))
        assert priority == Priority(level, "matrix", impact=impact, urgency=urgency)

    def test_default_is_written_as_plain_text(self):
        """A file can hold it: no enumeration is left in it."""
        table = DEFAULT_MATRIX.to_dict()
        assert {type(name) for row in table.values() for name in (*table, *row)} == {str}

    def test_every_missing_cell_is_named(self):
        with pytest.raises(FaultyTable) as refused:
            PriorityMatrix.from_dict({"high": {"now": "a"}, "low": {"later": "b"}, "none": {}})
        assert [fault.path for fault in refused.value.faults] == [
            ("matrix", "high", "later"),
            ("matrix", "low", "now"),
            ("matrix", "none", "now"),
            ("matrix", "none", "later"),
        ]

    def test_rows_without_any_cell_are_refused(self):
        with pytest.raises(FaultyTable, match=r"matrix\.high: has no cells"):
            PriorityMatrix.from_dict({"high": {}}, ["a"])

    def test_priorities_are_ordered_as_they_first_appear(self):
        matrix = PriorityMatrix.from_dict(
            {"1": {"1": "p1", "2": "p2"}, "2": {"1": "p1", "2": "p3"}}
        )
        assert matrix.priorities == ("p1", "p2", "p3")

    def test_given_order_may_hold_priorities_that_only_an_override_gives(self):
        matrix = PriorityMatrix.from_dict({"1": {"1": "p2"}}, ["p1", "p2"])
        assert matrix.priorities == ("p1", "p2")
        assert matrix.override("p1", "the board said so").level == "p1"

    def test_order_without_cells_is_a_list_of_priorities(self):
        assert PriorityMatrix.from_dict({}, ["p1", "p2"]).priorities == ("p1", "p2")

    @pytest.mark.parametrize(
        ("table", "order", "problem"),
        [
            ({}, None, "no priorities"),
            ({"1": {"1": "p1"}}, ["p2"], "order: leaves out 'p1'"),
            ({"1": {"1": "p1"}}, ["p1", "p1"], r"order\[1\]: 'p1' is listed twice"),
            ({"1": {"1": "*"}}, None, r"matrix.1.1: found '\*'"),
            ({"1": {"1": " "}}, None, "matrix.1.1: found ' '"),
            ({"1": {"1": 1}}, None, "matrix.1.1: found 1"),
            ({"1": {"1": "p1"}}, "p1", "priorities are 'p1': expected a list"),
        ],
    )
    def test_what_gives_no_priorities_is_refused(self, table, order, problem):
        with pytest.raises(InvalidValue, match=problem):
            PriorityMatrix.from_dict(table, order)

    def test_unknown_levels_are_named_with_the_known_ones(self):
        with pytest.raises(UnknownName, match="unknown impact 'hihg': did you mean 'high'"):
            DEFAULT_MATRIX.priority("hihg", "low")
        with pytest.raises(UnknownName, match=r"unknown urgency 'soon'.*high, low, medium"):
            DEFAULT_MATRIX.priority("high", "soon")

    def test_matrix_is_a_value(self):
        again = PriorityMatrix.from_dict(DEFAULT_MATRIX.to_dict(), DEFAULT_MATRIX.priorities)
        assert again == DEFAULT_MATRIX
        assert pickle.loads(pickle.dumps(again)) == again  # noqa: S301  # our own bytes


class TestSlips:
    """What cannot be meant is said in words, not by the first attribute that is missing."""

    @pytest.mark.parametrize(
        ("slip", "said"),
        [
            (lambda: request_with(tags=5), "tags is 5: expected a set of words"),
            (lambda: request_with(tags=[["vip"]]), "expected a set of words"),
            (lambda: request_with(fields=None), "fields is None: expected a table of facts"),
            (lambda: PriorityMatrix(None), "the matrix is None: expected a table of impacts"),
            (lambda: PriorityMatrix.from_dict({"a": ["b"]}), "matrix.a: found .'b'.; expected"),
            (lambda: PriorityMatrix.from_dict({"a": {"b": ["c"]}}), "matrix.a.b: found .'c'."),
            (lambda: PriorityMatrix({}, 5), "priorities are 5: expected a list of names"),
            (lambda: DEFAULT_MATRIX.override("critical", None), "needs a reason"),
        ],
    )
    def test_slip_is_an_invalid_value(self, slip, said):
        with pytest.raises(InvalidValue, match=said):
            slip()

    @pytest.mark.parametrize("name", [5, None, ["high"]])
    def test_name_that_is_no_text_is_unknown(self, name):
        with pytest.raises(UnknownName, match="unknown impact"):
            DEFAULT_MATRIX.priority(name, "high")
        with pytest.raises(UnknownName, match="unknown urgency"):
            DEFAULT_MATRIX.priority("high", name)

    def test_side_that_nobody_is_on(self):
        with pytest.raises(InvalidValue, match="side is 'foo': expected one of 'customer', 'desk'"):
            Actor("x", "foo")
        assert Actor("x", "customer").side is Side.CUSTOMER


class TestFrozen:
    def test_facts_of_the_caller_are_copied(self):
        facts = {"floor": 3}
        request = request_with(fields=facts)
        facts["floor"] = 4
        assert request.fact("floor") == 3

    def test_matrix_cannot_be_changed(self):
        with pytest.raises(TypeError):
            DEFAULT_MATRIX.cells["high"]["high"] = "low"
        with pytest.raises(TypeError):
            DEFAULT_MATRIX.cells["huge"] = {}

    def test_equal_values_have_equal_hashes(self):
        """A frozen value is a key, whatever tables it holds."""
        for value, other in [
            (request_with(fields={"floor": 3}), request_with(fields={"floor": 3})),
            (DEFAULT_MATRIX, PriorityMatrix(DEFAULT_MATRIX.to_dict())),
            (
                Opened(request="R1", occurred_at=0, facts={"kind": "change"}),
                Opened(request="R1", occurred_at=0, facts={"kind": "change"}),
            ),
            (
                FactsChanged(request="R1", occurred_at=0, facts={"tags": frozenset("a")}),
                FactsChanged(request="R1", occurred_at=0, facts={"tags": frozenset("a")}),
            ),
        ]:
            assert value == other
            assert len({value, other}) == 1

    def test_all_wrong_cells_are_named_at_once(self):
        with pytest.raises(FaultyTable) as refusal:
            PriorityMatrix({"high": {"now": "p1", "later": "p2"}, "low": {"now": ""}})
        assert [str(fault) for fault in refusal.value.faults] == [
            "matrix.low.now: found ''; expected the name of a priority",
            "matrix.low.later: missing; expected the priority",
        ]
