"""A suite for channels: what every one of them promises (B9-B11), ours and those of others.

A test module of a channel holds a subclass, whose name begins with ``Test``; pytest does the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from copy import deepcopy
from math import isfinite
from threading import Thread
from typing import ClassVar

from servicecore.errors import MissingExtra
from servicecore.notices import Delivered, Delivery, Message, Permanent, Retry, Text
from servicecore.testing.receivers import (
    HARMFUL,
    Arrival,
    Receiver,
    hostile_texts,
    message_to,
    overhearing,
)
from servicecore.testing.suites import Suite

try:
    import pytest
    from hypothesis import HealthCheck, given, settings
    from hypothesis import strategies as st
except ImportError as missing:
    raise MissingExtra("the suites for backends", "testing") from missing

__all__ = ["Arrival", "ChannelSuite", "Receiver"]

Opened = AbstractContextManager[Receiver]


class ChannelSuite(Suite, part=True):
    """What a channel promises. A subclass opens receivers, as context managers.

    `receiver` is the one that has to be there: it takes what comes. The others fail, each in its
    own way; a channel that cannot fail like that leaves them out, and their tests are skipped.
    """

    carries_key: ClassVar[bool] = True
    """Whether the receiver is told the key of a message."""
    wrong_addresses: ClassVar[tuple[str, ...]] = ()
    """Addresses to which nothing can ever be delivered."""

    def receiver(self) -> Opened:
        """One that takes whatever comes."""
        raise NotImplementedError("a suite for a channel needs a receiver()")

    def failing_for_now(self) -> Opened | None:
        """One that takes nothing now, and may later."""

    def failing_for_good(self) -> Opened | None:
        """One that will never take it."""

    def hanging(self) -> Opened | None:
        """One that is reached and says nothing."""

    def breaking_off(self) -> Opened | None:
        """One that breaks the connection off before it says what came of it."""

    def test_what_is_delivered_arrives(self) -> None:
        """With its subject and its text, as they were written."""
        with _watched(self.receiver()) as receiver:
            message = message_to(receiver)
            assert isinstance(answer_of(receiver, message), Delivered)
            assert _read(receiver) == [(message.text.subject, message.text.plain)]

    @pytest.mark.parametrize(
        "text",
        ["Привет, Зоя", "تم حل المشكلة ✓", "¡Olé! 🎉 100 % <b>&amp;</b> {{ x }} %s \\n", "日本語"],
    )
    def test_every_language_arrives(self, text: str) -> None:
        """Letter by letter, with whatever looks like markup or a placeholder."""
        with _watched(self.receiver()) as receiver:
            told = Text(subject=text, plain=f"{text}\n{text}")
            assert isinstance(answer_of(receiver, message_to(receiver, text=told)), Delivered)
            assert _read(receiver) == [(told.subject, told.plain)]

    def test_the_same_message_has_the_same_key(self) -> None:
        """As often as it is delivered, and another message has another one."""
        with _watched(self.receiver()) as receiver:
            for key in ("main/c1", "main/c1", "main/c2"):
                assert isinstance(answer_of(receiver, message_to(receiver, key=key)), Delivered)
            keys = [arrival.key for arrival in receiver.arrived()]
            assert len(keys) == 3, "the channel is to deliver what it is given, also again"
            if self.carries_key:
                assert all(keys)
                assert sorted(map(keys.count, keys)) == [1, 2, 2]

    def test_keys_that_look_alike_stay_apart(self) -> None:
        """Also where a receiver cannot be given them as they are."""
        alike = ["a b", "a  b", "a\0b", "a\r\nb", "a\u202eb", "a" * 300, "a" * 301, "ä", "a\u0308"]
        with _watched(self.receiver()) as receiver:
            for key in alike:
                answer_of(receiver, message_to(receiver, key=key))
            keys = [arrival.key for arrival in receiver.arrived()]
            if self.carries_key:
                assert len(set(keys)) == len(keys)

    def test_hostile_text_does_no_harm(self) -> None:
        """It arrives as one message without what is harmful, or is refused for good."""
        with _watched(self.receiver()) as receiver:
            # A network is as slow as it is.
            @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
            @given(st.tuples(*[hostile_texts] * 9))
            def holds(hostile: tuple[str, ...]) -> None:
                key, request, template, recipient, language, subject, plain, html, fact = hostile
                message = message_to(
                    receiver,
                    key=key,
                    request=request,
                    template=template,
                    recipient=recipient,
                    language=language,
                    text=Text(subject=subject, plain=plain, html=html),
                    facts={fact: fact, "words": frozenset({fact}), "odd": float("nan")},
                )
                _check_harmless(receiver, message)

            holds()

    @pytest.mark.parametrize("part", ["subject", "plain", "html"])
    def test_a_huge_text_is_taken_or_refused(self, part: str) -> None:
        """A million characters, in one line: a receiver may refuse them, for good."""
        with _watched(self.receiver()) as receiver:
            text = Text(**{"subject": "Huge", "plain": "Huge", part: "huge " * 200_000})
            _check_harmless(receiver, message_to(receiver, text=text))

    def test_nothing_goes_to_a_wrong_address(self) -> None:
        """It is refused for good."""
        with _watched(self.receiver()) as receiver:
            for address in self.wrong_addresses:
                answer = answer_of(receiver, message_to(receiver, address=address))
                assert isinstance(answer, Permanent), address
            assert not receiver.arrived()

    def test_what_fails_for_now_is_to_be_tried_again(self) -> None:
        """However often it has failed: the channel keeps no count."""
        with _watched(self.failing_for_now()) as receiver:
            for _ in range(12):
                assert isinstance(answer_of(receiver, message_to(receiver)), Retry)
            assert not receiver.arrived()

    def test_what_fails_for_good_is_not(self) -> None:
        """It is said to be permanent."""
        with _watched(self.failing_for_good()) as receiver:
            assert isinstance(answer_of(receiver, message_to(receiver)), Permanent)
            assert not receiver.arrived()

    def test_a_receiver_that_hangs_is_left(self) -> None:
        """Within the time that the host gives a delivery (B11)."""
        with _watched(self.hanging()) as receiver:
            answer: Future[Delivery] = Future()
            Thread(target=_settle, args=(answer, receiver), daemon=True).start()
            try:
                assert isinstance(answer.result(receiver.patience), Retry)
            except TimeoutError:
                pytest.fail("deliver() did not return in time")

    def test_a_connection_that_breaks_is_tried_again(self) -> None:
        """Nobody knows whether the message was taken."""
        with _watched(self.breaking_off()) as receiver:
            assert isinstance(answer_of(receiver, message_to(receiver)), Retry)

    def test_several_threads_deliver_at_once(self) -> None:
        """Each message arrives whole, and once."""
        with _watched(self.receiver()) as receiver, ThreadPoolExecutor(8) as threads:
            messages = [
                message_to(receiver, key=f"main/{n}", text=Text(subject=f"No. {n}", plain=f"{n}"))
                for n in range(24)
            ]
            answers = list(threads.map(lambda message: answer_of(receiver, message), messages))
            assert all(isinstance(answer, Delivered) for answer in answers)
            told = [(message.text.subject, message.text.plain) for message in messages]
            assert _read(receiver) == sorted(told)


def answer_of(receiver: Receiver, message: Message) -> Delivery:
    """What a channel answers, after a look at what holds for every answer.

    It raises nothing, changes nothing, and gives reasons that hold no secret.
    """
    before = deepcopy(message)
    try:
        answer = receiver.channel.deliver(message)
    except Exception as problem:  # noqa: BLE001  # whatever it is
        pytest.fail(f"deliver() raised {type(problem).__name__}")
    assert message == before, "the message was changed"
    assert isinstance(answer, Delivered | Retry | Permanent), f"{answer!r} is no answer"
    if not isinstance(answer, Delivered):
        assert answer.reason.strip(), "there is no reason"
        assert not HARMFUL.search(answer.reason), "the reason is harmful"
    if isinstance(answer, Retry) and answer.after is not None:
        assert isfinite(answer.after)
        assert answer.after >= 0
    _check_secret(receiver, "the answer", repr(answer))
    return answer


@contextmanager
def _watched(opened: Opened | None) -> Iterator[Receiver]:
    """A receiver, whose secrets are shown neither by its channel nor in a log."""
    if opened is None:
        pytest.skip("this channel has no such receiver")
    with opened as receiver, overhearing() as heard:
        _check_secret(receiver, "the repr", f"{receiver.channel!r} {receiver.channel}")
        yield receiver
        _check_secret(receiver, "a log", *heard)


def _check_secret(receiver: Receiver, place: str, *texts: str) -> None:
    # The secret stays out of the report of a failure as well.
    gives_away = any(secret in text for secret in receiver.secrets for text in texts)
    assert not gives_away, f"{place} shows a secret"


def _settle(answer: Future[Delivery], receiver: Receiver) -> None:
    try:
        answer.set_result(answer_of(receiver, message_to(receiver)))
    except BaseException as problem:  # noqa: BLE001  # whoever waits for the answer is told
        answer.set_exception(problem)


def _read(receiver: Receiver) -> list[tuple[str, str]]:
    """What has arrived, without the space around it."""
    return sorted((each.subject.strip(), each.text.strip()) for each in receiver.arrived())


def _check_harmless(receiver: Receiver, message: Message) -> None:
    before = len(receiver.arrived())
    answer = answer_of(receiver, message)
    assert not isinstance(answer, Retry), "what is refused for its text is refused for good"
    arrived = receiver.arrived()
    assert len(arrived) == before + isinstance(answer, Delivered), "one message is to arrive as one"
    for arrival in arrived[before:]:
        assert not HARMFUL.search(arrival.subject + arrival.text + arrival.key)
        assert "\n" not in arrival.subject
