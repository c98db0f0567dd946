"""Choosing: which drivers, which ethnicity switch, which metrics, and what an update moves."""

from cyps.choosing.candidates import CandidateTest, Choice, choose_drivers
from cyps.choosing.criteria import Criteria, Verdict
from cyps.choosing.held_out import HeldOut, hold_out
from cyps.choosing.likelihood_ratio import LikelihoodRatio, likelihood_ratio
from cyps.choosing.metrics import (
    compare_metric_sets,
    metric_correlations,
    service_area_correlations,
)
from cyps.choosing.mundlak import MundlakTest, mundlak_test
from cyps.choosing.recalibrating import Recalibration, recalibrate
from cyps.choosing.share_moves import ShareMove, needs_shares_of, share_move
from cyps.choosing.switches import DriverSwitches, switch_driver
from cyps.choosing.updating import Updates, update

__all__ = [
    "CandidateTest",
    "Choice",
    "Criteria",
    "DriverSwitches",
    "HeldOut",
    "LikelihoodRatio",
    "MundlakTest",
    "Recalibration",
    "ShareMove",
    "Updates",
    "Verdict",
    "choose_drivers",
    "compare_metric_sets",
    "hold_out",
    "likelihood_ratio",
    "metric_correlations",
    "mundlak_test",
    "needs_shares_of",
    "recalibrate",
    "service_area_correlations",
    "share_move",
    "switch_driver",
    "update",
]
