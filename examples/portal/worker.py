"""The worker, a process of its own: ``python -m portal.worker``. There may be any number of them.

The portal's plugin lives in this code, so the worker does too. A host whose plugins are all
installed packages needs none: ``python -m servicecore worker`` does the same.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping

from servicecore.desk import Clock, Worker, wall_clock
from servicecore.notices.texts import Texts

from .portal import opened
from .settings import Settings

SIGNED = "Portal"


def main(environ: Mapping[str, str] = os.environ, clock: Clock = wall_clock) -> None:
    """Do what is due until the process is told to end (SIGTERM, SIGINT)."""
    logging.basicConfig(level=logging.INFO)
    settings = Settings.from_env(environ)
    with opened(settings, clock) as portal:
        Worker(portal.desk, texts_of(settings)).run()


def texts_of(settings: Settings) -> Texts:
    """What notices say, with a link to the page of their request."""
    return Texts(link=f"{settings.address}/show/{{request}}", signed=SIGNED)


if __name__ == "__main__":
    main()
