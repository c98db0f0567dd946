"""Explain: what differs between settlements, what moved the pounds, where a number is from."""

from cyps.explain.bridge import Bridge, NoBridge, bridge
from cyps.explain.by_driver import DriverTable, driver_csv, read_driver_table
from cyps.explain.child import ChildPrediction, Term, outside_bands, predict_child
from cyps.explain.compare import (
    Comparison,
    GroupChange,
    compare,
    distance_from_target,
    quartiles,
    ranks,
)
from cyps.explain.far_out import far_out
from cyps.explain.packed_use import check_same_use
from cyps.explain.population import above_population, population_bridge
from cyps.explain.sensitivity import Tornado, sensitivity
from cyps.explain.steps_to_pounds import StepsToPounds, steps_to_pounds
from cyps.explain.trace import Trace, TraceLine, authority_row, trace
from cyps.explain.uncertain_years import UncertainYear, uncertainty_by_year
from cyps.explain.uncertainty import MissingEntry, Range, Uncertainty, UncertainUse, uncertainty

__all__ = [
    "Bridge",
    "ChildPrediction",
    "Comparison",
    "DriverTable",
    "GroupChange",
    "MissingEntry",
    "NoBridge",
    "Range",
    "StepsToPounds",
    "Term",
    "Tornado",
    "Trace",
    "TraceLine",
    "UncertainUse",
    "UncertainYear",
    "Uncertainty",
    "above_population",
    "authority_row",
    "bridge",
    "check_same_use",
    "compare",
    "distance_from_target",
    "driver_csv",
    "far_out",
    "outside_bands",
    "population_bridge",
    "predict_child",
    "quartiles",
    "ranks",
    "read_driver_table",
    "sensitivity",
    "steps_to_pounds",
    "trace",
    "uncertainty",
    "uncertainty_by_year",
]
