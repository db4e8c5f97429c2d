"""Tables in memory beside a plain dictionary: what a draft shows, and what a commit leaves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from servicecore.stores.memory.tables import Draft, Key, Table

Row = tuple[str, int | None]
changes = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.none() | st.tuples(st.sampled_from(["a", "b"]), st.none() | st.integers(0, 3)),
    )
)


def table() -> Table[tuple[int, Row]]:
    """Rows with their key, in order by group and rank; without a rank they are left out."""

    def place(row: tuple[int, Row]) -> Key | None:
        key, (group, rank) = row
        return None if rank is None else (group, rank, key)

    return Table(rank=place)


def change(draft: Draft[tuple[int, Row]], plain: dict[int, Row], key: int, row: Row | None) -> None:
    """The same in both."""
    if row is None:
        draft.drop(key)
        plain.pop(key, None)
    else:
        draft.put((key, row), key)
        plain[key] = row


def agree(draft: Draft[tuple[int, Row]], plain: dict[int, Row], behind: tuple[int, int]) -> None:
    """A draft shows what a dictionary does that is sorted each time."""
    assert list(draft) == [(key,) for key in sorted(plain)]
    for group in ("a", "b"):
        places = sorted(
            (rank, key) for key, (of, rank) in plain.items() if of == group and rank is not None
        )
        for start in ((), behind):
            found = [place[1:] for place, _ in draft.scan("rank", group, behind=start)]
            assert found == [place for place in places if not start or place > start]
    assert {key: draft.get(key) for key in range(6)} == {
        key: (key, plain[key]) if key in plain else None for key in range(6)
    }


@given(st.lists(st.tuples(changes, st.booleans())), st.tuples(st.integers(0, 3), st.integers(0, 5)))
def test_drafts_and_commits(transactions: list[tuple[list, bool]], behind: tuple[int, int]) -> None:
    """B4: a draft that is dropped leaves no trace; one that is committed leaves all of it."""
    rows, committed = table(), {}
    for steps, commits in transactions:
        draft, plain = Draft(rows), dict(committed)
        for key, row in steps:
            change(draft, plain, key, row)
            agree(draft, plain, behind)
        agree(Draft(rows), committed, behind)
        if commits:
            draft.commit()
            committed = plain
        agree(Draft(rows), committed, behind)
