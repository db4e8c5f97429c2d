"""YAML with the line of each of its parts, read as YAML 1.2's core schema.

YAML 1.1, which PyYAML speaks by itself, reads ``17:00`` as 1020, ``no`` as false and
``2026-12-25`` as a date. Here they are text, as they are in the other formats.
"""

from __future__ import annotations

import re

from attrs import Factory, define

from servicecore.documents.located import Located, Where
from servicecore.errors import Fault, MissingExtra

try:
    import yaml
except ImportError as missing:
    raise MissingExtra("reading YAML", "files") from missing


_TAG = "tag:yaml.org,2002:"
_SCALARS = {
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "bool": (r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    "int": (r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    "float": (
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan",
        list("-+.0123456789"),
    ),
}
_SPECIAL = re.compile(r"\.(inf|nan)")  # Python writes them without the dot


class _Loader(yaml.SafeLoader):
    """Reads plain words as the core schema does."""


_Loader.yaml_implicit_resolvers = {}
for _name, (_pattern, _first) in _SCALARS.items():
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(rf"(?:{_pattern})\Z"), _first)


def read_yaml(text: str) -> Located:
    """The value in `text`; a `Fault` with its line where it is no YAML."""
    try:
        root = yaml.compose(text, _Loader)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        said = problem.problem or problem.context
        raise Fault((), f"is no YAML: {said}", mark.line + 1 if mark else None) from None
    except yaml.YAMLError as problem:
        raise Fault((), f"is no YAML: {problem}") from None
    builder = _Builder()
    builder.located.value = {} if root is None else builder.build(root, ())
    return builder.located


@define
class _Builder:
    """Makes values out of nodes; a node that several aliases name is made once."""

    located: Located = Factory(Located)
    made: dict[int, object] = Factory(dict)

    def build(self, node: yaml.Node, where: Where) -> object:
        if id(node) in self.made:
            return self.made[id(node)]
        self.made[id(node)] = None
        if isinstance(node, yaml.MappingNode):
            value: object = self.mapping(node, where)
        elif isinstance(node, yaml.SequenceNode):
            value = self.sequence(node, where)
        else:
            value = self.scalar(node, where)
        self.made[id(node)] = value
        return value

    def mapping(self, node: yaml.MappingNode, where: Where) -> dict[str, object]:
        table: dict[str, object] = {}
        for key, item in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.fault(where, "a key is a list or a table: expected text", key)
                continue
            if key.value == "<<" and key.style is None:
                self.fault(where, "merge keys (<<) are not read: expected the keys themselves", key)
                continue
            member = (*where, key.value)
            self.located.note_key(member, key.start_mark.line + 1)
            table[key.value] = self.build(item, member)
        return table

    def sequence(self, node: yaml.SequenceNode, where: Where) -> list[object]:
        items = []
        for position, item in enumerate(node.value):
            self.located.lines[*where, position] = item.start_mark.line + 1
            items.append(self.build(item, (*where, position)))
        return items

    def scalar(self, node: yaml.Node, where: Where) -> object:
        text: str = node.value
        match node.tag.removeprefix(_TAG):
            case "str":
                return text
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int" | "float" as kind:
                return self.number(text, kind, node, where)
        self.fault(where, f"the tag {node.tag!r} means nothing here: expected none", node)
        return None

    def number(self, text: str, kind: str, node: yaml.Node, where: Where) -> int | float | None:
        try:
            return int(text, _base(text)) if kind == "int" else float(_SPECIAL.sub(r"\1", text))
        except ValueError:
            self.fault(where, f"{text[:40]!r} is no {kind}", node)
            return None

    def fault(self, where: Where, problem: str, node: yaml.Node) -> None:
        self.located.faults.append(Fault(where, problem, node.start_mark.line + 1))


def _base(text: str) -> int:
    return {"0o": 8, "0x": 16}.get(text[:2], 10)
