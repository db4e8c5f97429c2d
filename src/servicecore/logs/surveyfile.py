"""Survey files: invitations and answers out of CSV, all that is wrong with one said at once."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from math import isfinite
from pathlib import Path

from servicecore.errors import InvalidValue, SurveyFileError
from servicecore.faults import Faults
from servicecore.instants import to_instant
from servicecore.metrics.surveys import Invitation, Response, Surveys

REQUIRED = ("invitation", "respondent")
KNOWN = (*REQUIRED, "survey", "request", "invited_at", "answered_at")
"""The columns with a meaning of their own; every other column is a question."""

Row = Mapping[str, str]


def read_surveys(path: Path | str) -> Surveys:
    """The invitations and answers of a CSV file with a header, a row for each invitation.

    Columns are ``invitation`` (an id of its own; empty for an answer that nobody asked for),
    ``respondent``, ``survey``, ``request``, ``invited_at`` and ``answered_at`` (ISO 8601 with an
    offset). Every other column is a question, and its cells are answers: numbers where they are
    numbers, else text, and nothing where they are empty. A row without ``answered_at`` was not
    answered. Raises `SurveyFileError` with every fault and its line; nothing is left out silently.
    """
    file = Path(path)
    faults = Faults()
    invitations: dict[str, Invitation] = {}
    responses: list[Response] = []
    with _one_error(file):
        for line, row in _rows(file, faults):
            with faults.within(f"line {line}"):
                invited = _invitation(row)
                if invited is not None and invited.id in invitations:
                    raise InvalidValue(f"invitation {invited.id!r} comes twice: expected it once")
                response = _response(row)
                if invited is not None:
                    invitations[invited.id] = invited
                if response is not None:
                    responses.append(response)
    if faults.found:
        raise SurveyFileError(f"{file} cannot be used as a survey file", faults.found)
    return Surveys(invitations.values(), responses)


def _rows(file: Path, faults: Faults) -> Iterator[tuple[int, Row]]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        reader = csv.reader(text)
        header = [name.strip() for name in next(reader, [])]
        missing = [name for name in REQUIRED if name not in header]
        twice = sorted({name for name in header if header.count(name) > 1})
        if missing or twice:
            faults.add(("line 1",), _wrong_header(missing, twice))
            return
        line = reader.line_num + 1
        for cells in reader:
            if len(cells) == len(header):
                yield line, dict(zip(header, (cell.strip() for cell in cells), strict=True))
            elif cells:
                faults.add((f"line {line}",), f"{len(cells)} cells: expected {len(header)}")
            line = reader.line_num + 1


def _wrong_header(missing: list[str], twice: list[str]) -> str:
    said = [f"no column {name!r}: expected one" for name in missing]
    return "; ".join([*said, *(f"two columns {name!r}: expected one" for name in twice)])


def _invitation(row: Row) -> Invitation | None:
    if not row["invitation"]:
        return None
    if not row.get("invited_at"):
        raise InvalidValue(f"invitation {row['invitation']!r} has no invited_at: expected when")
    return Invitation(
        id=row["invitation"],
        survey=row.get("survey", ""),
        respondent=_respondent(row),
        request=row.get("request") or None,
        invited_at=_instant(row["invited_at"], "invited_at"),
    )


def _response(row: Row) -> Response | None:
    answers = {name: _answer(cell) for name, cell in row.items() if name not in KNOWN}
    if not row.get("answered_at"):
        if any(answer is not None for answer in answers.values()):
            raise InvalidValue("answers without answered_at: expected when they were given")
        return None
    return Response(
        invitation=row["invitation"] or None,
        respondent=_respondent(row),
        request=row.get("request") or None,
        answered_at=_instant(row["answered_at"], "answered_at"),
        answers=answers,
    )


def _respondent(row: Row) -> str:
    if not row["respondent"]:
        raise InvalidValue("no respondent: expected who was asked")
    return row["respondent"]


def _answer(cell: str) -> float | str | None:
    if not cell:
        return None
    try:
        number = float(cell)
    except ValueError:
        return cell
    return number if isfinite(number) else cell


def _instant(text: str, name: str) -> int:
    try:
        return to_instant(datetime.fromisoformat(text), name)
    except ValueError:
        raise InvalidValue(
            f"{name} is {text!r}: expected ISO 8601 with an offset, as 2026-03-06T09:00+00:00"
        ) from None


@contextmanager
def _one_error(file: Path) -> Iterator[None]:
    """What keeps a file from being read at all, as one error."""
    try:
        yield
    except OSError as problem:
        raise InvalidValue(f"{file} cannot be read: {problem.strerror or problem}") from None
    except (UnicodeDecodeError, csv.Error) as problem:
        raise InvalidValue(f"{file} is no CSV in UTF-8: {problem}") from None
