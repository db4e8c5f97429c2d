"""Policy files: what they mean, and everything wrong with one at once, with its line."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import jsonschema
import pytest

from servicecore.catalogue import (
    Agreement,
    Approval,
    Catalogue,
    Customer,
    Offering,
    Service,
)
from servicecore.errors import InvalidValue, MissingExtra, PolicyFileError, UnknownName
from servicecore.instants import Days
from servicecore.policyfile import (
    dump_policies,
    load_policies,
    loads_policies,
    policies_from_dict,
    policies_schema,
    policies_to_dict,
)
from servicecore.requests import DEFAULT_MATRIX, Request
from servicecore.sla.book import PolicyBook
from servicecore.sla.calendar import Calendar, always
from servicecore.sla.conditions import Condition
from servicecore.sla.policy import Policy
from servicecore.sla.rules import DEFAULT_CLOCKS, FACTS, ClockRule
from servicecore.sla.target import Target

SLIPS = [
    (lambda: loads_policies(b"policies = []"), InvalidValue, "expected text"),
    (lambda: loads_policies("policies = []", 5), UnknownName, "unknown format of policy files 5"),
    (lambda: dump_policies(PolicyBook.of(), 5), UnknownName, "unknown format of policy files 5"),
    (lambda: policies_from_dict([]), InvalidValue, "expected a table of the shape of a policy"),
    (lambda: dump_policies("book"), InvalidValue, "the book is 'book': expected a PolicyBook"),
]


@pytest.mark.parametrize(("slip", "error", "said"), SLIPS)
def test_slip_is_said_in_words(slip, error, said):
    with pytest.raises(error, match=said):
        slip()


TOML = """\
version = "2026"
valid_from = 2026-01-01T00:00:00+01:00

[calendars.office]
timezone = "Europe/Berlin"
hours = {"mon-fri" = "09:00-17:30"}
holidays = [2026-12-25]

[priorities.matrix.high]
high = "critical"
low = "high"
[priorities.matrix.low]
high = "high"
low = "low"

[clocks.resolution]
stops = ["closed"]
[clocks.delivery]
starts = ["assigned", "status: ordered"]
stops = ["closed"]

[[policies]]
name = "gold"
when = {customer = ["acme"], tags = {none = ["internal"]}}
calendar = "office"
[policies.targets.resolution]
critical = "4h"
"*" = {within = "3bd", until = "close", cutoff = 17:00:00, calendar = "always", landing = "late"}

[[versions]]
version = "2027"
valid_from = 2027-01-01T00:00:00+01:00
[[versions.policies]]
name = "all"
calendar = "office"
targets = {"first response" = {"*" = "2h"}}
"""

YAML = """\
version: "2026"
valid_from: 2026-01-01T00:00:00+01:00
calendars:
  office:
    timezone: Europe/Berlin
    hours: {mon-fri: 09:00-17:30}
    holidays: [2026-12-25]
priorities:
  matrix:
    high: {high: critical, low: high}
    low: {high: high, low: low}
clocks:
  resolution: {stops: [closed]}
  delivery:
    starts: [assigned, "status: ordered"]
    stops: [closed]
policies:
  - name: gold
    when:
      customer: [acme]
      tags: {none: [internal]}
    calendar: office
    targets:
      resolution:
        critical: 4h
        "*": {within: 3bd, until: close, cutoff: 17:00, calendar: always, landing: late}
versions:
  - version: "2027"
    valid_from: 2027-01-01T00:00:00+01:00
    policies:
      - name: all
        calendar: office
        targets: {first response: {"*": 2h}}
"""


def faults_of(text, format="toml"):
    with pytest.raises(PolicyFileError) as refused:
        loads_policies(text, format)
    return [str(fault) for fault in refused.value.exceptions]


def book_of(**tables):
    return policies_from_dict({"policies": [], **tables})


def faults_in(**tables):
    with pytest.raises(InvalidValue) as refused:
        book_of(**tables)
    return [str(fault) for fault in refused.value.faults]


def faults_in_policy(**fields):
    policy = {"name": "p", "calendar": "always", "targets": {}, **fields}
    return [fault.removeprefix("policies[0].") for fault in faults_in(policies=[policy])]


class TestMeaning:
    BOOK = loads_policies(TOML)

    def test_every_format_says_the_same(self):
        assert loads_policies(YAML, "yaml") == self.BOOK
        assert loads_policies(json.dumps(policies_to_dict(self.BOOK)), "json") == self.BOOK

    @pytest.mark.parametrize("suffix", [".toml", ".yaml", ".yml", ".json"])
    def test_ending_of_the_file_names_its_format(self, tmp_path, suffix):
        format = "yaml" if suffix == ".yml" else suffix[1:]
        path = tmp_path / f"policies{suffix}"
        path.write_text(dump_policies(self.BOOK, format), encoding="utf-8")
        assert load_policies(path) == load_policies(str(path)) == self.BOOK

    def test_calendars_are_there_by_name(self):
        office = self.BOOK.calendars["office"]
        assert office.name == "office"
        assert office.to_dict()["hours"] == {"mon-fri": "09:00-17:30"}

    def test_matrix_gives_priorities_in_the_order_of_its_cells(self):
        assert self.BOOK.matrix.priorities == ("critical", "high", "low")
        assert self.BOOK.matrix.level("low", "high") == "high"

    def test_order_of_priorities_can_be_given(self):
        priorities = {"order": ["p1", "p2", "p3"], "matrix": {"high": {"high": "p2"}}}
        assert book_of(priorities=priorities).matrix.priorities == ("p1", "p2", "p3")

    def test_without_priorities_the_default_matrix_holds(self):
        assert book_of().matrix == DEFAULT_MATRIX

    def test_default_clock_keeps_what_the_file_does_not_name(self):
        rule = self.BOOK.clocks["resolution"]
        assert rule.stops == ("closed",)
        assert rule.pauses == DEFAULT_CLOCKS["resolution"].pauses

    def test_other_clocks_are_new(self):
        rule = ClockRule("delivery", ["assigned", "status: ordered"], ["closed"])
        assert self.BOOK.clocks["delivery"] == rule
        assert self.BOOK.clocks["update"] == DEFAULT_CLOCKS["update"]

    def test_conditions_and_targets(self):
        (gold,) = self.BOOK.versions[0].policies
        none_internal = Condition(none=["internal"])
        assert gold.when == {"customer": Condition(any=["acme"]), "tags": none_internal}
        assert gold.target("resolution", "critical") == Target("4h", self.BOOK.calendars["office"])
        days = Days(3, until="close", cutoff=time(17))
        assert gold.target("resolution", "low") == Target(days, always, landing="late")

    def test_versions_hold_from_their_instant_on(self):
        assert [version.name for version in self.BOOK.versions] == ["2026", "2027"]
        opened = datetime(2026, 12, 31, 22, 59, tzinfo=UTC)
        assert self.BOOK.version_at(opened).name == "2026"
        assert self.BOOK.version_at(opened + timedelta(minutes=1)).name == "2027"

    def test_calendar_file_is_looked_for_beside_the_policy_file(self, tmp_path):
        (tmp_path / "closed.ics").write_text(
            "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:1\nSUMMARY:Fair\n"
            "DTSTART;VALUE=DATE:20260601\nEND:VEVENT\nEND:VCALENDAR\n"
        )
        path = tmp_path / "policies.toml"
        path.write_text(
            'policies = []\n[calendars.office]\ntimezone = "UTC"\nhours = "mon-fri 09:00-17:00"\n'
            'icalendar = "closed.ics"\nholiday_years = [2026, 2026]\n'
        )
        office = load_policies(path).calendars["office"]
        assert not office.is_open(datetime(2026, 6, 1, 12, tzinfo=UTC))


HOURS = {
    "berlin": {"timezone": "Europe/Berlin", "hours": {"mon-fri": "09:00-17:00"}},
    "austin": {"timezone": "America/Chicago", "hours": {"mon-fri": "09:00-17:00"}},
    "repairs": {"timezone": "UTC", "hours": {"wed": "14:00-15:00"}},
}
BERLIN, AUSTIN, REPAIRS = (Calendar.from_dict(table) for table in HOURS.values())


class TestComposedCalendars:
    @pytest.mark.parametrize(
        ("table", "expected"),
        [
            ({"any_of": ["berlin", "austin"]}, BERLIN | AUSTIN),
            ({"any_of": ["berlin"]}, BERLIN),
            ({"all_of": ["berlin", "austin", "repairs"]}, BERLIN & AUSTIN & REPAIRS),
            ({"base": "always", "except": ["repairs"]}, always - REPAIRS),
            ({"base": "berlin", "except": ["austin", "repairs"]}, BERLIN - AUSTIN - REPAIRS),
        ],
    )
    def test_composition(self, table, expected):
        """C6."""
        composed = book_of(calendars={"made": table, **HOURS}).calendars["made"]
        assert composed == expected
        assert composed.name == "made"

    def test_order_does_not_matter_and_compositions_nest(self):
        tables = {
            "service": {"base": "sun", "except": ["repairs"]},
            "sun": {"any_of": ["berlin", "austin"]},
            **HOURS,
        }
        expected = (BERLIN | AUSTIN) - REPAIRS
        assert book_of(calendars=tables).calendars["service"] == expected

    @pytest.mark.parametrize(
        ("tables", "faults"),
        [
            (
                {"a": {"any_of": ["b"]}, "b": {"all_of": ["a", "always"]}},
                ["calendars.b.all_of[0]: is composed of itself: a → b → a"],
            ),
            (
                {"a": {"base": "a", "except": ["always"]}},
                ["calendars.a.base: is composed of itself: a → a"],
            ),
            (
                {"a": {"any_of": ["berln", "always"]}, "berlin": HOURS["berlin"]},
                [
                    (
                        "calendars.a.any_of[0]: unknown calendar 'berln': did you mean 'berlin'? "
                        "Known: a, always, berlin"
                    )
                ],
            ),
            (
                {"a": {"any_of": []}},
                ["calendars.a.any_of: found []; expected at least one name of a calendar"],
            ),
            (
                {"a": {"any_of": "berlin"}},
                ["calendars.a.any_of: found 'berlin'; expected a list of names of calendars"],
            ),
            (
                {"a": {"any_of": ["always"], "timezone": "UTC"}},
                [
                    (
                        "calendars.a.timezone: stands next to any_of; expected hours or a "
                        "composition, not both"
                    ),
                ],
            ),
            (
                {"a": {"base": "always"}},
                ["calendars.a.except: missing; expected a list of names of calendars"],
            ),
            (
                {"a": {"except": ["always"], "bsae": "always"}},
                [
                    "calendars.a.bsae: unknown key; did you mean 'base'?",
                    "calendars.a.base: missing; expected the name of a calendar",
                ],
            ),
            (
                {"always": HOURS["berlin"]},
                [
                    (
                        "calendars.always: is the calendar that never closes and needs no table; "
                        "expected another name"
                    )
                ],
            ),
            (
                {"a": 3},
                [
                    (
                        "calendars.a: found 3; "
                        "expected a table with timezone and hours, or of other calendars"
                    )
                ],
            ),
        ],
    )
    def test_faults(self, tables, faults):
        assert faults_in(calendars=tables) == faults

    def test_faulty_calendar_is_said_once_and_not_where_it_is_used(self):
        tables = {
            "office": {"timezone": "Mars", "hours": {}},
            "sun": {"any_of": ["office", "always"]},
        }
        policy = {"name": "p", "calendar": "sun", "targets": {"resolution": {"*": "4h"}}}
        (fault,) = faults_in(calendars=tables, policies=[policy])
        assert fault.startswith("calendars.office.timezone: unknown time zone 'Mars'")

    def test_depth_has_an_end(self):
        """C8: no input loops without bound or ends in a bare traceback."""
        chain = {f"c{number}": {"any_of": [f"c{number + 1}"]} for number in range(2000)}
        faults = faults_in(calendars={**chain, "c2000": HOURS["berlin"]})
        assert "calendars.c19.any_of[0]: is composed of calendars more than 20 deep" in faults

    def test_size_has_an_end(self):
        """C8: a calendar of 2 ** 10 sides would take long."""
        doubled = {f"c{number}": {"any_of": [f"c{number + 1}"] * 2} for number in range(10)}
        faults = faults_in(calendars={**doubled, "c10": HOURS["berlin"]})
        assert faults == ["calendars.c3: is composed of more than 100 calendars, all sides counted"]


class TestFaults:
    BROKEN = """\
vresion = "2026"
valid_from = 2026-01-01

[calendars.office]
timezone = "Europe/Berlin"
hours = {"mon-fry" = "09:00-17:30"}

[priorities.matrix.high]
high = "critical"
low = "high"
[priorities.matrix.low]
high = "high"

[clocks.resolution]
stops = ["close"]

[[policies]]
name = "gold"
when = {tags = {nnoe = ["internal"]}}
calendar = "ofice"
[policies.targets.resolution]
critical = "4d"
"*" = {within = "3bd", landing = "soon"}
[[policies]]
name = "gold"
"""

    def test_everything_is_said_at_once_with_line_path_found_and_expected(self):
        unknown_day = "unknown day 'fry': did you mean 'fri'?"
        assert faults_of(self.BROKEN) == [
            "line 1: vresion: unknown key; did you mean 'version'?",
            (
                "line 2: valid_from: found '2026-01-01'; expected an instant with its offset, "
                "such as '2026-01-01T00:00:00+01:00'"
            ),
            f"line 6: calendars.office.hours.mon-fry: {unknown_day}",
            "line 11: priorities.matrix.low.low: missing; expected the priority",
            (
                "line 15: clocks.resolution.stops[0]: unknown fact 'close': did you mean 'closed'? "
                "Known: approval decided, approval requested, assigned, cancelled, closed, "
                "customer replied, customer replied again, followed up, "
                "merged, opened, option chosen, options offered, promised, reopened, replied, "
                "reported, resolved, restored, updated"
            ),
            "line 19: policies[0].when.tags.nnoe: unknown key; did you mean 'none'?",
            (
                "line 20: policies[0].calendar: unknown calendar 'ofice': did you mean 'office'? "
                "Known: always, office"
            ),
            (
                "line 22: policies[0].targets.resolution.critical: within '4d' has no fixed "
                "length: use hours (48h) or working days (2bd)"
            ),
            (
                "line 23: policies[0].targets.resolution.*.landing: found 'soon'; "
                "expected 'early' or 'late'"
            ),
            "line 24: policies[1].targets: missing; expected targets by clock and priority",
            "line 25: policies[1].name: 'gold' stands there already; expected another one",
        ]

    def test_message_says_the_file_and_lists_them(self, tmp_path):
        path = tmp_path / "policies.yaml"
        path.write_text("policies:\n  - name: gold\n    targets: 3\n", encoding="utf-8")
        with pytest.raises(PolicyFileError) as refused:
            load_policies(path)
        found = "found 3; expected a table of clocks and their targets"
        assert (
            str(refused.value) == f"{path} cannot be used\n  line 3: policies[0].targets: {found}"
        )

    @pytest.mark.parametrize(
        ("format", "text"),
        [
            ("toml", "policies = []\n[clocks]\nresolution = 3\n"),
            ("yaml", "policies: []\nclocks:\n  resolution: 3\n"),
            ("json", '{"policies": [],\n"clocks": {\n"resolution": 3}}'),
        ],
    )
    def test_every_format_gives_the_line(self, format, text):
        (fault,) = faults_of(text, format)
        assert fault.startswith("line 3: clocks.resolution: found 3; expected a table of starts")

    @pytest.mark.parametrize(
        ("format", "text", "fault"),
        [
            ("toml", "policies = [\n", "is no TOML"),
            ("yaml", "policies: [\n", "line 2: is no YAML"),
            ("json", '{"policies": [}', "line 1: is no JSON"),
            ("yaml", "policies: []\npolicies: []", "line 2: policies: this key stands there twice"),
            ("json", "[]", "expected a table at the top"),
            ("yaml", "", "policies: missing; expected a list of policies"),
        ],
    )
    def test_what_cannot_be_read_is_a_fault_too(self, format, text, fault):
        assert faults_of(text, format)[0].startswith(fault)

    def test_yaml_takes_nothing_for_something_else(self):
        """`17:00` is no number and `no` no truth."""
        text = YAML.replace("customer: [acme]", "country: no")
        (gold,) = loads_policies(text, "yaml").versions[0].policies
        assert gold.when["country"] == Condition(any=["no"])

    def test_unreadable_file_says_so(self, tmp_path):
        with pytest.raises(PolicyFileError) as refused:
            load_policies(tmp_path / "none.toml")
        assert "No such file" in str(refused.value)
        with pytest.raises(PolicyFileError) as refused:
            load_policies(Path(__file__))
        assert "expected .toml, .yaml" in str(refused.value)

    def test_unknown_format_says_so(self):
        with pytest.raises(UnknownName, match="unknown format of policy files 'ini'"):
            loads_policies("", "ini")
        with pytest.raises(UnknownName, match="unknown format of policy files 'tmol'"):
            dump_policies(PolicyBook.of(), "tmol")


class TestBrokenPolicies:
    @pytest.mark.parametrize(
        ("fields", "fault"),
        [
            ({"name": ""}, "name: found ''; expected text"),
            ({"when": ["x"]}, "when: found ['x']; expected a table of facts and conditions"),
            ({"when": {"tags": None}}, "when.tags: found None: expected text, a number, true or"),
            ({"when": {"n": {"at_least": "3"}}}, "when.n.at_least: found '3': expected a number"),
            ({"calendar": 3}, "calendar: found 3; expected the name of a calendar"),
            ({"targets": {"update": 4}}, "targets.update: found 4; expected targets by prior"),
            ({"targets": {"update": {}}}, "targets.update: found {}; expected targets by priority"),
            (
                {"unless": {}},
                "unless: unknown key; expected one of calendar, customer_calendar, name, ",
            ),
        ],
    )
    def test_policy(self, fields, fault):
        (found,) = faults_in_policy(**fields)
        assert found.startswith(fault)

    @pytest.mark.parametrize(
        ("target", "fault"),
        [
            (4, ": found 4; expected a duration such as '4h' or '3bd'"),
            ("0h", ": a target of '0h' leaves no time"),
            ("-4h", ": a target of '-4h' leaves no time"),
            ("0bd", ": a target of '0bd' leaves no time"),
            ("4 hours", ": within is '4 hours': expected '90m', '1h30m', 'PT4H' or working"),
            ({}, ".within: missing; expected a duration such as '4h' or '3bd'"),
            ({"within": "4h", "calender": "always"}, ".calender: unknown key; did you mean 'calen"),
            ({"within": "4h", "calendar": "x"}, ".calendar: unknown calendar 'x': Known: always"),
            ({"within": "4h", "landing": None}, ".landing: found None; expected 'early' or 'late'"),
            ({"within": "4h", "until": "close"}, ": until means nothing for hours; expected work"),
            ({"within": "3bd", "until": "late"}, ".until: until is 'late': expected 'same_time'"),
            ({"within": "3bd", "cutoff": "25:00"}, ".cutoff: cutoff is '25:00': expected a time"),
            (
                {"within": "3bd", "cutoff": "16:00", "then": 9},
                ".then: found 9; expected text",
            ),
            ({"within": "3bd", "off_day": "x"}, ".off_day: off_day is 'x': expected 'open' or"),
        ],
    )
    def test_target(self, target, fault):
        (found,) = faults_in_policy(targets={"update": {"low": target}})
        assert found.startswith(f"targets.update.low{fault}")

    def test_working_days_may_end_at_the_close_of_the_same_day(self):
        targets = {"update": {"low": {"within": "0bd", "until": "close", "calendar": "always"}}}
        (policy,) = book_of(policies=[{"name": "p", "targets": targets}]).versions[0].policies
        assert policy.target("update", "low") == Target(Days(0, until="close"))

    def test_calendar_is_missed_once_for_all_targets(self):
        targets = {"update": {"low": "4h", "high": {"within": "2h"}, "top": "1h"}}
        (fault,) = faults_in(policies=[{"name": "p", "targets": targets}])
        expected = "missing; expected the calendar of those targets that name none"
        assert fault == f"policies[0].calendar: {expected}"

    def test_calendar_is_not_missed_where_every_target_has_its_own(self):
        targets = {"update": {"low": {"within": "4h", "calendar": "always"}}}
        (policy,) = book_of(policies=[{"name": "p", "targets": targets}]).versions[0].policies
        assert policy.target("update", "low") == Target("4h")


class TestBrokenRest:
    @pytest.mark.parametrize(
        ("tables", "fault"),
        [
            ({"policies": {}}, "policies: found {}; expected a list of policies"),
            ({"policies": ["x"]}, "policies[0]: found 'x'; expected a table with name, when"),
            ({"calendars": []}, "calendars: found []; expected a table of calendars by name"),
            ({"version": 2026}, "version: found 2026; expected text"),
            ({"valid_from": "soon"}, "valid_from: found 'soon'; expected an instant with its off"),
            ({"valid_from": "2026-01-01T00:00"}, "valid_from: found '2026-01-01T00:00'; expected"),
            ({"surveys": {}}, "surveys: unknown key"),
            ({"priorities": {}}, "priorities: no priorities; expected at least one"),
            ({"priorities": {"order": "p1"}}, "priorities.order: found 'p1'; expected a list of"),
            ({"priorities": {"order": ["a", "a"]}}, "priorities.order[1]: 'a' is listed twice"),
            ({"priorities": {"order": ["*"]}}, "priorities.order[0]: found '*'; expected the name"),
            (
                {"priorities": {"order": ["a"], "matrix": {"x": {"y": "b"}}}},
                "priorities.order: leaves out 'b', which a cell of the matrix gives",
            ),
            ({"priorities": {"matrix": {"x": 3}}}, "priorities.matrix.x: found 3; expected a pri"),
            ({"priorities": {"matrix": {"x": {"y": 3}}}}, "priorities.matrix.x.y: found 3; expec"),
            ({"clocks": {"resolution": {"stops": "closed"}}}, "clocks.resolution.stops: found 'c"),
            ({"clocks": {"resolution": {"stops": []}}}, "clocks.resolution.stops: found []; expe"),
            ({"clocks": {"resolution": {"stop": []}}}, "clocks.resolution.stop: unknown key; did"),
            ({"clocks": {"new": {"starts": ["opened"]}}}, "clocks.new.stops: missing; expected"),
            (
                {"clocks": {"update": {"reopening": "again"}}},
                "clocks.update.reopening: found 'again'; expected 'pause' or 'counted' or 'cycle'",
            ),
            ({"versions": {}}, "versions: found {}; expected a list of tables, each with version"),
            ({"versions": [{"policies": []}]}, "versions[0].valid_from: missing; expected an ins"),
            (
                {"versions": [{"valid_from": "2026-01-01T00:00Z"}]},
                "versions[0].policies: missing; expected a list of policies",
            ),
            (
                {"versions": [{"valid_from": "2026-01-01T00:00Z", "policies": []}]},
                "versions: two versions are named ''",
            ),
        ],
    )
    def test_table(self, tables, fault):
        (found,) = faults_in(**tables)
        assert found.startswith(fault)

    def test_repeated_version(self):
        later = {"version": "b", "valid_from": "2026-01-01T00:00Z", "policies": []}
        (fault,) = faults_in(versions=[later, later])
        assert fault == "versions[1].version: 'b' stands there already; expected another one"

    def test_long_values_are_shortened(self):
        (fault,) = faults_in(policies="x" * 10_000)
        assert len(fault) < 100


class TestWriting:
    def test_defaults_are_left_out(self):
        book = PolicyBook.of(Policy("all", {"resolution": Target("90m")}))
        assert policies_to_dict(book) == {
            "policies": [
                {"name": "all", "calendar": "always", "targets": {"resolution": {"*": "1h30m"}}}
            ]
        }

    def test_usual_calendar_is_written_once(self):
        office = Calendar.from_dict({"timezone": "UTC", "hours": {"mon": "09:00-17:00"}}, "office")
        targets = {"a": Target("1h", office), "b": Target("2h"), "c": Target("3h", office)}
        (policy,) = policies_to_dict(PolicyBook.of(Policy("p", {"update": targets})))["policies"]
        assert policy["calendar"] == "office"
        second = {"within": "2h", "calendar": "always"}
        assert policy["targets"] == {"update": {"a": "1h", "b": second, "c": "3h"}}

    def test_composed_calendars_name_their_sides(self):
        tables = HOURS
        composed = {
            "service": {"base": "sun", "except": ["repairs"]},
            "sun": {"any_of": ["berlin", "austin"]},
            "both": {"all_of": ["berlin", "austin"]},
        }
        written = policies_to_dict(book_of(calendars={**tables, **composed}))["calendars"]
        assert written == {**tables, **composed}

    def test_text_is_quoted_where_a_format_would_take_it_for_something_else(self):
        book = PolicyBook.of(Policy("no", {}, when={"code": ["1e3", "08", "17:00"]}))
        for format in ("toml", "yaml", "json"):
            assert loads_policies(dump_policies(book, format), format) == book

    @pytest.mark.parametrize(
        "within", [timedelta(hours=1, milliseconds=1), Days(1, cutoff=time(9, 0, 0, 1))]
    )
    def test_fractions_of_a_second_cannot_be_said(self, within):
        book = PolicyBook.of(Policy("p", {"update": Target(within)}))
        with pytest.raises(
            InvalidValue, match=r"a policy file cannot say .*: expected whole seconds"
        ):
            dump_policies(book)

    def test_deadline_is_the_same_afterwards(self):
        book = loads_policies(TOML)
        request = Request(
            id="R1",
            opened_at=datetime(2026, 3, 6, 15, tzinfo=UTC),
            customer="acme",
            impact="high",
            urgency="high",
        )
        due = book.due(request)["resolution"]
        assert due.due_at.isoformat() == "2026-03-09T11:30:00+01:00"
        assert loads_policies(dump_policies(book)).due(request)["resolution"] == due


class TestExtras:
    @pytest.mark.parametrize(
        ("format", "module", "capability"),
        [("toml", "tomli_w", "writing TOML"), ("yaml", "yaml", "writing YAML")],
    )
    def test_writing_says_what_is_missing(self, monkeypatch, format, module, capability):
        monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(MissingExtra, match=f"{capability} needs an extra.*servicecore.files"):
            dump_policies(PolicyBook.of(), format)

    def test_toml_and_json_are_read_without_anything(self):
        code = (
            "import sys; sys.modules.update(yaml=None, tomli_w=None)\n"
            "from servicecore.policyfile import loads_policies\n"
            "assert loads_policies('policies = []') == loads_policies('{\"policies\": []}', 'json')"
        )
        subprocess.run([sys.executable, "-c", code], check=True)


class TestSchema:
    SCHEMA = policies_schema()

    def test_is_a_schema(self):
        jsonschema.Draft7Validator.check_schema(self.SCHEMA)

    def test_accepts_the_example(self):
        jsonschema.validate(policies_to_dict(loads_policies(TOML)), self.SCHEMA)

    @pytest.mark.parametrize(
        ("path", "broken"),
        [
            ((), {"policies": [], "zzzzzz": 1}),
            (("definitions", "policy"), {"policies": [{"zzzzzz": 1}]}),
            (
                ("definitions", "target_table"),
                {"policies": [{"name": "p", "targets": {"update": {"*": {"zzzzzz": 1}}}}]},
            ),
            (
                ("definitions", "condition", "anyOf", 1),
                {"policies": [{"name": "p", "when": {"tags": {"zzzzzz": 1}}, "targets": {}}]},
            ),
            (("definitions", "version"), {"policies": [], "versions": [{"zzzzzz": 1}]}),
            (("definitions", "clock"), {"policies": [], "clocks": {"update": {"zzzzzz": 1}}}),
            (("properties", "priorities"), {"policies": [], "priorities": {"zzzzzz": 1}}),
            (("definitions", "service"), {"policies": [], "services": {"s": {"zzzzzz": 1}}}),
            (
                ("definitions", "offering"),
                {"policies": [], "services": {"s": {"offerings": {"o": {"zzzzzz": 1}}}}},
            ),
            (
                ("definitions", "offering", "properties", "approval"),
                {
                    "policies": [],
                    "services": {"s": {"offerings": {"o": {"approval": {"zzzzzz": 1}}}}},
                },
            ),
            (("definitions", "agreement"), {"policies": [], "agreements": {"a": {"zzzzzz": 1}}}),
            (("definitions", "rota"), {"policies": [], "rotas": {"r": {"zzzzzz": 1}}}),
            (
                ("definitions", "layer"),
                {"policies": [], "rotas": {"r": {"layers": [{"zzzzzz": 1}]}}},
            ),
            (
                ("definitions", "cover"),
                {"policies": [], "rotas": {"r": {"overrides": [{"zzzzzz": 1}]}}},
            ),
            (("definitions", "customer"), {"policies": [], "customers": {"c": {"zzzzzz": 1}}}),
            (("definitions", "weekly"), {"policies": [], "calendars": {"c": {"zzzzzz": 1}}}),
            (
                ("definitions", "calendar_version"),
                {"policies": [], "calendars": {"c": {"versions": [{"zzzzzz": 1}]}}},
            ),
        ],
    )
    def test_knows_the_keys_that_the_loader_knows(self, path, broken):
        """The loader lists the keys it knows where it finds one that it does not."""
        with pytest.raises(InvalidValue) as refused:
            policies_from_dict(broken)
        (problem,) = (fault.problem for fault in refused.value.faults if fault.path[-1] == "zzzzzz")
        known = set(problem.removeprefix("unknown key; expected one of ").split(", "))
        place = self.SCHEMA
        for step in path:
            place = place[step]
        assert set(place["properties"]) == known

    def test_own_clock_has_to_say_when_it_starts_and_stops(self):
        clocks = {
            "update": {"stops": ["closed"]},
            "delivery": {"starts": ["opened"], "stops": ["closed"]},
        }
        schema = jsonschema.Draft7Validator(self.SCHEMA)
        assert schema.is_valid({"policies": [], "clocks": clocks})
        del clocks["delivery"]["stops"]
        assert not schema.is_valid({"policies": [], "clocks": clocks})

    def test_knows_the_facts_and_the_default_clocks(self):
        assert set(self.SCHEMA["definitions"]["fact"]["anyOf"][0]["enum"]) == FACTS
        assert set(self.SCHEMA["properties"]["clocks"]["properties"]) == set(DEFAULT_CLOCKS)

    @pytest.mark.parametrize(
        "target",
        ["4d", "h", "PT", "", 4, {}, {"within": "4h", "until": "close"}, {"within": "4h", "x": 1}],
    )
    def test_refuses_what_an_editor_should_mark(self, target):
        policy = {"name": "p", "calendar": "always", "targets": {"update": {"*": target}}}
        assert not jsonschema.Draft7Validator(self.SCHEMA).is_valid({"policies": [policy]})


class TestSaidAtOnce:
    """What is wrong in one place does not hide what is wrong in another."""

    @pytest.mark.parametrize(
        ("target", "faults"),
        [
            (
                {"within": "4h", "until": "close", "cutoff": "25:00"},
                [": until, cutoff mean nothing for hours", ".cutoff: cutoff is '25:00'"],
            ),
            ({"within": "3bd", "then": "09:00"}, [".then: means nothing without a cutoff"]),
            (
                {"within": "3d", "then": "9"},
                [".then: means nothing without a cutoff", ".within: within '3d'", ".then: then is"],
            ),
        ],
    )
    def test_options_of_a_target(self, target, faults):
        found = faults_in_policy(targets={"update": {"low": target}})
        assert len(found) == len(faults)
        for said, expected in zip(found, faults, strict=True):
            assert said.startswith(f"targets.update.low{expected}")

    def test_cells_of_a_matrix(self):
        matrix = {"high": {"high": "p1", "low": "p2", "no": "p2"}, "low": {"low": "", "no": 5}}
        assert faults_in(priorities={"matrix": matrix, "order": ["p2", " "]}) == [
            "priorities.matrix.low.high: missing; expected the priority",
            "priorities.matrix.low.low: found ''; expected the name of a priority",
            "priorities.matrix.low.no: found 5; expected the name of a priority",
            "priorities.order[1]: found ' '; expected the name of a priority",
            "priorities.order: leaves out 'p1', which a cell of the matrix gives",
        ]

    def test_number_that_python_does_not_write(self):
        huge = "0x" + "f" * 5000
        (fault,) = faults_of(f"version = {huge}\npolicies = []")
        assert fault == ("line 1: version: found a number of thousands of digits; expected text")
        for condition in (huge, f"[{huge}]", f"{{at_least = {huge}}}"):
            text = f"policies = [{{name = 'x', targets = {{}}, when = {{floor = {condition}}}}}]"
            (fault,) = faults_of(text)
            assert "found a number of more than 300 digits" in fault


class TestOneTargetForAll:
    @pytest.mark.parametrize("target", ["8h", {"within": "3bd", "until": "close"}])
    def test_target_in_place_of_targets_by_priority(self, target):
        """As in Python, it holds for every priority."""
        shared = {"name": "all", "calendar": "always"}
        short = {"policies": [{**shared, "targets": {"resolution": target}}]}
        long = {"policies": [{**shared, "targets": {"resolution": {"*": target}}}]}
        assert policies_from_dict(short) == policies_from_dict(long)
        jsonschema.validate(short, policies_schema())

    def test_calendar_has_to_be_said_all_the_same(self):
        said = [str(fault) for fault in faults_in_policy(calendar=None, targets={"update": "8h"})]
        assert any("calendar" in fault for fault in said)

    @pytest.mark.parametrize("within", [Target("4h"), Target(Days(2, "close"))])
    def test_priority_may_be_called_within(self, within):
        book = PolicyBook.of(Policy("p", {"update": {"within": within, "*": Target("8h")}}))
        assert loads_policies(dump_policies(book)) == book


def test_calendar_says_in_one_way_when_it_is_open():
    both = {"any_of": ["always"], "timezone": "UTC", "all_of": ["always"], "hours": ""}
    assert faults_in(calendars={"both": both}) == [
        "calendars.both.all_of: stands next to any_of; expected one way of composing, not both",
        "calendars.both.timezone: stands next to any_of; expected hours or a composition, not both",
        "calendars.both.hours: stands next to any_of; expected hours or a composition, not both",
    ]


CATALOGUE = """\
policies = []

[calendars.acme]
timezone = "America/Chicago"
hours = "mon-fri 08:00-16:00"

[services.payroll]
business_owner = "Head of HR"
custodian = "Payroll office"
[services.payroll.offerings."pay slip"]
kind = "question"
[services.payroll.offerings.advance]
approval = {approver = "line manager"}

[agreements."acme gold"]
kind = "SLA"
customers = ["acme"]
valid_from = 2026-01-01T00:00:00+01:00
[agreements.network]
kind = "OLA"
provider = "network"
supports = ["acme gold"]
clock = "network"

[customers.acme]
importance = 3
contracts = ["C-17"]
calendar = "acme"
language = "en"
"""


class TestCatalogue:
    BOOK = loads_policies(CATALOGUE)

    def test_meaning(self):
        approval = Approval("line manager")
        offerings = [Offering("pay slip", kind="question"), Offering("advance", approval=approval)]
        payroll = Service(
            "payroll",
            business_owner="Head of HR",
            custodian="Payroll office",
            offerings=offerings,
        )
        since = datetime(2025, 12, 31, 23, tzinfo=UTC)
        agreements = [
            Agreement("acme gold", "SLA", customers=["acme"], valid_from=since),
            Agreement(
                "network", "OLA", provider="network", supports=["acme gold"], clock="network"
            ),
        ]
        acme = {"importance": 3, "contracts": ["C-17"], "calendar": "acme", "language": "en"}
        customers = [Customer("acme", **acme)]
        assert self.BOOK.catalogue == Catalogue([payroll], agreements, customers)

    @pytest.mark.parametrize("format", ["toml", "yaml", "json"])
    def test_order_of_agreements_stays(self, format):
        """P2: of equals, the first governs."""
        agreements = [Agreement(name, "SLA") for name in ("z", "a", "m")]
        book = PolicyBook.of(catalogue=Catalogue(agreements=agreements))
        assert loads_policies(dump_policies(book, format), format) == book

    def test_defaults_are_left_out(self):
        offering = Offering("advance", approval=Approval("line manager"))
        catalogue = Catalogue([Service("payroll", offerings=[offering])])
        written = {"offerings": {"advance": {"approval": {"approver": "line manager"}}}}
        assert policies_to_dict(PolicyBook.of(catalogue=catalogue)) == {
            "services": {"payroll": written},
            "policies": [],
        }

    @pytest.mark.parametrize(
        ("tables", "fault"),
        [
            ({"services": []}, "services: found []; expected a table of services by name"),
            ({"services": {"s": {"calendar": "x"}}}, "services.s.calendar: unknown calendar 'x'"),
            (
                {"services": {"s": {"offerings": {"o": {"approval": {"side": "desk"}}}}}},
                "services.s.offerings.o.approval.approver: missing; expected who has to agree",
            ),
            ({"services": {" ": {}}}, "services. : the name of a service is ' '"),
            (
                {"agreements": {"a": {}}},
                ("agreements.a.kind: missing; expected 'SLA' or 'OLA' or 'underpinning contract'"),
            ),
            (
                {"agreements": {"a": {"kind": "SLA", "valid_until": "2026-01-01"}}},
                "agreements.a.valid_until: found '2026-01-01'; expected an instant",
            ),
            (
                {"agreements": {"a": {"kind": "SLA", "supports": ["b"]}}},
                "agreements.a: an SLA supports no other",
            ),
            (
                {"customers": {"acme": {"importance": True}}},
                "customers.acme.importance: found True; expected a whole number",
            ),
            (
                {"customers": {"acme": {"internal": "no"}}},
                "customers.acme.internal: found 'no'; expected true or false",
            ),
        ],
    )
    def test_faults(self, tables, fault):
        (found,) = faults_in(**tables)
        assert found.startswith(fault)


class TestNotBefore:
    """Q4: a window in which a follow-up is made."""

    def test_meaning(self):
        window = {"within": "5bd", "until": "close", "not_before": "1bd"}
        book = book_of(
            policies=[{"name": "p", "calendar": "always", "targets": {"update": window}}]
        )
        target = Target(Days(5, "close"), not_before="1bd")
        assert book.policies[0].target("update", None) == target
        assert policies_to_dict(book)["policies"][0]["targets"] == {"update": {"*": window}}

    @pytest.mark.parametrize(
        ("not_before", "fault"),
        [
            ("1d", ".not_before: not_before '1d' has no fixed length"),
            ("4h", ": not_before is 4h: expected less than the target of 4h"),
            (4, ".not_before: found 4; expected a duration"),
        ],
    )
    def test_faults(self, not_before, fault):
        target = {"within": "4h", "not_before": not_before}
        (found,) = faults_in_policy(targets={"update": target})
        assert found.startswith(f"targets.update{fault}")

    def test_what_cannot_be_said(self):
        target = Target("5bd", not_before=Days(1, "close"))
        with pytest.raises(InvalidValue, match=r"cannot say .*: expected plain"):
            dump_policies(PolicyBook.of(Policy("p", {"update": target})))


class TestOverrides:
    def test_are_on_a_calendar_of_their_own(self):
        """Q3: 24×7 where no other is named, whatever the policy's is."""
        policy = {
            "name": "p",
            "calendar": "office",
            "targets": {"resolution": "8h"},
            "overrides": {
                "siege": {
                    "resolution": "1h",
                    "update": {"critical": {"within": "30m", "calendar": "office"}},
                }
            },
        }
        office = {"timezone": "UTC", "hours": "mon-fri 09:00-17:00"}
        book = book_of(calendars={"office": office}, policies=[policy])
        (read,) = book.policies
        assert read.override_target("siege", "resolution", "low") == Target("1h")
        update = read.override_target("siege", "update", "critical")
        assert update == Target("30m", book.calendars["office"])
        assert read.override_target("siege", "update", "low") is None
        assert read.override_target("flood", "update", "low") is None
        assert policies_to_dict(book)["policies"][0]["overrides"] == {
            "siege": {**policy["overrides"]["siege"], "resolution": {"*": "1h"}}
        }

    def test_faults(self):
        (fault,) = faults_in_policy(overrides={"siege": {"update": "1d"}})
        assert fault.startswith("overrides.siege.update: within '1d' has no fixed length")


def test_then_without_a_cutoff_cannot_be_said():
    book = PolicyBook.of(Policy("p", {"update": Target(Days(2, then=time(9)))}))
    with pytest.raises(InvalidValue, match=r"cannot say .* then 09:00:00: expected a cutoff"):
        dump_policies(book)


@pytest.mark.parametrize("fact", ["status:done", "status:  done", "Status: done"])
def test_status_written_otherwise(fact):
    (fault,) = faults_in(clocks={"resolution": {"stops": [fact]}})
    assert fault.endswith("write 'status: done' with one space")
