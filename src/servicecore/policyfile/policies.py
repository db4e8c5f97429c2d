"""The policies of a policy file and their versions, read and written."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from attrs import frozen

from servicecore.instants import to_datetime
from servicecore.policyfile.calendars import calendar_in
from servicecore.policyfile.tables import (
    INSTANT,
    Readers,
    boolean,
    entries_of,
    fields_of,
    instant,
    items_of,
    table_of,
    text,
)
from servicecore.policyfile.targets import (
    TargetReader,
    TargetWriter,
    leave_calendar_open,
    usual_calendar,
)
from servicecore.sla.book import BookVersion
from servicecore.sla.calendar import Calendar, always
from servicecore.sla.conditions import Condition
from servicecore.sla.naming import ALWAYS
from servicecore.sla.policy import Policy

POLICY = "a table with name, when, calendar and targets"
POLICIES = "a list of policies"
VERSIONS = "a list of tables, each with version, valid_from and policies"
CONDITIONS = "a table of facts and conditions"


@frozen
class PolicyReader:
    """Reads policies, whose targets name calendars."""

    calendars: Mapping[str, Calendar]

    def versions(self, written: object) -> list[BookVersion]:
        """The later versions of the policies."""
        return items_of(written, self._version, VERSIONS, "version")

    def _version(self, written: object) -> BookVersion:
        readers: Readers = {"version": text, "valid_from": instant, "policies": self.policies}
        required = {"valid_from": INSTANT, "policies": POLICIES}
        fields = fields_of(written, readers, "a version of the policies", required)
        return BookVersion(fields.get("version", ""), fields["valid_from"], fields["policies"])

    def policies(self, written: object) -> list[Policy]:
        """Policies in their order."""
        return items_of(written, self._policy, POLICIES, "name")

    def _policy(self, written: object) -> Policy:
        table = table_of(written, POLICY)
        # One that is misspelt is a fault where it stands, and none of the targets that rely on it.
        inherited = self.calendars.get(str(table.get("calendar")), always)
        required = {"name": "what it is called", "targets": "targets by clock and priority"}
        if leave_calendar_open(table.get("targets")):
            required["calendar"] = "the calendar of those targets that name none"
        readers: Readers = {
            "name": text,
            "when": lambda when: entries_of(when, _condition, CONDITIONS),
            "calendar": partial(calendar_in, self.calendars),
            "customer_calendar": boolean,
            "targets": TargetReader(self.calendars, inherited).by_clock,
            "overrides": self._overrides,
        }
        fields = fields_of(table, readers, POLICY, required)
        fields.pop("calendar", None)
        return Policy(**fields)

    def _overrides(self, written: object) -> dict[str, object]:
        # On a calendar of their own: that of the policy is not theirs (Q3).
        reader = TargetReader(self.calendars, always)
        expected = "a table of overrides, each with targets by clock and priority"
        return entries_of(written, lambda _, targets: reader.by_clock(targets), expected)


def _condition(_: str, written: object) -> Condition:
    return Condition.of(written)


def version_to_dict(version: BookVersion, calendars: Mapping[str, Calendar]) -> dict[str, object]:
    """The table of one version of the policies."""
    table: dict[str, object] = {"version": version.name} if version.name else {}
    if version.since is not None:
        table["valid_from"] = to_datetime(version.since).isoformat()
    return {**table, "policies": [_policy(policy, calendars) for policy in version.policies]}


def _policy(policy: Policy, calendars: Mapping[str, Calendar]) -> dict[str, object]:
    usual = usual_calendar(policy.targets, calendars)
    said = {
        "name": policy.name,
        "when": {fact: condition.written() for fact, condition in policy.when.items()},
        "calendar": usual,
        "customer_calendar": policy.customer_calendar,
    }
    overriding = TargetWriter(calendars, ALWAYS)
    overrides = {name: overriding.by_clock(each) for name, each in policy.overrides.items()}
    return {
        **{key: value for key, value in said.items() if value},
        "targets": TargetWriter(calendars, usual).by_clock(policy.targets),
        **({"overrides": overrides} if overrides else {}),
    }
