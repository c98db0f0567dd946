"""A made-up England with known truth, labelled synthetic wherever it shows."""

from cyps.synthetic.england import STATEMENT, SyntheticEngland, synthetic_england
from cyps.synthetic.money import illustrative_scenario
from cyps.synthetic.truth import AREA_DRIVERS, CHILD_DRIVERS, TRUTH, MetricTruth

__all__ = [
    "AREA_DRIVERS",
    "CHILD_DRIVERS",
    "STATEMENT",
    "TRUTH",
    "MetricTruth",
    "SyntheticEngland",
    "illustrative_scenario",
    "synthetic_england",
]
