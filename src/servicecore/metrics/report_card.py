"""A report card for a project: what those who work with the result say of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from attrs import frozen

from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, mean, missing

LEAST_RESPONDERS = 3
HIGHEST = 4
FIT, SUPPORT = "fit to need", "support"


@frozen
class ReportCard:
    """The marks of a project, each from 0 to 4, and the overall one.

    `overall` is min(mean of the marks, worst mark + 1): good support does not make up for a thing
    that nobody needs. It has no interval. All are withheld under three responders.
    """

    responders: int
    marks: Mapping[str, Estimate]
    overall: Estimate


def report_card(
    answers: Iterable[Mapping[str, float]],
    *,
    subjects: Iterable[str] = (FIT, SUPPORT),
    level: float = 0.95,
) -> ReportCard:
    """The marks of each subject as means over responders, with Student's interval.

    Each responder gives a mark from 0 to 4 for every subject. Raises `InvalidValue` for a mark that
    is missing or out of range, and without subjects.

    >>> said = [{"fit to need": 1, "support": 4}] * 3
    >>> report_card(said).overall.value  # and not 2.5
    2.0
    """
    wanted = tuple(subjects)
    if not wanted:
        raise InvalidValue("subjects are none: expected one or more")
    rows = [_checked(row, wanted) for row in answers]
    cohort, n = "responders", len(rows)
    if n < LEAST_RESPONDERS:
        none = missing("score", cohort, "withheld" if n else "no_data", n=n, level=level)
        return ReportCard(n, MappingProxyType(dict.fromkeys(wanted, none)), none)
    marks = {
        name: mean(
            [row[name] for row in rows],
            unit="score",
            cohort=cohort,
            level=level,
            lowest=0,
            highest=HIGHEST,
        )
        for name in wanted
    }
    known = [each.value for each in marks.values() if each.value is not None]
    overall = min(sum(known) / len(known), min(known) + 1)
    return ReportCard(n, MappingProxyType(marks), Estimate(overall, n, "score", cohort))


def _checked(row: Mapping[str, float], subjects: Iterable[str]) -> Mapping[str, float]:
    for name in subjects:
        mark = row.get(name)
        if mark is None or not 0 <= mark <= HIGHEST:
            raise InvalidValue(f"the mark for {name!r} is {mark!r}: expected 0 to {HIGHEST}")
    return row
