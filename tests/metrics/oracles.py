"""Worked examples of formulas, published with their inputs and what they give.

They lie in `metric_oracles.json` beside the large real log; see CONTRIBUTING.md.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any, NamedTuple

from tests.conftest import data_file


class Oracle(NamedTuple):
    """A worked example: `tolerance` is absolute."""

    name: str
    formula: str
    inputs: dict[str, Any]
    expected: Any
    tolerance: float


@cache
def oracles() -> dict[str, Oracle]:
    """All worked examples, by name."""
    rows = json.loads(data_file("metric_oracles.json").read_text(encoding="utf-8"))
    names = ("name", "formula", "inputs", "expected", "tolerance")
    return {row["name"]: Oracle(*(row[name] for name in names)) for row in rows}


def oracle(name: str) -> Oracle:
    """The worked example of that name."""
    return oracles()[name]
