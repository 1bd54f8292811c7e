"""How good the predictions were, on labels that are final: bounded, weighted, and kept as plain numbers.

`prequential.Quality` takes every example as it comes and answers with a report when asked; `comparison.compare` sets
a challenger against the champion on the same examples.
"""

from __future__ import annotations

from models.quality.comparison import Comparison, Interval, compare
from models.quality.figures import Figures
from models.quality.judged import Judgeable, Judged
from models.quality.leads import LEAD_HOURS, LeadTimes
from models.quality.maturity import MaturityReport
from models.quality.prequential import Quality, QualityReport
from models.quality.reliability import Bin

__all__ = [
    "Quality", "QualityReport", "Figures", "Bin", "LeadTimes", "LEAD_HOURS", "MaturityReport",
    "Judgeable", "Judged",
    "compare", "Comparison", "Interval",
]  # fmt: skip
