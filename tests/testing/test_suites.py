"""A suite that is inherited cannot be switched off in silence."""

from __future__ import annotations

import subprocess
import sys

import pytest

from servicecore.testing import JoinedStoreSuite, StoreSuite, Suite
from servicecore.testing.suites import is_excused


class Laws(Suite, part=True):
    def test_first(self) -> None:
        """The first."""

    def test_second(self) -> None:
        """The second."""


class MoreLaws(Laws, part=True):
    def test_third(self) -> None:
        """The third."""


class TestTheGuard:
    def test_all_tests_are_inherited(self) -> None:
        class TestMine(MoreLaws):
            def test_of_my_own(self) -> None:
                """Whatever is added is welcome."""

        assert TestMine.test_first is Laws.test_first

    def test_a_test_that_is_replaced(self) -> None:
        with pytest.raises(TypeError, match="TestMine replaces test_first of Laws"):

            class TestMine(MoreLaws):
                def test_first(self) -> None:
                    """Something easier."""

    def test_a_test_that_is_taken_away(self) -> None:
        with pytest.raises(TypeError, match="test_third of MoreLaws"):

            class TestMine(MoreLaws):
                test_third = None

    def test_a_test_that_is_skipped(self) -> None:
        with pytest.raises(TypeError, match="test_first"):

            class TestMine(MoreLaws):
                @pytest.mark.skip(reason="later")
                def test_first(self) -> None:
                    """Never run."""

    def test_a_test_that_somebody_else_replaces(self) -> None:
        """A class that is no suite, and comes before it."""

        class Easier:
            def test_second(self) -> None:
                """Something easier."""

        with pytest.raises(TypeError, match="test_second of Laws"):

            class TestMine(Easier, MoreLaws):
                pass

    def test_a_part_that_replaces_what_it_stands_on(self) -> None:
        with pytest.raises(TypeError, match="test_first of Laws"):

            class EasierLaws(Laws, part=True):
                def test_first(self) -> None:
                    """Something easier."""

    def test_one_that_is_marked_with_a_reason(self) -> None:
        class TestMine(MoreLaws):
            @pytest.mark.xfail(reason="the server of 2019 cannot do it")
            def test_first(self) -> None:
                """Shown in every report."""
                super().test_first()

        assert is_excused(TestMine.test_first)

    @pytest.mark.parametrize("mark", [pytest.mark.xfail, pytest.mark.xfail(reason="")])
    def test_one_that_is_marked_without_a_reason(self, mark: pytest.MarkDecorator) -> None:
        @mark
        def replaced(self: object) -> None:
            """No reason is said."""

        with pytest.raises(TypeError, match="with a reason"):
            type("TestMine", (MoreLaws,), {"test_second": replaced})

    def test_a_subclass_of_a_subclass(self) -> None:
        class TestMine(MoreLaws):
            pass

        with pytest.raises(TypeError, match="test_first"):

            class TestOther(TestMine):
                test_first = None


@pytest.mark.parametrize("suite", [StoreSuite, JoinedStoreSuite])
def test_every_test_says_what_it_holds(suite: type[Suite]) -> None:
    """Issue 4, item 9: a test of a suite cites the rule that it is there for."""
    tests = [getattr(suite, name) for name in dir(suite) if name.startswith("test")]
    assert len(tests) >= 5
    for test in tests:
        assert (test.__doc__ or "").startswith(("B3", "B4", "B5", "B6", "B7", "B8", "B9", "B10")), (
            test
        )


@pytest.mark.parametrize("missing", ["pytest", "hypothesis"])
def test_without_the_extra(missing: str) -> None:
    """Whoever has not installed it is told how to."""
    code = f"import sys; sys.modules[{missing!r}] = None; import servicecore.testing"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "MissingExtra: servicecore.testing needs an extra" in done.stderr
