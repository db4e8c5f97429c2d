"""Every published worked example is checked by some test, or left out for a reason."""

from __future__ import annotations

from pathlib import Path

from tests.metrics.oracles import oracles

OUT_OF_SCOPE = {
    "wilson_cc_3_of_10": "Wilson's interval with continuity correction is not offered",
    "wilcoxon_gehan_6mp": "of weighted log-rank tests only the unweighted one is offered",
    "tarone_ware_6mp": "of weighted log-rank tests only the unweighted one is offered",
    "poisson_score_15_400": "of intervals for a rate only the exact one is offered",
    "poisson_jeffreys_15_400": "of intervals for a rate only the exact one is offered",
    "u_chart_pc": "of attribute charts p and p′ are offered",
    "bgnbd_expected_cdnow": "BG/NBD predicts purchases; defection uses the gamma-Poisson silence",
}
TESTS = Path(__file__).parents[1]


def named_in_tests() -> set[str]:
    """The worked examples whose names stand in a test, in quotes."""
    here = Path(__file__)
    text = "\n".join(
        path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py") if path != here
    )
    return {name for name in oracles() if f'"{name}"' in text}


def test_every_example_is_served_or_out_of_scope() -> None:
    served = named_in_tests()
    assert set(oracles()) - served == set(OUT_OF_SCOPE)
