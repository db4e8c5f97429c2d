"""Service credits by tiers: exact at every threshold."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.errors import InvalidValue
from servicecore.instants import HOUR, MINUTE
from servicecore.sla.availability import availability
from servicecore.sla.calendar import always
from servicecore.sla.credits import CreditTiers, service_credit
from servicecore.sla.outages import Outage

TIERS = CreditTiers({"99.9": 10, "99": 25})
MONTH = 720 * HOUR


def month(downtime, agreed=MONTH):
    return availability(always, [Outage(0, downtime)], start=0, end=agreed)


tenths = st.integers(1, 1000)
many_tiers = st.lists(
    st.tuples(tenths, tenths), min_size=1, max_size=5, unique_by=lambda tier: tier[0]
).map(
    lambda tiers: [
        (threshold, credit)
        for (threshold, _), credit in zip(
            sorted(tiers, reverse=True), sorted(credit for _, credit in tiers), strict=True
        )
    ]
)


@given(many_tiers, st.integers(1, 10_000), st.data())
def test_integers_give_the_same(tiers, agreed, data):
    """Strictly below t tenths of a percent: uptime · 1000 < t · agreed, and the lowest counts."""
    downtime = data.draw(st.integers(0, agreed))
    # Written as decimals they are what they were as tenths.
    written = {f"{threshold / 10}": f"{credit / 10}" for threshold, credit in tiers}
    credit = service_credit(month(downtime, agreed), CreditTiers(written))
    missed = [each for each in tiers if (agreed - downtime) * 1000 < each[0] * agreed]
    if missed:
        threshold, percent = min(missed)
        assert (credit.percent * 10, credit.below * 10) == (percent, threshold)
    else:
        assert (credit.percent, credit.below) == (0, None)


@given(st.integers(0, MONTH), st.integers(0, MONTH))
def test_more_downtime_never_gives_less(one, other):
    fewer, more = sorted([one, other])
    assert service_credit(month(fewer), TIERS).percent <= service_credit(month(more), TIERS).percent


@pytest.mark.parametrize(
    ("downtime", "percent"),
    [
        (0, 0),
        (MONTH // 1000, 0),
        (MONTH // 1000 + 1, 10),
        (MONTH // 100, 10),
        (MONTH // 100 + 1, 25),
        (MONTH, 25),
    ],
)
def test_a_threshold_is_kept_by_what_is_exactly_at_it(downtime, percent):
    assert service_credit(month(downtime), TIERS).percent == percent


def test_floats_are_what_they_are_written_as():
    """99.9 as a double is more than 99.9; one minute in a thousand would miss it."""
    tiers = CreditTiers({99.9: 10.5})
    assert tiers.tiers == ((Decimal("99.9"), Decimal("10.5")),)
    assert service_credit(month(MINUTE, 1000 * MINUTE), tiers).percent == 0


@pytest.mark.parametrize(
    ("downtime", "reason"),
    [
        (44 * MINUTE, "down 44m of 720h, below 99.9 %, which allows 43m 12s: a credit of 10 %"),
        (43 * MINUTE, "down 43m of 720h, not below 99.9 %, which allows 43m 12s"),
        (8 * HOUR, "down 8h of 720h, below 99 %, which allows 7h 12m: a credit of 25 %"),
        (
            MONTH // 1000 + 1,
            "down 43m 12.000001s of 720h, below 99.9 %, which allows 43m 12s: a credit of 10 %",
        ),
    ],
)
def test_the_reason_shows_what_decided(downtime, reason):
    assert service_credit(month(downtime), TIERS).reason == reason


def test_no_agreed_time_gives_no_verdict():
    """P4: and not a credit of nothing."""
    credit = service_credit(month(0, 0), TIERS)
    assert (credit.percent, credit.below) == (None, None)
    assert credit.reason == "no agreed service time"


@pytest.mark.parametrize(
    ("tiers", "problem"),
    [
        ({}, "there are no tiers"),
        ("99.9", "tiers are '99.9'"),
        (99.9, "tiers are 99.9"),
        ([99.9], "a tier is 99.9: expected a pair"),
        ([("99.9", 10, 1)], "a tier is .*: expected a pair"),
        ({"99.9": 10, 99.90: 20}, "two tiers are below 99.9 %"),
        ({"99.9": 25, "99": 10}, "below 99 % the credit is 10 %, less than the 25 % below 99.9 %"),
        ({"high": 10}, "a tier has 'high': expected percent"),
        ({"nan": 10}, "a tier has 'nan'"),
        ({True: 10}, "a tier has True"),
        ({"99.9": None}, "a tier has None"),
        ({"100.1": 10}, "a tier has '100.1': expected percent, more than 0 and up to 100"),
        ({"99": 0}, "a tier has 0: expected percent, more than 0 and up to 100"),
        ({"1e-999999999": 10}, "a tier has '1e-999999999': expected up to 12 decimals"),
    ],
)
def test_tiers_that_are_refused(tiers, problem):
    with pytest.raises(InvalidValue, match=problem):
        CreditTiers(tiers)


def test_other_values_are_refused():
    with pytest.raises(InvalidValue, match="tiers are"):
        service_credit(month(0), {"99.9": 10})
    with pytest.raises(InvalidValue, match=r"measured is 0\.99"):
        service_credit(0.99, TIERS)
