"""Tallies are merged where they were asked the same, of the same instant (M3, M9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from servicecore.errors import InvalidValue
from servicecore.instants import DAY
from servicecore.metrics.attainment import AttainmentTally
from servicecore.metrics.categories import CategoryTally
from servicecore.metrics.cohort import Period
from servicecore.metrics.defection import DefectionTally, Prior
from servicecore.metrics.follow_up import FollowUpTally
from servicecore.metrics.handoffs import HandoffTally
from servicecore.metrics.hotspots import HotspotTally
from servicecore.metrics.ledger import PromiseTally
from servicecore.metrics.over_delivery import OverDeliveryTally
from servicecore.metrics.productivity import ProductivityTally
from servicecore.metrics.resolutions import ResolutionTally
from servicecore.metrics.severity import SeverityTally
from servicecore.metrics.silence import SilenceTally
from servicecore.metrics.throughput import FlowTally
from servicecore.metrics.workload import WorkloadTally, owning_person
from servicecore.sla import Calendar
from tests.metrics.kit import after, opened, situation

MARCH, APRIL = Period(after(0), after(9)), Period(after(9), after(99))
OFFICE = Calendar.from_dict({"timezone": "UTC", "hours": {"mon-fri": "09:00-17:00"}})
PRIOR = Prior(1, DAY)

TALLIES: dict[str, Callable[[], Any]] = {
    "attainment": AttainmentTally,
    "severity": SeverityTally,
    "flow": FlowTally,
    "resolutions": ResolutionTally,
    "handoffs": HandoffTally,
    "promises": PromiseTally,
    "silence": SilenceTally,
    "over-delivery": OverDeliveryTally,
    "follow-ups": lambda: FollowUpTally(0, DAY),
    "hotspots": lambda: HotspotTally(MARCH),
    "workload": WorkloadTally,
    "productivity": ProductivityTally,
    "categories": lambda: CategoryTally("kind"),
    "defection": lambda: DefectionTally(PRIOR),
}

UNLIKE: dict[str, tuple[Any, Any]] = {
    "attainment": (AttainmentTally(MARCH), AttainmentTally(APRIL)),
    "severity by period": (SeverityTally(period=MARCH), SeverityTally()),
    "severity by clock": (SeverityTally("update"), SeverityTally("resolution")),
    "resolutions": (ResolutionTally(MARCH), ResolutionTally()),
    "handoffs by period": (HandoffTally(None, MARCH), HandoffTally()),
    "handoffs by front": (HandoffTally(frozenset({"desk"})), HandoffTally()),
    "promises by kind": (PromiseTally("delivery"), PromiseTally("checkpoint")),
    "silence": (SilenceTally(OFFICE), SilenceTally()),
    "over-delivery": (OverDeliveryTally(MARCH), OverDeliveryTally()),
    "follow-ups": (FollowUpTally(0, DAY), FollowUpTally(0, 2 * DAY)),
    "hotspots by period": (HotspotTally(MARCH), HotspotTally(APRIL)),
    "hotspots by fact": (HotspotTally(MARCH), HotspotTally(MARCH, by="item")),
    "workload": (WorkloadTally(), WorkloadTally(owning_person)),
    "productivity": (ProductivityTally(), ProductivityTally(by="kind")),
    "categories": (CategoryTally("kind"), CategoryTally("channel")),
    "defection": (DefectionTally(PRIOR), DefectionTally(Prior(2, DAY))),
}


@pytest.mark.parametrize("make", TALLIES.values(), ids=TALLIES)
def test_take_situations_of_one_instant(make: Callable[[], Any]) -> None:
    tally, other = make(), make()
    tally.add(situation(opened(), at=1))
    with pytest.raises(InvalidValue, match="expected all at the same instant"):
        tally.add(situation(opened(), at=2))
    other.add(situation(opened(), at=2))
    with pytest.raises(InvalidValue, match="expected all at the same instant"):
        tally.merge(other)


@pytest.mark.parametrize("make", TALLIES.values(), ids=TALLIES)
def test_take_in_one_that_has_counted_nothing(make: Callable[[], Any]) -> None:
    tally, empty = make(), make()
    tally.add(situation(opened(), at=1))
    before = tally.instant
    tally.merge(empty)
    empty.merge(tally)
    assert tally.instant == empty.instant == before


@pytest.mark.parametrize("pair", UNLIKE.values(), ids=UNLIKE)
def test_are_not_merged_where_they_were_asked_something_else(pair: tuple[Any, Any]) -> None:
    one, other = pair
    with pytest.raises(InvalidValue, match="expected the same one"):
        one.merge(other)
