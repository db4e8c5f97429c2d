"""A `PolicyBook` to a table of the shape of a policy file, and the table to text."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from datetime import time

from attrs import frozen

from servicecore.errors import InvalidValue, MissingExtra
from servicecore.instants import SECOND, Days, duration_text, to_datetime
from servicecore.policyfile.reading import CLOCK_KEYS, DAYS_OPTIONS
from servicecore.requests import DEFAULT_MATRIX
from servicecore.sla.book import BookVersion, PolicyBook
from servicecore.sla.calendar import Calendar
from servicecore.sla.definition import Composition
from servicecore.sla.naming import name_of, sides
from servicecore.sla.policy import Policy
from servicecore.sla.rules import DEFAULT_CLOCKS, ClockRule
from servicecore.sla.target import Target

PLAIN_WORDS = re.compile(r"[A-Za-z]+(?:[ _-][A-Za-z]+)*")
OPERATORS = {"|": "any_of", "&": "all_of"}


def policies_to_dict(book: PolicyBook) -> dict[str, object]:
    """The table that `policies_from_dict` reads back as this book.

    What is as it is by default is left out. Raises `InvalidValue` for what no file can say: a
    duration or a time of day with a fraction of a second, a `then` without a cutoff.
    """
    writer = _Writer(book.calendars)
    first, *later = map(writer.version, book.versions)
    policies = first.pop("policies")
    shared = {
        "calendars": {name: writer.calendar(each) for name, each in book.calendars.items()},
        "priorities": _priorities(book),
        "clocks": _clocks(book),
    }
    told = {key: value for key, value in shared.items() if value}
    return {**first, **told, "policies": policies, **({"versions": later} if later else {})}


def _priorities(book: PolicyBook) -> dict[str, object]:
    if book.matrix == DEFAULT_MATRIX:
        return {}
    matrix = book.matrix.to_dict()
    return {"order": list(book.matrix.priorities), **({"matrix": matrix} if matrix else {})}


def _clocks(book: PolicyBook) -> dict[str, object]:
    return {
        name: _clock(rule, DEFAULT_CLOCKS.get(name))
        for name, rule in book.clocks.items()
        if rule != DEFAULT_CLOCKS.get(name)
    }


def _clock(rule: ClockRule, default: ClockRule | None) -> dict[str, object]:
    """What the rule says otherwise than the default one; what a new one has to say, and more."""
    before = default or ClockRule(rule.name, rule.starts, rule.stops)
    needed = () if default else ("starts", "stops")
    said = {key: getattr(rule, key) for key in CLOCK_KEYS}
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in said.items()
        if value != getattr(before, key) or key in needed
    }


@frozen
class _Writer:
    """Writes what names calendars."""

    calendars: Mapping[str, Calendar]

    def version(self, version: BookVersion) -> dict[str, object]:
        table: dict[str, object] = {"version": version.name} if version.name else {}
        if version.since is not None:
            table["valid_from"] = to_datetime(version.since).isoformat()
        return {**table, "policies": [self.policy(policy) for policy in version.policies]}

    def policy(self, policy: Policy) -> dict[str, object]:
        usual = self.usual_calendar(policy)
        when = {fact: condition.written() for fact, condition in policy.when.items()}
        return {
            "name": policy.name,
            **({"when": when} if when else {}),
            **({"calendar": usual} if usual else {}),
            "targets": {
                clock: self.by_priority(targets, usual) for clock, targets in policy.targets.items()
            },
        }

    def usual_calendar(self, policy: Policy) -> str:
        """The name of the calendar that most targets of a policy have."""
        used = Counter(
            self.name(target.calendar)
            for targets in policy.targets.values()
            for target in targets.values()
        )
        return used.most_common(1)[0][0] if used else ""

    def target(self, target: Target, usual: str) -> object:
        table = _within(target)
        if self.name(target.calendar) != usual:
            table["calendar"] = self.name(target.calendar)
        if target.landing != "early":
            table["landing"] = target.landing
        return table["within"] if list(table) == ["within"] else table

    def by_priority(self, targets: Mapping[str, Target], usual: str) -> dict[str, object]:
        written = {priority: self.target(target, usual) for priority, target in targets.items()}
        if "within" in written and not isinstance(written["within"], Mapping):
            # A priority of this name; as text it would make the whole table a target.
            written["within"] = {"within": written["within"]}
        return written

    def name(self, calendar: Calendar) -> str:
        return name_of(calendar, self.calendars) or ""  # a book names every calendar of a target

    def calendar(self, calendar: Calendar) -> dict[str, object]:
        if not isinstance(calendar.definition, Composition):
            return calendar.to_dict()
        operator, names = (
            calendar.definition.operator,
            [self.name(side) for side in sides(calendar)],
        )
        if operator == "-":
            return {"base": names[0], "except": names[1:]}
        return {OPERATORS[operator]: names}


def _within(target: Target) -> dict[str, object]:
    within = target.within
    if not isinstance(within, Days):
        if within is None or within % SECOND:
            raise InvalidValue(f"a policy file cannot say {target}: expected whole seconds")
        return {"within": duration_text(within).replace(" ", "")}
    if within.then is not None and within.cutoff is None:
        raise InvalidValue(
            f"a policy file cannot say {target} then {within.then}: expected a cutoff"
        )
    table: dict[str, object] = {"within": f"{within.count}bd"}
    for option in DAYS_OPTIONS:
        value = getattr(within, option)
        if value != getattr(Days(1), option):
            table[option] = _time_of_day(value) if isinstance(value, time) else value
    return table


def _time_of_day(value: time) -> str:
    if value.microsecond:
        raise InvalidValue(f"a policy file cannot say {value}: expected whole seconds")
    return value.isoformat("seconds" if value.second else "minutes")


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
