"""The multilevel fit: likelihood, quadrature, maximum, prediction."""

from cyps.model.convergence import ConvergenceCheck
from cyps.model.dummies import fit_dummies
from cyps.model.formula import collapse_formula, fit_formula, read_formula
from cyps.model.moved import moved_by_drivers
from cyps.model.multilevel import fit_cells, fit_multilevel
from cyps.model.neutral import neutral_cells
from cyps.model.packing import make_pack
from cyps.model.plain import fit_plain
from cyps.model.prediction import PredictedUse, predict_use
from cyps.model.result import MultilevelFit
from cyps.model.three_levels import fit_three_levels

__all__ = [
    "ConvergenceCheck",
    "MultilevelFit",
    "PredictedUse",
    "collapse_formula",
    "fit_cells",
    "fit_dummies",
    "fit_formula",
    "fit_multilevel",
    "fit_plain",
    "fit_three_levels",
    "make_pack",
    "moved_by_drivers",
    "neutral_cells",
    "predict_use",
    "read_formula",
]
