"""What notices say: from a notice to a text in the language of whoever is told (extra `notices`).

Every notice has a template, which is written once for plain text and HTML. Its words are messages
of the catalogues that explanations have, so a new language is one more `.po` file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING
from urllib.parse import quote
from zoneinfo import ZoneInfo

from attrs import field, frozen

from servicecore.errors import InvalidValue, MissingExtra, UnknownName
from servicecore.instants import zone_named
from servicecore.messages import Messages, messages_in
from servicecore.notices.blocks import Block, blocks_of_plain, letter
from servicecore.notices.contact import Contact, Text
from servicecore.notices.harmless import line_of
from servicecore.notices.notice import Notice
from servicecore.notices.record import NoticeRecord
from servicecore.notices.speech import LONGEST_SUBJECT, Facts, Speech, our_own, said
from servicecore.sla.calendar import always

if TYPE_CHECKING:
    from servicecore.notices.templating import Source, Templates

SIGNATURE = "\n-- \n"
"""What stands between a text and its signature, as in mails."""

MOST_LANGUAGES = 200
"""So many languages and regions are kept ready."""

LinkMaker = str | Callable[[Notice], str]


def _sources(sources: Sequence[Source] | Source) -> tuple[Source, ...]:
    if isinstance(sources, Sequence) and not isinstance(sources, str):
        return tuple(sources)
    return (sources,)


def _zone(zone: ZoneInfo | str | None) -> ZoneInfo | None:
    return zone_named(zone) if isinstance(zone, str) else zone


@frozen(kw_only=True, eq=False)
class Texts:
    """Makes the texts of notices.

    `templates` are folders, or loaders of Jinja2, with templates of a host's own: they win over
    ours of the same name. `catalogues` are `.po` files, as for `messages_in`. Who has a language
    that nobody has translated is written to in `language`. Instants are told in the zone of the
    contact, else in `zone`, else in the one in which the service of the request is delivered; the
    last is named.

    `link` leads to a request, as in ``"https://desk.example.org/requests/{request}"``, or is a
    function of the notice. `signed` is what texts for customers are signed with. Raises
    `MissingExtra` without Jinja2.

    >>> notice = Notice(id="n1", request="R1", template="merged", recipient="requester: ann",
    ...                 facts={"subject": "", "target": "R2", "reason": ""}, made_at=0)
    >>> print(Texts().render(notice, Contact(channel="mail", address="ann@example.org")).subject)
    R1: goes on as R2
    """

    templates: tuple[Source, ...] = field(default=(), converter=_sources)
    catalogues: Sequence[str | PathLike[str]] = ()
    language: str = "en"
    zone: ZoneInfo | None = field(default=None, converter=_zone)
    link: LinkMaker = ""
    signed: str = ""
    _templates: Templates = field(init=False, repr=False)
    _languages: dict[str, Messages] = field(factory=dict, init=False, repr=False)

    @_templates.default
    def _of_sources(self) -> Templates:
        try:
            from servicecore.notices.templating import Templates
        except ImportError:
            raise MissingExtra("the texts of notices", "notices") from None
        return Templates(self.templates)

    def __attrs_post_init__(self) -> None:
        self._messages(self.language)  # which is refused at once where nobody knows it

    def render(self, notice: Notice, contact: Contact) -> Text:
        """The text of a notice for a contact.

        Raises `UnknownName` for a template that there is not, and `Fault` for one that cannot be
        used, with its name and the line; the error itself is its cause.
        """
        messages = self._messages_for(contact, notice.facts.get("zone"))
        speech = Speech(messages, Facts(notice.facts, messages))
        variables = self._variables(notice, speech)
        content = self._templates.rendered([f"{notice.template}.jinja"], variables)
        subject, blocks = letter(content)
        link, signed = self._link(notice), self.signed if notice.is_for_customer else ""
        zone = "" if contact.zone or self.zone else str(messages.zone)
        ends = {"link": link, "signed": messages.word("signature", signed) if signed else "",
                "zone": zone if speech.moments else ""}  # fmt: skip
        return self._laid_out(notice.template, subject, blocks, {**variables, **ends})

    def digest(self, records: Sequence[NoticeRecord], contact: Contact) -> Text:
        """One text that says what those of several records say, in their order.

        Each has its text already, which a plugin may have edited; signatures are left out.
        """
        if not records:
            raise InvalidValue("a digest of no notices: expected at least one")
        messages = self._messages_for(contact, None)
        requests = dict.fromkeys(record.notice.request for record in records)
        first = records[0].notice
        facts = Facts({"count": len(records), "requests": len(requests)}, messages)
        variables = self._variables(first, Speech(messages, facts))
        subject, blocks = letter(self._templates.rendered(["digest.jinja"], variables))
        for record in records:
            blocks += _part(record.text)
        ends = {"link": "", "signed": "", "zone": ""}
        return self._laid_out("digest", subject, blocks, {**variables, **ends})

    def _variables(self, notice: Notice, speech: Speech) -> dict[str, object]:
        messages = speech.messages
        return {
            **speech.functions,
            "fact": speech.facts,
            "request": _named(notice, messages),
            "recipient": said(notice.name, messages),
            "for_group": notice.kind == "group",
            "for_customer": notice.is_for_customer,
            "template": notice.template,
            "severity": str(notice.severity),
            "language": messages.language,
            "direction": "rtl" if messages.right_to_left else "ltr",
        }

    def _laid_out(
        self, template: str, subject: str, blocks: Sequence[Block], variables: Mapping[str, object]
    ) -> Text:
        """The same blocks as plain text and as HTML."""
        known = {**variables, "subject": subject, "blocks": blocks}
        plain = self._templates.rendered([f"{template}.txt", "layout.txt"], known)
        html = self._templates.rendered([f"{template}.html", "layout.html"], known)
        return Text(subject=subject, plain=plain.strip("\n") + "\n", html=html)

    def _messages_for(self, contact: Contact, zone: object) -> Messages:
        try:
            messages = self._messages(contact.language)
        except (UnknownName, InvalidValue):
            messages = self._messages(self.language)
        if contact.zone:
            return messages.in_zone(zone_named(contact.zone))
        if self.zone is not None:
            return messages.in_zone(self.zone)
        return messages.in_zone(_known_zone(zone))

    def _messages(self, language: str) -> Messages:
        known = self._languages.get(language)
        if known is None:
            if len(self._languages) >= MOST_LANGUAGES:
                self._languages.clear()
            self._languages[language] = known = messages_in(language, *self.catalogues)
        return known

    def _link(self, notice: Notice) -> str:
        if callable(self.link):
            return self.link(notice)
        return self.link.replace("{request}", quote(notice.request, safe=""))


def _known_zone(name: object) -> ZoneInfo:
    """The zone of a request, as its notice says it; UTC where it says none that is known."""
    try:
        return zone_named(name)
    except InvalidValue:
        return always.zone


def _named(notice: Notice, messages: Messages) -> str:
    """The request as it is called in a sentence: its id, and its subject if it has one."""
    subject = notice.facts.get("subject")
    request = line_of(notice.request, LONGEST_SUBJECT)
    if not isinstance(subject, str) or not (named := line_of(subject, LONGEST_SUBJECT)):
        return our_own(request, messages)
    return our_own(messages.text("{request} “{subject}”", request=request, subject=named), messages)


def _part(text: Text | None) -> tuple[Block, ...]:
    """One notice in a digest: its subject as a heading, and what it says."""
    if text is None:
        return ()
    plain, _, _ = text.plain.partition(SIGNATURE)
    subject = " ".join(text.subject.split())
    return (Block("heading", (subject,)), *blocks_of_plain(plain))
