"""What users test with: suites that whoever writes a backend inherits, and strategies of events.

Needs the extra `testing` (pytest and Hypothesis).
"""

from servicecore.errors import MissingExtra

try:
    import hypothesis as _hypothesis  # noqa: F401  # whether it is there
    import pytest
except ImportError as missing:
    raise MissingExtra("servicecore.testing", "testing") from missing

_PARTS = """
appends base claims faults feed joined kills machine machine_reading notices pages readers values
"""
pytest.register_assert_rewrite(
    "servicecore.testing.channels",
    *(f"servicecore.testing.store_{part}" for part in _PARTS.split()),
)

from servicecore.testing.channels import ChannelSuite  # noqa: E402  # now its asserts explain
from servicecore.testing.store_base import Breaking, Broken, Opener  # noqa: E402  # as above
from servicecore.testing.store_joined import Host, HostTx, JoinedStoreSuite  # noqa: E402  # as above
from servicecore.testing.stores import StoreSuite  # noqa: E402  # as above
from servicecore.testing.suites import Suite  # noqa: E402  # as above

__all__ = [
    "Breaking",
    "Broken",
    "ChannelSuite",
    "Host",
    "HostTx",
    "JoinedStoreSuite",
    "Opener",
    "StoreSuite",
    "Suite",
]
