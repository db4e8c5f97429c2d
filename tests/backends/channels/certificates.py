"""A certificate authority of the tests, which nobody else trusts."""

from __future__ import annotations

import ssl
from functools import cache

import trustme

NAMES = ("hooks.example", "mail.example", "localhost", "127.0.0.1")


@cache
def authority() -> trustme.CA:
    return trustme.CA()


@cache
def of_servers() -> ssl.SSLContext:
    """What a server shows: a certificate for `NAMES`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(*NAMES).configure_cert(context)
    return context


@cache
def of_clients() -> ssl.SSLContext:
    """The context of a client that trusts the authority."""
    context = ssl.create_default_context()
    authority().configure_trust(context)
    return context
