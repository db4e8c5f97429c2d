"""A `PolicyBook` to a table of the shape of a policy file, and the table to text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from servicecore.errors import MissingExtra
from servicecore.policyfile.calendars import calendar_to_dict
from servicecore.policyfile.catalogue import catalogue_to_dict
from servicecore.policyfile.clocks import clocks_to_dict
from servicecore.policyfile.escalations import escalations_to_dict
from servicecore.policyfile.lifecycle import lifecycle_to_dict
from servicecore.policyfile.policies import version_to_dict
from servicecore.policyfile.rotas import rotas_to_dict
from servicecore.requests import DEFAULT_MATRIX
from servicecore.sla.book import PolicyBook

PLAIN_WORDS = re.compile(r"[A-Za-z]+(?:[ _-][A-Za-z]+)*")


def policies_to_dict(book: PolicyBook) -> dict[str, object]:
    """The table that `policies_from_dict` reads back as this book.

    What is as it is by default is left out. Raises `InvalidValue` for what no file can say: a
    duration or a time of day with a fraction of a second, a `then` without a cutoff.
    """
    calendars = book.calendars
    first, *later = (version_to_dict(version, calendars) for version in book.versions)
    policies = first.pop("policies")
    shared = {
        "calendars": {name: calendar_to_dict(each, calendars) for name, each in calendars.items()},
        "priorities": _priorities(book),
        "clocks": clocks_to_dict(book.clocks),
        **catalogue_to_dict(book.catalogue),
        "rotas": rotas_to_dict(book.rotas, calendars),
        "escalations": escalations_to_dict(book.escalations, calendars),
        "lifecycle": lifecycle_to_dict(book.lifecycle, calendars),
    }
    told = {key: value for key, value in shared.items() if value}
    return {**first, **told, "policies": policies, **({"versions": later} if later else {})}


def _priorities(book: PolicyBook) -> dict[str, object]:
    if book.matrix == DEFAULT_MATRIX:
        return {}
    matrix = book.matrix.to_dict()
    return {"order": list(book.matrix.priorities), **({"matrix": matrix} if matrix else {})}


def as_toml(table: Mapping[str, object]) -> str:
    """The table as TOML; `MissingExtra` without tomli-w."""
    try:
        import tomli_w
    except ImportError:
        raise MissingExtra("writing TOML", "files") from None
    return tomli_w.dumps(table)


def as_json(table: Mapping[str, object]) -> str:
    """The table as JSON."""
    return json.dumps(table, indent=2, ensure_ascii=False) + "\n"


def as_yaml(table: Mapping[str, object]) -> str:
    """The table as YAML; `MissingExtra` without PyYAML.

    PyYAML knows which words YAML 1.1 takes for something else. What reads them here, and in most
    other places by now, is YAML 1.2; so everything that is not plainly a word is quoted.
    """
    try:
        import yaml
    except ImportError:
        raise MissingExtra("writing YAML", "files") from None

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, _: object) -> bool:
            return True

    def quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        style = None if PLAIN_WORDS.fullmatch(text) else '"'
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)

    Dumper.add_representer(str, quoted)
    return yaml.dump(dict(table), Dumper=Dumper, sort_keys=False, allow_unicode=True)
