"""What the rows of a request become."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest

from servicecore.instants import to_instant
from servicecore.lifecycle.events import (
    Actor,
    Assigned,
    Cancelled,
    Closed,
    Event,
    FactsChanged,
    Opened,
    Prioritised,
    Reopened,
    Replied,
    Resolved,
    Side,
    StatusChanged,
)
from servicecore.logs import Log, mapping_from_dict, read_log

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STATUSES = {
    "New": "new", "Active": "in progress", "Waiting": "waiting for customer", "Done": "resolved",
    "Closed": "closed", "Withdrawn": "cancelled", "Merged": "merged", "Parked": "parked",
}  # fmt: skip
BASE: dict[str, object] = {
    "request": "id",
    "order": "file",
    "time": {"column": "at", "zone": "UTC"},
    "status": {"column": "status", "names": STATUSES},
}
ENVELOPE = {"sequence", "recorded"}


def at(minutes: int) -> datetime:
    """`minutes` past noon."""
    return NOON + timedelta(minutes=minutes)


def clock(minutes: int) -> str:
    """The same as a cell."""
    return f"{at(minutes):%Y-%m-%dT%H:%M}"


def read(tmp_path: Path, text: str, mapping: Mapping[str, object]) -> Log:
    """A log out of lines in which ``@7`` is seven minutes past noon."""
    lines = [
        ",".join(clock(int(cell[1:])) if cell.startswith("@") else cell for cell in line.split(","))
        for line in text.split()
    ]
    path = tmp_path / "log.csv"
    path.write_text("\n".join(lines) + "\n")
    return read_log(path, mapping_from_dict(mapping))


def plain(events: tuple[Event, ...]) -> list[tuple[type[Event], int, dict[str, object]]]:
    """Events as type, minutes past noon, and what they say beyond their defaults."""
    told = []
    for event in events:
        fields = attrs.fields_dict(type(event))
        said = {
            name: getattr(event, name)
            for name, field in fields.items()
            if name not in {"request", "occurred", "sequence"}
            and getattr(event, name) != field.default
            and getattr(event, name) != {}
        }
        told.append((type(event), (event.occurred - to_instant(NOON)) // 60_000_000, said))
    return told


def only(log: Log) -> list[tuple[type[Event], int, dict[str, object]]]:
    """The only history of a log without anything to report."""
    assert not log.unusable
    (history,) = log.histories.values()
    return plain(history)


def test_statuses_become_events_where_they_change(tmp_path: Path) -> None:
    text = """
        id,at,status
        a,@0,New
        a,@1,New
        a,@2,Active
        a,@3,Waiting
        a,@4,Waiting
        a,@5,Done
        a,@6,Active
        a,@7,Done
        a,@8,Closed
        a,@9,New
        a,@10,Withdrawn
        a,@11,Parked
        a,@12,Merged
    """
    assert only(read(tmp_path, text, BASE)) == [
        (Opened, 0, {}),
        (StatusChanged, 2, {"status": "in progress"}),
        (StatusChanged, 3, {"status": "waiting for customer"}),
        (Resolved, 5, {}),
        (Reopened, 6, {}),
        (Resolved, 7, {}),
        (Closed, 8, {}),
        (Reopened, 9, {"status": "new"}),
        (Cancelled, 10, {}),
        (Reopened, 11, {"status": "parked"}),
        (StatusChanged, 12, {"status": "merged"}),
    ]


def test_a_request_may_start_in_any_status(tmp_path: Path) -> None:
    log = read(tmp_path, "id,at,status a,@0,Done b,@1,Active c,@2,", BASE)
    assert [plain(history) for history in log.histories.values()] == [
        [(Opened, 0, {}), (Resolved, 0, {})],
        [(Opened, 1, {}), (StatusChanged, 1, {"status": "in progress"})],
        [(Opened, 2, {})],
    ]


def test_rows_of_a_request_need_not_be_neighbours(tmp_path: Path) -> None:
    log = read(tmp_path, "id,at,status b,@0,New a,@1,New b,@2,Done a,@3,Done", BASE)
    assert list(log.histories) == ["b", "a"]
    assert plain(log.histories["b"]) == [(Opened, 0, {}), (Resolved, 2, {})]
    assert plain(log.histories["a"]) == [(Opened, 1, {}), (Resolved, 3, {})]
    assert [event.sequence for event in log.histories["a"]] == [0, 1]


class TestOrder:
    TEXT = "id,at,n,status a,@5,3,Done a,@0,1,New a,@5,2,Active a,@9,2,Waiting"

    def test_by_time_with_equal_ones_as_in_the_file(self, tmp_path: Path) -> None:
        log = read(tmp_path, self.TEXT, BASE | {"order": "time"})
        assert [kind for kind, *_ in only(log)] == [
            Opened, Resolved, Reopened, StatusChanged,
        ]  # fmt: skip
        assert not log.notes

    def test_as_in_the_file(self, tmp_path: Path) -> None:
        """T3: an instant before the latest so far is kept as the one of recording."""
        log = read(tmp_path, self.TEXT, BASE | {"order": "file"})
        early = {"recorded": to_instant(at(0))}
        assert only(log) == [
            (Opened, 5, {}),
            (Resolved, 5, {}),
            (Reopened, 5, {"status": "new", **early}),
            (StatusChanged, 5, {"status": "in progress"}),
            (StatusChanged, 9, {"status": "waiting for customer"}),
        ]
        (note,) = log.notes
        assert (note.line, note.request) == (3, "a")
        assert note.reason == (
            "lies at 2026-03-02T12:00:00+00:00, before a row ahead of it: "
            "placed at 2026-03-02T12:05:00+00:00"
        )

    def test_by_a_column_of_numbers(self, tmp_path: Path) -> None:
        log = read(tmp_path, self.TEXT, BASE | {"order": {"column": "n"}})
        assert [(kind, minute) for kind, minute, _ in only(log)] == [
            (Opened, 0), (StatusChanged, 5), (StatusChanged, 9), (Resolved, 9),
        ]  # fmt: skip
        assert [(note.line, note.reason.split(",")[0]) for note in log.notes] == [
            (2, "lies at 2026-03-02T12:05:00+00:00"),
            (5, "has the same n as line 4: kept in the file's order"),
        ]

    def test_numbers_are_compared_as_numbers(self, tmp_path: Path) -> None:
        text = "id,at,n,status a,@0,10,Closed a,@0,9.5,Done a,@0,-1,New a,@0,,New a,@0,x,New"
        log = read(tmp_path, text, BASE | {"order": {"column": "n"}})
        assert [kind for kind, *_ in plain(log.histories["a"])] == [Opened, Resolved, Closed]
        assert [(row.line, row.reason) for row in log.unusable] == [
            (5, "n is missing: expected a number"),
            (6, "n is 'x': expected a number"),
        ]


class TestOpening:
    MAPPING = BASE | {"time": {"column": "at", "opened": "opened", "zone": "UTC"}}

    @pytest.mark.parametrize(
        ("opened", "minute", "note"),
        [
            ("@-30", -30, None),
            ("@0", 0, None),
            ("", 0, None),
            ("@3", 0, "after its first row: moved to 2026-03-02T12:00:00+00:00"),
            ("soon", 0, "opened 'soon' is no time: expected 'iso'"),
        ],
    )
    def test_from_its_column_unless_the_first_row_is_earlier(
        self, tmp_path: Path, opened: str, minute: int, note: str | None
    ) -> None:
        log = read(
            tmp_path, f"id,at,opened,status a,@0,{opened},Active a,@5,@-60,Done", self.MAPPING
        )
        assert only(log)[:2] == [
            (Opened, minute, {}),
            (StatusChanged, 0, {"status": "in progress"}),
        ]
        assert [found.line for found in log.notes] == ([2] if note else [])
        assert not note or note in log.notes[0].reason

    def test_who_opened_is_known_where_a_row_tells_the_opening(self, tmp_path: Path) -> None:
        text = "id,at,opened,status,by a,@0,,New,ann b,@0,@-1,New,ann"
        log = read(tmp_path, text, self.MAPPING | {"actor": {"column": "by"}})
        openings = [history[0].actor for history in log.histories.values()]
        assert openings == [Actor("ann"), None]


class TestFacts:
    MAPPING = BASE | {
        "file": {"null": ["?"]},
        "facts": {
            "impact": {"column": "impact", "values": {"1": "high", "2": "low"}},
            "priority": {"column": "priority", "values": {"P1": "critical", "P2": "moderate"}},
            "customer": "customer",
            "seats": {"column": "seats", "as": "integer"},
        },
        "constants": {"kind": "incident"},
    }
    HEADER = "id,at,status,impact,priority,customer,seats"

    def test_known_at_the_opening_and_changed_later(self, tmp_path: Path) -> None:
        """P1: what the log says of the priority comes from the log."""
        text = f"""
            {self.HEADER}
            a,@0,New,1,P2,acme,5
            a,@1,New,?,P2,acme,
            a,@2,New,1,P1,acme,5
            a,@3,New,2,P1,beta,6
        """
        ranks = {"priority": "critical", "source": "log"}
        assert only(read(tmp_path, text, self.MAPPING)) == [
            (Opened, 0, {"facts": {
                "kind": "incident", "impact": "high", "priority": "moderate", "customer": "acme",
                "seats": 5,
            }}),
            (Prioritised, 2, {"impact": "high", **ranks}),
            (Prioritised, 3, {"impact": "low", **ranks}),
            (FactsChanged, 3, {"facts": {"customer": "beta", "seats": 6}}),
        ]  # fmt: skip

    def test_impact_without_a_priority_is_a_fact_like_others(self, tmp_path: Path) -> None:
        text = f"{self.HEADER} a,@0,New,1,,, a,@1,New,2,,,"
        assert only(read(tmp_path, text, self.MAPPING)) == [
            (Opened, 0, {"facts": {"kind": "incident", "impact": "high"}}),
            (FactsChanged, 1, {"facts": {"impact": "low"}}),
        ]

    def test_what_has_no_meaning_changes_nothing_and_is_noted(self, tmp_path: Path) -> None:
        text = f"{self.HEADER} a,@0,New,1,P9,,many a,@1,New,1,P9,,few a,@2,New,1,P1,,7"
        log = read(tmp_path, text, self.MAPPING)
        assert only(log) == [
            (Opened, 0, {"facts": {"kind": "incident", "impact": "high"}}),
            (Prioritised, 2, {"impact": "high", "priority": "critical", "source": "log"}),
            (FactsChanged, 2, {"facts": {"seats": 7}}),
        ]
        assert [(note.line, note.reason) for note in log.notes] == [
            (2, "the priority 'P9' is not named in the mapping"),
            (2, "the seats 'many' is no integer"),
            (3, "the seats 'few' is no integer"),
        ]

    def test_words_and_numbers(self, tmp_path: Path) -> None:
        facts = {
            "tags": {"column": "tags", "as": "words", "separator": "|"},
            "cost": {"column": "cost", "as": "number"},
        }
        text = "id,at,status,tags,cost a,@0,New,vip||web|,1.5 a,@1,New,web|vip,1.50"
        assert only(read(tmp_path, text, BASE | {"facts": facts})) == [
            (Opened, 0, {"facts": {"tags": frozenset({"vip", "web"}), "cost": 1.5}}),
        ]


class TestAssignment:
    MAPPING = BASE | {"assignment": {"group": "group", "person": "person"}}

    def test_written_where_a_row_names_another(self, tmp_path: Path) -> None:
        """M5: a missing group is no handoff; a new group that names nobody has nobody yet."""
        text = """
            id,at,status,group,person
            a,@0,New,,
            a,@1,New,net,
            a,@2,New,net,ann
            a,@3,New,,
            a,@4,New,net,ann
            a,@5,New,db,
            a,@6,New,db,ann
            a,@7,New,,bob
        """
        assert only(read(tmp_path, text, self.MAPPING)) == [
            (Opened, 0, {}),
            (Assigned, 1, {"group": "net"}),
            (Assigned, 2, {"group": "net", "person": "ann"}),
            (Assigned, 5, {"group": "db"}),
            (Assigned, 6, {"group": "db", "person": "ann"}),
            (Assigned, 7, {"group": "db", "person": "bob"}),
        ]


class TestActivities:
    """A log as process mining has it: what was done, by whom, on which side."""

    MAPPING: Mapping[str, object] = {
        "request": "case",
        "time": {"column": "at", "zone": "UTC"},
        "activities": {
            "column": ["activity", "transition"],
            "joined": "+",
            "names": {
                "create+complete": "opened",
                "take+start": "status: in progress",
                "mail out+complete": "replied",
                "note+complete": {"event": "replied", "public": False},
                "receipt+complete": {"event": "replied", "automatic": True, "side": "desk"},
                "mail in+complete": "customer replied",
                "hand over+complete": "assigned",
                "solve+complete": "resolved",
                "object+complete": "reopened",
                "archive+complete": "closed",
                "scan+complete": "nothing",
            },
        },
        "assignment": {"group": "team"},
        "actor": {
            "column": "by",
            "side": {"column": "role", "values": {"agent": "desk", "user": "customer"}},
        },
    }
    HEADER = "case,at,activity,transition,team,by,role"

    def read(self, tmp_path: Path, *lines: str) -> Log:
        text = "\n".join(
            line.replace(" in", "_in").replace(" out", "_out").replace(" over", "_over")
            for line in (self.HEADER, *lines)
        )
        names = self.MAPPING["activities"]["names"]  # type: ignore[index]  # a table of tables
        activities = {
            "column": ["activity", "transition"],
            "joined": "+",
            "names": {word.replace(" ", "_"): meaning for word, meaning in names.items()},
        }
        return read(tmp_path, text, {**self.MAPPING, "activities": activities})

    def test_each_becomes_its_event(self, tmp_path: Path) -> None:
        log = self.read(
            tmp_path,
            "a,@0,create,complete,,kim,user",
            "a,@1,receipt,complete,,,",
            "a,@2,take,start,net,ann,agent",
            "a,@3,mail out,complete,net,ann,agent",
            "a,@4,mail in,complete,net,kim,user",
            "a,@5,note,complete,net,ann,agent",
            "a,@6,hand over,complete,db,ann,agent",
            "a,@7,hand over,complete,db,ann,agent",
            "a,@8,scan,complete,db,,",
            "a,@9,solve,complete,db,bob,agent",
            "a,@10,object,complete,db,kim,user",
            "a,@11,solve,complete,db,bob,agent",
            "a,@12,archive,complete,db,,agent",
        )
        kim, ann, bob = Actor("kim", Side.CUSTOMER), Actor("ann"), Actor("bob")
        assert only(log) == [
            (Opened, 0, {"actor": kim}),
            (Replied, 1, {"automatic": True, "actor": Actor("desk")}),
            (Assigned, 2, {"group": "net", "actor": ann}),
            (StatusChanged, 2, {"status": "in progress", "actor": ann}),
            (Replied, 3, {"actor": ann}),
            (Replied, 4, {"actor": kim}),
            (Replied, 5, {"public": False, "actor": ann}),
            (Assigned, 6, {"group": "db", "actor": ann}),
            (Assigned, 7, {"group": "db", "actor": ann}),
            (Resolved, 9, {"actor": bob}),
            (Reopened, 10, {"actor": kim}),
            (Resolved, 11, {"actor": bob}),
            (Closed, 12, {"actor": Actor("desk")}),
        ]
        assert not log.notes

    def test_an_opening_behind_the_first_row_moves_there(self, tmp_path: Path) -> None:
        log = self.read(
            tmp_path,
            "a,@2,create,complete,,kim,user",
            "a,@1,take,start,,ann,agent",
            "a,@5,create,complete,,ann,agent",
        )
        assert [(kind, minute) for kind, minute, _ in only(log)] == [
            (Opened, 1), (StatusChanged, 1),
        ]  # fmt: skip
        assert log.histories["a"][0].actor == Actor("kim", Side.CUSTOMER)
        assert [(note.line, note.reason.partition(" ")[0]) for note in log.notes] == [
            (2, "opens"), (4, "is"),
        ]  # fmt: skip
        assert log.notes[1].reason == "is opened a second time: kept as it was"

    def test_a_side_that_is_not_named_is_noted(self, tmp_path: Path) -> None:
        log = self.read(tmp_path, "a,@0,create,complete,,kim,users")
        assert log.histories["a"][0].actor is None
        assert [note.reason for note in log.notes] == [
            "the side 'users' is not named in the mapping"
        ]

    def test_words_that_are_not_named(self, tmp_path: Path) -> None:
        log = self.read(tmp_path, "a,@0,create,complete,,,", "a,@1,create,start,,,", "a,@2,,,,,")
        assert [(row.line, row.reason) for row in log.unusable] == [
            (3, "the activity 'create+start' is not named in the mapping"),
        ]
        assert log.rows_used == 2


def test_words_that_are_not_named_may_be_ignored(tmp_path: Path) -> None:
    status = {"column": "status", "names": STATUSES, "unknown": "ignore"}
    log = read(tmp_path, "id,at,status a,@0,New a,@1,-100 a,@2,Done", BASE | {"status": status})
    assert only(log) == [(Opened, 0, {}), (Resolved, 2, {})]
    assert [(note.line, note.reason) for note in log.notes] == [
        (3, "the status '-100' is not named in the mapping"),
    ]
    assert log.rows_used == 3


def test_a_status_and_an_activity_in_one_row(tmp_path: Path) -> None:
    """What was done comes before how the request stands then, and is not told twice."""
    activities = {"column": "act", "names": {"solve": "resolved", "mail": "replied"}}
    text = "id,at,status,act a,@0,New, a,@1,Active,mail a,@2,Done,solve a,@3,Closed,"
    assert only(read(tmp_path, text, BASE | {"activities": activities})) == [
        (Opened, 0, {}),
        (Replied, 1, {"actor": Actor("desk")}),
        (StatusChanged, 1, {"status": "in progress"}),
        (Resolved, 2, {}),
        (Closed, 3, {}),
    ]


class TestARowPerRequest:
    MAPPING: Mapping[str, object] = {
        "rows": "requests",
        "request": "id",
        "time": {"zone": "Europe/Berlin"},
        "instants": {
            "closed": "closed",
            "opened": "opened",
            "assigned": "taken",
            "replied": "answered",
            "resolved": "solved",
            "reopened": "again",
            "status: waiting for customer": "asked",
        },
        "assignment": {"group": "team"},
        "facts": {"priority": "prio"},
    }
    HEADER = "id,opened,taken,answered,asked,solved,again,closed,team,prio"

    def test_its_instants_become_events(self, tmp_path: Path) -> None:
        text = f"{self.HEADER} a,@0,@5,@6,@7,@8,,@8,net,low"
        hour = -60  # the log's clock is one ahead of UTC
        assert only(read(tmp_path, text, self.MAPPING)) == [
            (Opened, hour, {"facts": {"priority": "low"}}),
            (Assigned, hour + 5, {"group": "net"}),
            (Replied, hour + 6, {"actor": Actor("desk")}),
            (StatusChanged, hour + 7, {"status": "waiting for customer"}),
            (Resolved, hour + 8, {}),
            (Closed, hour + 8, {}),
        ]

    def test_a_group_without_an_assignment_is_there_from_the_opening(self, tmp_path: Path) -> None:
        text = f"{self.HEADER} a,@0,,,,,,,net,"
        assert [kind for kind, *_ in only(read(tmp_path, text, self.MAPPING))] == [Opened, Assigned]

    def test_the_last_resolution_may_follow_a_reopening(self, tmp_path: Path) -> None:
        text = f"{self.HEADER} a,@0,,,,@9,@5,,,"
        kinds = [kind for kind, *_ in only(read(tmp_path, text, self.MAPPING))]
        assert kinds == [Opened, Reopened, Resolved]

    @pytest.mark.parametrize(
        ("row", "column", "minute"),
        [
            ("a,@10,,,,@4,,,,", "solved", "04"),
            ("a,@10,,@5,,@20,,,,", "answered", "05"),
            ("a,@10,,@5,,,,@3,,", "closed", "03"),
        ],
    )
    def test_what_happened_before_the_opening_makes_the_row_unusable(
        self, tmp_path: Path, row: str, column: str, minute: str
    ) -> None:
        log = read(tmp_path, f"{self.HEADER} {row} b,@0,,,,@0,,,,", self.MAPPING)
        assert list(log.histories) == ["b"]
        opened = "opened 2026-03-02T12:10:00+01:00"
        reason = f"{column} 2026-03-02T12:{minute}:00+01:00 lies before {opened}"
        assert list(log.unusable) == [(2, "a", reason)]
        assert not log.notes

    def test_rows_that_cannot_be_used(self, tmp_path: Path) -> None:
        text = f"{self.HEADER} a,@0,,,,,,,, b,,,,,@1,,,, c,@0,,,,soon,,,, a,@0,,,,@1,,,,"
        log = read(tmp_path, text, self.MAPPING)
        assert list(log.histories) == ["a"]
        assert [(row.line, row.request, row.reason) for row in log.unusable] == [
            (3, "b", "opened is missing"),
            (4, "c", "solved 'soon' is no time: expected 'iso'"),
            (5, "a", "is a second row of its request: line 2 is used"),
        ]
        assert (log.rows_read, log.rows_used) == (4, 1)

    def test_a_row_that_names_no_request_or_is_no_row(self, tmp_path: Path) -> None:
        log = read(tmp_path, f"{self.HEADER} ,@0,,,,,,,, a,@0", self.MAPPING)
        assert [(row.line, row.request, row.reason) for row in log.unusable] == [
            (2, None, "names no request: 'id' is empty"),
            (3, None, "has 2 columns: expected 10"),
        ]


def test_a_mistyped_year_is_one_unusable_row(tmp_path: Path) -> None:
    """C8: calendars answer for no such year, so it must not become the end of the log."""
    text = "id,at,status a,@0,New a,3017-03-02T12:00,Active a,@5,Done"
    log = read(tmp_path, text, BASE)
    assert plain(log.histories["a"]) == [(Opened, 0, {}), (Resolved, 5, {})]
    assert [(row.line, row.reason) for row in log.unusable] == [
        (3, "at '3017-03-02T12:00' lies outside the years 1900 to 2199"),
    ]


GAP = "at '2026-03-29T02:30' does not exist in Europe/Berlin"
TWICE = "at '2026-10-25T02:30' comes twice in Europe/Berlin"


@pytest.mark.parametrize(
    ("options", "used", "notes", "unusable"),
    [
        ({}, 3, [GAP + ": moved to 2026-03-29T03:00:00+02:00", TWICE + ": taken as the first"], []),
        ({"twice": "refuse", "gap": "refuse"}, 1, [], [GAP, TWICE]),
    ],
)
def test_doubtful_times_are_noted_or_listed(
    tmp_path: Path, options: dict[str, str], used: int, notes: list[str], unusable: list[str]
) -> None:
    text = "id,at,status a,2026-03-29T02:30,New a,2026-10-25T02:30,Active a,2026-10-26T02:30,Done"
    time = {"column": "at", "zone": "Europe/Berlin", **options}
    log = read(tmp_path, text, BASE | {"time": time})
    assert log.rows_used == used
    assert [note.reason for note in log.notes] == notes
    assert [row.reason for row in log.unusable] == unusable
