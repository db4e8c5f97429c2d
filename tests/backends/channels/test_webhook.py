"""Webhooks over real connections: what is sent, where it may go, and what answers mean (B10)."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from servicecore.backends.webhook import Endpoint, WebhookChannel, seconds_asked_for, verdict
from servicecore.backends.webhook_connection import Answer
from servicecore.errors import InvalidValue
from servicecore.notices import Delivered, Message, Permanent, Retry
from servicecore.testing.receivers import SAMPLE, overhearing
from tests.backends.channels import certificates
from tests.backends.channels.hooks import receiving, status
from tests.backends.channels.talkers import Talker, soon, talking, unused_port

OPS = evolve(SAMPLE, address="ops")
SECRET, OLD_SECRET = "whsec_" + "bmV3" * 8, "whsec_" + "b2xk" * 8
LOCAL = ["127.0.0.0/8"]
SOON = timedelta(milliseconds=300)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = datetime(2026, 3, 2, 15, 5, tzinfo=timezone(timedelta(hours=3)))


class Names:
    """A resolver of the tests: the answers to one question after the other, the last for good."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, int]] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


def to(url: str, *, secret: str | Sequence[str] = SECRET, **given: object) -> WebhookChannel:
    """A channel with one endpoint, which trusts what the tests trust."""
    headers = given.pop("headers", {})
    endpoint = Endpoint(url=url, secret=secret, headers=headers)
    settings = {"allow_private": LOCAL, "tls": certificates.of_clients(), **given}
    return WebhookChannel({"ops": endpoint}, **settings)


def here(port: int) -> str:
    return f"http://127.0.0.1:{port}/hook"


class TestWhatIsSent:
    def test_an_event_that_is_signed(self) -> None:
        with receiving() as hooks:
            answer = to(here(hooks.port) + "?to=ops").deliver(OPS)
        assert answer == Delivered(OPS.key)
        (posted,) = hooks.posted
        assert posted.path == "/hook?to=ops"
        assert posted.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
        assert posted.headers["host"] == f"127.0.0.1:{hooks.port}"
        assert posted.headers["webhook-id"] == posted.event["id"] == OPS.key
        assert Webhook(SECRET).verify(posted.body, dict(posted.headers)) == posted.event

    def test_a_signature_of_another_secret_or_body_does_not_hold(self) -> None:
        with receiving() as hooks:
            to(here(hooks.port)).deliver(OPS)
        (posted,) = hooks.posted
        for secret, body in ((OLD_SECRET, posted.body), (SECRET, posted.body + b" ")):
            with pytest.raises(WebhookVerificationError):
                Webhook(secret).verify(body, dict(posted.headers))

    def test_two_secrets_sign_while_one_follows_the_other(self) -> None:
        with receiving() as hooks:
            to(here(hooks.port), secret=[SECRET, OLD_SECRET]).deliver(OPS)
        (posted,) = hooks.posted
        for secret in (SECRET, OLD_SECRET):
            assert Webhook(secret).verify(posted.body, dict(posted.headers))

    def test_the_signature_is_of_the_moment_and_the_event_of_the_notice(self) -> None:
        """A repeat is dated anew: a receiver refuses what is old."""
        with receiving() as hooks:
            for clock in (lambda: NOON, lambda: LATER):
                to(here(hooks.port), clock=clock).deliver(OPS)
        first, second = (int(posted.headers["webhook-timestamp"]) for posted in hooks.posted)
        assert (first, second) == (NOON.timestamp(), NOON.timestamp() + 300)
        assert hooks.posted[0].body == hooks.posted[1].body

    def test_headers_of_the_host_are_sent_along(self) -> None:
        with receiving() as hooks:
            to(here(hooks.port), headers={"Authorization": "Bearer t"}).deliver(OPS)
        assert hooks.posted[0].headers["authorization"] == "Bearer t"

    def test_a_key_cannot_add_a_header(self) -> None:
        key = "main/c1\r\nX-Forged: yes\r\n\r\n"
        with receiving() as hooks:
            assert isinstance(to(here(hooks.port)).deliver(evolve(OPS, key=key)), Delivered)
        (posted,) = hooks.posted
        assert "x-forged" not in posted.headers
        assert Webhook(SECRET).verify(posted.body, dict(posted.headers))

    def test_proxies_of_the_environment_are_ignored(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{unused_port()}")
        with receiving() as hooks:
            assert isinstance(to(here(hooks.port)).deliver(OPS), Delivered)

    def test_a_cookie_is_not_kept(self) -> None:
        with receiving(status(204, Set_Cookie="session=1")) as hooks:
            channel = to(here(hooks.port))
            channel.deliver(OPS)
            channel.deliver(OPS)
        assert not any("cookie" in posted.headers for posted in hooks.posted)


class TestWhereItGoes:
    @pytest.mark.parametrize(
        "host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "LOCALHOST"]
    )
    def test_nothing_goes_to_what_lies_inside(self, host: str) -> None:
        with receiving() as hooks:
            channel = to(f"http://{host}:{hooks.port}/", allow_private=False)
            answer = channel.deliver(OPS)
        assert answer == Permanent("the host of the endpoint has an address that is not public")
        assert not hooks.posted

    @pytest.mark.parametrize("host", ["0", "127.1", "2130706433", "0x7f000001", "0177.0.0.1"])
    def test_nor_however_it_is_written(self, host: str) -> None:
        """Some of it is no URL for one release or another, the rest is seen through."""
        with receiving() as hooks, suppress(InvalidValue):
            channel = to(f"http://{host}:{hooks.port}/", allow_private=False)
            assert isinstance(channel.deliver(OPS), Permanent)
        assert not hooks.posted

    @pytest.mark.parametrize("address", ["169.254.169.254", "10.0.0.1", "[fd00:ec2::254]"])
    def test_nothing_goes_to_metadata(self, address: str) -> None:
        channel = to(f"http://{address}/latest/meta-data/", allow_private=False)
        assert isinstance(channel.deliver(OPS), Permanent)

    def test_a_name_with_one_address_inside_is_refused_altogether(self) -> None:
        names = Names(["9.9.9.9", "10.0.0.1"])
        assert isinstance(to("https://hooks.example/", resolve=names).deliver(OPS), Permanent)

    def test_a_name_is_looked_up_once_and_the_connection_goes_there(self) -> None:
        """A name that leads elsewhere the second time leads nowhere (rebinding)."""
        names = Names(["127.0.0.1"], ["169.254.169.254"])
        with receiving(tls=certificates.of_servers()) as hooks:
            url = f"https://hooks.example:{hooks.port}/hook"
            assert isinstance(to(url, resolve=names).deliver(OPS), Delivered)
        assert names.asked == [("hooks.example", hooks.port)]
        assert hooks.posted[0].headers["host"] == f"hooks.example:{hooks.port}"

    def test_the_next_delivery_looks_it_up_anew(self) -> None:
        names = Names(["127.0.0.1"], ["169.254.169.254"])
        with receiving() as hooks:
            channel = to(f"http://hooks.example:{hooks.port}/", resolve=names)
            answers = [channel.deliver(OPS), channel.deliver(OPS)]
        assert [type(answer) for answer in answers] == [Delivered, Permanent]

    def test_the_system_is_not_asked_for_the_name_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looked_up = []
        system = socket.getaddrinfo

        def getaddrinfo(host: str, *rest: object, **given: object) -> object:
            looked_up.append(host)
            return system(host, *rest, **given)

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        with receiving() as hooks:
            channel = to(f"http://hooks.example:{hooks.port}/", resolve=Names(["127.0.0.1"]))
            assert isinstance(channel.deliver(OPS), Delivered)
        assert set(looked_up) <= {"127.0.0.1"}

    def test_the_next_address_is_tried_where_one_does_not_answer(self) -> None:
        names = Names(["127.0.0.2", "127.0.0.1"])
        with receiving() as hooks:
            answer = to(f"http://hooks.example:{hooks.port}/", resolve=names).deliver(OPS)
        assert isinstance(answer, Delivered)

    @pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
    def test_no_redirect_is_followed(self, code: int) -> None:
        with receiving() as inside, receiving(status(code, Location=here(inside.port))) as hooks:
            answer = to(here(hooks.port)).deliver(OPS)
        assert answer == Permanent(f"the endpoint answered {code}: redirects are not followed")
        assert not inside.posted

    def test_an_unknown_endpoint_is_not_repeated(self) -> None:
        """Somebody may have written an URL there."""
        message = evolve(OPS, address="https://hooks.example/T0KEN")
        assert to("https://hooks.example/").deliver(message) == Permanent(
            "no endpoint goes by the name in the address. Known: ops"
        )


class TestEncryption:
    def test_the_certificate_is_checked_against_the_name(self) -> None:
        names = Names(["127.0.0.1"])
        with receiving(tls=certificates.of_servers()) as hooks:
            other = to(f"https://other.example:{hooks.port}/", resolve=names).deliver(OPS)
            right = to(f"https://hooks.example:{hooks.port}/", resolve=names).deliver(OPS)
        assert other == Retry("the certificate of the endpoint is not trusted")
        assert isinstance(right, Delivered)

    def test_the_world_does_not_trust_the_tests(self) -> None:
        with receiving(tls=certificates.of_servers()) as hooks:
            channel = to(f"https://localhost:{hooks.port}/", tls=None, allow_private=True)
            assert channel.deliver(OPS) == Retry("the certificate of the endpoint is not trusted")
        assert not hooks.posted

    def test_a_bundle_of_the_environment_changes_nothing(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path
    ) -> None:
        bundle = tmp_path / "bundle.pem"
        certificates.authority().cert_pem.write_to_path(str(bundle))
        monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
        with receiving(tls=certificates.of_servers()) as hooks:
            channel = to(f"https://localhost:{hooks.port}/", tls=None, allow_private=True)
            assert isinstance(channel.deliver(OPS), Retry)


class TestAnswers:
    @pytest.mark.parametrize("code", [200, 201, 202, 204, 299])
    def test_success(self, code: int) -> None:
        assert verdict(Answer(code, {}), "k", NOON) == Delivered("k")

    def test_gone_is_for_good(self) -> None:
        with receiving(status(410)) as hooks:
            assert to(here(hooks.port)).deliver(OPS) == Permanent(
                "the endpoint answered 410: it is gone"
            )

    def test_every_status_means_one_thing(self) -> None:
        for code in range(100, 1000):
            answer = verdict(Answer(code, {"retry-after": "7"}), "k", NOON)
            for_now = code in {408, 425, 429} or code >= 500
            assert isinstance(answer, Delivered) == (200 <= code < 300)
            assert isinstance(answer, Retry) == for_now
            assert not isinstance(answer, Retry) or answer.after == 7

    @pytest.mark.parametrize(
        ("written", "seconds"),
        [
            ("0", 0),
            ("120", 120),
            ("9" * 5000, 86_400),
            ("Mon, 02 Mar 2026 12:02:00 GMT", 120),
            ("Monday, 02-Mar-26 12:02:00 GMT", 120),
            ("Mon Mar  2 12:02:00 2026", 120),
            ("Mon, 02 Mar 2026 11:00:00 GMT", 0),
            ("Mon, 02 Mar 2099 12:00:00 GMT", 86_400),
            ("", None),
            ("-5", None),
            ("1.5", None),
            ("٣", None),
            ("soon", None),
            ("Mon, 99 Mar 2026 12:00:00 GMT", None),
        ],
    )
    def test_what_retry_after_asks_for(self, written: str, seconds: float | None) -> None:
        assert seconds_asked_for(written, NOON) == seconds

    @given(st.text(st.characters(codec="latin-1")))
    def test_whatever_it_says_is_a_wait_or_none(self, written: str) -> None:
        asked = seconds_asked_for(written, NOON)
        assert asked is None or 0 <= asked <= 86_400

    def test_the_wait_that_is_asked_for_is_told(self) -> None:
        with receiving(status(503, Retry_After="120")) as hooks:
            assert to(here(hooks.port)).deliver(OPS) == Retry("the endpoint answered 503", 120.0)


class TestTrouble:
    def test_nobody_listens(self) -> None:
        answer = to(here(unused_port())).deliver(OPS)
        assert answer == Retry("no connection to the endpoint: ConnectError")

    def test_nobody_of_that_name(self) -> None:
        answer = to("https://nobody.invalid/").deliver(OPS)
        assert answer == Retry("the host of the endpoint has no address just now")

    @pytest.mark.parametrize("host", ["x" * 70 + ".example", "a..example"])
    def test_what_can_be_no_name(self, host: str) -> None:
        assert isinstance(to(f"https://{host}/").deliver(OPS), Retry)

    def test_no_address_at_all(self) -> None:
        answer = to("https://hooks.example/", resolve=Names([])).deliver(OPS)
        assert isinstance(answer, Retry)

    @pytest.mark.parametrize("drip", ["HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 100 Continue\r\n\r\n"])
    def test_an_answer_that_drips_is_left(self, drip: str) -> None:
        """A byte now and then: each wait is short, all of them together are not (B11)."""
        with talking(lambda talker: talker.drip(drip)) as port:
            answer = soon(to(here(port), timeout=SOON, read="600s"), OPS)
        assert answer == Retry("the endpoint did not answer in time")

    def test_a_silent_one_is_left_before_the_rest_of_the_time(self) -> None:
        with talking(lambda talker: talker.over.wait(30)) as port:
            answer = soon(to(here(port), timeout="600s", read=SOON), OPS)
        assert answer == Retry("the endpoint did not answer in time")

    def test_a_handshake_that_hangs_is_left(self) -> None:
        with talking(lambda talker: talker.over.wait(30)) as port:
            answer = soon(to(f"https://localhost:{port}/", timeout=SOON, connect="600s"), OPS)
        assert isinstance(answer, Retry)

    def test_a_receiver_that_does_not_read_is_left(self) -> None:
        text = evolve(OPS.text, plain="x" * 9_000_000)
        with talking(lambda talker: talker.over.wait(30)) as port:
            answer = soon(to(here(port), timeout=SOON, read="600s"), evolve(OPS, text=text))
        assert answer == Retry("the endpoint did not answer in time")

    def test_the_body_of_an_answer_is_not_waited_for(self) -> None:
        """However huge it is, or slow: the status has said it all."""

        def respond(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Length", str(10**12))
            handler.end_headers()
            for _ in range(1000):
                handler.wfile.write(b"x" * 100_000)

        with receiving(respond) as hooks:
            assert isinstance(to(here(hooks.port)).deliver(OPS), Delivered)

    def test_headers_without_end_are_not_read(self) -> None:
        def talk(talker: Talker) -> None:
            talker.hear()
            talker.say("HTTP/1.1 200 OK\r\n")
            while not talker.over.is_set():
                talker.say("X-More: " + "x" * 1000 + "\r\n")

        with talking(talk) as port:
            answer = to(here(port)).deliver(OPS)
        assert answer == Retry("the endpoint answered in something else than HTTP")

    @pytest.mark.parametrize(
        "said",
        ["SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 999999 ?\r\n\r\n", "\0\0\0\r\n\r\n", "HTTP/1.1 2"],
    )
    def test_something_else_than_http(self, said: str) -> None:
        def talk(talker: Talker) -> None:
            talker.hear()
            talker.say(said)

        with talking(talk) as port:
            assert isinstance(to(here(port)).deliver(OPS), Retry)

    def test_a_fact_that_cannot_be_written(self) -> None:
        answer = to("https://hooks.example/").deliver(evolve(OPS, facts={"n": 10**5000}))
        assert isinstance(answer, Permanent)


class TestSecrets:
    def test_none_is_shown(self) -> None:
        """Not even where the receiver sends it back."""
        with (
            receiving(status(302, Location="https://hooks.example/T0KEN")) as hooks,
            overhearing() as heard,
        ):
            channel = to(here(hooks.port) + "/T0KEN", headers={"Authorization": "Bearer S3CRET"})
            answer = channel.deliver(OPS)
        assert isinstance(answer, Permanent)
        shown = f"{channel!r} {vars(channel)!r} {answer!r} {heard!r}"
        assert not [each for each in ("T0KEN", "S3CRET", SECRET, SECRET[6:]) if each in shown]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"url": "hooks.example/T0KEN"},
            {"url": "ftp://hooks.example/T0KEN"},
            {"url": "https:///T0KEN"},
            {"url": "https://user:T0KEN@hooks.example/"},
            {"url": "https://hooks.example:T0KEN/"},
            {"url": None},
            {"secret": "T0KEN"},
            {"secret": "whsec_" + "T0KE" * 2},
            {"secret": "whsec_" + "T0KE" * 30},
            {"secret": "whsec_" + "T0K! " * 12},
            {"secret": []},
            {"secret": [SECRET, "T0KEN"]},
            {"secret": [None]},
            {"headers": {"X": "T0KEN\r\nY: 1"}},
            {"headers": {"X\r\nY": "T0KEN"}},
            {"headers": {"Host": "T0KEN"}},
            {"headers": {"webhook-ID": "T0KEN"}},
        ],
    )
    def test_what_cannot_be_right_is_refused_and_not_shown(self, wrong: dict[str, object]) -> None:
        with pytest.raises(InvalidValue) as refused:
            Endpoint(**{"url": "https://hooks.example/", "secret": SECRET, **wrong})
        assert "T0K" not in str(refused.value)

    def test_endpoints_out_of_the_environment(self) -> None:
        environ = {
            "SERVICECORE_WEBHOOK_OPS_URL": "https://hooks.example/ops",
            "SERVICECORE_WEBHOOK_OPS_SECRET": f"{SECRET} {OLD_SECRET}",
            "SERVICECORE_WEBHOOK_ON_CALL_URL": "https://hooks.example/on-call",
            "SERVICECORE_WEBHOOK_ON_CALL_SECRET": SECRET,
            "SERVICECORE_WEBHOOK_URL": "of no endpoint",
        }
        assert repr(WebhookChannel.from_env(environ)) == "WebhookChannel(on_call, ops)"

    @pytest.mark.parametrize(
        "environ",
        [
            {},
            {"HOOK_OPS_URL": "https://hooks.example/T0KEN"},
            {"HOOK_OPS_URL": "T0KEN", "HOOK_OPS_SECRET": SECRET},
            {"HOOK_OPS_URL": "https://hooks.example/", "HOOK_OPS_SECRET": "T0KEN"},
        ],
    )
    def test_what_is_wrong_in_it_is_named_and_not_shown(self, environ: dict[str, str]) -> None:
        with pytest.raises(InvalidValue, match="HOOK_") as refused:
            WebhookChannel.from_env(environ, prefix="HOOK_")
        assert "T0KEN" not in str(refused.value)

    @pytest.mark.parametrize(
        "wrong",
        [{"timeout": "0s"}, {"connect": "1bd"}, {"source": "x y"}, {"allow_private": "all"}],
    )
    def test_settings_that_mean_nothing_are_refused(self, wrong: dict[str, str]) -> None:
        with pytest.raises(InvalidValue):
            to("https://hooks.example/", **wrong)


def message_of(size: int) -> Message:
    return evolve(OPS, text=evolve(OPS.text, plain="я" * size))


def test_a_large_event_arrives_over_tls() -> None:
    with receiving(tls=certificates.of_servers()) as hooks:
        answer = to(f"https://localhost:{hooks.port}/").deliver(message_of(2_000_000))
    assert isinstance(answer, Delivered)
    assert hooks.posted[0].event["data"]["plain"] == "я" * 2_000_000
