"""National spend by service area, as the cost weights take it."""

from __future__ import annotations

from dataclasses import dataclass

from cyps.needs import ServiceAreaSpend
from cyps.returns.sources import Source


@dataclass(frozen=True, slots=True)
class SpendReading:
    """Spend lines of a file, in pounds, and where they came from."""

    spend: tuple[ServiceAreaSpend, ...]
    source: Source
    form: str
    notes: tuple[str, ...] = ()
