"""Real answers of 211 people, against plain pandas and scipy.

The questionnaire is of hanakim120/kiosk-servqual-research (MIT): expectation, perception and
importance of 24 items from 1 to 7, 29 pairs of Kano questions, and overall satisfaction from 1 to
5. Four people left everything out.
"""

from __future__ import annotations

import pandas as pd
import pytest
import scipy.stats

from servicecore.estimate import Estimate
from servicecore.lifecycle.events import Resolved
from servicecore.metrics.expectation import expectation_gap
from servicecore.metrics.importance import importance_performance
from servicecore.metrics.kano import TABLE, kano
from servicecore.metrics.poststratification import poststratified_mean
from servicecore.metrics.raking import Cell, rake
from servicecore.metrics.reliability import cronbach_alpha
from servicecore.metrics.report import report
from servicecore.metrics.rows import Pair
from servicecore.metrics.scales import Scale
from servicecore.metrics.servqual import servperf, servqual
from servicecore.metrics.surveys import Invitation, Response, Surveys
from servicecore.metrics.weighting import weighted_share
from tests.conftest import data_file
from tests.metrics.kit import event, micros, opened, situations

SEVEN = Scale("1 to 7", 1, 7, happy=6, unhappy=3)
ITEMS = [f"{n:02}" for n in range(1, 25)]
DIMENSIONS = {f"block {n}": ITEMS[4 * n : 4 * n + 4] for n in range(6)}
POINTS = dict(zip(DIMENSIONS, (10, 30, 20, 15, 15, 10), strict=True))


@pytest.fixture(scope="module")
def kiosk() -> pd.DataFrame:
    return pd.read_csv(data_file("kiosk_servqual.csv"))


def items_of(kiosk: pd.DataFrame, letter: str) -> pd.DataFrame:
    return kiosk[[f"{letter}{item}" for item in ITEMS]].set_axis(ITEMS, axis=1)


def rows(kiosk: pd.DataFrame, letter: str) -> list[dict[str, float | None]]:
    return [
        {item: None if pd.isna(value) else float(value) for item, value in row.items()}
        for row in items_of(kiosk, letter).to_dict("records")
    ]


def by_dimension(answers: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: answers[items].mean(axis=1).where(answers[items].count(axis=1) >= 2)
            for name, items in DIMENSIONS.items()
        }
    )


def agrees(found: Estimate | None, values: pd.Series, lowest: float, highest: float) -> None:
    """A mean over respondents with Student's limits, within the ends of the scale."""
    assert found is not None
    known = values.dropna()
    half = scipy.stats.t.ppf(0.975, len(known) - 1) * known.sem()
    center = known.mean()
    assert (found.value, found.n) == (pytest.approx(center), len(known))
    limits = max(lowest, center - half), min(highest, center + half)
    assert (found.low, found.high) == pytest.approx(limits)


@pytest.mark.parametrize("kind", ["gap", "perception"])
def test_items_dimensions_and_totals(kiosk: pd.DataFrame, kind: str) -> None:
    """SERVQUAL and SERVPERF."""
    theirs, ends = items_of(kiosk, "P"), (1, 7)
    found = servperf(rows(kiosk, "P"), dimensions=DIMENSIONS, weights=POINTS, scale=SEVEN)
    if kind == "gap":
        theirs, ends = theirs - items_of(kiosk, "E"), (-6, 6)
        found = servqual(
            rows(kiosk, "E"),
            rows(kiosk, "P"),
            dimensions=DIMENSIONS,
            weights=POINTS,
            scale=SEVEN,
        )
    scores = by_dimension(theirs)
    for item in ITEMS:
        agrees(found.items[item], theirs[item], *ends)
    for name in DIMENSIONS:
        agrees(found.dimensions[name], scores[name], *ends)
    complete = scores.dropna()
    agrees(found.unweighted, complete.mean(axis=1), *ends)
    agrees(found.weighted, complete.mul(pd.Series(POINTS) / 100).sum(axis=1), *ends)
    assert found.respondents == len(complete) == 207


def test_they_had_hoped_for_more(kiosk: pd.DataFrame) -> None:
    found = servqual(rows(kiosk, "E"), rows(kiosk, "P"), dimensions=DIMENSIONS)
    assert all((each.high or 0) < 0 for each in found.dimensions.values())


def test_the_gap_of_people(kiosk: pd.DataFrame) -> None:
    """M1: the 24 pairs of a respondent are averaged first."""
    pairs = [
        (str(place), Pair(e, p))
        for place, (one, other) in enumerate(zip(rows(kiosk, "E"), rows(kiosk, "P"), strict=True))
        for item in ITEMS
        if (e := one[item]) is not None and (p := other[item]) is not None
    ]
    found = expectation_gap(pairs, SEVEN)
    by_person = (items_of(kiosk, "P") - items_of(kiosk, "E")).mean(axis=1).dropna()
    assert found.gap.n == len(by_person)
    assert found.gap.value == pytest.approx(by_person.mean() / 6)
    assert found.failed.hits == (by_person < 0).sum()
    assert found.exceeded.hits == (by_person > 0).sum()


@pytest.mark.parametrize("letter", ["E", "P", "I", "S"])
@pytest.mark.parametrize("items", [ITEMS, *DIMENSIONS.values()], ids=["all", *DIMENSIONS])
def test_reliability(kiosk: pd.DataFrame, letter: str, items: list[str]) -> None:
    """Feldt's limits by scipy, alpha by the covariances of pandas."""
    said = rows(kiosk, letter)
    found = cronbach_alpha([[row[item] for item in items] for row in said])
    complete = items_of(kiosk, letter)[items].dropna()
    covariance = complete.cov().to_numpy()
    n, k = complete.shape
    expected = k / (k - 1) * (1 - covariance.trace() / covariance.sum())
    ratios = scipy.stats.f.ppf([0.975, 0.025], n - 1, (n - 1) * (k - 1))
    limits = 1 - (1 - expected) * ratios
    assert found.alpha.value == pytest.approx(expected)
    assert [found.alpha.low, found.alpha.high] == pytest.approx(list(limits))
    assert (found.alpha.n, found.left_out, found.items) == (n, len(kiosk) - n, k)


@pytest.mark.parametrize("cross", ["means", "middle"])
def test_importance_and_performance(kiosk: pd.DataFrame, cross: str) -> None:
    found = importance_performance(
        rows(kiosk, "I"),
        rows(kiosk, "P"),
        ITEMS,
        SEVEN,
        cross=cross,  # type: ignore[arg-type]  # one of the two names, as text
    )
    important, done = items_of(kiosk, "I"), items_of(kiosk, "P")
    lines = (4, 4) if cross == "middle" else (important.mean().mean(), done.mean().mean())
    assert (found.importance_cross, found.performance_cross) == pytest.approx(lines)
    names = {
        (True, False): "concentrate here",
        (True, True): "keep up the good work",
        (False, False): "low priority",
        (False, True): "possible overkill",
    }
    for item in found.items:
        agrees(item.importance, important[item.name], 1, 7)
        agrees(item.performance, done[item.name], 1, 7)
        agrees(item.gap, done[item.name] - important[item.name], -6, 6)
        above = important[item.name].mean() >= lines[0], done[item.name].mean() >= lines[1]
        assert item.quadrant == names[above]


def test_kano_categories(kiosk: pd.DataFrame) -> None:
    for n in range(1, 30):
        columns = kiosk[[f"KF{n:02}", f"KD{n:02}"]]
        said = columns.astype(object).where(columns.notna(), None).to_numpy().tolist()
        found = kano((functional, dysfunctional) for functional, dysfunctional in said)
        pair = columns.dropna().astype(int)
        letters = pd.Series([TABLE[f - 1][d - 1] for f, d in pair.to_numpy()])
        counts = letters.value_counts()
        assert {str(k): v for k, v in found.counts.items() if v} == counts.to_dict()
        assert counts[str(found.category)] == counts.max()
        a, b = counts.iloc[:2]
        limit = 1.65 * ((a + b) * (2 * len(pair) - a - b) / (2 * len(pair))) ** 0.5
        assert found.ambiguous == (a - b < limit)
        known = letters.isin(list("AOMI")).sum()
        assert found.better.value == pytest.approx(letters.isin(["A", "O"]).sum() / known)
        assert found.worse.value == pytest.approx(letters.isin(["O", "M"]).sum() / known)
        assert found.left_out == len(kiosk) - len(pair) == 4


def test_weights(kiosk: pd.DataFrame) -> None:
    """Two overall answers are raked to given shares, by pandas and by us."""
    said = kiosk[["OS1", "OS2", "OS3"]].dropna().astype(int)
    happy = said[["OS1", "OS2"]] >= 4
    margins = {"OS1": {True: 0.5, False: 0.5}, "OS2": {True: 0.4, False: 0.6}}
    theirs = pd.Series(1.0, index=said.index)
    for _ in range(100):
        for name, totals in margins.items():
            theirs *= happy[name].map(totals) / theirs.groupby(happy[name]).transform("sum")
    cells: list[tuple[Cell, float]] = [(row, 1.0) for row in happy.to_dict("records")]
    raked = rake(cells, margins)
    assert raked.reached
    assert list(raked.weights) == pytest.approx(list(theirs))
    found = weighted_share(zip(said["OS3"] >= 4, raked.weights, strict=True))
    assert found.value == pytest.approx((theirs * (said["OS3"] >= 4)).sum() / theirs.sum())
    assert found.n_effective == pytest.approx(theirs.sum() ** 2 / (theirs**2).sum())
    assert found.n == 207


def test_strata(kiosk: pd.DataFrame) -> None:
    """The happy and the others by one answer, as if they were half and half of all."""
    said = kiosk[["OS1", "OS3"]].dropna()
    strata = said.groupby(said["OS1"] >= 4)["OS3"]
    found = poststratified_mean(
        {str(name): list(each) for name, each in strata},
        {"True": 0.5, "False": 0.5},
        lowest=1,
        highest=5,
    )
    error = (strata.sem() ** 2).sum() / 4
    degrees = error**2 / ((strata.sem() ** 2 / 4) ** 2 / (strata.count() - 1)).sum()
    half = scipy.stats.t.ppf(0.975, degrees) * error**0.5
    assert found.value == pytest.approx(strata.mean().mean())
    assert (found.high or 0) - (found.value or 0) == pytest.approx(half)
    assert found.n == 207


def test_the_report_over_all_respondents(kiosk: pd.DataFrame) -> None:
    """Each is a request that was resolved and rated, overall from 1 to 5."""
    known = situations(
        [
            [opened(0, f"R{n}", requester=f"p{n}", site="north" if n % 2 else "south"),
             event(Resolved, 1, f"R{n}")]
            for n in range(len(kiosk))
        ],
        at=9,
    )  # fmt: skip
    expected, perceived = (
        kiosk[[f"{letter}{item}" for item in ITEMS]].mean(axis=1) for letter in "EP"
    )
    invitations, responses = [], []
    for n, (overall, before, behind) in enumerate(
        zip(kiosk["OS1"], expected, perceived, strict=True)
    ):
        asked = {"respondent": f"p{n}", "request": f"R{n}"}
        invitations.append(Invitation(id=f"i{n}", survey="kiosk", invited_at=micros(1), **asked))
        if not pd.isna(overall):
            said = {"overall": overall, "expectation": before, "perception": behind}
            responses.append(
                Response(invitation=f"i{n}", answered_at=micros(2), answers=said, **asked)
            )
    surveys = Surveys(invitations, responses)
    seven = Scale("1 to 7, of which 4 is fine", 1, 7, happy=4, unhappy=2)
    found = report(known, surveys=surveys, question="overall", scale=seven, by="site")
    rated = kiosk["OS1"].dropna()
    happy = found.figure("happy by 'overall', of those who answered")
    assert (happy.hits, happy.n) == ((rated >= 4).sum(), len(rated))
    gap = found.figure("perceived less expected, part of the scale")
    mine = ((perceived - expected) / 6)[kiosk["OS1"].notna()].dropna()
    assert (gap.value, gap.n) == (pytest.approx(mine.mean()), len(mine))
    north = kiosk["OS1"][kiosk.index % 2 == 1].dropna()
    of_north = found.figure("happy by 'overall', of those who answered", "north")
    assert (of_north.hits, of_north.n) == ((north >= 4).sum(), len(north))
    index = found.figure("unhappy although the SLA was met (watermelon)")
    assert (index.hits, index.n) == ((rated <= 2).sum(), len(rated))
