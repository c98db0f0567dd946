"""From predicted use to needs shares: per-metric shares, cost weights, area cost."""

from cyps.needs.area_cost import (
    area_cost_adjusted,
    combined_area_cost,
    one_factor_each,
    share_after_area_cost,
)
from cyps.needs.cost_weights import (
    METRIC_OF_SERVICE_AREA,
    METRIC_SETS,
    SERVICE_AREAS,
    ServiceAreaSpend,
    Unweighable,
    cost_weights,
    typed_weights,
    unweighable,
    weekly_unit_cost,
    weights_as_spend,
)
from cyps.needs.rates import rate_per
from cyps.needs.shares import metric_shares, needs_shares
from cyps.needs.use import Use

__all__ = [
    "METRIC_OF_SERVICE_AREA",
    "METRIC_SETS",
    "SERVICE_AREAS",
    "ServiceAreaSpend",
    "Unweighable",
    "Use",
    "area_cost_adjusted",
    "combined_area_cost",
    "cost_weights",
    "metric_shares",
    "needs_shares",
    "one_factor_each",
    "rate_per",
    "share_after_area_cost",
    "typed_weights",
    "unweighable",
    "weekly_unit_cost",
    "weights_as_spend",
]
