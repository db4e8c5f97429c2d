"""A channel whose library is missing says what to install."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("library", "module", "extra"),
    [
        ("httpx", "backends.webhook", "webhook"),
        ("httpcore", "backends.webhook", "webhook"),
        ("standardwebhooks", "backends.webhook", "webhook"),
        ("apprise", "backends.apprise", "apprise"),
        ("hypothesis", "testing.channels", "testing"),
        ("pytest", "testing.channels", "testing"),
    ],
)
def test_the_extra_is_named(library: str, module: str, extra: str) -> None:
    code = f"import sys; sys.modules[{library!r}] = None; import servicecore.{module}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "servicecore.errors.MissingExtra" in done.stderr
    assert f"pip install 'servicecore[{extra}]'" in done.stderr


@pytest.mark.parametrize("module", ["backends.console", "backends.smtp"])
def test_what_needs_none_loads_none(module: str) -> None:
    code = f"import servicecore.{module}, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"httpx", "httpcore", "apprise", "sqlalchemy"} & set(done.stdout.split())
