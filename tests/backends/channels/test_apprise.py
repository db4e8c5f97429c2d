"""Notices through Apprise, to services that are servers of the tests."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from xml.etree import ElementTree as ET

import apprise
import pytest
from attrs import evolve

from servicecore.backends.apprise import AppriseChannel
from servicecore.backends.quiet import LOGGERS, quiet
from servicecore.errors import InvalidValue
from servicecore.notices import Delivered, Permanent, Retry, Severity, Text
from servicecore.testing.receivers import SAMPLE, overhearing
from tests.backends.channels.hooks import receiving, status
from tests.backends.channels.talkers import unused_port

# Apprise loads all of its services at once, and one of them a module that Python gives up.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

DUTY = evolve(SAMPLE, address="duty")
PASSWORD, TOKEN = "hunter2-S3CRET", "T0KEN-in-the-path"


def url(port: int, scheme: str = "json", **given: str) -> str:
    settings = "&".join(
        f"{name}={value}" for name, value in {"cto": "2", "rto": "2", **given}.items()
    )
    return f"{scheme}://ann:{PASSWORD}@127.0.0.1:{port}/{TOKEN}?{settings}"


class TestDelivery:
    def test_in_json(self) -> None:
        with receiving(status(200)) as hooks:
            assert AppriseChannel({"duty": url(hooks.port)}).deliver(DUTY) == Delivered()
        (posted,) = hooks.posted
        assert posted.path == f"/{TOKEN}"
        assert (posted.event["title"], posted.event["message"], posted.event["type"]) == (
            "R1 is resolved",
            DUTY.text.plain,
            "info",
        )

    def test_in_xml_with_text_that_would_break_it(self) -> None:
        text = Text(subject="</Subject><x>\0", plain="a < b & c ]]>\x1b\ufffe\n<!-- -->")
        with receiving(status(200)) as hooks:
            channel = AppriseChannel({"duty": url(hooks.port, "xml")})
            assert channel.deliver(evolve(DUTY, text=text)) == Delivered()
        told = ET.fromstring(hooks.posted[0].body)  # noqa: S314  # of our own making
        found = {each.tag.rpartition("}")[2]: each.text for each in told.iter()}
        assert found["Subject"] == "</Subject><x>�"
        assert found["Message"] == "a < b & c ]]>��\n<!-- -->"

    def test_html_where_the_service_shows_it(self) -> None:
        text = Text(subject="s", plain="a & b", html="<p>a &amp; b</p>")
        with receiving(status(200)) as hooks:
            for form in ("html", "text"):
                channel = AppriseChannel({"duty": url(hooks.port, format=form)})
                assert channel.deliver(evolve(DUTY, text=text)) == Delivered()
        assert [posted.event["message"] for posted in hooks.posted] == [text.html, text.plain]

    def test_plain_text_is_made_harmless_where_html_is_shown(self) -> None:
        text = Text(subject="s", plain="<script>alert(1)</script>")
        with receiving(status(200)) as hooks:
            channel = AppriseChannel({"duty": url(hooks.port, format="html")})
            assert channel.deliver(evolve(DUTY, text=text)) == Delivered()
        assert "<script>" not in hooks.posted[0].event["message"]

    def test_what_is_urgent_is_a_warning(self) -> None:
        with receiving(status(200)) as hooks:
            channel = AppriseChannel({"duty": url(hooks.port)})
            for severity in Severity:
                channel.deliver(evolve(DUTY, severity=severity))
        assert [posted.event["type"] for posted in hooks.posted] == ["info", "info", "warning"]

    def test_a_subject_alone_is_told(self) -> None:
        with receiving(status(200)) as hooks:
            channel = AppriseChannel({"duty": url(hooks.port)})
            told = channel.deliver(evolve(DUTY, text=Text(subject="R1 is resolved", plain="")))
            nothing = channel.deliver(evolve(DUTY, text=Text(subject=" ", plain="\n")))
        assert told == Delivered()
        assert nothing == Permanent("the notice says nothing: expected a text")
        assert hooks.posted[0].event["message"] == "R1 is resolved"


class TestFailure:
    @pytest.mark.parametrize("code", [301, 401, 404, 500])
    def test_what_the_service_refuses_is_tried_again(self, code: int) -> None:
        """Apprise does not say why, and a token that is wrong today is put right tomorrow."""
        with receiving(status(code)) as hooks:
            answer = AppriseChannel({"duty": url(hooks.port)}).deliver(DUTY)
        assert answer == Retry("the service did not take it")

    def test_nobody_listens(self) -> None:
        assert isinstance(AppriseChannel({"duty": url(unused_port())}).deliver(DUTY), Retry)

    def test_an_unknown_target_is_not_repeated(self) -> None:
        answer = AppriseChannel({"duty": url(1)}).deliver(evolve(DUTY, address=url(2)))
        assert answer == Permanent("no target goes by the name in the address. Known: duty")

    def test_what_a_service_raises_is_not_repeated(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def notify(self: object, **given: object) -> bool:
            raise RuntimeError(url(1))

        channel = AppriseChannel({"duty": url(1)})
        monkeypatch.setattr(apprise.Apprise, "notify", notify)
        assert channel.deliver(DUTY) == Retry("the service did not take it: RuntimeError")


class TestSecrets:
    @pytest.mark.parametrize("code", [200, 500])
    def test_none_is_shown(self, code: int) -> None:
        with receiving(status(code)) as hooks, overhearing() as heard:
            channel = AppriseChannel({"duty": url(hooks.port)})
            answer = channel.deliver(DUTY)
        shown = f"{channel!r} {vars(channel)!r} {answer!r} {heard!r}"
        assert PASSWORD not in shown
        assert TOKEN not in shown

    def test_apprise_would_show_them(self) -> None:
        """So that the test above does not pass for want of log records."""
        service = apprise.Apprise()
        with receiving(status(200)) as hooks, overhearing() as heard:
            service.add(url(hooks.port))
            service.notify("text")
        assert TOKEN in "".join(heard)

    def test_others_log_while_one_delivers(self) -> None:
        begun, over = Event(), Event()

        def deliver() -> None:
            with quiet():
                begun.set()
                over.wait(30)
                logging.getLogger(LOGGERS[0]).warning("in quiet")

        with overhearing() as heard, ThreadPoolExecutor(1) as threads:
            threads.submit(deliver)
            begun.wait(30)
            logging.getLogger(LOGGERS[0]).warning("meanwhile")
            over.set()
        assert ["meanwhile" in each for each in heard] == [True]

    @pytest.mark.parametrize(
        "wrong",
        [
            "nobody://T0KEN",
            "T0KEN",
            "",
            "json://T0KEN@[",
            "json://127.0.0.1/T0KEN, json://127.0.0.1/T0KEN",
        ],
    )
    def test_what_is_no_service_is_refused_and_not_shown(self, wrong: str) -> None:
        with overhearing() as heard, pytest.raises(InvalidValue, match="'duty'") as refused:
            AppriseChannel({"duty": wrong})
        assert "T0KEN" not in str(refused.value) + "".join(heard)

    def test_targets_out_of_the_environment(self) -> None:
        environ = {
            "SERVICECORE_APPRISE_DUTY": url(1),
            "SERVICECORE_APPRISE_ON_CALL": url(2),
            "SERVICECORE_APPRISE_UNUSED": "",
        }
        assert repr(AppriseChannel.from_env(environ)) == "AppriseChannel(duty, on_call)"
        with pytest.raises(InvalidValue, match="SERVICECORE_APPRISE_"):
            AppriseChannel.from_env({})
