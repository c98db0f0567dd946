"""Scenario in, settlement out: pot, damping and whole pounds."""

from cyps.settlement.damping import Damped, FloorTooHigh, floor_damped
from cyps.settlement.scenario import Exclusion, Scenario
from cyps.settlement.settle import Settlement, settle
from cyps.settlement.whole_pounds import whole_pounds

__all__ = [
    "Damped",
    "Exclusion",
    "FloorTooHigh",
    "Scenario",
    "Settlement",
    "floor_damped",
    "settle",
    "whole_pounds",
]
