"""Public holidays by country, from the `holidays` package (extra ``holidays``)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from servicecore.errors import InvalidValue, MissingExtra
from servicecore.sla.years import FIRST_YEAR, LAST_YEAR


def country_holidays(code: str, years: Collection[int]) -> dict[date, str]:
    """The public holidays of a country, or of a part of it, in the given years, with their names.

    `code` is an ISO 3166 code: ``"DE"``, or ``"DE-BE"`` for one of its subdivisions. Names are in
    English where the package has them. Where a holiday is observed on another day too, that day is
    one as well. Raises `InvalidValue` for a code that the package does not know, and for a year
    beyond its knowledge of the country (of some it ends with this year); `MissingExtra` without
    the package.

    >>> country_holidays("DE-BE", [2026])[date(2026, 10, 3)]
    'German Unity Day'
    """
    try:
        import holidays
    except ImportError:
        raise MissingExtra("holidays by country", "holidays") from None
    country, subdivision = _parts(code, holidays.list_supported_countries())
    try:
        found = holidays.country_holidays(
            country, subdiv=subdivision, years=years, language="en_US", expand=False
        )
    except Exception as problem:  # for years that it lacks it raises just anything
        span = f"{min(years)} to {max(years)}"
        raise InvalidValue(f"no holidays are known for {code!r} in all of {span}") from problem
    # Older versions of the package do not say what they know.
    first, last = getattr(found, "start_year", FIRST_YEAR), getattr(found, "end_year", LAST_YEAR)
    if unknown := [year for year in years if not first <= year <= last]:
        expected = f"expected years from {first} to {last}"
        raise InvalidValue(f"no holidays are known for {code!r} in {unknown[0]}: {expected}")
    return {day: str(name) for day, name in sorted(found.items())}


def _parts(code: str, known: dict[str, list[str]]) -> tuple[str, str | None]:
    """The country and the subdivision that a code names."""
    country, _, subdivision = code.partition("-")
    if country not in known:
        expected = "expected an ISO 3166 code such as 'DE' or 'DE-BE'"
        raise InvalidValue(f"no holidays are known for {code!r}: {expected}")
    if "-" in code and subdivision not in known[country]:
        expected = f"expected one of {', '.join(known[country]) or 'none'}"
        raise InvalidValue(f"{country} has no subdivision {subdivision!r}: {expected}")
    return country, subdivision or None
