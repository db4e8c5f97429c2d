"""Chains keep what they share, and cost one link per item."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.chains import Chain


@given(st.lists(st.integers()), st.integers())
def test_one_more_item_leaves_the_chain_as_it_was(items: list[int], item: int) -> None:
    chain = Chain.of(items)
    grown = chain.add(item)
    assert list(chain) == items
    assert list(grown) == [*items, item]
    assert grown.before == chain
    assert (grown.last, len(grown)) == (item, len(items) + 1)
    assert list(grown.newest_first()) == [item, *reversed(items)]
    assert list(grown.replace_last(item + 1)) == [*items, item + 1]


@given(st.lists(st.integers()), st.lists(st.integers()))
def test_chains_are_equal_where_their_items_are(items: list[int], others: list[int]) -> None:
    assert (Chain.of(items) == Chain.of(others)) == (items == others)
    assert hash(Chain.of(items)) == hash(Chain.of(list(items)))
    assert Chain.of(items) != items


def test_a_long_chain_survives_what_goes_link_by_link() -> None:
    chain = Chain.of(range(200_000))
    assert pickle.loads(pickle.dumps(chain)) == chain  # noqa: S301  # our own
    assert copy.deepcopy(chain) == chain
    assert repr(Chain.of("ab")) == "Chain(['a', 'b'])"
    del chain


def test_an_empty_chain_has_no_end() -> None:
    assert not Chain()
    with pytest.raises(IndexError, match="no last item"):
        _ = Chain[int]().last
    with pytest.raises(IndexError, match="nothing before"):
        _ = Chain[int]().before
