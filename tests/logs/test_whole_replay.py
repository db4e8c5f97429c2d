"""The main job on the whole real log, against verdicts worked out with plain pandas."""

from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from servicecore import PolicyBook, load_policies
from servicecore.instants import to_instant
from servicecore.logs import Log
from servicecore.logs.report import LogReport, report_of
from servicecore.sla import ClockRule, Policy, Target

EXAMPLE = Path(__file__).parents[2] / "examples" / "uci"
ZONE = "America/Sao_Paulo"
TWO_DAYS = pd.Timedelta(hours=48)
FIRST_RESOLUTION = ClockRule(
    "first resolution", ["opened"], ["resolved", "closed"], reopening="stopped"
)
BOOK = PolicyBook.of(
    Policy("all", {"first resolution": Target("48h")}),
    clocks={"first resolution": FIRST_RESOLUTION},
)


@pytest.fixture(scope="module")
def log(whole_log: Log) -> Log:
    return whole_log


@pytest.fixture(scope="module")
def table(incident_log: Path) -> pd.DataFrame:
    """The rows with an instant each, which never goes backward within an incident."""
    table = pd.read_csv(incident_log, dtype=str, keep_default_na=False)
    table = table[table.incident_state != "-100"]
    for column in ("opened_at", "sys_updated_at"):
        wall = pd.to_datetime(table[column], format="%d/%m/%Y %H:%M")
        table[column] = wall.dt.tz_localize(ZONE, ambiguous=True, nonexistent="shift_forward")
    table["at"] = table.groupby("number").sys_updated_at.cummax()
    table["priority"] = table.priority.str[4:].str.lower()
    return table


@pytest.fixture(scope="module")
def resolutions(table: pd.DataFrame) -> pd.DataFrame:
    """Opening, first resolution or closing and last priority of every incident, by pandas alone."""
    opened = table.groupby("number")[["opened_at", "at"]].first().min(axis=1)
    done = table[table.incident_state.isin(["Resolved", "Closed"])].groupby("number")["at"].first()
    priority = table.groupby("number").priority.last()
    return pd.DataFrame({"opened": opened, "done": done, "priority": priority})


def by_priority(resolutions: pd.DataFrame) -> dict[str, int]:
    counts: dict[str, int] = resolutions.priority.value_counts().to_dict()
    return counts


def met_and_missed(report: LogReport) -> tuple[Counter[str], Counter[str]]:
    met = Counter({row.priority: row.met for row in report.attainment})
    return met, Counter({row.priority: row.missed for row in report.attainment})


def test_verdicts_are_those_that_pandas_works_out(log: Log, resolutions: pd.DataFrame) -> None:
    """K1: 48 hours of wall time, in time up to the due instant itself, over a DST change."""
    report = report_of(log.histories, BOOK)
    took = resolutions.done - resolutions.opened
    met, missed = met_and_missed(report)
    assert met == by_priority(resolutions[took <= TWO_DAYS])
    assert missed == by_priority(resolutions[took > TWO_DAYS])
    assert not report.failed
    assert not report.without_policy


def test_partway_the_cohort_is_what_was_due_by_then(
    log: Log, table: pd.DataFrame, resolutions: pd.DataFrame
) -> None:
    """M2: nothing later is known; open requests past due count, early ones wait."""
    cut = pd.Timestamp("2016-05-10T12:00", tz=ZONE)
    known = resolutions[resolutions.opened <= cut].copy()
    first = table.groupby("number").priority.first()
    known["priority"] = table[table["at"] <= cut].groupby("number").priority.last()
    known["priority"] = known.priority.fillna(first)  # opened before its first row was written
    due = known[known.opened + TWO_DAYS < cut]
    kept = due[(due.done <= cut) & (due.done - due.opened <= TWO_DAYS)]
    late = due[due.done > cut]
    assert len(late) > 100
    report = report_of(log.histories, BOOK, at=to_instant(cut.to_pydatetime()))
    assert report.requests == len(known)
    assert report.later == len(resolutions) - len(known)
    assert {row.priority: row.due for row in report.attainment} == by_priority(due)
    assert Counter({row.priority: row.kept.hits for row in report.attainment}) == by_priority(kept)
    assert Counter({row.priority: row.late for row in report.attainment}) == by_priority(late)


def test_the_example_policies_replay_every_incident(log: Log) -> None:
    """Every request gets a verdict from the shipped policies, and the standings add up."""
    report = report_of(log.histories, load_policies(EXAMPLE / "policies.toml"), worst=5)
    assert report.requests == 24_918
    assert not report.failed
    assert not report.without_policy
    assert {row.clock for row in report.attainment} == {"acknowledgement", "resolution"}
    for row in report.attainment:
        standings = (row.met, row.missed, row.late, row.open, row.paused, row.cancelled)
        assert sum(standings) == row.requests
    late_by = [breach.late_by for breach in report.worst]
    assert len(late_by) == 5
    assert late_by == sorted(late_by, reverse=True)
