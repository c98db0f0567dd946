"""From a request to its settlements: the files are read and settled, nothing is written."""

from __future__ import annotations

from cyps.pack import LoadedPack
from cyps.settlement import Settlement, settle_years
from cyps.settlement.from_files.packs import given_use
from cyps.settlement.from_files.prepare import Prepared, prepare
from cyps.settlement.from_files.request import Request, read_requested


def settle_requested(
    request: Request, pack: LoadedPack | None
) -> tuple[Prepared, tuple[tuple[str, Settlement], ...]]:
    """What a request is ready with, and its settlements by year; nothing is written."""
    inputs = read_requested(request, given_use(pack, request.files.use[0]) if pack else None)
    ready = prepare(request, inputs)
    return ready, settle_years(ready.scenario, ready.years, ready.use)
