"""Apprise: notices to the hundred and more services that it knows."""

from __future__ import annotations

import os
from collections.abc import Mapping

from servicecore.backends.harmless import lines, one_line
from servicecore.backends.quiet import quiet
from servicecore.errors import InvalidValue, MissingExtra
from servicecore.notices import Delivered, Delivery, Message, Permanent, Retry, Severity

try:
    import apprise
except ImportError as missing:
    raise MissingExtra("notices by Apprise", "apprise") from missing

PREFIX = "SERVICECORE_APPRISE_"
KINDS: Mapping[Severity, apprise.NotifyType] = {
    Severity.LOW: apprise.NotifyType.INFO,
    Severity.NORMAL: apprise.NotifyType.INFO,
    Severity.URGENT: apprise.NotifyType.WARNING,
}


class AppriseChannel:
    """Tells notices to services that Apprise knows; the address is the name of a target.

    Each target is the URL of one service. Such URLs hold passwords and tokens: none of them stands
    in the outbox, and what Apprise and the library below it log while they deliver is left out. How
    long a service may take is for its URL to say, as in ``?cto=4&rto=4``: seconds for a connection
    and for each wait.
    """

    def __init__(self, targets: Mapping[str, str]) -> None:
        self._targets = {name: _service(name, url) for name, url in targets.items()}

    @classmethod
    def from_env(
        cls, environ: Mapping[str, str] = os.environ, *, prefix: str = PREFIX
    ) -> AppriseChannel:
        """The channel with the targets of the environment: ``SERVICECORE_APPRISE_DUTY`` is `duty`.

        `InvalidValue` where there is none, or one is no URL that Apprise knows.
        """
        targets = {
            name.removeprefix(prefix).lower(): url
            for name, url in sorted(environ.items())
            if name.startswith(prefix) and name != prefix and url
        }
        if not targets:
            raise InvalidValue(f"no variable {prefix}… is set: expected one for each target")
        return cls(targets)

    def deliver(self, message: Message) -> Delivery:
        """Tell a message to its target; what Apprise could not deliver is tried again."""
        service = self._targets.get(message.address)
        if service is None:
            known = ", ".join(sorted(self._targets)) or "none"
            return Permanent(f"no target goes by the name in the address. Known: {known}")
        title, body, form = _told(message, html=_takes_html(service[0]))
        if not body.strip():
            return Permanent("the notice says nothing: expected a text")
        try:
            with quiet():
                taken = service.notify(
                    body=body,
                    title=title,
                    body_format=form,
                    notify_type=KINDS[message.severity],
                )
        except Exception as problem:  # noqa: BLE001  # a service may raise anything, with a URL in it
            return Retry(f"the service did not take it: {type(problem).__name__}")
        return Delivered() if taken else Retry("the service did not take it")

    def __repr__(self) -> str:
        return f"AppriseChannel({', '.join(sorted(self._targets))})"


def _service(name: str, url: str) -> apprise.Apprise:
    # One by one: where several stand behind a name, one that has its notice is told again for the
    # sake of another that has not.
    service = apprise.Apprise()
    try:
        with quiet():
            known = service.add(url) and len(service) == 1
    except Exception:  # noqa: BLE001  # whatever it says holds the URL
        known = False
    if not known:
        raise InvalidValue(f"the target {name!r} is no URL of one service that Apprise knows")
    return service


def _takes_html(service: apprise.NotifyBase) -> bool:
    html = apprise.NotifyFormat.HTML
    # Newer releases know services of several formats, and choose by what they are given.
    if choose := getattr(service, "resolve_format", None):
        return bool(choose(html) == html)
    return bool(service.notify_format == html)


def _told(message: Message, *, html: bool) -> tuple[str, str, apprise.NotifyFormat]:
    """The title, the text and its form: HTML where the service shows it, or else plain text."""
    title = one_line(message.text.subject)
    if message.text.html and html:
        return title, lines(message.text.html), apprise.NotifyFormat.HTML
    return title, lines(message.text.plain) or title, apprise.NotifyFormat.TEXT
