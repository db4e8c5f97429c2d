"""No webhook goes to an address that is not public, however it is written (B10)."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.backends.network import addresses_of
from servicecore.backends.webhook_addresses import as_networks, is_public, may_be_reached
from servicecore.errors import InvalidValue

INSIDE = (
    "0.0.0.0",  # noqa: S104  # it is refused
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.168.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.255.255.250",
    "255.255.255.255",
)
INSIDE_6 = (
    "::",
    "::1",
    "::7f00:1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:0808:0808::1",
    "3fff::1",
    "5f00::1",
    "64:ff9b:1::1",
)
PUBLIC = ("9.9.9.9", "172.32.0.1", "192.0.1.1", "100.128.0.1", "2620:fe::fe", "2a00:1450::1")


@pytest.mark.parametrize("address", [*INSIDE, *INSIDE_6])
def test_what_lies_inside_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_what_lies_outside_is(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", INSIDE)
@pytest.mark.parametrize("prefix", ["::ffff:", "64:ff9b::"])
def test_an_address_inside_another_is_looked_at(address: str, prefix: str) -> None:
    """IPv4 as IPv6 writes it, and as a network translates it (NAT64)."""
    assert not is_public(ip_address(prefix + address))
    assert is_public(ip_address(f"{prefix}9.9.9.9"))


@pytest.mark.parametrize(
    "host",
    ["127.1", "0177.0.0.1", "0x7f.0.0.1", "2130706433", "0x7f000001", "017700000001", "0", "[::1]"],
)
def test_other_ways_to_write_an_address_are_seen_through(host: str) -> None:
    """The system makes an address of them, and that is what is checked."""
    addresses = addresses_of(host.strip("[]"), 443)
    assert addresses
    assert not any(may_be_reached(address, ()) for address in addresses)


def test_names_of_this_machine_are_seen_through() -> None:
    assert not any(may_be_reached(address, ()) for address in addresses_of("localhost", 443))


addresses = st.ip_addresses(v=4) | st.ip_addresses(v=6)


@given(addresses)
def test_whatever_python_calls_not_global_is_not_public(address: IPv4Address | IPv6Address) -> None:
    """Its own table as an oracle, whichever release it is of: ours is at least as strict."""
    if not address.is_global or address.is_multicast or address.is_reserved:
        translated = isinstance(address, IPv6Address) and address in ip_network("64:ff9b::/96")
        mapped = isinstance(address, IPv6Address) and address.ipv4_mapped
        assert translated or mapped or not is_public(address)


@given(addresses)
def test_everything_may_be_allowed(address: IPv4Address | IPv6Address) -> None:
    assert may_be_reached(str(address), as_networks(True))
    assert may_be_reached(str(address), as_networks(False)) == is_public(address)


def test_networks_are_allowed_one_by_one() -> None:
    allowed = as_networks(["10.0.0.0/8", "fd00::/8"])
    assert all(may_be_reached(each, allowed) for each in ("10.1.2.3", "fd00::1", "::ffff:10.1.2.3"))
    assert not any(may_be_reached(each, allowed) for each in ("127.0.0.1", "::1", "192.168.0.1"))


@pytest.mark.parametrize("wrong", ["10.0.0.0/8", ["10.0.0.1/8"], ["office"], 5, None])
def test_what_is_no_network_is_refused(wrong: object) -> None:
    with pytest.raises(InvalidValue, match="allow_private"):
        as_networks(wrong)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize("nonsense", ["", "hooks.example", "127.0.0.1/8", "1.2.3", "9.9.9.9\n"])
def test_what_is_no_address_is_not_reached(nonsense: str) -> None:
    assert not may_be_reached(nonsense, as_networks(True))
