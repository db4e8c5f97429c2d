"""Events, commands and notices as JSON: what goes in comes out, and nothing else is let in (B8)."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.errors import InvalidValue
from servicecore.instants import to_timedelta
from servicecore.lifecycle.commands import COMMANDS, ChangeFacts, Command, Restore
from servicecore.lifecycle.events import EVENTS, Assigned, Event, FactsChanged, Opened
from servicecore.notices import Contact, Remark, Severity, Text
from servicecore.stores import coding
from servicecore.stores.coding import (
    decode_event,
    digest_of,
    encode_event,
    read_facts,
    write_facts,
)
from servicecore.stores.coding_notices import (
    read_contact,
    read_remarks,
    read_text,
    write_contact,
    write_remarks,
    write_text,
)
from servicecore.stores.limits import MOST_CHARACTERS
from servicecore.testing.events import commands_of, events, events_of, facts, instants, texts
from tests.stores.corpus_events import EXPECTED

CORPUS = Path(__file__).parent / "corpus"


def exact(value: Any) -> Any:
    """A value of which no two that differ in anything are equal: 1, 1.0 and True, 0.0 and -0.0."""
    if attrs.has(type(value)):
        fields = attrs.fields(type(value))
        return type(value), {each.name: exact(getattr(value, each.name)) for each in fields}
    if isinstance(value, dict):
        return {name: exact(each) for name, each in value.items()}
    if isinstance(value, tuple):
        return [exact(each) for each in value]
    return type(value), repr(value) if isinstance(value, float) else value


def name_of(fact: Any) -> str | None:
    """The name of a set: the same in every process, whatever the order in which it comes."""
    return " ".join(sorted(map(ascii, fact))) if isinstance(fact, frozenset) else None


class TestEvents:
    @pytest.mark.parametrize("kind", EVENTS.values(), ids=EVENTS)
    @given(data=st.data())
    def test_every_event_comes_back_as_it_was(self, kind: type[Event], data: st.DataObject) -> None:
        """B8: to the last bit of a number, to the half of a surrogate pair."""
        event = data.draw(events_of(kind))
        written = encode_event(event)
        assert written.isascii()
        assert "\0" not in written
        assert exact(decode_event(written)) == exact(event)
        assert encode_event(decode_event(written)) == written

    @pytest.mark.parametrize(
        "fact",
        [
            math.inf, -math.inf, math.nan, -0.0, 5e-324, 10**400, -(2**64), True, 1, 1.0, None, "",
            "\0", "\ud800", "\ud83d\ude00", "😀", "\uffff", "\uffff1", "\ud83d\uffff1\ude00",
            '{"float":"nan"}', frozenset(), frozenset({"", "\ud83d\ude00", "😀"}),
        ],
        ids=name_of,
    )  # fmt: skip
    def test_awkward_facts(self, fact: Any) -> None:
        """B8: what JSON has no word for, or the same for two."""
        event = FactsChanged(request="R1", occurred_at=0, facts={"fact": fact, "\ud83d\ude00": 1})
        assert exact(decode_event(encode_event(event))) == exact(event)

    def test_what_is_as_by_default_is_not_written(self) -> None:
        """Nor is it in the way when a field is added later."""
        assert json.loads(encode_event(Assigned(request="R1", occurred_at=5))) == {
            "type": "Assigned", "schema": 1, "request": "R1", "occurred": 5
        }  # fmt: skip

    def test_no_field_is_called_what_is_written_beside_it(self) -> None:
        """B8: the type and the version of the schema stand in the same table as the fields."""
        names = {each.name for kind in EVENTS.values() for each in attrs.fields(kind)}
        assert not names & {"type", "schema"}

    def test_what_takes_too_much_room(self) -> None:
        """B10: it is refused before anything keeps it."""
        event = Opened(request="R1", occurred_at=0, facts={"x": "\0" * (MOST_CHARACTERS // 6)})
        with pytest.raises(InvalidValue, match="at most 1,000,000"):
            encode_event(event)

    def test_a_number_without_end(self) -> None:
        """Python itself writes no number of so many digits."""
        with pytest.raises(InvalidValue, match="JSON"):
            encode_event(Opened(request="R1", occurred_at=0, facts={"x": 10**5000}))

    @pytest.mark.parametrize(
        "written",
        [
            "", "null", "[]", "5", '"Opened"', "{", "nonsense", "[" * 100_000,
            "{}",
            '{"type":"Opened"}',
            '{"type":"Opened","schema":1}',
            '{"type":"Melted","schema":1,"request":"R1","occurred":0}',
            '{"type":["Opened"],"schema":1,"request":"R1","occurred":0}',
            '{"type":"Opened","schema":0,"request":"R1","occurred":0}',
            '{"type":"Opened","schema":2,"request":"R1","occurred":0}',
            '{"type":"Opened","schema":true,"request":"R1","occurred":0}',
            '{"type":"Opened","schema":"1","request":"R1","occurred":0}',
            '{"type":"Opened","schema":1,"request":"R1","occurred":"noon"}',
            '{"type":"Opened","schema":1,"request":null,"occurred":0}',
            '{"type":"Opened","schema":1,"request":"R1","occurred":0,"colour":"red"}',
            '{"type":"Opened","schema":1,"request":"R1","occurred":0,"facts":["x"]}',
            '{"type":"Opened","schema":1,"request":"R1","occurred":0,"facts":{"x":[1]}}',
            '{"type":"Opened","schema":1,"request":"R1","occurred":0,"facts":{"x":{"y":1}}}',
            '{"type":"Opened","schema":1,"request":"R1","occurred":0,"actor":["ann","theirs"]}',
            '{"type":"Opened","schema":1,"request":"R1","occurred":0,"actor":{"ann":1}}',
            '{"type":"Replied","schema":1,"request":"R1","occurred":0,"public":"yes"}',
            '{"type":"OptionsOffered","schema":1,"request":"R1","occurred":0,"options":[]}',
        ],
    )  # fmt: skip
    def test_what_is_no_event(self, written: str) -> None:
        """B8: it is refused with what was found."""
        with pytest.raises(InvalidValue, match="cannot be read"):
            decode_event(written)

    @given(events(), st.data())
    def test_nothing_but_our_error_gets_out(self, event: Event, data: st.DataObject) -> None:
        """B8: whatever has become of what was written."""
        written = encode_event(event)
        cut = data.draw(st.integers(0, len(written)))
        put = data.draw(st.sampled_from(["", "{", '"', "null", "1e999", '","x":[[]],"', "\\ud800"]))
        try:
            decode_event(f"{written[:cut]}{put}{written[cut + len(put) :]}")
        except InvalidValue:
            return


class TestOlderEvents:
    @pytest.mark.parametrize("release", EXPECTED)
    def test_what_a_release_has_written(self, release: str) -> None:
        """B8: every later release reads it."""
        lines = (CORPUS / f"{release}.jsonl").read_text("ascii").splitlines()
        read = [exact(decode_event(line)) for line in lines]
        assert read == [exact(event) for event in EXPECTED[release]]

    def test_every_corpus_is_expected(self) -> None:
        """None is forgotten."""
        assert {path.stem for path in CORPUS.glob("*.jsonl")} == set(EXPECTED)

    def test_the_newest_corpus_is_whole_and_of_today(self) -> None:
        """B8: one of every event at least; what changes how they are written adds a corpus."""
        *_, newest = EXPECTED
        assert {type(event) for event in EXPECTED[newest]} == set(EVENTS.values())
        lines = (CORPUS / f"{newest}.jsonl").read_text("ascii").splitlines()
        assert [encode_event(event) for event in EXPECTED[newest]] == lines

    def test_an_older_version_is_brought_forward(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """B8: by pure functions, one version at a time."""

        def name_the_group(table: dict[str, Any]) -> dict[str, Any]:
            return {"group" if name == "team" else name: each for name, each in table.items()}

        def forget_the_desk(table: dict[str, Any]) -> dict[str, Any]:
            return {name: each for name, each in table.items() if name != "desk"}

        monkeypatch.setattr(coding, "VERSIONS", {"Assigned": 3})
        upgrades = {("Assigned", 1): name_the_group, ("Assigned", 2): forget_the_desk}
        monkeypatch.setattr(coding, "UPGRADES", upgrades)
        expected = Assigned(request="R1", occurred_at=0, group="network")
        begin = '{"type":"Assigned","request":"R1","occurred":0,'
        for end in (
            '"schema":1,"team":"network","desk":"north"}',
            '"schema":2,"group":"network","desk":"north"}',
            '"schema":3,"group":"network"}',
        ):
            assert decode_event(begin + end) == expected
        assert json.loads(encode_event(expected))["schema"] == 3
        with pytest.raises(InvalidValue, match="expected 1 to 3"):
            decode_event(f'{begin}"schema":4}}')


class TestDigests:
    @given(st.sampled_from(list(COMMANDS.values())), st.data())
    def test_all_that_a_command_says_counts(self, kind: type[Command], data: st.DataObject) -> None:
        """B5: its id does not; anything else does, be it the kind of a number."""
        one, other = data.draw(commands_of(kind)), data.draw(commands_of(kind))
        assert digest_of(attrs.evolve(one, id="another")) == digest_of(one)
        said = [exact(attrs.evolve(each, id="one")) for each in (one, other)]
        assert (digest_of(one) == digest_of(other)) == (said[0] == said[1])

    def test_kinds_are_apart(self) -> None:
        """B5: also where they say the same."""
        digests = {
            digest_of(kind(id="c1", request="R1"))  # type: ignore[call-arg]  # every kind, by its name
            for kind in COMMANDS.values()
            if {each.name for each in attrs.fields(kind) if each.default is attrs.NOTHING}
            == {"id", "request"}
        }
        assert len(digests) > 5

    def test_the_same_in_every_process(self) -> None:
        """B5: written down once, for it is kept."""
        assert digest_of(Restore(id="c1", request="R1")) == (
            "4842ecc7debc275feae9d9aff30f4ba740ae869cfab4228a903fddb7d1d0a2ee"
        )

    @given(facts(), st.randoms())
    def test_the_order_of_facts_says_nothing(self, said: dict[str, Any], chance: Any) -> None:
        """B5: a client that sends a command again may have put them in another order."""
        names = list(said)
        chance.shuffle(names)
        one = ChangeFacts(id="c1", request="R1", facts=said)
        other = ChangeFacts(id="c1", request="R1", facts={name: said[name] for name in names})
        assert digest_of(one) == digest_of(other)


class TestNotices:
    @given(facts())
    def test_facts(self, said: dict[str, Any]) -> None:
        """B9: as those of events."""
        assert exact(read_facts(write_facts(said))) == exact(said)

    @given(
        st.none()
        | st.builds(
            Contact,
            channel=texts().filter(str.strip),
            address=texts().filter(str.strip),
            language=texts().filter(str.strip),
            hours=texts(),
            disturbed_by=st.sampled_from(Severity),
            digest=st.none() | st.integers(1, 2**53).map(to_timedelta),
        )
    )
    def test_contacts(self, contact: Contact | None) -> None:
        """B9: with the time in which what comes is told together, to the microsecond."""
        assert read_contact(write_contact(contact)) == contact

    @given(st.none() | st.builds(Text, subject=texts(), plain=texts(), html=texts()))
    def test_texts(self, text: Text | None) -> None:
        """B9: as they were frozen, NUL and all."""
        assert read_text(write_text(text)) == text

    @given(st.lists(st.builds(Remark, instants(), texts(), texts()), max_size=4).map(tuple))
    def test_remarks(self, remarks: tuple[Remark, ...]) -> None:
        """B9: in order."""
        assert read_remarks(write_remarks(remarks)) == remarks

    @pytest.mark.parametrize("written", ["", "null", "[]", "5", "[" * 100_000, '["a"]', "[1,2,3]"])
    def test_what_is_none_of_it(self, written: str) -> None:
        """B8: it is refused with what was found."""
        for read in (read_contact, read_text):
            with pytest.raises(InvalidValue, match="cannot be read"):
                read(written)
        if written != "[]":
            with pytest.raises(InvalidValue, match="cannot be read"):
                read_remarks(written)
