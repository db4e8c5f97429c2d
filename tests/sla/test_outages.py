"""Outages of composed services, compared with a look at every instant (P4)."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.errors import InvalidValue
from servicecore.sla.availability import availability
from servicecore.sla.calendar import always
from servicecore.sla.outages import (
    Outage,
    in_parallel,
    in_series,
    parallel_outages,
    series_outages,
)

LAST = 30

spans = st.tuples(st.integers(0, LAST), st.none() | st.integers(0, 12), st.sampled_from("xyz"))
outages = spans.map(
    lambda span: Outage(span[0], None if span[1] is None else span[0] + span[1], span[2])
)
services = st.lists(st.lists(outages, max_size=4), min_size=1, max_size=4)
shares = st.lists(st.floats(0, 1), min_size=1, max_size=5)


def is_down(service, at):
    return any(o.start <= at and (o.end is None or at < o.end) for o in service)


@given(services, st.data())
def test_a_look_at_every_instant_gives_the_same(lists, data):
    """k of n: down where fewer than `needed` services are there."""
    needed = data.draw(st.integers(1, len(lists)))
    composed = parallel_outages(*lists, needed=needed)
    for at in range(3 * LAST):
        there = sum(not is_down(service, at) for service in lists)
        assert is_down(composed, at) == (there < needed), at
    assert all(before.end < after.start for before, after in pairwise(composed))
    assert all(each.end is None or each.start < each.end for each in composed)


@given(services)
def test_series_is_the_union_and_parallel_the_intersection(lists):
    everything = [outage for service in lists for outage in service]
    assert series_outages(*lists) == series_outages(everything)
    assert series_outages(*lists) == parallel_outages(*lists, needed=len(lists))
    for at in range(2 * LAST):
        assert is_down(parallel_outages(*lists), at) == all(is_down(each, at) for each in lists)


@given(services)
def test_measured_series_is_no_better_than_its_worst_part(lists):
    """And parallel no worse than its best one, whether failures are independent or not."""

    def uptime(service):
        return availability(always, service, start=0, end=2 * LAST).uptime

    parts = [uptime(service) for service in lists]
    assert uptime(series_outages(*lists)) <= min(parts)
    assert uptime(parallel_outages(*lists)) >= max(parts)


@given(services)
def test_reasons_are_those_of_the_outages_that_meet_there(lists):
    for composed in series_outages(*lists):
        end = 10 * LAST if composed.end is None else composed.end
        meeting = {
            outage.reason
            for service in lists
            for outage in service
            if is_down([outage], max(outage.start, composed.start)) and outage.start < end
        }
        assert set(composed.reason.split("; ")) == meeting


@given(shares)
def test_series_is_no_better_than_its_worst_part_and_parallel_no_worse_than_its_best(values):
    """To the last bit: no rounding turns it round."""
    assert in_series(*values) <= min(values)
    assert in_parallel(*values) >= max(values)


@given(shares)
def test_one_is_the_other_of_what_is_missing(values):
    missing = [1 - value for value in values]
    assert in_parallel(*values) == pytest.approx(1 - in_series(*missing), abs=1e-12)


def test_figures_from_the_books():
    """Three components of 99 %: in series 97.03 %, in parallel 99.9999 %."""
    assert in_series(0.99, 0.99, 0.99) == pytest.approx(0.970299)
    assert in_parallel(0.99, 0.99, 0.99) == pytest.approx(0.999999)
    assert in_series(1, 0) == 0
    assert in_parallel(1, 0) == 1


def test_two_of_three():
    lists = [Outage(0, 10, "a")], [Outage(5, 15, "b")], [Outage(12, 20, "c")]
    assert parallel_outages(*lists, needed=2) == (Outage(5, 10, "a; b"), Outage(12, 15, "b; c"))


def test_what_touches_from_one_service_to_the_next():
    lists = [Outage(0, 5, "a")], [Outage(5, 9, "b")]
    assert series_outages(*lists) == (Outage(0, 9, "a; b"),)
    assert parallel_outages(*lists) == ()


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        (lambda: Outage(2, 1), "an outage ends before it starts"),
        (lambda: Outage(datetime(2026, 1, 1)), "start is the naive datetime"),
        (lambda: Outage(1, "later"), "end is 'later'"),
        (lambda: Outage(1, 2, 3), "the reason of an outage is 3: expected text"),
        (in_series, "no shares"),
        (in_parallel, "no shares"),
        (lambda: in_series(99.9), "an availability is 99.9: expected a share such as 0.999"),
        (lambda: in_series(float("nan")), "an availability is nan"),
        (lambda: in_parallel(True), "an availability is True"),
        (lambda: in_parallel("1"), "an availability is '1'"),
        (series_outages, "needed is 0 of 0 services"),
        (lambda: parallel_outages([], needed=2), "needed is 2 of 1 services"),
        (lambda: parallel_outages([], needed=1.0), "needed is 1.0 of 1 services"),
        (lambda: series_outages(Outage(1, 2)), "outages are Outage.*: expected a list"),
        (lambda: series_outages([(1, 2)]), "outages: found"),
    ],
)
def test_what_is_refused(call, problem):
    with pytest.raises(InvalidValue, match=problem):
        call()
