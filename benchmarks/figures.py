"""Figures over many situations: each in one pass, against a plain loop over the same fields.

The situations are those of the example's 300 incidents, taken over and over, so that a million of
them fit into memory; what a figure keeps of each is kept a million times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from random import Random
from statistics import median
from time import process_time

from benchmarks.table import Row
from servicecore import load_policies, replay
from servicecore.instants import HOUR
from servicecore.lifecycle.situation import Situation
from servicecore.logs import load_mapping, read_log
from servicecore.metrics.attainment import AttainmentTally
from servicecore.metrics.follow_up import FollowUpTally
from servicecore.metrics.handoffs import HandoffTally
from servicecore.metrics.ledger import PromiseTally
from servicecore.metrics.over_delivery import OverDeliveryTally
from servicecore.metrics.resolutions import FirstContact, ResolutionTally
from servicecore.metrics.rows import Spell
from servicecore.metrics.silence import SilenceTally
from servicecore.metrics.survival import kaplan_meier
from servicecore.metrics.throughput import FlowTally
from servicecore.sla.clock import State

EXAMPLE = Path(__file__).parents[1] / "examples" / "uci"
MANY = 1_000_000
GOAL = 3.0
GROWTH = 10
GROWTH_GOAL = 20.0
"""Ten times as many spells: n log n would be 12, caches come on top; a square would be 100."""

Pass = Callable[[Iterable[Situation]], object]


def figures(rounds: int, many: int = MANY) -> Iterator[Row]:
    """Attainment, flow and experience over a million situations; Kaplan and Meier's curve."""
    known = _situations()
    for name, (tallied, plain) in PASSES.items():
        ours, theirs, ratio = _in_turns(
            lambda tallied=tallied: tallied(islice(cycle(known), many)),
            lambda plain=plain: plain(islice(cycle(known), many)),
            rounds,
        )
        yield Row(f"{name} of {many:,}", ours, "a plain loop", theirs, ratio, GOAL)
    large, small = _spells(many), _spells(many // GROWTH)
    ours, theirs, ratio = _in_turns(
        lambda: kaplan_meier(large), lambda: kaplan_meier(small), rounds
    )
    against = f"of {many // GROWTH:,}"
    yield Row(f"kaplan_meier of {many:,}", ours, against, theirs, ratio, GROWTH_GOAL)


def _situations() -> Sequence[Situation]:
    book = load_policies(EXAMPLE / "policies.toml")
    log = read_log(EXAMPLE / "incidents.csv", load_mapping(EXAMPLE / "mapping.toml"))
    at = max(history[-1].occurred for history in log.histories.values())
    found = [replay(history, book, at=at) for history in log.histories.values()]
    for situation in found:
        _ = situation.readings, situation.request  # what a replay that is asked for them has made
    return found


def _spells(many: int) -> list[Spell]:
    drawn = Random(many)  # noqa: S311  # no secret
    return [Spell(drawn.randrange(1000 * HOUR), drawn.random() < 0.8) for _ in range(many)]


def _in_turns(
    ours: Callable[[], object], theirs: Callable[[], object], rounds: int
) -> tuple[float, float, float]:
    pairs = [(_seconds(ours), _seconds(theirs)) for _ in range(rounds)]
    return (
        median(one for one, _ in pairs),
        median(other for _, other in pairs),
        median(one / other for one, other in pairs),
    )


def _seconds(work: Callable[[], object]) -> float:
    began = process_time()
    work()
    return process_time() - began


def attainment(situations: Iterable[Situation]) -> object:
    tally = AttainmentTally()
    for situation in situations:
        tally.add(situation)
    return tally.result()


def readings_summed(situations: Iterable[Situation]) -> int:
    total = 0
    for situation in situations:
        total += len(situation.request.priority or "")
        for readings in situation.readings.values():
            for reading in readings:
                total += (reading.due or 0) + (reading.breached or 0) + (reading.ended or 0)
                total += reading.instant + (reading.state is State.MET) + reading.provisional
    return total


def flow(situations: Iterable[Situation]) -> object:
    moves, hands, ends = FlowTally(), HandoffTally(), ResolutionTally()
    for situation in situations:
        moves.add(situation)
        hands.add(situation)
        ends.add(situation)
    return hands.result(), ends.reopened(HOUR), ends.first_contact(FirstContact())


def flow_summed(situations: Iterable[Situation]) -> int:
    """The instants of all events three times, as three figures look at them, and the handoffs."""
    total = 0
    for situation in situations:
        for _ in range(3):
            for event in situation.history:
                total += event.occurred
        total += situation.ownership.handoffs + situation.ownership.bounces
    return total


def experience(situations: Iterable[Situation]) -> object:
    promises, quiet, early = PromiseTally(), SilenceTally(), OverDeliveryTally()
    after = FollowUpTally(0, HOUR)
    for situation in situations:
        promises.add(situation)
        quiet.add(situation)
        early.add(situation)
        after.add(situation)
    return promises.result(), quiet.result(), early.result(), after.result()


def experience_summed(situations: Iterable[Situation]) -> int:
    """The instants of all events twice, for silence and for follow-ups, and those of promises."""
    total = 0
    for situation in situations:
        for _ in range(2):
            for event in situation.history:
                total += event.occurred
        for promise in situation.promises:
            total += promise.due
    return total


PASSES: dict[str, tuple[Pass, Pass]] = {
    "attainment": (attainment, readings_summed),
    "flow": (flow, flow_summed),
    "experience": (experience, experience_summed),
}
"""What is measured, and the loop that it is held against."""
