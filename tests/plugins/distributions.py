"""Distributions made for a test: installed, as far as Python can tell, from a folder."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest


class Shelf:
    """A folder on the path of modules in which distributions are put."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        monkeypatch.syspath_prepend(str(folder))

    def add(self, distribution: str, plugin: str, source: str, what: str = "") -> None:
        """Install a distribution of one module that has one plugin."""
        module = f"shelved_{distribution.replace('-', '_')}"
        (self.folder / f"{module}.py").write_text(source, encoding="utf-8")
        # Modules of other tests in this process may go by the same name.
        self._monkeypatch.delitem(sys.modules, module, raising=False)
        info = self.folder / f"{module}-1.2.dist-info"
        info.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n"
        (info / "METADATA").write_text(metadata, encoding="utf-8")
        target = f"{module}:{what}" if what else module
        (info / "entry_points.txt").write_text(
            f"[servicecore]\n{plugin} = {target}\n", encoding="utf-8"
        )


OWN = ("sqlite", "postgresql")
"""The plugins of the library itself."""
