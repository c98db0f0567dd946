"""Settling from files: what a person asks for, its files read, put together and settled."""

from cyps.settlement.from_files.groupings import places_of, read_by
from cyps.settlement.from_files.packs import given_use, pack_among, pack_of
from cyps.settlement.from_files.prepare import Prepared, prepare
from cyps.settlement.from_files.request import (
    Request,
    read_requested,
    request_from_options,
    request_from_scenario,
    request_of,
)
from cyps.settlement.from_files.settled import settle_requested

__all__ = [
    "Prepared",
    "Request",
    "given_use",
    "pack_among",
    "pack_of",
    "places_of",
    "prepare",
    "read_by",
    "read_requested",
    "request_from_options",
    "request_from_scenario",
    "request_of",
    "settle_requested",
]
