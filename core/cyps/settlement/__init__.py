"""Scenario in, settlement out: pot, damping and whole pounds."""

from cyps.settlement.apply import Transition, damp
from cyps.settlement.damping import Damped, FloorTooHigh, Infeasible, floor_damped
from cyps.settlement.limits import (
    CeilingTooLow,
    floor_and_ceiling_damped,
    proportionally_damped,
)
from cyps.settlement.reorganise import Change, Merge, Reorganised, Split, reorganise
from cyps.settlement.rules import (
    Band,
    Bands,
    DampingRule,
    Floor,
    FloorAndCeiling,
    PaceOfChange,
    Proportional,
    Protection,
    Undamped,
)
from cyps.settlement.scenario import Exclusion, Scenario
from cyps.settlement.settle import Settlement, settle
from cyps.settlement.transition import PaceTooFast, PaceTooSlow, pace_of_change, phased, protected
from cyps.settlement.whole_pounds import whole_pounds
from cyps.settlement.years import Year, settle_years

__all__ = [
    "Band",
    "Bands",
    "CeilingTooLow",
    "Change",
    "Damped",
    "DampingRule",
    "Exclusion",
    "Floor",
    "FloorAndCeiling",
    "FloorTooHigh",
    "Infeasible",
    "Merge",
    "PaceOfChange",
    "PaceTooFast",
    "PaceTooSlow",
    "Proportional",
    "Protection",
    "Reorganised",
    "Scenario",
    "Settlement",
    "Split",
    "Transition",
    "Undamped",
    "Year",
    "damp",
    "floor_and_ceiling_damped",
    "floor_damped",
    "pace_of_change",
    "phased",
    "proportionally_damped",
    "protected",
    "reorganise",
    "settle",
    "settle_years",
    "whole_pounds",
]
