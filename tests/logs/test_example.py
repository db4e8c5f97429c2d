"""The incidents that are shipped, with the files written for them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from servicecore.logs import load_mapping, read_log
from servicecore.policyfile import load_policies

EXAMPLE = Path(__file__).parents[2] / "examples" / "uci"


def test_the_example_is_used_but_for_the_rows_that_say_nothing() -> None:
    log = read_log(EXAMPLE / "incidents.csv", load_mapping(EXAMPLE / "mapping.toml"))
    assert (log.rows_read, log.rows_used, len(log.histories)) == (1_930, 1_925, 300)
    assert {row.reason for row in log.unusable} == {"the status '-100' is not named in the mapping"}


def test_the_excerpt_has_the_rows_and_values_of_the_whole(incident_log: Path) -> None:
    pd = pytest.importorskip("pandas")
    whole = pd.read_csv(incident_log, dtype=str, keep_default_na=False)
    with (EXAMPLE / "incidents.csv").open(newline="") as file:
        excerpt = list(csv.DictReader(file))
    chosen = whole[whole.number.isin({row["number"] for row in excerpt})]
    assert excerpt == chosen[list(excerpt[0])].to_dict("records")


def test_the_policies_speak_of_statuses_that_the_mapping_names() -> None:
    mapping = load_mapping(EXAMPLE / "mapping.toml")
    book = load_policies(EXAMPLE / "policies.toml")
    assert mapping.status
    statuses = {meaning.status for meaning in mapping.status.names.values()}
    stops = book.clocks["acknowledgement"].stops
    assert {fact.removeprefix("status: ") for fact in stops} == statuses - {"new"}
    assert set(book.clocks["resolution"].pauses) <= statuses
