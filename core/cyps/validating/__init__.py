"""Validating: how far a fitted model may be trusted, in plain words and in numbers."""

from cyps.validating.halves import halves
from cyps.validating.measures import Areas, Judged, Measures, areas, auc, measures
from cyps.validating.report import write_report
from cyps.validating.validate import MetricValidation, Validation, validate
from cyps.validating.verdict import Check, checks

__all__ = [
    "Areas",
    "Check",
    "Judged",
    "Measures",
    "MetricValidation",
    "Validation",
    "areas",
    "auc",
    "checks",
    "halves",
    "measures",
    "validate",
    "write_report",
]
