"""Public holidays by country, from the `holidays` package (extra ``holidays``)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from servicecore.errors import InvalidValue, MissingExtra


def country_holidays(code: str, years: Iterable[int]) -> dict[date, str]:
    """The public holidays of a country, or of a part of it, in the given years, with their names.

    `code` is an ISO 3166 code: ``"DE"``, or ``"DE-BE"`` for one of its subdivisions. Names are in
    English where the package has them.

    >>> country_holidays("DE-BE", [2026])[date(2026, 3, 8)]
    "International Women's Day"
    """
    try:
        import holidays
    except ImportError:
        raise MissingExtra("holidays by country", "holidays") from None
    country, _, subdivision = code.partition("-")
    known = holidays.list_supported_countries()
    if country not in known or (subdivision and subdivision not in known[country]):
        expected = "expected an ISO 3166 code such as 'DE' or 'DE-BE'"
        raise InvalidValue(f"no holidays are known for {code!r}: {expected}")
    try:
        found = holidays.country_holidays(
            country, subdiv=subdivision or None, years=years, language="en_US", expand=False
        )
    except ValueError as problem:
        raise InvalidValue(f"holidays of {code!r}: {problem}") from None
    return {day: str(name) for day, name in sorted(found.items())}
