"""Deadlines and connections that channels share."""

from __future__ import annotations

import pytest

from servicecore.backends.network import Deadline, addresses_of, first_connection


def test_a_deadline_that_has_passed_leaves_nothing() -> None:
    deadline = Deadline.after(-1)
    assert deadline.is_over
    with pytest.raises(TimeoutError):
        deadline.left()


def test_a_deadline_leaves_what_is_left() -> None:
    deadline = Deadline.after(60)
    assert not deadline.is_over
    assert 0 < deadline.left() <= 60
    assert deadline.left(most=5) == 5


def test_the_time_is_shared_out_among_addresses() -> None:
    """An address that never answers leaves time for the others."""
    given = []

    def connect(address: str, seconds: float) -> str:
        given.append(round(seconds))
        if address != "third":
            raise OSError(address)
        return f"connected to {address}"

    connected = first_connection(["first", "second", "third"], connect, Deadline.after(60))
    assert connected == "connected to third"
    assert given == [20, 30, 60]


def test_the_last_error_is_told() -> None:
    def connect(address: str, seconds: float) -> None:
        raise OSError(address)

    with pytest.raises(OSError, match=r"^second$"):
        first_connection(["first", "second"], connect, Deadline.after(60))
    with pytest.raises(OSError, match="without addresses"):
        first_connection([], connect, Deadline.after(60))


@pytest.mark.parametrize("host", ["nobody.invalid", "x" * 70 + ".example", "a..b", "\0"])
def test_a_host_without_addresses_is_an_error_of_the_network(host: str) -> None:
    with pytest.raises(OSError):  # each system has its own words
        addresses_of(host, 80)
