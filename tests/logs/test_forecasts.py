"""Whether breach risks come true on real incidents, and why those that wait are left out (M4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from servicecore.lifecycle.situation import Situation
from servicecore.logs import Log
from servicecore.metrics.breach_risk import risk_of
from servicecore.metrics.calibration import (
    Forecast,
    brier_skill,
    forecasts_on_history,
    known_at,
    reliability,
)
from servicecore.metrics.spells import cycle_spells
from servicecore.metrics.survival import kaplan_meier
from servicecore.policyfile import load_policies

POLICIES = Path(__file__).parents[2] / "examples" / "uci" / "policies.toml"
CLOCK = "resolution"
CUTS = [datetime(2016, 3, 16, 12, tzinfo=UTC) + timedelta(days=days) for days in (0, 5, 9)]
UNTIL = datetime(2016, 7, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def known(whole_log: Log) -> Mapping[datetime, Sequence[Situation]]:
    """The incidents of the first four weeks, as they were known at each instant."""
    histories = whole_log.histories.values()
    early = [each for each in histories if each[0].occurred_at < CUTS[-1]]
    at = known_at(early, load_policies(POLICIES))
    return {instant: list(at(instant)) for instant in (*CUTS, UNTIL)}


@pytest.fixture(scope="module")
def told(known: Mapping[datetime, Sequence[Situation]]) -> tuple[Forecast, ...]:
    by_instant = {situations[0].instant: situations for situations in known.values()}
    return forecasts_on_history(by_instant.__getitem__, CLOCK, cuts=CUTS, until=UNTIL)


def test_they_come_true_about_as_often_as_was_told(told: Sequence[Forecast]) -> None:
    found = reliability(told, bins=4)
    assert sum(each.happened.n for each in found) > 800
    for each in found:
        if each.happened.n > 100:
            assert each.told == pytest.approx(each.happened.value, abs=0.08)
    assert (brier_skill(told).value or 0) > 0


def test_they_would_not_for_incidents_that_wait(
    known: Mapping[datetime, Sequence[Situation]],
) -> None:
    """Told two in three, and hardly one in ten was late: the others were resolved as they were."""
    later = {each.state.id: each.reading(CLOCK) for each in known[UNTIL]}
    chances: list[float] = []
    late = 0
    for cut in CUTS:
        curve = kaplan_meier(cycle_spells(known[cut], CLOCK))
        for situation in known[cut]:
            risk, reading = risk_of(situation, CLOCK, curve), later[situation.state.id]
            if risk and risk.paused and not risk.late and risk.breach.value and reading:
                chances.append(risk.breach.value)
                late += reading.late
    assert len(chances) > 500
    assert sum(chances) / len(chances) > 0.55
    assert late / len(chances) < 0.15
