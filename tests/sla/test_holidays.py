"""Public holidays by country; the dates are those of the countries' laws, looked up by hand."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime

import pytest

from servicecore.errors import InvalidValue, MissingExtra
from servicecore.faults import FaultyTable
from servicecore.sla import Calendar
from servicecore.sla.holidays import country_holidays

EASTER_SUNDAYS = {2025: date(2025, 4, 20), 2026: date(2026, 4, 5), 2027: date(2027, 3, 28)}
IN_ALL_OF_GERMANY = ["01-01", "05-01", "10-03", "12-25", "12-26"]
AFTER_EASTER = [-2, 1, 39, 50]  # Good Friday, Easter Monday, Ascension Day, Whit Monday


def german_holidays(year: int) -> set[date]:
    """Give the nine holidays that all German states share."""
    fixed = {date.fromisoformat(f"{year}-{day}") for day in IN_ALL_OF_GERMANY}
    easter = EASTER_SUNDAYS[year].toordinal()
    return fixed | {date.fromordinal(easter + days) for days in AFTER_EASTER}


def office(**table: object) -> Calendar:
    """Give a calendar in Berlin with these entries in its table."""
    start = {"timezone": "Europe/Berlin", "hours": {"mon-fri": "09:00-17:00"}}
    return Calendar.from_dict({**start, **table})


class TestCountryHolidays:
    """Holidays as the package knows them."""

    def test_a_country(self) -> None:
        """All dates of several years, and none outside them."""
        expected = set().union(*map(german_holidays, EASTER_SUNDAYS))
        assert set(country_holidays("DE", range(2025, 2028))) == expected

    def test_a_subdivision(self) -> None:
        """Berlin adds Women's Day, and in 2025 the eightieth anniversary of the liberation."""
        found = set(country_holidays("DE-BE", [2025, 2026]))
        more = found - german_holidays(2025) - german_holidays(2026)
        assert {date(2025, 3, 8), date(2026, 3, 8)} <= more <= {*more, date(2025, 5, 8)}

    def test_names_are_english(self) -> None:
        """Names are in English, also where the country's language is another."""
        assert country_holidays("DE", [2026])[date(2026, 12, 25)] == "Christmas Day"
        assert country_holidays("FR", [2026])[date(2026, 7, 14)] == "National Day"

    def test_observed_on_another_day(self) -> None:
        """4 July 2026 is a Saturday: federal offices are closed on Friday the 3rd as well."""
        assert {date(2026, 7, 3), date(2026, 7, 4)} <= set(country_holidays("US", [2026]))

    def test_no_years(self) -> None:
        """Without years there are no holidays."""
        assert country_holidays("DE", []) == {}

    @pytest.mark.parametrize(
        ("code", "message"),
        [
            ("", "no holidays are known for '': expected an ISO 3166 code"),
            ("Germany", "expected an ISO 3166 code such as 'DE' or 'DE-BE'"),
            ("de", "no holidays are known for 'de'"),
            ("DE-", "DE has no subdivision '': expected one of BB, BE"),
            ("DE-XX", "DE has no subdivision 'XX': expected one of BB, BE"),
            ("DE-BE-X", "DE has no subdivision 'BE-X'"),
            ("XX-BE", "no holidays are known for 'XX-BE'"),
        ],
    )
    def test_codes_that_nobody_knows(self, code: str, message: str) -> None:
        """A wrong code is refused with what was expected."""
        with pytest.raises(InvalidValue, match=message):
            country_holidays(code, [2026])

    def test_years_that_the_package_does_not_cover(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """C9: what it does not know is refused, instead of taken for years without holidays."""
        known = country_holidays("DE", [2026])

        class Knowledge(dict[date, str]):
            start_year, end_year = 2003, 2026

        monkeypatch.setattr("holidays.country_holidays", lambda *_, **__: Knowledge(known))
        assert country_holidays("DE", [2026]) == known
        with pytest.raises(InvalidValue, match="'DE' in 2027: expected years from 2003 to 2026"):
            country_holidays("DE", range(2024, 2030))

    def test_a_package_that_fails(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Some versions raise whatever comes up for years that they have no data of."""

        def fail(*_: object, **__: object) -> None:
            raise TypeError

        monkeypatch.setattr("holidays.country_holidays", fail)
        with pytest.raises(InvalidValue, match="no holidays are known for 'CN' in all of 1900 to"):
            country_holidays("CN", [1900, 1901])

    def test_without_the_package(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The extra is named when the package is missing."""
        monkeypatch.setitem(sys.modules, "holidays", None)
        with pytest.raises(MissingExtra, match=r"pip install 'servicecore\[holidays\]'"):
            country_holidays("DE", [2026])


class TestThroughCalendars:
    """The table of a calendar that names a country."""

    def test_the_holidays_are_closed(self) -> None:
        """Easter Monday in Berlin is closed, Tuesday opens."""
        berlin = office(country="DE-BE", holiday_years=[2025, 2027])
        opens = berlin.next_open(datetime(2026, 4, 2, 17, tzinfo=UTC))
        assert opens is not None
        assert opens.isoformat() == "2026-04-07T09:00:00+02:00"

    def test_known_until_the_last_of_the_years(self) -> None:
        """C9: a deadline after the last year is provisional."""
        berlin = office(country="DE-BE", holiday_years=[2025, 2027])
        assert berlin.known_until == date(2027, 12, 31)
        assert berlin.is_provisional(datetime(2028, 1, 3, 12, tzinfo=UTC))
        later = office(country="DE-BE", holiday_years=[2025, 2027], holidays=["2030-05-02"])
        assert later.known_until == date(2027, 12, 31)

    def test_written_down_it_needs_no_package(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """`to_dict` gives dated holidays with their names, and the same calendar again."""
        berlin = office(
            country="DE-BE",
            holiday_years=[2025, 2027],
            versions=[{"from": "2026-01-01", "country": "DE-BY", "holiday_years": [2026, 2028]}],
        )
        table = berlin.to_dict()
        monkeypatch.setitem(sys.modules, "holidays", None)
        again = Calendar.from_dict(table)
        assert again == berlin
        assert again.to_dict() == table
        assert again.known_until == date(2028, 12, 31)
        assert isinstance(table["holidays"], dict)
        assert table["holidays"]["2026-10-03"] == "German Unity Day"

    @pytest.mark.parametrize("years", [None, 2026, [2026], [2027, 2026], [1800, 2026], "2026"])
    def test_years_have_to_be_given(self, years: object) -> None:
        """The years are the first and the last one."""
        with pytest.raises(FaultyTable, match=r"holiday_years: found .* the first and the last"):
            office(country="DE", holiday_years=years)

    def test_everything_wrong_is_said(self) -> None:
        """A wrong code and missing years are two faults."""
        with pytest.raises(FaultyTable) as refused:
            office(country="DE-XX")
        assert [fault.path for fault in refused.value.faults] == [("holiday_years",), ("country",)]
        with pytest.raises(FaultyTable, match="country: found 49: expected text"):
            office(country=49, holiday_years=[2026, 2026])
