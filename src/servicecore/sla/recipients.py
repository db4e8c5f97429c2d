"""Whom a step of an escalation tells, in words such as ``"role: duty manager"`` or ``"group"``."""

from __future__ import annotations

from attrs import frozen

from servicecore.errors import InvalidValue, suggestion

NAMED = ("role", "group", "rota")
"""What is told by a name of its own, as in ``"rota: network"``."""

OF_THE_REQUEST = ("group", "person", "custodian", "business owner")
"""Who is told for being that of the request, or of its service."""

EXPECTED = ", ".join(repr(word) for word in (*OF_THE_REQUEST, *(f"{kind}: NAME" for kind in NAMED)))


@frozen
class Recipient:
    """Whom a step tells: by what they are, and by name where they have one.

    >>> str(Recipient("rota", "network")), str(Recipient("custodian"))
    ('rota: network', 'custodian')
    """

    kind: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}" if self.name else self.kind


def recipient_of(words: object) -> Recipient:
    """The recipient that is meant by words; `InvalidValue` for any others.

    ``"group"`` is the one that owns the request and ``"person"`` whom it is assigned to;
    ``"custodian"`` and ``"business owner"`` are those of its service. ``"rota: network"`` is
    whoever is on call by that rota when the step is taken.

    >>> recipient_of("role: duty manager")
    Recipient(kind='role', name='duty manager')
    >>> recipient_of("custodain")
    Traceback (most recent call last):
    ...
    servicecore.errors.InvalidValue: nobody is meant by 'custodain': did you mean 'custodian'?
    """
    if not isinstance(words, str):
        raise InvalidValue(f"nobody is meant by {words!r}: expected one of {EXPECTED}")
    kind, colon, name = words.partition(":")
    if (kind in NAMED and name.strip()) if colon else kind in OF_THE_REQUEST:
        return Recipient(kind, name.strip())
    hint = suggestion(kind, NAMED if colon else OF_THE_REQUEST)
    known = (*NAMED, *OF_THE_REQUEST)
    hint = "" if kind in known else hint
    raise InvalidValue(f"nobody is meant by {words!r}: {hint or f'expected one of {EXPECTED}'}")
