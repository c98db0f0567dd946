"""The multilevel fit: likelihood, quadrature, maximum, prediction."""

from cyps.model.multilevel import fit_cells, fit_multilevel
from cyps.model.result import MultilevelFit

__all__ = ["MultilevelFit", "fit_cells", "fit_multilevel"]
