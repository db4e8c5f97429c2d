"""The figures of a log: survey files, the command, and the whole real log against pandas."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

from servicecore.__main__ import main
from servicecore.errors import InvalidValue, SurveyFileError
from servicecore.instants import HOUR
from servicecore.lifecycle.events import Event
from servicecore.logs import Log
from servicecore.logs.figures import LogFigures, figures_of
from servicecore.logs.surveyfile import read_surveys
from servicecore.policyfile import load_policies

ROOT = Path(__file__).parents[2]
UCI = ROOT / "examples" / "uci"
HEADER = (
    "invitation,respondent,survey,request,invited_at,answered_at,csat,why,expectation,perception\n"
)
GOOD = HEADER + (
    "i1,ann,csat,INC1,2016-03-01T09:00+00:00,2016-03-02T09:00+00:00,5,quick,4,5\n"
    "i2,bo,csat,INC2,2016-03-01T09:00+00:00,,,,,\n"
    ",cy,csat,INC3,,2016-03-02T09:00+00:00,1,,,\n"
)


def written(folder: Path, text: str, name: str = "surveys.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


class TestSurveyFiles:
    def test_have_a_row_for_each_invitation(self, tmp_path: Path) -> None:
        surveys = read_surveys(written(tmp_path, GOOD))
        assert [each.id for each in surveys.invitations] == ["i1", "i2"]
        first, second = surveys.responses
        assert first.answers["csat"] == 5
        assert first.answers["why"] == "quick"
        assert second.invitation is None
        assert second.answers["why"] is None

    def test_say_everything_that_is_wrong_at_once_with_its_line(self, tmp_path: Path) -> None:
        text = HEADER + (
            "i1,ann,csat,INC1,,,,,,\n"
            "i2,,csat,INC1,2016-03-01T09:00+00:00,,,,,\n"
            "i3,ann,csat,INC1,2016-03-01T09:00,,,,,\n"
            "i4,ann,csat,INC1,2016-03-01T09:00+00:00,,5,,,\n"
            "i5,ann\n"
            "i6,ann,csat,INC1,2016-03-01T09:00+00:00,yesterday,5,,,\n"
            "i7,ann,csat,INC1,2016-03-01T09:00+00:00,,,,,\n"
            "i7,ann,csat,INC1,2016-03-01T09:00+00:00,,,,,\n"
        )
        with pytest.raises(SurveyFileError) as problem:
            read_surveys(written(tmp_path, text))
        said = str(problem.value).splitlines()
        assert said[0].endswith("cannot be used as a survey file")
        assert [line.strip().partition(":")[0] for line in said[1:]] == [
            f"line {n}" for n in (2, 3, 4, 5, 6, 7, 9)
        ]
        for part in (
            "has no invited_at",
            "no respondent",
            "invited_at is '2016-03-01T09:00': expected ISO 8601 with an offset",
            "answers without answered_at",
            "2 cells: expected 10",
            "answered_at is 'yesterday': expected ISO 8601",
            "'i7' comes twice",
        ):
            assert part in str(problem.value)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("a,b\n1,2\n", "no column 'invitation'"),
            ("", "no column 'respondent'"),
            ("invitation,respondent,respondent\n", "two columns 'respondent'"),
        ],
    )
    def test_need_their_columns(self, tmp_path: Path, text: str, said: str) -> None:
        with pytest.raises(SurveyFileError) as problem:
            read_surveys(written(tmp_path, text))
        assert said in str(problem.value)

    def test_that_cannot_be_read_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidValue, match="cannot be read"):
            read_surveys(tmp_path / "none.csv")
        (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
        with pytest.raises(InvalidValue, match="is no CSV in UTF-8"):
            read_surveys(tmp_path / "bytes.csv")


class TestCommand:
    def arguments(self, *more: object) -> list[str]:
        files = [UCI / "policies.toml", UCI / "incidents.csv", "--mapping", UCI / "mapping.toml"]
        return ["report", *map(str, (*files, *more))]

    def test_prints_writes_and_groups(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out, page = tmp_path / "out.json", tmp_path / "page.md"
        more = ["--by", "priority", "--json", out, "--markdown", page]
        assert main(self.arguments(*more)) == 0
        printed = capsys.readouterr().out
        assert "300 requests as of" in printed
        assert "resolution: kept, of all that was due" in printed
        table = json.loads(out.read_text())
        assert table["by"] == "priority"
        assert table["log"]["rows_read"] > 1000
        assert page.read_text().startswith("# Report\n")

    def test_takes_surveys(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        surveys = written(tmp_path, GOOD)
        assert main(self.arguments("--surveys", surveys)) == 0
        printed = capsys.readouterr().out
        assert "Satisfaction" in printed
        assert "Left out, since nobody was invited to it: 1 answer" in printed
        assert "About requests that the log does not have: 2 invitations" in printed

    def test_takes_a_period(self, capsys: pytest.CaptureFixture[str]) -> None:
        period = ["--from", "2016-03-01T00:00+00:00", "--until", "2016-03-02T00:00+00:00"]
        assert main(self.arguments(*period)) == 0
        assert "from 2016-03-01 00:00 to 2016-03-02 00:00 UTC" in capsys.readouterr().out

    def test_says_so_where_nobody_has_a_fact(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(self.arguments("--by", "colour")) == 0
        assert "No request has the fact 'colour'" in capsys.readouterr().out

    def test_before_the_log_begins_there_is_nothing(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(self.arguments("--at", "1990-01-01T00:00+00:00")) == 0
        assert "\n0 requests as of 1990-01-01 00:00 UTC" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("more", "said"),
        [
            (["--from", "2016-03-01T00:00+00:00"], "expected both or none"),
            (["--from", "monday", "--until", "tuesday"], "--from is 'monday'"),
            (["--by", "person"], "expected a fact that names no persons"),
            (["--target", "1"], "has no budget"),
            (["--by", ""], "expected the name of a fact"),
            (["--clock", "solution"], "clock of these policies"),
            (["--surveys", "nowhere.csv"], "cannot be read"),
            (["--markdown", "/no/such/folder/x.md"], "its folder is not there"),
        ],
    )
    def test_says_what_is_wrong(
        self, more: list[str], said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(self.arguments(*more)) == 1
        assert said in capsys.readouterr().err


@pytest.fixture(scope="module")
def histories(whole_log: Log) -> Mapping[str, tuple[Event, ...]]:
    return whole_log.histories


@pytest.fixture(scope="module")
def figures(histories: Mapping[str, tuple[Event, ...]]) -> LogFigures:
    return figures_of(histories, load_policies(UCI / "policies.toml"))


@pytest.fixture(scope="module")
def rows(incident_log: Path) -> pd.DataFrame:
    """The rows that have a state, by incident, in the order of their updates."""
    frame = pd.read_csv(incident_log, na_values="?", low_memory=False)
    frame["updated"] = pd.to_datetime(frame["sys_updated_at"], format="%d/%m/%Y %H:%M")
    frame["opened"] = pd.to_datetime(frame["opened_at"], format="%d/%m/%Y %H:%M")
    return frame[frame["incident_state"] != "-100"]


class TestWholeLog:
    """The report on 24,918 real incidents, against plain pandas."""

    def test_counts_every_incident(self, figures: LogFigures, rows: pd.DataFrame) -> None:
        assert figures.report.requests == rows["number"].nunique() == 24_918
        assert not figures.failed

    def test_handoffs_are_changes_of_group(self, figures: LogFigures, rows: pd.DataFrame) -> None:
        """M5: a missing group is no handoff."""
        known = rows.dropna(subset=["assignment_group"])
        groups = known.groupby("number")["assignment_group"]
        changed = known["assignment_group"] != groups.shift()
        path = known[changed].groupby("number")["assignment_group"].agg(list)
        hand = path.map(len) - 1
        bounced = path.map(lambda groups: sum(g in groups[:n] for n, g in enumerate(groups)))
        ping = path.map(
            lambda groups: any(a == c for a, c in zip(groups, groups[2:], strict=False))
        )
        found = figures.report
        per_request = found.figure("handoffs per request")
        assert per_request.n == len(path)
        assert per_request.value == pytest.approx(hand.mean())
        assert found.figure("bounces per request").value == pytest.approx(bounced.mean())
        assert found.figure("bounced at all").hits == (bounced > 0).sum()
        assert found.figure("ping-pong").hits == ping.sum()

    def test_waiting_times_are_those_of_pandas(
        self, figures: LogFigures, histories: Mapping[str, tuple[Event, ...]]
    ) -> None:
        """From the opening to the last resolution; everything in this log is resolved."""
        ended = {}
        for name, history in histories.items():
            frame = pd.Series(
                {
                    place: type(event).__name__
                    for place, event in enumerate(history)
                    if type(event).__name__ in ("Resolved", "Closed", "Reopened")
                }
            )
            last = None
            for place, kind in frame.items():
                if kind == "Reopened":
                    last = None
                elif last is None:
                    last = history[int(str(place))].occurred
            if last is not None:
                ended[name] = (last - history[0].occurred) / HOUR
        hours = pd.Series(ended)
        found = figures.report
        assert found.figure("time that customers waited, median").n == len(hours)
        for name, share in (("median", 0.5), ("9 of 10", 0.9)):
            expected = hours.quantile(share, interpolation="inverted_cdf")
            value = found.figure(f"time that customers waited, {name}").value
            assert value == pytest.approx(expected)

    def test_backlog_partway_is_what_pandas_counts(
        self, histories: Mapping[str, tuple[Event, ...]]
    ) -> None:
        """At an instant within the log."""
        at = pd.Timestamp("2016-04-15T15:00Z")
        found = figures_of(histories, load_policies(UCI / "policies.toml"), at=at.to_pydatetime())
        instant = at.value // 1000
        frame = pd.DataFrame(
            [
                (name, event.occurred, type(event).__name__)
                for name, history in histories.items()
                for event in history
                if type(event).__name__ in ("Opened", "Resolved", "Closed", "Reopened", "Cancelled")
            ],
            columns=["number", "at", "kind"],
        )
        last = frame[frame["at"] <= instant].groupby("number")["kind"].last()
        assert found.report.figure("open now").value == last.isin(["Opened", "Reopened"]).sum()
        assert found.later == len(histories) - len(last)
