"""What if: the same histories under another policy book."""

from servicecore.backtest.histories import without_derived
from servicecore.backtest.outcome import Backtest, Cause, CauseCount, Flip, Moved, Row
from servicecore.backtest.running import backtest
from servicecore.backtest.verdicts import Judged, Verdict

__all__ = [
    "Backtest",
    "Cause",
    "CauseCount",
    "Flip",
    "Judged",
    "Moved",
    "Row",
    "Verdict",
    "backtest",
    "without_derived",
]
