"""What all tests share: how hard Hypothesis searches, the real log, and a PostgreSQL."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from servicecore.logs import Log, load_mapping, read_log

# A slow or busy machine is no failure of the code, so no profile has a deadline.
settings.register_profile(
    "dev",
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
# In CI the verdict belongs to the commit: the same code gives the same result, twice. New
# examples are looked for wherever "dev" runs, which is every other run.
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True, max_examples=25)
# For the runs that look at other versions of what we stand on, not for new examples.
settings.register_profile("quick", settings.get_profile("ci"), max_examples=15)
# For whoever has the time: `HYPOTHESIS_PROFILE=deep`.
settings.register_profile("deep", settings.get_profile("dev"), max_examples=1_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

ROOT = Path(__file__).parent.parent
LOG_NAME = "uci_incident_event_log.csv.gz"


def find_data(name: str, folder: str | None) -> Path | None:
    """Give the path of a data file in `folder`, or else next to the checkout."""
    path = Path(folder) if folder else ROOT.parent / "shared" / "data"
    return path / name if (path / name).is_file() else None


def data_file(name: str) -> Path:
    """The path of a data file that is not part of the repository; a clone without it skips."""
    found = find_data(name, os.environ.get("SERVICECORE_DATA"))
    if found:
        return found
    hint = f"{name} is missing: set SERVICECORE_DATA to its folder (see CONTRIBUTING.md)"
    if os.environ.get("CI") == "true":
        pytest.fail(hint)
    pytest.skip(hint)


@pytest.fixture(scope="session")
def incident_log() -> Path:
    """The real incident log (141,712 rows); a clone without it skips, CI fails."""
    return data_file(LOG_NAME)


@pytest.fixture(scope="session")
def whole_log(incident_log: Path) -> Log:
    """The real incident log, read as the example's mapping has it; nobody changes it."""
    return read_log(incident_log, load_mapping(ROOT / "examples" / "uci" / "mapping.toml"))


def reads_log(item: pytest.Item) -> bool:
    """Whether a test is about the real log."""
    return "incident_log" in getattr(item, "fixturenames", ())


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give what reads the real log to one worker, so that it is read but once."""
    for item in items:
        if reads_log(item):
            item.add_marker(pytest.mark.xdist_group("the real log"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Trace nothing for coverage while the real log is replayed: that takes four times as long.

    All that it runs through is covered by other tests.
    """
    if not reads_log(item):
        return (yield)
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracer)


@pytest.fixture(scope="session")
def _postgres_server() -> None:
    """A PostgreSQL that answers; without one, tests skip and say how to start it, and CI fails."""
    from tests.postgres import why_missing

    if hint := why_missing():
        if os.environ.get("CI") == "true":
            pytest.fail(hint)
        pytest.skip(hint)


@pytest.fixture
def bare_postgres(_postgres_server: None) -> Iterator[str]:
    """The URL of a PostgreSQL database with nothing in it."""
    from tests.postgres import database

    with database() as url:
        yield url


@pytest.fixture(scope="session")
def _postgres_of_worker(_postgres_server: None) -> Iterator[str]:
    from servicecore.backends.sql import migrate
    from tests.postgres import database

    with database() as url:
        migrate(url)
        yield url


@pytest.fixture
def postgres(_postgres_of_worker: str) -> str:
    """The URL of a PostgreSQL database with the tables of the SQL store and no rows in them."""
    from tests.postgres import empty

    empty(_postgres_of_worker)
    return _postgres_of_worker
