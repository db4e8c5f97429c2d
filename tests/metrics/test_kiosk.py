"""Real answers of 211 people, against plain pandas and numpy.

The questionnaire is of hanakim120/kiosk-servqual-research (MIT): expectation, perception and
importance of 24 items from 1 to 7, and 29 pairs of Kano questions.
"""

from __future__ import annotations

import pandas as pd
import pytest
import scipy.stats

from servicecore.metrics.expectation import expectation_gap
from servicecore.metrics.importance import importance_performance
from servicecore.metrics.kano import TABLE, kano
from servicecore.metrics.reliability import cronbach_alpha
from servicecore.metrics.rows import Pair
from servicecore.metrics.scales import Scale
from servicecore.metrics.servqual import servperf, servqual
from tests.conftest import data_file

SEVEN = Scale("1 to 7", 1, 7, happy=6, unhappy=3)
ITEMS = [f"{n:02}" for n in range(1, 25)]
DIMENSIONS = {f"block {n}": ITEMS[4 * n : 4 * n + 4] for n in range(6)}


@pytest.fixture(scope="module")
def kiosk() -> pd.DataFrame:
    return pd.read_csv(data_file("kiosk_servqual.csv"))


def rows(kiosk: pd.DataFrame, letter: str) -> list[dict[str, float | None]]:
    part = kiosk[[f"{letter}{item}" for item in ITEMS]].set_axis(ITEMS, axis=1)
    return [
        {item: None if pd.isna(value) else float(value) for item, value in row.items()}
        for row in part.to_dict("records")
    ]


def gaps(kiosk: pd.DataFrame) -> pd.DataFrame:
    expected, perceived = (
        kiosk[[f"{letter}{item}" for item in ITEMS]].set_axis(ITEMS, axis=1) for letter in "EP"
    )
    return perceived - expected


def test_gaps_of_items_and_dimensions(kiosk: pd.DataFrame) -> None:
    found = servqual(rows(kiosk, "E"), rows(kiosk, "P"), dimensions=DIMENSIONS)
    theirs = gaps(kiosk)
    for item in ITEMS:
        assert found.items[item].value == pytest.approx(theirs[item].mean())
        assert found.items[item].n == theirs[item].count()
    by_dimension = pd.DataFrame(
        {
            name: theirs[items].mean(axis=1).where(theirs[items].count(axis=1) >= 2)
            for name, items in DIMENSIONS.items()
        }
    )
    for name in DIMENSIONS:
        known = by_dimension[name].dropna()
        assert found.dimensions[name].value == pytest.approx(known.mean())
        half = scipy.stats.t.ppf(0.975, len(known) - 1) * known.sem()
        assert found.dimensions[name].high == pytest.approx(known.mean() + half)
    whole = by_dimension.dropna().mean(axis=1)
    assert (found.unweighted.value, found.unweighted.n) == (pytest.approx(whole.mean()), len(whole))
    assert (found.unweighted.value or 0) < 0  # they had hoped for more


def test_perception_alone(kiosk: pd.DataFrame) -> None:
    found = servperf(rows(kiosk, "P"), dimensions=DIMENSIONS)
    for item in ITEMS:
        assert found.items[item].value == pytest.approx(kiosk[f"P{item}"].mean())


def test_the_gap_of_people(kiosk: pd.DataFrame) -> None:
    """M1: the 24 pairs of a respondent are averaged first."""
    pairs = [
        (str(place), Pair(e, p))
        for place, (one, other) in enumerate(zip(rows(kiosk, "E"), rows(kiosk, "P"), strict=True))
        for item in ITEMS
        if (e := one[item]) is not None and (p := other[item]) is not None
    ]
    found = expectation_gap(pairs, SEVEN)
    by_person = gaps(kiosk).mean(axis=1).dropna()
    assert found.gap.n == len(by_person)
    assert found.gap.value == pytest.approx(by_person.mean() / 6)
    assert found.failed.hits == (by_person < 0).sum()
    assert found.exceeded.hits == (by_person > 0).sum()


def test_reliability(kiosk: pd.DataFrame) -> None:
    for items in DIMENSIONS.values():
        columns = kiosk[[f"P{item}" for item in items]]
        found = cronbach_alpha([[row[item] for item in items] for row in rows(kiosk, "P")])
        complete = columns.dropna()
        covariance = complete.cov()
        expected = 4 / 3 * (1 - covariance.to_numpy().trace() / covariance.to_numpy().sum())
        assert found.alpha.value == pytest.approx(expected)
        assert (found.alpha.n, found.left_out) == (len(complete), len(kiosk) - len(complete))


def test_importance_and_performance(kiosk: pd.DataFrame) -> None:
    found = importance_performance(rows(kiosk, "I"), rows(kiosk, "P"), ITEMS, SEVEN)
    important = pd.Series({item: kiosk[f"I{item}"].mean() for item in ITEMS})
    done = pd.Series({item: kiosk[f"P{item}"].mean() for item in ITEMS})
    assert found.importance_cross == pytest.approx(important.mean())
    first = {item.name for item in found.items if item.quadrant == "concentrate here"}
    expected = (important >= important.mean()) & (done < done.mean())
    assert first == set(expected[expected].index)


def test_kano_categories(kiosk: pd.DataFrame) -> None:
    for n in range(1, 30):
        pair = kiosk[[f"KF{n:02}", f"KD{n:02}"]].dropna().astype(int)
        letters = pd.Series([TABLE[f - 1][d - 1] for f, d in pair.to_numpy()])
        found = kano([(f, d) for f, d in pair.to_numpy().tolist()])
        assert {str(k): v for k, v in found.counts.items() if v} == letters.value_counts().to_dict()
        better = letters.isin(["A", "O"]).sum() / letters.isin(list("AOMI")).sum()
        assert found.better.value == pytest.approx(better)
