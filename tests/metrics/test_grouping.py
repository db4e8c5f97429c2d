"""Groups of a report: by any fact that names no persons, and never so small that one shows (M8)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore import PolicyBook, replay
from servicecore.errors import InvalidValue
from servicecore.lifecycle.events import Assigned, Opened
from servicecore.metrics.grouping import LEAST_RESPONDENTS, grouping, pooled
from servicecore.sla import Policy, Target

NINE = datetime(2026, 3, 6, 9, tzinfo=UTC)
BOOK = PolicyBook.of(Policy("all", {"resolution": Target("4h")}))
FACTS = {"priority": "high", "service": "mail", "floor": 3}
SITUATION = replay(
    [
        Opened(request="R1", occurred_at=NINE, facts=FACTS),
        Assigned(request="R1", occurred_at=NINE, group="network"),
    ],
    BOOK,
    at=NINE,
)


class TestGrouping:
    @pytest.mark.parametrize(
        ("by", "group"),
        [
            (None, "all"),
            ("priority", "high"),
            ("service", "mail"),
            ("customer", "none"),
            ("floor", "3"),
            ("colour", "none"),
            ("group", "network"),
            ("policy", "all"),
            ("status", "new"),
        ],
    )
    def test_is_by_a_fact(self, by: str | None, group: str) -> None:
        assert grouping(by)(SITUATION) == group

    def test_is_by_a_function_of_the_hosts(self) -> None:
        assert grouping(lambda situation: situation.request.id)(SITUATION) == "R1"

    @pytest.mark.parametrize("by", ["person", "requester"])
    def test_is_never_by_persons(self, by: str) -> None:
        with pytest.raises(InvalidValue, match="expected a fact that names no persons"):
            grouping(by)


sizes = st.dictionaries(st.text("abcdef", min_size=1, max_size=2), st.integers(0, 12))


class TestPooling:
    @given(sizes)
    def test_shows_no_group_of_too_few_and_none_that_could_be_worked_out(
        self, respondents: dict[str, int]
    ) -> None:
        """Whoever knows the whole and the groups shown can subtract: a pool is of two or more."""
        shown = pooled(respondents)
        assert list(shown) == list(respondents)
        together: dict[str | None, list[str]] = {}
        for name, group in shown.items():
            together.setdefault(group, []).append(name)
        for group, names in together.items():
            total = sum(respondents[name] for name in names)
            if group is None:
                assert total < LEAST_RESPONDENTS
                assert len(together) == 1  # nobody else is shown who could be subtracted
            else:
                assert total >= LEAST_RESPONDENTS
                assert len(names) > 1 or names == [group]
                small = any(respondents[name] < LEAST_RESPONDENTS for name in names)
                assert not small or len(names) > 1

    @given(sizes)
    def test_leaves_groups_of_enough_alone_where_all_are(self, respondents: dict[str, int]) -> None:
        enough = {name: size + LEAST_RESPONDENTS for name, size in respondents.items()}
        assert pooled(enough) == {name: name for name in enough}
