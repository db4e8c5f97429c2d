"""Service credits: what a customer gets back where availability was too low."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from itertools import pairwise

from attrs import field, frozen

from servicecore.errors import InvalidValue
from servicecore.instants import duration_text
from servicecore.sla.availability import Availability

Number = str | int | float | Decimal
Tier = tuple[Decimal, Decimal]

DECIMALS = 12
WRITTEN = "tiers such as {'99.9': 10, '99': 25}: below 99.9 % a credit of 10 %"


def _tiers(written: Mapping[Number, Number] | Iterable[tuple[Number, Number]]) -> tuple[Tier, ...]:
    pairs = written.items() if isinstance(written, Mapping) else _pairs(written)
    tiers = sorted(((_percent(below), _percent(credit)) for below, credit in pairs), reverse=True)
    if not tiers:
        raise InvalidValue(f"there are no tiers: expected {WRITTEN}")
    for (below, credit), (lower, larger) in pairwise(tiers):
        if below == lower:
            raise InvalidValue(f"two tiers are below {below} %: expected one")
        if larger < credit:
            less = f"less than the {credit} % below {below} %"
            raise InvalidValue(f"below {lower} % the credit is {larger} %, {less}: expected more")
    return tuple(tiers)


def _pairs(written: object) -> list[tuple[Number, Number]]:
    if isinstance(written, str) or not isinstance(written, Iterable):
        raise InvalidValue(f"tiers are {written!r}: expected {WRITTEN}")
    pairs = list(written)
    for pair in pairs:
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise InvalidValue(f"a tier is {pair!r}: expected a pair such as ('99.9', 10)")
    return pairs


def _percent(written: object) -> Decimal:
    """A decimal number of percent; a float is the number that it is written as."""
    percent = Decimal("nan")
    if isinstance(written, str | int | float | Decimal) and not isinstance(written, bool):
        with suppress(InvalidOperation):
            percent = Decimal(str(written))
    if not percent.is_finite() or not 0 < percent <= 100:
        raise InvalidValue(f"a tier has {written!r}: expected percent, more than 0 and up to 100")
    if round(percent, DECIMALS) != percent:  # 1e-999999999 would take all memory to compare
        raise InvalidValue(f"a tier has {written!r}: expected up to {DECIMALS} decimals")
    return percent


@frozen
class CreditTiers:
    """By how much of the price a customer is credited for which availability, in percent.

    Each tier is a threshold and the credit strictly below it; availability that is exactly at a
    threshold keeps it. Of several that are missed the lowest counts. Thresholds and credits are
    numbers of percent, more than 0 and up to 100, as text, `Decimal` or numbers: 99.9 is exactly
    that. Raises `InvalidValue` where a lower threshold has a smaller credit.

    >>> CreditTiers({"99.9": 10, "99": 25}) == CreditTiers([(99, 25), (99.9, 10)])
    True
    """

    tiers: tuple[Tier, ...] = field(converter=_tiers)


@frozen
class Credit:
    """A credit in percent of the price, 0 for none, and the threshold that was missed, or None.

    `percent` is None where there was no agreed service time to judge by.
    """

    percent: Decimal | None
    below: Decimal | None
    reason: str


def service_credit(measured: Availability, tiers: CreditTiers) -> Credit:
    """The credit for a measured availability, compared exactly, without rounding.

    Availability is below t % where uptime · 100 < t · agreed service time, in whole microseconds.

    >>> from servicecore.sla.calendar import always
    >>> from servicecore.sla.availability import availability
    >>> from servicecore.sla.outages import Outage
    >>> hour = 3_600_000_000
    >>> month = availability(always, [Outage(0, hour)], start=0, end=720 * hour)
    >>> print(service_credit(month, CreditTiers({"99.9": 10, "99": 25})).reason)
    down 1h of 720h, below 99.9 %, which allows 43m 12s: a credit of 10 %
    """
    _check(measured, tiers)
    if not measured.agreed:
        return Credit(None, None, "no agreed service time")
    missed = [tier for tier in tiers.tiers if _is_below(measured, tier[0])]
    down = f"down {duration_text(measured.downtime)} of {duration_text(measured.agreed)}"
    if not missed:
        highest = tiers.tiers[0][0]
        return Credit(Decimal(0), None, f"{down}, {_allowed('not below', highest, measured)}")
    below, percent = missed[-1]
    text = f"{down}, {_allowed('below', below, measured)}: a credit of {percent} %"
    return Credit(percent, below, text)


def _check(measured: object, tiers: object) -> None:
    if not isinstance(measured, Availability):
        raise InvalidValue(f"measured is {measured!r}: expected an Availability")
    if not isinstance(tiers, CreditTiers):
        raise InvalidValue(f"tiers are {tiers!r}: expected CreditTiers")


def _is_below(measured: Availability, percent: Decimal) -> bool:
    return measured.uptime * 100 < Fraction(percent) * measured.agreed


def _allowed(verdict: str, percent: Decimal, measured: Availability) -> str:
    allowed = measured.agreed * (100 - Fraction(percent)) // 100
    return f"{verdict} {percent} %, which allows {duration_text(allowed)}"
