"""The multilevel fit: likelihood, quadrature, maximum, prediction."""

from cyps.model.dummies import fit_dummies
from cyps.model.multilevel import fit_cells, fit_multilevel
from cyps.model.neutral import neutral_cells
from cyps.model.packing import make_pack
from cyps.model.plain import fit_plain
from cyps.model.prediction import PredictedUse, predict_use
from cyps.model.result import MultilevelFit

__all__ = [
    "MultilevelFit",
    "PredictedUse",
    "fit_cells",
    "fit_dummies",
    "fit_multilevel",
    "fit_plain",
    "make_pack",
    "neutral_cells",
    "predict_use",
]
