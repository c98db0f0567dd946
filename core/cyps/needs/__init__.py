"""From predicted use to needs shares: per-metric shares, cost weights, area cost."""

from cyps.needs.area_cost import area_cost_adjusted
from cyps.needs.cost_weights import (
    METRIC_OF_SERVICE_AREA,
    SERVICE_AREAS,
    ServiceAreaSpend,
    cost_weights,
    typed_weights,
)
from cyps.needs.shares import metric_shares, needs_shares
from cyps.needs.use import Use

__all__ = [
    "METRIC_OF_SERVICE_AREA",
    "SERVICE_AREAS",
    "ServiceAreaSpend",
    "Use",
    "area_cost_adjusted",
    "cost_weights",
    "metric_shares",
    "needs_shares",
    "typed_weights",
]
