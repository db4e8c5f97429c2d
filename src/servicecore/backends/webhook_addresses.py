"""Which addresses a webhook may be delivered to (B10): public ones, unless a host allows others.

The table is that of the IANA registries of special-purpose addresses. Python has one too, which
differs from release to release.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from servicecore.errors import InvalidValue

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NOT_PUBLIC: tuple[Network, ...] = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # behind a provider's translation; metadata of some clouds
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # looks public, is the platform that an Azure machine runs on
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # relays from 6to4
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved; broadcast
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)
GLOBAL_UNICAST = IPv6Network("2000::/3")
"""All that is handed out of IPv6; loopback, link-local, unique local and multicast lie outside."""
TRANSLATED = IPv6Network("64:ff9b::/96")
"""The IPv4 addresses as a network that has IPv6 alone reaches them (NAT64)."""


def meant(address: Address) -> Address:
    """The IPv4 address that one of IPv6 leads to, if it leads to one; otherwise itself.

    >>> meant(ip_address("::ffff:127.0.0.1")), meant(ip_address("64:ff9b::a9fe:a9fe"))
    (IPv4Address('127.0.0.1'), IPv4Address('169.254.169.254'))
    """
    if isinstance(address, IPv4Address):
        return address
    if address in TRANSLATED:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address


def is_public(address: Address) -> bool:
    """Whether an address is one of the open internet.

    >>> is_public(ip_address("9.9.9.9")), is_public(ip_address("169.254.169.254"))
    (True, False)
    """
    address = meant(address)
    if isinstance(address, IPv6Address) and address not in GLOBAL_UNICAST:
        return False
    return not any(address in network for network in NOT_PUBLIC)


def as_networks(allowed: Iterable[str] | bool) -> tuple[Network, ...]:
    """The networks that are allowed besides the public ones: none, all of them, or these.

    >>> as_networks(["10.1.0.0/16"])
    (IPv4Network('10.1.0.0/16'),)
    """
    if isinstance(allowed, bool):
        return (IPv4Network("0.0.0.0/0"), IPv6Network("::/0")) if allowed else ()
    try:
        if not isinstance(allowed, str):
            return tuple(map(ip_network, allowed))
    except (TypeError, ValueError):
        pass
    raise InvalidValue(f"allow_private is {allowed!r}: expected networks such as ['10.0.0.0/8']")


def may_be_reached(address: str, allowed: Iterable[Network]) -> bool:
    """Whether an address, as a resolver gives it, is public or in a network that is allowed.

    >>> may_be_reached("127.0.0.1", ()), may_be_reached("127.0.0.1", as_networks(["127.0.0.0/8"]))
    (False, True)
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return is_public(parsed) or any(meant(parsed) in network for network in allowed)
