"""Laws of policy files, over generated books: what is written is read back, the schema agrees."""

from __future__ import annotations

from contextlib import suppress
from copy import deepcopy
from datetime import UTC, datetime, time, timedelta

import jsonschema
from hypothesis import given
from hypothesis import strategies as st

from servicecore.catalogue import (
    Agreement,
    Approval,
    Catalogue,
    Customer,
    Offering,
    Service,
)
from servicecore.faults import FaultyTable
from servicecore.instants import Days
from servicecore.policyfile import (
    dump_policies,
    loads_policies,
    policies_from_dict,
    policies_schema,
    policies_to_dict,
)
from servicecore.requests import DEFAULT_MATRIX, Kind, PriorityMatrix
from servicecore.sla.book import BookVersion, PolicyBook
from servicecore.sla.calendar import Calendar, always
from servicecore.sla.conditions import Condition
from servicecore.sla.layers import Cover, Layer
from servicecore.sla.policy import Policy
from servicecore.sla.rota import Rota
from servicecore.sla.rules import DEFAULT_CLOCKS, FACTS, ClockRule
from servicecore.sla.target import Target

SCHEMA = jsonschema.Draft7Validator(policies_schema())

# Words that one of the formats may take for something else, and any others.
tricky = st.sampled_from(
    ["no", "1e3", "08", "17:00", "2026-12-25", "~", "a: b", "#", "*", "<<", "é"]
)
texts = st.text(st.characters(codec="utf-8"), max_size=8) | tricky
names = texts.filter(str.strip)
numbers = st.integers(-(10**6), 10**6) | st.floats(allow_nan=False, allow_infinity=False)
wanted = texts | numbers | st.booleans()


@st.composite
def conditions(draw):
    lists = st.lists(wanted, min_size=1, max_size=3)
    asked = draw(st.fixed_dictionaries({}, optional=dict.fromkeys(("any", "all", "none"), lists)))
    limits = draw(
        st.fixed_dictionaries({}, optional=dict.fromkeys(("at_least", "at_most"), numbers))
    )
    return Condition.of({**asked, **limits} or draw(wanted))


hours = st.sampled_from(["09:00-12:30 13:30-17:30", "22:00-06:00", "00:00-24:00", "10:00-14:00:30"])
dates = st.dates(datetime(2020, 1, 1).date(), datetime(2030, 1, 1).date()).map(str)
month_days = st.sampled_from(["01-01", "02-29", "12-25"])
schedules = st.fixed_dictionaries({
    "hours": st.dictionaries(st.sampled_from(["mon-wed", "thu", "fri", "sat,sun"]), hours),
}, optional={
    "holidays": st.dictionaries(dates, texts, max_size=3) | st.lists(dates, unique=True),
    "yearly_holidays": st.dictionaries(month_days, texts) | st.lists(month_days, unique=True),
    "exceptions": st.dictionaries(dates, hours | st.just(""), max_size=2),
    "breaks": st.dictionaries(dates, hours, max_size=2),
    "known_until": dates | st.just("always"),
})  # fmt: skip
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/Chicago", "Asia/Kathmandu"])
versions_of_hours = st.lists(dates, max_size=2, unique=True).map(sorted)


@st.composite
def weekly(draw):
    later = [{"from": since, **draw(schedules)} for since in draw(versions_of_hours)]
    table = {"timezone": draw(zones), **draw(schedules), **({"versions": later} if later else {})}
    return Calendar.from_dict(table, draw(texts))


calendars = st.recursive(
    weekly() | st.just(always),
    lambda inner: st.builds(
        lambda left, right, operation, name: getattr(left, operation)(right).named(name),
        inner,
        inner,
        st.sampled_from(["__or__", "__and__", "__sub__"]),
        texts,
    ),
    max_leaves=4,
)
seconds = st.integers(1, 10**7).map(lambda amount: timedelta(seconds=amount))
times = st.times().map(lambda moment: moment.replace(microsecond=0))
turning = st.just({}) | st.fixed_dictionaries({"cutoff": times}, optional={"then": times})
working_days = st.builds(
    lambda count, turns, **options: Days(count, **turns, **options),
    st.integers(1, 30),
    turning,
    until=st.sampled_from(["same_time", "close"]),
    off_day=st.sampled_from(["open", "same_time"]),
)


@st.composite
def targets_with(draw, pool):
    within = draw(seconds | working_days)
    earliest = st.none() | st.integers(1, 9).map(Days)
    if isinstance(within, timedelta) and within > timedelta(seconds=1):
        limit = within // timedelta(seconds=1) - 1
        earliest |= st.integers(1, limit).map(lambda amount: timedelta(seconds=amount))
    landing = draw(st.sampled_from(["early", "late"]))
    return Target(within, draw(st.sampled_from(pool)), landing, not_before=draw(earliest))


def policies_with(pool):
    by_priority = st.dictionaries(texts, targets_with(pool), min_size=1, max_size=3)
    clocks = st.sampled_from([*DEFAULT_CLOCKS]) | texts
    by_clock = st.dictionaries(clocks, by_priority, max_size=3)
    return st.builds(
        Policy,
        names,
        by_clock,
        st.dictionaries(texts, conditions(), max_size=3),
        customer_calendar=st.booleans(),
        overrides=st.dictionaries(texts, by_clock, max_size=2),
    )


def lists_of_policies(pool):
    return st.lists(policies_with(pool), max_size=3, unique_by=lambda policy: policy.name)


@st.composite
def matrices(draw):
    levels = draw(
        st.lists(names.filter(lambda name: name != "*"), min_size=1, max_size=4, unique=True)
    )
    impacts, urgencies = (draw(st.lists(texts, max_size=2, unique=True)) for _ in range(2))
    cells = {
        impact: {urgency: draw(st.sampled_from(levels)) for urgency in urgencies}
        for impact in impacts
        if urgencies
    }
    return PriorityMatrix(cells, levels)


fact = st.sampled_from(sorted(FACTS)) | names.map(str.strip).map("status: {}".format)
facts = st.lists(fact, max_size=2)
rules = st.fixed_dictionaries({
    "starts": st.lists(fact, min_size=1, max_size=2),
    "stops": st.lists(fact, min_size=1, max_size=2),
    "pauses": st.lists(names, max_size=2),
    "renews": facts,
    "cancels": facts,
    "reopening": st.sampled_from(["pause", "counted", "cycle", "stopped"]),
    "only_while": st.lists(names, max_size=2),
    "retroactive": st.booleans(),
    "retargeting": st.sampled_from(["carry", "restart"]),
})  # fmt: skip


@st.composite
def clock_rules(draw):
    named = st.lists(st.sampled_from([*DEFAULT_CLOCKS]) | texts, max_size=2, unique=True)
    return {name: ClockRule(name, **draw(rules)) for name in draw(named)}


moments = st.datetimes(timezones=st.just(UTC))
said = st.just("") | names
lists_of_names = st.lists(names, max_size=2)
approvals = st.builds(Approval, names, st.sampled_from(["customer", "desk"]))
offerings = st.builds(
    Offering,
    names,
    kind=st.sampled_from(Kind) | names,
    approval=st.none() | approvals,
    group=said,
)


def entries(built):
    """A few entries of a catalogue, no two of one name."""
    return st.lists(built, max_size=2, unique_by=lambda entry: entry.name)


@st.composite
def agreements(draw):
    since, until = draw(st.tuples(st.none() | moments, st.none() | moments))
    if since and until and until <= since:
        until = None
    kind = draw(st.sampled_from(["SLA", "OLA", "underpinning contract"]))
    lists = {key: draw(lists_of_names) for key in ("customers", "services", "offerings")}
    supports = [] if kind == "SLA" else draw(lists_of_names)
    words = {key: draw(said) for key in ("provider", "clock")}
    options = {**lists, **words, "supports": supports}
    return Agreement(draw(names), kind, valid_from=since, valid_until=until, **options)


@st.composite
def catalogues(draw, known):
    named = st.sampled_from(["", "always", *known])
    words = dict.fromkeys(("business_owner", "custodian", "group"), said)
    services = st.builds(Service, names, calendar=named, offerings=entries(offerings), **words)
    customers = st.builds(
        Customer,
        names,
        internal=st.booleans(),
        importance=st.none() | st.integers(-9, 9),
        contracts=lists_of_names,
        calendar=named,
        language=said,
    )
    return Catalogue(*(draw(entries(each)) for each in (services, agreements(), customers)))


walls = st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31)).map(
    lambda wall: wall.replace(microsecond=0)
)
recent = st.datetimes(datetime(1900, 1, 2), datetime(2199, 12, 30), timezones=st.just(UTC))


@st.composite
def rotas(draw, pool):
    layers = st.builds(
        Layer,
        names,
        st.lists(names, min_size=1, max_size=3),
        walls,
        st.integers(1, 400).map(lambda hours: timedelta(hours=hours)),
        st.none() | st.sampled_from(pool),
        st.none() | zones,
    )
    start = draw(recent)
    covers = st.builds(Cover, names, st.just(start), recent.filter(lambda end: end > start), said)
    unique = st.lists(layers, min_size=1, max_size=2, unique_by=lambda layer: layer.name)
    return {
        name: Rota(name, draw(zones), draw(unique), draw(st.lists(covers, max_size=1)))
        for name in draw(st.lists(names, max_size=1))
    }


@st.composite
def books(draw):
    pool = draw(st.lists(calendars, min_size=1, max_size=3))
    later = draw(st.lists(st.tuples(names, moments), max_size=2, unique_by=lambda each: each[0]))
    first = draw(texts.filter(lambda name: name not in dict(later) and (name.strip() or not name)))
    versions = [(first, draw(st.none() | moments)), *later]
    calendar_names = names.filter(lambda name: name != "always")
    named = draw(st.dictionaries(calendar_names, st.sampled_from(pool)))
    return PolicyBook(
        [BookVersion(name, since, draw(lists_of_policies(pool))) for name, since in versions],
        draw(st.just(DEFAULT_MATRIX) | matrices()),
        draw(clock_rules()),
        named,
        catalogue=draw(catalogues(named)),
        rotas=draw(rotas(pool)),
    )


@given(books())
def test_what_is_written_is_read_back_and_fits_the_schema(book):
    for format in ("toml", "yaml", "json"):
        assert loads_policies(dump_policies(book, format), format) == book
    SCHEMA.validate(policies_to_dict(book))


odd_values = st.sampled_from([
    None, True, 0, 3, -1.5, "", " ", "x", "4h", "3bd", "0bd", "-4h", "17:00", "2026-01-01", "01-01",
    "2026-01-01T00:00+01:00", "always", "early", "close", "cycle", "opened", "status: x", "mon 9-5",
    [], ["x"], ["opened"], ["always"], [["10:00", "14:00"]], [2024, 2030], [None], {}, {"x": 1},
    {"x": "x"}, {"*": "4h"}, {"within": "4h", "calendar": "always"}, {"any_of": ["always"]},
    {"timezone": "UTC", "hours": {}}, {"any": ["x"]}, {"high": {"high": "x"}},
    "2026-01-05 09:00", "1 week", "SLA", "OLA", "desk", {"kind": "SLA"}, {"approver": "x"},
    {"x": {"update": "4h"}},
])  # fmt: skip
odd_keys = st.sampled_from([
    "name", "when", "calendar", "targets", "within", "landing", "until", "cutoff", "then",
    "off_day", "any", "all", "none", "at_least", "at_most", "timezone", "hours", "holidays",
    "known_until",
    "versions", "from", "any_of", "base", "except", "order", "matrix", "starts", "stops", "pauses",
    "reopening", "services", "agreements", "customers", "customer_calendar", "overrides", "kind",
    "approval", "side", "approver", "group", "offerings", "valid_until", "supports", "provider",
    "clock", "importance", "internal", "contracts", "language", "custodian", "only_while",
    "retroactive", "retargeting", "rotas", "layers", "members", "start", "end", "every", "person",
    "restricted_to", "reason", "not_before",
    "version", "valid_from", "policies", "calendars", "clocks", "resolution", "*", "x",
])  # fmt: skip


def places(value, at=()):
    """Every list and table in a value."""
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    yield value
    for key, part in parts:
        if isinstance(part, dict | list):
            yield from places(part, (*at, key))


@st.composite
def changed_tables(draw):
    """The table of a book with some values replaced, added or taken out."""
    table = deepcopy(policies_to_dict(draw(books())))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(list(places(table))))
        own = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = draw(st.sampled_from(own) | odd_keys if own else odd_keys)
        if isinstance(place, list):
            place[key if isinstance(key, int) else len(place) :] = [deepcopy(draw(odd_values))]
        elif key in place and draw(st.booleans()):
            del place[key]
        else:
            place[key] = deepcopy(draw(odd_values))
    return table


@given(changed_tables())
def test_what_the_loader_accepts_the_schema_accepts(table):
    """And what the loader refuses, it refuses with faults and nothing else."""
    with suppress(FaultyTable):
        policies_from_dict(table)
        SCHEMA.validate(table)


def test_a_time_of_day_keeps_its_seconds():
    target = Target(Days(1, cutoff=time(17, 0, 30)), always)
    book = PolicyBook.of(Policy("gold", {"resolution": target}))
    assert loads_policies(dump_policies(book)) == book
