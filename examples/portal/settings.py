"""Settings: what the environment says."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from servicecore.backends.console import ConsoleChannel
from servicecore.backends.smtp import SmtpChannel
from servicecore.notices import Channel

HERE = Path(__file__).parent


@frozen
class Settings:
    """Where everything is; `patience` are the seconds that a command waits for others."""

    database: str
    policies: Path
    people: Path
    mail: Channel
    address: str
    patience: float

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """The settings in an environment, which is that of the process unless another is given."""
        return cls(
            database=environ.get("DATABASE_URL", "sqlite:///portal.db"),
            policies=Path(environ.get("PORTAL_POLICIES", HERE / "policies.toml")),
            people=Path(environ.get("PORTAL_PEOPLE", HERE / "people.toml")),
            mail=_mail(environ),
            address=environ.get("PORTAL_ADDRESS", "http://127.0.0.1:8000"),
            patience=float(environ.get("PORTAL_PATIENCE", "5")),
        )


def _mail(environ: Mapping[str, str]) -> Channel:
    """The mail server that ``SERVICECORE_SMTP_…`` describe; without one, mail is printed."""
    if any(name.startswith("SERVICECORE_SMTP_") for name in environ):
        return SmtpChannel.from_env(environ)
    return ConsoleChannel()
