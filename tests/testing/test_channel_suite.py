"""The suite for channels finds what is wrong with a channel: each wrong one fails where it is."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event
from typing import ClassVar

import pytest
from hypothesis import Phase, settings

from servicecore.backends.harmless import lines, one_line
from servicecore.backends.webhook_event import event_id
from servicecore.notices import Delivered, Delivery, Message, Permanent, Retry
from servicecore.testing.channels import Arrival, ChannelSuite, Opened, Receiver

SECRET = "hunter2-S3CRET"  # noqa: S105  # one of nothing


class Post:
    """A receiver in memory, of one temper."""

    def __init__(self, temper: str = "") -> None:
        self.temper = temper
        self.letters: list[Arrival] = []
        self.over = Event()

    def take(self, letter: str) -> None:
        """Take what is a letter by its own rules: a key, a subject, a blank line, a text."""
        if self.temper == "hanging":
            self.over.wait(30)
        if self.temper:
            raise {"for good": PermissionError, "breaking off": EOFError}.get(
                self.temper, ConnectionError
            )(f"post://user:{SECRET}@post.example")
        for each in letter.split("\n.\n"):
            head, _, text = each.partition("\n\n")
            key, _, subject = head.partition("\n")
            self.letters.append(Arrival(subject, text, key))


class PostChannel:
    """A channel that is right."""

    def __init__(self, post: Post) -> None:
        self.post = post

    def deliver(self, message: Message) -> Delivery:
        if message.address != "somebody":
            return Permanent("nobody lives there")
        try:
            self.tell(message)
        except PermissionError:
            return Permanent("they will not take it")
        except (OSError, EOFError) as problem:
            return Retry(f"they did not take it: {type(problem).__name__}")
        return Delivered()

    def tell(self, message: Message) -> None:
        if self.post.temper == "hanging":
            raise TimeoutError
        self.post.take(self.letter(message))

    def letter(self, message: Message) -> str:
        text = message.text
        # A line with nothing but a dot ends a letter.
        plain = re.sub(r"^\.$", "..", lines(text.plain), flags=re.MULTILINE)
        return f"{event_id(message)}\n{one_line(text.subject)}\n\n{plain}"


class PostSuite(ChannelSuite):
    """The suite over a channel to the receiver in memory."""

    made: ClassVar[type[PostChannel]] = PostChannel
    wrong_addresses = ("", "nobody", "somebody\r\nelse")

    @contextmanager
    def opened(self, temper: str = "") -> Iterator[Receiver]:
        post = Post(temper)
        try:
            yield Receiver(
                self.made(post), "somebody", lambda: tuple(post.letters), (SECRET,), patience=0.5
            )
        finally:
            post.over.set()

    def receiver(self) -> Opened:
        return self.opened()

    def failing_for_now(self) -> Opened:
        return self.opened("for now")

    def failing_for_good(self) -> Opened:
        return self.opened("for good")

    def hanging(self) -> Opened:
        return self.opened("hanging")

    def breaking_off(self) -> Opened:
        return self.opened("breaking off")


class TestRight(PostSuite):
    """A channel that is right passes."""


class Raises(PostChannel):
    def deliver(self, message: Message) -> Delivery:
        self.tell(message)
        return Delivered()


class AnswersYes(PostChannel):
    def deliver(self, message: Message) -> Delivery:
        super().deliver(message)
        return True  # type: ignore[return-value]  # wrong on purpose


class GivesNoReason(PostChannel):
    def deliver(self, message: Message) -> Delivery:
        answer = super().deliver(message)
        return Retry("") if isinstance(answer, Retry) else answer


class TellsTheSecret(PostChannel):
    def deliver(self, message: Message) -> Delivery:
        try:
            self.tell(message)
        except Exception as problem:  # noqa: BLE001  # as careless as it is
            return Retry(str(problem))
        return Delivered()


class ShowsTheSecret(PostChannel):
    def __repr__(self) -> str:
        return f"ShowsTheSecret({SECRET!r})"


class LogsTheSecret(PostChannel):
    def tell(self, message: Message) -> None:
        logging.getLogger("post").debug("to %s", {"url": SECRET})
        super().tell(message)


class LosesWhatItTakes(PostChannel):
    def tell(self, message: Message) -> None:
        if self.post.temper:
            super().tell(message)


class GivesUpByItself(PostChannel):
    def __init__(self, post: Post) -> None:
        super().__init__(post)
        self.tries = 0

    def deliver(self, message: Message) -> Delivery:
        self.tries += 1
        return super().deliver(message) if self.tries < 9 else Permanent("tried often enough")


class RemembersWhatItSent(PostChannel):
    def __init__(self, post: Post) -> None:
        super().__init__(post)
        self.sent: set[str] = set()

    def tell(self, message: Message) -> None:
        if message.key not in self.sent:
            super().tell(message)
        self.sent.add(message.key)


class NumbersItsAttempts(PostChannel):
    def letter(self, message: Message) -> str:
        return f"{len(self.post.letters)}-{super().letter(message)}"


class MixesKeysUp(PostChannel):
    def letter(self, message: Message) -> str:
        return one_line(message.key, 40) + "\n" + super().letter(message).partition("\n")[2]


class BelievesTheSubject(PostChannel):
    def letter(self, message: Message) -> str:
        subject = lines(message.text.subject)
        return f"{event_id(message)}\n{subject}\n\n{lines(message.text.plain)}"


class BelievesTheText(PostChannel):
    def letter(self, message: Message) -> str:
        head = super().letter(message).partition("\n\n")[0]
        return f"{head}\n\n{message.text.plain}"


class LosesLetters(PostChannel):
    def letter(self, message: Message) -> str:
        return super().letter(message).encode("ascii", "ignore").decode()


class TriesHugeTextsAgain(PostChannel):
    def deliver(self, message: Message) -> Delivery:
        huge = len(message.text.plain) > 100_000
        return Retry("too much") if huge else super().deliver(message)


class WritesToAnybody(PostChannel):
    def deliver(self, message: Message) -> Delivery:
        self.tell(message)
        return Delivered()


class GivesUpAtOnce(PostChannel):
    def deliver(self, message: Message) -> Delivery:
        answer = super().deliver(message)
        return Permanent(answer.reason) if isinstance(answer, Retry) else answer


class NeverGivesUp(PostChannel):
    def deliver(self, message: Message) -> Delivery:
        answer = super().deliver(message)
        return Retry(answer.reason) if isinstance(answer, Permanent) else answer


class WaitsForever(PostChannel):
    def tell(self, message: Message) -> None:
        self.post.take(self.letter(message))


class TakesSilenceForYes(PostChannel):
    def tell(self, message: Message) -> None:
        with suppress(EOFError):
            super().tell(message)


class ChangesTheFacts(PostChannel):
    def tell(self, message: Message) -> None:
        super().tell(message)
        message.facts["told"] = True  # type: ignore[index]  # a mapping that happens to be a dict


class KeepsOneMessageForAll(PostChannel):
    def deliver(self, message: Message) -> Delivery:
        self.message = message
        # Others come by here.
        Event().wait(0.01)
        return super().deliver(self.message)


WRONG = {
    Raises: "test_what_fails_for_now_is_to_be_tried_again",
    AnswersYes: "test_what_is_delivered_arrives",
    GivesNoReason: "test_what_fails_for_now_is_to_be_tried_again",
    TellsTheSecret: "test_what_fails_for_now_is_to_be_tried_again",
    ShowsTheSecret: "test_what_is_delivered_arrives",
    LogsTheSecret: "test_what_is_delivered_arrives",
    LosesWhatItTakes: "test_what_is_delivered_arrives",
    GivesUpByItself: "test_what_fails_for_now_is_to_be_tried_again",
    RemembersWhatItSent: "test_the_same_message_has_the_same_key",
    NumbersItsAttempts: "test_the_same_message_has_the_same_key",
    MixesKeysUp: "test_keys_that_look_alike_stay_apart",
    BelievesTheSubject: "test_hostile_text_does_no_harm",
    BelievesTheText: "test_hostile_text_does_no_harm",
    LosesLetters: "test_every_language_arrives",
    TriesHugeTextsAgain: "test_a_huge_text_is_taken_or_refused",
    WritesToAnybody: "test_nothing_goes_to_a_wrong_address",
    GivesUpAtOnce: "test_what_fails_for_now_is_to_be_tried_again",
    NeverGivesUp: "test_what_fails_for_good_is_not",
    WaitsForever: "test_a_receiver_that_hangs_is_left",
    TakesSilenceForYes: "test_a_connection_that_breaks_is_tried_again",
    ChangesTheFacts: "test_what_is_delivered_arrives",
    KeepsOneMessageForAll: "test_several_threads_deliver_at_once",
}
FAILURES = (AssertionError, pytest.fail.Exception, ExceptionGroup)
"""What a test raises that has found something; Hypothesis a group, if it has found more."""
ARGUMENTS = {
    "test_every_language_arrives": ("Привет",),
    "test_a_huge_text_is_taken_or_refused": ("plain",),
}


@contextmanager
def no_shrinking() -> Iterator[None]:
    """Found is found: no time is spent on the smallest example."""
    before = os.environ.get("HYPOTHESIS_PROFILE", "dev")
    settings.register_profile("found", settings.get_profile(before), phases=[Phase.generate])
    settings.load_profile("found")
    try:
        yield
    finally:
        settings.load_profile(before)


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.__name__)
def test_the_suite_finds_what_is_wrong(wrong: type[PostChannel]) -> None:
    """Each of the wrong channels fails the test that is there for it."""

    class Tested(PostSuite):
        made = wrong

    test = getattr(Tested(), WRONG[wrong])
    with no_shrinking(), pytest.raises(FAILURES):
        test(*ARGUMENTS.get(WRONG[wrong], ()))


def test_every_test_of_the_suite_finds_something() -> None:
    assert {name for name in dir(ChannelSuite) if name.startswith("test_")} == set(WRONG.values())


def test_receivers_that_a_channel_does_not_have_are_skipped_aloud() -> None:
    class Modest(PostSuite):
        def hanging(self) -> None: ...

    with pytest.raises(pytest.skip.Exception, match="no such receiver"):
        Modest().test_a_receiver_that_hangs_is_left()


def test_a_test_cannot_be_switched_off_in_silence() -> None:
    with pytest.raises(TypeError, match="replaces test_hostile_text_does_no_harm"):

        class Lax(PostSuite):
            test_hostile_text_does_no_harm = None  # type: ignore[assignment]  # wrong on purpose
