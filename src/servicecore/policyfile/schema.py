"""The JSON Schema of policy files, for editors and for tools that write such files."""

from __future__ import annotations

import json
from importlib.resources import files


def policies_schema() -> dict[str, object]:
    """The JSON Schema of policy files, whatever format they are written in.

    It accepts every file that `load_policies` accepts. What takes understanding it does not see: a
    name that nothing goes by, an hour past the end of the day, a matrix with a cell missing. It is
    of draft 7, the newest that editors commonly know.

    >>> policies_schema()["required"]
    ['policies']
    """
    text = files("servicecore").joinpath("policies.schema.json").read_text(encoding="utf-8")
    schema: dict[str, object] = json.loads(text)
    return schema
