"""The portal under `examples/`: a host over real HTTP and real SMTP, on SQLite and PostgreSQL."""

from __future__ import annotations

import os
import signal
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from pathlib import Path
from threading import Barrier

import httpx
import pytest
from sqlalchemy import event, func, make_url, select
from sqlalchemy.exc import OperationalError

from examples.portal.settings import Settings
from examples.portal.tables import comments
from servicecore.__main__ import main
from servicecore.hookspecs import hookimpl
from servicecore.lifecycle.commands import ChangeFacts
from servicecore.lifecycle.events import Replied
from tests.examples.portal_kit import (
    FOLDER,
    Client,
    Mailbox,
    Site,
    client,
    module,
    serving,
    taking_mail,
)
from tests.postgres import database, why_missing

DOWN = {"service": "mail", "offering": "mailbox down", "impact": "high", "urgency": "high"}


@pytest.fixture(scope="module")
def server() -> Iterator[Mailbox]:
    """One mail server for all tests here."""
    with taking_mail() as mailbox:
        yield mailbox


@pytest.fixture
def mailbox(server: Mailbox) -> Mailbox:
    """Its mailbox, empty."""
    server.empty()
    return server


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    """A database in a file."""
    return f"sqlite:///{tmp_path / 'portal.db'}"


@pytest.fixture
def postgresql() -> Iterator[str]:
    """A database of its own on a server; without one the test is skipped, and CI fails."""
    if why := why_missing():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(why)
    with database() as url:
        driver = make_url(url).set(drivername="postgresql+psycopg")
        yield driver.render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """One database after the other."""
    found: str = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def site(url: str, mailbox: Mailbox) -> Iterator[Site]:
    """The portal on each database."""
    with serving({"DATABASE_URL": url, **mailbox.environment}) as site:
        yield site


@pytest.fixture
def small_site(sqlite: str, mailbox: Mailbox) -> Iterator[Site]:
    """The portal on SQLite, for what has nothing to do with the database."""
    with serving({"DATABASE_URL": sqlite, **mailbox.environment}) as site:
        yield site


Person = Callable[[str], Client]


@pytest.fixture
def person(request: pytest.FixtureRequest) -> Iterator[Person]:
    """Lets people log in, at whichever site the test is about."""
    name = "site" if "site" in request.fixturenames else "small_site"
    site: Site = request.getfixturevalue(name)
    known: dict[str, Client] = {}
    yield lambda name: known.setdefault(name, client(site, name))
    for each in known.values():
        each.http.close()


def body_of(mail: EmailMessage, kind: str = "plain") -> str:
    """The text of a mail, plain or as HTML."""
    part = mail.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content


def history_of(site: Site, request: str) -> list[str]:
    """What happened to a request, by its types."""
    return [type(each).__name__ for each in site.portal.desk.situation(request).history]


def texts_in(site: Site) -> int:
    """How many comments are kept."""
    with site.portal.engine.connect() as connection:
        return connection.scalars(select(func.count()).select_from(comments)).one()


class Quicker:
    """A plugin that writes to the request while somebody of the desk decides about it."""

    def __init__(self, site: Site, request: str) -> None:
        self.desk, self.request, self.times, self.left = site.portal.desk, request, 0, False
        self.desk.plugins.register(self)

    @hookimpl
    def servicecore_object_to(self, events):
        if events[0].actor is None or self.left:
            return
        self.times += 1
        facts = {"seen": self.times}
        self.desk.handle(ChangeFacts(id=f"seen {self.times}", request=self.request, facts=facts))

    def leave(self) -> None:
        """Write no more."""
        self.left = True


def assert_try_again(answer: httpx.Response, status: int, error: str) -> None:
    """The answer says what is wrong, and that sending it again may help."""
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["try_again"]
    assert answer.headers["Retry-After"] == "1"


class TestStory:
    def test_from_a_request_to_its_resolution(
        self, site: Site, mailbox: Mailbox, person: Person
    ) -> None:
        oleg, tomas = person("Oleg Sorokin"), person("Tomas Brandt")
        request = oleg.sent("/requests", "1", title="No mail since nine", **DOWN)
        site.work()
        (received,) = mailbox.to("oleg@lind.example")
        assert received["Content-Language"] == "ru"
        assert received["Subject"] == f"Ваше обращение {request} «No mail since nine» у нас"
        assert f"/show/{request}" in body_of(received)

        site.clock.go_on(minutes=10)
        tomas.sent(f"/requests/{request}/assign", "1", person="Tomas Brandt")
        tomas.sent(f"/requests/{request}/replies", "2", text="I look at it.")
        tomas.sent(f"/requests/{request}/replies", "3", text="The disk is full.", public=False)
        due, later = (site.clock.go_on(hours=2).isoformat() for _ in range(2))
        site.clock.go_on(hours=-4)
        tomas.sent(f"/requests/{request}/promises", "4", due_at=due)
        site.work()
        site.clock.go_on(hours=1)
        moved = {"promise": "1", "due_at": later, "reason": "a new disk is on its way"}
        tomas.sent(f"/requests/{request}/promises", "5", **moved)
        oleg.sent(f"/requests/{request}/replies", "2", text="Thank you.")
        site.work()
        site.clock.go_on(hours=2)
        tomas.sent(f"/requests/{request}/resolve", "6", reason="a larger disk")
        site.work()

        threads = {mail["References"] for mail in mailbox.mails}
        assert len(threads) == 1
        assert [mail["In-Reply-To"] for mail in mailbox.mails[:1]] == list(threads)
        ids = Counter(mail["Message-ID"] for mail in mailbox.mails)
        assert set(ids.values()) == {1}
        told = [each["notice"] for each in oleg.get(f"/requests/{request}/notices").json()]
        assert told == ["received", "answered", "promised", "renegotiated", "resolved"]
        assert len(mailbox.to("oleg@lind.example")) == 5

        shown = oleg.get(f"/requests/{request}").json()
        assert (shown["status"], shown["person"]) == ("resolved", "Tomas Brandt")
        assert [each["text"] for each in shown["comments"]] == ["I look at it.", "Thank you."]
        (promise,) = shown["promises"]
        assert (promise["state"], promise["kind"]) == ("kept", "delivery")
        clocks = {clock["name"]: clock["state"] for clock in shown["clocks"]}
        assert (clocks["first response"], clocks["resolution"]) == ("met", "met")
        assert shown["next"]["kind"] == "transition"
        notes = tomas.get(f"/requests/{request}").json()["comments"]
        assert [each["public"] for each in notes] == [True, False, True]

    def test_everybody_can_see_why_they_were_told_or_not(
        self, small_site: Site, mailbox: Mailbox, person: Person
    ) -> None:
        tomas = person("Tomas Brandt")
        asked = {"customer": "Lind & Sons", "requester": "Nobody Known"}
        request = tomas.sent("/requests", "1", title="A new mouse", **asked, service="laptops")
        small_site.work()
        small_site.clock.go_on(minutes=20)
        small_site.work()
        told = tomas.get(f"/requests/{request}/notices", **{"Accept-Language": "en"}).json()
        why = {(each["recipient"], each["state"]): each["explanation"] for each in told}
        lost = why["requester: Nobody Known", "undelivered"]
        assert "nobody knows how to reach them" in lost
        assert "Fri 6 Mar 2026 10:00" in lost  # by the clock in Berlin, where Tomas is
        team = [each["explanation"] for each in told if each["recipient"] == "group: service desk"]
        assert any("waits for their digest" in each for each in team)
        assert "NoticeUndelivered" in history_of(small_site, request)
        addressed = {mail["To"] for mail in mailbox.mails}
        assert addressed == {"priya@desk.example", "tomas@desk.example"}

    def test_the_customer_decides(self, small_site: Site, mailbox: Mailbox, person: Person) -> None:
        oleg, marta, tomas = map(person, ("Oleg Sorokin", "Marta Lind", "Tomas Brandt"))
        wanted = {"service": "mail", "offering": "shared mailbox", "kind": "service request"}
        request = oleg.sent("/requests", "1", title="A mailbox for sales", **wanted)
        refused = tomas.send(f"/requests/{request}/resolve", "1")
        assert refused.status_code == 409
        assert refused.json()["reasons"] == ["an approval by Marta Lind is pending"]
        assert not refused.json()["try_again"]
        small_site.work()
        assert len(mailbox.to("marta@lind.example")) == 1
        theirs = oleg.send(f"/requests/{request}/decision", "2", granted=True)
        assert (theirs.status_code, theirs.json()) == (
            403,
            {"detail": "this is for Marta Lind to decide"},
        )
        marta.sent(f"/requests/{request}/decision", "1", granted=True, reason="we need it")
        options = ["sales@lind.example", "shop@lind.example"]
        tomas.sent(f"/requests/{request}/options", "2", options=options, recommendation=options[0])
        assert oleg.get(f"/requests/{request}").json()["status"] == "waiting for customer"
        unknown = oleg.send(f"/requests/{request}/decision", "3", option="a third one")
        assert unknown.status_code == 409
        oleg.sent(f"/requests/{request}/decision", "4", option=options[1])
        tomas.sent(f"/requests/{request}/resolve", "3")
        oleg.sent(f"/requests/{request}/reopen", "5", reason="it is not there")
        assert oleg.get(f"/requests/{request}").json()["status"] == "in progress"


class TestCommands:
    def test_with_the_same_key_at_once_open_one_request(self, site: Site, person: Person) -> None:
        oleg, both = person("Oleg Sorokin"), Barrier(2)

        def sends(_: int) -> httpx.Response:
            both.wait(timeout=30)
            return oleg.send("/requests", "the same", title="No mail", **DOWN)

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(sends, range(2)))
        assert [answer.status_code for answer in answers] == [201, 201]
        first, second = (answer.json() for answer in answers)
        assert first["request"] == second["request"]
        assert {first["repeated"], second["repeated"]} == {True, False}
        assert len(oleg.get("/requests").json()["requests"]) == 1

    def test_with_the_same_key_of_another_person_are_others(
        self, small_site: Site, person: Person
    ) -> None:
        requests = {
            person(name).sent("/requests", "1", title="No mail", **DOWN)
            for name in ("Oleg Sorokin", "Marta Lind")
        }
        assert len(requests) == 2

    def test_with_the_same_key_and_something_else_are_refused(
        self, small_site: Site, person: Person
    ) -> None:
        oleg = person("Oleg Sorokin")
        request = oleg.sent("/requests", "1", title="No mail", **DOWN)
        other = oleg.send("/requests", "1", title="No printer")
        assert (other.status_code, other.json()["error"]) == (409, "CommandMismatch")
        oleg.sent(f"/requests/{request}/replies", "2", text="Hello?")
        again = oleg.send(f"/requests/{request}/replies", "2", text="Hello?")
        assert again.json()["repeated"]
        other = oleg.send(f"/requests/{request}/replies", "2", text="Is anybody there?")
        assert (other.status_code, other.json()["error"]) == (409, "CommandMismatch")
        assert texts_in(small_site) == 1

    def test_that_always_come_second_may_be_sent_again(self, site: Site, person: Person) -> None:
        """B3, B6: the desk tries again for itself, and in the end the client may."""
        request = person("Oleg Sorokin").sent("/requests", "1", title="No mail", **DOWN)
        quicker = Quicker(site, request)
        answer = person("Tomas Brandt").send(f"/requests/{request}/assign", "1", person="bo")
        assert_try_again(answer, 409, "StoreConflict")
        assert quicker.times == site.portal.desk.tries

    def test_in_the_hosts_own_transaction_are_the_clients_to_send_again(
        self, postgresql: str, mailbox: Mailbox
    ) -> None:
        """B6: SQLite lets nobody else write meanwhile."""
        with serving({"DATABASE_URL": postgresql, **mailbox.environment}) as site:
            tomas = client(site, "Tomas Brandt")
            request = tomas.sent("/requests", "1", title="No mail", **DOWN)
            quicker = Quicker(site, request)
            answer = tomas.send(f"/requests/{request}/replies", "2", text="I look at it.")
            assert_try_again(answer, 409, "StoreConflict")
            assert (quicker.times, texts_in(site)) == (1, 0)
            quicker.leave()
            tomas.sent(f"/requests/{request}/replies", "2", text="I look at it.")
            assert texts_in(site) == 1
            tomas.http.close()

    def test_wait_for_a_busy_database_only_so_long(self, url: str, mailbox: Mailbox) -> None:
        environment = {"DATABASE_URL": url, "PORTAL_PATIENCE": "0.2", **mailbox.environment}
        with serving(environment) as site:
            oleg = client(site, "Oleg Sorokin")
            request = oleg.sent("/requests", "1", title="No mail", **DOWN)
            with site.locked():
                new = oleg.send("/requests", "2", title="No printer")
                reply = oleg.send(f"/requests/{request}/replies", "3", text="Hello?")
            for answer in (new, reply):
                assert_try_again(answer, 503, "StoreBusy")
            oleg.sent("/requests", "2", title="No printer")
            oleg.http.close()

    def test_to_a_database_that_is_away_may_be_sent_again(
        self, small_site: Site, person: Person
    ) -> None:
        def is_away(*_: object) -> None:
            raise OperationalError("SELECT secret", {}, Exception("no route to host"))

        event.listen(small_site.portal.engine, "before_cursor_execute", is_away)
        answer = person("Oleg Sorokin").send("/requests", "1", title="No mail")
        event.remove(small_site.portal.engine, "before_cursor_execute", is_away)
        assert_try_again(answer, 503, "StoreBusy")
        assert "secret" not in answer.text
        assert "host" not in answer.text

    @pytest.mark.parametrize(
        "fault", ["INSERT INTO portal_comments", "INSERT INTO servicecore_notices", "COMMIT"]
    )
    def test_and_the_text_of_a_reply_are_written_together_or_not_at_all(
        self, site: Site, person: Person, fault: str
    ) -> None:
        """B6: the host's own row and ours are one transaction."""
        tomas = person("Tomas Brandt")
        request = person("Oleg Sorokin").sent("/requests", "1", title="No mail", **DOWN)
        before = history_of(site, request)

        def fails(_: object, __: object, statement: str = "COMMIT", *___: object) -> None:
            if fault in statement:
                raise RuntimeError("the disk is full")

        if fault == "COMMIT":
            target, name, listener = site.portal.engine, "commit", lambda _: fails(None, None)
        else:
            target, name, listener = site.portal.engine, "before_cursor_execute", fails
        event.listen(target, name, listener)
        failed = tomas.send(f"/requests/{request}/replies", "1", text="I look at it.")
        event.remove(target, name, listener)
        assert failed.status_code == 500
        assert (history_of(site, request), texts_in(site)) == (before, 0)

        tomas.sent(f"/requests/{request}/replies", "1", text="I look at it.")
        assert (history_of(site, request), texts_in(site)) == ([*before, "Replied"], 1)
        last = site.portal.desk.situation(request).history.last
        assert isinstance(last, Replied)
        assert last.id == "Tomas Brandt: 1/1"


class TestWorkers:
    def test_that_are_killed_leave_the_rest_to_others(
        self, site: Site, mailbox: Mailbox, person: Person
    ) -> None:
        """B7, B9: at least once, and the same id if it is twice."""
        requests = [
            person(name).sent("/requests", "1", title="No mail", **DOWN)
            for name in ("Oleg Sorokin", "Layla Haddad")
        ]
        mailbox.holding = True
        killed = site.worker(minutes=0)
        assert mailbox.taken.wait(timeout=30)  # the mail is there, and nobody has been told
        killed.kill()
        assert killed.wait(timeout=30) == -signal.SIGKILL
        mailbox.holding = False
        wanted = {"oleg@lind.example", "layla@clinic.example"}
        twice = mailbox.mails[0]["Message-ID"]

        last = site.worker(minutes=6)  # the leases of five minutes have run out
        mailbox.wait_for(lambda: mailbox.count == 5)
        last.send_signal(signal.SIGTERM)
        assert last.wait(timeout=30) == 0
        ids = Counter(mail["Message-ID"] for mail in mailbox.mails)
        assert {id for id, count in ids.items() if count > 1} == {twice}
        assert {mail["To"] for mail in mailbox.mails} == wanted | {"tomas@desk.example"}
        states = [
            record.state
            for request in requests
            for record in site.portal.desk.notices(request)
            if record.contact and record.contact.digest is None
        ]
        assert states == ["delivered"] * 4

    def test_run_beside_the_server_as_the_readme_says(self, sqlite: str, mailbox: Mailbox) -> None:
        environment = {"DATABASE_URL": sqlite, **mailbox.environment}
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port, here = listening.getsockname()[1], listening.fileno()
            command = ["uvicorn", "--factory", "portal.web:create_app", "--fd", str(here)]
            server = module(*command, environment=environment, keeps=[here])
        login = ("Oleg Sorokin", "lind-oleg")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", auth=login, timeout=60) as http:
            form, headers = {"title": "No mail", **DOWN}, {"Idempotency-Key": "1"}
            assert http.post("/requests", json=form, headers=headers).status_code == 201
        worker = module("portal.worker", environment=environment)
        mailbox.wait_for(lambda: bool(mailbox.to("oleg@lind.example")))
        for process in (worker, server):
            process.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=30) == 0
        assert server.wait(timeout=30) in {0, -signal.SIGTERM}  # by its version


class TestCallers:
    def test_have_to_log_in(self, small_site: Site) -> None:
        for auth in (None, ("Oleg Sorokin", "guessed"), ("Nobody", ""), ("Oleg Sorokin", "")):
            answer = httpx.get(f"{small_site.address}/requests", auth=auth)
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"].startswith("Basic")

    def test_of_another_customer_do_not_even_learn_of_a_request(
        self, small_site: Site, person: Person
    ) -> None:
        oleg, layla = person("Oleg Sorokin"), person("Layla Haddad")
        request = oleg.sent("/requests", "1", title="No mail", **DOWN)
        before = history_of(small_site, request)
        for path in ("requests/{}", "requests/{}/notices", "show/{}"):
            theirs, nobodys = (layla.get(f"/{path}".format(id)) for id in (request, "R-NONE"))
            assert theirs.status_code == nobodys.status_code == 404
            assert theirs.text.replace(request, "R-NONE") == nobodys.text
        assert layla.send(f"/requests/{request}/replies", "1", text="Hi").status_code == 404
        assert layla.send(f"/requests/{request}/decision", "2", option="no").status_code == 404
        assert layla.send(f"/requests/{request}/decision", "3", granted=True).status_code == 404
        assert layla.send(f"/requests/{request}/reopen", "4").status_code == 404
        assert layla.get("/requests").json() == {"requests": [], "next": None}
        found = layla.get("/requests?customer=Lind%20%26%20Sons").json()
        assert found["requests"] == []
        assert "No mail" not in layla.get("/").text
        assert (history_of(small_site, request), texts_in(small_site)) == (before, 0)

    def test_of_customers_may_not_do_the_desks_work(self, small_site: Site, person: Person) -> None:
        oleg = person("Oleg Sorokin")
        request = oleg.sent("/requests", "1", title="No mail", **DOWN)
        for path, form in {
            "promises": {"due_at": "2026-03-06T12:00:00Z"},
            "options": {"options": ["a", "b"]},
            "assign": {"person": "Oleg Sorokin"},
            "resolve": {},
            "replies": {"text": "psst", "public": False},
        }.items():
            assert oleg.send(f"/requests/{request}/{path}", path, **form).status_code == 403
        others = oleg.send("/requests", "2", title="No mail", customer="Harbour Clinic")
        assert others.status_code == 403
        assert history_of(small_site, request) == ["Opened", "Assigned"]


class TestInput:
    def test_is_limited(self, small_site: Site, person: Person) -> None:
        tomas = person("Tomas Brandt")
        request = tomas.sent("/requests", "1", title="No mail", **DOWN)
        statuses = {
            "title too long": tomas.send("/requests", "2", title="x" * 201),
            "no title": tomas.send("/requests", "3", title="  "),
            "unknown field": tomas.send("/requests", "4", title="x", colour="red"),
            "no text": tomas.send("/requests", "5", title="x", service="\0"),
            "half a character": tomas.http.post(
                "/requests",
                content=b'{"title": "\\ud800"}',
                headers={"Idempotency-Key": "11", "Content-Type": "application/json"},
            ),
            "NUL": tomas.send("/requests", "12", title="a\0b"),
            "key too long": tomas.send("/requests", "k" * 101, title="x"),
            "no key": tomas.http.post("/requests", json={"title": "x"}),
            "reply too long": tomas.send(f"/requests/{request}/replies", "6", text="x" * 10_001),
            "naive": tomas.send(f"/requests/{request}/promises", "7", due_at="2026-03-06T12:00"),
            "both": tomas.send(f"/requests/{request}/decision", "8", option="a", granted=True),
            "no cursor": tomas.get("/requests?after=bogus"),
            "no language": tomas.get(f"/requests/{request}?language=xx"),
        }
        codes = {name: answer.status_code for name, answer in statuses.items()}
        assert codes == dict.fromkeys(statuses, 422)
        large = tomas.send(f"/requests/{request}/replies", "9", text="x" * 70_000)
        assert large.status_code == 413
        unknown = tomas.send("/requests/R-NONE/resolve", "10")
        assert (unknown.status_code, unknown.json()["error"]) == (404, "UnknownRequest")

    def test_that_is_hostile_breaks_out_of_nothing(
        self, small_site: Site, mailbox: Mailbox, person: Person
    ) -> None:
        oleg = person("Oleg Sorokin")
        title = "Help\r\nBcc: eve@evil.example\r\n\r\n<script>alert(1)</script>{{ 7 * 7 }}"
        request = oleg.sent("/requests", "1", title=title, **DOWN)
        oleg.sent(f"/requests/{request}/replies", "2", text="</pre><script>alert(2)</script>")
        small_site.work()
        recipients = [each.rcpt_tos for each in mailbox.envelopes]
        assert {address for each in recipients for address in each} == {
            "oleg@lind.example",
            "tomas@desk.example",
        }
        for mail in mailbox.mails:
            assert mail["Bcc"] is None
            assert len(mail.get_all("Subject")) == 1
            assert "<script" not in body_of(mail, "html")
            assert "49" not in mail["Subject"]
        for page in (oleg.get("/"), oleg.get(f"/show/{request}")):
            assert page.status_code == 200
            assert "<script" not in page.text
            assert "&lt;script&gt;" in page.text
            assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


class TestReading:
    def test_lists_what_is_due_next_page_by_page(self, site: Site, person: Person) -> None:
        oleg, tomas = person("Oleg Sorokin"), person("Tomas Brandt")
        opened = []
        for number in range(5):
            urgency = ("low", "high")[number % 2]
            form = {**DOWN, "urgency": urgency, "title": f"Trouble {number}"}
            opened.append(oleg.sent("/requests", f"{number}", **form))
        found, after = [], ""
        while True:
            page = tomas.get(f"/requests?limit=2&after={after}").json()
            assert len(page["requests"]) <= 2
            found += page["requests"]
            after = page["next"]
            if after is None:
                break
        assert {each["id"] for each in found} == set(opened)
        due = [each["next_at"] for each in found]
        assert due == sorted(due)
        assert [each["priority"] for each in found[:2]] == ["critical", "critical"]
        tomas.sent(f"/requests/{opened[0]}/assign", "1", person="Tomas Brandt")
        mine = tomas.get("/requests?person=Tomas%20Brandt&is_open=true&status=new").json()
        assert [each["id"] for each in mine["requests"]] == [opened[0]]

    def test_is_in_a_language(self, small_site: Site, person: Person) -> None:
        tomas, layla = person("Tomas Brandt"), person("Layla Haddad")
        request = layla.sent("/requests", "1", title="لا بريد", **DOWN)
        assert layla.get(f"/requests/{request}").json()["language"] == "ar"
        assert 'dir="rtl"' in layla.get(f"/show/{request}").text
        accepted = {"Accept-Language": "xx, ru-RU;q=0.8, en;q=0.5"}
        shown = tomas.get(f"/requests/{request}", **accepted).json()
        assert shown["language"] == "ru-RU"
        assert "первый ответ" in shown["explanation"]
        asked = tomas.get(f"/requests/{request}?language=en", **accepted).json()
        assert (asked["language"], asked["title"]) == ("en", "لا بريد")
        assert "first response" in asked["explanation"]

    def test_the_page_says_what_is_due_next(self, small_site: Site, person: Person) -> None:
        oleg, tomas = person("Oleg Sorokin"), person("Tomas Brandt")
        assert "Nothing." in tomas.get("/").text
        request = oleg.sent("/requests", "1", title="No <b>mail</b>", **DOWN)
        page = tomas.get("/").text
        for part in ("No &lt;b&gt;mail", f"/show/{request}", "first response is late", "09:30"):
            assert part in page


def test_settings_come_from_the_environment() -> None:
    settings = Settings.from_env({})
    assert settings.database == "sqlite:///portal.db"
    assert repr(settings.mail) == "ConsoleChannel()"


def test_the_policies_have_neither_faults_nor_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    policies = FOLDER / "portal" / "policies.toml"
    assert main(["check", str(policies)]) == 0
    assert capsys.readouterr().out == f"{policies}: 0 faults, 0 warnings\n"
